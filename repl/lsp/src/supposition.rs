//! What is being written, made into a program as far as that can be done: with a word at the cursor and what is open closed.

use crate::scan::{Kind, Token};

/// Stands for the word that is being written.
pub(crate) const STAND_IN: &str = "wEIR__CURSOR";

/// A text with a word in place of what is being written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Supposition {
    pub(crate) text: String,
    /// Whether an opening bracket follows the word.
    pub(crate) called: bool,
}

impl Supposition {
    /// From a text, the tokens before the word, where the word starts, and where the cursor is in it.
    pub(crate) fn new(text: &str, tokens: &[Token<'_>], start: usize, cursor: usize) -> Supposition {
        let after = text.get(cursor..).unwrap_or("");
        let after = after.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_');
        let called = after.starts_with(['(', '{']);
        let before = text.get(..start).unwrap_or("");
        let in_text = tokens.iter().any(|t| t.is("{") && before[..t.start].ends_with('$'));
        let closing = match in_text {
            true if unclosed_text(after) => "}".to_owned(),
            false if rest_of_item(after).trim().is_empty() => closing(tokens),
            _ => String::new(),
        };
        Supposition { text: [before, STAND_IN, &closing, after].concat(), called }
    }
}

/// Whether the `${` around the cursor lacks its `}`.
fn unclosed_text(after: &str) -> bool {
    let line = after.lines().next().unwrap_or("");
    line.find('"').is_some_and(|quote| !line[..quote].contains('}'))
}

/// What follows up to the next item: authors start those at the margin.
fn rest_of_item(after: &str) -> &str {
    let starts = after.match_indices('\n').map(|(at, _)| at + 1);
    let item =
        |at: &usize| after[*at..].starts_with(|c: char| c.is_alphabetic() || matches!(c, '#' | '&' | '/'));
    let end = starts.into_iter().find(item).unwrap_or(after.len());
    &after[..end]
}

/// What closes the brackets of the last item, and the item.
fn closing(tokens: &[Token<'_>]) -> String {
    let from = tokens.iter().rposition(|t| t.margin && t.kind == Kind::Word).unwrap_or(0);
    let item = &tokens[from..];
    let mut open = Vec::new();
    for token in item.iter().filter(|t| t.kind == Kind::Sign) {
        match token.text {
            "(" => open.push(')'),
            "[" => open.push(']'),
            "{" => open.push('}'),
            ")" | "]" | "}" => _ = open.pop(),
            _ => {}
        }
    }
    let mut closing: String = open.into_iter().rev().collect();
    let is_rule = item.first().is_some_and(|t| t.is_capital() || item.get(1).is_some_and(|s| s.is("::")));
    if is_rule {
        closing.push('.');
    }
    closing
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::{self, Surroundings};

    #[test]
    fn what_is_open_is_closed() {
        for (text, expected) in [
            ("R(x) :- S(x), |", "R(x) :- S(x), W."),
            ("R(x) :- S(x|", "R(x) :- S(W)."),
            ("R(x) :- S(|), T(x).", "R(x) :- S(W), T(x)."),
            ("R(x) :- S(f[x.|\nQ(1).", "R(x) :- S(f[x.W]).\nQ(1)."),
            ("function f(): u8 { var y = 1; { y.|", "function f(): u8 { var y = 1; { y.W}}"),
            ("function f(): u8 { \"${x.|\" }", "function f(): u8 { \"${x.W}\" }"),
            ("a::R(x) :- |", "a::R(x) :- W."),
            ("R(na|me(x)).", "R(W(x))."),
        ] {
            let at = text.find('|').unwrap_or(0);
            let text = text.replace('|', "");
            let Surroundings::Code(mut tokens) = scan::before(&text, at) else { continue };
            let start = match tokens.last().copied() {
                Some(word) if word.kind == Kind::Word && word.end() == at => {
                    tokens.pop();
                    word.start
                }
                _ => at,
            };
            let supposed = Supposition::new(&text, &tokens, start, at);
            assert_eq!(supposed.text.replace(STAND_IN, "W"), expected, "{text}");
        }
    }
}
