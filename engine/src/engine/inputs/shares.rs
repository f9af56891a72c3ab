//! Updates among several workers: each is put into words by one of them, and done by the one its record falls to.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::batch::Batch;
use super::draft::{Clash, Draft, Kind};
use super::{Change, Inputs, Op, RefusedAt, Share, deltas};
use crate::dataflow::changes::Changes;
use crate::dataflow::host::{Failure, Host};
use crate::dataflow::index::Epoch;
use crate::dataflow::peers::{Channel, Parcel, Peers, Route, both};
use crate::engine::commit::Update;
use crate::ir::{RelationId, TypeId};
use crate::value::{Interner, Row, Word};

/// Of a refusal: the update itself is wrong, whatever is there.
pub(super) const BY_ITSELF: u32 = u32::MAX;

/// Updates in words, by relation and by the worker they are for: the number of the update, its kind, the primary key, and
/// the record.
type Ops = BTreeMap<RelationId, Vec<Changes>>;

impl Inputs {
    /// As [`Self::changes`] with several workers: what falls to this one. Why an update failed is told by
    /// [`Self::refused`] once all workers have agreed which was the first.
    pub(in crate::engine) fn shared_changes(
        &self,
        peers: &mut Peers,
        host: &mut Host,
        interner: &Interner,
        epoch: Epoch,
        batch: &Batch,
    ) -> Result<Share, Failure> {
        let mut ops = Ops::new();
        let mut done = Ok(());
        let part = batch.part(if batch.for_all { 0 } else { peers.index() });
        if let Some((from, part)) = &part {
            let words = self.in_words(peers, interner, epoch, (*from, part), batch, &mut ops);
            done = words.map_err(|number| Failure::refused(number, BY_ITSELF));
        }
        let ops: Vec<(RelationId, Changes)> = match batch.for_all {
            // Every worker has put all of them into words.
            true => ops.into_iter().map(|(id, mut shares)| (id, shares.swap_remove(peers.index()))).collect(),
            false => {
                let parcels = ops.into_iter().flat_map(|(relation, shares)| {
                    shares.into_iter().enumerate().map(move |(worker, rows)| Parcel {
                        channel: Channel::Update(relation),
                        route: Route::To(worker),
                        rows,
                    })
                });
                let mut arrived = peers.exchange(parcels.collect(), Ok(()))?;
                let touched = std::mem::take(&mut arrived.touched);
                let of_relation = |channel: Channel| match channel {
                    Channel::Update(relation) => Some((relation, in_order(arrived.take_parts(channel)))),
                    _ => None,
                };
                touched.into_iter().filter_map(of_relation).collect()
            }
        };
        let mut drafts: FxHashMap<RelationId, Draft> = FxHashMap::default();
        for (id, rows) in ops {
            let applied = self.apply(host, interner, epoch, id, rows, &mut drafts);
            done = both(done, applied.map_err(|(number, clash)| Failure::refused(number, clash as u32)));
        }
        let mut changes = deltas(drafts);
        if !batch.modified.is_empty() {
            let (mut modified, refused) = self.modified_changes(peers, host, interner, epoch, batch)?;
            // The first worker has them all, and all know which relations these are.
            let mut of_relation = |id: &RelationId| {
                let at = modified.iter().position(|(relation, _)| relation == id);
                (*id, at.map(|at| modified.swap_remove(at).1).unwrap_or_default())
            };
            let modified = batch.modified.iter().map(&mut of_relation).collect();
            changes.extend(host.sent_home(peers, modified)?.into_iter().filter(|(_, rows)| !rows.is_empty()));
            done = both(done, refused);
        }
        Ok((changes, done))
    }

    /// Why the update failed that all workers agree on.
    pub(in crate::engine) fn refused(
        &self,
        interner: &Interner,
        epoch: Epoch,
        batch: &Batch,
        (number, why): (usize, u32),
    ) -> Option<RefusedAt> {
        if let Some(refused) = self.refused_here.take().filter(|(at, _)| *at == number) {
            return Some(refused);
        }
        let update = batch.update(number)?;
        let refusal = match self.change(interner, epoch, &update) {
            Err(refusal) => refusal,
            Ok(change) => match Clash::from_word(why) {
                Some(clash) => change.clash(clash, &update),
                None => change.op(&update).err()?,
            },
        };
        Some((number, Box::new(refusal)))
    }

    /// Puts updates into words, up to the first that is wrong by itself.
    fn in_words(
        &self,
        peers: &Peers,
        interner: &Interner,
        epoch: Epoch,
        (from, updates): (usize, &[Update]),
        batch: &Batch,
        ops: &mut Ops,
    ) -> Result<(), usize> {
        let workers = peers.count();
        for (number, update) in updates.iter().enumerate() {
            if batch.modified.contains(&update.relation()) {
                continue;
            }
            let number = from + number;
            let words = self.change(interner, epoch, update).and_then(|change| {
                let op = change.op(update)?;
                Ok((change.owner(peers, &op), change.types().len(), op))
            });
            let Ok((owner, width, mut op)) = words else { return Err(number) };
            let head = [number as Word, op.kind as Word, op.key];
            op.row.0.resize(width, 0);
            let shares = ops.entry(update.relation()).or_insert_with(|| vec![Changes::new(); workers]);
            match owner {
                Some(worker) => shares[worker].push_pair(&head, &op.row, 1),
                None => shares.iter_mut().for_each(|share| share.push_pair(&head, &op.row, 1)),
            }
        }
        Ok(())
    }

    /// Does updates of one relation, up to the first that cannot be done.
    fn apply(
        &self,
        host: &mut Host,
        interner: &Interner,
        epoch: Epoch,
        id: RelationId,
        ops: Changes,
        drafts: &mut FxHashMap<RelationId, Draft>,
    ) -> Result<(), (usize, Clash)> {
        let Some(relation) = self.program.relations.get(id.0 as usize) else { return Ok(()) };
        let change = Change { inputs: self, interner, epoch, id, relation };
        let draft = drafts.entry(id).or_insert_with(|| Draft::new(relation, host, id));
        for (op, _) in ops.iter() {
            let [number, kind, key, ref row @ ..] = *op else { continue };
            match Kind::from_word(kind) {
                // Contents are read from arrangements: nothing can fail.
                Kind::Clear => draft.clear(change.contents(host).unwrap_or_default()),
                kind => draft.apply(kind, key, row).map_err(|clash| (number as usize, clash))?,
            }
        }
        Ok(())
    }
}

/// Updates that several workers have put into words, in the order of their numbers: each has done those of one stretch.
fn in_order(mut parts: Vec<Changes>) -> Changes {
    parts.sort_unstable_by_key(|part| part.row(0)[0]);
    let mut all = Changes::new();
    all.reserve(parts.iter().map(Changes::len).sum(), parts.first().map_or(0, Changes::width));
    parts.iter().for_each(|part| all.append(part));
    all
}

impl Change<'_> {
    /// The worker that an update falls to; `None` if it concerns all.
    fn owner(&self, peers: &Peers, op: &Op) -> Option<usize> {
        match (op.kind, &self.inputs.found_by[self.id.0 as usize]) {
            (Kind::Clear, _) => None,
            _ if self.inputs.at_first[self.id.0 as usize] => Some(0),
            (_, found_by) => {
                let types = self.types();
                Some(match (&self.relation.primary_key, found_by) {
                    (Some(primary), _) => peers.owner(&[op.key], std::iter::once(primary.key.ty)),
                    (None, Some(columns)) => {
                        let key: Row = columns.iter().map(|column| op.row[*column]).collect();
                        peers.owner(&key, columns.iter().map(|column| types[*column]))
                    }
                    (None, None) => peers.owner(&op.row, types.iter().copied()),
                })
            }
        }
    }

    /// The types of a record's columns.
    fn types(&self) -> &[TypeId] {
        &self.inputs.columns[self.id.0 as usize]
    }
}
