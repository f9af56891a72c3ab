//! Who is of the same generation in a family tree: recursion with two joins in a row.

use datafrog::{Iteration, Relation};
use differential_dataflow::input::Input as _;
use differential_dataflow::operators::iterate::Variable;
use timely::dataflow::ProbeHandle;
use timely::order::Product;

use super::by_hand::{Counts, Input, Program, Typed, by_hand, count};
use super::drive::batch;
use super::facts::Facts;
use super::numbers::{scaled, scatter};
use super::{ASCENT, BY_HAND, DATAFROG, Workload};
use crate::Outcome;

pub(super) const WORKLOAD: Workload = Workload {
    name: "same-generation",
    rules: "
        input relation Parent(parent: bit<32>, child: bit<32>)
        output relation Same(one: bit<32>, other: bit<32>)

        Same(x, y) :- Parent(p, x), Parent(p, y), x != y.
        Same(x, y) :- Parent(p, x), Same(p, q), Parent(q, y).
    ",
    facts,
    others: &[(BY_HAND, run), (ASCENT, ascent), (DATAFROG, datafrog)],
};

fn facts(scale: f64) -> Facts {
    // Every node's parent is one of those before it; a tree some twenty generations deep.
    let people = scaled(6_000, scale.sqrt());
    let parent = |child: u64| vec![(scatter(child) % child) as u32, child as u32];
    Facts::numbers([("Parent", (1..people).map(parent).collect())])
}

fn run(facts: Facts, transactions: usize) -> anyhow::Result<Outcome> {
    by_hand(facts, transactions, |worker| {
        worker.dataflow::<u32, _, _>(|scope| {
            let (parent, parents) = scope.new_collection::<(u32, u32), isize>();
            let parents = parents.distinct();
            let same = scope.iterative::<u32, _, _>(|inner| {
                let children = parents.enter(inner).arrange_by_key();
                let (variable, same) = Variable::new(inner, Product::new(Default::default(), 1));
                let siblings =
                    children.clone().join_core(children.clone(), |_, x, y| (x != y).then_some((*x, *y)));
                let nephews = same
                    .arrange_by_key()
                    .join_core(children.clone(), |_, q, x| Some((*q, *x)))
                    .arrange_by_key()
                    .join_core(children, |_, x, y| Some((*x, *y)));
                let all = siblings.concat(nephews).distinct();
                variable.set(all.clone());
                all.leave(scope)
            });
            let (probe, counts) = (ProbeHandle::new(), Counts::default());
            let counted = counts.clone();
            same.inspect(move |(_, _, weight)| count(&counted, *weight)).probe_with(&probe);
            let inputs: Vec<Box<dyn Input>> = vec![Box::new(Typed(parent, |row| (row[0], row[1])))];
            Program { inputs, probe, counts }
        })
    })
}

mod by_ascent {
    ascent::ascent! {
        pub(super) struct SameGeneration;
        relation parent(u32, u32);
        relation same(u32, u32);

        same(x, y) <-- parent(p, x), parent(p, y), if x != y;
        same(x, y) <-- parent(p, x), same(p, q), parent(q, y);
    }
}

fn ascent(facts: Facts, _: usize) -> anyhow::Result<Outcome> {
    Ok(batch(&facts, |facts| {
        let mut program = by_ascent::SameGeneration::default();
        program.parent = facts.pairs(0).collect();
        program.run();
        program.same.len()
    }))
}

fn datafrog(facts: Facts, _: usize) -> anyhow::Result<Outcome> {
    Ok(batch(&facts, |facts| {
        let parent: Relation<(u32, u32)> = facts.pairs(0).collect();
        let mut iteration = Iteration::new();
        let same = iteration.variable::<(u32, u32)>("same");
        let nephews = iteration.variable::<(u32, u32)>("nephews");
        let siblings = Relation::from_join(&parent, &parent, |_, x, y| (*x, *y));
        same.extend(siblings.iter().filter(|(x, y)| x != y));
        while iteration.changed() {
            // The other one of the elder generation, and a child of the one.
            nephews.from_join(&same, &parent, |_, q, x| (*q, *x));
            same.from_join(&nephews, &parent, |_, x, y| (*x, *y));
        }
        same.complete().len()
    }))
}
