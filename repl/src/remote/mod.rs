//! The shell over a running daemon: its control socket speaks one JSON object a line, both ways.

mod commits;
mod connection;
mod session;

use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use rustyline::ExternalPrinter;
use thiserror::Error;

use crate::complete::Vocabulary;
use crate::lines::Lines;
use crate::shell::Mode;
pub use session::Session;

/// The daemon cannot be asked.
#[derive(Debug, Error)]
pub enum RemoteError {
    /// Nobody serves the socket.
    #[error("cannot connect to {path}: {source}; is `weir run` there, with this --control?")]
    Connect {
        /// The socket.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The daemon has gone, or the terminal.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Whatever serves the socket says something else.
    #[error("no daemon of weir: it answered {0}")]
    Stranger(String),
    /// The daemon ended the session.
    #[error("the daemon has ended")]
    Ended,
}

/// Runs the shell until its input ends. When commands come from a pipe and something is watched, it goes on until the
/// daemon ends.
///
/// # Errors
/// See [`RemoteError`].
pub fn run(socket: &Path) -> Result<ExitCode, RemoteError> {
    let stream = UnixStream::connect(socket)
        .map_err(|source| RemoteError::Connect { path: socket.to_owned(), source })?;
    let mut session = Session::open(stream)?;
    let vocabulary = Vocabulary::remote(session.relations());
    let mut lines = Lines::open(vocabulary)?;
    let mode = if lines.is_terminal() { Mode::Person } else { Mode::Script };
    match lines.printer() {
        Some(mut printer) => {
            eprintln!("connected to {}: `help;` tells what can be asked", socket.display());
            // Who no longer looks is told nothing.
            session.show_commits(mode, move |text| drop(printer.print(text)));
        }
        None => session.show_commits(mode, |text| print_at_once(&text)),
    }
    match session.converse(&mut lines, mode, &mut io::stdout(), &mut io::stderr()) {
        // Whoever read the output has seen enough.
        Err(RemoteError::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        result => result,
    }
}

fn print_at_once(text: &str) {
    let mut out = io::stdout().lock();
    // A reader that has gone ends the process at the next answer.
    let _ = io::Write::write_all(&mut out, text.as_bytes()).and_then(|()| io::Write::flush(&mut out));
}
