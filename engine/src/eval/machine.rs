//! What a worker thread evaluates with.

use std::cell::{OnceCell, Ref, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::builtins::Signature;
use super::call::{Callable, LambdaCode};
use super::compile::FunctionCode;
use super::externs::{Extern, Externs};
use super::repr::Load;
use super::val::Val;
use crate::control::Control;
use crate::diagnostics::Diagnostic;
use crate::ir::{Function, FunctionBody, FunctionId, Lambda, LocalId, Program, TypeId, TypeTable};
use crate::source::Span;
use crate::value::shape::{CLOSURE, NAMED};
use crate::value::{Interner, Marks, Word};

/// Compiles and holds a program's functions. One per worker thread; the interner is shared.
pub struct Machine {
    program: Arc<Program>,
    interner: RefCell<Arc<Interner>>,
    externs: Externs,
    /// Compiled when first called.
    functions: Vec<OnceCell<FunctionCode>>,
    /// Closures that were compiled, by what they are: rules are compiled more than once.
    lambdas: RefCell<Vec<(LambdaKey, Rc<LambdaCode>)>>,
    /// Words inside compiled code.
    constants: RefCell<FxHashSet<(TypeId, Word)>>,
    listener: RefCell<Box<dyn Fn(Message)>>,
    control: Arc<Control>,
}

/// What makes a closure the same as another.
#[derive(PartialEq, Eq)]
struct LambdaKey {
    span: Span,
    captures: Vec<LocalId>,
    locals: Vec<(Arc<str>, TypeId)>,
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
            lambdas: RefCell::default(),
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

    /// A function as a value.
    pub(crate) fn function_value(&self, id: FunctionId) -> Callable {
        match self.program.functions.get(id.0 as usize) {
            Some(function) if matches!(function.body, FunctionBody::Extern) => Callable::Extern(
                id,
                self.implementation(function),
                Signature::of(function),
                function.name.clone(),
            ),
            Some(function) => Callable::Function(id, function.name.clone()),
            None => Callable::Function(id, "".into()),
        }
    }

    /// The code of a closure: the one that is known, if the same was compiled before. Values must be equal that one copy of a
    /// rule makes and another looks for.
    pub(crate) fn lambda(
        &self,
        lambda: &Lambda,
        compile: impl FnOnce(Arc<str>) -> LambdaCode,
    ) -> Rc<LambdaCode> {
        let key = LambdaKey {
            span: lambda.body.span,
            captures: lambda.captures.iter().map(|(_, inner)| *inner).collect(),
            locals: lambda.locals.iter().map(|local| (local.name.clone(), local.ty)).collect(),
        };
        if let Some((_, known)) = self.lambdas.borrow().iter().find(|(known, _)| *known == key) {
            return known.clone();
        }
        let file = self.program.sources.file(key.span.file);
        let before = file.text.get(..key.span.start as usize).unwrap_or_default();
        let name = format!("closure at {}:{}", file.name, before.matches('\n').count() + 1);
        // Closures inside of it are compiled on the way, and take the numbers before.
        let code = compile(name.into());
        let mut lambdas = self.lambdas.borrow_mut();
        let code = Rc::new(LambdaCode { number: lambdas.len() as u32, ..code });
        lambdas.push((key, code.clone()));
        code
    }

    /// The function that a value is, fresh or from a row.
    pub(crate) fn callable(&self, val: &Val) -> Option<Rc<Callable>> {
        let word = match val {
            Val::Function(function) => return Some(function.clone()),
            Val::Word(word) => *word,
            _ => return None,
        };
        let interner = self.interner();
        Some(Rc::new(match interner.words(word) {
            [NAMED, id, ..] => self.function_value(FunctionId(*id)),
            [CLOSURE, number, _, captured @ ..] => {
                let code = self.lambdas.borrow().get(*number as usize)?.1.clone();
                let load =
                    |capture: &[Word]| Load::of(self.types(), TypeId(capture[0])).val(&interner, capture[1]);
                Callable::Closure(code, captured.chunks_exact(2).map(load).collect())
            }
            _ => return None,
        }))
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
