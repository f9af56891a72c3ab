//! All of a program at work: a transaction goes through the rules it touches, in an order in which every relation is
//! complete before it is read, and through nothing else.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::arrange::Arranged;
use super::changes::Changes;
use super::distinct::Distinct;
use super::fixpoint::Fixpoint;
use super::homes::Homes;
use super::index::{Epoch, Weight};
use super::memory::Held;
use super::peers::Peers;
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
    pub(super) delays: Vec<Delay>,
    pub(super) latest: Vec<Latest>,
    pub(super) wiring: Wiring,
    pub(super) homes: Homes,
    pub(super) touched: Touched,
    /// By rule.
    pub(crate) rule_stats: Vec<Work>,
    /// What rules cost in the newest transaction.
    pub(super) ran: Vec<(RuleId, Work)>,
    /// By component.
    pub(crate) component_stats: Vec<Work>,
    pub(super) control: Arc<Control>,
    pub(super) machine: Rc<Machine>,
    /// Whether the one row that rules start from which read nothing falls to this worker.
    pub(super) holds_once: bool,
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
pub(super) struct Delay {
    pub(super) collection: CollectionId,
    pub(super) of: RelationId,
    pub(super) waiting: VecDeque<Delta>,
}

/// `R'`: what the transaction before changed in `R`, which ends with this one.
pub(super) struct Latest {
    pub(super) collection: usize,
    pub(super) of: RelationId,
    pub(super) rows: Delta,
    /// Whether any worker has such rows.
    pub(super) anywhere: bool,
}

/// Who reads what.
pub(super) struct Wiring {
    /// By collection: arrangements kept by the host.
    pub(super) arrangements: Vec<Vec<usize>>,
    /// By collection: rules that run on the host.
    pub(super) rules: Vec<Vec<usize>>,
    /// By collection: components with a recursion that reads it.
    pub(super) recursions: Vec<Vec<usize>>,
    /// By relation: the collection of its changes.
    pub(super) changes: Vec<Option<usize>>,
    /// By relation.
    pub(super) component: Vec<usize>,
    /// By component: more than those of all components it reads.
    pub(super) levels: Vec<usize>,
    /// By arrangement: whether the first worker has all of it.
    pub(super) at_first: Vec<bool>,
    /// Rules that start from nothing.
    pub(super) once: Vec<usize>,
    pub(super) sources: Vec<Source>,
    pub(super) heads: Vec<usize>,
    pub(super) relations: usize,
}

/// What the current transaction touches.
#[derive(Default)]
pub(super) struct Touched {
    /// By collection.
    pub(super) deltas: Vec<Delta>,
    pub(super) collections: Vec<usize>,
    pub(super) arrangements: Vec<usize>,
    pub(super) distinct: Vec<usize>,
    /// By rule: whether it has to run.
    pub(super) waiting: Vec<bool>,
    pub(super) rules: Vec<usize>,
    /// With their levels.
    pub(super) components: BTreeSet<(usize, usize)>,
    pub(super) recursions: Vec<usize>,
}

impl Host {
    /// Builds everything, without rows.
    pub(crate) fn new(machine: &Rc<Machine>, plan: &Arc<Plan>, peers: &Peers) -> Self {
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
                    CollectionSource::Changes(of) => {
                        Some(Latest { collection, of, rows: Delta::new(), anywhere: false })
                    }
                    CollectionSource::Relation(_) | CollectionSource::Delayed(..) => None,
                })
                .collect(),
            wiring,
            homes: Homes::new(plan),
            touched,
            rule_stats: vec![Work::default(); plan.rules.len()],
            ran: Vec::new(),
            component_stats: vec![Work::default(); plan.components.len()],
            control: machine.control().clone(),
            machine: machine.clone(),
            holds_once: peers.index() == 0,
            pending: HashMap::new(),
            settled: HashMap::new(),
        }
    }

    /// The rules that ran in the newest transaction, with what they cost.
    pub(crate) fn ran(&self) -> &[(RuleId, Work)] {
        &self.ran
    }

    /// The first transaction: rules that read nothing run once. Each worker may have any rows of `inputs`, and all must
    /// name the same relations.
    pub(crate) fn start(
        &mut self,
        peers: &mut Peers,
        inputs: Vec<(RelationId, Delta)>,
    ) -> Result<Vec<(RelationId, Delta)>, Failure> {
        let inputs = self.homes.sent_home(peers, inputs)?;
        for rule in self.wiring.once.clone() {
            self.wait(rule);
        }
        self.transact(peers, FIRST, inputs, Ok(()))
    }

    /// Takes consolidated changes of relations (`done` is whether they could be found out) and gives what changes in all
    /// relations, of each row the part that falls to this worker. If a rule fails, everything
    /// is as before, and the next transaction's epoch must be greater than `epoch + 1`.
    pub(crate) fn transact(
        &mut self,
        peers: &mut Peers,
        epoch: Epoch,
        inputs: Vec<(RelationId, Delta)>,
        done: Result<(), Failure>,
    ) -> Result<Vec<(RelationId, Delta)>, Failure> {
        self.ran.clear();
        match self.propagate(peers, epoch, inputs, done) {
            Ok(()) => Ok(self.end(true)),
            Err(failure) => {
                self.undo(epoch + 1);
                Err(failure)
            }
        }
    }

    /// Rows of relations, of which each worker may have any, where changes of these are; all workers must name the same
    /// relations.
    pub(crate) fn sent_home(
        &self,
        peers: &mut Peers,
        rows: Vec<(RelationId, Delta)>,
    ) -> Result<Vec<(RelationId, Delta)>, Failure> {
        self.homes.sent_home(peers, rows)
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

    /// What is kept of the changes of relations that are looked back at.
    pub(super) fn held_past(&self) -> impl Iterator<Item = (RelationId, Held)> {
        let delays = self.delays.iter().flat_map(|delay| delay.waiting.iter().map(|rows| (delay.of, rows)));
        let latest = self.latest.iter().map(|latest| (latest.of, &latest.rows));
        delays.chain(latest).map(|(relation, rows)| (relation, rows.held()))
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
    pub(crate) fn run_pending(
        &mut self,
        peers: &mut Peers,
        epoch: Epoch,
    ) -> Result<Vec<(RelationId, Delta)>, Failure> {
        let relations = self.pending.keys().chain(self.settled.keys());
        self.touched.components.extend(relations.map(|relation| self.wiring.place_of(*relation)));
        self.propagate(peers, epoch, Vec::new(), Ok(()))?;
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
            if let Some(known) = known {
                latest.rows.clone_from(&known.rows);
                latest.anywhere = known.anywhere;
            }
        }
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
                latest.anywhere = self.touched.collections.contains(&(latest.of.0 as usize));
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
            levels: levels(plan),
            at_first: at_first(plan),
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

    /// The component of a relation, with its level.
    pub(super) fn place_of(&self, relation: RelationId) -> (usize, usize) {
        let component = self.component[relation.0 as usize];
        (self.levels[component], component)
    }

    /// Whether any rule reads a collection, or an arrangement of it is kept.
    pub(super) fn is_read(&self, collection: usize) -> bool {
        !self.arrangements[collection].is_empty()
            || !self.rules[collection].is_empty()
            || !self.recursions[collection].is_empty()
            || matches!(self.changes.get(collection), Some(Some(_)))
    }
}

/// The levels of components: those of one level do not read each other.
fn levels(plan: &Plan) -> Vec<usize> {
    let mut of_relation: HashMap<RelationId, usize> = HashMap::new();
    let mut levels = Vec::new();
    for component in &plan.components {
        let rules = component.rules.iter().chain(&component.recursive_rules);
        let reads = rules.flat_map(|rule| plan.rule(*rule).reads(plan));
        let before = reads.filter_map(|read| match plan.collection(read).source {
            // What was there before is known from the beginning.
            CollectionSource::Delayed(..) => None,
            CollectionSource::Relation(relation) | CollectionSource::Changes(relation) => {
                of_relation.get(&relation).map(|level| level + 1)
            }
        });
        let level = before.max().unwrap_or(0);
        of_relation.extend(component.relations.iter().map(|relation| (*relation, level)));
        levels.push(level);
    }
    levels
}

/// By arrangement, whether the first worker has all of it: recursions run there, and what they read must be there, and
/// what that is joined with.
pub(crate) fn at_first(plan: &Plan) -> Vec<bool> {
    let mut at_first = vec![false; plan.arrangements.len()];
    let recursive = plan.components.iter().flat_map(|component| &component.recursive_rules);
    for stage in recursive.flat_map(|rule| &plan.rule(*rule).stages) {
        [stage.shared_left(), stage.right()]
            .into_iter()
            .flatten()
            .for_each(|id| at_first[id.0 as usize] = true);
    }
    let meet: Vec<(usize, usize)> = plan
        .rules
        .iter()
        .flat_map(|rule| &rule.stages)
        .filter_map(|stage| Some((stage.shared_left()?.0 as usize, stage.right()?.0 as usize)))
        .collect();
    while let Some((one, other)) = meet.iter().find(|(one, other)| at_first[*one] != at_first[*other]) {
        (at_first[*one], at_first[*other]) = (true, true);
    }
    at_first
}
