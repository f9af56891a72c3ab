//! Questions about why a record is there or not, on the engine's thread.

use super::session::{Session, asked};
use crate::why::{self, Absence, Derivation, Question, Trouble, WhyError};

impl Session {
    pub(super) fn why(&mut self, question: &Question) -> Result<Derivation, WhyError> {
        let result = why::why(self.explained(), question);
        result.map_err(|trouble| self.why_error(trouble))
    }

    pub(super) fn why_not(&mut self, question: &Question) -> Result<Absence, WhyError> {
        let result = why::why_not(self.explained(), question);
        result.map_err(|trouble| self.why_error(trouble))
    }

    fn explained(&mut self) -> why::Running<'_> {
        let (host, current) = (&mut self.running.host, &self.running.current);
        why::Running {
            program: &current.program,
            plan: &current.plan,
            machine: host.machine(),
            interner: &self.interner,
            control: &self.control,
            host,
            epoch: self.epoch,
        }
    }

    fn why_error(&self, trouble: Trouble) -> WhyError {
        match trouble {
            Trouble::Why(error) => error,
            Trouble::Failed(failure) => asked(self.failed(&self.running.current.program, failure)).into(),
        }
    }
}
