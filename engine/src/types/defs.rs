//! Everything the modules declare, by number.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::display::show;
use super::hir::{Body, HExpr, HPattern, LocalId};
use super::index::Recorder;
use super::serde::Renaming;
use super::ty::Ty;
use crate::ir::{FieldJson, UnionJson, VariantJson};
use crate::source::Span;
use crate::syntax::ast;

/// A module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct ModuleId(pub(super) u32);
/// A type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct TypeDefId(pub(super) u32);
/// A constructor of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct ConstructorId(pub(super) u32);
/// A function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct FunctionDefId(pub(super) u32);
/// A relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct RelationDefId(pub(super) u32);

/// What one module declares and sees.
#[derive(Debug, Default)]
pub(super) struct ModuleDef {
    /// `["a", "b"]`; empty for the main module.
    pub(super) path: Vec<Arc<str>>,
    /// Modules seen under a prefix; no prefix: names are seen as they are.
    pub(super) imports: Vec<(Vec<Arc<str>>, ModuleId)>,
    pub(super) types: HashMap<Arc<str>, TypeDefId>,
    pub(super) constructors: HashMap<Arc<str>, ConstructorId>,
    pub(super) functions: HashMap<Arc<str>, Vec<FunctionDefId>>,
    pub(super) relations: HashMap<Arc<str>, RelationDefId>,
    pub(super) indexes: HashMap<Arc<str>, Span>,
    pub(super) transformers: HashMap<Arc<str>, Span>,
}

/// A type definition.
#[derive(Debug)]
pub(super) struct TypeDef<'a> {
    pub(super) module: ModuleId,
    /// Full name.
    pub(super) name: Arc<str>,
    pub(super) span: Span,
    pub(super) params: Vec<Arc<str>>,
    /// `#[iterate_by_ref]` or `#[iterate_by_val]`: values can be looped over.
    pub(super) iterable: bool,
    pub(super) values: Values,
    pub(super) kind: TypeDefKind<'a>,
    pub(super) json: UnionJson,
    /// How JSON names the fields of a struct and the variants of a union.
    pub(super) renaming: Renaming,
}

/// What an extern type's values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Values {
    /// Its own.
    Own,
    /// `#[set]`: those of `Set`.
    Set,
    /// `#[intern]`: those of `Intern`.
    Intern,
    /// `#[bits = N]`: those of `bit<N>`.
    Bits(u32),
}

/// What a type definition stands for.
#[derive(Debug)]
pub(super) enum TypeDefKind<'a> {
    /// Another type, as written; see [`Defs::aliases`].
    Alias(&'a ast::TypeExpr),
    /// Constructors in order.
    Union(Vec<ConstructorId>),
    Extern,
}

/// A constructor.
#[derive(Debug)]
pub(super) struct Constructor {
    pub(super) def: TypeDefId,
    /// Its number in the type.
    pub(super) variant: u32,
    /// Full name.
    pub(super) name: Arc<str>,
    pub(super) span: Span,
    pub(super) fields: Vec<Field>,
    pub(super) json: VariantJson,
}

/// A field of a constructor.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) name: Arc<str>,
    pub(super) original: Option<Arc<str>>,
    pub(super) span: Span,
    /// Over the type's parameters.
    pub(super) ty: Ty,
    pub(super) json: FieldJson,
    /// The function of `#[deserialize_from_array]`.
    pub(super) key_function: Option<FunctionDefId>,
}

/// A function.
#[derive(Debug)]
pub(super) struct FunctionDef<'a> {
    pub(super) module: ModuleId,
    /// Full name.
    pub(super) name: Arc<str>,
    pub(super) generics: Vec<Arc<str>>,
    pub(super) params: Vec<FunctionParam>,
    pub(super) ret: Ty,
    pub(super) ast: &'a ast::Function,
    pub(super) span: Span,
    pub(super) side_effects: bool,
    /// The name of the built-in function that does it, if not its own.
    pub(super) same_as: Option<Arc<str>>,
    /// Filled in when the body has been checked; never for extern functions.
    pub(super) body: Option<CheckedFunction>,
}

/// A parameter.
#[derive(Debug)]
pub(super) struct FunctionParam {
    pub(super) name: ast::Ident,
    pub(super) mutable: bool,
    pub(super) ty: Ty,
}

/// A function's code after checking. The first locals are the parameters.
#[derive(Debug)]
pub(super) struct CheckedFunction {
    pub(super) body: Body,
    pub(super) value: HExpr,
}

/// A relation.
#[derive(Debug)]
pub(super) struct RelationDef<'a> {
    pub(super) module: ModuleId,
    /// Full name.
    pub(super) name: Arc<str>,
    pub(super) span: Span,
    pub(super) record: Ty,
    pub(super) ast: &'a ast::Relation,
    pub(super) primary_key: Option<(Body, HExpr)>,
}

/// An index after checking.
#[derive(Debug)]
pub(super) struct IndexDef {
    pub(super) name: Arc<str>,
    pub(super) relation: RelationDefId,
    pub(super) fields: u32,
    pub(super) body: Body,
    pub(super) pattern: HPattern,
    pub(super) span: Span,
}

/// A rule after checking, with all its heads.
#[derive(Debug)]
pub(super) struct RuleDef {
    pub(super) module: ModuleId,
    pub(super) heads: Vec<HHead>,
    pub(super) clauses: Vec<HClause>,
    pub(super) body: Body,
    pub(super) span: Span,
}

/// A head after checking.
#[derive(Debug)]
pub(super) struct HHead {
    pub(super) relation: RelationDefId,
    pub(super) record: HExpr,
    pub(super) span: Span,
}

/// A clause after checking.
#[derive(Debug)]
pub(super) struct HClause {
    pub(super) kind: HClauseKind,
    pub(super) span: Span,
}

/// Kinds of clauses, as in the IR.
#[derive(Debug)]
pub(super) enum HClauseKind {
    Atom { relation: RelationDefId, pattern: HPattern, delay: u32, differential: bool },
    Not { relation: RelationDefId, pattern: HPattern, delay: u32, differential: bool },
    Filter(HExpr),
    Let(HPattern, HExpr),
    FlatMap(HPattern, HExpr),
    GroupBy { group: LocalId, value: HExpr, key: Vec<LocalId>, key_type: Ty },
    Inspect { body: HExpr, weight: Option<LocalId>, timestamp: Option<LocalId> },
}

/// Types the language itself knows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub(super) vec: TypeDefId,
    pub(super) set: TypeDefId,
    pub(super) map: TypeDefId,
    pub(super) group: TypeDefId,
    pub(super) option: TypeDefId,
    pub(super) result: TypeDefId,
    pub(super) reference: TypeDefId,
    pub(super) intern: TypeDefId,
}

/// All declarations of a program.
#[derive(Debug)]
pub(super) struct Defs<'a> {
    pub(super) modules: Vec<ModuleDef>,
    pub(super) types: Vec<TypeDef<'a>>,
    /// What alias types stand for, over their parameters; found on first use.
    pub(super) aliases: HashMap<TypeDefId, Ty>,
    pub(super) constructors: Vec<Constructor>,
    pub(super) functions: Vec<FunctionDef<'a>>,
    pub(super) relations: Vec<RelationDef<'a>>,
    pub(super) known: Known,
    /// What editors will ask for is noted here, if they will.
    pub(super) record: Option<std::cell::RefCell<Recorder>>,
    /// Which modules use names of which: `(user, used)`.
    pub(super) used_modules: RefCell<HashSet<(ModuleId, ModuleId)>>,
}

impl<'a> Defs<'a> {
    pub(super) fn module(&self, id: ModuleId) -> &ModuleDef {
        &self.modules[id.0 as usize]
    }

    pub(super) fn type_def(&self, id: TypeDefId) -> &TypeDef<'a> {
        &self.types[id.0 as usize]
    }

    pub(super) fn constructor(&self, id: ConstructorId) -> &Constructor {
        &self.constructors[id.0 as usize]
    }

    pub(super) fn function(&self, id: FunctionDefId) -> &FunctionDef<'a> {
        &self.functions[id.0 as usize]
    }

    pub(super) fn relation(&self, id: RelationDefId) -> &RelationDef<'a> {
        &self.relations[id.0 as usize]
    }

    /// The constructors of a union; none for extern types.
    pub(super) fn variants(&self, id: TypeDefId) -> &[ConstructorId] {
        match &self.type_def(id).kind {
            TypeDefKind::Union(variants) => variants,
            TypeDefKind::Alias(_) | TypeDefKind::Extern => &[],
        }
    }

    /// The type with `Ref` and `Intern` taken off the outside.
    pub(super) fn strip<'t>(&self, mut ty: &'t Ty) -> &'t Ty {
        while let Ty::Def(def, args) = ty {
            match args.first() {
                Some(inner) if *def == self.known.reference || *def == self.known.intern => ty = inner,
                _ => break,
            }
        }
        ty
    }

    /// A function as declared, without its parameters' names.
    pub(super) fn signature(&self, id: FunctionDefId) -> String {
        let function = self.function(id);
        let params = function.params.iter().map(|p| {
            let text = show(self, &function.generics, &p.ty);
            if p.mutable { format!("mut {text}") } else { text }
        });
        let params = params.collect::<Vec<_>>().join(", ");
        format!("{}({params}): {}", function.name, show(self, &function.generics, &function.ret))
    }

    /// `Vec<T>` and its kin.
    pub(super) fn apply(&self, def: TypeDefId, args: Vec<Ty>) -> Ty {
        Ty::Def(def, args.into())
    }
}
