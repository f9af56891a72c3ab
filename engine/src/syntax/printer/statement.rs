//! Top-level `for` and its statements.

use super::Printer;
use crate::syntax::ast::{ExprKind, ForRule, Statement, StatementKind};

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
                // Without parentheses a condition could be taken for another statement.
                let assignment = matches!(clause.kind, ExprKind::Assign(..));
                self.push(if assignment { "" } else { "(" });
                self.expr(clause);
                self.push(if assignment { " in" } else { ") in" });
                self.line();
                self.statement(rest);
            }
            StatementKind::Emit(atom) => self.atom(atom),
            StatementKind::Block(statements) => self.lines(statements, ";", Self::statement),
            StatementKind::Skip => self.push("skip"),
        }
    }
}
