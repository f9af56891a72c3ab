//! Texts with addresses in them: ranges to leave out, keys of load balancers; and text made fit for a match.

use serde::{Deserialize, Serialize};

use super::addresses::{In6Addr, InAddr};

/// `v46_ip` of the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum V46Ip {
    IPv4 { ipv4: InAddr },
    IPv6 { ipv6: In6Addr },
}

/// Single addresses and ranges `A..B`, with blanks between them.
///
/// # Errors
/// The first address that is none.
pub(super) fn ranges(text: &str) -> Result<Vec<(InAddr, Option<InAddr>)>, String> {
    let parse = |text: &str| InAddr::parse(text).ok_or_else(|| format!("invalid IP address: \"{text}\""));
    let blank = |c: char| c.is_ascii_whitespace() || c == '\x0b';
    let mut rest = text.trim_start_matches(blank);
    let mut found = Vec::new();
    while !rest.is_empty() {
        let end = [rest.find(' '), rest.find("..")].into_iter().flatten().min().unwrap_or(rest.len());
        let first = parse(&rest[..end])?;
        rest = rest[end..].trim_start_matches(blank);
        let last = match rest.strip_prefix("..") {
            Some(after) => {
                let after = after.trim_start_matches(blank);
                let end = after.find(' ').unwrap_or(after.len());
                rest = after[end..].trim_start_matches(blank);
                Some(parse(&after[..end])?)
            }
            None => None,
        };
        found.push((first, last));
    }
    Ok(found)
}

/// `IP`, `IP:port` or `[IPv6]:port`; 0 for no port.
pub(super) fn load_balancer_key(key: &str) -> Option<(V46Ip, u16)> {
    let mut in_brackets = false;
    let mut colons = key.char_indices().filter(|(_, c)| {
        match c {
            '[' => in_brackets = true,
            ']' => in_brackets = false,
            _ => {}
        }
        *c == ':' && !in_brackets
    });
    let (host, port) = match (colons.next(), colons.next()) {
        (Some((at, _)), None) => (unbracketed(&key[..at]), &key[at + 1..]),
        (None, _) => (unbracketed(key), ""),
        // An IPv6 address as it is.
        (Some(_), Some(_)) => (key, ""),
    };
    let port = if port.is_empty() { 0 } else { port.parse().ok()? };
    let ip = match InAddr::parse(host) {
        Some(ipv4) => V46Ip::IPv4 { ipv4 },
        None => V46Ip::IPv6 { ipv6: In6Addr::parse(host)? },
    };
    Some((ip, port))
}

/// A text in quotes, as JSON has it.
pub(super) fn json_string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\x08' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\x0c' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '\0'..' ' => out.push_str(&format!("\\u{:04x}", c as u32)),
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}

fn unbracketed(text: &str) -> &str {
    text.strip_prefix('[').map_or(text, |inner| inner.strip_suffix(']').unwrap_or(inner))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_ranges() {
        let ip = |last: u32| InAddr { a: 0x0a00_0000 | last };
        assert_eq!(
            ranges(" 10.0.0.4  10.0.0.20..10.0.0.50 10.0.0.100 .. 10.0.0.110 "),
            Ok(vec![(ip(4), None), (ip(20), Some(ip(50))), (ip(100), Some(ip(110)))])
        );
        assert_eq!(ranges(""), Ok(Vec::new()));
        assert_eq!(ranges("10.0.0.4,10.0.0.5"), Err("invalid IP address: \"10.0.0.4,10.0.0.5\"".into()));
        assert_eq!(ranges("10.0.0.4..x"), Err("invalid IP address: \"x\"".into()));
    }

    #[test]
    fn keys_of_load_balancers() {
        let ipv4 = V46Ip::IPv4 { ipv4: InAddr { a: 0x0a00_0001 } };
        let ipv6 = V46Ip::IPv6 { ipv6: In6Addr { aaaa: 0xfd << 120 | 1 } };
        for (key, expected) in [
            ("10.0.0.1", Some((ipv4, 0))),
            ("10.0.0.1:80", Some((ipv4, 80))),
            ("[fd00::1]:443", Some((ipv6, 443))),
            ("[fd00::1]", Some((ipv6, 0))),
            ("fd00::1", Some((ipv6, 0))),
            ("10.0.0.1:65536", None),
            ("name:80", None),
            (":80", None),
        ] {
            assert_eq!(load_balancer_key(key), expected, "{key}");
        }
    }

    #[test]
    fn text_in_quotes() {
        assert_eq!(json_string("a\"b\\c\n\x01é\x7f"), "\"a\\\"b\\\\c\\n\\u0001é\x7f\"");
    }
}
