//! The smallest derivation of a record that is found, record by record.
//!
//! Smallest means: least height (a record of an input or a fact has height 0, any other one more than its highest
//! premise); among equals fewest leaves; then the rule that stands first. Of each record a few instances are compared,
//! until many records have been looked at; then the first one is taken. Within a recursion the least height is exact, as
//! long as the limits of the search are not met.

use std::collections::HashMap;
use std::rc::Rc;

use super::instance::{Evidence, Instance};
use super::rule::SearchedRule;
use super::search::{Search, Stop};
use super::store::Store;
use super::wanted::Wanted;
use crate::control::Control;
use crate::eval::Machine;
use crate::ir::{Program, RelationId, RelationRole, RuleId};
use crate::plan::{CollectionSource, Plan};
use crate::value::{Interner, Row};

/// A row of a relation.
pub(super) type Record = (RelationId, Row);

/// Instances of a record that are compared.
pub(super) const COMPARED: usize = 6;

/// Records of which instances are compared; for all further ones the first is taken.
const EXAMINED: usize = 1500;

/// Stack left, and taken anew, when records rest on records on records.
const STACK: (usize, usize) = (256 << 10, 4 << 20);

/// Finds derivations and keeps what it found.
pub(super) struct Prover<'a, 'h> {
    pub(super) program: &'a Program,
    pub(super) plan: &'a Plan,
    pub(super) machine: &'a Rc<Machine>,
    pub(super) interner: &'a Interner,
    pub(super) control: &'a Control,
    pub(super) store: Store<'h>,
    /// Rows that may still be tried.
    pub(super) effort: u64,
    pub(super) proofs: HashMap<Record, Proof>,
    rules: HashMap<RuleId, Rc<SearchedRule>>,
    /// By relation.
    pub(super) components: Vec<usize>,
}

/// Where a record comes from, and how large its derivation is.
#[derive(Clone, Debug)]
pub(super) struct Proof {
    pub(super) by: By,
    pub(super) size: Size,
}

/// Least first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Size {
    pub(super) height: u64,
    pub(super) leaves: u64,
}

#[derive(Clone, Debug)]
pub(super) enum By {
    Input,
    Rule(Instance),
    /// It is not known, for this reason.
    Unknown(String),
}

impl<'a, 'h> Prover<'a, 'h> {
    pub(super) fn new(
        program: &'a Program,
        plan: &'a Plan,
        machine: &'a Rc<Machine>,
        interner: &'a Interner,
        control: &'a Control,
        store: Store<'h>,
        effort: u64,
    ) -> Self {
        let mut components = vec![0; program.relations.len()];
        for (number, component) in plan.components.iter().enumerate() {
            component.relations.iter().for_each(|relation| components[relation.0 as usize] = number);
        }
        Prover {
            program,
            plan,
            machine,
            interner,
            control,
            store,
            effort,
            proofs: HashMap::new(),
            rules: HashMap::new(),
            components,
        }
    }

    /// Finds where a record comes from that is there.
    pub(super) fn settle(&mut self, record: &Record) -> Result<Size, Stop> {
        if let Some(known) = self.proofs.get(record) {
            return Ok(known.size);
        }
        let (red_zone, segment) = STACK;
        stacker::maybe_grow(red_zone, segment, || self.settle_new(record))
    }

    /// The rule, compiled.
    pub(super) fn rule(&mut self, id: RuleId) -> Rc<SearchedRule> {
        let made = || Rc::new(SearchedRule::new(self.program, self.plan, self.machine, id));
        self.rules.entry(id).or_insert_with(made).clone()
    }

    /// The rules that give records of a relation.
    pub(super) fn rules_for(&self, relation: RelationId) -> Vec<RuleId> {
        let rules = self.program.rules.iter().enumerate();
        let for_relation = rules.filter(|(_, rule)| rule.head.relation == relation);
        for_relation.map(|(id, _)| RuleId(id as u32)).collect()
    }

    /// Ways in which rules give a record, using only rows that may be used.
    pub(super) fn instances(
        &mut self,
        record: &Record,
        limit: usize,
        admit: &mut dyn FnMut(&mut Store<'h>, RelationId, &Row) -> bool,
    ) -> Result<Vec<Instance>, Stop> {
        let (relation, row) = record;
        let wanted: Vec<Wanted> = row.iter().map(|word| Wanted::Word(*word)).collect();
        let mut found = Vec::new();
        for id in self.rules_for(*relation) {
            let rule = self.rule(id);
            // A head that fails to be taken apart gives nothing that could be compared.
            let Ok(Some(env)) = rule.env_of_head(&wanted) else { continue };
            let mut search = Search {
                program: self.program,
                interner: self.interner,
                control: self.control,
                store: &mut self.store,
                effort: &mut self.effort,
                rule: &rule,
                admit,
                furthest: None,
            };
            let _ = search.run(&env, &mut |env, evidence, _| {
                if rule.head_row(env).is_ok_and(|given| given == *row) {
                    found.push(Instance { rule: id, env: env.clone(), evidence: evidence.to_vec() });
                }
                match found.len() >= limit {
                    true => std::ops::ControlFlow::Break(()),
                    false => std::ops::ControlFlow::Continue(()),
                }
            })?;
            if found.len() >= limit {
                break;
            }
        }
        Ok(found)
    }

    /// The size of what an instance rests on.
    pub(super) fn size(&mut self, instance: &Instance) -> Result<Size, Stop> {
        let mut size = Size::default();
        for premise in Evidence::rows(&instance.evidence) {
            let part = self.settle(&premise)?;
            size.height = size.height.max(part.height + 1);
            size.leaves += part.leaves.max(1);
        }
        size.leaves += instance.evidence.len() as u64 - rows_alone(&instance.evidence);
        Ok(size)
    }

    /// Keeps where a record comes from.
    pub(super) fn keep(&mut self, record: &Record, by: By, size: Size) -> Size {
        self.proofs.insert(record.clone(), Proof { by, size });
        size
    }

    /// Why no rule is seen to give a record that is there.
    pub(super) fn unknown(&self, relation: RelationId) -> String {
        let fleeting = self.rules_for(relation).into_iter().find_map(|rule| {
            let mut reads = self.plan.rule(rule).reads(self.plan);
            reads.find_map(|read| {
                let collection = self.plan.collection(read);
                let changes = matches!(collection.source, CollectionSource::Changes(_));
                (collection.ephemeral || changes).then(|| collection.name.clone())
            })
        });
        match fleeting {
            Some(name) => format!("a rule for it reads {name}, whose records are gone"),
            None => "no rule is seen to give it".to_owned(),
        }
    }

    fn settle_new(&mut self, record: &Record) -> Result<Size, Stop> {
        let relation = &self.program.relations[record.0.0 as usize];
        if relation.role == RelationRole::Input {
            let fact = self.fact(record)?;
            let size = Size { height: 0, leaves: 1 };
            return Ok(self.keep(record, fact.map_or(By::Input, By::Rule), size));
        }
        if self.plan.components[self.components[record.0.0 as usize]].is_recursive() {
            return self.settle_recursive(record);
        }
        let compared = if self.proofs.len() < EXAMINED { COMPARED } else { 1 };
        let instances = match self.instances(record, compared, &mut |_, _, _| true) {
            Ok(instances) => instances,
            Err(Stop::Exhausted) => return Ok(self.give_up(record)),
            Err(stop) => return Err(stop),
        };
        let mut best: Option<(Size, Instance)> = None;
        for instance in instances {
            let size = self.size(&instance)?;
            if best.as_ref().is_none_or(|(least, _)| size < *least) {
                best = Some((size, instance));
            }
        }
        Ok(match best {
            Some((size, instance)) => self.keep(record, By::Rule(instance), size),
            None => {
                let why = self.unknown(record.0);
                self.keep(record, By::Unknown(why), Size { height: 0, leaves: 1 })
            }
        })
    }

    /// The search took too long: the record stays without a reason.
    pub(super) fn give_up(&mut self, record: &Record) -> Size {
        let why = "the search for a rule that gives it was given up: too many rows".to_owned();
        self.keep(record, By::Unknown(why), Size { height: 0, leaves: 1 })
    }

    /// The fact of the program that gives a record of an input.
    fn fact(&mut self, record: &Record) -> Result<Option<Instance>, Stop> {
        if self.rules_for(record.0).is_empty() {
            return Ok(None);
        }
        Ok(self.instances(record, 1, &mut |_, _, _| true)?.pop())
    }
}

/// How many pieces of evidence are rows of relations.
fn rows_alone(evidence: &[Evidence]) -> u64 {
    let rows = evidence.iter().filter(|evidence| matches!(evidence.found, super::instance::Found::Row(..)));
    rows.count() as u64
}
