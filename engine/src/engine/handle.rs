//! The handle that callers hold.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

use super::commit::{Commit, Update};
use super::crew::{Crew, StartError, Started};
use super::error::{CommitError, QueryError, Refused, ReviseError};
use super::inputs::Batch;
use super::processes::Processes;
use super::records::Records;
use super::revise::Answer;
use super::session::{Current, Process, Request, Trial};
use super::stats::Stats;
use crate::control::{Canceller, Control, Progress};
use crate::diagnostics::Diagnostic;
use crate::draft::Query;
use crate::eval::{Externs, Limits};
use crate::ir::{Program, RelationId};
use crate::plan::{CollectionSource, Plan};
use crate::profile::Profile;
use crate::value::Value;
use crate::why::{Absence, Derivation, Question, WhyError};

/// How an engine runs.
#[derive(Clone, Debug)]
pub struct Config {
    /// Worker threads. Whatever their number, transactions give the same.
    pub workers: usize,
    /// Extern functions of the program that the library does not have.
    pub externs: Externs,
    /// When an evaluation is given up, and the transaction with it.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Config { workers: 1, externs: Externs::default(), limits: Limits::default() }
    }
}

/// A running program. Its state lives in threads of its own; any number of threads may hold and ask it.
///
/// Dropping it stops the threads and waits for them.
pub struct Engine {
    current: Arc<RwLock<Current>>,
    initial: Commit,
    requests: Sender<Request>,
    control: Arc<Control>,
    workers: usize,
    /// Whether there are other processes.
    others: bool,
    lost: Receiver<Arc<str>>,
    crew: Mutex<Option<Crew>>,
}

impl Engine {
    /// Plans and starts a program and runs its facts.
    ///
    /// # Errors
    /// What is wrong with the program: relations that depend on their own negation, facts that fail.
    pub fn new(program: impl Into<Arc<Program>>, config: Config) -> Result<Engine, Vec<Diagnostic>> {
        let program = program.into();
        Engine::start(program.clone(), config, None).map_err(|error| match error {
            StartError::Program(diagnostics) => diagnostics,
            StartError::Lost(why) => vec![cannot_start(&program, &why)],
        })
    }

    /// As [`Self::new`], with a part of all rows in other processes, each of which follows this one
    /// ([`follow`]).
    ///
    /// # Errors
    /// What is wrong with the program, or who of the others is gone.
    pub fn among(
        program: impl Into<Arc<Program>>,
        config: Config,
        processes: Processes,
    ) -> Result<Engine, StartError> {
        Engine::start(program.into(), config, Some(processes))
    }

    fn start(
        program: Arc<Program>,
        config: Config,
        processes: Option<Processes>,
    ) -> Result<Engine, StartError> {
        let (requests, received) = unbounded();
        let (workers, others) = (config.workers.max(1), processes.is_some());
        let Launched { process, crew, mut initial, lost } = launch(program, config, processes, received)?;
        // It is kept for good, and must not keep what the engine gives back.
        initial.deltas.iter_mut().for_each(|delta| delta.changes = delta.changes.to_vec().into());
        let (current, control) = process;
        Ok(Engine {
            current,
            initial,
            requests,
            control,
            workers,
            others,
            lost,
            crew: Mutex::new(Some(crew)),
        })
    }

    /// What has happened if another process or a thread of this one is gone: the engine does nothing more then.
    pub fn lost(&self) -> Option<Arc<str>> {
        self.crew.lock().unwrap_or_else(PoisonError::into_inner).as_ref().and_then(Crew::lost)
    }

    /// Calls `then`, on a thread of its own, with what has happened if another process or a thread of this one is gone:
    /// the engine does nothing more then. Requests under way are answered before that.
    pub fn when_lost(&self, then: impl FnOnce(&str) + Send + 'static) {
        let lost = self.lost.clone();
        let wait = move || {
            if let Ok(what) = lost.recv() {
                then(&what);
            }
        };
        // Without a thread it is not told; whoever asks the engine next hears of it.
        let _ = std::thread::Builder::new().name("weir-lost".into()).spawn(wait);
    }

    /// What the facts put into the output relations.
    pub fn initial(&self) -> Commit {
        self.initial.clone()
    }

    /// Runs one transaction: all of the updates, in order, or none.
    ///
    /// # Errors
    /// The first update that is refused, or the rule that failed. Nothing has changed then.
    pub fn commit(&self, updates: Vec<Update>) -> Result<Commit, CommitError> {
        self.transact(updates).map_err(|refused| refused.error)
    }

    /// As [`Self::commit`], telling which update is to blame.
    ///
    /// # Errors
    /// As for [`Self::commit`].
    pub fn transact(&self, updates: Vec<Update>) -> Result<Commit, Refused> {
        self.ask(|reply| Request::Commit(Batch::new(updates, self.workers, self.others), reply))
            .unwrap_or_else(|| Err(self.stopped().into()))
    }

    /// Whether a transaction of these updates would find all records and keys as it needs them. Rules are not run.
    ///
    /// # Errors
    /// The first update that would be refused.
    pub fn check(&self, updates: Vec<Update>) -> Result<(), CommitError> {
        self.ask(|reply| Request::Check(Batch::new(updates, self.workers, self.others), reply))
            .unwrap_or_else(|| Err(self.stopped()))
    }

    /// The records of any relation, with how often each is there, in natural order. Streams hold nothing.
    ///
    /// # Errors
    /// A rule failed: contents that nobody reads are not kept but put together when asked for.
    pub fn dump(&self, relation: RelationId) -> Result<Vec<(Value, i64)>, QueryError> {
        built(self.ask(|reply| Request::Dump(relation, reply)))
    }

    /// Whether a relation has had a record at some time, even if it has none now.
    pub fn has_held(&self, relation: RelationId) -> bool {
        let current = self.current();
        current.held.get(relation.0 as usize).is_some_and(|held| held.load(Ordering::Relaxed))
    }

    /// Puts another program in the place of the running one, in one transaction. Input relations that both have keep
    /// their records, and rules that both have keep what they have computed. Gives exactly what changes in the output
    /// relations; one that is no longer there gives its records up.
    ///
    /// Numbers of relations and rules are those of [`Self::program`] afterwards. `R-N` holds what `R` held N transactions
    /// ago as far as that is known: for a relation that is newly looked back at, its contents before this transaction.
    /// Streams hold nothing, and `R'` is empty until the next transaction.
    ///
    /// # Errors
    /// Nothing has changed then. See [`ReviseError`].
    pub fn revise(&self, program: impl Into<Arc<Program>>) -> Result<Commit, ReviseError> {
        self.try_program(program.into(), Trial::Keep)
    }

    /// What [`Self::revise`] would give, without doing it.
    ///
    /// # Errors
    /// As for [`Self::revise`].
    pub fn preview(&self, program: impl Into<Arc<Program>>) -> Result<Commit, ReviseError> {
        self.try_program(program.into(), Trial::Forget)
    }

    /// Answers a question on the present contents, once: rows of its variables, in natural order.
    ///
    /// # Errors
    /// A rule or the question's own code failed, somebody cancelled, or the question's program does not fit the
    /// running one.
    pub fn query(&self, query: &Query) -> Result<Answer, QueryError> {
        if self.others {
            return Err(QueryError::Program(ReviseError::Processes.into()));
        }
        let program = query.program.clone();
        let plan = self
            .plan_for(&program)
            .map_err(|found| QueryError::Program(ReviseError::Program(found).into()))?;
        let current = Current::new(program, Arc::new(plan));
        let rows = self
            .ask(|reply| Request::Query(current, query.answer, reply))
            .unwrap_or(Err(QueryError::Stopped))?;
        Ok(Answer::new(query, rows))
    }

    /// To stop, from any thread, what the engine is doing.
    pub fn canceller(&self) -> Canceller {
        Canceller::new(self.control.clone())
    }

    /// How far the engine is. Does not wait for it.
    pub fn progress(&self) -> Progress {
        self.control.progress()
    }

    /// The records that an index has for values of its fields, in natural order.
    ///
    /// # Errors
    /// There is no such index, or the values are not of its fields' types.
    pub fn query_index(&self, index: &str, values: Vec<Value>) -> Result<Vec<(Value, i64)>, QueryError> {
        let index = self.index(index)?;
        built(self.ask(|reply| Request::QueryIndex(index, values, reply)))
    }

    /// All records in an index, in natural order.
    ///
    /// # Errors
    /// There is no such index.
    pub fn dump_index(&self, index: &str) -> Result<Vec<(Value, i64)>, QueryError> {
        let index = self.index(index)?;
        built(self.ask(|reply| Request::DumpIndex(index, reply)))
    }

    /// From now on commits also tell what they change in these relations, although they are no outputs; in the place
    /// of those named before.
    pub fn watch(&self, relations: impl IntoIterator<Item = RelationId>) {
        let relations = relations.into_iter().collect();
        // An engine that has stopped tells nothing anyway.
        let _ = self.ask(|reply| Request::Watch(relations, reply));
    }

    /// The program it runs now.
    pub fn program(&self) -> Arc<Program> {
        self.current().program
    }

    /// How it runs the program.
    pub fn plan(&self) -> Arc<Plan> {
        self.current().plan
    }

    /// How a record came about: a smallest derivation from records of inputs, found now in what the program holds. Of
    /// several records that are meant, the first one in natural order.
    ///
    /// # Errors
    /// There is no such record, or the question makes no sense. See [`WhyError`].
    pub fn why(&self, question: &Question) -> Result<Derivation, WhyError> {
        self.check_gathers()?;
        self.ask(|reply| Request::Why(question.clone(), reply)).unwrap_or(Err(QueryError::Stopped.into()))
    }

    /// What is missing for a record: for each rule of its relation the first clause that does not hold, in the attempt
    /// that gets furthest.
    ///
    /// # Errors
    /// There is such a record, or the question makes no sense. See [`WhyError`].
    pub fn why_not(&self, question: &Question) -> Result<Absence, WhyError> {
        self.check_gathers()?;
        self.ask(|reply| Request::WhyNot(question.clone(), reply)).unwrap_or(Err(QueryError::Stopped.into()))
    }

    /// Where time and memory have gone since the engine started; nothing if it has stopped. Two looks give what was
    /// between them: [`Profile::since`].
    pub fn profile(&self) -> Profile {
        self.ask(Request::Profile).unwrap_or_default()
    }

    /// What rules and relations cost and hold so far; nothing if the engine has stopped.
    pub fn stats(&self) -> Stats {
        self.ask(Request::Stats).unwrap_or_default()
    }

    fn index(&self, name: &str) -> Result<usize, QueryError> {
        let found = self.program().indexes.iter().position(|index| &*index.name == name);
        found.ok_or_else(|| QueryError::UnknownIndex(name.to_string()))
    }

    fn current(&self) -> Current {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn plan_for(&self, program: &Program) -> Result<Plan, Vec<Diagnostic>> {
        let current = self.current();
        Plan::following(program, (&current.program, &current.plan))
    }

    fn try_program(&self, program: Arc<Program>, trial: Trial) -> Result<Commit, ReviseError> {
        if self.others {
            return Err(ReviseError::Processes);
        }
        let plan = Arc::new(self.plan_for(&program).map_err(ReviseError::Program)?);
        let next = Current::new(program, plan);
        self.ask(|reply| Request::Revise(next, trial, reply))
            .unwrap_or(Err(ReviseError::Run(CommitError::Stopped)))
    }

    /// Whether one worker can have all that a question may look at: what was before is not with the records.
    fn check_gathers(&self) -> Result<(), WhyError> {
        let looks_back = |plan: &Plan| {
            let past = |source| !matches!(source, CollectionSource::Relation(_));
            plan.collections.iter().any(|collection| past(collection.source))
        };
        match (self.workers > 1 || self.others) && looks_back(&self.plan()) {
            true => Err(WhyError::Several),
            false => Ok(()),
        }
    }

    /// Why nothing is done any more.
    fn stopped(&self) -> CommitError {
        self.lost().map_or(CommitError::Stopped, CommitError::Lost)
    }

    /// The answer; `None` if the engine has stopped.
    fn ask<T>(&self, request: impl FnOnce(Sender<T>) -> Request) -> Option<T> {
        let (reply, answer) = bounded(1);
        self.requests.send(request(reply)).ok()?;
        answer.recv().ok()
    }
}

/// A program at work.
struct Launched {
    process: (Arc<RwLock<Current>>, Arc<Control>),
    crew: Crew,
    initial: Commit,
    lost: Receiver<Arc<str>>,
}

fn launch(
    program: Arc<Program>,
    config: Config,
    processes: Option<Processes>,
    requests: Receiver<Request>,
) -> Result<Launched, StartError> {
    let plan = Arc::new(Plan::new(&program).map_err(StartError::Program)?);
    let (started, start) = bounded::<Started>(1);
    let (lose, lost) = bounded(1);
    let current = Current::new(program.clone(), plan);
    let process = Process::new(current, Control::new(config.limits), config.externs, config.workers.max(1));
    let shared = (process.shared.clone(), process.control.clone());
    let failed = |error: &str| StartError::Program(vec![cannot_start(&program, error)]);
    let crew = Crew::start(process, processes, requests, started, lose).map_err(|error| failed(&error))?;
    let initial = start.recv().unwrap_or_else(|_| Err(failed("its thread died")))?;
    Ok(Launched { process: shared, crew, initial, lost })
}

/// Does a part of the work of the engine of another process, until that one is dropped. The program and the number of
/// workers must be the same there.
///
/// # Errors
/// What is wrong with the program, or which of the other processes is gone.
pub fn follow(
    program: impl Into<Arc<Program>>,
    config: Config,
    processes: Processes,
) -> Result<(), StartError> {
    // Nobody asks this process for anything.
    let (_, requests) = bounded(0);
    let Launched { crew, lost, .. } = launch(program.into(), config, Some(processes), requests)?;
    crew.join();
    lost.recv().map_or(Ok(()), |what| Err(StartError::Lost(what)))
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.requests.send(Request::Stop);
        if let Some(crew) = self.crew.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            crew.join();
        }
    }
}

/// Records as whoever asks wants them; built on its thread, not on the engine's.
fn built(answer: Option<Result<Records, QueryError>>) -> Result<Vec<(Value, i64)>, QueryError> {
    answer.unwrap_or(Err(QueryError::Stopped)).map(|records| records.to_vec())
}

fn cannot_start(program: &Program, why: &str) -> Diagnostic {
    let span = program.rules.first().map(|rule| rule.span);
    let span = span.unwrap_or(crate::source::Span { file: crate::source::FileId(0), start: 0, end: 0 });
    Diagnostic::error("E0311", span, format!("the engine cannot start: {why}"))
}
