//! Commands from a pipe: streamed, and over with the first error.

use std::io::{self, Write};
use std::process::ExitCode;

use weir_engine::command::CommandParser;
use weir_engine::diagnostics::render;

use super::{Outcome, commands, dot, timed};
use crate::error::ShellError;
use crate::input::{Input, Read};
use crate::meant::hint;
use crate::shell::{Next, Place, Shell};
use crate::statement::{Kind, kind};

pub(super) fn run<W: Write>(
    input: &mut impl Input,
    shell: &mut Shell<W>,
    complaints: &mut impl Write,
) -> io::Result<ExitCode> {
    let mut parser = CommandParser::new();
    loop {
        let (line, ended) = match input.read("", "")? {
            Read::Text(line) => (line, false),
            Read::Interrupted => (String::new(), false),
            Read::End => (String::new(), true),
        };
        let position = parser.position();
        let own =
            parser.is_idle().then(|| kind(&line)).filter(|kind| matches!(kind, Kind::Dot | Kind::Query));
        let outcome: Outcome = match own {
            Some(kind) => {
                // No commands, but lines all the same.
                parser.feed(&line);
                parser.clear();
                match kind {
                    Kind::Dot => dot(&line, input, shell, complaints)?,
                    _ => timed(shell, complaints, |shell| shell.ask(&line))?,
                }
            }
            _ => {
                parser.feed(&line);
                commands(&mut parser, ended, shell, complaints)?
            }
        };
        match outcome {
            Ok(Next::Continue) if ended => return Ok(ExitCode::SUCCESS),
            Ok(Next::Continue) => {}
            Ok(Next::Exit) => return Ok(ExitCode::SUCCESS),
            Err(failed) => {
                match failed {
                    ShellError::Refused(sources, diagnostics) => {
                        write!(complaints, "{}", render(&sources, &diagnostics, shell.colour))?;
                    }
                    other => {
                        let hint = hint(&shell.program(), &other);
                        let place = match (&other, own) {
                            // It says where, or has no place.
                            (ShellError::In { .. } | ShellError::Cancelled, _) => String::new(),
                            (_, Some(_)) => placed(position),
                            (other, None) => placed(other.place(&parser)),
                        };
                        writeln!(complaints, "Error: {:?}", format!("{place}{other}{hint}"))?;
                    }
                }
                return Ok(ExitCode::FAILURE);
            }
        }
    }
}

fn placed((line, column): Place) -> String {
    format!("line {line}, column {column}: ")
}
