//! Values of number and string literals.

use num_bigint::BigInt;
use num_traits::Num;

use super::ast::{ExprKind, Width};
use super::error::{MOST_ERRORS, SyntaxError, excerpt};
use super::text::{Gathered, Origin};
use super::token::Token;

/// Longest integer literal, in characters: turning text to a number costs the square of its length.
const MAX_DIGITS: usize = 10_000;

/// The value of an integer token: `12`, `'hff`, `32'd12`, `8'sd5`.
pub(crate) fn integer(token: &Token) -> Result<ExprKind, SyntaxError> {
    if token.text.len() > MAX_DIGITS {
        let n_digits = token.text.bytes().filter(u8::is_ascii_hexdigit).count();
        return Err(SyntaxError::NumberTooLong { n_digits, most: MAX_DIGITS, span: token.span });
    }
    let malformed = || SyntaxError::MalformedNumber { text: excerpt(token.text), span: token.span };
    let Some((width, rest)) = token.text.split_once('\'') else {
        return Ok(ExprKind::Int(digits(token.text, 10).ok_or_else(malformed)?, Width::Inferred));
    };
    let (signed, rest) = rest.strip_prefix('s').map_or((false, rest), |rest| (true, rest));
    let radix = match rest.as_bytes().first() {
        Some(b'b') => 2,
        Some(b'o') => 8,
        Some(b'h') => 16,
        _ => 10,
    };
    let value = digits(rest.get(1..).unwrap_or(""), radix).ok_or_else(malformed)?;
    if width.is_empty() {
        return Ok(ExprKind::Int(value, Width::Inferred));
    }
    let bits = bit_width(width, token)?;
    if value.bits() > u64::from(bits) {
        return Err(SyntaxError::ValueTooWide { width: bits, span: token.span });
    }
    Ok(ExprKind::Int(value, if signed { Width::Signed(bits) } else { Width::Bit(bits) }))
}

/// The value of a floating point token: `1.5e3`, `32'f1.5`.
pub(crate) fn float(token: &Token) -> Result<ExprKind, SyntaxError> {
    let (width, rest) = match token.text.split_once("'f") {
        Some((width, rest)) => (Some(bit_width(width, token)?), rest),
        None => (None, token.text),
    };
    if let Some(width) = width
        && !matches!(width, 32 | 64)
    {
        return Err(SyntaxError::BadWidth { text: width.to_string(), span: token.span });
    }
    match rest.replace('_', "").parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(ExprKind::Float(value, width)),
        _ => Err(SyntaxError::MalformedNumber { text: excerpt(token.text), span: token.span }),
    }
}

/// A plain decimal number that fits 32 bits: widths, tuple fields, slice bounds, delays.
pub(crate) fn small(text: &str) -> Option<u32> {
    text.replace('_', "").parse().ok()
}

/// Adds what a excerpt literal (with its quotes) stands for.
pub(crate) fn unescape(token: &Token, origin: &Origin, into: &mut Gathered, errors: &mut Vec<SyntaxError>) {
    let start = token.text.find('"').map_or(0, |i| i + 1);
    let body = token.text.get(start..token.text.len().saturating_sub(1)).unwrap_or("");
    let base = token.at as usize + start;
    let mut at = 0;
    while let Some(character) = body[at..].chars().next() {
        let source = origin.source((base + at) as u32);
        if character != '\\' {
            // A tab counts as one blank everywhere, strings included.
            into.push(if character == '\t' { ' ' } else { character }, source);
            at += character.len_utf8();
            continue;
        }
        let (length, value) = escape(&body[at + 1..]);
        match value {
            Escape::Character(value) => into.push(value, source),
            Escape::Nothing => {}
            Escape::Unknown => {
                let text = body[at..at + 1 + length].to_owned();
                let span = origin.span(base + at, base + at + 1 + length);
                if errors.len() <= 2 * MOST_ERRORS {
                    errors.push(SyntaxError::BadEscape { text: excerpt(&text), span });
                }
            }
        }
        at += 1 + length;
    }
}

/// Adds the text of a raw literal (with its delimiters).
pub(crate) fn raw(token: &Token, origin: &Origin, into: &mut Gathered) {
    let start = token.text.find('|').map_or(0, |i| i + 1);
    let body = token.text.get(start..token.text.len().saturating_sub(2)).unwrap_or("");
    for (at, character) in body.char_indices() {
        let source = origin.source((token.at as usize + start + at) as u32);
        into.push(if character == '\t' { ' ' } else { character }, source);
    }
}

fn digits(text: &str, radix: u32) -> Option<BigInt> {
    let text = text.replace('_', "");
    BigInt::from_str_radix(&text, radix).ok()
}

fn bit_width(text: &str, token: &Token) -> Result<u32, SyntaxError> {
    match small(text) {
        Some(width) if width > 0 => Ok(width),
        _ => Err(SyntaxError::BadWidth { text: text.into(), span: token.span }),
    }
}

enum Escape {
    Character(char),
    /// `\&` and gaps.
    Nothing,
    Unknown,
}

/// What follows a backslash: how many bytes of it, and what they mean.
fn escape(rest: &str) -> (usize, Escape) {
    let Some(first) = rest.chars().next() else { return (0, Escape::Unknown) };
    let simple = match first {
        'a' => '\x07',
        'b' => '\x08',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        '\\' | '"' | '\'' => first,
        '&' => return (1, Escape::Nothing),
        'x' => return numeric(rest, 1, 16),
        'o' => return numeric(rest, 1, 8),
        '0'..='9' => return numeric(rest, 0, 10),
        'u' => return braced(rest),
        '^' => return control(rest),
        _ if first.is_whitespace() => return gap(rest),
        _ => return ascii_name(rest, first),
    };
    (first.len_utf8(), Escape::Character(simple))
}

fn numeric(rest: &str, start: usize, radix: u32) -> (usize, Escape) {
    let length = rest[start..].chars().take_while(|c| c.is_digit(radix)).count();
    let value = u32::from_str_radix(&rest[start..start + length], radix).ok().and_then(char::from_u32);
    (start + length, value.map_or(Escape::Unknown, Escape::Character))
}

fn braced(rest: &str) -> (usize, Escape) {
    let inner = rest.strip_prefix("u{").and_then(|inner| inner.split_once('}'));
    let Some((digits, _)) = inner else { return (1, Escape::Unknown) };
    let value = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
    (digits.len() + 3, value.map_or(Escape::Unknown, Escape::Character))
}

/// `\^A`: control characters by letter.
fn control(rest: &str) -> (usize, Escape) {
    match rest.as_bytes().get(1) {
        Some(&letter @ b'@'..=b'_') => (2, Escape::Character(char::from(letter - b'@'))),
        _ => (1, Escape::Unknown),
    }
}

/// Backslash, blanks, backslash: nothing.
fn gap(rest: &str) -> (usize, Escape) {
    let blanks = rest.len() - rest.trim_start().len();
    match rest[blanks..].starts_with('\\') {
        true => (blanks + 1, Escape::Nothing),
        false => (blanks, Escape::Unknown),
    }
}

/// `\NUL`, `\ESC`: control characters by their ASCII names.
fn ascii_name(rest: &str, first: char) -> (usize, Escape) {
    // `SOH` is tried before `SO`: the longest name wins.
    const NAMES: &[(&str, u8)] = &[
        ("NUL", 0),
        ("SOH", 1),
        ("STX", 2),
        ("ETX", 3),
        ("EOT", 4),
        ("ENQ", 5),
        ("ACK", 6),
        ("BEL", 7),
        ("DLE", 16),
        ("DC1", 17),
        ("DC2", 18),
        ("DC3", 19),
        ("DC4", 20),
        ("NAK", 21),
        ("SYN", 22),
        ("ETB", 23),
        ("CAN", 24),
        ("SUB", 26),
        ("ESC", 27),
        ("DEL", 127),
        ("BS", 8),
        ("HT", 9),
        ("LF", 10),
        ("VT", 11),
        ("FF", 12),
        ("CR", 13),
        ("SO", 14),
        ("SI", 15),
        ("EM", 25),
        ("FS", 28),
        ("GS", 29),
        ("RS", 30),
        ("US", 31),
        ("SP", 32),
    ];
    match NAMES.iter().find(|(name, _)| rest.starts_with(name)) {
        Some((name, code)) => (name.len(), Escape::Character(char::from(*code))),
        None => (first.len_utf8(), Escape::Unknown),
    }
}
