//! TLV headers: the 32 bits (64 with an experimenter) that name a field.

use super::id::Field;
use super::lookup::by_header;
use super::spec::OxmId;
use crate::error::{DecodeError, DecodeErrorKind};
use crate::wire::{Put, Reader};

/// ```text
///  0                16      23 24      31
/// +------------------+-------+-+--------+
/// | class            | number|m| length |   m: a mask follows the value
/// +------------------+-------+-+--------+   length: value, mask and experimenter
/// | experimenter, if class is 0xffff    |
/// +-------------------------------------+
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OxmHeader {
    pub(crate) class: u16,
    pub(crate) number: u8,
    pub(crate) experimenter: u32,
    pub(crate) has_mask: bool,
    /// Bytes of value and mask together.
    pub(crate) payload: usize,
}

impl OxmHeader {
    /// The field it names, if the table has it.
    pub(crate) fn field(&self) -> Option<Field> {
        by_header(self.class, self.number, self.experimenter)
    }
}

/// Which identity of a field to write where it has two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// OpenFlow structures: the standard one if there is one.
    Standard,
    /// Nicira actions: the Nicira one if there is one.
    Nicira,
}

pub(crate) fn take_header(reader: &mut Reader<'_>) -> Result<OxmHeader, DecodeError> {
    let class = reader.u16()?;
    let number = reader.u8()?;
    let length = usize::from(reader.u8()?);
    let mut header =
        OxmHeader { class, number: number >> 1, experimenter: 0, has_mask: number & 1 == 1, payload: length };
    if class == 0xffff {
        header.experimenter = reader.u32()?;
        header.payload = length
            .checked_sub(4)
            .ok_or_else(|| reader.error(DecodeErrorKind::BadLength { what: "experimenter field", length }))?;
    }
    Ok(header)
}

/// Writes the header of `field` whose value takes `bytes` bytes.
pub(crate) fn put_header(out: &mut impl Put, field: Field, dialect: Dialect, mask: MaskFollows, bytes: u8) {
    let spec = field.spec();
    let id = match dialect {
        Dialect::Standard => spec.oxm.or(spec.nxm),
        Dialect::Nicira => spec.nxm.or(spec.oxm),
    };
    // Every row has one of the two; the table's own test holds it to that.
    let Some(OxmId { class, number, experimenter, .. }) = id else { return };
    let (mask, times) = match mask {
        MaskFollows::Yes => (1, 2),
        MaskFollows::No => (0, 1),
    };
    let vendor_len = if class == 0xffff { 4 } else { 0 };
    out.put16(class);
    out.put8(number << 1 | mask);
    out.put8(bytes.saturating_mul(times).saturating_add(vendor_len));
    if class == 0xffff {
        out.put32(experimenter);
    }
}

/// Whether a mask stands behind the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MaskFollows {
    Yes,
    No,
}
