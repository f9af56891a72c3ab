//! Which messages a switch sends unasked.

use crate::error::{DecodeError, DecodeErrorKind};
use crate::wire::{Put, Reader, properties};

/// SET_ASYNC and the answer to GET_ASYNC: which messages the switch sends unasked, by the role of the connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AsyncConfig {
    /// While the role is [`Role::Secondary`](crate::Role::Secondary).
    pub secondary: AsyncMasks,
    /// While it is [`Role::Primary`](crate::Role::Primary) or [`Role::Equal`](crate::Role::Equal).
    pub primary: AsyncMasks,
}

/// For each kind of message a mask: bit n is set if it is sent for reason n. `None` in a request leaves it as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AsyncMasks {
    /// PACKET_IN, by [`PacketInReason`](crate::PacketInReason).
    pub packet_in: Option<u32>,
    /// PORT_STATUS, by [`PortStatusReason`](crate::PortStatusReason).
    pub port_status: Option<u32>,
    /// FLOW_REMOVED, by [`FlowRemovedReason`](crate::FlowRemovedReason).
    pub flow_removed: Option<u32>,
    /// ROLE_STATUS, by [`RoleStatusReason`](crate::RoleStatusReason).
    pub role_status: Option<u32>,
    /// TABLE_STATUS, by [`TableStatusReason`](crate::TableStatusReason).
    pub table_status: Option<u32>,
    /// REQUESTFORWARD: 1 group messages, 2 meter messages.
    pub request_forward: Option<u32>,
}

impl AsyncMasks {
    /// In the order of their type numbers.
    fn list(&self) -> [Option<u32>; KINDS] {
        let AsyncMasks { packet_in, port_status, flow_removed, role_status, table_status, request_forward } =
            *self;
        [packet_in, port_status, flow_removed, role_status, table_status, request_forward]
    }

    fn list_mut(&mut self) -> [&mut Option<u32>; KINDS] {
        let AsyncMasks { packet_in, port_status, flow_removed, role_status, table_status, request_forward } =
            self;
        [packet_in, port_status, flow_removed, role_status, table_status, request_forward]
    }
}

const KINDS: usize = 6;

impl AsyncConfig {
    pub(crate) fn encode(&self, out: &mut impl Put) {
        // Even types are the secondary's, odd ones the primary's.
        let pairs = self.secondary.list().into_iter().zip(self.primary.list());
        let masks = pairs.flat_map(|(secondary, primary)| [secondary, primary]);
        for (kind, mask) in (0..).zip(masks) {
            if let Some(mask) = mask {
                out.property(kind, &mask.to_be_bytes());
            }
        }
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<AsyncConfig, DecodeError> {
        let mut config = AsyncConfig::default();
        properties(reader, |kind, mut property| {
            let masks = if kind & 1 == 0 { &mut config.secondary } else { &mut config.primary };
            match masks.list_mut().into_iter().nth(usize::from(kind / 2)) {
                Some(mask) => *mask = Some(property.u32()?),
                None => {
                    let value = u64::from(kind);
                    return Err(
                        property.error_behind(4, DecodeErrorKind::BadValue { what: "async property", value })
                    );
                }
            }
            Ok(())
        })?;
        Ok(config)
    }
}
