//! Relations and rules.

use std::sync::Arc;

use super::{Expr, Local, LocalId, Pattern, TypeId};
use crate::source::Span;
pub use crate::syntax::ast::{RelationRole, RelationSemantics};

/// A relation of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RelationId(pub u32);

/// A rule of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleId(pub u32);

/// A relation.
#[derive(Clone, Debug)]
pub struct Relation {
    /// Full name as used in input and output: `nb::Logical_Switch`, `Flow`.
    pub name: Arc<str>,
    /// Input, output, internal.
    pub role: RelationRole,
    /// Set, multiset, stream.
    pub semantics: RelationSemantics,
    /// Type of a record.
    pub record: TypeId,
    /// Primary key, for inputs.
    pub primary_key: Option<PrimaryKey>,
    /// Declaration.
    pub span: Span,
}

/// `primary key (x) e`.
#[derive(Clone, Debug)]
pub struct PrimaryKey {
    /// Frame; the record is local 0.
    pub locals: Vec<Local>,
    /// The key; its type is the key's.
    pub key: Expr,
}

/// `index I(a: T, ..) on R(pattern)`: asked with values for `fields`, answers the matching records.
#[derive(Clone, Debug)]
pub struct Index {
    /// Full name.
    pub name: Arc<str>,
    /// The relation.
    pub relation: RelationId,
    /// Frame; the first `fields` are the index's fields.
    pub locals: Vec<Local>,
    /// How many.
    pub fields: u32,
    /// Binds every field.
    pub pattern: Pattern,
    /// Place.
    pub span: Span,
}

/// A rule: one head, any number of clauses, evaluated left to right.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Head.
    pub head: Head,
    /// Body.
    pub body: Vec<Clause>,
    /// Frame.
    pub locals: Vec<Local>,
    /// The rule as written (for a rule of several heads: all of it).
    pub span: Span,
}

/// Where a rule's results go.
#[derive(Clone, Debug)]
pub struct Head {
    /// The relation.
    pub relation: RelationId,
    /// The whole record (for a relation with fields: a `Construct` of its struct).
    pub record: Expr,
    /// Place.
    pub span: Span,
}

/// A clause.
#[derive(Clone, Debug)]
pub struct Clause {
    /// What it is.
    pub kind: ClauseKind,
    /// Place.
    pub span: Span,
}

/// Kinds of clauses.
#[derive(Clone, Debug)]
pub enum ClauseKind {
    /// Records of a relation that match.
    Atom {
        /// The relation.
        relation: RelationId,
        /// Matched against the whole record. Variables bound by earlier clauses appear as `Equal`, new ones as `Bind`.
        pattern: Pattern,
        /// `R-N`.
        delay: u32,
        /// `R'`.
        differential: bool,
    },
    /// No record matches: no `Bind` inside, only `Equal` and wildcards.
    Not {
        /// The relation.
        relation: RelationId,
        /// As above.
        pattern: Pattern,
        /// `R-N`.
        delay: u32,
        /// `R'`.
        differential: bool,
    },
    /// A condition.
    Filter(Expr),
    /// Assignment; rows whose value does not match the pattern are dropped.
    Let(Pattern, Expr),
    /// One row per element: Vec, Set, Map (pairs), Group (value and weight), Option (none or one).
    FlatMap(Pattern, Expr),
    /// `group = value.group_by(key)`: only the variables of `key` and `group` live on.
    GroupBy {
        /// New variable of type Group.
        group: LocalId,
        /// What is grouped.
        value: Expr,
        /// Key variables, in order.
        key: Vec<LocalId>,
        /// Type of the key as a value: one variable's type or a tuple.
        key_type: TypeId,
    },
    /// For its side effect; sees weight and timestamp if it names them.
    Inspect {
        /// Unit expression.
        body: Expr,
        /// `ddlog_weight`, if used.
        weight: Option<LocalId>,
        /// `ddlog_timestamp`, if used.
        timestamp: Option<LocalId>,
    },
}
