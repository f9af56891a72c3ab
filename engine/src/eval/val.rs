//! Values while an expression is evaluated: not interned, shared by count, changed in place when held once.

use std::cell::OnceCell;
use std::rc::Rc;

use num_bigint::BigInt;
use smallvec::SmallVec;

use super::budget::{self, ITEM};
use super::call::{Callable, STACK_RED_ZONE, STACK_SEGMENT};
use crate::ir::TypeId;
use crate::value::Word;

/// A value of some type the code around knows.
///
/// Integers up to 64 bits and floating point numbers are always [`Val::Int`] and [`Val::Float`]. All other types can
/// also be [`Val::Word`], what a row holds, which is looked into only when its inside is asked for.
#[derive(Clone)]
pub(crate) enum Val {
    /// `bool`; `bit<N>` and `signed<N>` up to 64 bits, the latter sign-extended.
    Int(u64),
    /// `double`, and `float` widened.
    Float(f64),
    /// As in a row.
    Word(Word),
    /// 65 to 128 bits, `signed` ones sign-extended.
    Wide(Rc<u128>),
    /// `bigint` and bit vectors above 128 bits.
    Big(Rc<BigInt>),
    Str(Rc<String>),
    /// Tuple, or variant of a union.
    Parts(Rc<Parts>),
    /// `Vec`; or `Set`, in natural order.
    Items(Rc<Vec<Val>>),
    /// `Map`, in the natural order of keys.
    Pairs(Rc<Vec<(Val, Val)>>),
    Group(Rc<GroupVal>),
    Function(Rc<Callable>),
    /// A value that carries its type.
    Any(Rc<(TypeId, Val)>),
}

impl Val {
    /// The unit, the empty collection, the first variant if it has no fields.
    pub(crate) const ZERO: Val = Val::Word(0);

    pub(crate) fn str(text: impl Into<String>) -> Val {
        let text = text.into();
        budget::spend(text.len());
        Val::Str(Rc::new(text))
    }

    pub(crate) fn items(items: Vec<Val>) -> Val {
        budget::spend(items.len() * ITEM);
        Val::Items(Rc::new(items))
    }

    pub(crate) fn pairs(pairs: Vec<(Val, Val)>) -> Val {
        budget::spend(2 * pairs.len() * ITEM);
        Val::Pairs(Rc::new(pairs))
    }

    pub(crate) fn bool(value: bool) -> Val {
        Val::Int(u64::from(value))
    }

    pub(crate) fn tuple(fields: impl IntoIterator<Item = Val>) -> Val {
        Val::variant(0, fields)
    }

    pub(crate) fn variant(variant: u32, fields: impl IntoIterator<Item = Val>) -> Val {
        let fields: SmallVec<[Val; 3]> = fields.into_iter().collect();
        budget::spend((fields.len() + 2) * ITEM);
        Val::Parts(Rc::new(Parts { variant, fields }))
    }

    /// `Some{value}` or `None`.
    pub(crate) fn option(value: Option<Val>) -> Val {
        value.map_or(Val::ZERO, |value| Val::variant(1, [value]))
    }

    /// `Ok{value}` or `Err{value}`.
    pub(crate) fn result(value: Result<Val, Val>) -> Val {
        match value {
            Ok(value) => Val::variant(0, [value]),
            Err(value) => Val::variant(1, [value]),
        }
    }
}

impl Default for Val {
    fn default() -> Self {
        Val::ZERO
    }
}

/// Fields of a tuple (variant 0) or of a variant.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) variant: u32,
    pub(crate) fields: SmallVec<[Val; 3]>,
}

/// A list of a million links is freed link by link, each inside of the one before.
impl Drop for Parts {
    fn drop(&mut self) {
        if self.fields.iter().any(|field| matches!(field, Val::Parts(_) | Val::Items(_) | Val::Pairs(_))) {
            stacker::maybe_grow(STACK_RED_ZONE, STACK_SEGMENT, || self.fields.clear());
        }
    }
}

/// The values of one group.
pub(crate) struct GroupVal {
    pub(crate) key: Val,
    /// Distinct values with their weights, as they came.
    unordered: Box<[(Word, i64)]>,
    /// The same in natural order, once somebody asked.
    ordered: OnceCell<Box<[(Word, i64)]>>,
}

impl GroupVal {
    pub(crate) fn new(key: Val, members: Box<[(Word, i64)]>) -> Self {
        GroupVal { key, unordered: members, ordered: OnceCell::new() }
    }

    pub(crate) fn len(&self) -> usize {
        self.unordered.len()
    }

    /// Members in natural order, by the order given; it must be the same at each call.
    pub(crate) fn members(&self, order: impl Fn(Word, Word) -> std::cmp::Ordering) -> &[(Word, i64)] {
        self.ordered.get_or_init(|| {
            let mut members = self.unordered.clone();
            members.sort_unstable_by(|(a, _), (b, _)| order(*a, *b));
            members
        })
    }
}
