//! Ranges of bits inside a field.

use std::fmt;

use crate::error::BuildError;
use crate::field::Field;

/// A run of bits of one field, counted from its least significant bit.
///
/// ```
/// use openflow::{Field, FieldSlice};
///
/// assert_eq!(FieldSlice::new(Field::REG5, 0, 16).unwrap().to_string(), "NXM_NX_REG5[0..15]");
/// assert_eq!(FieldSlice::whole(Field::REG5).to_string(), "NXM_NX_REG5[]");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldSlice {
    field: Field,
    /// Bytes of the field on the wire; differs from the table only for mapped Geneve options.
    bytes: u8,
    offset: u16,
    bits: u16,
}

impl FieldSlice {
    /// All bits of `field`; a `tun_metadata` field is taken as the usual 4 bytes.
    pub fn whole(field: Field) -> FieldSlice {
        let bytes = field.default_bytes();
        FieldSlice { field, bytes, offset: 0, bits: full_width(field, bytes) }
    }

    /// `bits` bits from bit `offset` up. Fails if they lie outside the field or there are none.
    pub fn new(field: Field, offset: u16, bits: u16) -> Result<FieldSlice, BuildError> {
        FieldSlice::with_length(field, field.default_bytes(), offset, bits)
    }

    /// A range of a Geneve option that is mapped to `bytes` bytes.
    pub fn of_option(field: Field, bytes: u8, offset: u16, bits: u16) -> Result<FieldSlice, BuildError> {
        let fits = field.is_variable() && (1..=124).contains(&bytes) && bytes.is_multiple_of(4);
        if !fits {
            return Err(BuildError::BadLength { field, length: usize::from(bytes) });
        }
        FieldSlice::with_length(field, bytes, offset, bits)
    }

    fn with_length(field: Field, bytes: u8, offset: u16, bits: u16) -> Result<FieldSlice, BuildError> {
        let inside = bits > 0 && u32::from(offset) + u32::from(bits) <= u32::from(full_width(field, bytes));
        if inside {
            Ok(FieldSlice { field, bytes, offset, bits })
        } else {
            Err(BuildError::BadSlice { field, offset, bits })
        }
    }

    /// The field.
    pub fn field(self) -> Field {
        self.field
    }

    /// Bytes of the whole field on the wire.
    pub fn field_bytes(self) -> u8 {
        self.bytes
    }

    /// First bit.
    pub fn offset(self) -> u16 {
        self.offset
    }

    /// Number of bits.
    pub fn bits(self) -> u16 {
        self.bits
    }

    /// Offset and width in the 16 bits Nicira actions use for ports and zones. There is no way to say more
    /// than 64 bits, and neither is that wide.
    pub(crate) fn packed(self) -> u16 {
        self.offset << 6 | (self.bits - 1).min(63)
    }
}

/// Bits of a slice count from zero within the bits the field really has.
fn full_width(field: Field, bytes: u8) -> u16 {
    if field.is_variable() { u16::from(bytes) * 8 } else { field.spec().bits }
}

impl fmt::Display for FieldSlice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spec = self.field.spec();
        f.write_str(spec.nxm.or(spec.oxm).map_or(spec.name, |id| id.name))?;
        let (first, last) = (self.offset, self.offset + self.bits - 1);
        // ovs-ofctl takes a Geneve option for as long as it may be, whatever it is mapped to.
        if first == 0 && self.bits == spec.bits {
            f.write_str("[]")
        } else if self.bits == 1 {
            write!(f, "[{first}]")
        } else {
            write!(f, "[{first}..{last}]")
        }
    }
}
