//! Frames through virtual networks that Weir makes, on real switches.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::time::Duration;

use weir_lab::{Cloud, Frame, Machine, PATIENCE, Plan, Result, wait_for};

/// How long to watch where nothing should arrive and no later frame can be awaited.
const SETTLE: Duration = Duration::from_millis(300);

fn cloud(n: usize) -> Result<Cloud> {
    Cloud::start(n, env!("CARGO_BIN_EXE_weir"), concat!(env!("CARGO_MANIFEST_DIR"), "/rules"))
}

/// Two switches with the same addresses, each with a machine on every one of three hypervisors.
fn two_networks() -> Result<(Cloud, [Machine; 3], [Machine; 3])> {
    let cloud = cloud(3)?;
    cloud.switches(&["blue", "red"])?;
    let network = |switch: &str, number| -> Result<[Machine; 3]> {
        let machine = |n: u8| {
            let name = format!("{switch}{n}");
            cloud.machine(switch, Plan::new(&name, number, n), n.into())
        };
        Ok([machine(1)?, machine(2)?, machine(3)?])
    };
    let (blue, red) = (network("blue", 0xb1)?, network("red", 0xed)?);
    cloud.sync()?;
    Ok((cloud, blue, red))
}

#[test]
fn unicast_crosses_geneve_in_its_networks_own_vni() -> Result {
    let (cloud, blue, red) = two_networks()?;
    let mut vnis = BTreeSet::new();
    for network in [&blue, &red] {
        let sent = network[0].reaches(&network[2], "hello")?;
        let wire = cloud.lab.hv(3).tunnelled_frames()?;
        let on_wire: Vec<_> = wire.iter().filter(|frame| frame.inner.is_same(&sent)).collect();
        assert_eq!(on_wire.len(), 1, "sent once, to one hypervisor: {wire:?}");
        assert_eq!((on_wire[0].from, on_wire[0].to), (cloud.lab.hv(1).address(), cloud.lab.hv(3).address()));
        vnis.insert(on_wire[0].vni);
        network[1].port.expect_no_frame(Duration::ZERO, |frame| frame.is_same(&sent))?;
        network[0].port.expect_no_frame(Duration::ZERO, |frame| frame.is_same(&sent))?;
    }
    assert_eq!(vnis.len(), 2, "a virtual network identifier for each");
    assert!(!vnis.contains(&0));
    Ok(())
}

#[test]
fn neighbours_on_one_hypervisor_need_no_tunnel() -> Result {
    let cloud = cloud(2)?;
    cloud.switches(&["blue"])?;
    let one = cloud.machine("blue", Plan::new("blue1", 1, 1), 1)?;
    let two = cloud.machine("blue", Plan::new("blue2", 1, 2), 1)?;
    cloud.sync()?;
    one.reaches(&two, "next door")?;
    two.reaches(&one, "and back")?;
    assert_eq!(cloud.lab.hv(1).tunnelled_frames()?, []);
    Ok(())
}

#[test]
fn a_broadcast_reaches_its_own_network_once_and_no_other() -> Result {
    let (_cloud, blue, red) = two_networks()?;
    let request = Frame::arp_request(red[1].end, Ipv4Addr::new(10, 0, 0, 99));
    red[1].port.inject(&request)?;
    for member in [&red[0], &red[2]] {
        member.port.wait_same(&request)?;
    }
    for outsider in blue.iter().chain([&red[1]]) {
        outsider.port.expect_no_frame(SETTLE, |frame| frame.is_same(&request))?;
    }
    for member in [&red[0], &red[2]] {
        let copies = member.port.frames()?.iter().filter(|frame| frame.is_same(&request)).count();
        assert_eq!(copies, 1, "{}", member.port);
    }
    Ok(())
}

#[test]
fn nothing_crosses_between_networks() -> Result {
    let (_cloud, blue, red) = two_networks()?;
    for (from, to) in [(&blue[0], &red[1]), (&blue[0], &red[0]), (&red[2], &blue[0])] {
        let sent = from.datagram(to, "let me in");
        from.port.inject(&sent)?;
        to.port.expect_no_frame(SETTLE, |frame| frame.is_same(&sent))?;
    }
    // The networks do carry what stays within.
    blue[0].reaches(&blue[1], "still fine")?;
    red[0].reaches(&red[1], "still fine")?;
    Ok(())
}

#[test]
fn what_nobody_claims_goes_to_ports_with_unknown_addresses_only() -> Result {
    let cloud = cloud(2)?;
    cloud.switches(&["blue"])?;
    let sender = cloud.machine("blue", Plan::new("sender", 1, 1), 1)?;
    let plain = cloud.machine("blue", Plan::new("plain", 1, 2), 2)?;
    let unknown = cloud.machine("blue", Plan::new("unknown", 1, 3).unknown(), 2)?;
    cloud.sync()?;

    sender.reaches(&unknown, "whoever you are")?;
    let sent = sender.reaches(&plain, "to you alone")?;
    unknown.port.expect_no_frame(SETTLE, |frame| frame.is_same(&sent))?;
    assert_eq!(plain.port.frames()?.len(), 1);
    Ok(())
}

#[test]
fn a_port_that_moves_takes_its_traffic_along() -> Result {
    let cloud = cloud(3)?;
    cloud.switches(&["blue"])?;
    let one = cloud.machine("blue", Plan::new("blue1", 1, 1), 1)?;
    let plan = Plan::new("blue2", 1, 2);
    let before = cloud.machine("blue", plan, 2)?;
    cloud.sync()?;
    one.reaches(&before, "at hv2")?;

    cloud.lab.hv(2).unplug(before.port)?;
    let after = plan.plug(cloud.lab.hv(3))?;
    cloud.wait_up("blue2")?;
    cloud.sync()?;
    let sent = one.reaches(&after, "at hv3")?;
    after.reaches(&one, "back from hv3")?;
    let old = cloud.lab.hv(2).tunnelled_frames()?;
    assert!(!old.iter().any(|frame| frame.inner.is_same(&sent)), "hv2 still gets its frames");
    Ok(())
}

#[test]
fn order_of_plugging_and_describing_does_not_matter() -> Result {
    let cloud = cloud(2)?;
    cloud.switches(&["blue"])?;
    // The machines are there before Northbound knows of their ports.
    let plans = [Plan::new("blue1", 1, 1), Plan::new("blue2", 1, 2)];
    let one = plans[0].plug(cloud.lab.hv(1))?;
    let two = plans[1].plug(cloud.lab.hv(2))?;
    cloud.sync()?;
    for plan in &plans {
        let set = ["lsp-add", "blue", plan.name, "--", "lsp-set-addresses", plan.name, &plan.addresses()];
        cloud.northbound.nbctl(set)?;
    }
    cloud.wait_up("blue1")?;
    cloud.wait_up("blue2")?;
    cloud.sync()?;
    one.reaches(&two, "late but here")?;
    Ok(())
}

#[test]
fn a_deleted_port_is_cut_off_and_leaves_no_flows() -> Result {
    let cloud = cloud(2)?;
    cloud.switches(&["blue"])?;
    let one = cloud.machine("blue", Plan::new("blue1", 1, 1), 1)?;
    let two = cloud.machine("blue", Plan::new("blue2", 1, 2), 2)?;
    cloud.sync()?;
    let before: Vec<Vec<String>> =
        cloud.lab.hypervisors().iter().map(|hv| hv.flows()).collect::<Result<_>>()?;
    let guest = cloud.machine("blue", Plan::new("guest", 1, 9), 2)?;
    cloud.sync()?;
    one.reaches(&guest, "welcome")?;

    cloud.northbound.nbctl(["lsp-del", "guest"])?;
    cloud.sync()?;
    let sent = one.datagram(&guest, "gone?");
    one.port.inject(&sent)?;
    one.reaches(&two, "sent later on the same way")?;
    guest.port.expect_no_frame(SETTLE, |frame| frame.is_same(&sent))?;
    let after: Vec<Vec<String>> =
        cloud.lab.hypervisors().iter().map(|hv| hv.flows()).collect::<Result<_>>()?;
    assert_eq!(after, before);
    Ok(())
}

#[test]
fn a_hypervisor_that_is_not_concerned_is_sent_nothing() -> Result {
    let cloud = cloud(3)?;
    cloud.switches(&["blue", "red"])?;
    let _blue = [1, 2].map(|n| cloud.machine("blue", Plan::new(&format!("blue{n}"), 1, n as u8), n).unwrap());
    let _red = cloud.machine("red", Plan::new("red3", 2, 3), 3)?;
    cloud.sync()?;
    let mut watches = [cloud.lab.hv(1).watch_flows()?, cloud.lab.hv(3).watch_flows()?];
    let _new = cloud.machine("blue", Plan::new("blue9", 1, 9), 2)?;
    cloud.sync()?;
    assert_ne!(watches[0].changes()?, [], "hv1 has to know the way to the new port");
    assert_eq!(watches[1].changes()?, [], "hv3 has no port of that network");
    Ok(())
}

#[test]
fn northbound_and_the_hypervisor_are_told_when_a_port_works() -> Result {
    let cloud = cloud(1)?;
    cloud.switches(&["blue"])?;
    let machine = cloud.machine("blue", Plan::new("blue1", 1, 1), 1)?;
    cloud.wait_up("blue1")?;
    let hypervisor = cloud.lab.hv(1);
    wait_for(PATIENCE, "ovn-installed on the interface", || {
        let ids = hypervisor.vsctl(["get", "interface", machine.port.interface(), "external_ids"])?;
        Ok(if ids.contains("ovn-installed=\"true\"") { Ok(()) } else { Err(ids) })
    })?;
    hypervisor.unplug(machine.port)?;
    wait_for(PATIENCE, "blue1 to be down", || {
        let up = cloud.northbound.nbctl(["lsp-get-up", "blue1"])?;
        Ok(if up.trim() == "down" { Ok(()) } else { Err(up) })
    })?;

    cloud.sync()?;
    let counters = ["--bare", "--columns=nb_cfg,sb_cfg,hv_cfg", "list", "nb_global"];
    let counters = cloud.northbound.nbctl(counters)?;
    let distinct: BTreeSet<&str> = counters.split_whitespace().collect();
    assert_eq!(distinct.len(), 1, "nb_cfg, sb_cfg and hv_cfg agree: {counters}");
    Ok(())
}
