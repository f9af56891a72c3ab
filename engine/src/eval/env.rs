//! What running code works on: the stack of variables, the interner, and how it leaves early.

use crate::ir::{LocalId, TypeTable};
use crate::source::Span;
use crate::value::Interner;

use super::Machine;
use super::val::Val;

/// Why a rule or function could not be evaluated for some row: division by zero, recursion without end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Trap {
    /// What happened: lower case, no full stop.
    pub message: String,
    /// The expression.
    pub span: Span,
}

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
    trap: Option<Trap>,
}

impl<'m> Env<'m> {
    /// An environment whose frame has `n_locals` variables. `stack` is memory from an earlier run, to be used again.
    pub(crate) fn new(
        machine: &'m Machine,
        interner: &'m Interner,
        mut stack: Vec<Val>,
        n_locals: usize,
    ) -> Self {
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

    /// Gives up evaluation.
    #[cold]
    pub(crate) fn trap(&mut self, span: Span, message: impl Into<String>) -> Exit {
        self.trap = Some(Trap { message: message.into(), span });
        Exit::TRAP
    }

    /// The reason for an exit out of the outermost frame.
    #[cold]
    pub(crate) fn take_trap(&mut self, exit: Exit, span: Span) -> Trap {
        self.trap.take().unwrap_or_else(|| Trap {
            message: match exit {
                Exit::BREAK => "`break` outside of a loop",
                Exit::CONTINUE => "`continue` outside of a loop",
                _ => "`return` outside of a function",
            }
            .into(),
            span,
        })
    }
}
