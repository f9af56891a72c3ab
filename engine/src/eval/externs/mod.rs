//! Functions that a program declares `extern` and that somebody else brings.
//!
//! Those of the library are built in. Others are looked up in the [`Externs`] that an engine is started with, and then
//! among a few ready-made ones.

mod ready;
mod registry;
mod typed;

pub use registry::{ExternError, Externs};
pub use typed::ExternFunction;

use super::builtins::{self, Builtin, Call};
use super::env::Eval;
use super::val::Val;
use crate::ir::{Function, TypeTable};

/// What does the work of an extern function.
#[derive(Clone)]
pub(crate) enum Extern {
    BuiltIn(Builtin),
    Registered(registry::Registered),
}

impl Extern {
    /// The implementation of an extern function of a program; `None` if nobody has one.
    pub(crate) fn find(externs: &Externs, types: &TypeTable, function: &Function) -> Option<Extern> {
        builtins::find(&function.name)
            .map(Extern::BuiltIn)
            .or_else(|| externs.find(&function.name).map(Extern::Registered))
            .or_else(|| ready::find(externs, types, function).map(Extern::BuiltIn))
    }

    pub(crate) fn run(&self, call: &mut Call<'_, '_>) -> Eval<Val> {
        match self {
            Extern::BuiltIn(builtin) => builtin(call),
            Extern::Registered(registered) => registered.run(call),
        }
    }
}
