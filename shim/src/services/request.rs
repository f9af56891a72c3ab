//! What a flow asks of the services, read from the bytes it sends along. `rules/service.dl` writes them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use thiserror::Error;

/// What is to be done with a packet handed over. `table` is where the result enters the tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Request<'a> {
    /// Tell its sender that it could not be delivered.
    Error { table: u8, error: IcmpError },
    /// Tell its sender that nobody listens there.
    Reset { table: u8, ttl: u8 },
    /// Ask for the Ethernet address of its next hop; once that is known, the packet enters `then`.
    Ask { table: u8, then: u8 },
    /// Note what it says of its sender.
    Note,
    /// Tell the log of it.
    Log(LogEntry),
    /// Tell its sender that there will be no association.
    Abort { table: u8, ttl: u8 },
    /// Make an answer of it, in its place; it waits.
    Dhcp(Offer<'a>),
}

/// What the log is told besides the packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LogEntry {
    /// Where it goes out by a port, not where it came in by one.
    pub(super) to_port: bool,
    pub(super) verdict: Verdict,
    /// As syslog counts them (RFC 5424).
    pub(super) severity: u8,
    /// Of the rule; may be empty.
    pub(super) name: String,
}

/// What a rule of access control decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Allow,
    Drop,
    Reject,
    Pass,
}

impl Verdict {
    fn read(number: u8) -> Option<Verdict> {
        [Verdict::Allow, Verdict::Drop, Verdict::Reject, Verdict::Pass].get(usize::from(number)).copied()
    }

    /// As the Northbound spells it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Verdict::Allow => "allow",
            Verdict::Drop => "drop",
            Verdict::Reject => "reject",
            Verdict::Pass => "pass",
        }
    }
}

/// What a DHCP client is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Offer<'a> {
    pub(super) ip: Ipv4Addr,
    pub(super) server: Ipv4Addr,
    pub(super) server_mac: [u8; 6],
    /// As they are on the wire.
    pub(super) options: &'a [u8],
}

/// An ICMP or ICMPv6 error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct IcmpError {
    pub(super) kind: u8,
    pub(super) code: u8,
    /// TTL of the packet that tells it.
    pub(super) ttl: u8,
    /// Of the next link, in bytes; 0 where the error is another.
    pub(super) mtu: u16,
    /// Who says so; `None`: the one it was sent to.
    pub(super) from: Option<IpAddr>,
}

/// Bytes that ask for nothing these services know.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "a flow asks for a service by bytes that say nothing: {bytes:02x?}; rules/service.dl and this program do not fit together"
)]
pub(super) struct RequestError {
    bytes: Vec<u8>,
}

impl<'a> Request<'a> {
    /// Reads the bytes.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Request<'a>, RequestError> {
        let unknown = || RequestError { bytes: bytes.to_vec() };
        Ok(match *bytes {
            [1, table, kind, code, ttl, high, low, ref from @ ..] => {
                let mtu = u16::from_be_bytes([high, low]);
                let from = match from.len() {
                    0 => None,
                    _ => Some(address(from).ok_or_else(unknown)?),
                };
                Request::Error { table, error: IcmpError { kind, code, ttl, mtu, from } }
            }
            [2, table, ttl] => Request::Reset { table, ttl },
            [3, table, then] => Request::Ask { table, then },
            [4, _] => Request::Note,
            [5, direction, verdict, severity, ref name @ ..] => Request::Log(LogEntry {
                to_port: direction != 0,
                verdict: Verdict::read(verdict).ok_or_else(unknown)?,
                severity,
                name: String::from_utf8_lossy(name).into_owned(),
            }),
            [6, table, ttl] => Request::Abort { table, ttl },
            [7, _, a, b, c, d, e, f, g, h, m0, m1, m2, m3, m4, m5, ref options @ ..] => {
                Request::Dhcp(Offer {
                    ip: [a, b, c, d].into(),
                    server: [e, f, g, h].into(),
                    server_mac: [m0, m1, m2, m3, m4, m5],
                    options,
                })
            }
            _ => return Err(unknown()),
        })
    }
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    <[u8; 4]>::try_from(bytes)
        .map(|octets| Ipv4Addr::from(octets).into())
        .or_else(|_| <[u8; 16]>::try_from(bytes).map(|octets| Ipv6Addr::from(octets).into()))
        .ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_error_says_who_complains() {
        let error = IcmpError { kind: 11, code: 0, ttl: 254, mtu: 1400, from: Some([10, 0, 0, 1].into()) };
        let bytes = [1, 99, 11, 0, 254, 5, 120, 10, 0, 0, 1];
        assert_eq!(Request::read(&bytes).unwrap(), Request::Error { table: 99, error });
        let error = IcmpError { from: None, ..error };
        assert_eq!(Request::read(&bytes[..7]).unwrap(), Request::Error { table: 99, error });
    }

    #[test]
    fn a_log_entry_may_have_no_name() {
        let entry = LogEntry { to_port: true, verdict: Verdict::Drop, severity: 6, name: "web".to_owned() };
        assert_eq!(Request::read(b"\x05\x01\x01\x06web").unwrap(), Request::Log(entry.clone()));
        let unnamed = LogEntry { name: String::new(), ..entry };
        assert_eq!(Request::read(&[5, 1, 1, 6]).unwrap(), Request::Log(unnamed));
    }

    #[test]
    fn bytes_of_no_service_are_refused() {
        for bytes in [&[][..], &[5, 0, 4, 6], &[0, 1], &[3, 9], &[1, 2, 3], &[1, 99, 11, 0, 254, 5, 120, 10]]
        {
            assert!(Request::read(bytes).is_err(), "{bytes:?}");
        }
    }
}
