//! What has been counted, told with names and places.

use std::time::Duration;

use super::session::Session;
use crate::dataflow::host::Work;
use crate::explain::described_index;
use crate::ir::{Program, RelationId, RuleId};
use crate::plan::ArrangementId;
use crate::profile::{IndexProfile, Profile, RelationProfile, RuleCost, RuleProfile, SlowTransaction};

/// Characters of a rule's text.
const SHOWN: usize = 160;

impl Session {
    /// What has been counted so far.
    pub(super) fn profile(&mut self) -> Profile {
        let (program, plan) = (self.running.current.program.clone(), self.running.current.plan.clone());
        let host = &mut self.running.host;
        let rules = host.rule_stats.iter().enumerate().map(|(number, work)| {
            let rule = &program.rules[number];
            let size = host.held_by_rule(RuleId(number as u32));
            RuleProfile {
                rule: number as u32,
                relation: program.relations[rule.head.relation.0 as usize].name.to_string(),
                place: place(&program, RuleId(number as u32)),
                text: text(&program, RuleId(number as u32)),
                runs: work.runs,
                rows_in: work.rows_in,
                rows_out: work.rows_out,
                time: nanos(work.time),
                rows_kept: size.updates,
                bytes: size.bytes,
            }
        });
        let rules = rules.collect();
        let indexes = (0..plan.arrangements.len() as u32).map(ArrangementId).map(|id| {
            let (name, readers) = described_index(&program, &plan, id);
            let size = host.held_by_index(id);
            IndexProfile { name, readers, rows: size.updates, bytes: size.bytes }
        });
        let indexes = indexes.collect();
        let relations = program.relations.iter().enumerate().map(|(number, relation)| {
            let id = RelationId(number as u32);
            let (work, size) = (host.component_work(id), host.held_by_relation(id));
            RelationProfile {
                name: relation.name.to_string(),
                role: relation.role.name().to_string(),
                runs: work.runs,
                time: nanos(work.time),
                indexes: host.arranged(id).0,
                rows: size.updates,
                bytes: size.bytes,
            }
        });
        let mut profile = Profile {
            transactions: self.transactions,
            time: nanos(self.busy),
            values: 0,
            value_bytes: 0,
            rules,
            relations: relations.collect(),
            indexes,
            slowest: self.slow.slowest(),
            slow: self.slow.last(),
        };
        // Workers of one process share their values.
        if self.speaks_for_its_process() {
            (profile.values, profile.value_bytes) = (self.interner.len(), self.interner.bytes());
        }
        let sums = self.peers.sums(shares(&profile)).unwrap_or_default();
        set_shares(&mut profile, &sums);
        profile
    }

    /// Accounts for a transaction that is done.
    pub(super) fn account(&mut self, took: Duration, changes: u64) {
        self.busy += took;
        let (program, epoch) = (&self.running.current.program, self.epoch);
        let ran = self.running.host.ran();
        self.slow.note(took, || SlowTransaction {
            epoch,
            time: nanos(took),
            changes,
            rules: ran.iter().map(|(rule, work)| cost(program, *rule, work)).collect(),
            others: 0,
        });
    }
}

/// What each of several workers has a share of.
fn shares(profile: &Profile) -> Vec<u64> {
    let of_rule = |rule: &RuleProfile| {
        [rule.rows_in, rule.rows_out, rule.time, rule.rows_kept as u64, rule.bytes as u64]
    };
    let of_relation =
        |relation: &RelationProfile| [relation.time, relation.rows as u64, relation.bytes as u64];
    let of_index = |index: &IndexProfile| [index.rows as u64, index.bytes as u64];
    let of_all = [profile.values as u64, profile.value_bytes as u64];
    of_all
        .into_iter()
        .chain(profile.rules.iter().flat_map(of_rule))
        .chain(profile.relations.iter().flat_map(of_relation))
        .chain(profile.indexes.iter().flat_map(of_index))
        .collect()
}

/// Puts sums in the place of this worker's shares.
fn set_shares(profile: &mut Profile, sums: &[u64]) {
    if sums.len() != shares(profile).len() {
        return;
    }
    let mut sums = sums.iter().copied();
    let mut next = || sums.next().unwrap_or_default();
    (profile.values, profile.value_bytes) = (next() as usize, next() as usize);
    for rule in &mut profile.rules {
        (rule.rows_in, rule.rows_out, rule.time) = (next(), next(), next());
        (rule.rows_kept, rule.bytes) = (next() as usize, next() as usize);
    }
    for relation in &mut profile.relations {
        relation.time = next();
        (relation.rows, relation.bytes) = (next() as usize, next() as usize);
    }
    for index in &mut profile.indexes {
        (index.rows, index.bytes) = (next() as usize, next() as usize);
    }
}

fn cost(program: &Program, rule: RuleId, work: &Work) -> RuleCost {
    let head = program.rules[rule.0 as usize].head.relation;
    RuleCost {
        relation: program.relations[head.0 as usize].name.to_string(),
        place: place(program, rule),
        time: nanos(work.time),
        rows_in: work.rows_in,
        rows_out: work.rows_out,
    }
}

/// `file:line`
fn place(program: &Program, rule: RuleId) -> String {
    let span = program.rules[rule.0 as usize].span;
    let (line, _) = program.sources.line_column(span);
    format!("{}:{line}", program.sources.file(span.file).name)
}

fn text(program: &Program, rule: RuleId) -> String {
    let words: Vec<&str> =
        program.sources.text(program.rules[rule.0 as usize].span).split_whitespace().collect();
    let text = words.join(" ");
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}..", &text[..end]),
        None => text,
    }
}

fn nanos(time: Duration) -> u64 {
    time.as_nanos() as u64
}
