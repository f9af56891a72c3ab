//! Whether two rules can give the same row.

use super::super::record::is_identity;
use std::collections::HashMap;

use num_bigint::BigInt;

use super::super::body::{Body, Opener};
use super::super::transform::Step;
use crate::ir::{Arg, BinaryOp, Expr, ExprKind, LocalId, Pattern, PatternKind, Program};

/// Rules that nothing tells apart are compared one with another up to so many.
const PAIRS_OF: usize = 64;

/// How far variables are followed.
const DEPTH: u32 = 6;

/// What is known of the values of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Unknown,
    Bool(bool),
    Int(BigInt),
    /// A text that begins and ends so, and is no longer if it is whole.
    Text {
        begins: String,
        ends: String,
        whole: bool,
    },
    Variant(u32, Vec<Form>),
    Tuple(Vec<Form>),
}

/// Two rules, by their places among those compared, that may give the same row in these columns; `None` if there are none.
pub(super) fn overlap(heads: &[Vec<Form>], columns: &[usize]) -> Option<(usize, usize)> {
    let all: Vec<usize> = (0..heads.len()).collect();
    overlap_of(heads, columns, &all)
}

fn overlap_of(heads: &[Vec<Form>], columns: &[usize], rules: &[usize]) -> Option<(usize, usize)> {
    let [first, second, ..] = rules else { return None };
    if rules.len() > PAIRS_OF {
        // A column in which all have a value of their own parts them without looking at pairs.
        for (at, column) in columns.iter().enumerate() {
            let mut parts: HashMap<String, Vec<usize>> = HashMap::new();
            for rule in rules {
                match heads[*rule][*column].label() {
                    Some(label) => parts.entry(label).or_default().push(*rule),
                    None => {
                        parts.clear();
                        break;
                    }
                }
            }
            if parts.len() > 1 {
                let mut parts: Vec<Vec<usize>> = parts.into_values().collect();
                parts.sort_unstable();
                // Constructors of the same name may still differ inside.
                let (columns, inside) = (columns, columns[at]);
                let rest: Vec<usize> = match heads[rules[0]][inside] {
                    Form::Variant(..) => columns.to_vec(),
                    _ => columns.iter().copied().filter(|column| *column != inside).collect(),
                };
                return parts.iter().find_map(|part| overlap_of(heads, &rest, part));
            }
        }
        return Some((*first, *second));
    }
    rules.iter().enumerate().find_map(|(at, one)| {
        rules[at + 1..]
            .iter()
            .find(|other| {
                !columns.iter().any(|column| heads[*one][*column].differs(&heads[**other][*column]))
            })
            .map(|other| (*one, *other))
    })
}

/// What is known of every column of a rule's head.
pub(super) fn head_forms(program: &Program, body: &Body) -> Vec<Form> {
    let of = Of { program, body };
    body.head.iter().map(|expr| form(of, expr, DEPTH)).collect()
}

/// A rule of a program.
#[derive(Clone, Copy)]
struct Of<'a> {
    program: &'a Program,
    body: &'a Body,
}

impl Form {
    /// Whether no value is of both forms.
    fn differs(&self, other: &Form) -> bool {
        match (self, other) {
            (Form::Bool(one), Form::Bool(other)) => one != other,
            (Form::Int(one), Form::Int(other)) => one != other,
            (Form::Variant(one, parts), Form::Variant(other, others)) => {
                one != other || parts.iter().zip(others).any(|(one, other)| one.differs(other))
            }
            (Form::Tuple(parts), Form::Tuple(others)) => {
                parts.iter().zip(others).any(|(one, other)| one.differs(other))
            }
            (
                Form::Text { begins, ends, whole },
                Form::Text { begins: other_begins, ends: other_ends, whole: other_whole },
            ) => {
                let begin = |one: &str, other: &str| one.starts_with(other) || other.starts_with(one);
                let end = |one: &str, other: &str| one.ends_with(other) || other.ends_with(one);
                let longer = |one: &str, whole: bool, other: &str| whole && other.len() > one.len();
                *whole && *other_whole && begins != other_begins
                    || !begin(begins, other_begins)
                    || !end(ends, other_ends)
                    || longer(begins, *whole, other_begins)
                    || longer(other_begins, *other_whole, begins)
                    || longer(ends, *whole, other_ends)
                    || longer(other_ends, *other_whole, ends)
            }
            _ => false,
        }
    }

    /// Forms of different labels differ.
    fn label(&self) -> Option<String> {
        match self {
            Form::Bool(value) => Some(value.to_string()),
            Form::Int(value) => Some(value.to_string()),
            Form::Text { begins, whole: true, .. } => Some(begins.clone()),
            Form::Variant(number, _) => Some(number.to_string()),
            Form::Text { .. } | Form::Tuple(_) | Form::Unknown => None,
        }
    }
}

fn form(of: Of<'_>, expr: &Expr, depth: u32) -> Form {
    let Some(deeper) = depth.checked_sub(1) else { return Form::Unknown };
    match &expr.kind {
        ExprKind::Bool(value) => Form::Bool(*value),
        ExprKind::Int(value) => Form::Int(value.clone()),
        ExprKind::String(text) => whole(text),
        ExprKind::Construct(number, parts) => {
            Form::Variant(*number, parts.iter().map(|part| form(of, part, deeper)).collect())
        }
        ExprKind::Tuple(parts) => Form::Tuple(parts.iter().map(|part| form(of, part, deeper)).collect()),
        ExprKind::Concat(parts) => match (parts.first(), parts.last()) {
            (Some(first), Some(last)) if parts.len() > 1 => {
                let begins = match form(of, first, deeper) {
                    Form::Text { begins, .. } => begins,
                    _ => String::new(),
                };
                let ends = match form(of, last, deeper) {
                    Form::Text { ends, .. } => ends,
                    _ => String::new(),
                };
                Form::Text { begins, ends, whole: false }
            }
            (Some(only), _) => form(of, only, deeper),
            (None, _) => whole(""),
        },
        // `Ref` and `Intern` hold the same value.
        ExprKind::Call(function, args) if is_identity(of.program, *function) => match args.as_slice() {
            [Arg::Value(value)] => form(of, value, deeper),
            _ => Form::Unknown,
        },
        ExprKind::Local(local) => local_form(of, *local, deeper),
        _ => Form::Unknown,
    }
}

fn whole(text: &str) -> Form {
    Form::Text { begins: text.to_owned(), ends: text.to_owned(), whole: true }
}

/// What the clauses of a rule say of a variable.
fn local_form(of: Of<'_>, local: LocalId, depth: u32) -> Form {
    for block in &of.body.blocks {
        if let Opener::Atom(shape) = &block.opener {
            for (column, pattern) in shape.columns.iter().enumerate() {
                let found = match shape.aliases[column] {
                    Some(alias) if alias == local => pattern_form(of, pattern, depth),
                    _ => form_inside(of, pattern, local, depth),
                };
                if found != Form::Unknown {
                    return found;
                }
            }
        }
        for step in block.before.iter().chain(&block.steps) {
            let found = match step {
                Step::Match(pattern, expr) => match (&pattern.kind, &expr.kind) {
                    (PatternKind::Bind(bound), _) if *bound == local => form(of, expr, depth),
                    (_, ExprKind::Local(matched)) if *matched == local => pattern_form(of, pattern, depth),
                    _ => form_inside(of, pattern, local, depth),
                },
                Step::FlatMap(pattern, _) => form_inside(of, pattern, local, depth),
                Step::Filter(condition) => asked(of, condition, local, depth),
                Step::Inspect { .. } => Form::Unknown,
            };
            if found != Form::Unknown {
                return found;
            }
        }
    }
    Form::Unknown
}

/// What a condition says of a variable.
fn asked(of: Of<'_>, condition: &Expr, local: LocalId, depth: u32) -> Form {
    let ExprKind::Binary(operator, left, right) = &condition.kind else { return Form::Unknown };
    let is_it = |expr: &Expr| matches!(expr.kind, ExprKind::Local(found) if found == local);
    match operator {
        BinaryOp::And => match asked(of, left, local, depth) {
            Form::Unknown => asked(of, right, local, depth),
            found => found,
        },
        // Another variable may lead back here.
        BinaryOp::Eq if is_it(left) && !matches!(right.kind, ExprKind::Local(_)) => form(of, right, depth),
        BinaryOp::Eq if is_it(right) && !matches!(left.kind, ExprKind::Local(_)) => form(of, left, depth),
        _ => Form::Unknown,
    }
}

/// What a pattern says of a variable that it binds together with a further pattern.
fn form_inside(of: Of<'_>, pattern: &Pattern, local: LocalId, depth: u32) -> Form {
    match &pattern.kind {
        PatternKind::At(bound, inner) if *bound == local => pattern_form(of, inner, depth),
        PatternKind::At(_, inner) => form_inside(of, inner, local, depth),
        PatternKind::Tuple(parts) | PatternKind::Variant(_, parts) => parts
            .iter()
            .map(|part| form_inside(of, part, local, depth))
            .find(|found| *found != Form::Unknown)
            .unwrap_or(Form::Unknown),
        PatternKind::Wildcard | PatternKind::Bind(_) | PatternKind::Equal(_) => Form::Unknown,
    }
}

fn pattern_form(of: Of<'_>, pattern: &Pattern, depth: u32) -> Form {
    let Some(deeper) = depth.checked_sub(1) else { return Form::Unknown };
    match &pattern.kind {
        PatternKind::Wildcard | PatternKind::Bind(_) => Form::Unknown,
        PatternKind::At(_, inner) => pattern_form(of, inner, deeper),
        PatternKind::Equal(expr) => form(of, expr, deeper),
        PatternKind::Tuple(parts) => {
            Form::Tuple(parts.iter().map(|part| pattern_form(of, part, deeper)).collect())
        }
        PatternKind::Variant(number, parts) => {
            Form::Variant(*number, parts.iter().map(|part| pattern_form(of, part, deeper)).collect())
        }
    }
}
