//! What can be asked.

use super::flows::FlowFilter;
use super::kind::{self, list, put_head, take_head};
use crate::error::DecodeError;
use crate::group::GroupMod;
use crate::meter::MeterMod;
use crate::monitor::FlowMonitorRequest;
use crate::port::PortNo;
use crate::statistics::{QueueId, TableFeatures};
use crate::wire::{Put, Reader};

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
    /// Counters of flows in sum.
    Aggregate(FlowFilter),
    /// Counters of all tables.
    TableStats,
    /// Configuration of all tables.
    Tables,
    /// What all tables can do; or with tables named, to change that.
    TableFeatures(Vec<TableFeatures>),
    /// One port, or all.
    Ports(Option<PortNo>),
    /// Counters of one port, or of all.
    PortStats(Option<PortNo>),
    /// Queues.
    Queues(QueueId),
    /// Counters of queues.
    QueueStats(QueueId),
    /// One group, or all.
    Groups(Option<u32>),
    /// Counters of one group, or of all.
    GroupStats(Option<u32>),
    /// What groups there can be.
    GroupFeatures,
    /// One meter, or all.
    Meters(Option<u32>),
    /// Counters of one meter, or of all.
    MeterStats(Option<u32>),
    /// What meters there can be.
    MeterFeatures,
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

impl MultipartRequest {
    /// All flows of all tables.
    pub fn all_flows() -> MultipartRequest {
        MultipartRequestBody::Flows(FlowFilter::all()).into()
    }

    /// What the switch is.
    pub fn description() -> MultipartRequest {
        MultipartRequestBody::Description.into()
    }

    /// All groups.
    pub fn all_groups() -> MultipartRequest {
        MultipartRequestBody::Groups(None).into()
    }

    /// All meters.
    pub fn all_meters() -> MultipartRequest {
        MultipartRequestBody::Meters(None).into()
    }

    /// All ports.
    pub fn all_ports() -> MultipartRequest {
        MultipartRequestBody::Ports(None).into()
    }

    pub(crate) fn encode(&self, out: &mut impl Put) {
        put_head(out, self.body.kind(), self.more);
        self.body.encode(out);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<MultipartRequest, DecodeError> {
        let (kind, more) = take_head(reader)?;
        Ok(MultipartRequest { more, body: MultipartRequestBody::decode(kind, reader)? })
    }
}

impl From<MultipartRequestBody> for MultipartRequest {
    /// A request in one message.
    fn from(body: MultipartRequestBody) -> MultipartRequest {
        MultipartRequest { more: false, body }
    }
}

impl MultipartRequestBody {
    fn kind(&self) -> u16 {
        match self {
            Self::Description => kind::DESCRIPTION,
            Self::Flows(_) => kind::FLOW_DESC,
            Self::Aggregate(_) => kind::AGGREGATE,
            Self::TableStats => kind::TABLE,
            Self::Tables => kind::TABLE_DESC,
            Self::TableFeatures(_) => kind::TABLE_FEATURES,
            Self::Ports(_) => kind::PORT_DESC,
            Self::PortStats(_) => kind::PORT_STATS,
            Self::Queues(_) => kind::QUEUE_DESC,
            Self::QueueStats(_) => kind::QUEUE_STATS,
            Self::Groups(_) => kind::GROUP_DESC,
            Self::GroupStats(_) => kind::GROUP_STATS,
            Self::GroupFeatures => kind::GROUP_FEATURES,
            Self::Meters(_) => kind::METER_CONFIG,
            Self::MeterStats(_) => kind::METER_STATS,
            Self::MeterFeatures => kind::METER_FEATURES,
            Self::FlowMonitor(_) => kind::FLOW_MONITOR,
            Self::Unknown { kind, .. } => *kind,
        }
    }

    fn encode(&self, out: &mut impl Put) {
        match self {
            Self::Description
            | Self::TableStats
            | Self::Tables
            | Self::GroupFeatures
            | Self::MeterFeatures => {}
            Self::Flows(filter) | Self::Aggregate(filter) => filter.encode(out),
            Self::TableFeatures(tables) => tables.iter().for_each(|table| table.encode(out)),
            Self::Ports(port) | Self::PortStats(port) => put_number(out, port.unwrap_or(PortNo::ANY).0),
            Self::Queues(queue) | Self::QueueStats(queue) => queue.encode(out),
            Self::Groups(group) | Self::GroupStats(group) => {
                put_number(out, group.unwrap_or(GroupMod::ALL_GROUPS))
            }
            Self::Meters(meter) | Self::MeterStats(meter) => {
                put_number(out, meter.unwrap_or(MeterMod::ALL_METERS))
            }
            Self::FlowMonitor(requests) => requests.iter().for_each(|request| request.encode(out)),
            Self::Unknown { body, .. } => out.put(body),
        }
    }

    fn decode(kind: u16, reader: &mut Reader<'_>) -> Result<MultipartRequestBody, DecodeError> {
        let port = |reader: &mut Reader<'_>| take_number(reader, PortNo::ANY.0).map(|port| port.map(PortNo));
        let group = |reader: &mut Reader<'_>| take_number(reader, GroupMod::ALL_GROUPS);
        let meter = |reader: &mut Reader<'_>| take_number(reader, MeterMod::ALL_METERS);
        Ok(match kind {
            kind::DESCRIPTION => Self::Description,
            kind::FLOW_DESC => Self::Flows(FlowFilter::decode(reader)?),
            kind::AGGREGATE => Self::Aggregate(FlowFilter::decode(reader)?),
            kind::TABLE => Self::TableStats,
            kind::TABLE_DESC => Self::Tables,
            kind::TABLE_FEATURES => Self::TableFeatures(list(reader, TableFeatures::decode)?),
            kind::PORT_DESC => Self::Ports(port(reader)?),
            kind::PORT_STATS => Self::PortStats(port(reader)?),
            kind::QUEUE_DESC => Self::Queues(QueueId::decode(reader)?),
            kind::QUEUE_STATS => Self::QueueStats(QueueId::decode(reader)?),
            kind::GROUP_DESC => Self::Groups(group(reader)?),
            kind::GROUP_STATS => Self::GroupStats(group(reader)?),
            kind::GROUP_FEATURES => Self::GroupFeatures,
            kind::METER_CONFIG => Self::Meters(meter(reader)?),
            kind::METER_STATS => Self::MeterStats(meter(reader)?),
            kind::METER_FEATURES => Self::MeterFeatures,
            kind::FLOW_MONITOR => Self::FlowMonitor(list(reader, FlowMonitorRequest::decode)?),
            _ => Self::Unknown { kind, body: reader.rest().to_vec() },
        })
    }
}

fn put_number(out: &mut impl Put, number: u32) {
    out.put32(number);
    out.zeros(4);
}

/// A number, or `None` for the one that means all.
fn take_number(reader: &mut Reader<'_>, all: u32) -> Result<Option<u32>, DecodeError> {
    let number = reader.u32()?;
    reader.skip(4)?;
    Ok(Some(number).filter(|&number| number != all))
}
