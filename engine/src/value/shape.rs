//! How the values of each type are laid out in words.
//!
//! | type | word |
//! |---|---|
//! | `bool`, `bit<N>`, `signed<N>` up to 32 bits | the value; signed ones sign-extended to 32 bits |
//! | wider `bit<N>` | the value if below 2^31, else an id |
//! | wider `signed<N>`, `bigint` | 31 bits of two's complement if it fits, else an id |
//! | `float` | its bits |
//! | `double` | an id |
//! | `string` | an id without the mark bit; the empty string is 0 |
//! | tuple | the id of its words; the unit is 0 |
//! | struct of one field, `Ref`, `Intern` | what is inside |
//! | other struct, union | a variant without fields: its number; else the id of (the variant number, unless there is only one, and) the fields |
//! | `Vec`, `Set`, `Map` | the id of the items, pairs flat; empty is 0. Sets and maps are in the natural order of values |
//! | `Group` | the id of the key, then values and weights in turn |
//! | `Any` | the id of the type and the value |
//! | function | the id of ([`NAMED`] or [`CLOSURE`], its number in the running program, its name, and of a closure the type and word of all it captured in turn) |
//! | other types of the library: regular expressions, times | as the string they print as |
//!
//! "Id" has the top bit set. Not a number and zero have one bit pattern each, as values that compare equal must.

use crate::ir::{Type, TypeId, TypeTable, Union, Variant};

use super::texts::is_text;
use super::{Word, interner::ID};

/// A type as far as the layout of its values goes.
#[derive(Clone, Copy)]
pub(crate) enum Shape<'a> {
    Bool,
    Bit(u32),
    Signed(u32),
    BigInt,
    Double,
    Float,
    Str,
    Tuple(&'a [TypeId]),
    Union(&'a Union),
    Vec(TypeId),
    Set(TypeId),
    Map(TypeId, TypeId),
    Group(TypeId, TypeId),
    /// A function value. Numbers mean nothing to another program.
    Function,
    /// A value together with its type.
    Any,
    /// No value can exist.
    Never,
}

/// Of a function value: the function has a name.
pub(crate) const NAMED: Word = 0;

/// Of a function value: it was written where it was used.
pub(crate) const CLOSURE: Word = 1;

/// How deep structs of one field may be nested in each other; only a type that contains itself goes beyond.
const MAX_TRANSPARENT: usize = 256;

/// The shape behind `Ref`, `Intern` and structs of one field.
pub(crate) fn shape(types: &TypeTable, ty: TypeId) -> Shape<'_> {
    match types.ty(transparent(types, ty)) {
        Type::Bool => Shape::Bool,
        Type::Bit(width) => Shape::Bit(*width),
        Type::Signed(width) => Shape::Signed(*width),
        Type::BigInt => Shape::BigInt,
        Type::Double => Shape::Double,
        Type::Float => Shape::Float,
        Type::String => Shape::Str,
        Type::Tuple(parts) => Shape::Tuple(parts),
        Type::Union(union) => match types.union(*union) {
            union if is_transparent(union) => Shape::Never,
            union => Shape::Union(union),
        },
        Type::Vec(item) => Shape::Vec(*item),
        Type::Set(item) => Shape::Set(*item),
        Type::Map(key, value) => Shape::Map(*key, *value),
        Type::Group(key, value) => Shape::Group(*key, *value),
        Type::Function(..) => Shape::Function,
        Type::Opaque(name, args) => match (&**name, args.as_slice()) {
            ("tinyset::Set64" | "hashset::HashSet", [item]) => Shape::Set(*item),
            ("ddlog_std::Any", []) => Shape::Any,
            (name, []) if is_text(name) => Shape::Str,
            _ => Shape::Never,
        },
        Type::Ref(_) | Type::Intern(_) => Shape::Never,
    }
}

/// The type with everything taken off that does not change the word.
pub(crate) fn transparent(types: &TypeTable, mut ty: TypeId) -> TypeId {
    for _ in 0..MAX_TRANSPARENT {
        match types.ty(ty) {
            Type::Ref(inner) | Type::Intern(inner) => ty = *inner,
            Type::Union(union) => match types.union(*union) {
                union if is_transparent(union) => ty = union.variants[0].fields[0].ty,
                _ => break,
            },
            _ => break,
        }
    }
    ty
}

/// Whether values of the union are laid out as their only field.
pub(crate) fn is_transparent(union: &Union) -> bool {
    matches!(union.variants.as_slice(), [variant] if variant.fields.len() == 1)
}

/// Whether the type, behind any `Ref` or `Intern`, is a struct that is laid out as its only field.
pub(crate) fn is_transparent_struct(types: &TypeTable, ty: TypeId) -> bool {
    match types.ty(types.strip(ty)) {
        Type::Union(union) => is_transparent(types.union(*union)),
        _ => false,
    }
}

/// The variant of a union's value and its field words. `words` are those behind `word`.
pub(crate) fn split_variant<'a, 'w>(
    union: &'a Union,
    word: Word,
    words: &'w [Word],
) -> Option<(&'a Variant, &'w [Word])> {
    let (number, fields) = split_variant_number(union, word, words)?;
    Some((union.variants.get(number as usize)?, fields))
}

/// As [`split_variant`], with the variant's number.
#[inline]
pub(crate) fn split_variant_number<'w>(
    union: &Union,
    word: Word,
    words: &'w [Word],
) -> Option<(u32, &'w [Word])> {
    if word & ID == 0 {
        return Some((word, &[]));
    }
    if union.variants.len() == 1 {
        return Some((0, words));
    }
    words.split_first().map(|(number, fields)| (*number, fields))
}
