//! Flows, and the message that changes them.

use std::fmt;

use crate::consts::{DEFAULT_PRIORITY, NO_BUFFER};
use crate::error::{DecodeError, DecodeErrorKind};
use crate::flow_match::Match;
use crate::instruction::Instructions;
use crate::port::PortNo;
use crate::wire::{Put, Reader};

/// One entry of a flow table, in canonical form: equal flows are equal values.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Flow {
    /// Its table, 0 to 253.
    pub table: u8,
    /// Flows of higher priority are tried first.
    pub priority: u16,
    /// The packets it applies to.
    pub matching: Match,
    /// A number for its owner; the switch only stores it.
    pub cookie: u64,
    /// Seconds without a packet after which it goes; 0 never.
    pub idle_timeout: u16,
    /// Seconds after which it goes; 0 never.
    pub hard_timeout: u16,
    /// Options kept with the flow.
    pub flags: FlowFlags,
    /// What it does.
    pub instructions: Instructions,
}

impl Flow {
    /// A permanent flow without cookie.
    pub fn new(table: u8, priority: u16, matching: Match, instructions: Instructions) -> Flow {
        Flow {
            table,
            priority,
            matching,
            cookie: 0,
            idle_timeout: 0,
            hard_timeout: 0,
            flags: FlowFlags::NONE,
            instructions,
        }
    }

    /// The same flow with this cookie.
    pub fn with_cookie(self, cookie: u64) -> Flow {
        Flow { cookie, ..self }
    }

    /// What makes it the flow it is: a table holds one flow of a key.
    pub fn key(&self) -> FlowKey {
        FlowKey { table: self.table, priority: self.priority, matching: self.matching.clone() }
    }
}

/// What identifies a flow in a switch.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlowKey {
    /// The table.
    pub table: u8,
    /// The priority.
    pub priority: u16,
    /// The match.
    pub matching: Match,
}

impl fmt::Display for FlowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "table={}, priority={}", self.table, self.priority)?;
        if self.matching.is_any() { Ok(()) } else { write!(f, ",{}", self.matching) }
    }
}

impl fmt::Display for Flow {
    /// The line `ovs-ofctl --no-stats dump-flows` would print.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.cookie != 0 {
            write!(f, "cookie={:#x}, ", self.cookie)?;
        }
        if self.table != 0 {
            write!(f, "table={}, ", self.table)?;
        }
        self.write_options(f)?;
        self.write_rule(f)
    }
}

impl Flow {
    /// Timeouts and flags.
    pub(crate) fn write_options(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.idle_timeout != 0 {
            write!(f, "idle_timeout={}, ", self.idle_timeout)?;
        }
        if self.hard_timeout != 0 {
            write!(f, "hard_timeout={}, ", self.hard_timeout)?;
        }
        write!(f, "{}", self.flags)
    }

    /// Priority, match and actions.
    pub(crate) fn write_rule(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_match(f, self.priority, &self.matching)?;
        write!(f, "actions={}", self.instructions)
    }
}

/// Priority, unless it is the default one, and match, and a space if there was either.
fn write_match(f: &mut fmt::Formatter<'_>, priority: u16, matching: &Match) -> fmt::Result {
    let with_priority = priority != DEFAULT_PRIORITY;
    if with_priority {
        write!(f, "priority={priority}")?;
    }
    if matching.is_any() {
        return if with_priority { f.write_str(" ") } else { Ok(()) };
    }
    let comma = if with_priority { "," } else { "" };
    write!(f, "{comma}{matching} ")
}

/// Options of a flow or flow message. A switch keeps [`FlowFlags::STORED`] with the flow and gives them back;
/// the others only concern the message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlowFlags(pub u16);

impl FlowFlags {
    /// None.
    pub const NONE: FlowFlags = FlowFlags(0);
    /// Send FLOW_REMOVED when the flow goes.
    pub const SEND_FLOW_REMOVED: FlowFlags = FlowFlags(1);
    /// Refuse the flow if it overlaps another of its priority.
    pub const CHECK_OVERLAP: FlowFlags = FlowFlags(2);
    /// Set its counters to zero.
    pub const RESET_COUNTS: FlowFlags = FlowFlags(4);
    /// Packets need not be counted.
    pub const NO_PACKET_COUNTS: FlowFlags = FlowFlags(8);
    /// Bytes need not be counted.
    pub const NO_BYTE_COUNTS: FlowFlags = FlowFlags(16);

    /// Those a switch keeps with the flow.
    pub const STORED: FlowFlags =
        Self::SEND_FLOW_REMOVED.union(Self::NO_PACKET_COUNTS).union(Self::NO_BYTE_COUNTS);

    /// Both.
    pub const fn union(self, other: FlowFlags) -> FlowFlags {
        FlowFlags(self.0 | other.0)
    }

    /// Those in both.
    pub const fn intersection(self, other: FlowFlags) -> FlowFlags {
        FlowFlags(self.0 & other.0)
    }

    /// Whether all of `other` are set.
    pub const fn contains(self, other: FlowFlags) -> bool {
        self.0 & other.0 == other.0
    }
}

impl fmt::Display for FlowFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const WORDS: [&str; 5] =
            ["send_flow_rem ", "check_overlap ", "reset_counts ", "no_packet_counts ", "no_byte_counts "];
        (0..5).filter(|bit| self.0 >> bit & 1 == 1).try_for_each(|bit| f.write_str(WORDS[bit]))
    }
}

/// FLOW_MOD: adds, changes or deletes flows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FlowMod {
    /// What to do.
    pub command: FlowCommand,
    /// The flow. For the loose commands its match selects, and table 255 means all tables.
    pub flow: Flow,
    /// Only flows whose cookie equals `flow.cookie` in these bits; 0 for all. Not for [`FlowCommand::Add`].
    pub cookie_mask: u64,
    /// Only flows that output here; [`PortNo::ANY`] for all. Deletes only.
    pub out_port: PortNo,
    /// Only flows that go to this group; 0xffffffff for all. Deletes only.
    pub out_group: u32,
    /// Flows of lower importance go first when the table is full.
    pub importance: u16,
}

/// What a [`FlowMod`] does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FlowCommand {
    /// Add, replacing a flow of the same key, cookie and counters included.
    Add,
    /// Change the instructions of all flows the match covers; cookie and timeouts stay.
    Modify,
    /// Change the instructions of the flow of this key; cookie and timeouts stay.
    ModifyStrict,
    /// Delete all flows the match covers.
    Delete,
    /// Delete the flow of this key.
    DeleteStrict,
}

impl FlowMod {
    /// Adds `flow`, replacing one of the same key.
    pub fn add(flow: Flow) -> FlowMod {
        FlowMod::new(FlowCommand::Add, flow)
    }

    /// Gives the flow of this key new instructions.
    pub fn modify_strict(flow: Flow) -> FlowMod {
        FlowMod::new(FlowCommand::ModifyStrict, flow)
    }

    /// Deletes the flow of this key.
    pub fn delete_strict(key: FlowKey) -> FlowMod {
        let flow = Flow::new(key.table, key.priority, key.matching, Instructions::default());
        FlowMod::new(FlowCommand::DeleteStrict, flow)
    }

    /// Deletes all flows of all tables.
    pub fn delete_all() -> FlowMod {
        let flow = Flow::new(ALL_TABLES, DEFAULT_PRIORITY, Match::any(), Instructions::default());
        FlowMod::new(FlowCommand::Delete, flow)
    }

    /// `command` on `flow`, without any of the filters.
    pub fn new(command: FlowCommand, flow: Flow) -> FlowMod {
        FlowMod { command, flow, cookie_mask: 0, out_port: PortNo::ANY, out_group: ANY_GROUP, importance: 0 }
    }

    pub(crate) fn encode(&self, out: &mut impl Put) {
        let flow = &self.flow;
        out.put64(flow.cookie);
        out.put64(self.cookie_mask);
        out.put8(flow.table);
        out.put8(self.command as u8);
        out.put16(flow.idle_timeout);
        out.put16(flow.hard_timeout);
        out.put16(flow.priority);
        out.put32(NO_BUFFER);
        out.put32(self.out_port.0);
        out.put32(self.out_group);
        out.put16(flow.flags.0);
        out.put16(self.importance);
        flow.matching.encode(out);
        flow.instructions.encode(out);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<FlowMod, DecodeError> {
        let cookie = reader.u64()?;
        let cookie_mask = reader.u64()?;
        let table = reader.u8()?;
        let command = match reader.u8()? {
            0 => FlowCommand::Add,
            1 => FlowCommand::Modify,
            2 => FlowCommand::ModifyStrict,
            3 => FlowCommand::Delete,
            4 => FlowCommand::DeleteStrict,
            other => {
                let value = u64::from(other);
                return Err(reader.error_behind(1, DecodeErrorKind::BadValue { what: "flow command", value }));
            }
        };
        let idle_timeout = reader.u16()?;
        let hard_timeout = reader.u16()?;
        let priority = reader.u16()?;
        reader.skip(4)?;
        let out_port = PortNo(reader.u32()?);
        let out_group = reader.u32()?;
        let flags = FlowFlags(reader.u16()?);
        let importance = reader.u16()?;
        let matching = Match::decode(reader)?;
        let instructions = Instructions::decode(reader)?;
        let flow =
            Flow { table, priority, matching, cookie, idle_timeout, hard_timeout, flags, instructions };
        Ok(FlowMod { command, flow, cookie_mask, out_port, out_group, importance })
    }
}

/// Every table, in deletes and dump requests.
pub(crate) const ALL_TABLES: u8 = 0xff;
/// Every group, in deletes and dump requests.
pub(crate) const ANY_GROUP: u32 = u32::MAX;
