//! Top-level `for` and its statements.

use super::Printer;
use crate::syntax::ast::{Expr, ExprKind, ForRule, Statement, StatementKind};

impl Printer {
    pub(super) fn for_rule(&mut self, rule: &ForRule) {
        self.push("for (");
        self.atom(&rule.atom);
        if let Some(condition) = &rule.condition {
            self.push(" if ");
            self.expr(condition);
        }
        self.push(") ");
        self.statement(&rule.body);
    }

    fn statement(&mut self, statement: &Statement) {
        match &statement.kind {
            StatementKind::For(rule) => self.for_rule(rule),
            StatementKind::If(condition, then, otherwise) => {
                self.push("if (");
                self.expr(condition);
                self.push(") ");
                self.statement(then);
                if let Some(otherwise) = otherwise {
                    self.push(" else ");
                    self.statement(otherwise);
                }
            }
            StatementKind::Match(subject, arms) => {
                self.push("match (");
                self.expr(subject);
                self.push(") ");
                self.lines(arms, ",", |p, (pattern, statement)| {
                    p.expr(pattern);
                    p.push(" -> ");
                    p.statement(statement);
                });
            }
            StatementKind::Let(clause, rest) => {
                let plain = starts_assignment(clause);
                self.push(if plain { "" } else { "(" });
                self.expr(clause);
                self.push(if plain { " in" } else { ") in" });
                self.line();
                self.statement(rest);
            }
            StatementKind::Emit(atom) => self.atom(atom),
            StatementKind::Block(statements) => self.lines(statements, ";", Self::statement),
            StatementKind::Skip => self.push("skip"),
        }
    }
}

/// Whether this reads as an assignment where a statement is wanted. Others, among them conditions, need parentheses to
/// be told from statements that start alike.
fn starts_assignment(clause: &Expr) -> bool {
    let ExprKind::Assign(left, _) = &clause.kind else { return false };
    matches!(
        left.kind,
        ExprKind::Name(_)
            | ExprKind::Var(_)
            | ExprKind::Wildcard
            | ExprKind::Tuple(_)
            | ExprKind::Construct(..)
    ) || matches!(&left.kind, ExprKind::Ascribe(inner, _) if matches!(inner.kind, ExprKind::Var(_)))
}
