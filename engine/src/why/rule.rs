//! A rule ready to be searched from its head.

use crate::plan::record::{is_identity, local, nowhere};
use std::cell::OnceCell;
use std::rc::Rc;

use super::code::{Code, Env};
use super::flatten::{Flat, FlatKind};
use super::goal::{Goal, Making};
use super::wanted::Wanted;
use crate::eval::{Machine, ReductionCode, Trap};
use crate::ir::{Arg, Expr, ExprKind, Local, LocalId, Pattern, PatternKind, Program, Rule, RuleId, Type};
use crate::plan::Plan;
use crate::plan::transform::{Reduction, Step};
use crate::plan::walk::Locals;
use crate::value::Row;

/// A rule, compiled clause by clause.
pub(super) struct SearchedRule {
    pub(super) id: RuleId,
    pub(super) locals: Vec<Local>,
    pub(super) sections: Vec<Section>,
    /// The variables that clauses bind, in the order in which they do.
    pub(super) order: Vec<LocalId>,
    head: Code,
    head_columns: Vec<Expr>,
    whole_head: OnceCell<Option<Head>>,
    machine: Rc<Machine>,
    identities: Vec<bool>,
}

/// Clauses up to a grouping or the end.
pub(super) struct Section {
    pub(super) goals: Vec<Goal>,
    pub(super) group: Option<Grouping>,
}

/// `group = value.group_by(key)`
pub(super) struct Grouping {
    pub(super) clause: usize,
    pub(super) group: LocalId,
    pub(super) key: Vec<LocalId>,
    pub(super) value: Code,
    pub(super) value_type: crate::ir::TypeId,
    pub(super) reduction: ReductionCode,
}

/// From columns of a head's row to variables.
struct Head {
    columns: Vec<usize>,
    code: Code,
    binds: Vec<LocalId>,
}

impl SearchedRule {
    pub(super) fn new(program: &Program, plan: &Plan, machine: &Rc<Machine>, id: RuleId) -> Self {
        let rule: &Rule = &program.rules[id.0 as usize];
        let flat = Flat::new(program, rule);
        let bound = flat.bound();
        let making = Making { plan, machine, locals: &flat.locals, bound: &bound };
        let mut sections = Vec::new();
        let mut goals = Vec::new();
        let mut order: Vec<LocalId> = Vec::new();
        for clause in &flat.clauses {
            if let Some(goal) = making.goal(clause.clause, &clause.kind) {
                let new = goal.binds.iter().filter(|local| !order.contains(local));
                let new: Vec<LocalId> = new.copied().collect();
                order.extend(new);
                goals.push(goal);
            } else if let FlatKind::Group { group, value, key, key_type } = &clause.kind {
                order.push(*group);
                let reduction = machine.reduction(&Reduction {
                    locals: flat.locals.clone(),
                    key: key.clone(),
                    key_type: *key_type,
                    group: *group,
                    steps: Vec::new(),
                    output: vec![local(*group, flat.locals[group.0 as usize].ty)],
                    aggregates: None,
                });
                let grouping = Grouping {
                    clause: clause.clause,
                    group: *group,
                    key: key.clone(),
                    value: making.value(value).0,
                    value_type: value.ty,
                    reduction,
                };
                let goals = std::mem::take(&mut goals);
                sections.push(Section { goals, group: Some(grouping) });
            }
        }
        sections.push(Section { goals, group: None });
        let inputs: Vec<LocalId> = bound.iter().copied().collect();
        let head = Code::new(machine, &flat.locals, inputs, Vec::new(), flat.head.clone());
        let identities =
            (0..program.functions.len()).map(|f| is_identity(program, crate::ir::FunctionId(f as u32)));
        SearchedRule {
            id,
            order,
            sections,
            head,
            head_columns: flat.head,
            locals: flat.locals,
            whole_head: OnceCell::new(),
            machine: machine.clone(),
            identities: identities.collect(),
        }
    }

    /// Clauses that are searched, groupings included.
    pub(super) fn clauses(&self) -> usize {
        let goals: usize = self.sections.iter().map(|section| section.goals.len()).sum();
        goals + self.sections.len() - 1
    }

    /// Whether it has no body.
    pub(super) fn is_fact(&self) -> bool {
        matches!(self.sections.as_slice(), [Section { goals, group: None }] if goals.is_empty())
    }

    /// What the head says of the variables if it is to give such a row; none if it never does.
    pub(super) fn env_of_head(&self, wanted: &[Wanted]) -> Result<Option<Env>, Trap> {
        let mut env = Env::new(self.locals.len());
        let all = wanted.iter().all(|column| column.word().is_some());
        let partial;
        let head = if all {
            self.whole_head.get_or_init(|| self.head_code(wanted)).as_ref()
        } else {
            partial = self.head_code(wanted);
            partial.as_ref()
        };
        let Some(head) = head else { return Ok(Some(env)) };
        let words: Row = head.columns.iter().filter_map(|column| wanted[*column].word()).collect();
        let rows = head.code.rows(&env, &words)?;
        let Some(row) = rows.first() else { return Ok(None) };
        let mut new = Vec::new();
        let fits = head.binds.iter().zip(row.iter()).all(|(local, word)| env.unify(*local, *word, &mut new));
        Ok(fits.then_some(env))
    }

    /// The row that the head gives.
    pub(super) fn head_row(&self, env: &Env) -> Result<Row, Trap> {
        Ok(self.head.rows(env, &[])?.into_iter().next().unwrap_or_default())
    }

    /// Takes the known columns apart as the head would put them together; none if no column tells anything.
    fn head_code(&self, wanted: &[Wanted]) -> Option<Head> {
        let mut locals = self.locals.clone();
        let mut seen = Locals::new();
        let (mut columns, mut inputs, mut steps) = (Vec::new(), Vec::new(), Vec::new());
        for (column, expr) in self.head_columns.iter().enumerate() {
            if wanted.get(column).and_then(Wanted::word).is_none() {
                continue;
            }
            let pattern = self.pattern(expr, &mut seen);
            if matches!(pattern.kind, PatternKind::Wildcard) {
                continue;
            }
            let holder = LocalId(locals.len() as u32);
            locals.push(Local { name: "$head".into(), ty: expr.ty });
            columns.push(column);
            inputs.push(holder);
            steps.push(Step::Match(pattern, local(holder, expr.ty)));
        }
        if columns.is_empty() {
            return None;
        }
        let binds: Vec<LocalId> = seen.into_iter().collect();
        let output = binds.iter().map(|id| local(*id, self.locals[id.0 as usize].ty)).collect();
        let code = Code::new(&self.machine, &locals, inputs, steps, output);
        Some(Head { columns, code, binds })
    }

    /// The pattern that an expression's values match, with variables where it is one.
    fn pattern(&self, expr: &Expr, seen: &mut Locals) -> Pattern {
        let kind = match &expr.kind {
            ExprKind::Local(local) if self.is_bound(*local) => match seen.insert(*local) {
                true => PatternKind::Bind(*local),
                // Code compares numbers, rows compare words: not the same if it is not a number.
                false => match self.machine.types().ty(expr.ty) {
                    Type::Double | Type::Float => PatternKind::Wildcard,
                    _ => PatternKind::Equal(Box::new(expr.clone())),
                },
            },
            ExprKind::Bool(_) | ExprKind::Int(_) | ExprKind::String(_) => {
                PatternKind::Equal(Box::new(expr.clone()))
            }
            ExprKind::Construct(variant, fields) => {
                PatternKind::Variant(*variant, fields.iter().map(|field| self.pattern(field, seen)).collect())
            }
            ExprKind::Tuple(parts) => {
                PatternKind::Tuple(parts.iter().map(|part| self.pattern(part, seen)).collect())
            }
            ExprKind::Call(function, args) if self.identities[function.0 as usize] => match args.as_slice() {
                [Arg::Value(arg)] => return self.pattern(arg, seen),
                _ => PatternKind::Wildcard,
            },
            _ => PatternKind::Wildcard,
        };
        Pattern { kind, ty: expr.ty, span: nowhere() }
    }

    fn is_bound(&self, local: LocalId) -> bool {
        self.order.contains(&local)
    }
}
