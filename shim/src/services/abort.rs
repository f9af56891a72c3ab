//! The SCTP chunk that ends an association nobody wants (RFC 9260).

use etherparse::IpNumber;

use super::frame::{Frame, begin};

const COMMON_HEADER: usize = 12;
const INIT: u8 = 1;
const ABORT: u8 = 6;
/// The tag is the sender's own: the one that answers has none (section 3.3.7).
const REFLECTED: u8 = 1;

/// The frame that aborts an association. `None` for what is no SCTP packet, or aborts one itself.
pub(super) fn abort(frame: &Frame<'_>, ttl: u8) -> Option<Vec<u8>> {
    let packet = frame.packet()?;
    if packet.protocol != IpNumber::SCTP {
        return None;
    }
    // What the IP header says of the length is not believed: whoever sends what is refused may be wrong about that too.
    let ip_header = packet.whole.len() - packet.payload.len();
    let (header, chunk) = frame.payload.get(ip_header..)?.split_at_checked(COMMON_HEADER)?;
    let kind = *chunk.first()?;
    if kind == ABORT {
        return None;
    }
    let (tag, flags) = if kind == INIT { (chunk.get(4..8)?, 0) } else { (&header[4..8], REFLECTED) };
    let mut answer = Vec::with_capacity(COMMON_HEADER + 4);
    answer.extend_from_slice(&header[2..4]);
    answer.extend_from_slice(&header[..2]);
    answer.extend_from_slice(tag);
    answer.extend_from_slice(&[0; 4]);
    answer.extend_from_slice(&[ABORT, flags, 0, 4]);
    let checksum = crc32c(&answer).to_le_bytes();
    answer[8..COMMON_HEADER].copy_from_slice(&checksum);
    let begun = begin((frame.destination, frame.source), (packet.destination, packet.source), ttl)?;
    let mut bytes = Vec::new();
    begun.write(&mut bytes, IpNumber::SCTP, &answer).ok().map(|()| bytes)
}

/// Castagnoli's CRC, bits reflected (RFC 9260 appendix A). Packets here are few and short: no table.
fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0x82f6_3b78 & (crc & 1).wrapping_neg()))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use etherparse::PacketBuilder;

    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_rfc() {
        // RFC 3720, appendix B.4.
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
    }

    #[test]
    fn an_association_is_aborted_by_the_tag_its_init_names() {
        let init = [
            0x12, 0x34, 0, 80, 0, 0, 0, 0, 1, 2, 3, 4, INIT, 0, 0, 20, 9, 8, 7, 6, 0, 0, 0, 0, 0, 1, 0, 1, 0,
            0, 0, 1,
        ];
        let builder = PacketBuilder::ethernet2([1; 6], [2; 6]).ipv4([10, 0, 0, 1], [10, 0, 0, 2], 64);
        let mut bytes = Vec::new();
        builder.write(&mut bytes, IpNumber::SCTP, &init).unwrap();
        let answer = abort(&Frame::read(&bytes).unwrap(), 63).unwrap();
        let frame = Frame::read(&answer).unwrap();
        let packet = frame.packet().unwrap();
        assert_eq!(packet.payload[..8], [0, 80, 0x12, 0x34, 9, 8, 7, 6]);
        assert_eq!(packet.payload[12..], [ABORT, 0, 0, 4]);
        assert_eq!(abort(&frame, 63), None);
    }
}
