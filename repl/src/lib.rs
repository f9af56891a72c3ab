//! The shell: over an engine of its own, or over a running daemon's control socket ([`remote`]).

mod complete;
mod converse;
mod dot;
mod edit;
mod error;
mod external;
mod help;
mod input;
mod interrupt;
mod lines;
mod live;
mod load;
mod lost;
mod meant;
mod near;
mod options;
mod outputs;
mod present;
mod progress;
pub mod remote;
mod report;
mod save;
mod schema;
mod shell;
mod show;
mod statement;
mod updates;

pub use converse::converse;
pub use dot::{Dot, DotError};
pub use error::ShellError;
pub use input::{Input, Read, Script};
pub use live::Live;
pub use options::{ReplError, ReplOptions, run};
pub use outputs::Outputs;
pub use present::Format;
pub use shell::{Mode, Next, Shell};
