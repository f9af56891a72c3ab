//! Where commands come from.

use std::io::{self, BufRead};

use weir_engine::ir::Program;

/// A source of text.
pub trait Input {
    /// The next piece of text, at least a line. A person is shown the prompt, and helped to go on with what was typed
    /// `before`.
    ///
    /// # Errors
    /// When the source cannot be read.
    fn read(&mut self, prompt: &str, before: &str) -> io::Result<Read>;

    /// Keeps a text that was typed, so that it can be typed again.
    fn remember(&mut self, _typed: &str) {}

    /// The program is another one now.
    fn program_changed(&mut self, _program: &Program) {}

    /// Columns of the terminal, if it is one.
    fn columns(&mut self) -> Option<usize> {
        None
    }

    /// What was typed so far, the newest last.
    fn history(&self) -> Vec<String> {
        Vec::new()
    }
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    /// Text, line breaks included.
    Text(String),
    /// What was begun is to be dropped: Ctrl-C.
    Interrupted,
    /// No more.
    End,
}

/// A script, line by line. Bytes that are no UTF-8 are replaced.
#[derive(Debug)]
pub struct Script<R>(pub R);

impl<R: BufRead> Input for Script<R> {
    fn read(&mut self, _: &str, _: &str) -> io::Result<Read> {
        let mut line = Vec::new();
        Ok(match self.0.read_until(b'\n', &mut line)? {
            0 => Read::End,
            _ => Read::Text(String::from_utf8_lossy(&line).into_owned()),
        })
    }
}
