//! The database an operator or a cloud system writes to: OVN's Northbound.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

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
    /// `without` names tables that the schema is to lack, as an older release's does.
    pub(crate) fn create(
        dir: PathBuf,
        without: &[&str],
        programs: &Programs,
        reaper: &Reaper,
    ) -> Result<Northbound> {
        std::fs::create_dir_all(&dir).map_err(Error::io(&dir))?;
        let mut schema = programs.northbound_schema()?;
        if !without.is_empty() {
            schema = older_schema(&schema, without, dir.join("older.ovsschema"))?;
        }
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
        format!("unix:{}", self.dir.join("db.sock").display())
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
        command.arg(format!("--remote=punix:{}", self.dir.join("db.sock").display()));
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

/// Writes the schema of `from` without some tables, and without the columns that refer to them, to `to`.
fn older_schema(from: &Path, without: &[&str], to: PathBuf) -> Result<PathBuf> {
    let text = std::fs::read_to_string(from).map_err(Error::io(from))?;
    let invalid = |error| Error::Usage(format!("{}: {error}", from.display()));
    let mut schema: Value = serde_json::from_str(&text).map_err(invalid)?;
    if let Some(tables) = schema["tables"].as_object_mut() {
        tables.retain(|table, _| !without.contains(&table.as_str()));
        for columns in tables.values_mut().filter_map(|table| table["columns"].as_object_mut()) {
            columns.retain(|_, column| {
                let refers = |end: &str| column["type"][end]["refTable"].as_str();
                [refers("key"), refers("value")].iter().flatten().all(|table| !without.contains(table))
            });
        }
    }
    std::fs::write(&to, schema.to_string()).map_err(Error::io(&to))?;
    Ok(to)
}
