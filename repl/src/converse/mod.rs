//! Reading what is typed or piped and carrying it out, one after the other.

mod person;
mod script;

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Instant;

use weir_engine::command::CommandParser;
use weir_engine::diagnostics::render;

use crate::dot::Dot;
use crate::error::ShellError;
use crate::help;
use crate::input::Input;
use crate::interrupt::is_stop;
use crate::shell::{Mode, Next, Shell};

pub(crate) use person::gather;

/// Reads commands until the input or an `exit` ends them. Errors go to `complaints`; the first one ends a script.
///
/// # Errors
/// When the input cannot be read or an output is closed.
pub fn converse<W: Write>(
    input: &mut impl Input,
    shell: &mut Shell<W>,
    complaints: &mut impl Write,
) -> io::Result<ExitCode> {
    match shell.mode() {
        Mode::Script => script::run(input, shell, complaints),
        Mode::Person => person::run(input, shell, complaints),
    }
}

/// How something ended: an error is for whoever asked for it.
type Outcome = Result<Next, ShellError>;

/// Carries out all whole commands of a text.
fn commands<W: Write>(
    parser: &mut CommandParser,
    ended: bool,
    shell: &mut Shell<W>,
    complaints: &mut impl Write,
) -> io::Result<Outcome> {
    loop {
        if let Some(word @ ("help" | "quit" | "relations")) = parser.first_word() {
            let word = word.to_owned();
            if parser.take_raw().is_none() {
                return Ok(Ok(Next::Continue));
            }
            match word.as_str() {
                "help" => write!(complaints, "{}", help::overview())?,
                "quit" => return Ok(Ok(Next::Exit)),
                _ => shell.show_relations()?,
            }
            continue;
        }
        let command = if ended { parser.finish() } else { parser.next_command() };
        let done = match command {
            Ok(Some(command)) => {
                // What a person types is before their eyes.
                shell.place = (shell.mode() == Mode::Script).then(|| parser.begun_at());
                timed(shell, complaints, |shell| shell.execute(command))?
            }
            Ok(None) => return Ok(Ok(Next::Continue)),
            Err(error) => Err(ShellError::Parse(error)),
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
        Err(error) => Ok(Err(error.into())),
    }
}

/// Does something, and tells how long it took if that is wanted.
fn timed<W: Write>(
    shell: &mut Shell<W>,
    complaints: &mut impl Write,
    work: impl FnOnce(&mut Shell<W>) -> Outcome,
) -> io::Result<Outcome> {
    let start = Instant::now();
    let interrupts = shell.interrupts.clone();
    let running = interrupts.begin();
    let result = work(shell);
    drop(running);
    let (wall, engine) = (start.elapsed(), shell.take_engine_time());
    if let Some((sources, warnings)) = shell.warnings.take() {
        write!(complaints, "{}", render(&sources, &warnings, shell.colour))?;
    }
    if shell.timer && result.is_ok() && !engine.is_zero() {
        writeln!(complaints, "{engine:.1?} in the engine, {wall:.1?} in all")?;
    }
    match result {
        Err(ShellError::Io(error)) if is_stop(&error) => Ok(Err(ShellError::Cancelled)),
        Err(ShellError::Io(error)) => Err(error),
        other => Ok(other),
    }
}
