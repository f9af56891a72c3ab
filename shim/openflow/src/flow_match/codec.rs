//! A match on the wire.

use super::builder::{Coverage, Entry, MatchBuilder, Octets};
use super::normalise::normalise;
use super::value::Match;
use crate::error::{DecodeError, DecodeErrorKind};
use crate::field::take_header;
use crate::wire::{Put, Reader};

/// Match type: TLVs. The fixed structure of OpenFlow 1.0 has number 0.
const OXM: u16 = 1;

/// Whether fields must stand beside the ones they depend on. Packet metadata is not held to that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prerequisites {
    Required,
    Ignored,
}

impl Match {
    /// Writes header, TLVs and padding.
    pub(crate) fn encode(&self, out: &mut impl Put) {
        let start = out.position();
        out.put16(OXM);
        out.put16((4 + self.tlvs.len()) as u16);
        out.put(&self.tlvs);
        out.pad_from(start);
    }

    /// Reads header, TLVs and padding.
    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Match, DecodeError> {
        Match::decode_with(reader, Prerequisites::Required)
    }

    pub(crate) fn decode_with(
        reader: &mut Reader<'_>,
        prerequisites: Prerequisites,
    ) -> Result<Match, DecodeError> {
        let start = reader.offset();
        let kind = reader.u16()?;
        if kind != OXM {
            let kind = DecodeErrorKind::BadValue { what: "match type", value: u64::from(kind) };
            return Err(DecodeError::new(start, kind));
        }
        let length = usize::from(reader.u16()?);
        let mut body = reader.element("match", length, start)?;
        let decoded = Match::decode_tlvs(&mut body, prerequisites)?;
        reader.skip_padding(length);
        Ok(decoded)
    }

    /// Reads TLVs up to the end of `reader`.
    pub(crate) fn decode_tlvs(
        reader: &mut Reader<'_>,
        prerequisites: Prerequisites,
    ) -> Result<Match, DecodeError> {
        let offset = reader.offset();
        let mut builder = MatchBuilder::default();
        while !reader.is_empty() {
            let before = reader.clone();
            let header = take_header(reader)?;
            let payload = reader.bytes(header.payload)?;
            match header.field() {
                None => {
                    let mut before = before;
                    let tlv = before.bytes(reader.offset() - before.offset())?;
                    builder.unknown.push(tlv.to_vec());
                }
                Some(field) if header.has_mask => {
                    let (value, mask) = payload.split_at(payload.len() / 2);
                    if value.len() != mask.len() {
                        let kind = DecodeErrorKind::BadLength { what: "masked field", length: payload.len() };
                        return Err(DecodeError::new(before.offset(), kind));
                    }
                    builder.entries.push(Entry {
                        field,
                        value: Octets::from_slice(value),
                        mask: Octets::from_slice(mask),
                        coverage: Coverage::Part,
                    });
                }
                Some(field) => {
                    let ones = Octets::from_elem(0xff, payload.len());
                    builder.entries.push(Entry::new(field, Octets::from_slice(payload), ones));
                }
            }
        }
        normalise(builder, prerequisites).map_err(|error| DecodeError::new(offset, error.into()))
    }
}
