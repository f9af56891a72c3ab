//! Running a [`Reduction`].

use std::rc::Rc;

use super::env::Env;
use super::pipeline::{Builder, Pipeline, RowMeta};
use super::repr::Load;
use super::transform::bind_columns;
use super::val::{GroupVal, Val};
use super::{Machine, Trap};
use crate::ir::{LocalId, TypeId};
use crate::plan::transform::Reduction;
use crate::source::{FileId, Span};
use crate::value::{Row, Word};

/// A compiled [`Reduction`].
pub struct ReductionCode {
    machine: Rc<Machine>,
    pipeline: Pipeline,
    group: LocalId,
    key: Vec<TypeId>,
    key_is_tuple: bool,
    span: Span,
}

impl Machine {
    /// Compiles a reduction.
    pub fn reduction(self: &Rc<Self>, reduction: &Reduction) -> ReductionCode {
        let mut builder = Builder::new(self, &reduction.locals);
        let columns: Vec<Option<LocalId>> = reduction.key.iter().copied().map(Some).collect();
        bind_columns(&mut builder, &reduction.locals, 0, &columns);
        builder.bind_given(reduction.group);
        for step in &reduction.steps {
            builder.step(step, &reduction.locals);
        }
        let pipeline = builder.finish(std::slice::from_ref(&reduction.output));
        let types = self.types();
        let local_type = |local: &LocalId| reduction.locals.get(local.0 as usize).map(|local| local.ty);
        let span = reduction.output.first().map(|expr| expr.span);
        ReductionCode {
            machine: self.clone(),
            pipeline,
            group: reduction.group,
            key: reduction.key.iter().filter_map(local_type).collect(),
            key_is_tuple: reduction.key_is_tuple(types),
            span: span.unwrap_or(Span { file: FileId(0), start: 0, end: 0 }),
        }
    }
}

impl ReductionCode {
    /// Runs it on one group: the key's columns, and the distinct values with their weights, in any order.
    pub fn run(
        &self,
        key: &[Word],
        values: &[(Word, i64)],
        meta: RowMeta,
        emit: &mut dyn FnMut(Row),
    ) -> Result<(), Trap> {
        let parts = [key];
        if !self.pipeline.passes(&parts) {
            return Ok(());
        }
        let interner = self.machine.interner();
        let stack = self.pipeline.take_stack();
        let mut env = Env::new(&self.machine, &interner, stack, self.pipeline.n_locals);
        let types = self.machine.types();
        let mut fields =
            self.key.iter().zip(key).map(|(ty, word)| Load::of(types, *ty).val(&interner, *word));
        let key = match self.key_is_tuple {
            true if self.key.is_empty() => Val::ZERO,
            true => Val::tuple(fields),
            false => fields.next().unwrap_or_default(),
        };
        env.set(self.group, Val::Group(Rc::new(GroupVal::new(key, values.into()))));
        let result = self.pipeline.run(&mut env, &parts, meta, &mut |rows| {
            rows.iter().for_each(|row| emit(row.clone()));
        });
        let result = result.map_err(|exit| self.pipeline.trap(&mut env, exit, self.span, &parts));
        self.pipeline.put_stack(env.stack);
        result
    }
}
