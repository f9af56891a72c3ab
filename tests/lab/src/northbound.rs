//! The database an operator or a cloud system writes to: OVN's Northbound.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::ports::ReservedPort;
use crate::process::Daemon;
use crate::reaper::Reaper;
use crate::{Error, Programs, Result, unixctl};

/// A real `ovsdb-server` with the OVN_Northbound schema. It can be stopped and started on the same file.
#[derive(Debug)]
pub struct Northbound {
    dir: PathBuf,
    programs: Programs,
    reaper: Reaper,
    port: ReservedPort,
    server: Mutex<Option<Daemon>>,
}

impl Northbound {
    pub(crate) fn create(dir: PathBuf, programs: &Programs, reaper: &Reaper) -> Result<Northbound> {
        std::fs::create_dir_all(&dir).map_err(Error::io(&dir))?;
        let schema = programs.northbound_schema()?;
        programs
            .run("ovsdb-tool", [OsStr::new("create"), dir.join("nb.db").as_os_str(), schema.as_os_str()])?;
        let northbound = Northbound {
            dir,
            programs: programs.clone(),
            reaper: reaper.clone(),
            port: ReservedPort::reserve()?,
            server: Mutex::new(None),
        };
        northbound.start()?;
        northbound.nbctl(["init"])?;
        Ok(northbound)
    }

    /// Its Unix socket: `unix:PATH`.
    pub fn remote(&self) -> String {
        format!("unix:{}", self.dir.join("nb.sock").display())
    }

    /// Its TCP address: `tcp:127.0.0.1:PORT`.
    pub fn tcp_remote(&self) -> String {
        format!("tcp:127.0.0.1:{}", self.port.number())
    }

    /// Runs `ovn-nbctl` on it.
    pub fn nbctl<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Result<String> {
        let words = [format!("--db={}", self.remote()), "--timeout=60".to_owned()]
            .into_iter()
            .map(Into::into)
            .chain(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self.programs.run("ovn-nbctl", words)
    }

    /// Starts the server on the same file.
    pub fn start(&self) -> Result {
        let mut slot = self.slot();
        if slot.is_some() {
            return Err(Error::Usage("the Northbound server runs already".to_owned()));
        }
        let control = self.dir.join("nb.ctl");
        let mut command = self.programs.command("ovsdb-server");
        command.env("OVS_RUNDIR", &self.dir);
        command.args(["-vconsole:info", "-vsyslog:off", "-vfile:off"]);
        command.arg(format!("--unixctl={}", control.display()));
        command.arg(format!("--remote=punix:{}", self.dir.join("nb.sock").display()));
        command.arg(format!("--remote=ptcp:{}:127.0.0.1", self.port.number()));
        command.arg(self.dir.join("nb.db"));
        let log = self.dir.join("nb.log");
        let mut daemon = Daemon::spawn("Northbound ovsdb-server", command, &log, &self.reaper)?;
        daemon.wait_ready("answer", || unixctl::call(&control, &["version"]).is_ok())?;
        *slot = Some(daemon);
        Ok(())
    }

    /// SIGTERM, and waits for the end.
    pub fn stop(&self) -> Result {
        self.running()?.terminate().map(drop)
    }

    /// SIGKILL.
    pub fn kill(&self) -> Result {
        self.running()?.kill_hard()
    }

    /// Its process id while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.slot().as_ref().map(Daemon::pid)
    }

    fn running(&self) -> Result<Daemon> {
        self.slot().take().ok_or_else(|| Error::Usage("the Northbound server does not run".to_owned()))
    }

    fn slot(&self) -> MutexGuard<'_, Option<Daemon>> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
