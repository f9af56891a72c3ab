//! Unification with undo.

use std::rc::Rc;

use super::ty::{FunctionTy, Mutability, Ty, VarId};

/// What is known about the variables of one body.
#[derive(Debug, Default)]
pub(super) struct Unifier {
    bindings: Vec<Binding>,
    trail: Vec<VarId>,
}

/// What a variable stands for.
#[derive(Clone, Debug)]
enum Binding {
    Free,
    Ty(Ty),
    Mutability(Mutability),
}

/// A moment to go back to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Snapshot(usize);

/// The two types cannot be the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mismatch;

impl Unifier {
    fn fresh_id(&mut self) -> VarId {
        self.bindings.push(Binding::Free);
        VarId(self.bindings.len() as u32 - 1)
    }

    /// A new variable.
    pub(super) fn fresh(&mut self) -> Ty {
        Ty::Var(self.fresh_id())
    }

    /// A new unknown mutability.
    pub(super) fn fresh_mutability(&mut self) -> Mutability {
        Mutability::Unknown(self.fresh_id())
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        Snapshot(self.trail.len())
    }

    /// Forgets everything that was bound since.
    pub(super) fn undo(&mut self, to: Snapshot) {
        for var in self.trail.drain(to.0..) {
            self.bindings[var.0 as usize] = Binding::Free;
        }
    }

    fn bind(&mut self, var: VarId, binding: Binding) {
        self.bindings[var.0 as usize] = binding;
        self.trail.push(var);
    }

    /// The type with bound variables at its head followed.
    pub(super) fn shallow(&self, ty: &Ty) -> Ty {
        let mut ty = ty;
        while let Ty::Var(var) = ty {
            match &self.bindings[var.0 as usize] {
                Binding::Ty(bound) => ty = bound,
                Binding::Free | Binding::Mutability(_) => break,
            }
        }
        ty.clone()
    }

    /// As [`Ty::is_too_large`], for what is known of a type.
    pub(super) fn is_too_large(&self, ty: &Ty) -> bool {
        let mut left = super::ty::MOST_PARTS;
        !ty.within(&mut left, &mut |var| Some(self.shallow(var)).filter(|bound| bound != var))
    }

    /// The type with all bound variables replaced.
    pub(super) fn resolve(&self, ty: &Ty) -> Ty {
        match ty {
            Ty::Var(_) => match self.shallow(ty) {
                Ty::Var(var) => Ty::Var(var),
                bound => self.resolve(&bound),
            },
            Ty::Tuple(elements) => Ty::Tuple(elements.iter().map(|t| self.resolve(t)).collect()),
            Ty::Def(_, args) if args.is_empty() => ty.clone(),
            Ty::Def(def, args) => Ty::Def(*def, args.iter().map(|t| self.resolve(t)).collect()),
            Ty::Function(function) => Ty::Function(Rc::new(FunctionTy {
                params: function.params.iter().map(|(m, t)| (self.mutability(*m), self.resolve(t))).collect(),
                ret: self.resolve(&function.ret),
            })),
            Ty::Param(_)
            | Ty::Bool
            | Ty::String
            | Ty::BigInt
            | Ty::Double
            | Ty::Float
            | Ty::Bit(_)
            | Ty::Signed(_)
            | Ty::Error => ty.clone(),
        }
    }

    /// What is known about a mutability.
    pub(super) fn mutability(&self, mut mutability: Mutability) -> Mutability {
        while let Mutability::Unknown(var) = mutability {
            match &self.bindings[var.0 as usize] {
                Binding::Mutability(bound) => mutability = *bound,
                Binding::Free | Binding::Ty(_) => break,
            }
        }
        mutability
    }

    /// Makes the two types equal, or leaves bindings half made: take a snapshot if that matters.
    pub(super) fn unify(&mut self, left: &Ty, right: &Ty) -> Result<(), Mismatch> {
        let left = self.shallow(left);
        let right = self.shallow(right);
        match (&left, &right) {
            (Ty::Var(a), Ty::Var(b)) if a == b => Ok(()),
            (Ty::Var(var), other) | (other, Ty::Var(var)) => {
                if self.occurs(*var, other) {
                    return Err(Mismatch);
                }
                self.bind(*var, Binding::Ty(other.clone()));
                Ok(())
            }
            (Ty::Error, _) | (_, Ty::Error) => Ok(()),
            (Ty::Tuple(a), Ty::Tuple(b)) => self.unify_all(a, b),
            (Ty::Def(a, a_args), Ty::Def(b, b_args)) if a == b => self.unify_all(a_args, b_args),
            (Ty::Function(a), Ty::Function(b)) => {
                if a.params.len() != b.params.len() {
                    return Err(Mismatch);
                }
                for ((a_mut, a_ty), (b_mut, b_ty)) in a.params.iter().zip(&b.params) {
                    self.unify_mutability(*a_mut, *b_mut)?;
                    self.unify(a_ty, b_ty)?;
                }
                self.unify(&a.ret, &b.ret)
            }
            (a, b) if a == b => Ok(()),
            _ => Err(Mismatch),
        }
    }

    /// Makes everything that is not known about a type an error: it was reported, nothing shall follow from it.
    pub(super) fn poison(&mut self, ty: &Ty) {
        let mut free = Vec::new();
        self.resolve(ty).walk(&mut |t| {
            if let Ty::Var(var) = t {
                free.push(*var);
            }
        });
        for var in free {
            if let Binding::Free = self.bindings[var.0 as usize] {
                self.bind(var, Binding::Ty(Ty::Error));
            }
        }
    }

    fn unify_all(&mut self, left: &[Ty], right: &[Ty]) -> Result<(), Mismatch> {
        if left.len() != right.len() {
            return Err(Mismatch);
        }
        left.iter().zip(right).try_for_each(|(a, b)| self.unify(a, b))
    }

    fn unify_mutability(&mut self, left: Mutability, right: Mutability) -> Result<(), Mismatch> {
        match (self.mutability(left), self.mutability(right)) {
            (a, b) if a == b => Ok(()),
            (Mutability::Unknown(var), known) | (known, Mutability::Unknown(var)) => {
                self.bind(var, Binding::Mutability(known));
                Ok(())
            }
            _ => Err(Mismatch),
        }
    }

    fn occurs(&self, var: VarId, ty: &Ty) -> bool {
        match self.shallow(ty) {
            Ty::Var(other) => other == var,
            Ty::Tuple(inner) | Ty::Def(_, inner) => inner.iter().any(|t| self.occurs(var, t)),
            Ty::Function(function) => {
                function.params.iter().any(|(_, t)| self.occurs(var, t)) || self.occurs(var, &function.ret)
            }
            Ty::Param(_)
            | Ty::Bool
            | Ty::String
            | Ty::BigInt
            | Ty::Double
            | Ty::Float
            | Ty::Bit(_)
            | Ty::Signed(_)
            | Ty::Error => false,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_variable_takes_the_other_type_and_undo_frees_it() {
        let mut unifier = Unifier::default();
        let var = unifier.fresh();
        let before = unifier.snapshot();
        unifier
            .unify(&Ty::tuple(vec![var.clone(), Ty::Bool]), &Ty::tuple(vec![Ty::Bit(8), Ty::Bool]))
            .unwrap();
        assert_eq!(unifier.resolve(&var), Ty::Bit(8));
        unifier.undo(before);
        assert_eq!(unifier.resolve(&var), var);
    }

    #[test]
    fn a_type_cannot_contain_itself() {
        let mut unifier = Unifier::default();
        let var = unifier.fresh();
        assert_eq!(unifier.unify(&var, &Ty::tuple(vec![var.clone(), Ty::Bool])), Err(Mismatch));
    }

    #[test]
    fn an_error_agrees_with_everything() {
        let mut unifier = Unifier::default();
        assert_eq!(unifier.unify(&Ty::Error, &Ty::Bit(8)), Ok(()));
        assert_eq!(unifier.unify(&Ty::String, &Ty::Bit(8)), Err(Mismatch));
    }
}
