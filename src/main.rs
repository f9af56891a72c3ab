//! The `weir` binary: a line or two per subcommand.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};
use ovsdb::relations::relations;
use ovsdb::schema::DatabaseSchema;
use weir_engine::diagnostics::{Diagnostic, render};
use weir_engine::source::SourceMap;
use weir_shim::config::RunOptions;
use weir_shim::daemon::{self, RunError};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Software-defined network control: intent in, the exact difference out to every switch.
#[derive(Debug, Parser)]
#[command(name = "weir", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon
    Run(Box<RunOptions>),
    /// Parse and type-check a rule file; exit code 1 and diagnostics on stderr if it has errors
    Check {
        /// The main file
        file: PathBuf,
        /// Where imports are looked for, after the file's own directory
        #[arg(short = 'L', value_name = "DIR")]
        search: Vec<PathBuf>,
    },
    /// The shell: insert, commit, see the changes; or look into a running daemon
    Repl(weir_repl::ReplOptions),
    /// Print an OVSDB schema as input relations
    Schema {
        /// The .ovsschema file
        file: PathBuf,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command {
        Command::Run(options) => run(*options),
        Command::Check { file, search } => Ok(check(&file, &search)),
        Command::Repl(options) => weir_repl::run(options).map_err(Into::into),
        Command::Schema { file } => schema(&file),
    };
    result.unwrap_or_else(|error| {
        eprintln!("weir: {error:#}");
        ExitCode::FAILURE
    })
}

fn run(options: RunOptions) -> anyhow::Result<ExitCode> {
    let filter = tracing_subscriber::EnvFilter::try_from_env("WEIR_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .with_writer(std::io::stderr)
        .init();
    match daemon::run(options.resolve()?) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(RunError::Rules(sources, diagnostics)) => {
            show(&sources, &diagnostics);
            Ok(ExitCode::FAILURE)
        }
        Err(error) => Err(error.into()),
    }
}

fn check(file: &Path, search: &[PathBuf]) -> ExitCode {
    match weir_engine::compile::compile(file, search) {
        Ok((program, warnings)) => {
            show(&program.sources, &warnings);
            ExitCode::SUCCESS
        }
        Err((sources, diagnostics)) => {
            show(&sources, &diagnostics);
            ExitCode::FAILURE
        }
    }
}

fn schema(file: &Path) -> anyhow::Result<ExitCode> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let json = serde_json::from_str(&text).with_context(|| format!("{} is not JSON", file.display()))?;
    let schema =
        DatabaseSchema::from_json(&json).with_context(|| format!("{} is no OVSDB schema", file.display()))?;
    print!("{}", relations(&schema));
    Ok(ExitCode::SUCCESS)
}

fn show(sources: &SourceMap, diagnostics: &[Diagnostic]) {
    let colour = std::io::IsTerminal::is_terminal(&std::io::stderr());
    eprint!("{}", render(sources, diagnostics, colour));
}
