//! `weir repl`: its options, and what it starts.

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::process::ExitCode;

use thiserror::Error;
use weir_engine::compile::compile;
use weir_engine::diagnostics::{Diagnostic, render};
use weir_engine::engine::{Config, Engine};
use weir_engine::eval::Externs;
use weir_engine::source::SourceMap;

use crate::complete::Vocabulary;
use crate::converse::converse;
use crate::lines::Lines;
use crate::outputs;
use crate::remote::{self, RemoteError};
use crate::shell::{Mode, Shell};

/// Options of `weir repl`.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ReplOptions {
    /// The rule file to run
    #[arg(required_unless_present = "connect")]
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
    let Some(engine) = start(&options) else { return Ok(ExitCode::FAILURE) };
    let mut lines = match options.batch {
        true => Lines::piped(),
        false => Lines::open(Vocabulary::of(&engine.program()))?,
    };
    let mode = if lines.is_terminal() { Mode::Person } else { Mode::Script };
    let mut shell = Shell::new(engine, io::BufWriter::new(io::stdout()), mode);
    let result = (|| {
        if !options.no_init_snapshot {
            shell.show_initial()?;
        }
        if mode == Mode::Person {
            eprintln!("weir {}: `help;` tells what can be said here", env!("CARGO_PKG_VERSION"));
        }
        converse(&mut lines, &mut shell, &mut io::stderr())
    })();
    match result {
        // Whoever read the output has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        result => Ok(result?),
    }
}

/// The engine with the program in it; `None` if the program is wrong, which has been shown then.
fn start(options: &ReplOptions) -> Option<Engine> {
    let (mut program, warnings) = compile(options.file.as_ref()?, &options.search)
        .inspect_err(|(sources, diagnostics)| complain(sources, diagnostics))
        .ok()?;
    complain(&program.sources, &warnings);
    if options.output_internal_relations {
        outputs::show_internal(&mut program);
    }
    if let Some(prefix) = &options.output_input_relations {
        outputs::mirror_inputs(&mut program, prefix);
    }
    let sources = program.sources.clone();
    let config = Config { workers: options.workers.into(), externs: Externs::new().allow_files() };
    Engine::new(program, config).inspect_err(|diagnostics| complain(&sources, diagnostics)).ok()
}

fn complain(sources: &SourceMap, diagnostics: &[Diagnostic]) {
    eprint!("{}", render(sources, diagnostics, io::stderr().is_terminal()));
}
