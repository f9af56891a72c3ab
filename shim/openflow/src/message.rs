//! The set of messages.

use bytes::{Bytes, BytesMut};

use crate::async_config::AsyncConfig;
use crate::bundle::{BundleAdd, BundleControl};
use crate::consts::{NICIRA, message as number, nicira_message as nicira};
use crate::error::{DecodeError, DecodeErrorKind, EncodeError};
use crate::fault::Fault;
use crate::flow::FlowMod;
use crate::frame::{Frame, HEADER_LEN, VERSION};
use crate::group::GroupMod;
use crate::handshake::{Features, Hello, RoleState, SwitchConfig};
use crate::meter::MeterMod;
use crate::multipart::{MultipartReply, MultipartRequest};
use crate::nicira::{CtFlush, PacketInFormat, TlvTable, TlvTableMod};
use crate::packet::{FlowRemoved, PacketIn, PacketOut};
use crate::port::{PortMod, PortStatus};
use crate::status::{RequestForward, RoleStatus};
use crate::table::{TableMod, TableStatus};
use crate::wire::{Put, Reader};

/// A message of either direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// The first message of both sides.
    Hello(Hello),
    /// The switch refuses a request.
    Error(Fault),
    /// Must be answered with the same bytes.
    EchoRequest(Bytes),
    /// The answer.
    EchoReply(Bytes),
    /// Asks who the switch is.
    FeaturesRequest,
    /// Who the switch is.
    FeaturesReply(Features),
    /// Asks for the configuration.
    GetConfigRequest,
    /// The configuration.
    GetConfigReply(SwitchConfig),
    /// Sets the configuration; not answered.
    SetConfig(SwitchConfig),
    /// A packet for the controller, in the form used until [`Message::SetPacketInFormat`] asks for another.
    /// Userdata and continuation have no place in it.
    StandardPacketIn(PacketIn),
    /// A flow has gone.
    FlowRemoved(FlowRemoved),
    /// A port came, went or changed.
    PortStatus(PortStatus),
    /// Sends a packet.
    PacketOut(PacketOut),
    /// Changes flows.
    FlowMod(FlowMod),
    /// Changes a group.
    GroupMod(GroupMod),
    /// Changes a meter.
    MeterMod(MeterMod),
    /// Changes the configuration of a port.
    PortMod(PortMod),
    /// Changes the configuration of a table.
    TableMod(TableMod),
    /// Asks for a description, a dump, or reports.
    MultipartRequest(MultipartRequest),
    /// A part of the answer.
    MultipartReply(MultipartReply),
    /// Asks for an answer when all before it is done.
    BarrierRequest,
    /// All before it is done.
    BarrierReply,
    /// Asks for a role.
    RoleRequest(RoleState),
    /// The role held.
    RoleReply(RoleState),
    /// The role of this connection was changed.
    RoleStatus(RoleStatus),
    /// A table fills up.
    TableStatus(TableStatus),
    /// Another controller changed groups or meters.
    RequestForward(RequestForward),
    /// Asks which messages are sent unasked.
    GetAsyncRequest,
    /// Which messages are sent unasked.
    GetAsyncReply(AsyncConfig),
    /// Chooses which messages are sent unasked; not answered.
    SetAsync(AsyncConfig),
    /// Opens, commits or discards a bundle, or says that this was done.
    BundleControl(BundleControl),
    /// Puts a message into a bundle.
    BundleAdd(BundleAdd),
    /// Chooses the form of packet-ins.
    SetPacketInFormat(PacketInFormat),
    /// Gives this connection the number that `controller` actions name.
    SetControllerId(u16),
    /// Changes the map of Geneve options.
    TlvTableMod(TlvTableMod),
    /// Asks for that map.
    TlvTableRequest,
    /// The map.
    TlvTableReply(TlvTable),
    /// A packet for the controller.
    PacketIn(PacketIn),
    /// Lets a paused packet go on.
    Resume(PacketIn),
    /// Forgets the connections of a zone.
    CtFlushZone(u16),
    /// Forgets some connections.
    CtFlush(CtFlush),
    /// An experimenter message this crate does not know.
    Experimenter {
        /// Experimenter id.
        experimenter: u32,
        /// Its number for the message.
        subtype: u32,
        /// What follows.
        body: Bytes,
    },
    /// A message type this crate does not know.
    Unknown {
        /// Message type number.
        message_type: u8,
        /// All after the header.
        body: Bytes,
    },
}

impl Message {
    /// Appends the message, header included. Fails, writing nothing, if it would exceed 65,535 bytes.
    pub fn encode(&self, xid: u32, out: &mut BytesMut) -> Result<(), EncodeError> {
        let start = out.len();
        out.put8(VERSION);
        out.put8(self.message_type());
        out.put16(0);
        out.put32(xid);
        self.encode_body(xid, out);
        let length = out.len() - start;
        if length > usize::from(u16::MAX) {
            out.truncate(start);
            return Err(EncodeError { length });
        }
        out.patch_u16(start + 2, length);
        Ok(())
    }

    /// The message as bytes of its own.
    pub fn to_bytes(&self, xid: u32) -> Result<Bytes, EncodeError> {
        let mut out = BytesMut::new();
        self.encode(xid, &mut out)?;
        Ok(out.freeze())
    }

    /// Message type number; 4 for all experimenter messages.
    pub fn message_type(&self) -> u8 {
        match self {
            Message::Hello(_) => number::HELLO,
            Message::Error(_) => number::ERROR,
            Message::EchoRequest(_) => number::ECHO_REQUEST,
            Message::EchoReply(_) => number::ECHO_REPLY,
            Message::FeaturesRequest => number::FEATURES_REQUEST,
            Message::FeaturesReply(_) => number::FEATURES_REPLY,
            Message::GetConfigRequest => number::GET_CONFIG_REQUEST,
            Message::GetConfigReply(_) => number::GET_CONFIG_REPLY,
            Message::SetConfig(_) => number::SET_CONFIG,
            Message::StandardPacketIn(_) => number::PACKET_IN,
            Message::FlowRemoved(_) => number::FLOW_REMOVED,
            Message::PortStatus(_) => number::PORT_STATUS,
            Message::PacketOut(_) => number::PACKET_OUT,
            Message::FlowMod(_) => number::FLOW_MOD,
            Message::GroupMod(_) => number::GROUP_MOD,
            Message::MeterMod(_) => number::METER_MOD,
            Message::PortMod(_) => number::PORT_MOD,
            Message::TableMod(_) => number::TABLE_MOD,
            Message::MultipartRequest(_) => number::MULTIPART_REQUEST,
            Message::MultipartReply(_) => number::MULTIPART_REPLY,
            Message::BarrierRequest => number::BARRIER_REQUEST,
            Message::BarrierReply => number::BARRIER_REPLY,
            Message::RoleRequest(_) => number::ROLE_REQUEST,
            Message::RoleReply(_) => number::ROLE_REPLY,
            Message::RoleStatus(_) => number::ROLE_STATUS,
            Message::TableStatus(_) => number::TABLE_STATUS,
            Message::RequestForward(_) => number::REQUEST_FORWARD,
            Message::GetAsyncRequest => number::GET_ASYNC_REQUEST,
            Message::GetAsyncReply(_) => number::GET_ASYNC_REPLY,
            Message::SetAsync(_) => number::SET_ASYNC,
            Message::BundleControl(_) => number::BUNDLE_CONTROL,
            Message::BundleAdd(_) => number::BUNDLE_ADD,
            Message::SetPacketInFormat(_)
            | Message::SetControllerId(_)
            | Message::TlvTableMod(_)
            | Message::TlvTableRequest
            | Message::TlvTableReply(_)
            | Message::PacketIn(_)
            | Message::Resume(_)
            | Message::CtFlushZone(_)
            | Message::CtFlush(_)
            | Message::Experimenter { .. } => number::EXPERIMENTER,
            Message::Unknown { message_type, .. } => *message_type,
        }
    }

    fn encode_body(&self, xid: u32, out: &mut impl Put) {
        match self {
            Message::Hello(hello) => hello.encode(out),
            Message::Error(fault) => fault.encode(out),
            Message::EchoRequest(data) | Message::EchoReply(data) => out.put(data),
            Message::FeaturesReply(features) => features.encode(out),
            Message::GetConfigReply(config) | Message::SetConfig(config) => config.encode(out),
            Message::StandardPacketIn(packet_in) => packet_in.encode_standard(out),
            Message::FlowRemoved(removed) => removed.encode(out),
            Message::PortStatus(status) => status.encode(out),
            Message::PacketOut(packet_out) => packet_out.encode(out),
            Message::FlowMod(flow_mod) => flow_mod.encode(out),
            Message::GroupMod(group_mod) => group_mod.encode(out),
            Message::MeterMod(meter_mod) => meter_mod.encode(out),
            Message::PortMod(port_mod) => port_mod.encode(out),
            Message::TableMod(table_mod) => table_mod.encode(out),
            Message::MultipartRequest(request) => request.encode(out),
            Message::MultipartReply(reply) => reply.encode(out),
            Message::FeaturesRequest
            | Message::GetConfigRequest
            | Message::BarrierRequest
            | Message::BarrierReply
            | Message::GetAsyncRequest => {}
            Message::RoleStatus(status) => status.encode(out),
            Message::TableStatus(status) => status.encode(out),
            Message::RequestForward(forward) => forward.encode(out),
            Message::GetAsyncReply(config) | Message::SetAsync(config) => config.encode(out),
            Message::RoleRequest(role) | Message::RoleReply(role) => role.encode(out),
            Message::BundleControl(control) => control.encode(out),
            Message::BundleAdd(add) => add.encode(xid, out),
            Message::SetPacketInFormat(format) => {
                put_nicira(out, nicira::SET_PACKET_IN_FORMAT);
                format.encode(out);
            }
            Message::SetControllerId(id) => {
                put_nicira(out, nicira::SET_CONTROLLER_ID);
                out.zeros(6);
                out.put16(*id);
            }
            Message::TlvTableMod(table_mod) => {
                put_nicira(out, nicira::TLV_TABLE_MOD);
                table_mod.encode(out);
            }
            Message::TlvTableRequest => put_nicira(out, nicira::TLV_TABLE_REQUEST),
            Message::TlvTableReply(table) => {
                put_nicira(out, nicira::TLV_TABLE_REPLY);
                table.encode(out);
            }
            Message::PacketIn(packet_in) => {
                put_nicira(out, nicira::PACKET_IN2);
                packet_in.encode(out);
            }
            Message::Resume(packet_in) => {
                put_nicira(out, nicira::RESUME);
                packet_in.encode(out);
            }
            Message::CtFlushZone(zone) => {
                put_nicira(out, nicira::CT_FLUSH_ZONE);
                out.zeros(6);
                out.put16(*zone);
            }
            Message::CtFlush(flush) => {
                put_nicira(out, nicira::CT_FLUSH);
                flush.encode(out);
            }
            Message::Experimenter { experimenter, subtype, body } => {
                out.put32(*experimenter);
                out.put32(*subtype);
                out.put(body);
            }
            Message::Unknown { body, .. } => out.put(body),
        }
    }
}

fn put_nicira(out: &mut impl Put, subtype: u32) {
    out.put32(NICIRA);
    out.put32(subtype);
}

impl Frame {
    /// Decodes the message. A failure concerns this message only; the stream goes on.
    pub fn message(&self) -> Result<Message, DecodeError> {
        let message_type = self.header.message_type;
        decode(self).map_err(|error| DecodeError { message_type: Some(message_type), ..error })
    }
}

fn decode(frame: &Frame) -> Result<Message, DecodeError> {
    let message_type = frame.header.message_type;
    let any_version = matches!(message_type, number::HELLO | number::ERROR);
    if frame.header.version != VERSION && !any_version {
        return Err(DecodeError::new(0, DecodeErrorKind::Version(frame.header.version)));
    }
    let reader = &mut Reader::new(&frame.body, HEADER_LEN);
    let message = match message_type {
        number::HELLO => Message::Hello(Hello::decode(reader)?),
        number::ERROR => Message::Error(Fault::decode(reader)?),
        number::ECHO_REQUEST => Message::EchoRequest(take_rest(frame, reader)),
        number::ECHO_REPLY => Message::EchoReply(take_rest(frame, reader)),
        number::EXPERIMENTER => decode_experimenter(frame, reader)?,
        number::FEATURES_REQUEST => Message::FeaturesRequest,
        number::FEATURES_REPLY => Message::FeaturesReply(Features::decode(reader)?),
        number::GET_CONFIG_REQUEST => Message::GetConfigRequest,
        number::GET_CONFIG_REPLY => Message::GetConfigReply(SwitchConfig::decode(reader)?),
        number::SET_CONFIG => Message::SetConfig(SwitchConfig::decode(reader)?),
        number::PACKET_IN => Message::StandardPacketIn(PacketIn::decode_standard(reader)?),
        number::FLOW_REMOVED => Message::FlowRemoved(FlowRemoved::decode(reader)?),
        number::PORT_STATUS => Message::PortStatus(PortStatus::decode(reader)?),
        number::PACKET_OUT => Message::PacketOut(PacketOut::decode(reader)?),
        number::FLOW_MOD => Message::FlowMod(FlowMod::decode(reader)?),
        number::GROUP_MOD => Message::GroupMod(GroupMod::decode(reader)?),
        number::METER_MOD => Message::MeterMod(MeterMod::decode(reader)?),
        number::PORT_MOD => Message::PortMod(PortMod::decode(reader)?),
        number::TABLE_MOD => Message::TableMod(TableMod::decode(reader)?),
        number::MULTIPART_REQUEST => Message::MultipartRequest(MultipartRequest::decode(reader)?),
        number::MULTIPART_REPLY => Message::MultipartReply(MultipartReply::decode(reader)?),
        number::BARRIER_REQUEST => Message::BarrierRequest,
        number::BARRIER_REPLY => Message::BarrierReply,
        number::ROLE_REQUEST => Message::RoleRequest(RoleState::decode(reader)?),
        number::ROLE_REPLY => Message::RoleReply(RoleState::decode(reader)?),
        number::ROLE_STATUS => Message::RoleStatus(RoleStatus::decode(reader)?),
        number::TABLE_STATUS => Message::TableStatus(TableStatus::decode(reader)?),
        number::REQUEST_FORWARD => Message::RequestForward(RequestForward::decode(reader)?),
        number::GET_ASYNC_REQUEST => Message::GetAsyncRequest,
        number::GET_ASYNC_REPLY => Message::GetAsyncReply(AsyncConfig::decode(reader)?),
        number::SET_ASYNC => Message::SetAsync(AsyncConfig::decode(reader)?),
        number::BUNDLE_CONTROL => Message::BundleControl(BundleControl::decode(reader)?),
        number::BUNDLE_ADD => Message::BundleAdd(BundleAdd::decode(frame.header.xid, reader)?),
        _ => Message::Unknown { message_type, body: take_rest(frame, reader) },
    };
    reader.finish("message")?;
    Ok(message)
}

fn decode_experimenter(frame: &Frame, reader: &mut Reader<'_>) -> Result<Message, DecodeError> {
    let experimenter = reader.u32()?;
    let subtype = reader.u32()?;
    let known = if experimenter == NICIRA { subtype } else { u32::MAX };
    Ok(match known {
        nicira::SET_PACKET_IN_FORMAT => Message::SetPacketInFormat(PacketInFormat::decode(reader)?),
        nicira::SET_CONTROLLER_ID => {
            reader.skip(6)?;
            Message::SetControllerId(reader.u16()?)
        }
        nicira::TLV_TABLE_MOD => Message::TlvTableMod(TlvTableMod::decode(reader)?),
        nicira::TLV_TABLE_REQUEST => Message::TlvTableRequest,
        nicira::TLV_TABLE_REPLY => Message::TlvTableReply(TlvTable::decode(reader)?),
        nicira::PACKET_IN2 => Message::PacketIn(PacketIn::decode(reader)?),
        nicira::RESUME => Message::Resume(PacketIn::decode(reader)?),
        nicira::CT_FLUSH_ZONE => {
            reader.skip(6)?;
            Message::CtFlushZone(reader.u16()?)
        }
        nicira::CT_FLUSH => Message::CtFlush(CtFlush::decode(reader)?),
        _ => Message::Experimenter { experimenter, subtype, body: take_rest(frame, reader) },
    })
}

/// The unread part of the body, sharing its memory.
fn take_rest(frame: &Frame, reader: &mut Reader<'_>) -> Bytes {
    let from = frame.body.len() - reader.remaining();
    reader.rest();
    frame.body.slice(from..)
}
