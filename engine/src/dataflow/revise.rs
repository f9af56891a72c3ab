//! One host in the place of another: what both have changes hands, what is new catches up with what there is, and then
//! one transaction brings the rest.
//!
//! New rules, arrangements and recursions first read what there was before. From then on everything is kept up by
//! changes: those of the new rules' results, those of the removed rules' results with opposite sign, and what follows.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::fixpoint::Outside;
use super::host::{Delta, Failure, Host};
use super::index::Epoch;
use super::peers::Peers;
use super::propagate::at_first_worker;
use crate::eval::Machine;
use crate::ir::{RelationId, RuleId};
use crate::plan::{CollectionId, CollectionSource, Left, Plan, RulePlan, Source, Succession};

/// A host that is about to take another's place.
pub(crate) struct Successor {
    pub(crate) host: Host,
    pub(crate) succession: Succession,
    /// By collection: its rows before, where they are wanted.
    before: Vec<Option<Delta>>,
    /// Results of removed rules, by the relation they were for.
    retracted: HashMap<RelationId, Delta>,
    /// What recursions that are built anew held before.
    rebuilt: HashMap<RelationId, Delta>,
    /// Collections whose rows were known to be derived once, and are counted from now on.
    counted: Vec<usize>,
}

/// Transactions that a revision uses: one to catch up, one for the changes, one to take them back.
pub(crate) const EPOCHS: Epoch = 3;

impl Successor {
    /// Builds what is new, and reads from the running host what will be needed of it. `wanted` are relations whose
    /// contents before are asked for with [`Self::before`].
    pub(crate) fn new(
        peers: &mut Peers,
        machine: &Rc<Machine>,
        plan: &Arc<Plan>,
        running: &mut Host,
        succession: Succession,
        wanted: &[RelationId],
        epoch: Epoch,
    ) -> Result<Self, Failure> {
        let host = Host::new(machine, plan, peers);
        let mut successor = Successor {
            host,
            before: vec![None; plan.collections.len()],
            retracted: HashMap::new(),
            rebuilt: HashMap::new(),
            counted: Vec::new(),
            succession,
        };
        peers.agree(successor.read(running, wanted, epoch))?;
        successor.carry(running);
        Ok(successor)
    }

    /// A relation's rows before, if it was there and if they were wanted.
    pub(crate) fn before(&self, relation: RelationId) -> &Delta {
        rows_before(&self.before, CollectionId(relation.0))
    }

    /// Gives what both hosts have from the one to the other; once more, and it is back.
    pub(crate) fn exchange(&mut self, other: &mut Host) {
        let host = &mut self.host;
        for (new, old) in pairs(&self.succession.arrangements) {
            host.arrangements[new].exchange(&mut other.arrangements[old.0 as usize]);
        }
        for (new, old) in pairs(&self.succession.collections) {
            if let (Some(one), Some(other)) = (&mut host.distinct[new], &mut other.distinct[old.0 as usize]) {
                std::mem::swap(one, other);
            }
        }
        for (new, old) in pairs(&self.succession.rules) {
            if let (Some(one), Some(other)) = (&mut host.chains[new], &mut other.chains[old.0 as usize]) {
                one.exchange(other);
            }
        }
        for (new, old) in pairs(&self.succession.recursions) {
            if let (Some(one), Some(other)) = (&mut host.recursions[new], &mut other.recursions[old]) {
                one.exchange(other);
            }
        }
    }

    /// Everything that is new reads what there was before.
    pub(crate) fn catch_up(&mut self, peers: &mut Peers, epoch: Epoch) -> Result<(), Failure> {
        let plan = self.host.plan.clone();
        for at in 0..plan.arrangements.len() {
            let collection = plan.arrangements[at].collection.0 as usize;
            if let (None, Some(rows)) = (self.succession.arrangements[at], &self.before[collection])
                && plan.arrangements[at].host
            {
                self.host.load_arrangement(peers, at, epoch, rows)?;
            }
        }
        for at in self.counted.clone() {
            if let (Some(distinct), Some(rows)) = (&mut self.host.distinct[at], &self.before[at]) {
                distinct.update(rows, epoch);
                distinct.end();
            }
        }
        for (number, component) in plan.components.iter().enumerate() {
            let is_new = component.is_recursive() && self.succession.recursions[number].is_none();
            let mut seeds: HashMap<RelationId, Delta> = HashMap::new();
            for rule in &component.rules {
                if self.succession.rules[rule.0 as usize].is_none() {
                    let results = self.load(peers, *rule, epoch)?;
                    let head = plan.rule(*rule).head;
                    let into = if is_new { &mut seeds } else { &mut self.host.pending };
                    into.entry(head).or_default().append(&results);
                } else if is_new {
                    let mut results = Delta::new();
                    let read = self.host.results(*rule, epoch, &mut results);
                    peers.agree(read)?;
                    seeds.entry(plan.rule(*rule).head).or_default().append(&results);
                }
            }
            if is_new {
                self.recurse(peers, number, seeds, epoch)?;
            }
        }
        for (relation, rows) in self.retracted.drain() {
            self.host.pending.entry(relation).or_default().append_opposite(&rows);
        }
        Ok(())
    }

    /// The rows of a rule that is new.
    fn load(&mut self, peers: &mut Peers, rule: RuleId, epoch: Epoch) -> Result<Delta, Failure> {
        let (once, none) = (Delta::once(), Delta::new());
        let host = &mut self.host;
        let source = match host.plan.rule(rule).source {
            Source::Once if host.holds_once => &once,
            Source::Once => &none,
            Source::Collection(collection) => rows_before(&self.before, collection),
        };
        let mut results = Delta::new();
        host.load(peers, rule, epoch, source, &mut results)?;
        results.consolidate();
        Ok(results)
    }

    /// Runs a recursion that is new.
    fn recurse(
        &mut self,
        peers: &mut Peers,
        component: usize,
        seeds: HashMap<RelationId, Delta>,
        epoch: Epoch,
    ) -> Result<(), Failure> {
        let Some(recursion) = &mut self.host.recursions[component] else { return Ok(()) };
        let taken = recursion.takes().map(|id| (id, rows_before(&self.before, id).clone())).collect();
        let collections = at_first_worker(peers, taken)?;
        let of_relation = |(relation, rows): (RelationId, Delta)| (CollectionId(relation.0), rows);
        let seeds = at_first_worker(peers, seeds.into_iter().map(of_relation).collect())?;
        let seeds = seeds.into_iter().map(|(id, rows)| (RelationId(id.0), rows)).collect();
        let arrangements = &mut self.host.arrangements;
        let loaded = recursion.update(Outside { epoch, collections, seeds, arrangements, loads: true });
        recursion.end(loaded.is_ok());
        let (loaded, done) = match loaded {
            Ok(loaded) => (loaded, Ok(())),
            Err((rule, trap)) => (Vec::new(), Err(Failure { rule: Some(rule), trap })),
        };
        peers.agree(done)?;
        for relation in &self.host.plan.components[component].relations {
            let rows = loaded.iter().find(|(loaded, _)| loaded == relation).map(|(_, rows)| rows.clone());
            let mut rows = rows.unwrap_or_default();
            rows.append_opposite(&self.rebuilt.remove(relation).unwrap_or_default());
            rows.consolidate();
            self.host.settled.insert(*relation, rows);
        }
        Ok(())
    }

    /// Reads from the running host.
    fn read(&mut self, running: &mut Host, wanted: &[RelationId], epoch: Epoch) -> Result<(), Failure> {
        let plan = self.host.plan.clone();
        let mut needed = vec![false; plan.collections.len()];
        wanted.iter().for_each(|relation| needed[relation.0 as usize] = true);
        for (new, old) in pairs(&self.succession.collections) {
            if self.host.distinct[new].is_some() && running.distinct[old.0 as usize].is_none() {
                self.counted.push(new);
                needed[new] = true;
            }
        }
        for (arrangement, known) in plan.arrangements.iter().zip(&self.succession.arrangements) {
            needed[arrangement.collection.0 as usize] |= arrangement.host && known.is_none();
        }
        for (component, known) in plan.components.iter().zip(&self.succession.recursions) {
            for rule in &component.rules {
                if let (None, Some(source)) =
                    (self.succession.rules[rule.0 as usize], read_first(plan.rule(*rule)))
                {
                    needed[source.0 as usize] = true;
                }
            }
            if component.is_recursive() && known.is_none() {
                let reads = component.recursive_rules.iter().flat_map(|rule| plan.rule(*rule).reads(&plan));
                reads.for_each(|read| needed[read.0 as usize] = true);
                for relation in &component.relations {
                    if let Some(old) = self.succession.relation(*relation) {
                        self.rebuilt.insert(*relation, running.contents(old, epoch)?);
                    }
                }
            }
        }
        for (at, _) in needed.iter().enumerate().filter(|(_, needed)| **needed) {
            self.before[at] = Some(self.contents_before(running, CollectionId(at as u32), epoch)?);
        }
        self.read_removed(running, epoch)
    }

    fn contents_before(&self, running: &mut Host, id: CollectionId, epoch: Epoch) -> Result<Delta, Failure> {
        match (self.succession.collections[id.0 as usize], self.host.plan.collection(id).source) {
            (Some(old), _) => running.collection_rows(old, epoch),
            // Nobody has looked back at it so far: it was always as it is now.
            (None, CollectionSource::Delayed(relation, _)) => match self.succession.relation(relation) {
                Some(old) => running.contents(old, epoch),
                None => Ok(Delta::new()),
            },
            (None, CollectionSource::Relation(_) | CollectionSource::Changes(_)) => Ok(Delta::new()),
        }
    }

    /// What removed rules have derived for relations that stay.
    fn read_removed(&mut self, running: &mut Host, epoch: Epoch) -> Result<(), Failure> {
        let heads: HashMap<RelationId, RelationId> = (0..self.host.plan.inputs.len() as u32)
            .map(RelationId)
            .filter_map(|new| Some((self.succession.relation(new)?, new)))
            .collect();
        for rule in &self.succession.removed_rules {
            let Some(head) = heads.get(&running.plan.rule(*rule).head) else { continue };
            // What a recursion holds is compared as a whole.
            if !self.rebuilt.contains_key(head) {
                running.results(*rule, epoch, self.retracted.entry(*head).or_default())?;
            }
        }
        Ok(())
    }

    /// Takes over what is little: what is still due, and accounts.
    fn carry(&mut self, running: &Host) {
        let (plan, succession) = (self.host.plan.clone(), &self.succession);
        self.host.carry_delays(running, succession);
        for (new, old) in pairs(&succession.rules) {
            self.host.rule_stats[new] = running.rule_stats[old.0 as usize];
        }
        for component in 0..plan.components.len() {
            if let Some(old) = succession.component(&running.plan, &plan, component) {
                self.host.component_stats[component] = running.component_stats[old];
            }
        }
    }
}

/// The rows that a collection had before, if they were wanted.
fn rows_before(before: &[Option<Delta>], collection: CollectionId) -> &Delta {
    static NONE: Delta = Delta::new();
    before[collection.0 as usize].as_ref().unwrap_or(&NONE)
}

/// The collection whose rows a rule takes one by one, other than from an arrangement.
fn read_first(rule: &RulePlan) -> Option<CollectionId> {
    match (rule.source, rule.stages.first().map(|stage| stage.left)) {
        (Source::Once, _) | (_, Some(Left::Shared(_))) => None,
        (Source::Collection(source), _) => Some(source),
    }
}

fn pairs<T: Copy>(succession: &[Option<T>]) -> impl Iterator<Item = (usize, T)> {
    succession.iter().enumerate().filter_map(|(new, old)| Some((new, (*old)?)))
}
