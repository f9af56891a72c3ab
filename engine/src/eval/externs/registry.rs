//! Functions in Rust, by the name under which a program declares them.

use std::collections::HashMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::typed::ExternFunction;
use crate::eval::builtins::Call;
use crate::eval::env::Eval;
use crate::eval::repr::{Load, store};
use crate::eval::val::Val;
use crate::value::{Value, decode, encode};

/// The extern functions that an embedder brings, by full name: `module::function`, or `function` in the main module.
///
/// They run on the engine's thread, once per evaluation: a function without side effects may be called more or less
/// often than a reader of the rules would think.
#[derive(Clone, Default)]
pub struct Externs {
    functions: HashMap<Arc<str>, Arc<Implementation>>,
    writes_files: bool,
}

/// Why an extern function gave no value. The transaction fails with its text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ExternError(pub String);

type Implementation = dyn Fn(&mut [Value]) -> Result<Value, ExternError> + Send + Sync;

impl Externs {
    /// None but the ready-made ones: `string_slice(string, bit<64>, bit<64>): string` and `string_slice_unsafe` of the
    /// same types, the bytes from the one to before the other.
    pub fn new() -> Self {
        Externs::default()
    }

    /// Allows the ready-made function that writes to files: `log(string, string)` of a module `inspect_log`, which
    /// appends its second argument and a new line to the file that the first one names.
    pub fn allow_files(mut self) -> Self {
        self.writes_files = true;
        self
    }

    /// Adds a function on values.
    ///
    /// Arguments are of the types that the program declares. Those declared `mut` may be changed in place; for others
    /// that does nothing. What the function gives must be of the type declared, or the transaction fails.
    pub fn function(
        mut self,
        name: &str,
        implementation: impl Fn(&mut [Value]) -> Result<Value, ExternError> + Send + Sync + 'static,
    ) -> Self {
        self.functions.insert(name.into(), Arc::new(implementation));
        self
    }

    /// Adds a function on Rust types, converted as [`crate::value::from_value`] and [`crate::value::to_value`] do.
    ///
    /// `externs.typed("m::half", |x: u32| Ok(x / 2))` serves `extern function half(x: u32): u32` of a module `m`.
    pub fn typed<Args>(self, name: &str, function: impl ExternFunction<Args>) -> Self {
        self.function(name, move |values| function.call(values))
    }

    pub(super) fn writes_files(&self) -> bool {
        self.writes_files
    }

    pub(super) fn find(&self, name: &str) -> Option<Registered> {
        let (name, implementation) = self.functions.get_key_value(name)?;
        Some(Registered { name: name.clone(), implementation: implementation.clone() })
    }
}

impl fmt::Debug for Externs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names: Vec<&Arc<str>> = self.functions.keys().collect();
        names.sort_unstable();
        f.debug_struct("Externs")
            .field("functions", &names)
            .field("writes_files", &self.writes_files)
            .finish()
    }
}

impl ExternError {
    /// An error with that text: lower case, no full stop.
    pub fn new(message: impl Into<String>) -> Self {
        ExternError(message.into())
    }
}

/// A function of an [`Externs`].
#[derive(Clone)]
pub(crate) struct Registered {
    name: Arc<str>,
    implementation: Arc<Implementation>,
}

impl Registered {
    pub(super) fn run(&self, call: &mut Call<'_, '_>) -> Eval<Val> {
        let (interner, types) = (call.env.interner, call.env.types);
        let mut values = Vec::with_capacity(call.args.len());
        for i in 0..call.args.len() {
            let ty = call.param(i);
            let word = store(interner, types, ty, &call.args[i]);
            let word = word.map_err(|error| call.trap(error.to_string()))?;
            values.push(decode(interner, types, ty, word));
        }
        // Whatever the embedder's code does, the engine goes on.
        let result = catch_unwind(AssertUnwindSafe(|| (self.implementation)(&mut values)));
        let value = match result {
            Ok(Ok(value)) => value,
            Ok(Err(error)) => return Err(call.trap(format!("`{}`: {error}", self.name))),
            Err(_) => return Err(call.trap(format!("`{}` panicked", self.name))),
        };
        for (i, value) in values.iter().enumerate().filter(|(i, _)| call.signature.is_mutable(*i)) {
            call.args[i] = self.load(call, call.param(i), value)?;
        }
        self.load(call, call.signature.ret, &value)
    }

    fn load(&self, call: &mut Call<'_, '_>, ty: crate::ir::TypeId, value: &Value) -> Eval<Val> {
        let (interner, types) = (call.env.interner, call.env.types);
        match encode(interner, types, ty, value) {
            Ok(word) => Ok(Load::of(types, ty).val(interner, word)),
            Err(error) => Err(call.trap(format!("`{}` gave a value of another type: {error}", self.name))),
        }
    }
}
