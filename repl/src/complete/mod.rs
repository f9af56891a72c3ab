//! Help while typing: colours, names are completed, a relation shows its fields, the past is at hand.

mod context;
mod highlight;
mod hint;
mod history;
mod vocabulary;

use std::borrow::Cow;

use rustyline::completion::{Completer, FilenameCompleter, Pair};
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::validate::Validator;
use rustyline::{Context, Helper};

use hint::Hint;
pub(crate) use history::{Direction, Recall, SearchByPrefix};
pub(crate) use vocabulary::{LOCAL_COMMANDS, Vocabulary};

/// What the line editor asks.
#[derive(Helper)]
pub(crate) struct CommandHelper {
    pub(crate) vocabulary: Vocabulary,
    files: FilenameCompleter,
    /// What was typed on the lines before, of the same statement.
    pub(crate) before: String,
    /// The line is finished: nothing shows any more where the cursor is.
    finished: std::cell::Cell<bool>,
}

impl CommandHelper {
    pub(crate) fn new(vocabulary: Vocabulary) -> CommandHelper {
        CommandHelper {
            vocabulary,
            files: FilenameCompleter::new(),
            before: String::new(),
            finished: false.into(),
        }
    }
}

impl Completer for CommandHelper {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        pos: usize,
        context: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let typed = format!("{}{}", self.before, line.get(..pos).unwrap_or(line));
        if self.vocabulary.wants_file(&typed) {
            return self.files.complete(line, pos, context);
        }
        let (start, found) = self.vocabulary.candidates(&typed);
        let pair = |(display, replacement)| Pair { display, replacement };
        Ok((start.saturating_sub(self.before.len()), found.into_iter().map(pair).collect()))
    }
}

/// Whoever reads the lines asks for more until they are whole.
impl Validator for CommandHelper {}

impl Hinter for CommandHelper {
    type Hint = Hint;

    fn hint(&self, line: &str, pos: usize, context: &Context<'_>) -> Option<Hint> {
        hint::hint(&self.vocabulary, &self.before, line, pos, context)
    }
}

impl Highlighter for CommandHelper {
    fn highlight<'l>(&self, line: &'l str, pos: usize) -> Cow<'l, str> {
        let cursor = (!self.finished.get()).then_some(pos);
        Cow::Owned(self.vocabulary.highlighted(&self.before, line, cursor))
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        Cow::Owned(format!("\x1b[1m{prompt}\x1b[m"))
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned(format!("\x1b[90m{hint}\x1b[m"))
    }

    fn highlight_char(&self, _: &str, _: usize, kind: CmdKind) -> bool {
        self.finished.set(kind == CmdKind::ForcedRefresh);
        true
    }
}
