//! Reading commands and carrying them out, one after the other.

use std::io::{self, Write};
use std::process::ExitCode;

use weir_engine::command::{Command, CommandParser};

use crate::error::ShellError;
use crate::help;
use crate::input::{Input, Read};
use crate::shell::{Mode, Next, Shell};

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
        let ended = match input.read(&prompt(shell))? {
            Read::Text(text) => {
                parser.feed(&text);
                if shell.mode() == Mode::Person && stands_alone(&text) {
                    parser.feed(";");
                }
                false
            }
            Read::Interrupted => {
                parser.clear();
                continue;
            }
            Read::End => true,
        };
        loop {
            let failed = match next(&mut parser, ended) {
                Ok(Said::Command(command)) => match shell.execute(command) {
                    Ok(Next::Continue) => continue,
                    Ok(Next::Exit) => return Ok(ExitCode::SUCCESS),
                    Err(ShellError::Io(error)) => return Err(error),
                    Err(error) => error.to_string(),
                },
                Ok(Said::Help) => {
                    write!(complaints, "{}", help::LOCAL)?;
                    continue;
                }
                Ok(Said::Quit) => return Ok(ExitCode::SUCCESS),
                Ok(Said::Relations) => {
                    shell.show_relations()?;
                    continue;
                }
                Ok(Said::Nothing) => break,
                Err(error) => match shell.mode() {
                    Mode::Script => error.to_string(),
                    // The line is before their eyes.
                    Mode::Person => format!("{} at column {}", error.kind, error.column),
                },
            };
            match shell.mode() {
                Mode::Script => {
                    writeln!(complaints, "Error: {failed:?}")?;
                    return Ok(ExitCode::FAILURE);
                }
                Mode::Person => {
                    writeln!(complaints, "Error: {failed}")?;
                    // What else was on the line was meant to follow a success.
                    parser.clear();
                }
            }
        }
        if ended {
            return Ok(ExitCode::SUCCESS);
        }
    }
}

/// Whether it is a word that persons are not asked to end with `;`: who asks for help does not know of it yet.
pub(crate) fn stands_alone(text: &str) -> bool {
    matches!(text.trim(), "help" | "exit" | "quit")
}

/// Whether the text is whole commands, or wrong, so that reading on would not mend it.
pub(crate) fn is_whole(text: &str) -> bool {
    if stands_alone(text) {
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
