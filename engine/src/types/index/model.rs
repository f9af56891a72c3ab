//! What is known about the names and types of a program, for editors.

use std::collections::HashMap;
use std::sync::Arc;

use crate::source::{FileId, Span};

/// A definition of an [`Index`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DefinitionId(pub u32);

/// A type of an [`Index`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TypeId(pub u32);

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DefinitionKind {
    /// A file of rules.
    Module,
    /// A relation, together with the type and the constructor of its name.
    Relation,
    /// A type that is not a relation's.
    Type,
    /// A constructor of a type.
    Constructor,
    /// A field of a constructor or a relation.
    Field,
    /// One function; overloads are several.
    Function,
    /// A parameter or any other variable.
    Variable,
    /// `'A`
    TypeVariable,
    /// An index.
    Index,
    /// A transformer.
    Transformer,
}

/// Something that has a name.
#[derive(Clone, Debug)]
pub struct Definition {
    /// What it is.
    pub kind: DefinitionKind,
    /// Its name; of a module, the whole path.
    pub name: Arc<str>,
    /// The module it stands in.
    pub module: ModuleNumber,
    /// Where its name is declared; more than one for a field that several constructors of a type share.
    pub places: Vec<Span>,
    /// The text that declares it, without a function's body.
    pub declaration: Span,
    /// All of it.
    pub item: Span,
    /// The constructor or relation of a field, the type of a constructor.
    pub container: Option<DefinitionId>,
    /// Of a variable or field its type, of a function its result, of a relation its records.
    pub ty: Option<TypeId>,
    /// Parameters of a function, fields of a constructor or relation.
    pub params: Vec<Parameter>,
    /// Of a function: what its first argument looks like, which makes it a method of such values.
    pub receiver: Option<Shape>,
    /// Where a variable can be seen, from its declaration on; of a rule's variable the rule.
    pub scope: Option<Span>,
}

/// A parameter or field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: Arc<str>,
    /// Its type as an author writes it, with `mut` if it is by reference.
    pub ty: String,
    /// Where its name is declared.
    pub span: Span,
}

/// A type as far as editors need it.
#[derive(Clone, Debug)]
pub struct TypeInfo {
    /// As an author writes it.
    pub text: String,
    /// Where the type's name is declared, `Ref` and `Intern` taken off; none for types of the language.
    pub declared: Option<Span>,
    /// What can be written after the `.`: where the field is declared, and its type.
    pub fields: Vec<(Span, String)>,
    /// What the type looks like.
    pub shape: Shape,
    /// The same with `Ref` and `Intern` taken off.
    pub inner: Shape,
}

/// A type seen from its head: enough to know which functions may take a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// A type parameter.
    Any,
    /// By full name, whatever its arguments.
    Named(Arc<str>),
    /// By number of elements.
    Tuple(usize),
    /// By number of parameters.
    Function(usize),
}

/// A module of an [`Index`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModuleNumber(pub u32);

/// A module and what it sees.
#[derive(Clone, Debug)]
pub struct ModuleInfo {
    /// `a::b`; empty for the main module.
    pub path: String,
    /// Its file.
    pub file: FileId,
    /// Whether it is part of the language's own library.
    pub library: bool,
    /// Under which prefix it sees which modules; without prefix names are seen as they are.
    pub imports: Vec<(String, ModuleNumber)>,
}

/// A name in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Use {
    /// Where it stands.
    pub span: Span,
    /// What it means.
    pub definition: DefinitionId,
}

/// Names and types of a program by place. Spans are those of the analysed texts.
#[derive(Clone, Debug, Default)]
pub struct Index {
    pub(super) definitions: Vec<Definition>,
    pub(super) types: Vec<TypeInfo>,
    pub(super) modules: Vec<ModuleInfo>,
    /// By file, in the order of the text.
    pub(super) uses: HashMap<FileId, Vec<Use>>,
    /// By file, in the order of the text; the outer before the inner.
    pub(super) typed: HashMap<FileId, Vec<(Span, TypeId)>>,
    /// What stands before the `.` of a name.
    pub(super) receivers: HashMap<Span, TypeId>,
    /// Rules, and where their bodies start.
    pub(super) rules: Vec<(Span, u32)>,
    /// Definitions by the place of a declared name.
    pub(super) declared: HashMap<Span, DefinitionId>,
}
