//! Types, hash-consed: equal types have equal ids.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::json::{FieldJson, UnionJson, VariantJson};

/// A type of a [`TypeTable`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeId(pub u32);

/// A tagged union or struct of a [`TypeTable`], at concrete type arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnionId(pub u32);

/// A concrete type. Aliases are resolved.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// `bool`
    Bool,
    /// `bit<N>`
    Bit(u32),
    /// `signed<N>`
    Signed(u32),
    /// `bigint`
    BigInt,
    /// `double`
    Double,
    /// `float`
    Float,
    /// `string`
    String,
    /// Tuple; empty is the unit. Never one element.
    Tuple(Vec<TypeId>),
    /// Tagged union or struct.
    Union(UnionId),
    /// `Vec<T>`
    Vec(TypeId),
    /// `Set<T>`: ordered.
    Set(TypeId),
    /// `Map<K, V>`: ordered.
    Map(TypeId, TypeId),
    /// `Group<K, V>`: what `group_by` gives. Iterates as `(V, signed<64>)`.
    Group(TypeId, TypeId),
    /// `Ref<T>`: the same value as `T`.
    Ref(TypeId),
    /// `Intern<T>`: the same value as `T`.
    Intern(TypeId),
    /// A function value: parameters (by reference?) and result.
    Function(Vec<(bool, TypeId)>, TypeId),
    /// `extern type` of that full name and arguments.
    Opaque(Arc<str>, Vec<TypeId>),
}

/// A tagged union; a struct is a union of one variant.
#[derive(Clone, Debug)]
pub struct Union {
    /// Full name: `ddlog_std::Option`, `Edge`.
    pub name: Arc<str>,
    /// Type arguments.
    pub args: Vec<TypeId>,
    /// Constructors in order; the order is the order of values.
    pub variants: Vec<Variant>,
    /// Its JSON.
    pub json: UnionJson,
}

/// A constructor.
#[derive(Clone, Debug)]
pub struct Variant {
    /// Full name as printed: `ddlog_std::Some`, `Edge`.
    pub name: Arc<str>,
    /// Fields in order.
    pub fields: Vec<Field>,
    /// Its JSON.
    pub json: VariantJson,
}

/// A field of a constructor.
#[derive(Clone, Debug)]
pub struct Field {
    /// Name in the language.
    pub name: Arc<str>,
    /// Name in input and output where it differs: `#[original = "type"]`.
    pub original: Option<Arc<str>>,
    /// Type.
    pub ty: TypeId,
    /// Its JSON.
    pub json: FieldJson,
}

/// All types of a program.
#[derive(Clone, Debug, Default)]
pub struct TypeTable {
    types: Vec<Type>,
    ids: HashMap<Type, TypeId>,
    unions: Vec<Union>,
}

impl TypeTable {
    /// The id of a type, new or known.
    pub fn intern(&mut self, ty: Type) -> TypeId {
        if let Some(id) = self.ids.get(&ty) {
            return *id;
        }
        let id = TypeId(self.types.len() as u32);
        self.types.push(ty.clone());
        self.ids.insert(ty, id);
        id
    }

    /// Adds a union. Variants may be filled in later with [`Self::union_mut`], for recursive types.
    pub fn add_union(&mut self, union: Union) -> UnionId {
        self.unions.push(union);
        UnionId(self.unions.len() as u32 - 1)
    }

    /// To fill in variants.
    pub fn union_mut(&mut self, id: UnionId) -> &mut Union {
        &mut self.unions[id.0 as usize]
    }

    /// The type behind an id of this table.
    pub fn ty(&self, id: TypeId) -> &Type {
        &self.types[id.0 as usize]
    }

    /// The union behind an id of this table.
    pub fn union(&self, id: UnionId) -> &Union {
        &self.unions[id.0 as usize]
    }

    /// Whether values carry the number of their type with them: then they mean nothing to another table.
    pub(crate) fn has_any(&self) -> bool {
        self.types.iter().any(|ty| matches!(ty, Type::Opaque(name, _) if &**name == "ddlog_std::Any"))
    }

    /// Whether values of the type hold functions.
    pub(crate) fn has_function(&self, id: TypeId) -> bool {
        self.reaches_function(id, &mut BTreeSet::new())
    }

    fn reaches_function(&self, id: TypeId, seen: &mut BTreeSet<TypeId>) -> bool {
        if !seen.insert(id) {
            return false;
        }
        match self.ty(id) {
            Type::Function(..) => true,
            Type::Tuple(parts) | Type::Opaque(_, parts) => {
                parts.iter().any(|part| self.reaches_function(*part, seen))
            }
            Type::Union(union) => {
                let fields = self.union(*union).variants.iter().flat_map(|variant| &variant.fields);
                fields.into_iter().any(|field| self.reaches_function(field.ty, seen))
            }
            Type::Vec(part) | Type::Set(part) | Type::Ref(part) | Type::Intern(part) => {
                self.reaches_function(*part, seen)
            }
            Type::Map(one, other) | Type::Group(one, other) => {
                self.reaches_function(*one, seen) || self.reaches_function(*other, seen)
            }
            Type::Bool
            | Type::Bit(_)
            | Type::Signed(_)
            | Type::BigInt
            | Type::Double
            | Type::Float
            | Type::String => false,
        }
    }

    /// All types, in the order of their numbers.
    pub(crate) fn types(&self) -> &[Type] {
        &self.types
    }

    /// All unions and structs.
    pub fn unions(&self) -> impl Iterator<Item = &Union> {
        self.unions.iter()
    }

    /// The type with `Ref` and `Intern` taken off the outside: they do not change the value.
    pub fn strip(&self, mut id: TypeId) -> TypeId {
        while let Type::Ref(inner) | Type::Intern(inner) = self.ty(id) {
            id = *inner;
        }
        id
    }

    /// The fields of a struct (a union of one variant, behind any `Ref` or `Intern`); `None` for anything else.
    pub fn struct_fields(&self, id: TypeId) -> Option<&[Field]> {
        match self.ty(self.strip(id)) {
            Type::Union(union) => match self.union(*union).variants.as_slice() {
                [variant] => Some(&variant.fields),
                _ => None,
            },
            _ => None,
        }
    }
}
