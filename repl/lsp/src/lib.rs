//! A language server for rule files: what an editor asks about a program while its author is writing it.
//!
//! [`serve`] speaks the Language Server Protocol over a connection, [`run`] over the process's own input and output.

mod actions;
mod complete;
mod diagnostics;
mod discover;
mod dispatch;
mod documents;
mod format;
mod hints;
mod hover;
mod navigate;
mod options;
mod outline;
mod position;
mod program;
mod rename;
mod scan;
mod server;
mod signature;
mod supposition;
mod symbols;
mod tokens;
mod uri;
mod wanted;

pub use server::{ServeError, run, serve};
