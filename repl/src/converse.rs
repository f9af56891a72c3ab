//! Reading commands and carrying them out, one after the other.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Instant;

use weir_engine::command::{Command, CommandParser};

use crate::dot::Dot;
use crate::error::ShellError;
use crate::help;
use crate::input::{Input, Read};
use crate::shell::{Mode, Next, Shell};
use crate::statement::{Kind, kind};

/// Reads commands until the input or an `exit` ends them. Errors go to `complaints`; the first one ends a script.
///
/// # Errors
/// When the input cannot be read or an output is closed.
pub fn converse<W: Write>(
    input: &mut impl Input,
    shell: &mut Shell<W>,
    complaints: &mut impl Write,
) -> io::Result<ExitCode> {
    let mut parser = CommandParser::new();
    loop {
        let read = input.read(&prompt(shell))?;
        shell.set_width(input.columns());
        let (text, ended) = match read {
            Read::Text(text) => (text, false),
            Read::Interrupted => {
                parser.clear();
                continue;
            }
            Read::End => (String::new(), true),
        };
        let mut lines = text.split_inclusive('\n');
        loop {
            let line = lines.next();
            let outcome = match line {
                Some(line) if parser.is_idle() && kind(line) == Kind::Dot => {
                    dot(line, input, shell, complaints)?
                }
                line => {
                    let line = line.unwrap_or_default();
                    parser.feed(line);
                    if shell.mode() == Mode::Person && stands_alone(line) {
                        parser.feed(";");
                    }
                    commands(&mut parser, ended, shell, complaints)?
                }
            };
            match (outcome, shell.mode()) {
                (Ok(Next::Continue), _) => {}
                (Ok(Next::Exit), _) => return Ok(ExitCode::SUCCESS),
                (Err(failed), Mode::Script) => {
                    writeln!(complaints, "Error: {failed:?}")?;
                    return Ok(ExitCode::FAILURE);
                }
                (Err(failed), Mode::Person) => {
                    writeln!(complaints, "Error: {failed}")?;
                    // What else was typed was meant to follow a success.
                    parser.clear();
                    break;
                }
            }
            if line.is_none() {
                break;
            }
        }
        if ended {
            return Ok(ExitCode::SUCCESS);
        }
    }
}

/// How a command ended: an error is text for whoever gave it.
type Outcome = Result<Next, String>;

/// Carries out all whole commands.
fn commands<W: Write>(
    parser: &mut CommandParser,
    ended: bool,
    shell: &mut Shell<W>,
    complaints: &mut impl Write,
) -> io::Result<Outcome> {
    loop {
        let done = match next(parser, ended) {
            Ok(Said::Command(command)) => timed(shell, complaints, |shell| shell.execute(command))?,
            Ok(Said::Help) => {
                write!(complaints, "{}", help::overview())?;
                Ok(Next::Continue)
            }
            Ok(Said::Quit) => Ok(Next::Exit),
            Ok(Said::Relations) => {
                shell.show_relations()?;
                Ok(Next::Continue)
            }
            Ok(Said::Nothing) => return Ok(Ok(Next::Continue)),
            Err(error) => Err(match shell.mode() {
                Mode::Script => error.to_string(),
                // The line is before their eyes.
                Mode::Person => format!("{} at column {}", error.kind, error.column),
            }),
        };
        if !matches!(done, Ok(Next::Continue)) {
            return Ok(done);
        }
    }
}

fn dot<W: Write>(
    line: &str,
    input: &impl Input,
    shell: &mut Shell<W>,
    complaints: &mut impl Write,
) -> io::Result<Outcome> {
    match Dot::parse(line) {
        Ok(Dot::History(wanted)) => {
            let wanted = wanted.unwrap_or_default();
            let lines = input.history().into_iter().filter(|line| line.contains(&wanted));
            shell.show_lines(lines)?;
            Ok(Ok(Next::Continue))
        }
        Ok(command) => timed(shell, complaints, |shell| shell.dot(command)),
        Err(error) => Ok(Err(error.to_string())),
    }
}

/// Does something, and tells how long it took if that is wanted.
fn timed<W: Write>(
    shell: &mut Shell<W>,
    complaints: &mut impl Write,
    work: impl FnOnce(&mut Shell<W>) -> Result<Next, ShellError>,
) -> io::Result<Outcome> {
    let start = Instant::now();
    let result = work(shell);
    let (wall, engine) = (start.elapsed(), shell.take_engine_time());
    if shell.timer && result.is_ok() {
        writeln!(complaints, "{engine:.1?} in the engine, {wall:.1?} in all")?;
    }
    match result {
        Ok(next) => Ok(Ok(next)),
        Err(ShellError::Io(error)) => Err(error),
        Err(error) => Ok(Err(error.to_string())),
    }
}

/// Whether it is a word that persons are not asked to end with `;`: who asks for help does not know of it yet.
pub(crate) fn stands_alone(text: &str) -> bool {
    matches!(text.trim(), "help" | "exit" | "quit")
}

/// Whether the text is whole commands, or wrong, so that reading on would not mend it.
pub(crate) fn is_whole(text: &str) -> bool {
    if stands_alone(text) || kind(text) == Kind::Dot {
        return true;
    }
    let mut parser = CommandParser::new();
    parser.feed(text);
    parser.feed("\n");
    let mut chained = false;
    loop {
        match next(&mut parser, true) {
            Ok(Said::Nothing) => return parser.is_idle() && !chained,
            Ok(said) => chained = matches!(said, Said::Command(Command::Update { last: false, .. })),
            Err(_) => return true,
        }
    }
}

enum Said {
    Command(Command),
    Help,
    Quit,
    Relations,
    /// More text is needed.
    Nothing,
}

/// The next command, also one that only a shell has.
fn next(parser: &mut CommandParser, ended: bool) -> Result<Said, weir_engine::command::CommandError> {
    let own = match parser.first_word() {
        Some("help") => Some(Said::Help),
        Some("quit") => Some(Said::Quit),
        Some("relations") => Some(Said::Relations),
        _ => None,
    };
    if let Some(own) = own {
        return Ok(parser.take_raw().map_or(Said::Nothing, |_| own));
    }
    let command = if ended { parser.finish() } else { parser.next_command() };
    Ok(command?.map_or(Said::Nothing, Said::Command))
}

/// Within a transaction it tells how many updates wait.
fn prompt<W: Write>(shell: &Shell<W>) -> String {
    match shell.pending() {
        Some(updates) => format!("[{updates}] >> "),
        None => ">> ".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_whole_with_their_last_semicolon_and_outside_strings() {
        for text in
            ["dump;", "", "  ", "# note", "insert R(\"a;b\");", "insert R(1),\ninsert R(2);", "help;", "help"]
        {
            assert!(is_whole(text), "{text}");
        }
        for text in
            ["dump", "insert R(\"a;", "insert R(1),", "insert R(\"\\\";", "start; insert R(", "relations"]
        {
            assert!(!is_whole(text), "{text}");
        }
    }

    #[test]
    fn text_that_can_only_be_wrong_is_not_waited_for() {
        assert!(is_whole("isnert R(1)"));
        assert!(is_whole("insert R(1]"));
    }
}
