//! Groups by key: each has a number as long as it is there, by which everything kept about it is found.

use std::hash::{Hash, Hasher};

use hashbrown::HashTable;
use rustc_hash::FxHasher;

use crate::value::Word;

/// Number of a group. Those of groups that are gone are given again.
pub(super) type Slot = usize;

/// Fewer slots than that are not worth a thought.
const SPARSE: usize = 8;

/// The keys of groups, all of one width.
#[derive(Debug, Default)]
pub(super) struct Table {
    width: usize,
    /// By slot.
    keys: Vec<Word>,
    slots: HashTable<u32>,
    /// How many slots have ever been in use.
    used: usize,
    free: Vec<u32>,
}

impl Table {
    /// Bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        (self.keys.capacity() + self.free.capacity() + self.slots.capacity()) * size_of::<Word>()
            + self.slots.capacity()
    }

    /// The slot of a key, if there is such a group.
    pub(super) fn find(&self, key: &[Word]) -> Option<Slot> {
        self.slots.find(hash(key), |slot| self.key(*slot as Slot) == key).map(|slot| *slot as Slot)
    }

    /// A slot for a key that has none.
    pub(super) fn open(&mut self, key: &[Word]) -> Slot {
        self.width = key.len();
        let slot = match self.free.pop() {
            Some(slot) => {
                self.keys[slot as usize * key.len()..][..key.len()].copy_from_slice(key);
                slot
            }
            None => {
                self.keys.extend_from_slice(key);
                self.used += 1;
                self.used as u32 - 1
            }
        };
        let (keys, width) = (&self.keys, self.width);
        let rehash = |slot: &u32| hash(&keys[*slot as usize * width..][..width]);
        self.slots.insert_unique(hash(key), slot, rehash);
        slot as Slot
    }

    /// Gives the slot of a key back.
    pub(super) fn close(&mut self, key: &[Word]) {
        let (keys, width) = (&self.keys, self.width);
        let is = |slot: &u32| &keys[*slot as usize * width..][..width] == key;
        if let Ok(entry) = self.slots.find_entry(hash(key), is) {
            self.free.push(entry.remove().0);
        }
    }

    /// Puts the slots that are in use side by side if most are not, so that groups that are gone take no room. Gives the slots
    /// they had, by those they have.
    pub(super) fn compact(&mut self) -> Option<Vec<Slot>> {
        if self.used < SPARSE || self.slots.len() > self.used / 4 {
            return None;
        }
        let mut kept: Vec<Slot> = self.slots().collect();
        kept.sort_unstable();
        let mut fresh = Table::default();
        for slot in &kept {
            fresh.open(self.key(*slot));
        }
        *self = fresh;
        Some(kept)
    }

    pub(super) fn key(&self, slot: Slot) -> &[Word] {
        &self.keys[slot * self.width..][..self.width]
    }

    /// Slots that are in use, in no order that means anything.
    pub(super) fn slots(&self) -> impl Iterator<Item = Slot> {
        self.slots.iter().map(|slot| *slot as Slot)
    }
}

fn hash(key: &[Word]) -> u64 {
    let mut hasher = FxHasher::default();
    key.hash(&mut hasher);
    // The table looks at the upper bits, the hasher mixes them best.
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_given_again() {
        let mut table = Table::default();
        let slots: Vec<Slot> = (0..100).map(|n| table.open(&[n, 7])).collect();
        assert_eq!(slots, (0..100).collect::<Vec<_>>());
        assert_eq!((table.find(&[42, 7]), table.find(&[42, 8])), (Some(42), None));
        table.close(&[42, 7]);
        table.close(&[43, 8]);
        assert_eq!(table.find(&[42, 7]), None);
        assert_eq!(table.open(&[500, 1]), 42);
        assert_eq!((table.key(42), table.slots().count()), ([500, 1].as_slice(), 100));
    }

    #[test]
    fn one_group_of_all() {
        let mut table = Table::default();
        assert_eq!(table.find(&[]), None);
        assert_eq!(table.open(&[]), 0);
        assert_eq!(table.find(&[]), Some(0));
        table.close(&[]);
        assert_eq!(table.open(&[]), 0);
    }
}
