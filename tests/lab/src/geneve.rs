//! Geneve (RFC 8926) as it is seen on the underlay.

use std::net::Ipv4Addr;

use etherparse::{NetSlice, SlicedPacket, TransportSlice};

use crate::Frame;

/// UDP destination port of Geneve.
const PORT: u16 = 6081;

/// A tunnelled frame.
///
/// ```text
///  0                   1                   2                   3
/// |Ver|  Opt Len  |O|C|    Rsvd.  |          Protocol Type        |
/// |        Virtual Network Identifier (VNI)       |    Reserved   |
/// ~                    Variable-Length Options                    ~
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneveFrame {
    /// Outer source address: the sending hypervisor.
    pub from: Ipv4Addr,
    /// Outer destination address: the receiving hypervisor.
    pub to: Ipv4Addr,
    /// Virtual network identifier, 24 bits.
    pub vni: u32,
    /// Options in the order they stand.
    pub options: Vec<GeneveOption>,
    /// The frame inside.
    pub inner: Frame,
}

/// One tunnel option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneveOption {
    /// Option class, a namespace of types.
    pub class: u16,
    /// Type, with the critical bit.
    pub kind: u8,
    /// Value, a multiple of four bytes.
    pub value: Vec<u8>,
}

impl GeneveFrame {
    /// The tunnelled frame in `outer`, or none if that is not Geneve over IPv4.
    pub fn parse(outer: &Frame) -> Option<GeneveFrame> {
        let packet = SlicedPacket::from_ethernet(outer.bytes()).ok()?;
        let (Some(NetSlice::Ipv4(ip)), Some(TransportSlice::Udp(udp))) = (packet.net, packet.transport)
        else {
            return None;
        };
        if udp.destination_port() != PORT {
            return None;
        }
        let (header, rest) = udp.payload().split_at_checked(8)?;
        let (options, inner) = rest.split_at_checked(usize::from(header[0] & 0x3f) * 4)?;
        Some(GeneveFrame {
            from: ip.header().source_addr(),
            to: ip.header().destination_addr(),
            vni: u32::from_be_bytes([0, header[4], header[5], header[6]]),
            options: parse_options(options)?,
            inner: Frame::from_bytes(inner),
        })
    }
}

fn parse_options(mut bytes: &[u8]) -> Option<Vec<GeneveOption>> {
    let mut options = Vec::new();
    while !bytes.is_empty() {
        let (header, rest) = bytes.split_at_checked(4)?;
        let (value, rest) = rest.split_at_checked(usize::from(header[3] & 0x1f) * 4)?;
        let class = u16::from_be_bytes([header[0], header[1]]);
        options.push(GeneveOption { class, kind: header[2], value: value.to_vec() });
        bytes = rest;
    }
    Some(options)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use etherparse::PacketBuilder;

    use super::*;

    fn tunnelled(port: u16, payload: &[u8]) -> Option<GeneveFrame> {
        let mut bytes = Vec::new();
        PacketBuilder::ethernet2([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2])
            .ipv4([192, 168, 0, 1], [192, 168, 0, 2], 64)
            .udp(50_000, port)
            .write(&mut bytes, payload)
            .unwrap();
        GeneveFrame::parse(&Frame::from_bytes(&bytes))
    }

    #[test]
    fn vni_options_and_inner_frame_are_read() {
        let payload = *b"\x02\x40\x65\x58\0\x01\x05\0\x01\x02\x80\x01\0\x01\0\x02inner";
        let frame = tunnelled(PORT, &payload).unwrap();
        assert_eq!((frame.vni, frame.inner), (0x105, Frame::from_bytes(b"inner")));
        assert_eq!(frame.options, [GeneveOption { class: 0x0102, kind: 0x80, value: vec![0, 1, 0, 2] }]);
        assert_eq!((frame.from.octets()[3], frame.to.octets()[3]), (1, 2));
    }

    #[test]
    fn what_is_cut_short_or_on_another_port_is_not_geneve() {
        assert_eq!(tunnelled(PORT, b"\0\0\x65\x58\0\0"), None);
        assert_eq!(tunnelled(PORT, b"\x02\x40\x65\x58\0\x01\x05\0\x01\x02\x80\x01"), None);
        assert_eq!(tunnelled(PORT, b"\x01\x40\x65\x58\0\x01\x05\0\x01\x02\x80\x01"), None);
        assert_eq!(tunnelled(4789, b"\0\0\x65\x58\0\0\x05\0"), None);
    }
}
