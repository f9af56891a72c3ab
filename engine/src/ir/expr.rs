//! Typed expressions and patterns.

use std::sync::Arc;

use num_bigint::BigInt;

use super::{FunctionId, TypeId};
use crate::source::Span;
pub use crate::syntax::ast::{BinaryOp, UnaryOp};

/// A variable of a function, closure or rule: an index into its `locals`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LocalId(pub u32);

/// A variable.
#[derive(Clone, Debug)]
pub struct Local {
    /// As written; compiler-made ones start with `$`.
    pub name: Arc<str>,
    /// Type.
    pub ty: TypeId,
}

/// An expression with its type.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Type of the value.
    pub ty: TypeId,
    /// Place.
    pub span: Span,
}

/// Kinds of expressions.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// `bool` constant.
    Bool(bool),
    /// Integer constant of type bit, signed, bigint; in range.
    Int(BigInt),
    /// `double` or `float` constant.
    Float(f64),
    /// `string` constant.
    String(Arc<str>),
    /// A variable.
    Local(LocalId),
    /// A named function as a value.
    FunctionValue(FunctionId),
    /// A closure.
    Closure(Box<Lambda>),
    /// Call of a known function.
    Call(FunctionId, Vec<Arg>),
    /// Call of a function value.
    CallValue(Box<Expr>, Vec<Arg>),
    /// Variant number of the expression's union type, and its fields in order.
    Construct(u32, Vec<Expr>),
    /// Tuple; the unit has no elements.
    Tuple(Vec<Expr>),
    /// `[a, b]` of type Vec.
    VecLiteral(Vec<Expr>),
    /// `[k -> v]` of type Map.
    MapLiteral(Vec<(Expr, Expr)>),
    /// Field of a struct or union value (behind any `Ref`/`Intern`): for each variant that has the field, `(variant, position)`.
    Field(Box<Expr>, Vec<(u32, u32)>),
    /// Element of a tuple.
    TupleField(Box<Expr>, u32),
    /// Bits `h..=l` of a bit value.
    Slice(Box<Expr>, u32, u32),
    /// `e as T`: numeric conversion to the expression's type.
    Cast(Box<Expr>),
    /// Unary operator.
    Unary(UnaryOp, Box<Expr>),
    /// Binary operator on operands of one type (shift amounts: bit<32>); arithmetic wraps. `And`, `Or`, `Implies` evaluate the right side only if needed.
    /// `Concat` on strings appears as [`ExprKind::Concat`]; here it joins bit vectors.
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// String concatenation and interpolation: all parts are strings.
    Concat(Vec<Expr>),
    /// `if`; without `else` it is the unit.
    If(Box<Expr>, Box<Expr>, Option<Box<Expr>>),
    /// First arm whose pattern matches; exhaustive.
    Match(Box<Expr>, Vec<Arm>),
    /// Evaluate all; the value is the last one's, or the unit when empty.
    Block(Vec<Expr>),
    /// Bind an irrefutable pattern; unit.
    Let(Pattern, Box<Expr>),
    /// Assign to a variable or part of one; unit.
    Assign(Place, Box<Expr>),
    /// Loop over Vec, Set, Map (as pairs), Group (as value and weight), Option-free iterables; unit.
    For(Pattern, Box<Expr>, Box<Expr>),
    /// Leave the innermost loop.
    Break,
    /// Next round of the innermost loop.
    Continue,
    /// Leave the function or closure.
    Return(Box<Expr>),
}

/// An argument.
#[derive(Clone, Debug)]
pub enum Arg {
    /// By value.
    Value(Expr),
    /// By reference: the callee's final value is written back.
    Mut(Place),
}

/// Something that can be assigned to.
#[derive(Clone, Debug)]
pub struct Place {
    /// The variable.
    pub local: LocalId,
    /// The part of it; empty for all.
    pub path: Vec<PlaceStep>,
    /// Type of the part.
    pub ty: TypeId,
    /// Place in the text.
    pub span: Span,
}

/// A step into a part.
#[derive(Clone, Debug)]
pub enum PlaceStep {
    /// As [`ExprKind::Field`].
    Field(Vec<(u32, u32)>),
    /// As [`ExprKind::TupleField`].
    TupleField(u32),
}

/// A closure: its own frame, captured variables copied in when it is made.
#[derive(Clone, Debug)]
pub struct Lambda {
    /// `(outer, inner)`.
    pub captures: Vec<(LocalId, LocalId)>,
    /// Parameters: inner variables, and whether by reference.
    pub params: Vec<(LocalId, bool)>,
    /// Inner frame.
    pub locals: Vec<Local>,
    /// Body.
    pub body: Expr,
}

/// An arm of a match.
#[derive(Clone, Debug)]
pub struct Arm {
    /// Pattern.
    pub pattern: Pattern,
    /// Value.
    pub body: Expr,
}

/// A pattern with the type of what it is matched against.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// What it is.
    pub kind: PatternKind,
    /// Type of the value (behind any `Ref`/`Intern` the pattern looks through).
    pub ty: TypeId,
    /// Place.
    pub span: Span,
}

/// Kinds of patterns.
#[derive(Clone, Debug)]
pub enum PatternKind {
    /// `_`
    Wildcard,
    /// Binds the value to a variable not bound before.
    Bind(LocalId),
    /// Binds and goes on.
    At(LocalId, Box<Pattern>),
    /// Equal to an expression over variables bound before (also constants).
    Equal(Box<Expr>),
    /// Tuple.
    Tuple(Vec<Pattern>),
    /// Variant number, and its fields in order.
    Variant(u32, Vec<Pattern>),
}
