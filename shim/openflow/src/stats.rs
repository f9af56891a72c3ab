//! Counters of a flow.

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
const PACKET_COUNT: u8 = 4;
const BYTE_COUNT: u8 = 5;

impl FlowStats {
    pub(crate) fn encode(&self, out: &mut impl Put) {
        let start = out.position();
        out.put16(0);
        out.put16(0);
        if let Some((seconds, nanoseconds)) = self.duration {
            put_stat(out, DURATION, u64::from(seconds) << 32 | u64::from(nanoseconds));
        }
        if let Some(seconds) = self.idle {
            put_stat(out, IDLE_TIME, u64::from(seconds) << 32);
        }
        if let Some(packets) = self.packets {
            put_stat(out, PACKET_COUNT, packets);
        }
        if let Some(bytes) = self.bytes {
            put_stat(out, BYTE_COUNT, bytes);
        }
        out.patch_u16(start + 2, out.position() - start);
        out.pad_from(start);
    }

    /// Unknown counters are skipped.
    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<FlowStats, DecodeError> {
        let start = reader.offset();
        reader.skip(2)?;
        let length = usize::from(reader.u16()?);
        let mut body = reader.element("flow statistics", length, start)?;
        let mut stats = FlowStats::default();
        while !body.is_empty() {
            let header = take_header(&mut body)?;
            let mut value = body.sub(header.payload)?;
            match (header.class, header.number) {
                (CLASS, DURATION) => stats.duration = Some((value.u32()?, value.u32()?)),
                (CLASS, IDLE_TIME) => stats.idle = Some(value.u32()?),
                (CLASS, PACKET_COUNT) => stats.packets = Some(value.u64()?),
                (CLASS, BYTE_COUNT) => stats.bytes = Some(value.u64()?),
                _ => {}
            }
        }
        reader.skip_padding(length);
        Ok(stats)
    }
}

fn put_stat(out: &mut impl Put, number: u8, value: u64) {
    out.put16(CLASS);
    out.put8(number << 1);
    out.put8(8);
    out.put64(value);
}
