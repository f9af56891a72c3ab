//! Changing long runs of words in a few places.

use smallvec::SmallVec;

use crate::value::Word;

/// Words in place of others.
#[derive(Debug)]
pub(super) struct Edit {
    /// Where, in the old run.
    pub(super) at: usize,
    /// How many words go.
    pub(super) gone: usize,
    /// What comes in their place.
    pub(super) new: SmallVec<[Word; 2]>,
}

impl Edit {
    pub(super) fn insert(at: usize, words: &[Word]) -> Self {
        Edit { at, gone: 0, new: SmallVec::from_slice(words) }
    }

    pub(super) fn remove(at: usize, gone: usize) -> Self {
        Edit { at, gone, new: SmallVec::new() }
    }
}

/// A run with edits made, which must be in ascending order.
pub(super) fn edited(old: &[Word], edits: &[Edit]) -> Vec<Word> {
    let more: usize = edits.iter().map(|edit| edit.new.len()).sum();
    let less: usize = edits.iter().map(|edit| edit.gone).sum();
    let mut words = Vec::with_capacity((old.len() + more).saturating_sub(less));
    let mut copied = 0;
    for edit in edits {
        let to = edit.at.clamp(copied, old.len());
        words.extend_from_slice(&old[copied..to]);
        words.extend_from_slice(&edit.new);
        copied = (to + edit.gone).min(old.len());
    }
    words.extend_from_slice(&old[copied..]);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn puts_words_in_the_place_of_others() {
        let edits = [
            Edit::insert(0, &[9]),
            Edit::insert(1, &[7, 8]),
            Edit::remove(1, 1),
            Edit { at: 3, gone: 1, new: SmallVec::from_slice(&[5]) },
            Edit::insert(4, &[6]),
        ];
        assert_eq!(edited(&[0, 1, 2, 3], &edits), [9, 0, 7, 8, 2, 5, 6]);
        assert_eq!(edited(&[], &[Edit::insert(0, &[1]), Edit::insert(0, &[2])]), [1, 2]);
        assert!(edited(&[1], &[Edit::remove(0, 1)]).is_empty());
        assert_eq!(edited(&[1, 2], &[]), [1, 2]);
    }
}
