//! Between words of rows and values under evaluation.

use std::rc::Rc;

use num_bigint::BigInt;

use super::budget::{self, ITEM};
use super::call::Callable;
use super::val::{GroupVal, Parts, Val};
use crate::ir::{TypeId, TypeTable, Union};
use crate::value::ints::{
    big_to_word, double_to_word, float_to_word, i64_to_word, i128_to_word, u64_to_word, u128_to_word,
    word_to_big, word_to_double, word_to_float, word_to_i64, word_to_u64,
};
use crate::value::shape::{CLOSURE, NAMED, Shape, shape, split_variant_number};
use crate::value::{Interner, Word};

/// How words of a type become values, found out once per place in the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Load {
    /// Up to 32 bits, or `bool`.
    Bits,
    /// `signed` up to 32 bits.
    Signed,
    /// Up to 64 bits.
    Long,
    /// `signed` up to 64 bits.
    SignedLong,
    Double,
    Float,
    /// Stays a word.
    Word,
}

impl Load {
    pub(crate) fn of(types: &TypeTable, ty: TypeId) -> Load {
        match shape(types, ty) {
            Shape::Bool => Load::Bits,
            Shape::Bit(width) if width <= 32 => Load::Bits,
            Shape::Signed(width) if width <= 32 => Load::Signed,
            Shape::Bit(width) if width <= 64 => Load::Long,
            Shape::Signed(width) if width <= 64 => Load::SignedLong,
            Shape::Double => Load::Double,
            Shape::Float => Load::Float,
            _ => Load::Word,
        }
    }

    #[inline]
    pub(crate) fn val(self, interner: &Interner, word: Word) -> Val {
        match self {
            Load::Bits => Val::Int(word.into()),
            Load::Signed => Val::Int(word as i32 as i64 as u64),
            Load::Long => Val::Int(word_to_u64(interner, word)),
            Load::SignedLong => Val::Int(word_to_i64(interner, word) as u64),
            Load::Double => Val::Float(word_to_double(interner, word)),
            Load::Float => Val::Float(word_to_float(word).into()),
            Load::Word => Val::Word(word),
        }
    }

    /// The word of an integer this loads.
    #[inline]
    pub(crate) fn int_word(self, interner: &Interner, value: u64) -> Word {
        match self {
            Load::Long => u64_to_word(interner, value),
            Load::SignedLong => i64_to_word(interner, value as i64),
            _ => value as Word,
        }
    }

    /// Whether values are [`Val::Int`].
    pub(crate) fn is_int(self) -> bool {
        matches!(self, Load::Bits | Load::Signed | Load::Long | Load::SignedLong)
    }
}

/// Why a value cannot be kept in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unstorable {
    /// Not a value of the type: never, if the program was checked.
    #[error("a value is not of its type")]
    Mismatch,
    #[error("a value of a relation cannot be nested more than {MAX_NESTING} deep")]
    Depth,
    /// Of a value with parts that are used many times over, each time is one.
    #[error("a value of a relation cannot have more than {MAX_PARTS} parts")]
    Size,
}

/// How deep tuples and unions of a row's value may be nested: who takes such values apart does it by recursion.
const MAX_NESTING: u32 = 2000;

/// How many parts a row's value may have.
const MAX_PARTS: u32 = 1 << 26;

/// The word of a value; interns it as needed.
pub(crate) fn store(
    interner: &Interner,
    types: &TypeTable,
    ty: TypeId,
    val: &Val,
) -> Result<Word, Unstorable> {
    Storing { interner, types, parts: 0 }.word(ty, val, 0)
}

/// A value on its way to words.
struct Storing<'a> {
    interner: &'a Interner,
    types: &'a TypeTable,
    /// Parts so far.
    parts: u32,
}

impl Storing<'_> {
    fn word(&mut self, ty: TypeId, val: &Val, depth: u32) -> Result<Word, Unstorable> {
        let interner = self.interner;
        Ok(match (val, shape(self.types, ty)) {
            (Val::Word(word), _) => *word,
            (Val::Int(value), Shape::Bit(33..)) => u64_to_word(interner, *value),
            (Val::Int(value), Shape::Signed(33..)) => i64_to_word(interner, *value as i64),
            (Val::Int(value), _) => *value as Word,
            (Val::Float(value), Shape::Float) => float_to_word(*value as f32),
            (Val::Float(value), _) => double_to_word(interner, *value),
            (Val::Wide(value), Shape::Signed(_)) => i128_to_word(interner, **value as i128),
            (Val::Wide(value), _) => u128_to_word(interner, **value),
            (Val::Big(value), _) => big_to_word(interner, value),
            (Val::Str(text), _) => interner.intern_str(text),
            (Val::Parts(parts), Shape::Tuple(part_types)) => {
                self.run(&[], part_types.iter().copied().zip(&parts.fields), depth)?
            }
            (Val::Parts(parts), Shape::Union(union)) => self.variant(union, parts, depth)?,
            (Val::Items(items), Shape::Vec(item) | Shape::Set(item)) => {
                self.run(&[], items.iter().map(|val| (item, val)), depth)?
            }
            (Val::Pairs(pairs), Shape::Map(key, value)) => {
                let flat = pairs.iter().flat_map(|(k, v)| [(key, k), (value, v)]);
                self.run(&[], flat, depth)?
            }
            (Val::Group(group), Shape::Group(key, value)) => {
                let types = self.types;
                let mut words = vec![self.word(key, &group.key, depth + 1)?];
                let members = group.members(|a, b| crate::value::compare(interner, types, value, a, b));
                words.extend(
                    members.iter().flat_map(|(word, weight)| [*word, i64_to_word(interner, *weight)]),
                );
                interner.intern_words(&words)
            }
            (Val::Any(any), _) => {
                let word = self.word(any.0, &any.1, depth + 1)?;
                interner.intern_words(&[any.0.0, word])
            }
            (Val::Function(function), Shape::Function) => self.function(function, depth)?,
            (Val::Function(_) | Val::Parts(_) | Val::Items(_) | Val::Pairs(_) | Val::Group(_), _) => {
                return Err(Unstorable::Mismatch);
            }
        })
    }

    fn function(&mut self, function: &Callable, depth: u32) -> Result<Word, Unstorable> {
        let (kind, number, name) = match function {
            Callable::Function(id, name) | Callable::Extern(id, _, _, name) => (NAMED, id.0, name),
            Callable::Closure(code, _) => (CLOSURE, code.number, &code.name),
        };
        let mut words = vec![kind, number, self.interner.intern_str(name)];
        if let Callable::Closure(code, captured) = function {
            for ((_, ty), val) in code.captures.iter().zip(captured) {
                words.extend([ty.0, self.word(*ty, val, depth + 1)?]);
            }
        }
        Ok(self.interner.intern_words(&words))
    }

    fn variant(&mut self, union: &Union, parts: &Parts, depth: u32) -> Result<Word, Unstorable> {
        let variant = union.variants.get(parts.variant as usize).ok_or(Unstorable::Mismatch)?;
        if variant.fields.is_empty() {
            return Ok(parts.variant);
        }
        let number = [parts.variant];
        let prefix = if union.variants.len() > 1 { &number[..] } else { &[] };
        let fields = variant.fields.iter().map(|field| field.ty).zip(&parts.fields);
        self.run(prefix, fields, depth)
    }

    fn run<'v>(
        &mut self,
        prefix: &[Word],
        parts: impl Iterator<Item = (TypeId, &'v Val)>,
        depth: u32,
    ) -> Result<Word, Unstorable> {
        if depth > MAX_NESTING {
            return Err(Unstorable::Depth);
        }
        let mut words: smallvec::SmallVec<[Word; 16]> = smallvec::SmallVec::from_slice(prefix);
        for (ty, val) in parts {
            self.parts += 1;
            if self.parts > MAX_PARTS {
                return Err(Unstorable::Size);
            }
            words.push(self.word(ty, val, depth + 1)?);
        }
        Ok(if words.is_empty() { 0 } else { self.interner.intern_words(&words) })
    }
}

/// Bits of an integer of 65 to 128 bits; sign-extended if `signed`.
pub(crate) fn wide_bits(interner: &Interner, signed: bool, val: &Val) -> u128 {
    match val {
        Val::Wide(value) => **value,
        Val::Word(word) if signed => crate::value::ints::word_to_i128(interner, *word) as u128,
        Val::Word(word) => crate::value::ints::word_to_u128(interner, *word),
        Val::Int(value) if signed => *value as i64 as u128,
        Val::Int(value) => u128::from(*value),
        _ => 0,
    }
}

/// The number of a `bigint` or a bit vector above 128 bits.
pub(crate) fn big(interner: &Interner, val: &Val) -> BigInt {
    match val {
        Val::Big(value) => (**value).clone(),
        Val::Word(word) => word_to_big(interner, *word),
        Val::Int(value) => BigInt::from(*value as i64),
        Val::Wide(value) => BigInt::from(**value),
        _ => BigInt::default(),
    }
}

/// The text of a string.
#[inline]
pub(crate) fn text<'a>(interner: &'a Interner, val: &'a Val) -> &'a str {
    match val {
        Val::Str(text) => text,
        Val::Word(word) => interner.string(*word),
        _ => "",
    }
}

/// Elements of a `Vec`, `Set`, or of the run of words of one.
#[derive(Clone, Copy)]
pub(crate) enum Seq<'a> {
    Words(&'a [Word], Load),
    Vals(&'a [Val]),
}

impl<'a> Seq<'a> {
    /// The items of a `Vec` or `Set` whose items load as given.
    pub(crate) fn of(interner: &'a Interner, load: Load, val: &'a Val) -> Self {
        match val {
            Val::Items(items) => Seq::Vals(items),
            Val::Word(word) => Seq::Words(interner.words(*word), load),
            _ => Seq::Vals(&[]),
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Seq::Words(words, _) => words.len(),
            Seq::Vals(vals) => vals.len(),
        }
    }

    pub(crate) fn at(&self, interner: &Interner, i: usize) -> Option<Val> {
        match self {
            Seq::Words(words, load) => words.get(i).map(|word| load.val(interner, *word)),
            Seq::Vals(vals) => vals.get(i).cloned(),
        }
    }

    pub(crate) fn iter(self, interner: &'a Interner) -> impl Iterator<Item = Val> + 'a {
        (0..self.len()).filter_map(move |i| self.at(interner, i))
    }
}

/// The items of a `Vec` or `Set`, to be changed in place: no copy if held once.
pub(crate) fn items_mut<'v>(interner: &Interner, load: Load, val: &'v mut Val) -> &'v mut Vec<Val> {
    if !matches!(val, Val::Items(_)) {
        *val = Val::items(Seq::of(interner, load, val).iter(interner).collect());
    }
    match val {
        Val::Items(items) => {
            if Rc::strong_count(items) > 1 {
                budget::spend(items.len() * ITEM);
            }
            budget::spend(ITEM);
            Rc::make_mut(items)
        }
        _ => unreachable!("made items above"),
    }
}

/// Pairs of a `Map`.
#[derive(Clone, Copy)]
pub(crate) enum PairSeq<'a> {
    Words(&'a [Word], Load, Load),
    Vals(&'a [(Val, Val)]),
}

impl<'a> PairSeq<'a> {
    pub(crate) fn of(interner: &'a Interner, key: Load, value: Load, val: &'a Val) -> Self {
        match val {
            Val::Pairs(pairs) => PairSeq::Vals(pairs),
            Val::Word(word) => PairSeq::Words(interner.words(*word), key, value),
            _ => PairSeq::Vals(&[]),
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            PairSeq::Words(words, ..) => words.len() / 2,
            PairSeq::Vals(vals) => vals.len(),
        }
    }

    pub(crate) fn key(&self, interner: &Interner, i: usize) -> Option<Val> {
        match self {
            PairSeq::Words(words, key, _) => words.get(2 * i).map(|word| key.val(interner, *word)),
            PairSeq::Vals(vals) => vals.get(i).map(|(key, _)| key.clone()),
        }
    }

    pub(crate) fn value(&self, interner: &Interner, i: usize) -> Option<Val> {
        match self {
            PairSeq::Words(words, _, value) => words.get(2 * i + 1).map(|word| value.val(interner, *word)),
            PairSeq::Vals(vals) => vals.get(i).map(|(_, value)| value.clone()),
        }
    }

    pub(crate) fn iter(self, interner: &'a Interner) -> impl Iterator<Item = (Val, Val)> + 'a {
        (0..self.len()).filter_map(move |i| Some((self.key(interner, i)?, self.value(interner, i)?)))
    }
}

/// The pairs of a `Map`, to be changed in place.
pub(crate) fn pairs_mut<'v>(
    interner: &Interner,
    key: Load,
    value: Load,
    val: &'v mut Val,
) -> &'v mut Vec<(Val, Val)> {
    if !matches!(val, Val::Pairs(_)) {
        *val = Val::pairs(PairSeq::of(interner, key, value, val).iter(interner).collect());
    }
    match val {
        Val::Pairs(pairs) => {
            if Rc::strong_count(pairs) > 1 {
                budget::spend(2 * pairs.len() * ITEM);
            }
            budget::spend(2 * ITEM);
            Rc::make_mut(pairs)
        }
        _ => unreachable!("made pairs above"),
    }
}

/// The group of a value of type `Group`.
pub(crate) fn group(interner: &Interner, key: Load, val: &Val) -> Rc<GroupVal> {
    match val {
        Val::Group(group) => group.clone(),
        Val::Word(word) => {
            let words = interner.words(*word);
            let (key_word, members) = words.split_first().map_or((0, &[][..]), |(key, rest)| (*key, rest));
            let members =
                members.chunks_exact(2).map(|member| (member[0], word_to_i64(interner, member[1]))).collect();
            Rc::new(GroupVal::new(key.val(interner, key_word), members))
        }
        _ => Rc::new(GroupVal::new(Val::ZERO, Box::new([]))),
    }
}

/// Variant number of a value of a union that is laid out with its number.
#[inline]
pub(crate) fn variant_number(interner: &Interner, union_has_many: bool, val: &Val) -> u32 {
    match val {
        Val::Parts(parts) => parts.variant,
        Val::Word(word) if *word & crate::value::ID == 0 => *word,
        Val::Word(word) if union_has_many => interner.words(*word).first().copied().unwrap_or_default(),
        _ => 0,
    }
}

/// Field of a tuple or variant: `offset` is 1 if the words begin with the variant's number.
#[inline]
pub(crate) fn part(interner: &Interner, offset: usize, index: usize, load: Load, val: &Val) -> Val {
    match val {
        Val::Parts(parts) => parts.fields.get(index).cloned().unwrap_or_default(),
        Val::Word(word) => {
            let words = interner.words(*word);
            load.val(interner, words.get(offset + index).copied().unwrap_or_default())
        }
        _ => Val::ZERO,
    }
}

/// A tuple or variant with its fields taken apart, whatever its form.
pub(crate) fn parts(interner: &Interner, types: &TypeTable, ty: TypeId, val: &Val) -> Rc<Parts> {
    if let Val::Parts(parts) = val {
        return parts.clone();
    }
    let Val::Word(word) = val else {
        return Rc::new(Parts { variant: 0, fields: Default::default() });
    };
    let words = interner.words(*word);
    let load = |ty: TypeId, word: &Word| Load::of(types, ty).val(interner, *word);
    let (variant, fields) = match shape(types, ty) {
        Shape::Tuple(part_types) => {
            (0, part_types.iter().zip(words).map(|(ty, word)| load(*ty, word)).collect())
        }
        Shape::Union(union) => {
            let (number, words) = split_variant_number(union, *word, words).unwrap_or_default();
            let fields = union.variants.get(number as usize).map_or(&[][..], |variant| &variant.fields);
            (number, fields.iter().zip(words).map(|(field, word)| load(field.ty, word)).collect())
        }
        _ => (0, Default::default()),
    };
    Rc::new(Parts { variant, fields })
}
