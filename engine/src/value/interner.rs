//! Hash-consing: each distinct large value is kept once and known by a 31-bit id.
//!
//! # Giving memory back
//!
//! Nothing here counts references: rows are plain words and copying one must cost nothing. Instead the engine marks, between
//! two epochs and while no worker runs, every word that its arrangements, its constants and its pending updates hold
//! ([`super::mark::Marks`]), and calls [`Interner::retained`]. The result knows the marked values under the ids they
//! had, so no row changes, and hands the other ids out again. The engine then swaps its `Arc<Interner>` for the new one and
//! each worker its machine's. Cost is one pass over ids and live values; doing it when `bytes()` has doubled since the last
//! time makes it constant per new value.

use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use hashbrown::HashTable;
use num_bigint::BigInt;
use rustc_hash::FxHasher;
use smallvec::SmallVec;

use super::Word;
use super::mark::Marks;
use super::slots::Slots;

/// Set in a word that is an id of a wide integer or of a run of words.
pub(crate) const ID: Word = 1 << 31;

/// All large values of a process, shared by its worker threads.
///
/// It does not know types: a tuple and a vector of the same words share an id, so equality of words means equality of
/// values only within a type. Reading takes no lock.
pub struct Interner {
    strings: Pool<Box<str>>,
    runs: Pool<Run>,
    longs: Pool<u64>,
    wides: Pool<u128>,
    bigs: Pool<BigInt>,
}

/// Words of a tuple, a constructor, or a collection.
type Run = SmallVec<[Word; 4]>;

impl Interner {
    /// An interner that knows the empty string, as word 0.
    pub fn new() -> Self {
        let interner = Interner {
            strings: Pool::new(),
            runs: Pool::new(),
            longs: Pool::new(),
            wides: Pool::new(),
            bigs: Pool::new(),
        };
        interner.intern_str("");
        interner
    }

    /// The word of a string.
    pub fn intern_str(&self, text: &str) -> Word {
        self.strings.intern(text)
    }

    /// The string of a word of type `string`; empty for a word this interner did not give.
    #[inline]
    pub fn string(&self, word: Word) -> &str {
        self.strings.slots.get(word).map_or("", |text| text)
    }

    /// The word of a run of words (a tuple, a constructor with fields, a collection that is not empty).
    pub fn intern_words(&self, words: &[Word]) -> Word {
        self.runs.intern(words) | ID
    }

    /// The run of words behind a word; empty for a word that is not an id.
    #[inline]
    pub fn words(&self, word: Word) -> &[Word] {
        if word & ID == 0 {
            return &[];
        }
        self.runs.slots.get(word & !ID).map_or(&[], |words| words)
    }

    /// How many values are held.
    pub fn len(&self) -> usize {
        self.counts().iter().map(|(n_values, _)| n_values).sum()
    }

    /// Whether only the empty string is held.
    pub fn is_empty(&self) -> bool {
        self.len() <= 1
    }

    /// About how many bytes the values and their indexes take.
    pub fn bytes(&self) -> usize {
        self.counts().iter().map(|(_, n_bytes)| n_bytes).sum()
    }

    /// By kind of value: its name, how many are held, and about how many bytes they take.
    pub fn pools(&self) -> impl Iterator<Item = (&'static str, usize, usize)> {
        let names = [
            "strings",
            "structs, tuples and collections",
            "64-bit numbers",
            "128-bit numbers",
            "larger numbers",
        ];
        names.into_iter().zip(self.counts()).map(|(name, (values, bytes))| (name, values, bytes))
    }

    /// An interner with the marked values only, each at the id it had. See the module's notes.
    pub fn retained(&self, marks: &Marks) -> Interner {
        Interner {
            strings: self.strings.retained(|id| id == 0 || marks.strings.contains(id)),
            runs: self.runs.retained(|id| marks.runs.contains(id)),
            longs: self.longs.retained(|id| marks.longs.contains(id)),
            wides: self.wides.retained(|id| marks.wides.contains(id)),
            bigs: self.bigs.retained(|id| marks.bigs.contains(id)),
        }
    }

    /// As [`Self::retained`], in place: for whoever is the only one to know this interner. Copies nothing.
    pub fn sweep(&mut self, marks: &Marks) {
        self.strings.sweep(|id| id == 0 || marks.strings.contains(id));
        self.runs.sweep(|id| marks.runs.contains(id));
        self.longs.sweep(|id| marks.longs.contains(id));
        self.wides.sweep(|id| marks.wides.contains(id));
        self.bigs.sweep(|id| marks.bigs.contains(id));
    }

    pub(super) fn intern_u64(&self, value: u64) -> Word {
        self.longs.intern(&value) | ID
    }

    pub(super) fn u64(&self, word: Word) -> u64 {
        self.longs.slots.get(word & !ID).copied().unwrap_or_default()
    }

    pub(super) fn intern_u128(&self, value: u128) -> Word {
        self.wides.intern(&value) | ID
    }

    pub(super) fn u128(&self, word: Word) -> u128 {
        self.wides.slots.get(word & !ID).copied().unwrap_or_default()
    }

    pub(super) fn intern_big(&self, value: &BigInt) -> Word {
        self.bigs.intern(value) | ID
    }

    pub(super) fn big(&self, word: Word) -> BigInt {
        self.bigs.slots.get(word & !ID).cloned().unwrap_or_default()
    }

    fn counts(&self) -> [(usize, usize); 5] {
        [
            self.strings.counts(),
            self.runs.counts(),
            self.longs.counts(),
            self.wides.counts(),
            self.bigs.counts(),
        ]
    }
}

impl Default for Interner {
    fn default() -> Self {
        Interner::new()
    }
}

impl std::fmt::Debug for Interner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Interner").field("len", &self.len()).field("bytes", &self.bytes()).finish()
    }
}

/// A kind of value a pool can hold, looked up by a borrowed form so that a hit allocates nothing.
trait Entry: Clone {
    type Key: ?Sized + Hash + Eq;
    fn from_key(key: &Self::Key) -> Self;
    fn key(&self) -> &Self::Key;
    fn heap_bytes(&self) -> usize;
}

impl Entry for Box<str> {
    type Key = str;
    fn from_key(key: &str) -> Self {
        key.into()
    }
    fn key(&self) -> &str {
        self
    }
    fn heap_bytes(&self) -> usize {
        self.len()
    }
}

impl Entry for Run {
    type Key = [Word];
    fn from_key(key: &[Word]) -> Self {
        let mut run = SmallVec::with_capacity(key.len());
        run.extend_from_slice(key);
        run
    }
    fn key(&self) -> &[Word] {
        self
    }
    fn heap_bytes(&self) -> usize {
        if self.spilled() { self.capacity() * size_of::<Word>() } else { 0 }
    }
}

impl Entry for u64 {
    type Key = u64;
    fn from_key(key: &u64) -> Self {
        *key
    }
    fn key(&self) -> &u64 {
        self
    }
    fn heap_bytes(&self) -> usize {
        0
    }
}

impl Entry for u128 {
    type Key = u128;
    fn from_key(key: &u128) -> Self {
        *key
    }
    fn key(&self) -> &u128 {
        self
    }
    fn heap_bytes(&self) -> usize {
        0
    }
}

impl Entry for BigInt {
    type Key = BigInt;
    fn from_key(key: &BigInt) -> Self {
        key.clone()
    }
    fn key(&self) -> &BigInt {
        self
    }
    fn heap_bytes(&self) -> usize {
        self.bits().div_ceil(64) as usize * 8
    }
}

/// Enough that two or four workers seldom want the same lock.
const SHARDS: usize = 64;

/// One kind of values: storage by id, and an index from value to id in shards.
struct Pool<T> {
    slots: Slots<T>,
    shards: Box<[Mutex<HashTable<Indexed>>]>,
    n_values: AtomicUsize,
    heap_bytes: AtomicUsize,
}

/// An index entry. The hash is kept so that a probe touches the value only when it is the one, and growth never does.
#[derive(Clone, Copy)]
struct Indexed {
    id: u32,
    hash: u32,
}

impl<T: Entry> Pool<T> {
    fn new() -> Self {
        Pool {
            slots: Slots::new(),
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            n_values: AtomicUsize::new(0),
            heap_bytes: AtomicUsize::new(0),
        }
    }

    fn intern(&self, key: &T::Key) -> u32 {
        let hash = hash(key);
        let mut table = self.shards[hash as usize % SHARDS].lock().unwrap_or_else(PoisonError::into_inner);
        let known = table.find(spread(hash), |entry| {
            entry.hash == hash && self.slots.get(entry.id).is_some_and(|value| value.key() == key)
        });
        if let Some(entry) = known {
            return entry.id;
        }
        let value = T::from_key(key);
        self.n_values.fetch_add(1, Ordering::Relaxed);
        self.heap_bytes.fetch_add(value.heap_bytes(), Ordering::Relaxed);
        let id = self.slots.push(value);
        table.insert_unique(spread(hash), Indexed { id, hash }, |entry| spread(entry.hash));
        id
    }

    fn retained(&self, mut keep: impl FnMut(u32) -> bool) -> Self {
        let mut fresh = Pool::new();
        let mut heap_bytes = 0;
        let mut n_values = 0;
        let mut kept = Vec::new();
        fresh.slots = self.slots.refill(|id, value| {
            keep(id).then(|| {
                heap_bytes += value.heap_bytes();
                n_values += 1;
                kept.push(Indexed { id, hash: hash(value.key()) });
                value.clone()
            })
        });
        for entry in kept {
            let shard = &mut fresh.shards[entry.hash as usize % SHARDS];
            let table = shard.get_mut().unwrap_or_else(PoisonError::into_inner);
            table.insert_unique(spread(entry.hash), entry, |entry| spread(entry.hash));
        }
        fresh.n_values = AtomicUsize::new(n_values);
        fresh.heap_bytes = AtomicUsize::new(heap_bytes);
        fresh
    }

    fn sweep(&mut self, keep: impl Fn(u32) -> bool) {
        for shard in &mut self.shards {
            let table = shard.get_mut().unwrap_or_else(PoisonError::into_inner);
            table.retain(|entry| keep(entry.id));
            if table.capacity() / 4 > table.len() {
                table.shrink_to(2 * table.len(), |entry| spread(entry.hash));
            }
        }
        let (n_values, heap_bytes) = (self.n_values.get_mut(), self.heap_bytes.get_mut());
        self.slots.sweep(keep, |value| {
            *n_values -= 1;
            *heap_bytes -= value.heap_bytes();
        });
    }

    /// Values held, and about how many bytes they take.
    fn counts(&self) -> (usize, usize) {
        let n_values = self.n_values.load(Ordering::Relaxed);
        let slot_bytes = self.slots.high_water() as usize * (size_of::<T>() + 8);
        let index_bytes = n_values * (size_of::<Indexed>() + 1) * 8 / 7;
        (n_values, slot_bytes + index_bytes + self.heap_bytes.load(Ordering::Relaxed))
    }
}

fn hash<K: Hash + ?Sized>(key: &K) -> u32 {
    let mut hasher = FxHasher::default();
    key.hash(&mut hasher);
    (hasher.finish() >> 32) as u32
}

/// The hash the index works with, from the 32 bits that are kept: the table takes its bits from both ends.
fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn equal_values_have_equal_words() {
        let interner = Interner::new();
        assert_eq!(interner.intern_str(""), 0);
        let a = interner.intern_str("a");
        assert_eq!(interner.intern_str("a"), a);
        assert_ne!(interner.intern_str("b"), a);
        assert_eq!(interner.string(a), "a");
        let pair = interner.intern_words(&[a, 7]);
        assert_eq!(interner.intern_words(&[a, 7]), pair);
        assert_ne!(interner.intern_words(&[7, a]), pair);
        assert_eq!(interner.words(pair), [a, 7]);
        assert_eq!(interner.len(), 5);
    }

    #[test]
    fn threads_agree_on_ids() {
        let interner = Arc::new(Interner::new());
        let words: Vec<Vec<Word>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| (0..20_000).map(|i| interner.intern_str(&format!("s{i}"))).collect()))
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(words.iter().all(|column| *column == words[0]));
        assert_eq!(interner.len(), 20_001);
        assert!((0..20_000).all(|i| interner.string(words[0][i]) == format!("s{i}")));
    }

    #[test]
    fn retained_values_keep_their_words_and_the_rest_is_given_back() {
        let interner = Interner::new();
        let words: Vec<Word> = (0..1000).map(|i| interner.intern_str(&format!("text {i}"))).collect();
        let mut marks = Marks::default();
        words.iter().step_by(10).for_each(|word| {
            marks.strings.insert(*word);
        });
        let fresh = interner.retained(&marks);
        let mut swept = interner;
        swept.sweep(&marks);
        for interner in [fresh, swept] {
            assert_eq!(interner.len(), 101);
            assert_eq!(interner.string(words[20]), "text 20");
            assert_eq!(interner.intern_str("text 20"), words[20]);
            assert_eq!(interner.string(words[21]), "");
            let before = interner.bytes();
            (0..800).for_each(|i| {
                interner.intern_str(&format!("more {i}"));
            });
            assert!(interner.intern_str("last") <= words[999]);
            assert!(interner.bytes() > before);
        }
    }
}
