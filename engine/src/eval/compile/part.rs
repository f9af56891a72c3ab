//! Building tuples, variants and collections, and taking them apart.

use super::{Code, Compiler};
use crate::eval::collection::insert_pair;
use crate::eval::env::Eval;
use crate::eval::repr::{part, variant_number};
use crate::eval::val::Val;
use crate::ir::{Expr, ExprKind, TypeId};
use crate::value::Interner;
use crate::value::shape::{Shape, is_transparent_struct, shape};

impl Compiler<'_> {
    pub(super) fn tuple(&self, parts: &[Expr]) -> Code<Val> {
        self.parts(0, parts)
    }

    pub(super) fn construct(&self, variant: u32, fields: &[Expr], ty: TypeId) -> Code<Val> {
        match fields {
            [field] if is_transparent_struct(self.machine.types(), ty) => self.val(field),
            [] => Box::new(move |_| Ok(Val::Word(variant))),
            fields => self.parts(variant, fields),
        }
    }

    pub(super) fn vec_literal(&self, items: &[Expr]) -> Code<Val> {
        let items: Vec<Code<Val>> = items.iter().map(|item| self.val(item)).collect();
        Box::new(move |env| items.iter().map(|item| item(env)).collect::<Eval<Vec<Val>>>().map(Val::items))
    }

    pub(super) fn map_literal(&self, pairs: &[(Expr, Expr)], ty: TypeId) -> Code<Val> {
        let Shape::Map(key_type, _) = shape(self.machine.types(), ty) else {
            return Box::new(|_| Ok(Val::ZERO));
        };
        let pairs: Vec<(Code<Val>, Code<Val>)> =
            pairs.iter().map(|(key, value)| (self.val(key), self.val(value))).collect();
        Box::new(move |env| {
            let mut sorted = Vec::with_capacity(pairs.len());
            for (key, value) in &pairs {
                let (key, value) = (key(env)?, value(env)?);
                insert_pair(env.interner, env.types, key_type, &mut sorted, key, value);
            }
            Ok(Val::pairs(sorted))
        })
    }

    pub(super) fn tuple_field(&self, tuple: &Expr, index: u32, ty: TypeId) -> Code<Val> {
        let (index, load) = (index as usize, self.load(ty));
        self.look(tuple, move |interner, tuple| Some(part(interner, 0, index, load, tuple)))
    }

    pub(super) fn field(&self, record: &Expr, choices: &[(u32, u32)], expr: &Expr) -> Code<Val> {
        if is_transparent_struct(self.machine.types(), record.ty) {
            return self.val(record);
        }
        let Shape::Union(union) = shape(self.machine.types(), record.ty) else {
            return self.not_an_operation(expr);
        };
        let load = self.load(expr.ty);
        if let ([_], [(0, position)]) = (union.variants.as_slice(), choices) {
            let index = *position as usize;
            return self.look(record, move |interner, record| Some(part(interner, 0, index, load, record)));
        }
        let choices = choices.to_vec();
        self.look(record, move |interner, record| {
            let number = variant_number(interner, true, record);
            let (_, position) = choices.iter().find(|(variant, _)| *variant == number)?;
            Some(part(interner, 1, *position as usize, load, record))
        })
    }

    /// Code that looks into a value; a variable is looked at where it is. `None` is a field the variant does not have.
    fn look(&self, expr: &Expr, part: impl Fn(&Interner, &Val) -> Option<Val> + 'static) -> Code<Val> {
        const MISSING: &str = "the value's constructor has no such field";
        let span = expr.span;
        let local = match (self.column(expr), &expr.kind) {
            (Some(column), _) => Some(column),
            (None, ExprKind::Local(local)) => Some(*local),
            _ => None,
        };
        match local {
            Some(local) => {
                let local = self.read(local);
                Box::new(move |env| {
                    part(env.interner, env.local(local)).ok_or_else(|| env.trap(span, MISSING))
                })
            }
            None => {
                let code = self.val(expr);
                Box::new(move |env| {
                    let val = code(env)?;
                    part(env.interner, &val).ok_or_else(|| env.trap(span, MISSING))
                })
            }
        }
    }

    fn parts(&self, variant: u32, parts: &[Expr]) -> Code<Val> {
        let parts: Vec<Code<Val>> = parts.iter().map(|part| self.val(part)).collect();
        match <[Code<Val>; 1]>::try_from(parts) {
            Ok([only]) => Box::new(move |env| Ok(Val::variant(variant, [only(env)?]))),
            Err(parts) => Box::new(move |env| {
                let mut fields = smallvec::SmallVec::with_capacity(parts.len());
                for part in &parts {
                    fields.push(part(env)?);
                }
                Ok(Val::Parts(std::rc::Rc::new(crate::eval::val::Parts { variant, fields })))
            }),
        }
    }
}
