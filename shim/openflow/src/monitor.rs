//! Watching flow tables for changes, others' included.

use std::fmt;

use crate::Flow;
use crate::error::{DecodeError, DecodeErrorKind};
use crate::flow::{ALL_TABLES, ANY_GROUP, FlowFlags};
use crate::flow_match::Match;
use crate::instruction::Instructions;
use crate::packet::FlowRemovedReason;
use crate::port::PortNo;
use crate::wire::{Put, Reader};

/// Asks for reports on changes of flows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowMonitorRequest {
    /// Our number for this monitor.
    pub id: u32,
    /// What is reported, and how.
    pub flags: FlowMonitorFlags,
    /// Only this table; `None` for all.
    pub table: Option<u8>,
    /// Only flows that output here; [`PortNo::ANY`] for all.
    pub out_port: PortNo,
    /// Only flows that go to this group; 0xffffffff for all.
    pub out_group: u32,
    /// Only flows the match covers.
    pub matching: Match,
    /// Whether to begin, change or end the monitor.
    pub command: FlowMonitorCommand,
}

/// What a [`FlowMonitorRequest`] does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlowMonitorCommand {
    /// Begin it.
    Add,
    /// Change it.
    Modify,
    /// End it; only its number counts.
    Delete,
}

/// What a flow monitor reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlowMonitorFlags(pub u16);

impl FlowMonitorFlags {
    /// Flows that exist already.
    pub const INITIAL: FlowMonitorFlags = FlowMonitorFlags(1);
    /// Flows added.
    pub const ADD: FlowMonitorFlags = FlowMonitorFlags(2);
    /// Flows removed.
    pub const REMOVED: FlowMonitorFlags = FlowMonitorFlags(4);
    /// Flows changed.
    pub const MODIFY: FlowMonitorFlags = FlowMonitorFlags(8);
    /// With their instructions.
    pub const INSTRUCTIONS: FlowMonitorFlags = FlowMonitorFlags(16);
    /// Our own changes in full as well, not just by xid.
    pub const NO_ABBREVIATION: FlowMonitorFlags = FlowMonitorFlags(32);
    /// Only our own changes.
    pub const ONLY_OWN: FlowMonitorFlags = FlowMonitorFlags(64);

    /// Both.
    pub const fn union(self, other: FlowMonitorFlags) -> FlowMonitorFlags {
        FlowMonitorFlags(self.0 | other.0)
    }
}

impl FlowMonitorRequest {
    /// Begins a monitor of all flows of all tables.
    pub fn all(id: u32, flags: FlowMonitorFlags) -> FlowMonitorRequest {
        FlowMonitorRequest {
            id,
            flags,
            table: None,
            out_port: PortNo::ANY,
            out_group: ANY_GROUP,
            matching: Match::any(),
            command: FlowMonitorCommand::Add,
        }
    }

    /// Ends the monitor of this number.
    pub fn cancel(id: u32) -> FlowMonitorRequest {
        let none = FlowMonitorFlags(0);
        FlowMonitorRequest { command: FlowMonitorCommand::Delete, ..FlowMonitorRequest::all(id, none) }
    }

    pub(crate) fn encode(&self, out: &mut impl Put) {
        out.put32(self.id);
        out.put32(self.out_port.0);
        out.put32(self.out_group);
        out.put16(self.flags.0);
        out.put8(self.table.unwrap_or(ALL_TABLES));
        out.put8(self.command as u8);
        self.matching.encode(out);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<FlowMonitorRequest, DecodeError> {
        let id = reader.u32()?;
        let out_port = PortNo(reader.u32()?);
        let out_group = reader.u32()?;
        let flags = FlowMonitorFlags(reader.u16()?);
        let table = Some(reader.u8()?).filter(|&table| table != ALL_TABLES);
        let at = reader.clone();
        let command = match reader.u8()? {
            0 => FlowMonitorCommand::Add,
            1 => FlowMonitorCommand::Modify,
            2 => FlowMonitorCommand::Delete,
            other => {
                let value = u64::from(other);
                return Err(at.error(DecodeErrorKind::BadValue { what: "flow monitor command", value }));
            }
        };
        let matching = Match::decode(reader)?;
        Ok(FlowMonitorRequest { id, flags, table, out_port, out_group, matching, command })
    }
}

/// One report of a flow monitor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlowUpdate {
    /// A flow exists, or changed.
    Flow {
        /// What happened.
        event: FlowUpdateEvent,
        /// The flow; without flags, and without instructions if they were not asked for.
        flow: Flow,
    },
    /// Our own message of this xid changed flows.
    Own {
        /// The xid.
        xid: u32,
    },
    /// The switch stopped reporting because we read too slowly.
    Paused,
    /// It goes on; what happened between was reported in sum.
    Resumed,
}

/// What happened to a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlowUpdateEvent {
    /// It was there when the monitor began.
    Initial,
    /// It was added.
    Added,
    /// It was removed.
    Removed(FlowRemovedReason),
    /// Its instructions changed.
    Modified,
}

impl fmt::Display for FlowUpdate {
    /// The line `ovs-ofctl monitor` prints, without its indentation. It does not tell the priority.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (event, flow) = match self {
            FlowUpdate::Flow { event, flow } => (event, flow),
            FlowUpdate::Own { xid } => return write!(f, "event=ABBREV xid={xid:#x}"),
            FlowUpdate::Paused => return f.write_str("event=PAUSED"),
            FlowUpdate::Resumed => return f.write_str("event=RESUMED"),
        };
        match event {
            FlowUpdateEvent::Initial => f.write_str("event=INITIAL")?,
            FlowUpdateEvent::Added => f.write_str("event=ADDED")?,
            FlowUpdateEvent::Modified => f.write_str("event=MODIFIED")?,
            FlowUpdateEvent::Removed(reason) => write!(f, "event=DELETED reason={reason}")?,
        }
        write!(f, " table={}", flow.table)?;
        for (name, seconds) in [("idle_timeout", flow.idle_timeout), ("hard_timeout", flow.hard_timeout)] {
            if seconds != 0 {
                write!(f, " {name}={seconds}")?;
            }
        }
        // ovs-ofctl writes no 0x before a zero here.
        write!(f, " cookie={}", Hex(flow.cookie))?;
        write!(f, " {}", flow.matching)?;
        if flow.instructions != Instructions::default() {
            let space = if flow.matching.is_any() { "" } else { " " };
            write!(f, "{space}actions={}", flow.instructions)?;
        }
        Ok(())
    }
}

/// Hexadecimal with a prefix, but plain for zero.
struct Hex(u64);

impl fmt::Display for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 { f.write_str("0") } else { write!(f, "{:#x}", self.0) }
    }
}

const INITIAL: u16 = 0;
const ADDED: u16 = 1;
const REMOVED: u16 = 2;
const MODIFIED: u16 = 3;
const ABBREVIATED: u16 = 4;
const PAUSED: u16 = 5;
const RESUMED: u16 = 6;

impl FlowUpdate {
    pub(crate) fn encode(&self, out: &mut impl Put) {
        let start = out.position();
        out.put16(0);
        match self {
            FlowUpdate::Flow { event, flow } => {
                let (event, reason) = match event {
                    FlowUpdateEvent::Initial => (INITIAL, 0),
                    FlowUpdateEvent::Added => (ADDED, 0),
                    FlowUpdateEvent::Removed(reason) => (REMOVED, reason.0),
                    FlowUpdateEvent::Modified => (MODIFIED, 0),
                };
                out.put16(event);
                out.put8(flow.table);
                out.put8(reason);
                out.put16(flow.idle_timeout);
                out.put16(flow.hard_timeout);
                out.put16(flow.priority);
                out.zeros(4);
                out.put64(flow.cookie);
                flow.matching.encode(out);
                flow.instructions.encode(out);
            }
            FlowUpdate::Own { xid } => {
                out.put16(ABBREVIATED);
                out.put32(*xid);
            }
            FlowUpdate::Paused => {
                out.put16(PAUSED);
                out.zeros(4);
            }
            FlowUpdate::Resumed => {
                out.put16(RESUMED);
                out.zeros(4);
            }
        }
        out.patch_u16(start, out.position() - start);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<FlowUpdate, DecodeError> {
        let start = reader.offset();
        let length = usize::from(reader.u16()?);
        let mut body = reader.element("flow update", length, start)?;
        let event = body.u16()?;
        match event {
            ABBREVIATED => return Ok(FlowUpdate::Own { xid: body.u32()? }),
            PAUSED => return Ok(FlowUpdate::Paused),
            RESUMED => return Ok(FlowUpdate::Resumed),
            INITIAL..=MODIFIED => {}
            other => {
                let kind = DecodeErrorKind::BadValue { what: "flow update event", value: u64::from(other) };
                return Err(DecodeError::new(start, kind));
            }
        }
        let table = body.u8()?;
        let reason = FlowRemovedReason(body.u8()?);
        let idle_timeout = body.u16()?;
        let hard_timeout = body.u16()?;
        let priority = body.u16()?;
        body.skip(4)?;
        let cookie = body.u64()?;
        let matching = Match::decode(&mut body)?;
        let instructions = Instructions::decode(&mut body)?;
        let event = match event {
            INITIAL => FlowUpdateEvent::Initial,
            ADDED => FlowUpdateEvent::Added,
            REMOVED => FlowUpdateEvent::Removed(reason),
            _ => FlowUpdateEvent::Modified,
        };
        let flags = FlowFlags::NONE;
        let flow =
            Flow { table, priority, matching, cookie, idle_timeout, hard_timeout, flags, instructions };
        Ok(FlowUpdate::Flow { event, flow })
    }
}
