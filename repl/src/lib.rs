//! The shell: over an engine of its own, or over a running daemon's control socket ([`remote`]).

mod complete;
mod converse;
mod error;
mod external;
mod help;
mod input;
mod lines;
mod options;
mod outputs;
pub mod remote;
mod shell;
mod show;
mod updates;

pub use converse::converse;
pub use error::ShellError;
pub use input::{Input, Read, Script};
pub use options::{ReplError, ReplOptions, run};
pub use shell::{Mode, Next, Shell};
