//! Which groups need not be looked at as a whole: those of which a rule only asks what can be kept up change by change.

use super::record::{local, nowhere};
use std::collections::BTreeSet;
use std::sync::Arc;

use super::transform::{Input, Reduction, Step, Transform};
use super::walk::{
    Locals, children, functions_called, mentioned, mentioned_in_step, rewrite, rewrite_pattern,
};
use crate::ir::{
    Arg, Expr, ExprKind, Function, FunctionBody, FunctionId, Local, LocalId, Meaning, Program, Type, TypeId,
};

/// What is kept of each group of a [`Reduction`] in place of looking at all its values again.
///
/// It gives the same rows as the reduction's steps. Where code here fails, the steps decide.
#[derive(Clone, Debug)]
pub struct Aggregates {
    /// Done once for each value that comes or goes. Parts: key, value. One row comes out: the features.
    pub each: Arc<Transform>,
    /// What is kept.
    pub kept: Vec<Aggregate>,
    /// Parts: key, one column per aggregate. Gives what the reduction gives: key and value of the next stage, or the
    /// head's row.
    pub then: Arc<Transform>,
}

/// One fact about a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aggregate {
    /// What it is.
    pub kind: AggregateKind,
    /// The type of a value of the group.
    pub value: TypeId,
    /// Its own type.
    pub ty: TypeId,
}

/// Kinds of aggregates. Values are the different ones, in natural order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AggregateKind {
    /// How many values there are.
    Count,
    /// For how many values a feature is true.
    CountIf(Feature),
    /// Whether a feature is true for some value.
    Any(Feature),
    /// Whether a feature is true for all values.
    All(Feature),
    /// The sum of an integer feature, as its type wraps.
    Sum(Feature),
    /// The first value.
    First,
    /// The last value.
    Last,
    /// The value of that number, from 0, as an option.
    Nth(u64),
    /// The first value for which a feature is true, as an option.
    Find(Feature),
    /// The first value with the least feature.
    Least(Feature),
    /// The first value with the greatest feature.
    Greatest(Feature),
    /// All values, as a set or vector.
    Items,
    /// The values for which a feature is true, as a vector.
    Filter(Feature),
    /// A feature of each value, as a vector.
    Map(Feature),
    /// What is in a feature that is an option, of each value that has one, as a vector.
    FilterMap(Feature),
    /// From the first feature to the second; the last value wins.
    ToMap(Feature, Feature),
    /// From the first feature to the set of the second.
    ToSetMap(Feature, Feature),
    /// All items of values that are sets.
    Union,
}

/// What aggregates look at in a value: a column of the row that [`Aggregates::each`] gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feature {
    /// Which column.
    pub column: usize,
    /// Its type.
    pub ty: TypeId,
}

/// Finds what a reduction needs of its groups; `None` if it needs to see them. `key_columns` of the row that comes out
/// are the key of the next stage, if there is one.
pub(super) fn aggregates(
    program: &Program,
    reduction: &Reduction,
    key_columns: Option<usize>,
) -> Option<Aggregates> {
    if reduction.steps.iter().any(Step::inspects) {
        return None;
    }
    let group_type = reduction.locals.get(reduction.group.0 as usize)?.ty;
    let Type::Group(_, value_type) = program.types.ty(group_type) else { return None };
    let mut locals = reduction.locals.clone();
    let value = LocalId(locals.len() as u32);
    locals.push(Local { name: "$value".into(), ty: *value_type });
    let mut finder = Finder {
        program,
        reduction,
        value,
        value_type: *value_type,
        locals,
        features: Vec::new(),
        kept: Vec::new(),
        results: Vec::new(),
    };
    let (mut steps, mut output) = (reduction.steps.clone(), reduction.output.clone());
    for step in &mut steps {
        let (pattern, expr) = match step {
            Step::Filter(expr) => (None, expr),
            Step::Match(pattern, expr) | Step::FlatMap(pattern, expr) => (Some(pattern), expr),
            Step::Inspect { body, .. } => (None, body),
        };
        if let Some(pattern) = pattern {
            rewrite_pattern(pattern, &mut |expr| finder.replace(expr, 0));
        }
        finder.replace_all(expr, 0);
    }
    output.iter_mut().for_each(|expr| finder.replace_all(expr, 0));
    let mut left = Locals::new();
    steps.iter().for_each(|step| mentioned_in_step(step, &mut left));
    output.iter().for_each(|expr| mentioned(expr, &mut left));
    if left.contains(&reduction.group) {
        return None;
    }
    let Finder { locals, features, kept, results, .. } = finder;
    let key = || Input::Locals(reduction.key.iter().copied().map(Some).collect());
    let value_row = output.split_off(key_columns.unwrap_or(output.len()));
    let outputs = if key_columns.is_some() { vec![output, value_row] } else { vec![output] };
    Some(Aggregates {
        each: Arc::new(Transform {
            locals: locals.clone(),
            inputs: vec![key(), Input::Locals(vec![Some(value)])],
            steps: Vec::new(),
            outputs: vec![features],
        }),
        kept,
        then: Arc::new(Transform {
            locals,
            inputs: vec![key(), Input::Locals(results.into_iter().map(Some).collect())],
            steps,
            outputs,
        }),
    })
}

impl Aggregates {
    /// What is kept, one by one, as people are told of it.
    pub(crate) fn facts(&self, program: &Program) -> Vec<String> {
        let frame = program.frame(&self.each.locals);
        let feature = |feature: Feature| {
            let expr = self.each.outputs.first().and_then(|features| features.get(feature.column));
            match expr.map(|expr| &expr.kind) {
                Some(ExprKind::CallValue(function, _)) => frame.expr(function),
                Some(ExprKind::Call(id, _)) => program.functions[id.0 as usize].name.to_string(),
                Some(ExprKind::TupleField(_, number)) => format!(".{number}"),
                _ => String::new(),
            }
        };
        self.kept.iter().map(|aggregate| aggregate.describe(&feature)).collect()
    }
}

impl Aggregate {
    /// Writes what it is; the features are known by their columns.
    pub(super) fn mean(&self, meaning: &mut Meaning<'_, '_>) {
        meaning.text(&self.describe(&|feature| feature.column.to_string()));
        meaning.ty(self.value);
        meaning.ty(self.ty);
    }

    /// As people are told of it; features by the names given.
    fn describe(&self, feature: &dyn Fn(Feature) -> String) -> String {
        use AggregateKind as K;
        match self.kind {
            K::Count => "how many".to_owned(),
            K::CountIf(of) => format!("how many have {}", feature(of)),
            K::Any(of) => format!("whether any has {}", feature(of)),
            K::All(of) => format!("whether all have {}", feature(of)),
            K::Sum(of) => format!("the sum of {}", feature(of)),
            K::First => "the first".to_owned(),
            K::Last => "the last".to_owned(),
            K::Nth(n) => format!("number {n}"),
            K::Find(of) => format!("the first that has {}", feature(of)),
            K::Least(of) => format!("the one of least {}", feature(of)),
            K::Greatest(of) => format!("the one of greatest {}", feature(of)),
            K::Items => "all".to_owned(),
            K::Filter(of) => format!("all that have {}", feature(of)),
            K::Map(of) => format!("{} of all", feature(of)),
            K::FilterMap(of) => format!("what is in {} of all", feature(of)),
            K::ToMap(from, to) => format!("{} to {}", feature(from), feature(to)),
            K::ToSetMap(from, to) => format!("{} to all {}", feature(from), feature(to)),
            K::Union => "the items of all".to_owned(),
        }
    }
}

/// How many functions deep a look is taken for what they ask of the group.
const MAX_INLINED: usize = 8;

/// Collects aggregates while their calls are replaced by variables.
struct Finder<'p> {
    program: &'p Program,
    reduction: &'p Reduction,
    value: LocalId,
    value_type: TypeId,
    locals: Vec<Local>,
    features: Vec<Expr>,
    kept: Vec<Aggregate>,
    /// By aggregate: the variable that holds it.
    results: Vec<LocalId>,
}

impl Finder<'_> {
    fn replace_all(&mut self, expr: &mut Expr, depth: usize) {
        rewrite(expr, &mut |expr| self.replace(expr, depth));
    }

    /// Makes a call that only asks for what can be kept the variable that holds it.
    fn replace(&mut self, expr: &mut Expr, depth: usize) {
        let ExprKind::Call(id, args) = &expr.kind else { return };
        let [Arg::Value(of), args @ ..] = args.as_slice() else { return };
        if !self.is_group(of) || depth > MAX_INLINED {
            return;
        }
        let Some(function) = self.program.functions.get(id.0 as usize) else { return };
        if self.is_library(function) && &*function.name == "ddlog_std::group_key" {
            *expr = self.key(expr);
            return;
        }
        if let Some(kind) = self.kind(function, args, expr.ty) {
            let aggregate = Aggregate { kind, value: self.value_type, ty: expr.ty };
            expr.kind = ExprKind::Local(self.keep(aggregate));
            return;
        }
        if let Some(mut body) = self.inlined(function, of, args) {
            self.replace_all(&mut body, depth + 1);
            *expr = body;
        }
    }

    fn is_group(&self, expr: &Expr) -> bool {
        matches!(expr.kind, ExprKind::Local(local) if local == self.reduction.group)
    }

    /// The key as a value.
    fn key(&self, call: &Expr) -> Expr {
        let mut parts: Vec<Expr> = self
            .reduction
            .key
            .iter()
            .map(|id| Expr { span: call.span, ..local(*id, self.locals[id.0 as usize].ty) })
            .collect();
        if !self.reduction.key_is_tuple(&self.program.types)
            && let Some(only) = parts.pop()
        {
            return Expr { ty: call.ty, ..only };
        }
        Expr { kind: ExprKind::Tuple(parts), ty: call.ty, span: call.span }
    }

    /// The variable that holds an aggregate.
    fn keep(&mut self, aggregate: Aggregate) -> LocalId {
        if let Some(known) = self.kept.iter().position(|known| *known == aggregate) {
            return self.results[known];
        }
        let fresh = LocalId(self.locals.len() as u32);
        self.locals.push(Local { name: format!("$kept{}", self.kept.len()).into(), ty: aggregate.ty });
        self.kept.push(aggregate);
        self.results.push(fresh);
        fresh
    }

    /// Whether a function is the library's own.
    fn is_library(&self, function: &Function) -> bool {
        let Some((module, _)) = function.name.rsplit_once("::") else { return false };
        self.program.sources.file(function.span.file).name == format!("<{module}>")
    }

    /// What a function of the library asks of a group. `args` are those after the group.
    fn kind(&mut self, function: &Function, args: &[Arg], ty: TypeId) -> Option<AggregateKind> {
        use AggregateKind as K;
        // One of another module does the same as another's and has its name.
        let is_extern = matches!(function.body, FunctionBody::Extern);
        if !is_extern && !self.is_library(function) {
            return None;
        }
        let only = |kind| args.is_empty().then_some(kind);
        match &*function.name {
            "ddlog_std::group_count_distinct" => only(K::Count),
            "ddlog_std::group_first" | "ddlog_std::group_min" => only(K::First),
            "ddlog_std::group_max" => only(K::Last),
            "ddlog_std::group_to_set" | "ddlog_std::group_to_vec" | "hashset::to_hashset" => only(K::Items),
            "ddlog_std::group_set_unions" | "ddlog_std::group_setref_unions" => only(K::Union),
            "ddlog_std::group_nth" => match args {
                [Arg::Value(Expr { kind: ExprKind::Int(n), .. })] => u64::try_from(n).ok().map(K::Nth),
                _ => None,
            },
            "ddlog_std::group_to_map" | "ddlog_std::group_to_setmap" => {
                let Type::Tuple(parts) = self.program.types.ty(self.value_type) else { return None };
                let &[first, second] = parts.as_slice() else { return None };
                let (from, to) = (self.part(0, first), self.part(1, second));
                let is_map = &*function.name == "ddlog_std::group_to_map";
                only(if is_map { K::ToMap(from, to) } else { K::ToSetMap(from, to) })
            }
            "group::sum_of" if is_wrapping(self.program, ty) => self.applied(args).map(K::Sum),
            "group::count" => self.applied(args).map(K::CountIf),
            "group::any" => self.applied(args).map(K::Any),
            "group::all" => self.applied(args).map(K::All),
            "group::find" => self.applied(args).map(K::Find),
            "group::filter" => self.applied(args).map(K::Filter),
            "group::map" => self.applied(args).map(K::Map),
            "group::filter_map" => self.applied(args).map(K::FilterMap),
            "group::arg_min" => self.ordered(args).map(K::Least),
            "group::arg_max" => self.ordered(args).map(K::Greatest),
            _ => None,
        }
    }

    /// A half of a value that is a pair.
    fn part(&mut self, number: u32, ty: TypeId) -> Feature {
        let value = Box::new(local(self.value, self.value_type));
        self.feature(Expr { kind: ExprKind::TupleField(value, number), ty, span: nowhere() })
    }

    /// What the function that is the only argument gives for a value. It must be the same for all time: nothing goes
    /// into it but the key.
    fn applied(&mut self, args: &[Arg]) -> Option<Feature> {
        let [Arg::Value(function)] = args else { return None };
        let types = &self.program.types;
        let Type::Function(params, ret) = types.ty(types.strip(function.ty)) else { return None };
        let mut needs = Locals::new();
        mentioned(function, &mut needs);
        let known = needs.iter().all(|local| self.reduction.key.contains(local));
        if params.len() != 1 || params[0].0 || !known || types.has_function(*ret) {
            return None;
        }
        if !is_pure(self.program, function) {
            return None;
        }
        let value = vec![Arg::Value(local(self.value, self.value_type))];
        let kind = match function.kind {
            ExprKind::FunctionValue(id) => ExprKind::Call(id, value),
            _ => ExprKind::CallValue(Box::new(function.clone()), value),
        };
        Some(self.feature(Expr { kind, ty: *ret, span: function.span }))
    }

    /// As [`Self::applied`], if the natural order of the results is the one that `<` has.
    fn ordered(&mut self, args: &[Arg]) -> Option<Feature> {
        let feature = self.applied(args)?;
        (!has_floats(self.program, feature.ty, &mut BTreeSet::new())).then_some(feature)
    }

    fn feature(&mut self, expr: Expr) -> Feature {
        let ty = expr.ty;
        let same_part = |known: &Expr| match (&known.kind, &expr.kind) {
            (ExprKind::TupleField(_, known), ExprKind::TupleField(_, wanted)) => known == wanted,
            _ => false,
        };
        if let Some(column) = self.features.iter().position(same_part) {
            return Feature { column, ty };
        }
        self.features.push(expr);
        Feature { column: self.features.len() - 1, ty }
    }

    /// The body of a function of the group that is an expression of its parameters, with the arguments in their place.
    fn inlined(&self, function: &Function, group: &Expr, args: &[Arg]) -> Option<Expr> {
        let FunctionBody::Code { body, .. } = &function.body else { return None };
        if function.side_effects || function.params.iter().any(|param| param.mutable) {
            return None;
        }
        let args: Vec<&Expr> = args
            .iter()
            .map(|arg| match arg {
                Arg::Value(expr) if is_atom(expr) => Some(expr),
                _ => None,
            })
            .collect::<Option<_>>()?;
        let args: Vec<&Expr> = std::iter::once(group).chain(args).collect();
        let mut body = body;
        while let ExprKind::Block(inner) = &body.kind
            && let [only] = inner.as_slice()
        {
            body = only;
        }
        if args.len() != function.params.len() || !is_substitutable(body, &args) {
            return None;
        }
        let mut body = body.clone();
        rewrite(&mut body, &mut |expr| match &mut expr.kind {
            ExprKind::Local(param) => {
                if let Some(arg) = args.get(param.0 as usize) {
                    *expr = (*arg).clone();
                }
            }
            ExprKind::Closure(lambda) => {
                for (outer, _) in &mut lambda.captures {
                    if let Some(Expr { kind: ExprKind::Local(arg), .. }) = args.get(outer.0 as usize) {
                        *outer = *arg;
                    }
                }
            }
            _ => {}
        });
        Some(body)
    }
}

/// Whether an expression may be evaluated any number of times, or not at all.
fn is_atom(expr: &Expr) -> bool {
    matches!(
        expr.kind,
        ExprKind::Bool(_)
            | ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::String(_)
            | ExprKind::Local(_)
            | ExprKind::FunctionValue(_)
            | ExprKind::Closure(_)
    )
}

/// Whether an expression makes no variables of its own, so that arguments can be put in the place of parameters.
fn is_substitutable(expr: &Expr, args: &[&Expr]) -> bool {
    use ExprKind as E;
    let here = match &expr.kind {
        E::Match(..)
        | E::Block(_)
        | E::Let(..)
        | E::Assign(..)
        | E::For(..)
        | E::Break
        | E::Continue
        | E::Return(_) => false,
        E::Closure(lambda) => lambda.captures.iter().all(|(outer, _)| {
            matches!(args.get(outer.0 as usize), Some(Expr { kind: ExprKind::Local(_), .. }))
        }),
        E::Call(_, given) | E::CallValue(_, given) => given.iter().all(|arg| matches!(arg, Arg::Value(_))),
        _ => true,
    };
    here && children(expr).into_iter().all(|child| is_substitutable(child, args))
}

/// Whether nobody notices how often an expression is evaluated.
fn is_pure(program: &Program, expr: &Expr) -> bool {
    let mut waiting = functions_called(expr);
    let mut seen: BTreeSet<FunctionId> = waiting.iter().copied().collect();
    while let Some(id) = waiting.pop() {
        let Some(function) = program.functions.get(id.0 as usize) else { return false };
        if function.side_effects || function.name.starts_with("debug::") {
            return false;
        }
        if let FunctionBody::Code { body, .. } = &function.body {
            waiting.extend(functions_called(body).into_iter().filter(|callee| seen.insert(*callee)));
        }
    }
    true
}

/// Whether sums of a type are the same in any order, and can be taken back.
fn is_wrapping(program: &Program, ty: TypeId) -> bool {
    matches!(program.types.ty(program.types.strip(ty)), Type::Bit(_) | Type::Signed(_) | Type::BigInt)
}

fn has_floats(program: &Program, ty: TypeId, seen: &mut BTreeSet<TypeId>) -> bool {
    if !seen.insert(ty) {
        return false;
    }
    let types = &program.types;
    match types.ty(ty) {
        Type::Double | Type::Float => true,
        // What is in there is not known here.
        Type::Opaque(..) | Type::Function(..) => true,
        Type::Bool | Type::Bit(_) | Type::Signed(_) | Type::BigInt | Type::String => false,
        Type::Tuple(parts) => parts.iter().any(|part| has_floats(program, *part, seen)),
        Type::Union(union) => {
            let variants = &types.union(*union).variants;
            variants.iter().flat_map(|v| &v.fields).any(|field| has_floats(program, field.ty, seen))
        }
        Type::Vec(item) | Type::Set(item) | Type::Ref(item) | Type::Intern(item) => {
            has_floats(program, *item, seen)
        }
        Type::Map(one, other) | Type::Group(one, other) => {
            has_floats(program, *one, seen) || has_floats(program, *other, seen)
        }
    }
}
