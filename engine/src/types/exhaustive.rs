//! Whether patterns cover all values, and whether each can match at all (Maranget's usefulness).

use super::defs::Defs;
use super::hir::{HExpr, HExprKind, HPattern, HPatternKind};
use super::ty::Ty;

/// A pattern reduced to what matters here.
#[derive(Clone, Debug, PartialEq)]
enum Shape {
    Anything,
    Of(Head, Vec<Shape>),
}

/// What a value is made with.
#[derive(Clone, Debug, PartialEq)]
enum Head {
    Variant(u32),
    Tuple,
    Bool(bool),
    /// One of endlessly many: a number, a text.
    Constant(String),
}

/// An example of a value that none of the patterns matches; `None` if they cover everything.
pub(super) fn uncovered(defs: &Defs<'_>, ty: &Ty, patterns: &[&HPattern]) -> Option<String> {
    let rows: Vec<Vec<Shape>> = patterns.iter().map(|p| vec![shape(defs, p)]).collect();
    let ty = defs.strip(ty).clone();
    let witness = missing(defs, &rows, std::slice::from_ref(&ty))?;
    witness.first().map(|w| show(defs, w, &ty))
}

/// Whether the pattern matches something that those before it do not.
pub(super) fn reachable(defs: &Defs<'_>, ty: &Ty, before: &[&HPattern], pattern: &HPattern) -> bool {
    let rows: Vec<Vec<Shape>> = before.iter().map(|p| vec![shape(defs, p)]).collect();
    useful(defs, &rows, &[shape(defs, pattern)], &[defs.strip(ty).clone()])
}

fn shape(defs: &Defs<'_>, pattern: &HPattern) -> Shape {
    match &pattern.kind {
        HPatternKind::Wildcard | HPatternKind::Bind(_) | HPatternKind::Error => Shape::Anything,
        HPatternKind::At(_, inner) | HPatternKind::Ref(inner) => shape(defs, inner),
        HPatternKind::Tuple(elements) => {
            Shape::Of(Head::Tuple, elements.iter().map(|e| shape(defs, e)).collect())
        }
        HPatternKind::Variant(constructor, fields) => Shape::Of(
            Head::Variant(defs.constructor(*constructor).variant),
            fields.iter().map(|f| shape(defs, f)).collect(),
        ),
        HPatternKind::Equal(value) => match constant(value) {
            Some(head) => Shape::Of(head, Vec::new()),
            None => Shape::Of(Head::Constant(format!("{:?}", pattern.span)), Vec::new()),
        },
    }
}

fn constant(value: &HExpr) -> Option<Head> {
    match &value.kind {
        HExprKind::Bool(value) => Some(Head::Bool(*value)),
        HExprKind::Int(value) => Some(Head::Constant(value.to_string())),
        HExprKind::Float(value) => Some(Head::Constant(value.to_string())),
        HExprKind::String(value) => Some(Head::Constant(format!("{value:?}"))),
        _ => None,
    }
}

/// All heads values of a type can have, with the types inside; `None` if there are endlessly many.
fn heads(defs: &Defs<'_>, ty: &Ty) -> Option<Vec<(Head, Vec<Ty>)>> {
    match ty {
        Ty::Bool => Some(vec![(Head::Bool(false), Vec::new()), (Head::Bool(true), Vec::new())]),
        Ty::Tuple(elements) => {
            Some(vec![(Head::Tuple, elements.iter().map(|t| defs.strip(t).clone()).collect())])
        }
        Ty::Def(def, args) if !defs.variants(*def).is_empty() => Some(
            defs.variants(*def)
                .iter()
                .map(|c| {
                    let constructor = defs.constructor(*c);
                    let fields =
                        constructor.fields.iter().map(|f| defs.strip(&f.ty.substitute(args)).clone());
                    (Head::Variant(constructor.variant), fields.collect())
                })
                .collect(),
        ),
        _ => None,
    }
}

fn missing(defs: &Defs<'_>, rows: &[Vec<Shape>], types: &[Ty]) -> Option<Vec<Shape>> {
    let Some((first, rest)) = types.split_first() else {
        return rows.is_empty().then(Vec::new);
    };
    let split = rows.iter().any(|row| matches!(row[0], Shape::Of(..)));
    match heads(defs, first) {
        Some(heads) if split => heads.into_iter().find_map(|(head, inner)| {
            let n_inner = inner.len();
            let types: Vec<Ty> = inner.into_iter().chain(rest.iter().cloned()).collect();
            let mut witness = missing(defs, &specialise(rows, &head, n_inner), &types)?;
            let tail = witness.split_off(n_inner);
            Some(std::iter::once(Shape::Of(head, witness)).chain(tail).collect())
        }),
        _ => {
            let mut witness = missing(defs, &without_first(rows), rest)?;
            witness.insert(0, Shape::Anything);
            Some(witness)
        }
    }
}

fn useful(defs: &Defs<'_>, rows: &[Vec<Shape>], pattern: &[Shape], types: &[Ty]) -> bool {
    let (Some((first, rest)), Some((shape, tail))) = (types.split_first(), pattern.split_first()) else {
        return rows.is_empty();
    };
    let inside = |head: &Head, inner: Vec<Ty>, fields: Vec<Shape>| {
        let rows = specialise(rows, head, fields.len());
        let pattern: Vec<Shape> = fields.into_iter().chain(tail.iter().cloned()).collect();
        let types: Vec<Ty> = inner.into_iter().chain(rest.iter().cloned()).collect();
        useful(defs, &rows, &pattern, &types)
    };
    match shape {
        Shape::Of(head, fields) => {
            let inner = heads(defs, first).and_then(|all| all.into_iter().find(|(h, _)| h == head));
            let inner = inner.map_or_else(|| vec![Ty::Error; fields.len()], |(_, inner)| inner);
            inside(head, inner, fields.clone())
        }
        Shape::Anything => {
            let split = rows.iter().any(|row| matches!(row[0], Shape::Of(..)));
            match heads(defs, first) {
                Some(heads) if split => heads.into_iter().any(|(head, inner)| {
                    let fields = vec![Shape::Anything; inner.len()];
                    inside(&head, inner, fields)
                }),
                _ => useful(defs, &without_first(rows), tail, rest),
            }
        }
    }
}

/// The rows that match a head, with what they say about its inside.
fn specialise(rows: &[Vec<Shape>], head: &Head, n_inner: usize) -> Vec<Vec<Shape>> {
    let inside = |row: &Vec<Shape>| match &row[0] {
        Shape::Anything => Some(vec![Shape::Anything; n_inner]),
        Shape::Of(own, fields) if own == head && fields.len() == n_inner => Some(fields.clone()),
        Shape::Of(..) => None,
    };
    rows.iter()
        .filter_map(|row| Some(inside(row)?.into_iter().chain(row[1..].iter().cloned()).collect()))
        .collect()
}

/// The rows that match anything in the first column.
fn without_first(rows: &[Vec<Shape>]) -> Vec<Vec<Shape>> {
    rows.iter().filter(|row| row[0] == Shape::Anything).map(|row| row[1..].to_vec()).collect()
}

fn show(defs: &Defs<'_>, shape: &Shape, ty: &Ty) -> String {
    let Shape::Of(head, inner) = shape else { return "_".into() };
    let types = heads(defs, ty).and_then(|all| all.into_iter().find(|(h, _)| h == head));
    let types = types.map(|(_, types)| types).unwrap_or_default();
    let inner: Vec<String> =
        inner.iter().enumerate().map(|(i, s)| show(defs, s, types.get(i).unwrap_or(&Ty::Error))).collect();
    let inner = inner.join(", ");
    match (head, ty) {
        (Head::Bool(value), _) => value.to_string(),
        (Head::Constant(text), _) => text.clone(),
        (Head::Variant(number), Ty::Def(def, _)) => {
            let name =
                defs.variants(*def).get(*number as usize).map(|c| defs.constructor(*c).name.to_string());
            let name = name.unwrap_or_default();
            let name = name.rsplit("::").next().unwrap_or_default().to_owned();
            if inner.is_empty() { name } else { format!("{name}{{{inner}}}") }
        }
        (Head::Variant(_) | Head::Tuple, _) => format!("({inner})"),
    }
}
