//! Packets to and from the controller, and flows that went.

use std::fmt;

use crate::action::{Action, PacketInReason, decode_actions, encode_actions};
use crate::consts::NO_BUFFER;
use crate::error::DecodeError;
use crate::flow_match::{Match, Prerequisites};
use crate::port::PortNo;
use crate::stats::FlowStats;
use crate::wire::{Put, Reader, properties};

/// PACKET_OUT: the switch does `actions` on a packet of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PacketOut {
    /// Pipeline fields the packet starts with: ingress port, metadata, registers, tunnel key.
    pub metadata: Match,
    /// What is done with it; [`PortNo::TABLE`] sends it through the flow tables.
    pub actions: Vec<Action>,
    /// The packet, from its Ethernet header.
    pub data: Vec<u8>,
}

impl PacketOut {
    pub(crate) fn encode(&self, out: &mut impl Put) {
        out.put32(NO_BUFFER);
        let patch = out.position();
        out.put16(0);
        out.zeros(2);
        self.metadata.encode(out);
        let actions = out.position();
        encode_actions(&self.actions, out);
        out.patch_u16(patch, out.position() - actions);
        out.put(&self.data);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<PacketOut, DecodeError> {
        reader.skip(4)?;
        let actions_len = usize::from(reader.u16()?);
        reader.skip(2)?;
        let metadata = Match::decode(reader)?;
        let actions = decode_actions(&mut reader.sub(actions_len)?)?;
        Ok(PacketOut { metadata, actions, data: reader.rest().to_vec() })
    }
}

/// A packet sent to the controller (NXT_PACKET_IN2), or sent back with leave to go on (NXT_RESUME).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PacketIn {
    /// The packet, as far as it was sent.
    pub packet: Vec<u8>,
    /// Its full length, if only a part was sent.
    pub full_len: Option<u32>,
    /// Where the switch holds it back, if it does.
    pub buffer_id: Option<u32>,
    /// The table of the flow that sent it.
    pub table: u8,
    /// The cookie of that flow.
    pub cookie: Option<u64>,
    /// Why it was sent.
    pub reason: PacketInReason,
    /// Its pipeline fields: ingress port, metadata, registers, tunnel, connection state.
    pub metadata: Match,
    /// The bytes the `controller` action named.
    pub userdata: Vec<u8>,
    /// The switch's own note on where to go on, to be sent back unread in a resume.
    pub continuation: Option<Vec<u8>>,
}

const PACKET: u16 = 0;
const FULL_LEN: u16 = 1;
const BUFFER_ID: u16 = 2;
const TABLE_ID: u16 = 3;
const COOKIE: u16 = 4;
const REASON: u16 = 5;
const METADATA: u16 = 6;
const USERDATA: u16 = 7;
const CONTINUATION: u16 = 8;

impl PacketIn {
    /// The ingress port, if it is known.
    pub fn in_port(&self) -> Option<PortNo> {
        self.metadata.exact(crate::Field::IN_PORT).map(|port| PortNo(port as u32))
    }

    pub(crate) fn encode(&self, out: &mut impl Put) {
        out.property(PACKET, &self.packet);
        if let Some(full_len) = self.full_len {
            out.property(FULL_LEN, &full_len.to_be_bytes());
        }
        if let Some(buffer_id) = self.buffer_id {
            out.property(BUFFER_ID, &buffer_id.to_be_bytes());
        }
        out.property(TABLE_ID, &[self.table]);
        if let Some(cookie) = self.cookie {
            // 64-bit values are aligned to eight bytes inside their property.
            let mut aligned = [0; 12];
            aligned[4..].copy_from_slice(&cookie.to_be_bytes());
            out.property(COOKIE, &aligned);
        }
        out.property(REASON, &[self.reason.0]);
        out.property(METADATA, self.metadata.as_bytes());
        if !self.userdata.is_empty() {
            out.property(USERDATA, &self.userdata);
        }
        if let Some(continuation) = &self.continuation {
            out.property(CONTINUATION, continuation);
        }
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<PacketIn, DecodeError> {
        let mut packet_in = PacketIn {
            packet: Vec::new(),
            full_len: None,
            buffer_id: None,
            table: 0,
            cookie: None,
            reason: PacketInReason::NO_MATCH,
            metadata: Match::any(),
            userdata: Vec::new(),
            continuation: None,
        };
        properties(reader, |kind, mut body| {
            match kind {
                PACKET => packet_in.packet = body.rest().to_vec(),
                FULL_LEN => packet_in.full_len = Some(body.u32()?),
                BUFFER_ID => packet_in.buffer_id = Some(body.u32()?),
                TABLE_ID => packet_in.table = body.u8()?,
                COOKIE => {
                    body.skip(4)?;
                    packet_in.cookie = Some(body.u64()?);
                }
                REASON => packet_in.reason = PacketInReason(body.u8()?),
                METADATA => packet_in.metadata = Match::decode_tlvs(&mut body, Prerequisites::Ignored)?,
                USERDATA => packet_in.userdata = body.rest().to_vec(),
                CONTINUATION => packet_in.continuation = Some(body.rest().to_vec()),
                _ => {}
            }
            Ok(())
        })?;
        Ok(packet_in)
    }
}

const NO_COOKIE: u64 = u64::MAX;

impl PacketIn {
    /// The body of a standard PACKET_IN, which has no userdata and no continuation.
    pub(crate) fn encode_standard(&self, out: &mut impl Put) {
        out.put32(self.buffer_id.unwrap_or(NO_BUFFER));
        let full_len = self.full_len.unwrap_or(self.packet.len() as u32);
        out.put16(u16::try_from(full_len).unwrap_or(u16::MAX));
        out.put8(self.reason.0);
        out.put8(self.table);
        out.put64(self.cookie.unwrap_or(NO_COOKIE));
        self.metadata.encode(out);
        out.zeros(2);
        out.put(&self.packet);
    }

    pub(crate) fn decode_standard(reader: &mut Reader<'_>) -> Result<PacketIn, DecodeError> {
        let buffer_id = Some(reader.u32()?).filter(|&id| id != NO_BUFFER);
        let full_len = u32::from(reader.u16()?);
        let reason = PacketInReason(reader.u8()?);
        let table = reader.u8()?;
        let cookie = Some(reader.u64()?).filter(|&cookie| cookie != NO_COOKIE);
        let metadata = Match::decode_with(reader, Prerequisites::Ignored)?;
        reader.skip(2)?;
        let packet = reader.rest().to_vec();
        let full_len = Some(full_len).filter(|&length| length as usize != packet.len());
        let (userdata, continuation) = (Vec::new(), None);
        Ok(PacketIn { packet, full_len, buffer_id, table, cookie, reason, metadata, userdata, continuation })
    }
}

/// FLOW_REMOVED: a flow that asked for it has gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowRemoved {
    /// Its table.
    pub table: u8,
    /// Why it went.
    pub reason: FlowRemovedReason,
    /// Its priority.
    pub priority: u16,
    /// Its idle timeout.
    pub idle_timeout: u16,
    /// Its hard timeout.
    pub hard_timeout: u16,
    /// Its cookie.
    pub cookie: u64,
    /// Its match.
    pub matching: Match,
    /// Its counters at the end.
    pub stats: FlowStats,
}

/// Why a flow went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlowRemovedReason(pub u8);

impl FlowRemovedReason {
    /// No packet for the idle timeout.
    pub const IDLE_TIMEOUT: Self = Self(0);
    /// The hard timeout came.
    pub const HARD_TIMEOUT: Self = Self(1);
    /// A flow message deleted it.
    pub const DELETE: Self = Self(2);
    /// Its group was deleted.
    pub const GROUP_DELETE: Self = Self(3);
    /// Its meter was deleted.
    pub const METER_DELETE: Self = Self(4);
    /// The table was full.
    pub const EVICTION: Self = Self(5);

    /// Names in ovs-ofctl syntax.
    pub(crate) const NAMES: [(Self, &str); 6] = [
        (Self::IDLE_TIMEOUT, "idle"),
        (Self::HARD_TIMEOUT, "hard"),
        (Self::DELETE, "delete"),
        (Self::GROUP_DELETE, "group_delete"),
        (Self::METER_DELETE, "meter_delete"),
        (Self::EVICTION, "eviction"),
    ];
}

impl fmt::Display for FlowRemovedReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Self::NAMES.iter().find(|(reason, _)| reason == self) {
            Some((_, name)) => f.write_str(name),
            None => write!(f, "{}", self.0),
        }
    }
}

impl FlowRemoved {
    pub(crate) fn encode(&self, out: &mut impl Put) {
        out.put8(self.table);
        out.put8(self.reason.0);
        out.put16(self.priority);
        out.put16(self.idle_timeout);
        out.put16(self.hard_timeout);
        out.put64(self.cookie);
        self.matching.encode(out);
        self.stats.encode(out);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<FlowRemoved, DecodeError> {
        Ok(FlowRemoved {
            table: reader.u8()?,
            reason: FlowRemovedReason(reader.u8()?),
            priority: reader.u16()?,
            idle_timeout: reader.u16()?,
            hard_timeout: reader.u16()?,
            cookie: reader.u64()?,
            matching: Match::decode(reader)?,
            stats: FlowStats::decode(reader)?,
        })
    }
}
