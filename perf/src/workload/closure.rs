//! Which node reaches which: the transitive closure of a sparse random graph without cycles, 3.5 million pairs.

use differential_dataflow::input::Input as _;
use differential_dataflow::operators::iterate::Variable;
use timely::dataflow::ProbeHandle;
use timely::order::Product;

use super::drive::{Counts, Facts, Program, Typed, by_hand, count};
use super::numbers::{scaled, scatter};
use super::{Outcome, Workload};

pub(super) const WORKLOAD: Workload = Workload {
    name: "closure",
    rules: "
        input relation Edge(from: bit<32>, to: bit<32>)
        output relation Reach(from: bit<32>, to: bit<32>)

        Reach(x, y) :- Edge(x, y).
        Reach(x, z) :- Reach(x, y), Edge(y, z).
    ",
    facts,
    by_hand: run,
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
    Facts { relations: vec![("Edge", edges)], churned: 0 }
}

fn run(facts: Facts, transactions: usize) -> Outcome {
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
            let inputs: Vec<Box<dyn super::drive::Input>> =
                vec![Box::new(Typed(edge, |row| (row[0], row[1])))];
            Program { inputs, probe, counts }
        })
    })
}
