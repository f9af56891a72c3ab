//! How the weights of many rows change: mostly by one, which takes no room.

use super::index::Weight;

/// Weights by the place of a row. As long as all of them are 1 only their number is kept.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    rows: usize,
    /// Of every row, or empty if all are 1.
    each: Vec<Weight>,
}

impl Counts {
    /// None.
    pub(super) const fn new() -> Self {
        Counts { rows: 0, each: Vec::new() }
    }

    /// Of so many rows.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.rows
    }

    /// Bytes they take, unused room included.
    pub(super) fn bytes(&self) -> usize {
        self.each.capacity() * size_of::<Weight>()
    }

    /// Whether there are none.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Whether all are known to be 1.
    #[inline]
    pub(super) fn are_ones(&self) -> bool {
        self.each.is_empty()
    }

    /// The weight of a row.
    #[inline]
    pub(super) fn at(&self, row: usize) -> Weight {
        match self.are_ones() {
            true => 1,
            false => self.each[row],
        }
    }

    /// Adds that of a row.
    #[inline]
    pub(super) fn push(&mut self, weight: Weight) {
        if weight != 1 || !self.are_ones() {
            self.keep_each();
            self.each.push(weight);
        }
        self.rows += 1;
    }

    /// Adds those of other rows.
    pub(super) fn append(&mut self, other: &Counts) {
        if !self.are_ones() || !other.are_ones() {
            self.keep_each();
            match other.are_ones() {
                true => self.each.resize(self.rows + other.rows, 1),
                false => self.each.extend_from_slice(&other.each),
            }
        }
        self.rows += other.rows;
    }

    /// Turns those of the rows from this one on into their opposites.
    pub(super) fn negate_from(&mut self, row: usize) {
        if row < self.rows {
            self.keep_each();
            self.each[row..].iter_mut().for_each(|weight| *weight = -*weight);
        }
    }

    /// Each.
    pub(super) fn iter(&self) -> impl Iterator<Item = Weight> {
        (0..self.rows).map(|row| self.at(row))
    }

    /// Whether one of them is 0.
    pub(super) fn have_zero(&self) -> bool {
        self.each.contains(&0)
    }

    /// Forgets all of them.
    pub(super) fn clear(&mut self) {
        self.rows = 0;
        self.each.clear();
    }

    /// Forgets those of rows that are 0; tells which places are left, in order, as pairs of a new place and the old one.
    pub(super) fn drop_zeros(&mut self, mut moved: impl FnMut(usize, usize)) {
        let mut kept = 0;
        for at in 0..self.each.len() {
            if self.each[at] != 0 {
                self.each[kept] = self.each[at];
                moved(kept, at);
                kept += 1;
            }
        }
        self.each.truncate(kept);
        self.rows = kept;
    }

    fn keep_each(&mut self) {
        if self.each.is_empty() {
            self.each.resize(self.rows, 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_kept_once_one_is_not_one() {
        let mut counts = Counts::new();
        (0..3).for_each(|_| counts.push(1));
        assert_eq!((counts.len(), counts.bytes()), (3, 0));
        let mut more = counts.clone();
        more.append(&counts);
        assert_eq!((more.len(), more.bytes()), (6, 0));
        more.negate_from(4);
        more.push(1);
        more.push(0);
        counts.append(&more);
        assert_eq!(counts.iter().collect::<Vec<_>>(), [1, 1, 1, 1, 1, 1, 1, -1, -1, 1, 0]);
        let mut places = Vec::new();
        counts.drop_zeros(|new, old| places.push((new, old)));
        assert_eq!((counts.len(), counts.have_zero(), places.len()), (10, false, 10));
        counts.clear();
        counts.push(1);
        assert_eq!((counts.len(), counts.at(0)), (1, 1));
    }
}
