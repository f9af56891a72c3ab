//! A match on the wire.

use smallvec::SmallVec;

use super::normalise::{Coverage, Entry, Octets, covers, normalise};
use super::scan::scan;
use super::value::Match;
use crate::error::{DecodeError, DecodeErrorKind, MatchError};
use crate::field::{Field, take_header};
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
        let bytes = reader.rest();
        match scan(bytes, prerequisites) {
            Some(matching) => Ok(matching),
            None => decode_any(bytes, offset, prerequisites),
        }
    }
}

/// Reads TLVs that may be synonyms, unknown or wrong.
pub(super) fn decode_any(
    bytes: &[u8],
    offset: usize,
    prerequisites: Prerequisites,
) -> Result<Match, DecodeError> {
    let reader = &mut Reader::new(bytes, offset);
    let mut entries = SmallVec::new();
    let mut unknown = Vec::new();
    let mut places = Vec::new();
    while !reader.is_empty() {
        let start = reader.offset();
        let header = take_header(reader)?;
        let payload = reader.bytes(header.payload)?;
        let Some(field) = header.field() else {
            unknown.push(bytes[start - offset..reader.offset() - offset].to_vec());
            continue;
        };
        places.push((field, start));
        entries.push(if header.has_mask {
            let (value, mask) = payload.split_at(payload.len() / 2);
            if value.len() != mask.len() {
                let kind = DecodeErrorKind::BadLength { what: "masked field", length: payload.len() };
                return Err(DecodeError::new(start, kind));
            }
            let (value, mask) = (Octets::from_slice(value), Octets::from_slice(mask));
            Entry { field, value, mask, coverage: Coverage::Part }
        } else {
            let ones = Octets::from_elem(0xff, payload.len());
            Entry::new(field, Octets::from_slice(payload), ones)
        });
    }
    normalise(entries, unknown, prerequisites)
        .map_err(|error| DecodeError::new(place(&error, &places).unwrap_or(offset), error.into()))
}

/// Where the TLV stands that the error is about: of those given twice the last.
fn place(error: &MatchError, places: &[(Field, usize)]) -> Option<usize> {
    let field = error.field();
    let mut about = places.iter().filter(|(given, _)| covers(*given, field));
    let found = match error {
        MatchError::Duplicate { .. } => about.next_back(),
        _ => about.next(),
    };
    found.map(|&(_, offset)| offset)
}
