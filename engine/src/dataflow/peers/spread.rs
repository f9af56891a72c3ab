//! Which worker a key falls to.

use std::hash::Hasher;

use rustc_hash::FxHasher;

use crate::dataflow::changes::Changes;
use crate::value::Word;

/// A hash of words: quick, and good for one process only.
#[inline]
pub(super) fn hash(key: &[Word]) -> u64 {
    let mut hasher = FxHasher::default();
    key.iter().for_each(|word| hasher.write_u32(*word));
    hasher.finish()
}

/// The worker, of so many, for the hash of a key.
#[inline]
pub(super) fn place(hash: u64, workers: usize) -> usize {
    ((u128::from(hash.wrapping_mul(0x9e37_79b9_7f4a_7c15)) * workers as u128) >> 64) as usize
}

/// Rows parted by the worker that their first columns fall to.
pub(super) fn spread(
    rows: &Changes,
    key_width: usize,
    workers: usize,
    hash: impl Fn(&[Word]) -> u64,
) -> Vec<Changes> {
    let mut shares = vec![Changes::new(); workers];
    let share = rows.len() / workers + rows.len() / 16;
    shares.iter_mut().for_each(|rows_of_one| rows_of_one.reserve(share, rows.width()));
    for (row, weight) in rows.iter() {
        shares[place(hash(&row[..key_width.min(row.len())]), workers)].push(row, weight);
    }
    shares
}
