//! Rule files on disk.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::diff::diff;
use super::error::FormatError;
use super::layout::format;
use crate::diagnostics::render;

/// What becomes of a file that is laid out otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It is written anew.
    Write,
    /// The difference is printed.
    Check,
}

/// What [`format_files`] found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Files read.
    pub n_files: usize,
    /// Files that were, or would be, written anew.
    pub n_changed: usize,
    /// Files that could not be read, have syntax errors, or could not be written.
    pub n_failed: usize,
}

impl Summary {
    fn add(&mut self, outcome: Outcome) {
        self.n_files += 1;
        match outcome {
            Outcome::Same => {}
            Outcome::Changed => self.n_changed += 1,
            Outcome::Failed => self.n_failed += 1,
        }
    }
}

enum Outcome {
    Same,
    Changed,
    Failed,
}

/// Formats files, and all `.dl` files below directories. Differences (in [`Mode::Check`]) go to `out`, what is wrong with
/// files to `err`, with colours if `colour`.
///
/// # Errors
/// Only if `out` or `err` cannot be written; what is wrong with a file is counted, and the others go on.
pub fn format_files(
    paths: &[PathBuf],
    mode: Mode,
    colour: bool,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<Summary> {
    let mut summary = Summary::default();
    for path in paths {
        let mut files = Vec::new();
        if let Err(error) = rule_files(path, &mut files) {
            writeln!(err, "cannot read {}: {error}", path.display())?;
            summary.add(Outcome::Failed);
        }
        for file in files {
            summary.add(format_file(&file, mode, colour, out, err)?);
        }
    }
    Ok(summary)
}

/// Formats `input` to `out`; in [`Mode::Check`], prints the difference instead.
///
/// # Errors
/// If `input` cannot be read, or `out` or `err` cannot be written.
pub fn format_stream(
    input: &mut dyn Read,
    mode: Mode,
    colour: bool,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<Summary> {
    let mut text = String::new();
    input.read_to_string(&mut text)?;
    let mut summary = Summary::default();
    let outcome = match laid_out("<stdin>", &text, colour, err)? {
        None => Outcome::Failed,
        Some(laid_out) => {
            match mode {
                Mode::Write => out.write_all(laid_out.as_bytes())?,
                Mode::Check => out.write_all(diff("<stdin>", &text, &laid_out).as_bytes())?,
            }
            if laid_out == text { Outcome::Same } else { Outcome::Changed }
        }
    };
    summary.add(outcome);
    Ok(summary)
}

fn format_file(
    path: &Path,
    mode: Mode,
    colour: bool,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<Outcome> {
    let name = path.display().to_string();
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            writeln!(err, "cannot read {name}: {error}")?;
            return Ok(Outcome::Failed);
        }
    };
    let Some(laid_out) = laid_out(&name, &text, colour, err)? else { return Ok(Outcome::Failed) };
    if laid_out == text {
        return Ok(Outcome::Same);
    }
    if mode == Mode::Check {
        out.write_all(diff(&name, &text, &laid_out).as_bytes())?;
    } else if let Err(error) = std::fs::write(path, laid_out) {
        writeln!(err, "cannot write {name}: {error}")?;
        return Ok(Outcome::Failed);
    }
    Ok(Outcome::Changed)
}

fn laid_out(name: &str, text: &str, colour: bool, err: &mut dyn Write) -> io::Result<Option<String>> {
    match format(name, text) {
        Ok(laid_out) => return Ok(Some(laid_out)),
        Err(FormatError::Syntax { sources, diagnostics }) => {
            err.write_all(render(&sources, &diagnostics, colour).as_bytes())?;
        }
        Err(error) => writeln!(err, "{error}")?,
    }
    Ok(None)
}

/// A file itself, or every `.dl` file below a directory, by name.
fn rule_files(path: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let mut entries = std::fs::read_dir(path)?
        .map(|entry| entry.and_then(|entry| Ok((entry.path(), entry.file_type()?))))
        .collect::<io::Result<Vec<_>>>()?;
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    for (entry, kind) in entries {
        if kind.is_dir() {
            rule_files(&entry, files)?;
        } else if entry.extension().is_some_and(|extension| extension == "dl") {
            files.push(entry);
        }
    }
    Ok(())
}
