//! Ways to make a rule's body hold, found clause by clause.
//!
//! Of the clauses that can be looked at next, conditions and assignments go first, then the literal that costs least: one
//! whose record is known, one that an index finds, the smallest one. Among equals the order of the rule counts. Rows are tried in
//! their natural order, so that what is found first does not depend on how they lie in memory.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::code::{Code, Env};
use super::failing::{Failing, How};
use super::goal::{Atom, Goal, GoalKind, Term};
use super::instance::{Evidence, Found, GroupFound};
use super::rule::{Grouping, SearchedRule};
use super::store::{Cost, Store, Weighted};
use crate::control::Control;
use crate::dataflow::host::Failure;
use crate::dataflow::index::Weight;
use crate::dataflow::pulse::cancelled;
use crate::eval::{RowMeta, Trap};
use crate::ir::{LocalId, Program, RelationId};
use crate::value::{Interner, Row, Word, compare, compare_rows};

/// Members of a group that are kept to be shown.
const SAMPLES: usize = 3;

/// Rows of one literal that are put into their natural order; of more, the first ones are.
const SORTED: usize = 4096;

/// What a search works with.
pub(super) struct Search<'a, 'h> {
    pub(super) program: &'a Program,
    pub(super) interner: &'a Interner,
    pub(super) control: &'a Control,
    pub(super) store: &'a mut Store<'h>,
    /// Rows that may still be tried.
    pub(super) effort: &'a mut u64,
    pub(super) rule: &'a SearchedRule,
    /// Whether a row may be used.
    pub(super) admit: &'a mut dyn FnMut(&mut Store<'h>, RelationId, &Row) -> bool,
    /// The attempt that got furthest.
    pub(super) furthest: Option<Failing>,
}

/// Why a search ended early.
#[derive(Debug)]
pub(super) enum Stop {
    /// Contents could not be read, or somebody cancelled.
    Failed(Failure),
    /// It took more rows than it may.
    Exhausted,
}

type Searched = Result<ControlFlow<()>, Stop>;

/// Is told of each way: the variables, what the clauses found, and how often this way counts.
type Report<'f> = dyn FnMut(&Env, &[Evidence], Weight) -> ControlFlow<()> + 'f;

impl Search<'_, '_> {
    /// Finds the ways in which the body holds with these values of variables.
    pub(super) fn run(&mut self, env: &Env, found: &mut Report<'_>) -> Searched {
        let mut start = env.clone();
        self.section(0, env, &mut start, &mut Vec::new(), found)
    }

    /// Notes down an attempt that ended.
    pub(super) fn fail(&mut self, satisfied: usize, clause: Option<usize>, env: &Env, how: How) {
        if self.furthest.as_ref().is_none_or(|best| best.satisfied < satisfied) {
            self.furthest = Some(Failing { satisfied, clause, how, env: env.clone() });
        }
    }

    fn section(
        &mut self,
        number: usize,
        given: &Env,
        env: &mut Env,
        trace: &mut Vec<Evidence>,
        found: &mut Report<'_>,
    ) -> Searched {
        let rule = self.rule;
        let section = &rule.sections[number];
        let left: Vec<usize> = (0..section.goals.len()).collect();
        let Some(grouping) = &section.group else {
            return self.goals(number, left, env, trace, 1, found);
        };
        let mut groups = Groups { grouping, found: BTreeMap::new(), trap: None };
        let before = trace.len();
        let gather = &mut |env: &Env, trace: &[Evidence], weight: Weight| {
            groups.add(env, &trace[before..], weight);
            ControlFlow::Continue(())
        };
        let searched = self.goals(number, left, env, trace, 1, gather)?;
        if let Some(trap) = groups.trap.take() {
            self.fail(self.satisfied(number, 0), Some(grouping.clause), env, How::Trap(trap.message));
        }
        if searched.is_break() {
            return Ok(searched);
        }
        for (key, group) in self.in_order(groups) {
            let mut next = given.clone();
            let members: Vec<(Word, Weight)> = group.values.into_iter().collect();
            let word = self.reduced(grouping, &key, &members);
            let satisfied = self.satisfied(number + 1, 0).saturating_sub(1);
            let word = match word {
                Ok(Some(word)) => word,
                Ok(None) => continue,
                Err(trap) => {
                    self.fail(satisfied, Some(grouping.clause), &next, How::Trap(trap.message));
                    continue;
                }
            };
            let mut new = Vec::new();
            let values = grouping.key.iter().copied().zip(key.iter().copied());
            let mut values = values.chain([(grouping.group, word)]);
            if !values.all(|(local, word)| next.unify(local, word, &mut new)) {
                self.fail(satisfied, Some(grouping.clause), &next, How::Value(Vec::new()));
                continue;
            }
            let found_group = GroupFound {
                key: grouping.key.iter().copied().zip(key.iter().copied()).collect(),
                members: group.members,
                value_type: grouping.value_type,
                samples: group.samples,
            };
            trace.truncate(before);
            let evidence = Found::Group(Box::new(found_group));
            trace.push(Evidence { clause: grouping.clause, found: evidence });
            let mut env = next.clone();
            let flow = self.section(number + 1, given, &mut env, trace, found)?;
            trace.truncate(before);
            if flow.is_break() {
                return Ok(flow);
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn goals(
        &mut self,
        section: usize,
        left: Vec<usize>,
        env: &mut Env,
        trace: &mut Vec<Evidence>,
        weight: Weight,
        found: &mut Report<'_>,
    ) -> Searched {
        let rule = self.rule;
        let goals = &rule.sections[section].goals;
        if left.is_empty() {
            return Ok(found(env, trace, weight));
        }
        let mut at = self.next(goals, &left, env)?;
        // What stands before it in the rule may yet keep it from values for which its code fails.
        while fails(&goals[at], env) {
            let earlier: Vec<usize> = left.iter().copied().filter(|other| *other < at).collect();
            if earlier.is_empty() {
                break;
            }
            at = self.next(goals, &earlier, env)?;
        }
        let goal = &goals[at];
        let satisfied = self.satisfied(section, goals.len() - left.len());
        let left: Vec<usize> = left.into_iter().filter(|other| *other != at).collect();
        match &goal.kind {
            GoalKind::Filter(code) => {
                self.step()?;
                match code.rows(env, &[]) {
                    Ok(rows) if !rows.is_empty() => {
                        return self.goals(section, left, env, trace, weight, found);
                    }
                    Ok(_) => self.fail(satisfied, Some(goal.clause), env, How::Filter),
                    Err(trap) => self.trapped(satisfied, goal, env, trap)?,
                }
                Ok(ControlFlow::Continue(()))
            }
            GoalKind::Values(code, binds) => {
                self.step()?;
                let rows = match code.rows(env, &[]) {
                    Ok(rows) => rows,
                    Err(trap) => {
                        self.trapped(satisfied, goal, env, trap)?;
                        return Ok(ControlFlow::Continue(()));
                    }
                };
                let mut fitted = false;
                for row in &rows {
                    let mut new = Vec::new();
                    let fits =
                        binds.iter().zip(row.iter()).all(|(local, word)| env.unify(*local, *word, &mut new));
                    fitted |= fits;
                    let flow = match fits {
                        true => self.goals(section, left.clone(), env, trace, weight, found)?,
                        false => ControlFlow::Continue(()),
                    };
                    env.forget(&new);
                    if flow.is_break() {
                        return Ok(flow);
                    }
                }
                if !fitted {
                    let differ = |row: &Row| {
                        let values = binds.iter().copied().zip(row.iter().copied());
                        values.into_iter().find(|(local, word)| env.word(*local).is_some_and(|w| w != *word))
                    };
                    let gives = rows.iter().filter_map(differ).take(SAMPLES).collect();
                    self.fail(satisfied, Some(goal.clause), env, How::Value(gives));
                }
                Ok(ControlFlow::Continue(()))
            }
            GoalKind::Not(atom) => {
                self.step()?;
                let known = match self.known(atom, env) {
                    Ok(known) => known,
                    Err(trap) => {
                        self.trapped(satisfied, goal, env, trap)?;
                        return Ok(ControlFlow::Continue(()));
                    }
                };
                if let Some(row) = self.present(atom, &known, env)? {
                    self.fail(satisfied, Some(goal.clause), env, How::Present(atom.relation, row));
                    return Ok(ControlFlow::Continue(()));
                }
                let found_none = Found::None(atom.relation, columns(atom, &known));
                trace.push(Evidence { clause: goal.clause, found: found_none });
                let flow = self.goals(section, left, env, trace, weight, found);
                trace.pop();
                flow
            }
            GoalKind::Atom(atom) => {
                let known = match self.known(atom, env) {
                    Ok(known) => known,
                    Err(trap) => {
                        self.trapped(satisfied, goal, env, trap)?;
                        return Ok(ControlFlow::Continue(()));
                    }
                };
                let rows = self.rows(atom, &known)?;
                let mut fitted = false;
                let first = rows.first().map(|(row, _)| row.clone());
                for (row, times) in rows {
                    self.step()?;
                    if atom.is_now() && !(self.admit)(self.store, atom.relation, &row) {
                        continue;
                    }
                    let mut new = Vec::new();
                    match self.matched(atom, &row, env, &mut new) {
                        Ok(true) => {}
                        Ok(false) => {
                            env.forget(&new);
                            continue;
                        }
                        Err(trap) => {
                            env.forget(&new);
                            self.trapped(satisfied, goal, env, trap)?;
                            continue;
                        }
                    }
                    fitted = true;
                    trace.push(Evidence { clause: goal.clause, found: atom.found(row) });
                    let flow = self.goals(section, left.clone(), env, trace, weight * times, found)?;
                    trace.pop();
                    env.forget(&new);
                    if flow.is_break() {
                        return Ok(flow);
                    }
                }
                if !fitted {
                    let how = match first {
                        Some(row) => How::Mismatch(atom.relation, row),
                        None => How::NoRow(atom.relation, columns(atom, &known)),
                    };
                    self.fail(satisfied, Some(goal.clause), env, how);
                }
                Ok(ControlFlow::Continue(()))
            }
        }
    }

    /// The goal to be looked at next.
    fn next(&mut self, goals: &[Goal], left: &[usize], env: &Env) -> Result<usize, Stop> {
        let mut best: Option<(Cost, usize)> = None;
        let mut waiting = false;
        for at in left {
            let goal = &goals[*at];
            let ready = env.knows(&goal.needs);
            match &goal.kind {
                GoalKind::Filter(_) | GoalKind::Values(..) => {
                    // What comes before may keep it from values for which it fails.
                    let shares =
                        |other: &&usize| **other < *at && !goals[**other].binds.is_disjoint(&goal.needs);
                    if ready && !waiting && !left.iter().any(|other| shares(&other)) {
                        return Ok(*at);
                    }
                    waiting = true;
                }
                GoalKind::Not(_) if ready => return Ok(*at),
                GoalKind::Not(_) => {}
                GoalKind::Atom(atom) if ready => {
                    let columns: Vec<usize> = atom.known_columns(env).collect();
                    let cost = match atom.collection {
                        Some(id) => self.store.cost(id, &columns, atom.terms.len()),
                        None => Cost::One,
                    };
                    if best.is_none_or(|(least, _)| cost < least) {
                        best = Some((cost, *at));
                    }
                }
                GoalKind::Atom(_) => {}
            }
        }
        // The first one that is left needs only what was before it.
        Ok(best.map_or(left[0], |(_, at)| at))
    }

    /// The columns of a literal that are known, in ascending order.
    fn known(&self, atom: &Atom, env: &Env) -> Result<Vec<(usize, Word)>, Trap> {
        let mut known = Vec::new();
        for (column, term) in atom.terms.iter().enumerate() {
            let word = match term {
                Term::Any => None,
                Term::Variable(local) => env.word(*local),
                Term::Value(code) => code.word(env)?,
            };
            known.extend(word.map(|word| (column, word)));
        }
        Ok(known)
    }

    /// The rows that a literal may match, in their natural order.
    fn rows(&mut self, atom: &Atom, known: &[(usize, Word)]) -> Result<Vec<Weighted>, Stop> {
        let Some(collection) = atom.collection else { return Ok(Vec::new()) };
        let mut rows = self.store.find(collection, known).map_err(Stop::Failed)?;
        let record = self.program.relations[atom.relation.0 as usize].record;
        let (interner, types) = (self.interner, &self.program.types);
        let order =
            |one: &Weighted, other: &Weighted| compare_rows(interner, types, record, &one.0, &other.0);
        if rows.len() > SORTED {
            rows.select_nth_unstable_by(SORTED, order);
        }
        let first = rows.len().min(SORTED);
        rows[..first].sort_unstable_by(order);
        Ok(rows)
    }

    /// A row that a negated literal matches.
    fn present(&mut self, atom: &Atom, known: &[(usize, Word)], env: &Env) -> Result<Option<Row>, Stop> {
        let Some(collection) = atom.collection else { return Ok(None) };
        if atom.parts.is_empty() && !self.store.has(collection, known).map_err(Stop::Failed)? {
            return Ok(None);
        }
        for (row, _) in self.rows(atom, known)? {
            self.step()?;
            let matches = atom.parts.iter().map(|part| part.code.rows(env, &[row[part.column]]));
            let all: Result<Vec<bool>, Trap> =
                matches.map(|rows| rows.map(|rows| !rows.is_empty())).collect();
            if all.is_ok_and(|all| all.into_iter().all(|matches| matches)) {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    /// Whether a row matches; variables get its values.
    fn matched(&self, atom: &Atom, row: &Row, env: &mut Env, new: &mut Vec<LocalId>) -> Result<bool, Trap> {
        for (term, word) in atom.terms.iter().zip(row.iter()) {
            if let Term::Variable(local) = term
                && !env.unify(*local, *word, new)
            {
                return Ok(false);
            }
        }
        for part in &atom.parts {
            let rows = part.code.rows(env, &[row[part.column]])?;
            let Some(values) = rows.first() else { return Ok(false) };
            if !part.binds.iter().zip(values.iter()).all(|(local, word)| env.unify(*local, *word, new)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn reduced(
        &self,
        grouping: &Grouping,
        key: &[Word],
        members: &[(Word, Weight)],
    ) -> Result<Option<Word>, Trap> {
        let mut word = None;
        let meta = RowMeta { weight: RowMeta::UNSEEN, epoch: 0 };
        grouping.reduction.run(key, members, meta, &mut |row| word = row.first().copied())?;
        Ok(word)
    }

    /// Groups in the natural order of their keys.
    fn in_order(&self, groups: Groups<'_>) -> Vec<(Row, Members)> {
        let types: Vec<_> =
            groups.grouping.key.iter().map(|key| self.rule.locals[key.0 as usize].ty).collect();
        let mut found: Vec<(Row, Members)> = groups.found.into_iter().collect();
        found.sort_by(|(one, _), (other, _)| {
            let columns = types.iter().zip(one.iter().zip(other.iter()));
            let mut orders =
                columns.map(|(ty, (a, b))| compare(self.interner, &self.program.types, *ty, *a, *b));
            orders.find(|order| order.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
        });
        found
    }

    /// Clauses that hold when so many of a section do.
    fn satisfied(&self, section: usize, goals: usize) -> usize {
        let before = self.rule.sections[..section].iter().map(|section| section.goals.len() + 1);
        before.sum::<usize>() + goals
    }

    /// Code that fails for a row is a way that does not hold, unless somebody wants all of it to end.
    fn trapped(&mut self, satisfied: usize, goal: &Goal, env: &Env, trap: Trap) -> Result<(), Stop> {
        if self.control.is_cancelled() {
            return Err(Stop::Failed(Failure { rule: Some(self.rule.id), trap }));
        }
        self.fail(satisfied, Some(goal.clause), env, How::Trap(trap.message));
        Ok(())
    }

    fn step(&mut self) -> Result<(), Stop> {
        if *self.effort == 0 {
            return Err(Stop::Exhausted);
        }
        *self.effort -= 1;
        if self.effort.is_multiple_of(1024) && self.control.is_cancelled() {
            let trap = cancelled();
            return Err(Stop::Failed(Failure { rule: None, trap }));
        }
        Ok(())
    }
}

impl Atom {
    fn known_columns<'e>(&'e self, env: &'e Env) -> impl Iterator<Item = usize> + 'e {
        let known = |(column, term): (usize, &Term)| match term {
            Term::Any => None,
            Term::Variable(local) => env.word(*local).map(|_| column),
            Term::Value(_) => Some(column),
        };
        self.terms.iter().enumerate().filter_map(known)
    }

    fn found(&self, row: Row) -> Found {
        match (self.differential, self.delay) {
            (true, _) => Found::Latest(self.relation, row),
            (false, 0) => Found::Row(self.relation, row),
            (false, delay) => Found::Earlier(self.relation, row, delay),
        }
    }
}

/// Whether the code of a condition or an assignment fails for these values.
fn fails(goal: &Goal, env: &Env) -> bool {
    match &goal.kind {
        GoalKind::Filter(code) | GoalKind::Values(code, _) => code.rows(env, &[]).is_err(),
        GoalKind::Atom(_) | GoalKind::Not(_) => false,
    }
}

/// What is known of a literal's record, column by column.
fn columns(atom: &Atom, known: &[(usize, Word)]) -> Vec<Option<Word>> {
    let mut columns = vec![None; atom.terms.len()];
    known.iter().for_each(|(column, word)| columns[*column] = Some(*word));
    columns
}

/// The groups of a search.
struct Groups<'g> {
    grouping: &'g Grouping,
    found: BTreeMap<Row, Members>,
    trap: Option<Trap>,
}

#[derive(Default)]
struct Members {
    values: BTreeMap<Word, Weight>,
    members: u64,
    samples: Vec<(Word, Vec<Evidence>)>,
}

impl Groups<'_> {
    fn add(&mut self, env: &Env, trace: &[Evidence], weight: Weight) {
        let key: Row = self.grouping.key.iter().map(|key| env.word(*key).unwrap_or_default()).collect();
        let value = match value(&self.grouping.value, env) {
            Ok(value) => value,
            Err(trap) => {
                self.trap = Some(trap);
                return;
            }
        };
        let members = self.found.entry(key).or_default();
        *members.values.entry(value).or_default() += weight;
        members.members += 1;
        if members.samples.len() < SAMPLES {
            members.samples.push((value, trace.to_vec()));
        }
    }
}

fn value(code: &Code, env: &Env) -> Result<Word, Trap> {
    Ok(code.word(env)?.unwrap_or_default())
}
