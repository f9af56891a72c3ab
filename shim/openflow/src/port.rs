//! Ports: their numbers and what the switch says about them.

use std::fmt;

use crate::error::{DecodeError, DecodeErrorKind};
use crate::wire::{Put, Reader, properties, text};

/// A 32-bit OpenFlow port number. Those from 0xffffff00 up have names and special meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortNo(pub u32);

impl PortNo {
    /// No output port was set (field `actset_output`).
    pub const UNSET: PortNo = PortNo(0xffff_fff7);
    /// The port the packet came in by.
    pub const IN_PORT: PortNo = PortNo(0xffff_fff8);
    /// Start at the first flow table (packet-out only).
    pub const TABLE: PortNo = PortNo(0xffff_fff9);
    /// Switch like an ordinary learning bridge.
    pub const NORMAL: PortNo = PortNo(0xffff_fffa);
    /// All ports but the ingress one and those that must not flood.
    pub const FLOOD: PortNo = PortNo(0xffff_fffb);
    /// All ports but the ingress one.
    pub const ALL: PortNo = PortNo(0xffff_fffc);
    /// The controller.
    pub const CONTROLLER: PortNo = PortNo(0xffff_fffd);
    /// The bridge's own interface.
    pub const LOCAL: PortNo = PortNo(0xffff_fffe);
    /// No port, or any, where a filter is meant.
    pub const ANY: PortNo = PortNo(0xffff_ffff);

    /// A port in the 16-bit form Nicira actions use: 0xff00 and up are the special ports.
    pub fn from_u16(port: u16) -> PortNo {
        if port >= 0xff00 { PortNo(0xffff_0000 | u32::from(port)) } else { PortNo(u32::from(port)) }
    }

    /// The 16-bit form; ports that have none become 0xffff (ANY).
    pub fn to_u16(self) -> u16 {
        match self.0 {
            port if port < 0xff00 => port as u16,
            port if port >= 0xffff_ff00 => port as u16,
            _ => u16::MAX,
        }
    }
}

impl fmt::Display for PortNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self {
            PortNo::UNSET => "UNSET",
            PortNo::IN_PORT => "IN_PORT",
            PortNo::TABLE => "TABLE",
            PortNo::NORMAL => "NORMAL",
            PortNo::FLOOD => "FLOOD",
            PortNo::ALL => "ALL",
            PortNo::CONTROLLER => "CONTROLLER",
            PortNo::LOCAL => "LOCAL",
            PortNo::ANY => "ANY",
            PortNo(number) => return write!(f, "{number}"),
        })
    }
}

/// A port as the switch describes it (PORT_DESC and PORT_STATUS).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// Its number.
    pub number: PortNo,
    /// Its Ethernet address.
    pub address: [u8; 6],
    /// Interface name, up to 15 bytes.
    pub name: String,
    /// Bits set by the administrator: 1 down, 4 no receive, 0x20 no forward, 0x40 no packet-in.
    pub config: u32,
    /// Bits set by the link: 1 down, 2 blocked, 4 live.
    pub state: u32,
    /// Speed in kbit/s now, 0 if the switch did not say.
    pub current_speed: u32,
    /// Speed in kbit/s at most, 0 if the switch did not say.
    pub maximum_speed: u32,
}

impl Port {
    pub(crate) fn encode(&self, out: &mut impl Put) {
        let start = out.position();
        out.put32(self.number.0);
        out.put16(0);
        out.zeros(2);
        out.put(&self.address);
        out.zeros(2);
        out.put_text(&self.name, 16);
        out.put32(self.config);
        out.put32(self.state);
        let property = out.position();
        out.put16(ETHERNET_PROPERTY);
        out.put16(0);
        out.zeros(4 + 16);
        out.put32(self.current_speed);
        out.put32(self.maximum_speed);
        out.patch_u16(property + 2, out.position() - property);
        out.patch_u16(start + 4, out.position() - start);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let start = reader.offset();
        let number = PortNo(reader.u32()?);
        let length = usize::from(reader.u16()?);
        let mut body = reader.element("port", length, start)?;
        body.skip(2)?;
        let address = body.array()?;
        body.skip(2)?;
        let name = text(body.bytes(16)?);
        let config = body.u32()?;
        let state = body.u32()?;
        let mut speeds = (0, 0);
        properties(&mut body, |kind, mut property| {
            if kind == ETHERNET_PROPERTY {
                property.skip(4 + 16)?;
                speeds = (property.u32()?, property.u32()?);
            }
            Ok(())
        })?;
        Ok(Self { number, address, name, config, state, current_speed: speeds.0, maximum_speed: speeds.1 })
    }
}

const ETHERNET_PROPERTY: u16 = 0;

/// A port came, went or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortStatus {
    /// What happened.
    pub reason: PortStatusReason,
    /// The port, after the change.
    pub port: Port,
}

/// What happened to a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortStatusReason {
    /// It was added.
    Add,
    /// It was removed.
    Delete,
    /// Some attribute changed.
    Modify,
}

impl PortStatus {
    pub(crate) fn encode(&self, out: &mut impl Put) {
        out.put8(match self.reason {
            PortStatusReason::Add => 0,
            PortStatusReason::Delete => 1,
            PortStatusReason::Modify => 2,
        });
        out.zeros(7);
        self.port.encode(out);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let reason = match reader.u8()? {
            0 => PortStatusReason::Add,
            1 => PortStatusReason::Delete,
            2 => PortStatusReason::Modify,
            other => {
                let value = u64::from(other);
                return Err(reader.error(DecodeErrorKind::BadValue { what: "port status reason", value }));
            }
        };
        reader.skip(7)?;
        Ok(Self { reason, port: Port::decode(reader)? })
    }
}
