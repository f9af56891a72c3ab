//! What can be wrong with names, types and rules.

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
    Mismatch { expected: String, found: String, span: Span, why: Option<(Span, &'static str)> },
    #[error("expected {needed}, found `{found}`")]
    NotNumeric { needed: Needed, found: String, span: Span },
    #[error("`{found}` has no field `{name}`")]
    NoField { name: String, found: String, span: Span, suggestion: Option<String> },
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
    #[error("cannot find out the type of this {what}")]
    CannotInfer { what: &'static str, span: Span },
    #[error("cannot find out the type of `{name}`: `{found}` is all that is known")]
    CannotInferVariable { name: String, found: String, span: Span },
    #[error("no `{name}` takes {found}")]
    NoOverload { name: String, found: String, span: Span, candidates: Vec<(String, Span)> },
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

impl Error {
    fn code(&self) -> (&'static str, Span) {
        match self {
            Error::UnknownModule { span, .. } => ("E0101", *span),
            Error::UnknownName { span, .. } => ("E0102", *span),
            Error::UnknownVariable { span, .. } => ("E0103", *span),
            Error::Duplicate { span, .. } => ("E0104", *span),
            Error::AmbiguousName { span, .. } => ("E0105", *span),
            Error::UnknownTypeParameter { span, .. } => ("E0106", *span),
            Error::NoLibrary { span, .. } => ("E0107", *span),
            Error::Redeclared { span, .. } => ("E0108", *span),
            Error::HiddenByGroupBy { span, .. } => ("E0109", *span),
            Error::UnknownField { span, .. } => ("E0110", *span),

            Error::Mismatch { span, .. } => ("E0201", *span),
            Error::NotNumeric { span, .. } => ("E0202", *span),
            Error::NoField { span, .. } => ("E0203", *span),
            Error::GuardedField { span, .. } => ("E0204", *span),
            Error::NoTupleField { span, .. } => ("E0205", *span),
            Error::NotConcat { span, .. } => ("E0206", *span),
            Error::NotIterable { span, .. } => ("E0207", *span),
            Error::NotReference { span, .. } => ("E0208", *span),
            Error::TryTypes { span, .. } => ("E0209", *span),
            Error::CannotInfer { span, .. } | Error::CannotInferVariable { span, .. } => ("E0210", *span),
            Error::NoOverload { span, .. } => ("E0211", *span),
            Error::AmbiguousOverload { span, .. } => ("E0212", *span),
            Error::ArgumentCount { span, .. } => ("E0213", *span),
            Error::TypeArguments { span, .. } => ("E0214", *span),
            Error::FieldCount { span, .. } => ("E0215", *span),
            Error::FieldTwice { span, .. } => ("E0216", *span),
            Error::MissingFields { span, .. } => ("E0217", *span),
            Error::FieldTypes { span, .. } => ("E0218", *span),
            Error::ZeroWidth { span } | Error::SignedWidth { span, .. } => ("E0219", *span),
            Error::RelationType { span } => ("E0220", *span),
            Error::RecursiveAlias { span, .. } | Error::EndlessType { span, .. } => ("E0221", *span),
            Error::ParameterType { span, .. } => ("E0222", *span),
            Error::SliceOrder { span, .. } | Error::SliceRange { span, .. } => ("E0223", *span),
            Error::IntegerRange { span, .. } => ("E0224", *span),
            Error::Cast { span, .. } | Error::CastWidth { span, .. } => ("E0225", *span),
            Error::NoText { span, .. } => ("E0226", *span),
            Error::NotExhaustive { span, .. } => ("E0227", *span),
            Error::UnreachableArm { span } => ("E0228", *span),
            Error::Refutable { span, .. } => ("E0229", *span),
            Error::NotPlace { span }
            | Error::NotAssignable { span, .. }
            | Error::SharedPlace { span }
            | Error::ChangedInCondition { span, .. }
            | Error::ChangedInLoop { span, .. } => ("E0230", *span),
            Error::OutsideFunction { span, .. } => ("E0231", *span),
            Error::OutsideLoop { span } => ("E0232", *span),
            Error::OnlyInPatterns { span, .. } => ("E0233", *span),
            Error::DeclarationLast { span } => ("E0239", *span),
            Error::UnusedTypeParameter { span, .. } => ("E0236", *span),
            Error::ExternTwice { span, .. } => ("E0237", *span),
            Error::BadOriginal { span } => ("E0238", *span),
            Error::EndlessGenerics { span } => ("E0235", *span),
            Error::NotPattern { span } | Error::NotConstant { span } => ("E0234", *span),

            Error::VarInAtom { span, .. } => ("E0331", *span),
            Error::MissingVar { span, .. } => ("E0332", *span),
            Error::TwiceInAtom { span, .. } => ("E0333", *span),
            Error::BoundInSameAtom { span, .. } => ("E0334", *span),
            Error::UnboundInNegation { span, .. } => ("E0335", *span),
            Error::NoRecordFields { span, .. } => ("E0336", *span),
            Error::InputHead { span, .. } => ("E0337", *span),
            Error::HeadDelay { span } => ("E0338", *span),
            Error::GroupKey { span } => ("E0339", *span),
            Error::GroupByForm { span, .. }
            | Error::TwoGroupBy { span, .. }
            | Error::GroupByPlace { span } => ("E0340", *span),
            Error::AggregateForm { span } => ("E0341", *span),
            Error::KeyOnlyInput { span, .. } => ("E0342", *span),
            Error::IndexField { span, .. } => ("E0343", *span),
            Error::TransformerArguments { span }
            | Error::TransformerOutput { span, .. }
            | Error::UnknownTransformer { span, .. } => ("E0350", *span),
            Error::StreamJoin { span, .. } => ("E0345", *span),
            Error::NegatedStream { span, .. } => ("E0346", *span),
            Error::Recursive { span, .. } => ("E0351", *span),
            Error::StreamAntijoin { span, .. } => ("E0347", *span),
            Error::StreamIntoRelation { span, .. } => ("E0348", *span),
            Error::RelationIntoStream { span, .. } => ("E0349", *span),
            Error::Unsupported { span, .. } => ("E0344", *span),
        }
    }

    /// Adds the other places and the way out.
    fn explain(self, diagnostic: Diagnostic) -> Diagnostic {
        match self {
            Error::UnknownModule { suggestion, .. } => match suggestion {
                Some(name) => diagnostic.hint(format!("Did you mean `{name}`?")),
                None => diagnostic.hint("Import it first."),
            },
            Error::UnknownName { suggestion, elsewhere, .. } => {
                did_you_mean(diagnostic.label("not found"), suggestion, elsewhere)
            }
            Error::UnknownVariable { suggestion, elsewhere, .. } => {
                did_you_mean(diagnostic.label("not found here"), suggestion, elsewhere)
            }
            Error::Duplicate { first, .. } => {
                diagnostic.label("declared again here").also(first, "first declared here")
            }
            Error::AmbiguousName { .. } => diagnostic.hint("Import one of them `as` something."),
            Error::UnknownTypeParameter { .. } => {
                diagnostic.hint("Type parameters are listed after the type's name or used in the function's parameters.")
            }
            Error::Redeclared { first, .. } => {
                diagnostic.label("declared again here").also(first, "first declared here")
            }
            Error::HiddenByGroupBy { grouped, .. } => diagnostic
                .also(grouped, "only the key's variables are known after this")
                .hint("Add the variable to the key or to the grouped value."),
            Error::UnknownField { suggestion, declared, .. } => {
                did_you_mean(diagnostic.also(declared, "declared here"), suggestion, None)
            }
            Error::Mismatch { expected, why, .. } => {
                let diagnostic = diagnostic.label(format!("expected `{expected}`"));
                match why {
                    Some((place, why)) if place != diagnostic.primary.span => diagnostic.also(place, why),
                    Some(_) | None => diagnostic,
                }
            }
            Error::NoField { suggestion, .. } => did_you_mean(diagnostic, suggestion, None),
            Error::GuardedField { without, .. } => {
                let diagnostic = match without {
                    Some((_, span)) => diagnostic.also(span, "this one does not have it"),
                    None => diagnostic,
                };
                diagnostic.hint("Use `match` to find out which constructor it is.")
            }
            Error::TryTypes { .. } => diagnostic.hint(
                "`?` needs an Option or Result, and a function that gives an Option, or a Result of the same error.",
            ),
            Error::CannotInfer { .. } | Error::CannotInferVariable { .. } => {
                diagnostic.hint("Write the type: `e: T`.")
            }
            Error::NoOverload { candidates, .. } | Error::AmbiguousOverload { candidates, .. } => {
                let n_shown = 4;
                let more = candidates.len().saturating_sub(n_shown);
                let diagnostic = candidates
                    .into_iter()
                    .take(n_shown)
                    .fold(diagnostic, |d, (signature, span)| d.also(span, format!("`{signature}`")));
                if more > 0 { diagnostic.hint(format!("There are {more} more of that name.")) } else { diagnostic }
            }
            Error::ArgumentCount { declared, .. } => match declared {
                Some(span) => diagnostic.also(span, "declared here"),
                None => diagnostic,
            },
            Error::TypeArguments { declared, .. }
            | Error::FieldCount { declared, .. }
            | Error::MissingFields { declared, .. }
            | Error::NoRecordFields { declared, .. } => diagnostic.also(declared, "declared here"),
            Error::FieldTypes { other, .. } => diagnostic.label("one type here").also(other, "another here"),
            Error::DeclarationLast { .. } => diagnostic.hint("Use the variable after it, or end the block with `;`."),
            Error::UnusedTypeParameter { .. } => diagnostic.hint("Use it in a field, or leave it out."),
            Error::ExternTwice { first, .. } => diagnostic
                .also(first, "first declared here")
                .hint("Extern functions are found by name: give it another one and overload a function that calls it."),
            Error::EndlessType { declared, .. } => {
                diagnostic.also(declared, "declared here").hint("Put a Ref, Vec or Option in between.")
            }
            Error::CastWidth { via, .. } => diagnostic.hint(format!("Convert to `{via}` first.")),
            Error::Cast { .. } => diagnostic.hint(
                "Numbers convert between widths of one kind, between bit<N> and signed<N>, and to bigint, float, double.",
            ),
            Error::NoText { ty, .. } if ty.starts_with('(') => diagnostic.hint("Name the elements one by one."),
            Error::NoText { ty, .. } => {
                diagnostic.hint(format!("Write `function to_string(x: {ty}): string` next to the type."))
            }
            Error::NotExhaustive { .. } => diagnostic.label("not all values are covered"),
            Error::Refutable { .. } => diagnostic.hint("Use `match` where a pattern may fail."),
            Error::NotPlace { .. } => diagnostic.hint("Bind the value to a variable first: `var x = ..`."),
            Error::ChangedInCondition { condition, .. } => {
                diagnostic.also(condition, "the condition").hint("Do it before the `if`.")
            }
            Error::ChangedInLoop { iterated, .. } => diagnostic.also(iterated, "this loop"),
            Error::NotAssignable { declared, captured, .. } => {
                let diagnostic = diagnostic.also(declared, "declared here");
                if captured {
                    diagnostic.hint("A closure has its own copy of the variables around it.")
                } else {
                    diagnostic.hint("Copy it to a variable of the function, or declare the parameter `mut`.")
                }
            }
            Error::VarInAtom { name, .. } => diagnostic.hint(format!("Write `{name}`: a new name is a new variable.")),
            Error::MissingVar { name, .. } => {
                diagnostic.hint(format!("Write `var {name}` for a new variable, `==` to compare."))
            }
            Error::TwiceInAtom { name, first, .. } => diagnostic
                .also(first, "bound here")
                .hint(format!("Bind a second variable and compare: `{name} == other`.")),
            Error::BoundInSameAtom { bound, .. } => diagnostic
                .also(bound, "bound here")
                .hint("Bind a second variable and compare the two after the atom."),
            Error::UnboundInNegation { .. } => {
                diagnostic.hint("Bind it in a clause before, or write `_` for anything.")
            }
            Error::InputHead { declared, .. } => diagnostic.also(declared, "declared as input here"),
            Error::TwoGroupBy { first, .. } => diagnostic.also(first, "the first"),
            Error::TransformerOutput { declared, .. } => diagnostic
                .also(declared, "declared here")
                .hint("Declare it in this module as `relation R[(Node, Node)]`."),
            Error::UnknownTransformer { .. } => diagnostic.hint("Those of module `graph` are there."),
            Error::StreamJoin { first, .. } => diagnostic.also(first, "the first stream"),
            Error::NegatedStream { declared, .. } => diagnostic.also(declared, "declared as a stream here"),
            Error::StreamAntijoin { stream, .. } | Error::StreamIntoRelation { stream, .. } => {
                diagnostic.also(stream, "this is the stream")
            }
            Error::RelationIntoStream { declared, .. } => {
                diagnostic.also(declared, "declared as a stream here").hint("A stream's rules need a stream in the body.")
            }
            Error::KeyOnlyInput { declared, .. } => diagnostic.also(declared, "this is no input relation"),
            Error::NoLibrary { .. }
            | Error::NotNumeric { .. }
            | Error::NoTupleField { .. }
            | Error::NotConcat { .. }
            | Error::NotIterable { .. }
            | Error::NotReference { .. }
            | Error::FieldTwice { .. }
            | Error::ZeroWidth { .. }
            | Error::SignedWidth { .. }
            | Error::RelationType { .. }
            | Error::RecursiveAlias { .. }
            | Error::ParameterType { .. }
            | Error::SliceOrder { .. }
            | Error::SliceRange { .. }
            | Error::IntegerRange { .. }
            | Error::UnreachableArm { .. }
            | Error::SharedPlace { .. }
            | Error::OutsideFunction { .. }
            | Error::OutsideLoop { .. }
            | Error::OnlyInPatterns { .. }
            | Error::NotPattern { .. }
            | Error::NotConstant { .. }
            | Error::HeadDelay { .. }
            | Error::GroupKey { .. }
            | Error::GroupByForm { .. }
            | Error::AggregateForm { .. }
            | Error::GroupByPlace { .. }
            | Error::BadOriginal { .. }
            | Error::IndexField { .. }
            | Error::EndlessGenerics { .. }
            | Error::TransformerArguments { .. }
            | Error::Recursive { .. }
            | Error::Unsupported { .. } => diagnostic,
        }
    }
}

fn did_you_mean(diagnostic: Diagnostic, suggestion: Option<String>, elsewhere: Option<String>) -> Diagnostic {
    match (suggestion, elsewhere) {
        (_, Some(module)) => diagnostic.hint(format!("Module `{module}` declares it: import that.")),
        (Some(name), None) => diagnostic.hint(format!("Did you mean `{name}`?")),
        (None, None) => diagnostic,
    }
}
