//! A rule's body as a list of clauses over variables and columns: records bound as a whole are taken apart, so that
//! their fields can be looked up and compared like any other column.

use crate::plan::record::{head_columns, local, nowhere};
use std::collections::HashMap;

use crate::ir::{
    ClauseKind, Expr, ExprKind, Local, LocalId, Pattern, PatternKind, Program, RelationId, Rule, TypeId,
};
use crate::plan::walk::{Locals, bound_by, mentioned, mentioned_in_pattern, rewrite, rewrite_clause};

/// A rule's body and head.
pub(super) struct Flat {
    pub(super) locals: Vec<Local>,
    pub(super) clauses: Vec<FlatClause>,
    /// The columns of the head's row.
    pub(super) head: Vec<Expr>,
}

/// A clause, or part of one.
pub(super) struct FlatClause {
    /// Its number in the rule.
    pub(super) clause: usize,
    pub(super) kind: FlatKind,
}

pub(super) enum FlatKind {
    Atom(FlatAtom),
    Not(FlatAtom),
    Filter(Expr),
    Match(Pattern, Expr),
    Each(Pattern, Expr),
    Group { group: LocalId, value: Expr, key: Vec<LocalId>, key_type: TypeId },
}

/// A literal, a pattern per column.
#[derive(Clone)]
pub(super) struct FlatAtom {
    pub(super) relation: RelationId,
    pub(super) delay: u32,
    pub(super) differential: bool,
    pub(super) columns: Vec<Pattern>,
    /// Variables that are the whole record.
    wholes: Vec<LocalId>,
}

impl Flat {
    pub(super) fn new(program: &Program, rule: &Rule) -> Self {
        let mut flat = Flat { locals: rule.locals.clone(), clauses: Vec::new(), head: Vec::new() };
        let mut wholes: HashMap<LocalId, usize> = HashMap::new();
        for (number, clause) in rule.body.iter().enumerate() {
            let mut kind = clause.kind.clone();
            // What only looks on binds no columns.
            if matches!(kind, ClauseKind::Inspect { .. }) {
                continue;
            }
            rewrite_clause(&mut kind, &mut |expr| flat.use_column(expr, &wholes));
            let Some(kind) = flat_kind(program, kind) else { continue };
            if let FlatKind::Atom(atom) = &kind {
                wholes.extend(atom.wholes.iter().map(|whole| (*whole, flat.clauses.len())));
            }
            flat.clauses.push(FlatClause { clause: number, kind });
        }
        let mut record = rule.head.record.clone();
        rewrite(&mut record, &mut |expr| flat.use_column(expr, &wholes));
        flat.head = head_columns(program, rule.head.relation, record);
        flat.settle_wholes(program);
        flat
    }

    /// The variables that clauses bind: all others belong to expressions.
    pub(super) fn bound(&self) -> Locals {
        let mut bound = Locals::new();
        for clause in &self.clauses {
            match &clause.kind {
                FlatKind::Atom(atom) => {
                    atom.columns.iter().for_each(|pattern| bound_by(pattern, &mut bound));
                }
                FlatKind::Match(pattern, _) | FlatKind::Each(pattern, _) => bound_by(pattern, &mut bound),
                FlatKind::Group { group, .. } => drop(bound.insert(*group)),
                FlatKind::Not(_) | FlatKind::Filter(_) => {}
            }
        }
        bound
    }

    /// Makes `x.f` the column `f` of the literal that binds `x`.
    fn use_column(&mut self, expr: &mut Expr, wholes: &HashMap<LocalId, usize>) {
        let ExprKind::Field(of, path) = &expr.kind else { return };
        let (ExprKind::Local(whole), [(0, column)]) = (&of.kind, path.as_slice()) else { return };
        let Some(at) = wholes.get(whole) else { return };
        if let Some(alias) = self.alias(*at, *column as usize, expr.ty) {
            expr.kind = ExprKind::Local(alias);
        }
    }

    /// The variable that is a column of a literal.
    fn alias(&mut self, at: usize, column: usize, ty: TypeId) -> Option<LocalId> {
        let fresh = LocalId(self.locals.len() as u32);
        let FlatKind::Atom(atom) = &mut self.clauses[at].kind else { return None };
        let pattern = atom.columns.get_mut(column)?;
        if let PatternKind::Bind(known) | PatternKind::At(known, _) = &pattern.kind {
            return Some(*known);
        }
        let before = std::mem::replace(&mut pattern.kind, PatternKind::Wildcard);
        pattern.kind = match before {
            PatternKind::Wildcard => PatternKind::Bind(fresh),
            kind => {
                let inner = Pattern { kind, ty: pattern.ty, span: pattern.span };
                PatternKind::At(fresh, Box::new(inner))
            }
        };
        self.locals.push(Local { name: "$column".into(), ty });
        Some(fresh)
    }

    /// Records that are still used as a whole are put together from their columns.
    fn settle_wholes(&mut self, program: &Program) {
        let used = self.mentioned_anywhere();
        let mut at = 0;
        while at < self.clauses.len() {
            let FlatKind::Atom(atom) = &self.clauses[at].kind else {
                at += 1;
                continue;
            };
            let record = program.types.strip(program.relations[atom.relation.0 as usize].record);
            let (clause, atom) = (self.clauses[at].clause, atom.clone());
            for whole in atom.wholes.iter().filter(|whole| used.contains(whole)) {
                let types: Vec<TypeId> = atom.columns.iter().map(|pattern| pattern.ty).collect();
                let columns: Option<Vec<Expr>> = types
                    .iter()
                    .enumerate()
                    .map(|(column, ty)| Some(local(self.alias(at, column, *ty)?, *ty)))
                    .collect();
                let Some(columns) = columns else { continue };
                let value = Expr { kind: ExprKind::Construct(0, columns), ty: record, span: nowhere() };
                let pattern = Pattern { kind: PatternKind::Bind(*whole), ty: record, span: nowhere() };
                at += 1;
                let kind = FlatKind::Match(pattern, value);
                self.clauses.insert(at, FlatClause { clause, kind });
            }
            at += 1;
        }
    }

    fn mentioned_anywhere(&self) -> Locals {
        let mut all = Locals::new();
        for clause in &self.clauses {
            match &clause.kind {
                FlatKind::Atom(atom) | FlatKind::Not(atom) => {
                    atom.columns.iter().for_each(|pattern| mentioned_in_pattern(pattern, &mut all));
                }
                FlatKind::Filter(expr) => mentioned(expr, &mut all),
                FlatKind::Match(pattern, expr) | FlatKind::Each(pattern, expr) => {
                    mentioned_in_pattern(pattern, &mut all);
                    mentioned(expr, &mut all);
                }
                FlatKind::Group { value, key, .. } => {
                    mentioned(value, &mut all);
                    all.extend(key);
                }
            }
        }
        self.head.iter().for_each(|expr| mentioned(expr, &mut all));
        all
    }
}

impl FlatAtom {
    fn new(program: &Program, relation: RelationId, pattern: Pattern, delay: u32, changes: bool) -> Self {
        let mut atom =
            FlatAtom { relation, delay, differential: changes, columns: Vec::new(), wholes: Vec::new() };
        let Some(fields) = program.types.struct_fields(program.relations[relation.0 as usize].record) else {
            atom.columns.push(pattern);
            return atom;
        };
        let mut pattern = pattern;
        while let PatternKind::At(whole, inner) = pattern.kind {
            atom.wholes.push(whole);
            pattern = *inner;
        }
        let span = pattern.span;
        let wildcard = |ty: TypeId| Pattern { kind: PatternKind::Wildcard, ty, span };
        atom.columns = match pattern.kind {
            PatternKind::Variant(_, columns) => columns,
            PatternKind::Equal(expr) => {
                let field = |(index, ty): (usize, TypeId)| {
                    let kind = ExprKind::Field(expr.clone(), vec![(0, index as u32)]);
                    let value = Box::new(Expr { kind, ty, span });
                    Pattern { kind: PatternKind::Equal(value), ty, span }
                };
                fields.iter().map(|field| field.ty).enumerate().map(field).collect()
            }
            PatternKind::Bind(whole) => {
                atom.wholes.push(whole);
                fields.iter().map(|field| wildcard(field.ty)).collect()
            }
            _ => fields.iter().map(|field| wildcard(field.ty)).collect(),
        };
        atom
    }
}

fn flat_kind(program: &Program, kind: ClauseKind) -> Option<FlatKind> {
    Some(match kind {
        ClauseKind::Atom { relation, pattern, delay, differential } => {
            FlatKind::Atom(FlatAtom::new(program, relation, pattern, delay, differential))
        }
        ClauseKind::Not { relation, pattern, delay, differential } => {
            FlatKind::Not(FlatAtom::new(program, relation, pattern, delay, differential))
        }
        ClauseKind::Filter(expr) => FlatKind::Filter(expr),
        ClauseKind::Let(pattern, expr) => FlatKind::Match(pattern, expr),
        ClauseKind::FlatMap(pattern, expr) => FlatKind::Each(pattern, expr),
        ClauseKind::GroupBy { group, value, key, key_type } => {
            FlatKind::Group { group, value, key, key_type }
        }
        // It only looks on.
        ClauseKind::Inspect { .. } => return None,
    })
}
