//! How each aggregate is kept. Aggregates that can be read from the same thing share it.

use super::changes::Change;
use super::collected::collect;
use super::context::Context;
use super::extreme::{Ranked, Values, Wanted};
use super::mapped::{Mapped, Part};
use super::ordered::Ordered;
use super::pairs::{Halves, Maps, collect_sets};
use super::sum::Sums;
use super::table::Slot;
use super::union::Unions;
use crate::ir::TypeId;
use crate::plan::{Aggregate, AggregateKind, Feature};
use crate::value::Word;

/// What is kept, and of which values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    /// For how many values a feature is true.
    Tally {
        column: usize,
    },
    Sum {
        column: usize,
        ty: TypeId,
    },
    /// Values in order; with a condition only those for which it is true.
    Values {
        condition: Option<usize>,
    },
    Ranked {
        column: usize,
        ty: TypeId,
        wanted: Wanted,
    },
    /// Values in one collection; with a condition only those for which it is true.
    Collection {
        condition: Option<usize>,
        ty: TypeId,
    },
    Mapped {
        column: usize,
        part: Part,
        ty: TypeId,
    },
    Map {
        halves: Halves,
        ty: TypeId,
    },
    SetMap {
        halves: Halves,
        ty: TypeId,
    },
    Union {
        ty: TypeId,
    },
}

/// What is kept of every group.
#[derive(Debug)]
pub(super) enum Store {
    Tally(Vec<u32>),
    Sum(Sums),
    Values(Values),
    Ranked(Ranked),
    /// Sets, vectors, or maps to sets.
    Collection(Vec<Word>),
    Mapped(Mapped),
    Maps(Maps),
    Union(Unions),
}

impl Keep {
    /// What has to be kept for an aggregate; nothing for how many there are.
    fn of(aggregate: &Aggregate) -> Option<Keep> {
        use AggregateKind as K;
        let ty = aggregate.ty;
        let halves = |from: Feature, to: Feature| Halves {
            columns: [from.column, to.column],
            types: [from.ty, to.ty],
        };
        Some(match aggregate.kind {
            K::Count => return None,
            K::CountIf(of) | K::Any(of) | K::All(of) => Keep::Tally { column: of.column },
            K::Sum(of) => Keep::Sum { column: of.column, ty },
            K::First | K::Last | K::Nth(_) => Keep::Values { condition: None },
            K::Find(of) => Keep::Values { condition: Some(of.column) },
            K::Least(of) => Keep::Ranked { column: of.column, ty: of.ty, wanted: Wanted::Least },
            K::Greatest(of) => Keep::Ranked { column: of.column, ty: of.ty, wanted: Wanted::Greatest },
            K::Items => Keep::Collection { condition: None, ty },
            K::Filter(of) => Keep::Collection { condition: Some(of.column), ty },
            K::Map(of) => Keep::Mapped { column: of.column, part: Part::All, ty },
            K::FilterMap(of) => Keep::Mapped { column: of.column, part: Part::Inside, ty },
            K::ToMap(from, to) => Keep::Map { halves: halves(from, to), ty },
            K::ToSetMap(from, to) => Keep::SetMap { halves: halves(from, to), ty },
            K::Union => Keep::Union { ty },
        })
    }

    /// What has to be kept for some aggregates; and by aggregate, where it is found.
    pub(super) fn all(aggregates: &[Aggregate]) -> (Vec<Keep>, Vec<usize>) {
        let collection = aggregates.iter().find(|aggregate| aggregate.kind == AggregateKind::Items);
        let mut kept: Vec<Keep> = Vec::new();
        let mut places = Vec::new();
        for aggregate in aggregates {
            let mut keep = Keep::of(aggregate);
            // A collection of all is in order, too, whatever its type.
            if let (
                Some(all),
                Some(Keep::Values { condition: None } | Keep::Collection { condition: None, .. }),
            ) = (collection, keep)
            {
                keep = Keep::of(all);
            }
            let place = keep.map(|keep| {
                kept.iter().position(|known| *known == keep).unwrap_or_else(|| {
                    kept.push(keep);
                    kept.len() - 1
                })
            });
            places.push(place.unwrap_or_default());
        }
        (kept, places)
    }

    /// Whether changes must come in the natural order of values.
    pub(super) fn is_ordered(&self) -> bool {
        !matches!(self, Keep::Tally { .. } | Keep::Sum { .. } | Keep::Union { .. })
    }
}

impl Store {
    /// Bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        let words = |words: &Vec<Word>| words.capacity() * size_of::<Word>();
        match self {
            Store::Tally(counts) => counts.capacity() * size_of::<u32>(),
            Store::Sum(sums) => sums.bytes(),
            Store::Values(values) => Ordered::all_bytes(&values.of),
            Store::Ranked(ranked) => Ordered::all_bytes(&ranked.of),
            Store::Collection(of) => words(of),
            Store::Mapped(mapped) => mapped.bytes() + words(&mapped.of),
            Store::Maps(maps) => maps.bytes() + words(&maps.of),
            Store::Union(unions) => unions.bytes() + words(&unions.of),
        }
    }

    pub(super) fn new(keep: &Keep, cx: Context<'_>) -> Self {
        match keep {
            Keep::Tally { .. } => Store::Tally(Vec::new()),
            Keep::Sum { ty, .. } => Store::Sum(Sums::new(cx, *ty)),
            Keep::Values { .. } => Store::Values(Values::default()),
            Keep::Ranked { .. } => Store::Ranked(Ranked::default()),
            Keep::Collection { .. } | Keep::SetMap { .. } => Store::Collection(Vec::new()),
            Keep::Mapped { .. } => Store::Mapped(Mapped::default()),
            Keep::Map { .. } => Store::Maps(Maps::default()),
            Keep::Union { .. } => Store::Union(Unions::default()),
        }
    }

    /// Keeps these slots only, in this order.
    pub(super) fn keep(&mut self, slots: &[Slot]) {
        match self {
            Store::Tally(counts) => keep(counts, slots),
            Store::Sum(sums) => sums.keep(slots),
            Store::Values(values) => keep(&mut values.of, slots),
            Store::Ranked(ranked) => keep(&mut ranked.of, slots),
            Store::Collection(collections) => keep(collections, slots),
            Store::Mapped(mapped) => mapped.keep(slots),
            Store::Maps(maps) => maps.keep(slots),
            Store::Union(unions) => unions.keep(slots),
        }
    }

    /// Nothing is kept of that group yet, or any more.
    pub(super) fn open(&mut self, slot: Slot) {
        match self {
            Store::Tally(counts) => set(counts, slot, 0),
            Store::Sum(sums) => sums.open(slot),
            Store::Values(values) => set(&mut values.of, slot, Ordered::default()),
            Store::Ranked(ranked) => set(&mut ranked.of, slot, Ordered::default()),
            Store::Collection(collections) => set(collections, slot, 0),
            Store::Mapped(mapped) => mapped.open(slot),
            Store::Maps(maps) => maps.open(slot),
            Store::Union(unions) => unions.open(slot),
        }
    }

    /// Takes changes of a group whose values have the type `value`; those that come are not there, and those that go are.
    pub(super) fn change(
        &mut self,
        keep: &Keep,
        cx: Context<'_>,
        value: TypeId,
        slot: Slot,
        changes: &[Change<'_>],
    ) {
        match (self, *keep) {
            (Store::Tally(counts), Keep::Tally { column }) => {
                for change in changes.iter().filter(|change| change.feature(column) != 0) {
                    let count = &mut counts[slot];
                    *count = if change.comes { count.wrapping_add(1) } else { count.wrapping_sub(1) };
                }
            }
            (Store::Sum(sums), Keep::Sum { column, ty }) => sums.change(cx, ty, column, slot, changes),
            (Store::Values(values), Keep::Values { condition }) => {
                values.change(cx, value, condition, slot, changes);
            }
            (Store::Ranked(ranked), Keep::Ranked { column, ty, wanted }) => {
                ranked.change(cx, (value, ty), (column, wanted), slot, changes);
            }
            (Store::Collection(collections), Keep::Collection { condition, .. }) => {
                collect(collections, cx, value, condition, slot, changes);
            }
            (Store::Collection(maps), Keep::SetMap { halves, .. }) => {
                collect_sets(maps, cx, halves, slot, changes);
            }
            (Store::Mapped(mapped), Keep::Mapped { column, part, .. }) => {
                mapped.change(cx, value, (column, part), slot, changes);
            }
            (Store::Maps(maps), Keep::Map { halves, .. }) => maps.change(cx, halves, slot, changes),
            (Store::Union(unions), Keep::Union { .. }) => unions.change(cx, value, slot, changes),
            _ => {}
        }
    }

    /// An aggregate of a group of `size` values, as a value of its type.
    pub(super) fn word(&self, aggregate: &Aggregate, cx: Context<'_>, slot: Slot, size: usize) -> Word {
        use AggregateKind as K;
        match (self, aggregate.kind) {
            (Store::Tally(counts), K::CountIf(_)) => counts[slot],
            (Store::Tally(counts), K::Any(_)) => (counts[slot] > 0).into(),
            (Store::Tally(counts), K::All(_)) => (counts[slot] as usize == size).into(),
            (Store::Sum(sums), _) => sums.word(cx, aggregate.ty, slot),
            (Store::Values(values), K::First) => values.of[slot].first().unwrap_or_default(),
            (Store::Values(values), K::Last) => values.of[slot].last().unwrap_or_default(),
            (Store::Values(values), K::Nth(n)) => cx.option(values.of[slot].nth(number(n))),
            (Store::Values(values), K::Find(_)) => cx.option(values.of[slot].first()),
            (Store::Collection(all), K::First) => cx.items(all[slot]).first().copied().unwrap_or_default(),
            (Store::Collection(all), K::Last) => cx.items(all[slot]).last().copied().unwrap_or_default(),
            (Store::Collection(all), K::Nth(n)) => cx.option(cx.items(all[slot]).get(number(n)).copied()),
            (Store::Ranked(ranked), _) => ranked.of[slot].first().map_or(0, |[_, value]| value),
            (Store::Collection(collections), _) => collections[slot],
            (Store::Mapped(mapped), _) => mapped.of[slot],
            (Store::Maps(maps), _) => maps.of[slot],
            (Store::Union(unions), _) => unions.of[slot],
            _ => 0,
        }
    }

    /// Every value that it holds and that is not in the group itself, with its type.
    pub(super) fn for_each_value(&self, keep: &Keep, slot: Slot, mut each: impl FnMut(TypeId, Word)) {
        match (self, *keep) {
            (Store::Ranked(ranked), Keep::Ranked { ty, .. }) => {
                ranked.of[slot].for_each(|[feature, _]| each(ty, feature));
            }
            (Store::Collection(all), Keep::Collection { ty, .. } | Keep::SetMap { ty, .. }) => {
                each(ty, all[slot])
            }
            (Store::Mapped(mapped), Keep::Mapped { ty, .. }) => each(ty, mapped.of[slot]),
            (Store::Maps(maps), Keep::Map { ty, .. }) => each(ty, maps.of[slot]),
            (Store::Union(unions), Keep::Union { ty }) => each(ty, unions.of[slot]),
            _ => {}
        }
    }
}

/// Sets an element, which may be the one after the last.
pub(super) fn set<T>(all: &mut Vec<T>, slot: Slot, value: T) {
    match all.get_mut(slot) {
        Some(place) => *place = value,
        None => all.push(value),
    }
}

/// Keeps what is at these places, in this order.
pub(super) fn keep<T: Default>(all: &mut Vec<T>, slots: &[Slot]) {
    *all = slots.iter().map(|slot| std::mem::take(&mut all[*slot])).collect();
}

fn number(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}
