//! Storage that grows while others read it: a slot, once filled, never moves and never changes.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Slots per chunk. Chunks are what is allocated as the store grows, so at most one is partly used.
const CHUNK: usize = 1024;

/// Directories of chunk pointers: directory `d` holds `2^d` of them, so 22 cover all 31-bit ids.
const DIRECTORIES: usize = 22;

/// Ids are 31 bits: the top bit of a word says that it is an id.
const MAX_SLOTS: u32 = 1 << 31;

type Chunk<T> = Box<[OnceLock<T>]>;

/// Pointers to chunks.
type Directory<T> = Box<[OnceLock<Chunk<T>>]>;

/// A concurrent, append-mostly vector with reusable slots.
pub(super) struct Slots<T> {
    directories: [OnceLock<Directory<T>>; DIRECTORIES],
    /// First id never used.
    next: AtomicU32,
    /// Ids given back by [`Slots::refill`].
    free: Mutex<Vec<u32>>,
}

impl<T> Slots<T> {
    pub(super) fn new() -> Self {
        Slots {
            directories: std::array::from_fn(|_| OnceLock::new()),
            next: AtomicU32::new(0),
            free: Mutex::new(Vec::new()),
        }
    }

    /// Stores a value under an id nobody uses.
    ///
    /// # Panics
    /// When 2^31 ids are in use, as a `Vec` does on capacity overflow; that many slots take over 50 GB.
    pub(super) fn push(&self, value: T) -> u32 {
        let mut value = value;
        loop {
            let id = self.free_id();
            let Some(slot) = self.slot_or_grow(id) else { continue };
            match slot.set(value) {
                Ok(()) => return id,
                Err(rejected) => value = rejected,
            }
        }
    }

    /// The value of an id that [`Slots::push`] gave; `None` for any other.
    #[inline]
    pub(super) fn get(&self, id: u32) -> Option<&T> {
        let (directory, chunk, slot) = locate(id);
        self.directories.get(directory)?.get()?.get(chunk)?.get()?.get(slot)?.get()
    }

    /// How many ids were ever given, including those free again.
    pub(super) fn high_water(&self) -> u32 {
        self.next.load(Ordering::Relaxed)
    }

    /// A store with the same ids for the values `keep` maps to `Some`, and all other ids free.
    pub(super) fn refill(&self, mut keep: impl FnMut(u32, &T) -> Option<T>) -> Self {
        let fresh = Slots::new();
        let mut free = Vec::new();
        for id in 0..self.high_water() {
            match self.get(id).and_then(|value| keep(id, value)) {
                Some(value) => {
                    if let Some(slot) = fresh.slot_or_grow(id) {
                        let _ = slot.set(value);
                    }
                }
                None => free.push(id),
            }
        }
        // Low ids first, so that the upper chunks empty out.
        free.reverse();
        fresh.next.store(self.high_water(), Ordering::Relaxed);
        *fresh.free.lock().unwrap_or_else(PoisonError::into_inner) = free;
        fresh
    }

    /// Gives the values up that are not to be kept, after showing them; their ids are free then.
    pub(super) fn sweep(&mut self, mut keep: impl FnMut(u32) -> bool, mut gone: impl FnMut(&T)) {
        let high_water = self.high_water();
        let free = self.free.get_mut().unwrap_or_else(PoisonError::into_inner);
        free.clear();
        // From above, so that low ids are handed out first and the upper chunks empty out.
        for first in (0..high_water).step_by(CHUNK).rev() {
            let ids = first..(first + CHUNK as u32).min(high_water);
            let (directory, chunk, _) = locate(first);
            let cell = self.directories[directory].get_mut().and_then(|chunks| chunks.get_mut(chunk));
            let Some(cell) = cell else { continue };
            let mut kept = false;
            for id in ids.rev() {
                let slot = cell.get_mut().map(|chunk| &mut chunk[(id - first) as usize]);
                match slot {
                    Some(slot) if slot.get().is_some() && keep(id) => kept = true,
                    Some(slot) => {
                        slot.take().iter().for_each(&mut gone);
                        free.push(id);
                    }
                    None => free.push(id),
                }
            }
            if !kept {
                cell.take();
            }
        }
    }

    fn free_id(&self) -> u32 {
        if let Some(id) = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop() {
            return id;
        }
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        assert!(id < MAX_SLOTS, "the interner holds 2^31 values");
        id
    }

    fn slot_or_grow(&self, id: u32) -> Option<&OnceLock<T>> {
        let (directory, chunk, slot) = locate(id);
        let directory_cell = self.directories.get(directory)?;
        let chunks = directory_cell.get_or_init(|| empty_cells(1 << directory));
        chunks.get(chunk)?.get_or_init(|| empty_cells(CHUNK)).get(slot)
    }
}

fn empty_cells<T>(n: usize) -> Box<[OnceLock<T>]> {
    (0..n).map(|_| OnceLock::new()).collect()
}

/// Directory, chunk in the directory, slot in the chunk.
#[inline]
fn locate(id: u32) -> (usize, usize, usize) {
    let chunk = id as usize / CHUNK + 1;
    let directory = chunk.ilog2() as usize;
    (directory, chunk - (1 << directory), id as usize % CHUNK)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn values_stay_at_their_ids() {
        let slots = Slots::new();
        let ids: Vec<u32> = (0..5000u32).map(|i| slots.push(i * 3)).collect();
        assert_eq!(ids, (0..5000).collect::<Vec<_>>());
        assert!(ids.iter().all(|id| *slots.get(*id).unwrap() == id * 3));
        assert_eq!(slots.get(5000), None);
        assert_eq!(slots.get(u32::MAX), None);
    }

    #[test]
    fn refill_keeps_ids_and_hands_out_the_rest_again() {
        let slots = Slots::new();
        (0..10u32).for_each(|i| {
            slots.push(i);
        });
        let fresh = slots.refill(|id, value| (id % 2 == 0).then_some(*value));
        assert_eq!(fresh.get(4), Some(&4));
        assert_eq!(fresh.get(5), None);
        let reused: Vec<u32> = (100..106).map(|value| fresh.push(value)).collect();
        assert_eq!(reused, [1, 3, 5, 7, 9, 10]);
    }

    #[test]
    fn sweeping_keeps_ids_and_hands_out_the_rest_again() {
        let mut slots = Slots::new();
        (0..5000u32).for_each(|i| {
            slots.push(i);
        });
        let mut gone = Vec::new();
        slots.sweep(|id| id < 3000 && id % 2 == 0, |value| gone.push(*value));
        assert_eq!(gone.len(), 3500);
        assert_eq!((slots.get(2998), slots.get(2999), slots.get(3000)), (Some(&2998), None, None));
        let reused: Vec<u32> = (0..3501).map(|value| slots.push(value)).collect();
        assert_eq!((reused[0], reused[1499], reused[1500], reused[3500]), (1, 2999, 3000, 5000));
        slots.sweep(|id| id == 4, |_| {});
        assert_eq!((slots.get(4), slots.get(6), slots.push(7)), (Some(&4), None, 0));
    }
}
