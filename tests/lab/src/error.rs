//! What can go wrong in the lab, said so that a failed test explains itself.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// The result of a lab operation; the default unit makes `fn test() -> weir_lab::Result` read well.
pub type Result<T = ()> = std::result::Result<T, Error>;

/// A lab operation failed. `Debug` prints the same text as `Display`: a test returning it shows the message.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A program could not be started at all.
    #[error("cannot run `{program}`: {source} (Debian: openvswitch-switch, ovn-common, ovn-central)")]
    Spawn {
        /// The program as it was looked up.
        program: String,
        /// Why the operating system refused.
        source: std::io::Error,
    },
    /// A tool ended with a failure.
    #[error("`{command}` failed ({status}): {stderr}")]
    Command {
        /// The command line.
        command: String,
        /// Its exit status.
        status: std::process::ExitStatus,
        /// What it said.
        stderr: String,
    },
    /// A daemon ended while it was needed.
    #[error("{name} ended by itself ({status}); end of its log:\n{log}")]
    Died {
        /// The daemon, for example `hv1 ovs-vswitchd`.
        name: String,
        /// Its exit status.
        status: std::process::ExitStatus,
        /// The last lines of its log.
        log: String,
    },
    /// Something did not become true in time.
    #[error("waited {waited:?} for {what}; {seen}")]
    Timeout {
        /// How long was waited.
        waited: Duration,
        /// What was waited for.
        what: String,
        /// What was there instead.
        seen: String,
    },
    /// A daemon's control socket refused a command.
    #[error("`{command}` at {target}: {reply}")]
    Control {
        /// The command and its arguments.
        command: String,
        /// The control socket.
        target: PathBuf,
        /// The daemon's answer.
        reply: String,
    },
    /// A file or socket of the lab could not be used.
    #[error("{path}: {source}")]
    Io {
        /// The file or socket.
        path: PathBuf,
        /// What happened.
        source: std::io::Error,
    },
    /// A needed OVSDB schema is on none of the usual places.
    #[error("no schema {name}; looked at {looked:?}")]
    Schema {
        /// File name of the schema.
        name: &'static str,
        /// The places that were tried.
        looked: Vec<PathBuf>,
    },
    /// A name that the lab does not know, or an operation in the wrong state.
    #[error("{0}")]
    Usage(String),
    /// A frame arrived where none should have.
    #[error("{place} received a frame it should not have: {frame}")]
    Unexpected {
        /// Where it arrived.
        place: String,
        /// The frame, printed.
        frame: String,
    },
}

impl Error {
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.into();
        move |source| Error::Io { path, source }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
