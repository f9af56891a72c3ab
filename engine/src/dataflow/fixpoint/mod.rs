//! Relations that depend on themselves: their rules go round until nothing changes any more.
//!
//! Semi-naive evaluation that is kept up by changes, as differential dataflow does it: every row is known with the
//! rounds in which it comes and goes, and a transaction corrects round after round. Only rules that have something to do
//! in a round run in it. Nothing of a transaction mixes with what was there before until it is done, so that
//! taking it back is to forget it.

mod failures;
mod group;
mod history;
mod inbox;
mod rounds;
mod rule;
mod set;
mod side;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::time::Instant;

use super::arrange::Arranged;
use super::changes::Changes;
use super::code::Code;
use super::columns::{Columns, Marking};
use super::host::Work;
use super::index::{Epoch, Weight};
use super::memory::Held;
use super::pulse::Pulse;
use crate::eval::{Machine, Trap};
use crate::ir::{RelationId, RuleId};
use crate::plan::{ArrangementId, CollectionId, Component, Plan, Projection};
use crate::value::Word;
use failures::Failures;
use history::{History, Round};
use inbox::Inbox;
use rule::{Rule, Run};
use set::Set;
use side::{Inside, Side, Sources};

/// Rounds after which a recursion is given up: what still changes then hardly ever settles.
const ROUNDS: Round = 100_000;

/// A recursive component at work.
pub(crate) struct Fixpoint {
    machine: Rc<Machine>,
    pulse: Pulse,
    relations: Vec<Relation>,
    /// Arrangements of the relations inside, each once.
    inside: Vec<Inside>,
    rules: Vec<Rule>,
    /// By outside collection: the rules that take its rows one by one.
    takers: Vec<(CollectionId, Vec<usize>)>,
    /// By arrangement of the host: the rules that read it.
    readers: Vec<(usize, Vec<usize>)>,
    agenda: BTreeMap<Round, BTreeSet<Task>>,
    failures: Failures,
    /// By rule, since the last time somebody asked.
    work: Vec<Work>,
}

/// A relation inside.
struct Relation {
    id: RelationId,
    set: Set,
    columns: Columns,
    inbox: Inbox,
    /// What rules see in this round: what changed in the one before.
    fresh: Changes,
    /// What they will see in the next one.
    next: Changes,
    /// What the transaction has changed so far.
    total: Changes,
    arrangements: Vec<usize>,
    /// Rules that take its rows one by one, or read one of its arrangements.
    rules: Vec<usize>,
}

/// What is to be done in a round, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Task {
    /// Rules get to know what changed in a relation in the round before.
    Publish(usize),
    /// A rule runs.
    Rule(usize),
    /// What was derived for a relation becomes a set.
    Settle(usize),
}

/// What comes from outside in a transaction.
pub(crate) struct Outside<'a> {
    pub(crate) epoch: Epoch,
    /// Of the collections that are taken row by row: their changes, or all their rows if the recursion has read nothing
    /// so far.
    pub(crate) collections: Vec<(CollectionId, Changes)>,
    /// What rules outside derive for the relations inside.
    pub(crate) seeds: Vec<(RelationId, Changes)>,
    pub(crate) arrangements: &'a mut [Arranged],
    /// Whether the recursion has read nothing so far.
    pub(crate) loads: bool,
}

/// What changes in the relations of a component.
pub(crate) type Settled = Vec<(RelationId, Changes)>;

impl Fixpoint {
    /// Gets a component ready, without rows.
    pub(crate) fn new(machine: &Rc<Machine>, plan: &Plan, component: &Component) -> Self {
        let types = machine.types();
        let place = |id: RelationId| component.relations.iter().position(|relation| *relation == id);
        let mut relations: Vec<Relation> = component
            .relations
            .iter()
            .map(|id| Relation {
                id: *id,
                set: Set::default(),
                columns: Columns::new(types, plan.collection(CollectionId(id.0)).columns.iter().copied(), []),
                inbox: Inbox::default(),
                fresh: Changes::new(),
                next: Changes::new(),
                total: Changes::new(),
                arrangements: Vec::new(),
                rules: Vec::new(),
            })
            .collect();
        let (mut inside, mut places) = (Vec::new(), HashMap::new());
        let mut side = |id: ArrangementId, looked_at: bool| {
            let arrangement = plan.arrangement(id);
            let Some(relation) = place(RelationId(arrangement.collection.0)) else {
                return Side::Outside(id.0 as usize);
            };
            let at = *places.entry((id, looked_at)).or_insert_with(|| {
                relations[relation].arrangements.push(inside.len());
                let types_of = &plan.collection(arrangement.collection).columns;
                inside.push(Inside {
                    id,
                    project: match &arrangement.projection {
                        Projection::Columns { key, value } => Code::columns(key, value),
                        Projection::Code(transform) => Code::new(machine, transform),
                    },
                    rows: History::default(),
                    columns: Columns::of_projection(types, types_of, &arrangement.projection),
                    keys: looked_at.then(Set::default),
                });
                inside.len() - 1
            });
            Side::Inside(at)
        };
        let mut rules = Vec::new();
        for id in &component.recursive_rules {
            let planned = plan.rule(*id);
            // The head of a rule in a component is one of its relations.
            let Some(head) = place(planned.head) else { continue };
            rules.push(Rule::new(machine, types, (*id, head), planned, &mut side));
        }
        let mut fixpoint = Fixpoint {
            pulse: Pulse::new(machine.control()),
            machine: machine.clone(),
            work: vec![Work::default(); rules.len()],
            relations,
            inside,
            rules,
            takers: Vec::new(),
            readers: Vec::new(),
            agenda: BTreeMap::new(),
            failures: Failures::default(),
        };
        fixpoint.wire();
        fixpoint
    }

    /// The collections outside whose rows it takes one by one.
    pub(crate) fn takes(&self) -> impl Iterator<Item = CollectionId> {
        self.takers.iter().map(|(collection, _)| *collection)
    }

    /// Runs a transaction; gives what changes inside. Until [`Self::end`] it can be forgotten.
    pub(crate) fn update(&mut self, mut outside: Outside<'_>) -> Result<Settled, (RuleId, Trap)> {
        self.begin(&mut outside);
        while let Some((round, mut tasks)) = self.agenda.pop_first() {
            if round >= ROUNDS {
                return Err(self.endless());
            }
            let (mut published, mut run) = (Vec::new(), Vec::new());
            while let Some(task) = tasks.pop_first() {
                match task {
                    Task::Publish(at) => {
                        self.publish(at, (outside.epoch, round), &mut tasks)?;
                        published.push(at);
                    }
                    Task::Rule(at) => {
                        self.rule(at, round, &mut outside)?;
                        tasks.insert(Task::Settle(self.rules[at].head));
                        run.push(at);
                    }
                    Task::Settle(at) => self.settle(at, round),
                }
            }
            self.inside.iter_mut().for_each(|inside| inside.rows.settle());
            run.into_iter().for_each(|rule: usize| self.rules[rule].settle());
            published.into_iter().for_each(|relation: usize| self.relations[relation].fresh.clear());
        }
        match self.failures.take() {
            Some(failure) => Err(failure),
            None => Ok(self.changes()),
        }
    }

    /// Ends the transaction: what it changed is there for good, or has never been.
    pub(crate) fn end(&mut self, done: bool) {
        self.agenda.clear();
        self.failures = Failures::default();
        for relation in &mut self.relations {
            relation.inbox.clear();
            relation.fresh = Changes::new();
            relation.next = Changes::new();
            relation.total = Changes::new();
            relation.set.end(done);
        }
        self.inside.iter_mut().for_each(|inside| inside.end(done));
        self.rules.iter_mut().for_each(|rule| rule.end(done));
    }

    /// The rows of a relation, between transactions; `None` if it is not inside.
    pub(crate) fn rows(&self, relation: RelationId) -> Option<Changes> {
        self.relations.iter().find(|known| known.id == relation).map(|relation| relation.set.rows())
    }

    /// Whether a row of a relation inside is there, between transactions.
    pub(crate) fn has(&self, relation: RelationId, row: &[Word]) -> bool {
        self.round_of(relation, row).is_some()
    }

    /// Whether rows can be found by an arrangement inside.
    pub(crate) fn arranges(&self, id: ArrangementId) -> bool {
        self.inside.iter().any(|inside| inside.id == id && inside.keys.is_none())
    }

    /// The values that an arrangement inside has for a key, between transactions.
    pub(crate) fn values(&self, id: ArrangementId, key: &[Word], mut each: impl FnMut(&[Word])) {
        let Some(inside) = self.inside.iter().find(|inside| inside.id == id && inside.keys.is_none()) else {
            return;
        };
        let mut rows = inside.rows.now();
        if rows.seek(key) {
            rows.values(|value, updates| {
                if updates.iter().map(|(_, weight)| weight).sum::<Weight>() > 0 {
                    each(value);
                }
            });
        }
    }

    /// The round in which a row of a relation inside is first derived: from rows of rounds before that one.
    pub(crate) fn round_of(&self, relation: RelationId, row: &[Word]) -> Option<Round> {
        self.relations.iter().find(|known| known.id == relation)?.set.round_of(row)
    }

    /// Whether the rows of a relation are kept here.
    pub(crate) fn holds(&self, relation: RelationId) -> bool {
        self.relations.iter().any(|known| known.id == relation)
    }

    /// Updates held of a relation, for its set and in its arrangements inside.
    pub(crate) fn len(&self, relation: RelationId) -> usize {
        let Some(relation) = self.relations.iter().find(|known| known.id == relation) else { return 0 };
        let arranged = relation.arrangements.iter().map(|at| self.inside[*at].rows.len());
        relation.set.len() + arranged.sum::<usize>()
    }

    /// What the set of a relation takes, and each of its arrangements inside.
    pub(crate) fn held(&self) -> impl Iterator<Item = (RelationId, Held, Vec<Held>)> {
        self.relations.iter().map(|relation| {
            let arranged = relation.arrangements.iter().map(|at| self.inside[*at].held());
            (relation.id, relation.set.held(), arranged.collect())
        })
    }

    /// What each rule keeps for itself.
    pub(crate) fn held_by_rules(&self) -> impl Iterator<Item = (RuleId, Held)> {
        self.rules.iter().map(|rule| (rule.id, rule.held()))
    }

    /// What each rule has cost since this was last asked for.
    pub(crate) fn take_work(&mut self) -> impl Iterator<Item = (RuleId, Work)> {
        self.rules.iter().zip(&mut self.work).map(|(rule, work)| (rule.id, std::mem::take(work)))
    }

    /// Gives its rows to the same component of another plan and takes that one's.
    pub(crate) fn exchange(&mut self, other: &mut Fixpoint) {
        for (one, other) in self.relations.iter_mut().zip(&mut other.relations) {
            std::mem::swap(&mut one.set, &mut other.set);
        }
        for (one, other) in self.inside.iter_mut().zip(&mut other.inside) {
            one.exchange(other);
        }
        for (one, other) in self.rules.iter_mut().zip(&mut other.rules) {
            one.exchange(other);
        }
    }

    /// Marks every value in it. Only between transactions.
    pub(crate) fn mark(&self, marking: &mut Marking<'_>) {
        self.relations.iter().for_each(|relation| relation.set.mark(&relation.columns, marking));
        self.inside.iter().for_each(|inside| inside.mark(marking));
        self.rules.iter().for_each(|rule| rule.mark(marking));
    }

    /// Notes down who reads what.
    fn wire(&mut self) {
        for at in 0..self.rules.len() {
            if let Some(source) = self.rules[at].source {
                match self.relations.iter_mut().find(|relation| relation.id.0 == source.0) {
                    Some(relation) => add(&mut relation.rules, at),
                    None => add(entry(&mut self.takers, source), at),
                }
            }
            for side in self.rules[at].sides().collect::<Vec<_>>() {
                match side {
                    Side::Outside(arrangement) => add(entry(&mut self.readers, arrangement), at),
                    Side::Inside(inside) => {
                        let of = self.relations.iter_mut().find(|r| r.arrangements.contains(&inside));
                        of.into_iter().for_each(|relation| add(&mut relation.rules, at));
                    }
                }
            }
        }
    }

    /// What is to be done in the first round.
    fn begin(&mut self, outside: &mut Outside<'_>) {
        let first = self.agenda.entry(0).or_default();
        for (relation, changes) in std::mem::take(&mut outside.seeds) {
            let Some(at) = self.relations.iter().position(|known| known.id == relation) else { continue };
            changes.iter().for_each(|(row, weight)| self.relations[at].inbox.push(0, row, &[], weight));
            first.insert(Task::Settle(at));
        }
        for (collection, rules) in &self.takers {
            let taken = outside.collections.iter().any(|(id, rows)| id == collection && !rows.is_empty());
            first.extend(rules.iter().filter(|_| taken).map(|rule| Task::Rule(*rule)));
        }
        for (arrangement, rules) in &self.readers {
            let read = outside.loads || outside.arrangements[*arrangement].changes().is_some();
            first.extend(rules.iter().filter(|_| read).map(|rule| Task::Rule(*rule)));
        }
    }

    fn publish(
        &mut self,
        at: usize,
        (epoch, round): (Epoch, Round),
        tasks: &mut BTreeSet<Task>,
    ) -> Result<(), (RuleId, Trap)> {
        let relation = &mut self.relations[at];
        relation.fresh = std::mem::take(&mut relation.next);
        for inside in &relation.arrangements {
            let published = self.inside[*inside].publish(epoch, round, &relation.fresh);
            // The code of an arrangement is part of the rules that read it.
            published.map_err(|trap| {
                (relation.rules.first().map_or(RuleId(0), |rule| self.rules[*rule].id), trap)
            })?;
        }
        for next in relation.arrangements.iter().filter_map(|inside| self.inside[*inside].next_round()) {
            self.agenda.entry(next).or_default().insert(Task::Publish(at));
        }
        tasks.extend(relation.rules.iter().map(|rule| Task::Rule(*rule)));
        Ok(())
    }

    fn rule(&mut self, at: usize, round: Round, outside: &mut Outside<'_>) -> Result<(), (RuleId, Trap)> {
        let start = Instant::now();
        let rule = &mut self.rules[at];
        self.machine.control().enter(rule.id);
        let own =
            self.relations.iter().position(|relation| rule.source.is_some_and(|id| id.0 == relation.id.0));
        let none = Changes::new();
        // A relation's own rules may derive more of it.
        let fresh = own.map(|own| std::mem::take(&mut self.relations[own].fresh));
        let source = match (&fresh, rule.source) {
            (Some(fresh), _) => fresh,
            (None, Some(source)) if round == 0 => {
                outside.collections.iter().find(|(id, _)| *id == source).map_or(&none, |(_, rows)| rows)
            }
            (None, _) => &none,
        };
        let sources = Sources {
            inside: &self.inside,
            outside: &mut *outside.arrangements,
            epoch: outside.epoch,
            round,
            loads: outside.loads,
        };
        let mut run = Run { sources, pulse: &self.pulse, failures: &mut self.failures };
        let head = &mut self.relations[rule.head].inbox;
        head.begin(round);
        let before = head.received();
        let ran = rule.run(&mut run, source, head);
        let work = &mut self.work[at];
        work.runs += 1;
        work.rows_in += source.len() as u64;
        work.rows_out += (head.received() - before) as u64;
        if let Some(next) = rule.next_round() {
            self.agenda.entry(next).or_default().insert(Task::Rule(at));
        }
        if let (Some(own), Some(fresh)) = (own, fresh) {
            self.relations[own].fresh = fresh;
        }
        work.time += start.elapsed();
        ran.map_err(|trap| (rule.id, trap))
    }

    /// What was derived for a relation becomes a set. What that changes is seen in the next round.
    fn settle(&mut self, at: usize, round: Round) {
        let relation = &mut self.relations[at];
        relation.inbox.begin(round);
        relation.next = relation.set.update(round, relation.inbox.take().consolidated().0);
        if !relation.next.is_empty() {
            relation.total.append(&relation.next);
            self.agenda.entry(round + 1).or_default().insert(Task::Publish(at));
        }
        for next in relation.inbox.next_round().into_iter().chain(relation.set.next_round()) {
            self.agenda.entry(next).or_default().insert(Task::Settle(at));
        }
    }

    fn changes(&mut self) -> Settled {
        let total = |relation: &mut Relation| {
            let mut total = std::mem::take(&mut relation.total);
            total.consolidate();
            (relation.id, total)
        };
        self.relations.iter_mut().map(total).collect()
    }

    fn endless(&self) -> (RuleId, Trap) {
        let rule = self.rules.first().map_or(RuleId(0), |rule| rule.id);
        let span = self.machine.program().rules[rule.0 as usize].span;
        (rule, Trap::new(span, format!("the recursion does not settle within {ROUNDS} rounds")))
    }
}

fn add(rules: &mut Vec<usize>, rule: usize) {
    if rules.last() != Some(&rule) {
        rules.push(rule);
    }
}

fn entry<K: Copy + PartialEq>(list: &mut Vec<(K, Vec<usize>)>, key: K) -> &mut Vec<usize> {
    let at = list.iter().position(|(known, _)| *known == key).unwrap_or_else(|| {
        list.push((key, Vec::new()));
        list.len() - 1
    });
    &mut list[at].1
}
