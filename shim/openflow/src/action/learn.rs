//! Adding flows made from packets.

use std::fmt;

use super::FieldSlice;
use super::decode::take_slice_header;
use crate::error::{DecodeError, DecodeErrorKind};
use crate::field::{Dialect, MaskFollows, format_value, number, put_header};
use crate::wire::{Put, Reader};

/// Adds (or refreshes) a flow made from the packet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Learn {
    /// Seconds without a packet after which the learned flow goes; 0 never.
    pub idle_timeout: u16,
    /// Seconds after which it goes; 0 never.
    pub hard_timeout: u16,
    /// Its priority.
    pub priority: u16,
    /// Its cookie.
    pub cookie: u64,
    /// Report its removal.
    pub send_flow_removed: bool,
    /// Delete the learned flows when this flow is deleted.
    pub delete_learned: bool,
    /// The table it goes to.
    pub table: u8,
    /// Idle timeout once a TCP FIN or RST was seen; 0 unchanged.
    pub fin_idle_timeout: u16,
    /// Hard timeout once a TCP FIN or RST was seen; 0 unchanged.
    pub fin_hard_timeout: u16,
    /// At most so many learned flows; 0 without limit.
    pub limit: u32,
    /// A bit set to whether the limit allowed the flow.
    pub result: Option<FieldSlice>,
    /// Matches and actions of the learned flow.
    pub specs: Vec<LearnSpec>,
}

/// One match or action of a learned flow.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LearnSpec {
    /// The learned flow matches these bits.
    Match {
        /// Bits matched.
        field: FieldSlice,
        /// What they are compared with.
        source: LearnSource,
    },
    /// The learned flow sets these bits.
    Load {
        /// Bits written.
        field: FieldSlice,
        /// What is written.
        source: LearnSource,
    },
    /// The learned flow outputs to the port named by these bits of the packet that taught it.
    Output(FieldSlice),
}

/// Where the value of a [`LearnSpec`] comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LearnSource {
    /// As many bits of the packet as are matched or written, from the first of this slice.
    Field(FieldSlice),
    /// A constant, as wide as the destination.
    Immediate(u128),
}

const SEND_FLOW_REMOVED: u16 = 1;
const DELETE_LEARNED: u16 = 2;
const WRITE_RESULT: u16 = 4;

const FROM_IMMEDIATE: u16 = 1 << 13;
const TO_MATCH: u16 = 0;
const TO_LOAD: u16 = 1 << 11;
const TO_OUTPUT: u16 = 2 << 11;
const TO_MASK: u16 = 3 << 11;
const BITS_MASK: u16 = 0x3ff;

impl Learn {
    /// Whether it needs the second form of the action on the wire.
    pub(super) fn needs_extended(&self) -> bool {
        self.limit != 0 || self.result.is_some()
    }

    /// All after the subtype, without the padding at the end.
    pub(super) fn encode(&self, out: &mut impl Put) {
        out.put16(self.idle_timeout);
        out.put16(self.hard_timeout);
        out.put16(self.priority);
        out.put64(self.cookie);
        let bit = |set: bool, bit: u16| if set { bit } else { 0 };
        out.put16(
            bit(self.send_flow_removed, SEND_FLOW_REMOVED)
                | bit(self.delete_learned, DELETE_LEARNED)
                | bit(self.result.is_some(), WRITE_RESULT),
        );
        out.put8(self.table);
        out.zeros(1);
        out.put16(self.fin_idle_timeout);
        out.put16(self.fin_hard_timeout);
        if self.needs_extended() {
            out.put32(self.limit);
            out.put16(self.result.map_or(0, FieldSlice::offset));
            out.zeros(2);
            if let Some(result) = self.result {
                put_header(out, result.field(), Dialect::Nicira, MaskFollows::No, result.field_bytes());
            }
        }
        self.specs.iter().for_each(|spec| spec.encode(out));
    }

    pub(super) fn decode(reader: &mut Reader<'_>, extended: Extended) -> Result<Learn, DecodeError> {
        let idle_timeout = reader.u16()?;
        let hard_timeout = reader.u16()?;
        let priority = reader.u16()?;
        let cookie = reader.u64()?;
        let flags = reader.u16()?;
        let table = reader.u8()?;
        reader.skip(1)?;
        let fin_idle_timeout = reader.u16()?;
        let fin_hard_timeout = reader.u16()?;
        let mut limit = 0;
        let mut result = None;
        if extended == Extended::Yes {
            limit = reader.u32()?;
            let offset = reader.u16()?;
            reader.skip(2)?;
            if flags & WRITE_RESULT != 0 {
                result = Some(take_slice_header(reader)?.slice(offset, 1)?);
            }
        }
        let mut specs = Vec::new();
        // A zero header starts the padding.
        while reader.remaining() >= 2 {
            let header = reader.u16()?;
            if header == 0 {
                break;
            }
            specs.push(LearnSpec::decode(header, reader)?);
        }
        Ok(Learn {
            idle_timeout,
            hard_timeout,
            priority,
            cookie,
            send_flow_removed: flags & SEND_FLOW_REMOVED != 0,
            delete_learned: flags & DELETE_LEARNED != 0,
            table,
            fin_idle_timeout,
            fin_hard_timeout,
            limit,
            result,
            specs,
        })
    }
}

/// Which of the two wire forms is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extended {
    Yes,
    No,
}

impl LearnSpec {
    fn encode(&self, out: &mut impl Put) {
        let (to, field, source) = match self {
            LearnSpec::Match { field, source } => (TO_MATCH, field, source),
            LearnSpec::Load { field, source } => (TO_LOAD, field, source),
            LearnSpec::Output(port) => {
                out.put16(TO_OUTPUT | (port.bits() & BITS_MASK));
                return put_slice(out, *port);
            }
        };
        let bits = field.bits() & BITS_MASK;
        match source {
            LearnSource::Field(slice) => {
                out.put16(to | bits);
                put_slice(out, *slice);
            }
            LearnSource::Immediate(value) => {
                out.put16(FROM_IMMEDIATE | to | bits);
                let bytes = immediate_bytes(bits);
                out.zeros(bytes.saturating_sub(16));
                out.put(&value.to_be_bytes()[16usize.saturating_sub(bytes)..]);
            }
        }
        put_slice(out, *field);
    }

    fn decode(header: u16, reader: &mut Reader<'_>) -> Result<LearnSpec, DecodeError> {
        let bits = header & BITS_MASK;
        let start = reader.offset() - 2;
        let bad = || {
            DecodeError::new(
                start,
                DecodeErrorKind::BadValue { what: "learn spec header", value: u64::from(header) },
            )
        };
        let source = if header & FROM_IMMEDIATE == 0 {
            LearnSource::Field(take_slice(reader, bits)?)
        } else {
            let bytes = reader.bytes(immediate_bytes(bits))?;
            let (high, low) = bytes.split_at(bytes.len().saturating_sub(16));
            if high.iter().any(|&byte| byte != 0) {
                return Err(bad());
            }
            LearnSource::Immediate(number(low))
        };
        match (header & TO_MASK, source) {
            (TO_MATCH, source) => Ok(LearnSpec::Match { field: take_slice(reader, bits)?, source }),
            (TO_LOAD, source) => Ok(LearnSpec::Load { field: take_slice(reader, bits)?, source }),
            (TO_OUTPUT, LearnSource::Field(port)) => Ok(LearnSpec::Output(port)),
            _ => Err(bad()),
        }
    }
}

/// Constants take whole 16-bit words.
fn immediate_bytes(bits: u16) -> usize {
    2 * usize::from(bits).div_ceil(16)
}

fn put_slice(out: &mut impl Put, slice: FieldSlice) {
    put_header(out, slice.field(), Dialect::Nicira, MaskFollows::No, slice.field_bytes());
    out.put16(slice.offset());
}

fn take_slice(reader: &mut Reader<'_>, bits: u16) -> Result<FieldSlice, DecodeError> {
    let header = take_slice_header(reader)?;
    let offset = reader.u16()?;
    header.slice(offset, bits)
}

impl fmt::Display for Learn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "learn(table={}", self.table)?;
        for (name, seconds) in [
            ("idle_timeout", self.idle_timeout),
            ("hard_timeout", self.hard_timeout),
            ("fin_idle_timeout", self.fin_idle_timeout),
            ("fin_hard_timeout", self.fin_hard_timeout),
        ] {
            if seconds != 0 {
                write!(f, ",{name}={seconds}")?;
            }
        }
        if self.priority != crate::consts::DEFAULT_PRIORITY {
            write!(f, ",priority={}", self.priority)?;
        }
        if self.send_flow_removed {
            f.write_str(",send_flow_rem")?;
        }
        if self.delete_learned {
            f.write_str(",delete_learned")?;
        }
        if self.cookie != 0 {
            write!(f, ",cookie={:#x}", self.cookie)?;
        }
        if self.limit != 0 {
            write!(f, ",limit={}", self.limit)?;
        }
        if let Some(result) = self.result {
            write!(f, ",result_dst={result}")?;
        }
        for spec in &self.specs {
            write!(f, ",{spec}")?;
        }
        f.write_str(")")
    }
}

impl fmt::Display for LearnSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LearnSpec::Match { field, source: LearnSource::Immediate(value) } => {
                let bytes = value.to_be_bytes();
                if *field == FieldSlice::whole(field.field()) {
                    write!(f, "{}=", field.field())?;
                    let length = usize::from(field.field_bytes().min(16));
                    format_value(f, field.field(), &bytes[16 - length..], None)
                } else {
                    write!(f, "{field}={value:#x}")
                }
            }
            LearnSpec::Match { field, source: LearnSource::Field(source) } if source == field => {
                write!(f, "{field}")
            }
            LearnSpec::Match { field, source: LearnSource::Field(source) } => write!(f, "{field}={source}"),
            LearnSpec::Load { field, source: LearnSource::Immediate(value) } => {
                write!(f, "load:{value:#x}->{field}")
            }
            LearnSpec::Load { field, source: LearnSource::Field(source) } => {
                write!(f, "load:{source}->{field}")
            }
            LearnSpec::Output(port) => write!(f, "output:{port}"),
        }
    }
}
