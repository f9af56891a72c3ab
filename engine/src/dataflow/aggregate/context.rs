//! Words and what they stand for.

use std::cmp::Ordering;

use crate::ir::{TypeId, TypeTable};
use crate::value::{ID, Interner, Word, compare};

/// What aggregates need to know about words.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) interner: &'a Interner,
    pub(super) types: &'a TypeTable,
}

impl<'a> Context<'a> {
    /// The natural order of two values.
    #[inline]
    pub(super) fn order(self, ty: TypeId, a: Word, b: Word) -> Ordering {
        compare(self.interner, self.types, ty, a, b)
    }

    /// The items of a collection.
    pub(super) fn items(self, collection: Word) -> &'a [Word] {
        self.interner.words(collection)
    }

    /// The collection of these items.
    pub(super) fn collection(self, items: &[Word]) -> Word {
        if items.is_empty() { 0 } else { self.interner.intern_words(items) }
    }

    /// A value as an option.
    pub(super) fn option(self, value: Option<Word>) -> Word {
        match value {
            None => 0,
            Some(word) => self.interner.intern_words(&[1, word]),
        }
    }

    /// What is in an option.
    pub(super) fn inside(self, option: Word) -> Option<Word> {
        match self.interner.words(option) {
            [1, word] if option & ID != 0 => Some(*word),
            _ => None,
        }
    }
}
