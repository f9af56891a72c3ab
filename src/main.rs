//! The `weir` binary: a line or two per subcommand.

mod check;
mod explain;
mod feed;
mod fmt;
mod pki;
mod status;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use check::{CheckOptions, check, show};
use clap::{Parser, Subcommand};
use explain::{ExplainOptions, explain};
use feed::{DbCommand, FeedCommand, db, feed};
use fmt::{FmtOptions, fmt};
use ovsdb::relations::relations;
use ovsdb::schema::DatabaseSchema;
use pki::{PkiCommand, pki};
use status::{BundleOptions, StatusOptions, bundle, status};
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
    /// Parse and type-check rule files; or explain an error's code
    Check(CheckOptions),
    /// What becomes of rules: types of variables, joins, indexes, order
    Explain(ExplainOptions),
    /// Lay out rule files in one way; with --check, only tell what would change
    Fmt(FmtOptions),
    /// The shell: insert, commit, see the changes; or look into a running daemon
    Repl(weir_repl::ReplOptions),
    /// Serve an editor over standard input and output, by the Language Server Protocol
    Lsp {
        /// What editors may add; there is no other way
        #[arg(long, hide = true)]
        stdio: bool,
    },
    /// A certificate authority of files, for hypervisors and Weir to show each other certificates
    #[command(subcommand)]
    Pki(PkiCommand),
    /// Stream intent to a running daemon, or watch what becomes of it
    #[command(subcommand)]
    Feed(FeedCommand),
    /// The intent that feeds have left: dump, load, compact
    #[command(subcommand)]
    Db(DbCommand),
    /// How a running daemon is: sessions, flows, counters
    Status(StatusOptions),
    /// Pack what a running daemon says of itself into one file, for somebody who was not there
    SupportBundle(BundleOptions),
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
        Command::Check(options) => check(&options),
        Command::Explain(options) => explain(&options),
        Command::Fmt(options) => fmt(&options),
        Command::Repl(options) => weir_repl::run(options).map_err(Into::into),
        Command::Lsp { .. } => weir_lsp::run().map(|()| ExitCode::SUCCESS).map_err(Into::into),
        Command::Pki(command) => pki(&command),
        Command::Feed(command) => feed(command),
        Command::Db(command) => db(command),
        Command::Status(options) => status(&options),
        Command::SupportBundle(options) => bundle(&options),
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
        Err(RunError::Join(error)) => {
            eprintln!("weir: {error}");
            Ok(error.exit_code().into())
        }
        Err(error) => Err(error.into()),
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
