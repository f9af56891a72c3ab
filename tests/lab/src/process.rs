//! One daemon of the lab: started in the foreground, its output kept, ended on purpose.

use std::fs::{self, OpenOptions};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::reaper::Reaper;
use crate::{Error, PATIENCE, Result, wait_for};

/// A running child process with a name and a log file. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Daemon {
    name: String,
    log: PathBuf,
    child: Child,
    reaper: Reaper,
}

impl Daemon {
    /// Starts `command`; what it prints is appended to `log`.
    pub(crate) fn spawn(name: &str, mut command: Command, log: &Path, reaper: &Reaper) -> Result<Daemon> {
        let out = OpenOptions::new().create(true).append(true).open(log).map_err(Error::io(log))?;
        let err = out.try_clone().map_err(Error::io(log))?;
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .process_group(0)
            .spawn()
            .map_err(|source| Error::Spawn { program, source })?;
        reaper.add(child.id());
        Ok(Daemon { name: name.to_owned(), log: log.to_owned(), child, reaper: reaper.clone() })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until `ready` says so; fails at once if the process ends first.
    pub(crate) fn wait_ready(&mut self, what: &str, mut ready: impl FnMut() -> bool) -> Result {
        let label = format!("{} to {what}", self.name);
        wait_for(PATIENCE, &label, || {
            self.check_alive()?;
            Ok(if ready() { Ok(()) } else { Err(format!("end of its log:\n{}", tail(&self.log))) })
        })
    }

    /// An error if the process has ended.
    pub(crate) fn check_alive(&mut self) -> Result {
        match self.child.try_wait().map_err(Error::io(&self.log))? {
            None => Ok(()),
            Some(status) => Err(Error::Died { name: self.name.clone(), status, log: tail(&self.log) }),
        }
    }

    /// SIGKILL: no chance to say goodbye.
    pub(crate) fn kill_hard(mut self) -> Result {
        self.child.kill().map_err(Error::io(&self.log))?;
        self.child.wait().map_err(Error::io(&self.log))?;
        Ok(())
    }

    /// SIGTERM, then waits for the end; SIGKILL and an error if it does not come.
    pub(crate) fn terminate(mut self) -> Result<ExitStatus> {
        self.signal(Signal::SIGTERM);
        let label = format!("{} to end after SIGTERM", self.name);
        let Daemon { child, log, .. } = &mut self;
        wait_for(PATIENCE, &label, || {
            Ok(child.try_wait().map_err(Error::io(&*log))?.ok_or_else(|| "it still runs".to_owned()))
        })
    }

    /// Waits for the process to end by itself.
    pub(crate) fn wait_exit(&mut self) -> Result<ExitStatus> {
        let label = format!("{} to end by itself", self.name);
        let Daemon { child, log, .. } = self;
        wait_for(PATIENCE, &label, || {
            let status = child.try_wait().map_err(Error::io(&*log))?;
            Ok(status.ok_or_else(|| format!("it still runs; end of its log:\n{}", tail(log))))
        })
    }

    /// Stops (`SIGSTOP`) or continues the process, as a machine that hangs does.
    pub(crate) fn signal(&self, signal: Signal) {
        if let Ok(pid) = i32::try_from(self.child.id()) {
            // The child is ours and not yet reaped, so the id is still its own.
            let _ = kill(Pid::from_raw(pid), signal);
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if self.reaper.is_kept() {
            return;
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The last lines of a log file, for failure texts.
pub(crate) fn tail(path: &Path) -> String {
    const LINES: usize = 15;
    match fs::read(path) {
        Ok(bytes) => {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let lines: Vec<&str> = text.lines().collect();
            lines[lines.len().saturating_sub(LINES)..].join("\n")
        }
        Err(error) => format!("({}: {error})", path.display()),
    }
}
