//! Ports: their numbers and what the switch says about them.

use std::fmt;

use crate::error::{DecodeError, DecodeErrorKind};
use crate::wire::{Put, RawProperty, Reader, properties, text};

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
    /// Bits set by the administrator: [`Port::DOWN`], [`Port::NO_RECEIVE`], [`Port::NO_FORWARD`], [`Port::NO_PACKET_IN`].
    pub config: u32,
    /// Bits set by the link: [`Port::LINK_DOWN`], [`Port::BLOCKED`], [`Port::LIVE`].
    pub state: u32,
    /// What the link can do, if it is an Ethernet port.
    pub ethernet: Option<EthernetLink>,
    /// Properties this crate does not know.
    pub other: Vec<RawProperty>,
}

/// What an Ethernet port can do. The features are bits: 1 10M half duplex, 2 10M, 4 100M half duplex, 8 100M,
/// 0x10 1G half duplex, 0x20 1G, 0x40 10G, 0x80 40G, 0x100 100G, 0x200 1T, 0x400 another rate, 0x800 copper,
/// 0x1000 fiber, 0x2000 negotiation, 0x4000 pause, 0x8000 asymmetric pause.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EthernetLink {
    /// Features in use.
    pub current: u32,
    /// Features offered to the other end.
    pub advertised: u32,
    /// Features it has.
    pub supported: u32,
    /// Features the other end offers.
    pub peer: u32,
    /// Speed in kbit/s now, 0 if the switch did not say.
    pub current_speed: u32,
    /// Speed in kbit/s at most, 0 if the switch did not say.
    pub maximum_speed: u32,
}

impl Port {
    /// In `config`: taken down.
    pub const DOWN: u32 = 1;
    /// In `config`: drops what it receives.
    pub const NO_RECEIVE: u32 = 4;
    /// In `config`: drops what is sent to it.
    pub const NO_FORWARD: u32 = 0x20;
    /// In `config`: makes no packet-ins.
    pub const NO_PACKET_IN: u32 = 0x40;
    /// In `state`: no link.
    pub const LINK_DOWN: u32 = 1;
    /// In `state`: blocked, by a spanning tree for example.
    pub const BLOCKED: u32 = 2;
    /// In `state`: can be used by a fast failover group.
    pub const LIVE: u32 = 4;

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
        if let Some(link) = &self.ethernet {
            let property = out.position();
            out.put16(ETHERNET_PROPERTY);
            out.put16(0);
            out.zeros(4);
            link.encode(out);
            out.patch_u16(property + 2, out.position() - property);
        }
        self.other.iter().for_each(|property| property.encode(out));
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
        let (mut ethernet, mut other) = (None, Vec::new());
        properties(&mut body, |kind, mut property| {
            if kind == ETHERNET_PROPERTY && ethernet.is_none() {
                property.skip(4)?;
                ethernet = Some(EthernetLink::decode(&mut property)?);
            } else {
                other.push(RawProperty { kind, body: property.rest().to_vec() });
            }
            Ok(())
        })?;
        Ok(Self { number, address, name, config, state, ethernet, other })
    }
}

const ETHERNET_PROPERTY: u16 = 0;

impl EthernetLink {
    fn encode(&self, out: &mut impl Put) {
        let EthernetLink { current, advertised, supported, peer, current_speed, maximum_speed } = *self;
        [current, advertised, supported, peer, current_speed, maximum_speed]
            .into_iter()
            .for_each(|word| out.put32(word));
    }

    fn decode(reader: &mut Reader<'_>) -> Result<EthernetLink, DecodeError> {
        Ok(EthernetLink {
            current: reader.u32()?,
            advertised: reader.u32()?,
            supported: reader.u32()?,
            peer: reader.u32()?,
            current_speed: reader.u32()?,
            maximum_speed: reader.u32()?,
        })
    }
}

/// PORT_MOD: changes the configuration of a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortMod {
    /// The port.
    pub port: PortNo,
    /// Its Ethernet address; the switch refuses the change if it is another.
    pub address: [u8; 6],
    /// Values of the bits of `mask`.
    pub config: u32,
    /// Which bits change.
    pub mask: u32,
    /// Features to offer to the other end of the link (see [`EthernetLink`]); `None` leaves them.
    pub advertise: Option<u32>,
}

impl PortMod {
    pub(crate) fn encode(&self, out: &mut impl Put) {
        out.put32(self.port.0);
        out.zeros(4);
        out.put(&self.address);
        out.zeros(2);
        out.put32(self.config);
        out.put32(self.mask);
        if let Some(features) = self.advertise {
            out.property(ETHERNET_PROPERTY, &features.to_be_bytes());
        }
    }

    /// Other properties than the Ethernet one are refused: a change must not be done in part.
    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<PortMod, DecodeError> {
        let port = PortNo(reader.u32()?);
        reader.skip(4)?;
        let address = reader.array()?;
        reader.skip(2)?;
        let (config, mask) = (reader.u32()?, reader.u32()?);
        let mut advertise = None;
        properties(reader, |kind, mut property| {
            if kind != ETHERNET_PROPERTY {
                let value = u64::from(kind);
                return Err(
                    property.error_behind(4, DecodeErrorKind::BadValue { what: "port property", value })
                );
            }
            advertise = Some(property.u32()?);
            Ok(())
        })?;
        Ok(PortMod { port, address, config, mask, advertise })
    }
}

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
                return Err(
                    reader.error_behind(1, DecodeErrorKind::BadValue { what: "port status reason", value })
                );
            }
        };
        reader.skip(7)?;
        Ok(Self { reason, port: Port::decode(reader)? })
    }
}
