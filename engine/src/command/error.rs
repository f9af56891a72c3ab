//! What can be wrong with a command.

/// A mistake in the text of a command, with its place in all text given to the parser.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {kind}")]
pub struct CommandError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub kind: CommandErrorKind,
}

/// Kinds of mistakes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandErrorKind {
    /// No command starts with this word.
    #[error("unknown command `{0}`")]
    UnknownCommand(String),
    /// Something else stands here.
    #[error("expected {expected}, found `{found}`")]
    Expected {
        /// What could stand here.
        expected: &'static str,
        /// What does.
        found: char,
    },
    /// `\x` for an unknown x.
    #[error("unknown escape `\\{0}` in a string")]
    UnknownEscape(char),
    /// A number of milliseconds or a log level that does not fit.
    #[error("`{0}` is out of range")]
    OutOfRange(String),
    /// An integer with more digits than are read.
    #[error("a number of {0} digits is too long")]
    NumberTooLong(usize),
    /// A record within records, too many times.
    #[error("records nest more than {0} times")]
    TooDeep(u32),
}
