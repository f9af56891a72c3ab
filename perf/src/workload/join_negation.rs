//! Half a million ports, the switches they are on, the ACLs of those, and the ports that are blocked: two joins and a negation.

use datafrog::{Iteration, Relation};
use differential_dataflow::input::Input as _;
use timely::dataflow::ProbeHandle;

use super::by_hand::{Counts, Input, Program, Typed, by_hand, count};
use super::drive::batch;
use super::facts::Facts;
use super::numbers::{scaled, scatter};
use super::{ASCENT, BY_HAND, DATAFROG, Workload};
use crate::Outcome;

pub(super) const WORKLOAD: Workload = Workload {
    name: "join-negation",
    rules: "
        input relation Port(switch: bit<32>, port: bit<32>, vlan: bit<32>, ip: bit<32>)
        input relation Switch(switch: bit<32>, chassis: bit<32>, tenant: bit<32>)
        input relation Acl(switch: bit<32>, priority: bit<32>, matching: bit<32>)
        input relation Blocked(port: bit<32>)
        output relation Filter(port: bit<32>, priority: bit<32>, matching: bit<32>, chassis: bit<32>)
        output relation Open(port: bit<32>, chassis: bit<32>, ip: bit<32>, tenant: bit<32>)
        relation Placed(switch: bit<32>, port: bit<32>, chassis: bit<32>, ip: bit<32>, tenant: bit<32>)

        Placed(switch, port, chassis, ip, tenant) :- Port(switch, port, _, ip), Switch(switch, chassis, tenant).
        Filter(port, priority, matching, chassis) :- Placed(switch, port, chassis, _, _), Acl(switch, priority, matching).
        Open(port, chassis, ip, tenant) :- Placed(_, port, chassis, ip, tenant), not Blocked(port).
    ",
    facts,
    others: &[(BY_HAND, run), (ASCENT, ascent), (DATAFROG, datafrog)],
};

fn facts(scale: f64) -> Facts {
    let (ports, switches) = (scaled(500_000, scale), scaled(20_000, scale));
    let number = |seed: u64, below: u64| (scatter(seed) % below) as u32;
    let port = |i| vec![number(i, switches), i as u32, number(i ^ 77, 4096), number(i ^ 99, 1 << 32)];
    let switch = |i| vec![i as u32, number(i ^ 5, 2000), number(i ^ 6, 500)];
    let acl = |i| vec![(i % switches) as u32, (i / switches) as u32, number(i ^ 1234, 1 << 32)];
    let blocked = |i| vec![number(i ^ 0xab_cdef, 2 * ports)];
    Facts::numbers([
        ("Port", (0..ports).map(port).collect()),
        ("Switch", (0..switches).map(switch).collect()),
        ("Acl", (0..4 * switches).map(acl).collect()),
        ("Blocked", (0..scaled(400_000, scale)).map(blocked).collect()),
    ])
}

fn run(facts: Facts, transactions: usize) -> anyhow::Result<Outcome> {
    by_hand(facts, transactions, |worker| {
        worker.dataflow::<u32, _, _>(|scope| {
            let (port, ports) = scope.new_collection::<(u32, (u32, u32, u32)), isize>();
            let (switch, switches) = scope.new_collection::<(u32, (u32, u32)), isize>();
            let (acl, acls) = scope.new_collection::<(u32, (u32, u32)), isize>();
            let (block, blocked) = scope.new_collection::<u32, isize>();
            let placed = ports.arrange_by_key().join_core(
                switches.arrange_by_key(),
                |switch, (port, _vlan, ip), (chassis, tenant)| {
                    Some((*switch, (*port, *chassis, *ip, *tenant)))
                },
            );
            let filter = placed.clone().arrange_by_key().join_core(
                acls.arrange_by_key(),
                |_, (port, chassis, _, _), (priority, matching)| {
                    Some((*port, *priority, *matching, *chassis))
                },
            );
            let by_port =
                placed.map(|(_, (port, chassis, ip, tenant))| (port, (chassis, ip, tenant))).arrange_by_key();
            let all =
                by_port.clone().as_collection(|port, (chassis, ip, tenant)| (*port, *chassis, *ip, *tenant));
            let closed = by_port
                .join_core(blocked.distinct().arrange_by_self(), |port, (chassis, ip, tenant), ()| {
                    Some((*port, *chassis, *ip, *tenant))
                });
            let open = all.concat(closed.negate());
            let (probe, counts) = (ProbeHandle::new(), Counts::default());
            let (filters, opens) = (counts.clone(), counts.clone());
            filter.distinct().inspect(move |(_, _, weight)| count(&filters, *weight)).probe_with(&probe);
            open.distinct().inspect(move |(_, _, weight)| count(&opens, *weight)).probe_with(&probe);
            let inputs: Vec<Box<dyn Input>> = vec![
                Box::new(Typed(port, |row| (row[0], (row[1], row[2], row[3])))),
                Box::new(Typed(switch, |row| (row[0], (row[1], row[2])))),
                Box::new(Typed(acl, |row| (row[0], (row[1], row[2])))),
                Box::new(Typed(block, |row| row[0])),
            ];
            Program { inputs, probe, counts }
        })
    })
}

mod by_ascent {
    ascent::ascent! {
        pub(super) struct JoinNegation;
        relation port(u32, u32, u32, u32);
        relation switch(u32, u32, u32);
        relation acl(u32, u32, u32);
        relation blocked(u32);
        relation placed(u32, u32, u32, u32, u32);
        relation filter(u32, u32, u32, u32);
        relation open(u32, u32, u32, u32);

        placed(switch, port, chassis, ip, tenant) <-- port(switch, port, _, ip), switch(switch, chassis, tenant);
        filter(port, priority, matching, chassis) <--
            placed(switch, port, chassis, _, _), acl(switch, priority, matching);
        open(port, chassis, ip, tenant) <-- placed(_, port, chassis, ip, tenant), !blocked(port);
    }
}

fn ascent(facts: Facts, _: usize) -> anyhow::Result<Outcome> {
    Ok(batch(&facts, |facts| {
        let rows = |relation: usize| facts.relations[relation].rows.iter();
        let mut program = by_ascent::JoinNegation::default();
        program.port = rows(0).map(|row| (row[0], row[1], row[2], row[3])).collect();
        program.switch = rows(1).map(|row| (row[0], row[1], row[2])).collect();
        program.acl = rows(2).map(|row| (row[0], row[1], row[2])).collect();
        program.blocked = rows(3).map(|row| (row[0],)).collect();
        program.run();
        program.filter.len() + program.open.len()
    }))
}

fn datafrog(facts: Facts, _: usize) -> anyhow::Result<Outcome> {
    Ok(batch(&facts, |facts| {
        let rows = |relation: usize| facts.relations[relation].rows.iter();
        let port: Relation<_> = rows(0).map(|row| (row[0], (row[1], row[3]))).collect();
        let switch: Relation<_> = rows(1).map(|row| (row[0], (row[1], row[2]))).collect();
        let acl: Relation<_> = rows(2).map(|row| (row[0], (row[1], row[2]))).collect();
        let blocked: Relation<u32> = rows(3).map(|row| row[0]).collect();
        let placed = Relation::from_join(&port, &switch, |switch, (port, ip), (chassis, tenant)| {
            (*switch, (*port, *chassis, *ip, *tenant))
        });
        let filter = Relation::from_join(&placed, &acl, |_, (port, chassis, _, _), (priority, matching)| {
            (*port, *priority, *matching, *chassis)
        });
        // The antijoin of two relations that do not change is always empty in datafrog 2.0.1: one of them is a variable.
        let mut iteration = Iteration::new();
        let by_port = iteration.variable("by port");
        let open = iteration.variable::<(u32, u32, u32, u32)>("open");
        by_port
            .extend(placed.iter().map(|(_, (port, chassis, ip, tenant))| (*port, (*chassis, *ip, *tenant))));
        while iteration.changed() {
            open.from_antijoin(&by_port, &blocked, |port, (chassis, ip, tenant)| {
                (*port, *chassis, *ip, *tenant)
            });
        }
        filter.len() + open.complete().len()
    }))
}
