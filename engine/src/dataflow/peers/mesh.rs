//! Timely's channels between workers.

use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use timely::communication::{Pull, Push};
use timely::worker::Worker;

use super::failure::both;
use super::lost::Lost;
use super::message::{Message, Order};
use super::parcel::{Arrived, Channel, Parcel, Route};
use super::spread::spread;
use crate::dataflow::host::Failure;
use crate::eval::Trap;
use crate::source::{FileId, Span};

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
}

impl Mesh {
    pub(super) fn new(worker: Worker, lost: Lost) -> Self {
        let (to, from) = worker.allocate(worker.new_identifier(), Rc::from([ADDRESS].as_slice()));
        let early = (0..worker.peers()).map(|_| VecDeque::new()).collect();
        Mesh { worker, to, from, early, lost }
    }

    pub(super) fn index(&self) -> usize {
        self.worker.index()
    }

    pub(super) fn count(&self) -> usize {
        self.to.len()
    }

    pub(super) fn exchange(
        &mut self,
        parcels: Vec<Parcel>,
        done: Result<(), Failure>,
    ) -> Result<Arrived, Failure> {
        let mut arrived = self.send(parcels, &done);
        // What is for other processes goes out only when the worker makes a step.
        self.worker.step();
        let mut done = done;
        let index = self.index();
        for peer in (0..self.to.len()).filter(|peer| *peer != index) {
            let message = self.next_of(peer)?;
            arrived.add(message.rows, &message.touched);
            done = both(done, message.failure.map_or(Ok(()), |failure| Err(*failure)));
        }
        done?;
        arrived.sort();
        Ok(arrived)
    }

    /// Sends to every other worker; gives what this one keeps.
    fn send(&mut self, parcels: Vec<Parcel>, done: &Result<(), Failure>) -> Arrived {
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
                    for (share, rows) in shares.iter_mut().zip(spread(&rows, width, workers)) {
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
            let touched = touched.clone();
            self.say(peer, Message { from: index, touched, rows, failure, order: None });
        }
        Arrived::new(own, touched)
    }

    /// Tells all others what to do.
    pub(super) fn order(&mut self, order: &Order) {
        let from = self.index();
        for peer in (0..self.count()).filter(|peer| *peer != from) {
            self.say(peer, Message { from, order: Some(order.clone()), ..Message::default() });
        }
        self.worker.step();
    }

    /// What the first worker tells this one to do; sleeps until it does.
    pub(super) fn next_order(&mut self) -> Result<Order, Failure> {
        loop {
            if let Some(order) = self.next_of(0)?.order {
                return Ok(order);
            }
        }
    }

    fn say(&mut self, peer: usize, message: Message) {
        self.to[peer].send(message);
        self.to[peer].done();
    }

    /// What a worker says next; sleeps until it does.
    fn next_of(&mut self, peer: usize) -> Result<Message, Failure> {
        loop {
            if let Some(message) = self.early[peer].pop_front() {
                return Ok(message);
            }
            match self.from.recv() {
                Some(message) => self.early[message.from].push_back(message),
                None => {
                    if let Some(what) = self.lost.what() {
                        let nowhere = Span { file: FileId(0), start: 0, end: 0 };
                        return Err(Failure { rule: None, trap: Trap::new(nowhere, what) });
                    }
                    self.worker.step_or_park(Some(NAP));
                }
            }
        }
    }
}
