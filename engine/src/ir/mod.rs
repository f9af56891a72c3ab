//! The core program: names resolved, types known, generics made concrete, sugar gone.
//!
//! What the checker gives and the planner takes. Everything refers to everything else by number.

mod expr;
mod fingerprint;
mod json;
mod print;
mod rule;
mod types;

pub use expr::{
    Arg, Arm, BinaryOp, Expr, ExprKind, Lambda, Local, LocalId, Pattern, PatternKind, Place, PlaceStep,
    UnaryOp,
};
pub(crate) use fingerprint::{Fingerprint, Fingerprints, Meaning};
pub use json::{FieldJson, Skip, Tagging, UnionJson, VariantJson};
pub(crate) use print::Frame;
pub use print::Print;
pub use rule::{
    Clause, ClauseKind, Head, Index, PrimaryKey, Relation, RelationId, RelationRole, RelationSemantics, Rule,
    RuleId,
};
pub use types::{Field, Type, TypeId, TypeTable, Union, UnionId, Variant};

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::source::{SourceMap, Span};

/// A function of a [`Program`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FunctionId(pub u32);

/// A checked program.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// The files it came from, for places in messages.
    pub sources: SourceMap,
    /// All types.
    pub types: TypeTable,
    /// All functions that are called, each at concrete types.
    pub functions: Vec<Function>,
    /// All relations.
    pub relations: Vec<Relation>,
    /// All rules; a rule with several heads appears once per head, a fact has an empty body.
    pub rules: Vec<Rule>,
    /// All indexes.
    pub indexes: Vec<Index>,
}

/// A function at concrete types.
#[derive(Clone, Debug)]
pub struct Function {
    /// Full name: `ddlog_std::push`.
    pub name: Arc<str>,
    /// Parameters: the first locals of the body.
    pub params: Vec<FunctionParam>,
    /// Result type.
    pub ret: TypeId,
    /// Body or built-in.
    pub body: FunctionBody,
    /// Its definition.
    pub span: Span,
    /// `#[has_side_effects]`: not to be hoisted or dropped.
    pub side_effects: bool,
}

/// A parameter of a [`Function`].
#[derive(Clone, Debug)]
pub struct FunctionParam {
    /// Type.
    pub ty: TypeId,
    /// By reference, in and out.
    pub mutable: bool,
}

/// What a function does.
#[derive(Clone, Debug)]
pub enum FunctionBody {
    /// Code. `locals[..params.len()]` are the parameters.
    Code {
        /// All variables of the frame.
        locals: Vec<Local>,
        /// The body; its value is the result.
        body: Expr,
    },
    /// Implemented in the evaluator under the function's name.
    Extern,
}

impl Program {
    /// The relation of that full name.
    pub fn relation(&self, name: &str) -> Option<RelationId> {
        self.relations.iter().position(|r| &*r.name == name).map(|i| RelationId(i as u32))
    }

    /// Whether rows can hold functions: then they mean nothing to another program.
    pub(crate) fn keeps_functions(&self) -> bool {
        let records = self.relations.iter().map(|relation| relation.record);
        let variables = self.rules.iter().flat_map(|rule| &rule.locals).map(|local| local.ty);
        records.chain(variables).collect::<BTreeSet<_>>().into_iter().any(|ty| self.types.has_function(ty))
    }
}
