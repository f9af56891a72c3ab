//! A hash of values that does not depend on the process: equal values have equal ones everywhere.

use rustc_hash::FxHashMap;
use twox_hash::XxHash64;

use super::parts::{Held, Part, held, parts};
use super::{Interner, Word};
use crate::ir::{TypeId, TypeTable};

/// Values whose hashes are remembered at most.
const REMEMBERED: usize = 1 << 20;

/// Hashes values, and remembers the hashes of those that are made of others.
#[derive(Debug, Default)]
pub(crate) struct StableHashes {
    /// By type and word: the same words can be values of several types.
    runs: FxHashMap<(TypeId, Word), u64>,
}

impl StableHashes {
    /// The hash of a value.
    pub(crate) fn of(&mut self, interner: &Interner, types: &TypeTable, ty: TypeId, word: Word) -> u64 {
        match held(types, ty, word) {
            Held::Plain => u64::from(word),
            Held::Text => text(interner, word),
            Held::Long => mix(1, interner.u64(word)),
            Held::Wide => {
                let bits = interner.u128(word);
                mix(mix(2, bits as u64), (bits >> 64) as u64)
            }
            Held::Big => XxHash64::oneshot(3, &interner.big(word).to_signed_bytes_le()),
            Held::Run(shape) => {
                if let Some(known) = self.runs.get(&(ty, word)) {
                    return *known;
                }
                let mut hash = 4;
                parts(interner, &shape, word, |part| {
                    hash = mix(
                        hash,
                        match part {
                            Part::Plain(word) => u64::from(word),
                            Part::Text(word) => text(interner, word),
                            Part::Long(word) => mix(1, interner.u64(word)),
                            Part::Of(ty, word) => self.of(interner, types, ty, word),
                        },
                    );
                });
                if self.runs.len() == REMEMBERED {
                    self.runs.clear();
                }
                self.runs.insert((ty, word), hash);
                hash
            }
        }
    }

    /// Forgets what was known of words, because they may stand for other values now.
    pub(crate) fn clear(&mut self) {
        self.runs.clear();
    }
}

/// A hash with one more number in it.
#[inline]
pub(crate) fn mix(hash: u64, number: u64) -> u64 {
    let product = u128::from(hash ^ 0x9e37_79b9_7f4a_7c15) * u128::from(number ^ 0xd6e8_feb8_6659_fd93);
    (product as u64) ^ (product >> 64) as u64
}

/// The empty string is the word 0 everywhere.
fn text(interner: &Interner, word: Word) -> u64 {
    if word == 0 { 0 } else { XxHash64::oneshot(0, interner.string(word).as_bytes()) }
}
