//! What must keep working when something breaks.
#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use weir_lab::{Cloud, Hypervisor, Machine, PATIENCE, Plan, Result, wait_for, wait_until};

const SETTLE: Duration = Duration::from_millis(300);

const WEIR: &str = env!("CARGO_BIN_EXE_weir");
const RULES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/rules");

/// One network with a machine on each of `n` hypervisors.
fn network(n: u8) -> Result<(Cloud, Vec<Machine>)> {
    network_with(n, &[])
}

fn network_with(n: u8, args: &[&str]) -> Result<(Cloud, Vec<Machine>)> {
    let cloud = Cloud::start_with(n.into(), WEIR, RULES, args)?;
    cloud.switches(&["blue"])?;
    let machines = (1..=n)
        .map(|n| cloud.machine("blue", Plan::new(&format!("blue{n}"), 1, n), n.into()))
        .collect::<Result<Vec<_>>>()?;
    cloud.sync()?;
    Ok((cloud, machines))
}

#[test]
fn a_killed_weir_comes_back_without_a_flow_message_or_a_lost_packet() -> Result {
    let (cloud, machines) = network(2)?;
    machines[0].reaches(&machines[1], "before")?;
    let mut watches = [cloud.lab.hv(1).watch_flows()?, cloud.lab.hv(2).watch_flows()?];
    let sent = machines[0].sends_all_the_while(&machines[1], || {
        cloud.weir.kill()?;
        std::thread::sleep(SETTLE);
        cloud.weir.restart()?;
        for hypervisor in cloud.lab.hypervisors() {
            cloud.wait_joined(hypervisor)?;
        }
        cloud.sync()
    })?;
    machines[1].expect_all(&sent)?;
    for watch in &mut watches {
        assert_eq!(watch.changes()?, []);
    }
    Ok(())
}

#[test]
fn what_changed_while_weir_was_away_is_done_when_it_returns() -> Result {
    let (cloud, mut machines) = network(2)?;
    cloud.weir.stop()?;
    let newcomer = cloud.machine("blue", Plan::new("newcomer", 1, 9), 2)?;
    let moved = machines.pop().unwrap();
    cloud.lab.hv(2).unplug(moved.port)?;
    let moved = Plan::new("blue2", 1, 2).plug(cloud.lab.hv(1))?;

    cloud.weir.restart()?;
    for hypervisor in cloud.lab.hypervisors() {
        cloud.wait_joined(hypervisor)?;
    }
    cloud.wait_up("newcomer")?;
    cloud.sync()?;
    machines[0].reaches(&newcomer, "welcome")?;
    newcomer.reaches(&moved, "you moved")?;
    Ok(())
}

#[test]
fn a_switch_that_restarts_gets_its_flows_back() -> Result {
    let (cloud, machines) = network(2)?;
    let before = cloud.lab.hv(2).flows()?.len();
    cloud.lab.hv(2).kill_vswitchd()?;
    cloud.lab.hv(2).start_vswitchd()?;
    wait_for(PATIENCE, "the flows of hv2", || {
        let now = cloud.lab.hv(2).flows()?.len();
        Ok(if now == before { Ok(()) } else { Err(format!("{now} of {before}")) })
    })?;
    cloud.sync()?;
    machines[0].reaches(&machines[1], "to the restarted one")?;
    machines[1].reaches(&machines[0], "from the restarted one")?;
    Ok(())
}

#[test]
fn a_hypervisors_database_that_restarts_costs_no_flow_and_misses_no_change() -> Result {
    let (cloud, machines) = network(2)?;
    let mut watch = cloud.lab.hv(2).watch_flows()?;
    cloud.lab.hv(2).kill_ovsdb()?;
    std::thread::sleep(SETTLE);
    cloud.lab.hv(2).start_ovsdb()?;
    cloud.wait_managed(cloud.lab.hv(2))?;
    cloud.sync()?;
    assert_eq!(watch.changes()?, []);
    machines[0].reaches(&machines[1], "as before")?;

    let newcomer = cloud.machine("blue", Plan::new("newcomer", 1, 9), 2)?;
    cloud.wait_up("newcomer")?;
    cloud.sync()?;
    machines[0].reaches(&newcomer, "welcome")?;
    Ok(())
}

#[test]
fn forwarding_goes_on_without_northbound_and_changes_follow_its_return() -> Result {
    let (cloud, machines) = network(2)?;
    machines[0].reaches(&machines[1], "before")?;
    let mut watch = cloud.lab.hv(1).watch_flows()?;
    let sent = machines[0].sends_all_the_while(&machines[1], || {
        cloud.northbound.kill()?;
        std::thread::sleep(SETTLE);
        cloud.weir.check_alive()
    })?;
    machines[1].expect_all(&sent)?;
    assert_eq!(watch.changes()?, [], "flows are kept while Northbound is away");

    cloud.northbound.start()?;
    let newcomer = cloud.machine("blue", Plan::new("newcomer", 1, 9), 2)?;
    cloud.wait_up("newcomer")?;
    cloud.sync()?;
    machines[0].reaches(&newcomer, "welcome")?;
    Ok(())
}

/// Flows of `hypervisor` that name the tunnel end of `peer`.
fn flows_towards(hypervisor: &Hypervisor, peer: &Hypervisor) -> Result<usize> {
    let (dotted, hex) = (peer.address().to_string(), format!("{:#x}", u32::from(peer.address())));
    Ok(hypervisor.flows()?.iter().filter(|flow| flow.contains(&dotted) || flow.contains(&hex)).count())
}

fn wait_forgotten(cloud: &Cloud, gone: &Hypervisor, others: &[&Hypervisor]) -> Result {
    others.iter().try_for_each(|other| {
        cloud.explain(wait_for(PATIENCE, &format!("no flow towards {}", gone.name()), || {
            let left = flows_towards(other, gone)?;
            Ok(if left == 0 { Ok(()) } else { Err(format!("{left} flows on {}", other.name())) })
        }))
    })
}

#[test]
fn a_hypervisor_that_its_operator_takes_away_is_forgotten_by_the_others() -> Result {
    // ovsdb-server may close the session before it reports that the manager is gone; the switch goes on. Without its
    // bridge it is silent for good.
    let (cloud, machines) = network_with(3, &["--leave-after", "2"])?;
    machines[0].reaches(&machines[2], "before")?;
    let (one, two, three) = (cloud.lab.hv(1), cloud.lab.hv(2), cloud.lab.hv(3));
    assert_ne!(flows_towards(one, three)?, 0);
    three.vsctl(["del-manager"])?;
    three.vsctl(["del-br", "br-int"])?;
    wait_forgotten(&cloud, three, &[one, two])?;
    machines[0].reaches(&machines[1], "the others go on")?;
    Ok(())
}

#[test]
fn a_hypervisor_that_is_silent_for_too_long_is_forgotten_by_the_others() -> Result {
    let (cloud, machines) = network_with(2, &["--leave-after", "2"])?;
    let [stays, goes] = &machines[..] else { unreachable!("two machines") };
    stays.reaches(goes, "before")?;
    let (one, two) = (cloud.lab.hv(1), cloud.lab.hv(2));
    // Its power fails.
    two.kill_vswitchd()?;
    two.kill_ovsdb()?;
    wait_forgotten(&cloud, two, &[one])?;
    let logged = cloud.weir.log()?.len();
    // It comes back and is as good as new.
    two.start_ovsdb()?;
    two.start_vswitchd()?;
    cloud.weir.wait_log(logged, "switch in step chassis=hv2 ")?;
    cloud.wait_up("blue2")?;
    cloud.sync()?;
    stays.reaches(goes, "welcome back")?;
    Ok(())
}

#[test]
fn a_flow_deleted_by_hand_comes_back_and_a_foreign_one_goes() -> Result {
    let (cloud, machines) = network(2)?;
    let hypervisor = cloud.lab.hv(2);
    let wanted = hypervisor.flows()?;
    let same = || {
        cloud.explain(wait_for(PATIENCE, "the flows to be as they were", || {
            let now = hypervisor.flows()?;
            let missing = wanted.iter().filter(|flow| !now.contains(flow)).count();
            let foreign = now.iter().filter(|flow| !wanted.contains(flow)).count();
            Ok(if now == wanted { Ok(()) } else { Err(format!("{missing} missing, {foreign} too many")) })
        }))
    };
    hypervisor.ofctl(&[], "del-flows", ["table=0"])?;
    same()?;
    machines[0].reaches(&machines[1], "mended")?;
    hypervisor.ofctl(&[], "add-flow", ["table=0,priority=65000,actions=drop"])?;
    same()?;
    hypervisor.revalidator_wait()?;
    machines[0].reaches(&machines[1], "mended again")?;
    Ok(())
}

#[test]
fn of_two_claims_on_a_port_the_last_wins_once() -> Result {
    let (cloud, machines) = network(2)?;
    let plan = Plan::new("twin", 1, 9);
    let first = cloud.machine("blue", plan, 1)?;
    cloud.wait_up("twin")?;
    cloud.sync()?;
    machines[1].reaches(&first, "you are on hv1")?;

    let logged = cloud.weir.log()?.len();
    let second = plan.plug(cloud.lab.hv(2))?;
    wait_until(PATIENCE, "the claim of hv2 to win", || {
        let sent = machines[0].datagram(&second, "which one?");
        machines[0].port.inject(&sent).is_ok()
            && second.port.wait_frame_within(Duration::from_millis(100), "it", |it| it.is_same(&sent)).is_ok()
    })?;
    cloud.sync()?;
    let mut watches = [cloud.lab.hv(1).watch_flows()?, cloud.lab.hv(2).watch_flows()?];
    let said = |log: &str| log.lines().filter(|line| line.contains("twin") && line.contains("claim")).count();
    std::thread::sleep(Duration::from_secs(2));
    cloud.sync()?;
    for watch in &mut watches {
        assert_eq!(watch.changes()?, [], "the port stays where it is");
    }
    assert_eq!(said(&cloud.weir.log()?[logged..]), 1, "said once:\n{}", &cloud.weir.log()?[logged..]);

    // The winner goes: the other claim holds again.
    cloud.lab.hv(2).unplug(second.port)?;
    wait_until(PATIENCE, "the claim of hv1 to hold again", || {
        let sent = machines[1].datagram(&first, "back?");
        machines[1].port.inject(&sent).is_ok()
            && first.port.wait_frame_within(Duration::from_millis(100), "it", |it| it.is_same(&sent)).is_ok()
    })
}

#[test]
fn garbage_on_a_listener_disturbs_nobody() -> Result {
    let (cloud, machines) = network(2)?;
    let nesting = "[".repeat(100_000);
    let messages: [&[u8]; 8] = [
        b"\0",
        b"GET / HTTP/1.1\r\n\r\n",
        b"{\"id\":0,\"method\":\"echo\"",
        b"{\"id\":null,\"method\":7,\"params\":{}}{\"id\":0,\"result\":[],\"error\":null}",
        // OpenFlow headers: a length below the header's own, an enormous one, an unknown version and type.
        b"\x06\x00\x00\x04\x00\x00\x00\x01",
        b"\x06\x0d\xff\xff\x00\x00\x00\x01",
        b"\xff\xff\x00\x08\x00\x00\x00\x01",
        nesting.as_bytes(),
    ];
    let mut open = Vec::new();
    for address in [cloud.weir.ovsdb_address(), cloud.weir.openflow_address()] {
        for message in messages {
            let mut stream = TcpStream::connect(&address).unwrap();
            // The daemon may hang up before all is written.
            let _ = stream.write_all(message);
            open.push(stream);
        }
        open.push(TcpStream::connect(&address).unwrap());
    }
    machines[0].reaches(&machines[1], "meanwhile")?;
    let newcomer = cloud.machine("blue", Plan::new("newcomer", 1, 9), 2)?;
    cloud.wait_up("newcomer")?;
    cloud.sync()?;
    machines[0].reaches(&newcomer, "welcome")?;
    drop(open);
    cloud.weir.check_alive()
}
