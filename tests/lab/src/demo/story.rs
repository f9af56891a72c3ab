//! How the demo talks: numbered steps, commands as they are typed, checks with their verdict.

use std::io::IsTerminal;

use crate::Result;

/// Prints the narration and counts what went wrong.
#[derive(Debug)]
pub(crate) struct Story {
    step: usize,
    failed: usize,
    colour: bool,
}

impl Story {
    pub(crate) fn new() -> Story {
        let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Story { step: 0, failed: 0, colour }
    }

    pub(crate) fn step(&mut self, title: &str) {
        self.step += 1;
        println!("\n{}", self.paint("1", &format!("{}. {title}", self.step)));
    }

    pub(crate) fn say(&self, text: &str) {
        for line in text.lines() {
            println!("   {line}");
        }
    }

    pub(crate) fn command(&self, words: &str) {
        println!("   {}", self.paint("36", &format!("$ {words}")));
    }

    /// Prints ✓ or ✗; what went wrong is shown and remembered, and the story goes on.
    pub(crate) fn check<T>(&mut self, what: &str, outcome: Result<T>) -> Option<T> {
        match outcome {
            Ok(value) => {
                println!("   {} {what}", self.paint("32", "✓"));
                Some(value)
            }
            Err(error) => {
                self.failed += 1;
                println!("   {} {what}", self.paint("31", "✗"));
                for line in error.to_string().lines() {
                    println!("       {line}");
                }
                None
            }
        }
    }

    pub(crate) fn failed(&self) -> usize {
        self.failed
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}
