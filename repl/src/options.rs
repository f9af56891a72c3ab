//! `weir repl`: its options, and what it starts.

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::process::ExitCode;

use thiserror::Error;
use weir_cluster::{ClusterError, ClusterOptions, JoinError, LOST, join};
use weir_engine::diagnostics::{Diagnostic, render};
use weir_engine::engine::Config;
use weir_engine::eval::Externs;
use weir_engine::source::SourceMap;

use crate::complete::Vocabulary;
use crate::converse::converse;
use crate::interrupt::{Interrupts, Stoppable};
use crate::lines::Lines;
use crate::live::Live;
use crate::lost::Ending;
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
    /// The processes that run the program together
    #[command(flatten)]
    pub cluster: ClusterOptions,
    /// Look into a running daemon by its control socket instead
    #[arg(long, value_name = "SOCK", conflicts_with_all = ["file", "batch", "search", "processes", "process", "hostfile"])]
    pub connect: Option<PathBuf>,
}

/// Why the shell ended.
#[derive(Debug, Error)]
pub enum ReplError {
    /// The terminal or pipe.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// What is said of other processes makes no sense.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
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
    let live = match start(&options)? {
        Ok(live) => live,
        Err(ended) => return Ok(ended),
    };
    let ending = Ending::of(live.engine());
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
    if ending.has_come(shell.live.engine()) {
        return Ok(LOST.into());
    }
    match result {
        // Whoever read the output has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        result => Ok(result?),
    }
}

/// The program, at work; or how this process ends: the program is wrong, which has been shown then, or another process was
/// the first of several and has ended.
fn start(options: &ReplOptions) -> Result<Result<Live, ExitCode>, ReplError> {
    let outputs = Outputs {
        internal: options.output_internal_relations,
        inputs: options.output_input_relations.clone(),
    };
    let cluster = options.cluster.resolve()?;
    let externs = Externs::new().allow_files();
    let config = Config { workers: options.workers.into(), externs, ..Config::default() };
    let (file, search) = (options.file.as_deref(), options.search.as_slice());
    let draft = match Live::load(file, search) {
        Ok(draft) => draft,
        Err((sources, diagnostics)) => {
            complain(&sources, &diagnostics);
            return Ok(Err(ExitCode::FAILURE));
        }
    };
    let waiting = |whom: &str| eprintln!("weir: {whom}");
    match join(outputs.of(&draft), config, cluster.as_ref(), waiting) {
        Ok(Some(engine)) => {
            complain(draft.sources(), draft.warnings());
            Ok(Ok(Live::around(engine, draft, outputs, file, search)))
        }
        Ok(None) => Ok(Err(ExitCode::SUCCESS)),
        Err(error) => {
            match &error {
                JoinError::Program(diagnostics) => complain(draft.sources(), diagnostics),
                other => eprintln!("weir: {other}"),
            }
            Ok(Err(error.exit_code().into()))
        }
    }
}

fn complain(sources: &SourceMap, diagnostics: &[Diagnostic]) {
    eprint!("{}", render(sources, diagnostics, has_colour()));
}

/// Whether what goes to standard error may have colours.
fn has_colour() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
