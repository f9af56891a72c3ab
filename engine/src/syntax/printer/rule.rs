//! Rules and atoms.

use super::Printer;
use crate::syntax::ast::{Atom, AtomArgs, Clause, ClauseKind, Head, Rule};

impl Printer {
    pub(super) fn rule(&mut self, rule: &Rule) {
        self.commas(&rule.heads, |p, Head { atom, location }| {
            p.atom(atom);
            if let Some(location) = location {
                p.push(" @ ");
                p.expr(location);
            }
        });
        if !rule.body.is_empty() {
            self.push(" :-");
            self.indent += 1;
            for (at, clause) in rule.body.iter().enumerate() {
                self.push(if at == 0 { "" } else { "," });
                self.line();
                self.clause(clause);
            }
            self.indent -= 1;
        }
        self.push(".");
    }

    pub(super) fn atom(&mut self, atom: &Atom) {
        if let Some(binder) = &atom.binder {
            self.push(&format!("{} in ", binder.name));
        }
        self.push(if atom.by_ref { "&" } else { "" });
        self.push(&atom.relation.to_string());
        if atom.delay > 0 {
            self.push(&format!("-{}", atom.delay));
        }
        self.push(if atom.differential { "'" } else { "" });
        match &atom.args {
            AtomArgs::Positional(arguments) => self.delimited("(", arguments, ")"),
            AtomArgs::Named(arguments) => self.named("(", arguments, ")"),
            AtomArgs::Whole(record) => {
                self.push("[");
                self.expr(record);
                self.push("]");
            }
        }
    }

    fn clause(&mut self, clause: &Clause) {
        match &clause.kind {
            ClauseKind::Atom(atom) => self.atom(atom),
            ClauseKind::Not(atom) => {
                self.push("not ");
                self.atom(atom);
            }
            ClauseKind::Expr(expr) => self.expr(expr),
            ClauseKind::FlatMap(pattern, collection) => {
                self.assigned(pattern);
                self.push(" = FlatMap(");
                self.expr(collection);
                self.push(")");
            }
            ClauseKind::Aggregate(result, keys, call) => {
                self.assigned(result);
                self.push(" = Aggregate(");
                self.delimited("(", keys, ")");
                self.push(", ");
                self.expr(call);
                self.push(")");
            }
            ClauseKind::Inspect(expr) => {
                self.push("Inspect ");
                self.expr(expr);
            }
        }
    }
}
