//! Running a [`Transform`].

use std::rc::Rc;

use super::env::Env;
use super::pipeline::{Builder, Column, Pipeline, RowMeta};
use super::{Machine, Trap};
use crate::ir::{Local, Pattern, PatternKind, TypeId};
use crate::plan::transform::{Input, Transform};
use crate::source::Span;
use crate::value::{Row, Word};

/// A compiled [`Transform`].
pub struct TransformCode {
    machine: Rc<Machine>,
    pipeline: Pipeline,
    is_copy: bool,
    span: Span,
}

impl Machine {
    /// Compiles a transform.
    pub fn transform(self: &Rc<Self>, transform: &Transform) -> TransformCode {
        let mut builder = Builder::new(self, &transform.locals);
        for (part, input) in transform.inputs.iter().enumerate() {
            match input {
                Input::Locals(columns) => bind_columns(&mut builder, &transform.locals, part, columns),
                Input::Record { pattern, record } => bind_row(&mut builder, part, pattern, *record),
            }
        }
        for step in &transform.steps {
            builder.step(step, &transform.locals);
        }
        let pipeline = builder.finish(&transform.outputs);
        let span = transform.outputs.iter().flatten().map(|expr| expr.span).next();
        let span = span.unwrap_or(Span { file: crate::source::FileId(0), start: 0, end: 0 });
        TransformCode { machine: self.clone(), is_copy: pipeline.is_copy(), pipeline, span }
    }
}

impl TransformCode {
    /// Runs it on one match. `parts` are rows as `inputs` says; each slice that is emitted has one row per `outputs`.
    ///
    /// Rows emitted before a trap stay emitted.
    pub fn run(&self, parts: &[&[Word]], meta: RowMeta, emit: &mut dyn FnMut(&[Row])) -> Result<(), Trap> {
        if !self.pipeline.passes(parts) {
            return Ok(());
        }
        if self.is_copy {
            self.pipeline.copy(parts, emit);
            return Ok(());
        }
        let interner = self.machine.interner();
        let stack = self.pipeline.take_stack();
        let mut env = Env::new(&self.machine, &interner, stack, self.pipeline.n_locals);
        let result = self.pipeline.run(&mut env, parts, meta, emit);
        let result = result.map_err(|exit| self.pipeline.trap(&mut env, exit, self.span, parts));
        self.pipeline.put_stack(env.stack);
        result
    }
}

pub(super) fn bind_columns(
    builder: &mut Builder<'_>,
    locals: &[Local],
    part: usize,
    columns: &[Option<crate::ir::LocalId>],
) {
    for (index, local) in columns.iter().enumerate() {
        let Some(local) = local else { continue };
        if let Some(declared) = locals.get(local.0 as usize) {
            builder.bind_column(*local, Column { part, index }, declared.ty);
        }
    }
}

fn bind_row(builder: &mut Builder<'_>, part: usize, pattern: &Pattern, record: TypeId) {
    let Some(fields) = builder.compiler.machine.types().struct_fields(record) else {
        return builder.match_column(Column { part, index: 0 }, pattern);
    };
    let fields: Vec<TypeId> = fields.iter().map(|field| field.ty).collect();
    match &pattern.kind {
        PatternKind::Wildcard => {}
        PatternKind::Bind(local) => builder.bind_record(*local, part, &fields, record),
        PatternKind::At(local, inner) => {
            builder.bind_record(*local, part, &fields, record);
            bind_row(builder, part, inner, record);
        }
        PatternKind::Variant(_, patterns) => {
            for (index, pattern) in patterns.iter().enumerate() {
                builder.match_column(Column { part, index }, pattern);
            }
        }
        PatternKind::Equal(_) | PatternKind::Tuple(_) => {
            let local = builder.fresh_local();
            builder.bind_record(local, part, &fields, record);
            builder.match_record(local, pattern);
        }
    }
}
