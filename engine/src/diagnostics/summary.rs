//! How many mistakes there are, in one line.

use std::fmt;

use super::{Diagnostic, Severity};

/// How many errors and warnings were found, also over several programs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Errors.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
}

impl Summary {
    /// Counts a program's diagnostics in.
    pub fn add(&mut self, diagnostics: &[Diagnostic]) {
        let errors = diagnostics.iter().filter(|d| d.severity == Severity::Error).count();
        self.errors += errors;
        self.warnings += diagnostics.len() - errors;
    }
}

/// `error: 3 errors, 1 warning`, or empty if there is nothing to tell.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errors = counted(self.errors, "error");
        let warnings = counted(self.warnings, "warning");
        match (self.errors, self.warnings) {
            (0, 0) => Ok(()),
            (0, _) => write!(f, "warning: {warnings}"),
            (_, 0) => write!(f, "error: {errors}"),
            (_, _) => write!(f, "error: {errors}, {warnings}"),
        }
    }
}

fn counted(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}
