//! What can be wrong with names, types and rules.

mod code;
mod explain;

use num_bigint::BigInt;
use thiserror::Error as ThisError;

use super::ty::Ty;
use crate::diagnostics::Diagnostic;
use crate::source::Span;

/// What a name was expected to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NameKind {
    Type,
    Constructor,
    Function,
    Relation,
    Index,
    Transformer,
    Field,
    Parameter,
    TypeParameter,
}

/// What kind of number an operator takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Needed {
    Number,
    Integer,
    /// bit or signed
    FixedWidth,
    Bit,
    Float,
}

/// What is said besides.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes {
    /// Other places that matter.
    pub(super) also: Vec<(Span, &'static str)>,
    /// The way out.
    pub(super) hint: Option<String>,
}

/// An error of the checker; types are texts as authors write them.
#[derive(Clone, Debug, ThisError)]
pub(super) enum Error {
    #[error("unknown module `{name}`")]
    UnknownModule { name: String, span: Span, suggestion: Option<String> },
    #[error("unknown {kind} `{name}`")]
    UnknownName {
        kind: NameKind,
        name: String,
        span: Span,
        suggestion: Option<String>,
        elsewhere: Option<String>,
    },
    #[error("unknown variable `{name}`")]
    UnknownVariable { name: String, span: Span, suggestion: Option<String>, elsewhere: Option<String> },
    #[error("{kind} `{name}` is declared twice")]
    Duplicate { kind: NameKind, name: String, span: Span, first: Span },
    #[error("{kind} `{name}` is declared in {} and in {}", modules[0], modules[1])]
    AmbiguousName { kind: NameKind, name: String, span: Span, modules: [String; 2] },
    #[error("unknown type parameter `'{name}`")]
    UnknownTypeParameter { name: String, span: Span },
    #[error("the library declares no `{name}`")]
    NoLibrary { name: String, span: Span },
    #[error("variable `{name}` is declared twice")]
    Redeclared { name: String, span: Span, first: Span },
    #[error("`{name}` is out of reach after group_by")]
    HiddenByGroupBy { name: String, span: Span, grouped: Span },
    #[error("unknown field `{name}` of `{constructor}`")]
    UnknownField { constructor: String, name: String, span: Span, suggestion: Option<String>, declared: Span },

    #[error("expected `{expected}`, found `{found}`")]
    Mismatch {
        expected: String,
        found: String,
        span: Span,
        why: Option<(Span, &'static str)>,
        notes: Box<Notes>,
    },
    #[error("expected {needed}, found `{found}`")]
    NotNumeric { needed: Needed, found: String, span: Span },
    #[error("expected `{expected}`, found a number")]
    NumberMismatch { expected: String, span: Span },
    #[error("`{found}` has no field `{name}`")]
    NoField { name: String, found: String, span: Span, suggestion: Option<String>, method: bool },
    #[error("not every `{found}` has a field `{name}`")]
    GuardedField { name: String, found: String, span: Span, without: Option<(String, Span)> },
    #[error("`{found}` has no element .{index}")]
    NoTupleField { index: u32, found: String, span: Span },
    #[error("`++` joins strings or bits, not `{found}`")]
    NotConcat { found: String, span: Span },
    #[error("`{found}` is no collection")]
    NotIterable { found: String, span: Span },
    #[error("`&` looks through Ref and Intern, not `{found}`")]
    NotReference { found: String, span: Span },
    #[error("`?` on `{value}` in a function that gives `{ret}`")]
    TryTypes { value: String, ret: String, span: Span },
    #[error("this gives an Option, the function `{ret}`")]
    TryGivesOption { ret: String, span: Span, questions: Vec<Span>, value: Span, declared: Span },
    #[error("cannot find out the type of this {what}")]
    CannotInfer { what: &'static str, span: Span },
    #[error("cannot find out the type of `{name}`: `{found}` is all that is known")]
    CannotInferVariable { name: String, found: String, span: Span },
    #[error("no `{name}` takes {found}")]
    NoOverload {
        name: String,
        found: String,
        span: Span,
        candidates: Vec<(String, Span)>,
        hint: Option<String>,
    },
    #[error("several `{name}` fit here")]
    AmbiguousOverload { name: String, span: Span, candidates: Vec<(String, Span)> },
    #[error("`{name}` takes {}, {found} given", counts(expected))]
    ArgumentCount { name: String, expected: Vec<usize>, found: usize, span: Span, declared: Option<Span> },
    #[error("type `{name}` takes {}, {found} given", counts(&[*expected]))]
    TypeArguments { name: String, expected: usize, found: usize, span: Span, declared: Span },
    #[error("`{constructor}` has {}, {found} given", n_fields(*expected))]
    FieldCount { constructor: String, expected: usize, found: usize, span: Span, declared: Span },
    #[error("field `{name}` is given twice")]
    FieldTwice { name: String, span: Span },
    #[error("missing in `{constructor}`: {}", missing.join(", "))]
    MissingFields { constructor: String, missing: Vec<String>, span: Span, declared: Span },
    #[error("field `{name}` has different types in this type's constructors")]
    FieldTypes { name: String, span: Span, other: Span },
    #[error("a width of 0 bits")]
    ZeroWidth { span: Span },
    #[error("signed numbers have 8, 16, 32, 64 or 128 bits, not {width}")]
    SignedWidth { width: u32, span: Span },
    #[error("`relation[..]` is only a type in signatures of transformers")]
    RelationType { span: Span },
    #[error("alias `{name}` contains itself")]
    RecursiveAlias { name: String, span: Span },
    #[error("a `{name}` inside every `{name}`: such a value never ends")]
    EndlessType { name: String, span: Span, declared: Span },
    #[error("parameter `{name}` needs a type")]
    ParameterType { name: String, span: Span },
    #[error("slice [{high}:{low}] runs backwards")]
    SliceOrder { high: u32, low: u32, span: Span },
    #[error("bit {high} of a value of {width} bits")]
    SliceRange { high: u32, width: u32, span: Span },
    #[error("value exceeds specified width: {value} is no `{ty}`")]
    IntegerRange { value: BigInt, ty: String, span: Span },
    #[error("cannot convert `{from}` to `{to}`")]
    Cast { from: String, to: String, span: Span },
    #[error("cannot convert `{from}` to `{to}` in one step")]
    CastWidth { from: String, to: String, via: String, span: Span },
    #[error("do not know the text of a `{ty}`")]
    NoText { ty: String, span: Span },
    #[error("match does not cover `{example}`")]
    NotExhaustive { example: String, span: Span },
    #[error("this pattern never matches: those before it cover it")]
    UnreachableArm { span: Span },
    #[error("this pattern does not match `{example}`")]
    Refutable { example: String, span: Span },
    #[error("not something that can be changed")]
    NotPlace { span: Span },
    #[error("`{name}` cannot be changed here")]
    NotAssignable { name: String, span: Span, declared: Span, captured: bool },
    #[error("a value behind Ref or Intern is shared and cannot be changed")]
    SharedPlace { span: Span },
    #[error("type parameter `'{name}` is not used")]
    UnusedTypeParameter { name: String, span: Span },
    #[error("extern function `{name}` is declared twice")]
    ExternTwice { name: String, span: Span, first: Span },
    #[error("not a name for input and output")]
    BadOriginal { span: Span },
    #[error("{reason}")]
    BadAttribute { reason: String, span: Span },
    #[error("a condition cannot change variables")]
    ChangedInCondition { span: Span, condition: Span },
    #[error("cannot be changed while a loop goes through it")]
    ChangedInLoop { span: Span, iterated: Span },
    #[error("{what} outside of a function")]
    OutsideFunction { what: &'static str, span: Span },
    #[error("a declaration gives no value")]
    DeclarationLast { span: Span },
    #[error("`break` or `continue` outside of a loop")]
    OutsideLoop { span: Span },
    #[error("{what} is only for patterns")]
    OnlyInPatterns { what: &'static str, span: Span },
    #[error("not a pattern")]
    NotPattern { span: Span },
    #[error("a pattern cannot hold `${{}}`")]
    NotConstant { span: Span },

    #[error("`var {name}` in the arguments of a relation")]
    VarInAtom { name: String, span: Span },
    #[error("unknown variable `{name}` on the left of `=`")]
    MissingVar { name: String, span: Span },
    #[error("`{name}` is bound twice in one atom")]
    TwiceInAtom { name: String, span: Span, first: Span },
    #[error("`{name}` is bound and used in one atom")]
    BoundInSameAtom { name: String, span: Span, bound: Span },
    #[error("`{name}` is not bound before this negation")]
    UnboundInNegation { name: String, span: Span },
    #[error("`{relation}` holds `{record}`, which has no fields to list")]
    NoRecordFields { relation: String, record: String, span: Span, declared: Span },
    #[error("input relation `{name}` cannot be the head of a rule")]
    InputHead { name: String, span: Span, declared: Span },
    #[error("`-N` and `'` cannot stand in a head")]
    HeadDelay { span: Span },
    #[error("group_by takes a variable or a tuple of variables")]
    GroupKey { span: Span },
    #[error("group_by takes a value and a key, {found} given")]
    GroupByForm { found: usize, span: Span },
    #[error("two group_by in one expression")]
    TwoGroupBy { span: Span, first: Span },
    #[error("group_by can only stand in the clauses of a rule")]
    GroupByPlace { span: Span },
    #[error("Aggregate needs a call of a function of one argument")]
    AggregateForm { span: Span },
    #[error("two streams cannot be joined")]
    StreamJoin { span: Span, first: Span },
    #[error("a stream cannot be negated")]
    NegatedStream { span: Span, declared: Span },
    #[error("{what} `{name}` in a rule for `{head}`, on which it depends")]
    Recursive { what: &'static str, name: String, head: String, span: Span },
    #[error("`not` after a stream")]
    StreamAntijoin { span: Span, stream: Span },
    #[error("the body is a stream, `{name}` is not")]
    StreamIntoRelation { name: String, span: Span, stream: Span },
    #[error("`{name}` is a stream, the body is not")]
    RelationIntoStream { name: String, span: Span, declared: Span },
    #[error("only input relations have a primary key")]
    KeyOnlyInput { span: Span, declared: Span },
    #[error("streams and multisets have no primary key")]
    KeyOfBag { span: Span, declared: Span },
    #[error("an index over {what}")]
    IndexOver { what: &'static str, span: Span },
    #[error("`{name}` is the output of a transformer")]
    TransformerFills { name: String, span: Span, apply: Span },
    #[error("function `{name}` is declared for types that overlap")]
    OverlappingOverload { name: String, span: Span, first: Span },
    #[error("this type has thousands of parts")]
    LargeType { span: Span },
    #[error("index field `{name}` does not occur in the pattern")]
    IndexField { name: String, span: Span },
    #[error("a graph transformer takes a relation and two functions, and gives one relation")]
    TransformerArguments { span: Span },
    #[error("the output of a graph transformer holds pairs of nodes")]
    TransformerOutput { span: Span, declared: Span },
    #[error("nothing implements transformer `{name}`")]
    UnknownTransformer { name: String, span: Span },
    #[error("this generic definition asks for ever larger types of itself")]
    EndlessGenerics { span: Span },
    #[error("not supported: {what}")]
    Unsupported { what: &'static str, span: Span },
}

impl std::fmt::Display for NameKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            NameKind::Type => "type",
            NameKind::Constructor => "constructor",
            NameKind::Function => "function",
            NameKind::Relation => "relation",
            NameKind::Index => "index",
            NameKind::Transformer => "transformer",
            NameKind::Field => "field",
            NameKind::Parameter => "parameter",
            NameKind::TypeParameter => "type parameter",
        })
    }
}

impl std::fmt::Display for Needed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Needed::Number => "a number",
            Needed::Integer => "an integer",
            Needed::FixedWidth => "a bit<N> or signed<N>",
            Needed::Bit => "a bit<N>",
            Needed::Float => "a double or float",
        })
    }
}

impl Needed {
    /// Whether a known type will do.
    pub(super) fn accepts(self, ty: &Ty) -> bool {
        match self {
            Needed::Number => {
                matches!(ty, Ty::Bit(_) | Ty::Signed(_) | Ty::BigInt | Ty::Double | Ty::Float)
            }
            Needed::Integer => matches!(ty, Ty::Bit(_) | Ty::Signed(_) | Ty::BigInt),
            Needed::FixedWidth => matches!(ty, Ty::Bit(_) | Ty::Signed(_)),
            Needed::Bit => matches!(ty, Ty::Bit(_)),
            Needed::Float => matches!(ty, Ty::Double | Ty::Float),
        }
    }
}

/// "1 argument", "1 or 2 arguments".
fn counts(expected: &[usize]) -> String {
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    expected.dedup();
    let unit = if expected == [1] { "argument" } else { "arguments" };
    let numbers: Vec<String> = expected.iter().map(usize::to_string).collect();
    format!("{} {unit}", numbers.join(" or "))
}

fn n_fields(n: usize) -> String {
    if n == 1 { "1 field".into() } else { format!("{n} fields") }
}

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Diagnostic {
        let (code, span) = error.code();
        let diagnostic = Diagnostic::error(code, span, error.to_string());
        error.explain(diagnostic)
    }
}
