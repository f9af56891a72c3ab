//! Why an evaluation failed, and all that is known about where.

use std::sync::Arc;

use crate::diagnostics::Diagnostic;
use crate::source::Span;
use crate::value::Value;

/// Why a rule or function could not be evaluated for some row: division by zero, recursion without end.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct Trap {
    /// What happened: lower case, no full stop.
    pub message: String,
    /// The expression.
    pub span: Span,
    /// The calls in progress, innermost first; of a long chain the ends.
    pub stack: Vec<CallSite>,
    /// Calls left out of `stack` between its last [`OUTERMOST`] and the others.
    pub skipped: usize,
    /// The variables of the rule that had values, in the order in which they got them.
    pub variables: Vec<(Arc<str>, Value)>,
}

/// A call in progress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallSite {
    /// Full name of the function.
    pub function: Arc<str>,
    /// The call.
    pub span: Span,
}

/// Calls that are kept at the outer end of a long chain.
pub const OUTERMOST: usize = 4;

/// Calls that are kept at the inner end.
const INNERMOST: usize = 12;

/// Characters of a variable's value that a message shows.
const SHOWN: usize = 120;

impl Trap {
    /// A failure of which no more is known.
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        Trap { message: message.into(), span, stack: Vec::new(), skipped: 0, variables: Vec::new() }
    }

    /// Of several failures the one with the least rank is told.
    pub(crate) fn rank(&self) -> impl Ord + '_ {
        let values = self.variables.iter().map(|(name, value)| (name, value.to_string()));
        let span = self.span;
        ((span.file.0, span.start, span.end), &self.message, values.collect::<Vec<_>>())
    }

    /// Adds the next call outward.
    pub(crate) fn inside(&mut self, function: Arc<str>, span: Span) {
        if self.stack.len() == INNERMOST + OUTERMOST {
            self.stack.remove(INNERMOST);
            self.skipped += 1;
        }
        self.stack.push(CallSite { function, span });
    }

    /// The failure as it is shown in the text of the program. `head` is that of the rule it happened in.
    pub fn diagnostic(&self, code: &'static str, head: Option<Span>) -> Diagnostic {
        let mut diagnostic = Diagnostic::error(code, self.span, self.message.clone());
        let mut told: Vec<(Span, &str, usize)> = Vec::new();
        for call in &self.stack {
            match told.iter_mut().find(|(span, ..)| *span == call.span) {
                Some((.., times)) => *times += 1,
                None => told.push((call.span, &call.function, 1)),
            }
        }
        if let Some((.., times)) = told.iter_mut().max_by_key(|(.., times)| *times) {
            *times += self.skipped;
        }
        for (span, function, times) in told {
            let name = function.rsplit("::").next().unwrap_or(function);
            diagnostic = diagnostic.also(
                span,
                match times {
                    1 => format!("in this call of `{name}`"),
                    times => format!("in this call of `{name}`, {times} times over"),
                },
            );
        }
        // What is inside of the head shows it anyhow.
        let within = |head: Span, span: Span| {
            head.file == span.file && head.start <= span.start && span.end <= head.end
        };
        let shown =
            |head: &Span| within(*head, self.span) || self.stack.iter().any(|call| within(*head, call.span));
        if let Some(head) = head.filter(|head| !shown(head)) {
            diagnostic = diagnostic.also(head, "in a rule for this");
        }
        match self.bindings() {
            Some(bindings) => diagnostic.hint(format!("It happened for {bindings}.")),
            None => diagnostic,
        }
    }

    /// `x = 1, y = "a"`; none if no variable had a value.
    pub fn bindings(&self) -> Option<String> {
        let show = |(name, value): &(Arc<str>, Value)| {
            let mut text = value.to_string();
            if let Some((cut, _)) = text.char_indices().nth(SHOWN) {
                text.truncate(cut);
                text.push_str("...");
            }
            format!("{name} = {text}")
        };
        let shown: Vec<String> = self.variables.iter().map(show).collect();
        (!shown.is_empty()).then(|| shown.join(", "))
    }
}
