//! The common part of transforms and reductions: tests on words, then steps, then rows.
//!
//! Most rows are only joined and copied. So what can be said of words is done on words, in [`Test`]s and column
//! copies; only columns that code looks at are loaded as values.

use std::cell::RefCell;

use super::Trap;
use super::compile::{Code, Compiler, Each, PatternCode};
use super::env::{Env, Eval, Exit};
use super::repr::{Load, store};
use super::val::Val;
use super::variables::Variables;
use crate::ir::{BinaryOp, Expr, ExprKind, Local, LocalId, Pattern, PatternKind, Type, TypeId};
use crate::plan::transform::Step;
use crate::source::Span;
use crate::value::{Row, Word};

/// What goes with a row but is not in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowMeta {
    /// How often the row occurs; negative for a removal.
    pub weight: i64,
    /// The transaction.
    pub epoch: u64,
}

impl RowMeta {
    /// The weight of a row that nobody is to look at.
    pub const UNSEEN: i64 = 0;
}

/// A column of an incoming part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) part: usize,
    pub(super) index: usize,
}

/// A test that needs no value.
#[derive(Debug)]
enum Test {
    Constant(Column, Word, Wanted),
    Columns(Column, Column, Wanted),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Equal,
    Different,
}

/// Something done to a row in order.
enum Op {
    /// A column's value, or the record made of them, against a pattern.
    Column(LocalId, PatternCode),
    Filter(Code<u64>),
    Match(PatternCode, Code<Val>),
    /// As `Match` with a pattern that is only a variable.
    Set(LocalId, Code<Val>),
    FlatMap(Each, Code<Val>, Span),
    Inspect {
        body: Code<()>,
        weight: Option<LocalId>,
        timestamp: Option<(LocalId, Timestamp)>,
    },
}

/// How a program sees the epoch.
#[derive(Clone, Copy)]
enum Timestamp {
    Number,
    /// With the round of the innermost recursion, which is not told apart here.
    Nested,
}

/// A column of an outgoing row.
enum Out {
    Copy(Column),
    Constant(Word),
    Int(Code<u64>, Load),
    Val(Code<Val>, TypeId, Span),
}

/// Compiled steps.
pub(super) struct Pipeline {
    tests: Vec<Test>,
    /// Columns to be loaded before the steps.
    loads: Vec<(LocalId, Column, Load)>,
    /// Whole records to be built from loaded columns.
    records: Vec<(LocalId, Vec<LocalId>)>,
    ops: Vec<Op>,
    outputs: Vec<Vec<Out>>,
    pub(super) n_locals: usize,
    /// For failures: not worth its room in each pipeline.
    variables: Box<Variables>,
    /// Memory of the last run.
    scratch: RefCell<(Vec<Val>, Vec<Row>)>,
}

/// Collects a pipeline.
pub(super) struct Builder<'a> {
    pub(super) compiler: Compiler<'a>,
    n_locals: u32,
    columns: Vec<(LocalId, Column, TypeId)>,
    tests: Vec<Test>,
    ops: Vec<Op>,
    variables: Variables,
    locals: &'a [Local],
}

impl<'a> Builder<'a> {
    pub(super) fn new(machine: &'a super::Machine, locals: &'a [Local]) -> Self {
        Builder {
            compiler: Compiler::new(machine, locals),
            n_locals: locals.len() as u32,
            columns: Vec::new(),
            tests: Vec::new(),
            ops: Vec::new(),
            variables: Variables::default(),
            locals,
        }
    }

    /// Says that a variable is a column.
    pub(super) fn bind_column(&mut self, local: LocalId, column: Column, ty: TypeId) {
        let holder = self.holder(column, ty);
        self.variables.column(self.locals, local, column);
        self.compiler.columns.aliases.insert(local, holder);
    }

    /// Says that a variable is a whole row of a relation with fields.
    pub(super) fn bind_record(&mut self, local: LocalId, part: usize, fields: &[TypeId], record: TypeId) {
        self.variables.record(self.locals, local, part, record);
        let holders: Vec<LocalId> =
            fields.iter().enumerate().map(|(index, ty)| self.holder(Column { part, index }, *ty)).collect();
        self.compiler.columns.records.insert(local, holders);
    }

    /// Matches a column with a pattern.
    pub(super) fn match_column(&mut self, column: Column, pattern: &Pattern) {
        match &pattern.kind {
            PatternKind::Wildcard => {}
            PatternKind::Bind(local) => self.bind_column(*local, column, pattern.ty),
            PatternKind::At(local, inner) => {
                self.bind_column(*local, column, pattern.ty);
                self.match_column(column, inner);
            }
            PatternKind::Equal(expr) => {
                if let Some(word) = self.compiler.constant(expr) {
                    self.tests.push(Test::Constant(column, word, Wanted::Equal));
                } else if let Some(other) = self.column_of(expr) {
                    self.tests.push(Test::Columns(column, other, Wanted::Equal));
                } else {
                    self.match_loaded(column, pattern);
                }
            }
            PatternKind::Tuple(_) | PatternKind::Variant(..) => self.match_loaded(column, pattern),
        }
    }

    /// Matches a whole row of a relation with fields with a pattern that does not take it apart.
    pub(super) fn match_record(&mut self, local: LocalId, pattern: &Pattern) {
        self.variables.pattern(self.locals, pattern, self.ops.len());
        let pattern = self.compiler.pattern(pattern);
        let local = self.compiler.read(local);
        self.ops.push(Op::Column(local, pattern));
    }

    /// Says that a variable is set before the steps.
    pub(super) fn bind_given(&mut self, local: LocalId) {
        self.variables.given(self.locals, local);
    }

    /// A variable nobody else uses.
    pub(super) fn fresh_local(&mut self) -> LocalId {
        self.n_locals += 1;
        LocalId(self.n_locals - 1)
    }

    pub(super) fn step(&mut self, step: &Step, locals: &[Local]) {
        match step {
            Step::Filter(condition) => match self.word_test(condition) {
                Some(test) if !self.has_effects() => self.tests.push(test),
                Some(_) | None => self.ops.push(Op::Filter(self.compiler.int(condition))),
            },
            Step::Match(pattern, value) => self.match_step(pattern, value),
            Step::FlatMap(pattern, items) => {
                let each = self.compiler.each(pattern, items.ty);
                self.variables.pattern(locals, pattern, self.ops.len());
                self.ops.push(Op::FlatMap(each, self.compiler.val(items), items.span));
            }
            Step::Inspect { body, weight, timestamp } => {
                let timestamp = timestamp.map(|local| {
                    let types = self.compiler.machine.types();
                    let ty = locals.get(local.0 as usize).map(|local| types.ty(types.strip(local.ty)));
                    let is_nested = matches!(ty, Some(Type::Union(_) | Type::Tuple(_)));
                    (local, if is_nested { Timestamp::Nested } else { Timestamp::Number })
                });
                self.ops.push(Op::Inspect { body: self.compiler.effect(body), weight: *weight, timestamp });
            }
        }
    }

    pub(super) fn finish(self, outputs: &[Vec<Expr>]) -> Pipeline {
        let outputs: Vec<Vec<Out>> =
            outputs.iter().map(|row| row.iter().map(|expr| self.out(expr)).collect()).collect();
        let compiler = &self.compiler;
        let mut records = Vec::new();
        for (local, holders) in &compiler.columns.records {
            if compiler.is_used(*local) {
                holders.iter().for_each(|holder| {
                    compiler.read(*holder);
                });
                records.push((*local, holders.clone()));
            }
        }
        let loads = self.columns.iter().filter(|(local, ..)| compiler.is_used(*local));
        let loads = loads.map(|(local, column, ty)| (*local, *column, compiler.load(*ty))).collect();
        Pipeline {
            tests: self.tests,
            loads,
            records,
            ops: self.ops,
            outputs,
            n_locals: self.n_locals as usize,
            variables: Box::new(self.variables),
            scratch: RefCell::default(),
        }
    }

    /// The variable that holds a column once it is loaded.
    fn holder(&mut self, column: Column, ty: TypeId) -> LocalId {
        if let Some((local, ..)) = self.columns.iter().find(|(_, known, _)| *known == column) {
            return *local;
        }
        let local = self.fresh_local();
        self.columns.push((local, column, ty));
        local
    }

    /// The column an expression only names.
    fn column_of(&self, expr: &Expr) -> Option<Column> {
        let holder = self.compiler.column(expr)?;
        self.columns.iter().find(|(local, ..)| *local == holder).map(|(_, column, _)| *column)
    }

    fn match_loaded(&mut self, column: Column, pattern: &Pattern) {
        let holder = self.holder(column, pattern.ty);
        self.variables.pattern(self.locals, pattern, self.ops.len());
        let code = self.compiler.pattern(pattern);
        let holder = self.compiler.read(holder);
        self.ops.push(Op::Column(holder, code));
    }

    /// Whether a step before has effects that tests, which are done before all steps, must not take away.
    fn has_effects(&self) -> bool {
        self.ops.iter().any(|op| matches!(op, Op::Inspect { .. }))
    }

    fn match_step(&mut self, pattern: &Pattern, value: &Expr) {
        let column = self.column_of(value);
        match (column, &pattern.kind) {
            (Some(column), PatternKind::Bind(_)) => return self.match_column(column, pattern),
            (Some(column), _) if !self.has_effects() => return self.match_column(column, pattern),
            _ => {}
        }
        self.variables.pattern(self.locals, pattern, self.ops.len());
        if let PatternKind::Bind(local) = pattern.kind {
            return self.ops.push(Op::Set(local, self.compiler.val(value)));
        }
        let value = self.compiler.val(value);
        self.ops.push(Op::Match(self.compiler.pattern(pattern), value));
    }

    /// A condition that words answer: equality of columns, or of a column and a constant.
    fn word_test(&self, condition: &Expr) -> Option<Test> {
        let ExprKind::Binary(op, left, right) = &condition.kind else { return None };
        let wanted = match op {
            BinaryOp::Eq => Wanted::Equal,
            BinaryOp::Ne => Wanted::Different,
            _ => return None,
        };
        match (self.column_of(left), self.column_of(right)) {
            (Some(left), Some(right)) => Some(Test::Columns(left, right, wanted)),
            (Some(column), None) => {
                self.compiler.constant(right).map(|word| Test::Constant(column, word, wanted))
            }
            (None, Some(column)) => {
                self.compiler.constant(left).map(|word| Test::Constant(column, word, wanted))
            }
            (None, None) => None,
        }
    }

    fn out(&self, expr: &Expr) -> Out {
        if let Some(column) = self.column_of(expr) {
            return Out::Copy(column);
        }
        if let Some(word) = self.compiler.constant(expr) {
            return Out::Constant(word);
        }
        let load = self.compiler.load(expr.ty);
        if load.is_int() {
            return Out::Int(self.compiler.int(expr), load);
        }
        Out::Val(self.compiler.val(expr), expr.ty, expr.span)
    }
}

impl Pipeline {
    /// Whether the tests on words let a match through.
    #[inline]
    pub(super) fn passes(&self, parts: &[&[Word]]) -> bool {
        self.tests.iter().all(|test| match test {
            Test::Constant(column, word, wanted) => {
                (column.word(parts) == *word) == (*wanted == Wanted::Equal)
            }
            Test::Columns(left, right, wanted) => {
                (left.word(parts) == right.word(parts)) == (*wanted == Wanted::Equal)
            }
        })
    }

    /// Whether there is nothing to evaluate: rows are made of columns and constants.
    pub(super) fn is_copy(&self) -> bool {
        self.ops.is_empty()
            && self.outputs.iter().flatten().all(|out| matches!(out, Out::Copy(_) | Out::Constant(_)))
    }

    /// The rows of a pipeline that [`Self::is_copy`].
    pub(super) fn copy(&self, parts: &[&[Word]], emit: &mut dyn FnMut(&[Row])) {
        let mut rows = std::mem::take(&mut self.scratch.borrow_mut().1);
        rows.clear();
        rows.extend(self.outputs.iter().map(|row| {
            row.iter()
                .map(|out| match out {
                    Out::Copy(column) => column.word(parts),
                    Out::Constant(word) => *word,
                    Out::Int(..) | Out::Val(..) => 0,
                })
                .collect::<Row>()
        }));
        emit(&rows);
        self.scratch.borrow_mut().1 = rows;
    }

    /// Memory for a run; to be given back with [`Self::put_stack`].
    pub(super) fn take_stack(&self) -> Vec<Val> {
        std::mem::take(&mut self.scratch.borrow_mut().0)
    }

    pub(super) fn put_stack(&self, stack: Vec<Val>) {
        self.scratch.borrow_mut().0 = stack;
    }

    /// Loads columns, runs the steps, emits rows.
    pub(super) fn run(
        &self,
        env: &mut Env<'_>,
        parts: &[&[Word]],
        meta: RowMeta,
        emit: &mut dyn FnMut(&[Row]),
    ) -> Eval<()> {
        for (local, column, load) in &self.loads {
            let val = load.val(env.interner, column.word(parts));
            env.set(*local, val);
        }
        for (local, fields) in &self.records {
            let record = Val::tuple(fields.iter().map(|field| env.local(*field).clone()));
            env.set(*local, record);
        }
        self.run_from(0, env, parts, meta, emit)
    }

    fn run_from(
        &self,
        first: usize,
        env: &mut Env<'_>,
        parts: &[&[Word]],
        meta: RowMeta,
        emit: &mut dyn FnMut(&[Row]),
    ) -> Eval<()> {
        for (i, op) in self.ops.iter().enumerate().skip(first) {
            env.step = i;
            let goes_on = match op {
                Op::Column(local, pattern) => {
                    let val = env.local(*local).clone();
                    pattern.matches(env, &val)?
                }
                Op::Filter(condition) => condition(env)? != 0,
                Op::Match(pattern, value) => {
                    let val = value(env)?;
                    pattern.matches(env, &val)?
                }
                Op::Set(local, value) => {
                    let val = value(env)?;
                    env.set(*local, val);
                    true
                }
                Op::FlatMap(each, items, span) => {
                    let items = items(env)?;
                    let elements = each.start(env, items);
                    for element in 0..elements.len() {
                        env.pulse(*span)?;
                        if each.bind(env, &elements, element)? {
                            self.run_from(i + 1, env, parts, meta, emit)?;
                        }
                    }
                    return Ok(());
                }
                Op::Inspect { .. } if meta.weight == RowMeta::UNSEEN => true,
                Op::Inspect { body, weight, timestamp } => {
                    if let Some(weight) = weight {
                        env.set(*weight, Val::Int(meta.weight as u64));
                    }
                    match timestamp {
                        Some((local, Timestamp::Number)) => env.set(*local, Val::Int(meta.epoch)),
                        Some((local, Timestamp::Nested)) => {
                            env.set(*local, Val::tuple([Val::Int(meta.epoch), Val::Int(0)]));
                        }
                        None => {}
                    }
                    body(env)?;
                    true
                }
            };
            if !goes_on {
                return Ok(());
            }
        }
        env.step = self.ops.len();
        self.emit(env, parts, emit)
    }

    /// Why a run ended early, with what its variables held.
    #[cold]
    pub(super) fn trap(&self, env: &mut Env<'_>, exit: Exit, span: Span, parts: &[&[Word]]) -> Trap {
        let mut trap = env.take_trap(exit, span);
        trap.variables = self.variables.values(env, parts, env.step);
        trap
    }

    fn emit(&self, env: &mut Env<'_>, parts: &[&[Word]], emit: &mut dyn FnMut(&[Row])) -> Eval<()> {
        let mut rows = std::mem::take(&mut self.scratch.borrow_mut().1);
        rows.clear();
        for outputs in &self.outputs {
            let mut row = Row::default();
            for out in outputs {
                row.0.push(out.word(env, parts)?);
            }
            rows.push(row);
        }
        emit(&rows);
        self.scratch.borrow_mut().1 = rows;
        Ok(())
    }
}

impl Out {
    fn word(&self, env: &mut Env<'_>, parts: &[&[Word]]) -> Eval<Word> {
        match self {
            Out::Copy(column) => Ok(column.word(parts)),
            Out::Constant(word) => Ok(*word),
            Out::Int(code, load) => Ok(load.int_word(env.interner, code(env)?)),
            Out::Val(code, ty, span) => {
                let val = code(env)?;
                store(env.interner, env.types, *ty, &val).map_err(|error| env.trap(*span, error.to_string()))
            }
        }
    }
}

impl Column {
    #[inline]
    pub(super) fn word(self, parts: &[&[Word]]) -> Word {
        parts.get(self.part).and_then(|part| part.get(self.index)).copied().unwrap_or_default()
    }
}
