//! Help while typing: names are completed, a relation shows its fields, and a command may span lines.

mod context;
mod vocabulary;

use std::borrow::Cow;

use rustyline::completion::{Completer, FilenameCompleter, Pair};
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Helper};

pub(crate) use vocabulary::Vocabulary;

/// What the line editor asks.
#[derive(Helper)]
pub(crate) struct CommandHelper {
    vocabulary: Vocabulary,
    files: FilenameCompleter,
    is_whole: fn(&str) -> bool,
}

impl CommandHelper {
    pub(crate) fn new(vocabulary: Vocabulary, is_whole: fn(&str) -> bool) -> CommandHelper {
        CommandHelper { vocabulary, files: FilenameCompleter::new(), is_whole }
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
        if self.vocabulary.wants_file(line.get(..pos).unwrap_or(line)) {
            return self.files.complete(line, pos, context);
        }
        let (start, found) = self.vocabulary.candidates(line.get(..pos).unwrap_or(line));
        let pair = |(display, replacement)| Pair { display, replacement };
        Ok((start, found.into_iter().map(pair).collect()))
    }
}

impl Validator for CommandHelper {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let whole = (self.is_whole)(context.input());
        Ok(if whole { ValidationResult::Valid(None) } else { ValidationResult::Incomplete })
    }
}

impl Hinter for CommandHelper {
    type Hint = Reminder;

    fn hint(&self, line: &str, pos: usize, _: &Context<'_>) -> Option<Reminder> {
        if pos < line.len() {
            return None;
        }
        if line.ends_with('\n') {
            return Some(Reminder("a command ends with `;`".into()));
        }
        self.vocabulary.fields_after(line).map(Reminder)
    }
}

/// To be read, not to be taken into the line.
pub(crate) struct Reminder(String);

impl rustyline::hint::Hint for Reminder {
    fn display(&self) -> &str {
        &self.0
    }

    fn completion(&self) -> Option<&str> {
        None
    }
}

impl Highlighter for CommandHelper {
    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned(format!("\x1b[2m{hint}\x1b[m"))
    }
}
