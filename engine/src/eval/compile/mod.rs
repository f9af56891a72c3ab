//! From IR to closures, once per rule and function.
//!
//! Code comes in two kinds: [`Code<u64>`] for `bool` and integers up to 64 bits, which travel in registers, and
//! [`Code<Val>`] for everything else. The type of an expression says which is natural; either can be asked for.

mod arithmetic;
mod call;
mod constant;
mod control;
mod float;
mod integer;
mod number;
mod operand;
mod operator;
mod part;
mod pattern;
mod place;
mod text;
mod wide;

use std::cell::RefCell;

use rustc_hash::{FxHashMap, FxHashSet};

pub(crate) use call::{FunctionCode, resolve_forwarding};
pub(crate) use integer::Integer;
pub(crate) use pattern::{Each, PatternCode};
pub(crate) use wide::MAX_BITS;

use super::Machine;
use super::env::{Env, Eval, Exit};
use super::repr::Load;
use super::val::Val;
use crate::ir::{Expr, ExprKind, Local, LocalId, TypeId};
use crate::value::Word;

/// Compiled code.
pub(crate) type Code<T> = Box<dyn Fn(&mut Env<'_>) -> Eval<T>>;

/// Compiles expressions of one frame.
pub(crate) struct Compiler<'a> {
    pub(crate) machine: &'a Machine,
    locals: &'a [Local],
    /// For rules: variables that are columns of an incoming row.
    pub(crate) columns: Columns,
    /// Variables that code reads.
    used: RefCell<FxHashSet<LocalId>>,
    /// Variables that code assigns to, or to a part of them.
    assigned: RefCell<FxHashSet<LocalId>>,
}

/// Which variables are columns of incoming rows, or whole rows.
#[derive(Default)]
pub(crate) struct Columns {
    /// The variable that holds a column, for each variable that is one: more than one may name the same.
    pub(crate) aliases: FxHashMap<LocalId, LocalId>,
    /// For a variable that holds a whole row of a relation with fields: the variables that hold its columns.
    pub(crate) records: FxHashMap<LocalId, Vec<LocalId>>,
}

impl<'a> Compiler<'a> {
    pub(crate) fn new(machine: &'a Machine, locals: &'a [Local]) -> Self {
        Compiler {
            machine,
            locals,
            columns: Columns::default(),
            used: RefCell::default(),
            assigned: RefCell::default(),
        }
    }

    /// Code for a `bool` or an integer up to 64 bits.
    pub(crate) fn int(&self, expr: &Expr) -> Code<u64> {
        u64::compile(self, expr)
    }

    /// Code for a value of any type.
    pub(crate) fn val(&self, expr: &Expr) -> Code<Val> {
        Val::compile(self, expr)
    }

    /// Whether code read the variable.
    pub(crate) fn is_used(&self, local: LocalId) -> bool {
        self.used.borrow().contains(&local)
    }

    /// Says that code reads the variable; gives the one to read.
    pub(crate) fn read(&self, local: LocalId) -> LocalId {
        let local = self.columns.aliases.get(&local).copied().unwrap_or(local);
        self.used.borrow_mut().insert(local);
        local
    }

    /// The column variable that an expression only names: a variable, or a field of a whole row.
    pub(crate) fn column(&self, expr: &Expr) -> Option<LocalId> {
        match &expr.kind {
            ExprKind::Local(local) => self.columns.aliases.get(local).copied(),
            ExprKind::Field(record, choices) => {
                let ExprKind::Local(local) = &self.identity(record).kind else { return None };
                let columns = self.columns.records.get(local)?;
                match choices.as_slice() {
                    [(0, position)] => columns.get(*position as usize).copied(),
                    _ => None,
                }
            }
            ExprKind::Call(..) => match self.identity(expr) {
                inner if std::ptr::eq(inner, expr) => None,
                inner => self.column(inner),
            },
            _ => None,
        }
    }

    pub(crate) fn load(&self, ty: TypeId) -> Load {
        Load::of(self.machine.types(), ty)
    }

    fn expr_kind<T: Kind>(&self, expr: &Expr) -> Option<Code<T>> {
        Some(match &expr.kind {
            ExprKind::If(condition, then, otherwise) => {
                self.compile_if(condition, then, otherwise.as_deref())
            }
            ExprKind::Match(subject, arms) => self.compile_match(subject, arms, expr.span),
            ExprKind::Block(exprs) => self.block(exprs),
            ExprKind::Break => Box::new(|_| Err(Exit::BREAK)),
            ExprKind::Continue => Box::new(|_| Err(Exit::CONTINUE)),
            ExprKind::Return(value) => {
                let value = self.val(value);
                Box::new(move |env| {
                    env.returned = value(env)?;
                    Err(Exit::RETURN)
                })
            }
            ExprKind::Call(function, args) => self.call(*function, args, expr),
            ExprKind::CallValue(function, args) => self.call_value(function, args),
            _ => return None,
        })
    }
}

/// A kind of code.
pub(crate) trait Kind: Sized + 'static {
    /// Code of this kind for an expression.
    fn compile(compiler: &Compiler<'_>, expr: &Expr) -> Code<Self>;
    /// Of a value whose type is known to fit.
    fn from_val(val: Val) -> Self;
    /// Of an integer up to 64 bits.
    fn from_int(value: u64) -> Self;
    /// The unit.
    fn unit() -> Self;
}

impl Kind for u64 {
    fn compile(compiler: &Compiler<'_>, expr: &Expr) -> Code<u64> {
        if let Some(code) = compiler.expr_kind(expr) {
            return code;
        }
        if let Some(column) = compiler.column(expr) {
            let local = compiler.read(column);
            return Box::new(move |env| Ok(env.int(local)));
        }
        match &expr.kind {
            ExprKind::Bool(value) => {
                let value = u64::from(*value);
                Box::new(move |_| Ok(value))
            }
            ExprKind::Int(value) => {
                let value = number::low_bits(value);
                Box::new(move |_| Ok(value))
            }
            ExprKind::Local(local) => {
                let local = compiler.read(*local);
                Box::new(move |env| Ok(env.int(local)))
            }
            ExprKind::Slice(bits, high, low) => compiler.slice_int(bits, *high, *low),
            ExprKind::Cast(value) => compiler.cast_int(value, expr.ty),
            ExprKind::Unary(op, operand) => compiler.unary_int(*op, operand),
            ExprKind::Binary(op, left, right) => compiler.binary_int(*op, left, right, expr),
            _ => {
                let code = compiler.val_only(expr);
                Box::new(move |env| Ok(u64::from_val(code(env)?)))
            }
        }
    }

    #[inline]
    fn from_val(val: Val) -> u64 {
        match val {
            Val::Int(value) => value,
            _ => 0,
        }
    }

    fn from_int(value: u64) -> u64 {
        value
    }

    fn unit() -> u64 {
        0
    }
}

impl Kind for Val {
    fn compile(compiler: &Compiler<'_>, expr: &Expr) -> Code<Val> {
        if let Some(word) = compiler.constant(expr) {
            let constant = compiler.load(expr.ty).val(&compiler.machine.interner(), word);
            return Box::new(move |_| Ok(constant.clone()));
        }
        if compiler.load(expr.ty).is_int() && !is_control(expr) {
            let code = compiler.int(expr);
            return Box::new(move |env| code(env).map(Val::Int));
        }
        match compiler.expr_kind(expr) {
            Some(code) => code,
            None => compiler.val_only(expr),
        }
    }

    fn from_val(val: Val) -> Val {
        val
    }

    fn from_int(value: u64) -> Val {
        Val::Int(value)
    }

    fn unit() -> Val {
        Val::ZERO
    }
}

/// Expressions without a value of their own, whatever type they were given.
fn is_control(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Break | ExprKind::Continue | ExprKind::Return(_))
}

impl Compiler<'_> {
    /// Expressions that are compiled the same way for either kind.
    fn val_only(&self, expr: &Expr) -> Code<Val> {
        if let Some(column) = self.column(expr) {
            let local = self.read(column);
            return Box::new(move |env| Ok(env.local(local).clone()));
        }
        match &expr.kind {
            ExprKind::Local(local) => {
                let local = self.read(*local);
                Box::new(move |env| Ok(env.local(local).clone()))
            }
            ExprKind::FunctionValue(function) => self.function_value(*function),
            ExprKind::Closure(lambda) => self.closure(lambda),
            ExprKind::Construct(variant, fields) => self.construct(*variant, fields, expr.ty),
            ExprKind::Tuple(parts) => self.tuple(parts),
            ExprKind::VecLiteral(items) => self.vec_literal(items),
            ExprKind::MapLiteral(pairs) => self.map_literal(pairs, expr.ty),
            ExprKind::Field(record, choices) => self.field(record, choices, expr),
            ExprKind::TupleField(tuple, index) => self.tuple_field(tuple, *index, expr.ty),
            ExprKind::Slice(bits, high, low) => self.slice_wide(bits, *high, *low, expr.ty),
            ExprKind::Cast(value) => self.cast_val(value, expr.ty),
            ExprKind::Unary(op, operand) => self.unary_val(*op, operand, expr.ty),
            ExprKind::Binary(op, left, right) => self.binary_val(*op, left, right, expr),
            ExprKind::Concat(parts) => self.concat(parts),
            ExprKind::Let(pattern, value) => self.compile_let(pattern, value),
            ExprKind::Assign(place, value) => self.assign(place, value),
            ExprKind::For(pattern, items, body) => self.compile_for(pattern, items, body),
            // Constants of their own; the rest went through `expr_kind`.
            ExprKind::Bool(_)
            | ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::String(_)
            | ExprKind::If(..)
            | ExprKind::Match(..)
            | ExprKind::Block(_)
            | ExprKind::Break
            | ExprKind::Continue
            | ExprKind::Return(_)
            | ExprKind::Call(..)
            | ExprKind::CallValue(..) => {
                let span = expr.span;
                Box::new(move |env| Err(env.trap(span, "constant does not fit its type")))
            }
        }
    }

    /// Keeps a constant alive as long as the machine.
    pub(crate) fn keep(&self, ty: TypeId, word: Word) -> Word {
        self.machine.keep(ty, word);
        word
    }
}
