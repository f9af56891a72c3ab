//! The engine's workers: they own all state and do one request after the other.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, never, select};

use super::commit::{Commit, Delta};
use super::crew::StartError;
use super::error::{CommitError, QueryError, Refused, ReviseError};
use super::inputs::{Batch, Inputs, Refusal, RefusedAt};
use super::memory::{Pool, holding};
use super::records::Records;
use super::stats::{RelationStats, RuleStats, Stats};
use super::why::Whole;
use crate::control::Control;
use crate::dataflow::host::{self, Failure, Host};
use crate::dataflow::index::Epoch;
use crate::dataflow::peers::{Arrived, Channel, Dialect, Order, Parcel, Peers, Route};
use crate::dataflow::query::Query;
use crate::dataflow::reclaim::Layouts;
use crate::diagnostics::Diagnostic;
use crate::eval::{Externs, Machine, Trap};
use crate::ir::{Program, RelationId, RelationRole, RelationSemantics, RuleId};
use crate::plan::{Plan, Signatures};
use crate::profile::{Profile, SlowLog};
use crate::value::{Interner, Marks, Row, Value, encode};
use crate::why::{Absence, Derivation, Question, WhyError};

/// Fewer values than that are not worth looking for.
const RECLAIM_FROM: usize = 100_000;

/// Nor fewer bytes: sets and vectors that change leave a large value behind each time.
const RECLAIM_FROM_BYTES: usize = 16 << 20;

/// Channel of numbers: relations that have had a record.
const HAVE_HELD: Channel = Channel::Numbers(1);

/// Channel of numbers: anything means that another process wants values to be given back.
const WANTS_RECLAIM: Channel = Channel::Numbers(2);

/// What the engine's workers are asked for. All do it, and the first one answers.
pub(super) enum Request {
    Commit(Batch, Sender<Result<Commit, Refused>>),
    Check(Batch, Sender<Result<(), CommitError>>),
    Dump(RelationId, Sender<Result<Records, QueryError>>),
    QueryIndex(usize, Vec<Value>, Sender<Result<Records, QueryError>>),
    DumpIndex(usize, Sender<Result<Records, QueryError>>),
    Revise(Current, Trial, Sender<Result<Commit, ReviseError>>),
    /// A program with one more relation, and that relation.
    Query(Current, RelationId, Sender<Result<Records, QueryError>>),
    Watch(HashSet<RelationId>, Sender<()>),
    Why(Question, Sender<Result<Derivation, WhyError>>),
    WhyNot(Question, Sender<Result<Absence, WhyError>>),
    Stats(Sender<Stats>),
    Profile(Sender<Profile>),
    /// Values that no row holds any more are given back.
    Reclaim,
    Stop,
}

/// What becomes of another program once it has run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trial {
    /// It takes the running one's place.
    Keep,
    /// It was only to be seen what it would do.
    Forget,
}

/// By relation, whether it has had a record at some time.
pub(super) type Held = Arc<[AtomicBool]>;

/// A program and what is known of it everywhere.
#[derive(Clone)]
pub(super) struct Current {
    pub(super) program: Arc<Program>,
    pub(super) plan: Arc<Plan>,
    pub(super) held: Held,
}

/// A program at work.
pub(super) struct Running {
    pub(super) current: Current,
    /// Found when first another program is tried.
    signatures: OnceCell<Signatures>,
    pub(super) host: Host,
    layouts: Layouts,
    inputs: Inputs,
    queries: Vec<Query>,
    /// What its rows are to other processes, if there are any.
    pub(super) dialect: Option<Arc<Dialect>>,
}

/// What the workers of a process have in common.
pub(super) struct Process {
    /// Where other threads see what runs.
    pub(super) shared: Arc<RwLock<Current>>,
    pub(super) control: Arc<Control>,
    pub(super) externs: Externs,
    /// Workers.
    pub(super) workers: usize,
    /// What of the interner is in use, as far as workers have looked.
    marks: Mutex<Marks>,
    /// All values. Replaced by one without what is not in use.
    interner: Mutex<Arc<Interner>>,
}

/// All state of a worker.
pub(super) struct Session {
    pub(super) peers: Peers,
    process: Arc<Process>,
    pub(super) running: Running,
    /// Where other threads see what runs.
    pub(super) shared: Arc<RwLock<Current>>,
    pub(super) control: Arc<Control>,
    pub(super) externs: Externs,
    pub(super) interner: Arc<Interner>,
    /// Values that were left when memory was last given back.
    retained: usize,
    /// Their bytes.
    retained_bytes: usize,
    /// Another process wants values to be given back.
    others_want_reclaim: bool,
    /// What questions are answered from if there are several workers, as long as it holds.
    pub(super) whole: Option<Whole>,
    /// The next transaction's number.
    pub(super) epoch: Epoch,
    pub(super) transactions: u64,
    /// Time spent in them.
    pub(super) busy: Duration,
    pub(super) slow: SlowLog,
    /// Relations whose changes are told although they are no outputs.
    pub(super) watched: HashSet<RelationId>,
}

impl Current {
    /// Of relations that have never had a record.
    pub(super) fn new(program: Arc<Program>, plan: Arc<Plan>) -> Self {
        let held = program.relations.iter().map(|_| AtomicBool::new(false)).collect();
        Current { program, plan, held }
    }
}

impl Running {
    /// Builds the dataflow of a program, without rows.
    pub(super) fn new(
        peers: &Peers,
        current: Current,
        interner: &Arc<Interner>,
        control: &Arc<Control>,
        externs: Externs,
    ) -> Result<Self, Vec<Diagnostic>> {
        let Current { program, plan, .. } = &current;
        let machine = Machine::controlled(program.clone(), interner.clone(), control.clone(), externs)?;
        let host = Host::new(&machine, plan, peers);
        let dialect = peers.has_other_processes().then(|| Arc::new(Dialect::new(program, plan)));
        Ok(Running { dialect, ..Running::around(host, &machine, OnceCell::new(), current) })
    }

    /// A host with all that goes with it.
    pub(super) fn around(
        host: Host,
        machine: &Rc<Machine>,
        signatures: OnceCell<Signatures>,
        current: Current,
    ) -> Self {
        let Current { program, plan, .. } = &current;
        Running {
            layouts: Layouts::new(&program.types, plan),
            inputs: Inputs::new(program, machine, plan),
            queries: queries(machine, plan),
            host,
            signatures,
            dialect: None,
            current,
        }
    }

    /// What the parts of the program are, to compare them with another one's.
    pub(super) fn signatures(&self) -> &Signatures {
        self.signatures.get_or_init(|| Signatures::new(&self.current.program, &self.current.plan))
    }
}

impl Process {
    /// For so many workers.
    pub(super) fn new(current: Current, control: Control, externs: Externs, workers: usize) -> Self {
        Process {
            shared: Arc::new(RwLock::new(current)),
            control: Arc::new(control),
            externs,
            interner: Mutex::new(Arc::new(Interner::new())),
            workers,
            marks: Mutex::default(),
        }
    }

    fn interner(&self) -> Arc<Interner> {
        self.interner.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Session {
    /// Builds the dataflow and runs the facts.
    pub(super) fn new(mut peers: Peers, process: &Arc<Process>) -> Result<(Self, Commit), StartError> {
        let start = Instant::now();
        let Process { shared, control, externs, .. } = &**process;
        let interner = process.interner();
        let current = shared.read().unwrap_or_else(PoisonError::into_inner).clone();
        let running = Running::new(&peers, current, &interner, control, externs.clone());
        let running = running.map_err(StartError::Program)?;
        peers.speak(running.dialect.as_ref(), &interner);
        let mut session = Session {
            peers,
            process: process.clone(),
            running,
            externs: externs.clone(),
            shared: shared.clone(),
            control: control.clone(),
            interner,
            retained: 0,
            retained_bytes: 0,
            others_want_reclaim: false,
            whole: None,
            epoch: host::FIRST,
            transactions: 0,
            busy: Duration::ZERO,
            slow: SlowLog::default(),
            watched: HashSet::new(),
        };
        session.control.begin();
        let changes = session.running.host.start(&mut session.peers, Vec::new());
        session.control.end();
        let changes = changes.map_err(|failure| {
            if failure.is_lost() {
                return StartError::Lost(failure.trap.message.into());
            }
            let rules = &session.running.current.program.rules;
            let head = failure.rule.map(|rule| rules[rule.0 as usize].head.span);
            let mut diagnostic = failure.trap.diagnostic("E0310", head);
            diagnostic.message.insert_str(0, "the initial facts fail: ");
            StartError::Program(vec![diagnostic])
        })?;
        match session.done(start, changes) {
            Ok(initial) => Ok((session, initial)),
            Err(error) => Err(StartError::Lost(error.to_string().into())),
        }
    }

    /// Does requests until it is told to stop, nobody can ask any more, or a worker is gone. Only the first worker is
    /// asked, and tells the others.
    pub(super) fn serve(mut self, requests: &Receiver<Request>) {
        let bell = self.peers.bell().unwrap_or_else(never);
        loop {
            let request = select! {
                recv(requests) -> request => request,
                recv(bell) -> _ => return,
            };
            let Ok(request) = request else { break };
            self.control.begin();
            if !self.all_serve(request) {
                return;
            }
            if self.wants_to_reclaim() {
                self.all_serve(Request::Reclaim);
            }
        }
        self.all_serve(Request::Stop);
    }

    /// Does what the first worker tells it to do, until that is to stop, or a worker is gone.
    pub(super) fn follow(mut self) {
        // The first worker says for its process what begins and ends.
        let leads = self.peers.index() > 0 && self.speaks_for_its_process();
        while let Some(order) = self.peers.next_order() {
            let request = match order.here {
                Some(request) => request.downcast::<Request>().ok(),
                None => Request::from_bytes(&order.elsewhere).map(Arc::new),
            };
            let Some(request) = request else { return };
            if leads {
                self.control.begin();
            }
            let goes_on = self.does(&request);
            if leads {
                self.control.end();
            }
            if !goes_on {
                return;
            }
        }
    }

    /// Whether this is the first worker of its process.
    pub(super) fn speaks_for_its_process(&self) -> bool {
        self.peers.index().is_multiple_of(self.process.workers)
    }

    /// Makes all workers do something; whether they go on.
    fn all_serve(&mut self, request: Request) -> bool {
        if self.peers.is_alone() {
            return self.does(&request);
        }
        let request = Arc::new(request);
        let elsewhere = match self.peers.has_other_processes() {
            true => request.to_bytes().into(),
            false => Arc::default(),
        };
        // Who is gone is found out by what is done next.
        let _ = self.peers.order(&Order { here: Some(request.clone()), elsewhere });
        self.does(&request) && self.peers.lost().is_none()
    }

    fn does(&mut self, request: &Request) -> bool {
        match request {
            Request::Commit(batch, reply) => {
                let result = self.commit(batch);
                let is_done = result.is_ok();
                self.answer(reply, result);
                if is_done {
                    // What each worker has put into words it also takes apart, while the caller goes on.
                    batch.forget_part(self.peers.index());
                }
            }
            Request::Check(batch, reply) => {
                let result = self.check(batch);
                self.answer(reply, result);
            }
            Request::Dump(relation, reply) => {
                let result = self.dump(*relation);
                self.answer(reply, result);
            }
            Request::QueryIndex(index, values, reply) => {
                let result = self.query(*index, values);
                self.answer(reply, result);
            }
            Request::DumpIndex(index, reply) => {
                let result = self.dump_index(*index);
                self.answer(reply, result);
            }
            Request::Revise(next, trial, reply) => {
                let result = self.revise(next.clone(), *trial);
                self.answer(reply, result);
            }
            Request::Query(next, answer, reply) => {
                let result = self.ask(next.clone(), *answer);
                self.answer(reply, result);
            }
            Request::Watch(relations, reply) => {
                self.watched.clone_from(relations);
                self.answer(reply, ());
            }
            Request::Why(question, reply) => {
                let result = self.why(question);
                self.answer(reply, result);
            }
            Request::WhyNot(question, reply) => {
                let result = self.why_not(question);
                self.answer(reply, result);
            }
            Request::Stats(reply) => {
                let stats = self.stats();
                self.answer(reply, stats);
            }
            Request::Profile(reply) => {
                let profile = self.profile();
                self.answer(reply, profile);
            }
            Request::Reclaim => self.reclaim(),
            Request::Stop => return false,
        }
        true
    }

    /// The work is done before the asker knows the answer, so that what it does next is not taken for this.
    fn answer<T>(&self, reply: &Sender<T>, answer: T) {
        if self.peers.index() == 0 {
            self.control.end();
            // An asker who has gone away does not mind that the answer is lost.
            let _ = reply.send(answer);
        }
    }

    fn commit(&mut self, batch: &Batch) -> Result<Commit, Refused> {
        let start = Instant::now();
        let (changes, done) = self.input_changes(batch)?;
        let changed = self.running.host.transact(&mut self.peers, self.epoch, changes, done);
        match changed {
            Ok(changes) => Ok(self.done(start, changes)?),
            Err(failure) => {
                if let Some(refusal) = failure.refusal() {
                    return Err(self.refused(batch, refusal));
                }
                // The one after was used to take the changes back.
                self.epoch += 2;
                Err(self.failed(&self.running.current.program, failure).into())
            }
        }
    }

    fn check(&mut self, batch: &Batch) -> Result<(), CommitError> {
        let (_, done) = self.input_changes(batch).map_err(|refused| refused.error)?;
        self.peers.agree(done).map_err(|failure| match failure.refusal() {
            Some(refusal) => self.refused(batch, refusal).error,
            None => self.failed(&self.running.current.program, failure),
        })
    }

    /// What updates do to the part of the input relations that falls to this worker, if all of them can be done; with
    /// several workers, whether this one can do what falls to it.
    #[allow(clippy::type_complexity)]
    fn input_changes(
        &mut self,
        batch: &Batch,
    ) -> Result<(Vec<(RelationId, host::Delta)>, Result<(), Failure>), Refused> {
        let Running { inputs, host, .. } = &mut self.running;
        if !self.peers.is_alone() {
            let changes = inputs.shared_changes(&mut self.peers, host, &self.interner, self.epoch, batch);
            return changes.map_err(|failure| self.failed(&self.running.current.program, failure).into());
        }
        let Some((_, updates)) = batch.part(0) else { return Ok((Vec::new(), Ok(()))) };
        match inputs.changes(host, &self.interner, self.epoch, &updates) {
            Ok(changes) => Ok((changes, Ok(()))),
            Err(refused) => Err(self.told(refused)),
        }
    }

    /// Why the update was refused that all workers agree on.
    fn refused(&self, batch: &Batch, refusal: (usize, u32)) -> Refused {
        let inputs = &self.running.inputs;
        match inputs.refused(&self.interner, self.epoch, batch, refusal) {
            Some(refused) => self.told(refused),
            None => CommitError::Stopped.into(),
        }
    }

    fn told(&self, (number, refusal): RefusedAt) -> Refused {
        let program = &self.running.current.program;
        let error = match *refusal {
            Refusal::Error(error) => error,
            Refusal::Trap(relation, trap) => self.rule_error(program, None, Some(relation), &trap),
            // All that is asked for is known in the end.
            Refusal::Unknown(_) => CommitError::Stopped,
        };
        Refused { update: Some(number), error }
    }

    fn done(
        &mut self,
        start: Instant,
        changes: Vec<(RelationId, host::Delta)>,
    ) -> Result<Commit, CommitError> {
        self.whole = None;
        let rows = changes.iter().map(|(_, rows)| rows.len() as u64).sum();
        self.account(start.elapsed(), rows);
        let Current { program, held, .. } = &self.running.current;
        let mut newly_held = host::Delta::new();
        for (relation, _) in changes.iter().filter(|(_, rows)| !rows.is_empty()) {
            if !held[relation.0 as usize].swap(true, Ordering::Relaxed) {
                newly_held.push(&[relation.0], 1);
            }
        }
        let told = |relation: RelationId| {
            program.relations[relation.0 as usize].role == RelationRole::Output
                || self.watched.contains(&relation)
        };
        let program = program.clone();
        let changes = changes.into_iter().filter(|(relation, _)| told(*relation)).collect();
        let news = self.news(newly_held);
        let gathered = self.gathered(&program, changes, news);
        let mut deltas: Vec<Delta> = gathered
            .map_err(|failure| self.failed(&program, failure))?
            .into_iter()
            .map(|(relation, rows)| Delta {
                relation,
                name: program.relations[relation.0 as usize].name.clone(),
                changes: Records::merged(&self.interner, &program, relation, rows),
            })
            .collect();
        deltas.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        let epoch = self.epoch;
        self.epoch += 1;
        self.transactions += 1;
        Ok(Commit { epoch, deltas, duration: start.elapsed() })
    }

    /// Rows of relations, of each row what falls to this worker: all of them at the first worker, in one part or one of each
    /// worker, every part in the natural order of records. Fails if a worker is gone.
    pub(super) fn gathered(
        &mut self,
        program: &Arc<Program>,
        rows: Vec<(RelationId, host::Delta)>,
        news: Vec<Parcel>,
    ) -> Result<Vec<(RelationId, Vec<host::Delta>)>, Failure> {
        let sorted = |(relation, rows)| (relation, Records::sorted(&self.interner, program, relation, rows));
        if self.peers.is_alone() {
            let part = |(relation, rows)| (relation, vec![rows]);
            let rows = rows.into_iter().filter(|(_, rows)| !rows.is_empty());
            return Ok(rows.map(sorted).map(part).collect());
        }
        let parcel =
            |(relation, rows)| Parcel { channel: Channel::Derived(relation), route: Route::First, rows };
        let parcels = rows.into_iter().map(sorted).map(parcel).chain(news).collect();
        let mut arrived = self.peers.exchange(parcels, Ok(()))?;
        self.hear(&mut arrived);
        let touched = std::mem::take(&mut arrived.touched);
        let of_relation = |channel: Channel| match channel {
            Channel::Derived(relation) => Some((relation, arrived.take_parts(channel))),
            _ => None,
        };
        Ok(touched.into_iter().filter_map(of_relation).filter(|(_, parts)| !parts.is_empty()).collect())
    }

    /// Rows of a relation of which each worker may have any: equal ones meet, and all are at the first worker then.
    pub(super) fn gathered_anyhow(
        &mut self,
        program: &Arc<Program>,
        relation: RelationId,
        rows: Result<host::Delta, Failure>,
    ) -> Result<host::Delta, Failure> {
        if self.peers.is_alone() {
            return rows;
        }
        let (rows, done) = match rows {
            Ok(rows) => (rows, Ok(())),
            Err(failure) => (host::Delta::new(), Err(failure)),
        };
        let channel = Channel::Derived(relation);
        let parcel = Parcel { channel, route: Route::Key(usize::MAX), rows };
        let mut rows = self.peers.exchange(vec![parcel], done)?.take(channel);
        rows.consolidate();
        let gathered = self.gathered(program, vec![(relation, rows)], Vec::new())?;
        let mut all = host::Delta::new();
        gathered.into_iter().flat_map(|(_, parts)| parts).for_each(|rows| all.append_all(rows));
        Ok(all)
    }

    /// What the first worker is to know of this process after a transaction.
    fn news(&self, newly_held: host::Delta) -> Vec<Parcel> {
        if !self.peers.has_other_processes() {
            return Vec::new();
        }
        let mut wants = host::Delta::new();
        if self.wants_to_reclaim() {
            wants.push(&[], 1);
        }
        let news = [(HAVE_HELD, newly_held), (WANTS_RECLAIM, wants)];
        news.into_iter().map(|(channel, rows)| Parcel { channel, route: Route::First, rows }).collect()
    }

    /// What other processes say of themselves.
    fn hear(&mut self, arrived: &mut Arrived) {
        for (relation, _) in arrived.take(HAVE_HELD).iter() {
            self.running.current.held[relation[0] as usize].store(true, Ordering::Relaxed);
        }
        self.others_want_reclaim |= !arrived.take(WANTS_RECLAIM).is_empty();
    }

    fn wants_to_reclaim(&self) -> bool {
        self.others_want_reclaim
            || self.interner.len() >= 2 * self.retained + RECLAIM_FROM
            || self.interner.bytes() >= 2 * self.retained_bytes + RECLAIM_FROM_BYTES
    }

    /// Gives values back that no row holds any more, each time their number has doubled.
    fn reclaim(&mut self) {
        self.whole = None;
        let Running { host, layouts, current, .. } = &mut self.running;
        let mut marks = Marks::default();
        host.mark(layouts, &self.interner, &current.program.types, &mut marks);
        let machine = host.machine();
        machine.mark(&mut marks);
        let process = &self.process;
        process.marks.lock().unwrap_or_else(PoisonError::into_inner).add(&marks);
        // Workers let go of the interner, so that the values in use need not be copied out of it.
        let none = Arc::new(Interner::new());
        // No code runs between transactions: nothing refuses.
        machine.replace_interner(none.clone());
        self.peers.replace_interner(&none);
        self.interner = none;
        // All have marked what they have.
        let _ = self.peers.agree(Ok(()));
        if self.peers.index().is_multiple_of(self.process.workers) {
            let marks = std::mem::take(&mut *process.marks.lock().unwrap_or_else(PoisonError::into_inner));
            let mut interner = process.interner.lock().unwrap_or_else(PoisonError::into_inner);
            match Arc::get_mut(&mut interner) {
                Some(interner) => interner.sweep(&marks),
                // Records that were given out stay what they are.
                None => *interner = Arc::new(interner.retained(&marks)),
            }
        }
        let _ = self.peers.agree(Ok(()));
        let retained = process.interner();
        machine.replace_interner(retained.clone());
        self.interner = retained;
        self.peers.replace_interner(&self.interner);
        self.others_want_reclaim = false;
        self.retained = self.interner.len();
        self.retained_bytes = self.interner.bytes();
    }

    /// Rows as values, in natural order.
    fn records(&self, relation: RelationId, rows: host::Delta) -> Records {
        self.records_of(&self.running.current.program, relation, rows)
    }

    /// As [`Self::records`], for a relation of a program that may not be the running one.
    pub(super) fn records_of(
        &self,
        program: &Arc<Program>,
        relation: RelationId,
        rows: host::Delta,
    ) -> Records {
        Records::new(&self.interner, program, relation, rows)
    }

    fn dump(&mut self, relation: RelationId) -> Result<Records, QueryError> {
        let program = self.running.current.program.clone();
        let rows = self.running.host.contents(relation, self.epoch);
        let rows = self.gathered_anyhow(&program, relation, rows);
        let rows = rows.map_err(|failure| asked(self.failed(&self.running.current.program, failure)))?;
        Ok(self.held(relation, rows))
    }

    /// Rows that a relation holds, as values. In how many ways a record of a set follows is not told: it depends on the plan.
    fn held(&self, relation: RelationId, rows: host::Delta) -> Records {
        let declared = self.running.current.program.relations[relation.0 as usize].semantics;
        if declared == RelationSemantics::Relation {
            return self.records(relation, rows.as_set());
        }
        self.records(relation, rows)
    }

    fn dump_index(&mut self, index: usize) -> Result<Records, QueryError> {
        let Running { queries, host, .. } = &mut self.running;
        let rows = queries[index].all(host);
        let program = self.running.current.program.clone();
        let relation = program.indexes[index].relation;
        let rows = self.gathered_anyhow(&program, relation, Ok(rows));
        let rows = rows.map_err(|failure| asked(self.failed(&program, failure)))?;
        Ok(self.held(relation, rows))
    }

    fn query(&mut self, index: usize, values: &[Value]) -> Result<Records, QueryError> {
        let program = self.running.current.program.clone();
        let declared = &program.indexes[index];
        if values.len() != declared.fields as usize {
            return Err(QueryError::Arguments {
                index: declared.name.clone(),
                expected: declared.fields as usize,
                found: values.len(),
            });
        }
        let fields = declared
            .locals
            .iter()
            .zip(values)
            .map(|(local, value)| encode(&self.interner, &program.types, local.ty, value))
            .collect::<Result<Row, _>>()
            .map_err(QueryError::Type)?;
        let rows = self.running.queries[index]
            .rows(&mut self.running.host, self.epoch, &fields)
            .map_err(|trap| Failure { rule: None, trap });
        let rows = self.gathered_anyhow(&program, declared.relation, rows).map_err(|failure| {
            asked(match failure.is_lost() {
                true => self.failed(&program, failure),
                false => self.rule_error(&program, None, Some(declared.relation), &failure.trap),
            })
        })?;
        Ok(self.held(declared.relation, rows))
    }

    /// What a failure in the code of a program is called.
    pub(super) fn failed(&self, program: &Program, failure: Failure) -> CommitError {
        if failure.is_lost() {
            return CommitError::Lost(failure.trap.message.into());
        }
        self.rule_error(program, failure.rule, None, &failure.trap)
    }

    fn rule_error(
        &self,
        program: &Program,
        rule: Option<RuleId>,
        relation: Option<RelationId>,
        trap: &Trap,
    ) -> CommitError {
        if self.control.was_cancelled() {
            return CommitError::Cancelled;
        }
        let head = rule.map(|rule| program.rules[rule.0 as usize].head.relation).or(relation);
        let relation = head.map(|relation| program.relations[relation.0 as usize].name.clone());
        let (line, column) = program.sources.line_column(trap.span);
        CommitError::Rule {
            rule,
            relation: relation.unwrap_or_else(|| "?".into()),
            trap: Box::new(trap.clone()),
            place: format!("{}:{line}:{column}", program.sources.file(trap.span.file).name),
        }
    }

    fn stats(&mut self) -> Stats {
        let rules = self.running.host.rule_stats.iter().enumerate().map(|(index, work)| RuleStats {
            rule: RuleId(index as u32),
            runs: work.runs,
            rows_in: work.rows_in,
            rows_out: work.rows_out,
            time: work.time,
        });
        let rules = rules.collect();
        let program = self.running.current.program.clone();
        let relations = program.relations.iter().enumerate().map(|(index, relation)| {
            let id = RelationId(index as u32);
            let (arrangements, arranged) = self.running.host.arranged(id);
            let work = self.running.host.component_work(id);
            RelationStats {
                relation: id,
                name: relation.name.clone(),
                arranged,
                arrangements,
                runs: work.runs,
                time: work.time,
            }
        });
        let relations = relations.collect();
        let plan = &self.running.current.plan;
        let memory = self.running.host.memory().into_iter();
        let memory = memory.map(|(purpose, held)| holding(&program, plan, purpose, held));
        let pools = self.interner.pools().map(|(kind, values, bytes)| Pool { kind, values, bytes });
        let mut stats = Stats {
            transactions: self.transactions,
            rules,
            relations,
            memory: memory.collect(),
            pools: pools.collect(),
            values: self.interner.len(),
            value_bytes: self.interner.bytes(),
        };
        let sums = self.peers.sums(stats.shares()).unwrap_or_default();
        stats.set_shares(&sums);
        stats.memory.retain(|held| held.updates > 0);
        stats
    }
}

fn queries(machine: &Rc<Machine>, plan: &Plan) -> Vec<Query> {
    plan.indexes.iter().map(|index| Query::new(machine, index)).collect()
}

/// Why a question failed, for what a rule failed with.
pub(super) fn asked(error: CommitError) -> QueryError {
    match error {
        CommitError::Cancelled => QueryError::Cancelled,
        CommitError::Lost(what) => QueryError::Lost(what),
        error => QueryError::Rule(error),
    }
}
