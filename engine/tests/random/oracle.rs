//! The simplest evaluation there is: everything from scratch, clause by clause, row by row.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::aggregate::Aggregate;
use super::clause::{Atom, Clause, When};
use super::expr::{Env, Trap};
use super::program::{Holds, Program, Role, Rule};
use super::val::Val;

/// Rows with weights, never zero.
pub(crate) type Contents = BTreeMap<Vec<Val>, i64>;

/// What all relations hold.
pub(crate) type State = Vec<Contents>;

/// Why there is no result.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Stop {
    /// An expression fails.
    Fails,
    /// It would take too long.
    TooLarge,
}

impl From<Trap> for Stop {
    fn from(_: Trap) -> Self {
        Stop::Fails
    }
}

/// A mistake that is made on purpose, to see that it is found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Mistake {
    None,
    NegationForgotten,
    OneRoundOnly,
    WeightsForgotten,
    DelayForgotten,
    LeastForLargest,
    FailureForgotten,
    LastRuleForgotten,
}

/// Rows that an evaluation may have on the way.
const MOST_ROWS: usize = 4000;

/// Weights square themselves when a relation is joined with its own past.
const MOST_WEIGHT: i64 = 1 << 40;

/// Rounds that a recursion may take.
const MOST_ROUNDS: usize = 200;

struct Evaluation<'a> {
    program: &'a Program,
    /// What relations held, the last transaction first.
    past: &'a [State],
    now: State,
    mistake: Mistake,
    may_fail: Cell<bool>,
}

impl Program {
    /// What all relations hold, for what input relations hold and what all held after earlier transactions, the last first.
    pub(crate) fn evaluate(
        &self,
        inputs: &[Contents],
        past: &[State],
        mistake: Mistake,
    ) -> Result<Evaluated, Stop> {
        let mut now = vec![Contents::new(); self.relations.len()];
        for (index, relation) in self.relations.iter().enumerate() {
            if relation.role == Role::Input {
                now[index].clone_from(&inputs[index]);
            }
        }
        let mut evaluation = Evaluation { program: self, past, now, mistake, may_fail: Cell::new(false) };
        for (group, recursive) in self.components() {
            evaluation.component(&group, recursive)?;
        }
        Ok(Evaluated { state: evaluation.now, may_fail: evaluation.may_fail.get() })
    }
}

/// What an evaluation gives.
pub(crate) struct Evaluated {
    pub(crate) state: State,
    /// Whether something fails on rows that a later clause drops: what is looked at first is not said.
    pub(crate) may_fail: bool,
}

/// Variables, weight, and whether something has failed.
#[derive(Clone)]
struct Row {
    env: Env,
    weight: i64,
    failed: bool,
}

impl Evaluation<'_> {
    fn component(&mut self, group: &[usize], recursive: bool) -> Result<(), Stop> {
        for _ in 0..MOST_ROUNDS {
            let mut changed = false;
            for relation in group {
                if self.program.relations[*relation].is_input() {
                    continue;
                }
                let derived = self.derived(*relation, recursive)?;
                changed |= self.now[*relation] != derived;
                self.now[*relation] = derived;
            }
            if !changed || !recursive || self.mistake == Mistake::OneRoundOnly {
                return Ok(());
            }
        }
        Err(Stop::TooLarge)
    }

    fn derived(&self, relation: usize, recursive: bool) -> Result<Contents, Stop> {
        let mut derived = Contents::new();
        for (number, rule) in self.program.rules.iter().enumerate().filter(|(_, rule)| rule.head == relation)
        {
            if self.mistake != Mistake::LastRuleForgotten || number + 1 < self.program.rules.len() {
                self.rule(rule, &mut derived)?;
            }
        }
        let declared = &self.program.relations[relation];
        let set = recursive || declared.role == Role::Output && declared.holds == Holds::Set;
        if set || self.mistake == Mistake::WeightsForgotten {
            derived.values_mut().for_each(|weight| *weight = 1);
        }
        Ok(derived)
    }

    fn rule(&self, rule: &Rule, into: &mut Contents) -> Result<(), Stop> {
        let variables = rule.variables();
        let mut rows = vec![Row { env: vec![None; variables], weight: 1, failed: false }];
        let mut failed = false;
        for clause in &rule.body {
            rows = self.clause(clause, rows, variables)?;
            if rows.len() > MOST_ROWS {
                return Err(Stop::TooLarge);
            }
            failed |= rows.iter().any(|row| row.failed);
        }
        for row in rows {
            let terms: Result<Vec<Val>, Trap> = rule.terms.iter().map(|term| term.eval(&row.env)).collect();
            let terms = if row.failed { Err(Trap) } else { terms };
            match terms {
                Ok(terms) => *into.entry(terms).or_default() += row.weight,
                Err(Trap) if self.mistake == Mistake::FailureForgotten => {}
                Err(Trap) => return Err(Stop::Fails),
            }
        }
        self.may_fail.set(self.may_fail.get() || failed);
        Ok(())
    }

    /// A row on which something fails goes on, to see whether a later clause drops it.
    fn clause(&self, clause: &Clause, rows: Vec<Row>, variables: usize) -> Result<Vec<Row>, Stop> {
        let mut out = Vec::new();
        match clause {
            Clause::Atom(atom) => {
                let mut large = false;
                for row in &rows {
                    self.matches(atom, &row.env, &mut |met, times, failed| {
                        let weight = row.weight.checked_mul(times).unwrap_or(MOST_WEIGHT);
                        large |= weight >= MOST_WEIGHT;
                        out.push(Row { env: met, weight, failed: row.failed || failed });
                    });
                    if large || out.len() > MOST_ROWS {
                        return Err(Stop::TooLarge);
                    }
                }
            }
            Clause::Not(atom) => {
                for mut row in rows {
                    let (mut there, mut fails) = (false, false);
                    self.matches(atom, &row.env, &mut |_, _, failed| {
                        there |= !failed;
                        fails |= failed;
                    });
                    if !there || self.mistake == Mistake::NegationForgotten {
                        row.failed |= fails;
                        out.push(row);
                    }
                }
            }
            Clause::Filter(expr) => {
                for mut row in rows {
                    let value = expr.eval(&row.env);
                    row.failed |= value.is_err();
                    if value.map_or(true, |value| value.as_bool()) {
                        out.push(row);
                    }
                }
            }
            Clause::Let(var, expr) => {
                for mut row in rows {
                    let value = expr.eval(&row.env);
                    row.failed |= value.is_err();
                    row.env[*var] = value.ok();
                    out.push(row);
                }
            }
            Clause::Match(pattern, expr) => {
                for mut row in rows {
                    let before = row.env.clone();
                    let met =
                        expr.eval(&before).and_then(|value| pattern.meet(&value, &before, &mut row.env));
                    row.failed |= met.is_err();
                    if met.unwrap_or(true) {
                        out.push(row);
                    }
                }
            }
            Clause::Each(var, expr) => {
                for mut row in rows {
                    match expr.eval(&row.env) {
                        Ok(values) => out.extend(values.elements().into_iter().map(|value| {
                            let mut row = row.clone();
                            row.env[*var] = Some(value);
                            row
                        })),
                        Err(Trap) => {
                            row.failed = true;
                            out.push(row);
                        }
                    }
                }
            }
            Clause::Group { var, value, key, aggregate } => {
                let mut groups: BTreeMap<Vec<Val>, BTreeMap<Val, i64>> = BTreeMap::new();
                for row in rows {
                    let value = value.eval(&row.env);
                    let (Ok(value), false) = (value, row.failed) else {
                        if self.mistake == Mistake::FailureForgotten {
                            continue;
                        }
                        return Err(Stop::Fails);
                    };
                    let key = key.iter().map(|(var, _)| row.env[*var].clone().unwrap()).collect();
                    *groups.entry(key).or_default().entry(value).or_default() += row.weight;
                }
                let aggregate = match (self.mistake, aggregate) {
                    (Mistake::LeastForLargest, Aggregate::Max) => Aggregate::Min,
                    (_, aggregate) => *aggregate,
                };
                for (values, group) in groups {
                    let whole = match values.as_slice() {
                        [one] => one.clone(),
                        more => Val::Tuple(more.to_vec()),
                    };
                    let result = aggregate.eval(&whole, &value.ty(), &group);
                    let mut env = vec![None; variables];
                    for ((var, _), value) in key.iter().zip(values) {
                        env[*var] = Some(value);
                    }
                    env[*var] = Some(result);
                    out.push(Row { env, weight: 1, failed: false });
                }
            }
        }
        Ok(out)
    }

    /// Each record that matches, or might if something did not fail.
    fn matches(&self, atom: &Atom, env: &Env, each: &mut dyn FnMut(Env, i64, bool)) {
        let nothing = Contents::new();
        let contents = match atom.when {
            When::Before(transactions) if self.mistake != Mistake::DelayForgotten => {
                self.past.get(transactions - 1).map_or(&nothing, |state| &state[atom.relation])
            }
            _ => &self.now[atom.relation],
        };
        for (record, weight) in contents {
            let (mut met, mut all, mut failed) = (env.clone(), true, false);
            for (term, value) in atom.terms.iter().zip(record) {
                let meets = term.meet(value, env, &mut met);
                failed |= meets.is_err();
                all &= meets.unwrap_or(true);
            }
            if all {
                each(met, *weight, failed);
            }
        }
    }
}
