//! Connection tracking and address translation.

use std::net::{Ipv4Addr, Ipv6Addr};

use openflow::{Action, Ct, CtZone, Nat, NatAddresses, NatKind};
use weir_engine::value::Value;

use super::FlowError;
use super::actions::actions;
use super::fields::Slots;
use super::parts::{constructor, number, option, part};

/// `Ct`
pub(super) fn ct(value: &Value, slots: &Slots) -> Result<Ct, FlowError> {
    let mode = part(value, "mode")?;
    let (commit, force) = match constructor(mode, "a mode")? {
        "Track" => (false, false),
        "Commit" => (true, false),
        "CommitAnew" => (true, true),
        _ => return Err(FlowError::shape("Track, Commit or CommitAnew", mode)),
    };
    let mut done = Vec::new();
    if let Some(nat) = option(part(value, "nat")?)? {
        done.push(Action::Nat(self::nat(nat)?));
    }
    done.extend(actions(part(value, "marks")?, slots)?);
    Ok(Ct {
        commit,
        force,
        zone: zone(part(value, "zone")?, slots)?,
        table: option(part(value, "table")?)?.map(number).transpose()?,
        alg: number(part(value, "helper")?)?,
        actions: done,
    })
}

fn zone(value: &Value, slots: &Slots) -> Result<CtZone, FlowError> {
    Ok(match constructor(value, "a zone")? {
        "ZoneNumber" => CtZone::Immediate(number(part(value, "zone")?)?),
        "ZoneIn" => CtZone::Field(slots.bits(part(value, "bits")?)?),
        _ => return Err(FlowError::shape("ZoneNumber or ZoneIn", value)),
    })
}

fn nat(value: &Value) -> Result<Nat, FlowError> {
    let kind = match constructor(value, "a translation")? {
        "NatOfConnection" => return Ok(Nat::default()),
        "NatSource" => NatKind::Source,
        "NatDestination" => NatKind::Destination,
        _ => return Err(FlowError::shape("NatOfConnection, NatSource or NatDestination", value)),
    };
    let ports = part(value, "ports")?;
    let choice = part(value, "choice")?;
    let choice = constructor(choice, "a choice")?;
    Ok(Nat {
        kind: Some(kind),
        addresses: addresses(part(value, "address")?)?,
        ports: match constructor(ports, "ports")? {
            "AnyPort" => None,
            _ => {
                let (low, high): (u16, u16) = (number(part(ports, "low")?)?, number(part(ports, "high")?)?);
                // The switch gives a range of one port back without its end.
                Some((low, if high == low { 0 } else { high }))
            }
        },
        persistent: choice == "ForLong",
        hash: choice == "ByHash",
        random: choice == "AtRandom",
    })
}

fn addresses(value: &Value) -> Result<NatAddresses, FlowError> {
    Ok(match constructor(value, "an address")? {
        "SameAddress" => NatAddresses::Keep,
        "Ipv4Range" => {
            let first = Ipv4Addr::from(number::<u32>(part(value, "first4")?)?);
            let last = Ipv4Addr::from(number::<u32>(part(value, "last4")?)?);
            NatAddresses::V4(first, (last != first).then_some(last))
        }
        "Ipv6Range" => {
            let first = Ipv6Addr::from(number::<u128>(part(value, "first6")?)?);
            let last = Ipv6Addr::from(number::<u128>(part(value, "last6")?)?);
            NatAddresses::V6(first, (last != first).then_some(last))
        }
        _ => return Err(FlowError::shape("SameAddress, Ipv4Range or Ipv6Range", value)),
    })
}
