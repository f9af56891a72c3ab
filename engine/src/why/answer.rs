//! Questions answered from the running program.

use crate::plan::record::nowhere;
use std::collections::{HashMap, VecDeque};
use std::ops::ControlFlow;
use std::rc::Rc;

use super::absence::{Absence, Obstacle, RuleAbsence};
use super::derivation::{Binding, Derivation, Premise, Reason, Sample, Step};
use super::failing::{Failing, How};
use super::instance::{Evidence, Found, Instance};
use super::prove::{By, Prover, Record};
use super::question::{Question, WhyError};
use super::rule::SearchedRule;
use super::search::{Search, Stop};
use super::store::Store;
use super::wanted::{Wanted, row_matches};
use super::written::Written;
use crate::control::Control;
use crate::dataflow::host::{Failure, Host};
use crate::dataflow::index::Epoch;
use crate::eval::{Machine, Trap};
use crate::ir::{Program, RelationId, RelationRole, RelationSemantics, RuleId, TypeId};
use crate::plan::{CollectionId, Plan};
use crate::value::{Interner, Row, compare_rows};

/// Rows that are tried for one answer.
const EFFORT: u64 = 4_000_000;

/// Steps of a derivation that are told.
const STEPS: usize = 10_000;

/// The running program.
pub(crate) struct Running<'r> {
    pub(crate) program: &'r Program,
    pub(crate) plan: &'r Plan,
    pub(crate) machine: Rc<Machine>,
    pub(crate) interner: &'r Interner,
    pub(crate) control: &'r Control,
    pub(crate) host: &'r mut Host,
    pub(crate) epoch: Epoch,
}

/// Why there is no answer.
pub(crate) enum Trouble {
    /// The asker is told.
    Why(WhyError),
    /// Contents could not be read.
    Failed(Failure),
}

/// How a record came about.
pub(crate) fn why(running: Running<'_>, question: &Question) -> Result<Derivation, Trouble> {
    let asked = Asked::new(&running, question)?;
    let Running { program, plan, machine, interner, control, host, epoch } = running;
    let written = Written { program, interner };
    let store = Store::new(host, epoch);
    let mut prover = Prover::new(program, plan, &machine, interner, control, store, EFFORT);
    let found = asked.find(program, interner, &mut prover.store).map_err(Trouble::Failed)?;
    let absent = || Trouble::Why(WhyError::Absent(written.wanted(asked.relation, &asked.wanted)));
    let root: Record = (asked.relation, found.ok_or_else(absent)?);
    match prover.settle(&root) {
        Ok(_) => {}
        Err(Stop::Failed(failure)) => return Err(Trouble::Failed(failure)),
        Err(Stop::Exhausted) => drop(prover.give_up(&root)),
    }
    Ok(derivation(&mut prover, &written, root))
}

/// What is missing for a record.
pub(crate) fn why_not(running: Running<'_>, question: &Question) -> Result<Absence, Trouble> {
    let asked = Asked::new(&running, question)?;
    let Running { program, plan, machine, interner, control, host, epoch } = running;
    let written = Written { program, interner };
    let mut store = Store::new(host, epoch);
    if let Some(row) = asked.find(program, interner, &mut store).map_err(Trouble::Failed)? {
        return Err(Trouble::Why(WhyError::Present(written.record(asked.relation, &row))));
    }
    let declared = &program.relations[asked.relation.0 as usize];
    let mut effort = EFFORT;
    let mut rules = Vec::new();
    let of_relation = program.rules.iter().enumerate().filter(|(_, r)| r.head.relation == asked.relation);
    for (number, _) in of_relation {
        let rule = SearchedRule::new(program, plan, &machine, RuleId(number as u32));
        let failing = asked.try_rule(&rule, program, interner, control, &mut store, &mut effort);
        rules.push(absence(&written, &rule, failing?));
    }
    rules.sort_by_key(|rule| {
        let left = rule.clauses.saturating_sub(rule.satisfied);
        (matches!(rule.obstacle, Obstacle::Head), left, rule.rule)
    });
    Ok(Absence {
        relation: declared.name.clone(),
        record: written.wanted(asked.relation, &asked.wanted),
        is_input: declared.role == RelationRole::Input,
        rules,
    })
}

/// A question, understood.
struct Asked {
    relation: RelationId,
    wanted: Vec<Wanted>,
    column_types: Vec<TypeId>,
}

/// What became of an attempt to give a record by a rule.
enum Attempt {
    /// The head cannot give it.
    Head,
    Failed(Box<Failing>),
    Unknown(String),
}

impl Asked {
    fn new(running: &Running<'_>, question: &Question) -> Result<Self, Trouble> {
        let program = running.program;
        let relation = relation(program, &question.relation).map_err(Trouble::Why)?;
        let declared = &program.relations[relation.0 as usize];
        if declared.semantics == RelationSemantics::Stream {
            return Err(Trouble::Why(WhyError::Stream(declared.name.clone())));
        }
        let wanted = Wanted::columns(program, running.interner, relation, &question.record);
        let wanted = wanted.map_err(|error| {
            Trouble::Why(WhyError::Record { relation: declared.name.clone(), error: Box::new(error) })
        })?;
        let column_types = running.plan.collection(CollectionId(relation.0)).columns.clone();
        Ok(Asked { relation, wanted, column_types })
    }

    /// The first record in natural order that is meant.
    fn find(
        &self,
        program: &Program,
        interner: &Interner,
        store: &mut Store<'_>,
    ) -> Result<Option<Row>, Failure> {
        let known = self.wanted.iter().enumerate();
        let known: Vec<_> = known.filter_map(|(column, wanted)| Some((column, wanted.word()?))).collect();
        let id = CollectionId(self.relation.0);
        if known.len() == self.wanted.len() {
            let row = known.iter().map(|(_, word)| *word).collect();
            return Ok(store.has(id, &known)?.then_some(row));
        }
        let types = &program.types;
        let record = program.relations[self.relation.0 as usize].record;
        let rows = store.find(id, &known)?.into_iter().map(|(row, _)| row);
        let meant = rows.filter(|row| row_matches(&self.wanted, interner, types, &self.column_types, row));
        Ok(meant.min_by(|one, other| compare_rows(interner, types, record, one, other)))
    }

    fn try_rule<'h>(
        &self,
        rule: &SearchedRule,
        program: &Program,
        interner: &Interner,
        control: &Control,
        store: &mut Store<'h>,
        effort: &mut u64,
    ) -> Result<Attempt, Trouble> {
        let env = match rule.env_of_head(&self.wanted) {
            Ok(Some(env)) => env,
            Ok(None) => return Ok(Attempt::Head),
            Err(trap) => return Ok(Attempt::Unknown(trap.message)),
        };
        let mut search = Search {
            program,
            interner,
            control,
            store,
            effort,
            rule,
            admit: &mut |_, _, _| true,
            furthest: None,
        };
        let clauses = rule.clauses();
        let mut other: Option<Failing> = None;
        let searched = search.run(&env, &mut |env, _, _| {
            let how = match rule.head_row(env) {
                Ok(row) => How::Other(row),
                Err(Trap { message, .. }) => How::Trap(message),
            };
            other = Some(Failing { satisfied: clauses, clause: None, how, env: env.clone() });
            ControlFlow::Break(())
        });
        let furthest = other.or(search.furthest.take());
        match (searched, furthest) {
            (Err(Stop::Failed(failure)), _) => Err(Trouble::Failed(failure)),
            (Err(Stop::Exhausted), _) => {
                Ok(Attempt::Unknown("the search was given up: too many rows".to_owned()))
            }
            (Ok(_), Some(failing)) => Ok(Attempt::Failed(Box::new(failing))),
            (Ok(_), None) => Ok(Attempt::Unknown("nothing was found to be missing".to_owned())),
        }
    }
}

/// The relation of that name, or the only one whose last part it is.
fn relation(program: &Program, name: &str) -> Result<RelationId, WhyError> {
    if let Some(relation) = program.relation(name) {
        return Ok(relation);
    }
    let last_part =
        |(_, relation): &(usize, &crate::ir::Relation)| relation.name.rsplit("::").next() == Some(name);
    let mut found = program.relations.iter().enumerate().filter(last_part);
    match (found.next(), found.next()) {
        (Some((index, _)), None) => Ok(RelationId(index as u32)),
        _ => Err(WhyError::UnknownRelation(name.to_owned())),
    }
}

/// The steps that a record rests on, as far as they were settled.
fn derivation(prover: &mut Prover<'_, '_>, written: &Written<'_>, root: Record) -> Derivation {
    let mut telling = Telling { numbers: HashMap::new(), waiting: VecDeque::new() };
    telling.number(&root);
    let mut steps = Vec::new();
    while let Some(record) = telling.waiting.pop_front() {
        let proof = prover.proofs.get(&record).map(|proof| proof.by.clone());
        let by = match proof {
            _ if steps.len() >= STEPS => {
                Reason::Unknown { why: format!("not followed: more than {STEPS} steps") }
            }
            None => Reason::Unknown { why: "not followed".to_owned() },
            Some(By::Unknown(why)) => Reason::Unknown { why },
            Some(By::Input) => Reason::Input,
            Some(By::Rule(instance)) => {
                let rule = prover.rule(instance.rule);
                reason(&mut telling, written, &rule, &instance)
            }
        };
        steps.push(Step {
            relation: written.program.relations[record.0.0 as usize].name.clone(),
            record: written.record(record.0, &record.1),
            value: written.value(record.0, &record.1),
            by,
        });
    }
    Derivation { steps }
}

fn reason(telling: &mut Telling, written: &Written<'_>, rule: &SearchedRule, instance: &Instance) -> Reason {
    let (number, place) = (rule.id.0, written.rule_place(rule.id));
    if rule.is_fact() {
        return Reason::Fact { rule: number, place };
    }
    Reason::Rule {
        rule: number,
        place,
        bindings: written.bindings(rule, &instance.env),
        premises: telling.premises(written, rule, &instance.evidence),
    }
}

/// Records that are told of, numbered.
struct Telling {
    numbers: HashMap<Record, usize>,
    waiting: VecDeque<Record>,
}

impl Telling {
    fn number(&mut self, record: &Record) -> usize {
        let next = self.numbers.len();
        *self.numbers.entry(record.clone()).or_insert_with(|| {
            self.waiting.push_back(record.clone());
            next
        })
    }

    /// In the order of the rule's clauses.
    fn premises(
        &mut self,
        written: &Written<'_>,
        rule: &SearchedRule,
        evidence: &[Evidence],
    ) -> Vec<Premise> {
        let mut evidence: Vec<&Evidence> = evidence.iter().collect();
        evidence.sort_by_key(|evidence| evidence.clause);
        let premise = |evidence: &Evidence| match &evidence.found {
            Found::Row(relation, row) => Premise::Record { step: self.number(&(*relation, row.clone())) },
            Found::Earlier(relation, row, transactions) => Premise::Earlier {
                relation: written.program.relations[relation.0 as usize].name.clone(),
                record: written.record(*relation, row),
                transactions: *transactions,
            },
            Found::Latest(relation, row) => Premise::Latest {
                relation: written.program.relations[relation.0 as usize].name.clone(),
                record: written.record(*relation, row),
            },
            Found::None(relation, columns) => {
                Premise::Absent { pattern: written.pattern(*relation, columns) }
            }
            Found::Group(group) => Premise::Group {
                key: group
                    .key
                    .iter()
                    .filter_map(|(local, word)| written.binding(&rule.locals[local.0 as usize], *word))
                    .collect(),
                members: group.members,
                shown: group
                    .samples
                    .iter()
                    .map(|(word, evidence)| Sample {
                        value: written.word(group.value_type, *word),
                        premises: self.premises(written, rule, evidence),
                    })
                    .collect(),
            },
        };
        evidence.into_iter().map(premise).collect()
    }
}

fn absence(written: &Written<'_>, rule: &SearchedRule, attempt: Attempt) -> RuleAbsence {
    let clauses = rule.clauses();
    let mut absence = RuleAbsence {
        rule: rule.id.0,
        place: written.rule_place(rule.id),
        satisfied: 0,
        clauses,
        obstacle: Obstacle::Head,
        at: None,
        bindings: Vec::<Binding>::new(),
    };
    let failing = match attempt {
        Attempt::Head => return absence,
        Attempt::Unknown(why) => {
            absence.obstacle = Obstacle::Unknown { why };
            return absence;
        }
        Attempt::Failed(failing) => *failing,
    };
    let declared = &written.program.rules[rule.id.0 as usize];
    let span = failing.clause.and_then(|clause| declared.body.get(clause)).map(|clause| clause.span);
    let clause = || written.text(span.unwrap_or(nowhere()));
    absence.satisfied = failing.satisfied.min(clauses);
    absence.at = span.map(|span| written.place(span));
    absence.bindings = written.bindings(rule, &failing.env);
    absence.obstacle = match failing.how {
        How::NoRow(relation, columns) => Obstacle::NoRecord { pattern: written.pattern(relation, &columns) },
        How::Mismatch(relation, row) => {
            Obstacle::Mismatch { clause: clause(), record: written.record(relation, &row) }
        }
        How::Present(relation, row) => Obstacle::Present { record: written.record(relation, &row) },
        How::Filter => Obstacle::Filter { condition: clause() },
        How::Value(gives) => {
            let binding = |(local, word): &(crate::ir::LocalId, u32)| {
                written.binding(&rule.locals[local.0 as usize], *word)
            };
            let gives = gives.iter().filter_map(binding);
            let gives = gives.map(|Binding { name, value }| format!("{name} = {value}")).collect();
            Obstacle::Value { clause: clause(), gives }
        }
        How::Trap(message) => Obstacle::Failure { clause: clause(), message },
        How::Other(row) => Obstacle::Other { record: written.record(declared.head.relation, &row) },
    };
    absence
}
