//! Questions about why a record is there or not, on the engine's thread.

use super::error::{QueryError, ReviseError};
use super::session::{Running, Session, asked};
use crate::dataflow::host;
use crate::dataflow::index::Epoch;
use crate::dataflow::peers::{Channel, Parcel, Peers, Route};
use crate::ir::RelationId;
use crate::why::{self, Absence, Derivation, Question, Trouble, WhyError};

impl Session {
    pub(super) fn why(&mut self, question: &Question) -> Result<Derivation, WhyError> {
        let Some(running) = self.explained()? else { return Err(nobody()) };
        let result = why::why(running, question);
        result.map_err(|trouble| self.why_error(trouble))
    }

    pub(super) fn why_not(&mut self, question: &Question) -> Result<Absence, WhyError> {
        let Some(running) = self.explained()? else { return Err(nobody()) };
        let result = why::why_not(running, question);
        result.map_err(|trouble| self.why_error(trouble))
    }

    /// What questions are answered from, at the first worker; `None` at others.
    ///
    /// Of several workers each has a part of what would have to be looked at. So the first one gets all records of the
    /// inputs and runs the program on them by itself, which is kept until the next transaction.
    fn explained(&mut self) -> Result<Option<why::Running<'_>>, WhyError> {
        if !self.peers.is_alone() && self.whole.as_ref().is_none_or(|whole| whole.at != self.epoch) {
            self.whole = None;
            self.whole = Some(self.gather_whole()?);
        }
        let (running, epoch) = match &mut self.whole {
            None => (&mut self.running, self.epoch),
            Some(Whole { running: Some(running), .. }) => (running, host::FIRST + 1),
            Some(Whole { running: None, .. }) => return Ok(None),
        };
        let (host, current) = (&mut running.host, &running.current);
        Ok(Some(why::Running {
            program: &current.program,
            plan: &current.plan,
            machine: host.machine(),
            interner: &self.interner,
            control: &self.control,
            host,
            epoch,
        }))
    }

    fn gather_whole(&mut self) -> Result<Whole, WhyError> {
        let current = self.running.current.clone();
        let kept = self.kept_inputs(&current).map_err(|error| match error {
            ReviseError::Run(error) => asked(error),
            error => QueryError::Program(error.into()),
        })?;
        let relations: Vec<RelationId> = kept.iter().map(|(relation, _)| *relation).collect();
        let parcel =
            |(relation, rows)| Parcel { channel: Channel::Derived(relation), route: Route::First, rows };
        let arrived = self.peers.exchange(kept.into_iter().map(parcel).collect(), Ok(()));
        let failed = |failure| asked(self.failed(&current.program, failure));
        let mut arrived = arrived.map_err(failed)?;
        if self.peers.index() > 0 {
            return Ok(Whole { at: self.epoch, running: None });
        }
        let inputs = relations.into_iter().map(|id| (id, arrived.take(Channel::Derived(id))));
        let inputs = inputs.filter(|(_, rows)| !rows.is_empty()).collect();
        let mut alone = Peers::alone();
        let program = |found| QueryError::Program(ReviseError::Program(found).into());
        let mut running =
            Running::new(&alone, current.clone(), &self.interner, &self.control, self.externs.clone())
                .map_err(program)?;
        running.host.start(&mut alone, inputs).map_err(failed)?;
        Ok(Whole { at: self.epoch, running: Some(running) })
    }

    fn why_error(&self, trouble: Trouble) -> WhyError {
        match trouble {
            Trouble::Why(error) => error,
            Trouble::Failed(failure) => asked(self.failed(&self.running.current.program, failure)).into(),
        }
    }
}

/// The program at work on all records, at the first of several workers.
pub(super) struct Whole {
    /// The transaction that would have been the next.
    at: Epoch,
    /// `None` at the others.
    running: Option<Running>,
}

/// Only the first worker's answer is heard.
fn nobody() -> WhyError {
    QueryError::Stopped.into()
}
