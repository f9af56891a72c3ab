//! Cutting text at commas and signs, brackets respected.

use super::error::{Located, Parsed};

/// The parts between commas that stand outside of brackets, trimmed; none for blank text.
pub(super) fn split_list(text: &str) -> Vec<&str> {
    split_outside(text, |character| character == ',')
}

/// The parts between commas or white space outside of brackets, trimmed, empty ones left out.
pub(super) fn split_words(text: &str) -> Vec<&str> {
    split_outside(text, |character| character == ',' || character.is_whitespace())
}

fn split_outside(text: &str, separates: impl Fn(char) -> bool) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut depth = 0usize;
    let mut start = 0;
    for (at, character) in text.char_indices() {
        match character {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 && separates(character) => {
                parts.push(text[start..at].trim());
                start = at + character.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

/// `name`, `name:argument`, `name=argument` or `name(argument)rest`, cut apart.
pub(super) struct Call<'a> {
    pub(super) name: &'a str,
    pub(super) argument: Option<&'a str>,
    /// What follows the closing bracket.
    pub(super) rest: &'a str,
}

impl<'a> Call<'a> {
    pub(super) fn of(text: &'a str) -> Parsed<'a, Call<'a>> {
        let end = text.find([':', '=', '(', '[']).unwrap_or(text.len());
        let (name, tail) = text.split_at(end);
        match tail.chars().next() {
            Some(':' | '=') => Ok(Call { name, argument: Some(&tail[1..]), rest: "" }),
            Some('(') => {
                let close = closing(tail).ok_or_else(|| Located::expected(tail, "closing bracket"))?;
                Ok(Call { name, argument: Some(&tail[1..close]), rest: &tail[close + 1..] })
            }
            _ => Ok(Call { name: text, argument: None, rest: "" }),
        }
    }

    pub(super) fn required(&self) -> Parsed<'a, &'a str> {
        self.argument.ok_or_else(|| Located::expected(self.name, "argument"))
    }
}

/// Where the bracket that opens `text` closes.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (at, character) in text.char_indices() {
        match character {
            '(' | '[' => depth += 1,
            ')' | ']' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}
