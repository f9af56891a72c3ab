//! What can be answered.

use super::description::SwitchDescription;
use super::flows::InstalledFlow;
use super::kind::{self, list, put_head, take_head};
use crate::error::DecodeError;
use crate::group::Group;
use crate::meter::Meter;
use crate::monitor::FlowUpdate;
use crate::port::Port;
use crate::statistics::{
    GroupFeatures, GroupStats, MeterFeatures, MeterStats, PortStats, QueueDescription, QueueStats,
    TableDescription, TableFeatures, TableStats,
};
use crate::stats::AggregateStats;
use crate::wire::{Put, Reader};

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
    /// Counters of flows in sum.
    Aggregate(AggregateStats),
    /// Counters of tables.
    TableStats(Vec<TableStats>),
    /// Configuration of tables.
    Tables(Vec<TableDescription>),
    /// What tables can do.
    TableFeatures(Vec<TableFeatures>),
    /// Ports.
    Ports(Vec<Port>),
    /// Counters of ports.
    PortStats(Vec<PortStats>),
    /// Queues.
    Queues(Vec<QueueDescription>),
    /// Counters of queues.
    QueueStats(Vec<QueueStats>),
    /// Groups.
    Groups(Vec<Group>),
    /// Counters of groups.
    GroupStats(Vec<GroupStats>),
    /// What groups there can be.
    GroupFeatures(GroupFeatures),
    /// Meters.
    Meters(Vec<Meter>),
    /// Counters of meters.
    MeterStats(Vec<MeterStats>),
    /// What meters there can be.
    MeterFeatures(MeterFeatures),
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

/// Bytes of elements put into one reply: what a frame holds, less its headers.
const PART_LEN: usize = u16::MAX as usize - 16;

impl MultipartReply {
    /// The replies to a request for flows: as many as frames are needed, all but the last with `more` set.
    /// A flow that no frame can hold makes a reply that cannot be encoded.
    pub fn of_flows(flows: impl IntoIterator<Item = InstalledFlow>) -> Vec<MultipartReply> {
        split(flows, |flow, out| flow.encode(out), MultipartReplyBody::Flows)
    }

    /// The replies to a request for groups, as [`of_flows`](Self::of_flows).
    pub fn of_groups(groups: impl IntoIterator<Item = Group>) -> Vec<MultipartReply> {
        split(groups, |group, out| group.encode_description(out), MultipartReplyBody::Groups)
    }

    /// The replies to a request for meters, as [`of_flows`](Self::of_flows).
    pub fn of_meters(meters: impl IntoIterator<Item = Meter>) -> Vec<MultipartReply> {
        split(meters, |meter, out| meter.encode(out), MultipartReplyBody::Meters)
    }

    pub(crate) fn encode(&self, out: &mut impl Put) {
        put_head(out, self.body.kind(), self.more);
        self.body.encode(out);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<MultipartReply, DecodeError> {
        let (kind, more) = take_head(reader)?;
        Ok(MultipartReply { more, body: MultipartReplyBody::decode(kind, reader)? })
    }
}

/// As many replies as are needed, all but the last with `more` set.
fn split<T>(
    items: impl IntoIterator<Item = T>,
    encode: impl Fn(&T, &mut Vec<u8>),
    body: impl Fn(Vec<T>) -> MultipartReplyBody,
) -> Vec<MultipartReply> {
    let mut replies = Vec::new();
    let mut part = Vec::new();
    let mut used = 0;
    let mut scratch = Vec::new();
    for item in items {
        scratch.clear();
        encode(&item, &mut scratch);
        if used + scratch.len() > PART_LEN && used > 0 {
            replies.push(MultipartReply { more: true, body: body(std::mem::take(&mut part)) });
            used = 0;
        }
        used += scratch.len();
        part.push(item);
    }
    replies.push(MultipartReply { more: false, body: body(part) });
    replies
}

impl From<MultipartReplyBody> for MultipartReply {
    /// A reply in one message.
    fn from(body: MultipartReplyBody) -> MultipartReply {
        MultipartReply { more: false, body }
    }
}

impl MultipartReplyBody {
    fn kind(&self) -> u16 {
        match self {
            Self::Description(_) => kind::DESCRIPTION,
            Self::Flows(_) => kind::FLOW_DESC,
            Self::Aggregate(_) => kind::AGGREGATE,
            Self::TableStats(_) => kind::TABLE,
            Self::Tables(_) => kind::TABLE_DESC,
            Self::TableFeatures(_) => kind::TABLE_FEATURES,
            Self::Ports(_) => kind::PORT_DESC,
            Self::PortStats(_) => kind::PORT_STATS,
            Self::Queues(_) => kind::QUEUE_DESC,
            Self::QueueStats(_) => kind::QUEUE_STATS,
            Self::Groups(_) => kind::GROUP_DESC,
            Self::GroupStats(_) => kind::GROUP_STATS,
            Self::GroupFeatures(_) => kind::GROUP_FEATURES,
            Self::Meters(_) => kind::METER_CONFIG,
            Self::MeterStats(_) => kind::METER_STATS,
            Self::MeterFeatures(_) => kind::METER_FEATURES,
            Self::FlowMonitor(_) => kind::FLOW_MONITOR,
            Self::Unknown { kind, .. } => *kind,
        }
    }

    fn encode(&self, out: &mut impl Put) {
        match self {
            Self::Description(description) => description.encode(out),
            Self::Flows(flows) => flows.iter().for_each(|flow| flow.encode(out)),
            Self::Aggregate(stats) => stats.encode(out),
            Self::TableStats(tables) => tables.iter().for_each(|table| table.encode(out)),
            Self::Tables(tables) => tables.iter().for_each(|table| table.encode(out)),
            Self::TableFeatures(tables) => tables.iter().for_each(|table| table.encode(out)),
            Self::Ports(ports) => ports.iter().for_each(|port| port.encode(out)),
            Self::PortStats(ports) => ports.iter().for_each(|port| port.encode(out)),
            Self::Queues(queues) => queues.iter().for_each(|queue| queue.encode(out)),
            Self::QueueStats(queues) => queues.iter().for_each(|queue| queue.encode(out)),
            Self::Groups(groups) => groups.iter().for_each(|group| group.encode_description(out)),
            Self::GroupStats(groups) => groups.iter().for_each(|group| group.encode(out)),
            Self::GroupFeatures(features) => features.encode(out),
            Self::Meters(meters) => meters.iter().for_each(|meter| meter.encode(out)),
            Self::MeterStats(meters) => meters.iter().for_each(|meter| meter.encode(out)),
            Self::MeterFeatures(features) => features.encode(out),
            Self::FlowMonitor(updates) => updates.iter().for_each(|update| update.encode(out)),
            Self::Unknown { body, .. } => out.put(body),
        }
    }

    fn decode(kind: u16, reader: &mut Reader<'_>) -> Result<MultipartReplyBody, DecodeError> {
        Ok(match kind {
            kind::DESCRIPTION => Self::Description(SwitchDescription::decode(reader)?),
            kind::FLOW_DESC => Self::Flows(list(reader, InstalledFlow::decode)?),
            kind::AGGREGATE => Self::Aggregate(AggregateStats::decode(reader)?),
            kind::TABLE => Self::TableStats(list(reader, TableStats::decode)?),
            kind::TABLE_DESC => Self::Tables(list(reader, TableDescription::decode)?),
            kind::TABLE_FEATURES => Self::TableFeatures(list(reader, TableFeatures::decode)?),
            kind::PORT_DESC => Self::Ports(list(reader, Port::decode)?),
            kind::PORT_STATS => Self::PortStats(list(reader, PortStats::decode)?),
            kind::QUEUE_DESC => Self::Queues(list(reader, QueueDescription::decode)?),
            kind::QUEUE_STATS => Self::QueueStats(list(reader, QueueStats::decode)?),
            kind::GROUP_DESC => Self::Groups(list(reader, Group::decode_description)?),
            kind::GROUP_STATS => Self::GroupStats(list(reader, GroupStats::decode)?),
            kind::GROUP_FEATURES => Self::GroupFeatures(GroupFeatures::decode(reader)?),
            kind::METER_CONFIG => Self::Meters(list(reader, Meter::decode)?),
            kind::METER_STATS => Self::MeterStats(list(reader, MeterStats::decode)?),
            kind::METER_FEATURES => Self::MeterFeatures(MeterFeatures::decode(reader)?),
            kind::FLOW_MONITOR => Self::FlowMonitor(list(reader, FlowUpdate::decode)?),
            _ => Self::Unknown { kind, body: reader.rest().to_vec() },
        })
    }
}
