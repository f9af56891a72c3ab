//! Packets that switches hand over, and what they are told about them.

use std::sync::Arc;

use openflow::{CtFlush, Message, PacketIn, PacketOut};

/// A packet that a switch handed over because a flow said so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PuntedPacket {
    /// The hypervisor whose switch it is.
    pub chassis: Arc<str>,
    /// The packet and where it was in the pipeline.
    pub packet: PacketIn,
}

/// What a switch can be told apart from its flows. None of it is repeated if the connection breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToSwitch {
    /// Do this with a packet of ours. Its metadata has to name an ingress port, such as [`openflow::PortNo::CONTROLLER`].
    Packet(PacketOut),
    /// Let a packet that was handed over go on from where it was paused, perhaps changed.
    Resume(PacketIn),
    /// Forget all connections of a conntrack zone.
    ForgetZone(u16),
    /// Forget some connections.
    ForgetConnections(CtFlush),
}

impl From<ToSwitch> for Message {
    fn from(told: ToSwitch) -> Message {
        match told {
            ToSwitch::Packet(packet) => Message::PacketOut(packet),
            ToSwitch::Resume(packet) => Message::Resume(packet),
            ToSwitch::ForgetZone(zone) => Message::CtFlushZone(zone),
            ToSwitch::ForgetConnections(which) => Message::CtFlush(which),
        }
    }
}
