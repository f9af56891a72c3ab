//! What running code works on: the stack of variables, the interner, and how it leaves early.

use std::sync::Arc;

use crate::ir::{LocalId, TypeTable};
use crate::source::Span;
use crate::value::Interner;

use super::budget::{self, MAX_VALUE};
use super::val::Val;
use super::{Machine, Trap};

/// Result of running code.
pub(crate) type Eval<T> = Result<T, Exit>;

/// Code left early. One word, so that `Eval<u64>` travels in registers; what goes with it lies in the [`Env`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exit(u64);

impl Exit {
    pub(crate) const BREAK: Exit = Exit(1);
    pub(crate) const CONTINUE: Exit = Exit(2);
    /// The value is in [`Env::returned`].
    pub(crate) const RETURN: Exit = Exit(3);
    /// The reason is in [`Env::trap`].
    pub(crate) const TRAP: Exit = Exit(4);
}

/// State of one run.
pub(crate) struct Env<'m> {
    pub(crate) machine: &'m Machine,
    pub(crate) interner: &'m Interner,
    pub(crate) types: &'m TypeTable,
    /// Variables of all active frames.
    pub(crate) stack: Vec<Val>,
    /// Where the running frame starts in `stack`.
    pub(crate) base: usize,
    /// Calls that are active.
    pub(crate) depth: u32,
    pub(crate) returned: Val,
    /// The step of the rule that runs.
    pub(crate) step: usize,
    /// Counts what takes time, to look around now and then.
    ticks: u32,
    limit: u64,
    trap: Option<Trap>,
}

/// Ticks between two looks at whether somebody wants the evaluation to end.
const TICKS: u32 = 64;

impl<'m> Env<'m> {
    /// An environment whose frame has `n_locals` variables. `stack` is memory from an earlier run, to be used again.
    pub(crate) fn new(
        machine: &'m Machine,
        interner: &'m Interner,
        mut stack: Vec<Val>,
        n_locals: usize,
    ) -> Self {
        budget::begin();
        stack.clear();
        stack.resize(n_locals, Val::ZERO);
        Env {
            machine,
            interner,
            types: machine.types(),
            stack,
            base: 0,
            depth: 0,
            returned: Val::ZERO,
            step: 0,
            ticks: 0,
            limit: machine.control().limits().bytes,
            trap: None,
        }
    }

    /// The value of a variable that holds an integer.
    #[inline]
    pub(crate) fn int(&self, local: LocalId) -> u64 {
        match self.stack.get(self.base + local.0 as usize) {
            Some(Val::Int(value)) => *value,
            _ => 0,
        }
    }

    #[inline]
    pub(crate) fn local(&self, local: LocalId) -> &Val {
        &self.stack[self.base + local.0 as usize]
    }

    #[inline]
    pub(crate) fn local_mut(&mut self, local: LocalId) -> &mut Val {
        &mut self.stack[self.base + local.0 as usize]
    }

    #[inline]
    pub(crate) fn set(&mut self, local: LocalId, value: Val) {
        self.stack[self.base + local.0 as usize] = value;
    }

    /// Once per call and per round of a loop: gives up if too much has been built, or somebody says so.
    #[inline]
    pub(crate) fn pulse(&mut self, span: Span) -> Eval<()> {
        self.ticks = self.ticks.wrapping_add(1);
        if budget::spent() > self.limit {
            return Err(self.exhausted(span));
        }
        if self.ticks.is_multiple_of(TICKS) && self.machine.control().is_cancelled() {
            return Err(self.trap(span, "cancelled"));
        }
        Ok(())
    }

    /// Makes room for a value, or part of one, of that many bytes.
    #[inline]
    pub(crate) fn room(&mut self, span: Span, bytes: usize) -> Eval<()> {
        if bytes > MAX_VALUE {
            let message = format!("a value of {bytes} bytes is more than a value may have ({MAX_VALUE})");
            return Err(self.trap(span, message));
        }
        if budget::spent().saturating_add(bytes as u64) > self.limit {
            return Err(self.exhausted(span));
        }
        Ok(())
    }

    #[cold]
    fn exhausted(&mut self, span: Span) -> Exit {
        let message = format!("the evaluation builds values of more than {} bytes", self.limit);
        self.trap(span, message)
    }

    /// Gives up evaluation.
    #[cold]
    pub(crate) fn trap(&mut self, span: Span, message: impl Into<String>) -> Exit {
        self.trap = Some(Trap::new(span, message));
        Exit::TRAP
    }

    /// Says in which call a trap was.
    #[cold]
    pub(crate) fn trapped_in(&mut self, exit: Exit, function: &Arc<str>, span: Span) {
        if let (Exit::TRAP, Some(trap)) = (exit, &mut self.trap) {
            trap.inside(function.clone(), span);
        }
    }

    /// The reason for an exit out of the outermost frame.
    #[cold]
    pub(crate) fn take_trap(&mut self, exit: Exit, span: Span) -> Trap {
        self.trap.take().unwrap_or_else(|| {
            let message = match exit {
                Exit::BREAK => "`break` outside of a loop",
                Exit::CONTINUE => "`continue` outside of a loop",
                _ => "`return` outside of a function",
            };
            Trap::new(span, message)
        })
    }
}
