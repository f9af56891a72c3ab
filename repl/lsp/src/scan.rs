//! Words and signs before the cursor. What is being written is rarely a program: this looks at no more than it has to.

/// A word or sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token<'t> {
    pub(crate) kind: Kind,
    pub(crate) text: &'t str,
    pub(crate) start: usize,
    /// First on its line: items start there.
    pub(crate) margin: bool,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A name or keyword.
    Word,
    /// A number.
    Number,
    /// A string, whole.
    Text,
    /// A single character, or one of `::`, `:-`, `->`, `=>`, `==`, `!=`, `<=`, `>=`, `++`.
    Sign,
}

/// What stands around the cursor.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Surroundings<'t> {
    /// The tokens before the cursor.
    Code(Vec<Token<'t>>),
    /// A comment or the text of a string.
    Text,
}

/// How many characters a sign of several has.
const SIGNS: &[&str] = &["::", ":-", "->", "=>", "==", "!=", "<=", ">=", "++"];

impl Token<'_> {
    pub(crate) fn end(self) -> usize {
        self.start + self.text.len()
    }

    pub(crate) fn is(self, sign: &str) -> bool {
        self.kind == Kind::Sign && self.text == sign
    }

    /// Whether it is a name that starts with a capital letter.
    pub(crate) fn is_capital(self) -> bool {
        self.kind == Kind::Word && self.text.starts_with(char::is_uppercase)
    }
}

/// The tokens of a text up to an offset; of a string that the offset is in, `{` and those of the expression there.
pub(crate) fn before(text: &str, offset: usize) -> Surroundings<'_> {
    let text = text.get(..offset).unwrap_or(text);
    scan(text, 0, Vec::new())
}

fn scan<'t>(text: &'t str, from: usize, mut tokens: Vec<Token<'t>>) -> Surroundings<'t> {
    let mut at = from;
    while let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = &text[at..];
        let margin = at_margin(text, at);
        let token = |kind, length: usize| Token { kind, text: &rest[..length], start: at, margin };
        let length = if rest.starts_with("//") {
            match rest.find('\n') {
                Some(end) => end,
                None => return Surroundings::Text,
            }
        } else if rest.starts_with("/*") {
            match comment(rest) {
                Some(end) => end,
                None => return Surroundings::Text,
            }
        } else if c == '"' || rest.starts_with("[|") {
            let length = if c == '"' { quoted(rest) } else { rest.find("|]").map(|end| end + 2) };
            let Some(length) = length else { return unfinished(text, at, tokens) };
            tokens.push(token(Kind::Text, length));
            length
        } else if c.is_alphabetic() || c == '_' {
            let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            tokens.push(token(Kind::Word, length));
            length
        } else if c.is_ascii_digit() {
            let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            tokens.push(token(Kind::Number, length));
            length
        } else if c.is_whitespace() {
            c.len_utf8()
        } else {
            let length = SIGNS.iter().find(|s| rest.starts_with(**s)).map_or(c.len_utf8(), |s| s.len());
            tokens.push(token(Kind::Sign, length));
            length
        };
        at += length;
    }
    Surroundings::Code(tokens)
}

/// Whether a place is the start of a line.
pub(crate) fn at_margin(text: &str, at: usize) -> bool {
    at == 0 || text.as_bytes().get(at - 1) == Some(&b'\n')
}

/// A string that is not closed before the cursor: the expression in it that is being written, if there is one.
fn unfinished<'t>(text: &'t str, at: usize, mut tokens: Vec<Token<'t>>) -> Surroundings<'t> {
    match text[at..].rfind("${") {
        Some(open) if !text[at + open..].contains('}') => {
            let brace = at + open + 1;
            let token = Token { kind: Kind::Sign, text: &text[brace..=brace], start: brace, margin: false };
            tokens.push(token);
            scan(text, brace + 1, tokens)
        }
        _ => Surroundings::Text,
    }
}

/// The length of a `"…"`.
fn quoted(rest: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at + 1),
            '\n' => return None,
            _ => {}
        }
    }
    None
}

/// The length of a `/* … */`; comments nest.
fn comment(rest: &str) -> Option<usize> {
    let mut open = 0usize;
    let mut at = 0;
    while at < rest.len() {
        let here = &rest.as_bytes()[at..];
        if here.starts_with(b"/*") {
            open += 1;
            at += 2;
        } else if here.starts_with(b"*/") {
            open -= 1;
            at += 2;
            if open == 0 {
                return Some(at);
            }
        } else {
            at += 1;
        }
    }
    None
}

/// The bracket around the end of the tokens that is not closed yet, by position.
pub(crate) fn opener(tokens: &[Token<'_>]) -> Option<usize> {
    let mut closed = 0usize;
    for (at, token) in tokens.iter().enumerate().rev() {
        match (token.kind, token.text) {
            (Kind::Sign, ")" | "]" | "}") => closed += 1,
            (Kind::Sign, "(" | "[" | "{") if closed == 0 => return Some(at),
            (Kind::Sign, "(" | "[" | "{") => closed -= 1,
            // An item ends: nothing is open across it.
            (Kind::Sign, ":-") if closed == 0 => return None,
            _ => {}
        }
    }
    None
}

/// A name with the modules before it that ends the tokens: where it starts, its prefix (`a::b`), and the name.
pub(crate) fn path<'t>(tokens: &[Token<'t>]) -> Option<(usize, String, Token<'t>)> {
    let (name, mut rest) = tokens.split_last()?;
    if name.kind != Kind::Word {
        return None;
    }
    let mut prefix = Vec::new();
    while let [before @ .., module, separator] = rest
        && separator.is("::")
        && module.kind == Kind::Word
    {
        prefix.push(module.text);
        rest = before;
    }
    prefix.reverse();
    Some((rest.len(), prefix.join("::"), *name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_before_the_cursor() {
        for (text, expected) in [
            ("a::B(.x = 'h1f) // c\n", Some("a :: B ( . x = ' h1f )")),
            ("\"a ${x} b\" ++ [|raw \" |] /* a /* b */ \" */ y", Some("\"a ${x} b\" ++ [|raw \" |] y")),
            ("R(x) :- S(\"${x", Some("R ( x ) :- S ( { x")),
            ("R(x) :- S(\"${x} and ", None),
            ("R(x) :- // S", None),
            ("R(x) :- /* S /* */", None),
            ("1.5 -> \u{e4}\u{1f600} z", Some("1 . 5 -> \u{e4} \u{1f600} z")),
        ] {
            let found = match before(text, text.len()) {
                Surroundings::Code(tokens) => {
                    Some(tokens.iter().map(|t| t.text).collect::<Vec<_>>().join(" "))
                }
                Surroundings::Text => None,
            };
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn the_bracket_that_is_open() {
        for (text, expected) in [
            ("f(a, [1], ", Some("(")),
            ("f(a)", None),
            ("R(x) :- S(", Some("(")),
            ("R(x) :- ", None),
            ("{ a[0] ", Some("{")),
        ] {
            let Surroundings::Code(tokens) = before(text, text.len()) else { continue };
            assert_eq!(opener(&tokens).map(|at| tokens[at].text), expected, "{text}");
        }
    }
}
