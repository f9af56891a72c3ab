//! What is in one scope.

use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use rustc_hash::FxHashSet;

use crate::chassis::item::{Item, Stored};

/// The items of one scope. Of several of one key the smallest counts.
#[derive(Debug)]
pub(super) struct Table<T> {
    parts: BTreeMap<u8, HashTable<Slot<T>>>,
    /// Items whose key has a smaller one in its slot; in order.
    contenders: HashTable<Rivals<T>>,
    /// Hashes of keys that occur in other scopes too.
    pub(super) crossing: FxHashSet<u64>,
}

/// The smallest item of a key.
#[derive(Debug)]
struct Slot<T> {
    hash: u64,
    item: Arc<Stored<T>>,
}

#[derive(Debug)]
struct Rivals<T> {
    hash: u64,
    /// At least one.
    items: Vec<Arc<Stored<T>>>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Table { parts: BTreeMap::new(), contenders: HashTable::new(), crossing: FxHashSet::default() }
    }
}

/// What became of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The table has the key now, or has it no more.
    KeyChanged,
    /// It had the key before, and has it still; different items are wanted for it, and were not before.
    Conflict,
    /// It had the key before, and has it still.
    KeyStays,
}

impl<T: Item> Table<T> {
    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.parts.values().map(HashTable::len).sum()
    }

    /// The parts of a switch in which something is.
    pub(super) fn parts(&self) -> impl Iterator<Item = u8> {
        self.parts.keys().copied()
    }

    /// The item that counts for the key of `sample`.
    pub(super) fn find(&self, hash: u64, sample: &T) -> Option<&Arc<Stored<T>>> {
        let slot = self.parts.get(&sample.part())?.find(hash, |slot| slot.item.same_key(sample))?;
        Some(&slot.item)
    }

    /// All items that count, of one part or of all.
    pub(super) fn items(&self, part: Option<u8>) -> impl Iterator<Item = (u64, &Arc<Stored<T>>)> {
        let wanted = self.parts.iter().filter(move |(of, _)| part.is_none_or(|part| part == **of));
        wanted.flat_map(|(_, slots)| slots.iter().map(|slot| (slot.hash, &slot.item)))
    }

    pub(super) fn insert(&mut self, hash: u64, item: T) -> Outcome {
        let slots = self.parts.entry(item.part()).or_default();
        let mut entry = match slots.entry(hash, |slot| slot.item.same_key(&item), |slot| slot.hash) {
            Entry::Vacant(entry) => {
                entry.insert(Slot { hash, item: Stored::new(item) });
                return Outcome::KeyChanged;
            }
            Entry::Occupied(entry) => entry,
        };
        let item = Stored::new(item);
        let winner = &mut entry.get_mut().item;
        let mut rivals = self
            .contenders
            .entry(hash, |rivals| rivals.items[0].same_key(&item), |rivals| rivals.hash)
            .or_insert_with(|| Rivals { hash, items: Vec::new() });
        let rivals = &mut rivals.get_mut().items;
        let is_new_conflict = *winner != item && rivals.iter().all(|rival| rival == winner);
        let loser = if item < *winner { std::mem::replace(winner, item) } else { item };
        let place = rivals.partition_point(|rival| *rival < loser);
        rivals.insert(place, loser);
        if is_new_conflict { Outcome::Conflict } else { Outcome::KeyStays }
    }

    /// `None` if it was not there.
    pub(super) fn remove(&mut self, hash: u64, item: &T) -> Option<Outcome> {
        let part = item.part();
        let slots = self.parts.get_mut(&part)?;
        let mut slot = slots.find_entry(hash, |slot| slot.item.same_key(item)).ok()?;
        let is_winner = **slot.get().item == *item;
        match self.contenders.find_entry(hash, |rivals| rivals.items[0].same_key(item)) {
            Ok(mut entry) => {
                let rivals = &mut entry.get_mut().items;
                if is_winner {
                    slot.get_mut().item = rivals.remove(0);
                } else {
                    let at = rivals.binary_search_by(|rival| (***rival).cmp(item)).ok()?;
                    rivals.remove(at);
                }
                if rivals.is_empty() {
                    entry.remove();
                }
                Some(Outcome::KeyStays)
            }
            Err(_) if is_winner => {
                slot.remove();
                if slots.is_empty() {
                    self.parts.remove(&part);
                } else if slots.len() < slots.capacity() / 4 {
                    slots.shrink_to_fit(|slot| slot.hash);
                }
                Some(Outcome::KeyChanged)
            }
            Err(_) => None,
        }
    }
}
