//! Groups, and the flows that use them.

use std::sync::Arc;

use openflow::{Action, Bucket, Flow, Group, GroupType, Instructions, Meter, MeterBand, MeterFlags, PortNo};
use weir_lab::{Hypervisor, Lab, PATIENCE, Result, wait_for};
use weir_shim::chassis::{Delta, HypervisorConfig, ScopeChange};

use crate::harness::{Control, flow};

fn group(id: u32, ports: &[u32]) -> Arc<Group> {
    let bucket = |(at, port): (usize, &u32)| {
        Bucket::new(u32::try_from(at).unwrap(), vec![Action::output(PortNo(*port))])
    };
    Arc::new(Group {
        id,
        kind: GroupType::Select,
        selection: None,
        buckets: ports.iter().enumerate().map(bucket).collect(),
    })
}

fn to_group(metadata: u64, id: u32) -> Arc<Flow> {
    let instructions = Instructions::apply(vec![Action::Group(id)]);
    Arc::new(Flow { instructions, ..Flow::clone(&flow(metadata, 1)) })
}

fn added<T>(items: &[Arc<T>]) -> Delta<Arc<T>> {
    Delta { removed: vec![], added: items.to_vec() }
}

fn removed<T>(items: &[Arc<T>]) -> Delta<Arc<T>> {
    Delta { removed: items.to_vec(), added: vec![] }
}

#[track_caller]
fn wait_state(hv: &Hypervisor, n_flows: usize, groups: &[&str]) {
    wait_for(PATIENCE, "groups and flows", || {
        let text = hv.ofctl(&[], "dump-groups", [""; 0])?;
        let lines: Vec<&str> = text.lines().filter(|line| line.contains("group_id")).collect();
        let matches = lines.len() == groups.len()
            && groups.iter().all(|group| lines.iter().any(|line| line.contains(group)));
        let flows = hv.flows()?;
        Ok(if matches && flows.len() == n_flows { Ok(()) } else { Err(format!("{lines:#?} {flows:#?}")) })
    })
    .unwrap();
}

#[test]
fn groups_come_before_their_flows_and_go_after_them() -> Result {
    let lab = Lab::start(1)?;
    let hv = lab.hv(1);
    let control = Control::start();
    let addresses = control.addresses;
    control.take_over(&lab, &[]);
    let hypervisors = &control.hypervisors;

    control.apply_with_groups(
        "hv1",
        2,
        added(&[group(7, &[1, 2])]),
        added(&[to_group(1, 7), to_group(2, 7)]),
    );
    control.advance(2);
    control.wait_confirmed(2);
    wait_state(hv, 2, &["group_id=7"]);

    // The same number with other contents: in place, its flows stay.
    let (old, new) = (group(7, &[1, 2]), group(7, &[3]));
    control.apply_with_groups("hv1", 3, Delta { removed: vec![old], added: vec![new] }, Delta::default());
    control.advance(3);
    control.wait_confirmed(3);
    wait_state(hv, 2, &["output:3"]);

    // Another group: one flow moves over to it.
    let flows = Delta { removed: vec![to_group(1, 7)], added: vec![to_group(1, 8)] };
    control.apply_with_groups("hv1", 4, added(&[group(8, &[4])]), flows);
    control.advance(4);
    control.wait_confirmed(4);
    wait_state(hv, 2, &["group_id=7", "group_id=8"]);
    let metrics = hypervisors.metrics();
    assert_eq!((metrics.groups_changed, metrics.rejected_flows, metrics.repairs), (3, 0, 0));
    control.stop();

    let control = Control::start_at(addresses, HypervisorConfig::default());
    control.apply_with_groups("hv1", 1, added(&[group(7, &[3]), group(8, &[4])]), Delta::default());
    control.adopt(&[to_group(1, 8), to_group(2, 7)]);
    assert_eq!(control.hypervisors.metrics().bundles, 0, "nothing changed");

    control.apply_with_groups("hv1", 2, removed(&[group(7, &[3])]), removed(&[to_group(2, 7)]));
    control.advance(2);
    control.wait_confirmed(2);
    wait_state(hv, 1, &["group_id=8"]);
    assert_eq!(control.hypervisors.metrics().repairs, 0);
    Ok(())
}

#[test]
fn a_group_deleted_by_hand_is_back_with_its_flows() -> Result {
    let lab = Lab::start(1)?;
    let control = Control::start();
    control.take_over(&lab, &[]);
    let group = group(7, &[1, 2]);
    control.apply_with_groups("hv1", 2, added(&[group]), added(&[to_group(1, 7), flow(2, 2)]));
    control.advance(2);
    control.wait_confirmed(2);
    lab.hv(1).ofctl(&[], "del-groups", ["group_id=7"])?;
    control.wait_metrics("it is repaired", |metrics| metrics.repairs > 0);
    wait_state(lab.hv(1), 2, &["group_id=7"]);
    Ok(())
}

#[test]
fn a_flow_without_its_group_is_refused_until_the_group_is_there() -> Result {
    let lab = Lab::start(1)?;
    let control = Control::start();
    control.take_over(&lab, &[]);
    control.apply("hv1", 2, vec![], vec![to_group(1, 7)]);
    control.advance(2);
    control.wait_confirmed(2);
    wait_state(lab.hv(1), 0, &[]);
    control.apply_with_groups("hv1", 3, added(&[group(7, &[1])]), Delta::default());
    control.advance(3);
    wait_state(lab.hv(1), 1, &["group_id=7"]);
    Ok(())
}

#[test]
fn meters_come_before_their_flows_change_in_place_and_go_after_them() -> Result {
    let lab = Lab::start(1)?;
    let control = Control::start();
    control.take_over(&lab, &[]);
    let meter = |rate: u32| Meter {
        id: 5,
        flags: MeterFlags::PKTPS.union(MeterFlags::STATS),
        bands: vec![MeterBand::drop(rate, 0)],
    };
    let metered = {
        let instructions = Instructions::apply(vec![Action::Meter(5), Action::output(PortNo(1))]);
        Flow { instructions, ..Flow::clone(&flow(1, 1)) }
    };
    let give = |epoch: u64, meters: Delta<Meter>, flows: Delta<Flow>| {
        let change = ScopeChange { flows, meters, gained: vec!["hv1".into()], ..ScopeChange::default() };
        control.hypervisors.apply(epoch, [("hv1".to_owned(), change)]);
        control.wait_confirmed(epoch);
    };
    let wait = |n_flows: usize, text: &str| {
        wait_for(PATIENCE, "meters and flows", || {
            let meters = lab.hv(1).ofctl(&[], "dump-meters", [""; 0])?;
            let flows = lab.hv(1).flows()?;
            let fine = meters.contains(text) && meters.contains("meter=5") != text.is_empty();
            Ok(if fine && flows.len() == n_flows { Ok(()) } else { Err(format!("{meters} {flows:#?}")) })
        })
    };
    give(
        2,
        Delta { removed: vec![], added: vec![meter(10)] },
        Delta { removed: vec![], added: vec![metered.clone()] },
    );
    wait(1, "rate=10")?;
    give(3, Delta { removed: vec![meter(10)], added: vec![meter(20)] }, Delta::default());
    wait(1, "rate=20")?;
    lab.hv(1).ofctl(&[], "del-meter", ["meter=5"])?;
    control.wait_metrics("the flow that went with the meter is noticed", |metrics| metrics.repairs > 0);
    wait(1, "rate=20")?;
    give(
        4,
        Delta { removed: vec![meter(20)], added: vec![] },
        Delta { removed: vec![metered], added: vec![] },
    );
    wait(0, "")?;
    assert_eq!(control.hypervisors.metrics().conflicting_flows, 0);
    Ok(())
}
