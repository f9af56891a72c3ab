//! All of a program at work: a transaction goes through the rules it touches, in an order in which every relation is
//! complete before it is read, and through nothing else.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::arrange::Arranged;
use super::changes::Changes;
use super::distinct::Distinct;
use super::fixpoint::{Fixpoint, Outside};
use super::index::{Epoch, Weight};
use super::rule::Chain;
use crate::control::Control;
use crate::eval::{Machine, Trap};
use crate::ir::{RelationId, RuleId};
use crate::plan::{CollectionId, CollectionSource, Plan, Source, Succession};
use crate::value::Word;

/// Changes of rows.
pub(crate) type Delta = Changes;

/// The first transaction.
pub(crate) const FIRST: Epoch = 0;

/// The plan at work.
pub(crate) struct Host {
    pub(super) plan: Arc<Plan>,
    pub(super) arrangements: Vec<Arranged>,
    /// By collection: those whose weights are cut down, other than inside recursive components.
    pub(super) distinct: Vec<Option<Distinct>>,
    /// By rule; rules inside of recursive components run there.
    pub(super) chains: Vec<Option<Chain>>,
    /// By component.
    pub(super) recursions: Vec<Option<Fixpoint>>,
    delays: Vec<Delay>,
    latest: Vec<Latest>,
    wiring: Wiring,
    touched: Touched,
    /// By rule.
    pub(crate) rule_stats: Vec<Work>,
    /// What rules cost in the newest transaction.
    ran: Vec<(RuleId, Work)>,
    /// By component.
    pub(crate) component_stats: Vec<Work>,
    control: Arc<Control>,
    pub(super) machine: Rc<Machine>,
    /// Changes that the next transaction adds to what rules derive.
    pub(super) pending: HashMap<RelationId, Delta>,
    /// Changes that the next transaction adds to what recursions give.
    pub(super) settled: HashMap<RelationId, Delta>,
}

/// What something has cost and given so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Work {
    pub(crate) runs: u64,
    pub(crate) rows_in: u64,
    pub(crate) rows_out: u64,
    pub(crate) time: Duration,
}

impl Work {
    /// Adds what was done since.
    pub(crate) fn add(&mut self, work: Work) {
        self.runs += work.runs;
        self.rows_in += work.rows_in;
        self.rows_out += work.rows_out;
        self.time += work.time;
    }
}

/// A rule failed on some row; nothing has changed.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    /// The rule, if one is at fault.
    pub(crate) rule: Option<RuleId>,
    /// What happened.
    pub(crate) trap: Trap,
}

/// `R-N`: what `R` changed in the last N transactions, oldest first.
struct Delay {
    collection: CollectionId,
    of: RelationId,
    waiting: VecDeque<Delta>,
}

/// `R'`: what the transaction before changed in `R`, which ends with this one.
struct Latest {
    collection: usize,
    of: RelationId,
    rows: Delta,
}

/// Who reads what.
struct Wiring {
    /// By collection: arrangements kept by the host.
    arrangements: Vec<Vec<usize>>,
    /// By collection: rules that run on the host.
    rules: Vec<Vec<usize>>,
    /// By collection: components with a recursion that reads it.
    recursions: Vec<Vec<usize>>,
    /// By relation: the collection of its changes.
    changes: Vec<Option<usize>>,
    /// By relation.
    component: Vec<usize>,
    /// Rules that start from nothing.
    once: Vec<usize>,
    sources: Vec<Source>,
    heads: Vec<usize>,
    relations: usize,
}

/// What the current transaction touches.
#[derive(Default)]
struct Touched {
    /// By collection.
    deltas: Vec<Delta>,
    collections: Vec<usize>,
    arrangements: Vec<usize>,
    distinct: Vec<usize>,
    /// By rule: whether it has to run.
    waiting: Vec<bool>,
    rules: Vec<usize>,
    components: BTreeSet<usize>,
    recursions: Vec<usize>,
}

impl Host {
    /// Builds everything, without rows.
    pub(crate) fn new(machine: &Rc<Machine>, plan: &Arc<Plan>) -> Self {
        let wiring = Wiring::new(plan);
        let ephemeral = |id: CollectionId| plan.collection(id).ephemeral;
        let recursive: Vec<bool> = {
            let mut recursive = vec![false; plan.collections.len()];
            for component in plan.components.iter().filter(|component| component.is_recursive()) {
                component.relations.iter().for_each(|relation| recursive[relation.0 as usize] = true);
            }
            recursive
        };
        let mut chains: Vec<Option<Chain>> = Vec::new();
        chains.resize_with(plan.rules.len(), || None);
        for rule in plan.components.iter().flat_map(|component| &component.rules) {
            chains[rule.0 as usize] = Some(Chain::new(machine, plan.rule(*rule)));
        }
        let touched = Touched {
            deltas: vec![Delta::new(); plan.collections.len()],
            waiting: vec![false; plan.rules.len()],
            ..Touched::default()
        };
        Host {
            plan: plan.clone(),
            arrangements: plan
                .arrangements
                .iter()
                .map(|arrangement| {
                    Arranged::new(machine, &arrangement.projection, ephemeral(arrangement.collection))
                })
                .collect(),
            distinct: plan
                .collections
                .iter()
                .zip(&recursive)
                .map(|(collection, recursive)| (collection.distinct && !recursive).then(Distinct::new))
                .collect(),
            chains,
            recursions: plan
                .components
                .iter()
                .map(|component| component.is_recursive().then(|| Fixpoint::new(machine, plan, component)))
                .collect(),
            delays: plan
                .collections
                .iter()
                .enumerate()
                .filter_map(|(index, collection)| match collection.source {
                    CollectionSource::Delayed(of, by) => Some(Delay {
                        collection: CollectionId(index as u32),
                        of,
                        waiting: vec![Delta::new(); by as usize].into(),
                    }),
                    CollectionSource::Relation(_) | CollectionSource::Changes(_) => None,
                })
                .collect(),
            latest: plan
                .collections
                .iter()
                .enumerate()
                .filter_map(|(collection, planned)| match planned.source {
                    CollectionSource::Changes(of) => Some(Latest { collection, of, rows: Delta::new() }),
                    CollectionSource::Relation(_) | CollectionSource::Delayed(..) => None,
                })
                .collect(),
            wiring,
            touched,
            rule_stats: vec![Work::default(); plan.rules.len()],
            ran: Vec::new(),
            component_stats: vec![Work::default(); plan.components.len()],
            control: machine.control().clone(),
            machine: machine.clone(),
            pending: HashMap::new(),
            settled: HashMap::new(),
        }
    }

    /// The rules that ran in the newest transaction, with what they cost.
    pub(crate) fn ran(&self) -> &[(RuleId, Work)] {
        &self.ran
    }

    /// The first transaction: rules that read nothing run once.
    pub(crate) fn start(
        &mut self,
        inputs: Vec<(RelationId, Delta)>,
    ) -> Result<Vec<(RelationId, Delta)>, Failure> {
        for rule in self.wiring.once.clone() {
            self.wait(rule);
        }
        self.transact(FIRST, inputs)
    }

    /// Takes consolidated changes of relations and gives what changes in all relations. If a rule fails, everything
    /// is as before, and the next transaction's epoch must be greater than `epoch + 1`.
    pub(crate) fn transact(
        &mut self,
        epoch: Epoch,
        inputs: Vec<(RelationId, Delta)>,
    ) -> Result<Vec<(RelationId, Delta)>, Failure> {
        self.ran.clear();
        match self.propagate(epoch, inputs) {
            Ok(()) => Ok(self.end(true)),
            Err(failure) => {
                self.undo(epoch + 1);
                Err(failure)
            }
        }
    }

    /// What the newest transaction changed, by collection of changes.
    pub(super) fn latest_rows(&self) -> impl Iterator<Item = (usize, &Delta)> {
        self.latest.iter().map(|latest| (latest.collection, &latest.rows))
    }

    /// What the newest transaction changed in a relation whose changes rules read.
    pub(super) fn latest(&self, relation: RelationId) -> &Delta {
        static NONE: Delta = Delta::new();
        self.latest.iter().find(|latest| latest.of == relation).map_or(&NONE, |latest| &latest.rows)
    }

    /// Changes that delayed collections have not seen yet.
    pub(super) fn waiting(
        &self,
    ) -> impl Iterator<Item = (CollectionId, impl Iterator<Item = (&[Word], Weight)>)> {
        self.delays.iter().map(|delay| (delay.collection, delay.waiting.iter().flat_map(Delta::iter)))
    }

    /// Changes that a delayed collection has not seen yet.
    pub(super) fn not_due(&self, id: CollectionId) -> impl Iterator<Item = (&[Word], Weight)> {
        let of = self.delays.iter().filter(move |delay| delay.collection == id);
        of.flat_map(|delay| &delay.waiting).flat_map(Delta::iter)
    }

    /// Number of arrangements of a relation, and updates in them.
    pub(crate) fn arranged(&mut self, relation: RelationId) -> (usize, usize) {
        let of = &self.wiring.arrangements[relation.0 as usize];
        let arranged: usize = of.iter().map(|arrangement| self.arrangements[*arrangement].len()).sum();
        (of.len(), arranged + self.recursion_of(relation).map_or(0, |recursion| recursion.len(relation)))
    }

    /// The round in which a row of a recursive relation is first derived: some rule derives it from rows of rounds before
    /// that one. `None` if it is not there, or the relation is not recursive.
    pub(crate) fn round_of(&self, relation: RelationId, row: &[Word]) -> Option<u64> {
        self.recursion_of(relation)?.round_of(relation, row)
    }

    /// The recursion that a relation is part of.
    pub(super) fn recursion_of(&self, relation: RelationId) -> Option<&Fixpoint> {
        let component = self.wiring.component.get(relation.0 as usize)?;
        self.recursions[*component].as_ref()
    }

    /// What the component of a relation has cost.
    pub(crate) fn component_work(&self, relation: RelationId) -> Work {
        self.component_stats[self.wiring.component[relation.0 as usize]]
    }

    /// Runs what is pending, and gives what changes in all relations. Neither closed nor taken back yet.
    pub(crate) fn run_pending(&mut self, epoch: Epoch) -> Result<Vec<(RelationId, Delta)>, Failure> {
        let relations = self.pending.keys().chain(self.settled.keys());
        self.touched.components.extend(relations.map(|relation| self.wiring.component[relation.0 as usize]));
        self.propagate(epoch, Vec::new())?;
        let changed = self.touched.collections.iter().filter(|changed| **changed < self.wiring.relations);
        Ok(changed
            .map(|changed| (RelationId(*changed as u32), self.touched.deltas[*changed].clone()))
            .collect())
    }

    /// What is pending of a relation, which then is not any more.
    pub(crate) fn take_pending(&mut self, relation: RelationId) -> Delta {
        let mut rows = self.pending.remove(&relation).unwrap_or_default();
        rows.consolidate();
        rows
    }

    /// A rule that has read nothing yet reads what there is.
    pub(super) fn load(
        &mut self,
        rule: RuleId,
        epoch: Epoch,
        source: &Delta,
        out: &mut Delta,
    ) -> Result<(), Failure> {
        let Some(chain) = &mut self.chains[rule.0 as usize] else { return Ok(()) };
        let start = Instant::now();
        self.control.enter(rule);
        let flow = chain
            .load(epoch, source, &mut self.arrangements, out)
            .map_err(|trap| Failure { rule: Some(rule), trap })?;
        chain.end();
        self.account(rule, source.len() + flow.between, out.len(), start);
        Ok(())
    }

    /// What is still due in delayed collections, and the newest changes, of a host that this one takes the place of.
    pub(super) fn carry_delays(&mut self, other: &Host, succession: &Succession) {
        for delay in &mut self.delays {
            let old = succession.collections[delay.collection.0 as usize];
            let known = other.delays.iter().find(|known| Some(known.collection) == old);
            known.iter().for_each(|known| delay.waiting.clone_from(&known.waiting));
        }
        for latest in &mut self.latest {
            let old = succession.collections[latest.collection];
            let known =
                other.latest.iter().find(|known| old.is_some_and(|old| old.0 as usize == known.collection));
            known.iter().for_each(|known| latest.rows.clone_from(&known.rows));
        }
    }

    fn propagate(&mut self, epoch: Epoch, inputs: Vec<(RelationId, Delta)>) -> Result<(), Failure> {
        for (relation, delta) in inputs {
            self.publish(relation.0 as usize, delta, epoch)?;
        }
        for at in 0..self.delays.len() {
            let due = self.delays[at].waiting.front().cloned().unwrap_or_default();
            self.publish(self.delays[at].collection.0 as usize, due, epoch)?;
        }
        for latest in self.latest.iter().filter(|latest| !latest.rows.is_empty()) {
            self.touched.components.insert(self.wiring.component[latest.of.0 as usize]);
        }
        while let Some(component) = self.touched.components.pop_first() {
            let start = Instant::now();
            self.component(component, epoch)?;
            self.component_stats[component].time += start.elapsed();
            self.component_stats[component].runs += 1;
        }
        Ok(())
    }

    /// Makes the changes of a collection known to all who read it.
    fn publish(&mut self, collection: usize, delta: Delta, epoch: Epoch) -> Result<(), Failure> {
        if delta.is_empty() {
            return Ok(());
        }
        for &arrangement in &self.wiring.arrangements[collection] {
            self.touched.arrangements.push(arrangement);
            self.arrangements[arrangement]
                .update(epoch, &delta)
                .map_err(|trap| Failure { rule: None, trap })?;
        }
        for at in 0..self.wiring.rules[collection].len() {
            self.wait(self.wiring.rules[collection][at]);
        }
        self.touched.components.extend(&self.wiring.recursions[collection]);
        self.touched.collections.push(collection);
        if let Some(Some(_)) = self.wiring.changes.get(collection) {
            self.touched.components.insert(self.wiring.component[collection]);
        }
        self.touched.deltas[collection] = delta;
        Ok(())
    }

    fn wait(&mut self, rule: usize) {
        if !std::mem::replace(&mut self.touched.waiting[rule], true) {
            self.touched.components.insert(self.wiring.component[self.wiring.heads[rule]]);
        }
    }

    /// Runs what is touched in a component, and makes its relations' changes known.
    fn component(&mut self, component: usize, epoch: Epoch) -> Result<(), Failure> {
        let plan = self.plan.clone();
        let rules = &plan.components[component].rules;
        let mut derived: HashMap<RelationId, Delta> = HashMap::new();
        for rule in rules {
            if std::mem::take(&mut self.touched.waiting[rule.0 as usize]) {
                let out = derived.entry(plan.rule(*rule).head).or_default();
                self.rule(*rule, epoch, out)?;
            }
        }
        let relations = &plan.components[component].relations;
        if !self.pending.is_empty() {
            for relation in relations {
                if let Some(pending) = self.pending.remove(relation) {
                    derived.entry(*relation).or_default().append(&pending);
                }
            }
        }
        derived.values_mut().for_each(Delta::consolidate);
        let mut changes: Vec<(RelationId, Delta)> = match &mut self.recursions[component] {
            Some(recursion) => {
                self.touched.recursions.push(component);
                let deltas = &self.touched.deltas;
                let taken = recursion.takes().map(|id| (id, deltas[id.0 as usize].clone()));
                let outside = Outside {
                    epoch,
                    collections: taken.collect(),
                    seeds: derived.into_iter().collect(),
                    arrangements: &mut self.arrangements,
                    loads: false,
                };
                let updated = recursion.update(outside);
                for (rule, work) in recursion.take_work() {
                    self.rule_stats[rule.0 as usize].add(work);
                    if work.runs > 0 {
                        self.ran.push((rule, work));
                    }
                    self.control.count((work.rows_in + work.rows_out) as usize);
                }
                updated.map_err(|(rule, trap)| Failure { rule: Some(rule), trap })?
            }
            None => derived.into_iter().collect(),
        };
        if !self.settled.is_empty() {
            for (relation, delta) in &mut changes {
                delta.append(&self.settled.remove(relation).unwrap_or_default());
                delta.consolidate();
            }
        }
        for (relation, delta) in changes {
            let collection = relation.0 as usize;
            let delta = match &mut self.distinct[collection] {
                Some(distinct) if !delta.is_empty() => {
                    self.touched.distinct.push(collection);
                    distinct.update(&delta, epoch)
                }
                _ => delta,
            };
            self.component_stats[component].rows_out += delta.len() as u64;
            self.publish(collection, delta, epoch)?;
        }
        // What it published has marked it again, for those whose changes are looked at.
        self.touched.components.remove(&component);
        for relation in relations {
            self.publish_latest(*relation, epoch)?;
        }
        Ok(())
    }

    /// `R'` has what this transaction changes in `R`, and no more what the one before did.
    fn publish_latest(&mut self, relation: RelationId, epoch: Epoch) -> Result<(), Failure> {
        let Some(collection) = self.wiring.changes[relation.0 as usize] else { return Ok(()) };
        let mut delta = self.touched.deltas[relation.0 as usize].clone();
        delta.append_opposite(self.latest(relation));
        delta.consolidate();
        self.publish(collection, delta, epoch)
    }

    fn rule(&mut self, rule: RuleId, epoch: Epoch, out: &mut Delta) -> Result<(), Failure> {
        let index = rule.0 as usize;
        let Some(chain) = &mut self.chains[index] else { return Ok(()) };
        let start = Instant::now();
        self.control.enter(rule);
        self.touched.rules.push(index);
        let (once, none, before) = (Delta::once(), Delta::new(), out.len());
        let source = match self.wiring.sources[index] {
            Source::Collection(collection) => &self.touched.deltas[collection.0 as usize],
            // Only waits in the first transaction, unless something else it reads changes.
            Source::Once if epoch == FIRST => &once,
            Source::Once => &none,
        };
        let flow = chain
            .update(epoch, source, &mut self.arrangements, out)
            .map_err(|trap| Failure { rule: Some(rule), trap })?;
        let read = source.len() + flow.between;
        self.account(rule, read, out.len() - before, start);
        Ok(())
    }

    fn account(&mut self, rule: RuleId, rows_in: usize, rows_out: usize, start: Instant) {
        let (rows_in, rows_out) = (rows_in as u64, rows_out as u64);
        let work = Work { runs: 1, rows_in, rows_out, time: start.elapsed() };
        self.rule_stats[rule.0 as usize].add(work);
        self.ran.push((rule, work));
        self.control.count((rows_in + rows_out) as usize);
    }

    /// Puts everything back after a failure.
    pub(crate) fn undo(&mut self, epoch: Epoch) {
        self.control.shield();
        self.take_back(epoch);
        self.control.unshield();
        self.end(false);
    }

    fn take_back(&mut self, epoch: Epoch) {
        for &arrangement in &self.touched.arrangements {
            self.arrangements[arrangement].undo(epoch);
        }
        for &rule in &self.touched.rules {
            if let Some(chain) = &mut self.chains[rule] {
                chain.undo(epoch);
            }
        }
        for &collection in &self.touched.distinct {
            if let Some(distinct) = &mut self.distinct[collection] {
                distinct.undo(epoch);
            }
        }
    }

    /// Closes a transaction; gives the changes of the relations.
    pub(crate) fn end(&mut self, done: bool) -> Vec<(RelationId, Delta)> {
        for arrangement in self.touched.arrangements.drain(..) {
            self.arrangements[arrangement].end();
        }
        for collection in self.touched.distinct.drain(..) {
            if let Some(distinct) = &mut self.distinct[collection] {
                distinct.end();
            }
        }
        for rule in self.touched.rules.drain(..) {
            if let Some(chain) = &mut self.chains[rule] {
                chain.end();
            }
        }
        for component in self.touched.recursions.drain(..) {
            if let Some(recursion) = &mut self.recursions[component] {
                recursion.end(done);
            }
        }
        if !done {
            self.touched.waiting.iter_mut().for_each(|waiting| *waiting = false);
            self.touched.components.clear();
            self.pending.clear();
            self.settled.clear();
        } else {
            for delay in &mut self.delays {
                delay.waiting.pop_front();
                delay.waiting.push_back(self.touched.deltas[delay.of.0 as usize].clone());
            }
            for latest in &mut self.latest {
                latest.rows.clone_from(&self.touched.deltas[latest.of.0 as usize]);
            }
        }
        let mut changes = Vec::new();
        for collection in self.touched.collections.drain(..) {
            let delta = std::mem::take(&mut self.touched.deltas[collection]);
            if collection < self.wiring.relations {
                changes.push((RelationId(collection as u32), delta));
            }
        }
        changes
    }
}

impl Wiring {
    fn new(plan: &Plan) -> Self {
        let relations = plan
            .collections
            .iter()
            .filter(|collection| matches!(collection.source, CollectionSource::Relation(_)))
            .count();
        let mut wiring = Wiring {
            arrangements: vec![Vec::new(); plan.collections.len()],
            rules: vec![Vec::new(); plan.collections.len()],
            recursions: vec![Vec::new(); plan.collections.len()],
            changes: vec![None; relations],
            component: vec![0; relations],
            once: Vec::new(),
            sources: plan.rules.iter().map(|rule| rule.source).collect(),
            heads: plan.rules.iter().map(|rule| rule.head.0 as usize).collect(),
            relations,
        };
        for (index, arrangement) in plan.arrangements.iter().enumerate().filter(|(_, a)| a.host) {
            wiring.arrangements[arrangement.collection.0 as usize].push(index);
        }
        for (index, collection) in plan.collections.iter().enumerate() {
            if let CollectionSource::Changes(relation) = collection.source {
                wiring.changes[relation.0 as usize] = Some(index);
            }
        }
        for (index, component) in plan.components.iter().enumerate() {
            for relation in &component.relations {
                wiring.component[relation.0 as usize] = index;
            }
            for rule in &component.rules {
                let planned = plan.rule(*rule);
                if planned.source == Source::Once {
                    wiring.once.push(rule.0 as usize);
                }
                for read in planned.reads(plan) {
                    let readers = &mut wiring.rules[read.0 as usize];
                    if readers.last() != Some(&(rule.0 as usize)) {
                        readers.push(rule.0 as usize);
                    }
                }
            }
            for read in component.recursive_rules.iter().flat_map(|rule| plan.rule(*rule).reads(plan)) {
                let inside = component.relations.iter().any(|relation| relation.0 == read.0);
                let readers = &mut wiring.recursions[read.0 as usize];
                if !inside && readers.last() != Some(&index) {
                    readers.push(index);
                }
            }
        }
        wiring
    }
}
