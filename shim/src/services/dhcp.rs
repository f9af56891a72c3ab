//! DHCP for IPv4 (RFC 2131): a request becomes its answer.

use std::net::Ipv4Addr;

use etherparse::{IpNumber, Ipv4HeaderSlice};

use super::frame::Frame;
use super::request::Offer;

const UDP: usize = 8;
/// From the operation code to the end of the boot file's name, then the cookie.
const FIXED: usize = 236;
const COOKIE: [u8; 4] = [0x63, 0x82, 0x53, 0x63];
const NETMASK: u8 = 1;
const REQUESTED: u8 = 50;
const LEASE: u8 = 51;
const MESSAGE: u8 = 53;
const RENEWAL: u8 = 58;
const REBINDING: u8 = 59;
const END: u8 = 255;
/// What ends an answer; the zeros make short packets long enough for old clients.
const TAIL: [u8; 9] = [0, 0, 0, 0, END, 0, 0, 0, 0];

/// Kinds of messages.
const DISCOVER: u8 = 1;
const OFFER: u8 = 2;
const REQUEST: u8 = 3;
const ACKNOWLEDGE: u8 = 5;
const REFUSE: u8 = 6;
const INFORM: u8 = 8;

/// The frame that answers. `None` if it is no request that is answered.
pub(super) fn answer(bytes: &[u8], offer: &Offer<'_>) -> Option<Vec<u8>> {
    let frame = Frame::read(bytes)?;
    let packet = frame.packet().filter(|packet| packet.protocol == IpNumber::UDP)?;
    let message = packet.payload.get(UDP..)?;
    let (fixed, rest) = message.split_at_checked(FIXED)?;
    let options = rest.strip_prefix(&COOKIE)?;
    if fixed[0] != 1 {
        return None;
    }
    let current = Ipv4Addr::from(<[u8; 4]>::try_from(&fixed[12..16]).ok()?);
    let requested = option(options, REQUESTED)
        .and_then(|octets| <[u8; 4]>::try_from(octets).ok())
        .map_or(current, Ipv4Addr::from);
    let asked = option(options, MESSAGE)?;
    let (kind, yours) = match asked {
        [DISCOVER] => (OFFER, offer.ip),
        [REQUEST] if requested == offer.ip => (ACKNOWLEDGE, offer.ip),
        [REQUEST] => (REFUSE, Ipv4Addr::UNSPECIFIED),
        [INFORM] => (ACKNOWLEDGE, Ipv4Addr::UNSPECIFIED),
        _ => return None,
    };

    let mut reply = fixed.to_vec();
    reply[0] = 2;
    reply[16..20].copy_from_slice(&yours.octets());
    reply.extend(COOKIE);
    reply.extend([MESSAGE, 1, kind]);
    match (asked, kind) {
        (_, REFUSE) => {}
        ([INFORM], _) => append_for_owner(&mut reply, offer.options),
        _ => reply.extend(offer.options),
    }
    reply.extend(TAIL);

    let wants_broadcast = fixed[10] & 0x80 != 0;
    let to = if wants_broadcast { Ipv4Addr::BROADCAST } else { offer.ip };
    let length = u16::try_from(UDP + reply.len()).ok()?;
    let mut header = Ipv4HeaderSlice::from_slice(packet.whole).ok()?.to_header();
    header.set_payload_len(usize::from(length)).ok()?;
    header.source = offer.server.octets();
    header.destination = to.octets();
    header.header_checksum = header.calc_header_checksum();

    let head = bytes.len() - frame.payload.len();
    let mut answer = bytes[..head].to_vec();
    answer[..6].copy_from_slice(&frame.source);
    answer[6..12].copy_from_slice(&offer.server_mac);
    header.write(&mut answer).ok()?;
    for word in [67, 68, length, 0] {
        answer.extend(word.to_be_bytes());
    }
    answer.extend(reply);
    Some(answer)
}

/// One that has its address from elsewhere is told nothing of a lease (RFC 2131 section 4.3.5), nor of its network.
fn append_for_owner(reply: &mut Vec<u8>, mut options: &[u8]) {
    while let [code, length, ..] = *options {
        let Some((option, rest)) = options.split_at_checked(2 + usize::from(length)) else { return };
        if ![NETMASK, LEASE, RENEWAL, REBINDING].contains(&code) {
            reply.extend(option);
        }
        options = rest;
    }
}

/// The value of an option.
fn option(mut options: &[u8], wanted: u8) -> Option<&[u8]> {
    loop {
        match *options {
            [0, ref rest @ ..] => options = rest,
            [END, ..] | [] | [_] => return None,
            [code, length, ref rest @ ..] => {
                let (value, rest) = rest.split_at_checked(usize::from(length))?;
                if code == wanted {
                    return Some(value);
                }
                options = rest;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use etherparse::PacketBuilder;

    use super::*;

    const CLIENT: [u8; 6] = [2, 0, 0, 0, 0, 1];
    const SERVER: [u8; 6] = [2, 0, 0, 0, 0, 2];

    fn request(options: &[u8]) -> Vec<u8> {
        let mut message = vec![0; FIXED];
        message[0] = 1;
        message.extend(COOKIE);
        message.extend(options);
        let builder = PacketBuilder::ethernet2(CLIENT, [0xff; 6]).ipv4([0; 4], [255; 4], 128).udp(68, 67);
        let mut bytes = Vec::new();
        builder.write(&mut bytes, &message).unwrap();
        bytes
    }

    fn kind_of_answer(options: &[u8]) -> Option<u8> {
        let offer = Offer {
            ip: [10, 0, 0, 4].into(),
            server: [10, 0, 0, 1].into(),
            server_mac: SERVER,
            options: &[3, 4, 10, 0, 0, 1],
        };
        let answer = answer(&request(options), &offer)?;
        let frame = Frame::read(&answer).unwrap();
        assert_eq!((frame.source, frame.destination), (SERVER, CLIENT));
        let packet = frame.packet().unwrap();
        assert_eq!(packet.source, std::net::IpAddr::from([10, 0, 0, 1]));
        Some(option(&packet.payload[UDP + FIXED + 4..], MESSAGE).unwrap()[0])
    }

    #[test]
    fn each_message_has_its_answer() {
        assert_eq!(kind_of_answer(&[53, 1, DISCOVER, END]), Some(OFFER));
        assert_eq!(kind_of_answer(&[0, 50, 4, 10, 0, 0, 4, 53, 1, REQUEST, END]), Some(ACKNOWLEDGE));
        assert_eq!(kind_of_answer(&[50, 4, 10, 0, 0, 5, 53, 1, REQUEST, END]), Some(REFUSE));
        assert_eq!(kind_of_answer(&[53, 1, INFORM, END]), Some(ACKNOWLEDGE));
        assert_eq!(kind_of_answer(&[53, 1, 9, END]), None);
        assert_eq!(kind_of_answer(&[53, 9, 1, END]), None, "an option longer than the packet");
        assert_eq!(kind_of_answer(&[END]), None);
    }
}
