use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A row's identity: 128 bits, written as 8-4-4-4-12 hexadecimal digits (RFC 4122).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Uuid([u8; 16]);

impl Uuid {
    /// The all-zero UUID: the default of a uuid column, and "no transaction" in `monitor_cond_since`.
    pub const ZERO: Uuid = Uuid([0; 16]);

    /// The UUID whose bytes, in the order they are written, are the big-endian bytes of `bits`.
    pub const fn from_u128(bits: u128) -> Self {
        Uuid(bits.to_be_bytes())
    }

    /// The UUID as a number: its first written digit is the most significant.
    pub const fn as_u128(self) -> u128 {
        u128::from_be_bytes(self.0)
    }

    /// Whether this is [`Uuid::ZERO`].
    pub fn is_zero(self) -> bool {
        self == Self::ZERO
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = self.as_u128();
        write!(
            f,
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            bits >> 96,
            (bits >> 80) & 0xffff,
            (bits >> 64) & 0xffff,
            (bits >> 48) & 0xffff,
            bits & 0xffff_ffff_ffff
        )
    }
}

impl fmt::Debug for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Uuid {
    type Err = UuidError;

    fn from_str(text: &str) -> Result<Self, UuidError> {
        let bytes = text.as_bytes();
        let refused = || UuidError(text.chars().take(64).collect());
        if bytes.len() != 36 {
            return Err(refused());
        }
        let mut bits = 0u128;
        for (at, byte) in bytes.iter().enumerate() {
            if matches!(at, 8 | 13 | 18 | 23) {
                if *byte != b'-' {
                    return Err(refused());
                }
                continue;
            }
            let digit = (*byte as char).to_digit(16).ok_or_else(refused)?;
            bits = bits << 4 | u128::from(digit);
        }
        Ok(Uuid::from_u128(bits))
    }
}

/// Text that is not a UUID. Holds the text, cut after 64 characters.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is not a uuid")]
pub struct UuidError(pub String);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn text_and_number_agree() {
        let text = "01234567-89ab-cdef-0011-223344556677";
        let uuid: Uuid = text.parse().unwrap();
        assert_eq!(uuid.as_u128(), 0x0123_4567_89ab_cdef_0011_2233_4455_6677);
        assert_eq!(uuid.to_string(), text);
        assert_eq!(Uuid::ZERO.to_string(), "00000000-0000-0000-0000-000000000000");
    }

    #[test]
    fn other_text_is_refused() {
        for text in [
            "",
            "0",
            "01234567-89ab-cdef-0011-22334455667",
            "01234567-89ab-cdef-0011-2233445566777",
            "0123456789ab-cdef-0011-2233445566-777",
            "g1234567-89ab-cdef-0011-223344556677",
            "+1234567-89ab-cdef-0011-223344556677",
            "é1234567-89ab-cdef-0011-22334455667",
        ] {
            assert_eq!(text.parse::<Uuid>(), Err(UuidError(text.to_owned())), "{text}");
        }
    }
}
