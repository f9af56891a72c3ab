//! `weir check`: what is wrong with rule files, for people and for programs.

use std::io::{IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, ValueEnum};
use weir_engine::compile::{compile, compile_text};
use weir_engine::diagnostics::{Diagnostic, Page, Summary, json_lines, nearest, page, pages, render};
use weir_engine::source::SourceMap;

/// Arguments of `weir check`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 no errors, 1 errors in a program (or warnings, with --deny-warnings), \
    2 wrong arguments or an unknown code"
)]
pub(crate) struct CheckOptions {
    /// The main file of each program; `-` reads one from standard input
    #[arg(value_name = "FILE", required_unless_present = "explain")]
    files: Vec<PathBuf>,
    /// Where imports are looked for, after the file's own directory
    #[arg(short = 'L', value_name = "DIR")]
    search: Vec<PathBuf>,
    /// How diagnostics are written: to standard error for people, to standard output as JSON lines
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Exit with 1 also if there are only warnings
    #[arg(long)]
    deny_warnings: bool,
    /// Explain a code such as E0012; `list` lists all
    #[arg(long, value_name = "CODE", conflicts_with = "files")]
    explain: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Format {
    /// As in rustc
    #[default]
    Human,
    /// One diagnostic per line
    Json,
}

/// Checks all files, or explains a code.
pub(crate) fn check(options: &CheckOptions) -> anyhow::Result<ExitCode> {
    if let Some(code) = &options.explain {
        return explain(code);
    }
    let mut summary = Summary::default();
    let mut first = None;
    for file in &options.files {
        let (sources, diagnostics) = diagnose(file, &options.search)?;
        summary.add(&diagnostics);
        first = first.or(diagnostics.first().map(|diagnostic| diagnostic.code));
        match options.format {
            Format::Human => show(&sources, &diagnostics),
            Format::Json => out(&json_lines(&sources, &diagnostics))?,
        }
    }
    if let Some(code) = first {
        eprintln!("Codes are explained by `weir check --explain {code}`.\n{summary}");
    }
    let refused = summary.errors > 0 || options.deny_warnings && summary.warnings > 0;
    Ok(if refused { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Diagnostics on standard error, with colours on a terminal, and a blank line after them.
pub(crate) fn show(sources: &SourceMap, diagnostics: &[Diagnostic]) {
    let text = render(sources, diagnostics, std::io::stderr().is_terminal());
    if !text.is_empty() {
        eprintln!("{text}");
    }
}

/// Text on standard output; a reader who has seen enough (`| head`) is no error.
pub(crate) fn out(text: &str) -> anyhow::Result<()> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn diagnose(file: &Path, search: &[PathBuf]) -> anyhow::Result<(SourceMap, Vec<Diagnostic>)> {
    let compiled = if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("cannot read standard input")?;
        compile_text("<stdin>", &text, search)
    } else {
        compile(file, search)
    };
    Ok(match compiled {
        Ok((program, warnings)) => (program.sources, warnings),
        Err(refused) => refused,
    })
}

fn explain(code: &str) -> anyhow::Result<ExitCode> {
    if code == "list" {
        let lines = pages().iter().map(|page| format!("{}  {}\n", page.code, page.title()));
        out(&lines.collect::<String>())?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(page) = page(code) {
        out(&page.plain())?;
        return Ok(ExitCode::SUCCESS);
    }
    let near: Vec<String> = nearest(code).into_iter().map(described).collect();
    let near = if near.is_empty() { String::new() } else { format!("the nearest are:\n{}", near.concat()) };
    eprint!("weir: there is no code `{code}`; {near}");
    eprintln!("`weir check --explain list` lists all codes");
    Ok(ExitCode::from(2))
}

fn described(page: &Page) -> String {
    format!("  {}  {}\n", page.code, page.title())
}
