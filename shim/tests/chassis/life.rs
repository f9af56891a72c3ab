//! From the first call to the end.

use std::time::Duration;

use weir_lab::{Lab, Mac, PATIENCE, Result, wait_for, wait_until};
use weir_shim::chassis::{ChassisEvent, HypervisorConfig, InterfaceFact};

use crate::harness::{Control, flow, wait_flows};

#[test]
fn a_hypervisor_that_calls_is_provisioned_programmed_and_marked() -> Result {
    let lab = Lab::start(1)?;
    let control = Control::start();
    let hv = lab.hv(1);
    hv.set_manager(&control.manager())?;
    let facts = control.wait_facts(|facts| facts.tunnel_ofport.is_some());
    assert_eq!(
        (facts.hostname.as_str(), facts.encap_ip.as_str()),
        ("hv1", hv.address().to_string().as_str())
    );

    let bridge =
        hv.vsctl(["--columns=fail_mode,protocols,datapath_type,other_config", "list", "bridge", "br-int"])?;
    for expected in
        ["secure", "OpenFlow15", "dummy", "dp-sn=weir-", "disable-in-band=\"true\"", "dp-desc=\"weir:hv1\""]
    {
        assert!(bridge.contains(expected), "{expected} in {bridge}");
    }

    let port = hv.plug("vif1", "lp1", Mac([2, 0, 0, 0, 0, 1]))?;
    let facts = control.wait_facts(|facts| !facts.interfaces.is_empty());
    let ofport = facts.interfaces[0].ofport;
    let expected = InterfaceFact { name: "vif1".to_owned(), iface_id: "lp1".to_owned(), ofport };
    assert_eq!(facts.interfaces, [expected]);

    let hypervisors = &control.hypervisors;
    hypervisors.open_gate();
    control.apply("hv1", 1, vec![], vec![flow(1, 1), flow(2, 2)]);
    control.advance(1);
    hypervisors.admit("hv1");
    assert_eq!(control.wait_confirmed(1), 2);
    wait_flows(hv, &[flow(1, 1), flow(2, 2)]);

    control.apply("hv1", 2, vec![flow(1, 1), flow(2, 2)], vec![flow(1, 9), flow(3, 3)]);
    control.advance(2);
    assert_eq!(control.wait_confirmed(2), 3);
    wait_flows(hv, &[flow(1, 9), flow(3, 3)]);
    let metrics = hypervisors.metrics();
    assert_eq!((metrics.flows_added, metrics.flows_modified, metrics.flows_deleted), (3, 1, 1));
    assert_eq!((metrics.bundles, metrics.repairs, metrics.rejected_flows), (2, 0, 0));

    control.advance(3);
    assert_eq!(control.wait_confirmed(3), 0, "nothing to do, confirmed at once");

    let mark = || hv.vsctl(["--if-exists", "get", "interface", "vif1", "external_ids:ovn-installed"]);
    hypervisors.mark_installed("hv1", "lp1", true);
    wait_until(PATIENCE, "the mark", || mark().unwrap().contains("true"))?;
    hypervisors.mark_installed("hv1", "lp1", false);
    wait_until(PATIENCE, "no mark", || mark().unwrap().trim().is_empty())?;

    hv.unplug(port)?;
    control.wait_facts(|facts| facts.interfaces.is_empty());
    Ok(())
}

#[test]
fn a_restart_with_nothing_changed_sends_nothing() -> Result {
    let lab = Lab::start(1)?;
    let flows = [flow(1, 1), flow(2, 2)];
    let control = Control::start();
    let addresses = control.addresses;
    control.take_over(&lab, &flows);
    let serial = lab.hv(1).vsctl(["get", "bridge", "br-int", "other_config:dp-sn"])?;
    control.stop();
    wait_flows(lab.hv(1), &flows);

    let control = Control::start_at(addresses, HypervisorConfig::default());
    control.adopt(&flows);
    let metrics = control.hypervisors.metrics();
    assert_eq!((metrics.flow_mods(), metrics.bundles, metrics.database_writes), (0, 0, 0));
    assert_eq!(lab.hv(1).vsctl(["get", "bridge", "br-int", "other_config:dp-sn"])?, serial);
    wait_flows(lab.hv(1), &flows);
    Ok(())
}

#[test]
fn a_restart_sends_only_what_changed_meanwhile() -> Result {
    let lab = Lab::start(1)?;
    let control = Control::start();
    let addresses = control.addresses;
    control.take_over(&lab, &[flow(1, 1), flow(2, 2), flow(3, 3)]);
    control.stop();

    let control = Control::start_at(addresses, HypervisorConfig::default());
    control.adopt(&[flow(1, 1), flow(2, 9), flow(4, 4)]);
    let metrics = control.hypervisors.metrics();
    assert_eq!((metrics.flows_added, metrics.flows_modified, metrics.flows_deleted), (1, 1, 1));
    wait_flows(lab.hv(1), &[flow(1, 1), flow(2, 9), flow(4, 4)]);
    Ok(())
}

#[test]
fn flows_stay_as_they_are_until_the_engine_knows_everything() -> Result {
    let lab = Lab::start(1)?;
    let control = Control::start();
    let addresses = control.addresses;
    control.take_over(&lab, &[flow(1, 1)]);
    control.stop();

    let control = Control::start_at(addresses, HypervisorConfig::default());
    control.wait_facts(|_| true);
    let is_connected = || {
        let controllers = lab.hv(1).vsctl(["--columns=is_connected", "list", "controller"])?;
        Ok(if controllers.contains("true") { Ok(()) } else { Err(controllers) })
    };
    wait_for(PATIENCE, "the switch to connect", is_connected)?;
    // The gate alone is not enough: this hypervisor's interfaces might not be in the engine yet.
    control.hypervisors.open_gate();
    control.advance(1);
    std::thread::sleep(Duration::from_millis(300));
    wait_flows(lab.hv(1), &[flow(1, 1)]);
    assert_eq!(control.hypervisors.metrics().flow_mods(), 0);
    control.hypervisors.admit("hv1");
    control.wait_confirmed(1);
    wait_flows(lab.hv(1), &[]);
    Ok(())
}

#[test]
fn a_switch_and_a_database_that_restart_are_brought_back() -> Result {
    let lab = Lab::start(1)?;
    let control = Control::start();
    control.take_over(&lab, &[flow(1, 1)]);
    lab.hv(1).kill_vswitchd()?;
    control.apply("hv1", 2, vec![], vec![flow(2, 2)]);
    control.advance(2);
    lab.hv(1).start_vswitchd()?;
    control.wait_confirmed(2);
    wait_flows(lab.hv(1), &[flow(1, 1), flow(2, 2)]);
    let options = lab.hv(1).ofctl(&[], "dump-tlv-map", [""; 0])?;
    assert!(options.contains("tun_metadata0"), "{options}");

    lab.hv(1).kill_ovsdb()?;
    control.wait("loss", |event| matches!(event, ChassisEvent::Lost { .. }).then_some(()));
    lab.hv(1).start_ovsdb()?;
    control.wait_facts(|_| true);
    control.apply("hv1", 3, vec![flow(1, 1)], vec![]);
    control.advance(3);
    control.wait_confirmed(3);
    wait_flows(lab.hv(1), &[flow(2, 2)]);
    Ok(())
}

#[test]
fn many_flows_go_in_and_out() -> Result {
    let lab = Lab::start(1)?;
    let control = Control::start();
    let many: Vec<_> = (0..25_000).map(|n| flow(n, 1)).collect();
    control.take_over(&lab, &many);
    assert_eq!(lab.hv(1).flows()?.len(), many.len());
    assert_eq!(control.hypervisors.metrics().bundles, 3);
    control.apply("hv1", 2, many, vec![flow(7, 7)]);
    control.advance(2);
    control.wait_confirmed(2);
    wait_flows(lab.hv(1), &[flow(7, 7)]);
    assert_eq!(control.hypervisors.metrics().repairs, 0, "what we do ourselves is nobody else's doing");
    Ok(())
}
