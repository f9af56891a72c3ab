//! What the words of rows on their way are, so that they can be said to another process.

use std::cell::RefCell;
use std::sync::Arc;

use super::parcel::Channel;
use crate::ir::{Expr, Program, TypeId, TypeTable};
use crate::plan::transform::Transform;
use crate::plan::{Op, Plan, Projection, RulePlan};
use crate::value::shape::{Shape, shape};
use crate::value::{Interner, StableHashes, Word, mix};

/// Types of columns; none for plain numbers. Further columns are plain numbers too.
pub(super) type Columns = Vec<Option<TypeId>>;

/// The types of everything that workers exchange under one program.
pub(crate) struct Dialect {
    program: Arc<Program>,
    collections: Vec<Columns>,
    arrangements: Vec<Columns>,
    /// By rule and stage.
    stages: Vec<Vec<Columns>>,
    /// By relation: its primary key.
    keys: Vec<Columns>,
    /// By relation.
    updates: Vec<Columns>,
}

/// A dialect, and the words that this process has for values.
pub(super) struct Tongue {
    pub(super) dialect: Arc<Dialect>,
    pub(super) interner: Arc<Interner>,
    hashes: RefCell<StableHashes>,
}

impl Dialect {
    pub(crate) fn new(program: &Arc<Program>, plan: &Plan) -> Self {
        let types = &program.types;
        let columns = |columns: &[TypeId]| of_types(types, columns.iter().copied());
        let arrangement = |arrangement: &crate::plan::Arrangement| match &arrangement.projection {
            Projection::Columns { key, value } => {
                let columns = &plan.collection(arrangement.collection).columns;
                of_types(types, key.iter().chain(value).map(|column| columns[*column]))
            }
            Projection::Code(transform) => of_transform(types, transform),
        };
        let keys: Vec<Columns> = program
            .relations
            .iter()
            .map(|relation| of_types(types, relation.primary_key.iter().map(|primary| primary.key.ty)))
            .collect();
        let collections: Vec<Columns> =
            plan.collections.iter().map(|collection| columns(&collection.columns)).collect();
        // The number and the kind of the update, the key, the record.
        let update = |(keys, record): (&Columns, &Columns)| -> Columns {
            let key = keys.first().copied().flatten();
            [None, None, key].into_iter().chain(record.iter().copied()).collect()
        };
        Dialect {
            program: program.clone(),
            updates: keys.iter().zip(&collections).map(update).collect(),
            keys,
            collections,
            arrangements: plan.arrangements.iter().map(arrangement).collect(),
            stages: plan.rules.iter().map(|rule| of_stages(types, rule)).collect(),
        }
    }

    pub(super) fn types(&self) -> &TypeTable {
        &self.program.types
    }

    /// The types of the columns of rows.
    pub(super) fn columns(&self, channel: Channel) -> &[Option<TypeId>] {
        let columns = match channel {
            Channel::Collection(id) => self.collections.get(id.0 as usize),
            Channel::Derived(id) => self.collections.get(id.0 as usize),
            Channel::Arrangement(id) => self.arrangements.get(id.0 as usize),
            Channel::Stage(id, place) => self.stages.get(id.0 as usize).and_then(|rule| rule.get(place)),
            Channel::Update(id) => self.updates.get(id.0 as usize),
            Channel::Key(id) => self.keys.get(id.0 as usize),
            Channel::Whole(_) | Channel::Numbers(_) => None,
        };
        columns.map_or(&[], Vec::as_slice)
    }
}

impl Tongue {
    pub(super) fn new(dialect: Arc<Dialect>, interner: Arc<Interner>) -> Self {
        Tongue { dialect, interner, hashes: RefCell::default() }
    }

    /// The hash of words that are values of these types: the same in every process.
    pub(super) fn hash(&self, types: &[Option<TypeId>], words: &[Word]) -> u64 {
        let mut hashes = self.hashes.borrow_mut();
        let types = types.iter().copied().chain(std::iter::repeat(None));
        words.iter().zip(types).fold(0, |hash, (word, ty)| {
            let value = match ty {
                None => u64::from(*word),
                Some(ty) => hashes.of(&self.interner, self.dialect.types(), ty, *word),
            };
            mix(hash, value)
        })
    }

    /// The interner is another one now, in which words may stand for other values.
    pub(super) fn replace_interner(&mut self, interner: Arc<Interner>) {
        self.interner = interner;
        self.hashes.borrow_mut().clear();
    }
}

fn of_types(types: &TypeTable, columns: impl Iterator<Item = TypeId>) -> Columns {
    columns.map(|ty| (!is_plain(types, ty)).then_some(ty)).collect()
}

fn of_exprs<'e>(types: &TypeTable, exprs: impl Iterator<Item = &'e Expr>) -> Columns {
    of_types(types, exprs.map(|expr| expr.ty))
}

fn of_transform(types: &TypeTable, transform: &Transform) -> Columns {
    of_exprs(types, transform.outputs.iter().flatten())
}

/// Of the rows that arrive at each stage of a rule.
fn of_stages(types: &TypeTable, rule: &RulePlan) -> Vec<Columns> {
    let mut arriving = of_transform(types, &rule.first);
    let mut all = Vec::new();
    for stage in &rule.stages {
        let next = match &stage.op {
            Op::Join { then, .. } | Op::Antijoin { then, .. } | Op::Semijoin { then, .. } => {
                of_transform(types, then)
            }
            Op::Reduce { reduction, .. } => of_exprs(types, reduction.output.iter()),
        };
        all.push(std::mem::replace(&mut arriving, next));
    }
    all
}

/// Whether the words of a type are the same in every process.
fn is_plain(types: &TypeTable, ty: TypeId) -> bool {
    matches!(
        shape(types, ty),
        Shape::Bool | Shape::Float | Shape::Never | Shape::Bit(..=32) | Shape::Signed(..=32)
    )
}
