//! What is still in use: the mark phase of giving memory back.

use super::shape::{Shape, shape};
use super::{Interner, Word, interner::ID};
use crate::ir::{TypeId, TypeTable};

/// Values of an [`Interner`] that are in use. Filled by [`Marks::mark`], used by [`Interner::retained`].
#[derive(Debug, Default)]
pub struct Marks {
    pub(super) strings: BitSet,
    pub(super) runs: BitSet,
    pub(super) longs: BitSet,
    pub(super) wides: BitSet,
    pub(super) bigs: BitSet,
    /// Runs already followed, by type: the same words can be values of several types.
    followed: rustc_hash::FxHashSet<(TypeId, Word)>,
}

impl Marks {
    /// Marks a value and all it is made of.
    pub fn mark(&mut self, interner: &Interner, types: &TypeTable, ty: TypeId, word: Word) {
        match shape(types, ty) {
            Shape::Str => {
                self.strings.insert(word);
            }
            Shape::Bool | Shape::Float | Shape::Never => {}
            Shape::Bit(width) | Shape::Signed(width) if width <= 32 => {}
            Shape::Double => {
                self.longs.insert(word & !ID);
            }
            _ if word & ID == 0 => {}
            Shape::Bit(width) | Shape::Signed(width) if width <= 64 => {
                self.longs.insert(word & !ID);
            }
            Shape::Bit(width) | Shape::Signed(width) if width <= 128 => {
                self.wides.insert(word & !ID);
            }
            Shape::Bit(_) | Shape::Signed(_) | Shape::BigInt => {
                self.bigs.insert(word & !ID);
            }
            shape => {
                self.runs.insert(word & !ID);
                if self.followed.insert((ty, word)) {
                    self.mark_parts(interner, types, &shape, word);
                }
            }
        }
    }

    /// Adds what others have marked.
    pub(crate) fn add(&mut self, other: &Marks) {
        self.strings.add(&other.strings);
        self.runs.add(&other.runs);
        self.longs.add(&other.longs);
        self.wides.add(&other.wides);
        self.bigs.add(&other.bigs);
    }

    fn mark_parts(&mut self, interner: &Interner, types: &TypeTable, shape: &Shape<'_>, word: Word) {
        let words = interner.words(word);
        match shape {
            Shape::Tuple(parts) => {
                for (ty, word) in parts.iter().zip(words) {
                    self.mark(interner, types, *ty, *word);
                }
            }
            Shape::Union(union) => {
                let Some((variant, fields)) = super::shape::split_variant(union, word, words) else { return };
                for (field, word) in variant.fields.iter().zip(fields) {
                    self.mark(interner, types, field.ty, *word);
                }
            }
            Shape::Vec(item) | Shape::Set(item) => {
                words.iter().for_each(|word| self.mark(interner, types, *item, *word));
            }
            Shape::Map(key, value) => {
                for pair in words.chunks_exact(2) {
                    self.mark(interner, types, *key, pair[0]);
                    self.mark(interner, types, *value, pair[1]);
                }
            }
            Shape::Group(key, value) => {
                let Some((key_word, members)) = words.split_first() else { return };
                self.mark(interner, types, *key, *key_word);
                for member in members.chunks_exact(2) {
                    self.mark(interner, types, *value, member[0]);
                    if member[1] & ID != 0 {
                        self.longs.insert(member[1] & !ID);
                    }
                }
            }
            Shape::Function => {
                if let [_, _, name, captured @ ..] = words {
                    self.strings.insert(*name);
                    for capture in captured.chunks_exact(2) {
                        self.mark(interner, types, TypeId(capture[0]), capture[1]);
                    }
                }
            }
            Shape::Any => {
                if let [ty, word] = words {
                    self.mark(interner, types, TypeId(*ty), *word);
                }
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
}

/// A set of ids, one bit each.
#[derive(Debug, Default)]
pub(super) struct BitSet(Vec<u64>);

impl BitSet {
    /// Adds an id; whether it is new.
    pub(super) fn insert(&mut self, id: u32) -> bool {
        let (block, bit) = (id as usize / 64, 1u64 << (id % 64));
        if block >= self.0.len() {
            self.0.resize(block + 1, 0);
        }
        let new = self.0[block] & bit == 0;
        self.0[block] |= bit;
        new
    }

    /// Adds the ids of another set.
    fn add(&mut self, other: &BitSet) {
        self.0.resize(self.0.len().max(other.0.len()), 0);
        self.0.iter_mut().zip(&other.0).for_each(|(block, more)| *block |= more);
    }

    pub(super) fn contains(&self, id: u32) -> bool {
        self.0.get(id as usize / 64).is_some_and(|block| block & (1 << (id % 64)) != 0)
    }
}
