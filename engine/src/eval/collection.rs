//! Sets and maps while they are built: vectors in natural order.
//!
//! Inserting in ascending order is constant time; anywhere else moves what comes after, 16 bytes an item. That is a few
//! microseconds at ten thousand items; a rule that fills larger sets in random order should collect a Vec and convert it.

use std::cmp::Ordering;

use super::order::order;
use super::val::Val;
use crate::ir::{TypeId, TypeTable};
use crate::value::Interner;

/// Where an item is, or belongs.
pub(crate) fn find_item(
    interner: &Interner,
    types: &TypeTable,
    ty: TypeId,
    items: &[Val],
    item: &Val,
) -> Result<usize, usize> {
    find_by(items.len(), |i| order(interner, types, ty, &items[i], item))
}

/// Adds an item to a set.
pub(crate) fn insert_item(
    interner: &Interner,
    types: &TypeTable,
    ty: TypeId,
    items: &mut Vec<Val>,
    item: Val,
) {
    if let Err(place) = find_item(interner, types, ty, items, &item) {
        items.insert(place, item);
    }
}

/// Where a key is, or belongs.
pub(crate) fn find_key(
    interner: &Interner,
    types: &TypeTable,
    key_type: TypeId,
    pairs: &[(Val, Val)],
    key: &Val,
) -> Result<usize, usize> {
    find_by(pairs.len(), |i| order(interner, types, key_type, &pairs[i].0, key))
}

/// Adds a pair to a map; replaces the value of a key that is there.
pub(crate) fn insert_pair(
    interner: &Interner,
    types: &TypeTable,
    key_type: TypeId,
    pairs: &mut Vec<(Val, Val)>,
    key: Val,
    value: Val,
) {
    match find_key(interner, types, key_type, pairs, &key) {
        Ok(place) => pairs[place].1 = value,
        Err(place) => pairs.insert(place, (key, value)),
    }
}

/// Sorts items and drops repeated ones.
pub(crate) fn make_set(interner: &Interner, types: &TypeTable, ty: TypeId, items: &mut Vec<Val>) {
    items.sort_by(|a, b| order(interner, types, ty, a, b));
    items.dedup_by(|a, b| order(interner, types, ty, a, b).is_eq());
}

/// Binary search that looks at the end first.
pub(crate) fn find_by(len: usize, compare: impl Fn(usize) -> Ordering) -> Result<usize, usize> {
    let Some(last) = len.checked_sub(1) else { return Err(0) };
    match compare(last) {
        Ordering::Less => return Err(len),
        Ordering::Equal => return Ok(last),
        Ordering::Greater => {}
    }
    let (mut low, mut high) = (0, last);
    while low < high {
        let middle = (low + high) / 2;
        match compare(middle) {
            Ordering::Less => low = middle + 1,
            Ordering::Equal => return Ok(middle),
            Ordering::Greater => high = middle,
        }
    }
    Err(low)
}
