//! Timely's channels between workers.

use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use timely::communication::{Pull, Push};
use timely::worker::Worker;

use super::dialect::{Dialect, Tongue};
use super::failure::both;
use super::lost::Lost;
use super::message::{Body, Message, Order, Part};
use super::pack::{pack, unpack};
use super::parcel::{Arrived, Channel, Parcel, Route};
use super::spread::{hash, place, spread};
use crate::dataflow::host::Failure;
use crate::ir::TypeId;
use crate::value::{Interner, Word};

/// No dataflow has this address: messages wake the worker and nothing else.
const ADDRESS: usize = usize::MAX;

/// Nothing is lost if a worker sleeps on: whoever sends wakes it.
const NAP: Duration = Duration::from_secs(1);

/// The way to every other worker, and from them.
pub(super) struct Mesh {
    worker: Worker,
    to: Vec<Box<dyn Push<Message>>>,
    from: Box<dyn Pull<Message>>,
    /// By worker: what it said already that belongs to later exchanges.
    early: Vec<VecDeque<Message>>,
    lost: Lost,
    /// Workers of this process.
    here: usize,
    /// What is needed to talk to other processes. `None` if there are none, or nothing has been said yet.
    tongue: Option<Tongue>,
}

impl Mesh {
    /// Of a worker of a process that has so many.
    pub(super) fn new(worker: Worker, here: usize, lost: Lost) -> Self {
        let (to, from) = worker.allocate(worker.new_identifier(), Rc::from([ADDRESS].as_slice()));
        lost.wake_me();
        let early = (0..worker.peers()).map(|_| VecDeque::new()).collect();
        Mesh { worker, to, from, early, lost, here, tongue: None }
    }

    pub(super) fn index(&self) -> usize {
        self.worker.index()
    }

    pub(super) fn count(&self) -> usize {
        self.to.len()
    }

    /// How many processes there are.
    pub(super) fn processes(&self) -> usize {
        self.count() / self.here
    }

    pub(super) fn lost(&self) -> &Lost {
        &self.lost
    }

    /// From now on rows are those of this dialect, in words of this interner.
    pub(super) fn speak(&mut self, dialect: &Arc<Dialect>, interner: &Arc<Interner>) {
        self.tongue = Some(Tongue::new(dialect.clone(), interner.clone()));
    }

    pub(super) fn replace_interner(&mut self, interner: &Arc<Interner>) {
        if let Some(tongue) = &mut self.tongue {
            tongue.replace_interner(interner.clone());
        }
    }

    /// The worker that a key falls to, whose words are values of these types.
    pub(super) fn owner(&self, key: &[Word], types: impl Iterator<Item = TypeId>) -> usize {
        let hash = match &self.tongue {
            None => hash(key),
            Some(tongue) => tongue.hash(&types.map(Some).collect::<Vec<_>>(), key),
        };
        place(hash, self.count())
    }

    pub(super) fn exchange(
        &mut self,
        parcels: Vec<Parcel>,
        done: Result<(), Failure>,
    ) -> Result<Arrived, Failure> {
        let mut arrived = self.send(parcels, &done)?;
        // What is for other processes goes out only when the worker makes a step.
        self.worker.step();
        let mut done = done;
        let index = self.index();
        for peer in (0..self.to.len()).filter(|peer| *peer != index) {
            let part = self.next_of(peer)?;
            arrived.add(part.rows, &part.touched);
            done = both(done, part.failure.map_or(Ok(()), |failure| Err(*failure)));
        }
        done?;
        arrived.sort();
        Ok(arrived)
    }

    /// Sends to every other worker; gives what this one keeps.
    fn send(&mut self, parcels: Vec<Parcel>, done: &Result<(), Failure>) -> Result<Arrived, Failure> {
        let (index, workers) = (self.index(), self.count());
        let mut shares: Vec<Vec<(Channel, _)>> = (0..workers).map(|_| Vec::new()).collect();
        let mut touched: Vec<Channel> = Vec::new();
        for Parcel { channel, route, rows } in parcels.into_iter().filter(|parcel| !parcel.rows.is_empty()) {
            touched.push(channel);
            match route {
                Route::Stay => shares[index].push((channel, rows)),
                Route::To(worker) => shares[worker].push((channel, rows)),
                Route::First => shares[0].push((channel, rows)),
                Route::All => shares.iter_mut().for_each(|share| share.push((channel, rows.clone()))),
                Route::Key(width) => {
                    let parted = match &self.tongue {
                        None => spread(&rows, width, workers, hash),
                        Some(tongue) => {
                            let types = tongue.dialect.columns(channel);
                            spread(&rows, width, workers, |key| tongue.hash(types, key))
                        }
                    };
                    for (share, rows) in shares.iter_mut().zip(parted) {
                        if !rows.is_empty() {
                            share.push((channel, rows));
                        }
                    }
                }
            }
        }
        let own = std::mem::take(&mut shares[index]);
        for (peer, rows) in shares.into_iter().enumerate().filter(|(peer, _)| *peer != index) {
            let failure = done.as_ref().err().cloned().map(Box::new);
            self.say(peer, Part { touched: touched.clone(), rows, failure, order: None })?;
        }
        Ok(Arrived::new(own, touched))
    }

    /// Tells all others what to do.
    pub(super) fn order(&mut self, order: &Order) -> Result<(), Failure> {
        let from = self.index();
        for peer in (0..self.count()).filter(|peer| *peer != from) {
            self.say(peer, Part { order: Some(order.clone()), ..Part::default() })?;
        }
        self.worker.step();
        Ok(())
    }

    /// What the first worker tells this one to do; sleeps until it does.
    pub(super) fn next_order(&mut self) -> Result<Order, Failure> {
        loop {
            if let Some(order) = self.next_of(0)?.order {
                return Ok(order);
            }
        }
    }

    fn say(&mut self, peer: usize, part: Part) -> Result<(), Failure> {
        let from = self.index();
        let body = match peer / self.here == from / self.here {
            true => Body::Here(part),
            false => Body::Packed(pack(&part, self.tongue()?)),
        };
        self.to[peer].send(Message { from, body });
        self.to[peer].done();
        Ok(())
    }

    /// What a worker says next; sleeps until it does.
    fn next_of(&mut self, peer: usize) -> Result<Part, Failure> {
        loop {
            if let Some(what) = self.lost.what() {
                return Err(Failure::lost(what));
            }
            if let Some(message) = self.early[peer].pop_front() {
                return self.understand(message);
            }
            match self.from.recv() {
                Some(message) if message.from < self.early.len() => {
                    self.early[message.from].push_back(message);
                }
                Some(message) => return Err(self.not_understood(message.from)),
                None => drop(self.worker.step_or_park(Some(NAP))),
            }
        }
    }

    fn understand(&self, Message { from, body }: Message) -> Result<Part, Failure> {
        match body {
            Body::Here(part) => Ok(part),
            Body::Packed(bytes) => unpack(&bytes, self.tongue()?).ok_or_else(|| self.not_understood(from)),
        }
    }

    /// Workers speak before they exchange anything.
    fn tongue(&self) -> Result<&Tongue, Failure> {
        self.tongue.as_ref().ok_or_else(|| Failure::lost("rows have no types yet"))
    }

    fn not_understood(&self, from: usize) -> Failure {
        let what = format!("what worker {from} says makes no sense");
        self.lost.tell(what.as_str());
        Failure::lost(&what)
    }
}
