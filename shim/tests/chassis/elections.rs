//! Two processes at one switch.

use weir_lab::{Lab, PATIENCE, Result, wait_for};
use weir_shim::chassis::Leadership;

use crate::harness::{Control, flow, wait_flows};

/// What the switch answers when asked for its controllers' roles.
fn wait_roles(lab: &Lab, wanted: &[&str]) -> Result {
    wait_for(PATIENCE, "the roles", || {
        let text =
            lab.hv(1).vsctl(["--columns=role", "--format=csv", "--no-headings", "list", "controller"])?;
        let mut roles: Vec<&str> = text.lines().collect();
        roles.sort_unstable();
        Ok(if roles == wanted { Ok(()) } else { Err(text) })
    })
}

#[test]
fn the_standby_sends_nothing_until_it_is_elected_and_then_only_what_differs() -> Result {
    let lab = Lab::start(1)?;
    let (active, standby) = (Control::start(), Control::start());
    active.take_over(&lab, &[flow(1, 1), flow(2, 2)]);
    standby.hypervisors.stand_by();
    lab.hv(1).vsctl(["set-manager", &active.manager(), &standby.manager()])?;
    standby.hypervisors.open_gate();
    standby.wait_facts(|_| true);
    standby.apply("hv1", 1, vec![], vec![flow(1, 1), flow(3, 3)]);
    standby.hypervisors.admit("hv1");
    wait_roles(&lab, &["master", "slave"])?;
    wait_flows(lab.hv(1), &[flow(1, 1), flow(2, 2)]);
    assert_eq!(standby.hypervisors.leadership(), Leadership::Standby);

    standby.hypervisors.lead();
    assert_eq!(standby.wait_confirmed(1), 2, "one to add, one to delete");
    wait_flows(lab.hv(1), &[flow(1, 1), flow(3, 3)]);
    assert_eq!(standby.hypervisors.metrics().flow_mods(), 2);
    Ok(())
}

#[test]
fn one_that_was_paused_and_does_not_know_that_it_was_replaced_cannot_change_a_switch() -> Result {
    let lab = Lab::start(1)?;
    let (old, new) = (Control::start(), Control::start());
    old.take_over(&lab, &[flow(1, 1)]);
    new.hypervisors.stand_by();
    lab.hv(1).vsctl(["set-manager", &old.manager(), &new.manager()])?;
    wait_roles(&lab, &["master", "slave"])?;
    new.hypervisors.lead();
    new.adopt(&[flow(1, 1), flow(2, 2)]);
    wait_flows(lab.hv(1), &[flow(1, 1), flow(2, 2)]);

    // It still believes that it leads, and tries for as long as that takes it to fail.
    assert!(matches!(old.hypervisors.leadership(), Leadership::Active { .. }));
    for epoch in 2..40 {
        old.apply("hv1", epoch, vec![], vec![flow(100 + epoch, 1)]);
        old.advance(epoch);
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    wait_flows(lab.hv(1), &[flow(1, 1), flow(2, 2)]);
    let metrics = new.hypervisors.metrics();
    assert_eq!((metrics.repairs, metrics.flow_mods()), (0, 1), "there was nothing to repair");
    Ok(())
}
