//! Neighbours: what their packets say of them, and the packets that ask for them. ARP is RFC 826, neighbour discovery
//! RFC 4861.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use etherparse::{ArpHardwareId, ArpOperation, ArpPacket, EtherType, IpNumber, PacketBuilder};

use super::frame::{Frame, Mac, begin};

const SOLICITATION: u8 = 135;
const ADVERTISEMENT: u8 = 136;
/// Options of neighbour discovery.
const SOURCE_ADDRESS: u8 = 1;
const TARGET_ADDRESS: u8 = 2;

/// Who has which address, as the frame says of its sender. `None` if it says nothing.
pub(super) fn said_by(frame: &Frame<'_>) -> Option<(IpAddr, Mac)> {
    match frame.ethertype {
        EtherType::ARP => {
            // Ethernet and IPv4: 8 bytes, then sender's MAC and IP.
            let sender = frame.payload.get(8..18)?;
            let mac = Mac::try_from(&sender[..6]).ok()?;
            let ip = Ipv4Addr::from(<[u8; 4]>::try_from(&sender[6..]).ok()?);
            (!ip.is_unspecified()).then_some((ip.into(), mac))
        }
        EtherType::IPV6 => {
            let packet = frame.packet()?;
            let message = packet.payload;
            let target = Ipv6Addr::from(<[u8; 16]>::try_from(message.get(8..24)?).ok()?);
            match (packet.protocol, message.first()?) {
                (IpNumber::IPV6_ICMP, &ADVERTISEMENT) => {
                    Some((target.into(), option(message, TARGET_ADDRESS).unwrap_or(frame.source)))
                }
                (IpNumber::IPV6_ICMP, &SOLICITATION) if !packet.source.is_unspecified() => {
                    Some((packet.source, option(message, SOURCE_ADDRESS)?))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// The Ethernet address in an option of a solicitation or advertisement.
fn option(message: &[u8], kind: u8) -> Option<Mac> {
    let mut options = message.get(24..)?;
    while let [found, length, ..] = *options {
        let (this, rest) = options.split_at_checked(usize::from(length.max(1)) * 8)?;
        if found == kind {
            return Mac::try_from(this.get(2..8)?).ok();
        }
        options = rest;
    }
    None
}

/// The frame that asks who has `wanted`, of one who has `own` and `mac`. `None` if the versions differ.
pub(super) fn question(mac: Mac, own: IpAddr, wanted: IpAddr) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    match (own, wanted) {
        (IpAddr::V4(own), IpAddr::V4(wanted)) => {
            let arp = ArpPacket::new(
                ArpHardwareId::ETHERNET,
                EtherType::IPV4,
                ArpOperation::REQUEST,
                &mac,
                &own.octets(),
                &[0; 6],
                &wanted.octets(),
            )
            .ok()?;
            PacketBuilder::ethernet2(mac, [0xff; 6]).arp(arp).write(&mut bytes).ok()?;
        }
        (IpAddr::V6(_), IpAddr::V6(target)) => {
            let low = target.octets();
            let mut group = [0; 16];
            group[..2].copy_from_slice(&[0xff, 2]);
            group[11..13].copy_from_slice(&[1, 0xff]);
            group[13..].copy_from_slice(&low[13..]);
            let ethernet = [0x33, 0x33, 0xff, low[13], low[14], low[15]];
            let mut message = low.to_vec();
            message.extend([SOURCE_ADDRESS, 1]);
            message.extend(mac);
            begin((mac, ethernet), (own, Ipv6Addr::from(group).into()), 255)?
                .icmpv6_raw(SOLICITATION, 0, [0; 4])
                .write(&mut bytes, &message)
                .ok()?;
        }
        _ => return None,
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const MAC: Mac = [2, 0, 0, 0, 0, 7];

    #[test]
    fn a_question_tells_of_the_one_who_asks() {
        for (own, wanted) in [("10.0.0.1", "10.0.0.9"), ("2001:db8::1", "2001:db8::abcd:ef01")] {
            let (own, wanted): (IpAddr, IpAddr) = (own.parse().unwrap(), wanted.parse().unwrap());
            let bytes = question(MAC, own, wanted).unwrap();
            assert_eq!(said_by(&Frame::read(&bytes).unwrap()), Some((own, MAC)));
        }
        assert_eq!(question(MAC, "10.0.0.1".parse().unwrap(), "::1".parse().unwrap()), None);
    }

    #[test]
    fn a_solicitation_goes_to_the_group_of_the_address() {
        let bytes =
            question(MAC, "fe80::1".parse().unwrap(), "2001:db8::abcd:ef01".parse().unwrap()).unwrap();
        let frame = Frame::read(&bytes).unwrap();
        assert_eq!(frame.destination, [0x33, 0x33, 0xff, 0xcd, 0xef, 0x01]);
        assert_eq!(frame.packet().unwrap().destination, "ff02::1:ffcd:ef01".parse::<IpAddr>().unwrap());
    }

    #[test]
    fn what_is_cut_off_or_something_else_says_nothing() {
        let bytes = question(MAC, "fe80::1".parse().unwrap(), "fe80::2".parse().unwrap()).unwrap();
        for length in 14..bytes.len() {
            assert_eq!(said_by(&Frame::read(&bytes[..length]).unwrap()), None, "{length}");
        }
    }
}
