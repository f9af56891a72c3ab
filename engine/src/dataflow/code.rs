//! Transforms ready to run: bare projections are copied word by word, the rest goes to the evaluator.

use super::index::{Epoch, Weight};
use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::eval::{Machine, ReductionCode, RowMeta, TransformCode, Trap};
use crate::ir::{Expr, ExprKind};
use crate::plan::transform::{Input, Reduction, Step, Transform};
use crate::value::{Row, Word};

/// Receives rows: a key, a value (empty if the code gives one row only) and a weight.
pub(crate) type Emit<'e> = dyn FnMut(&[Word], &[Word], Weight) + 'e;

/// A transform at work.
pub(crate) enum Code {
    /// Columns of the parts.
    Columns(Picked),
    /// Anything else.
    Evaluated(Evaluated),
}

/// Columns of the parts in the order in which key and value have them.
pub(crate) struct Picked {
    /// Part and column.
    columns: Vec<(u32, u32)>,
    /// How many of them are the key.
    key: usize,
}

/// A transform that is compiled when it first runs: most of a large program does not for a while.
pub(crate) struct Evaluated {
    machine: Rc<Machine>,
    transform: Arc<Transform>,
    code: OnceCell<TransformCode>,
}

impl Code {
    /// Gets a transform ready.
    pub(crate) fn new(machine: &Rc<Machine>, transform: &Arc<Transform>) -> Self {
        let evaluated =
            || Evaluated { machine: machine.clone(), transform: transform.clone(), code: OnceCell::new() };
        as_columns(transform).map_or_else(|| Code::Evaluated(evaluated()), Code::Columns)
    }

    /// Splits the one part into key and value columns.
    pub(crate) fn columns(key: &[usize], value: &[usize]) -> Self {
        let columns = key.iter().chain(value).map(|column| (0, *column as u32)).collect();
        Code::Columns(Picked { columns, key: key.len() })
    }

    /// Runs on the parts of one row or match.
    #[inline]
    pub(crate) fn run(
        &self,
        epoch: Epoch,
        parts: &[&[Word]],
        weight: Weight,
        emit: &mut Emit<'_>,
    ) -> Result<(), Trap> {
        match self {
            Code::Columns(picked) => {
                let columns = picked.columns.iter();
                let words: SmallVec<[Word; 16]> =
                    columns.map(|(part, column)| parts[*part as usize][*column as usize]).collect();
                let (key, value) = words.split_at(picked.key);
                emit(key, value, weight);
                Ok(())
            }
            Code::Evaluated(evaluated) => {
                evaluated.code().run(parts, RowMeta { weight, epoch }, &mut |rows| {
                    let row = |at: usize| rows.get(at).map_or(&[][..], |row| row);
                    emit(row(0), row(1), weight);
                })
            }
        }
    }
}

impl Evaluated {
    #[inline]
    fn code(&self) -> &TransformCode {
        self.code.get_or_init(|| self.machine.transform(&self.transform))
    }
}

/// What is done to a group, at work; compiled when it first runs.
pub(crate) struct GroupCode {
    machine: Rc<Machine>,
    reduction: Arc<Reduction>,
    code: OnceCell<ReductionCode>,
    key_columns: Option<usize>,
}

impl GroupCode {
    /// Gets a reduction ready; its rows are split into key and value after so many columns.
    pub(crate) fn new(machine: &Rc<Machine>, reduction: &Arc<Reduction>, key_columns: Option<usize>) -> Self {
        GroupCode {
            machine: machine.clone(),
            reduction: reduction.clone(),
            code: OnceCell::new(),
            key_columns,
        }
    }

    /// Runs on one group: its values with their weights. Gives keys and values; shows nobody anything.
    pub(crate) fn run(
        &self,
        epoch: Epoch,
        key: &[Word],
        group: &[(Word, Weight)],
        emit: &mut dyn FnMut(Row, Row),
    ) -> Result<(), Trap> {
        self.compiled().run(key, group, RowMeta { weight: RowMeta::UNSEEN, epoch }, &mut |row| {
            let split = self.key_columns.unwrap_or(row.len());
            emit(Row::from(&row[..split]), Row::from(&row[split..]));
        })
    }

    /// Whether somebody looks at what it gives.
    pub(crate) fn inspects(&self) -> bool {
        self.reduction.steps.iter().any(Step::inspects)
    }

    /// Shows whoever looks what the group gives, as coming or going.
    pub(crate) fn show(
        &self,
        epoch: Epoch,
        key: &[Word],
        group: &[(Word, Weight)],
        weight: Weight,
    ) -> Result<(), Trap> {
        self.compiled().run(key, group, RowMeta { weight, epoch }, &mut |_| {})
    }

    fn compiled(&self) -> &ReductionCode {
        self.code.get_or_init(|| self.machine.reduction(&self.reduction))
    }
}

/// Where each output column comes from, if all a transform does is to pick columns.
fn as_columns(transform: &Transform) -> Option<Picked> {
    if !transform.steps.is_empty() {
        return None;
    }
    let source = |expr: &Expr| {
        let ExprKind::Local(wanted) = expr.kind else { return None };
        transform.inputs.iter().enumerate().find_map(|(part, input)| match input {
            Input::Locals(locals) => locals
                .iter()
                .position(|local| *local == Some(wanted))
                .map(|column| (part as u32, column as u32)),
            Input::Record { .. } => None,
        })
    };
    let columns = transform.outputs.iter().take(2).flatten().map(source).collect::<Option<_>>()?;
    Some(Picked { columns, key: transform.outputs.first().map_or(0, Vec::len) })
}
