//! Ethernet frames, taken apart as far as the services need, and built.

use std::net::IpAddr;

use etherparse::{
    EtherType, Ethernet2Header, IpHeaders, IpNumber, Ipv4Header, Ipv4HeaderSlice, Ipv6Header,
    Ipv6HeaderSlice, PacketBuilder, PacketBuilderStep,
};

/// An Ethernet address.
pub(super) type Mac = [u8; 6];

/// A frame and where its parts are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame<'a> {
    pub(super) destination: Mac,
    pub(super) source: Mac,
    pub(super) ethertype: EtherType,
    /// What follows the Ethernet header and its tags.
    pub(super) payload: &'a [u8],
}

/// An IP packet, without what the link may have added behind it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packet<'a> {
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    pub(super) protocol: IpNumber,
    /// Header and all.
    pub(super) whole: &'a [u8],
    /// What follows the header; of IPv6, the extension headers too.
    pub(super) payload: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Reads the Ethernet header and tags. `None` if they are cut off.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Frame<'a>> {
        let (header, mut payload) = Ethernet2Header::from_slice(bytes).ok()?;
        let mut ethertype = header.ether_type;
        while matches!(ethertype, EtherType::VLAN_TAGGED_FRAME | EtherType::PROVIDER_BRIDGING) {
            let (tag, rest) = payload.split_at_checked(4)?;
            ethertype = EtherType(u16::from_be_bytes([tag[2], tag[3]]));
            payload = rest;
        }
        Some(Frame { destination: header.destination, source: header.source, ethertype, payload })
    }

    /// The IP packet in it. `None` if there is none, or its header is broken.
    pub(super) fn packet(&self) -> Option<Packet<'a>> {
        match self.ethertype {
            EtherType::IPV4 => {
                let header = Ipv4HeaderSlice::from_slice(self.payload).ok()?;
                let length = usize::from(header.total_len()).min(self.payload.len());
                let whole = &self.payload[..length];
                Some(Packet {
                    source: header.source_addr().into(),
                    destination: header.destination_addr().into(),
                    protocol: header.protocol(),
                    whole,
                    payload: whole.get(header.slice().len()..)?,
                })
            }
            EtherType::IPV6 => {
                let header = Ipv6HeaderSlice::from_slice(self.payload).ok()?;
                let length = (Ipv6Header::LEN + usize::from(header.payload_length())).min(self.payload.len());
                let whole = &self.payload[..length];
                Some(Packet {
                    source: header.source_addr().into(),
                    destination: header.destination_addr().into(),
                    protocol: header.next_header(),
                    whole,
                    payload: whole.get(Ipv6Header::LEN..)?,
                })
            }
            _ => None,
        }
    }
}

/// Begins a frame with an IP header of the version of the addresses. `None` if they are not of one version.
pub(super) fn begin(
    (from, to): (Mac, Mac),
    (source, destination): (IpAddr, IpAddr),
    ttl: u8,
) -> Option<PacketBuilderStep<IpHeaders>> {
    let builder = PacketBuilder::ethernet2(from, to);
    match (source, destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            // Length and checksum are filled in when it is written; it is not to be fragmented.
            let header =
                Ipv4Header::new(0, ttl, IpNumber::ICMP, source.octets(), destination.octets()).ok()?;
            Some(builder.ip(IpHeaders::Ipv4(header, etherparse::Ipv4Extensions::default())))
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            Some(builder.ipv6(source.octets(), destination.octets(), ttl))
        }
        _ => None,
    }
}
