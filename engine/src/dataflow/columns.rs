//! What the words of rows at rest are, column by column: whoever gives memory back must know what is still in use.

use super::reader::{AsOf, Reader};
use crate::ir::{Expr, Type, TypeId, TypeTable};
use crate::plan::transform::{Reduction, Transform};
use crate::plan::{Op, Projection, RulePlan};
use crate::value::{Interner, Marks, Word};

/// Types of the columns of keys and values of an index, for those words that the interner gave.
#[derive(Clone, Debug, Default)]
pub(crate) struct Columns {
    key: Vec<(usize, TypeId)>,
    value: Vec<(usize, TypeId)>,
}

/// What marks are set with.
pub(crate) struct Marking<'a> {
    pub(crate) interner: &'a Interner,
    pub(crate) types: &'a TypeTable,
    pub(crate) marks: &'a mut Marks,
}

impl Columns {
    /// Of rows with these types.
    pub(crate) fn new(
        types: &TypeTable,
        key: impl IntoIterator<Item = TypeId>,
        value: impl IntoIterator<Item = TypeId>,
    ) -> Self {
        let interned = |columns: &mut dyn Iterator<Item = TypeId>| {
            columns.enumerate().filter(|(_, ty)| may_be_interned(types, *ty)).collect()
        };
        Columns { key: interned(&mut key.into_iter()), value: interned(&mut value.into_iter()) }
    }

    /// Of what a transform gives.
    pub(crate) fn of_transform(types: &TypeTable, transform: &Transform) -> Self {
        let row = |index: usize| transform.outputs.get(index).map_or(&[][..], Vec::as_slice).iter().map(of);
        Columns::new(types, row(0), row(1))
    }

    /// Of an arrangement of rows with these columns.
    pub(crate) fn of_projection(types: &TypeTable, columns: &[TypeId], projection: &Projection) -> Self {
        match projection {
            Projection::Columns { key, value } => {
                Columns::new(types, key.iter().map(|c| columns[*c]), value.iter().map(|c| columns[*c]))
            }
            Projection::Code(transform) => Columns::of_transform(types, transform),
        }
    }

    /// Of the results of groups: the value is a number and then the row.
    pub(crate) fn of_results(types: &TypeTable, reduction: &Reduction) -> Self {
        let key = reduction.key.iter().map(|local| reduction.locals[local.0 as usize].ty);
        let mut columns = Columns::new(types, key, reduction.output.iter().map(of));
        columns.value.iter_mut().for_each(|(column, _)| *column += 1);
        columns
    }

    /// Of the rows that arrive at each stage of a rule.
    pub(crate) fn of_stages(types: &TypeTable, rule: &RulePlan) -> Vec<Self> {
        let mut arriving = Columns::of_transform(types, &rule.first);
        let mut all = Vec::new();
        for stage in &rule.stages {
            let next = match &stage.op {
                Op::Join { then, .. } | Op::Antijoin { then, .. } | Op::Semijoin { then, .. } => {
                    Columns::of_transform(types, then)
                }
                Op::Reduce { reduction, key_columns } => {
                    let outputs: Vec<TypeId> = reduction.output.iter().map(of).collect();
                    let (key, value) = outputs.split_at(key_columns.unwrap_or(outputs.len()));
                    Columns::new(types, key.iter().copied(), value.iter().copied())
                }
            };
            all.push(std::mem::replace(&mut arriving, next));
        }
        all
    }

    /// Whether no word here was given by the interner.
    pub(crate) fn is_empty(&self) -> bool {
        self.key.is_empty() && self.value.is_empty()
    }

    /// Marks every value in an index.
    pub(crate) fn mark(&self, marking: &mut Marking<'_>, mut rows: Reader) {
        if !self.is_empty() {
            rows.all(AsOf::Now, |key, value, _| self.mark_row(marking, key, value));
        }
    }

    /// Marks the values of one row.
    pub(crate) fn mark_row(&self, marking: &mut Marking<'_>, key: &[Word], value: &[Word]) {
        let Marking { interner, types, marks } = marking;
        for (columns, words) in [(&self.key, key), (&self.value, value)] {
            for (column, ty) in columns {
                if let Some(word) = words.get(*column) {
                    marks.mark(interner, types, *ty, *word);
                }
            }
        }
    }
}

fn of(expr: &Expr) -> TypeId {
    expr.ty
}

fn may_be_interned(types: &TypeTable, ty: TypeId) -> bool {
    !matches!(types.ty(types.strip(ty)), Type::Bool | Type::Bit(..=32) | Type::Signed(..=32) | Type::Float)
}
