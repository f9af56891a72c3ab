//! Two types that do not agree: who is to blame, and what would help.

use super::{Expected, Infer};
use crate::types::error::{Error, Notes};
use crate::types::hir::{HExpr, HExprKind, HPattern, HPatternKind, Origin};
use crate::types::ty::Ty;

impl Infer<'_, '_> {
    /// Makes a value's type agree with what is expected, or reports it where the mistake probably is.
    pub(in crate::types) fn agree_value(&mut self, value: &HExpr, expected: &Expected) -> bool {
        if self.unifies(&expected.ty, &value.ty) {
            return true;
        }
        let error = self.mismatch(value, expected);
        self.error(error);
        false
    }

    /// As [`Infer::agree_value`] for two operands of one type; neither of them is more right than the other.
    pub(super) fn agree_operands(&mut self, left: &HExpr, right: &HExpr) -> bool {
        if self.unifies(&left.ty, &right.ty) {
            return true;
        }
        let error = match self.origin(left) {
            // What was written out is likelier to be wrong than what was computed.
            Some(Origin::Literal(literal)) => Error::Mismatch {
                expected: self.show(&right.ty),
                found: self.show(&left.ty),
                span: literal,
                why: Some((right.span, "the other side has this type")),
                notes: Box::new(Notes {
                    also: vec![(left.span, "the variable is used here")],
                    hint: self.conversion(&right.ty, &left.ty),
                }),
            },
            _ => {
                let why = "both sides must have one type";
                self.mismatch(right, &Expected::because(left.ty.clone(), left.span, why))
            }
        };
        self.error(error);
        false
    }

    /// Tries to make two types equal; leaves nothing behind if it cannot.
    pub(super) fn unifies(&mut self, expected: &Ty, found: &Ty) -> bool {
        let before = self.unifier.snapshot();
        let ok = self.unifier.unify(expected, found).is_ok();
        if !ok {
            self.unifier.undo(before);
        }
        ok
    }

    fn origin(&self, value: &HExpr) -> Option<Origin> {
        match value.kind {
            HExprKind::Local(local) => self.local(local).origin,
            _ => None,
        }
    }

    fn mismatch(&self, value: &HExpr, expected: &Expected) -> Error {
        let mut also = Vec::new();
        let mut span = value.span;
        match (self.origin(value), &value.kind) {
            // A collection that is taken apart gives what it gives: the variable is declared for something else.
            (Some(Origin::Element), HExprKind::Local(local)) => {
                also.push((span, "it is used here"));
                span = self.local(*local).span;
            }
            (Some(Origin::Literal(from) | Origin::Value(from)), _) => {
                also.push((from, "it gets its type here"))
            }
            _ => {}
        }
        Error::Mismatch {
            expected: self.show(&expected.ty),
            found: self.show(&value.ty),
            span,
            why: expected.why,
            notes: Box::new(Notes { also, hint: self.conversion(&expected.ty, &value.ty) }),
        }
    }

    /// How to make what is expected from what was found.
    pub(super) fn conversion(&self, expected: &Ty, found: &Ty) -> Option<String> {
        let (expected, found) = (self.unifier.resolve(expected), self.unifier.resolve(found));
        let known = self.defs.known;
        let is = |ty: &Ty, def, inner: &Ty| matches!(ty, Ty::Def(d, args) if *d == def && args.first() == Some(inner));
        let name = |ty: &Ty| self.show(ty);
        let hint = match (&expected, &found) {
            (outer, Ty::String) if is(outer, known.intern, &Ty::String) => {
                "Intern it: `i\"..\"` for a literal, `.intern()` for a value.".into()
            }
            (outer, inner) if is(outer, known.intern, inner) => "Intern it: `.intern()`.".into(),
            (inner, outer) if is(outer, known.intern, inner) => "Take the value out: `.ival()`.".into(),
            (outer, inner) if is(outer, known.reference, inner) => {
                "Make a reference of it: `ref_new(..)`.".into()
            }
            (inner, outer) if is(outer, known.reference, inner) => "Take the value out: `.deref()`.".into(),
            (outer, inner) if is(outer, known.option, inner) => "Wrap it: `Some{..}`.".into(),
            (inner, outer) if is(outer, known.option, inner) => {
                "Take the value out: `match`, `.unwrap_or(..)`, or `Some{var x} = ..` in a rule.".into()
            }
            (Ty::String, found) if self.has_text(found) => "Make a text of it: `\"${..}\"`.".into(),
            (Ty::Bit(_), Ty::Bit(_)) | (Ty::Signed(_), Ty::Signed(_)) => {
                format!("Cast it: `as {}`.", name(&expected))
            }
            (Ty::Bit(a), Ty::Signed(b)) | (Ty::Signed(a), Ty::Bit(b)) if a == b => {
                format!("Cast it: `as {}`.", name(&expected))
            }
            (Ty::Bit(a), Ty::Signed(_)) => {
                format!("Cast it: `as signed<{a}> as bit<{a}>`, if there is such a width.")
            }
            (Ty::Signed(a), Ty::Bit(_)) => format!("Cast it: `as bit<{a}> as signed<{a}>`."),
            (Ty::BigInt | Ty::Double | Ty::Float, Ty::Bit(_) | Ty::Signed(_))
            | (Ty::Double | Ty::Float, Ty::BigInt | Ty::Double | Ty::Float)
            | (Ty::Signed(_), Ty::BigInt) => format!("Cast it: `as {}`.", name(&expected)),
            (Ty::Def(set, a), Ty::Def(other, b)) if *set == known.set && a.last() == b.last() => {
                (*other == known.vec || *other == known.group)
                    .then(|| "Make a set of it: `.to_set()`.".to_owned())?
            }
            (Ty::Def(vec, a), Ty::Def(other, b)) if *vec == known.vec && a.last() == b.last() => {
                (*other == known.set || *other == known.group)
                    .then(|| "Make a vector of it: `.to_vec()`.".to_owned())?
            }
            (Ty::Tuple(none), _) if none.is_empty() => "End it with `;` to drop the value.".into(),
            (wanted, Ty::Function(function)) if *wanted == function.ret => "Call it: `f(..)`.".into(),
            _ => return None,
        };
        Some(hint)
    }

    /// Whether `"${x}"` works.
    fn has_text(&self, ty: &Ty) -> bool {
        match ty {
            Ty::Bool | Ty::BigInt | Ty::Double | Ty::Float | Ty::Bit(_) | Ty::Signed(_) => true,
            Ty::Def(def, _) => {
                let module = self.defs.module(self.defs.type_def(*def).module);
                let functions = module.functions.get("to_string").into_iter().flatten();
                functions.map(|f| self.defs.function(*f)).any(
                    |f| matches!(f.params.as_slice(), [only] if matches!(&only.ty, Ty::Def(d, _) if d == def)),
                )
            }
            _ => false,
        }
    }
}

impl Infer<'_, '_> {
    /// Notes where variables that are bound to a value get their type.
    pub(in crate::types) fn note_origin(&mut self, pattern: &HPattern, value: &HExpr) {
        let HPatternKind::Bind(local) = pattern.kind else { return };
        let origin = match &value.kind {
            HExprKind::Error => return,
            HExprKind::Bool(_)
            | HExprKind::Int(_)
            | HExprKind::Float(_)
            | HExprKind::String(_)
            | HExprKind::Concat(_)
            | HExprKind::VecLiteral(_)
            | HExprKind::MapLiteral(_) => Origin::Literal(value.span),
            _ => Origin::Value(value.span),
        };
        self.body.locals[local.0 as usize].origin = Some(origin);
    }

    /// Notes that a variable holds the elements of a collection.
    pub(in crate::types) fn note_element(&mut self, pattern: &HPattern) {
        if let HPatternKind::Bind(local) = pattern.kind {
            self.body.locals[local.0 as usize].origin = Some(Origin::Element);
        }
    }
}
