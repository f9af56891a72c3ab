//! Facts for a program of many rules: as many for a small program as for a large one, so that only the program differs.

use super::Touch;
use crate::workload::numbers::scatter;
use crate::workload::{Churn, Facts, Relation, Row};

/// Ports of the cloud, spread over the groups by their kind.
const PORTS: u64 = 10_000;
const SWITCHES: u64 = 500;
const ADDRESSES: u64 = 5_000;
const LINKS: u64 = 20;
/// Ports that are bound from the start and come and go.
const SPARE: u64 = 100;

/// Relations that all groups read.
pub(super) const SHARED: usize = 3;
/// Input relations that only one group reads.
pub(super) const OWN: usize = 4;

/// Facts for some groups, and changes of them.
pub(super) struct Cloud {
    pub(super) groups: usize,
    pub(super) facts: Facts,
}

impl Cloud {
    pub(super) fn new(groups: usize) -> Cloud {
        let below = |seed: u64, below: u64| (scatter(seed) % below) as u32;
        let kinds = 3 * groups as u64;
        let port = |i| vec![i as u32, below(i, SWITCHES), 1 + below(i ^ 7 << 32, kinds)];
        // One port in ten is nowhere.
        let bound = (0..PORTS + SPARE).filter(|i| i % 10 != 3 || *i >= PORTS);
        let bound = bound.map(|i| vec![i as u32, below(i ^ 9 << 32, 100)]);
        let acl = |i| vec![(i % SWITCHES) as u32, (i / SWITCHES) as u32, below(i ^ 11 << 32, 1 << 32)];
        let mut relations = vec![
            relation("Port", (0..PORTS).map(port).collect()),
            relation("Bound", bound.collect()),
            relation("Acl", (0..2 * SWITCHES).map(acl).collect()),
        ];
        for group in 0..groups as u64 {
            // Kind 0 is looked at by three groups in five; half of a group's rules have to do with it.
            let mut rules: Vec<Row> = (1..=3).map(|i| vec![(3 * group + i) as u32, i as u32]).collect();
            rules.extend((group % 5 < 3).then(|| vec![0, 9]));
            let address = |i: u64| {
                let seed = i ^ (group << 40);
                vec![below(seed, PORTS), below(seed ^ 1 << 32, 4 * ADDRESSES), 1 + below(seed ^ 1 << 33, 5)]
            };
            let link = |i: u64| vec![i as u32, (i + 1) as u32 + below(i ^ (group << 40), 3)];
            let hide = |i: u64| vec![below(i ^ (group << 41), PORTS)];
            relations.extend([
                relation(format!("Rule{group}"), rules),
                relation(
                    format!("Address{group}"),
                    (0..ADDRESSES.div_ceil(groups as u64)).map(address).collect(),
                ),
                relation(format!("Link{group}"), (0..LINKS).map(link).collect()),
                relation(format!("Hide{group}"), (0..4).map(hide).collect()),
            ]);
        }
        Cloud { groups, facts: Facts { relations, churned: 0, churn: Churn::BackAndForth } }
    }

    /// A transaction: relation, row, and whether it comes or goes. Every second one takes back what the one before did.
    pub(super) fn touch(&self, touch: Touch, number: usize) -> Option<(usize, Row, i64)> {
        let (turn, weight) = (number / 2, if number.is_multiple_of(2) { 1 } else { -1 });
        match touch {
            Touch::Nothing => None,
            Touch::OneRule => {
                let group = turn % self.groups;
                // A port of this group that was not hidden, so that a flow may go.
                let hide = SHARED + OWN * group + 3;
                let kinds = 3 * group as u32 + 1..3 * group as u32 + 4;
                let ports = &self.facts.relations[0].rows;
                let start = scatter(turn as u64) as usize % ports.len();
                let mut from_there = ports[start..].iter().chain(&ports[..start]);
                let hidden = &self.facts.relations[hide].rows;
                let port = from_there.find(|p| kinds.contains(&p[2]) && !hidden.contains(&vec![p[0]]))?;
                Some((hide, vec![port[0]], weight))
            }
            Touch::ThreeInTen => {
                let port = PORTS + turn as u64 % SPARE;
                Some((0, vec![port as u32, (scatter(turn as u64) % SWITCHES) as u32, 0], weight))
            }
        }
    }
}

/// A relation of numbers, each row once.
fn relation(name: impl Into<std::borrow::Cow<'static, str>>, mut rows: Vec<Row>) -> Relation {
    rows.sort_unstable();
    rows.dedup();
    Relation { name: name.into(), rows, texts: &[] }
}
