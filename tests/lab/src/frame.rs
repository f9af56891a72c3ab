//! Ethernet frames: built for injection, read back from captures.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use etherparse::{
    ArpHardwareId, ArpOperation, ArpPacket, EtherType, NetSlice, PacketBuilder, SlicedPacket, TransportSlice,
};

use crate::Error;

/// An Ethernet address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// `ff:ff:ff:ff:ff:ff`.
    pub const BROADCAST: Mac = Mac([0xff; 6]);
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Mac {
    type Err = Error;

    fn from_str(text: &str) -> Result<Mac, Error> {
        let bytes: Option<Vec<u8>> = text.split(':').map(|part| u8::from_str_radix(part, 16).ok()).collect();
        bytes
            .and_then(|bytes| <[u8; 6]>::try_from(bytes).ok())
            .map(Mac)
            .ok_or_else(|| Error::Usage(format!("`{text}` is not an Ethernet address")))
    }
}

/// An Ethernet frame without its checksum.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Frame(Vec<u8>);

impl Frame {
    /// A frame of exactly these bytes.
    pub fn from_bytes(bytes: &[u8]) -> Frame {
        Frame(bytes.to_vec())
    }

    /// An IPv4 UDP datagram from port 1000 to port 2000; each end is an Ethernet and an IPv4 address.
    pub fn udp(from: (Mac, Ipv4Addr), to: (Mac, Ipv4Addr), payload: &[u8]) -> Frame {
        let builder = PacketBuilder::ethernet2(from.0.0, to.0.0)
            .ipv4(from.1.octets(), to.1.octets(), 64)
            .udp(1000, 2000);
        let mut bytes = Vec::with_capacity(builder.size(payload.len()));
        // Writing to a Vec fails only for payloads beyond 64 KiB; such a frame comes out empty.
        let _ = builder.write(&mut bytes, payload);
        Frame(bytes)
    }

    /// An ICMP echo request; each end is an Ethernet and an IPv4 address.
    pub fn ping(from: (Mac, Ipv4Addr), to: (Mac, Ipv4Addr), sequence: u16) -> Frame {
        let builder = PacketBuilder::ethernet2(from.0.0, to.0.0)
            .ipv4(from.1.octets(), to.1.octets(), 64)
            .icmpv4_echo_request(1, sequence);
        let mut bytes = Vec::new();
        let _ = builder.write(&mut bytes, b"weir");
        Frame(bytes)
    }

    /// A broadcast ARP request: who has `target`? tell `from`.
    pub fn arp_request(from: (Mac, Ipv4Addr), target: Ipv4Addr) -> Frame {
        let addresses = ArpPacket::new(
            ArpHardwareId::ETHERNET,
            EtherType::IPV4,
            ArpOperation::REQUEST,
            &from.0.0,
            &from.1.octets(),
            &[0; 6],
            &target.octets(),
        );
        let mut bytes = Vec::new();
        if let Ok(arp) = addresses {
            let _ = PacketBuilder::ethernet2(from.0.0, Mac::BROADCAST.0).arp(arp).write(&mut bytes);
        }
        Frame(bytes)
    }

    /// The raw bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes in hexadecimal, as `netdev-dummy/receive` takes them.
    pub fn hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Where the frame goes; none if it is too short.
    pub fn destination(&self) -> Option<Mac> {
        self.0.first_chunk::<6>().copied().map(Mac)
    }

    /// Where the frame comes from; none if it is too short.
    pub fn source(&self) -> Option<Mac> {
        self.0.get(6..12).and_then(|bytes| <[u8; 6]>::try_from(bytes).ok()).map(Mac)
    }

    /// The payload, if this is a UDP datagram.
    pub fn udp_payload(&self) -> Option<&[u8]> {
        match SlicedPacket::from_ethernet(&self.0).ok()?.transport? {
            TransportSlice::Udp(udp) => Some(udp.payload()),
            _ => None,
        }
    }

    /// True if this is `sent` as it left, but for the padding that short frames get on the way.
    pub fn is_same(&self, sent: &Frame) -> bool {
        self.0.strip_prefix(sent.bytes()).is_some_and(|padding| padding.iter().all(|byte| *byte == 0))
    }
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Some(source), Some(destination)) = (self.source(), self.destination()) else {
            return write!(f, "{} stray bytes", self.0.len());
        };
        write!(f, "{source} > {destination}")?;
        let Ok(packet) = SlicedPacket::from_ethernet(&self.0) else {
            return write!(f, ", {} bytes", self.0.len());
        };
        match &packet.net {
            Some(NetSlice::Ipv4(ip)) => {
                write!(f, ", {} > {}", ip.header().source_addr(), ip.header().destination_addr())?;
            }
            Some(NetSlice::Ipv6(ip)) => {
                write!(f, ", {} > {}", ip.header().source_addr(), ip.header().destination_addr())?;
            }
            Some(NetSlice::Arp(arp)) => {
                let verb = if arp.operation() == ArpOperation::REQUEST { "who has" } else { "reply to" };
                let address = |bytes: &[u8]| match bytes.try_into() {
                    Ok(octets) => Ipv4Addr::from_octets(octets),
                    Err(_) => Ipv4Addr::UNSPECIFIED,
                };
                let (target, sender) =
                    (address(arp.target_protocol_addr()), address(arp.sender_protocol_addr()));
                return write!(f, ", ARP {verb} {target}, says {sender}");
            }
            None => {}
        }
        match &packet.transport {
            Some(TransportSlice::Udp(udp)) => {
                write!(f, ", UDP {:?}", String::from_utf8_lossy(udp.payload()))
            }
            Some(TransportSlice::Tcp(tcp)) => {
                write!(f, ", TCP {} > {}", tcp.source_port(), tcp.destination_port())
            }
            Some(TransportSlice::Icmpv4(_)) => write!(f, ", ICMP"),
            Some(TransportSlice::Icmpv6(_)) => write!(f, ", ICMPv6"),
            Some(TransportSlice::Igmp(_)) => write!(f, ", IGMP"),
            None => write!(f, ", {} bytes", self.0.len()),
        }
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} [{}]", self.hex())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const A: (Mac, Ipv4Addr) = (Mac([2, 0, 0, 0, 0, 1]), Ipv4Addr::new(10, 0, 0, 1));
    const B: (Mac, Ipv4Addr) = (Mac([2, 0, 0, 0, 0, 2]), Ipv4Addr::new(10, 0, 0, 2));

    #[test]
    fn a_datagram_reads_back_as_built() {
        let frame = Frame::udp(A, B, b"hello");
        assert_eq!(frame.udp_payload(), Some(&b"hello"[..]));
        assert_eq!((frame.source(), frame.destination()), (Some(A.0), Some(B.0)));
        assert_eq!(
            frame.to_string(),
            r#"02:00:00:00:00:01 > 02:00:00:00:00:02, 10.0.0.1 > 10.0.0.2, UDP "hello""#
        );
    }

    #[test]
    fn an_arp_request_is_a_broadcast_with_both_addresses() {
        let bytes = Frame::arp_request(A, B.1);
        assert!(bytes.to_string().ends_with(", ARP who has 10.0.0.2, says 10.0.0.1"), "{bytes}");
        assert_eq!(
            bytes.hex(),
            "ffffffffffff020000000001\
             0806000108000604000102000000000\
             10a0000010000000000000a000002"
        );
    }

    #[test]
    fn padding_does_not_make_another_frame_but_a_byte_does() {
        let sent = Frame::udp(A, B, b"x");
        let mut padded = sent.bytes().to_vec();
        padded.extend([0; 9]);
        assert!(Frame::from_bytes(&padded).is_same(&sent));
        padded.push(1);
        assert!(!Frame::from_bytes(&padded).is_same(&sent));
    }

    #[test]
    fn addresses_are_parsed_strictly() {
        assert_eq!("02:00:00:00:00:0a".parse::<Mac>().unwrap(), Mac([2, 0, 0, 0, 0, 10]));
        assert!("02:00:00:00:00".parse::<Mac>().is_err());
        assert!("02:00:00:00:00:zz".parse::<Mac>().is_err());
    }
}
