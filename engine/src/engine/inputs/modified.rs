//! Relations of which records are modified, with several workers: what an update does then depends on the record of its
//! key, and may change that of another one. The first worker does such updates one after the other, and asks the others
//! for the records it needs.

use std::sync::RwLockReadGuard;

use rustc_hash::FxHashMap;

use super::batch::Batch;
use super::draft::{Draft, Known};
use super::shares::BY_ITSELF;
use super::{Inputs, Refusal, Share, deltas};
use crate::dataflow::changes::Changes;
use crate::dataflow::host::{Delta, Failure, Host};
use crate::dataflow::index::Epoch;
use crate::dataflow::peers::{Channel, Parcel, Peers, Route};
use crate::engine::commit::Update;
use crate::ir::RelationId;
use crate::value::{Interner, Row, Word};

/// What was asked for so far, by relation.
type Asked = FxHashMap<RelationId, Known>;

/// The number of an update that failed, its relation, and why.
type Refused = (usize, RelationId, Refusal);

/// What is still to be asked for: keys, or everything.
type Wanted = Vec<(RelationId, Option<Word>)>;

impl Inputs {
    pub(super) fn modified_changes(
        &self,
        peers: &mut Peers,
        host: &mut Host,
        interner: &Interner,
        epoch: Epoch,
        batch: &Batch,
    ) -> Result<Share, Failure> {
        let mut asked = Asked::default();
        let first = peers.index() == 0;
        let mut wanted = if first { self.keys_of(interner, epoch, batch) } else { Wanted::new() };
        self.ask(peers, host, interner, epoch, std::mem::take(&mut wanted), &mut asked)?;
        loop {
            let mut outcome = Ok(Vec::new());
            if first {
                outcome = self.do_modified(host, interner, epoch, batch, &asked);
            }
            if let Err(refused) = &outcome
                && let (_, relation, Refusal::Unknown(key)) = &**refused
            {
                wanted.push((*relation, Some(*key)));
            }
            if !self.ask(peers, host, interner, epoch, std::mem::take(&mut wanted), &mut asked)? {
                return Ok(match outcome {
                    Ok(changes) => (changes, Ok(())),
                    Err(refused) => {
                        let (number, _, refusal) = *refused;
                        self.refused_here.set(Some((number, refusal.into())));
                        (Vec::new(), Err(Failure::refused(number, BY_ITSELF)))
                    }
                });
            }
        }
    }

    /// Does the updates of such relations, with what is known of their records.
    fn do_modified(
        &self,
        host: &mut Host,
        interner: &Interner,
        epoch: Epoch,
        batch: &Batch,
        asked: &Asked,
    ) -> Result<Vec<(RelationId, Delta)>, Box<Refused>> {
        let mut drafts: FxHashMap<RelationId, Draft> = FxHashMap::default();
        let part = batch.part(0);
        for (number, update) in modified(batch, &part) {
            let id = update.relation();
            let at = |refusal| Box::new((number, id, refusal));
            let change = self.change(interner, epoch, update).map_err(at)?;
            let known = || Draft::of_known(asked.get(&id).cloned().unwrap_or_default());
            let draft = drafts.entry(id).or_insert_with(known);
            match update {
                Update::Clear { .. } => {
                    let known = asked.get(&id).map(|known| &known.rows).into_iter().flatten();
                    draft.clear(known.filter_map(|(key, row)| Some((*key, row.clone()?, 1))).collect());
                }
                _ => change.apply(draft, update, host).map_err(at)?,
            }
        }
        Ok(deltas(drafts))
    }

    /// The keys that updates of such relations name, as far as they can be told before.
    fn keys_of(&self, interner: &Interner, epoch: Epoch, batch: &Batch) -> Wanted {
        let key = |update: &Update| {
            let change = self.change(interner, epoch, update).ok()?;
            match update {
                Update::Clear { .. } => Some(None),
                Update::Modify { key, .. } => change.key(key).ok().map(Some),
                _ => change.op(update).ok().map(|op| Some(op.key)),
            }
        };
        let part = batch.part(0);
        modified(batch, &part).filter_map(|(_, update)| Some((update.relation(), key(update)?))).collect()
    }

    /// Asks all workers for records; whether anything was asked for, or this is the first time.
    fn ask(
        &self,
        peers: &mut Peers,
        host: &mut Host,
        interner: &Interner,
        epoch: Epoch,
        wanted: Wanted,
        asked: &mut Asked,
    ) -> Result<bool, Failure> {
        let mut keys: FxHashMap<RelationId, (Changes, Changes)> = FxHashMap::default();
        for (relation, key) in &wanted {
            let (some, all) = keys.entry(*relation).or_default();
            match key {
                Some(key) => some.push(&[*key], 1),
                None => all.push(&[], 1),
            }
        }
        let parcels =
            keys.into_iter().flat_map(|(relation, (some, all))| {
                [(Channel::Key(relation), some), (Channel::Whole(relation), all)]
                    .map(|(channel, rows)| Parcel { channel, route: Route::All, rows })
            });
        let mut arrived = peers.exchange(parcels.collect(), Ok(()))?;
        let touched = std::mem::take(&mut arrived.touched);
        if touched.is_empty() {
            return Ok(false);
        }
        let mut found = Vec::new();
        for channel in touched {
            let rows = match channel {
                Channel::Key(relation) => {
                    let mut rows = Changes::new();
                    if let Some(mut finder) = host.find(relation) {
                        let keys = arrived.take(channel);
                        keys.iter()
                            .filter_map(|(key, _)| finder.row_of(key[0]))
                            .for_each(|row| rows.push(&row, 1));
                    }
                    (relation, rows)
                }
                Channel::Whole(relation) => (relation, host.contents(relation, epoch).unwrap_or_default()),
                _ => continue,
            };
            found.push(rows);
        }
        let parcel = |(relation, rows): (RelationId, Changes)| {
            let channel = Channel::Collection(crate::plan::CollectionId(relation.0));
            Parcel { channel, route: Route::First, rows }
        };
        let mut arrived = peers.exchange(found.into_iter().map(parcel).collect(), Ok(()))?;
        for (relation, key) in wanted {
            let known = asked.entry(relation).or_default();
            match key {
                Some(key) => drop(known.rows.entry(key).or_default()),
                None => known.all = true,
            }
            let rows = arrived.take(Channel::Collection(crate::plan::CollectionId(relation.0)));
            let Some(declared) = self.program.relations.get(relation.0 as usize) else { continue };
            let change = super::Change { inputs: self, interner, epoch, id: relation, relation: declared };
            for (row, _) in rows.iter() {
                if let Ok(key) = change.key_of(row) {
                    known.rows.insert(key, Some(Row::from(row)));
                }
            }
        }
        Ok(true)
    }
}

/// The updates of relations of which records are modified.
fn modified<'a>(
    batch: &Batch,
    part: &'a Option<(usize, RwLockReadGuard<'_, Vec<Update>>)>,
) -> impl Iterator<Item = (usize, &'a Update)> {
    let all = part.iter().flat_map(|(_, updates)| updates.iter().enumerate());
    all.filter(|(_, update)| batch.modified.contains(&update.relation()))
}
