//! The plan as plain data: what is arranged by what, joined in which order, in which stratum.

use std::sync::Arc;

use super::sizes::Sizes;
use super::transform::{Reduction, Step, Transform};
use crate::ir::{RelationId, RuleId, TypeId};

/// A collection of a [`Plan`]. The first ones are the relations, under the same numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CollectionId(pub u32);

/// An arrangement of a [`Plan`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ArrangementId(pub u32);

/// A program, ready to be run.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The relations, then their delayed contents and their changes where rules read those.
    pub collections: Vec<Collection>,
    /// Every arrangement, each once however many rules read it.
    pub arrangements: Vec<Arrangement>,
    /// One per rule of the program, under the same numbers.
    pub rules: Vec<RulePlan>,
    /// One per relation: how its contents are found by record or key; none for streams and most derived relations.
    pub inputs: Vec<Option<Contents>>,
    /// One per index of the program.
    pub indexes: Vec<IndexPlan>,
    /// What the order of joins was chosen for.
    pub sizes: Sizes,
    /// Strongly connected components of relations, each after all it depends on.
    pub components: Vec<Component>,
}

/// Rows that change over time.
#[derive(Clone, Debug)]
pub struct Collection {
    /// As printed: `Edge`, `Edge-1`, `Edge'`.
    pub name: Arc<str>,
    /// What it holds.
    pub source: CollectionSource,
    /// Types of a row's columns.
    pub columns: Vec<TypeId>,
    /// Weights of what rules derive are cut down to zero or one.
    pub distinct: bool,
    /// How often a row can be there.
    pub multiplicity: Multiplicity,
    /// Columns that tell the other ones: no two rows have the same values in them. `None` if only the whole row is known
    /// to be unique, or not even that.
    pub key: Option<Vec<usize>>,
    /// Rows live for one transaction.
    pub ephemeral: bool,
}

/// How often a row of a collection can be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Multiplicity {
    /// Once, by the nature of the collection: nothing has to see to it.
    Once,
    /// Once, because weights are cut down: otherwise this could happen.
    CutDown(Repetition),
    /// As often as it is derived.
    Counted(Repetition),
}

/// Why a row may be there more than once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repetition {
    /// The relation is declared as a multiset or a stream, or it is the changes of one.
    Declared,
    /// It is part of a recursion.
    Recursion,
    /// It was not known when the program that runs before was planned.
    Before,
    /// The program has facts for an input relation.
    Facts,
    /// One rule can give it several times.
    Rule(RuleId, Repeated),
    /// Nothing tells what these two rules give apart.
    Rules(RuleId, RuleId),
}

/// Why one rule may give the same row several times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repeated {
    /// The row does not tell the values of these columns of what is read.
    Forgotten(CollectionId, Vec<usize>),
    /// It reads what may be there more than once.
    Reads(CollectionId),
    /// It takes collections apart that can hold the same element several times, or the row does not tell the element.
    Elements,
    /// Somebody sees each time it runs: its rows are kept instead of being derived again.
    Seen,
}

/// What a [`Collection`] holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CollectionSource {
    /// The contents of a relation.
    Relation(RelationId),
    /// Its contents so many transactions ago.
    Delayed(RelationId, u32),
    /// `R'` of a stream: what the newest transaction brought, as a relation.
    Changes(RelationId),
}

/// How the contents of an input relation are looked into: records must be found to be replaced or deleted.
#[derive(Clone, Debug)]
pub struct Contents {
    /// Holds every column.
    pub arrangement: ArrangementId,
    /// The primary key of a row; the arrangement is by it.
    pub primary_key: Option<Arc<Transform>>,
}

/// How an index is asked.
#[derive(Clone, Debug)]
pub struct IndexPlan {
    /// By the index's fields.
    pub arrangement: ArrangementId,
    /// From the index's fields to the arrangement's key.
    pub key: Arc<Transform>,
    /// For each column of the key, the column of the relation it is, if it is a whole one.
    pub key_columns: Vec<Option<usize>>,
    /// The relation's columns in the value.
    pub value_columns: Vec<usize>,
}

/// A collection indexed by a key, shared by all that ask for the same.
#[derive(Clone, Debug)]
pub struct Arrangement {
    /// The collection.
    pub collection: CollectionId,
    /// How a row becomes key and value.
    pub projection: Projection,
    /// Columns of the key.
    pub key_columns: usize,
    /// Read outside of recursive components: kept by the host.
    pub host: bool,
}

/// How a row becomes key and value.
#[derive(Clone, Debug)]
pub enum Projection {
    /// These columns, in this order.
    Columns {
        /// Of the key.
        key: Vec<usize>,
        /// Of the value.
        value: Vec<usize>,
    },
    /// By code that may also drop the row; gives a key and a value.
    Code(Arc<Transform>),
}

/// Relations that depend on each other, or one that does not.
#[derive(Clone, Debug)]
pub struct Component {
    /// The relations.
    pub relations: Vec<RelationId>,
    /// Rules that read none of these relations, or all rules if nothing here is recursive.
    pub rules: Vec<RuleId>,
    /// Rules that read one of these relations.
    pub recursive_rules: Vec<RuleId>,
}

impl Component {
    /// Whether a relation here depends on itself.
    pub fn is_recursive(&self) -> bool {
        !self.recursive_rules.is_empty()
    }
}

/// A rule as a chain: a source, then stages that each bring in one more collection or form groups.
#[derive(Clone, Debug)]
pub struct RulePlan {
    /// Where results go.
    pub head: RelationId,
    /// What is read first.
    pub source: Source,
    /// The clause of the rule that reads the source; none if it starts from nothing.
    pub clause: Option<usize>,
    /// From the source's row to the first stage's key and value, or to the head's row if there is no stage.
    pub first: Arc<Transform>,
    /// In order.
    pub stages: Vec<Stage>,
    /// Results live for one transaction.
    pub ephemeral: bool,
}

/// Where a rule starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// One empty row, once, when the program starts.
    Once,
    /// A collection's rows.
    Collection(CollectionId),
}

/// A step of a rule that needs state.
#[derive(Clone, Debug)]
pub struct Stage {
    /// How what came so far is kept.
    pub left: Left,
    /// What is done with it.
    pub op: Op,
    /// The clause of the rule that this is.
    pub clause: Option<usize>,
}

/// How the rows that came so far are kept for when the other side changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// They are an arrangement that others share; the transform before is not run.
    Shared(ArrangementId),
    /// In an arrangement of this stage.
    Private,
    /// Not at all: they live for one transaction.
    Ephemeral,
}

/// What a stage does.
#[derive(Clone, Debug)]
pub enum Op {
    /// Every pair of equal key. Parts: key, left value, right value.
    Join {
        /// The other side.
        right: ArrangementId,
        /// To the next stage's key and value, or the head's row.
        then: Arc<Transform>,
    },
    /// Rows whose key the other side has: how often does not matter. Parts: key, left value.
    Semijoin {
        /// The other side: keys with how often they occur, never less than zero times.
        right: ArrangementId,
        /// To the next stage's key and value, or the head's row.
        then: Arc<Transform>,
    },
    /// Rows whose key the other side does not have. Parts: key, left value.
    Antijoin {
        /// The other side: keys with how often they occur.
        right: ArrangementId,
        /// To the next stage's key and value, or the head's row.
        then: Arc<Transform>,
    },
    /// One group per key.
    Reduce {
        /// What is done to the group; gives key and value of the next stage in one row, or the head's row.
        reduction: Arc<Reduction>,
        /// Columns of the next stage's key; `None` if there is no next stage.
        key_columns: Option<usize>,
    },
}

impl Stage {
    /// The arrangement on its left, if others share it.
    pub(crate) fn shared_left(&self) -> Option<ArrangementId> {
        match self.left {
            Left::Shared(arrangement) => Some(arrangement),
            Left::Private | Left::Ephemeral => None,
        }
    }

    /// The arrangement on its right.
    pub(crate) fn right(&self) -> Option<ArrangementId> {
        match &self.op {
            Op::Join { right, .. } | Op::Semijoin { right, .. } | Op::Antijoin { right, .. } => Some(*right),
            Op::Reduce { .. } => None,
        }
    }
}

impl Op {
    /// Whether somebody looks at what comes out.
    pub(crate) fn inspects(&self) -> bool {
        match self {
            Op::Join { then, .. } | Op::Antijoin { then, .. } | Op::Semijoin { then, .. } => {
                then.steps.iter().any(Step::inspects)
            }
            Op::Reduce { reduction, .. } => reduction.steps.iter().any(Step::inspects),
        }
    }
}

impl CollectionSource {
    /// The relation whose contents, past contents or changes these are.
    pub fn relation(self) -> RelationId {
        match self {
            CollectionSource::Relation(relation)
            | CollectionSource::Delayed(relation, _)
            | CollectionSource::Changes(relation) => relation,
        }
    }
}

impl Multiplicity {
    /// Whether no row is there more than once.
    pub fn is_once(&self) -> bool {
        !matches!(self, Multiplicity::Counted(_))
    }
}

impl Plan {
    /// A collection by its number.
    pub fn collection(&self, id: CollectionId) -> &Collection {
        &self.collections[id.0 as usize]
    }

    /// An arrangement by its number.
    pub fn arrangement(&self, id: ArrangementId) -> &Arrangement {
        &self.arrangements[id.0 as usize]
    }

    /// The plan of a rule.
    pub fn rule(&self, id: RuleId) -> &RulePlan {
        &self.rules[id.0 as usize]
    }
}

impl RulePlan {
    /// Columns of the key of the rows that arrive at a stage; `None` if none do, because its left side is an arrangement
    /// that others share.
    pub fn arriving_key(&self, stage: usize) -> Option<usize> {
        if let Left::Shared(_) = self.stages.get(stage)?.left {
            return None;
        }
        let key = |transform: &Transform| transform.outputs.first().map_or(0, Vec::len);
        Some(match stage.checked_sub(1).map(|before| &self.stages[before].op) {
            None => key(&self.first),
            Some(Op::Join { then, .. } | Op::Semijoin { then, .. } | Op::Antijoin { then, .. }) => key(then),
            Some(Op::Reduce { key_columns, .. }) => key_columns.unwrap_or(0),
        })
    }

    /// The collections it reads, in order, with repetitions.
    pub fn reads<'a>(&'a self, plan: &'a Plan) -> impl Iterator<Item = CollectionId> + 'a {
        let source = match self.source {
            Source::Once => None,
            Source::Collection(id) => Some(id),
        };
        let rights = self.stages.iter().filter_map(Stage::right);
        source.into_iter().chain(rights.map(|right| plan.arrangement(right).collection))
    }

    /// The arrangements it reads, in order, with repetitions.
    pub(crate) fn arrangements(&self) -> impl Iterator<Item = ArrangementId> {
        self.stages.iter().flat_map(|stage| stage.shared_left().into_iter().chain(stage.right()))
    }
}
