//! Relations that depend on themselves: a small timely dataflow of their own, with its own clock, stepped only when
//! something it reads changes. Inside, sets are iterated until nothing changes any more.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use differential_dataflow::input::InputSession;
use timely::dataflow::ProbeHandle;
use timely::worker::Worker;

use super::changes;
use super::columns::Marking;
use super::index::{Epoch, Weight};
use super::iterate::{Kept, Scopes, iterate};
use super::pulse::{Pulse, cancelled};
use crate::eval::{Machine, Trap};
use crate::ir::{RelationId, RuleId};
use crate::plan::{CollectionId, Component, Plan};
use crate::source::Span;
use crate::value::Row;

/// A recursive component at work.
pub(crate) struct Recursion {
    inputs: Vec<(CollectionId, InputSession<Epoch, Row, Weight>)>,
    /// What rules outside of the recursion derive.
    seeds: Vec<(RelationId, InputSession<Epoch, Row, Weight>)>,
    results: Vec<(RelationId, Results)>,
    /// Passed when a transaction is through.
    probe: ProbeHandle<Epoch>,
    context: Rc<Context>,
    /// What the current transaction put in.
    fed: Vec<(CollectionId, Row, Weight)>,
    fed_seeds: Vec<(RelationId, Row, Weight)>,
    dataflow: usize,
    /// The arrangements inside.
    kept: Vec<Box<dyn Kept>>,
    /// What it was built with: the types of its rows are of that program.
    machine: Rc<Machine>,
    /// That of the program it is part of now.
    now: Rc<Machine>,
    /// The rules inside by their numbers when it was built, and now.
    built_rules: Vec<RuleId>,
    rules: Vec<RuleId>,
}

/// Changes of a relation, as they come out.
pub(super) type Results = Rc<RefCell<Vec<(Row, Weight)>>>;

/// What code inside the dataflow works with.
pub(super) struct Context {
    pub(super) epoch: std::cell::Cell<Epoch>,
    pub(super) pulse: Pulse,
    /// The first failure of a transaction.
    pub(super) trap: RefCell<Option<(RuleId, Trap)>>,
}

/// Changes of the relations of a component.
pub(crate) type Changes = Vec<(RelationId, changes::Changes)>;

impl Recursion {
    /// Builds the dataflow of a component, without rows.
    pub(crate) fn new(
        worker: &mut Worker,
        machine: &Rc<Machine>,
        plan: &Plan,
        component: &Component,
    ) -> Self {
        let context = Rc::new(Context {
            epoch: std::cell::Cell::new(0),
            pulse: Pulse::new(machine.control()),
            trap: RefCell::new(None),
        });
        let mut inputs: Vec<(CollectionId, InputSession<Epoch, Row, Weight>)> =
            reads(plan, component).into_iter().map(|read| (read, InputSession::new())).collect();
        let mut seeds: Vec<(RelationId, InputSession<Epoch, Row, Weight>)> =
            component.relations.iter().map(|relation| (*relation, InputSession::new())).collect();
        let results: Vec<(RelationId, Results)> =
            component.relations.iter().map(|relation| (*relation, Results::default())).collect();
        let probe = ProbeHandle::new();
        let mut kept = Vec::new();
        let dataflow = worker.next_dataflow_index();
        worker.dataflow::<Epoch, _, _>(|scope| {
            let outside = Scopes {
                inputs: inputs.iter_mut().map(|(id, input)| (*id, input.to_collection(scope))).collect(),
                seeds: seeds.iter_mut().map(|(id, input)| (*id, input.to_collection(scope))).collect(),
            };
            let relations = iterate(scope, machine, plan, component, outside, &context, &mut kept);
            for ((_, changes), (_, rows)) in results.iter().zip(relations) {
                let changes = changes.clone();
                rows.inspect(move |(row, _, weight)| changes.borrow_mut().push((row.clone(), *weight)))
                    .probe_with(&probe);
            }
        });
        Recursion {
            inputs,
            seeds,
            results,
            probe,
            context,
            fed: Vec::new(),
            fed_seeds: Vec::new(),
            dataflow,
            kept,
            machine: machine.clone(),
            now: machine.clone(),
            built_rules: component.recursive_rules.clone(),
            rules: component.recursive_rules.clone(),
        }
    }

    /// Goes on as the same component of another plan, where things have other numbers.
    pub(crate) fn adopt(&mut self, machine: &Rc<Machine>, plan: &Plan, component: &Component) {
        self.now = machine.clone();
        for ((collection, _), now) in self.inputs.iter_mut().zip(reads(plan, component)) {
            *collection = now;
        }
        for (at, now) in component.relations.iter().enumerate() {
            self.seeds[at].0 = *now;
            self.results[at].0 = *now;
        }
        self.rules.clone_from(&component.recursive_rules);
    }

    /// What it was built with.
    pub(crate) fn machine(&self) -> &Rc<Machine> {
        &self.machine
    }

    /// The present contents of the collections outside and of what rules outside derive, for a recursion that has had
    /// none so far; gives what is inside.
    pub(crate) fn load(
        &mut self,
        worker: &mut Worker,
        epoch: Epoch,
        inputs: impl IntoIterator<Item = (CollectionId, changes::Changes)>,
        seeds: impl IntoIterator<Item = (RelationId, changes::Changes)>,
    ) -> Result<Changes, (RuleId, Trap)> {
        for (collection, changes) in inputs {
            self.fed.extend(changes.iter().map(|(row, weight)| (collection, Row::from(row), weight)));
        }
        for (relation, changes) in seeds {
            self.fed_seeds.extend(changes.iter().map(|(row, weight)| (relation, Row::from(row), weight)));
        }
        let changes = self.changes(worker, epoch);
        self.end();
        changes
    }

    /// The collections outside that it reads.
    pub(crate) fn reads(&self) -> impl Iterator<Item = CollectionId> {
        self.inputs.iter().map(|(collection, _)| *collection)
    }

    /// Takes changes of the collections outside and of what rules outside derive; gives the changes inside.
    pub(crate) fn update(
        &mut self,
        worker: &mut Worker,
        epoch: Epoch,
        outside: &[changes::Changes],
        seeds: HashMap<RelationId, changes::Changes>,
    ) -> Result<Changes, (RuleId, Trap)> {
        for (collection, _) in &self.inputs {
            let changes = &outside[collection.0 as usize];
            self.fed.extend(changes.iter().map(|(row, weight)| (*collection, Row::from(row), weight)));
        }
        for (relation, changes) in seeds {
            self.fed_seeds.extend(changes.iter().map(|(row, weight)| (relation, Row::from(row), weight)));
        }
        self.changes(worker, epoch)
    }

    fn changes(&mut self, worker: &mut Worker, epoch: Epoch) -> Result<Changes, (RuleId, Trap)> {
        self.run(worker, epoch, 1);
        if self.now.control().is_cancelled() {
            return Err((self.rules.first().copied().unwrap_or(RuleId(0)), cancelled()));
        }
        if let Some((rule, trap)) = self.context.trap.borrow_mut().take() {
            return Err(self.renumbered(rule, trap));
        }
        Ok(self.take_results())
    }

    /// Forgets that there was a transaction.
    pub(crate) fn end(&mut self) {
        self.fed.clear();
        self.fed_seeds.clear();
    }

    /// Takes the transaction's changes back, by their opposites in a later one.
    pub(crate) fn undo(&mut self, worker: &mut Worker, epoch: Epoch) {
        if self.fed.is_empty() && self.fed_seeds.is_empty() {
            return;
        }
        self.run(worker, epoch, -1);
        self.context.trap.borrow_mut().take();
        self.take_results();
        self.end();
    }

    /// Takes the dataflow out of its worker.
    pub(crate) fn close(self, worker: &mut Worker) {
        worker.drop_dataflow(self.dataflow);
    }

    /// Marks every value in the arrangements inside. Only between transactions.
    pub(crate) fn mark(&self, marking: &mut Marking<'_>) {
        // Types are numbered as in the program it was built for.
        let Marking { interner, marks, .. } = marking;
        let types = self.machine.types();
        let mut own = Marking { interner, types, marks };
        own.marks.other_types();
        self.kept.iter().for_each(|kept| kept.mark(&mut own));
        own.marks.other_types();
    }

    fn run(&mut self, worker: &mut Worker, epoch: Epoch, sign: Weight) {
        self.context.epoch.set(epoch);
        for (id, input) in &mut self.inputs {
            input.advance_to(epoch);
            for (_, row, weight) in self.fed.iter().filter(|(collection, ..)| collection == id) {
                input.update(row.clone(), sign * weight);
            }
        }
        for (id, input) in &mut self.seeds {
            input.advance_to(epoch);
            for (_, row, weight) in self.fed_seeds.iter().filter(|(relation, ..)| relation == id) {
                input.update(row.clone(), sign * weight);
            }
        }
        for input in self
            .inputs
            .iter_mut()
            .map(|(_, input)| input)
            .chain(self.seeds.iter_mut().map(|(_, input)| input))
        {
            input.advance_to(epoch + 1);
            input.flush();
        }
        let control = self.now.control();
        worker.step_while(|| self.probe.less_than(&(epoch + 1)) && !control.is_cancelled());
    }

    /// A failure as the program says it that this is part of now.
    fn renumbered(&self, rule: RuleId, trap: Trap) -> (RuleId, Trap) {
        let at = self.built_rules.iter().position(|built| *built == rule);
        let Some(now) = at.and_then(|at| self.rules.get(at)) else { return (rule, trap) };
        if Rc::ptr_eq(&self.machine, &self.now) {
            return (*now, trap);
        }
        let (built, current) = (self.machine.program(), self.now.program());
        let (before, after) = (built.rules[rule.0 as usize].span, current.rules[now.0 as usize].span);
        let same = built.sources.text(before) == current.sources.text(after);
        let span = match before.contains(trap.span) && same {
            true => Span {
                file: after.file,
                start: after.start + (trap.span.start - before.start),
                end: after.start + (trap.span.end - before.start),
            },
            false => after,
        };
        (*now, Trap { span, ..trap })
    }

    fn take_results(&self) -> Changes {
        let take = |(relation, results): &(RelationId, Results)| {
            let mut changes = changes::Changes::new();
            results.take().iter().for_each(|(row, weight)| changes.push(row, *weight));
            changes.consolidate();
            (*relation, changes)
        };
        self.results.iter().map(take).collect()
    }
}

/// The collections outside of a component that its recursive rules read, each once.
fn reads(plan: &Plan, component: &Component) -> Vec<CollectionId> {
    let mut reads = Vec::new();
    for read in component.recursive_rules.iter().flat_map(|rule| plan.rule(*rule).reads(plan)) {
        let own = component.relations.iter().any(|relation| relation.0 == read.0);
        if !own && !reads.contains(&read) {
            reads.push(read);
        }
    }
    reads
}
