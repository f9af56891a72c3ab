//! Putting a constant into a field.

use std::fmt;

use crate::error::{BuildError, DecodeError, DecodeErrorKind};
use crate::field::{Access, Dialect, Field, MaskFollows, OxmHeader, format_value, number, put_header};
use crate::wire::{Put, Reader};

/// Puts a constant into a field, or into the bits of it that a mask selects.
///
/// Geneve options are held without their length: the switch fills a shorter value up with zero bytes on
/// the left, and itself gives back no more bytes than value or mask need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SetField {
    field: Field,
    /// Right-aligned, big-endian.
    value: [u8; 16],
    /// All ones, in all sixteen bytes, for the whole field.
    mask: [u8; 16],
}

impl SetField {
    /// Sets all bits. Fails if the field cannot be set or the value is too wide.
    pub fn new(field: Field, value: u128) -> Result<SetField, BuildError> {
        SetField::with_bytes(field, field.default_bytes(), value, u128::MAX)
    }

    /// Sets the bits of `mask`. Fails too if the value has bits outside it.
    pub fn masked(field: Field, value: u128, mask: u128) -> Result<SetField, BuildError> {
        SetField::with_bytes(field, field.default_bytes(), value, mask)
    }

    /// Sets a Geneve option that is mapped to `bytes` bytes, at most 16.
    pub fn option(field: Field, bytes: u8, value: u128, mask: u128) -> Result<SetField, BuildError> {
        let fits = field.is_variable() && (1..=16).contains(&bytes) && bytes.is_multiple_of(4);
        if !fits {
            return Err(BuildError::BadLength { field, length: usize::from(bytes) });
        }
        SetField::with_bytes(field, bytes, value, mask)
    }

    fn with_bytes(field: Field, bytes: u8, value: u128, mask: u128) -> Result<SetField, BuildError> {
        // OpenFlow has the ingress port read-only in its 32-bit form; Nicira's 16-bit one can be set.
        if field.spec().access == Access::ReadOnly {
            return Err(BuildError::ReadOnly { field });
        }
        let bits = field.wire_bits(bytes);
        let significant = u128::MAX.checked_shr(128 - u32::from(bits.min(128))).unwrap_or(0);
        if value & !significant != 0 {
            return Err(BuildError::TooWide { field, value, bits });
        }
        if value & !mask != 0 {
            return Err(BuildError::ValueOutsideMask { field, value, mask });
        }
        // A tag written by set_field is always present, and the bit must be said.
        if field == Field::VLAN_VID && value & mask & 0x1000 == 0 {
            return Err(BuildError::OutOfRange {
                what: "vlan_vid without the present bit",
                value: value as u64,
            });
        }
        let mask = if mask & significant == significant { u128::MAX } else { mask & significant };
        Ok(SetField { field, value: value.to_be_bytes(), mask: mask.to_be_bytes() })
    }

    /// The field.
    pub fn field(&self) -> Field {
        self.field
    }

    /// The value.
    pub fn value(&self) -> u128 {
        u128::from_be_bytes(self.value)
    }

    /// The bits written, or `None` for all.
    pub fn mask(&self) -> Option<u128> {
        Some(u128::from_be_bytes(self.mask)).filter(|&mask| mask != u128::MAX)
    }

    /// Bytes of value and mask on the wire.
    fn bytes(&self) -> u8 {
        let significant = self.mask().unwrap_or(self.value());
        match self.field.is_variable() {
            true => (128 - significant.leading_zeros()).div_ceil(8).max(1) as u8,
            false => self.field.default_bytes().min(16),
        }
    }

    fn octets<'a>(&self, whole: &'a [u8; 16]) -> &'a [u8] {
        &whole[16 - usize::from(self.bytes())..]
    }

    fn mask_octets(&self) -> Option<&[u8]> {
        self.mask().map(|_| self.octets(&self.mask))
    }

    pub(super) fn encode(&self, out: &mut impl Put) {
        let mask = self.mask_octets();
        let follows = if mask.is_some() { MaskFollows::Yes } else { MaskFollows::No };
        put_header(out, self.field, Dialect::Standard, follows, self.bytes());
        out.put(self.octets(&self.value));
        if let Some(mask) = mask {
            out.put(mask);
        }
    }

    /// Reads value and mask behind `header`, which stands at `start`; `None` if this type cannot hold them.
    pub(super) fn decode(
        header: OxmHeader,
        start: usize,
        reader: &mut Reader<'_>,
    ) -> Result<Option<SetField>, DecodeError> {
        let Some(field) = header.field() else { return Ok(None) };
        let bytes = if header.has_mask { header.payload / 2 } else { header.payload };
        let expected = usize::from(field.spec().bytes);
        let wide_option = field.is_variable() && bytes > 16;
        let settable = field.spec().access == Access::Writable;
        if wide_option || !settable {
            return Ok(None);
        }
        let fits = if field.is_variable() { bytes > 0 } else { bytes == expected };
        if !fits || (header.has_mask && !header.payload.is_multiple_of(2)) {
            let kind = DecodeErrorKind::BadLength { what: "set_field value", length: header.payload };
            return Err(DecodeError::new(start, kind));
        }
        let value = number(reader.bytes(bytes)?);
        let built = if !header.has_mask {
            SetField::with_bytes(field, bytes as u8, value, u128::MAX)
        } else {
            let mask = number(reader.bytes(bytes)?);
            // How long the option is is not known here, so a mask is a mask even if it is all ones.
            let width = if field.is_variable() { 16 } else { bytes as u8 };
            SetField::with_bytes(field, width, value, mask)
        };
        built.map(Some).map_err(|error| DecodeError::new(start, DecodeErrorKind::Build(error)))
    }
}

impl fmt::Display for SetField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("set_field:")?;
        format_value(f, self.field, self.octets(&self.value), self.mask_octets())?;
        write!(f, "->{}", self.field)
    }
}
