//! What the variables of a rule hold at the moment it fails.

use std::sync::Arc;

use super::env::Env;
use super::pipeline::Column;
use super::repr::store;
use crate::ir::{Local, LocalId, Pattern, PatternKind, TypeId};
use crate::value::{Value, Word, decode, decode_record};

/// Where the named variables of a rule come from.
#[derive(Default)]
pub(super) struct Variables {
    columns: Vec<(Arc<str>, TypeId, Column)>,
    /// Whole rows.
    records: Vec<(Arc<str>, TypeId, usize)>,
    given: Vec<(Arc<str>, TypeId, LocalId)>,
    /// By the step that binds them.
    bound: Vec<(Arc<str>, TypeId, LocalId, usize)>,
}

impl Variables {
    pub(super) fn column(&mut self, locals: &[Local], local: LocalId, column: Column) {
        if let Some((name, ty)) = named(locals, local) {
            self.columns.push((name, ty, column));
        }
    }

    pub(super) fn record(&mut self, locals: &[Local], local: LocalId, part: usize, record: TypeId) {
        if let Some((name, _)) = named(locals, local) {
            self.records.push((name, record, part));
        }
    }

    /// A variable that is set before the steps.
    pub(super) fn given(&mut self, locals: &[Local], local: LocalId) {
        if let Some((name, ty)) = named(locals, local) {
            self.given.push((name, ty, local));
        }
    }

    /// A step that binds a variable.
    pub(super) fn local(&mut self, locals: &[Local], local: LocalId, step: usize) {
        if let Some((name, ty)) = named(locals, local) {
            self.bound.push((name, ty, local, step));
        }
    }

    /// A step that binds what is in a pattern.
    pub(super) fn pattern(&mut self, locals: &[Local], pattern: &Pattern, step: usize) {
        match &pattern.kind {
            PatternKind::Bind(local) => self.local(locals, *local, step),
            PatternKind::At(local, inner) => {
                self.local(locals, *local, step);
                self.pattern(locals, inner, step);
            }
            PatternKind::Tuple(parts) | PatternKind::Variant(_, parts) => {
                parts.iter().for_each(|part| self.pattern(locals, part, step));
            }
            PatternKind::Wildcard | PatternKind::Equal(_) => {}
        }
    }

    /// All that have values before a step.
    pub(super) fn values(&self, env: &Env<'_>, parts: &[&[Word]], step: usize) -> Vec<(Arc<str>, Value)> {
        let (interner, types) = (env.interner, env.types);
        let records = self.records.iter().filter_map(|(name, record, part)| {
            Some((name.clone(), decode_record(interner, types, *record, parts.get(*part)?)))
        });
        let columns = self
            .columns
            .iter()
            .map(|(name, ty, column)| (name.clone(), decode(interner, types, *ty, column.word(parts))));
        let bound = self.bound.iter().filter(|(.., at)| *at < step);
        let bound = bound.map(|(name, ty, local, _)| (name, ty, local));
        let given = self.given.iter().map(|(name, ty, local)| (name, ty, local));
        let locals = given.chain(bound).filter_map(|(name, ty, local)| {
            let word = store(interner, types, *ty, env.stack.get(local.0 as usize)?).ok()?;
            Some((name.clone(), decode(interner, types, *ty, word)))
        });
        records.chain(columns).chain(locals).collect()
    }
}

/// Name and type of a variable that an author has named.
fn named(locals: &[Local], local: LocalId) -> Option<(Arc<str>, TypeId)> {
    let local = locals.get(local.0 as usize)?;
    let is_named = !local.name.starts_with(['$', '_']) && !local.name.is_empty();
    is_named.then(|| (local.name.clone(), local.ty))
}
