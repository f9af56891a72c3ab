//! Lines from standard input: a terminal with history, completion and colours, or a pipe.

use std::io::{self, IsTerminal, StdinLock};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rustyline::error::ReadlineError;
use rustyline::history::DefaultHistory;
use rustyline::{Config, Editor, EventHandler, ExternalPrinter};
use weir_engine::ir::Program;

use crate::complete::{CommandHelper, Direction, Recall, SearchByPrefix, Vocabulary};
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
    recall: Arc<Mutex<Recall>>,
}

impl Lines {
    /// A terminal if standard input is one.
    pub(crate) fn open(vocabulary: Vocabulary) -> io::Result<Lines> {
        if !io::stdin().is_terminal() {
            return Ok(Lines::piped());
        }
        let config = Config::builder()
            .completion_type(rustyline::CompletionType::List)
            .completion_show_all_if_ambiguous(true)
            .build();
        let mut editor = Editor::with_config(config).map_err(io::Error::other)?;
        editor.set_helper(Some(CommandHelper::new(vocabulary)));
        let history = history_file();
        if let Some(path) = &history {
            // The first time there is none.
            let _ = editor.load_history(path);
        }
        let mut recall = Recall::default();
        editor.history().iter().for_each(|line| recall.add(line));
        let recall = Arc::new(Mutex::new(recall));
        for direction in [Direction::Earlier, Direction::Later] {
            let search = SearchByPrefix::new(direction, recall.clone());
            editor.bind_sequence(direction.key(), EventHandler::Conditional(Box::new(search)));
        }
        Ok(Lines::Terminal(Box::new(Terminal { editor, history, recall })))
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
    fn read(&mut self, prompt: &str, before: &str) -> io::Result<Read> {
        match self {
            Lines::Terminal(terminal) => terminal.read(prompt, before),
            Lines::Pipe(script) => script.read(prompt, before),
        }
    }

    fn remember(&mut self, typed: &str) {
        if let Lines::Terminal(terminal) = self {
            terminal.remember(typed);
        }
    }

    fn program_changed(&mut self, program: &Program) {
        if let Lines::Terminal(terminal) = self
            && let Some(helper) = terminal.editor.helper_mut()
        {
            helper.vocabulary = Vocabulary::of(program);
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
    fn read(&mut self, prompt: &str, before: &str) -> io::Result<Read> {
        if let Some(helper) = self.editor.helper_mut() {
            before.clone_into(&mut helper.before);
        }
        match self.editor.readline(prompt) {
            Ok(mut line) => {
                // Comments end with their line.
                line.push('\n');
                Ok(Read::Text(line))
            }
            Err(ReadlineError::Interrupted) => Ok(Read::Interrupted),
            Err(ReadlineError::Eof) => Ok(Read::End),
            Err(error) => Err(io::Error::other(error)),
        }
    }

    /// Keeps it at once: a terminal may be closed without a word.
    fn remember(&mut self, typed: &str) {
        let is_new = self.editor.add_history_entry(typed).unwrap_or(false);
        self.recall.lock().unwrap_or_else(PoisonError::into_inner).add(typed);
        if let Some(path) = self.history.as_ref().filter(|_| is_new) {
            // History is a convenience: no reason to complain.
            let _ = self.editor.append_history(path);
        }
    }
}

fn history_file() -> Option<PathBuf> {
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty())?;
    Some(PathBuf::from(home).join(".weir_history"))
}
