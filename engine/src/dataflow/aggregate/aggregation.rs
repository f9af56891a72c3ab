//! The groups of one stage, kept as aggregates.

use std::rc::Rc;
use std::sync::Arc;

use differential_dataflow::consolidation::consolidate;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::super::code::{Code, Emit, GroupCode};
use super::super::columns::Marking;
use super::super::index::{Batch, Epoch, Index, Values, Weight, keys};
use super::super::memory::Held;
use super::super::pulse::Pulse;
use super::super::reader::{AsOf, Reader};
use super::super::reduce::members;
use super::changes::{Change, Log};
use super::context::Context;
use super::store::{Keep, Store};
use super::table::{Slot, Table};
use crate::eval::{Machine, Trap};
use crate::plan::{Aggregate, Aggregates};
use crate::value::ints::u64_to_word;
use crate::value::{Row, Word};

/// Groups of a stage, kept as what a rule asks of them.
pub(in super::super) struct Aggregation {
    machine: Rc<Machine>,
    /// Gives the features of a value.
    each: Code,
    n_features: usize,
    aggregates: Vec<Aggregate>,
    /// By aggregate: which store it is read from.
    places: Vec<usize>,
    /// By store.
    kept: Vec<Keep>,
    /// From the aggregates to rows.
    then: Code,
    state: State,
}

/// What is kept. Means the same to another program that has the same rule.
struct State {
    groups: Table,
    /// By slot: how many values.
    sizes: Vec<u32>,
    /// For how many values of a group the features cannot be computed. Such values are in no store, and as long as there
    /// are any the rule looks at the whole group.
    failing: FxHashMap<Slot, u32>,
    stores: Vec<Store>,
    /// Changes of the current transaction.
    log: Log,
}

/// What a group is made into: rows of key and value.
type Rows = Vec<((Row, Row), Weight)>;

/// What is known of a group at one time.
#[derive(PartialEq, Eq)]
enum Known {
    Gone,
    /// The aggregates.
    Words(SmallVec<[Word; 4]>),
    /// It has to be looked at as a whole.
    Unknown,
}

impl Aggregation {
    /// Without groups.
    pub(in super::super) fn new(machine: &Rc<Machine>, aggregates: &Aggregates) -> Self {
        let (kept, places) = Keep::all(&aggregates.kept);
        let interner = machine.interner();
        let cx = Context { interner: &interner, types: machine.types() };
        let stores = kept.iter().map(|keep| Store::new(keep, cx)).collect();
        Aggregation {
            machine: machine.clone(),
            each: Code::new(machine, &aggregates.each),
            n_features: aggregates.each.outputs.first().map_or(0, Vec::len),
            aggregates: aggregates.kept.clone(),
            places,
            kept,
            then: Code::new(machine, &Arc::clone(&aggregates.then)),
            state: State {
                groups: Table::default(),
                sizes: Vec::new(),
                failing: FxHashMap::default(),
                stores,
                log: Log::default(),
            },
        }
    }

    /// Takes the changes of a transaction, which `values` has already; `whole` looks at a group where the aggregates do
    /// not suffice.
    pub(in super::super) fn update(
        &mut self,
        changes: &Batch,
        values: &mut Index,
        whole: &GroupCode,
        epoch: Epoch,
        pulse: &Pulse,
        emit: &mut Emit<'_>,
    ) -> Result<(), Trap> {
        let mut values = values.reader();
        for (key, changed) in keys(changes) {
            pulse.beat()?;
            if !values.seek(key) {
                continue;
            }
            if let Err(trap) = self.note(key, changed, &values, epoch, pulse) {
                self.state.log.pop();
                return Err(trap);
            }
            let before = self.known(key);
            self.apply_newest();
            let now = self.known(key);
            if before == now && now != Known::Unknown {
                continue;
            }
            let mut rows = Rows::new();
            self.rows(&before, key, &values, AsOf::Before(epoch), whole, epoch, pulse, -1, &mut rows)?;
            self.rows(&now, key, &values, AsOf::Now, whole, epoch, pulse, 1, &mut rows)?;
            if before != Known::Gone && now != Known::Gone {
                consolidate(&mut rows);
            }
            rows.into_iter().for_each(|((key, value), weight)| emit(&key, &value, weight));
        }
        Ok(())
    }

    /// What all groups give.
    pub(in super::super) fn contents(
        &self,
        values: &mut Reader,
        whole: &GroupCode,
        epoch: Epoch,
        pulse: &Pulse,
        emit: &mut Emit<'_>,
    ) -> Result<(), Trap> {
        for slot in self.state.groups.slots() {
            pulse.beat()?;
            let key = self.state.groups.key(slot);
            values.find(key);
            let mut rows = Rows::new();
            self.rows(&self.known(key), key, values, AsOf::Now, whole, epoch, pulse, 1, &mut rows)?;
            rows.into_iter().for_each(|((key, value), weight)| emit(&key, &value, weight));
        }
        Ok(())
    }

    /// Takes back what the current transaction changed.
    pub(in super::super) fn undo(&mut self) {
        let mut log = std::mem::take(&mut self.state.log);
        while !log.is_empty() {
            let changes: SmallVec<[Change<'_>; 2]> = log.newest().map(Change::opposite).collect();
            self.apply(log.newest_key(), changes);
            log.pop();
        }
    }

    /// The current transaction is over.
    pub(in super::super) fn end(&mut self) {
        let State { groups, sizes, failing, stores, log } = &mut self.state;
        log.clear();
        if let Some(kept) = groups.compact() {
            super::store::keep(sizes, &kept);
            stores.iter_mut().for_each(|store| store.keep(&kept));
            let moved = kept.iter().enumerate();
            *failing = moved.filter_map(|(to, from)| Some((to, *failing.get(from)?))).collect();
        }
    }

    /// Gives what it keeps to another one of the same rule and takes what that one keeps.
    pub(in super::super) fn exchange(&mut self, other: &mut Self) {
        std::mem::swap(&mut self.state, &mut other.state);
    }

    /// What it takes; a group counts as one row.
    pub(in super::super) fn held(&self) -> Held {
        let State { groups, sizes, failing, stores, log: _ } = &self.state;
        let stores: usize = stores.iter().map(Store::bytes).sum();
        let failing = failing.capacity() * size_of::<(Slot, u32)>();
        let bytes = groups.bytes() + sizes.capacity() * size_of::<u32>() + failing + stores;
        Held { updates: groups.slots().count(), bytes }
    }

    /// Marks the values that only it holds.
    pub(in super::super) fn mark(&self, marking: &mut Marking<'_>) {
        let Marking { interner, types, marks } = marking;
        for (store, keep) in self.state.stores.iter().zip(&self.kept) {
            for slot in self.state.groups.slots() {
                store.for_each_value(keep, slot, |ty, word| marks.mark(interner, types, ty, word));
            }
        }
    }

    /// Notes which values of a group come and go; `values` is at its key.
    fn note(
        &mut self,
        key: &[Word],
        changed: Values<'_>,
        values: &Reader,
        epoch: Epoch,
        pulse: &Pulse,
    ) -> Result<(), Trap> {
        self.state.log.begin(key, self.n_features);
        for (value, weight) in changed.iter() {
            let before = values.weight_of(value, AsOf::Before(epoch));
            let (was_there, is_there) = (before > 0, before + weight > 0);
            if let (Some(word), true) = (value.first(), was_there != is_there) {
                pulse.beat()?;
                self.note_value(epoch, key, *word, is_there, pulse)?;
            }
        }
        Ok(())
    }

    /// Notes that a value comes or goes, with its features.
    fn note_value(
        &mut self,
        epoch: Epoch,
        key: &[Word],
        value: Word,
        comes: bool,
        pulse: &Pulse,
    ) -> Result<(), Trap> {
        let log = &mut self.state.log;
        if self.n_features == 0 {
            log.push(Change { value, comes, features: Some(&[]) });
            return Ok(());
        }
        let mut features = None;
        let computed =
            self.each.run(epoch, &[key, &[value]], 1, &mut |row, _, _| features = Some(Row::from(row)));
        match computed {
            Err(trap) if pulse.is_cancelled() => return Err(trap),
            Err(_) => features = None,
            Ok(()) => {}
        }
        log.push(Change { value, comes, features: features.as_deref() });
        Ok(())
    }

    fn apply_newest(&mut self) {
        let log = std::mem::take(&mut self.state.log);
        let changes: SmallVec<[Change<'_>; 2]> = log.newest().collect();
        self.apply(log.newest_key(), changes);
        self.state.log = log;
    }

    fn apply(&mut self, key: &[Word], mut changes: SmallVec<[Change<'_>; 2]>) {
        if changes.is_empty() {
            return;
        }
        let interner = self.machine.interner();
        let cx = Context { interner: &interner, types: self.machine.types() };
        let state = &mut self.state;
        let slot = match state.groups.find(key) {
            Some(slot) => slot,
            None => {
                let slot = state.groups.open(key);
                super::store::set(&mut state.sizes, slot, 0);
                state.stores.iter_mut().for_each(|store| store.open(slot));
                slot
            }
        };
        for change in &changes {
            let step = if change.comes { 1 } else { u32::MAX };
            state.sizes[slot] = state.sizes[slot].wrapping_add(step);
            if change.features.is_none() {
                let failing = state.failing.entry(slot).or_default();
                *failing = failing.wrapping_add(step);
                if *failing == 0 {
                    state.failing.remove(&slot);
                }
            }
        }
        if state.sizes[slot] == 0 {
            // What it takes is given back at once.
            state.stores.iter_mut().for_each(|store| store.open(slot));
            state.groups.close(key);
            return;
        }
        changes.retain(|change| change.features.is_some());
        let Some(value) = self.aggregates.first().map(|aggregate| aggregate.value) else { return };
        if changes.len() > 1 && self.kept.iter().any(Keep::is_ordered) {
            changes.sort_unstable_by(|a, b| cx.order(value, a.value, b.value));
        }
        for (store, keep) in state.stores.iter_mut().zip(&self.kept) {
            store.change(keep, cx, value, slot, &changes);
        }
    }

    /// What is known of a group now.
    fn known(&self, key: &[Word]) -> Known {
        let state = &self.state;
        let Some(slot) = state.groups.find(key) else { return Known::Gone };
        if state.failing.contains_key(&slot) {
            return Known::Unknown;
        }
        let interner = self.machine.interner();
        let cx = Context { interner: &interner, types: self.machine.types() };
        let size = state.sizes[slot] as usize;
        let word = |(aggregate, place): (&Aggregate, &usize)| match state.stores.get(*place) {
            Some(store) if aggregate.kind != crate::plan::AggregateKind::Count => {
                store.word(aggregate, cx, slot, size)
            }
            _ => u64_to_word(cx.interner, size as u64),
        };
        Known::Words(self.aggregates.iter().zip(&self.places).map(word).collect())
    }

    /// The rows that a group gives; `values` is at its key.
    #[allow(clippy::too_many_arguments)]
    fn rows(
        &self,
        known: &Known,
        key: &[Word],
        values: &Reader,
        as_of: AsOf,
        whole: &GroupCode,
        epoch: Epoch,
        pulse: &Pulse,
        weight: Weight,
        rows: &mut Rows,
    ) -> Result<(), Trap> {
        let words = match known {
            Known::Gone => return Ok(()),
            Known::Unknown => None,
            Known::Words(words) => Some(words),
        };
        if let Some(words) = words {
            let so_far = rows.len();
            let mut push = |key: &[Word], value: &[Word], weight| {
                rows.push(((Row::from(key), Row::from(value)), weight));
            };
            match self.then.run(epoch, &[key, words], weight, &mut push) {
                Ok(()) => return Ok(()),
                Err(trap) if pulse.is_cancelled() => return Err(trap),
                // The rule itself says what is wrong.
                Err(_) => rows.truncate(so_far),
            }
        }
        let group = members(values, as_of);
        if group.is_empty() {
            return Ok(());
        }
        whole.run(epoch, key, &group, &mut |key, value| rows.push(((key, value), weight)))
    }
}
