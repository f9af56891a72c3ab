//! Packets that tell a sender why its packet got nowhere: ICMP (RFC 792), ICMPv6 (RFC 4443), TCP resets (RFC 9293).

use std::net::IpAddr;

use etherparse::{Icmpv4Header, IpNumber, Ipv4Header, Ipv6Header, TcpHeaderSlice};

use super::frame::{Frame, Packet, begin};
use super::request::IcmpError;

/// An ICMP error is at most this long, its Ethernet header included (RFC 1812 section 4.3.2.3).
const MAX_V4: usize = 576 - 14 - Ipv4Header::MIN_LEN - Icmpv4Header::MIN_LEN;
/// And this ICMPv6's (RFC 4443 section 2.4).
const MAX_V6: usize = 1280 - 14 - Ipv6Header::LEN - 8;

/// The frame that tells of an error. `None` where nothing may be said: to errors, to groups, to nobody.
pub(super) fn error(frame: &Frame<'_>, error: IcmpError) -> Option<Vec<u8>> {
    let packet = frame.packet()?;
    if packet.is_not_to_be_answered() {
        return None;
    }
    let from = error.from.unwrap_or(packet.destination);
    let begun = begin((frame.destination, frame.source), (from, packet.source), error.ttl)?;
    let [high, low] = error.mtu.to_be_bytes();
    let rest = [0, 0, high, low];
    let mut bytes = Vec::new();
    let written = match from {
        IpAddr::V4(_) => {
            let told = &packet.whole[..packet.whole.len().min(MAX_V4)];
            begun.icmpv4_raw(error.kind, error.code, rest).write(&mut bytes, told)
        }
        IpAddr::V6(_) => {
            let told = &packet.whole[..packet.whole.len().min(MAX_V6)];
            begun.icmpv6_raw(error.kind, error.code, rest).write(&mut bytes, told)
        }
    };
    written.ok().map(|()| bytes)
}

/// The frame that resets a connection. `None` for what is no TCP segment, or is a reset itself.
pub(super) fn reset(frame: &Frame<'_>, ttl: u8) -> Option<Vec<u8>> {
    let packet = frame.packet()?;
    if packet.protocol != IpNumber::TCP || packet.is_not_to_be_answered() {
        return None;
    }
    let segment = TcpHeaderSlice::from_slice(packet.payload).ok()?;
    if segment.rst() {
        return None;
    }
    let begun = begin((frame.destination, frame.source), (packet.destination, packet.source), ttl)?;
    let mut bytes = Vec::new();
    begun
        .tcp(segment.destination_port(), segment.source_port(), 0, 0)
        .rst()
        .ack(segment.sequence_number().wrapping_add(1))
        .write(&mut bytes, &[])
        .ok()
        .map(|()| bytes)
}

impl Packet<'_> {
    fn is_not_to_be_answered(&self) -> bool {
        let nobody = self.source.is_unspecified() || self.source.is_multicast();
        let all = match self.destination {
            IpAddr::V4(address) => address.is_multicast() || address.is_broadcast(),
            IpAddr::V6(address) => address.is_multicast(),
        };
        nobody || all || self.is_error()
    }

    fn is_error(&self) -> bool {
        let Some(kind) = self.payload.first() else { return false };
        match self.protocol {
            // Unreachable, quench, redirect, time exceeded, parameter problem.
            IpNumber::ICMP => matches!(kind, 3 | 4 | 5 | 11 | 12),
            IpNumber::IPV6_ICMP => (1..128).contains(kind),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use etherparse::{PacketBuilder, SlicedPacket, TransportSlice};

    use super::*;

    const SENDER: [u8; 6] = [2, 0, 0, 0, 0, 1];
    const ROUTER: [u8; 6] = [2, 0, 0, 0, 0, 2];

    fn datagram(payload: &[u8]) -> Vec<u8> {
        let builder =
            PacketBuilder::ethernet2(SENDER, ROUTER).ipv4([10, 0, 0, 1], [10, 1, 0, 1], 1).udp(7, 9);
        let mut bytes = Vec::new();
        builder.write(&mut bytes, payload).unwrap();
        bytes
    }

    fn exceeded() -> IcmpError {
        IcmpError { kind: 11, code: 0, ttl: 254, mtu: 0, from: Some([10, 0, 0, 254].into()) }
    }

    #[test]
    fn an_error_goes_back_with_as_much_of_the_packet_as_fits() {
        for (sent, told) in [(10, 38), (1000, MAX_V4)] {
            let datagram = datagram(&vec![7; sent]);
            let answer = error(&Frame::read(&datagram).unwrap(), exceeded()).unwrap();
            let frame = Frame::read(&answer).unwrap();
            assert_eq!((frame.source, frame.destination), (ROUTER, SENDER));
            let packet = frame.packet().unwrap();
            assert_eq!(packet.source, IpAddr::from([10, 0, 0, 254]));
            assert_eq!(packet.destination, IpAddr::from([10, 0, 0, 1]));
            assert_eq!(&packet.payload[..2], &[11, 0]);
            assert_eq!(packet.payload[8..], datagram[14..14 + told]);
        }
    }

    #[test]
    fn errors_are_not_answered_by_errors() {
        let answer = error(&Frame::read(&datagram(&[])).unwrap(), exceeded()).unwrap();
        assert_eq!(error(&Frame::read(&answer).unwrap(), exceeded()), None);
    }

    #[test]
    fn a_segment_is_reset_and_a_reset_is_not() {
        let builder =
            PacketBuilder::ethernet2(SENDER, ROUTER).ipv6([1; 16], [2; 16], 9).tcp(5, 6, 41, 100).syn();
        let mut bytes = Vec::new();
        builder.write(&mut bytes, &[]).unwrap();
        let answer = reset(&Frame::read(&bytes).unwrap(), 255).unwrap();
        let sliced = SlicedPacket::from_ethernet(&answer).unwrap();
        let Some(TransportSlice::Tcp(segment)) = sliced.transport else { panic!("{sliced:?}") };
        assert!(segment.rst() && segment.ack());
        assert_eq!(
            (segment.source_port(), segment.destination_port(), segment.acknowledgment_number()),
            (6, 5, 42)
        );
        assert_eq!(reset(&Frame::read(&answer).unwrap(), 255), None);
    }
}
