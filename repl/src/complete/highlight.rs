//! Colours for what is being typed.

use std::collections::HashSet;
use std::ops::Range;

use super::vocabulary::KEYWORDS;
use crate::statement::{Kind, kind};

/// What stands somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Keyword,
    /// A relation or index of the program.
    Relation,
    /// Another name with a capital letter.
    Constructor,
    Text,
    Number,
    Comment,
    /// The word after the dot that begins a line.
    Dot,
}

impl Word {
    /// The escape sequence that turns its colour on.
    fn colour(self) -> &'static str {
        match self {
            Word::Keyword => "\x1b[35m",
            Word::Relation => "\x1b[36m",
            Word::Constructor => "\x1b[33m",
            Word::Text => "\x1b[32m",
            Word::Number => "\x1b[34m",
            Word::Comment => "\x1b[90m",
            Word::Dot => "\x1b[1;34m",
        }
    }
}

const PLAIN: &str = "\x1b[0m";

/// Brackets that belong together.
const MATCHING: &str = "\x1b[1;4m";

/// The line in colours; what was typed before it, and where the cursor is in the line, tell what it means.
pub(super) fn highlight(
    before: &str,
    line: &str,
    cursor: Option<usize>,
    relations: &HashSet<String>,
    commands: &[&str],
) -> String {
    let text = format!("{before}{line}");
    let (words, brackets) = words(&text, relations, commands);
    let pair = cursor.and_then(|cursor| pair(&text, &brackets, before.len() + cursor));
    let mut out = String::with_capacity(line.len() * 2);
    let mut last = before.len();
    let mut marks: Vec<(Range<usize>, &str)> =
        words.into_iter().map(|(range, word)| (range, word.colour())).collect();
    marks.extend(pair.into_iter().flatten().map(|at| (at..at + 1, MATCHING)));
    marks.sort_by_key(|(range, _)| range.start);
    for (range, colour) in marks {
        let (start, end) = (range.start.max(last), range.end);
        if end <= last {
            continue;
        }
        out.push_str(&text[last..start]);
        out.push_str(colour);
        out.push_str(&text[start..end]);
        out.push_str(PLAIN);
        last = end;
    }
    out.push_str(&text[last..]);
    out
}

/// Everything that has a colour, and the brackets that are no part of texts and comments.
fn words(
    text: &str,
    relations: &HashSet<String>,
    commands: &[&str],
) -> (Vec<(Range<usize>, Word)>, Vec<usize>) {
    let (mut words, mut brackets) = (Vec::new(), Vec::new());
    let mut at = 0;
    // Only there does a `#` begin a comment and is a command known by its word.
    let mut kind_here = kind(text);
    if kind_here == Kind::Dot {
        let start = text.len() - text.trim_start().len();
        let length = text[start..].find(char::is_whitespace).unwrap_or(text.len() - start);
        words.push((start..start + length, Word::Dot));
        at = start + length;
    }
    let mut begins = true;
    while let Some(character) = text[at..].chars().next() {
        let rest = &text[at..];
        let was_beginning = std::mem::take(&mut begins);
        let (length, word) = match character {
            '"' => (quoted(rest), Some(Word::Text)),
            '[' if rest.starts_with("[|") => {
                (rest.find("|]").map_or(rest.len(), |end| end + 2), Some(Word::Text))
            }
            '/' if rest.starts_with("//") => (line_end(rest), Some(Word::Comment)),
            '/' if rest.starts_with("/*") => {
                (rest.find("*/").map_or(rest.len(), |end| end + 2), Some(Word::Comment))
            }
            '#' if kind_here == Kind::Command => (line_end(rest), Some(Word::Comment)),
            '0'..='9' => {
                let in_number = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '\'');
                let mut length = rest.find(|c| !in_number(c)).unwrap_or(rest.len());
                if rest[length..].starts_with('.')
                    && rest[length + 1..].starts_with(|c: char| c.is_ascii_digit())
                {
                    length += 1;
                    length += rest[length..].find(|c| !in_number(c)).unwrap_or(rest.len() - length);
                }
                (length, Some(Word::Number))
            }
            c if c.is_ascii_alphabetic() || c == '_' => {
                let length = name(rest);
                (length, named(&rest[..length], kind_here, was_beginning, relations, commands))
            }
            c => {
                if matches!(c, '(' | ')' | '[' | ']' | '{' | '}') {
                    brackets.push(at);
                }
                begins = was_beginning && c.is_whitespace()
                    || (c == ';' || c == ',') && kind_here == Kind::Command;
                if c == '\n' && kind_here == Kind::Dot {
                    kind_here = kind(&rest[1..]);
                    begins = true;
                }
                (c.len_utf8(), None)
            }
        };
        words.extend(word.map(|word| (at..at + length, word)));
        at += length;
    }
    (words, brackets)
}

fn named(
    name: &str,
    kind: Kind,
    begins: bool,
    relations: &HashSet<String>,
    commands: &[&str],
) -> Option<Word> {
    if kind == Kind::Command && begins && commands.contains(&name) {
        return Some(Word::Keyword);
    }
    if relations.contains(name) {
        return Some(Word::Relation);
    }
    if matches!(name, "true" | "false")
        || matches!(kind, Kind::Item | Kind::Query) && KEYWORDS.contains(&name)
    {
        return Some(Word::Keyword);
    }
    let last = name.rsplit("::").next().unwrap_or(name);
    last.starts_with(|c: char| c.is_ascii_uppercase()).then_some(Word::Constructor)
}

/// Length of a qualified name.
fn name(text: &str) -> usize {
    let mut length = 0;
    loop {
        length += text[length..].bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        match text[length..].strip_prefix("::") {
            Some(more) if more.starts_with(|c: char| c.is_ascii_alphabetic()) => length += 2,
            _ => return length,
        }
    }
}

fn line_end(text: &str) -> usize {
    text.find('\n').unwrap_or(text.len())
}

/// Length of a text in quotes, which may not be closed yet.
fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The bracket at the cursor, or before it, and the one it belongs to.
fn pair(text: &str, brackets: &[usize], cursor: usize) -> Option<[usize; 2]> {
    let here = |at: usize| brackets.iter().position(|bracket| *bracket == at);
    let first = here(cursor).or_else(|| here(cursor.checked_sub(1)?))?;
    let opens = |at: usize| matches!(text.as_bytes()[at], b'(' | b'[' | b'{');
    let mut depth = 0i32;
    let mut partner = |at: &usize| {
        depth += if opens(*at) { 1 } else { -1 };
        depth == 0
    };
    let other = match opens(brackets[first]) {
        true => brackets[first..].iter().find(|at| partner(at)),
        false => brackets[..=first].iter().rev().find(|at| partner(at)),
    };
    other.map(|other| [brackets[first], *other])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Colours as `<letter:text>`.
    fn check(before: &str, line: &str, cursor: Option<usize>, expected: &str) {
        let relations = HashSet::from(["Edge".to_owned(), "a::R".to_owned()]);
        let coloured = highlight(before, line, cursor, &relations, &["insert", "dump"]);
        let mut shown = coloured.clone();
        for (escape, name) in [
            ("\x1b[35m", "<k:"),
            ("\x1b[36m", "<r:"),
            ("\x1b[33m", "<c:"),
            ("\x1b[32m", "<t:"),
            ("\x1b[34m", "<n:"),
            ("\x1b[90m", "<#:"),
            ("\x1b[1;34m", "<.:"),
            (MATCHING, "<m:"),
            (PLAIN, ">"),
        ] {
            shown = shown.replace(escape, name);
        }
        assert_eq!(shown, expected);
        // Nothing is lost or added.
        let mut text = String::new();
        let mut rest = coloured.as_str();
        while let Some((plain, more)) = rest.split_once('\x1b') {
            text += plain;
            rest = more.split_once('m').map_or("", |(_, rest)| rest);
        }
        assert_eq!(text + rest, line);
    }

    #[test]
    fn commands_have_words_relations_texts_and_numbers() {
        check(
            "",
            "insert Edge(\"a;\", 5), dump x;",
            None,
            "<k:insert> <r:Edge>(<t:\"a;\">, <n:5>), <k:dump> x;",
        );
        check("", "insert a::R(Some{1.5}); # no", None, "<k:insert> <r:a::R>(<c:Some>{<n:1.5>}); <#:# no>");
        check("", "dump \"unclosed", None, "<k:dump> <t:\"unclosed>");
        check("", ".mode table", None, "<.:.mode> table");
    }

    #[test]
    fn rules_have_keywords_and_comments() {
        check(
            "",
            "Edge(x) :- not B(x), var y = 8'd3. // why",
            None,
            "<r:Edge>(x) :- <k:not> <c:B>(x), <k:var> y = <n:8'd3>. <#:// why>",
        );
        check("", "?- Edge(insert).", None, "?- <r:Edge>(insert).");
    }

    #[test]
    fn what_was_typed_before_tells_what_a_line_means() {
        check("R(x) :- /* so\n", "not so */ not S.", None, "<#:not so */> <k:not> <c:S>.");
        check("insert Edge(\n", "5);", None, "<n:5>);");
    }

    #[test]
    fn the_bracket_at_the_cursor_shows_the_other_one() {
        check("", "x(y[z])", Some(7), "x<m:(>y[z]<m:)>");
        check("", "x(y[z])", Some(3), "x(y<m:[>z<m:]>)");
        check("", "x(\")\"", Some(2), "x(<t:\")\">");
    }
}
