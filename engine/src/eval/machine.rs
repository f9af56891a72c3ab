//! What a worker thread evaluates with.

use std::cell::{OnceCell, Ref, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::compile::FunctionCode;
use super::externs::{Extern, Externs};
use crate::control::Control;
use crate::diagnostics::Diagnostic;
use crate::ir::{Function, FunctionBody, FunctionId, Program, TypeId, TypeTable};
use crate::value::{Interner, Marks, Word};

/// Compiles and holds a program's functions. One per worker thread; the interner is shared.
pub struct Machine {
    program: Arc<Program>,
    interner: RefCell<Arc<Interner>>,
    externs: Externs,
    /// Compiled when first called.
    functions: Vec<OnceCell<FunctionCode>>,
    /// Words inside compiled code.
    constants: RefCell<FxHashSet<(TypeId, Word)>>,
    listener: RefCell<Box<dyn Fn(Message)>>,
    control: Arc<Control>,
}

/// What rules say to people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// A line for standard output.
    Print(String),
    /// A log message.
    Log {
        /// Number of the module, as the program uses it.
        module: i32,
        /// Level, as the program uses it.
        level: i32,
        /// Text.
        text: String,
    },
}

impl Machine {
    /// A machine for a program. Refused if the program calls `extern` functions that do not exist.
    pub fn new(program: Arc<Program>, interner: Arc<Interner>) -> Result<Rc<Machine>, Vec<Diagnostic>> {
        Machine::with_externs(program, interner, Externs::default())
    }

    /// As [`Self::new`], with functions that the caller brings.
    pub fn with_externs(
        program: Arc<Program>,
        interner: Arc<Interner>,
        externs: Externs,
    ) -> Result<Rc<Machine>, Vec<Diagnostic>> {
        Machine::controlled(program, interner, Arc::default(), externs)
    }

    /// As [`Self::with_externs`]; what it runs stops when `control` says so.
    pub(crate) fn controlled(
        program: Arc<Program>,
        interner: Arc<Interner>,
        control: Arc<Control>,
        externs: Externs,
    ) -> Result<Rc<Machine>, Vec<Diagnostic>> {
        let missing: Vec<Diagnostic> = program
            .functions
            .iter()
            .filter(|function| matches!(function.body, FunctionBody::Extern))
            .filter(|function| Extern::find(&externs, &program.types, function).is_none())
            .map(|function| {
                let message = format!("extern function `{}` has no implementation", function.name);
                Diagnostic::error("E0190", function.span, message)
                    .label("declared here")
                    .hint("Give the function a body, register it with the engine, or remove the calls to it.")
            })
            .collect();
        if !missing.is_empty() {
            return Err(missing);
        }
        Ok(Rc::new(Machine {
            functions: program.functions.iter().map(|_| OnceCell::new()).collect(),
            program,
            externs,
            interner: RefCell::new(interner),
            constants: RefCell::default(),
            listener: RefCell::new(Box::new(print)),
            control,
        }))
    }

    /// Sends messages of rules elsewhere than to standard output.
    pub fn listen(&self, listener: impl Fn(Message) + 'static) {
        *self.listener.borrow_mut() = Box::new(listener);
    }

    /// Goes on with the interner that [`Interner::retained`] gave. Not while code runs: then nothing happens, and `false`.
    pub fn replace_interner(&self, interner: Arc<Interner>) -> bool {
        match self.interner.try_borrow_mut() {
            Ok(mut current) => {
                *current = interner;
                true
            }
            Err(_) => false,
        }
    }

    /// Marks what compiled code holds.
    pub fn mark(&self, marks: &mut Marks) {
        let interner = self.interner();
        for (ty, word) in self.constants.borrow().iter() {
            marks.mark(&interner, self.types(), *ty, *word);
        }
    }

    pub(crate) fn program(&self) -> &Program {
        &self.program
    }

    /// Whether what runs is to stop, and how far it is.
    pub(crate) fn control(&self) -> &Arc<Control> {
        &self.control
    }

    pub(crate) fn types(&self) -> &TypeTable {
        &self.program.types
    }

    pub(crate) fn interner(&self) -> Ref<'_, Interner> {
        Ref::map(self.interner.borrow(), |interner| &**interner)
    }

    pub(crate) fn function(&self, id: FunctionId) -> &FunctionCode {
        self.functions[id.0 as usize].get_or_init(|| FunctionCode::compile(self, id))
    }

    /// What does the work of an extern function.
    pub(crate) fn implementation(&self, function: &Function) -> Option<Extern> {
        Extern::find(&self.externs, self.types(), function)
    }

    pub(crate) fn keep(&self, ty: TypeId, word: Word) {
        self.constants.borrow_mut().insert((ty, word));
    }

    pub(crate) fn send(&self, message: Message) {
        (self.listener.borrow())(message);
    }
}

/// Rules that print are asking for exactly this.
fn print(message: Message) {
    match message {
        Message::Print(text) => println!("{text}"),
        Message::Log { level, text, .. } => println!("LOG ({level}): {text}"),
    }
}
