//! A program written by hand on static differential dataflow, run on one thread.

use std::cell::Cell;
use std::rc::Rc;

use differential_dataflow::Data;
use differential_dataflow::input::InputSession;
use timely::dataflow::ProbeHandle;
use timely::worker::Worker;

use super::drive::{Incremental, drive};
use super::facts::{Change, Facts};
use crate::Outcome;

/// Runs a program on static differential dataflow, on this thread.
///
/// # Errors
/// None in truth; what drives it may fail for other engines.
pub(crate) fn by_hand(
    facts: Facts,
    transactions: usize,
    build: impl Fn(&mut Worker) -> Program + Send + Sync + 'static,
) -> anyhow::Result<Outcome> {
    timely::execute_directly(move |worker| {
        let program = build(worker);
        drive(&mut Static::new(worker, program), &facts, transactions)
    })
}

/// A program by hand: inputs in the order of the facts.
pub(crate) struct Program {
    pub(crate) inputs: Vec<Box<dyn Input>>,
    pub(crate) probe: ProbeHandle<u32>,
    pub(crate) counts: Counts,
}

/// Rows that came less those that went, and how many both are.
pub(crate) type Counts = Rc<Cell<(i64, i64)>>;

/// Adds a change to the counts.
pub(crate) fn count(counts: &Counts, weight: isize) {
    let (sum, all) = counts.get();
    counts.set((sum + weight as i64, all + weight.abs() as i64));
}

/// An input of any static type.
pub(crate) trait Input {
    /// Adds a change of a row.
    fn update(&mut self, row: &[u32], weight: isize);
    /// Ends the transaction.
    fn advance(&mut self, time: u32);
}

/// An input and how its rows are made of numbers.
pub(crate) struct Typed<D: Data>(pub(crate) InputSession<u32, D, isize>, pub(crate) fn(&[u32]) -> D);

impl<D: Data> Input for Typed<D> {
    fn update(&mut self, row: &[u32], weight: isize) {
        self.0.update((self.1)(row), weight);
    }

    fn advance(&mut self, time: u32) {
        self.0.advance_to(time);
        self.0.flush();
    }
}

/// A program and the worker that runs it.
pub(crate) struct Static<'a> {
    worker: &'a mut Worker,
    program: Program,
    time: u32,
}

impl<'a> Static<'a> {
    /// A program that has seen nothing yet.
    pub(crate) fn new(worker: &'a mut Worker, program: Program) -> Self {
        Static { worker, program, time: 0 }
    }
}

impl Incremental for Static<'_> {
    fn update(&mut self, change: &Change<'_>) {
        self.program.inputs[change.relation].update(&change.row, change.weight as isize);
    }

    fn commit(&mut self) -> anyhow::Result<()> {
        self.time += 1;
        for input in &mut self.program.inputs {
            input.advance(self.time);
        }
        self.worker.step_while(|| self.program.probe.less_than(&self.time));
        Ok(())
    }

    fn counts(&self) -> (i64, i64) {
        self.program.counts.get()
    }
}
