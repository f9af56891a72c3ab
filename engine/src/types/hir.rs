//! Checked expressions: names resolved, types attached, generics still generic.

use std::sync::Arc;

use num_bigint::BigInt;

use super::defs::{ConstructorId, FunctionDefId};
use super::ty::Ty;
pub(super) use crate::ir::LocalId;
use crate::source::Span;
use crate::syntax::ast::{BinaryOp, UnaryOp};

/// A mention of a function: which one, and at which type arguments, is found by inference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UseId(pub(super) u32);

/// What belongs to one function, rule, key or index: its variables and the functions it mentions.
#[derive(Debug, Default)]
pub(super) struct Body {
    pub(super) locals: Vec<HLocal>,
    pub(super) uses: Vec<FunctionUse>,
}

/// A variable.
#[derive(Clone, Debug)]
pub(super) struct HLocal {
    pub(super) name: Arc<str>,
    pub(super) ty: Ty,
    pub(super) span: Span,
    /// How many closures it stands in.
    pub(super) depth: u32,
    /// May be assigned to.
    pub(super) assignable: bool,
    /// Where its type comes from, if no one wrote it.
    pub(super) origin: Option<Origin>,
}

/// Where a variable's type comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The elements of a collection, by FlatMap.
    Element,
    /// A literal it starts with.
    Literal(Span),
    /// Another value it starts with.
    Value(Span),
}

/// A mention of a function.
#[derive(Clone, Debug)]
pub(super) struct FunctionUse {
    /// `None` until found (or if there was an error).
    pub(super) function: Option<FunctionDefId>,
    /// What its type parameters stand for.
    pub(super) args: Vec<Ty>,
}

/// An expression.
#[derive(Clone, Debug)]
pub(super) struct HExpr {
    pub(super) kind: HExprKind,
    pub(super) ty: Ty,
    pub(super) span: Span,
}

/// Kinds of expressions; like those of the IR where the names agree.
#[derive(Clone, Debug)]
pub(super) enum HExprKind {
    Bool(bool),
    Int(BigInt),
    Float(f64),
    String(Arc<str>),
    Local(LocalId),
    Function(UseId),
    Closure {
        params: Vec<LocalId>,
        body: Box<HExpr>,
        depth: u32,
    },
    Call(UseId, Vec<HExpr>),
    CallValue(Box<HExpr>, Vec<HExpr>),
    Construct(ConstructorId, Vec<HExpr>),
    Tuple(Vec<HExpr>),
    VecLiteral(Vec<HExpr>),
    MapLiteral(Vec<(HExpr, HExpr)>),
    Field(Box<HExpr>, Arc<str>),
    TupleField(Box<HExpr>, u32),
    Slice(Box<HExpr>, u32, u32),
    Cast(Box<HExpr>),
    Unary(UnaryOp, Box<HExpr>),
    /// `Concat` too, on strings and on bits.
    Binary(BinaryOp, Box<HExpr>, Box<HExpr>),
    /// All parts are strings or [`HExprKind::ToString`].
    Concat(Vec<HExpr>),
    /// Text of a value: the function is found once the type is known; `None` for a string.
    ToString(Box<HExpr>, Option<UseId>),
    If(Box<HExpr>, Box<HExpr>, Option<Box<HExpr>>),
    Match(Box<HExpr>, Vec<(HPattern, HExpr)>),
    /// Whether a value matches none of the patterns.
    NoneMatches(Box<HExpr>, Vec<HPattern>),
    Block(Vec<HExpr>),
    Let(HPattern, Box<HExpr>),
    /// The left side is a place.
    Assign(Box<HExpr>, Box<HExpr>),
    For(HPattern, Box<HExpr>, Box<HExpr>),
    Break,
    Continue,
    Return(Box<HExpr>),
    /// `e?` in a function that gives `ret`.
    Try {
        value: Box<HExpr>,
        ret: Ty,
        bound: LocalId,
    },
    Error,
}

/// A pattern.
#[derive(Clone, Debug)]
pub(super) struct HPattern {
    pub(super) kind: HPatternKind,
    pub(super) ty: Ty,
    pub(super) span: Span,
}

/// Kinds of patterns.
#[derive(Clone, Debug)]
pub(super) enum HPatternKind {
    Wildcard,
    Bind(LocalId),
    At(LocalId, Box<HPattern>),
    Equal(Box<HExpr>),
    Tuple(Vec<HPattern>),
    Variant(ConstructorId, Vec<HPattern>),
    /// `&pat`: looks through one `Ref` or `Intern`.
    Ref(Box<HPattern>),
    Error,
}

impl HExpr {
    pub(super) fn new(kind: HExprKind, ty: Ty, span: Span) -> HExpr {
        HExpr { kind, ty, span }
    }

    pub(super) fn error(span: Span) -> HExpr {
        HExpr::new(HExprKind::Error, Ty::Error, span)
    }

    pub(super) fn unit(span: Span) -> HExpr {
        HExpr::new(HExprKind::Tuple(Vec::new()), Ty::unit(), span)
    }
}
