//! What a transaction does to one input relation, update by update.

use std::collections::hash_map::Entry;

use rustc_hash::FxHashMap;

use crate::dataflow::contents::Finder;
use crate::dataflow::host::{Delta, Host};
use crate::dataflow::index::Weight;
use crate::ir::{Relation, RelationId, RelationSemantics};
use crate::value::{Row, Word};

/// What a transaction does to one relation so far.
pub(super) enum Draft {
    /// Each record as often as an update is about it: 1 if it comes, -1 if it goes. The last word counts.
    Set(Delta, Option<Finder>),
    /// By primary key: the record before, and now.
    Keyed(Keyed),
    /// By record: how often it was there before, and is now.
    Counts(FxHashMap<Row, (Weight, Weight)>, Option<Finder>),
}

/// Records by primary key.
pub(super) struct Keyed {
    rows: FxHashMap<Word, (Option<Row>, Option<Row>)>,
    before: Before,
}

/// How the record is found that a key had before the transaction.
enum Before {
    Found(Option<Finder>),
    /// Those asked for so far.
    Known(Known),
}

/// Records before the transaction, by primary key, as far as they have been asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    pub(super) rows: FxHashMap<Word, Option<Row>>,
    /// No others were there.
    pub(super) all: bool,
}

/// What an update does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Insert = 0,
    Upsert = 1,
    Delete = 2,
    DeleteKey = 3,
    Clear = 4,
}

/// Why an update cannot be done to what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clash {
    KeyExists = 0,
    KeyAbsent = 1,
    RecordDiffers = 2,
    /// What the key had before must be asked for.
    Unknown = 3,
}

impl Draft {
    /// Nothing done yet to the part of a relation that is in `host`.
    pub(super) fn new(relation: &Relation, host: &mut Host, id: RelationId) -> Self {
        match relation.semantics {
            _ if relation.primary_key.is_some() => {
                Draft::Keyed(Keyed { rows: FxHashMap::default(), before: Before::Found(host.find(id)) })
            }
            RelationSemantics::Relation => Draft::Set(Delta::new(), host.find(id)),
            RelationSemantics::Multiset | RelationSemantics::Stream => {
                Draft::Counts(FxHashMap::default(), host.find(id))
            }
        }
    }

    /// Nothing done yet to a relation with a primary key of which this is known.
    pub(super) fn of_known(known: Known) -> Self {
        Draft::Keyed(Keyed { rows: FxHashMap::default(), before: Before::Known(known) })
    }

    /// Does an update other than to clear. `key` is the primary key, if the relation has one.
    pub(super) fn apply(
        &mut self,
        kind: Kind,
        key: Word,
        row: impl AsRef<[Word]> + Into<Row>,
    ) -> Result<(), Clash> {
        match self {
            Draft::Set(updates, _) => {
                updates.push(row.as_ref(), if kind == Kind::Insert { 1 } else { -1 });
                Ok(())
            }
            Draft::Counts(rows, finder) => {
                let change = if kind == Kind::Insert { 1 } else { -1 };
                let (_, now) = match rows.entry(row.into()) {
                    Entry::Occupied(entry) => entry.into_mut(),
                    Entry::Vacant(entry) => {
                        let before = finder.as_mut().map_or(0, |finder| finder.count(entry.key()));
                        entry.insert((before, before))
                    }
                };
                // There is nothing to take away of what is not there.
                *now = (*now + change).max(0);
                Ok(())
            }
            Draft::Keyed(keyed) => keyed.apply(kind, key, row.into()),
        }
    }

    /// Removes every record; `contents` are those that were there before, with their primary keys.
    pub(super) fn clear(&mut self, contents: Vec<(Word, Row, Weight)>) {
        match self {
            Draft::Set(updates, _) => {
                // What was to come until here does not, and what is there goes.
                updates.clear();
                contents.iter().for_each(|(_, row, _)| updates.push(row, -1));
            }
            Draft::Counts(rows, _) => {
                rows.values_mut().for_each(|(_, now)| *now = 0);
                for (_, row, before) in contents {
                    rows.entry(row).or_insert((before, 0));
                }
            }
            Draft::Keyed(keyed) => {
                for (key, row, _) in contents {
                    keyed.rows.entry(key).or_insert((Some(row), None));
                }
                keyed.rows.values_mut().for_each(|state| state.1 = None);
            }
        }
    }

    /// The record of a primary key as it is now.
    pub(super) fn now(&mut self, key: Word) -> Result<Option<&mut Option<Row>>, Clash> {
        match self {
            Draft::Keyed(keyed) => keyed.now(key).map(Some),
            Draft::Set(..) | Draft::Counts(..) => Ok(None),
        }
    }

    /// What changes.
    pub(super) fn delta(self) -> Delta {
        let mut delta = Delta::new();
        match self {
            Draft::Set(updates, mut finder) => {
                let updates = updates.last_of_each();
                delta.reserve(updates.len(), updates.width());
                for (row, last) in updates.iter() {
                    let (before, now) = (finder.as_mut().is_some_and(|finder| finder.has(row)), last > 0);
                    if before != now {
                        delta.push(row, Weight::from(now) - Weight::from(before));
                    }
                }
                return delta;
            }
            Draft::Counts(rows, _) => {
                rows.iter().for_each(|(row, (before, now))| delta.push(row, now - before));
            }
            Draft::Keyed(keyed) => {
                for (before, now) in keyed.rows.values().filter(|(before, now)| before != now) {
                    before.iter().for_each(|row| delta.push(row, -1));
                    now.iter().for_each(|row| delta.push(row, 1));
                }
            }
        }
        delta.consolidate();
        delta
    }
}

impl Keyed {
    fn apply(&mut self, kind: Kind, key: Word, row: Row) -> Result<(), Clash> {
        let now = self.now(key)?;
        match kind {
            Kind::Insert if now.is_some() => return Err(Clash::KeyExists),
            Kind::Insert | Kind::Upsert => *now = Some(row),
            Kind::Delete => match now {
                Some(found) if *found == row => *now = None,
                Some(_) => return Err(Clash::RecordDiffers),
                None => return Err(Clash::KeyAbsent),
            },
            Kind::DeleteKey | Kind::Clear => drop(now.take().ok_or(Clash::KeyAbsent)?),
        }
        Ok(())
    }

    /// The record of a key as it is now.
    fn now(&mut self, key: Word) -> Result<&mut Option<Row>, Clash> {
        match self.rows.entry(key) {
            Entry::Occupied(entry) => Ok(&mut entry.into_mut().1),
            Entry::Vacant(entry) => {
                let before = match &mut self.before {
                    Before::Found(finder) => finder.as_mut().and_then(|finder| finder.row_of(key)),
                    Before::Known(known) => match known.rows.get(&key) {
                        Some(row) => row.clone(),
                        None if known.all => None,
                        None => return Err(Clash::Unknown),
                    },
                };
                Ok(&mut entry.insert((before.clone(), before)).1)
            }
        }
    }
}

impl Kind {
    pub(super) fn from_word(word: Word) -> Self {
        match word {
            0 => Kind::Insert,
            1 => Kind::Upsert,
            2 => Kind::Delete,
            3 => Kind::DeleteKey,
            _ => Kind::Clear,
        }
    }
}

impl Clash {
    pub(super) fn from_word(word: Word) -> Option<Self> {
        [Clash::KeyExists, Clash::KeyAbsent, Clash::RecordDiffers]
            .into_iter()
            .find(|clash| *clash as Word == word)
    }
}
