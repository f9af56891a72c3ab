//! Assignment to variables and parts of them.

use std::rc::Rc;

use super::{Code, Compiler};
use crate::eval::env::{Env, Eval};
use crate::eval::repr::parts;
use crate::eval::val::Val;
use crate::ir::{Expr, ExprKind, LocalId, Pattern, PatternKind, Place, PlaceStep, Type, TypeId};
use crate::source::Span;
use crate::value::shape::is_transparent;

/// A compiled place.
pub(super) struct PlaceCode {
    local: LocalId,
    steps: Vec<Step>,
    span: Span,
}

/// Into a part of a tuple or variant of the given type.
struct Step {
    container: TypeId,
    /// Position for each variant that has the field; a tuple is variant 0.
    choices: Vec<(u32, u32)>,
}

impl PlaceCode {
    /// Moves the value out, so that the taker holds it alone and can change it in place.
    pub(super) fn take(&self, env: &mut Env<'_>) -> Eval<Val> {
        self.reach(env).map(std::mem::take)
    }

    pub(super) fn put(&self, env: &mut Env<'_>, val: Val) -> Eval<()> {
        *self.reach(env)? = val;
        Ok(())
    }

    /// As [`Self::put`], if the value still has such a part.
    pub(super) fn put_back(&self, env: &mut Env<'_>, val: Val) -> Eval<()> {
        if self.exists(env) { self.put(env, val) } else { Ok(()) }
    }

    fn reach<'e>(&self, env: &'e mut Env<'_>) -> Eval<&'e mut Val> {
        if self.steps.is_empty() {
            return Ok(env.local_mut(self.local));
        }
        if !self.exists(env) {
            return Err(env.trap(self.span, "the value's constructor has no such field"));
        }
        let (interner, types) = (env.interner, env.types);
        let mut val = env.local_mut(self.local);
        for step in &self.steps {
            if !matches!(val, Val::Parts(_)) {
                *val = Val::Parts(parts(interner, types, step.container, val));
            }
            if let Val::Parts(fields) = val {
                let fields = Rc::make_mut(fields);
                let index = step.index(fields.variant).unwrap_or_default();
                val = &mut fields.fields[index];
            } else {
                unreachable!("made parts above");
            }
        }
        Ok(val)
    }

    /// Whether each step finds its field.
    fn exists(&self, env: &Env<'_>) -> bool {
        let mut val = env.local(self.local).clone();
        for step in &self.steps {
            let fields = parts(env.interner, env.types, step.container, &val);
            let field = step.index(fields.variant).and_then(|index| fields.fields.get(index));
            match field {
                Some(field) => val = field.clone(),
                None => return false,
            }
        }
        true
    }
}

impl Step {
    fn index(&self, variant: u32) -> Option<usize> {
        self.choices.iter().find(|(number, _)| *number == variant).map(|(_, position)| *position as usize)
    }
}

impl Compiler<'_> {
    pub(super) fn place(&self, place: &Place) -> PlaceCode {
        let types = self.machine.types();
        let mut ty = self.locals.get(place.local.0 as usize).map_or(place.ty, |local| local.ty);
        let mut steps = Vec::new();
        for step in &place.path {
            let container = types.strip(ty);
            match (step, types.ty(container)) {
                (PlaceStep::Field(choices), Type::Union(union)) => {
                    let union = types.union(*union);
                    let field = choices.first().and_then(|(variant, position)| {
                        union.variants.get(*variant as usize)?.fields.get(*position as usize)
                    });
                    ty = field.map_or(place.ty, |field| field.ty);
                    if !is_transparent(union) {
                        steps.push(Step { container, choices: choices.clone() });
                    }
                }
                (PlaceStep::TupleField(index), Type::Tuple(part_types)) => {
                    ty = part_types.get(*index as usize).copied().unwrap_or(place.ty);
                    steps.push(Step { container, choices: vec![(0, *index)] });
                }
                // The checker gives no other.
                (PlaceStep::Field(_) | PlaceStep::TupleField(_), _) => {}
            }
        }
        self.read(place.local);
        self.assigned.borrow_mut().insert(place.local);
        PlaceCode { local: place.local, steps, span: place.span }
    }

    /// The variables of a pattern that code compiled so far assigns to, and the parts of the subject that they stand
    /// for, if the subject is something that can be changed: what is assigned to them is assigned to these parts.
    pub(super) fn written_through(&self, subject: &Expr, pattern: &Pattern) -> Vec<(LocalId, PlaceCode)> {
        let mut places = Vec::new();
        if let Some((local, path)) = place_of(subject) {
            parts_of(pattern, local, path, &mut places);
        }
        places.retain(|(variable, _)| self.assigned.borrow().contains(variable));
        places.into_iter().map(|(variable, place)| (variable, self.place(&place))).collect()
    }

    pub(super) fn assign(&self, place: &Place, value: &Expr) -> Code<Val> {
        let (place, value) = (self.place(place), self.val(value));
        Box::new(move |env| {
            let value = value(env)?;
            place.put(env, value)?;
            Ok(Val::ZERO)
        })
    }
}

fn place_of(expr: &Expr) -> Option<(LocalId, Vec<PlaceStep>)> {
    let (inner, step) = match &expr.kind {
        ExprKind::Local(local) => return Some((*local, Vec::new())),
        ExprKind::Field(record, choices) => (record, PlaceStep::Field(choices.clone())),
        ExprKind::TupleField(tuple, index) => (tuple, PlaceStep::TupleField(*index)),
        _ => return None,
    };
    let (local, mut path) = place_of(inner)?;
    path.push(step);
    Some((local, path))
}

fn parts_of(pattern: &Pattern, local: LocalId, path: Vec<PlaceStep>, into: &mut Vec<(LocalId, Place)>) {
    let inside = |step: PlaceStep| path.iter().cloned().chain([step]).collect();
    match &pattern.kind {
        PatternKind::Wildcard | PatternKind::Equal(_) => {}
        PatternKind::Bind(variable) => {
            into.push((*variable, Place { local, path, ty: pattern.ty, span: pattern.span }));
        }
        PatternKind::At(variable, inner) => {
            into.push((*variable, Place { local, path: path.clone(), ty: pattern.ty, span: pattern.span }));
            parts_of(inner, local, path, into);
        }
        PatternKind::Tuple(parts) => {
            for (i, part) in (0..).zip(parts) {
                parts_of(part, local, inside(PlaceStep::TupleField(i)), into);
            }
        }
        PatternKind::Variant(number, fields) => {
            for (i, field) in (0..).zip(fields) {
                parts_of(field, local, inside(PlaceStep::Field(vec![(*number, i)])), into);
            }
        }
    }
}
