//! Vendor messages: Geneve option map, packet-in format, connection tracking.

use std::net::{IpAddr, Ipv6Addr};

use crate::error::{DecodeError, DecodeErrorKind};
use crate::wire::{Put, Reader, properties};

/// How the switch sends packets to this connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PacketInFormat {
    /// Standard PACKET_IN.
    Standard,
    /// NXT_PACKET_IN.
    Nicira,
    /// NXT_PACKET_IN2, with userdata and continuation. The only one this crate decodes.
    Nicira2,
}

impl PacketInFormat {
    pub(crate) fn encode(self, out: &mut impl Put) {
        out.put32(match self {
            PacketInFormat::Standard => 0,
            PacketInFormat::Nicira => 1,
            PacketInFormat::Nicira2 => 2,
        });
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<PacketInFormat, DecodeError> {
        match reader.u32()? {
            0 => Ok(PacketInFormat::Standard),
            1 => Ok(PacketInFormat::Nicira),
            2 => Ok(PacketInFormat::Nicira2),
            other => {
                let value = u64::from(other);
                Err(reader.error_behind(4, DecodeErrorKind::BadValue { what: "packet-in format", value }))
            }
        }
    }
}

/// Puts a Geneve option into a `tun_metadata` field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TlvMapping {
    /// Option class.
    pub class: u16,
    /// Option type.
    pub kind: u8,
    /// Bytes of the option's data, a multiple of 4 up to 124.
    pub length: u8,
    /// Which `tun_metadata` field, 0 to 63.
    pub index: u16,
}

impl TlvMapping {
    fn encode(&self, out: &mut impl Put) {
        out.put16(self.class);
        out.put8(self.kind);
        out.put8(self.length);
        out.put16(self.index);
        out.zeros(2);
    }

    fn decode_all(reader: &mut Reader<'_>) -> Result<Vec<TlvMapping>, DecodeError> {
        let mut mappings = Vec::with_capacity(reader.remaining() / 8);
        while !reader.is_empty() {
            mappings.push(TlvMapping {
                class: reader.u16()?,
                kind: reader.u8()?,
                length: reader.u8()?,
                index: reader.u16()?,
            });
            reader.skip(2)?;
        }
        Ok(mappings)
    }
}

/// NXT_TLV_TABLE_MOD. An option mapped twice is an error, as is taking away one that flows use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlvTableMod {
    /// What to do.
    pub command: TlvTableCommand,
    /// The mappings; none for a clear.
    pub mappings: Vec<TlvMapping>,
}

/// What a [`TlvTableMod`] does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlvTableCommand {
    /// Add the mappings.
    Add,
    /// Delete them.
    Delete,
    /// Delete all.
    Clear,
}

impl TlvTableMod {
    pub(crate) fn encode(&self, out: &mut impl Put) {
        out.put16(match self.command {
            TlvTableCommand::Add => 0,
            TlvTableCommand::Delete => 1,
            TlvTableCommand::Clear => 2,
        });
        out.zeros(6);
        self.mappings.iter().for_each(|mapping| mapping.encode(out));
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<TlvTableMod, DecodeError> {
        let command = match reader.u16()? {
            0 => TlvTableCommand::Add,
            1 => TlvTableCommand::Delete,
            2 => TlvTableCommand::Clear,
            other => {
                let value = u64::from(other);
                return Err(
                    reader.error_behind(2, DecodeErrorKind::BadValue { what: "TLV table command", value })
                );
            }
        };
        reader.skip(6)?;
        Ok(TlvTableMod { command, mappings: TlvMapping::decode_all(reader)? })
    }
}

/// NXT_TLV_TABLE_REPLY: the mappings a switch has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlvTable {
    /// Bytes of option data it can hold in all.
    pub max_option_space: u32,
    /// Fields it can map.
    pub max_fields: u16,
    /// The mappings.
    pub mappings: Vec<TlvMapping>,
}

impl TlvTable {
    pub(crate) fn encode(&self, out: &mut impl Put) {
        out.put32(self.max_option_space);
        out.put16(self.max_fields);
        out.zeros(10);
        self.mappings.iter().for_each(|mapping| mapping.encode(out));
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<TlvTable, DecodeError> {
        let max_option_space = reader.u32()?;
        let max_fields = reader.u16()?;
        reader.skip(10)?;
        Ok(TlvTable { max_option_space, max_fields, mappings: TlvMapping::decode_all(reader)? })
    }
}

/// NXT_CT_FLUSH: forget the connections these tuples select (Open vSwitch 3.1 and later).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CtFlush {
    /// IP protocol, or 0 for any.
    pub ip_proto: u8,
    /// Only this zone.
    pub zone: Option<u16>,
    /// Selects by the first packet's direction.
    pub original: CtTuple,
    /// Selects by the answers' direction.
    pub reply: CtTuple,
}

/// One direction of a connection; what is `None` is not compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CtTuple {
    /// Source address.
    pub source: Option<IpAddr>,
    /// Destination address.
    pub destination: Option<IpAddr>,
    /// Source port.
    pub source_port: Option<u16>,
    /// Destination port.
    pub destination_port: Option<u16>,
    /// ICMP id.
    pub icmp_id: Option<u16>,
    /// ICMP type.
    pub icmp_type: Option<u8>,
    /// ICMP code.
    pub icmp_code: Option<u8>,
}

const ORIGINAL: u16 = 0;
const REPLY: u16 = 1;
const ZONE: u16 = 2;

const SOURCE: u16 = 0;
const DESTINATION: u16 = 1;
const SOURCE_PORT: u16 = 2;
const DESTINATION_PORT: u16 = 3;
const ICMP_ID: u16 = 4;
const ICMP_TYPE: u16 = 5;
const ICMP_CODE: u16 = 6;

impl CtFlush {
    pub(crate) fn encode(&self, out: &mut impl Put) {
        out.put8(self.ip_proto);
        out.zeros(7);
        for (kind, tuple) in [(ORIGINAL, &self.original), (REPLY, &self.reply)] {
            if *tuple != CtTuple::default() {
                let start = out.position();
                out.put16(kind);
                out.put16(0);
                out.zeros(4);
                tuple.encode(out);
                out.patch_u16(start + 2, out.position() - start);
            }
        }
        if let Some(zone) = self.zone {
            out.property(ZONE, &zone.to_be_bytes());
        }
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<CtFlush, DecodeError> {
        let mut flush = CtFlush { ip_proto: reader.u8()?, ..CtFlush::default() };
        reader.skip(7)?;
        properties(reader, |kind, mut body| {
            match kind {
                ORIGINAL => flush.original = CtTuple::decode(&mut body)?,
                REPLY => flush.reply = CtTuple::decode(&mut body)?,
                ZONE => flush.zone = Some(body.u16()?),
                _ => {}
            }
            Ok(())
        })?;
        Ok(flush)
    }
}

impl CtTuple {
    fn encode(&self, out: &mut impl Put) {
        for (kind, address) in [(SOURCE, self.source), (DESTINATION, self.destination)] {
            if let Some(address) = address {
                let mapped = match address {
                    IpAddr::V4(address) => address.to_ipv6_mapped(),
                    IpAddr::V6(address) => address,
                };
                out.property(kind, &mapped.octets());
            }
        }
        let numbers = [
            (SOURCE_PORT, self.source_port),
            (DESTINATION_PORT, self.destination_port),
            (ICMP_ID, self.icmp_id),
        ];
        for (kind, value) in numbers {
            if let Some(value) = value {
                out.property(kind, &value.to_be_bytes());
            }
        }
        for (kind, value) in [(ICMP_TYPE, self.icmp_type), (ICMP_CODE, self.icmp_code)] {
            if let Some(value) = value {
                out.property(kind, &[value]);
            }
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<CtTuple, DecodeError> {
        reader.skip(4)?;
        let mut tuple = CtTuple::default();
        properties(reader, |kind, mut body| {
            match kind {
                SOURCE => tuple.source = Some(Ipv6Addr::from(body.array::<16>()?).to_canonical()),
                DESTINATION => tuple.destination = Some(Ipv6Addr::from(body.array::<16>()?).to_canonical()),
                SOURCE_PORT => tuple.source_port = Some(body.u16()?),
                DESTINATION_PORT => tuple.destination_port = Some(body.u16()?),
                ICMP_ID => tuple.icmp_id = Some(body.u16()?),
                ICMP_TYPE => tuple.icmp_type = Some(body.u8()?),
                ICMP_CODE => tuple.icmp_code = Some(body.u8()?),
                _ => {}
            }
            Ok(())
        })?;
        Ok(tuple)
    }
}
