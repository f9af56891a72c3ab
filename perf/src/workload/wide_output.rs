//! A million ports on a thousand switches with ten ACLs each: ten million rows that nobody reads again.

use differential_dataflow::input::Input as _;
use timely::dataflow::ProbeHandle;

use super::by_hand::{Counts, Input, Program, Typed, by_hand, count};
use super::facts::Facts;
use super::numbers::{scaled, scatter};
use super::{BY_HAND, Workload};
use crate::Outcome;

const RULES: &str = "
    input relation Port(switch: bit<32>, port: bit<32>)
    input relation Acl(switch: bit<32>, priority: bit<32>)
    output relation Filter(port: bit<32>, switch: bit<32>, priority: bit<32>)

    Filter(port, switch, priority) :- Port(switch, port), Acl(switch, priority).
";

/// The ports come in many transactions, each of which gives its part.
pub(super) const IN_PARTS: Workload = Workload {
    name: "wide-output",
    rules: RULES,
    facts: |scale| {
        let [ports, acls] = relations(scale);
        Facts { churned: 1, ..Facts::numbers([acls, ports]) }
    },
    others: &[(BY_HAND, |facts, transactions| run(facts, transactions, ["Acl", "Port"]))],
};

/// The ACLs come last, in one transaction, which gives everything.
pub(super) const AT_ONCE: Workload = Workload {
    name: "wide-output-at-once",
    rules: RULES,
    facts: |scale| Facts::numbers(relations(scale)),
    others: &[(BY_HAND, |facts, transactions| run(facts, transactions, ["Port", "Acl"]))],
};

fn relations(scale: f64) -> [(&'static str, Vec<Vec<u32>>); 2] {
    let (ports, switches) = (scaled(1_000_000, scale), scaled(1_000, scale));
    let port = |i| vec![(scatter(i) % switches) as u32, i as u32];
    let acl = |i| vec![(i % switches) as u32, (i / switches) as u32];
    [("Port", (0..ports).map(port).collect()), ("Acl", (0..10 * switches).map(acl).collect())]
}

fn run(facts: Facts, transactions: usize, order: [&'static str; 2]) -> anyhow::Result<Outcome> {
    by_hand(facts, transactions, move |worker| {
        worker.dataflow::<u32, _, _>(|scope| {
            let (port, ports) = scope.new_collection::<(u32, u32), isize>();
            let (acl, acls) = scope.new_collection::<(u32, u32), isize>();
            let (probe, counts) = (ProbeHandle::new(), Counts::default());
            let counted = counts.clone();
            ports
                .arrange_by_key()
                .join_core(acls.arrange_by_key(), |switch, port, priority| Some((*port, *switch, *priority)))
                .inspect(move |(_, _, weight)| count(&counted, *weight))
                .probe_with(&probe);
            let typed = |input| Box::new(Typed(input, |row: &[u32]| (row[0], row[1])));
            let (port, acl) = (typed(port), typed(acl));
            let inputs: Vec<Box<dyn Input>> = match order {
                ["Port", _] => vec![port, acl],
                _ => vec![acl, port],
            };
            Program { inputs, probe, counts }
        })
    })
}
