//! Connection tracking and address translation.

use std::net::IpAddr;

use super::actions::parse_actions;
use super::error::{Located, Parsed};
use super::scan::{Call, split_list};
use super::value::{integer, slice};
use crate::action::{Action, Ct, CtZone, Nat, NatAddresses, NatKind};
use crate::consts::{ALG_FTP, ALG_TFTP};

pub(super) fn parse_ct(text: &str, depth: usize) -> Parsed<'_, Ct> {
    let mut ct = Ct::default();
    for part in split_list(text) {
        let call = Call::of(part)?;
        match call.name {
            "commit" => ct.commit = true,
            "force" => ct.force = true,
            "table" => ct.table = Some(integer(call.required()?)?),
            "zone" => {
                let zone = call.required()?;
                ct.zone = match integer(zone) {
                    Ok(zone) => CtZone::Immediate(zone),
                    Err(_) => CtZone::Field(slice(zone)?),
                };
            }
            "alg" => {
                ct.alg = match call.required()? {
                    "ftp" => ALG_FTP,
                    "tftp" => ALG_TFTP,
                    other => integer(other)?,
                };
            }
            "nat" => ct.actions.insert(0, Action::Nat(parse_nat(call.argument)?)),
            "exec" => ct.actions.extend(parse_actions(call.required()?, depth + 1)?),
            name => return Err(Located::unknown(name, "attribute of ct")),
        }
    }
    Ok(ct)
}

pub(super) fn parse_nat(text: Option<&str>) -> Parsed<'_, Nat> {
    let mut nat = Nat::default();
    for part in split_list(text.unwrap_or("")) {
        let (name, range) = part.split_once('=').map_or((part, None), |(name, range)| (name, Some(range)));
        match name {
            "src" => nat.kind = Some(NatKind::Source),
            "dst" => nat.kind = Some(NatKind::Destination),
            "persistent" => nat.persistent = true,
            "hash" => nat.hash = true,
            "random" => nat.random = true,
            _ => return Err(Located::unknown(name, "attribute of nat")),
        }
        if let Some(range) = range {
            (nat.addresses, nat.ports) = parse_range(range)?;
        }
    }
    Ok(nat)
}

/// `address[-address][:port[-port]]`, with IPv6 addresses in square brackets where ports follow.
fn parse_range(text: &str) -> Parsed<'_, (NatAddresses, Option<(u16, u16)>)> {
    let bracketed = text.rfind(']').map(|at| (&text[..=at], text[at + 1..].strip_prefix(':')));
    let (addresses, ports) = match bracketed {
        Some(cut) => cut,
        None if text.matches(':').count() == 1 => {
            text.split_once(':').map_or((text, None), |(addresses, ports)| (addresses, Some(ports)))
        }
        None => (text, None),
    };
    let address = |text: &str| text.trim_matches(['[', ']']).parse::<IpAddr>().ok();
    let pair = match addresses.split_once('-') {
        Some((first, last)) => address(first).zip(address(last)).map(|(first, last)| (first, Some(last))),
        None => address(addresses).map(|first| (first, None)),
    };
    let addresses = match pair {
        Some((IpAddr::V4(first), None)) => NatAddresses::V4(first, None),
        Some((IpAddr::V6(first), None)) => NatAddresses::V6(first, None),
        Some((IpAddr::V4(first), Some(IpAddr::V4(last)))) => NatAddresses::V4(first, Some(last)),
        Some((IpAddr::V6(first), Some(IpAddr::V6(last)))) => NatAddresses::V6(first, Some(last)),
        _ => return Err(Located::expected(addresses, "IP address or range")),
    };
    let ports = match ports.map(|ports| ports.split_once('-').unwrap_or((ports, "0"))) {
        None => None,
        Some((first, last)) => Some((integer(first)?, integer(last)?)),
    };
    Ok((addresses, ports))
}
