//! What kind of thing is written next, by what stands before it.

use crate::scan::{self, Kind, Token};

/// A kind of thing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wanted<'t> {
    /// A new name: nothing is known about it.
    Nothing,
    /// After `import`.
    Module,
    /// After `a::b::`.
    InModule(String),
    /// After `R(.` or `C{.`: a field by name; with those that are there already.
    Field { path: &'t str, prefix: String, given: Vec<&'t str> },
    /// After the `.` of a value.
    Member,
    /// After a `'`; with those the item has before.
    TypeVariable(Vec<&'t str>),
    /// After `:` or `as`, or among the arguments of a type.
    Type,
    /// At the start of an item.
    Item,
    /// In the body or head of a rule.
    Clause,
    /// Anywhere else.
    Expression,
}

/// Words after which a new name comes.
const NAMING: &[&str] =
    &["typedef", "function", "relation", "stream", "multiset", "index", "var", "type", "transformer"];

/// What may follow these tokens at an offset of the text.
pub(crate) fn wanted<'t>(tokens: &[Token<'t>], text: &str, offset: usize) -> Wanted<'t> {
    let Some((last, before)) = tokens.split_last() else { return Wanted::Item };
    let touches = last.end() == offset;
    if scan::at_margin(text, offset) || (last.is(".") && !touches) {
        return Wanted::Item;
    }
    if let Some(import) = tokens.iter().rposition(|t| t.kind == Kind::Word && t.text == "import")
        && tokens[import + 1..].iter().all(|t| t.is("::") || t.kind == Kind::Word)
        && (import + 1 == tokens.len() || last.is("::"))
    {
        return Wanted::Module;
    }
    match (last.kind, last.text) {
        (Kind::Sign, "::") => match scan::path(before) {
            Some((_, prefix, name)) if prefix.is_empty() => Wanted::InModule(name.text.to_owned()),
            Some((_, prefix, name)) => Wanted::InModule(format!("{prefix}::{}", name.text)),
            None => Wanted::Nothing,
        },
        (Kind::Sign, ".") => after_dot(tokens, before),
        (Kind::Sign, "'") => Wanted::TypeVariable(type_variables(before)),
        (Kind::Sign, ":") | (Kind::Word, "as" | "mut") => Wanted::Type,
        (Kind::Sign, "<") if before.last().is_some_and(|t| t.is_capital()) => Wanted::Type,
        (Kind::Sign, ",") if in_type_arguments(before) => Wanted::Type,
        (Kind::Sign, "=") if statement(tokens).is_some_and(|t| t.text == "typedef") => Wanted::Type,
        (Kind::Word, word) if NAMING.contains(&word) => Wanted::Nothing,
        (Kind::Word, "input" | "output" | "extern") => Wanted::Item,
        // Parameters and fields have new names.
        (Kind::Sign, "(" | "{" | ",") if declares(tokens) => Wanted::Nothing,
        _ => match statement(tokens) {
            Some(first) if matches!(first.text, "function" | "typedef") => Wanted::Expression,
            Some(_) => Wanted::Clause,
            None => Wanted::Item,
        },
    }
}

/// The type variables of the last item.
fn type_variables<'t>(tokens: &[Token<'t>]) -> Vec<&'t str> {
    let from = tokens.iter().rposition(|t| t.margin && t.kind == Kind::Word).unwrap_or(0);
    let mut names = Vec::new();
    for pair in tokens[from..].windows(2) {
        if pair[0].is("'") && pair[1].is_capital() && !names.contains(&pair[1].text) {
            names.push(pair[1].text);
        }
    }
    names
}

fn after_dot<'t>(tokens: &[Token<'t>], before: &[Token<'t>]) -> Wanted<'t> {
    let Some(left) = before.last() else { return Wanted::Nothing };
    if left.is("(") || left.is("{") || left.is(",") {
        let Some(open) = scan::opener(before) else { return Wanted::Nothing };
        let Some((_, prefix, name)) = scan::path(&tokens[..open]) else { return Wanted::Nothing };
        let mut depth = 0usize;
        let mut given = Vec::new();
        for window in before[open..].windows(3) {
            match (window[0].kind, window[0].text) {
                (Kind::Sign, "(" | "[" | "{") => depth += 1,
                (Kind::Sign, ")" | "]" | "}") => depth = depth.saturating_sub(1),
                _ => {}
            }
            let separated = window[0].is("(") || window[0].is("{") || window[0].is(",");
            if depth == 1 && separated && window[1].is(".") && window[2].kind == Kind::Word {
                given.push(window[2].text);
            }
        }
        return Wanted::Field { path: name.text, prefix, given };
    }
    Wanted::Member
}

/// The first word of the item that the tokens are part of: authors start items at the margin.
fn statement<'a, 't>(tokens: &'a [Token<'t>]) -> Option<&'a Token<'t>> {
    tokens.iter().rfind(|t| t.margin && t.kind == Kind::Word)
}

/// Whether names inside the open bracket are declared there.
fn declares(tokens: &[Token<'_>]) -> bool {
    let Some(open) = scan::opener(tokens) else { return false };
    let before = &tokens[..open];
    match before {
        [.., word, _] if matches!(word.text, "function" | "relation" | "stream" | "multiset" | "index") => {
            true
        }
        [.., word, amp, _] if amp.is("&") && word.text == "relation" => true,
        _ => {
            // Constructors of a type: `typedef T = A{` and `| B{`.
            let named = before.last().is_some_and(|t| t.is_capital());
            let typedef = statement(before).is_some_and(|t| t.text == "typedef");
            named && typedef && tokens[open].is("{")
        }
    }
}

/// Whether the end of the tokens is inside `Name<…`.
fn in_type_arguments(tokens: &[Token<'_>]) -> bool {
    let mut closed = 0usize;
    for (at, token) in tokens.iter().enumerate().rev() {
        match (token.kind, token.text) {
            (Kind::Sign, ">") => closed += 1,
            (Kind::Sign, "<") if closed > 0 => closed -= 1,
            (Kind::Sign, "<") => return at.checked_sub(1).is_some_and(|p| tokens[p].is_capital()),
            (Kind::Sign, "," | "::" | "'") | (Kind::Word | Kind::Number, _) => {}
            _ => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::Surroundings;

    #[test]
    fn what_comes_next_is_known_from_what_is_there() {
        for (text, expected) in [
            ("", "Item"),
            ("import ", "Module"),
            ("import net::", "Module"),
            ("import net\n", "Item"),
            ("R(x) :- ", "Clause"),
            ("R(x) :- S(x), ", "Clause"),
            ("R(x) :- S(x), a::", "InModule(\"a\")"),
            ("R(x) :- S(.", "Field { path: \"S\", prefix: \"\", given: [] }"),
            ("R(x) :- a::S(.f = g(.z = 1), .", "Field { path: \"S\", prefix: \"a\", given: [\"f\"] }"),
            ("function f(x: u8): T = C{.a = 1, .", "Field { path: \"C\", prefix: \"\", given: [\"a\"] }"),
            ("R(x.", "Member"),
            ("R(x) :- S(x), f(x).", "Member"),
            ("function f(x: ", "Type"),
            ("function f(x: Map<string, ", "Type"),
            ("function f(x: Vec<", "Type"),
            ("function f(x: '", "TypeVariable([])"),
            ("function e(x: 'B): 'B = x\nfunction f(x: 'A, y: 'A, z: '", "TypeVariable([\"A\"])"),
            ("function f(", "Nothing"),
            ("function f(x: u8, ", "Nothing"),
            ("function f(x: u8): u8 { ", "Expression"),
            ("function f(x: u8): u8 { x }\n", "Item"),
            ("function f(x: u8): u8 { g(", "Expression"),
            ("input relation ", "Nothing"),
            ("input relation R(", "Nothing"),
            ("input relation R(x: u8)\nQ(", "Clause"),
            ("typedef T = ", "Type"),
            ("typedef T = A{", "Nothing"),
            ("typedef T = A{x: u8} | B{", "Nothing"),
            ("R(x) :- S(x), var ", "Nothing"),
            ("R(x) :- S(x).\n", "Item"),
            ("R(x) :- S(x). ", "Item"),
            ("R(x) :- x\n    .", "Member"),
        ] {
            let Surroundings::Code(tokens) = scan::before(text, text.len()) else { continue };
            assert_eq!(format!("{:?}", wanted(&tokens, text, text.len())), expected, "{text}");
        }
    }
}
