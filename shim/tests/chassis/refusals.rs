//! Flows that a switch does not take.

use std::collections::BTreeSet;
use std::sync::Arc;

use openflow::{Action, Flow, Instructions};
use weir_lab::{Lab, Result};
use weir_shim::chassis::ChassisEvent;

use crate::harness::{Control, flow, wait_flows};

/// Refused when it is decoded: a jump can only go forward.
fn jumping_back(metadata: u64) -> Arc<Flow> {
    let instructions = Instructions { goto_table: Some(3), ..Instructions::default() };
    Arc::new(Flow { instructions, ..Flow::clone(&flow(metadata, 1)) })
}

/// Refused when it is committed: there is no such group.
fn to_no_group(metadata: u64) -> Arc<Flow> {
    let instructions = Instructions::apply(vec![Action::Group(77)]);
    Arc::new(Flow { instructions, ..Flow::clone(&flow(metadata, 1)) })
}

#[test]
fn refused_flows_are_reported_and_the_others_go_in() -> Result {
    let lab = Lab::start(1)?;
    let control = Control::start();
    let bad = [jumping_back(10), to_no_group(11), to_no_group(12)];
    let mut all: Vec<_> = (1..=5).map(|n| flow(n, 1)).collect();
    let good = all.clone();
    all.extend(bad.iter().cloned());
    lab.hv(1).set_manager(&control.manager())?;
    control.hypervisors.open_gate();
    control.wait_facts(|_| true);
    control.apply("hv1", 1, vec![], all);
    control.advance(1);
    control.hypervisors.admit("hv1");
    let mut refused = BTreeSet::new();
    let sent = control.wait("confirmation", |event| match event {
        ChassisEvent::Rejected { flow, .. } => {
            refused.insert(Flow::clone(flow));
            None
        }
        ChassisEvent::Confirmed { sent, .. } => Some(*sent),
        _ => None,
    });
    assert_eq!(sent, good.len());
    assert_eq!(refused, bad.iter().map(|flow| Flow::clone(flow)).collect());
    wait_flows(lab.hv(1), &good);
    assert_eq!(control.hypervisors.metrics().rejected_flows, 3);

    // A refused flow is tried again when it changes, and only then.
    let more = flow(6, 1);
    control.apply("hv1", 2, vec![to_no_group(11)], vec![flow(11, 4), Arc::clone(&more)]);
    control.advance(2);
    assert_eq!(control.wait_confirmed(2), 2);
    control.apply("hv1", 3, vec![to_no_group(12)], vec![]);
    control.advance(3);
    assert_eq!(control.wait_confirmed(3), 0, "there is nothing to delete");
    assert_eq!(control.hypervisors.metrics().rejected_flows, 3);
    Ok(())
}
