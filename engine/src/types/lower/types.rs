//! Concrete types.

use std::sync::Arc;

use super::{Lowerer, MOST_INSTANCES};
use crate::ir::{Field, Type, TypeId, Union, UnionId, Variant};
use crate::types::defs::{TypeDefId, TypeDefKind, Values};
use crate::types::ty::{Mutability, Ty};

impl Lowerer<'_, '_> {
    /// The concrete type, given what the type parameters stand for.
    pub(super) fn ty(&mut self, ty: &Ty, args: &[TypeId]) -> TypeId {
        let lowered = match ty {
            Ty::Param(index) => match args.get(*index as usize) {
                Some(known) => return *known,
                None => Type::Tuple(Vec::new()),
            },
            // A checked program has neither; the unit keeps this total.
            Ty::Var(_) | Ty::Error => Type::Tuple(Vec::new()),
            Ty::Bool => Type::Bool,
            Ty::String => Type::String,
            Ty::BigInt => Type::BigInt,
            Ty::Double => Type::Double,
            Ty::Float => Type::Float,
            Ty::Bit(width) => Type::Bit(*width),
            Ty::Signed(width) => Type::Signed(*width),
            Ty::Tuple(elements) => Type::Tuple(elements.iter().map(|t| self.ty(t, args)).collect()),
            Ty::Function(function) => {
                let params = function.params.iter().map(|(m, t)| (*m == Mutability::Mut, self.ty(t, args)));
                Type::Function(params.collect(), self.ty(&function.ret, args))
            }
            Ty::Def(def, inner) => {
                let inner: Vec<TypeId> = inner.iter().map(|t| self.ty(t, args)).collect();
                self.def(*def, inner)
            }
        };
        self.types.intern(lowered)
    }

    fn def(&mut self, def: TypeDefId, args: Vec<TypeId>) -> Type {
        let known = self.defs.known;
        let values = self.defs.type_def(def).values;
        match args.as_slice() {
            [item] if def == known.vec => Type::Vec(*item),
            [item] if def == known.set || values == Values::Set => Type::Set(*item),
            [item] if values == Values::Intern => Type::Intern(*item),
            [item] if def == known.reference => Type::Ref(*item),
            [item] if def == known.intern => Type::Intern(*item),
            [key, value] if def == known.map => Type::Map(*key, *value),
            [key, value] if def == known.group => Type::Group(*key, *value),
            _ => match &self.defs.type_def(def).kind {
                TypeDefKind::Extern if let Values::Bits(width) = values => Type::Bit(width),
                TypeDefKind::Union(_) => Type::Union(self.union(def, args)),
                TypeDefKind::Extern | TypeDefKind::Alias(_) => {
                    Type::Opaque(Arc::clone(&self.defs.type_def(def).name), args)
                }
            },
        }
    }

    fn union(&mut self, def: TypeDefId, args: Vec<TypeId>) -> UnionId {
        if let Some(known) = self.unions.get(&(def, args.clone())) {
            return *known;
        }
        let defs = self.defs;
        let definition = defs.type_def(def);
        let union = Union {
            name: Arc::clone(&definition.name),
            args: args.clone(),
            variants: Vec::new(),
            json: definition.json.clone(),
        };
        let id = self.types.add_union(union);
        self.unions.insert((def, args.clone()), id);
        if self.unions.len() > 2 * MOST_INSTANCES {
            self.endless(definition.span);
            return id;
        }
        let variants = defs.variants(def).iter().map(|c| {
            let constructor = defs.constructor(*c);
            let fields = constructor.fields.iter().map(|field| {
                let mut json = field.json.clone();
                json.key_function = field.key_function.map(|key| self.instance(key, Vec::new()));
                Field {
                    name: Arc::clone(&field.name),
                    original: field.original.clone(),
                    ty: self.ty(&field.ty, &args),
                    json,
                }
            });
            Variant {
                fields: fields.collect(),
                name: Arc::clone(&constructor.name),
                json: constructor.json.clone(),
            }
        });
        let variants = variants.collect();
        self.types.union_mut(id).variants = variants;
        id
    }
}
