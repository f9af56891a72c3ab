//! Patterns.

use super::{Frame, Lowerer};
use crate::ir::{Pattern, PatternKind};
use crate::types::hir::{HPattern, HPatternKind};

impl Lowerer<'_, '_> {
    pub(super) fn pattern(&mut self, frame: &mut Frame<'_>, pattern: &HPattern) -> Pattern {
        let kind = match &pattern.kind {
            HPatternKind::Wildcard | HPatternKind::Error => PatternKind::Wildcard,
            HPatternKind::Bind(local) => PatternKind::Bind(self.local(frame, *local)),
            HPatternKind::At(local, inner) => {
                let local = self.local(frame, *local);
                PatternKind::At(local, Box::new(self.pattern(frame, inner)))
            }
            HPatternKind::Equal(value) => PatternKind::Equal(Box::new(self.expr(frame, value))),
            HPatternKind::Tuple(elements) => {
                PatternKind::Tuple(elements.iter().map(|p| self.pattern(frame, p)).collect())
            }
            HPatternKind::Variant(constructor, fields) => {
                let variant = self.defs.constructor(*constructor).variant;
                PatternKind::Variant(variant, fields.iter().map(|p| self.pattern(frame, p)).collect())
            }
            // A reference is the value it refers to.
            HPatternKind::Ref(inner) => return self.pattern(frame, inner),
        };
        Pattern { kind, ty: self.ty_of(frame, &pattern.ty), span: pattern.span }
    }
}
