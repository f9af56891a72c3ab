//! Lines in the log about packets that rules of access control decide on.

use openflow::{Field, Match};
use tracing::{Level, event};

use super::frame::Frame;
use super::request::LogEntry;

/// Writes a line. Severities are syslog's (RFC 5424); the log has fewer.
pub(super) fn write(chassis: &str, entry: &LogEntry, metadata: &Match, frame: Option<&Frame<'_>>) {
    macro_rules! line {
        ($level:expr) => {
            event!(
                target: "weir::acl",
                $level,
                chassis,
                name = entry.name,
                verdict = entry.verdict.word(),
                severity = severity(entry.severity),
                direction = if entry.to_port { "to-lport" } else { "from-lport" },
                datapath = register(metadata, Field::METADATA),
                inport = register(metadata, Field::REG14),
                outport = register(metadata, Field::REG15),
                packet = described(frame),
                "packet"
            )
        };
    }
    match entry.severity {
        0..=3 => line!(Level::ERROR),
        4 => line!(Level::WARN),
        5 | 6 => line!(Level::INFO),
        _ => line!(Level::DEBUG),
    }
}

fn severity(number: u8) -> &'static str {
    match number {
        0..=3 => "alert",
        4 => "warning",
        5 => "notice",
        6 => "info",
        _ => "debug",
    }
}

fn register(metadata: &Match, field: Field) -> u64 {
    metadata.exact(field).and_then(|value| u64::try_from(value).ok()).unwrap_or(0)
}

fn described(frame: Option<&Frame<'_>>) -> String {
    let Some(frame) = frame else { return "?".to_owned() };
    match frame.packet() {
        Some(packet) => {
            let protocol =
                packet.protocol.keyword_str().map_or_else(|| packet.protocol.0.to_string(), str::to_owned);
            match (packet.protocol.0, packet.payload) {
                // TCP, UDP and SCTP begin with their ports.
                (6 | 17 | 132, &[a, b, c, d, ..]) => format!(
                    "{protocol} {}.{} > {}.{}",
                    packet.source,
                    u16::from_be_bytes([a, b]),
                    packet.destination,
                    u16::from_be_bytes([c, d])
                ),
                _ => format!("{protocol} {} > {}", packet.source, packet.destination),
            }
        }
        None => format!("{:#06x} {} > {}", frame.ethertype.0, mac(frame.source), mac(frame.destination)),
    }
}

fn mac(octets: super::frame::Mac) -> String {
    octets.map(|octet| format!("{octet:02x}")).join(":")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use etherparse::PacketBuilder;

    use super::*;

    #[test]
    fn a_packet_is_described_by_its_addresses() {
        let mut bytes = Vec::new();
        let builder =
            PacketBuilder::ethernet2([1; 6], [2; 6]).ipv4([10, 0, 0, 1], [10, 0, 0, 2], 64).udp(7, 9);
        builder.write(&mut bytes, &[]).unwrap();
        assert_eq!(described(Frame::read(&bytes).as_ref()), "UDP 10.0.0.1.7 > 10.0.0.2.9");
        let arp = [&[0xff; 6][..], &[2; 6], &[8, 6, 0, 1]].concat();
        assert_eq!(described(Frame::read(&arp).as_ref()), "0x0806 02:02:02:02:02:02 > ff:ff:ff:ff:ff:ff");
        assert_eq!(described(None), "?");
    }
}
