//! OpenFlow 1.5 and the Nicira extensions of Open vSwitch, without sockets and without a clock.
//!
//! Bytes go into a [`Framer`], [`Frame`]s come out, and [`Frame::message`] turns each into a typed
//! [`Message`]; [`Message::encode`] is the way back. Both directions are covered, so the same crate
//! serves a controller and a simulated switch.
//!
//! A [`Flow`] is always held in one canonical form: what a switch gives back in a dump compares equal
//! to what was sent, so tables can be compared with [`diff`] instead of being rewritten.
//!
//! See the README for a map.
//!
//! Facts are those of the OpenFlow 1.5.1 specification and of the Open vSwitch manuals
//! `ovs-fields(7)`, `ovs-actions(7)` and `ovs-ofctl(8)`.

mod action;
mod async_config;
mod bundle;
mod consts;
mod error;
mod fault;
mod field;
mod flow;
mod flow_diff;
mod flow_match;
mod frame;
mod group;
mod handshake;
mod instruction;
mod message;
mod meter;
mod monitor;
mod multipart;
mod nicira;
mod packet;
mod parse;
mod port;
mod statistics;
mod stats;
mod status;
mod table;
mod wire;

pub use action::{
    Action, CheckPacketLarger, Conjunction, Controller, Ct, CtZone, FieldSlice, HashFields, Learn,
    LearnSource, LearnSpec, Multipath, MultipathAlgorithm, Nat, NatAddresses, NatKind, Output,
    PacketInReason, PortBundle, PortBundleAlgorithm, Resubmit, Sample, SetField,
};
pub use async_config::{AsyncConfig, AsyncMasks};
pub use bundle::{Bundle, BundleAdd, BundleControl, BundleControlKind, BundleFlags, BundleMember};
pub use error::{BuildError, DecodeError, DecodeErrorKind, EncodeError, FrameError, MatchError};
pub use fault::{Fault, FaultKind};
pub use field::{Access, Field, FieldSpec, Format, Masking, OxmId, Prerequisite, UnknownField};
pub use flow::{Flow, FlowCommand, FlowFlags, FlowKey, FlowMod};
pub use flow_diff::{FlowDiff, diff};
pub use flow_match::{Match, MatchBuilder, MatchField};
pub use frame::{Frame, Framer, HEADER_LEN, Header, VERSION};
pub use group::{Bucket, BucketId, Group, GroupCommand, GroupMod, GroupType, SelectionMethod};
pub use handshake::{Features, Hello, Role, RoleState, SwitchConfig};
pub use instruction::{Instructions, WriteMetadata};
pub use message::Message;
pub use meter::{Meter, MeterBand, MeterBandKind, MeterCommand, MeterFlags, MeterMod};
pub use monitor::{FlowMonitorCommand, FlowMonitorFlags, FlowMonitorRequest, FlowUpdate, FlowUpdateEvent};
pub use multipart::{
    FlowFilter, InstalledFlow, MultipartReply, MultipartReplyBody, MultipartRequest, MultipartRequestBody,
    SwitchDescription,
};
pub use nicira::{CtFlush, CtTuple, PacketInFormat, TlvMapping, TlvTable, TlvTableCommand, TlvTableMod};
pub use packet::{FlowRemoved, FlowRemovedReason, PacketIn, PacketOut};
pub use parse::{ParseError, ParseErrorKind};
pub use port::{EthernetLink, Port, PortMod, PortNo, PortStatus, PortStatusReason};
pub use statistics::{
    EthernetErrors, GroupFeatures, GroupLimits, GroupStats, MeterFeatures, MeterStats, PortStats,
    QueueDescription, QueueId, QueueStats, TableDescription, TableFeatures, TableFeaturesCommand, TableStats,
    TrafficCount,
};
pub use stats::{AggregateStats, FlowStats};
pub use status::{ForwardedRequest, RequestForward, RoleStatus, RoleStatusReason};
pub use table::{TableConfig, TableMod, TableStatus, TableStatusReason, Vacancy};
pub use wire::RawProperty;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
