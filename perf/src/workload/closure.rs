//! Which node reaches which: the transitive closure of a sparse random graph without cycles, 5 million pairs.

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
    name: "closure",
    rules: "
        input relation Edge(from: bit<32>, to: bit<32>)
        output relation Reach(from: bit<32>, to: bit<32>)

        Reach(x, y) :- Edge(x, y).
        Reach(x, z) :- Reach(x, y), Edge(y, z).
    ",
    facts,
    others: &[(BY_HAND, run), (ASCENT, ascent), (DATAFROG, datafrog)],
};

/// Layers of nodes, each node with edges to two of the next layer.
const LAYERS: u64 = 50;

fn facts(scale: f64) -> Facts {
    let width = scaled(80, scale.sqrt());
    let edge = |i: u64| {
        let (node, which) = (i / 2, i % 2);
        let layer = node / width;
        let to = (layer + 1) * width + scatter(i ^ (which << 40)) % width;
        vec![node as u32, to as u32]
    };
    let mut edges: Vec<Vec<u32>> = (0..2 * width * (LAYERS - 1)).map(edge).collect();
    // By hand, an edge that is there twice has to go twice.
    edges.dedup();
    Facts::numbers([("Edge", edges)])
}

fn run(facts: Facts, transactions: usize) -> anyhow::Result<Outcome> {
    by_hand(facts, transactions, |worker| {
        worker.dataflow::<u32, _, _>(|scope| {
            let (edge, edges) = scope.new_collection::<(u32, u32), isize>();
            let edges = edges.distinct();
            let reach = scope.iterative::<u32, _, _>(|inner| {
                let edges = edges.enter(inner);
                let (variable, reach) = Variable::new(inner, Product::new(Default::default(), 1));
                let longer = reach
                    .map(|(x, y)| (y, x))
                    .arrange_by_key()
                    .join_core(edges.clone().arrange_by_key(), |_, x, z| Some((*x, *z)));
                let all = longer.concat(edges).distinct();
                variable.set(all.clone());
                all.leave(scope)
            });
            let (probe, counts) = (ProbeHandle::new(), Counts::default());
            let counted = counts.clone();
            reach.inspect(move |(_, _, weight)| count(&counted, *weight)).probe_with(&probe);
            let inputs: Vec<Box<dyn Input>> = vec![Box::new(Typed(edge, |row| (row[0], row[1])))];
            Program { inputs, probe, counts }
        })
    })
}

mod by_ascent {
    ascent::ascent! {
        pub(super) struct Closure;
        relation edge(u32, u32);
        relation reach(u32, u32);

        reach(x, y) <-- edge(x, y);
        reach(x, z) <-- reach(x, y), edge(y, z);
    }
}

fn ascent(facts: Facts, _: usize) -> anyhow::Result<Outcome> {
    Ok(batch(&facts, |facts| {
        let mut program = by_ascent::Closure::default();
        program.edge = facts.pairs(0).collect();
        program.run();
        program.reach.len()
    }))
}

fn datafrog(facts: Facts, _: usize) -> anyhow::Result<Outcome> {
    Ok(batch(&facts, |facts| {
        let edge: Relation<(u32, u32)> = facts.pairs(0).collect();
        let mut iteration = Iteration::new();
        // By the end of the path.
        let reach = iteration.variable::<(u32, u32)>("reach");
        reach.extend(edge.iter().map(|(x, y)| (*y, *x)));
        while iteration.changed() {
            reach.from_join(&reach, &edge, |_, x, z| (*z, *x));
        }
        reach.complete().len()
    }))
}
