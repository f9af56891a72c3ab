//! What can stand at the end of a command that is being typed.

use crate::statement::{Kind, kind};

/// What is expected.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Expected<'t> {
    /// The first word.
    Command,
    /// The name that such a command takes.
    Name(&'t str),
    /// A field of this constructor or relation.
    Field(&'t str),
    /// A value within a record.
    Value,
    /// Anything that rules and declarations are made of.
    Item,
    /// The word after the dot that begins the line.
    Dot,
    /// What that word takes.
    DotArgument(&'t str),
}

/// What is expected where the text ends, and where the word that is being typed begins.
pub(super) fn expected(text: &str) -> (usize, Expected<'_>) {
    let start = text.len() - trailing_name(text).len();
    let before = &text[..start];
    let kind = kind(text);
    if matches!(kind, Kind::Item | Kind::Query) {
        let (_, open) = last_command(before);
        let field = open.filter(|_| before.ends_with('.')).map(|open| trailing_name(text[..open].trim_end()));
        return (start, field.map_or(Expected::Item, Expected::Field));
    }
    if kind == Kind::Dot {
        let line = text.trim_start().trim_start_matches('.');
        return match line.split_once(char::is_whitespace) {
            None => (start, Expected::Dot),
            Some((word, _)) => (start, Expected::DotArgument(word)),
        };
    }
    let (command, open) = last_command(before);
    let expected = match open {
        Some(open) if before.ends_with('.') => Expected::Field(trailing_name(text[..open].trim_end())),
        Some(_) => Expected::Value,
        None => match command.split_whitespace().next() {
            None => Expected::Command,
            Some(word) => Expected::Name(word),
        },
    };
    (start, expected)
}

/// The name at the end of the text, maybe empty.
pub(super) fn trailing_name(text: &str) -> &str {
    let start = text
        .char_indices()
        .rev()
        .take_while(|(_, c)| c.is_ascii_alphanumeric() || matches!(c, '_' | ':'))
        .last()
        .map_or(text.len(), |(at, _)| at);
    &text[start..]
}

/// The command, or chained update, at the end of the text, and the innermost bracket that is open in it.
fn last_command(text: &str) -> (&str, Option<usize>) {
    let (mut begin, mut open) = (0, Vec::new());
    let (mut in_string, mut escaped) = (false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            _ if in_string => {}
            '(' | '[' | '{' => open.push(at),
            ')' | ']' | '}' => drop(open.pop()),
            ';' => {
                open.clear();
                begin = at + 1;
            }
            ',' if open.is_empty() => begin = at + 1,
            _ => {}
        }
    }
    (&text[begin..], open.last().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_comes_first_and_after_every_semicolon_and_chaining_comma() {
        for text in ["", "st", "start; ins", "insert R(1, \"a,;\"),\n ins"] {
            assert_eq!(expected(text).1, Expected::Command, "{text}");
        }
    }

    #[test]
    fn a_command_is_followed_by_the_name_it_takes() {
        assert_eq!(expected("insert "), (7, Expected::Name("insert")));
        assert_eq!(expected("start; dump a::P"), (12, Expected::Name("dump")));
        assert_eq!(expected("modify R 1 <- "), (14, Expected::Name("modify")));
    }

    #[test]
    fn rules_are_made_of_all_kinds_of_names() {
        assert_eq!(expected("Path(x) :- Ed"), (11, Expected::Item));
        assert_eq!(expected("?- Edge(.fr"), (9, Expected::Field("Edge")));
        assert_eq!(expected("Path(x) :- Edge(x), x.le"), (22, Expected::Item));
    }

    #[test]
    fn a_line_that_begins_with_a_dot_is_a_command_of_its_own() {
        assert_eq!(expected(".sch"), (1, Expected::Dot));
        assert_eq!(expected(" ."), (2, Expected::Dot));
        assert_eq!(expected(".schema a::L"), (8, Expected::DotArgument("schema")));
    }

    #[test]
    fn a_dot_within_a_record_is_followed_by_a_field_of_the_innermost_constructor() {
        assert_eq!(expected("insert a::R(.x = 1, .fr").1, Expected::Field("a::R"));
        assert_eq!(expected("insert R(C{.").1, Expected::Field("C"));
        assert_eq!(expected("insert R(C{.a = 1}, .").1, Expected::Field("R"));
        assert_eq!(expected("insert R(1, tr").1, Expected::Value);
        assert_eq!(expected("insert R[").1, Expected::Value);
    }
}
