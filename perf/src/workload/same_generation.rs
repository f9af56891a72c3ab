//! Who is of the same generation in a family tree: recursion with two joins in a row.

use differential_dataflow::input::Input as _;
use differential_dataflow::operators::iterate::Variable;
use timely::dataflow::ProbeHandle;
use timely::order::Product;

use super::drive::{Counts, Facts, Program, Typed, by_hand, count};
use super::numbers::{scaled, scatter};
use super::{Outcome, Workload};

pub(super) const WORKLOAD: Workload = Workload {
    name: "same-generation",
    rules: "
        input relation Parent(parent: bit<32>, child: bit<32>)
        output relation Same(one: bit<32>, other: bit<32>)

        Same(x, y) :- Parent(p, x), Parent(p, y), x != y.
        Same(x, y) :- Parent(p, x), Same(p, q), Parent(q, y).
    ",
    facts,
    by_hand: run,
};

fn facts(scale: f64) -> Facts {
    // Every node's parent is one of those before it; a tree some twenty generations deep.
    let people = scaled(6_000, scale.sqrt());
    let parent = |child: u64| vec![(scatter(child) % child) as u32, child as u32];
    Facts { relations: vec![("Parent", (1..people).map(parent).collect())], churned: 0 }
}

fn run(facts: Facts, transactions: usize) -> Outcome {
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
            let inputs: Vec<Box<dyn super::drive::Input>> =
                vec![Box::new(Typed(parent, |row| (row[0], row[1])))];
            Program { inputs, probe, counts }
        })
    })
}
