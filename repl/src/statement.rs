//! What is typed, told apart by how it begins: commands, items of the program, questions, commands about the shell.

use weir_engine::command::{Command, CommandParser};
use weir_engine::source::FileId;
use weir_engine::syntax::parse;

/// What a line begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing: it is empty.
    Nothing,
    /// A command about the shell: it ends with its line.
    Dot,
    /// A command, to be ended by `;`.
    Command,
    /// Declarations and rules, as files have them.
    Item,
    /// `?- body.`
    Query,
}

/// Lines that belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Statement<'t> {
    pub(crate) kind: Kind,
    pub(crate) text: &'t str,
    /// Nothing is missing at its end.
    pub(crate) whole: bool,
}

/// Words that begin an item; relations, which begin rules, are known by their capital letter.
const ITEM_WORDS: &[&str] = &[
    "apply", "extern", "for", "function", "import", "index", "input", "multiset", "output", "relation",
    "stream", "typedef",
];

/// What a line begins that is not the rest of something.
pub(crate) fn kind(line: &str) -> Kind {
    let line = line.trim_start();
    if line.starts_with("?-") {
        return Kind::Query;
    }
    if ["//", "/*", "#[", "&"].iter().any(|start| line.starts_with(start)) {
        return Kind::Item;
    }
    let mut characters = line.chars();
    match characters.next() {
        None => Kind::Nothing,
        // Numbers may begin with a dot, commands do not begin with numbers.
        Some('.') if characters.next().is_none_or(|next| !next.is_ascii_digit()) => Kind::Dot,
        Some(_) => {
            let length =
                line.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':')).count();
            let word = &line[..length];
            let last = word.rsplit("::").next().unwrap_or(word);
            match ITEM_WORDS.contains(&word) || last.starts_with(|c: char| c.is_ascii_uppercase()) {
                true => Kind::Item,
                false => Kind::Command,
            }
        }
    }
}

/// The statements of a text that begins with one, in order. Items that follow one another are one statement.
pub(crate) fn statements(text: &str) -> Vec<Statement<'_>> {
    let mut found: Vec<Statement<'_>> = Vec::new();
    let mut start = 0;
    let mut end = 0;
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    for (at, line) in lines.iter().enumerate() {
        end += line.len();
        let kind = kind(&text[start..]);
        let part = &text[start..end];
        let whole = match kind {
            Kind::Nothing => true,
            Kind::Dot => tried(part).is_none_or(are_items),
            Kind::Command => are_commands(part),
            Kind::Item => !lines.get(at + 1).is_some_and(|next| continues(next)) && are_items(part),
            Kind::Query => are_items(&body(part)),
        };
        if !whole && end < text.len() {
            continue;
        }
        match found.last_mut() {
            Some(last) if last.kind == Kind::Item && kind == Kind::Item => {
                last.text = &text[end - part.len() - last.text.len()..end];
                last.whole &= whole;
            }
            _ if part.trim().is_empty() => {
                if let Some(last) = found.last_mut() {
                    last.text = &text[end - part.len() - last.text.len()..end];
                }
            }
            _ => found.push(Statement { kind, text: part, whole }),
        }
        start = end;
    }
    found
}

/// Whether nothing is missing, or what was typed is wrong, so that more would not mend it. An empty line ends what
/// cannot be ended otherwise.
pub(crate) fn is_whole(text: &str) -> bool {
    let statements = statements(text);
    let Some(last) = statements.last() else { return true };
    let given_up = last.kind != Kind::Command && text.ends_with("\n\n");
    last.whole || given_up
}

/// Whether it is a word that persons are not asked to end with `;`: who asks for help does not know of it yet.
pub(crate) fn stands_alone(text: &str) -> bool {
    matches!(text.trim(), "help" | "exit" | "quit")
}

/// The body of a question as a rule, for the parser of rules.
fn body(query: &str) -> String {
    format!("Answer() :- {}", query.trim_start().trim_start_matches("?-"))
}

/// The item that `.try` is followed by: it may span lines.
fn tried(line: &str) -> Option<&str> {
    let rest = line.trim_start().strip_prefix(".try")?;
    let rest = rest.strip_prefix(char::is_whitespace)?.trim_start();
    (kind(rest) == Kind::Item).then_some(rest)
}

/// Whether a line goes on with an item that could have ended before it.
fn continues(line: &str) -> bool {
    let begin = line.trim_start();
    (begin.len() < line.len() && !begin.is_empty())
        || begin.starts_with(['|', ')', '}'])
        || begin.starts_with("primary")
}

fn are_items(text: &str) -> bool {
    let (_, diagnostics) = parse(FileId(0), text);
    let end = text.trim_end().len();
    // An error at the end is what is still missing.
    diagnostics.first().is_none_or(|first| (first.primary.span.start as usize) < end)
}

fn are_commands(text: &str) -> bool {
    if stands_alone(text) {
        return true;
    }
    let mut parser = CommandParser::new();
    parser.feed(text);
    parser.feed("\n");
    let mut chained = false;
    loop {
        if matches!(parser.first_word(), Some("help" | "quit" | "relations")) && parser.take_raw().is_some() {
            continue;
        }
        match parser.finish() {
            Ok(None) => return parser.is_idle() && !chained,
            Ok(Some(command)) => chained = matches!(command, Command::Update { last: false, .. }),
            Err(_) => return !matches!(parser.first_word(), Some("help" | "quit" | "relations")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_whole_with_their_last_semicolon_and_outside_strings() {
        for text in [
            "dump;",
            "",
            "  ",
            "# note",
            "insert R(\"a;b\");",
            "insert R(1),\ninsert R(2);",
            "help;",
            "help",
            ".mode",
        ] {
            assert!(is_whole(text), "{text}");
        }
        for text in
            ["dump", "insert R(\"a;", "insert R(1),", "insert R(\"\\\";", "start; insert R(", "relations"]
        {
            assert!(!is_whole(text), "{text}");
        }
    }

    #[test]
    fn text_that_can_only_be_wrong_is_not_waited_for() {
        for text in ["isnert R(1)", "insert R(1]", "R(x) :- S(x) T(x)", "typedef = 5", "?- R(x) S(y)"] {
            assert!(is_whole(text), "{text}");
        }
    }

    #[test]
    fn items_are_whole_when_the_grammar_says_so() {
        for text in [
            "input relation R(x: string)",
            "R(x) :- S(x).",
            "R(x) :-\n  S(x),\n  x > 1.",
            "function f(x: u32): u32 {\n  x\n}",
            "typedef T = A | B",
            "for (x in R(y)) { S(y) }",
            "import fp",
            "// a note",
            "R(1). R(2).",
            "a::R(1).",
            "&R(1).",
            "#[deprecated]\nfunction f(): u32 = 1",
            "?- R(x, _), not S(x).",
            ".try R(x) :- S(x).",
            ".try",
            ".try .drop 3",
        ] {
            assert!(is_whole(text), "{text}");
        }
        for text in [
            "input relation R(x: string",
            "R(x) :- S(x)",
            "R(x) :- S(x), // why",
            "R(x) :- S(x),\n",
            "function f(x: u32): u32 {",
            "typedef T = A |",
            "for (x in R(y)) {\n  S(y)\n",
            "/* a note",
            "#[deprecated]",
            "?- R(x, _)",
            "?-",
            ".try R(x) :-",
        ] {
            assert!(!is_whole(text), "{text}");
        }
    }

    #[test]
    fn an_empty_line_gives_up() {
        assert!(is_whole("R(x) :- S(x)\n\n"));
        assert!(is_whole("?- R(x)\n\n"));
        assert!(!is_whole("insert R(x)\n\n"));
    }

    #[test]
    fn a_pasted_text_is_taken_apart_and_items_stay_together() {
        let text = "input relation R(x: string)\n    primary key (r) r.x\n\ntypedef T = A\n  | B\nS(x) :-\n    R(x).\n\
                    .mode table\ninsert R(\"a\"),\ninsert R(\"b\"); dump R;\n?- R(x).\nS(\"c\").\nS(\"d\")";
        let found = statements(text);
        let kinds: Vec<_> =
            found.iter().map(|statement| (statement.kind, statement.text.lines().count())).collect();
        assert_eq!(
            kinds,
            [(Kind::Item, 7), (Kind::Dot, 1), (Kind::Command, 2), (Kind::Query, 1), (Kind::Item, 2)]
        );
        assert_eq!(found.iter().map(|statement| statement.text).collect::<String>(), text);
        assert!(found[0].whole && !found[4].whole);
    }
}
