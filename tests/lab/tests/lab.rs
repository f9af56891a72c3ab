//! The lab proves itself, with flows written by hand instead of by Weir.
#![allow(clippy::unwrap_used)]

use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

use weir_lab::{
    Change, Frame, GeneveFrame, GeneveOption, Hypervisor, Lab, Mac, PATIENCE, Port, Result, wait_until,
};

fn mac(n: u8) -> Mac {
    Mac([0xf0, 0, 0, 0, 0, n])
}

fn ip(n: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 0, 0, n)
}

/// What Weir would provision on a hypervisor.
fn provision(hypervisor: &Hypervisor) -> Result {
    hypervisor.vsctl([
        "add-br",
        "br-int",
        "--",
        "set",
        "bridge",
        "br-int",
        "datapath_type=dummy",
        "fail-mode=secure",
        "--",
        "add-port",
        "br-int",
        "geneve0",
        "--",
        "set",
        "interface",
        "geneve0",
        "type=geneve",
        "options:remote_ip=flow",
        "options:key=flow",
        "ofport_request=1",
    ])?;
    Ok(())
}

/// A card whose frames go to the peer in virtual network 5, and that receives what comes from there.
fn connect(hypervisor: &Hypervisor, number: u8, peer: &Hypervisor) -> Result<Port> {
    provision(hypervisor)?;
    let port = hypervisor.plug(&format!("vif{number}"), &format!("lp{number}"), mac(number))?;
    hypervisor.ofctl(&[], "add-tlv-map", ["{class=0x0102,type=0x80,len=4}->tun_metadata0"])?;
    let vif = format!("vif{number}");
    let out = format!(
        "in_port={vif},actions=set_field:5->tun_id,set_field:0x10002->tun_metadata0,\
         set_field:{}->tun_dst,output:geneve0",
        peer.address()
    );
    hypervisor.ofctl(&[], "add-flow", [out])?;
    let back = format!("in_port=geneve0,tun_id=5,tun_metadata0=0x10002,actions=output:{vif}");
    hypervisor.ofctl(&[], "add-flow", [back])?;
    Ok(port)
}

fn gone(pids: &[u32]) -> bool {
    pids.iter().all(|pid| !Path::new(&format!("/proc/{pid}")).exists())
}

#[test]
fn a_frame_crosses_geneve_and_the_wire_shows_its_network() -> Result {
    let lab = Lab::start(3)?;
    let one = connect(lab.hv(1), 1, lab.hv(3))?;
    let three = connect(lab.hv(3), 3, lab.hv(1))?;

    let sent = Frame::udp((mac(1), ip(1)), (mac(3), ip(3)), b"over the wire");
    one.inject(&sent)?;
    three.wait_same(&sent)?;

    let seen = lab.hv(3).tunnelled_frames()?;
    let expected = GeneveFrame {
        from: lab.hv(1).address(),
        to: lab.hv(3).address(),
        vni: 5,
        options: vec![GeneveOption { class: 0x0102, kind: 0x80, value: vec![0, 1, 0, 2] }],
        inner: seen.first().map(|frame| frame.inner.clone()).unwrap(),
    };
    assert_eq!(seen, [expected]);
    assert!(seen[0].inner.is_same(&sent), "{:?}", seen[0].inner);
    assert_eq!(lab.hv(2).tunnelled_frames()?, [], "a hypervisor that is not concerned");
    one.expect_no_frame(Duration::ZERO, |_| true)
}

#[test]
fn what_was_forgotten_is_not_seen_again() -> Result {
    let lab = Lab::start(1)?;
    provision(lab.hv(1))?;
    let first = lab.hv(1).plug("vif1", "lp1", mac(1))?;
    let second = lab.hv(1).plug("vif2", "lp2", mac(2))?;
    lab.hv(1).ofctl(&[], "add-flow", ["in_port=vif1,actions=output:vif2"])?;

    let before = Frame::ping((mac(1), ip(1)), (mac(2), ip(2)), 1);
    let after = Frame::ping((mac(1), ip(1)), (mac(2), ip(2)), 2);
    first.inject(&before)?;
    second.wait_same(&before)?;
    second.forget()?;
    first.inject(&after)?;
    second.wait_same(&after)?;
    assert_eq!(second.frames()?.len(), 1);

    // A card of the same name starts with an empty record.
    lab.hv(1).unplug(second)?;
    assert_eq!(lab.hv(1).plug("vif2", "lp2", mac(2))?.frames()?, []);
    Ok(())
}

#[test]
fn a_switch_killed_and_started_again_is_back_on_the_underlay() -> Result {
    let lab = Lab::start(2)?;
    let one = connect(lab.hv(1), 1, lab.hv(2))?;
    let two = connect(lab.hv(2), 2, lab.hv(1))?;
    let sent = Frame::udp((mac(1), ip(1)), (mac(2), ip(2)), b"before");
    one.inject(&sent)?;
    two.wait_same(&sent)?;

    lab.hv(1).kill_vswitchd()?;
    assert!(one.inject(&sent).is_err(), "nobody can take the frame");
    lab.hv(1).start_vswitchd()?;
    assert!(lab.hv(1).flows()?.is_empty(), "flows are not kept by the switch");
    lab.hv(1).ofctl(&[], "add-tlv-map", ["{class=0x0102,type=0x80,len=4}->tun_metadata0"])?;
    let flow = "in_port=vif1,actions=set_field:5->tun_id,set_field:0x10002->tun_metadata0,\
                set_field:192.168.0.2->tun_dst,output:geneve0";
    lab.hv(1).ofctl(&[], "add-flow", [flow])?;
    let sent = Frame::udp((mac(1), ip(1)), (mac(2), ip(2)), b"after");
    one.inject(&sent)?;
    two.wait_same(&sent)?;
    Ok(())
}

#[test]
fn a_database_killed_and_started_again_has_what_it_had() -> Result {
    let lab = Lab::start(1)?;
    lab.hv(1).kill_ovsdb()?;
    lab.hv(1).start_ovsdb()?;
    assert_eq!(lab.hv(1).vsctl(["get", "Open_vSwitch", ".", "external_ids:system-id"])?.trim(), "hv1");
    assert_eq!(lab.hv(1).vsctl(["list-br"])?.trim(), "br-phys");
    Ok(())
}

#[test]
fn northbound_keeps_its_rows_over_a_crash() -> Result {
    let lab = Lab::start(0)?;
    let northbound = lab.northbound()?;
    northbound.nbctl(["ls-add", "ls1"])?;
    northbound.kill()?;
    assert!(northbound.nbctl(["--no-leader-only", "--timeout=1", "ls-list"]).is_err());
    northbound.start()?;
    assert!(northbound.nbctl(["ls-list"])?.contains("(ls1)"));
    Ok(())
}

#[test]
fn nothing_is_left_behind() -> Result {
    let lab = Lab::start(2)?;
    let northbound = lab.northbound()?;
    let dir = lab.dir().to_owned();
    let mut pids = lab.pids();
    pids.extend(northbound.pid());
    assert_eq!(pids.len(), 7, "a database and a switch for each of 3, and Northbound");
    assert!(!gone(&pids));
    drop(lab);
    drop(northbound);
    assert!(gone(&pids));
    assert!(!dir.exists(), "{dir:?}");
    Ok(())
}

/// Run by the next test in a process of its own; by itself it is a lab that comes and goes.
#[test]
fn lab_in_a_process_that_dies() -> Result {
    let lab = Lab::start(1)?;
    if let Some(report) = std::env::var_os("WEIR_LAB_TEST_REPORT") {
        let pids: Vec<String> = lab.pids().iter().map(u32::to_string).collect();
        let text = format!("{}\n{}\n", lab.dir().display(), pids.join(" "));
        std::fs::write(report, text).unwrap();
        // SIGABRT: no destructor runs.
        std::process::abort();
    }
    Ok(())
}

#[test]
fn nothing_is_left_behind_by_a_process_that_dies() -> Result {
    let scratch = tempfile::tempdir().unwrap();
    let report = scratch.path().join("report");
    let status = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "lab_in_a_process_that_dies"])
        .env("WEIR_LAB_TEST_REPORT", &report)
        .output()
        .unwrap()
        .status;
    assert!(!status.success());
    let text = std::fs::read_to_string(&report).unwrap();
    let (dir, pids) = text.trim().split_once('\n').unwrap();
    let pids: Vec<u32> = pids.split(' ').map(|pid| pid.parse().unwrap()).collect();
    assert_eq!(pids.len(), 4);
    wait_until(PATIENCE, "the reaper", || gone(&pids) && !Path::new(dir).exists())
}

#[test]
fn plugging_without_a_br_int_says_what_is_missing() -> Result {
    let lab = Lab::start(1)?;
    let error = lab.hv(1).wait_br_int_within(Duration::from_millis(100)).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("br-int on hv1") && text.contains("bridges: br-phys"), "{text}");

    lab.hv(1).vsctl(["add-br", "br-int"])?;
    let text = lab.hv(1).plug("vif1", "lp1", mac(1)).unwrap_err().to_string();
    assert!(text.contains("datapath_type"), "{text}");
    Ok(())
}

#[test]
fn every_flow_change_is_seen_even_one_that_changes_nothing() -> Result {
    let lab = Lab::start(1)?;
    provision(lab.hv(1))?;
    lab.hv(1).ofctl(&[], "add-flow", ["table=7,priority=3,actions=drop"])?;
    let mut watch = lab.hv(1).watch_flows()?;
    assert_eq!(watch.changes()?, [], "what was there before is no change");

    lab.hv(1).ofctl(&[], "add-flow", ["table=7,priority=3,actions=drop"])?;
    lab.hv(1).ofctl(&[], "add-flow", ["table=8,priority=3,actions=drop"])?;
    lab.hv(1).ofctl(&["--strict"], "del-flows", ["table=8,priority=3"])?;
    let changes: Vec<Change> = watch.changes()?.iter().map(|change| change.change).collect();
    assert_eq!(changes, [Change::Added, Change::Added, Change::Deleted]);
    Ok(())
}

#[test]
fn a_lab_that_is_kept_lives_on_until_its_stop_script_runs() -> Result {
    let lab = Lab::start(1)?;
    let (dir, pids) = (lab.dir().to_owned(), lab.pids());
    let stop = lab.keep()?;
    drop(lab);
    assert!(pids.iter().all(|pid| !gone(&[*pid])));
    assert!(std::process::Command::new("sh").arg(stop).status().unwrap().success());
    // They are children of this process: dead, but not gone from the table until it ends.
    let dead = |pid: &u32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.is_empty() || stat.contains(") Z ")
    };
    wait_until(PATIENCE, "the daemons to end", || pids.iter().all(dead))?;
    assert!(!dir.exists());
    Ok(())
}

#[test]
fn northbound_can_be_of_an_older_release() -> Result {
    let lab = Lab::start(0)?;
    let northbound = lab.northbound_without(&["Copp"])?;
    northbound.nbctl(["ls-add", "ls1"])?;
    let remote = northbound.remote();
    let columns = weir_lab::Programs::from_env().run("ovsdb-client", ["list-columns", &remote])?;
    assert!(columns.contains("Logical_Switch ") && !columns.to_lowercase().contains("copp"), "{columns}");
    Ok(())
}
