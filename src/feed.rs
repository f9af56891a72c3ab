//! `weir feed` and `weir db`.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::{Args, Subcommand};
use weir_shim::driver::is_own;
use weir_shim::feed::{FeedAddress, Tables, archive, client, line_schema};

use crate::check::show;

/// What to do with a feed.
#[derive(Debug, Subcommand)]
pub(crate) enum FeedCommand {
    /// Print the JSON Schema of a feed's lines, made from the rules
    Schema(RuleOptions),
    /// Send a file of lines to a running daemon, and wait for the answers
    Send {
        /// The file, - for standard input
        file: PathBuf,
        /// The daemon's feed: tcp:HOST:PORT or unix:PATH
        #[arg(long, value_name = "ADDR")]
        to: FeedAddress,
        /// A name under which an interrupted file is resumed: transactions are numbered by their line
        #[arg(long, value_name = "NAME")]
        client: Option<String>,
        /// Print every answer, not only refusals
        #[arg(short, long)]
        verbose: bool,
    },
    /// Print what every commit changes in relations of a running daemon
    Tail {
        /// The daemon's feed: tcp:HOST:PORT or unix:PATH
        #[arg(long, value_name = "ADDR")]
        from: FeedAddress,
        /// Relations, by their full names
        #[arg(required = true)]
        relations: Vec<String>,
    },
}

/// What to do with the intent that feeds have left, while the daemon is not running.
#[derive(Debug, Subcommand)]
pub(crate) enum DbCommand {
    /// Print it as lines of a feed: one snapshot
    Dump(StateOptions),
    /// Put the lines of a file into it, all or none
    Load {
        /// The file, - for standard input
        file: PathBuf,
        #[command(flatten)]
        state: StateOptions,
        #[command(flatten)]
        rules: RuleOptions,
    },
    /// Make its file as small as it can be
    Compact(StateOptions),
}

/// Which rules.
#[derive(Debug, Args)]
pub(crate) struct RuleOptions {
    /// The network program: its main file, or a directory whose main file is weir.dl
    #[arg(long, value_name = "PATH", default_value = "rules")]
    rules: PathBuf,
    /// Where imports are looked for, after the main file's own directory; may be repeated
    #[arg(short = 'L', long = "library", value_name = "DIR")]
    library: Vec<PathBuf>,
}

/// Which store.
#[derive(Debug, Args)]
pub(crate) struct StateOptions {
    /// The daemon's state directory
    #[arg(long, value_name = "DIR", default_value = "/var/lib/weir")]
    state: PathBuf,
}

/// Runs `weir feed`.
pub(crate) fn feed(command: FeedCommand) -> anyhow::Result<ExitCode> {
    match command {
        FeedCommand::Schema(rules) => {
            let Some(tables) = tables(&rules) else { return Ok(ExitCode::FAILURE) };
            println!("{}", serde_json::to_string_pretty(&line_schema(&tables))?);
            Ok(ExitCode::SUCCESS)
        }
        FeedCommand::Send { file, to, client, verbose } => {
            let sent = client::send(&to, client.as_deref(), open(&file)?, |answer| {
                if verbose || answer.get("rejected").is_some() || answer.get("notice").is_some() {
                    println!("{answer}");
                }
            })?;
            let client::Sent { committed, duplicate, rejected } = sent;
            eprintln!("{committed} committed, {rejected} rejected, {duplicate} known from before");
            Ok(if rejected == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        FeedCommand::Tail { from, relations } => {
            client::tail(&from, &relations, |changes| println!("{changes}"))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Runs `weir db`.
pub(crate) fn db(command: DbCommand) -> anyhow::Result<ExitCode> {
    match command {
        DbCommand::Dump(StateOptions { state }) => {
            let mut out = std::io::BufWriter::new(std::io::stdout().lock());
            archive::dump(&state, &mut out)?;
            out.flush()?;
        }
        DbCommand::Load { file, state, rules } => {
            let Some(tables) = tables(&rules) else { return Ok(ExitCode::FAILURE) };
            let changed = archive::load(&state.state, &tables, open(&file)?)?;
            eprintln!("{changed} rows changed");
        }
        DbCommand::Compact(StateOptions { state }) => {
            let (before, after) = archive::compact(&state)?;
            eprintln!("{before} bytes before, {after} bytes after");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What feeds may write by these rules; `None` if they are wrong, which has been shown.
fn tables(options: &RuleOptions) -> Option<Arc<Tables>> {
    let main = if options.rules.is_dir() { options.rules.join("weir.dl") } else { options.rules.clone() };
    match weir_engine::compile::compile(&main, &options.library) {
        Ok((program, _)) => Some(Arc::new(Tables::of(&Arc::new(program), is_own))),
        Err((sources, diagnostics)) => {
            show(&sources, &diagnostics);
            None
        }
    }
}

fn open(path: &Path) -> anyhow::Result<Box<dyn BufRead + Send>> {
    if path == Path::new("-") {
        return Ok(Box::new(BufReader::new(std::io::stdin())));
    }
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Box::new(BufReader::new(file)))
}
