//! Which worker a key falls to.

use std::hash::Hasher;

use rustc_hash::FxHasher;

use crate::dataflow::changes::Changes;
use crate::value::Word;

/// The worker, of so many, that a key falls to.
#[inline]
pub(crate) fn owner(key: &[Word], workers: usize) -> usize {
    let mut hasher = FxHasher::default();
    key.iter().for_each(|word| hasher.write_u32(*word));
    place(hasher.finish(), workers)
}

/// The worker for a hash.
#[inline]
fn place(hash: u64, workers: usize) -> usize {
    ((u128::from(hash.wrapping_mul(0x9e37_79b9_7f4a_7c15)) * workers as u128) >> 64) as usize
}

/// Rows parted by the worker that their first columns fall to.
pub(crate) fn spread(rows: &Changes, key_width: usize, workers: usize) -> Vec<Changes> {
    let mut shares = vec![Changes::new(); workers];
    let share = rows.len() / workers + rows.len() / 16;
    shares.iter_mut().for_each(|rows_of_one| rows_of_one.reserve(share, rows.width()));
    for (row, weight) in rows.iter() {
        shares[owner(&row[..key_width.min(row.len())], workers)].push(row, weight);
    }
    shares
}
