//! Hypervisors that go.

use std::time::Duration;

use weir_lab::{Lab, PATIENCE, Result, wait_until};
use weir_shim::chassis::{ChassisEvent, HypervisorConfig};

use crate::harness::{Addresses, Control, flow, wait_flows};

fn impatient() -> Control {
    let config = HypervisorConfig { leave_after: Duration::from_millis(200), ..HypervisorConfig::default() };
    Control::start_at(Addresses::choose(), config)
}

#[track_caller]
fn wait_left(control: &Control) {
    control.wait("leave", |event| {
        matches!(event, ChassisEvent::Left { chassis } if **chassis == *"hv1").then_some(())
    });
}

#[test]
fn a_hypervisor_out_of_reach_has_left_and_may_come_back() -> Result {
    let lab = Lab::start(1)?;
    let control = impatient();
    control.take_over(&lab, &[flow(1, 1)]);
    lab.hv(1).kill_ovsdb()?;
    control.wait("loss", |event| matches!(event, ChassisEvent::Lost { .. }).then_some(()));
    // Its switch is still there: it has not left.
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(control.hypervisors.metrics().switches_up, 1);
    control.apply("hv1", 2, vec![], vec![flow(2, 2)]);
    control.advance(2);
    lab.hv(1).kill_vswitchd()?;
    wait_left(&control);

    lab.hv(1).start_ovsdb()?;
    lab.hv(1).start_vswitchd()?;
    control.wait_facts(|_| true);
    control.hypervisors.admit("hv1");
    control.wait_confirmed(2);
    wait_flows(lab.hv(1), &[flow(1, 1), flow(2, 2)]);
    Ok(())
}

#[test]
fn a_hypervisor_without_system_id_is_waited_for_and_one_that_loses_it_has_left() -> Result {
    let lab = Lab::start(1)?;
    let hv = lab.hv(1);
    hv.vsctl(["remove", "Open_vSwitch", ".", "external_ids", "system-id"])?;
    let control = Control::start();
    hv.set_manager(&control.manager())?;
    control.wait_metrics("its database is in step", |metrics| metrics.databases_up == 1);
    assert_eq!(hv.vsctl(["list-br"])?.trim(), "br-phys", "nothing is written to a hypervisor without a name");
    hv.vsctl(["set", "Open_vSwitch", ".", "external_ids:system-id=hv1"])?;
    control.adopt(&[flow(1, 1)]);
    hv.vsctl(["remove", "Open_vSwitch", ".", "external_ids", "system-id"])?;
    wait_left(&control);
    control.wait_metrics("its switch is let go", |metrics| metrics.switches_up == 0);
    wait_flows(hv, &[flow(1, 1)]);
    Ok(())
}

#[test]
fn a_hypervisor_that_its_operator_takes_away_has_left() -> Result {
    let lab = Lab::start(1)?;
    let control = impatient();
    control.take_over(&lab, &[flow(1, 1)]);
    // Its server may close the connection before it has told why. Then only the bridge that goes is a sign.
    lab.hv(1).vsctl(["del-manager"])?;
    lab.hv(1).vsctl(["del-br", "br-int"])?;
    wait_left(&control);
    Ok(())
}

#[test]
fn a_forgotten_hypervisor_starts_anew() -> Result {
    let lab = Lab::start(1)?;
    let control = Control::start();
    control.take_over(&lab, &[flow(1, 1)]);
    control.hypervisors.forget("hv1");
    wait_left(&control);
    // What it should have is the engine's to say, whether it is known or not.
    control.apply("hv1", 2, vec![flow(1, 1)], vec![]);
    control.adopt(&[flow(2, 2)]);
    wait_flows(lab.hv(1), &[flow(2, 2)]);
    Ok(())
}

#[test]
fn the_operator_can_dial_instead() -> Result {
    let lab = Lab::start(1)?;
    let config =
        HypervisorConfig { dial: vec![lab.hv(1).database().parse().unwrap()], ..HypervisorConfig::default() };
    let control = Control::start_at(Addresses::choose(), config);
    control.adopt(&[flow(1, 1)]);
    wait_flows(lab.hv(1), &[flow(1, 1)]);
    assert!(lab.hv(1).vsctl(["get-manager"])?.trim().is_empty());
    let writes = control.hypervisors.metrics().database_writes;
    lab.hv(1).vsctl(["set", "bridge", "br-int", "fail_mode=standalone"])?;
    wait_until(PATIENCE, "what was changed by hand is put right", || {
        lab.hv(1).vsctl(["get", "bridge", "br-int", "fail_mode"]).unwrap().contains("secure")
    })?;
    assert_eq!(control.hypervisors.metrics().database_writes, writes + 1);
    Ok(())
}

#[test]
fn a_hypervisor_of_an_earlier_run_that_does_not_call_has_left() {
    let control = impatient();
    control.hypervisors.expect("hv1");
    wait_left(&control);
    // What the engine withdraws then is no news.
    control.hypervisors.forget("hv1");
    control.apply("hv1", 2, vec![flow(1, 1)], vec![]);
}
