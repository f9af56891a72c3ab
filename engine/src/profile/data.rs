//! A profile as plain data.

use std::collections::HashMap;
use std::hash::Hash;

use serde::{Deserialize, Serialize};

/// What a program has cost and holds. Times are in nanoseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Transactions done.
    pub transactions: u64,
    /// Time spent in them.
    pub time: u64,
    /// Distinct values that rows refer to.
    pub values: usize,
    /// Bytes that those take.
    pub value_bytes: usize,
    /// The rules.
    pub rules: Vec<RuleProfile>,
    /// The relations.
    pub relations: Vec<RelationProfile>,
    /// The indexes that rules share.
    pub indexes: Vec<IndexProfile>,
    /// The transaction that took longest.
    pub slowest: Option<SlowTransaction>,
    /// Transactions that took long, the newest first.
    pub slow: Vec<SlowTransaction>,
}

/// What a rule has cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleProfile {
    /// Its number.
    pub rule: u32,
    /// The relation that it gives records of.
    pub relation: String,
    /// Its place: `file:line`.
    pub place: String,
    /// The rule on one line, cut off if it is long.
    pub text: String,
    /// Transactions that touched it; rounds of a recursion count one by one.
    pub runs: u64,
    /// Changes it read and passed on inside.
    pub rows_in: u64,
    /// Changes it derived.
    pub rows_out: u64,
    /// Time spent.
    pub time: u64,
    /// Rows that it keeps for itself alone.
    pub rows_kept: usize,
    /// Bytes of those.
    pub bytes: usize,
}

/// What a relation has cost and holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelationProfile {
    /// Its name.
    pub name: String,
    /// `input`, `output` or `internal`.
    pub role: String,
    /// Transactions that touched it or what it depends on mutually.
    pub runs: u64,
    /// Time spent on it and what it depends on mutually: the rules, and keeping indexes.
    pub time: u64,
    /// Number of its indexes.
    pub indexes: usize,
    /// Rows in them together.
    pub rows: usize,
    /// Bytes of them together.
    pub bytes: usize,
}

/// An index of a relation, shared by all rules that look records up in that way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexProfile {
    /// What is looked up and by what: `Port by (switch)`.
    pub name: String,
    /// Who reads it.
    pub readers: String,
    /// Rows.
    pub rows: usize,
    /// Bytes.
    pub bytes: usize,
}

/// A transaction that took long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlowTransaction {
    /// Its number.
    pub epoch: u64,
    /// What it took.
    pub time: u64,
    /// Changes of all relations.
    pub changes: u64,
    /// The rules that ran, the dearest first; of many, only those.
    pub rules: Vec<RuleCost>,
    /// Rules that are left out.
    pub others: usize,
}

/// What a rule cost in one transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleCost {
    /// The relation that it gives records of.
    pub relation: String,
    /// Its place: `file:line`.
    pub place: String,
    /// Time spent.
    pub time: u64,
    /// Changes it read and passed on inside.
    pub rows_in: u64,
    /// Changes it derived.
    pub rows_out: u64,
}

impl Profile {
    /// What has been counted since an earlier look; what is held is what is held now. Rules and relations are known by place
    /// and name, as the program may have changed in between; rules that share both (a `for` with several heads makes such)
    /// by their order.
    pub fn since(&self, earlier: &Profile) -> Profile {
        let key = |rule: &'_ RuleProfile| (rule.place.clone(), rule.text.clone(), rule.relation.clone());
        let rules: HashMap<_, _> = numbered(&earlier.rules, key).collect();
        let name = |relation: &'_ RelationProfile| relation.name.clone();
        let relations: HashMap<_, _> = numbered(&earlier.relations, name).collect();
        let mut since = self.clone();
        since.transactions = self.transactions.saturating_sub(earlier.transactions);
        since.time = self.time.saturating_sub(earlier.time);
        for (rule, (key, _)) in since.rules.iter_mut().zip(numbered(&self.rules, key)) {
            let Some(before) = rules.get(&key) else { continue };
            rule.runs = rule.runs.saturating_sub(before.runs);
            rule.rows_in = rule.rows_in.saturating_sub(before.rows_in);
            rule.rows_out = rule.rows_out.saturating_sub(before.rows_out);
            rule.time = rule.time.saturating_sub(before.time);
        }
        for (relation, (key, _)) in since.relations.iter_mut().zip(numbered(&self.relations, name)) {
            let Some(before) = relations.get(&key) else { continue };
            relation.runs = relation.runs.saturating_sub(before.runs);
            relation.time = relation.time.saturating_sub(before.time);
        }
        let newest = earlier.slow.iter().chain(&earlier.slowest).map(|slow| slow.epoch).max();
        let is_new = |slow: &SlowTransaction| newest.is_none_or(|newest| slow.epoch > newest);
        since.slow.retain(is_new);
        since.slowest = self
            .slow
            .iter()
            .chain(&self.slowest)
            .filter(|slow| is_new(slow))
            .cloned()
            .max_by_key(|slow| slow.time);
        since
    }

    /// As JSON.
    ///
    /// # Errors
    /// None with the data that an engine gives.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }

    /// The rules that ran, the dearest first.
    pub(super) fn dearest_rules(&self) -> Vec<&RuleProfile> {
        let mut rules: Vec<&RuleProfile> = self.rules.iter().filter(|rule| rule.runs > 0).collect();
        rules.sort_by(|one, other| other.time.cmp(&one.time).then(one.rule.cmp(&other.rule)));
        rules
    }

    /// The relations that were touched or hold rows, the dearest first.
    pub(super) fn dearest_relations(&self) -> Vec<&RelationProfile> {
        let shown = |relation: &&RelationProfile| relation.runs > 0 || relation.rows > 0;
        let mut relations: Vec<&RelationProfile> = self.relations.iter().filter(shown).collect();
        relations.sort_by(|one, other| other.time.cmp(&one.time).then(one.name.cmp(&other.name)));
        relations
    }

    /// The indexes that hold rows, the largest first.
    pub(super) fn largest_indexes(&self) -> Vec<&IndexProfile> {
        let mut indexes: Vec<&IndexProfile> = self.indexes.iter().filter(|index| index.rows > 0).collect();
        indexes.sort_by(|one, other| other.bytes.cmp(&one.bytes).then(one.name.cmp(&other.name)));
        indexes
    }
}

/// Items by their key and a number among those of the same key.
fn numbered<'p, T, K: Clone + Eq + Hash>(
    items: &'p [T],
    key: impl Fn(&'p T) -> K,
) -> impl Iterator<Item = ((K, usize), &'p T)> {
    let mut seen = HashMap::new();
    items.iter().map(move |item| {
        let key = key(item);
        let nth = seen.entry(key.clone()).or_insert(0);
        *nth += 1;
        ((key, *nth), item)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(place: &str, runs: u64, time: u64) -> RuleProfile {
        RuleProfile {
            rule: 0,
            relation: "R".into(),
            place: place.into(),
            text: "R(x) :- S(x).".into(),
            runs,
            rows_in: 2 * runs,
            rows_out: runs,
            time,
            rows_kept: 0,
            bytes: 0,
        }
    }

    fn slow(epoch: u64, time: u64) -> SlowTransaction {
        SlowTransaction { epoch, time, changes: 1, rules: Vec::new(), others: 0 }
    }

    #[test]
    fn rules_of_the_same_place_are_kept_apart() {
        let looked = |first, second| {
            let rules = vec![rule("a.dl:1", 1, first), rule("a.dl:1", 1, second)];
            Profile { rules, ..Profile::default() }
        };
        let since = looked(107, 9).since(&looked(100, 1));
        assert_eq!(since.rules.iter().map(|rule| rule.time).collect::<Vec<_>>(), [7, 8]);
    }

    #[test]
    fn between_two_looks() {
        let earlier = Profile {
            transactions: 3,
            time: 300,
            rules: vec![rule("a.dl:1", 3, 90)],
            slow: vec![slow(2, 50)],
            slowest: Some(slow(2, 50)),
            ..Profile::default()
        };
        let now = Profile {
            transactions: 5,
            time: 350,
            values: 7,
            rules: vec![rule("a.dl:1", 5, 100), rule("a.dl:2", 1, 4)],
            slow: vec![slow(4, 20), slow(2, 50)],
            slowest: Some(slow(2, 50)),
            ..Profile::default()
        };
        let since = now.since(&earlier);
        assert_eq!((since.transactions, since.time, since.values), (2, 50, 7));
        let counted: Vec<_> = since.rules.iter().map(|r| (r.runs, r.rows_in, r.rows_out, r.time)).collect();
        assert_eq!(counted, [(2, 4, 2, 10), (1, 2, 1, 4)]);
        assert_eq!((since.slow, since.slowest), (vec![slow(4, 20)], Some(slow(4, 20))));
    }
}
