//! Relations, rules and indexes.

use std::sync::Arc;

use super::{Frame, Lowerer};
use crate::ir::{Clause, ClauseKind, Head, Index, LocalId, PrimaryKey, Relation, RelationId, Rule};
use crate::types::defs::{HClause, HClauseKind, IndexDef, RuleDef};

impl Lowerer<'_, '_> {
    pub(super) fn relations(&mut self) -> Vec<Relation> {
        let defs = self.defs;
        let lowered = defs.relations.iter().map(|relation| {
            let primary_key = relation.primary_key.as_ref().map(|(body, key)| {
                let mut frame = Frame::new(body, Vec::new());
                self.local(&mut frame, LocalId(0));
                let key = self.expr(&mut frame, key);
                PrimaryKey { locals: frame.locals, key }
            });
            Relation {
                name: Arc::clone(&relation.name),
                role: relation.ast.role,
                semantics: relation.ast.semantics,
                record: self.ty(&relation.record, &[]),
                primary_key,
                span: relation.span,
            }
        });
        lowered.collect()
    }

    pub(super) fn index(&mut self, index: &IndexDef) -> Index {
        let mut frame = Frame::new(&index.body, Vec::new());
        for i in 0..index.fields {
            self.local(&mut frame, LocalId(i));
        }
        let pattern = self.pattern(&mut frame, &index.pattern);
        Index {
            name: Arc::clone(&index.name),
            relation: RelationId(index.relation.0),
            locals: frame.locals,
            fields: index.fields,
            pattern,
            span: index.span,
        }
    }

    /// One rule per head.
    pub(super) fn rule(&mut self, rule: &RuleDef) -> Vec<Rule> {
        let lowered = rule.heads.iter().map(|head| {
            let mut frame = Frame::new(&rule.body, Vec::new());
            let body = rule.clauses.iter().map(|c| self.clause(&mut frame, c)).collect();
            let record = self.expr(&mut frame, &head.record);
            let head = Head { relation: RelationId(head.relation.0), record, span: head.span };
            Rule { head, body, locals: frame.locals, span: rule.span }
        });
        lowered.collect()
    }

    pub(super) fn clause(&mut self, frame: &mut Frame<'_>, clause: &HClause) -> Clause {
        let kind = match &clause.kind {
            HClauseKind::Atom { relation, pattern, delay, differential } => ClauseKind::Atom {
                relation: RelationId(relation.0),
                pattern: self.pattern(frame, pattern),
                delay: *delay,
                differential: *differential,
            },
            HClauseKind::Not { relation, pattern, delay, differential } => ClauseKind::Not {
                relation: RelationId(relation.0),
                pattern: self.pattern(frame, pattern),
                delay: *delay,
                differential: *differential,
            },
            HClauseKind::Filter(value) => ClauseKind::Filter(self.expr(frame, value)),
            HClauseKind::Let(pattern, value) => {
                let value = self.expr(frame, value);
                ClauseKind::Let(self.pattern(frame, pattern), value)
            }
            HClauseKind::FlatMap(pattern, value) => {
                let value = self.expr(frame, value);
                ClauseKind::FlatMap(self.pattern(frame, pattern), value)
            }
            HClauseKind::GroupBy { group, value, key, key_type } => {
                let value = self.expr(frame, value);
                let key = key.iter().map(|l| self.local(frame, *l)).collect();
                let key_type = self.ty_of(frame, key_type);
                ClauseKind::GroupBy { group: self.local(frame, *group), value, key, key_type }
            }
            HClauseKind::Inspect { body, weight, timestamp } => ClauseKind::Inspect {
                weight: weight.map(|l| self.local(frame, l)),
                timestamp: timestamp.map(|l| self.local(frame, l)),
                body: self.expr(frame, body),
            },
        };
        Clause { kind, span: clause.span }
    }
}
