//! Commands carried out on an engine.

use std::collections::{BTreeSet, HashSet};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use weir_engine::command::{Command, Report, Update as Change};
use weir_engine::diagnostics::Diagnostic;
use weir_engine::engine::{Commit, Engine, Update};
use weir_engine::ir::{Program, RelationId, RelationRole};
use weir_engine::source::SourceMap;
use weir_engine::value::Value;
use weir_engine::why::{Absence, Derivation, WhyError};

use crate::error::ShellError;
use crate::interrupt::Interrupts;
use crate::live::Live;
use crate::present::{Format, Presenter};
use crate::report::Reporter;
use crate::{show, updates};

/// Who gives the commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A script: the first error ends it.
    Script,
    /// A person: after an error the next command is read, an update outside a transaction is one by itself, and every
    /// relation can be looked at.
    Person,
}

/// Whether the shell goes on after a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// It does.
    Continue,
    /// `exit`
    Exit,
}

/// Transactions up to that many updates are checked whenever one comes: nobody types more.
const CHECKED: usize = 1000;

/// Of a file's changes, more than that are only counted: nobody reads them.
const READABLE: usize = 100;

/// Line and column, from 1.
pub(crate) type Place = (usize, usize);

/// Updates that wait, and where each begins in what is read.
#[derive(Default)]
struct Pending {
    updates: Vec<Update>,
    places: Vec<Option<Place>>,
}

impl Pending {
    fn push(&mut self, update: Update, place: Option<Place>) {
        self.updates.push(update);
        self.places.push(place);
    }

    fn append(&mut self, other: &mut Pending) {
        self.updates.append(&mut other.updates);
        self.places.append(&mut other.places);
    }
}

/// An engine and the transaction under way.
pub struct Shell<W> {
    pub(crate) live: Live,
    pub(crate) interrupts: Interrupts,
    pub(crate) out: W,
    mode: Mode,
    pub(crate) presenter: Presenter,
    reporter: Reporter,
    /// Whether diagnostics may have colours.
    pub(crate) colour: bool,
    /// Whether it is told how long things take.
    pub(crate) timer: bool,
    /// Time spent in the engine since it was last asked for.
    engine_time: Duration,
    /// Relations whose changes are shown although they are no outputs.
    pub(crate) watched: BTreeSet<Arc<str>>,
    /// Updates come from a file: they are checked together.
    pub(crate) loading: bool,
    /// Rule files that were written from here.
    pub(crate) written: HashSet<PathBuf>,
    /// Counts changes of the program.
    pub(crate) version: u64,
    /// Warnings about what was added last, not told yet.
    pub(crate) warnings: Option<(SourceMap, Vec<Diagnostic>)>,
    started: Instant,
    transaction: Option<Pending>,
    /// Updates chained by commas: a wrong one takes those before it along.
    chained: Pending,
    /// Where the command under way begins in what is read; none if that is before somebody's eyes.
    pub(crate) place: Option<Place>,
    /// Output relations that were asked for by name: `dump;` shows them even if they never held anything.
    asked: HashSet<Arc<str>>,
}

impl<W: Write> Shell<W> {
    /// A shell that prints to `out`.
    pub fn new(live: Live, out: W, mode: Mode) -> Shell<W> {
        Shell::with_interrupts(live, Interrupts::default(), out, mode)
    }

    /// A shell that stops when it is told to.
    pub(crate) fn with_interrupts(live: Live, interrupts: Interrupts, out: W, mode: Mode) -> Shell<W> {
        let started = Instant::now();
        Shell {
            live,
            interrupts,
            out,
            mode,
            presenter: Presenter::default(),
            reporter: Reporter::default(),
            colour: false,
            timer: false,
            engine_time: Duration::ZERO,
            watched: BTreeSet::new(),
            loading: false,
            written: HashSet::new(),
            version: 0,
            warnings: None,
            started,
            transaction: None,
            chained: Pending::default(),
            place: None,
            asked: HashSet::new(),
        }
    }

    /// Sets how many columns tables may take; as many as they like if it is not known.
    pub fn set_width(&mut self, columns: Option<usize>) {
        self.presenter.width = columns;
    }

    /// Prints the delta of the program's own facts.
    ///
    /// # Errors
    /// When the output is closed.
    pub fn show_initial(&mut self) -> io::Result<()> {
        self.presenter.changes(
            &mut self.out,
            &self.live.engine().program(),
            &self.live.engine().initial().deltas,
        )?;
        self.out.flush()
    }

    /// Carries a command out.
    ///
    /// # Errors
    /// See [`ShellError`]. Nothing has changed then, except that a refused commit ends its transaction.
    pub fn execute(&mut self, command: Command) -> Result<Next, ShellError> {
        if !matches!(command, Command::Update { .. }) {
            self.end_chain()?;
        }
        match command {
            Command::Start => match &self.transaction {
                None => self.transaction = Some(Pending::default()),
                Some(_) => return Err(ShellError::InTransaction),
            },
            Command::Commit { dump_changes } => {
                let updates = self.transaction.take().ok_or(ShellError::NoTransaction)?;
                self.asked_commit(updates, dump_changes)?;
            }
            Command::Rollback => drop(self.transaction.take().ok_or(ShellError::NoTransaction)?),
            Command::Update { update, last } => self.update(update, last)?,
            Command::Clear(name) => {
                self.check_transaction()?;
                self.chained.push(updates::clear(&self.program(), &name)?, self.place);
                self.end_chain()?;
            }
            Command::Dump(None) => self.dump_all()?,
            Command::Dump(Some(name)) => self.dump(&name)?,
            Command::QueryIndex { index, key } => {
                let arguments = updates::arguments(&self.program(), &index, key)?;
                let rows = self.timed(|engine| engine.query_index(&index, arguments))?;
                self.show_index(&index, &rows)?;
            }
            Command::DumpIndex(index) => {
                if !self.program().indexes.iter().any(|declared| *declared.name == *index) {
                    return Err(ShellError::UnknownIndex(index));
                }
                let rows = self.timed(|engine| engine.dump_index(&index))?;
                self.show_index(&index, &rows)?;
            }
            Command::Echo(text) => writeln!(self.out, "{text}")?,
            Command::Timestamp => writeln!(self.out, "Timestamp: {}", self.started.elapsed().as_nanos())?,
            Command::Memory => show::memory(&mut self.out, &self.live.engine().stats())?,
            Command::Profile(None) => self.profile(None)?,
            Command::Report(report) => self.profile(Some(&report))?,
            Command::Why(question) => {
                let answer = self.timed(|engine| engine.why(&question));
                let json = self.presenter.format == Format::Json;
                let text = |of: Derivation| if json { of.to_json() } else { Ok(of.to_string()) };
                self.show_answer(answer.map(text))?;
            }
            Command::WhyNot(question) => {
                let answer = self.timed(|engine| engine.why_not(&question));
                let json = self.presenter.format == Format::Json;
                let text = |of: Absence| if json { of.to_json() } else { Ok(of.to_string()) };
                self.show_answer(answer.map(text))?;
            }
            Command::MsSleep(milliseconds) => self.sleep(Duration::from_millis(milliseconds))?,
            // The profile is always on, and the engine does not log through here.
            Command::Profile(Some(_)) | Command::LogLevel(_) | Command::Comment(_) => {}
            Command::Exit => return Ok(Next::Exit),
        }
        self.out.flush()?;
        Ok(Next::Continue)
    }

    /// Prints what the program declares.
    ///
    /// # Errors
    /// When the output is closed.
    pub fn show_relations(&mut self) -> io::Result<()> {
        show::relations(&mut self.out, &self.live.engine().program())?;
        self.out.flush()
    }

    /// Prints lines.
    pub(crate) fn show_lines(&mut self, mut lines: impl Iterator<Item = String>) -> io::Result<()> {
        lines.try_for_each(|line| writeln!(self.out, "{line}"))?;
        self.out.flush()
    }

    /// Who gives the commands.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Number of updates of the transaction under way; `None` outside one.
    pub fn pending(&self) -> Option<usize> {
        self.transaction.as_ref().map(|pending| pending.updates.len())
    }

    /// The program.
    pub fn program(&self) -> Arc<Program> {
        self.live.engine().program()
    }

    fn update(&mut self, change: Change, last: bool) -> Result<(), ShellError> {
        self.check_transaction()?;
        match updates::update(&self.live.engine().program(), change) {
            Ok(update) => self.chained.push(update, self.place),
            Err(error) => {
                self.chained = Pending::default();
                return Err(error);
            }
        }
        if last { self.end_chain() } else { Ok(()) }
    }

    /// An update has a transaction to go into, or is allowed to be one.
    fn check_transaction(&self) -> Result<(), ShellError> {
        match (self.mode, &self.transaction) {
            (Mode::Person, _) | (_, Some(_)) => Ok(()),
            (Mode::Script, None) => Err(ShellError::NoTransaction),
        }
    }

    fn end_chain(&mut self) -> Result<(), ShellError> {
        if self.chained.updates.is_empty() {
            return Ok(());
        }
        let mut updates = std::mem::take(&mut self.chained);
        match &mut self.transaction {
            Some(transaction) => {
                let (before, new) = (&transaction.updates, &updates.updates);
                if self.mode == Mode::Person && !self.loading && before.len() < CHECKED {
                    let touches =
                        |update: &&Update| new.iter().any(|new| new.relation() == update.relation());
                    let all = before.iter().filter(touches).chain(new).cloned().collect();
                    // A mistake is best told where it is made; all else can stay.
                    self.live.engine().check(all).map_err(ShellError::Update)?;
                }
                transaction.append(&mut updates);
            }
            None => {
                let commit = self.commit(updates)?;
                self.show_changes(&commit)?;
            }
        }
        Ok(())
    }

    /// `commit`, whose changes are shown if that was asked for; those of watched relations always.
    fn asked_commit(&mut self, updates: Pending, dump_changes: bool) -> Result<(), ShellError> {
        let mut commit = self.commit(updates)?;
        if !dump_changes {
            commit.deltas.retain(|delta| self.watched.contains(&delta.name));
        }
        if dump_changes || !commit.deltas.is_empty() {
            self.show_changes(&commit)?;
        }
        Ok(())
    }

    fn commit(&mut self, Pending { updates, places }: Pending) -> Result<Commit, ShellError> {
        let commit = self.live.engine().transact(updates).map_err(|refused| {
            let place = refused.update.and_then(|number| places.get(number).copied().flatten());
            ShellError::from(refused.error).of_update(place)
        })?;
        self.engine_time += commit.duration;
        Ok(commit)
    }

    /// Forgets where the updates of the transaction under way come from: what is read from here on is another text.
    pub(crate) fn forget_places(&mut self) {
        self.transaction.iter_mut().chain([&mut self.chained]).for_each(|pending| pending.places.fill(None));
    }

    fn show_changes(&mut self, commit: &Commit) -> io::Result<()> {
        let reading = self.mode == Mode::Person && self.presenter.format.is_for_reading();
        if reading && commit.deltas.is_empty() {
            writeln!(self.out, "done; no output relation has changed")?;
        }
        let changes: usize = commit.deltas.iter().map(|delta| delta.changes.len()).sum();
        if reading && self.loading && changes > READABLE {
            return show::counts(&mut self.out, &commit.deltas);
        }
        self.presenter.changes(&mut self.out, &self.live.engine().program(), &commit.deltas)
    }

    fn show_index(&mut self, index: &str, rows: &[(Value, i64)]) -> io::Result<()> {
        let program = self.live.engine().program();
        match program.indexes.iter().find(|declared| *declared.name == *index) {
            Some(declared) => self.presenter.contents(&mut self.out, &program, declared.relation, rows),
            None => show::rows(&mut self.out, rows),
        }
    }

    /// Tells where time and memory went.
    pub(crate) fn profile(&mut self, report: Option<&Report>) -> Result<(), ShellError> {
        let now = self.live.engine().profile();
        self.reporter.report(now, report, &mut self.out)
    }

    /// Prints why a record is there or not; that it is the other way round is an answer as well.
    fn show_answer(
        &mut self,
        answer: Result<serde_json::Result<String>, WhyError>,
    ) -> Result<(), ShellError> {
        match answer {
            Ok(text) => writeln!(self.out, "{}", text.map_err(io::Error::from)?.trim_end())?,
            Err(other @ (WhyError::Absent(_) | WhyError::Present(_))) => writeln!(self.out, "{other}")?,
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Asks the engine, on its time.
    pub(crate) fn timed<T>(&mut self, ask: impl FnOnce(&Engine) -> T) -> T {
        let start = Instant::now();
        let answer = ask(self.live.engine());
        self.engine_time += start.elapsed();
        answer
    }

    pub(crate) fn add_engine_time(&mut self, time: Duration) {
        self.engine_time += time;
    }

    /// Time spent in the engine since this was asked last.
    pub(crate) fn take_engine_time(&mut self) -> Duration {
        std::mem::take(&mut self.engine_time)
    }

    /// Waits, unless somebody is tired of it.
    fn sleep(&self, time: Duration) -> Result<(), ShellError> {
        let end = Instant::now() + time;
        while let Some(left) = end.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
            self.check_stopped()?;
            std::thread::sleep(left.min(Duration::from_millis(20)));
        }
        Ok(())
    }

    /// An error once Ctrl-C was pressed.
    pub(crate) fn check_stopped(&self) -> Result<(), ShellError> {
        if self.interrupts.is_stopped() { Err(ShellError::Cancelled) } else { Ok(()) }
    }

    /// Forgets the updates of the transaction under way.
    pub(crate) fn drop_transaction(&mut self) {
        self.transaction = None;
        self.chained = Pending::default();
    }

    fn dump_all(&mut self) -> Result<(), ShellError> {
        let program = self.program();
        let name = |id: RelationId| &program.relations[id.0 as usize].name;
        let shown = |id: RelationId| self.live.engine().has_held(id) || self.asked.contains(name(id));
        let mut outputs: Vec<RelationId> = (0u32..)
            .map(RelationId)
            .take(self.program().relations.len())
            .filter(|id| self.role(*id) == RelationRole::Output && shown(*id))
            .collect();
        let program = self.program();
        outputs.sort_by_key(|id| &program.relations[id.0 as usize].name);
        for id in outputs {
            let rows = self.timed(|engine| engine.dump(id))?;
            let program = self.live.engine().program();
            if self.presenter.format.is_for_reading() {
                writeln!(self.out, "{}:", program.relations[id.0 as usize].name)?;
            }
            self.presenter.contents(&mut self.out, &program, id, &rows)?;
            if self.presenter.format.is_for_reading() {
                writeln!(self.out)?;
            }
        }
        Ok(())
    }

    fn dump(&mut self, name: &str) -> Result<(), ShellError> {
        let id = self.program().relation(name);
        let id = match self.mode {
            Mode::Script => id
                .filter(|id| self.role(*id) == RelationRole::Output)
                .ok_or_else(|| ShellError::UnknownOutput(name.to_owned()))?,
            Mode::Person => id.ok_or_else(|| ShellError::UnknownRelation(name.to_owned()))?,
        };
        self.asked.insert(self.program().relations[id.0 as usize].name.clone());
        let rows = self.timed(|engine| engine.dump(id))?;
        Ok(self.presenter.contents(&mut self.out, &self.live.engine().program(), id, &rows)?)
    }

    fn role(&self, id: RelationId) -> RelationRole {
        self.program().relations[id.0 as usize].role
    }
}
