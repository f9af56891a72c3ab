//! The daemon under test.

use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use nix::sys::signal::Signal;

use crate::ports::ReservedPort;
use crate::process::{Daemon, tail};
use crate::reaper::Reaper;
use crate::{Error, Lab, PATIENCE, Result, wait_for};

/// What it logs when its sockets are there.
const READY: &str = "weir is ready";

/// What the daemon is started with, besides its own listeners and sockets.
#[derive(Clone, Debug)]
pub struct WeirOptions {
    /// The `weir` program.
    pub program: PathBuf,
    /// Directory of the rules to run.
    pub rules: PathBuf,
    /// The Northbound database, `unix:PATH` or `tcp:HOST:PORT`.
    pub northbound: String,
    /// Further arguments of `weir run`. With `--tls-cert` among them, its listeners are `ssl:`.
    pub args: Vec<String>,
}

/// A `weir run` of the lab. The listeners keep their addresses over restarts.
#[derive(Debug)]
pub struct Weir {
    dir: PathBuf,
    options: WeirOptions,
    ovsdb_port: ReservedPort,
    openflow_port: ReservedPort,
    reaper: Reaper,
    process: Mutex<Option<Daemon>>,
    /// Length of the log when the process now running was started.
    started_at: AtomicUsize,
}

impl Weir {
    /// Starts the daemon in `lab` and waits until it is ready.
    pub fn start(lab: &Lab, options: WeirOptions) -> Result<Weir> {
        let weir = Weir::prepare(lab, options)?;
        weir.restart()?;
        Ok(weir)
    }

    /// Reserves addresses and makes directories, but starts nothing yet: see [`Weir::restart`].
    pub fn prepare(lab: &Lab, options: WeirOptions) -> Result<Weir> {
        Weir::prepare_as("weir", lab, options)
    }

    /// The same for one of several daemons of the lab, each with a name of its own.
    pub fn prepare_as(name: &str, lab: &Lab, options: WeirOptions) -> Result<Weir> {
        let dir = lab.dir().join(name);
        std::fs::create_dir_all(dir.join("state")).map_err(Error::io(&dir))?;
        Ok(Weir {
            dir,
            options,
            ovsdb_port: ReservedPort::reserve()?,
            openflow_port: ReservedPort::reserve()?,
            reaper: lab.reaper().clone(),
            process: Mutex::new(None),
            started_at: AtomicUsize::new(0),
        })
    }

    /// Where hypervisors find it: the argument of `ovs-vsctl set-manager`.
    pub fn manager(&self) -> String {
        format!("{}:{}", self.kind(), self.ovsdb_address())
    }

    /// Of its listeners' addresses.
    fn kind(&self) -> &'static str {
        if self.options.args.iter().any(|arg| arg == "--tls-cert") { "ssl" } else { "tcp" }
    }

    /// Its OpenFlow listener as `HOST:PORT`.
    pub fn openflow_address(&self) -> String {
        format!("127.0.0.1:{}", self.openflow_port.number())
    }

    /// Its OVSDB listener as `HOST:PORT`.
    pub fn ovsdb_address(&self) -> String {
        format!("127.0.0.1:{}", self.ovsdb_port.number())
    }

    /// Its control socket.
    pub fn control(&self) -> PathBuf {
        self.dir.with_extension("sock")
    }

    /// Its log file, kept over restarts.
    pub fn log_file(&self) -> PathBuf {
        self.dir.join("weir.log")
    }

    /// All it has logged so far.
    pub fn log(&self) -> Result<String> {
        let path = self.log_file();
        let bytes = std::fs::read(&path).map_err(Error::io(&path))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The last lines of its log.
    pub fn log_tail(&self) -> String {
        tail(&self.log_file())
    }

    /// The command line of the daemon, for failure texts and for tests that expect it to refuse to start.
    pub fn command(&self) -> Command {
        let options = &self.options;
        let mut command = Command::new(&options.program);
        command.arg("run");
        command.arg("--rules").arg(&options.rules);
        command.args(["--nb", &options.northbound]);
        command.args(["--listen-ovsdb", &self.manager()]);
        command.arg("--listen-openflow").arg(format!("{}:{}", self.kind(), self.openflow_address()));
        command.arg("--control").arg(self.control());
        command.arg("--state").arg(self.dir.join("state"));
        command.args(&options.args);
        command
    }

    /// Starts the daemon (again) and waits until it is ready.
    pub fn restart(&self) -> Result {
        let mut slot = self.slot();
        if slot.is_some() {
            return Err(Error::Usage("weir runs already".to_owned()));
        }
        let control = self.control();
        // Left by a daemon that was killed: connecting to it must not pass for an answer.
        let _ = std::fs::remove_file(&control);
        let length = if self.log_file().exists() { self.log()?.len() } else { 0 };
        self.started_at.store(length, Ordering::Relaxed);
        let mut daemon = Daemon::spawn("weir", self.command(), &self.log_file(), &self.reaper)?;
        daemon.wait_ready("say that it is ready", || {
            let log = self.log().unwrap_or_default();
            log.get(length..).is_some_and(|new| new.contains(READY)) && UnixStream::connect(&control).is_ok()
        })?;
        *slot = Some(daemon);
        Ok(())
    }

    /// SIGKILL.
    pub fn kill(&self) -> Result {
        self.running()?.kill_hard()
    }

    /// SIGSTOP: it is there, and does nothing.
    pub fn pause(&self) -> Result {
        self.signal(Signal::SIGSTOP)
    }

    /// SIGCONT: it goes on where it was paused.
    pub fn resume(&self) -> Result {
        self.signal(Signal::SIGCONT)
    }

    fn signal(&self, signal: Signal) -> Result {
        match self.slot().as_ref() {
            Some(daemon) => {
                daemon.signal(signal);
                Ok(())
            }
            None => Err(Error::Usage("weir does not run".to_owned())),
        }
    }

    /// SIGTERM, and waits for the end.
    pub fn stop(&self) -> Result<ExitStatus> {
        self.running()?.terminate()
    }

    /// Starts the daemon and waits for it to end by itself, as it does when it cannot run.
    pub fn run_to_end(&self) -> Result<ExitStatus> {
        Daemon::spawn("weir", self.command(), &self.log_file(), &self.reaper)?.wait_exit()
    }

    /// An error, with the end of the log, if the daemon has ended by itself.
    pub fn check_alive(&self) -> Result {
        match self.slot().as_mut() {
            Some(daemon) => daemon.check_alive(),
            None => Err(Error::Usage("weir does not run".to_owned())),
        }
    }

    /// Waits until the log, from byte `since` on, has a line with `text`, and gives that line.
    pub fn wait_log(&self, since: usize, text: &str) -> Result<String> {
        wait_for(PATIENCE, &format!("weir to log {text:?}"), || {
            let log = self.log()?;
            let found = log.get(since..).and_then(|new| new.lines().find(|line| line.contains(text)));
            Ok(found.map(str::to_owned).ok_or_else(|| format!("end of its log:\n{}", self.log_tail())))
        })
    }

    /// Waits until it says, for the first time since it was started, that the switch of the hypervisor named
    /// `chassis` has exactly the flows it should have.
    ///
    /// The switch says so too, as `is_connected` of its controller row, but updates that every five seconds only.
    pub fn wait_in_step(&self, chassis: &str) -> Result<String> {
        let since = self.started_at.load(Ordering::Relaxed);
        self.wait_log(since, &format!("switch in step chassis={chassis} "))
    }

    /// Its process id while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.slot().as_ref().map(Daemon::pid)
    }

    fn running(&self) -> Result<Daemon> {
        self.slot().take().ok_or_else(|| Error::Usage("weir does not run".to_owned()))
    }

    fn slot(&self) -> MutexGuard<'_, Option<Daemon>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
