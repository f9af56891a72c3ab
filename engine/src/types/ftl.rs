//! Top-level `for` statements: one rule per emitted record.

use crate::syntax::ast::{self, ForRule, Statement, StatementKind};

/// A step of a rule's body.
#[derive(Clone, Debug)]
pub(super) enum Step<'a> {
    /// As written in a rule.
    Clause(&'a ast::Clause),
    /// `for (x in R(..))`
    Atom(&'a ast::Atom),
    /// `if (c)`, or its `else`.
    Condition { condition: &'a ast::Expr, negated: bool },
    /// `pat = e in`
    Let(&'a ast::Expr),
    /// An arm of a `match`: the value matches this pattern and none before it.
    Arm { value: &'a ast::Expr, before: Vec<&'a ast::Expr>, pattern: &'a ast::Expr },
}

/// A rule that a `for` stands for.
pub(super) struct Flat<'a> {
    pub(super) head: ast::Head,
    pub(super) steps: Vec<Step<'a>>,
}

/// The rules of a top-level `for`, one per emitted record, in order.
pub(super) fn flatten(statement: &ForRule) -> Vec<Flat<'_>> {
    let mut rules = Vec::new();
    for_rule(statement, &mut Vec::new(), &mut rules);
    rules
}

fn for_rule<'a>(statement: &'a ForRule, steps: &mut Vec<Step<'a>>, rules: &mut Vec<Flat<'a>>) {
    let before = steps.len();
    steps.push(Step::Atom(&statement.atom));
    if let Some(condition) = &statement.condition {
        steps.push(Step::Condition { condition, negated: false });
    }
    flatten_statement(&statement.body, steps, rules);
    steps.truncate(before);
}

fn flatten_statement<'a>(statement: &'a Statement, steps: &mut Vec<Step<'a>>, rules: &mut Vec<Flat<'a>>) {
    let before = steps.len();
    match &statement.kind {
        StatementKind::For(inner) => for_rule(inner, steps, rules),
        StatementKind::If(condition, then, otherwise) => {
            steps.push(Step::Condition { condition, negated: false });
            flatten_statement(then, steps, rules);
            steps.truncate(before);
            if let Some(otherwise) = otherwise {
                steps.push(Step::Condition { condition, negated: true });
                flatten_statement(otherwise, steps, rules);
            }
        }
        StatementKind::Match(value, arms) => {
            let mut earlier = Vec::new();
            for (pattern, body) in arms {
                steps.push(Step::Arm { value, before: earlier.clone(), pattern });
                flatten_statement(body, steps, rules);
                steps.truncate(before);
                earlier.push(pattern);
            }
        }
        StatementKind::Let(assignment, body) => {
            steps.push(Step::Let(assignment));
            flatten_statement(body, steps, rules);
        }
        StatementKind::Emit(atom) => {
            rules.push(Flat { head: ast::Head { atom: atom.clone(), location: None }, steps: steps.clone() });
        }
        StatementKind::Block(statements) => {
            for inner in statements {
                flatten_statement(inner, steps, rules);
            }
        }
        StatementKind::Skip => {}
    }
    steps.truncate(before);
}
