//! Items in groups of five hundred: how many, what they cost together, which is the cheapest.

use differential_dataflow::input::Input as _;
use timely::dataflow::ProbeHandle;

use super::by_hand::{Counts, Program, Typed, by_hand, count};
use super::facts::Facts;
use super::numbers::{scaled, scatter};
use super::{BY_HAND, Workload};
use crate::Outcome;

pub(super) const WORKLOAD: Workload = Workload {
    name: "aggregation",
    rules: "
        import group

        input relation Item(shop: bit<32>, item: bit<32>, price: bit<32>)
        output relation Total(shop: bit<32>, items: bit<64>, sum: bit<32>, cheapest: bit<32>)

        Total(shop, g.count_distinct(), g.sum_of(|x| x.0), g.min().1) :-
            Item(shop, item, price), var g = (price, item).group_by(shop).
    ",
    facts,
    others: &[(BY_HAND, run)],
};

fn facts(scale: f64) -> Facts {
    let (items, shops) = (scaled(500_000, scale), scaled(1_000, scale));
    let item = |i| vec![(scatter(i) % shops) as u32, i as u32, (scatter(i ^ 0xabcd) % 10_000) as u32];
    Facts::numbers([("Item", (0..items).map(item).collect())])
}

/// One reduction for all three; it looks at the whole group, which differential dataflow hands it sorted.
fn run(facts: Facts, transactions: usize) -> anyhow::Result<Outcome> {
    by_hand(facts, transactions, |worker| {
        worker.dataflow::<u32, _, _>(|scope| {
            let (item, items) = scope.new_collection::<(u32, (u32, u32)), isize>();
            let (probe, counts) = (ProbeHandle::new(), Counts::default());
            let counted = counts.clone();
            items
                .reduce(|_, items, totals| {
                    let sum: u32 = items.iter().map(|((price, _), _)| *price).fold(0, u32::wrapping_add);
                    let cheapest = items.first().map(|((_, item), _)| *item).unwrap_or_default();
                    totals.push(((items.len() as u64, sum, cheapest), 1));
                })
                .inspect(move |(_, _, weight)| count(&counted, *weight))
                .probe_with(&probe);
            Program { inputs: vec![Box::new(Typed(item, |row| (row[0], (row[2], row[1]))))], probe, counts }
        })
    })
}
