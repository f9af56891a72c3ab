//! What bodies of rules are made of.

use super::aggregate::Aggregate;
use super::expr::{Env, Expr, Trap, Var};
use super::ty::Ty;
use super::val::Val;

/// A pattern.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Pattern {
    Any,
    /// A new variable.
    Bind(Var, Ty),
    /// What must be equal.
    Is(Expr),
    Pair(Box<Pattern>, Box<Pattern>),
    Variant(Ty, usize, Vec<Pattern>),
}

/// Records of a relation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Atom {
    pub(crate) relation: usize,
    pub(crate) when: When,
    pub(crate) terms: Vec<Pattern>,
}

/// Of what time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum When {
    Now,
    /// So many transactions ago.
    Before(usize),
    /// What this transaction brought, of a stream.
    New,
}

/// A clause.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Clause {
    Atom(Atom),
    Not(Atom),
    Filter(Expr),
    Let(Var, Expr),
    /// A pattern that an expression has to match.
    Match(Pattern, Expr),
    /// A new variable is each element of a collection.
    Each(Var, Expr),
    Group {
        var: Var,
        value: Expr,
        key: Vec<(Var, Ty)>,
        aggregate: Aggregate,
    },
}

impl Pattern {
    /// Takes a value apart; whether it matches.
    pub(crate) fn meet(&self, value: &Val, before: &Env, env: &mut Env) -> Result<bool, Trap> {
        Ok(match (self, value) {
            (Pattern::Any, _) => true,
            (Pattern::Bind(var, _), _) => {
                env[*var] = Some(value.clone());
                true
            }
            (Pattern::Is(expr), _) => expr.eval(before)? == *value,
            (Pattern::Pair(a, b), Val::Tuple(parts)) => {
                a.meet(&parts[0], before, env)? && b.meet(&parts[1], before, env)?
            }
            (Pattern::Variant(_, number, patterns), Val::Variant(other, fields)) => {
                if number != other {
                    return Ok(false);
                }
                for (pattern, field) in patterns.iter().zip(fields) {
                    if !pattern.meet(field, before, env)? {
                        return Ok(false);
                    }
                }
                true
            }
            _ => panic!("{value:?} for {self:?}"),
        })
    }

    /// `new`: what stands before a new variable.
    pub(crate) fn text(&self, new: &str) -> String {
        match self {
            Pattern::Any => "_".into(),
            Pattern::Bind(var, _) => format!("{new}v{var}"),
            Pattern::Is(Expr::Const(ty, value)) => value.text(ty, super::val::Place::Program),
            Pattern::Is(expr) => expr.text(),
            Pattern::Pair(a, b) => format!("({}, {})", a.text(new), b.text(new)),
            Pattern::Variant(ty, number, parts) => {
                let parts: Vec<String> = parts.iter().map(|part| part.text(new)).collect();
                let name = ty.variants()[*number].0;
                if parts.is_empty() { name.into() } else { format!("{name}{{{}}}", parts.join(", ")) }
            }
        }
    }

    /// The patterns it is made of.
    pub(crate) fn parts(&self) -> Vec<&Pattern> {
        match self {
            Pattern::Any | Pattern::Bind(..) | Pattern::Is(_) => vec![],
            Pattern::Pair(a, b) => vec![a, b],
            Pattern::Variant(_, _, parts) => parts.iter().collect(),
        }
    }

    /// The variables it gives a value.
    pub(crate) fn binds(&self) -> Vec<(Var, Ty)> {
        match self {
            Pattern::Bind(var, ty) => vec![(*var, ty.clone())],
            _ => self.parts().into_iter().flat_map(Pattern::binds).collect(),
        }
    }

    fn exprs(&self) -> Vec<&Expr> {
        match self {
            Pattern::Is(expr) => vec![expr],
            _ => self.parts().into_iter().flat_map(Pattern::exprs).collect(),
        }
    }
}

impl Clause {
    /// The relation it reads.
    pub(crate) fn atom(&self) -> Option<&Atom> {
        match self {
            Clause::Atom(atom) | Clause::Not(atom) => Some(atom),
            _ => None,
        }
    }

    /// All expressions in it.
    pub(crate) fn exprs(&self) -> Vec<&Expr> {
        match self {
            Clause::Atom(atom) | Clause::Not(atom) => atom.terms.iter().flat_map(Pattern::exprs).collect(),
            Clause::Match(pattern, expr) => [pattern.exprs(), vec![expr]].concat(),
            Clause::Filter(expr)
            | Clause::Let(_, expr)
            | Clause::Each(_, expr)
            | Clause::Group { value: expr, .. } => vec![expr],
        }
    }

    /// The variables that are known after it, for those known before.
    pub(crate) fn known(&self, known: &mut Vec<(Var, Ty)>) {
        match self {
            Clause::Atom(atom) => known.extend(atom.terms.iter().flat_map(Pattern::binds)),
            Clause::Match(pattern, _) => known.extend(pattern.binds()),
            Clause::Not(_) | Clause::Filter(_) => {}
            Clause::Let(var, expr) => known.push((*var, expr.ty())),
            Clause::Each(var, expr) => match expr.ty() {
                Ty::Vec(of) | Ty::Set(of) => known.push((*var, *of)),
                other => panic!("{other:?}"),
            },
            Clause::Group { var, value, key, aggregate } => {
                known.clone_from(key);
                known.push((*var, aggregate.ty(&key_type(key), &value.ty())));
            }
        }
    }
}

/// The type of what groups are formed by; only that of one variable matters.
pub(crate) fn key_type(key: &[(Var, Ty)]) -> Ty {
    match key {
        [(_, ty)] => ty.clone(),
        [(_, a), (_, b)] => Ty::Pair(a.clone().into(), b.clone().into()),
        _ => Ty::Bool,
    }
}
