//! Workers that run one plan together: each holds the rows whose keys fall to it, and all of them take the same steps
//! in the same order.
//!
//! There is one thing they do together: [`Peers::exchange`]. It gives every worker the rows that fall to it, tells all
//! of them the same about what has changed anywhere, and if somebody failed all of them hear of the same failure.
//! **Contract:** every worker calls it as often as every other one, in the same order, whether it has rows to give or
//! not and whether it has failed or not. So what a worker does next may depend on what an exchange told, and on
//! nothing else that differs from worker to worker. Failing means to say so in the next exchange, not to leave out one.

mod failure;
mod mesh;
mod message;
mod parcel;
mod spread;
mod wire;

#[cfg(test)]
mod tests;

use timely::worker::Worker;

use super::host::Failure;
use mesh::Mesh;
#[allow(unused_imports)]
pub(crate) use parcel::{Arrived, Channel, Parcel, Route};

/// A worker among the others.
pub(crate) struct Peers {
    worker: Worker,
    /// `None` if there is only one.
    mesh: Option<Mesh>,
}

impl Peers {
    /// Of a worker. All workers must be at the same place when they call this.
    pub(crate) fn new(worker: &Worker) -> Self {
        let mesh = (worker.peers() > 1).then(|| Mesh::new(worker));
        Peers { worker: worker.clone(), mesh }
    }

    /// Whether there is one worker only: an exchange gives back what it was given.
    pub(crate) fn is_alone(&self) -> bool {
        self.mesh.is_none()
    }

    /// The number of this worker, from 0.
    pub(crate) fn index(&self) -> usize {
        self.worker.index()
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.worker.peers()
    }

    /// Timely's worker, for dataflows.
    pub(crate) fn worker(&mut self) -> &mut Worker {
        &mut self.worker
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
            Some(mesh) => mesh.exchange(&mut self.worker, parcels, done),
        }
    }
}
