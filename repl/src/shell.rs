//! Commands carried out on an engine.

use std::collections::HashSet;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use weir_engine::command::{Command, Update as Change};
use weir_engine::engine::{Commit, Engine, Update};
use weir_engine::ir::{Program, RelationId, RelationRole};

use crate::error::ShellError;
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

/// An engine and the transaction under way.
pub struct Shell<W> {
    engine: Engine,
    out: W,
    mode: Mode,
    started: Instant,
    transaction: Option<Vec<Update>>,
    /// Updates chained by commas: a wrong one takes those before it along.
    chained: Vec<Update>,
    /// Output relations that were asked for by name: `dump;` shows them even if they never held anything.
    asked: HashSet<RelationId>,
}

impl<W: Write> Shell<W> {
    /// A shell that prints to `out`.
    pub fn new(engine: Engine, out: W, mode: Mode) -> Shell<W> {
        let started = Instant::now();
        Shell { engine, out, mode, started, transaction: None, chained: Vec::new(), asked: HashSet::new() }
    }

    /// Prints the delta of the program's own facts.
    ///
    /// # Errors
    /// When the output is closed.
    pub fn show_initial(&mut self) -> io::Result<()> {
        show::changes(&mut self.out, &self.engine.initial())?;
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
                None => self.transaction = Some(Vec::new()),
                Some(_) => return Err(ShellError::InTransaction),
            },
            Command::Commit { dump_changes } => {
                let updates = self.transaction.take().ok_or(ShellError::NoTransaction)?;
                let commit = self.engine.commit(updates)?;
                if dump_changes {
                    self.show_changes(&commit)?;
                }
            }
            Command::Rollback => drop(self.transaction.take().ok_or(ShellError::NoTransaction)?),
            Command::Update { update, last } => self.update(update, last)?,
            Command::Clear(name) => {
                self.check_transaction()?;
                self.chained.push(updates::clear(self.program(), &name)?);
                self.end_chain()?;
            }
            Command::Dump(None) => self.dump_all()?,
            Command::Dump(Some(name)) => self.dump(&name)?,
            Command::QueryIndex { index, key } => {
                let arguments = updates::arguments(self.program(), &index, key)?;
                show::rows(&mut self.out, &self.engine.query_index(&index, arguments)?)?;
            }
            Command::DumpIndex(index) => {
                if !self.program().indexes.iter().any(|declared| *declared.name == *index) {
                    return Err(ShellError::UnknownIndex(index));
                }
                show::rows(&mut self.out, &self.engine.dump_index(&index)?)?;
            }
            Command::Echo(text) => writeln!(self.out, "{text}")?,
            Command::Timestamp => writeln!(self.out, "Timestamp: {}", self.started.elapsed().as_nanos())?,
            Command::Profile(None) => show::profile(&mut self.out, &self.engine.stats())?,
            Command::MsSleep(milliseconds) => std::thread::sleep(Duration::from_millis(milliseconds)),
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
        show::relations(&mut self.out, self.engine.program())?;
        self.out.flush()
    }

    /// Who gives the commands.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Number of updates of the transaction under way; `None` outside one.
    pub fn pending(&self) -> Option<usize> {
        self.transaction.as_ref().map(Vec::len)
    }

    /// The program.
    pub fn program(&self) -> &Program {
        self.engine.program()
    }

    fn update(&mut self, change: Change, last: bool) -> Result<(), ShellError> {
        self.check_transaction()?;
        match updates::update(self.engine.program(), change) {
            Ok(update) => self.chained.push(update),
            Err(error) => {
                self.chained.clear();
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
        if self.chained.is_empty() {
            return Ok(());
        }
        let mut updates = std::mem::take(&mut self.chained);
        match &mut self.transaction {
            Some(transaction) => transaction.append(&mut updates),
            None => {
                let commit = self.engine.commit(updates)?;
                self.show_changes(&commit)?;
            }
        }
        Ok(())
    }

    fn show_changes(&mut self, commit: &Commit) -> io::Result<()> {
        if self.mode == Mode::Person && commit.deltas.is_empty() {
            writeln!(self.out, "done; no output relation has changed")?;
        }
        show::changes(&mut self.out, commit)
    }

    fn dump_all(&mut self) -> Result<(), ShellError> {
        let shown = |id: RelationId| self.engine.has_held(id) || self.asked.contains(&id);
        let mut outputs: Vec<RelationId> = (0u32..)
            .map(RelationId)
            .take(self.program().relations.len())
            .filter(|id| self.role(*id) == RelationRole::Output && shown(*id))
            .collect();
        outputs.sort_by_key(|id| &self.program().relations[id.0 as usize].name);
        for id in outputs {
            let rows = self.engine.dump(id)?;
            writeln!(self.out, "{}:", self.engine.program().relations[id.0 as usize].name)?;
            show::rows(&mut self.out, &rows)?;
            writeln!(self.out)?;
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
        self.asked.insert(id);
        let rows = self.engine.dump(id)?;
        Ok(show::rows(&mut self.out, &rows)?)
    }

    fn role(&self, id: RelationId) -> RelationRole {
        self.program().relations[id.0 as usize].role
    }
}
