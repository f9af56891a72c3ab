//! Counters of a flow, and of several in sum.

use crate::error::DecodeError;
use crate::field::take_header;
use crate::wire::{Put, Reader};

/// Counters of a flow; what the switch did not report is `None`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FlowStats {
    /// How long it exists: seconds and nanoseconds.
    pub duration: Option<(u32, u32)>,
    /// Seconds since its last packet.
    pub idle: Option<u32>,
    /// Packets matched.
    pub packets: Option<u64>,
    /// Bytes matched.
    pub bytes: Option<u64>,
}

const CLASS: u16 = 0x8002;
const DURATION: u8 = 0;
const IDLE_TIME: u8 = 1;
const FLOW_COUNT: u8 = 3;
const PACKET_COUNT: u8 = 4;
const BYTE_COUNT: u8 = 5;

impl FlowStats {
    pub(crate) fn encode(&self, out: &mut impl Put) {
        put_stats(out, |out| {
            if let Some((seconds, nanoseconds)) = self.duration {
                put_stat(out, DURATION, &(u64::from(seconds) << 32 | u64::from(nanoseconds)).to_be_bytes());
            }
            if let Some(seconds) = self.idle {
                put_stat(out, IDLE_TIME, &(u64::from(seconds) << 32).to_be_bytes());
            }
            put_traffic(out, self.packets, self.bytes);
        });
    }

    /// Unknown counters are skipped.
    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<FlowStats, DecodeError> {
        let mut stats = FlowStats::default();
        take_stats(reader, |number, value| {
            match number {
                DURATION => stats.duration = Some((value.u32()?, value.u32()?)),
                IDLE_TIME => stats.idle = Some(value.u32()?),
                PACKET_COUNT => stats.packets = Some(value.u64()?),
                BYTE_COUNT => stats.bytes = Some(value.u64()?),
                _ => {}
            }
            Ok(())
        })?;
        Ok(stats)
    }
}

/// Counters of the flows a request selects, in sum; what the switch did not report is `None`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AggregateStats {
    /// Packets matched.
    pub packets: Option<u64>,
    /// Bytes matched.
    pub bytes: Option<u64>,
    /// Flows there are.
    pub flows: Option<u32>,
}

impl AggregateStats {
    pub(crate) fn encode(&self, out: &mut impl Put) {
        put_stats(out, |out| {
            put_traffic(out, self.packets, self.bytes);
            if let Some(flows) = self.flows {
                put_stat(out, FLOW_COUNT, &flows.to_be_bytes());
            }
        });
    }

    /// Unknown counters are skipped.
    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<AggregateStats, DecodeError> {
        let mut stats = AggregateStats::default();
        take_stats(reader, |number, value| {
            match number {
                PACKET_COUNT => stats.packets = Some(value.u64()?),
                BYTE_COUNT => stats.bytes = Some(value.u64()?),
                FLOW_COUNT => stats.flows = Some(value.u32()?),
                _ => {}
            }
            Ok(())
        })?;
        Ok(stats)
    }
}

/// Header, what `counters` writes, padding.
fn put_stats<P: Put>(out: &mut P, counters: impl FnOnce(&mut P)) {
    let start = out.position();
    out.put16(0);
    out.put16(0);
    counters(out);
    out.patch_u16(start + 2, out.position() - start);
    out.pad_from(start);
}

fn put_traffic(out: &mut impl Put, packets: Option<u64>, bytes: Option<u64>) {
    if let Some(packets) = packets {
        put_stat(out, PACKET_COUNT, &packets.to_be_bytes());
    }
    if let Some(bytes) = bytes {
        put_stat(out, BYTE_COUNT, &bytes.to_be_bytes());
    }
}

fn put_stat(out: &mut impl Put, number: u8, value: &[u8]) {
    out.put16(CLASS);
    out.put8(number << 1);
    out.put8(value.len() as u8);
    out.put(value);
}

/// Calls `each` with number and value of every counter of the standard class.
fn take_stats(
    reader: &mut Reader<'_>,
    mut each: impl FnMut(u8, &mut Reader<'_>) -> Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    let start = reader.offset();
    reader.skip(2)?;
    let length = usize::from(reader.u16()?);
    let mut body = reader.element("flow statistics", length, start)?;
    while !body.is_empty() {
        let header = take_header(&mut body)?;
        let mut value = body.sub(header.payload)?;
        if header.class == CLASS {
            each(header.number, &mut value)?;
        }
    }
    reader.skip_padding(length);
    Ok(())
}
