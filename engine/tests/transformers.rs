//! The library's graph transformers, against answers worked out here, while edges come and go.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

type Edges = BTreeSet<(u32, u32)>;

const PROGRAM: &str = "
import graph
input relation Edge(a: u32, b: u32)
function edge_from(e: Edge): u32 = e.a
function edge_to(e: Edge): u32 = e.b
output relation Component[(u32, u32)]
output relation Cycle[(u32, u32)]
output relation Both[(u32, u32)]
apply graph::ConnectedComponents(Edge, edge_from, edge_to) -> (Component)
apply graph::SCC(Edge, edge_from, edge_to) -> (Cycle)
apply graph::UnsafeBidirectionalEdges(Edge, edge_from, edge_to) -> (Both)
";

/// For each node, those it reaches by at least one edge.
fn reached(edges: &Edges) -> BTreeMap<u32, BTreeSet<u32>> {
    let mut reached: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    for (a, b) in edges {
        reached.entry(*a).or_default().insert(*b);
    }
    loop {
        let before = reached.clone();
        for targets in reached.values_mut() {
            let further: Vec<u32> = targets.iter().filter_map(|t| before.get(t)).flatten().copied().collect();
            targets.extend(further);
        }
        if reached == before {
            return reached;
        }
    }
}

fn expected(edges: &Edges) -> [Edges; 3] {
    let reached = reached(edges);
    let reaches = |a: u32, b: u32| reached.get(&a).is_some_and(|t| t.contains(&b));
    let targets: BTreeSet<u32> = edges.iter().map(|(_, b)| *b).collect();
    let component =
        targets.iter().map(|n| (*n, *targets.iter().find(|l| *l == n || reaches(**l, *n)).unwrap()));
    let on_cycle = targets.iter().filter(|n| reaches(**n, **n));
    let cycle =
        on_cycle.map(|n| (*n, *targets.iter().find(|l| reaches(**l, *n) && reaches(*n, **l)).unwrap()));
    let both = edges.iter().filter(|(a, b)| a != b && edges.contains(&(*b, *a)));
    [component.collect(), cycle.collect(), both.copied().collect()]
}

fn text(edges: &Edges) -> String {
    edges.iter().map(|(a, b)| format!("({a}, {b})\n")).collect()
}

#[test]
fn labels_follow_edges_that_come_and_go() {
    let mut shell = common::Shell::new(PROGRAM);
    let mut edges = Edges::new();
    // A fixed walk through small graphs: every step adds or removes one edge, so cycles open and close.
    let mut state = 7_u32;
    for step in 0..120 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let edge = ((state >> 8) % 7, (state >> 16) % 7);
        let verb = if edges.remove(&edge) { "delete" } else { "insert" };
        if verb == "insert" {
            edges.insert(edge);
        }
        shell.run(&format!("start; {verb} Edge({}, {}); commit;", edge.0, edge.1));
        for (relation, expected) in ["Component", "Cycle", "Both"].iter().zip(expected(&edges)) {
            shell.output.clear();
            shell.run(&format!("dump {relation};"));
            let mut at = String::new();
            write!(at, "{relation} after step {step}, edges {edges:?}").unwrap();
            assert_eq!(shell.output, text(&expected), "{at}");
        }
    }
}
