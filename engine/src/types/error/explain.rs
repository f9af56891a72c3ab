//! What is shown beside an error: other places, reasons and ways out.

use super::{Error, Notes};
use crate::diagnostics::Diagnostic;
use crate::source::Span;
use crate::stdlib::BUILTIN_MODULES;

impl Error {
    /// Adds the other places and the way out.
    pub(super) fn explain(self, diagnostic: Diagnostic) -> Diagnostic {
        match self {
            Error::UnknownModule { suggestion, name, .. } => match suggestion {
                Some(name) => diagnostic.hint(format!("Did you mean `{name}`?")),
                None if BUILTIN_MODULES.iter().any(|(module, _)| *module == name) => {
                    diagnostic.hint(format!("Add `import {name}`."))
                }
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
            Error::Mismatch { expected, why, notes, .. } => {
                let Notes { also, hint } = *notes;
                let diagnostic = diagnostic.label(format!("expected `{expected}`"));
                let primary = diagnostic.primary.span;
                let places = also.into_iter().chain(why).filter(|(place, _)| *place != primary);
                let diagnostic = places.fold(diagnostic, |d, (place, text)| d.also(place, text));
                match hint {
                    Some(hint) => diagnostic.hint(hint),
                    None => diagnostic,
                }
            }
            Error::TryGivesOption { questions, value, declared, .. } => {
                let diagnostic = diagnostic.also(declared, "the function gives this").also(value, "an Option, too");
                let diagnostic = questions.into_iter().fold(diagnostic, |d, span| d.also(span, "`?` on an Option"));
                diagnostic.hint("Let the function give an Option, or make Results of the Options: `.ok_or(..)?`.")
            }
            Error::NumberMismatch { expected, .. } => {
                let diagnostic = diagnostic.label(format!("expected `{expected}`"));
                match &*expected {
                    "string" => diagnostic.hint("Write it in quotes."),
                    _ => diagnostic,
                }
            }
            Error::NotNumeric { found, .. } => match &*found {
                "string" => diagnostic.hint("Strings are joined with `++`."),
                "bool" => diagnostic.hint("Bools are joined with `and`, `or` and `not`."),
                found if found.starts_with('\'') => {
                    diagnostic.hint("A type parameter may stand for anything, also for what is no number.")
                }
                _ => diagnostic,
            },
            Error::NoTupleField { .. } => diagnostic.hint("Elements are numbered from 0."),
            Error::NotConcat { found, .. } => {
                if ["Vec<", "Set<", "Map<"].iter().any(|collection| found.starts_with(collection)) {
                    diagnostic.hint("Collections are joined by functions: `append` for Vec, `union` for Set and Map.")
                } else {
                    diagnostic.hint("Begin with a string: `\"\" ++ x`, or write `\"${x}..\"`.")
                }
            }
            Error::NotIterable { found, .. } => {
                let diagnostic = diagnostic.label("Vec, Set, Map and Group can be gone through");
                if found.starts_with("bit<") || found.starts_with("signed<") || found == "bigint" {
                    diagnostic.hint("For the numbers up to a limit: `range_vec(0, limit, 1)`.")
                } else {
                    diagnostic
                }
            }
            Error::NotReference { .. } => diagnostic.hint("Leave the `&` out."),
            Error::FieldTwice { .. } => diagnostic.label("given again here"),
            Error::ZeroWidth { .. } => diagnostic.hint("A number has at least 1 bit."),
            Error::SignedWidth { .. } => diagnostic.hint("Take the next larger width, or `bit<N>`, which has any."),
            Error::RelationType { .. } => {
                diagnostic.hint("A relation is no value: collect what is needed of it with `group_by`.")
            }
            Error::RecursiveAlias { .. } => {
                diagnostic.hint("Give it a constructor: `typedef T = C{inner: Vec<T>}`.")
            }
            Error::ParameterType { name, .. } => diagnostic.hint(format!("Write `{name}: T`.")),
            Error::SliceOrder { high, low, .. } => {
                diagnostic.hint(format!("The higher bit comes first: `[{low}:{high}]`."))
            }
            Error::SliceRange { width, .. } => {
                diagnostic.hint(format!("Bits are counted from 0 at the right: the leftmost is {}.", width.saturating_sub(1)))
            }
            Error::IntegerRange { ty, .. } => match range(&ty) {
                Some(range) => diagnostic.label(format!("a `{ty}` is {range}")),
                None => diagnostic,
            },
            Error::SharedPlace { .. } => {
                diagnostic.hint("Copy the value, change the copy, and make a new reference of it.")
            }
            Error::OutsideFunction { what: "`?`", .. } => {
                diagnostic.hint("In a rule `Some{var x} = e` goes on with the value, and drops the row if there is none.")
            }
            Error::OutsideFunction { .. } => {
                diagnostic.hint("In a rule a condition decides whether a row goes on.")
            }
            Error::OnlyInPatterns { what: "`_`", .. } => {
                diagnostic.label("a value is needed here").hint("Name it where it is matched, and use the name.")
            }
            Error::OnlyInPatterns { .. } => diagnostic.label("a value is needed here"),
            Error::NotPattern { .. } => {
                diagnostic.label("this is computed").hint("To compare, write `==`; to name a value, put the name alone on the left.")
            }
            Error::NotConstant { .. } => diagnostic.hint("Match a variable and compare it with the string."),
            Error::HeadDelay { .. } => diagnostic.hint("Ask for the past in the body; a head is about now."),
            Error::GroupKey { .. } => {
                diagnostic.hint("Compute the key in a clause before: `var key = .., var g = value.group_by(key)`.")
            }
            Error::GroupByForm { .. } => diagnostic.hint("Write `value.group_by(key)`."),
            Error::GroupByPlace { .. } => {
                diagnostic.hint("Group in a rule, and give the group to the function.")
            }
            Error::BadOriginal { .. } => diagnostic.label("has a line break or another control character"),
            Error::IndexField { name, .. } => {
                diagnostic.hint(format!("Put `{name}` where the pattern has the field that is looked up."))
            }
            Error::EndlessGenerics { .. } => {
                diagnostic.label("calls itself for a type made of its own")
                    .hint("Give it one type for all levels, such as a recursive `typedef`.")
            }
            Error::TransformerArguments { .. } => {
                diagnostic.hint("Write `apply graph::SCC(Edges, from, to) -> (Labels)`.")
            }
            Error::Recursive { .. } => diagnostic
                .label("within the recursion")
                .hint("Let the recursion go through relations only, and join the stream with its result."),
            Error::UnreachableArm { .. } => diagnostic.label("not reached").hint("Move it up, or remove it."),
            Error::NoField { name, method: true, .. } => diagnostic.hint(format!("Call the function: `.{name}()`.")),
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
            Error::CannotInfer { .. } => diagnostic.hint("Write the type: `e: T`."),
            Error::CannotInferVariable { name, found, .. } => {
                let shown = found.replace("<_>", "<..>").replace("<_, ", "<.., ").replace(", _>", ", ..>");
                let ty = if shown.contains("..") { shown } else { "T".to_owned() };
                diagnostic.hint(format!("Write its type where it is declared: `{name}: {ty}`."))
            }
            Error::NoOverload { candidates, hint, .. } => listed(diagnostic, candidates, hint),
            Error::AmbiguousOverload { candidates, .. } => listed(diagnostic, candidates, None),
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
            Error::NotExhaustive { .. } => diagnostic
                .label("not all values are covered")
                .hint("Add an arm for it, or `_` for all that is left."),
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
            Error::LargeType { .. } => {
                diagnostic.hint("Each step doubles it, as in `(x, x)`: a `typedef` with a constructor keeps it small.")
            }
            Error::KeyOfBag { declared, .. } => diagnostic
                .also(declared, "declared here")
                .hint("Only a plain `input relation` has one: its rows are told apart by it."),
            Error::IndexOver { .. } => diagnostic.hint("Only the contents of a relation can be indexed."),
            Error::TransformerFills { apply, .. } => diagnostic
                .also(apply, "it is filled here")
                .hint("Give the rules or the other transformer a relation of their own."),
            Error::OverlappingOverload { first, .. } => diagnostic
                .label("a call could mean this one")
                .also(first, "or this one")
                .hint("Give one of them another name, or more or fewer parameters."),
            Error::KeyOnlyInput { declared, .. } => diagnostic.also(declared, "this is no input relation"),
            Error::NoLibrary { .. }
            | Error::OutsideLoop { .. }
            | Error::AggregateForm { .. }
            | Error::BadAttribute { .. }
            | Error::Unsupported { .. } => diagnostic,
        }
    }
}

/// With the first few of the functions there are.
fn listed(diagnostic: Diagnostic, candidates: Vec<(String, Span)>, hint: Option<String>) -> Diagnostic {
    let n_shown = 4;
    let more = candidates.len().saturating_sub(n_shown);
    let shown = candidates.into_iter().take(n_shown);
    let diagnostic = shown.fold(diagnostic, |d, (signature, span)| d.also(span, format!("`{signature}`")));
    match hint {
        Some(hint) => diagnostic.hint(hint),
        None if more > 0 => diagnostic.hint(format!("There are {more} more of that name.")),
        None => diagnostic,
    }
}

fn did_you_mean(diagnostic: Diagnostic, suggestion: Option<String>, elsewhere: Option<String>) -> Diagnostic {
    match (suggestion, elsewhere) {
        (_, Some(way)) => diagnostic.hint(way),
        (Some(name), None) => diagnostic.hint(format!("Did you mean `{name}`?")),
        (None, None) => diagnostic,
    }
}

/// What a type holds, for the widths that people know by heart or look up.
fn range(ty: &str) -> Option<String> {
    let width = |prefix: &str| ty.strip_prefix(prefix)?.strip_suffix('>')?.parse::<u32>().ok();
    if let Some(width) = width("bit<") {
        return match width {
            0..=64 => Some(format!("0 to {}", (1u128 << width) - 1)),
            _ => Some(format!("0 to 2^{width} - 1")),
        };
    }
    match width("signed<")? {
        width @ 1..=64 => Some(format!("-{0} to {1}", 1u128 << (width - 1), (1u128 << (width - 1)) - 1)),
        width => Some(format!("-2^{0} to 2^{0} - 1", width.saturating_sub(1))),
    }
}
