//! Flows in dumps.

use std::fmt;

use crate::error::DecodeError;
use crate::flow::{ALL_TABLES, ANY_GROUP, Flow, FlowFlags};
use crate::flow_match::Match;
use crate::instruction::Instructions;
use crate::port::PortNo;
use crate::stats::FlowStats;
use crate::wire::{Put, Reader};

/// Which flows a dump is to give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowFilter {
    /// Only this table; `None` for all.
    pub table: Option<u8>,
    /// Only flows that output here; [`PortNo::ANY`] for all.
    pub out_port: PortNo,
    /// Only flows that go to this group; 0xffffffff for all.
    pub out_group: u32,
    /// Only flows whose cookie equals this in the bits of the mask.
    pub cookie: u64,
    /// Bits of the cookie compared.
    pub cookie_mask: u64,
    /// Only flows the match covers.
    pub matching: Match,
}

impl FlowFilter {
    /// All flows of all tables.
    pub fn all() -> FlowFilter {
        FlowFilter {
            table: None,
            out_port: PortNo::ANY,
            out_group: ANY_GROUP,
            cookie: 0,
            cookie_mask: 0,
            matching: Match::any(),
        }
    }
}

impl FlowFilter {
    pub(super) fn encode(&self, out: &mut impl Put) {
        out.put8(self.table.unwrap_or(ALL_TABLES));
        out.zeros(3);
        out.put32(self.out_port.0);
        out.put32(self.out_group);
        out.zeros(4);
        out.put64(self.cookie);
        out.put64(self.cookie_mask);
        self.matching.encode(out);
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<FlowFilter, DecodeError> {
        let table = Some(reader.u8()?).filter(|&table| table != ALL_TABLES);
        reader.skip(3)?;
        let out_port = PortNo(reader.u32()?);
        let out_group = reader.u32()?;
        reader.skip(4)?;
        let (cookie, cookie_mask) = (reader.u64()?, reader.u64()?);
        let matching = Match::decode(reader)?;
        Ok(FlowFilter { table, out_port, out_group, cookie, cookie_mask, matching })
    }
}

/// A flow of a dump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledFlow {
    /// The flow; it equals the one that was added.
    pub flow: Flow,
    /// Flows of lower importance go first when the table is full.
    pub importance: u16,
    /// Its counters.
    pub stats: FlowStats,
}

impl fmt::Display for InstalledFlow {
    /// The line `ovs-ofctl dump-flows` prints, without its indentation.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let InstalledFlow { flow, importance, stats } = self;
        write!(f, "cookie={:#x}, ", flow.cookie)?;
        if let Some((seconds, nanoseconds)) = stats.duration {
            let fraction = format!("{nanoseconds:09}");
            let fraction = fraction.trim_end_matches('0');
            match fraction {
                "" => write!(f, "duration={seconds}s, ")?,
                // Milliseconds are always written out.
                _ => write!(f, "duration={seconds}.{fraction:0<3}s, ")?,
            }
        }
        write!(f, "table={}, ", flow.table)?;
        if let Some(packets) = stats.packets {
            write!(f, "n_packets={packets}, ")?;
        }
        if let Some(bytes) = stats.bytes {
            write!(f, "n_bytes={bytes}, ")?;
        }
        flow.write_options(f)?;
        if *importance != 0 {
            write!(f, "importance={importance}, ")?;
        }
        if let Some(idle) = stats.idle {
            write!(f, "idle_age={idle}, ")?;
        }
        flow.write_rule(f)
    }
}

impl InstalledFlow {
    pub(super) fn encode(&self, out: &mut impl Put) {
        let start = out.position();
        let flow = &self.flow;
        out.put16(0);
        out.zeros(2);
        out.put8(flow.table);
        out.zeros(1);
        out.put16(flow.priority);
        out.put16(flow.idle_timeout);
        out.put16(flow.hard_timeout);
        out.put16(flow.flags.0);
        out.put16(self.importance);
        out.put64(flow.cookie);
        flow.matching.encode(out);
        self.stats.encode(out);
        flow.instructions.encode(out);
        out.patch_u16(start, out.position() - start);
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<InstalledFlow, DecodeError> {
        let start = reader.offset();
        let length = usize::from(reader.u16()?);
        let mut body = reader.element("flow", length, start)?;
        body.skip(2)?;
        let table = body.u8()?;
        body.skip(1)?;
        let priority = body.u16()?;
        let idle_timeout = body.u16()?;
        let hard_timeout = body.u16()?;
        let flags = FlowFlags(body.u16()?);
        let importance = body.u16()?;
        let cookie = body.u64()?;
        let matching = Match::decode(&mut body)?;
        let stats = FlowStats::decode(&mut body)?;
        let instructions = Instructions::decode(&mut body)?;
        let flow =
            Flow { table, priority, matching, cookie, idle_timeout, hard_timeout, flags, instructions };
        Ok(InstalledFlow { flow, importance, stats })
    }
}
