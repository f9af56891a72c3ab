//! Ports with names that were never there before, for ports that go: a join on strings, and strings made of strings.

use differential_dataflow::input::Input as _;
use timely::dataflow::ProbeHandle;

use super::by_hand::{Counts, Program, Typed, by_hand, count};
use super::facts::{Churn, Facts, Relation, text};
use super::numbers::{scaled, scatter};
use super::{BY_HAND, Workload};
use crate::Outcome;

pub(super) const WORKLOAD: Workload = Workload {
    name: "string-churn",
    rules: r#"
        input relation Port(name: string, switch: string)
        input relation Switch(switch: string, chassis: bit<32>)
        output relation Flow(cookie: string, chassis: bit<32>)

        Flow("${name}@${switch}", chassis) :- Port(name, switch), Switch(switch, chassis).
    "#,
    facts,
    others: &[(BY_HAND, run)],
};

/// Names of switches are made of numbers from here on.
const SWITCHES: u32 = 1 << 31;

fn facts(scale: f64) -> Facts {
    let (ports, switches) = (scaled(100_000, scale), scaled(1_000, scale));
    let port = move |i: u64| vec![i as u32, SWITCHES + (scatter(i) % switches) as u32];
    let switch = |i| vec![SWITCHES + i as u32, (scatter(i ^ 5) % 100) as u32];
    Facts {
        relations: vec![
            Relation { name: "Port".into(), rows: (0..ports).map(port).collect(), texts: &[0, 1] },
            Relation { name: "Switch".into(), rows: (0..switches).map(switch).collect(), texts: &[0] },
        ],
        churned: 0,
        churn: Churn::Renewed { rows: 5 * ports, row: Box::new(port) },
    }
}

fn run(facts: Facts, transactions: usize) -> anyhow::Result<Outcome> {
    by_hand(facts, transactions, |worker| {
        worker.dataflow::<u32, _, _>(|scope| {
            let (port, ports) = scope.new_collection::<(String, String), isize>();
            let (switch, switches) = scope.new_collection::<(String, u32), isize>();
            let (probe, counts) = (ProbeHandle::new(), Counts::default());
            let counted = counts.clone();
            ports
                .arrange_by_key()
                .join_core(switches.arrange_by_key(), |switch, name, chassis| {
                    Some((format!("{name}@{switch}"), *chassis))
                })
                .distinct()
                .inspect(move |(_, _, weight)| count(&counted, *weight))
                .probe_with(&probe);
            Program {
                inputs: vec![
                    Box::new(Typed(port, |row| (text(row[1]), text(row[0])))),
                    Box::new(Typed(switch, |row| (text(row[0]), row[1]))),
                ],
                probe,
                counts,
            }
        })
    })
}
