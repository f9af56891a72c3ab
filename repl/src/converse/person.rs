//! A person's lines: gathered until they are whole, and an error costs no more than what was typed with it.

use std::io::{self, Write};
use std::process::ExitCode;

use weir_engine::command::CommandParser;
use weir_engine::diagnostics::render;

use super::{Outcome, commands, dot, timed};
use crate::error::ShellError;
use crate::input::{Input, Read};
use crate::meant::hint;
use crate::shell::{Next, Shell};
use crate::statement::{Kind, Statement, is_whole, stands_alone, statements};

/// Before the lines that go on with what was begun.
const CONTINUED: &str = ".. ";

pub(super) fn run<W: Write>(
    input: &mut impl Input,
    shell: &mut Shell<W>,
    complaints: &mut impl Write,
) -> io::Result<ExitCode> {
    let mut version = shell.version;
    loop {
        if version != shell.version {
            version = shell.version;
            input.program_changed(&shell.program());
        }
        let text = match gather(input, &prompt(shell), is_whole)? {
            Read::Text(text) => text,
            Read::Interrupted => continue,
            Read::End => return Ok(ExitCode::SUCCESS),
        };
        shell.set_width(input.columns());
        for statement in statements(&text) {
            match say(statement, input, shell, complaints)? {
                Ok(Next::Continue) => {}
                Ok(Next::Exit) => return Ok(ExitCode::SUCCESS),
                Err(error) => {
                    let meant = hint(&shell.program(), &error);
                    match error {
                        // The line is before their eyes.
                        ShellError::Parse(error) => {
                            writeln!(complaints, "Error: {} at column {}{meant}", error.kind, error.column)?;
                        }
                        ShellError::Refused(sources, diagnostics) => {
                            write!(complaints, "{}", render(&sources, &diagnostics, shell.colour))?;
                        }
                        ShellError::Cancelled => writeln!(complaints, "cancelled")?,
                        other => {
                            let program = shell.program();
                            match other.in_the_rules(&program) {
                                Some(diagnostic) => {
                                    let text = render(&program.sources, &[diagnostic], shell.colour);
                                    writeln!(complaints, "{text}The transaction is rolled back.")?;
                                }
                                None => writeln!(complaints, "Error: {other}{meant}")?,
                            }
                        }
                    }
                    // What else was typed was meant to follow a success.
                    break;
                }
            }
        }
    }
}

/// Lines that are whole together. They are remembered, also if they were interrupted: to be mended.
pub(crate) fn gather(input: &mut impl Input, prompt: &str, is_whole: fn(&str) -> bool) -> io::Result<Read> {
    let mut typed = String::new();
    loop {
        let prompt = if typed.is_empty() { prompt } else { CONTINUED };
        match input.read(prompt, &typed)? {
            Read::Text(text) => typed.push_str(&text),
            ended @ (Read::Interrupted | Read::End) => {
                input.remember(typed.trim_end());
                return Ok(ended);
            }
        }
        if is_whole(&typed) {
            input.remember(typed.trim_end());
            return Ok(Read::Text(typed));
        }
    }
}

fn say<W: Write>(
    statement: Statement<'_>,
    input: &impl Input,
    shell: &mut Shell<W>,
    complaints: &mut impl Write,
) -> io::Result<Outcome> {
    // An empty line that gave up is no part of it.
    let text = statement.text.trim_end();
    match statement.kind {
        Kind::Nothing => Ok(Ok(Next::Continue)),
        Kind::Dot => dot(statement.text, input, shell, complaints),
        Kind::Item => timed(shell, complaints, |shell| shell.add(text)),
        Kind::Query => timed(shell, complaints, |shell| shell.ask(text)),
        Kind::Command => {
            let mut parser = CommandParser::new();
            parser.feed(statement.text);
            if stands_alone(statement.text) {
                parser.feed(";");
            }
            commands(&mut parser, true, shell, complaints)
        }
    }
}

/// Within a transaction it tells how many updates wait.
fn prompt<W: Write>(shell: &Shell<W>) -> String {
    match shell.pending() {
        Some(updates) => format!("[{updates}] >> "),
        None => ">> ".to_owned(),
    }
}
