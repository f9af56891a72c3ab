//! A row: a run of words, one per column.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// One column. Small values are themselves; everything else is a number that the interner gave: equal words, equal values.
/// The order of words is not the order of values.
pub type Word = u32;

/// A row in motion between operators. At rest rows lie in a strided container without this header.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Row(pub SmallVec<[Word; 6]>);

impl std::ops::Deref for Row {
    type Target = [Word];

    fn deref(&self) -> &[Word] {
        &self.0
    }
}

impl AsRef<[Word]> for Row {
    fn as_ref(&self) -> &[Word] {
        self
    }
}

impl From<&[Word]> for Row {
    fn from(words: &[Word]) -> Self {
        Row(SmallVec::from_slice(words))
    }
}

impl FromIterator<Word> for Row {
    fn from_iter<I: IntoIterator<Item = Word>>(words: I) -> Self {
        Row(words.into_iter().collect())
    }
}
