//! Reading text piece by piece, as C's `sscanf` does.

/// A place in a text. What is read moves it on; what is not there leaves it where it was.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scanner<'t> {
    rest: &'t str,
}

impl<'t> Scanner<'t> {
    /// At the beginning.
    pub(super) fn new(text: &'t str) -> Self {
        Scanner { rest: text }
    }

    /// What has not been read yet.
    pub(super) fn rest(&self) -> &'t str {
        self.rest
    }

    /// Whether everything has been read.
    pub(super) fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    /// All of it or nothing.
    pub(super) fn attempt<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let mut ahead = *self;
        let read = read(&mut ahead)?;
        *self = ahead;
        Some(read)
    }

    /// White space, if there is some.
    pub(super) fn blanks(&mut self) {
        self.rest = self.rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '\x0b');
    }

    /// Exactly that text.
    pub(super) fn text(&mut self, text: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(text)?;
        Some(())
    }

    /// A number after white space, with an optional sign, and an optional `0x` if it is to base 16. Numbers that are too large
    /// lose their upper bits: OVS does not refuse them either.
    pub(super) fn number(&mut self, radix: u32) -> Option<u64> {
        self.attempt(|scanner| {
            scanner.blanks();
            let negative = scanner.rest.starts_with('-');
            let unsigned = scanner.rest.strip_prefix(['-', '+']).unwrap_or(scanner.rest);
            let prefixed = unsigned.strip_prefix("0x").or_else(|| unsigned.strip_prefix("0X"));
            scanner.rest = prefixed.filter(|_| radix == 16).unwrap_or(unsigned);
            let digits = scanner.while_(|c| c.is_digit(radix))?;
            let value = digits.chars().filter_map(|c| c.to_digit(radix)).fold(0_u64, |value, digit| {
                value.wrapping_mul(u64::from(radix)).wrapping_add(u64::from(digit))
            });
            Some(if negative { value.wrapping_neg() } else { value })
        })
    }

    /// At least one such character and all that follow.
    pub(super) fn while_(&mut self, is_part: impl Fn(char) -> bool) -> Option<&'t str> {
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (part, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!part.is_empty()).then_some(part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (text, radix, expected) in [
            ("12.", 10, Some((12, "."))),
            (" \t+7x", 10, Some((7, "x"))),
            ("-1", 10, Some((u64::MAX, ""))),
            ("fFg", 16, Some((0xff, "g"))),
            ("0x1f", 16, Some((0x1f, ""))),
            ("0x1f", 10, Some((0, "x1f"))),
            ("0x", 16, None),
            ("-", 10, None),
            ("", 10, None),
        ] {
            let mut scanner = Scanner::new(text);
            let read = scanner.number(radix);
            assert_eq!(read.map(|number| (number, scanner.rest())), expected, "{text:?} to base {radix}");
        }
    }

    #[test]
    fn what_is_not_there_moves_nothing() {
        let mut scanner = Scanner::new(" 1.x");
        assert_eq!(scanner.attempt(|s| Some((s.number(10)?, s.text(".")?, s.number(10)?))), None);
        assert_eq!(scanner.rest(), " 1.x");
        assert_eq!(scanner.text("1"), None);
        assert_eq!(scanner.rest(), " 1.x");
    }
}
