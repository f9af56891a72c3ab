//! The engine's own thread: it owns all state and does one request after the other.

use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender};
use timely::worker::Worker;

use super::commit::{Commit, Delta, Update};
use super::error::{CommitError, QueryError};
use super::inputs::{Inputs, Refusal};
use super::stats::{RelationStats, RuleStats, Stats};
use crate::dataflow::host::{self, Failure, Host};
use crate::dataflow::index::{Epoch, Weight};
use crate::dataflow::query::Query;
use crate::dataflow::reclaim::Layouts;
use crate::diagnostics::Diagnostic;
use crate::eval::{Externs, Machine, Trap};
use crate::ir::{Program, RelationId, RelationRole, RuleId};
use crate::plan::Plan;
use crate::value::{Interner, Marks, Row, Value, compare_rows, decode_record, encode};

/// Fewer values than that are not worth looking for.
const RECLAIM_FROM: usize = 100_000;

/// What the engine's thread is asked for.
pub(super) enum Request {
    Commit(Vec<Update>, Sender<Result<Commit, CommitError>>),
    Dump(RelationId, Sender<Result<Records, QueryError>>),
    QueryIndex(usize, Vec<Value>, Sender<Result<Records, QueryError>>),
    DumpIndex(usize, Sender<Result<Records, QueryError>>),
    Watch(HashSet<RelationId>, Sender<()>),
    Stats(Sender<Stats>),
    Stop,
}

/// Records with their counts, in natural order.
pub(super) type Records = Vec<(Value, Weight)>;

/// By relation, whether it has had a record at some time.
pub(super) type Held = Arc<[AtomicBool]>;

/// All state of an engine.
pub(super) struct Session {
    program: Arc<Program>,
    interner: Arc<Interner>,
    machine: Rc<Machine>,
    host: Host,
    layouts: Layouts,
    /// Values that were left when memory was last given back.
    retained: usize,
    inputs: Inputs,
    queries: Vec<Query>,
    /// The next transaction's number.
    epoch: Epoch,
    transactions: u64,
    /// By relation: it has had a record at some time.
    held: Held,
    /// Relations whose changes are told although they are no outputs.
    watched: HashSet<RelationId>,
}

impl Session {
    /// Builds the dataflow and runs the facts.
    pub(super) fn new(
        worker: &mut Worker,
        program: &Arc<Program>,
        plan: &Arc<Plan>,
        held: &Held,
        externs: Externs,
    ) -> Result<(Self, Commit), Vec<Diagnostic>> {
        let start = Instant::now();
        let interner = Arc::new(Interner::new());
        let machine = Machine::with_externs(program.clone(), interner.clone(), externs)?;
        let mut session = Session {
            program: program.clone(),
            host: Host::new(worker, &machine, plan),
            layouts: Layouts::new(&program.types, plan),
            retained: 0,
            inputs: Inputs::new(program, &machine, plan),
            queries: queries(&machine, plan),
            interner,
            machine,
            epoch: host::FIRST,
            transactions: 0,
            held: held.clone(),
            watched: HashSet::new(),
        };
        let changes = session.host.start(worker).map_err(|failure| {
            let span = failure.trap.span;
            vec![Diagnostic::error(
                "E0310",
                span,
                format!("the initial facts fail: {}", failure.trap.message),
            )]
        })?;
        let initial = session.done(start, changes);
        Ok((session, initial))
    }

    /// Does requests until it is told to stop or nobody can ask any more.
    pub(super) fn serve(mut self, worker: &mut Worker, requests: &Receiver<Request>) {
        while let Ok(request) = requests.recv() {
            // An asker who has gone away does not mind that the answer is lost.
            match request {
                Request::Commit(updates, reply) => {
                    let result = self.commit(worker, updates);
                    let _ = reply.send(result);
                }
                Request::Dump(relation, reply) => {
                    let _ = reply.send(self.dump(relation));
                }
                Request::QueryIndex(index, values, reply) => {
                    let _ = reply.send(self.query(index, &values));
                }
                Request::DumpIndex(index, reply) => {
                    let rows = self.queries[index].all(&mut self.host);
                    let relation = self.program.indexes[index].relation;
                    let _ = reply.send(Ok(self.records(relation, rows)));
                }
                Request::Watch(relations, reply) => {
                    self.watched = relations;
                    let _ = reply.send(());
                }
                Request::Stats(reply) => {
                    let _ = reply.send(self.stats());
                }
                Request::Stop => break,
            }
        }
        self.host.close(worker);
    }

    fn commit(&mut self, worker: &mut Worker, updates: Vec<Update>) -> Result<Commit, CommitError> {
        let start = Instant::now();
        let changes =
            self.inputs.changes(&mut self.host, &self.interner, self.epoch, updates).map_err(|refusal| {
                match refusal {
                    Refusal::Error(error) => error,
                    Refusal::Trap(relation, trap) => self.rule_error(None, Some(relation), &trap),
                }
            })?;
        match self.host.transact(worker, self.epoch, changes) {
            Ok(changes) => {
                let done = self.done(start, changes);
                self.reclaim();
                Ok(done)
            }
            Err(Failure { rule, trap }) => {
                // The one after was used to take the changes back.
                self.epoch += 2;
                Err(self.rule_error(rule, None, &trap))
            }
        }
    }

    fn done(&mut self, start: Instant, changes: Vec<(RelationId, host::Delta)>) -> Commit {
        for (relation, _) in &changes {
            self.held[relation.0 as usize].store(true, Ordering::Relaxed);
        }
        let mut deltas: Vec<Delta> = changes
            .into_iter()
            .filter(|(relation, _)| {
                self.program.relations[relation.0 as usize].role == RelationRole::Output
                    || self.watched.contains(relation)
            })
            .map(|(relation, rows)| Delta {
                relation,
                name: self.program.relations[relation.0 as usize].name.clone(),
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
        let mut marks = Marks::default();
        self.machine.mark(&mut marks);
        self.host.mark(&self.layouts, &self.interner, &self.program.types, &mut marks);
        let interner = Arc::new(self.interner.retained(&marks));
        if self.machine.replace_interner(interner.clone()) {
            self.interner = interner;
        }
        self.retained = self.interner.len();
    }

    /// Rows as values, in natural order.
    fn records(&self, relation: RelationId, mut rows: Vec<(Row, Weight)>) -> Records {
        let (types, record) = (&self.program.types, self.program.relations[relation.0 as usize].record);
        rows.sort_unstable_by(|(one, _), (other, _)| compare_rows(&self.interner, types, record, one, other));
        rows.into_iter()
            .map(|(row, weight)| (decode_record(&self.interner, types, record, &row), weight))
            .collect()
    }

    fn dump(&mut self, relation: RelationId) -> Result<Records, QueryError> {
        let rows = self
            .host
            .contents(relation, self.epoch)
            .map_err(|failure| QueryError::Rule(self.rule_error(failure.rule, None, &failure.trap)))?;
        Ok(self.records(relation, rows))
    }

    fn query(&mut self, index: usize, values: &[Value]) -> Result<Records, QueryError> {
        let declared = &self.program.indexes[index];
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
            .map(|(local, value)| encode(&self.interner, &self.program.types, local.ty, value))
            .collect::<Result<Row, _>>()
            .map_err(QueryError::Type)?;
        let rows = self.queries[index]
            .rows(&mut self.host, self.epoch, &fields)
            .map_err(|trap| QueryError::Rule(self.rule_error(None, Some(declared.relation), &trap)))?;
        Ok(self.records(declared.relation, rows))
    }

    fn rule_error(&self, rule: Option<RuleId>, relation: Option<RelationId>, trap: &Trap) -> CommitError {
        let head = rule.map(|rule| self.program.rules[rule.0 as usize].head.relation).or(relation);
        let relation = head.map(|relation| self.program.relations[relation.0 as usize].name.clone());
        let (line, column) = self.program.sources.line_column(trap.span);
        CommitError::Rule {
            rule,
            relation: relation.unwrap_or_else(|| "?".into()),
            message: trap.message.clone(),
            span: trap.span,
            place: format!("{}:{line}:{column}", self.program.sources.file(trap.span.file).name),
        }
    }

    fn stats(&mut self) -> Stats {
        let rules = self.host.rule_stats.iter().enumerate().map(|(index, work)| RuleStats {
            rule: RuleId(index as u32),
            runs: work.runs,
            rows_in: work.rows_in,
            rows_out: work.rows_out,
            time: work.time,
        });
        let rules = rules.collect();
        let relations = self.program.relations.iter().enumerate().map(|(index, relation)| {
            let id = RelationId(index as u32);
            let (arrangements, arranged) = self.host.arranged(id);
            let work = self.host.component_work(id);
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
