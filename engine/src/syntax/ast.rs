//! The syntax tree: what the author wrote, nothing resolved.
//!
//! Patterns are expressions here, as in the grammar of the language; the type checker decides what binds.

use std::sync::Arc;

use num_bigint::BigInt;

use crate::source::{FileId, Span};

/// An identifier and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Ident {
    /// The text.
    pub name: Arc<str>,
    /// Where it stands.
    pub span: Span,
}

/// A possibly qualified name: `a::b::C`.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// At least one; the last names the thing.
    pub segments: Vec<Ident>,
    /// All of it.
    pub span: Span,
}

/// One file.
#[derive(Clone, Debug)]
pub struct Module {
    /// Dotted path as segments (`["lib", "net"]`); empty for the main file.
    pub path: Vec<Arc<str>>,
    /// The file it was read from.
    pub file: FileId,
    /// `import` lines, in order.
    pub imports: Vec<Import>,
    /// Everything else, in order.
    pub items: Vec<Item>,
}

/// `import a::b [as m]`.
#[derive(Clone, Debug)]
pub struct Import {
    /// The module.
    pub path: Path,
    /// The local alias.
    pub alias: Option<Path>,
    /// All of it.
    pub span: Span,
}

/// `#[name]` or `#[name = expr]`.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// Name.
    pub name: Ident,
    /// Value, if any.
    pub value: Option<Expr>,
}

/// A top-level item.
#[derive(Clone, Debug)]
pub struct Item {
    /// Attributes before it.
    pub attributes: Vec<Attribute>,
    /// What it is.
    pub kind: ItemKind,
    /// All of it.
    pub span: Span,
}

/// The kinds of top-level items.
#[derive(Clone, Debug)]
pub enum ItemKind {
    /// `typedef N<'A> = ..` and `extern type N<'A>`.
    Typedef(Typedef),
    /// `function f(..): R { .. }`, `extern function ..`.
    Function(Function),
    /// `input relation R(..)` and its kin.
    Relation(Relation),
    /// `index I(..) on R(..)`.
    Index(Index),
    /// `H1, H2 :- body.`; a fact has no body.
    Rule(Rule),
    /// Top-level `for (x in R(..)) stmt`.
    For(ForRule),
    /// `apply m::Xf(..) -> (..)`.
    Apply(Apply),
    /// `extern transformer Xf(..) -> (..)`.
    Transformer(Transformer),
}

/// A type definition.
#[derive(Clone, Debug)]
pub struct Typedef {
    /// The new name.
    pub name: Ident,
    /// Type parameters, without the quote: `A` of `'A`.
    pub params: Vec<Ident>,
    /// What it stands for.
    pub body: TypedefBody,
}

/// The right-hand side of a typedef.
#[derive(Clone, Debug)]
pub enum TypedefBody {
    /// Another name for a type.
    Alias(TypeExpr),
    /// One or more constructors.
    Union(Vec<Constructor>),
    /// `extern type`: nothing is known.
    Extern,
}

/// `C{f: T, ..}`; `C{}` and bare `C` have no fields.
#[derive(Clone, Debug)]
pub struct Constructor {
    /// Attributes.
    pub attributes: Vec<Attribute>,
    /// Name.
    pub name: Ident,
    /// Fields in order.
    pub fields: Vec<FieldDecl>,
    /// All of it.
    pub span: Span,
}

/// `name: T` in a constructor, relation or index.
#[derive(Clone, Debug)]
pub struct FieldDecl {
    /// Attributes.
    pub attributes: Vec<Attribute>,
    /// Name.
    pub name: Ident,
    /// Type.
    pub ty: TypeExpr,
}

/// A written type.
#[derive(Clone, Debug)]
pub struct TypeExpr {
    /// Shape.
    pub kind: TypeKind,
    /// Place.
    pub span: Span,
}

/// Shapes of written types.
#[derive(Clone, Debug)]
pub enum TypeKind {
    /// `bool`
    Bool,
    /// `string`
    String,
    /// `bigint`
    BigInt,
    /// `double`
    Double,
    /// `float`
    Float,
    /// `bit<N>`
    Bit(u32),
    /// `signed<N>`
    Signed(u32),
    /// `(A, B)`; empty is the unit.
    Tuple(Vec<TypeExpr>),
    /// `N` or `N<A, B>`
    Named(Path, Vec<TypeExpr>),
    /// `'A`
    Var(Ident),
    /// `function(a: T, mut b: T): R` and `|T|: R`
    Function(Vec<ParamType>, Box<TypeExpr>),
    /// `relation[T]`, only in transformer signatures.
    Relation(Box<TypeExpr>),
    /// Could not be read; an error was reported.
    Error,
}

/// A parameter of a function type.
#[derive(Clone, Debug)]
pub struct ParamType {
    /// By reference, in and out.
    pub mutable: bool,
    /// Type.
    pub ty: TypeExpr,
}

/// A named parameter of a function or closure.
#[derive(Clone, Debug)]
pub struct Param {
    /// Attributes.
    pub attributes: Vec<Attribute>,
    /// Name.
    pub name: Ident,
    /// By reference, in and out.
    pub mutable: bool,
    /// Type; closures may leave it out.
    pub ty: Option<TypeExpr>,
}

/// A function definition.
#[derive(Clone, Debug)]
pub struct Function {
    /// Name, possibly with the module it extends.
    pub name: Ident,
    /// Parameters.
    pub params: Vec<Param>,
    /// Result; `None` is the unit.
    pub ret: Option<TypeExpr>,
    /// `None` for `extern function`.
    pub body: Option<Expr>,
}

/// `input`, `output` or neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RelationRole {
    /// Written from outside.
    Input,
    /// Reported outside.
    Output,
    /// Neither.
    Internal,
}

impl RelationRole {
    /// `input`, `output` or `internal`.
    pub fn name(self) -> &'static str {
        match self {
            RelationRole::Input => "input",
            RelationRole::Output => "output",
            RelationRole::Internal => "internal",
        }
    }

    /// How a declaration begins: `input relation`, `stream`.
    pub fn declaring(self, semantics: RelationSemantics) -> String {
        let keyword = match semantics {
            RelationSemantics::Relation => "relation",
            RelationSemantics::Multiset => "multiset",
            RelationSemantics::Stream => "stream",
        };
        match self {
            RelationRole::Input | RelationRole::Output => format!("{} {keyword}", self.name()),
            RelationRole::Internal => keyword.to_owned(),
        }
    }
}

/// Kinds of collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RelationSemantics {
    /// A set.
    Relation,
    /// Counts matter.
    Multiset,
    /// Contents live one transaction.
    Stream,
}

/// A relation declaration.
#[derive(Clone, Debug)]
pub struct Relation {
    /// Role.
    pub role: RelationRole,
    /// Set, multiset or stream.
    pub semantics: RelationSemantics,
    /// `&R`: records are `Ref<R>`.
    pub by_ref: bool,
    /// Name.
    pub name: Ident,
    /// Fields or a type.
    pub body: RelationBody,
    /// `primary key (x) e`.
    pub primary_key: Option<(Ident, Expr)>,
}

/// `R(f: T, ..)` or `R[T]`.
#[derive(Clone, Debug)]
pub enum RelationBody {
    /// Declares a struct type of the relation's name.
    Fields(Vec<FieldDecl>),
    /// Records of an existing type.
    Type(TypeExpr),
}

/// `index I(a: T, ..) on R(pattern)`.
#[derive(Clone, Debug)]
pub struct Index {
    /// Name.
    pub name: Ident,
    /// Key fields.
    pub fields: Vec<FieldDecl>,
    /// The pattern.
    pub atom: Atom,
}

/// Heads and body.
#[derive(Clone, Debug)]
pub struct Rule {
    /// At least one.
    pub heads: Vec<Head>,
    /// Empty for a fact.
    pub body: Vec<Clause>,
}

/// `R(e, ..)`, `R[e]`, `&R(..)` with an optional `@loc`.
#[derive(Clone, Debug)]
pub struct Head {
    /// The relation and its arguments.
    pub atom: Atom,
    /// `@loc`.
    pub location: Option<Expr>,
}

/// A mention of a relation.
#[derive(Clone, Debug)]
pub struct Atom {
    /// `x in`.
    pub binder: Option<Ident>,
    /// `&R`.
    pub by_ref: bool,
    /// The relation.
    pub relation: Path,
    /// `R-N`: contents N transactions ago.
    pub delay: u32,
    /// `R'`: this transaction's change.
    pub differential: bool,
    /// What stands in the parentheses or brackets.
    pub args: AtomArgs,
    /// All of it.
    pub span: Span,
}

/// Arguments of an atom.
#[derive(Clone, Debug)]
pub enum AtomArgs {
    /// `R(a, b)`
    Positional(Vec<Expr>),
    /// `R(.f = a)`; empty for `R()` and a bare `R`.
    Named(Vec<(Ident, Expr)>),
    /// `R[e]`
    Whole(Box<Expr>),
}

/// A body clause.
#[derive(Clone, Debug)]
pub struct Clause {
    /// What it is.
    pub kind: ClauseKind,
    /// Place.
    pub span: Span,
}

/// Kinds of body clauses.
#[derive(Clone, Debug)]
pub enum ClauseKind {
    /// `R(..)`
    Atom(Atom),
    /// `not R(..)`
    Not(Atom),
    /// A condition, or an assignment when the expression is [`ExprKind::Assign`]; `group_by` stands inside as a method call.
    Expr(Expr),
    /// `pat = FlatMap(e)`
    FlatMap(Expr, Expr),
    /// `var g = Aggregate((k, ..), f(e))`: pattern, keys, aggregate expression.
    Aggregate(Expr, Vec<Expr>, Expr),
    /// `Inspect e`
    Inspect(Expr),
}

/// A top-level `for`.
#[derive(Clone, Debug)]
pub struct ForRule {
    /// The relation.
    pub atom: Atom,
    /// `if c` after the atom.
    pub condition: Option<Expr>,
    /// What follows.
    pub body: Statement,
}

/// A statement of a top-level `for`.
#[derive(Clone, Debug)]
pub struct Statement {
    /// What it is.
    pub kind: StatementKind,
    /// Place.
    pub span: Span,
}

/// Kinds of statements.
#[derive(Clone, Debug)]
pub enum StatementKind {
    /// Nested `for`.
    For(Box<ForRule>),
    /// `if (c) s [else s]`
    If(Expr, Box<Statement>, Option<Box<Statement>>),
    /// `match (e) { pat -> s, .. }`
    Match(Expr, Vec<(Expr, Statement)>),
    /// `pat = e in s`; the expression is an [`ExprKind::Assign`], or a condition: `c in s`.
    Let(Expr, Box<Statement>),
    /// `R(..)` or `R[..]`
    Emit(Atom),
    /// `{ s; s; }`
    Block(Vec<Statement>),
    /// `skip`
    Skip,
}

/// `apply m::Xf(..) -> (..)`.
#[derive(Clone, Debug)]
pub struct Apply {
    /// The transformer.
    pub transformer: Path,
    /// Relations and functions.
    pub inputs: Vec<Path>,
    /// Relations.
    pub outputs: Vec<Path>,
}

/// `extern transformer`.
#[derive(Clone, Debug)]
pub struct Transformer {
    /// Name.
    pub name: Ident,
    /// Inputs.
    pub inputs: Vec<FieldDecl>,
    /// Outputs.
    pub outputs: Vec<FieldDecl>,
}

/// An expression or pattern.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Place.
    pub span: Span,
}

/// An integer literal's declared type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// `w'd..`
    Bit(u32),
    /// `w'sd..`
    Signed(u32),
    /// None: from inference.
    Inferred,
}

/// A piece of a string literal.
#[derive(Clone, Debug)]
pub enum StringPart {
    /// Text with escapes resolved.
    Text(String),
    /// `${e}`
    Interpolated(Expr),
}

/// Kinds of expressions and patterns.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// `true`
    Bool(bool),
    /// `5`, `32'd5`; the sign is a [`UnaryOp::Neg`].
    Int(BigInt, Width),
    /// `1.5`, `32'f1.5` (declared width 32 or 64).
    Float(f64, Option<u32>),
    /// `"a ${b}"` and its kin; `interned` for `i"…"`.
    String {
        /// Pieces; empty for `""`.
        parts: Vec<StringPart>,
        /// `i"…"`
        interned: bool,
    },
    /// A variable (lower case) or function name; in patterns of `match` and `for`, a variable it binds.
    Name(Path),
    /// `_`
    Wildcard,
    /// `var x`
    Var(Ident),
    /// `C`, `C{a, b}`, `C{.f = a}`.
    Construct(Path, ConstructArgs),
    /// `(a, b)`; empty is the unit. Never one element.
    Tuple(Vec<Expr>),
    /// `[a, b]`
    VecLiteral(Vec<Expr>),
    /// `[k -> v, ..]`
    MapLiteral(Vec<(Expr, Expr)>),
    /// `f(a, b)`; the callee is any expression.
    Call(Box<Expr>, Vec<Expr>),
    /// `x.f(a)`
    Method(Box<Expr>, Path, Vec<Expr>),
    /// `x.f`
    Field(Box<Expr>, Ident),
    /// `x.0`
    TupleField(Box<Expr>, u32),
    /// `e[h:l]`
    Slice(Box<Expr>, u32, u32),
    /// `e?`
    Try(Box<Expr>),
    /// `e: T`
    Ascribe(Box<Expr>, TypeExpr),
    /// `e as T`
    Cast(Box<Expr>, TypeExpr),
    /// Unary operator.
    Unary(UnaryOp, Box<Expr>),
    /// Binary operator.
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `&e`: only in patterns and heads.
    Ref(Box<Expr>),
    /// `x @ pat`
    At(Ident, Box<Expr>),
    /// `lhs = rhs`
    Assign(Box<Expr>, Box<Expr>),
    /// `{ e; e }`; `None` last means a trailing `;`.
    Block(Vec<Expr>, Option<Box<Expr>>),
    /// `if c a else b`
    If(Box<Expr>, Box<Expr>, Option<Box<Expr>>),
    /// `match (e) { pat -> e, .. }`
    Match(Box<Expr>, Vec<(Expr, Expr)>),
    /// `for (pat in e) body`
    For(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `break`
    Break,
    /// `continue`
    Continue,
    /// `return [e]`
    Return(Option<Box<Expr>>),
    /// `|x| e`, `function(x: T): R { e }`
    Closure(Vec<Param>, Option<TypeExpr>, Box<Expr>),
    /// Could not be read; an error was reported.
    Error,
}

/// Arguments of a constructor.
#[derive(Clone, Debug)]
pub enum ConstructArgs {
    /// Bare `C`.
    None,
    /// `C{a, b}`
    Positional(Vec<Expr>),
    /// `C{.f = a}`; empty for `C{}`.
    Named(Vec<(Ident, Expr)>),
}

/// Unary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `-`
    Neg,
    /// `~`
    BitNot,
    /// `not`
    Not,
}

/// Binary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the names say it
pub enum BinaryOp {
    Mul,
    Div,
    Mod,
    Add,
    Sub,
    Shr,
    Shl,
    Concat,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    BitAnd,
    BitXor,
    BitOr,
    And,
    Or,
    Implies,
}
