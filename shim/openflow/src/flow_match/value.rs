//! A match, held as the bytes of its canonical form.

use std::fmt;
use std::sync::Arc;

use super::builder::MatchBuilder;
use super::codec::Prerequisites;
use crate::error::{DecodeError, DecodeErrorKind, MatchError};
use crate::field::{Field, number, take_header};
use crate::wire::Reader;

/// The set of packets a flow applies to: a list of field TLVs in canonical form, cheap to clone.
///
/// Two matches that select the same packets by the same fields are equal, however they were written:
/// fields stand in the order of the field table, masks of all ones are exact and masks of zero are
/// gone, 64- and 128-bit registers are split into their 32-bit parts, `vlan_tci` into `vlan_vid` and
/// `vlan_pcp`, Nicira identities are replaced by standard ones. This is what makes a match read
/// from a switch comparable with the one that was sent.
///
/// ```
/// use openflow::{Field, Match};
///
/// let vm = Match::builder().eth_type(0x0800).field(Field::REG15, 3).metadata(5).build().unwrap();
/// assert_eq!(vm.to_string(), "ip,reg15=0x3,metadata=0x5");
/// let same = Match::builder().metadata(5).masked(Field::XREG7, 3, 0xffff_ffff).eth_type(0x0800).build();
/// assert_eq!(same.unwrap(), vm);
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Match {
    pub(super) tlvs: Arc<[u8]>,
}

impl Match {
    /// Every packet.
    pub fn any() -> Match {
        Match { tlvs: Arc::from([].as_slice()) }
    }

    /// Starts a match; fields may be given in any order.
    pub fn builder() -> MatchBuilder {
        MatchBuilder::default()
    }

    /// Reads a list of field TLVs, in any order, that must form a match.
    pub fn from_tlvs(bytes: &[u8]) -> Result<Match, DecodeError> {
        Match::decode_tlvs(&mut Reader::new(bytes, 0), Prerequisites::Required)
    }

    /// The match of TLVs a builder wrote.
    pub(super) fn of_tlvs(bytes: &[u8]) -> Result<Match, MatchError> {
        match Match::from_tlvs(bytes) {
            Ok(matching) => Ok(matching),
            Err(DecodeError { kind: DecodeErrorKind::Match(error), .. }) => Err(error),
            // A builder writes whole TLVs of known fields, so nothing but their fields can be wrong with them.
            Err(DecodeError { offset, .. }) => {
                let field =
                    bytes.get(offset..).and_then(|rest| take_header(&mut Reader::new(rest, 0)).ok()?.field());
                Err(MatchError::BadLength { field: field.unwrap_or(Field::METADATA), length: bytes.len() })
            }
        }
    }

    /// The fields of the table that it tests, in canonical order.
    pub fn fields(&self) -> impl Iterator<Item = MatchField<'_>> {
        Fields { reader: Reader::new(&self.tlvs, 0) }
    }

    /// TLVs of fields the table does not have, header included.
    pub fn unknown_tlvs(&self) -> impl Iterator<Item = &[u8]> {
        let mut reader = Reader::new(&self.tlvs, 0);
        std::iter::from_fn(move || {
            loop {
                let start = reader.offset();
                let header = take_header(&mut reader).ok()?;
                reader.skip(header.payload).ok()?;
                if header.field().is_none() {
                    return self.tlvs.get(start..reader.offset());
                }
            }
        })
    }

    /// Value and mask of `field` if it is tested; values wider than 16 bytes give their last 16.
    pub fn get(&self, field: Field) -> Option<(u128, u128)> {
        self.fields().find(|entry| entry.field == field).map(|entry| (entry.value(), entry.mask()))
    }

    /// The value of `field` if all of its bits are tested.
    pub fn exact(&self, field: Field) -> Option<u128> {
        self.fields().find(|entry| entry.field == field && entry.mask.is_none()).map(|entry| entry.value())
    }

    /// True if it applies to every packet.
    pub fn is_any(&self) -> bool {
        self.tlvs.is_empty()
    }

    /// The canonical TLVs, as they stand on the wire behind the match header.
    pub fn as_bytes(&self) -> &[u8] {
        &self.tlvs
    }
}

impl Default for Match {
    fn default() -> Self {
        Match::any()
    }
}

impl fmt::Debug for Match {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Match({self})")
    }
}

/// One field of a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MatchField<'a> {
    /// The field.
    pub field: Field,
    /// Its value, big-endian, as long as the field on the wire.
    pub value_bytes: &'a [u8],
    /// The bits tested, `None` for all.
    pub mask: Option<&'a [u8]>,
}

impl MatchField<'_> {
    /// The value as a number (the last 16 bytes of a longer one).
    pub fn value(&self) -> u128 {
        number(self.value_bytes)
    }

    /// The mask as a number; all bits of the value's length if the match is exact.
    pub fn mask(&self) -> u128 {
        let all = u128::MAX >> (128 - 8 * self.value_bytes.len().clamp(1, 16));
        self.mask.map_or(all, number)
    }
}

struct Fields<'a> {
    reader: Reader<'a>,
}

impl<'a> Iterator for Fields<'a> {
    type Item = MatchField<'a>;

    fn next(&mut self) -> Option<MatchField<'a>> {
        // The bytes were written by the builder, so an error here only means the end.
        loop {
            let header = take_header(&mut self.reader).ok()?;
            let payload = self.reader.bytes(header.payload).ok()?;
            let Some(field) = header.field() else { continue };
            let (value_bytes, mask) = if header.has_mask {
                let (value, mask) = payload.split_at(payload.len() / 2);
                (value, Some(mask))
            } else {
                (payload, None)
            };
            return Some(MatchField { field, value_bytes, mask });
        }
    }
}
