//! Getting to know each other: versions, identity, configuration, role.

use crate::error::{DecodeError, DecodeErrorKind};
use crate::frame::VERSION;
use crate::wire::{Put, Reader};

/// HELLO: the versions a side speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hello {
    /// Bit n set for wire version n (bit 6 is OpenFlow 1.5), or `None` if the peer sent no bitmap
    /// and speaks all versions up to that of its header.
    pub versions: Option<u32>,
}

impl Hello {
    /// OpenFlow 1.5 and no other.
    pub const OPENFLOW_15: Hello = Hello { versions: Some(1 << VERSION) };

    /// Whether the two sides can speak 1.5; `header_version` is that of the peer's HELLO.
    pub fn supports_15(&self, header_version: u8) -> bool {
        match self.versions {
            Some(bitmap) => bitmap >> VERSION & 1 == 1,
            None => header_version >= VERSION,
        }
    }

    pub(crate) fn encode(&self, out: &mut impl Put) {
        if let Some(bitmap) = self.versions {
            out.put16(VERSION_BITMAP);
            out.put16(8);
            out.put32(bitmap);
        }
    }

    /// Elements of other types are skipped, and only the first word of a bitmap is read.
    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Hello, DecodeError> {
        let mut versions = None;
        while !reader.is_empty() {
            let start = reader.offset();
            let kind = reader.u16()?;
            let length = usize::from(reader.u16()?);
            let mut body = reader.element("hello element", length, start)?;
            if kind == VERSION_BITMAP {
                versions = Some(body.u32()?);
            }
            reader.skip_padding(length);
        }
        Ok(Hello { versions })
    }
}

const VERSION_BITMAP: u16 = 1;

/// FEATURES_REPLY: who the switch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Features {
    /// Identity of the bridge: `other_config:datapath-id` or its MAC address.
    pub datapath_id: u64,
    /// Packets it can hold back; 0 in current switches.
    pub n_buffers: u32,
    /// Number of flow tables.
    pub n_tables: u8,
    /// 0 for a main connection.
    pub auxiliary_id: u8,
    /// Bits of what it can do (1 flow, 2 table, 4 port, 8 group, 0x40 queue statistics, …).
    pub capabilities: u32,
}

impl Features {
    pub(crate) fn encode(&self, out: &mut impl Put) {
        out.put64(self.datapath_id);
        out.put32(self.n_buffers);
        out.put8(self.n_tables);
        out.put8(self.auxiliary_id);
        out.zeros(2);
        out.put32(self.capabilities);
        out.put32(0);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Features, DecodeError> {
        let features = Features {
            datapath_id: reader.u64()?,
            n_buffers: reader.u32()?,
            n_tables: reader.u8()?,
            auxiliary_id: reader.u8()?,
            capabilities: {
                reader.skip(2)?;
                reader.u32()?
            },
        };
        reader.skip(4)?;
        Ok(features)
    }
}

/// SET_CONFIG and GET_CONFIG_REPLY.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SwitchConfig {
    /// Handling of fragments: 0 normal, 1 drop, 2 reassemble.
    pub flags: u16,
    /// Bytes of a packet sent to the controller by default. A passive connection gets no
    /// asynchronous message until this has been set to something but 0.
    pub miss_send_len: u16,
}

impl SwitchConfig {
    /// Normal fragments, whole packets.
    pub const WHOLE_PACKETS: SwitchConfig = SwitchConfig { flags: 0, miss_send_len: u16::MAX };

    pub(crate) fn encode(&self, out: &mut impl Put) {
        out.put16(self.flags);
        out.put16(self.miss_send_len);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<SwitchConfig, DecodeError> {
        Ok(SwitchConfig { flags: reader.u16()?, miss_send_len: reader.u16()? })
    }
}

/// ROLE_REQUEST and ROLE_REPLY.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoleState {
    /// The role asked for, or held.
    pub role: Role,
    /// Number of the election that gave the role; the switch refuses older ones
    /// ([`FaultKind::STALE_ROLE`](crate::FaultKind::STALE_ROLE)). A switch that never got one answers all ones.
    pub generation: u64,
}

/// What a controller may do at a switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Ask only.
    NoChange,
    /// Full access, as others may have.
    Equal,
    /// Full access; the former primary becomes secondary.
    Primary,
    /// Read only.
    Secondary,
}

impl Role {
    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Role, DecodeError> {
        let at = reader.clone();
        Ok(match reader.u32()? {
            0 => Role::NoChange,
            1 => Role::Equal,
            2 => Role::Primary,
            3 => Role::Secondary,
            other => {
                let value = u64::from(other);
                return Err(at.error(DecodeErrorKind::BadValue { what: "role", value }));
            }
        })
    }
}

impl RoleState {
    pub(crate) fn encode(&self, out: &mut impl Put) {
        out.put32(self.role as u32);
        out.zeros(4);
        out.put64(self.generation);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<RoleState, DecodeError> {
        let role = Role::decode(reader)?;
        reader.skip(4)?;
        Ok(RoleState { role, generation: reader.u64()? })
    }
}
