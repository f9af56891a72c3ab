//! Reading records and the pieces of commands from text that may not be complete.

use num_bigint::BigInt;
use num_traits::Num;

use super::error::CommandErrorKind;
use super::record::{Record, TextSource};

/// How deep records may nest.
const MAX_DEPTH: u32 = 200;

/// Longest integer, in digits: turning text to a number costs the square of its length.
const MAX_DIGITS: usize = 10_000;

/// Why nothing could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The text ends too early.
    Incomplete,
    /// The text at this offset is wrong.
    Wrong(usize, CommandErrorKind),
}

pub(super) type Scanned<T> = Result<T, Stop>;

/// A position in text.
pub(super) struct Scanner<'t> {
    text: &'t str,
    pub(super) at: usize,
    depth: u32,
}

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t str, at: usize) -> Self {
        Scanner { text, at, depth: 0 }
    }

    /// What is left.
    pub(super) fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    /// The next character.
    pub(super) fn peek(&self) -> Scanned<char> {
        self.rest().chars().next().ok_or(Stop::Incomplete)
    }

    /// Skips blanks and line breaks.
    pub(super) fn blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start_matches([' ', '\t', '\r', '\n']).len();
    }

    /// Consumes punctuation and the blanks after it, if it is next.
    pub(super) fn eat(&mut self, symbol: &str) -> Scanned<bool> {
        let rest = self.rest();
        if let Some(after) = rest.strip_prefix(symbol) {
            self.at = self.text.len() - after.len();
            self.blanks();
            return Ok(true);
        }
        if symbol.starts_with(rest) { Err(Stop::Incomplete) } else { Ok(false) }
    }

    /// Consumes punctuation and the blanks after it.
    pub(super) fn expect(&mut self, symbol: &str, expected: &'static str) -> Scanned<()> {
        if self.eat(symbol)? { Ok(()) } else { self.wrong(expected) }
    }

    /// Something else was expected here.
    pub(super) fn wrong<T>(&self, expected: &'static str) -> Scanned<T> {
        let found = self.peek()?;
        Err(Stop::Wrong(self.at, CommandErrorKind::Expected { expected, found }))
    }

    /// `a::B_1`, and the blanks after it.
    pub(super) fn name(&mut self, expected: &'static str) -> Scanned<&'t str> {
        let rest = self.rest();
        if !rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            return self.wrong(expected);
        }
        let mut length = 0;
        loop {
            length += rest[length..].bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
            match &rest[length..] {
                "" | ":" => return Err(Stop::Incomplete),
                more if more.starts_with("::") => length += 2,
                _ => break,
            }
        }
        self.at += length;
        self.blanks();
        Ok(&rest[..length])
    }

    /// A record, and the blanks after it.
    pub(super) fn record(&mut self) -> Scanned<Record> {
        if self.depth >= MAX_DEPTH {
            return Err(Stop::Wrong(self.at, CommandErrorKind::TooDeep(MAX_DEPTH)));
        }
        self.depth += 1;
        let record = self.record_kind();
        self.depth -= 1;
        record
    }

    fn record_kind(&mut self) -> Scanned<Record> {
        match self.peek()? {
            '"' => Ok(Record::String(self.string()?)),
            '%' => {
                self.at += 1;
                Ok(Record::File(self.string()?))
            }
            '@' => {
                self.at += 1;
                let format = self.name("the name of a notation")?.to_owned();
                let text = match self.eat("%")? {
                    true => TextSource::File(self.string()?),
                    false => TextSource::Inline(self.string()?),
                };
                Ok(Record::Serialized { format, text })
            }
            '(' => {
                self.eat("(")?;
                Ok(Record::Tuple(self.records(")", "`,` or `)`")?))
            }
            '[' => {
                self.eat("[")?;
                Ok(Record::Array(self.records("]", "`,` or `]`")?))
            }
            '0'..='9' | '.' | '-' | '+' => self.number(),
            c if c.is_ascii_alphabetic() || c == '_' => {
                let name = self.name("a constructor")?;
                match name {
                    "true" => return Ok(Record::Bool(true)),
                    "false" => return Ok(Record::Bool(false)),
                    _ => {}
                }
                // The end of the text leaves open whether braces follow.
                self.peek()?;
                match self.eat("{")? {
                    true => self.fields(name, "}", "`,` or `}`"),
                    false => Ok(Record::Positional(name.to_owned(), Vec::new())),
                }
            }
            _ => self.wrong("a value"),
        }
    }

    /// Records with commas between, up to the closing delimiter.
    pub(super) fn records(&mut self, close: &'static str, expected: &'static str) -> Scanned<Vec<Record>> {
        let mut records = Vec::new();
        if self.eat(close)? {
            return Ok(records);
        }
        loop {
            records.push(self.record()?);
            if self.eat(close)? {
                return Ok(records);
            }
            self.expect(",", expected)?;
        }
    }

    /// The fields of a constructor or relation, by name or by position, up to the closing delimiter.
    pub(super) fn fields(
        &mut self,
        name: &str,
        close: &'static str,
        expected: &'static str,
    ) -> Scanned<Record> {
        if !self.is_field()? {
            return Ok(Record::Positional(name.to_owned(), self.records(close, expected)?));
        }
        let mut fields = Vec::new();
        loop {
            let field = self.called()?.to_owned();
            fields.push((field, self.record()?));
            if self.eat(close)? {
                return Ok(Record::Named(name.to_owned(), fields));
            }
            self.expect(",", expected)?;
        }
    }

    /// Goes past `.f =`, if that is what is next.
    pub(super) fn field_name(&mut self) -> Scanned<()> {
        if self.is_field()? { self.called().map(drop) } else { Ok(()) }
    }

    /// `.f = 1` and `.5` start alike.
    fn is_field(&self) -> Scanned<bool> {
        let mut after_dot = self.rest().chars().skip(1).skip_while(|c| c.is_ascii_whitespace());
        Ok(self.peek()? == '.' && !after_dot.next().ok_or(Stop::Incomplete)?.is_ascii_digit())
    }

    /// `.f =`
    fn called(&mut self) -> Scanned<&'t str> {
        self.expect(".", "`.` and a field name")?;
        let field = self.name("a field name")?;
        self.expect("=", "`=`")?;
        Ok(field)
    }

    fn string(&mut self) -> Scanned<String> {
        if self.peek()? != '"' {
            return self.wrong("`\"`");
        }
        let mut text = String::new();
        let mut characters = self.rest().char_indices().skip(1);
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    self.at += at + 1;
                    self.blanks();
                    return Ok(text);
                }
                '\\' => {
                    let (_, escaped) = characters.next().ok_or(Stop::Incomplete)?;
                    let unknown = || Stop::Wrong(self.at + at, CommandErrorKind::UnknownEscape(escaped));
                    text.push(escape(escaped).ok_or_else(unknown)?);
                }
                _ => text.push(character),
            }
        }
        Err(Stop::Incomplete)
    }

    fn number(&mut self) -> Scanned<Record> {
        match self.float()? {
            Some(value) => Ok(Record::Double(value)),
            None => Ok(Record::Int(self.integer()?)),
        }
    }

    /// A number with a `.` or an exponent, if that is what is next.
    fn float(&mut self) -> Scanned<Option<f64>> {
        let rest = self.rest().as_bytes();
        let digits = |at: usize| rest[at..].iter().take_while(|b| b.is_ascii_digit()).count();
        let sign = usize::from(matches!(rest.first(), Some(b'+' | b'-')));
        let whole = digits(sign);
        let mut end = sign + whole;
        let mut is_float = false;
        match rest.get(end) {
            Some(b'.') => {
                let fraction = digits(end + 1);
                if whole + fraction == 0 {
                    // A sign, or nothing, then a lone dot.
                    return if rest.len() == end + 1 { Err(Stop::Incomplete) } else { Ok(None) };
                }
                is_float = true;
                end += 1 + fraction;
            }
            None => return Err(Stop::Incomplete),
            _ => {}
        }
        if whole > 0 || is_float {
            if let Some(b'e' | b'E') = rest.get(end) {
                let exponent_sign = usize::from(matches!(rest.get(end + 1), Some(b'+' | b'-')));
                let exponent = digits(end + 1 + exponent_sign);
                if exponent > 0 {
                    is_float = true;
                    end += 1 + exponent_sign + exponent;
                } else if rest.len() <= end + 1 + exponent_sign {
                    return Err(Stop::Incomplete);
                }
            } else if rest.len() == end {
                return Err(Stop::Incomplete);
            }
        }
        if !is_float {
            return Ok(None);
        }
        if rest.len() == end {
            return Err(Stop::Incomplete);
        }
        let value = self.rest()[..end].parse().ok();
        if value.is_some() {
            self.at += end;
            self.blanks();
        }
        Ok(value)
    }

    /// `5`, `- 5`, `0xff`, `1_000`, and the blanks after it.
    pub(super) fn integer(&mut self) -> Scanned<BigInt> {
        if self.eat("-")? {
            return Ok(-self.magnitude()?);
        }
        self.magnitude()
    }

    /// An integer without a sign.
    pub(super) fn magnitude(&mut self) -> Scanned<BigInt> {
        let rest = self.rest();
        if rest == "0" {
            return Err(Stop::Incomplete);
        }
        let (skip, radix) = if rest.starts_with("0x") || rest.starts_with("0X") { (2, 16) } else { (0, 10) };
        let digit = |b: &u8| char::from(*b).is_digit(radix);
        let bytes = &rest.as_bytes()[skip..];
        if !bytes.first().is_some_and(digit) {
            self.at += skip;
            return self.wrong("a number");
        }
        let length = bytes.iter().take_while(|b| digit(b) || **b == b'_').count();
        if length == bytes.len() {
            return Err(Stop::Incomplete);
        }
        if length > MAX_DIGITS {
            return Err(Stop::Wrong(self.at, CommandErrorKind::NumberTooLong(length)));
        }
        let digits = rest[skip..skip + length].replace('_', "");
        let Ok(value) = BigInt::from_str_radix(&digits, radix) else { return self.wrong("a number") };
        self.at += skip + length;
        self.blanks();
        Ok(value)
    }
}

fn escape(character: char) -> Option<char> {
    Some(match character {
        '\\' | '"' | '\'' | '?' => character,
        'n' => '\n',
        'a' => '\x07',
        'b' => '\x08',
        'f' => '\x0c',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        _ => return None,
    })
}
