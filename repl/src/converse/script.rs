//! Commands from a pipe: streamed, and over with the first error.

use std::io::{self, Write};
use std::process::ExitCode;

use weir_engine::command::CommandParser;

use super::{Outcome, commands, dot};
use crate::error::ShellError;
use crate::input::{Input, Read};
use crate::shell::{Next, Shell};
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
        let outcome: Outcome = if parser.is_idle() && kind(&line) == Kind::Dot {
            dot(&line, input, shell, complaints)?
        } else {
            parser.feed(&line);
            commands(&mut parser, ended, shell, complaints)?
        };
        match outcome {
            Ok(Next::Continue) if ended => return Ok(ExitCode::SUCCESS),
            Ok(Next::Continue) => {}
            Ok(Next::Exit) => return Ok(ExitCode::SUCCESS),
            Err(failed) => {
                let failed = match failed {
                    ShellError::Parse(error) => error.to_string(),
                    other => other.to_string(),
                };
                writeln!(complaints, "Error: {failed:?}")?;
                return Ok(ExitCode::FAILURE);
            }
        }
    }
}
