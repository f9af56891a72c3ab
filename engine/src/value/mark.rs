//! What is still in use: the mark phase of giving memory back.

use super::parts::{Held, Part, held, parts};
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
        match held(types, ty, word) {
            Held::Plain => {}
            Held::Text => self.strings.insert(word),
            Held::Long => self.longs.insert(word & !ID),
            Held::Wide => self.wides.insert(word & !ID),
            Held::Big => self.bigs.insert(word & !ID),
            Held::Run(shape) => {
                self.runs.insert(word & !ID);
                if !self.followed.insert((ty, word)) {
                    return;
                }
                parts(interner, &shape, word, |part| match part {
                    Part::Plain(_) => {}
                    Part::Text(word) => self.strings.insert(word),
                    Part::Long(word) => self.longs.insert(word & !ID),
                    Part::Of(ty, word) => self.mark(interner, types, ty, word),
                });
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
}

/// A set of ids, one bit each.
#[derive(Debug, Default)]
pub(super) struct BitSet(Vec<u64>);

impl BitSet {
    /// Adds an id.
    pub(super) fn insert(&mut self, id: u32) {
        let (block, bit) = (id as usize / 64, 1u64 << (id % 64));
        if block >= self.0.len() {
            self.0.resize(block + 1, 0);
        }
        self.0[block] |= bit;
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
