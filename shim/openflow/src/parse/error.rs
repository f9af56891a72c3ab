//! What can be wrong with text.

use thiserror::Error;

use crate::error::{BuildError, MatchError};

/// Text that is no flow, match, or action list.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("at character {offset}: {kind}")]
pub struct ParseError {
    /// Bytes from the start of the text.
    pub offset: usize,
    /// What was wrong there.
    pub kind: ParseErrorKind,
}

/// What was wrong with the text.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// Something else should stand there.
    #[error("{expected} expected, not `{found}`")]
    Expected {
        /// What should stand there.
        expected: &'static str,
        /// What does.
        found: String,
    },
    /// A word that names no match field, flow attribute or action.
    #[error("`{word}` is not a known {what}")]
    Unknown {
        /// What the word should name.
        what: &'static str,
        /// The word.
        word: String,
    },
    /// Actions nested deeper than [`Action::MAX_DEPTH`](crate::Action::MAX_DEPTH).
    #[error("actions nested too deep")]
    TooDeep,
    /// Fields that do not form a match.
    #[error(transparent)]
    Match(#[from] MatchError),
    /// A value that does not fit its place.
    #[error(transparent)]
    Build(#[from] BuildError),
}

/// An error at a piece of the text; the piece itself tells where it stands.
#[derive(Debug)]
pub(super) struct Located<'a> {
    pub(super) at: &'a str,
    pub(super) kind: ParseErrorKind,
}

pub(super) type Parsed<'a, T> = Result<T, Located<'a>>;

impl<'a> Located<'a> {
    pub(super) fn new(at: &'a str, kind: impl Into<ParseErrorKind>) -> Self {
        Located { at, kind: kind.into() }
    }

    pub(super) fn expected(at: &'a str, expected: &'static str) -> Self {
        Located::new(at, ParseErrorKind::Expected { expected, found: at.to_owned() })
    }

    pub(super) fn unknown(at: &'a str, what: &'static str) -> Self {
        Located::new(at, ParseErrorKind::Unknown { what, word: at.to_owned() })
    }

    /// The error as seen from `whole`, of which `at` is a piece.
    pub(super) fn within(self, whole: &str) -> ParseError {
        let offset = (self.at.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize);
        ParseError { offset, kind: self.kind }
    }
}
