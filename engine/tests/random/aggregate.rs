//! What groups are made into.

use std::collections::{BTreeMap, BTreeSet};

use super::expr::next;
use super::rng::Random;
use super::ty::Ty;
use super::val::Val;

/// A function of a group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Aggregate {
    Key,
    CountDistinct,
    /// All weights together.
    Weight,
    First,
    Nth,
    Min,
    Max,
    /// The value whose next one is least.
    ArgMin,
    ArgMax,
    /// Of integers, as often as they are there.
    Total,
    /// Of the next values, once each.
    SumOf,
    /// Of integers, once each.
    Fold,
    ToSet,
    ToVec,
    /// Of pairs.
    ToMap,
    /// Of pairs.
    ToSetMap,
    /// Of sets.
    Union,
    /// Values other than the first of the domain.
    Count,
    Any,
    All,
    Find,
    Filter,
    FilterMap,
    /// The next of each.
    Map,
    FlatMap,
}

use Aggregate as A;

const ALL: [Aggregate; 25] = [
    A::Key,
    A::CountDistinct,
    A::Weight,
    A::First,
    A::Nth,
    A::Min,
    A::Max,
    A::ArgMin,
    A::ArgMax,
    A::Total,
    A::SumOf,
    A::Fold,
    A::ToSet,
    A::ToVec,
    A::ToMap,
    A::ToSetMap,
    A::Union,
    A::Count,
    A::Any,
    A::All,
    A::Find,
    A::Filter,
    A::FilterMap,
    A::Map,
    A::FlatMap,
];

/// Functions of groups that the library does not have.
pub(crate) fn functions() -> Vec<String> {
    let total = |ty: &str, weight: &str| {
        format!(
            "function total_{}(g: Group<'K, {ty}>): {ty} {{\n    var s: {ty} = 0;\n    \
             for ((x, w) in g) {{ s = s + x * {weight} }};\n    s\n}}\n",
            if ty == "bit<128>" { "bit128" } else { ty }
        )
    };
    vec![
        "function weight_of(g: Group<'K, 'V>): s64 {\n    var s: s64 = 0;\n    \
         for ((_, w) in g) { s = s + (w as s64) };\n    s\n}\n"
            .into(),
        total("s64", "(w as s64)"),
        total("u8", "((w as u64) as u8)"),
        total("u64", "(w as u64)"),
        total("bit<128>", "((w as u64) as bit<128>)"),
        total("bigint", "(w as bigint)"),
    ]
}

impl Aggregate {
    /// One that can be had of such values by such a key.
    pub(crate) fn random(random: &mut Random, value: &Ty) -> Aggregate {
        loop {
            let aggregate = *random.pick(&ALL);
            let fits = match aggregate {
                A::Total | A::SumOf | A::Fold => value.is_integer(),
                A::ToMap | A::ToSetMap => matches!(value, Ty::Pair(..)),
                A::Union => matches!(value, Ty::Set(_)),
                _ => true,
            };
            if fits {
                return aggregate;
            }
        }
    }

    /// The type of its result.
    pub(crate) fn ty(self, key: &Ty, value: &Ty) -> Ty {
        let boxed = || Box::new(value.clone());
        match (self, value) {
            (A::Key, _) => key.clone(),
            (A::CountDistinct | A::Count, _) => Ty::Long,
            (A::Weight, _) => Ty::Int,
            (A::Nth | A::Find, _) => Ty::Option(boxed()),
            (A::ToSet, _) => Ty::Set(boxed()),
            (A::ToVec | A::Filter | A::FilterMap | A::Map | A::FlatMap, _) => Ty::Vec(boxed()),
            (A::ToMap, Ty::Pair(k, v)) => Ty::Map(k.clone(), v.clone()),
            (A::ToSetMap, Ty::Pair(k, v)) => Ty::Map(k.clone(), Ty::Set(v.clone()).into()),
            (A::Any | A::All, _) => Ty::Bool,
            _ => value.clone(),
        }
    }

    /// The call, on a group.
    pub(crate) fn text(self, value: &Ty) -> String {
        let next = format!("next_{}", value.name());
        let first = super::expr::Expr::Const(value.clone(), value.domain()[0].clone()).text();
        match self {
            A::Key => "key()".into(),
            A::CountDistinct => "count_distinct()".into(),
            A::Weight => "weight_of()".into(),
            A::First => "first()".into(),
            A::Nth => "nth(1)".into(),
            A::Min => "min()".into(),
            A::Max => "max()".into(),
            A::ArgMin => format!("arg_min(|x| {next}(x))"),
            A::ArgMax => format!("arg_max(|x| {next}(x))"),
            A::Total => format!("total_{}()", value.name()),
            A::SumOf => format!("sum_of(|x| {next}(x))"),
            A::Fold => format!("fold(|a, x| a + x, {first})"),
            A::ToSet => "to_set()".into(),
            A::ToVec => "to_vec()".into(),
            A::ToMap => "to_map()".into(),
            A::ToSetMap => "to_setmap()".into(),
            A::Union => "union()".into(),
            A::Count => format!("count(|x| x != {first})"),
            A::Any => format!("any(|x| x != {first})"),
            A::All => format!("all(|x| x != {first})"),
            A::Find => format!("find(|x| x != {first})"),
            A::Filter => format!("filter(|x| x != {first})"),
            A::FilterMap => {
                format!("filter_map(|x| if (x != {first}) {{ Some{{{next}(x)}} }} else {{ None }})")
            }
            A::Map => format!("map(|x| {next}(x))"),
            A::FlatMap => format!("flatmap(|x| [x, {next}(x)])"),
        }
    }

    /// Of a group's values in order, with their weights.
    pub(crate) fn eval(self, key: &Val, ty: &Ty, group: &BTreeMap<Val, i64>) -> Val {
        let first = ty.domain()[0].clone();
        let after = |value: &Val| next(ty, value);
        let others = || group.keys().filter(|value| **value != first);
        let option = |value: Option<Val>| match value {
            Some(value) => Val::Variant(1, vec![value]),
            None => Val::Variant(0, vec![]),
        };
        let sum = |each: &dyn Fn(&Val, i128) -> i128| {
            group.iter().fold(ty.wrapped(0), |sum, (value, weight)| {
                ty.wrapped(sum.as_int() + each(value, (*weight).into()))
            })
        };
        match self {
            A::Key => key.clone(),
            A::CountDistinct => Val::Int(group.len() as i128),
            A::Weight => Val::Int(group.values().map(|weight| i128::from(*weight)).sum()),
            A::First | A::Min => group.keys().next().unwrap().clone(),
            A::Max => group.keys().next_back().unwrap().clone(),
            A::Nth => option(group.keys().nth(1).cloned()),
            A::ArgMin => group.keys().min_by_key(|value| after(value)).unwrap().clone(),
            // The first of several.
            A::ArgMax => group.keys().rev().max_by_key(|value| after(value)).unwrap().clone(),
            A::Total => sum(&|value, weight| value.as_int() * weight),
            A::SumOf => sum(&|value, _| after(value).as_int()),
            A::Fold => sum(&|value, _| value.as_int()),
            A::ToSet => Val::set(group.keys().cloned()),
            A::ToVec => Val::Vec(group.keys().cloned().collect()),
            A::ToMap => Val::Map(group.keys().map(halves).collect()),
            A::ToSetMap => {
                let mut map: BTreeMap<Val, BTreeSet<Val>> = BTreeMap::new();
                for (key, value) in group.keys().map(halves) {
                    map.entry(key).or_default().insert(value);
                }
                Val::Map(map.into_iter().map(|(key, values)| (key, Val::Set(values))).collect())
            }
            A::Union => Val::set(group.keys().flat_map(Val::elements)),
            A::Count => Val::Int(others().count() as i128),
            A::Any => Val::Bool(others().next().is_some()),
            A::All => Val::Bool(others().count() == group.len()),
            A::Find => option(others().next().cloned()),
            A::Filter => Val::Vec(others().cloned().collect()),
            A::FilterMap => Val::Vec(others().map(after).collect()),
            A::Map => Val::Vec(group.keys().map(after).collect()),
            A::FlatMap => Val::Vec(group.keys().flat_map(|value| [value.clone(), after(value)]).collect()),
        }
    }
}

fn halves(pair: &Val) -> (Val, Val) {
    match pair {
        Val::Tuple(parts) => (parts[0].clone(), parts[1].clone()),
        other => panic!("{other:?}"),
    }
}
