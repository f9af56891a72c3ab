//! Pieces of a rule as code that runs on the values of its variables.

use std::rc::Rc;

use crate::eval::{Machine, RowMeta, TransformCode, Trap};
use crate::ir::{Expr, Local, LocalId};
use crate::plan::transform::{Input, Step, Transform};
use crate::plan::walk::Locals;
use crate::value::{Row, Word};

/// The values of a rule's variables, as far as they are known.
#[derive(Clone, Debug, Default)]
pub(super) struct Env {
    words: Vec<Option<Word>>,
}

/// A piece of a rule, compiled.
pub(super) struct Code {
    inputs: Vec<LocalId>,
    code: TransformCode,
}

impl Env {
    /// Of so many variables, none of which is known.
    pub(super) fn new(variables: usize) -> Self {
        Env { words: vec![None; variables] }
    }

    pub(super) fn word(&self, local: LocalId) -> Option<Word> {
        self.words.get(local.0 as usize).copied().flatten()
    }

    pub(super) fn knows(&self, locals: &Locals) -> bool {
        locals.iter().all(|local| self.word(*local).is_some())
    }

    /// Gives a variable a value; whether it can have it. New ones are noted down, to be forgotten again.
    pub(super) fn unify(&mut self, local: LocalId, word: Word, new: &mut Vec<LocalId>) -> bool {
        match self.words.get_mut(local.0 as usize) {
            Some(Some(known)) => *known == word,
            Some(unknown) => {
                *unknown = Some(word);
                new.push(local);
                true
            }
            None => false,
        }
    }

    pub(super) fn forget(&mut self, locals: &[LocalId]) {
        for local in locals {
            self.words[local.0 as usize] = None;
        }
    }
}

impl Code {
    /// Code that reads these variables.
    pub(super) fn new(
        machine: &Rc<Machine>,
        locals: &[Local],
        inputs: Vec<LocalId>,
        steps: Vec<Step>,
        output: Vec<Expr>,
    ) -> Self {
        let columns = inputs.iter().copied().map(Some).collect();
        let code = machine.transform(&Transform {
            locals: locals.to_vec(),
            inputs: vec![Input::Locals(columns)],
            steps,
            outputs: vec![output],
        });
        Code { inputs, code }
    }

    /// Runs it; the last inputs are given apart. What it emits may be several rows, or none.
    pub(super) fn run(&self, env: &Env, given: &[Word], emit: &mut dyn FnMut(&Row)) -> Result<(), Trap> {
        let known = self.inputs.len().saturating_sub(given.len());
        let words = self.inputs[..known].iter().map(|local| env.word(*local).unwrap_or_default());
        let words: Row = words.chain(given.iter().copied()).collect();
        let meta = RowMeta { weight: RowMeta::UNSEEN, epoch: 0 };
        self.code.run(&[&words], meta, &mut |rows| rows.iter().for_each(&mut *emit))
    }

    /// The rows it emits.
    pub(super) fn rows(&self, env: &Env, given: &[Word]) -> Result<Vec<Row>, Trap> {
        let mut rows = Vec::new();
        self.run(env, given, &mut |row| rows.push(row.clone()))?;
        Ok(rows)
    }

    /// The only column of its first row.
    pub(super) fn word(&self, env: &Env) -> Result<Option<Word>, Trap> {
        Ok(self.rows(env, &[])?.first().and_then(|row| row.first().copied()))
    }
}
