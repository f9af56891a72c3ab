//! Warnings as diagnostics.

use super::Warning;
use crate::diagnostics::{Diagnostic, Severity};
use crate::source::Span;

fn warning(code: &'static str, span: Span, message: String) -> Diagnostic {
    Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, span, message) }
}

impl From<Warning> for Diagnostic {
    fn from(found: Warning) -> Diagnostic {
        match found {
            Warning::UnusedVariable { name, span, declared } => {
                let diagnostic = warning("W0001", span, format!("variable `{name}` is never used"));
                diagnostic.hint(if declared {
                    format!("Remove it, or call it `_{name}`.")
                } else {
                    format!("Write `_`, or `_{name}` to keep its name.")
                })
            }
            Warning::UnusedFunction { name, span } => {
                warning("W0002", span, format!("function `{name}` is never used"))
                    .hint("Remove it, or begin its name with `_`.")
            }
            Warning::NeverRead { relation, span, filled } => {
                let diagnostic = warning("W0003", span, format!("relation `{relation}` is never read"))
                    .hint("Declare it `output` to see it, or remove it.");
                match filled {
                    Some(rule) => diagnostic.also(rule, "it is filled here"),
                    None => diagnostic,
                }
            }
            Warning::NeverFilled { relation, span, read } => {
                warning("W0004", span, format!("relation `{relation}` is always empty"))
                    .label("no rule fills it")
                    .also(read, "it is read here")
                    .hint("Write a rule for it, or declare it `input`.")
            }
            Warning::UnusedImport { module, span } => {
                warning("W0005", span, format!("nothing of module `{module}` is used"))
                    .hint("Remove the import.")
            }
            Warning::NoEffect { span, comparison } => {
                let diagnostic = warning("W0006", span, "this has no effect".into())
                    .label("its value is dropped by the `;`");
                let hint = if comparison {
                    "Assign with `=`; `==` compares."
                } else {
                    "Remove it, or use its value."
                };
                diagnostic.hint(hint)
            }
            Warning::ResultDropped { function, span } => {
                warning("W0006", span, format!("the result of `{function}` is dropped"))
                    .label("the call does nothing else")
                    .hint("Use its result, or remove the call.")
            }
            Warning::Product { relation, span, before } => {
                warning("W0007", span, format!("every `{relation}` is paired with every row before"))
                    .label("no variable of what comes before")
                    .also(before, "with these rows")
                    .hint("Name in both the variable that they share; compare by one name, not by `==`.")
            }
            Warning::Constant { always, span, why } => {
                warning("W0008", span, format!("this is always {always}"))
                    .label(why)
                    .hint("Is another value meant?")
            }
            Warning::LooseIf { span, branch, word } => {
                warning("W0010", span, format!("all of the `{word}` is an operand here"))
                    .also(branch, "the branch ends here")
                    .hint(format!(
                        "Wrap the branch in `{{ }}` to make this part of it, or the `{word}` in `( )`."
                    ))
            }
            Warning::UnknownAttribute { name, span, suggestion } => {
                let diagnostic = warning("W0011", span, format!("attribute `{name}` means nothing here"));
                match suggestion {
                    Some(name) => diagnostic.hint(format!("Did you mean `{name}`?")),
                    None => diagnostic.hint("Remove it."),
                }
            }
            Warning::DivisionByZero { span } => warning("W0009", span, "division by zero".into())
                .label("the rule fails where this is computed")
                .hint("Divide by something else."),
        }
    }
}
