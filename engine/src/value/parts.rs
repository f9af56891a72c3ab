//! What a word stands for and what it is made of, for whoever follows values beyond one process's numbers.

use super::interner::ID;
use super::shape::{Shape, shape, split_variant_number};
use super::{Interner, Word};
use crate::ir::{TypeId, TypeTable};

/// What a word of some type stands for.
pub(super) enum Held<'t> {
    /// For itself, in every process.
    Plain,
    /// For a string of the interner.
    Text,
    /// For 64 bits of the interner.
    Long,
    /// For 128 bits of the interner.
    Wide,
    /// For a larger number of the interner.
    Big,
    /// For other words of the interner.
    Run(Shape<'t>),
}

/// One of the words behind a word.
pub(super) enum Part {
    /// Stands for itself.
    Plain(Word),
    /// A string.
    Text(Word),
    /// 64 bits of the interner.
    Long(Word),
    /// A value of that type.
    Of(TypeId, Word),
}

/// What a word of a type stands for.
pub(super) fn held(types: &TypeTable, ty: TypeId, word: Word) -> Held<'_> {
    match shape(types, ty) {
        // The empty string is the same everywhere.
        Shape::Str if word == 0 => Held::Plain,
        Shape::Str => Held::Text,
        Shape::Bool | Shape::Float | Shape::Never => Held::Plain,
        Shape::Bit(..=32) | Shape::Signed(..=32) => Held::Plain,
        Shape::Double => Held::Long,
        _ if word & ID == 0 => Held::Plain,
        Shape::Bit(..=64) | Shape::Signed(..=64) => Held::Long,
        Shape::Bit(..=128) | Shape::Signed(..=128) => Held::Wide,
        Shape::Bit(_) | Shape::Signed(_) | Shape::BigInt => Held::Big,
        shape => Held::Run(shape),
    }
}

/// The words behind one that stands for others, in order.
pub(super) fn parts(interner: &Interner, shape: &Shape<'_>, word: Word, mut each: impl FnMut(Part)) {
    let words = interner.words(word);
    match shape {
        Shape::Tuple(types) => types.iter().zip(words).for_each(|(ty, word)| each(Part::Of(*ty, *word))),
        Shape::Union(union) => {
            let Some((number, fields)) = split_variant_number(union, word, words) else { return };
            if union.variants.len() > 1 {
                each(Part::Plain(number));
            }
            let declared = union.variants.get(number as usize).map_or(&[][..], |variant| &variant.fields);
            declared.iter().zip(fields).for_each(|(field, word)| each(Part::Of(field.ty, *word)));
        }
        Shape::Vec(item) | Shape::Set(item) => words.iter().for_each(|word| each(Part::Of(*item, *word))),
        Shape::Map(key, value) => {
            for pair in words.chunks_exact(2) {
                each(Part::Of(*key, pair[0]));
                each(Part::Of(*value, pair[1]));
            }
        }
        Shape::Group(key, value) => {
            let Some((key_word, members)) = words.split_first() else { return };
            each(Part::Of(*key, *key_word));
            for member in members.chunks_exact(2) {
                each(Part::Of(*value, member[0]));
                let count = member[1];
                each(if count & ID == 0 { Part::Plain(count) } else { Part::Long(count) });
            }
        }
        Shape::Function => {
            let [kind, number, name, captured @ ..] = words else { return };
            each(Part::Plain(*kind));
            each(Part::Plain(*number));
            each(Part::Text(*name));
            for capture in captured.chunks_exact(2) {
                each(Part::Plain(capture[0]));
                each(Part::Of(TypeId(capture[0]), capture[1]));
            }
        }
        Shape::Any => {
            let [ty, word] = words else { return };
            each(Part::Plain(*ty));
            each(Part::Of(TypeId(*ty), *word));
        }
        Shape::Bool
        | Shape::Bit(_)
        | Shape::Signed(_)
        | Shape::BigInt
        | Shape::Double
        | Shape::Float
        | Shape::Str
        | Shape::Never => {}
    }
}
