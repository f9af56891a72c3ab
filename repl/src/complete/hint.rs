//! What stands greyed behind the cursor.

use rustyline::Context;
use rustyline::history::SearchDirection;

use super::vocabulary::Vocabulary;
use crate::statement::{Kind, kind, stands_alone};

/// A hint: the rest of an earlier line, or something to be read only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hint {
    text: String,
    /// It becomes part of the line with Right.
    can_be_taken: bool,
}

impl rustyline::hint::Hint for Hint {
    fn display(&self) -> &str {
        &self.text
    }

    fn completion(&self) -> Option<&str> {
        self.can_be_taken.then_some(self.text.as_str())
    }
}

/// What helps to go on with a line: the fields of the relation whose bracket was opened, the rest of the newest line that
/// began like this, or how to end what goes on for lines.
pub(super) fn hint(
    vocabulary: &Vocabulary,
    before: &str,
    line: &str,
    pos: usize,
    context: &Context<'_>,
) -> Option<Hint> {
    if pos < line.len() {
        return None;
    }
    if let Some(text) = vocabulary.fields_after(line) {
        return Some(Hint { text, can_be_taken: false });
    }
    if !before.is_empty() && line.is_empty() {
        let text = match kind(before) {
            Kind::Command => "a command ends with `;`",
            _ => "a rule ends with `.`; an empty line gives up",
        };
        return Some(Hint { text: text.into(), can_be_taken: false });
    }
    // Of a text of several lines the rest cannot be shown behind the cursor.
    let rest = (before.is_empty() && !line.is_empty()).then(|| earlier(line, context)).flatten()?;
    (!rest.is_empty() && !rest.contains('\n') && !stands_alone(line))
        .then_some(Hint { text: rest, can_be_taken: true })
}

/// The rest of the newest text in the history that begins with the line.
fn earlier(line: &str, context: &Context<'_>) -> Option<String> {
    let newest = context.history().len().checked_sub(1)?;
    let found = context.history().starts_with(line, newest, SearchDirection::Reverse).ok()??;
    found.entry.get(line.len()..).map(str::to_owned)
}
