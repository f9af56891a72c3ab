//! Proofs that rows are derived once: then nothing has to keep count of them.
//!
//! A rule gives each row once if the row tells which rows of the relations it read it comes from, and those are there
//! once. A relation has each row once if all its rules do so and no two of them give the same row.

mod disjoint;
mod injective;
mod known;
mod rule;

use super::arrangements::Catalog;
use super::body::Body;
use super::data::{Collection, CollectionSource, Component, Multiplicity, Repetition};
use super::effects::Effects;
use crate::ir::{Program, RelationId, RelationRole, RelationSemantics, RuleId};
use disjoint::{Form, head_forms, overlap};
use known::{Facts, Known};

/// Relations of more rules or columns are not searched for columns that tell the others.
const RULES_OF_KEYS: usize = 8;
const COLUMNS_OF_KEYS: usize = 16;

/// Finds for every collection how often its rows can be there, and which columns tell the others; outputs of which all
/// rows are there once are not cut down. `before` gives a relation's collection in the program that runs now.
pub(super) fn settle<'b>(
    program: &Program,
    effects: &Effects<'_>,
    catalog: &mut Catalog<'_>,
    components: &[Component],
    bodies: &[Body],
    before: &dyn Fn(&str) -> Option<&'b Collection>,
) {
    let mut rules_of: Vec<Vec<RuleId>> = vec![Vec::new(); program.relations.len()];
    for (index, rule) in program.rules.iter().enumerate() {
        rules_of[rule.head.relation.0 as usize].push(RuleId(index as u32));
    }
    let collections = &mut catalog.collections;
    let keys = vec![None; collections.len()];
    let mut settling = Settling { program, effects, collections, bodies, keys, rules_of };
    for component in components {
        for relation in &component.relations {
            settling.relation(*relation, component.is_recursive(), before);
        }
    }
    for (collection, key) in settling.collections.iter_mut().zip(settling.keys) {
        collection.key = key;
    }
}

struct Settling<'a> {
    program: &'a Program,
    effects: &'a Effects<'a>,
    collections: &'a mut [Collection],
    bodies: &'a [Body],
    /// By collection, as far as known.
    keys: Vec<Option<Vec<usize>>>,
    rules_of: Vec<Vec<RuleId>>,
}

impl Settling<'_> {
    /// Settles a relation all of whose reads are settled, and its delayed contents.
    fn relation<'b>(
        &mut self,
        id: RelationId,
        recursive: bool,
        before: &dyn Fn(&str) -> Option<&'b Collection>,
    ) {
        let relation = &self.program.relations[id.0 as usize];
        let known = before(&relation.name);
        let rules = &self.rules_of[id.0 as usize];
        let heads: Vec<Vec<Form>> =
            rules.iter().map(|rule| head_forms(self.program, self.body(*rule))).collect();
        let mut found = match (relation.role, relation.semantics) {
            (_, RelationSemantics::Stream) | (RelationRole::Input, RelationSemantics::Multiset) => {
                Err(Repetition::Declared)
            }
            (RelationRole::Input, _) if !rules.is_empty() => Err(Repetition::Facts),
            (RelationRole::Input, _) => Ok(()),
            _ if recursive => Err(Repetition::Recursion),
            _ => self.derived_once(rules, &heads),
        };
        let collection = &self.collections[id.0 as usize];
        let cut = relation.semantics == RelationSemantics::Relation
            && (recursive || relation.role == RelationRole::Output);
        // What rules derive more than once before a change of the program is not known afterwards to be there once.
        if cut && found.is_ok() && known.is_some_and(|known| known.distinct) {
            found = Err(Repetition::Before);
        }
        let multiplicity = match found {
            Ok(()) => Multiplicity::Once,
            Err(repetition) if collection.distinct => Multiplicity::CutDown(repetition),
            Err(repetition) => Multiplicity::Counted(repetition),
        };
        self.keys[id.0 as usize] = if recursive { None } else { self.key(id, &heads) };
        let collection = &mut self.collections[id.0 as usize];
        collection.distinct &= multiplicity != Multiplicity::Once;
        collection.multiplicity = multiplicity.clone();
        // Their rows are those of some transactions ago, perhaps of before a change of the program.
        let always = multiplicity.is_once() && known.is_none_or(|known| known.multiplicity.is_once());
        for index in 0..self.collections.len() {
            if matches!(self.collections[index].source, CollectionSource::Delayed(of, _) if of == id)
                && always
            {
                self.collections[index].multiplicity = multiplicity.clone();
                self.collections[index].distinct = false;
            }
        }
    }

    fn body(&self, rule: RuleId) -> &Body {
        &self.bodies[rule.0 as usize]
    }

    fn facts(&self) -> Facts<'_> {
        Facts { program: self.program, effects: self.effects, keys: &self.keys }
    }

    /// Why the rules of a relation may give a row more than once, if they may.
    fn derived_once(&self, rules: &[RuleId], heads: &[Vec<Form>]) -> Result<(), Repetition> {
        for rule in rules {
            rule::derives_once(&self.facts(), self.collections, self.body(*rule))
                .map_err(|why| Repetition::Rule(*rule, why))?;
        }
        let columns: Vec<usize> = (0..heads.first().map_or(0, Vec::len)).collect();
        match overlap(heads, &columns) {
            Some((one, other)) => Err(Repetition::Rules(rules[one], rules[other])),
            None => Ok(()),
        }
    }

    /// Columns of a relation that tell the other ones.
    fn key(&self, id: RelationId, heads: &[Vec<Form>]) -> Option<Vec<usize>> {
        let relation = &self.program.relations[id.0 as usize];
        let columns = self.collections[id.0 as usize].columns.len();
        let rules = &self.rules_of[id.0 as usize];
        if let (Some(key), RelationRole::Input, []) = (&relation.primary_key, relation.role, rules.as_slice())
        {
            let used = super::inputs::columns_of_key(self.program, id, key, columns)?;
            return (used.len() < columns).then_some(used);
        }
        if relation.role == RelationRole::Input
            || rules.is_empty()
            || rules.len() > RULES_OF_KEYS
            || columns > COLUMNS_OF_KEYS
        {
            return None;
        }
        let mut key: Vec<usize> = (0..columns).collect();
        for column in (0..columns).rev() {
            let less: Vec<usize> = key.iter().copied().filter(|other| *other != column).collect();
            let tells = |rule: &RuleId| {
                let (facts, body) = (self.facts(), self.body(*rule));
                let known = Known::from(&facts, body, less.iter().map(|column| &body.head[*column]));
                body.head.iter().all(|expr| known.value(expr))
            };
            if overlap(heads, &less).is_none() && rules.iter().all(tells) {
                key = less;
            }
        }
        (key.len() < columns).then_some(key)
    }
}
