//! Half a million ports, the switches they are on, the ACLs of those, and the ports that are blocked: two joins and a negation.

use differential_dataflow::input::Input as _;
use timely::dataflow::ProbeHandle;

use super::drive::{Counts, Facts, Program, Typed, by_hand, count};
use super::numbers::{scaled, scatter};
use super::{Outcome, Workload};

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
    by_hand: run,
};

fn facts(scale: f64) -> Facts {
    let (ports, switches) = (scaled(500_000, scale), scaled(20_000, scale));
    let number = |seed: u64, below: u64| (scatter(seed) % below) as u32;
    let port = |i| vec![number(i, switches), i as u32, number(i ^ 77, 4096), number(i ^ 99, 1 << 32)];
    let switch = |i| vec![i as u32, number(i ^ 5, 2000), number(i ^ 6, 500)];
    let acl = |i| vec![(i % switches) as u32, (i / switches) as u32, number(i ^ 1234, 1 << 32)];
    let blocked = |i| vec![number(i ^ 0xab_cdef, 2 * ports)];
    Facts {
        relations: vec![
            ("Port", (0..ports).map(port).collect()),
            ("Switch", (0..switches).map(switch).collect()),
            ("Acl", (0..4 * switches).map(acl).collect()),
            ("Blocked", (0..scaled(400_000, scale)).map(blocked).collect()),
        ],
        churned: 0,
    }
}

fn run(facts: Facts, transactions: usize) -> Outcome {
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
            let inputs: Vec<Box<dyn super::drive::Input>> = vec![
                Box::new(Typed(port, |row| (row[0], (row[1], row[2], row[3])))),
                Box::new(Typed(switch, |row| (row[0], (row[1], row[2])))),
                Box::new(Typed(acl, |row| (row[0], (row[1], row[2])))),
                Box::new(Typed(block, |row| row[0])),
            ];
            Program { inputs, probe, counts }
        })
    })
}
