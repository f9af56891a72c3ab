//! The engine's own thread: it owns all state and does one request after the other.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};

use super::commit::{Commit, Delta, Update};
use super::error::{CommitError, QueryError, Refused, ReviseError};
use super::inputs::{Inputs, Refusal};
use super::records::Records;
use super::stats::{RelationStats, RuleStats, Stats};
use crate::control::Control;
use crate::dataflow::host::{self, Failure, Host};
use crate::dataflow::index::Epoch;
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

/// What the engine's thread is asked for.
pub(super) enum Request {
    Commit(Vec<Update>, Sender<Result<Commit, Refused>>),
    Check(Vec<Update>, Sender<Result<(), CommitError>>),
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
}

/// All state of an engine.
pub(super) struct Session {
    pub(super) running: Running,
    /// Where other threads see what runs.
    pub(super) shared: Arc<RwLock<Current>>,
    pub(super) control: Arc<Control>,
    pub(super) externs: Externs,
    pub(super) interner: Arc<Interner>,
    /// Values that were left when memory was last given back.
    retained: usize,
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
        current: Current,
        interner: &Arc<Interner>,
        control: &Arc<Control>,
        externs: Externs,
    ) -> Result<Self, Vec<Diagnostic>> {
        let Current { program, plan, .. } = &current;
        let machine = Machine::controlled(program.clone(), interner.clone(), control.clone(), externs)?;
        let host = Host::new(&machine, plan);
        Ok(Running::around(host, &machine, OnceCell::new(), current))
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
            current,
        }
    }
}

impl Running {
    /// What the parts of the program are, to compare them with another one's.
    pub(super) fn signatures(&self) -> &Signatures {
        self.signatures.get_or_init(|| Signatures::new(&self.current.program, &self.current.plan))
    }
}

impl Session {
    /// Builds the dataflow and runs the facts.
    pub(super) fn new(
        shared: &Arc<RwLock<Current>>,
        control: &Arc<Control>,
        externs: Externs,
    ) -> Result<(Self, Commit), Vec<Diagnostic>> {
        let start = Instant::now();
        let interner = Arc::new(Interner::new());
        let current = shared.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut session = Session {
            running: Running::new(current, &interner, control, externs.clone())?,
            externs,
            shared: shared.clone(),
            control: control.clone(),
            interner,
            retained: 0,
            epoch: host::FIRST,
            transactions: 0,
            busy: Duration::ZERO,
            slow: SlowLog::default(),
            watched: HashSet::new(),
        };
        session.control.begin();
        let changes = session.running.host.start(Vec::new());
        session.control.end();
        let changes = changes.map_err(|failure| {
            let rules = &session.running.current.program.rules;
            let head = failure.rule.map(|rule| rules[rule.0 as usize].head.span);
            let mut diagnostic = failure.trap.diagnostic("E0310", head);
            diagnostic.message.insert_str(0, "the initial facts fail: ");
            vec![diagnostic]
        })?;
        let initial = session.done(start, changes);
        Ok((session, initial))
    }

    /// Does requests until it is told to stop or nobody can ask any more.
    pub(super) fn serve(mut self, requests: &Receiver<Request>) {
        while let Ok(request) = requests.recv() {
            self.control.begin();
            match request {
                Request::Commit(updates, reply) => {
                    let result = self.commit(updates);
                    self.answer(reply, result);
                }
                Request::Check(updates, reply) => {
                    let result = self.input_changes(updates).map(drop).map_err(|refused| refused.error);
                    self.answer(reply, result);
                }
                Request::Dump(relation, reply) => {
                    let result = self.dump(relation);
                    self.answer(reply, result);
                }
                Request::QueryIndex(index, values, reply) => {
                    let result = self.query(index, &values);
                    self.answer(reply, result);
                }
                Request::DumpIndex(index, reply) => {
                    let result = self.dump_index(index);
                    self.answer(reply, result);
                }
                Request::Revise(next, trial, reply) => {
                    let result = self.revise(next, trial);
                    self.answer(reply, result);
                }
                Request::Query(next, answer, reply) => {
                    let result = self.ask(next, answer);
                    self.answer(reply, result);
                }
                Request::Watch(relations, reply) => {
                    self.watched = relations;
                    self.answer(reply, ());
                }
                Request::Why(question, reply) => {
                    let result = self.why(&question);
                    self.answer(reply, result);
                }
                Request::WhyNot(question, reply) => {
                    let result = self.why_not(&question);
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
                Request::Stop => break,
            }
        }
    }

    /// The work is done before the asker knows the answer, so that what it does next is not taken for this.
    fn answer<T>(&self, reply: Sender<T>, answer: T) {
        self.control.end();
        // An asker who has gone away does not mind that the answer is lost.
        let _ = reply.send(answer);
    }

    fn commit(&mut self, updates: Vec<Update>) -> Result<Commit, Refused> {
        let start = Instant::now();
        let changes = self.input_changes(updates)?;
        match self.running.host.transact(self.epoch, changes) {
            Ok(changes) => {
                let done = self.done(start, changes);
                self.reclaim();
                Ok(done)
            }
            Err(failure) => {
                // The one after was used to take the changes back.
                self.epoch += 2;
                Err(self.failed(&self.running.current.program, failure).into())
            }
        }
    }

    /// What updates do to the input relations, if all of them can be done.
    fn input_changes(&mut self, updates: Vec<Update>) -> Result<Vec<(RelationId, host::Delta)>, Refused> {
        let Running { inputs, host, .. } = &mut self.running;
        inputs.changes(host, &self.interner, self.epoch, updates).map_err(|(number, refusal)| {
            let program = &self.running.current.program;
            let error = match *refusal {
                Refusal::Error(error) => error,
                Refusal::Trap(relation, trap) => self.rule_error(program, None, Some(relation), &trap),
            };
            Refused { update: Some(number), error }
        })
    }

    fn done(&mut self, start: Instant, changes: Vec<(RelationId, host::Delta)>) -> Commit {
        let rows = changes.iter().map(|(_, rows)| rows.len() as u64).sum();
        self.account(start.elapsed(), rows);
        let Current { program, held, .. } = &self.running.current;
        for (relation, _) in &changes {
            held[relation.0 as usize].store(true, Ordering::Relaxed);
        }
        let told = |relation: RelationId| {
            program.relations[relation.0 as usize].role == RelationRole::Output
                || self.watched.contains(&relation)
        };
        let mut deltas: Vec<Delta> = changes
            .into_iter()
            .filter(|(relation, _)| told(*relation))
            .map(|(relation, rows)| Delta {
                relation,
                name: program.relations[relation.0 as usize].name.clone(),
                changes: self.records(relation, rows),
            })
            .collect();
        deltas.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        let epoch = self.epoch;
        self.epoch += 1;
        self.transactions += 1;
        Commit { epoch, deltas, duration: start.elapsed() }
    }

    /// Gives values back that no row holds any more, each time their number has doubled.
    fn reclaim(&mut self) {
        if self.interner.len() < 2 * self.retained + RECLAIM_FROM {
            return;
        }
        let Running { host, layouts, current, .. } = &mut self.running;
        let mut marks = Marks::default();
        host.mark(layouts, &self.interner, &current.program.types, &mut marks);
        let machine = host.machine();
        machine.mark(&mut marks);
        let interner = Arc::new(self.interner.retained(&marks));
        // No code runs between transactions: nothing refuses.
        if machine.replace_interner(interner.clone()) {
            self.interner = interner;
        }
        self.retained = self.interner.len();
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
        let rows = self.running.host.contents(relation, self.epoch);
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
        let relation = self.running.current.program.indexes[index].relation;
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
            .map_err(|trap| asked(self.rule_error(&program, None, Some(declared.relation), &trap)))?;
        Ok(self.held(declared.relation, rows))
    }

    /// What a failure in the code of a program is called.
    pub(super) fn failed(&self, program: &Program, Failure { rule, trap }: Failure) -> CommitError {
        self.rule_error(program, rule, None, &trap)
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
        Stats {
            transactions: self.transactions,
            rules,
            relations: relations.collect(),
            values: self.interner.len(),
            value_bytes: self.interner.bytes(),
        }
    }
}

fn queries(machine: &Rc<Machine>, plan: &Plan) -> Vec<Query> {
    plan.indexes.iter().map(|index| Query::new(machine, index)).collect()
}

/// Why a question failed, for what a rule failed with.
pub(super) fn asked(error: CommitError) -> QueryError {
    match error {
        CommitError::Cancelled => QueryError::Cancelled,
        error => QueryError::Rule(error),
    }
}
