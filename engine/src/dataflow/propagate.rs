//! A transaction on its way through a host: what it changes goes to all who read it, level by level.
//!
//! Components of one level do not read each other, so that several workers meet as often as the levels are many and
//! their rules have stages, however many rules there are.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::time::Instant;

use super::fixpoint::Outside;
use super::host::{Delta, FIRST, Failure, Host, Work};
use super::index::Epoch;
use super::pairs::Pairs;
use super::peers::{Arrived, Channel, Parcel, Peers, Route, both};
use crate::eval::Trap;
use crate::ir::{RelationId, RuleId};
use crate::plan::{ArrangementId, CollectionId, Source};

/// The step before the first stage of a rule; stage 0 is step 1. A rule without stages runs in step 1.
const FIRST_STEP: usize = 0;

/// What rules derive.
#[derive(Default)]
struct Derived {
    /// Rows that are where they belong.
    at_home: BTreeMap<RelationId, Delta>,
    /// Rows that may belong elsewhere.
    anywhere: BTreeMap<RelationId, Delta>,
}

/// A rule in the middle of its chain.
struct Underway {
    rule: RuleId,
    /// What arrives at its next stage.
    rows: Pairs,
    rows_in: usize,
}

impl Host {
    /// Runs all that changes of relations touch. `done` is whether the changes could be found out.
    pub(super) fn propagate(
        &mut self,
        peers: &mut Peers,
        epoch: Epoch,
        inputs: Vec<(RelationId, Delta)>,
        done: Result<(), Failure>,
    ) -> Result<(), Failure> {
        let changed = inputs.into_iter().map(|(relation, delta)| (CollectionId(relation.0), delta));
        let due = self
            .delays
            .iter()
            .map(|delay| (delay.collection, delay.waiting.front().cloned().unwrap_or_default()));
        let changes = changed.chain(due).collect();
        self.publish(peers, epoch, changes, done)?;
        for latest in self.latest.iter().filter(|latest| latest.anywhere) {
            self.touched.components.insert(self.wiring.place_of(latest.of));
        }
        while let Some((level, _)) = self.touched.components.first().copied() {
            let later = self.touched.components.split_off(&(level + 1, 0));
            let now = std::mem::replace(&mut self.touched.components, later);
            let components: Vec<usize> = now.into_iter().map(|(_, component)| component).collect();
            self.level(peers, epoch, &components)?;
        }
        Ok(())
    }

    /// Makes the changes of collections known to all who read them.
    fn publish(
        &mut self,
        peers: &mut Peers,
        epoch: Epoch,
        changes: Vec<(CollectionId, Delta)>,
        mut done: Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut parcels = Vec::new();
        for (collection, delta) in changes.into_iter().filter(|(_, delta)| !delta.is_empty()) {
            for &arrangement in &self.wiring.arrangements[collection.0 as usize] {
                match self.arrangements[arrangement].project(epoch, &delta) {
                    Ok(rows) => parcels.push(self.parcel(ArrangementId(arrangement as u32), rows)),
                    Err(trap) => done = both(done, Err(Failure { rule: None, trap })),
                }
            }
            let channel = Channel::Collection(collection);
            parcels.push(Parcel { channel, route: Route::Stay, rows: delta });
        }
        let mut arrived = peers.exchange(parcels, done)?;
        for channel in std::mem::take(&mut arrived.touched) {
            match channel {
                Channel::Arrangement(id) => {
                    let rows =
                        Pairs::from_parts(arrived.take(channel), self.plan.arrangement(id).key_columns);
                    self.touched.arrangements.push(id.0 as usize);
                    self.arrangements[id.0 as usize].update(epoch, rows);
                }
                Channel::Collection(id) => self.touch(id.0 as usize, arrived.take(channel)),
                _ => {}
            }
        }
        Ok(())
    }

    /// A collection has changed somewhere; `delta` is what falls to this worker.
    fn touch(&mut self, collection: usize, delta: Delta) {
        for at in 0..self.wiring.rules[collection].len() {
            self.wait(self.wiring.rules[collection][at]);
        }
        for component in &self.wiring.recursions[collection] {
            self.touched.components.insert((self.wiring.levels[*component], *component));
        }
        if let Some(Some(_)) = self.wiring.changes.get(collection) {
            self.touched.components.insert(self.wiring.place_of(RelationId(collection as u32)));
        }
        self.touched.collections.push(collection);
        self.touched.deltas[collection] = delta;
    }

    pub(super) fn wait(&mut self, rule: usize) {
        if !std::mem::replace(&mut self.touched.waiting[rule], true) {
            let head = RelationId(self.wiring.heads[rule] as u32);
            self.touched.components.insert(self.wiring.place_of(head));
        }
    }

    /// Runs what is touched in components that do not read each other, and makes their relations' changes known.
    fn level(&mut self, peers: &mut Peers, epoch: Epoch, components: &[usize]) -> Result<(), Failure> {
        let plan = self.plan.clone();
        let mut changes: BTreeMap<RelationId, Delta> = BTreeMap::new();
        let mut derived = self.run_rules(peers, epoch, components)?;
        for &component in components {
            let start = Instant::now();
            let of_component = &plan.components[component].relations;
            let mut derived_here: Vec<(RelationId, Delta)> = Vec::new();
            for relation in of_component {
                let channel = Channel::Derived(*relation);
                if derived.is_touched(channel) {
                    let mut rows = derived.take(channel);
                    rows.consolidate();
                    derived_here.push((*relation, rows));
                }
            }
            changes.extend(self.recursion(peers, epoch, component, derived_here)?);
            self.component_stats[component].time += start.elapsed();
            self.component_stats[component].runs += 1;
        }
        let start = Instant::now();
        let mut read = Vec::new();
        for (relation, mut delta) in changes {
            let collection = relation.0 as usize;
            if let Some(settled) = self.settled.remove(&relation) {
                delta.append(&settled);
                delta.consolidate();
            }
            if let Some(distinct) = &mut self.distinct[collection]
                && !delta.is_empty()
            {
                self.touched.distinct.push(collection);
                delta = distinct.update(&delta, epoch);
            }
            self.component_stats[self.wiring.component[collection]].rows_out += delta.len() as u64;
            if self.wiring.is_read(collection) {
                read.push((CollectionId(relation.0), delta));
            } else if !delta.is_empty() {
                self.touch(collection, delta);
            }
        }
        if !read.is_empty() {
            self.publish(peers, epoch, read, Ok(()))?;
        }
        // What was published has marked them again, for those whose changes are looked at.
        for component in components {
            self.touched.components.remove(&(self.wiring.levels[*component], *component));
        }
        let looked_at: Vec<(CollectionId, Delta)> = components
            .iter()
            .flat_map(|component| &plan.components[*component].relations)
            .filter_map(|relation| self.latest_change(*relation))
            .collect();
        if !looked_at.is_empty() {
            self.publish(peers, epoch, looked_at, Ok(()))?;
        }
        if let [first, ..] = components {
            self.component_stats[*first].time += start.elapsed();
        }
        Ok(())
    }

    /// What rules derive, through the recursion of their component if it has one.
    fn recursion(
        &mut self,
        peers: &mut Peers,
        epoch: Epoch,
        component: usize,
        derived: Vec<(RelationId, Delta)>,
    ) -> Result<Vec<(RelationId, Delta)>, Failure> {
        let Some(recursion) = &mut self.recursions[component] else { return Ok(derived) };
        let deltas = &self.touched.deltas;
        let taken = recursion.takes().map(|id| (id, deltas[id.0 as usize].clone())).collect();
        let collections = at_first_worker(peers, taken)?;
        self.touched.recursions.push(component);
        let arrangements = &mut self.arrangements;
        let updated =
            recursion.update(Outside { epoch, collections, seeds: derived, arrangements, loads: false });
        for (rule, work) in recursion.take_work() {
            self.rule_stats[rule.0 as usize].add(work);
            if work.runs > 0 {
                self.ran.push((rule, work));
            }
            self.control.count((work.rows_in + work.rows_out) as usize);
        }
        let (changes, done) = match updated {
            Ok(changes) => (changes, Ok(())),
            Err((rule, trap)) => (Vec::new(), Err(Failure { rule: Some(rule), trap })),
        };
        peers.agree(done)?;
        Ok(match peers.is_alone() {
            true => changes,
            // The others have none, but know that there may be some.
            false => self.plan.components[component]
                .relations
                .iter()
                .map(|relation| {
                    let known = changes.iter().find(|(changed, _)| changed == relation);
                    (*relation, known.map(|(_, rows)| rows.clone()).unwrap_or_default())
                })
                .collect(),
        })
    }

    /// A rule that has read nothing yet reads what there is; `source` are the rows of its source. Adds to `out`.
    pub(super) fn load(
        &mut self,
        peers: &mut Peers,
        rule: RuleId,
        epoch: Epoch,
        source: &Delta,
        out: &mut Delta,
    ) -> Result<(), Failure> {
        let index = rule.0 as usize;
        let failed = |trap: Trap| Failure { rule: Some(rule), trap };
        let mut rows = Pairs::new();
        for step in FIRST_STEP..=self.steps(rule) {
            let start = Instant::now();
            let Some(chain) = &mut self.chains[index] else { return Ok(()) };
            self.control.enter(rule);
            let (arrived, mut given) = (std::mem::take(&mut rows), Pairs::new());
            let shared = chain.stages() > 0 && chain.arriving_key(0).is_none();
            let mut rows_in = arrived.len();
            let done = match step.checked_sub(1) {
                None if chain.stages() == 0 => Ok(()),
                Some(0) if shared => chain.load(epoch, &mut self.arrangements, &mut given),
                Some(stage) if stage < chain.stages() => {
                    chain.stage(stage, epoch, arrived, &mut self.arrangements, &mut given)
                }
                Some(_) | None => {
                    rows_in = source.len();
                    chain.first(epoch, source, &mut given)
                }
            };
            let (is_last, key) = (step == self.steps(rule), self.arriving_key(rule, step));
            self.account(rule, (rows_in, if is_last { given.len() } else { 0 }), is_last, start);
            let (given, _) = given.into_parts();
            let Some(key) = key else {
                peers.agree(done.map_err(failed))?;
                if is_last {
                    out.append_all(given);
                }
                continue;
            };
            let channel = Channel::Stage(rule, step);
            let parcel = Parcel { channel, route: self.stage_route(rule, step, key), rows: given };
            let mut arrived = peers.exchange(vec![parcel], done.map_err(failed))?;
            rows = Pairs::from_parts(arrived.take(channel), key);
        }
        if let Some(chain) = &mut self.chains[index] {
            chain.end();
        }
        Ok(())
    }

    /// Puts keys and values into an arrangement that has read nothing yet.
    pub(super) fn load_arrangement(
        &mut self,
        peers: &mut Peers,
        arrangement: usize,
        epoch: Epoch,
        rows: &Delta,
    ) -> Result<(), Failure> {
        let projected = self.arrangements[arrangement].project(epoch, rows);
        let id = ArrangementId(arrangement as u32);
        let (parcels, done) = match projected {
            Ok(rows) => (vec![self.parcel(id, rows)], Ok(())),
            Err(trap) => (Vec::new(), Err(Failure { rule: None, trap })),
        };
        let rows = peers.exchange(parcels, done)?.take(Channel::Arrangement(id));
        let rows = Pairs::from_parts(rows, self.plan.arrangement(id).key_columns);
        self.arrangements[arrangement].update(epoch, rows);
        self.arrangements[arrangement].end();
        Ok(())
    }

    fn parcel(&self, id: ArrangementId, rows: Pairs) -> Parcel {
        let (rows, key) = rows.into_parts();
        let route = match self.wiring.at_first[id.0 as usize] {
            true => Route::First,
            false if self.homes.keeps(id) => Route::Stay,
            false => Route::Key(key),
        };
        Parcel { channel: Channel::Arrangement(id), route, rows }
    }

    /// Where the rows go that arrive at a stage: to where the other side is.
    fn stage_route(&self, rule: RuleId, stage: usize, key: usize) -> Route {
        let right = self.plan.rule(rule).stages[stage].right();
        match right.is_some_and(|right| self.wiring.at_first[right.0 as usize]) {
            true => Route::First,
            false if self.homes.arrive(rule, stage) => Route::Stay,
            false => Route::Key(key),
        }
    }

    /// `R'` has what this transaction changes in `R`, and no more what the one before did.
    fn latest_change(&self, relation: RelationId) -> Option<(CollectionId, Delta)> {
        let collection = self.wiring.changes[relation.0 as usize]?;
        let mut delta = self.touched.deltas[relation.0 as usize].clone();
        delta.append_opposite(self.latest(relation));
        delta.consolidate();
        Some((CollectionId(collection as u32), delta))
    }

    /// Runs the rules that are waiting; gives what all rules derive, equal rows at one worker.
    fn run_rules(
        &mut self,
        peers: &mut Peers,
        epoch: Epoch,
        components: &[usize],
    ) -> Result<Arrived, Failure> {
        let plan = self.plan.clone();
        let rules = components.iter().flat_map(|component| &plan.components[*component].rules).copied();
        let waiting: Vec<RuleId> =
            rules.filter(|rule| std::mem::take(&mut self.touched.waiting[rule.0 as usize])).collect();
        let mut derived = Derived::default();
        let done = match peers.is_alone() {
            true => self.one_by_one(epoch, &waiting, &mut derived),
            false => self.side_by_side(peers, epoch, &waiting, &mut derived)?,
        };
        if !self.pending.is_empty() {
            for relation in components.iter().flat_map(|component| &plan.components[*component].relations) {
                if let Some(pending) = self.pending.remove(relation) {
                    derived.anywhere.entry(*relation).or_default().append(&pending);
                }
            }
        }
        let channel = Channel::Derived;
        let stay = |(relation, rows)| Parcel { channel: channel(relation), route: Route::Stay, rows };
        let mut parcels: Vec<Parcel> = derived.at_home.into_iter().map(stay).collect();
        for (relation, rows) in derived.anywhere {
            match &self.recursions[self.wiring.component[relation.0 as usize]] {
                Some(_) => parcels.push(Parcel { channel: channel(relation), route: Route::First, rows }),
                None => parcels.extend(self.homes.parcels(peers, relation, rows)),
            }
        }
        peers.exchange(parcels, done)
    }

    /// Each rule from beginning to end. What fails is what would fail first if they ran side by side.
    fn one_by_one(&mut self, epoch: Epoch, rules: &[RuleId], derived: &mut Derived) -> Result<(), Failure> {
        let mut done = Ok(());
        let mut last_step = usize::MAX;
        for rule in rules {
            let mut rows = Pairs::new();
            let mut rows_in = 0;
            for step in FIRST_STEP..=self.steps(*rule).min(last_step) {
                let start = Instant::now();
                rows_in += rows.len();
                let ran = self.step(*rule, step, epoch, std::mem::take(&mut rows));
                let (is_last, read) = (step == self.steps(*rule), self.read_first(*rule, step, epoch));
                match ran {
                    Ok(given) => rows = given,
                    Err(failure) if step < last_step => (done, last_step) = (Err(failure), step),
                    Err(failure) => done = both(done, Err(failure)),
                }
                rows_in += read;
                self.account(*rule, (rows_in, if is_last { rows.len() } else { 0 }), is_last, start);
                rows_in = 0;
            }
            if done.is_ok() {
                let (rows, _) = rows.into_parts();
                derived.at_home.entry(self.plan.rule(*rule).head).or_default().append_all(rows);
            }
        }
        done
    }

    /// One step of all rules after the other, with an exchange between two steps.
    fn side_by_side(
        &mut self,
        peers: &mut Peers,
        epoch: Epoch,
        rules: &[RuleId],
        derived: &mut Derived,
    ) -> Result<Result<(), Failure>, Failure> {
        let underway = |rule: &RuleId| Underway { rule: *rule, rows: Pairs::new(), rows_in: 0 };
        let mut underway: Vec<Underway> = rules.iter().map(underway).collect();
        let mut step = FIRST_STEP;
        loop {
            let (mut done, mut parcels) = (Ok(()), Vec::new());
            for one in &mut underway {
                let start = Instant::now();
                let steps = self.steps(one.rule);
                let read = one.rows.len() + self.read_first(one.rule, step, epoch);
                let rows = match self.step(one.rule, step, epoch, std::mem::take(&mut one.rows)) {
                    Ok(rows) => rows,
                    Err(failure) => {
                        done = both(done, Err(failure));
                        continue;
                    }
                };
                one.rows_in += read;
                let is_last = step == steps;
                self.account(one.rule, (read, if is_last { rows.len() } else { 0 }), is_last, start);
                let (rows, _) = rows.into_parts();
                if is_last {
                    let derived = match self.homes.derives_home(one.rule) {
                        true => &mut derived.at_home,
                        false => &mut derived.anywhere,
                    };
                    derived.entry(self.plan.rule(one.rule).head).or_default().append_all(rows);
                } else if let Some(key) = self.arriving_key(one.rule, step) {
                    let channel = Channel::Stage(one.rule, step);
                    parcels.push(Parcel { channel, route: self.stage_route(one.rule, step, key), rows });
                }
            }
            underway.retain(|one| step < self.steps(one.rule));
            if underway.is_empty() {
                return Ok(done);
            }
            if underway.iter().any(|one| self.arriving_key(one.rule, step).is_some()) {
                let mut arrived = peers.exchange(parcels, done)?;
                for one in &mut underway {
                    if let Some(key) = self.arriving_key(one.rule, step) {
                        let rows = arrived.take(Channel::Stage(one.rule, step));
                        one.rows = Pairs::from_parts(rows, key);
                    }
                }
            }
            step += 1;
        }
    }

    /// The last step of a rule.
    fn steps(&self, rule: RuleId) -> usize {
        self.chains[rule.0 as usize].as_ref().map_or(1, |chain| chain.stages().max(1))
    }

    /// The step in which a rule reads the rows of its source.
    fn reading_step(&self, rule: RuleId) -> usize {
        let has_stages = self.chains[rule.0 as usize].as_ref().is_some_and(|chain| chain.stages() > 0);
        if has_stages { FIRST_STEP } else { FIRST_STEP + 1 }
    }

    /// Columns of the key that rows have which arrive at the stage after a step; `None` if none arrive, because the
    /// stage reads an arrangement.
    fn arriving_key(&self, rule: RuleId, step: usize) -> Option<usize> {
        self.chains[rule.0 as usize].as_ref()?.arriving_key(step)
    }

    /// Runs one step of a rule on what arrives.
    fn step(&mut self, rule: RuleId, step: usize, epoch: Epoch, rows: Pairs) -> Result<Pairs, Failure> {
        let index = rule.0 as usize;
        let Some(chain) = &mut self.chains[index] else { return Ok(Pairs::new()) };
        self.control.enter(rule);
        let mut out = Pairs::new();
        let failed = |trap: Trap| Failure { rule: Some(rule), trap };
        if step == FIRST_STEP {
            self.touched.rules.push(index);
        }
        match step.checked_sub(1) {
            Some(stage) if stage < chain.stages() => {
                chain.stage(stage, epoch, rows, &mut self.arrangements, &mut out).map_err(failed)?;
            }
            None if chain.stages() == 0 => {}
            Some(_) | None => {
                let (once, none) = (OnceCell::new(), Delta::new());
                let source = match self.wiring.sources[index] {
                    Source::Collection(collection) => &self.touched.deltas[collection.0 as usize],
                    // Only waits in the first transaction, unless something else it reads changes.
                    Source::Once if epoch == FIRST && self.holds_once => once.get_or_init(Delta::once),
                    Source::Once => &none,
                };
                chain.first(epoch, source, &mut out).map_err(failed)?;
            }
        }
        Ok(out)
    }

    /// Changes of its source that a rule reads in a step.
    fn read_first(&self, rule: RuleId, step: usize, epoch: Epoch) -> usize {
        match self.wiring.sources[rule.0 as usize] {
            _ if step != self.reading_step(rule) => 0,
            Source::Collection(collection) => self.touched.deltas[collection.0 as usize].len(),
            Source::Once => usize::from(epoch == FIRST && self.holds_once),
        }
    }

    pub(super) fn account(&mut self, rule: RuleId, rows: (usize, usize), is_last: bool, start: Instant) {
        let (rows_in, rows_out) = (rows.0 as u64, rows.1 as u64);
        let work = Work { runs: u64::from(is_last), rows_in, rows_out, time: start.elapsed() };
        self.rule_stats[rule.0 as usize].add(work);
        match self.ran.last_mut() {
            Some((ran, known)) if *ran == rule => known.add(work),
            _ => self.ran.push((rule, work)),
        }
        self.control.count(rows.0 + rows.1);
    }
}

/// All workers' rows at the first one.
pub(super) fn at_first_worker(
    peers: &mut Peers,
    rows: Vec<(CollectionId, Delta)>,
) -> Result<Vec<(CollectionId, Delta)>, Failure> {
    if peers.is_alone() {
        return Ok(rows);
    }
    let collections: Vec<CollectionId> = rows.iter().map(|(collection, _)| *collection).collect();
    let parcel =
        |(collection, rows)| Parcel { channel: Channel::Collection(collection), route: Route::First, rows };
    let mut arrived = peers.exchange(rows.into_iter().map(parcel).collect(), Ok(()))?;
    Ok(collections.into_iter().map(|id| (id, arrived.take(Channel::Collection(id)))).collect())
}
