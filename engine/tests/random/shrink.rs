//! A failing case, made smaller as long as it fails in the same way.

use super::case::Case;
use super::clause::{Atom, Clause, Pattern};
use super::drive::{Difference, Kind, compile};
use super::expr::{Expr, Var};
use super::oracle::Mistake;
use super::program::{Holds, Role, Rule};
use super::script::What;
use super::ty::Ty;

/// How often a smaller case is tried at most.
const TRIES: usize = 3000;

/// The smallest case that is found, with what goes wrong in it.
pub(crate) fn shrunk(case: &Case, first: Difference, mistake: Mistake) -> (Case, Difference) {
    let mut best = (case.clone(), first);
    let mut tries = 0;
    loop {
        let mut smaller = false;
        let mut at = 0;
        loop {
            let candidates = candidates(&best.0);
            let Some(candidate) = candidates.into_iter().nth(at) else { break };
            tries += 1;
            if tries > TRIES {
                return best;
            }
            match fails(&candidate, mistake) {
                // The ones before did not help; they may now, in the next round.
                Some(difference) if difference.is_like(&best.1) => {
                    best = (candidate, difference);
                    smaller = true;
                }
                _ => at += 1,
            }
        }
        if !smaller {
            return best;
        }
    }
}

impl Difference {
    /// Whether it is the same mistake, or might be.
    fn is_like(&self, other: &Difference) -> bool {
        let code = |difference: &Difference| difference.message.get(..5).map(str::to_string);
        self.kind == other.kind && (self.kind != Kind::Refused || code(self) == code(other))
    }
}

/// What goes wrong in a case, panics included.
pub(crate) fn fails(case: &Case, mistake: Mistake) -> Option<Difference> {
    let run = || compile(&case.program).and_then(|compiled| case.run(&compiled, mistake));
    match std::panic::catch_unwind(run) {
        Ok(result) => result.err(),
        Err(panic) => {
            let message = panic.downcast_ref::<String>().cloned();
            let message = message.or_else(|| panic.downcast_ref::<&str>().map(|text| text.to_string()));
            Some(Difference { kind: Kind::Broken, message: message.unwrap_or_default() })
        }
    }
}

/// Cases a bit smaller than this one, those that take most away first.
fn candidates(case: &Case) -> Vec<Case> {
    let mut all = Vec::new();
    let mut with = |change: &mut dyn FnMut(&mut Case)| {
        let mut candidate = case.clone();
        change(&mut candidate);
        if candidate != *case {
            all.push(candidate);
        }
    };
    let steps = case.script.len();
    for size in [steps / 2, steps / 4, 1] {
        for from in (0..steps).step_by(size.max(1)).rev() {
            with(&mut |case| drop(case.script.drain(from..(from + size.max(1)).min(steps))));
        }
    }
    for rule in (0..case.program.rules.len()).rev() {
        with(&mut |case| drop(case.program.rules.remove(rule)));
    }
    for relation in (0..case.program.relations.len()).rev() {
        with(&mut |case| drop_relation(case, relation));
    }
    with(&mut |case| case.program.indexes.clear());
    with(&mut |case| case.program.first = 0);
    with(&mut |case| case.processes = 1);
    with(&mut |case| case.workers = 1);
    for (at, step) in case.script.iter().enumerate() {
        for change in (0..step.changes.len()).rev() {
            with(&mut |case| drop(case.script[at].changes.remove(change)));
        }
    }
    for (at, rule) in case.program.rules.iter().enumerate() {
        for clause in (0..rule.body.len()).rev() {
            with(&mut |case| {
                case.program.rules[at].body.remove(clause);
                case.program.rules[at].close();
            });
        }
    }
    for (relation, declared) in case.program.relations.iter().enumerate() {
        for column in (0..declared.columns.len()).rev() {
            with(&mut |case| drop_column(case, relation, column));
        }
        with(&mut |case| {
            let declared = &mut case.program.relations[relation];
            if declared.role == Role::Output {
                declared.role = Role::Internal;
            }
        });
        with(&mut |case| case.program.relations[relation].holds = Holds::Set);
    }
    for (at, rule) in case.program.rules.iter().enumerate() {
        for simpler in rule.simpler() {
            with(&mut |case| {
                case.program.rules[at] = simpler.clone();
                case.program.rules[at].close();
            });
        }
    }
    all
}

/// Without a relation and all that speaks of it.
fn drop_relation(case: &mut Case, relation: usize) {
    let program = &mut case.program;
    program.rules.retain(|rule| rule.head != relation);
    for rule in &mut program.rules {
        rule.body.retain(|clause| clause.atom().is_none_or(|atom| atom.relation != relation));
        rule.close();
    }
    program.indexes.retain(|index| index.relation != relation);
    let moved = |other: &mut usize| *other -= usize::from(*other > relation);
    program.relations.remove(relation);
    program.first = 0;
    program.indexes.iter_mut().for_each(|index| moved(&mut index.relation));
    for rule in &mut program.rules {
        moved(&mut rule.head);
        for clause in &mut rule.body {
            if let Clause::Atom(atom) | Clause::Not(atom) = clause {
                moved(&mut atom.relation);
            }
        }
    }
    for step in &mut case.script {
        step.changes.retain(|change| change.relation != relation);
        step.changes.iter_mut().for_each(|change| moved(&mut change.relation));
    }
}

fn drop_column(case: &mut Case, relation: usize, column: usize) {
    let program = &mut case.program;
    let declared = &mut program.relations[relation];
    if declared.key.contains(&column) {
        return;
    }
    declared.columns.remove(column);
    let moved = |other: &mut usize| *other -= usize::from(*other > column);
    declared.key.iter_mut().for_each(moved);
    program.indexes.retain(|index| index.relation != relation || index.column != column);
    for index in program.indexes.iter_mut().filter(|index| index.relation == relation) {
        moved(&mut index.column);
    }
    for rule in &mut program.rules {
        if rule.head == relation {
            rule.terms.remove(column);
        }
        for clause in &mut rule.body {
            if let Clause::Atom(atom) | Clause::Not(atom) = clause
                && atom.relation == relation
            {
                atom.terms.remove(column);
            }
        }
        rule.close();
    }
    for step in &mut case.script {
        step.changes.retain(|change| {
            change.relation != relation || !matches!(&change.what, What::Modify(_, at, _) if *at == column)
        });
        for change in step.changes.iter_mut().filter(|change| change.relation == relation) {
            match &mut change.what {
                What::Insert(row) | What::Delete(row) | What::InsertOrUpdate(row) => {
                    row.remove(column);
                }
                What::Modify(_, at, _) => moved(at),
                What::DeleteKey(_) | What::Clear => {}
            }
        }
    }
}

impl Rule {
    /// Puts constants where variables have lost their clause.
    fn close(&mut self) {
        let mut known: Vec<(Var, Ty)> = Vec::new();
        for clause in &mut self.body {
            match clause {
                Clause::Atom(atom) | Clause::Not(atom) => {
                    atom.terms.iter_mut().for_each(|term| term.close(&known))
                }
                Clause::Match(pattern, expr) => {
                    pattern.close(&known);
                    expr.close(&known);
                }
                Clause::Filter(expr) | Clause::Let(_, expr) | Clause::Each(_, expr) => expr.close(&known),
                Clause::Group { value, key, .. } => {
                    value.close(&known);
                    key.retain(|variable| known.contains(variable));
                }
            }
            clause.known(&mut known);
        }
        self.terms.iter_mut().for_each(|term| term.close(&known));
    }

    /// With one expression or pattern made simpler.
    fn simpler(&self) -> Vec<Rule> {
        let mut all = Vec::new();
        let replaced = |change: &dyn Fn(&mut Rule)| {
            let mut rule = self.clone();
            change(&mut rule);
            rule
        };
        for (at, clause) in self.body.iter().enumerate() {
            match clause {
                Clause::Atom(Atom { terms, .. }) | Clause::Not(Atom { terms, .. }) => {
                    for (column, term) in terms.iter().enumerate().filter(|(_, term)| **term != Pattern::Any)
                    {
                        for simpler in
                            [vec![Pattern::Any], term.parts().into_iter().cloned().collect()].concat()
                        {
                            // A part is of another type, unless it is nothing at all.
                            if simpler == Pattern::Any {
                                all.push(replaced(&|rule| {
                                    if let Clause::Atom(atom) | Clause::Not(atom) = &mut rule.body[at] {
                                        atom.terms[column] = Pattern::Any;
                                    }
                                }));
                            }
                        }
                    }
                }
                Clause::Filter(expr)
                | Clause::Let(_, expr)
                | Clause::Each(_, expr)
                | Clause::Match(_, expr) => {
                    for simpler in expr.simpler() {
                        all.push(replaced(&|rule| {
                            if let Clause::Filter(expr)
                            | Clause::Let(_, expr)
                            | Clause::Each(_, expr)
                            | Clause::Match(_, expr) = &mut rule.body[at]
                            {
                                *expr = simpler.clone();
                            }
                        }));
                    }
                }
                Clause::Group { value, key, .. } => {
                    for simpler in value.simpler() {
                        all.push(replaced(&|rule| {
                            if let Clause::Group { value, .. } = &mut rule.body[at] {
                                *value = simpler.clone();
                            }
                        }));
                    }
                    for variable in 0..key.len() {
                        all.push(replaced(&|rule| {
                            if let Clause::Group { key, .. } = &mut rule.body[at] {
                                key.remove(variable);
                            }
                        }));
                    }
                }
            }
        }
        for (at, term) in self.terms.iter().enumerate() {
            for simpler in term.simpler() {
                all.push(replaced(&|rule| rule.terms[at] = simpler.clone()));
            }
        }
        all
    }
}

impl Pattern {
    fn close(&mut self, known: &[(Var, Ty)]) {
        match self {
            Pattern::Any | Pattern::Bind(..) => {}
            Pattern::Is(expr) => expr.close(known),
            Pattern::Pair(a, b) => [a, b].into_iter().for_each(|part| part.close(known)),
            Pattern::Variant(_, _, parts) => parts.iter_mut().for_each(|part| part.close(known)),
        }
    }
}

impl Expr {
    fn close(&mut self, known: &[(Var, Ty)]) {
        match self {
            Expr::Var(var, ty) if !known.contains(&(*var, ty.clone())) => {
                *self = Expr::Const(ty.clone(), ty.domain()[0].clone());
            }
            _ => self.parts_mut().into_iter().for_each(|part| part.close(known)),
        }
    }

    /// Expressions of the same type, with less in them.
    fn simpler(&self) -> Vec<Expr> {
        let ty = self.ty();
        let mut all: Vec<Expr> = Vec::new();
        if !matches!(self, Expr::Const(..)) {
            all.push(Expr::Const(ty.clone(), ty.domain()[0].clone()));
        }
        all.extend(self.parts().into_iter().filter(|part| part.ty() == ty).cloned());
        for at in 0..self.parts().len() {
            for simpler in self.parts()[at].simpler() {
                let mut whole = self.clone();
                *whole.parts_mut()[at] = simpler;
                all.push(whole);
            }
        }
        all
    }
}
