//! Timely's channels between workers.

use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use timely::communication::{Pull, Push};
use timely::worker::Worker;

use super::failure::both;
use super::message::Message;
use super::parcel::{Arrived, Channel, Parcel, Route};
use super::spread::spread;
use crate::dataflow::host::Failure;

/// No dataflow has this address: messages wake the worker and nothing else.
const ADDRESS: usize = usize::MAX;

/// Nothing is lost if a worker sleeps on: whoever sends wakes it.
const NAP: Duration = Duration::from_secs(1);

/// The way to every other worker, and from them.
pub(super) struct Mesh {
    index: usize,
    to: Vec<Box<dyn Push<Message>>>,
    from: Box<dyn Pull<Message>>,
    /// By worker: what it said already that belongs to later exchanges.
    early: Vec<VecDeque<Message>>,
}

impl Mesh {
    pub(super) fn new(worker: &Worker) -> Self {
        let (to, from) = worker.allocate(worker.new_identifier(), Rc::from([ADDRESS].as_slice()));
        let early = (0..worker.peers()).map(|_| VecDeque::new()).collect();
        Mesh { index: worker.index(), to, from, early }
    }

    pub(super) fn exchange(
        &mut self,
        worker: &mut Worker,
        parcels: Vec<Parcel>,
        done: Result<(), Failure>,
    ) -> Result<Arrived, Failure> {
        let mut arrived = self.send(parcels, &done);
        // What is for other processes goes out only when the worker makes a step.
        worker.step();
        let mut done = done;
        let index = self.index;
        for peer in (0..self.to.len()).filter(|peer| *peer != index) {
            let message = self.next_of(worker, peer);
            arrived.rows.extend(message.rows);
            arrived.touched.extend(message.touched);
            done = both(done, message.failure.map_or(Ok(()), |failure| Err(*failure)));
        }
        done?;
        arrived.merge();
        arrived.touched.sort_unstable();
        arrived.touched.dedup();
        Ok(arrived)
    }

    /// Sends to every other worker; gives what this one keeps.
    fn send(&mut self, parcels: Vec<Parcel>, done: &Result<(), Failure>) -> Arrived {
        let workers = self.to.len();
        let mut shares: Vec<Vec<(Channel, _)>> = (0..workers).map(|_| Vec::new()).collect();
        let mut touched: Vec<Channel> = Vec::new();
        for Parcel { channel, route, rows } in parcels.into_iter().filter(|parcel| !parcel.rows.is_empty()) {
            touched.push(channel);
            match route {
                Route::Stay => shares[self.index].push((channel, rows)),
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
        let own = std::mem::take(&mut shares[self.index]);
        for (peer, rows) in shares.into_iter().enumerate().filter(|(peer, _)| *peer != self.index) {
            let failure = done.as_ref().err().cloned().map(Box::new);
            self.to[peer].send(Message { from: self.index, touched: touched.clone(), rows, failure });
            self.to[peer].done();
        }
        Arrived { rows: own, touched }
    }

    /// What a worker says next; sleeps until it does.
    fn next_of(&mut self, worker: &mut Worker, peer: usize) -> Message {
        loop {
            if let Some(message) = self.early[peer].pop_front() {
                return message;
            }
            match self.from.recv() {
                Some(message) => self.early[message.from].push_back(message),
                None => {
                    worker.step_or_park(Some(NAP));
                }
            }
        }
    }
}
