//! Rows in motion: changes of rows of one width, word after word, with their weights alongside.

use std::cmp::Ordering;

use super::counts::Counts;
use super::index::Weight;
use super::memory::Held;
use crate::value::Word;

/// Changes of rows that all have the same width, which is that of the first one pushed.
///
/// Rows of a key and a value are kept as one: whoever pushed them knows the width of the key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Changes {
    width: usize,
    words: Vec<Word>,
    weights: Counts,
}

impl Changes {
    /// None.
    pub(crate) const fn new() -> Self {
        Changes { width: 0, words: Vec::new(), weights: Counts::new() }
    }

    /// The one row without columns, once.
    pub(crate) fn once() -> Self {
        let mut once = Changes::new();
        once.push(&[], 1);
        once
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.weights.len()
    }

    /// What they take.
    pub(crate) fn held(&self) -> Held {
        let bytes = self.words.capacity() * size_of::<Word>() + self.weights.bytes();
        Held { updates: self.len(), bytes }
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.weights.is_empty()
    }

    /// Words of a row; 0 as long as there is none.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Adds a change.
    #[inline]
    pub(crate) fn push(&mut self, row: &[Word], weight: Weight) {
        self.push_pair(row, &[], weight);
    }

    /// Adds a change of a row of key and value.
    #[inline]
    pub(crate) fn push_pair(&mut self, key: &[Word], value: &[Word], weight: Weight) {
        if self.weights.is_empty() {
            self.width = key.len() + value.len();
        }
        debug_assert_eq!(self.width, key.len() + value.len(), "rows that move together have one width");
        self.words.extend_from_slice(key);
        self.words.extend_from_slice(value);
        self.weights.push(weight);
    }

    /// Adds other changes of such rows.
    pub(crate) fn append(&mut self, other: &Changes) {
        if self.weights.is_empty() {
            self.width = other.width;
        }
        debug_assert!(
            other.is_empty() || self.width == other.width,
            "rows that move together have one width"
        );
        self.words.extend_from_slice(&other.words);
        self.weights.append(&other.weights);
    }

    /// As [`Self::append`], without a copy if there are none here.
    pub(crate) fn append_all(&mut self, other: Changes) {
        match self.is_empty() {
            true => *self = other,
            false => self.append(&other),
        }
    }

    /// Adds the opposite of other changes of such rows.
    pub(crate) fn append_opposite(&mut self, other: &Changes) {
        let before = self.weights.len();
        self.append(other);
        self.weights.negate_from(before);
    }

    /// The opposite of each.
    pub(crate) fn opposite(mut self) -> Self {
        self.weights.negate_from(0);
        self
    }

    /// Rows that are there, each once.
    pub(crate) fn as_set(&self) -> Self {
        let mut set = Changes::new();
        self.iter().filter(|(_, weight)| *weight > 0).for_each(|(row, _)| set.push(row, 1));
        set
    }

    /// A row by its place.
    #[inline]
    pub(crate) fn row(&self, at: usize) -> &[Word] {
        &self.words[at * self.width..][..self.width]
    }

    /// The change of a row by its place.
    #[inline]
    pub(crate) fn weight(&self, at: usize) -> Weight {
        self.weights.at(at)
    }

    /// The rows and how their weights change.
    #[inline]
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (&[Word], Weight)> + ExactSizeIterator {
        (0..self.len()).map(|at| (self.row(at), self.weights.at(at)))
    }

    /// Forgets all of them, but not the room they took.
    pub(crate) fn clear(&mut self) {
        self.words.clear();
        self.weights.clear();
    }

    /// Makes room.
    pub(crate) fn reserve(&mut self, rows: usize, width: usize) {
        self.words.reserve(rows * width);
    }

    /// Sorts by words, adds the weights of equal rows up, and leaves out what is zero then.
    pub(crate) fn consolidate(&mut self) {
        if self.is_sorted() {
            return self.drop_zeros();
        }
        if self.weights.are_ones() {
            match self.width {
                1 => return self.consolidate_in_place::<1>(),
                2 => return self.consolidate_in_place::<2>(),
                3 => return self.consolidate_in_place::<3>(),
                4 => return self.consolidate_in_place::<4>(),
                5 => return self.consolidate_in_place::<5>(),
                6 => return self.consolidate_in_place::<6>(),
                7 => return self.consolidate_in_place::<7>(),
                8 => return self.consolidate_in_place::<8>(),
                _ => {}
            }
        }
        match self.width {
            0 => {
                let sum = self.weights.iter().sum();
                self.clear();
                self.weights.push(sum);
                self.drop_zeros();
            }
            1 => self.consolidate_packed(|row| row[0], |key, words| words.push(key)),
            2 => self.consolidate_packed(
                |row| u64::from(row[0]) << 32 | u64::from(row[1]),
                |key, words| words.extend([(key >> 32) as Word, key as Word]),
            ),
            3 => self.consolidate_packed(
                |row| prefix(row) >> 32,
                |key, words| words.extend([(key >> 64) as Word, (key >> 32) as Word, key as Word]),
            ),
            4 => self.consolidate_packed(prefix, |key, words| {
                words.extend([(key >> 96) as Word, (key >> 64) as Word, (key >> 32) as Word, key as Word]);
            }),
            _ => self.consolidate_wide(),
        }
    }

    /// In another order than that of words.
    pub(crate) fn sorted_by(&self, mut compare: impl FnMut(&[Word], &[Word]) -> Ordering) -> Self {
        let mut order: Vec<u32> = (0..self.len() as u32).collect();
        order.sort_unstable_by(|one, other| compare(self.row(*one as usize), self.row(*other as usize)));
        let mut sorted = Changes::new();
        sorted.reserve(self.len(), self.width);
        order.iter().for_each(|at| sorted.push(self.row(*at as usize), self.weight(*at as usize)));
        sorted
    }

    /// The change of each row that was pushed last, sorted by words.
    pub(crate) fn last_of_each(self) -> Self {
        if self.is_sorted() {
            return self;
        }
        let mut order: Vec<(u128, u32)> =
            (0..self.len()).map(|at| (prefix(self.row(at)), at as u32)).collect();
        let rest = |at: u32| self.row(at as usize).get(4..).unwrap_or_default();
        order.sort_unstable_by(|(one, one_at), (other, other_at)| {
            one.cmp(other).then_with(|| rest(*one_at).cmp(rest(*other_at))).then(one_at.cmp(other_at))
        });
        let mut last = Changes::new();
        last.reserve(self.len(), self.width);
        for (place, (_, at)) in order.iter().enumerate() {
            let row = self.row(*at as usize);
            if order.get(place + 1).is_none_or(|(_, next)| self.row(*next as usize) != row) {
                last.push(row, self.weights.at(*at as usize));
            }
        }
        last
    }

    /// Whether rows are strictly ascending.
    fn is_sorted(&self) -> bool {
        match self.width {
            0 => self.len() <= 1,
            width => {
                let mut rows = self.words.chunks_exact(width);
                let Some(mut last) = rows.next() else { return true };
                rows.all(|row| std::mem::replace(&mut last, row) < row)
            }
        }
    }

    fn drop_zeros(&mut self) {
        if self.weights.have_zero() {
            let (width, words) = (self.width, &mut self.words);
            self.weights
                .drop_zeros(|new, old| words.copy_within(old * width..(old + 1) * width, new * width));
            self.words.truncate(self.weights.len() * width);
        }
    }

    /// Rows that only come need no second place to be sorted in, however many there are.
    fn consolidate_in_place<const WIDTH: usize>(&mut self) {
        let (rows, _) = self.words.as_chunks_mut::<WIDTH>();
        match WIDTH {
            1..=4 => rows.sort_unstable_by_key(|row| prefix(row)),
            _ => rows.sort_unstable_by(|one, other| {
                prefix(one).cmp(&prefix(other)).then_with(|| one[4..].cmp(&other[4..]))
            }),
        }
        let (mut kept, mut at) = (0, 0);
        self.weights.clear();
        while let Some(row) = rows.get(at).copied() {
            let equal = rows[at..].iter().take_while(|other| **other == row).count();
            rows[kept] = row;
            self.weights.push(equal as Weight);
            (kept, at) = (kept + 1, at + equal);
        }
        self.words.truncate(kept * WIDTH);
    }

    /// Rows that fit into one machine word each.
    fn consolidate_packed<K: Ord + Copy>(
        &mut self,
        pack: impl Fn(&[Word]) -> K,
        unpack: impl Fn(K, &mut Vec<Word>),
    ) {
        let rows = self.words.chunks_exact(self.width).map(pack);
        let mut packed: Vec<(K, Weight)> = rows.zip(self.weights.iter()).collect();
        packed.sort_unstable_by_key(|(key, _)| *key);
        self.clear();
        let mut packed = packed.into_iter();
        let Some((mut key, mut sum)) = packed.next() else { return };
        for (next, weight) in packed {
            if next == key {
                sum += weight;
                continue;
            }
            if sum != 0 {
                unpack(key, &mut self.words);
                self.weights.push(sum);
            }
            (key, sum) = (next, weight);
        }
        if sum != 0 {
            unpack(key, &mut self.words);
            self.weights.push(sum);
        }
    }

    /// Rows of more words are sorted by their first four, and by the others where those are equal.
    fn consolidate_wide(&mut self) {
        let mut order: Vec<(u128, u32)> = Vec::with_capacity(self.len());
        order.extend(self.words.chunks_exact(self.width).map(prefix).zip(0..));
        order.sort_unstable_by(|(one, one_at), (other, other_at)| {
            one.cmp(other)
                .then_with(|| self.row(*one_at as usize)[4..].cmp(&self.row(*other_at as usize)[4..]))
        });
        let mut sorted = Changes { width: self.width, ..Changes::default() };
        sorted.words.reserve_exact(self.words.len());
        let mut at = 0;
        while let Some((_, first)) = order.get(at) {
            let row = self.row(*first as usize);
            let mut sum = 0;
            while let Some((_, next)) = order.get(at).filter(|(_, next)| self.row(*next as usize) == row) {
                sum += self.weights.at(*next as usize);
                at += 1;
            }
            if sum != 0 {
                sorted.push(row, sum);
            }
        }
        *self = sorted;
    }
}

/// The first four words of a row, which order as the row does.
fn prefix(row: &[Word]) -> u128 {
    row.iter().chain([0; 4].iter()).take(4).fold(0, |key, word| key << 32 | u128::from(*word))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn consolidates_rows_of_every_width() {
        let mut state = 7u64;
        let mut random = |below: u32| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as u32 % below
        };
        for width in 0..10 {
            for rows in [0, 1, 2, 30, 500] {
                for lightest in [-1, 1] {
                    let (mut changes, mut expected) = (Changes::new(), BTreeMap::<Vec<Word>, Weight>::new());
                    for _ in 0..rows {
                        let row: Vec<Word> = (0..width).map(|_| random(3) * 0x7000_0000).collect();
                        let weight = if lightest == 1 { 1 } else { Weight::from(random(3)) - 1 };
                        changes.push(&row, weight);
                        *expected.entry(row).or_default() += weight;
                    }
                    expected.retain(|_, weight| *weight != 0);
                    changes.consolidate();
                    let found: Vec<(Vec<Word>, Weight)> =
                        changes.iter().map(|(row, w)| (row.to_vec(), w)).collect();
                    assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "width {width}");
                }
            }
        }
    }

    #[test]
    fn the_last_word_on_a_row_counts() {
        for width in [1, 3, 4, 6] {
            let row = |number: Word| vec![number; width];
            let mut changes = Changes::new();
            for (number, weight) in [(7, 1), (2, -1), (7, -1), (9, 1), (2, 1), (7, 1)] {
                changes.push(&row(number), weight);
            }
            let last = changes.last_of_each();
            let found: Vec<(Word, Weight)> = last.iter().map(|(row, weight)| (row[0], weight)).collect();
            assert_eq!(found, [(2, 1), (7, 1), (9, 1)]);
        }
    }

    #[test]
    fn opposites_cancel() {
        let mut changes = Changes::new();
        changes.push_pair(&[1], &[2, 3], 1);
        changes.push(&[4, 5, 6], -2);
        let mut all = changes.clone();
        all.append_opposite(&changes);
        assert_eq!(all.len(), 4);
        all.consolidate();
        assert!(all.is_empty());
    }
}
