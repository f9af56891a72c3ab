//! Up and Down: earlier lines that begin like the one that is being typed, or the lines of a text of several.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use rustyline::{
    Cmd, ConditionalEventHandler, Event, EventContext, KeyCode, KeyEvent, Modifiers, RepeatCount,
};

/// What a key does that goes through what was typed before.
pub(crate) struct SearchByPrefix {
    direction: Direction,
    recall: Arc<Mutex<Recall>>,
}

/// What the keys have to know of what was typed before.
#[derive(Debug, Default)]
pub(crate) struct Recall {
    known: HashSet<String>,
    /// What the lines begin with that are searched for, if they are.
    prefix: Option<String>,
}

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Earlier,
    Later,
}

impl SearchByPrefix {
    pub(crate) fn new(direction: Direction, recall: Arc<Mutex<Recall>>) -> SearchByPrefix {
        SearchByPrefix { direction, recall }
    }
}

impl Recall {
    /// A text that was typed.
    pub(crate) fn add(&mut self, text: &str) {
        self.known.insert(text.to_owned());
    }

    /// What a key does with the cursor at `at`; `None` for what it usually does.
    fn command(&mut self, direction: Direction, line: &str, at: usize) -> Option<Cmd> {
        let (before, after) = line.split_at_checked(at)?;
        let beyond = match direction {
            Direction::Earlier => before,
            Direction::Later => after,
        };
        let searching = self.prefix.as_deref() == Some(before);
        // Within a text of several lines it moves between them. A line that was called back, not by a search, is left
        // for the one before; without a beginning every line will do.
        if before.is_empty() || beyond.contains('\n') || (self.known.contains(line) && !searching) {
            self.prefix = None;
            return None;
        }
        self.prefix = Some(before.to_owned());
        Some(match direction {
            Direction::Earlier => Cmd::HistorySearchBackward,
            Direction::Later => Cmd::HistorySearchForward,
        })
    }
}

impl Direction {
    /// The key that goes there.
    pub(crate) fn key(self) -> KeyEvent {
        let code = match self {
            Direction::Earlier => KeyCode::Up,
            Direction::Later => KeyCode::Down,
        };
        KeyEvent(code, Modifiers::NONE)
    }
}

impl ConditionalEventHandler for SearchByPrefix {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, context: &EventContext<'_>) -> Option<Cmd> {
        let mut recall = self.recall.lock().unwrap_or_else(PoisonError::into_inner);
        recall.command(self.direction, context.line(), context.pos())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_searched_for_and_what_was_called_back_is_left() {
        let mut recall = Recall::default();
        recall.add("insert R(1);");
        recall.add("R(x) :-\n  S(x).");
        let mut up = |line: &str, at: usize| recall.command(Direction::Earlier, line, at);
        assert_eq!(up("", 0), None);
        assert_eq!(up("insert R(1);", 12), None);
        assert_eq!(up("ins", 3), Some(Cmd::HistorySearchBackward));
        // The search has found this, and goes on.
        assert_eq!(up("insert R(1);", 3), Some(Cmd::HistorySearchBackward));
        assert_eq!(up("R(x) :-\n  S(x).", 15), None);
    }
}
