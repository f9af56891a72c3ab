//! Type numbers, the header, and lists.

use crate::error::{DecodeError, DecodeErrorKind};
use crate::wire::{Put, Reader};

pub(super) const DESCRIPTION: u16 = 0;
pub(super) const FLOW_DESC: u16 = 1;
pub(super) const AGGREGATE: u16 = 2;
pub(super) const TABLE: u16 = 3;
pub(super) const PORT_STATS: u16 = 4;
pub(super) const QUEUE_STATS: u16 = 5;
pub(super) const GROUP_STATS: u16 = 6;
pub(super) const GROUP_DESC: u16 = 7;
pub(super) const GROUP_FEATURES: u16 = 8;
pub(super) const METER_STATS: u16 = 9;
pub(super) const METER_CONFIG: u16 = 10;
pub(super) const METER_FEATURES: u16 = 11;
pub(super) const TABLE_FEATURES: u16 = 12;
pub(super) const PORT_DESC: u16 = 13;
pub(super) const TABLE_DESC: u16 = 14;
pub(super) const QUEUE_DESC: u16 = 15;
pub(super) const FLOW_MONITOR: u16 = 16;

const MORE: u16 = 1;

pub(super) fn put_head(out: &mut impl Put, kind: u16, more: bool) {
    out.put16(kind);
    out.put16(if more { MORE } else { 0 });
    out.zeros(4);
}

pub(super) fn take_head(reader: &mut Reader<'_>) -> Result<(u16, bool), DecodeError> {
    let head = (reader.u16()?, reader.u16()? & MORE != 0);
    reader.skip(4)?;
    Ok(head)
}

/// Reads elements up to the end of `reader`.
pub(super) fn list<T>(
    reader: &mut Reader<'_>,
    mut one: impl FnMut(&mut Reader<'_>) -> Result<T, DecodeError>,
) -> Result<Vec<T>, DecodeError> {
    let mut items = Vec::new();
    while !reader.is_empty() {
        let before = reader.remaining();
        items.push(one(reader)?);
        // An element that takes nothing would be read for ever.
        if reader.remaining() == before {
            return Err(reader.error(DecodeErrorKind::BadLength { what: "multipart element", length: 0 }));
        }
    }
    Ok(items)
}
