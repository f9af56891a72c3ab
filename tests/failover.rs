//! Two daemons on one Northbound: one leads, the other takes over.
#![allow(clippy::unwrap_used)]

use std::time::Instant;

use weir_lab::{Cloud, Machine, PATIENCE, Plan, Result, Weir, WeirOptions, wait_until};

const WEIR: &str = env!("CARGO_BIN_EXE_weir");
const RULES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/rules");

/// What one logs when it has been elected.
const LEADS: &str = "this process leads";

/// Two hypervisors with a machine of one network each, led by `leader`, with another daemon that is ready to take over.
struct Pair {
    leader: Weir,
    other: Weir,
    machines: [Machine; 2],
    cloud: Cloud,
}

fn pair() -> Result<Pair> {
    let cloud = Cloud::start(2, WEIR, RULES)?;
    cloud.switches(&["blue"])?;
    let machines = [
        cloud.machine("blue", Plan::new("blue1", 1, 1), 1)?,
        cloud.machine("blue", Plan::new("blue2", 1, 2), 2)?,
    ];
    cloud.sync()?;
    cloud.weir.stop()?;
    // By TCP: a Northbound server asks nobody on a Unix socket whether he is alive.
    let options = WeirOptions {
        program: WEIR.into(),
        rules: RULES.into(),
        northbound: cloud.northbound.tcp_remote(),
        args: Vec::new(),
    };
    let leader = Weir::prepare_as("leader", &cloud.lab, options.clone())?;
    leader.restart()?;
    leader.wait_log(0, LEADS)?;
    let other = Weir::prepare_as("other", &cloud.lab, options)?;
    other.restart()?;
    other.wait_log(0, "ready to take over")?;
    for hypervisor in cloud.lab.hypervisors() {
        hypervisor.vsctl(["set-manager", &leader.manager(), &other.manager()])?;
        wait_until(PATIENCE, "both to be connected", || {
            let roles = hypervisor.vsctl(["--columns=role", "--no-headings", "list", "controller"]);
            roles.is_ok_and(|roles| roles.contains("master") && roles.contains("slave"))
        })?;
    }
    leader.wait_in_step("hv1")?;
    leader.wait_in_step("hv2")?;
    Ok(Pair { leader, other, machines, cloud })
}

#[test]
fn when_the_leader_dies_the_other_takes_over_without_a_flow_message_or_a_lost_packet() -> Result {
    let Pair { leader, other, machines, cloud } = pair()?;
    let mut watches = [cloud.lab.hv(1).watch_flows()?, cloud.lab.hv(2).watch_flows()?];
    let sent = machines[0].sends_all_the_while(&machines[1], || {
        let start = Instant::now();
        leader.kill()?;
        other.wait_log(0, LEADS)?;
        let elected = start.elapsed();
        other.wait_in_step("hv1")?;
        other.wait_in_step("hv2")?;
        println!("elected after {elected:?}, switches in step after {:?}", start.elapsed());
        cloud.sync()
    })?;
    machines[1].expect_all(&sent)?;
    for watch in &mut watches {
        assert_eq!(watch.changes()?, []);
    }
    // It does not only lead: it works.
    let third = cloud.machine("blue", Plan::new("blue3", 1, 3), 1)?;
    cloud.sync()?;
    machines[1].reaches(&third, "after")?;
    Ok(())
}

#[test]
fn a_leader_that_was_stopped_and_wakes_up_changes_nothing_and_stands_by() -> Result {
    let Pair { leader, other, machines, cloud } = pair()?;
    leader.pause()?;
    // The Northbound server asks a silent client after 5 s whether it is there, and gives up after 5 more.
    wait_until(3 * PATIENCE, "the other is elected", || other.log().is_ok_and(|log| log.contains(LEADS)))?;
    other.wait_in_step("hv1")?;
    other.wait_in_step("hv2")?;
    let third = cloud.machine("blue", Plan::new("blue3", 1, 3), 1)?;
    cloud.sync()?;
    let mut watches = [cloud.lab.hv(1).watch_flows()?, cloud.lab.hv(2).watch_flows()?];
    leader.resume()?;
    leader.wait_log(0, "another process leads: this one stands by")?;
    leader.wait_log(0, "ready to take over")?;
    machines[1].reaches(&third, "after")?;
    for watch in &mut watches {
        assert_eq!(watch.changes()?, []);
    }
    // And takes over again, when it is its turn.
    other.kill()?;
    let fourth = cloud.machine("blue", Plan::new("blue4", 1, 4), 2)?;
    cloud.sync()?;
    third.reaches(&fourth, "again")?;
    Ok(())
}
