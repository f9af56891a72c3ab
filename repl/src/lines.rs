//! Lines from standard input: a terminal with history, completion and several lines per command, or a pipe.

use std::io::{self, IsTerminal, StdinLock};
use std::path::PathBuf;

use rustyline::error::ReadlineError;
use rustyline::history::DefaultHistory;
use rustyline::{Config, Editor, ExternalPrinter};

use crate::complete::{CommandHelper, Vocabulary};
use crate::input::{Input, Read, Script};

/// Standard input.
pub(crate) enum Lines {
    /// A person.
    Terminal(Box<Terminal>),
    /// A script.
    Pipe(Script<StdinLock<'static>>),
}

/// A line editor, and the file that keeps its history.
pub(crate) struct Terminal {
    editor: Editor<CommandHelper, DefaultHistory>,
    history: Option<PathBuf>,
}

impl Lines {
    /// A terminal if standard input is one. `is_whole` tells when no further line is needed.
    pub(crate) fn open(vocabulary: Vocabulary, is_whole: fn(&str) -> bool) -> io::Result<Lines> {
        if !io::stdin().is_terminal() {
            return Ok(Lines::piped());
        }
        let config = Config::builder()
            .auto_add_history(true)
            .completion_type(rustyline::CompletionType::List)
            .completion_show_all_if_ambiguous(true)
            .build();
        let mut editor = Editor::with_config(config).map_err(io::Error::other)?;
        editor.set_helper(Some(CommandHelper::new(vocabulary, is_whole)));
        let history = history_file();
        if let Some(path) = &history {
            // The first time there is none.
            let _ = editor.load_history(path);
        }
        Ok(Lines::Terminal(Box::new(Terminal { editor, history })))
    }

    /// Standard input as a script, whatever it is.
    pub(crate) fn piped() -> Lines {
        Lines::Pipe(Script(io::stdin().lock()))
    }

    /// Whether a person is there.
    pub(crate) fn is_terminal(&self) -> bool {
        matches!(self, Lines::Terminal(_))
    }

    /// A printer that does not tear the line being typed.
    pub(crate) fn printer(&mut self) -> Option<impl ExternalPrinter + Send + 'static> {
        match self {
            Lines::Terminal(terminal) => terminal.editor.create_external_printer().ok(),
            Lines::Pipe(_) => None,
        }
    }
}

impl Input for Lines {
    fn read(&mut self, prompt: &str) -> io::Result<Read> {
        match self {
            Lines::Terminal(terminal) => match terminal.editor.readline(prompt) {
                Ok(mut line) => {
                    terminal.remember();
                    // Comments end with their line.
                    line.push('\n');
                    Ok(Read::Text(line))
                }
                Err(ReadlineError::Interrupted) => Ok(Read::Interrupted),
                Err(ReadlineError::Eof) => Ok(Read::End),
                Err(error) => Err(io::Error::other(error)),
            },
            Lines::Pipe(script) => script.read(prompt),
        }
    }

    fn columns(&mut self) -> Option<usize> {
        match self {
            Lines::Terminal(terminal) => Some(terminal.editor.dimensions()?.0.into()),
            Lines::Pipe(_) => None,
        }
    }

    fn history(&self) -> Vec<String> {
        match self {
            Lines::Terminal(terminal) => terminal.editor.history().iter().cloned().collect(),
            Lines::Pipe(_) => Vec::new(),
        }
    }
}

impl Terminal {
    /// Keeps what was typed, line by line: a terminal may be closed without a word.
    fn remember(&mut self) {
        if let Some(path) = &self.history {
            // History is a convenience: no reason to complain.
            let _ = self.editor.append_history(path);
        }
    }
}

fn history_file() -> Option<PathBuf> {
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty())?;
    Some(PathBuf::from(home).join(".weir_history"))
}
