//! Derivations within a recursion: they must not rest on themselves.
//!
//! Where the program knows in which round each row was first derived, a row of round `n` is derived from rows of rounds before
//! `n`: a derivation only goes down. Otherwise instances are followed breadth first from the record asked about into the
//! records of its component; after each step outward the heights are computed from those that rest on nothing of the
//! component. A tree of height `h` lies within `h` steps, so that the least height is known as soon as it is at most the
//! number of steps.

use std::collections::{HashMap, HashSet};

use super::instance::{Evidence, Instance};
use super::prove::{By, COMPARED, Prover, Record, Size};
use super::search::Stop;
use super::store::Store;
use crate::ir::RelationId;
use crate::value::Row;

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
        match self.store.round_of(record.0, &record.1) {
            Some(round) => self.settle_by_rounds(record, round),
            None => self.settle_by_search(record),
        }
    }

    /// Goes down round by round: of the instances found that whose highest round is least.
    fn settle_by_rounds(&mut self, record: &Record, round: u64) -> Result<Size, Stop> {
        let components = self.components.clone();
        let component = components[record.0.0 as usize];
        let mut chosen: Vec<(u64, Record, Instance)> = Vec::new();
        let mut waiting = vec![(record.clone(), round)];
        let mut seen: HashSet<Record> = HashSet::from([record.clone()]);
        while let Some((record, round)) = waiting.pop() {
            let mut below = |store: &mut Store<'_>, of: RelationId, row: &Row| {
                components[of.0 as usize] != component || store.round_of(of, row).is_some_and(|at| at < round)
            };
            let instances = match self.instances(&record, COMPARED, &mut below) {
                Ok(instances) => instances,
                Err(Stop::Exhausted) => Vec::new(),
                Err(stop) => return Err(stop),
            };
            let with_rounds = instances.into_iter().map(|instance| {
                let inside = Evidence::rows(&instance.evidence).into_iter();
                let inside = inside.filter(|(of, _)| components[of.0 as usize] == component);
                let inside: Vec<(Record, u64)> = inside
                    .filter_map(|record| {
                        let round = self.store.round_of(record.0, &record.1)?;
                        Some((record, round))
                    })
                    .collect();
                (inside.iter().map(|(_, round)| *round).max(), inside, instance)
            });
            let least = with_rounds.min_by_key(|(highest, inside, _)| (*highest, inside.len()));
            let Some((_, inside, instance)) = least else {
                match self.effort {
                    0 => drop(self.give_up(&record)),
                    _ => {
                        let why = self.unknown(record.0);
                        self.keep(&record, By::Unknown(why), Size { height: 0, leaves: 1 });
                    }
                }
                continue;
            };
            for (premise, round) in inside {
                if !self.proofs.contains_key(&premise) && seen.insert(premise.clone()) {
                    waiting.push((premise, round));
                }
            }
            chosen.push((round, record, instance));
        }
        // The lowest first, so that what a record rests on has its size before.
        chosen.sort_by_key(|(round, ..)| *round);
        for (_, record, instance) in chosen {
            let size = self.size(&instance)?;
            self.keep(&record, By::Rule(instance), size);
        }
        Ok(self.proofs.get(record).map_or(Size::default(), |proof| proof.size))
    }

    fn settle_by_search(&mut self, record: &Record) -> Result<Size, Stop> {
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
