//! Types during inference: as in the language, plus variables still to be found.

use std::rc::Rc;

use super::defs::TypeDefId;

/// Parts of a type, all inside it counted, beyond which it is refused.
pub(super) const MOST_PARTS: u32 = 4096;

/// A type still to be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct VarId(pub(super) u32);

/// Whether a function parameter is by reference, once known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Mutability {
    /// By value.
    Value,
    /// By reference.
    Mut,
    /// To be found; by value if nothing says otherwise.
    Unknown(VarId),
}

/// A type. Aliases are gone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Ty {
    /// To be found.
    Var(VarId),
    /// The n-th type parameter of the definition at hand.
    Param(u32),
    Bool,
    String,
    BigInt,
    Double,
    Float,
    Bit(u32),
    Signed(u32),
    /// Never one element.
    Tuple(Rc<[Ty]>),
    /// A union, struct or extern type.
    Def(TypeDefId, Rc<[Ty]>),
    Function(Rc<FunctionTy>),
    /// Something was wrong and was reported; agrees with everything.
    Error,
}

/// A function type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct FunctionTy {
    pub(super) params: Vec<(Mutability, Ty)>,
    pub(super) ret: Ty,
}

impl Ty {
    /// `()`
    pub(super) fn unit() -> Ty {
        Ty::Tuple(Rc::from([]))
    }

    /// A tuple; of one element, the element.
    pub(super) fn tuple(mut elements: Vec<Ty>) -> Ty {
        match elements.len() {
            1 => elements.swap_remove(0),
            _ => Ty::Tuple(elements.into()),
        }
    }

    /// A function type.
    pub(super) fn function(params: Vec<(Mutability, Ty)>, ret: Ty) -> Ty {
        Ty::Function(Rc::new(FunctionTy { params, ret }))
    }

    /// Replaces each type parameter by what stands at its place; one that is out of range becomes an error type.
    pub(super) fn substitute(&self, args: &[Ty]) -> Ty {
        match self {
            Ty::Param(index) => args.get(*index as usize).cloned().unwrap_or(Ty::Error),
            Ty::Tuple(elements) => Ty::Tuple(elements.iter().map(|t| t.substitute(args)).collect()),
            Ty::Def(def, inner) if inner.is_empty() => Ty::Def(*def, Rc::clone(inner)),
            Ty::Def(def, inner) => Ty::Def(*def, inner.iter().map(|t| t.substitute(args)).collect()),
            Ty::Function(function) => Ty::function(
                function.params.iter().map(|(m, t)| (*m, t.substitute(args))).collect(),
                function.ret.substitute(args),
            ),
            Ty::Var(_)
            | Ty::Bool
            | Ty::String
            | Ty::BigInt
            | Ty::Double
            | Ty::Float
            | Ty::Bit(_)
            | Ty::Signed(_)
            | Ty::Error => self.clone(),
        }
    }

    /// Whether the type, written out, has more parts than any that somebody means. Parts that are shared count each time:
    /// a few lines can ask for more of them than there are atoms.
    pub(super) fn is_too_large(&self) -> bool {
        let mut left = MOST_PARTS;
        !self.within(&mut left, &mut |_| None)
    }

    /// Whether there are no more parts than `left`, which is used up; `known` gives what stands for a type.
    pub(super) fn within(&self, left: &mut u32, known: &mut impl FnMut(&Ty) -> Option<Ty>) -> bool {
        if *left == 0 {
            return false;
        }
        *left -= 1;
        match self {
            Ty::Var(_) => known(self).is_none_or(|ty| ty.within(left, known)),
            Ty::Tuple(inner) | Ty::Def(_, inner) => inner.iter().all(|t| t.within(left, known)),
            Ty::Function(function) => {
                function.params.iter().all(|(_, t)| t.within(left, known)) && function.ret.within(left, known)
            }
            _ => true,
        }
    }

    /// Visits the type and all types inside it.
    pub(super) fn walk(&self, visit: &mut impl FnMut(&Ty)) {
        visit(self);
        match self {
            Ty::Tuple(inner) | Ty::Def(_, inner) => inner.iter().for_each(|t| t.walk(visit)),
            Ty::Function(function) => {
                function.params.iter().for_each(|(_, t)| t.walk(visit));
                function.ret.walk(visit);
            }
            Ty::Var(_)
            | Ty::Param(_)
            | Ty::Bool
            | Ty::String
            | Ty::BigInt
            | Ty::Double
            | Ty::Float
            | Ty::Bit(_)
            | Ty::Signed(_)
            | Ty::Error => {}
        }
    }
}
