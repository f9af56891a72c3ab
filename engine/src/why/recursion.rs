//! Derivations within a recursion: they must not rest on themselves.
//!
//! From the record asked about, instances are followed breadth first into the records of its component; after each step
//! outward the heights are computed from those that rest on nothing of the component. A tree of height `h` lies within
//! `h` steps, so that the least height is known as soon as it is at most the number of steps.

use std::collections::HashMap;

use super::instance::{Evidence, Instance};
use super::prove::{By, Prover, Record, Size};
use super::search::Stop;

/// Instances of one record that are followed.
const FOLLOWED: usize = 512;

/// Records of a component that are looked at.
const LOOKED_AT: usize = 200_000;

struct Node {
    record: Record,
    /// With the nodes it rests on.
    instances: Vec<(Instance, Vec<usize>)>,
    expanded: bool,
    /// Least height known, and the instance that has it.
    best: Option<(u64, usize)>,
    /// Known from an earlier search.
    settled: bool,
}

#[derive(Default)]
struct Graph {
    nodes: Vec<Node>,
    known: HashMap<Record, usize>,
}

impl Prover<'_, '_> {
    /// Finds the least derivation of a record of a recursive component.
    pub(super) fn settle_recursive(&mut self, record: &Record) -> Result<Size, Stop> {
        let component = self.components[record.0.0 as usize];
        let mut graph = Graph::default();
        let mut frontier = vec![graph.node(self, record)];
        let mut steps = 0;
        while !frontier.is_empty() && graph.nodes.len() < LOOKED_AT {
            let mut next = Vec::new();
            for node in frontier {
                let instances =
                    match self.instances(&graph.nodes[node].record.clone(), FOLLOWED, &mut |_, _, _| true) {
                        Ok(instances) => instances,
                        Err(Stop::Exhausted) => break,
                        Err(stop) => return Err(stop),
                    };
                for instance in instances {
                    let premises = Evidence::rows(&instance.evidence);
                    let inside =
                        premises.iter().filter(|(of, _)| self.components[of.0 as usize] == component);
                    let rests: Vec<usize> = inside.map(|premise| graph.node(self, premise)).collect();
                    next.extend(rests.iter().copied().filter(|node| !graph.nodes[*node].expanded));
                    graph.nodes[node].instances.push((instance, rests));
                }
                graph.nodes[node].expanded = true;
            }
            next.sort_unstable();
            next.dedup();
            next.retain(|node| !graph.nodes[*node].expanded);
            frontier = next;
            steps += 1;
            graph.compute_heights();
            if graph.nodes[0].best.is_some_and(|(height, _)| height <= steps) {
                break;
            }
        }
        if graph.nodes[0].best.is_none() {
            let why = match self.effort {
                0 => return Ok(self.give_up(record)),
                _ => self.unknown(record.0),
            };
            return Ok(self.keep(record, By::Unknown(why), Size { height: 0, leaves: 1 }));
        }
        for (_, node) in graph.chosen() {
            let Some((_, best)) = graph.nodes[node].best else { continue };
            let (instance, _) = graph.nodes[node].instances[best].clone();
            let size = self.size(&instance)?;
            self.keep(&graph.nodes[node].record.clone(), By::Rule(instance), size);
        }
        Ok(self.proofs.get(record).map_or(Size::default(), |proof| proof.size))
    }
}

impl Graph {
    fn node(&mut self, prover: &Prover<'_, '_>, record: &Record) -> usize {
        if let Some(known) = self.known.get(record) {
            return *known;
        }
        let settled = prover.proofs.get(record);
        self.nodes.push(Node {
            record: record.clone(),
            instances: Vec::new(),
            expanded: settled.is_some(),
            best: settled.map(|proof| (proof.size.height, 0)),
            settled: settled.is_some(),
        });
        self.known.insert(record.clone(), self.nodes.len() - 1);
        self.nodes.len() - 1
    }

    /// The least heights that the instances found so far allow: those that rest on nothing here first.
    fn compute_heights(&mut self) {
        let mut rests_on: Vec<Vec<(usize, usize)>> = vec![Vec::new(); self.nodes.len()];
        let mut missing: Vec<Vec<usize>> = Vec::with_capacity(self.nodes.len());
        for (at, node) in self.nodes.iter_mut().enumerate() {
            if !node.settled {
                node.best = None;
            }
            missing.push(node.instances.iter().map(|(_, rests)| rests.len()).collect());
            for (number, (_, rests)) in node.instances.iter().enumerate() {
                rests.iter().for_each(|on| rests_on[*on].push((at, number)));
            }
        }
        // By height; what is found at one height is done before the next.
        let mut waiting: std::collections::BTreeMap<u64, Vec<(usize, usize)>> = Default::default();
        for (at, node) in self.nodes.iter().enumerate() {
            if let Some((height, _)) = node.best {
                waiting.entry(height).or_default().push((at, usize::MAX));
            }
            let alone = node.instances.iter().position(|(_, rests)| rests.is_empty());
            waiting.entry(1).or_default().extend(alone.map(|number| (at, number)));
        }
        while let Some((height, ready)) = waiting.pop_first() {
            for (at, number) in ready {
                match number {
                    usize::MAX => {}
                    _ if self.nodes[at].best.is_some() => continue,
                    _ => self.nodes[at].best = Some((height, number)),
                }
                for (user, instance) in &rests_on[at] {
                    missing[*user][*instance] -= 1;
                    if missing[*user][*instance] == 0 && self.nodes[*user].best.is_none() {
                        waiting.entry(height + 1).or_default().push((*user, *instance));
                    }
                }
            }
        }
    }

    /// The nodes that the first one rests on and that are not settled, lowest first.
    fn chosen(&self) -> Vec<(u64, usize)> {
        let mut chosen = Vec::new();
        let mut seen = vec![false; self.nodes.len()];
        let mut waiting = vec![0];
        while let Some(at) = waiting.pop() {
            if std::mem::replace(&mut seen[at], true) || self.nodes[at].settled {
                continue;
            }
            let Some((height, best)) = self.nodes[at].best else { continue };
            chosen.push((height, at));
            waiting.extend(&self.nodes[at].instances[best].1);
        }
        chosen.sort_unstable();
        chosen
    }
}
