//! A language server for rule files: what an editor asks about a program while its author is writing it.
//!
//! [`serve`] speaks the Language Server Protocol over a connection, [`run`] over the process's own input and output.

mod diagnostics;
mod discover;
mod dispatch;
mod documents;
mod hover;
mod navigate;
mod options;
mod position;
mod program;
mod server;
mod symbols;
mod uri;

pub use server::{ServeError, run, serve};
