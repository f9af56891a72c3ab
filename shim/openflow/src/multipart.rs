//! Requests whose answers may come in several messages.

use crate::error::{DecodeError, DecodeErrorKind};
use crate::flow::{ALL_TABLES, ANY_GROUP, Flow, FlowFlags};
use crate::flow_match::Match;
use crate::group::{Group, GroupMod};
use crate::instruction::Instructions;
use crate::meter::{Meter, MeterMod};
use crate::monitor::{FlowMonitorRequest, FlowUpdate};
use crate::port::{Port, PortNo};
use crate::stats::FlowStats;
use crate::wire::{Put, Reader, text};

/// MULTIPART_REQUEST.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MultipartRequest {
    /// More messages of this request follow.
    pub more: bool,
    /// What is asked.
    pub body: MultipartRequestBody,
}

/// What a multipart request asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MultipartRequestBody {
    /// What the switch is.
    Description,
    /// Flows, with their counters.
    Flows(FlowFilter),
    /// One group, or all.
    Groups(Option<u32>),
    /// One meter, or all.
    Meters(Option<u32>),
    /// One port, or all.
    Ports(Option<PortNo>),
    /// Reports on changes of flows.
    FlowMonitor(Vec<FlowMonitorRequest>),
    /// Something this crate does not know.
    Unknown {
        /// Type number.
        kind: u16,
        /// All after the multipart header.
        body: Vec<u8>,
    },
}

/// MULTIPART_REPLY.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MultipartReply {
    /// More messages of this reply follow, under the same xid.
    pub more: bool,
    /// What is answered.
    pub body: MultipartReplyBody,
}

/// What a multipart reply answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MultipartReplyBody {
    /// What the switch is.
    Description(SwitchDescription),
    /// Flows, with their counters.
    Flows(Vec<InstalledFlow>),
    /// Groups.
    Groups(Vec<Group>),
    /// Meters.
    Meters(Vec<Meter>),
    /// Ports.
    Ports(Vec<Port>),
    /// Changes of flows; also sent unasked once a monitor is set.
    FlowMonitor(Vec<FlowUpdate>),
    /// Something this crate does not know.
    Unknown {
        /// Type number.
        kind: u16,
        /// All after the multipart header.
        body: Vec<u8>,
    },
}

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

/// What the switch says it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SwitchDescription {
    /// Manufacturer.
    pub manufacturer: String,
    /// Hardware; `Open vSwitch`.
    pub hardware: String,
    /// Software version.
    pub software: String,
    /// Serial number: `other_config:dp-sn` of the bridge.
    pub serial: String,
    /// Description: `other_config:dp-desc` of the bridge.
    pub datapath: String,
}

const DESCRIPTION: u16 = 0;
const FLOW_DESC: u16 = 1;
const GROUP_DESC: u16 = 7;
const METER_CONFIG: u16 = 10;
const PORT_DESC: u16 = 13;
const FLOW_MONITOR: u16 = 16;
const MORE: u16 = 1;

impl MultipartRequest {
    /// All flows of all tables.
    pub fn all_flows() -> MultipartRequest {
        MultipartRequest { more: false, body: MultipartRequestBody::Flows(FlowFilter::all()) }
    }

    /// What the switch is.
    pub fn description() -> MultipartRequest {
        MultipartRequest { more: false, body: MultipartRequestBody::Description }
    }

    /// All groups.
    pub fn all_groups() -> MultipartRequest {
        MultipartRequest { more: false, body: MultipartRequestBody::Groups(None) }
    }

    /// All meters.
    pub fn all_meters() -> MultipartRequest {
        MultipartRequest { more: false, body: MultipartRequestBody::Meters(None) }
    }

    /// All ports.
    pub fn all_ports() -> MultipartRequest {
        MultipartRequest { more: false, body: MultipartRequestBody::Ports(None) }
    }

    pub(crate) fn encode(&self, out: &mut impl Put) {
        let kind = match &self.body {
            MultipartRequestBody::Description => DESCRIPTION,
            MultipartRequestBody::Flows(_) => FLOW_DESC,
            MultipartRequestBody::Groups(_) => GROUP_DESC,
            MultipartRequestBody::Meters(_) => METER_CONFIG,
            MultipartRequestBody::Ports(_) => PORT_DESC,
            MultipartRequestBody::FlowMonitor(_) => FLOW_MONITOR,
            MultipartRequestBody::Unknown { kind, .. } => *kind,
        };
        put_head(out, kind, self.more);
        match &self.body {
            MultipartRequestBody::Description => {}
            MultipartRequestBody::Flows(filter) => {
                out.put8(filter.table.unwrap_or(ALL_TABLES));
                out.zeros(3);
                out.put32(filter.out_port.0);
                out.put32(filter.out_group);
                out.zeros(4);
                out.put64(filter.cookie);
                out.put64(filter.cookie_mask);
                filter.matching.encode(out);
            }
            MultipartRequestBody::Groups(group) => {
                out.put32(group.unwrap_or(GroupMod::ALL_GROUPS));
                out.zeros(4);
            }
            MultipartRequestBody::Meters(meter) => {
                out.put32(meter.unwrap_or(MeterMod::ALL_METERS));
                out.zeros(4);
            }
            MultipartRequestBody::Ports(port) => {
                out.put32(port.unwrap_or(PortNo::ANY).0);
                out.zeros(4);
            }
            MultipartRequestBody::FlowMonitor(requests) => {
                requests.iter().for_each(|request| request.encode(out));
            }
            MultipartRequestBody::Unknown { body, .. } => out.put(body),
        }
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<MultipartRequest, DecodeError> {
        let (kind, more) = take_head(reader)?;
        let body = match kind {
            DESCRIPTION => MultipartRequestBody::Description,
            FLOW_DESC => {
                let table = Some(reader.u8()?).filter(|&table| table != ALL_TABLES);
                reader.skip(3)?;
                let out_port = PortNo(reader.u32()?);
                let out_group = reader.u32()?;
                reader.skip(4)?;
                let (cookie, cookie_mask) = (reader.u64()?, reader.u64()?);
                let matching = Match::decode(reader)?;
                let filter = FlowFilter { table, out_port, out_group, cookie, cookie_mask, matching };
                MultipartRequestBody::Flows(filter)
            }
            GROUP_DESC => {
                let group = Some(reader.u32()?).filter(|&group| group != GroupMod::ALL_GROUPS);
                reader.skip(4)?;
                MultipartRequestBody::Groups(group)
            }
            METER_CONFIG => {
                let meter = Some(reader.u32()?).filter(|&meter| meter != MeterMod::ALL_METERS);
                reader.skip(4)?;
                MultipartRequestBody::Meters(meter)
            }
            PORT_DESC => {
                let port = Some(PortNo(reader.u32()?)).filter(|&port| port != PortNo::ANY);
                reader.skip(4)?;
                MultipartRequestBody::Ports(port)
            }
            FLOW_MONITOR => MultipartRequestBody::FlowMonitor(list(reader, FlowMonitorRequest::decode)?),
            _ => MultipartRequestBody::Unknown { kind, body: reader.rest().to_vec() },
        };
        Ok(MultipartRequest { more, body })
    }
}

/// Bytes of flows put into one reply: what a frame holds, less its headers.
const PART_LEN: usize = u16::MAX as usize - 16;

impl MultipartReply {
    /// The replies to a request for flows: as many as frames are needed, all but the last with `more` set.
    /// A flow that no frame can hold makes a reply that cannot be encoded.
    pub fn of_flows(flows: impl IntoIterator<Item = InstalledFlow>) -> Vec<MultipartReply> {
        let mut parts = vec![Vec::new()];
        let mut used = 0;
        let mut scratch = Vec::new();
        for flow in flows {
            scratch.clear();
            flow.encode(&mut scratch);
            if used + scratch.len() > PART_LEN && used > 0 {
                parts.push(Vec::new());
                used = 0;
            }
            used += scratch.len();
            if let Some(part) = parts.last_mut() {
                part.push(flow);
            }
        }
        let last = parts.len() - 1;
        let reply = |(n, part)| MultipartReply { more: n < last, body: MultipartReplyBody::Flows(part) };
        parts.into_iter().enumerate().map(reply).collect()
    }

    pub(crate) fn encode(&self, out: &mut impl Put) {
        let kind = match &self.body {
            MultipartReplyBody::Description(_) => DESCRIPTION,
            MultipartReplyBody::Flows(_) => FLOW_DESC,
            MultipartReplyBody::Groups(_) => GROUP_DESC,
            MultipartReplyBody::Meters(_) => METER_CONFIG,
            MultipartReplyBody::Ports(_) => PORT_DESC,
            MultipartReplyBody::FlowMonitor(_) => FLOW_MONITOR,
            MultipartReplyBody::Unknown { kind, .. } => *kind,
        };
        put_head(out, kind, self.more);
        match &self.body {
            MultipartReplyBody::Description(description) => description.encode(out),
            MultipartReplyBody::Flows(flows) => flows.iter().for_each(|flow| flow.encode(out)),
            MultipartReplyBody::Groups(groups) => {
                groups.iter().for_each(|group| group.encode_description(out))
            }
            MultipartReplyBody::Meters(meters) => meters.iter().for_each(|meter| meter.encode(out)),
            MultipartReplyBody::Ports(ports) => ports.iter().for_each(|port| port.encode(out)),
            MultipartReplyBody::FlowMonitor(updates) => updates.iter().for_each(|update| update.encode(out)),
            MultipartReplyBody::Unknown { body, .. } => out.put(body),
        }
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<MultipartReply, DecodeError> {
        let (kind, more) = take_head(reader)?;
        let body = match kind {
            DESCRIPTION => MultipartReplyBody::Description(SwitchDescription::decode(reader)?),
            FLOW_DESC => MultipartReplyBody::Flows(list(reader, InstalledFlow::decode)?),
            GROUP_DESC => MultipartReplyBody::Groups(list(reader, Group::decode_description)?),
            METER_CONFIG => MultipartReplyBody::Meters(list(reader, Meter::decode)?),
            PORT_DESC => MultipartReplyBody::Ports(list(reader, Port::decode)?),
            FLOW_MONITOR => MultipartReplyBody::FlowMonitor(list(reader, FlowUpdate::decode)?),
            _ => MultipartReplyBody::Unknown { kind, body: reader.rest().to_vec() },
        };
        Ok(MultipartReply { more, body })
    }
}

fn put_head(out: &mut impl Put, kind: u16, more: bool) {
    out.put16(kind);
    out.put16(if more { MORE } else { 0 });
    out.zeros(4);
}

fn take_head(reader: &mut Reader<'_>) -> Result<(u16, bool), DecodeError> {
    let head = (reader.u16()?, reader.u16()? & MORE != 0);
    reader.skip(4)?;
    Ok(head)
}

fn list<T>(
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

impl InstalledFlow {
    fn encode(&self, out: &mut impl Put) {
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

    fn decode(reader: &mut Reader<'_>) -> Result<InstalledFlow, DecodeError> {
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

impl SwitchDescription {
    fn encode(&self, out: &mut impl Put) {
        out.put_text(&self.manufacturer, 256);
        out.put_text(&self.hardware, 256);
        out.put_text(&self.software, 256);
        out.put_text(&self.serial, 32);
        out.put_text(&self.datapath, 256);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<SwitchDescription, DecodeError> {
        Ok(SwitchDescription {
            manufacturer: text(reader.bytes(256)?),
            hardware: text(reader.bytes(256)?),
            software: text(reader.bytes(256)?),
            serial: text(reader.bytes(32)?),
            datapath: text(reader.bytes(256)?),
        })
    }
}
