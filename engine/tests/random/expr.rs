//! Expressions: what they are called in the rule language, and what they give.

use super::ty::Ty;
use super::val::{Place, Val};

/// Number of a variable of a rule.
pub(crate) type Var = usize;

/// The values of a rule's variables.
pub(crate) type Env = Vec<Option<Val>>;

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expr {
    Var(Var, Ty),
    Const(Ty, Val),
    /// The value after this one in its type's domain.
    Next(Box<Expr>),
    Pair(Box<Expr>, Box<Expr>),
    /// A part of a pair.
    Part(Box<Expr>, usize),
    /// A variant of a union.
    Variant(Ty, usize, Vec<Expr>),
    /// What an option holds, or something else.
    OrElse(Box<Expr>, Box<Expr>),
    Compare(&'static str, Box<Expr>, Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Not(Box<Expr>),
    Add(Box<Expr>, Box<Expr>),
    /// Fails for zero.
    Divide(Box<Expr>, Box<Expr>),
    Concat(Box<Expr>, Box<Expr>),
    /// A number or a text inside of a text.
    Show(Box<Expr>),
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `Vec` of elements of a type.
    List(Ty, Vec<Expr>),
    /// The set of a vector's elements.
    ToSet(Box<Expr>),
    /// How many elements a set or vector has.
    Size(Box<Expr>),
    /// Whether a set or vector has an element.
    Contains(Box<Expr>, Box<Expr>),
}

/// An evaluation that fails.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Trap;

impl Expr {
    pub(crate) fn ty(&self) -> Ty {
        match self {
            Expr::Var(_, ty) | Expr::Const(ty, _) | Expr::Variant(ty, ..) => ty.clone(),
            Expr::Next(of) | Expr::Add(of, _) | Expr::Divide(of, _) | Expr::If(_, of, _) => of.ty(),
            Expr::Pair(a, b) => Ty::Pair(a.ty().into(), b.ty().into()),
            Expr::Part(of, at) => match of.ty() {
                Ty::Pair(a, b) => [*a, *b][*at].clone(),
                other => panic!("{other:?}"),
            },
            Expr::OrElse(_, default) => default.ty(),
            Expr::Compare(..) | Expr::And(..) | Expr::Or(..) | Expr::Not(_) | Expr::Contains(..) => Ty::Bool,
            Expr::Concat(..) | Expr::Show(_) => Ty::Str,
            Expr::List(of, _) => Ty::Vec(of.clone().into()),
            Expr::ToSet(of) => match of.ty() {
                Ty::Vec(of) => Ty::Set(of),
                other => panic!("{other:?}"),
            },
            Expr::Size(_) => Ty::Long,
        }
    }

    pub(crate) fn text(&self) -> String {
        match self {
            Expr::Var(var, _) => format!("v{var}"),
            Expr::Const(ty, value) => match (value, ty) {
                (Val::Bool(_) | Val::Str(_), _) => value.text(ty, Place::Program),
                _ => format!("({}: {})", value.text(ty, Place::Program), ty.text()),
            },
            Expr::Next(of) => format!("next_{}({})", of.ty().name(), of.text()),
            Expr::Pair(a, b) => format!("({}, {})", a.text(), b.text()),
            Expr::Part(of, at) => format!("{}.{at}", of.text()),
            Expr::Variant(ty, number, fields) => {
                let name = ty.variants()[*number].0;
                let fields: Vec<String> = fields.iter().map(Expr::text).collect();
                let made =
                    if fields.is_empty() { name.into() } else { format!("{name}{{{}}}", fields.join(", ")) };
                format!("({made}: {})", ty.text())
            }
            Expr::OrElse(of, default) => format!("{}.unwrap_or({})", of.text(), default.text()),
            Expr::Compare(operator, a, b) => format!("({} {operator} {})", a.text(), b.text()),
            Expr::And(a, b) => format!("({} and {})", a.text(), b.text()),
            Expr::Or(a, b) => format!("({} or {})", a.text(), b.text()),
            Expr::Not(of) => format!("(not {})", of.text()),
            Expr::Add(a, b) => format!("({} + {})", a.text(), b.text()),
            Expr::Divide(a, b) => format!("({} / {})", a.text(), b.text()),
            Expr::Concat(a, b) => format!("({} ++ {})", a.text(), b.text()),
            Expr::Show(of) => format!("\"<${{{}}}>\"", of.text()),
            Expr::If(c, a, b) => format!("(if ({}) {{ {} }} else {{ {} }})", c.text(), a.text(), b.text()),
            Expr::List(of, items) => {
                let items: Vec<String> = items.iter().map(Expr::text).collect();
                format!("([{}]: Vec<{}>)", items.join(", "), of.text())
            }
            Expr::ToSet(of) => format!("{}.to_set()", of.text()),
            Expr::Size(of) => match of.ty() {
                Ty::Vec(_) => format!("{}.len()", of.text()),
                _ => format!("{}.size()", of.text()),
            },
            Expr::Contains(of, item) => format!("{}.contains({})", of.text(), item.text()),
        }
    }

    /// Also fails if a variable has no value because what it stands for has failed.
    pub(crate) fn eval(&self, env: &Env) -> Result<Val, Trap> {
        Ok(match self {
            Expr::Var(var, _) => env[*var].clone().ok_or(Trap)?,
            Expr::Const(_, value) => value.clone(),
            Expr::Next(of) => next(&of.ty(), &of.eval(env)?),
            Expr::Pair(a, b) => Val::Tuple(vec![a.eval(env)?, b.eval(env)?]),
            Expr::Part(of, at) => match of.eval(env)? {
                Val::Tuple(parts) => parts[*at].clone(),
                other => panic!("{other:?}"),
            },
            Expr::Variant(_, number, fields) => {
                let fields: Result<_, _> = fields.iter().map(|field| field.eval(env)).collect();
                Val::Variant(*number, fields?)
            }
            Expr::OrElse(of, default) => match (of.eval(env)?, default.eval(env)?) {
                (Val::Variant(1, fields), _) => fields[0].clone(),
                (_, default) => default,
            },
            Expr::Compare(operator, a, b) => {
                let (a, b) = (a.eval(env)?, b.eval(env)?);
                Val::Bool(match *operator {
                    "==" => a == b,
                    "!=" => a != b,
                    "<" => a < b,
                    _ => a <= b,
                })
            }
            Expr::And(a, b) => Val::Bool(a.eval(env)?.as_bool() && b.eval(env)?.as_bool()),
            Expr::Or(a, b) => Val::Bool(a.eval(env)?.as_bool() || b.eval(env)?.as_bool()),
            Expr::Not(of) => Val::Bool(!of.eval(env)?.as_bool()),
            Expr::Add(a, b) => a.ty().wrapped(a.eval(env)?.as_int() + b.eval(env)?.as_int()),
            Expr::Divide(a, b) => {
                let (number, by) = (a.eval(env)?.as_int(), b.eval(env)?.as_int());
                a.ty().wrapped(number.checked_div(by).ok_or(Trap)?)
            }
            Expr::Concat(a, b) => match (a.eval(env)?, b.eval(env)?) {
                (Val::Str(a), Val::Str(b)) => Val::Str(a + &b),
                other => panic!("{other:?}"),
            },
            Expr::Show(of) => match of.eval(env)? {
                Val::Str(text) => Val::Str(format!("<{text}>")),
                Val::Int(number) => Val::Str(format!("<{number}>")),
                other => panic!("{other:?}"),
            },
            Expr::If(c, a, b) => match c.eval(env)?.as_bool() {
                true => a.eval(env)?,
                false => b.eval(env)?,
            },
            Expr::List(_, items) => {
                let items: Result<_, _> = items.iter().map(|item| item.eval(env)).collect();
                Val::Vec(items?)
            }
            Expr::ToSet(of) => Val::set(of.eval(env)?.elements()),
            Expr::Size(of) => Val::Int(of.eval(env)?.elements().len() as i128),
            Expr::Contains(of, item) => {
                let (of, item) = (of.eval(env)?, item.eval(env)?);
                Val::Bool(of.elements().contains(&item))
            }
        })
    }

    /// The expressions it is made of.
    pub(crate) fn parts(&self) -> Vec<&Expr> {
        match self {
            Expr::Var(..) | Expr::Const(..) => vec![],
            Expr::Next(a)
            | Expr::Part(a, _)
            | Expr::Not(a)
            | Expr::Show(a)
            | Expr::ToSet(a)
            | Expr::Size(a) => {
                vec![a]
            }
            Expr::Pair(a, b)
            | Expr::OrElse(a, b)
            | Expr::Compare(_, a, b)
            | Expr::And(a, b)
            | Expr::Or(a, b)
            | Expr::Add(a, b)
            | Expr::Divide(a, b)
            | Expr::Concat(a, b)
            | Expr::Contains(a, b) => vec![a, b],
            Expr::If(a, b, c) => vec![a, b, c],
            Expr::Variant(_, _, items) | Expr::List(_, items) => items.iter().collect(),
        }
    }

    pub(crate) fn parts_mut(&mut self) -> Vec<&mut Expr> {
        match self {
            Expr::Var(..) | Expr::Const(..) => vec![],
            Expr::Next(a)
            | Expr::Part(a, _)
            | Expr::Not(a)
            | Expr::Show(a)
            | Expr::ToSet(a)
            | Expr::Size(a) => {
                vec![a]
            }
            Expr::Pair(a, b)
            | Expr::OrElse(a, b)
            | Expr::Compare(_, a, b)
            | Expr::And(a, b)
            | Expr::Or(a, b)
            | Expr::Add(a, b)
            | Expr::Divide(a, b)
            | Expr::Concat(a, b)
            | Expr::Contains(a, b) => vec![a, b],
            Expr::If(a, b, c) => vec![a, b, c],
            Expr::Variant(_, _, items) | Expr::List(_, items) => items.iter_mut().collect(),
        }
    }

    /// Whether this or a part of it is so.
    pub(crate) fn any(&self, is: &dyn Fn(&Expr) -> bool) -> bool {
        is(self) || self.parts().iter().any(|part| part.any(is))
    }

    /// Whether it may fail.
    pub(crate) fn may_fail(&self) -> bool {
        self.any(&|part| matches!(part, Expr::Divide(..)))
    }

    /// Whether it may give ever larger values when its results come back to it.
    pub(crate) fn grows(&self) -> bool {
        self.any(&|part| matches!(part, Expr::Add(..) | Expr::Concat(..) | Expr::Show(_)))
    }
}

/// The value after another in the domain of its type, in a circle; the first for one that is not there.
pub(crate) fn next(ty: &Ty, value: &Val) -> Val {
    let domain = ty.domain();
    let at = domain.iter().position(|other| other == value);
    domain[at.map_or(0, |at| (at + 1) % domain.len())].clone()
}

/// `next_..` in the rule language.
pub(crate) fn next_function(ty: &Ty) -> String {
    let domain = ty.domain();
    let steps: Vec<String> = domain
        .windows(2)
        .map(|two| {
            let [from, to] = [0, 1].map(|at| Expr::Const(ty.clone(), two[at].clone()).text());
            format!("if (x == {from}) {{ {to} }} else ")
        })
        .collect();
    let first = Expr::Const(ty.clone(), domain[0].clone()).text();
    format!(
        "function next_{}(x: {}): {} = {}{{ {first} }}\n",
        ty.name(),
        ty.text(),
        ty.text(),
        steps.concat()
    )
}
