//! Others' hands in the flow tables.

use std::time::Duration;

use weir_lab::{Lab, Result};
use weir_shim::chassis::HypervisorConfig;

use crate::harness::{Addresses, Control, flow, wait_flows};

#[test]
fn what_is_changed_by_hand_is_put_right() -> Result {
    let lab = Lab::start(1)?;
    let hv = lab.hv(1);
    let control = Control::start();
    let flows = [flow(1, 1), flow(2, 2)];
    control.take_over(&lab, &flows);

    hv.ofctl(&["--strict"], "del-flows", ["table=8,priority=50,metadata=1"])?;
    control.wait_metrics("a flow deleted is back", |metrics| metrics.repairs == 1);
    wait_flows(hv, &flows);

    hv.ofctl(&["--strict"], "mod-flows", ["table=8,priority=50,metadata=2,actions=output:7"])?;
    control.wait_metrics("a flow changed is as before", |metrics| metrics.repairs == 2);
    wait_flows(hv, &flows);

    hv.ofctl(&[], "add-flow", ["table=8,priority=50,metadata=3,actions=output:3"])?;
    control.wait_metrics("a flow added is gone", |metrics| metrics.repairs == 3);
    wait_flows(hv, &flows);

    hv.ofctl(&[], "del-flows", [""; 0])?;
    control.wait_metrics("all flows are back", |metrics| metrics.repairs == 5);
    wait_flows(hv, &flows);
    Ok(())
}

#[test]
fn a_flow_that_goes_by_itself_is_left_to_go() -> Result {
    let lab = Lab::start(1)?;
    let control = Control::start();
    control.take_over(&lab, &[flow(1, 1)]);
    lab.hv(1).ofctl(&[], "add-flow", ["table=9,idle_timeout=60,priority=50,metadata=3,actions=output:3"])?;
    control.apply("hv1", 2, vec![], vec![flow(2, 2)]);
    control.advance(2);
    control.wait_confirmed(2);
    let flows = lab.hv(1).flows()?;
    assert!(flows.iter().any(|line| line.contains("idle_timeout=60")), "{flows:?}");
    assert_eq!(control.hypervisors.metrics().repairs, 0);
    Ok(())
}

#[test]
fn audits_of_untouched_tables_find_nothing() -> Result {
    let lab = Lab::start(1)?;
    let often = HypervisorConfig { audit_every: Duration::from_millis(20), ..HypervisorConfig::default() };
    let control = Control::start_at(Addresses::choose(), often);
    control.take_over(&lab, &[flow(1, 1)]);
    for epoch in 2..100u64 {
        control.apply("hv1", epoch, vec![], vec![flow(epoch, 2)]);
        control.advance(epoch);
        control.wait_confirmed(epoch);
    }
    assert_eq!(control.hypervisors.metrics().repairs, 0);
    Ok(())
}
