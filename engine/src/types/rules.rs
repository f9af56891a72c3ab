//! Rules: heads and bodies.

use std::sync::Arc;

use super::defs::{Defs, HClause, HClauseKind, HHead, ModuleId, RelationDefId, RuleDef};
use super::error::Error;
use super::ftl::Step;
use super::group_by::take_group_by;
use super::hir::{HExpr, HPattern, HPatternKind, LocalId};
use super::infer::{Deferred, Expected, Infer, PatternMode, Visible};
use super::ty::Ty;
use crate::source::Span;
use crate::syntax::ast::{
    self, AtomArgs, ClauseKind, ConstructArgs, ExprKind, RelationRole, RelationSemantics,
};

/// Checks a rule with one or several heads; `None` if it cannot be run.
pub(super) fn check_rule(
    defs: &mut Defs<'_>,
    errors: &mut Vec<Error>,
    module: ModuleId,
    heads: &[&ast::Head],
    steps: &[Step<'_>],
    span: Span,
) -> Option<RuleDef> {
    let errors_before = errors.len();
    let mut infer = Infer::new(defs, errors, module, Vec::new());
    let mut clauses = Vec::new();
    for step in steps {
        infer.step(step, &mut clauses);
    }
    let mut checked_heads: Vec<HHead> =
        heads.iter().filter_map(|head| infer.head(head, steps.is_empty())).collect();
    streams(infer.defs, infer.errors, &clauses, &checked_heads);
    infer.solve();
    infer.finish_frame();
    for clause in &mut clauses {
        infer.finish_clause(clause);
    }
    for head in &mut checked_heads {
        infer.finish(&mut head.record);
    }
    infer.finish_uses();
    let body = std::mem::take(&mut infer.body);
    (errors.len() == errors_before).then_some(RuleDef { module, heads: checked_heads, clauses, body, span })
}

/// Streams live one transaction: they cannot be joined with each other, and only feed streams.
fn streams(defs: &Defs<'_>, errors: &mut Vec<Error>, clauses: &[HClause], heads: &[HHead]) {
    let is_stream =
        |relation: RelationDefId| defs.relation(relation).ast.semantics == RelationSemantics::Stream;
    let mut stream: Option<Span> = None;
    for clause in clauses {
        let span = clause.span;
        match &clause.kind {
            // What a stream took in this transaction is no stream.
            HClauseKind::Atom { relation, differential: false, .. } if is_stream(*relation) => {
                if let Some(first) = stream {
                    errors.push(Error::StreamJoin { span, first });
                }
                stream = stream.or(Some(span));
            }
            HClauseKind::Not { relation, differential: false, .. } if is_stream(*relation) => {
                errors.push(Error::NegatedStream { span, declared: defs.relation(*relation).span });
            }
            HClauseKind::Not { .. } => {
                if let Some(stream) = stream {
                    errors.push(Error::StreamAntijoin { span, stream });
                }
            }
            HClauseKind::Atom { .. }
            | HClauseKind::Filter(_)
            | HClauseKind::Let(..)
            | HClauseKind::FlatMap(..)
            | HClauseKind::GroupBy { .. }
            | HClauseKind::Inspect { .. } => {}
        }
    }
    for head in heads {
        let relation = defs.relation(head.relation);
        let (name, span) = (relation.name.to_string(), head.span);
        match (stream, is_stream(head.relation)) {
            (Some(stream), false) => errors.push(Error::StreamIntoRelation { name, span, stream }),
            (None, true) => {
                errors.push(Error::RelationIntoStream { name, span, declared: relation.span });
            }
            (Some(_), true) | (None, false) => {}
        }
    }
}

impl Infer<'_, '_> {
    fn step(&mut self, step: &Step<'_>, out: &mut Vec<HClause>) {
        match step {
            Step::Clause(clause) => self.clause(clause, out),
            Step::Atom(atom) => self.positive_atom(atom, out),
            Step::Condition { condition, negated } => {
                let mut value = self.check(condition, &Expected::new(Ty::Bool));
                if *negated {
                    let span = value.span;
                    let kind = super::hir::HExprKind::Unary(ast::UnaryOp::Not, Box::new(value));
                    value = HExpr::new(kind, Ty::Bool, span);
                }
                out.push(HClause { kind: HClauseKind::Filter(value), span: condition.span });
            }
            Step::Let(assignment) => self.condition(assignment, assignment.span, out),
            Step::Arm { value, before, pattern } => self.arm(value, before, pattern, out),
        }
    }

    fn clause(&mut self, clause: &ast::Clause, out: &mut Vec<HClause>) {
        let span = clause.span;
        match &clause.kind {
            ClauseKind::Atom(atom) => self.positive_atom(atom, out),
            ClauseKind::Not(atom) => {
                if let Some((relation, pattern)) = self.atom(atom, &mut PatternMode::NegatedAtom) {
                    let (delay, differential) = (atom.delay, atom.differential);
                    let kind = HClauseKind::Not { relation, pattern, delay, differential };
                    out.push(HClause { kind, span });
                }
            }
            ClauseKind::Expr(expr) => self.condition(expr, span, out),
            ClauseKind::FlatMap(pattern, collection) => {
                let (collection, _) = self.grouped(collection, out);
                let checked = self.infer(&collection);
                let element = self.fresh();
                self.defer(Deferred::Iterate {
                    ty: checked.ty.clone(),
                    element: element.clone(),
                    span: checked.span,
                });
                let expected = Expected::because(element, checked.span, "this gives the elements");
                let written = plain_declaration(pattern).is_some();
                let pattern = self.pattern(pattern, &expected, &mut PatternMode::RuleAssign);
                if written {
                    self.note_element(&pattern);
                }
                out.push(HClause { kind: HClauseKind::FlatMap(pattern, checked), span });
            }
            ClauseKind::Aggregate(pattern, key, aggregate) => {
                self.aggregate(pattern, key, aggregate, span, out);
            }
            ClauseKind::Inspect(expr) => {
                let visible = self.scope.len();
                let at = |name: &str| ast::Ident { name: Arc::from(name), span };
                let weight = self.declare(&at("ddlog_weight"), Ty::Signed(64));
                // The type of the timestamp depends on recursion, which the planner finds; the epoch is what there is.
                let timestamp = self.declare(&at("ddlog_timestamp"), Ty::Bit(64));
                let body = self.check(expr, &Expected::new(Ty::unit()));
                self.scope.truncate(visible);
                let used = |local: LocalId| super::free::mentions(&body, local).then_some(local);
                let kind = HClauseKind::Inspect {
                    weight: used(weight),
                    timestamp: used(timestamp),
                    body: body.clone(),
                };
                out.push(HClause { kind, span });
            }
        }
    }

    fn positive_atom(&mut self, atom: &ast::Atom, out: &mut Vec<HClause>) {
        let bound = self.scope.len();
        if let Some((relation, pattern)) = self.atom(atom, &mut PatternMode::Atom { bound }) {
            let kind =
                HClauseKind::Atom { relation, pattern, delay: atom.delay, differential: atom.differential };
            out.push(HClause { kind, span: atom.span });
        }
    }

    /// A mention of a relation as a pattern on its records.
    pub(super) fn atom(
        &mut self,
        atom: &ast::Atom,
        mode: &mut PatternMode,
    ) -> Option<(RelationDefId, HPattern)> {
        let relation = match self.defs.find_relation(self.module, &atom.relation) {
            Ok(relation) => relation,
            Err(error) => {
                self.error(error);
                // The variables are still declared: their uses elsewhere are not wrong.
                let args: Vec<&ast::Expr> = match &atom.args {
                    AtomArgs::Positional(args) => args.iter().collect(),
                    AtomArgs::Named(args) => args.iter().map(|(_, a)| a).collect(),
                    AtomArgs::Whole(arg) => vec![arg],
                };
                if let Some(binder) = &atom.binder {
                    self.bind(binder, Ty::Error, mode);
                }
                for arg in args {
                    self.pattern(arg, &Expected::new(Ty::Error), mode);
                }
                return None;
            }
        };
        let declared = self.defs.relation(relation).span;
        let record = self.defs.relation(relation).record.clone();
        let binder = atom.binder.as_ref().map(|name| self.bind(name, record.clone(), mode));
        let inner = match &atom.args {
            AtomArgs::Whole(pattern) if !atom.by_ref => {
                let expected = Expected::because(record.clone(), declared, "the relation is declared here");
                self.pattern(pattern, &expected, mode)
            }
            args => {
                let inner_ty = if atom.by_ref {
                    let inner = self.fresh();
                    self.defer(Deferred::Reference {
                        ty: record.clone(),
                        inner: inner.clone(),
                        span: atom.relation.span,
                    });
                    inner
                } else {
                    record.clone()
                };
                let expected = Expected::because(inner_ty.clone(), declared, "the relation is declared here");
                let kind = match args {
                    AtomArgs::Whole(pattern) => {
                        return self
                            .by_ref_whole(relation, pattern, expected, binder, &record, atom.span, mode);
                    }
                    AtomArgs::Positional(args) if args.is_empty() && self.unit_record(&inner_ty) => {
                        HPatternKind::Wildcard
                    }
                    args => {
                        let args = construct_args(args);
                        let Some(constructor) = self.record_constructor(relation, atom) else {
                            self.args_of_nothing(&args, mode);
                            return None;
                        };
                        let n_fields = self.defs.constructor(constructor).fields.len();
                        if matches!(&args, ConstructArgs::Positional(a) if a.is_empty() && n_fields > 0) {
                            self.error(Error::FieldCount {
                                constructor: self.defs.constructor(constructor).name.to_string(),
                                expected: n_fields,
                                found: 0,
                                span: atom.span,
                                declared,
                            });
                        }
                        self.variant(constructor, &args, atom.span, &expected, mode)
                    }
                };
                let inner = HPattern { kind, ty: inner_ty, span: atom.span };
                if atom.by_ref { looked_through(inner, record.clone()) } else { inner }
            }
        };
        let pattern = match binder {
            Some(HPatternKind::Bind(local)) => {
                HPattern { kind: HPatternKind::At(local, Box::new(inner)), ty: record, span: atom.span }
            }
            Some(_) | None => inner,
        };
        Some((relation, pattern))
    }

    #[allow(clippy::too_many_arguments)] // one caller, all of it is at hand there
    fn by_ref_whole(
        &mut self,
        relation: RelationDefId,
        pattern: &ast::Expr,
        expected: Expected,
        binder: Option<HPatternKind>,
        record: &Ty,
        span: Span,
        mode: &mut PatternMode,
    ) -> Option<(RelationDefId, HPattern)> {
        let inner = self.pattern(pattern, &expected, mode);
        let pattern = looked_through(inner, record.clone());
        let pattern = match binder {
            Some(HPatternKind::Bind(local)) => {
                HPattern { kind: HPatternKind::At(local, Box::new(pattern)), ty: record.clone(), span }
            }
            Some(_) | None => pattern,
        };
        Some((relation, pattern))
    }

    fn unit_record(&self, ty: &Ty) -> bool {
        matches!(self.unifier.resolve(ty), Ty::Tuple(elements) if elements.is_empty())
    }

    /// The constructor that `R(..)` means: the one of the relation's name, or the only one of its records' type.
    fn record_constructor(
        &mut self,
        relation: RelationDefId,
        atom: &ast::Atom,
    ) -> Option<super::defs::ConstructorId> {
        let definition = self.defs.relation(relation);
        let name = &definition.ast.name.name;
        if let Some(constructor) = self.defs.module(definition.module).constructors.get(name) {
            return Some(*constructor);
        }
        let record = self.defs.strip(&definition.record).clone();
        if let Ty::Def(def, _) = &record
            && let [only] = self.defs.variants(*def)
        {
            return Some(*only);
        }
        let error = Error::NoRecordFields {
            relation: definition.name.to_string(),
            record: self.show(&record),
            span: atom.span,
            declared: definition.span,
        };
        self.error(error);
        None
    }

    /// A condition or assignment.
    fn condition(&mut self, expr: &ast::Expr, span: Span, out: &mut Vec<HClause>) {
        if let ExprKind::Assign(left, right) = &expr.kind {
            let (right, direct) = self.grouped(right, out);
            if let (Some(group), Some(name)) = (direct, plain_declaration(left)) {
                // `var g = e.group_by(k)`: the group itself.
                self.rename(group, name);
                return;
            }
            let value = self.infer(&right);
            let expected = Expected::because(value.ty.clone(), value.span, "this is the value");
            let pattern = self.pattern(left, &expected, &mut PatternMode::RuleAssign);
            if plain_declaration(left).is_some() {
                self.note_origin(&pattern, &value);
            }
            out.push(HClause { kind: HClauseKind::Let(pattern, value), span });
            return;
        }
        let (expr, _) = self.grouped(expr, out);
        let value = self.check(&expr, &Expected::because(Ty::Bool, span, "a condition"));
        out.push(HClause { kind: HClauseKind::Filter(value), span });
    }

    fn rename(&mut self, group: LocalId, name: &ast::Ident) {
        if let Some(first) = self.lookup(&name.name) {
            let first = self.local(first).span;
            self.error(Error::Redeclared { name: name.name.to_string(), span: name.span, first });
            return;
        }
        let local = &mut self.body.locals[group.0 as usize];
        local.name = Arc::clone(&name.name);
        local.span = name.span;
        self.scope.push(Visible { name: Arc::clone(&name.name), local: group });
    }

    /// Takes a `group_by` out of an expression, into a clause of its own. What is left mentions the group by a name that
    /// cannot be written; the group is given if nothing but it is left.
    fn grouped(&mut self, expr: &ast::Expr, out: &mut Vec<HClause>) -> (ast::Expr, Option<LocalId>) {
        let mut rest = expr.clone();
        let found = match take_group_by(&mut rest) {
            Ok(found) => found,
            Err(error) => {
                self.error(error);
                rest.kind = ExprKind::Error;
                return (rest, None);
            }
        };
        let Some(found) = found else { return (rest, None) };
        let value = self.infer(&found.value);
        let group = self.group_by(value, &found.key, found.span, out);
        self.scope.push(Visible { name: Arc::from(super::group_by::GROUP), local: group });
        let direct = matches!(&rest.kind, ExprKind::Name(path) if path.segments.len() == 1
            && &*path.segments[0].name == super::group_by::GROUP);
        (rest, direct.then_some(group))
    }

    /// Adds the clause; afterwards only the key's variables are visible. Gives the group.
    fn group_by(&mut self, value: HExpr, key: &ast::Expr, span: Span, out: &mut Vec<HClause>) -> LocalId {
        let keys: Vec<&ast::Expr> = match &key.kind {
            ExprKind::Tuple(elements) => elements.iter().collect(),
            _ => vec![key],
        };
        let mut locals = Vec::new();
        let mut types = Vec::new();
        for key in keys {
            let name = match &key.kind {
                ExprKind::Name(path) if path.segments.len() == 1 => &path.segments[0],
                _ => {
                    self.error(Error::GroupKey { span: key.span });
                    types.push(Ty::Error);
                    continue;
                }
            };
            match self.lookup(&name.name) {
                Some(local) => {
                    self.note_local(name.span, local);
                    locals.push(local);
                    types.push(self.local(local).ty.clone());
                }
                None => {
                    let checked = self.infer(key);
                    types.push(checked.ty);
                }
            }
        }
        let key_type = Ty::tuple(types);
        let ty = self.defs.apply(self.defs.known.group, vec![key_type.clone(), value.ty.clone()]);
        let group = self.new_local(super::group_by::GROUP, ty, span);
        self.body.locals[group.0 as usize].assignable = false;
        let (kept, hidden): (Vec<Visible>, Vec<Visible>) =
            std::mem::take(&mut self.scope).into_iter().partition(|v| locals.contains(&v.local));
        self.scope = kept;
        self.hidden.extend(hidden.into_iter().map(|v| (v.name, span)));
        out.push(HClause { kind: HClauseKind::GroupBy { group, value, key: locals, key_type }, span });
        group
    }

    /// `var x = Aggregate((k, ..), f(e))`
    fn aggregate(
        &mut self,
        pattern: &ast::Expr,
        key: &[ast::Expr],
        aggregate: &ast::Expr,
        span: Span,
        out: &mut Vec<HClause>,
    ) {
        let (callee, value) = match &aggregate.kind {
            ExprKind::Call(callee, args) if args.len() == 1 => (callee, &args[0]),
            _ => {
                self.error(Error::AggregateForm { span: aggregate.span });
                return;
            }
        };
        let value = self.infer(value);
        let key =
            ast::Expr { kind: ExprKind::Tuple(key.to_vec()), span: key.first().map_or(span, |k| k.span) };
        let key = match key.kind {
            ExprKind::Tuple(mut elements) if elements.len() == 1 => elements.swap_remove(0),
            kind => ast::Expr { kind, span: key.span },
        };
        let group = self.group_by(value, &key, span, out);
        let name = ast::Ident { name: Arc::from(super::group_by::GROUP), span };
        self.scope.push(Visible { name: Arc::clone(&name.name), local: group });
        let argument = ast::Expr { kind: ExprKind::Name(ast::Path { segments: vec![name], span }), span };
        let call = ast::Expr { kind: ExprKind::Call(callee.clone(), vec![argument]), span: aggregate.span };
        let value = self.infer(&call);
        let expected = Expected::because(value.ty.clone(), value.span, "this is the value");
        let pattern = self.pattern(pattern, &expected, &mut PatternMode::RuleAssign);
        out.push(HClause { kind: HClauseKind::Let(pattern, value), span });
    }

    /// The row takes this arm of a `match` statement: it matches the arm's pattern and none before it.
    fn arm(&mut self, value: &ast::Expr, before: &[&ast::Expr], pattern: &ast::Expr, out: &mut Vec<HClause>) {
        let span = pattern.span;
        let checked = self.infer(value);
        let expected = Expected::because(checked.ty.clone(), checked.span, "this is what is matched");
        let visible = self.scope.len();
        let mut earlier = Vec::new();
        for other in before {
            earlier.push(self.pattern(other, &expected, &mut PatternMode::Match));
            self.scope.truncate(visible);
        }
        if !earlier.is_empty() {
            out.push(HClause {
                kind: HClauseKind::Filter(HExpr::new(
                    super::hir::HExprKind::NoneMatches(Box::new(checked.clone()), earlier),
                    Ty::Bool,
                    span,
                )),
                span,
            });
        }
        let pattern = self.pattern(pattern, &expected, &mut PatternMode::Arm);
        out.push(HClause { kind: HClauseKind::Let(pattern, checked), span });
    }

    fn head(&mut self, head: &ast::Head, is_fact: bool) -> Option<HHead> {
        let atom = &head.atom;
        if let Some(location) = &head.location {
            self.error(Error::Unsupported { what: "a location (`@`) after a head", span: location.span });
        }
        if atom.delay != 0 || atom.differential {
            self.error(Error::HeadDelay { span: atom.span });
        }
        let relation = match self.defs.find_relation(self.module, &atom.relation) {
            Ok(relation) => relation,
            Err(error) => {
                self.error(error);
                match &atom.args {
                    AtomArgs::Positional(args) => args.iter().for_each(|a| drop(self.infer(a))),
                    AtomArgs::Named(args) => args.iter().for_each(|(_, a)| drop(self.infer(a))),
                    AtomArgs::Whole(arg) => drop(self.infer(arg)),
                }
                return None;
            }
        };
        let declared = self.defs.relation(relation).span;
        if self.defs.relation(relation).ast.role == RelationRole::Input && !is_fact {
            let name = self.defs.relation(relation).name.to_string();
            self.error(Error::InputHead { name, span: atom.relation.span, declared });
        }
        let record = self.defs.relation(relation).record.clone();
        let expected = Expected::because(record.clone(), declared, "the relation is declared here");
        let inner = match &atom.args {
            AtomArgs::Whole(value) if !atom.by_ref => {
                let value = self.check(value, &expected);
                return Some(HHead { relation, record: value, span: atom.span });
            }
            AtomArgs::Whole(value) => self.infer(value),
            args => {
                let constructor = self.record_constructor(relation, atom)?;
                self.construct_known(constructor, &construct_args(args), atom.span)
            }
        };
        let value = if atom.by_ref {
            let interned = matches!(&record, Ty::Def(def, _) if *def == self.defs.known.intern);
            let function = if interned { ["internment", "intern"] } else { ["ddlog_std", "ref_new"] };
            self.library_call(&function, vec![inner], atom.span)
        } else {
            inner
        };
        self.agree(atom.span, &expected, &value.ty);
        Some(HHead { relation, record: value, span: atom.span })
    }

    fn finish_clause(&mut self, clause: &mut HClause) {
        match &mut clause.kind {
            HClauseKind::Atom { pattern, .. } | HClauseKind::Not { pattern, .. } => {
                self.finish_pattern(pattern)
            }
            HClauseKind::Filter(value) => self.finish(value),
            HClauseKind::Let(pattern, value) => {
                self.finish(value);
                self.finish_pattern(pattern);
            }
            HClauseKind::FlatMap(pattern, value) => {
                self.finish(value);
                self.finish_pattern(pattern);
                self.irrefutable(pattern);
            }
            HClauseKind::GroupBy { value, key_type, .. } => {
                self.finish(value);
                *key_type = self.unifier.resolve(key_type);
            }
            HClauseKind::Inspect { body, .. } => self.finish(body),
        }
    }
}

fn construct_args(args: &AtomArgs) -> ConstructArgs {
    match args {
        AtomArgs::Positional(args) => ConstructArgs::Positional(args.clone()),
        AtomArgs::Named(args) => ConstructArgs::Named(args.clone()),
        AtomArgs::Whole(arg) => ConstructArgs::Positional(vec![(**arg).clone()]),
    }
}

fn looked_through(inner: HPattern, record: Ty) -> HPattern {
    let span = inner.span;
    HPattern { kind: HPatternKind::Ref(Box::new(inner)), ty: record, span }
}

/// `var x`, with or without a type.
fn plain_declaration(pattern: &ast::Expr) -> Option<&ast::Ident> {
    match &pattern.kind {
        ExprKind::Var(name) => Some(name),
        _ => None,
    }
}
