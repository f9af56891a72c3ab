//! `weir repl`: its options, and what it starts.

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::process::ExitCode;

use thiserror::Error;
use weir_engine::diagnostics::{Diagnostic, render};
use weir_engine::engine::Config;
use weir_engine::eval::Externs;
use weir_engine::source::SourceMap;

use crate::complete::Vocabulary;
use crate::converse::converse;
use crate::interrupt::{Interrupts, Stoppable};
use crate::lines::Lines;
use crate::live::Live;
use crate::outputs::Outputs;
use crate::remote::{self, RemoteError};
use crate::shell::{Mode, Shell};

/// Options of `weir repl`.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ReplOptions {
    /// The rule file to run; none begins a program of nothing
    pub file: Option<PathBuf>,
    /// Where imports are looked for, after the file's own directory
    #[arg(short = 'L', value_name = "DIR")]
    pub search: Vec<PathBuf>,
    /// Read commands from standard input; the first error ends it with exit code 1
    #[arg(long)]
    pub batch: bool,
    /// Do not print what the program's own facts give
    #[arg(long)]
    pub no_init_snapshot: bool,
    /// Show internal relations as well, as if they were declared output
    #[arg(long)]
    pub output_internal_relations: bool,
    /// Show input relations as well, as output relations with this before their names
    #[arg(long, value_name = "PREFIX")]
    pub output_input_relations: Option<String>,
    /// Engine threads
    #[arg(short = 'w', long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub workers: u16,
    /// Look into a running daemon by its control socket instead
    #[arg(long, value_name = "SOCK", conflicts_with_all = ["file", "batch", "search"])]
    pub connect: Option<PathBuf>,
}

/// Why the shell ended.
#[derive(Debug, Error)]
pub enum ReplError {
    /// The terminal or pipe.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The daemon.
    #[error(transparent)]
    Remote(#[from] RemoteError),
}

/// Runs the shell until its input ends.
///
/// # Errors
/// When input or output fails; a program with errors is shown, and gives exit code 1.
pub fn run(options: ReplOptions) -> Result<ExitCode, ReplError> {
    if let Some(socket) = &options.connect {
        return Ok(remote::run(socket)?);
    }
    let Some(live) = start(&options) else { return Ok(ExitCode::FAILURE) };
    let mut lines = match options.batch {
        true => Lines::piped(),
        false => Lines::open(Vocabulary::of(&live.engine().program()))?,
    };
    let mode = if lines.is_terminal() { Mode::Person } else { Mode::Script };
    let interrupts = Interrupts::default();
    if mode == Mode::Person {
        interrupts.stop_with(live.engine().canceller());
        interrupts.handle()?;
    }
    let out = Stoppable::new(io::BufWriter::new(io::stdout()), interrupts.clone());
    let mut shell = Shell::with_interrupts(live, interrupts, out, mode);
    shell.colour = has_colour();
    let result = (|| {
        if !options.no_init_snapshot {
            shell.show_initial()?;
        }
        if mode == Mode::Person {
            eprintln!("weir {}: `.help` tells what can be said here", env!("CARGO_PKG_VERSION"));
        }
        converse(&mut lines, &mut shell, &mut io::stderr())
    })();
    match result {
        // Whoever read the output has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        result => Ok(result?),
    }
}

/// The program, at work; `None` if it is wrong, which has been shown then.
fn start(options: &ReplOptions) -> Option<Live> {
    let outputs = Outputs {
        internal: options.output_internal_relations,
        inputs: options.output_input_relations.clone(),
    };
    let externs = Externs::new().allow_files();
    let config = Config { workers: options.workers.into(), externs, ..Config::default() };
    let live = Live::open(options.file.as_deref(), &options.search, outputs, config)
        .inspect_err(|(sources, diagnostics)| complain(sources, diagnostics))
        .ok()?;
    complain(live.draft().sources(), live.draft().warnings());
    Some(live)
}

fn complain(sources: &SourceMap, diagnostics: &[Diagnostic]) {
    eprint!("{}", render(sources, diagnostics, has_colour()));
}

/// Whether what goes to standard error may have colours.
fn has_colour() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
