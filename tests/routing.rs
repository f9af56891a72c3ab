//! Packets through virtual routers that Weir makes, on real switches.
#![allow(clippy::unwrap_used)]

use std::net::Ipv4Addr;

use weir_lab::{Cloud, Frame, Mac, Machine, Plan, Result};

const BLUE: Mac = Mac([2, 0, 0, 0, 0xff, 1]);
const RED: Mac = Mac([2, 0, 0, 0, 0xff, 2]);

/// Where the TTL of an IPv4 packet stands in a frame.
const TTL: usize = 14 + 8;

/// Two switches with a machine on each of two hypervisors, and a router between: 10.0.1.0/24 is blue, 10.0.2.0/24 red.
fn two_networks(router: &[&str]) -> Result<(Cloud, Machine, Machine)> {
    let cloud = Cloud::start(2, env!("CARGO_BIN_EXE_weir"), concat!(env!("CARGO_MANIFEST_DIR"), "/rules"))?;
    cloud.switches(&["blue", "red"])?;
    let nbctl = |words: &[&str]| cloud.northbound.nbctl(words.iter().copied());
    nbctl(&["lr-add", "between"])?;
    if !router.is_empty() {
        nbctl(router)?;
    }
    for (switch, mac, network) in [("blue", BLUE, "10.0.1.254/24"), ("red", RED, "10.0.2.254/24")] {
        let (port, patch) = (format!("to-{switch}"), format!("{switch}-router"));
        nbctl(&["lrp-add", "between", &port, &mac.to_string(), network])?;
        nbctl(&["lsp-add", switch, &patch])?;
        nbctl(&["lsp-set-type", &patch, "router"])?;
        nbctl(&["lsp-set-addresses", &patch, "router"])?;
        nbctl(&["lsp-set-options", &patch, &format!("router-port={port}")])?;
    }
    let machine = |switch: &'static str, net: u8, hypervisor| {
        let mut plan = Plan::new(switch, net, 1);
        plan.ip = Ipv4Addr::new(10, 0, net, 1);
        cloud.machine(switch, plan, hypervisor)
    };
    let (one, two) = (machine("blue", 1, 1)?, machine("red", 2, 2)?);
    cloud.sync()?;
    Ok((cloud, one, two))
}

/// What arrives at `to`, sent by `from` to `address` by way of its router.
fn routed(from: &Machine, router: Mac, address: Ipv4Addr, to: &Machine, text: &str) -> Result<Frame> {
    from.port.inject(&Frame::udp(from.end, (router, address), text.as_bytes()))?;
    to.port.wait_frame(text, |frame| frame.udp_payload() == Some(text.as_bytes()))
}

fn addresses(frame: &Frame) -> ([u8; 4], [u8; 4]) {
    let at = |start: usize| <[u8; 4]>::try_from(&frame.bytes()[start..start + 4]).unwrap();
    (at(14 + 12), at(14 + 16))
}

#[test]
fn a_router_joins_two_networks_over_hypervisors() -> Result {
    let (cloud, one, two) = two_networks(&[])?;
    let there = cloud.explain(routed(&one, BLUE, two.end.1, &two, "hello"))?;
    assert_eq!((there.source(), there.destination()), (Some(RED), Some(two.end.0)));
    assert_eq!(there.bytes()[TTL], Frame::udp(one.end, two.end, b"").bytes()[TTL] - 1);
    let back = routed(&two, RED, one.end.1, &one, "and back")?;
    assert_eq!((back.source(), back.destination()), (Some(BLUE), Some(one.end.0)));
    Ok(())
}

#[test]
fn a_router_answers_for_itself() -> Result {
    let (cloud, one, _two) = two_networks(&[])?;
    let own = Ipv4Addr::new(10, 0, 1, 254);
    one.port.inject(&Frame::arp_request(one.end, own))?;
    one.port.wait_frame("an ARP reply", |frame| frame.source() == Some(BLUE))?;
    one.port.forget()?;
    one.port.inject(&Frame::ping(one.end, (BLUE, own), 1))?;
    let reply = cloud.explain(one.port.wait_frame("an echo reply", |frame| frame.source() == Some(BLUE)))?;
    assert_eq!(addresses(&reply), (own.octets(), one.end.1.octets()));
    Ok(())
}

#[test]
fn a_gateway_router_translates_addresses_both_ways() -> Result {
    let (cloud, one, two) = two_networks(&["set", "logical_router", "between", "options:chassis=hv2"])?;
    let outside = Ipv4Addr::new(10, 0, 2, 77);
    let nat = ["lr-nat-add", "between", "dnat_and_snat", "10.0.2.77", "10.0.1.1"];
    cloud.northbound.nbctl(nat)?;
    cloud.sync()?;
    let there = cloud.explain(routed(&one, BLUE, two.end.1, &two, "from inside"))?;
    assert_eq!(addresses(&there), (outside.octets(), two.end.1.octets()));
    let back = cloud.explain(routed(&two, RED, outside, &one, "the answer"))?;
    assert_eq!(addresses(&back), (two.end.1.octets(), one.end.1.octets()));
    Ok(())
}
