//! Clauses ready to be searched.

use crate::plan::record::local;
use std::rc::Rc;

use super::code::Code;
use super::flatten::{FlatAtom, FlatKind};
use crate::eval::Machine;
use crate::ir::{Expr, ExprKind, Local, LocalId, Pattern, PatternKind, RelationId};
use crate::plan::transform::Step;
use crate::plan::walk::{Locals, bound_by, mentioned, mentioned_in_pattern};
use crate::plan::{CollectionId, CollectionSource, Plan};

/// A clause, or part of one.
pub(super) struct Goal {
    /// Its number in the rule.
    pub(super) clause: usize,
    /// Variables that must be known before it.
    pub(super) needs: Locals,
    /// Variables that it gives values to.
    pub(super) binds: Locals,
    pub(super) kind: GoalKind,
}

pub(super) enum GoalKind {
    Atom(Atom),
    Not(Atom),
    Filter(Code),
    /// An assignment or an iteration: rows of values for these variables.
    Values(Code, Vec<LocalId>),
}

/// A literal.
pub(super) struct Atom {
    pub(super) relation: RelationId,
    /// What it reads; none if the plan does not have it.
    pub(super) collection: Option<CollectionId>,
    pub(super) delay: u32,
    pub(super) differential: bool,
    pub(super) terms: Vec<Term>,
    /// Patterns that take columns apart.
    pub(super) parts: Vec<Part>,
}

/// What a column is.
pub(super) enum Term {
    Any,
    Variable(LocalId),
    Value(Box<Code>),
}

/// A column that is taken apart.
pub(super) struct Part {
    pub(super) column: usize,
    pub(super) code: Code,
    pub(super) binds: Vec<LocalId>,
}

/// What goals are made with.
pub(super) struct Making<'m> {
    pub(super) plan: &'m Plan,
    pub(super) machine: &'m Rc<Machine>,
    pub(super) locals: &'m [Local],
    /// The variables that clauses bind.
    pub(super) bound: &'m Locals,
}

impl Making<'_> {
    /// A clause as a goal; none for a grouping, which ends a section.
    pub(super) fn goal(&self, clause: usize, kind: &FlatKind) -> Option<Goal> {
        let none = Locals::new;
        Some(match kind {
            FlatKind::Filter(condition) => {
                let needs = self.needs(condition);
                let code = self.code(&needs, vec![Step::Filter(condition.clone())], Vec::new());
                Goal { clause, needs, binds: none(), kind: GoalKind::Filter(code) }
            }
            FlatKind::Match(pattern, value) => {
                self.values(clause, pattern, value, Step::Match(pattern.clone(), value.clone()))
            }
            FlatKind::Each(pattern, items) => {
                self.values(clause, pattern, items, Step::FlatMap(pattern.clone(), items.clone()))
            }
            FlatKind::Atom(atom) => {
                let (atom, needs, binds) = self.atom(atom);
                Goal { clause, needs, binds, kind: GoalKind::Atom(atom) }
            }
            FlatKind::Not(atom) => {
                let (atom, mut needs, binds) = self.atom(atom);
                needs.extend(binds);
                Goal { clause, needs, binds: none(), kind: GoalKind::Not(atom) }
            }
            FlatKind::Group { .. } => return None,
        })
    }

    /// The value of an expression, in one column.
    pub(super) fn value(&self, expr: &Expr) -> (Code, Locals) {
        let needs = self.needs(expr);
        (self.code(&needs, Vec::new(), vec![expr.clone()]), needs)
    }

    fn values(&self, clause: usize, pattern: &Pattern, value: &Expr, step: Step) -> Goal {
        let mut needs = self.needs(value);
        mentioned_in_pattern(pattern, &mut needs);
        needs = needs.intersection(self.bound).copied().collect();
        let mut binds = Locals::new();
        bound_by(pattern, &mut binds);
        needs = needs.difference(&binds).copied().collect();
        let order: Vec<LocalId> = binds.iter().copied().collect();
        let code = self.code(&needs, vec![step], self.as_output(&order));
        Goal { clause, needs, binds, kind: GoalKind::Values(code, order) }
    }

    fn atom(&self, flat: &FlatAtom) -> (Atom, Locals, Locals) {
        let (mut needs, mut binds) = (Locals::new(), Locals::new());
        let mut atom = Atom {
            relation: flat.relation,
            collection: self.collection(flat),
            delay: flat.delay,
            differential: flat.differential,
            terms: Vec::new(),
            parts: Vec::new(),
        };
        for (column, pattern) in flat.columns.iter().enumerate() {
            let mut pattern = pattern;
            let mut term = Term::Any;
            if let PatternKind::At(whole, inner) = &pattern.kind {
                binds.insert(*whole);
                term = Term::Variable(*whole);
                pattern = inner;
            }
            match (&pattern.kind, &term) {
                (PatternKind::Wildcard, _) => {}
                (PatternKind::Bind(local), Term::Any) => {
                    binds.insert(*local);
                    term = Term::Variable(*local);
                }
                (PatternKind::Equal(expr), Term::Any) => match expr.kind {
                    ExprKind::Local(local) if self.bound.contains(&local) => {
                        binds.insert(local);
                        term = Term::Variable(local);
                    }
                    _ => {
                        let (code, of) = self.value(expr);
                        needs.extend(of);
                        term = Term::Value(Box::new(code));
                    }
                },
                _ => {
                    let (part, of) = self.part(column, pattern);
                    needs.extend(of);
                    binds.extend(&part.binds);
                    atom.parts.push(part);
                }
            }
            atom.terms.push(term);
        }
        (atom, needs, binds)
    }

    fn part(&self, column: usize, pattern: &Pattern) -> (Part, Locals) {
        let mut needs = Locals::new();
        mentioned_in_pattern(pattern, &mut needs);
        let mut binds = Locals::new();
        bound_by(pattern, &mut binds);
        let free = |local: &&LocalId| self.bound.contains(local) && !binds.contains(local);
        let needs: Locals = needs.iter().filter(free).copied().collect();
        let binds: Vec<LocalId> = binds.into_iter().collect();
        let holder = LocalId(self.locals.len() as u32);
        let mut locals = self.locals.to_vec();
        locals.push(Local { name: "$part".into(), ty: pattern.ty });
        let steps = vec![Step::Match(pattern.clone(), local(holder, pattern.ty))];
        let inputs = needs.iter().copied().chain([holder]).collect();
        let code = Code::new(self.machine, &locals, inputs, steps, self.as_output(&binds));
        (Part { column, code, binds }, needs)
    }

    /// The variables that an expression takes from clauses.
    fn needs(&self, expr: &Expr) -> Locals {
        let mut all = Locals::new();
        mentioned(expr, &mut all);
        all.intersection(self.bound).copied().collect()
    }

    fn code(&self, needs: &Locals, steps: Vec<Step>, output: Vec<Expr>) -> Code {
        Code::new(self.machine, self.locals, needs.iter().copied().collect(), steps, output)
    }

    fn as_output(&self, binds: &[LocalId]) -> Vec<Expr> {
        binds.iter().map(|id| local(*id, self.locals[id.0 as usize].ty)).collect()
    }

    fn collection(&self, atom: &FlatAtom) -> Option<CollectionId> {
        let source = match (atom.differential, atom.delay) {
            (true, _) => CollectionSource::Changes(atom.relation),
            (false, 0) => return Some(CollectionId(atom.relation.0)),
            (false, delay) => CollectionSource::Delayed(atom.relation, delay),
        };
        let found = self.plan.collections.iter().position(|collection| collection.source == source)?;
        Some(CollectionId(found as u32))
    }
}

impl Atom {
    /// Whether its records are those that the relation holds now.
    pub(super) fn is_now(&self) -> bool {
        self.delay == 0 && !self.differential
    }
}
