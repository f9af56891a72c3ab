//! From the modules and the checker's notes to an [`Index`].

use std::collections::HashMap;
use std::sync::Arc;

use super::model::{
    Definition, DefinitionId, DefinitionKind, Index, ModuleInfo, ModuleNumber, Parameter, TypeId, Use,
};
use super::record::{Recorder, shape};
use super::walk::{Found, walk};
use crate::source::{SourceMap, Span};
use crate::stdlib::BUILTIN_MODULES;
use crate::syntax::ast::{self, ItemKind, RelationBody, TypedefBody};
use crate::types::defs::Defs;
use crate::types::display::show;
use crate::types::ty::Ty;

/// Joins what the modules declare with what the checker has noted. The modules are those the author wrote.
pub(in crate::types) fn build(
    mut recorder: Recorder,
    defs: &Defs<'_>,
    modules: &[ast::Module],
    sources: &SourceMap,
) -> Index {
    let mut builder = Builder {
        defs,
        sources,
        typed: declared_types(defs, &mut recorder),
        recorder: &recorder,
        index: Index::default(),
        locals: locals(&recorder),
        type_variables: Vec::new(),
    };
    builder.modules(modules);
    for (number, module) in modules.iter().enumerate() {
        for item in &module.items {
            builder.item(ModuleNumber(number as u32), item);
        }
    }
    builder.shared_fields();
    builder.uses();
    let mut index = builder.index;
    index.types = recorder.types;
    index.receivers = recorder.receivers;
    for (span, ty) in recorder.typed {
        index.typed.entry(span.file).or_default().push((span, ty));
    }
    for typed in index.typed.values_mut() {
        typed.sort_by_key(|(span, _)| (span.start, std::cmp::Reverse(span.end)));
        typed.dedup();
    }
    index
}

/// What the definitions say about a declared name.
struct Declared {
    ty: Option<TypeId>,
    params: Vec<Parameter>,
    receiver: Option<super::model::Shape>,
}

struct Builder<'b, 'a> {
    defs: &'b Defs<'a>,
    sources: &'b SourceMap,
    /// By the place of the name.
    typed: HashMap<Span, Declared>,
    recorder: &'b Recorder,
    index: Index,
    /// Variables in the order of the text.
    locals: Vec<Local<'b>>,
    type_variables: Vec<(Span, DefinitionId)>,
}

#[derive(Clone, Copy)]
struct Local<'b> {
    place: Span,
    name: &'b Arc<str>,
    ty: Option<TypeId>,
}

fn locals(recorder: &Recorder) -> Vec<Local<'_>> {
    let all = recorder.locals.iter().map(|(place, (name, ty))| Local { place: *place, name, ty: *ty });
    let mut all: Vec<Local<'_>> = all.collect();
    all.sort_by_key(|l| (l.place.file, l.place.start));
    all
}

fn declared_types(defs: &Defs<'_>, recorder: &mut Recorder) -> HashMap<Span, Declared> {
    let mut declared = HashMap::new();
    let mut number = |generics: &[Arc<str>], ty: &Ty| match ty {
        Ty::Error => None,
        known => Some(recorder.number(defs, generics, known)),
    };
    for constructor in &defs.constructors {
        let generics = &defs.type_def(constructor.def).params;
        let mut params = Vec::new();
        for field in &constructor.fields {
            let ty = number(generics, &field.ty);
            declared.insert(field.span, Declared { ty, params: Vec::new(), receiver: None });
            let ty = show(defs, generics, &field.ty);
            params.push(Parameter { name: Arc::clone(&field.name), ty, span: field.span });
        }
        let ty = (0..generics.len() as u32).map(Ty::Param).collect();
        let ty = number(generics, &Ty::Def(constructor.def, ty));
        declared.insert(constructor.span, Declared { ty, params, receiver: None });
    }
    for relation in &defs.relations {
        let ty = number(&[], &relation.record);
        let params = declared.remove(&relation.span).map_or_else(Vec::new, |d: Declared| d.params);
        declared.insert(relation.span, Declared { ty, params, receiver: None });
    }
    for function in &defs.functions {
        let mut params = Vec::new();
        for param in &function.params {
            let ty = number(&function.generics, &param.ty);
            declared.insert(param.name.span, Declared { ty, params: Vec::new(), receiver: None });
            let ty = show(defs, &function.generics, &param.ty);
            let ty = if param.mutable { format!("mut {ty}") } else { ty };
            params.push(Parameter { name: Arc::clone(&param.name.name), ty, span: param.name.span });
        }
        let ty = number(&function.generics, &function.ret);
        let receiver = function.params.first().map(|p| shape(defs, &p.ty));
        declared.insert(function.ast.name.span, Declared { ty, params, receiver });
    }
    declared
}

impl Builder<'_, '_> {
    fn modules(&mut self, modules: &[ast::Module]) {
        let number_of = |path: &str| {
            let at = modules.iter().position(|m| m.path.join("::") == path);
            at.map(|i| ModuleNumber(i as u32))
        };
        for (index, module) in modules.iter().enumerate() {
            let path = module.path.join("::");
            let library = BUILTIN_MODULES.iter().any(|(name, _)| *name == path)
                && self.sources.file(module.file).name == format!("<{path}>");
            let seen = self.defs.modules.get(index).map_or(&[][..], |m| &m.imports);
            let imports = seen.iter().map(|(prefix, id)| (prefix.join("::"), ModuleNumber(id.0))).collect();
            self.index.modules.push(ModuleInfo { path: path.clone(), file: module.file, library, imports });
            let start = Span { file: module.file, start: 0, end: 0 };
            let number = ModuleNumber(index as u32);
            let id = self.define(DefinitionKind::Module, &Arc::from(path), start, start, start, number);
            self.index.declared.insert(start, id);
        }
        for module in modules {
            for import in &module.imports {
                if let Some(number) = number_of(&import.path.to_string()) {
                    let definition = DefinitionId(number.0);
                    let uses = self.index.uses.entry(module.file).or_default();
                    uses.push(Use { span: import.path.span, definition });
                    uses.extend(import.alias.as_ref().map(|alias| Use { span: alias.span, definition }));
                }
            }
        }
    }

    fn define(
        &mut self,
        kind: DefinitionKind,
        name: &Arc<str>,
        place: Span,
        declaration: Span,
        item: Span,
        module: ModuleNumber,
    ) -> DefinitionId {
        let id = DefinitionId(self.index.definitions.len() as u32);
        let known = self.typed.get(&place);
        self.index.definitions.push(Definition {
            kind,
            name: Arc::clone(name),
            module,
            places: vec![place],
            declaration,
            item,
            container: None,
            ty: known.and_then(|k| k.ty),
            params: known.map_or_else(Vec::new, |k| k.params.clone()),
            receiver: known.and_then(|k| k.receiver.clone()),
            scope: None,
        });
        self.index.declared.insert(place, id);
        id
    }

    fn inside(&mut self, id: DefinitionId, container: DefinitionId) {
        self.index.definitions[id.0 as usize].container = Some(container);
    }

    fn item(&mut self, module: ModuleNumber, item: &ast::Item) {
        let found = walk(item);
        match &item.kind {
            ItemKind::Typedef(typedef) => {
                let name = &typedef.name;
                let id =
                    self.define(DefinitionKind::Type, &name.name, name.span, item.span, item.span, module);
                if let TypedefBody::Union(constructors) = &typedef.body {
                    for constructor in constructors {
                        let (name, span) = (&constructor.name, constructor.span);
                        let kind = DefinitionKind::Constructor;
                        let inner = self.define(kind, &name.name, name.span, span, span, module);
                        self.inside(inner, id);
                        self.fields(&constructor.fields, inner, module);
                    }
                }
            }
            ItemKind::Function(function) => {
                let body = function.body.as_ref().map_or(item.span.end, |b| b.span.start);
                let declaration = Span { end: body, ..item.span };
                let name = &function.name;
                let kind = DefinitionKind::Function;
                self.define(kind, &name.name, name.span, declaration, item.span, module);
                for param in &function.params {
                    let end = param.ty.as_ref().map_or(param.name.span, |t| t.span);
                    let declaration = param.name.span.to(end);
                    self.variable(&param.name.name, param.name.span, declaration, item.span, module);
                }
            }
            ItemKind::Relation(relation) => {
                let name = &relation.name;
                let kind = DefinitionKind::Relation;
                let id = self.define(kind, &name.name, name.span, item.span, item.span, module);
                if let RelationBody::Fields(fields) = &relation.body {
                    self.fields(fields, id, module);
                }
            }
            ItemKind::Index(index) => {
                let name = &index.name;
                self.define(DefinitionKind::Index, &name.name, name.span, item.span, item.span, module);
            }
            ItemKind::Transformer(transformer) => {
                let name = &transformer.name;
                let kind = DefinitionKind::Transformer;
                self.define(kind, &name.name, name.span, item.span, item.span, module);
            }
            ItemKind::Rule(rule) => {
                self.index.rules.extend(rule.body.first().map(|c| (item.span, c.span.start)));
            }
            ItemKind::For(_) | ItemKind::Apply(_) => {}
        }
        self.type_variables(&found, item, module);
        self.variables(&found, item, module);
    }

    fn fields(&mut self, fields: &[ast::FieldDecl], container: DefinitionId, module: ModuleNumber) {
        for field in fields {
            let span = field.name.span.to(field.ty.span);
            let name = &field.name;
            let id = self.define(DefinitionKind::Field, &name.name, name.span, span, span, module);
            self.inside(id, container);
        }
    }

    /// Within an item one name is one type variable; it is declared where it is written first.
    fn type_variables(&mut self, found: &Found<'_>, item: &ast::Item, module: ModuleNumber) {
        let mut known: HashMap<&str, DefinitionId> = HashMap::new();
        for name in &found.type_variables {
            let id = match known.get(&*name.name) {
                Some(id) => *id,
                None => {
                    let kind = DefinitionKind::TypeVariable;
                    self.define(kind, &name.name, name.span, name.span, item.span, module)
                }
            };
            known.insert(&name.name, id);
            self.type_variables.push((name.span, id));
        }
    }

    /// The variables of an item that the checker has found.
    fn variables(&mut self, found: &Found<'_>, item: &ast::Item, module: ModuleNumber) {
        let from = |offset| {
            self.locals.partition_point(|l| (l.place.file, l.place.start) < (item.span.file, offset))
        };
        for at in from(item.span.start)..from(item.span.end) {
            let Local { place, name, ty } = self.locals[at];
            // Variables that stand for something an author has not written have other places.
            if !self.index.declared.contains_key(&place) && self.sources.text(place) == &**name {
                let scope = found.scope_of(place).unwrap_or(item.span);
                let id = self.variable(name, place, place, scope, module);
                self.index.definitions[id.0 as usize].ty = ty;
            }
        }
    }

    fn variable(
        &mut self,
        name: &Arc<str>,
        place: Span,
        declaration: Span,
        scope: Span,
        module: ModuleNumber,
    ) -> DefinitionId {
        let id = self.define(DefinitionKind::Variable, name, place, declaration, declaration, module);
        self.index.definitions[id.0 as usize].scope = Some(scope);
        id
    }

    /// A field that several constructors of a type have is one field.
    fn shared_fields(&mut self) {
        let mut first_of: HashMap<(DefinitionId, Arc<str>), DefinitionId> = HashMap::new();
        for index in 0..self.index.definitions.len() {
            let id = DefinitionId(index as u32);
            let field = &self.index.definitions[index];
            let constructor = match (field.kind, field.container) {
                (DefinitionKind::Field, Some(constructor)) => constructor,
                _ => continue,
            };
            let owner = self.index.definitions[constructor.0 as usize].container.unwrap_or(constructor);
            let (name, place) = (Arc::clone(&field.name), field.places[0]);
            let first = *first_of.entry((owner, name)).or_insert(id);
            if first != id {
                self.index.definitions[first.0 as usize].places.push(place);
                self.index.declared.insert(place, first);
            }
        }
    }

    fn uses(&mut self) {
        let mut add = |span: Span, definition| {
            self.index.uses.entry(span.file).or_default().push(Use { span, definition });
        };
        for (place, id) in &self.index.declared {
            if place.start < place.end {
                add(*place, *id);
            }
        }
        for (span, id) in &self.type_variables {
            add(*span, *id);
        }
        for (span, declared) in &self.recorder.uses {
            // What the checker puts in place of an author's words has the place of all of them.
            if let Some(id) = self.index.declared.get(declared)
                && self.sources.text(*span) == &*self.index.definitions[id.0 as usize].name
            {
                add(*span, *id);
            }
        }
        for (span, module) in &self.recorder.modules {
            let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
            if self.sources.text(*span).chars().all(is_path) {
                add(*span, DefinitionId(module.0));
            }
        }
        for uses in self.index.uses.values_mut() {
            uses.sort_by_key(|u| (u.span.start, u.span.end, u.definition));
            uses.dedup();
        }
    }
}
