//! Workers that run one plan together: each holds the rows whose keys fall to it, and all of them take the same steps
//! in the same order.
//!
//! There is one thing they do together: [`Peers::exchange`]. It gives every worker the rows that fall to it, tells all
//! of them the same about what has changed anywhere, and if somebody failed all of them hear of the same failure.
//! **Contract:** every worker calls it as often as every other one, in the same order, whether it has rows to give or
//! not and whether it has failed or not. So what a worker does next may depend on what an exchange told, and on
//! nothing else that differs from worker to worker. Failing means to say so in the next exchange, not to leave out one.

mod dialect;
mod failure;
mod link;
mod lost;
mod mesh;
mod message;
mod pack;
mod parcel;
mod spread;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use crossbeam_channel::Receiver;
use timely::worker::Worker;

use super::changes::Changes;
use super::host::Failure;
use super::index::Weight;
use crate::ir::TypeId;
use crate::value::{Interner, Word};
pub(crate) use dialect::Dialect;
pub(crate) use failure::both;
pub(crate) use link::Link;
pub(crate) use lost::Lost;
use mesh::Mesh;
pub(crate) use message::Order;
pub(crate) use parcel::{Arrived, Channel, Parcel, Route};

/// A worker among the others.
pub(crate) struct Peers {
    /// `None` if there is only one.
    mesh: Option<Mesh>,
}

impl Peers {
    /// Of the only worker.
    pub(crate) fn alone() -> Self {
        Peers { mesh: None }
    }

    /// Of one of timely's workers, in a process that has `here` of them. All of them must call this before anything else.
    pub(crate) fn new(worker: &Worker, here: usize, lost: &Lost) -> Self {
        Peers { mesh: (worker.peers() > 1).then(|| Mesh::new(worker.clone(), here, lost.clone())) }
    }

    /// From now on rows are those of a dialect, in words of `interner`. All workers must call this before their first
    /// exchange, and between the same two exchanges if the program changes. Nothing to say if all are in one process.
    pub(crate) fn speak(&mut self, dialect: Option<&Arc<Dialect>>, interner: &Arc<Interner>) {
        if let (Some(mesh), Some(dialect)) = (&mut self.mesh, dialect) {
            mesh.speak(dialect, interner);
        }
    }

    /// Words are those of another interner now, of which those that rows hold stand for the same as before.
    pub(crate) fn replace_interner(&mut self, interner: &Arc<Interner>) {
        if let Some(mesh) = &mut self.mesh {
            mesh.replace_interner(interner);
        }
    }

    /// Whether there is one worker only: an exchange gives back what it was given.
    pub(crate) fn is_alone(&self) -> bool {
        self.mesh.is_none()
    }

    /// The number of this worker, from 0.
    pub(crate) fn index(&self) -> usize {
        self.mesh.as_ref().map_or(0, Mesh::index)
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.mesh.as_ref().map_or(1, Mesh::count)
    }

    /// Whether other workers are in other processes.
    pub(crate) fn has_other_processes(&self) -> bool {
        self.mesh.as_ref().is_some_and(|mesh| mesh.processes() > 1)
    }

    /// The worker that a key falls to. `types` are those of its words.
    pub(crate) fn owner(&self, key: &[Word], types: impl Iterator<Item = TypeId>) -> usize {
        self.mesh.as_ref().map_or(0, |mesh| mesh.owner(key, types))
    }

    /// What has happened if a worker is gone: then this one must end as well.
    pub(crate) fn lost(&self) -> Option<Arc<str>> {
        self.mesh.as_ref().and_then(|mesh| mesh.lost().what()).cloned()
    }

    /// Is disconnected once a worker is gone. `None` if there is only one.
    pub(crate) fn bell(&self) -> Option<Receiver<()>> {
        self.mesh.as_ref().map(|mesh| mesh.lost().bell().clone())
    }

    /// Sends rows to the workers they fall to, and waits for those of all others. `done` is how it went here since the
    /// last exchange.
    ///
    /// # Errors
    /// Somebody failed; of several failures the least one, for all the same.
    pub(crate) fn exchange(
        &mut self,
        parcels: Vec<Parcel>,
        done: Result<(), Failure>,
    ) -> Result<Arrived, Failure> {
        match &mut self.mesh {
            None => done.map(|()| Arrived::kept(parcels)),
            Some(mesh) => mesh.exchange(parcels, done),
        }
    }

    /// An exchange of nothing: all go on, or all hear of the same failure.
    ///
    /// # Errors
    /// As for [`Self::exchange`].
    pub(crate) fn agree(&mut self, done: Result<(), Failure>) -> Result<(), Failure> {
        self.exchange(Vec::new(), done).map(drop)
    }

    /// Tells all other workers what to do; only the first worker does.
    ///
    /// # Errors
    /// A worker is gone.
    pub(crate) fn order(&mut self, order: &Order) -> Result<(), Failure> {
        self.mesh.as_mut().map_or(Ok(()), |mesh| mesh.order(order))
    }

    /// What the first worker tells this one to do; waits until it does. `None` if there is nobody to tell it.
    pub(crate) fn next_order(&mut self) -> Option<Order> {
        self.mesh.as_mut().and_then(|mesh| mesh.next_order().ok())
    }

    /// The numbers of all workers added up, at the first one.
    ///
    /// # Errors
    /// Somebody failed.
    pub(crate) fn sums(&mut self, numbers: Vec<u64>) -> Result<Vec<u64>, Failure> {
        if self.is_alone() {
            return Ok(numbers);
        }
        let mut rows = Changes::new();
        for (at, number) in numbers.iter().enumerate() {
            rows.push(&[at as Word], *number as Weight);
        }
        let channel = Channel::Numbers(0);
        let mut arrived = self.exchange(vec![Parcel { channel, route: Route::First, rows }], Ok(()))?;
        let mut sums = vec![0; numbers.len()];
        for (row, number) in arrived.take(channel).iter() {
            if let Some(sum) = sums.get_mut(row[0] as usize) {
                *sum += number as u64;
            }
        }
        Ok(sums)
    }
}
