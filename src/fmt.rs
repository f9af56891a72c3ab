//! `weir fmt`

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use weir_engine::format::{Mode, format_files, format_stream};

#[derive(Debug, Args)]
pub(crate) struct FmtOptions {
    /// Files, and directories whose .dl files are meant
    #[arg(required_unless_present = "stdin")]
    paths: Vec<PathBuf>,
    /// Change nothing: print what would change, and exit with 1 if there is something
    #[arg(long)]
    check: bool,
    /// Format standard input to standard output
    #[arg(long, conflicts_with = "paths")]
    stdin: bool,
}

/// Exit code 0 if all is well, 1 if something would change, 2 if a file was left alone because something is wrong with it.
pub(crate) fn fmt(options: &FmtOptions) -> anyhow::Result<ExitCode> {
    let mode = if options.check { Mode::Check } else { Mode::Write };
    let (mut out, mut err) = (io::stdout().lock(), io::stderr().lock());
    let colour = err.is_terminal();
    let summary = match options.stdin {
        true => format_stream(&mut io::stdin().lock(), mode, colour, &mut out, &mut err)?,
        false => format_files(&options.paths, mode, colour, &mut out, &mut err)?,
    };
    Ok(match summary.n_failed {
        0 if options.check && summary.n_changed > 0 => ExitCode::FAILURE,
        0 => ExitCode::SUCCESS,
        _ => ExitCode::from(2),
    })
}
