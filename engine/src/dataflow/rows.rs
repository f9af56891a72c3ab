//! Rows at rest.

use differential_dataflow::trace::implementations::BatchContainer;
use timely::container::PushInto;

use crate::value::{Row, Word};

/// Rows of one width, word after word: no header and no offset per row.
///
/// The width is that of the first row pushed; rows of one arrangement all have the same.
#[derive(Debug, Default)]
pub(crate) struct RowContainer {
    width: usize,
    rows: usize,
    /// Rows to make room for once the width is known.
    expected: usize,
    words: Vec<Word>,
}

impl RowContainer {
    /// Bytes it takes, unused room included.
    pub(crate) fn bytes(&self) -> usize {
        self.words.capacity() * size_of::<Word>()
    }

    fn push(&mut self, row: &[Word]) {
        if self.rows == 0 {
            self.width = row.len();
            self.words.reserve_exact(std::mem::take(&mut self.expected) * self.width);
        }
        debug_assert_eq!(self.width, row.len(), "rows of one arrangement have one width");
        self.words.extend_from_slice(row);
        self.rows += 1;
    }
}

impl BatchContainer for RowContainer {
    type Owned = Row;
    type ReadItem<'a> = &'a [Word];

    fn into_owned<'a>(row: Self::ReadItem<'a>) -> Row {
        Row::from(row)
    }

    fn push_ref(&mut self, row: Self::ReadItem<'_>) {
        self.push(row);
    }

    fn push_own(&mut self, row: &Row) {
        self.push(row);
    }

    fn clear(&mut self) {
        self.words.clear();
        self.rows = 0;
    }

    fn with_capacity(rows: usize) -> Self {
        RowContainer { width: 0, rows: 0, expected: rows, words: Vec::new() }
    }

    fn merge_capacity(one: &Self, other: &Self) -> Self {
        Self::with_capacity(one.rows + other.rows)
    }

    fn reborrow<'b, 'a: 'b>(row: Self::ReadItem<'a>) -> Self::ReadItem<'b> {
        row
    }

    #[inline]
    fn index(&self, index: usize) -> Self::ReadItem<'_> {
        &self.words[index * self.width..][..self.width]
    }

    #[inline]
    fn len(&self) -> usize {
        self.rows
    }
}

impl PushInto<Row> for RowContainer {
    fn push_into(&mut self, row: Row) {
        self.push(&row);
    }
}

/// What differential's batch builder compares keys and values with.
impl PartialEq<Row> for [Word] {
    fn eq(&self, row: &Row) -> bool {
        self == &row[..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_rows_of_any_width() {
        for rows in [vec![vec![], vec![]], vec![vec![7], vec![8]], vec![vec![1, 2, 3], vec![0, 5, 9]]] {
            let mut container = RowContainer::with_capacity(1);
            rows.iter().for_each(|row: &Vec<Word>| container.push_own(&Row::from(row.as_slice())));
            let read: Vec<Vec<Word>> = (0..container.len()).map(|i| container.index(i).to_vec()).collect();
            assert_eq!(read, rows);
            container.clear();
            assert_eq!(container.len(), 0);
            container.push_ref(&[1, 2]);
            assert_eq!(container.index(0), [1, 2]);
        }
    }
}
