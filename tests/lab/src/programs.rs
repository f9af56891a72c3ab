//! Which Open vSwitch and OVN programs the lab runs.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{Error, Result};

/// The set of programs and schemas a lab uses: the system's, or those of a directory (another OVS release
/// unpacked elsewhere) with the system's for what the directory does not have.
#[derive(Clone, Debug, Default)]
pub struct Programs {
    dir: Option<PathBuf>,
}

impl Programs {
    /// The system's programs, or those in the directory named by the environment variable `WEIR_OVS_BIN`.
    pub fn from_env() -> Programs {
        Programs { dir: std::env::var_os("WEIR_OVS_BIN").filter(|v| !v.is_empty()).map(PathBuf::from) }
    }

    /// Programs of `dir` first.
    pub fn in_dir(dir: impl Into<PathBuf>) -> Programs {
        Programs { dir: Some(dir.into()) }
    }

    /// A command for `program`, with no terminal input and nothing inherited but the environment.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.path(program));
        command.stdin(Stdio::null());
        command
    }

    /// Where `program` is found; its bare name if only the system's search path can tell.
    pub fn path(&self, program: &str) -> PathBuf {
        // ovsdb-server and ovs-vswitchd live in sbin, which a user's PATH often lacks.
        let sbin = [Path::new("/usr/sbin"), Path::new("/sbin"), Path::new("/usr/local/sbin")];
        let path_var = std::env::var_os("PATH").unwrap_or_default();
        self.dir
            .iter()
            .cloned()
            .chain(std::env::split_paths(&path_var))
            .chain(sbin.into_iter().map(Path::to_owned))
            .map(|dir| dir.join(program))
            .find(|candidate| candidate.is_file())
            .unwrap_or_else(|| PathBuf::from(program))
    }

    /// The schema file of an Open_vSwitch database.
    pub fn vswitch_schema(&self) -> Result<PathBuf> {
        self.schema("vswitch.ovsschema", "openvswitch", "WEIR_VSWITCH_SCHEMA")
    }

    /// The schema file of an OVN_Northbound database.
    pub fn northbound_schema(&self) -> Result<PathBuf> {
        self.schema("ovn-nb.ovsschema", "ovn", "WEIR_NB_SCHEMA")
    }

    /// Runs a tool to its end and gives its standard output.
    pub fn run<I, S>(&self, program: &str, args: I) -> Result<String>
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        let mut command = self.command(program);
        command.args(args);
        let output =
            command.output().map_err(|source| Error::Spawn { program: program.to_owned(), source })?;
        if !output.status.success() {
            let words = command.get_args().map(|a| a.to_string_lossy()).collect::<Vec<_>>().join(" ");
            return Err(Error::Command {
                command: format!("{program} {words}"),
                status: output.status,
                stderr: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
            });
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn schema(&self, name: &'static str, package: &str, variable: &str) -> Result<PathBuf> {
        let share = self.dir.as_deref().and_then(Path::parent).map(|parent| parent.join("share"));
        let looked: Vec<PathBuf> = std::env::var_os(variable)
            .map(PathBuf::from)
            .into_iter()
            .chain(share.into_iter().flat_map(|share| [share.join(package).join(name), share.join(name)]))
            .chain([Path::new("/usr/share").join(package).join(name)])
            .collect();
        match looked.iter().find(|path| path.is_file()) {
            Some(found) => Ok(found.clone()),
            None => Err(Error::Schema { name, looked }),
        }
    }
}
