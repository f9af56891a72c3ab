//! First look at the modules: what they declare, and the types of it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use super::defs::{
    Constructor, ConstructorId, Defs, Field, FunctionDef, FunctionDefId, FunctionParam, Known, ModuleDef,
    ModuleId, RelationDef, RelationDefId, TypeDef, TypeDefId, TypeDefKind, Values,
};
use super::error::{Error, NameKind};
use super::index::Recorder;
use super::resolve::{Generics, TypeResolver, endless_unions};
use super::serde::{self, Renaming};
use super::ty::Ty;
use super::unify::Unifier;
use crate::ir::UnionJson;
use crate::source::{FileId, Span};
use crate::stdlib::IMPLICIT_MODULES;
use crate::syntax::ast::{self, ItemKind, RelationBody, TypedefBody};

/// Where a constructor is written.
struct WrittenFields<'a> {
    constructor: ConstructorId,
    fields: &'a [ast::FieldDecl],
    /// How JSON names them.
    renaming: Renaming,
}

struct Collector<'a> {
    defs: Defs<'a>,
    errors: Vec<Error>,
    fields: Vec<WrittenFields<'a>>,
    /// Attributes of all fields, which may name functions.
    key_functions: Vec<(ConstructorId, usize, &'a [ast::Attribute])>,
}

/// All declarations with their types, and what is wrong with them.
pub(super) fn collect(modules: &[ast::Module], recorder: Option<Recorder>) -> (Option<Defs<'_>>, Vec<Error>) {
    let nowhere = TypeDefId(u32::MAX);
    let known = Known {
        vec: nowhere,
        set: nowhere,
        map: nowhere,
        group: nowhere,
        option: nowhere,
        result: nowhere,
        reference: nowhere,
        intern: nowhere,
    };
    let defs = Defs {
        modules: Vec::new(),
        types: Vec::new(),
        aliases: HashMap::new(),
        constructors: Vec::new(),
        functions: Vec::new(),
        relations: Vec::new(),
        known,
        record: recorder.map(RefCell::new),
        used_modules: RefCell::default(),
    };
    let mut collector = Collector { defs, errors: Vec::new(), fields: Vec::new(), key_functions: Vec::new() };
    collector.modules(modules);
    for (id, module) in main_first(modules) {
        collector.names(id, module);
    }
    if let Err(error) = collector.known(modules) {
        collector.errors.push(error);
        return (None, collector.errors);
    }
    collector.types();
    collector.signatures();
    collector.key_functions();
    collector.records();
    let endless = endless_unions(&collector.defs);
    collector.errors.extend(endless);
    (Some(collector.defs), collector.errors)
}

/// The modules in the order in which what they declare is numbered: an author's own comes before the library's.
pub(super) fn main_first(modules: &[ast::Module]) -> impl Iterator<Item = (ModuleId, &ast::Module)> {
    let numbered = || modules.iter().enumerate().map(|(i, m)| (ModuleId(i as u32), m));
    let main = numbered().filter(|(_, m)| m.path.is_empty());
    main.chain(numbered().filter(|(_, m)| !m.path.is_empty()))
}

impl<'a> Collector<'a> {
    fn modules(&mut self, modules: &'a [ast::Module]) {
        let ids: HashMap<&[Arc<str>], ModuleId> =
            modules.iter().enumerate().map(|(i, m)| (m.path.as_slice(), ModuleId(i as u32))).collect();
        let implicit: Vec<ModuleId> =
            IMPLICIT_MODULES.iter().filter_map(|name| ids.get(&[Arc::from(*name)][..]).copied()).collect();
        for (index, module) in modules.iter().enumerate() {
            let id = ModuleId(index as u32);
            let mut imports = Vec::new();
            for implicit in implicit.iter().filter(|m| **m != id) {
                imports.push((Vec::new(), *implicit));
                imports.push((modules[implicit.0 as usize].path.clone(), *implicit));
            }
            for import in &module.imports {
                let path: Vec<Arc<str>> = import.path.segments.iter().map(|s| Arc::clone(&s.name)).collect();
                // A module that could not be found was reported by the loader.
                let Some(target) = ids.get(path.as_slice()) else { continue };
                match &import.alias {
                    Some(alias) => {
                        let alias = alias.segments.iter().map(|s| Arc::clone(&s.name)).collect();
                        imports.push((alias, *target));
                    }
                    None => {
                        imports.push((Vec::new(), *target));
                        imports.push((path, *target));
                    }
                }
            }
            self.defs.modules.push(ModuleDef { path: module.path.clone(), imports, ..ModuleDef::default() });
        }
    }

    fn full_name(&self, module: ModuleId, name: &str) -> Arc<str> {
        let path = &self.defs.module(module).path;
        if path.is_empty() { Arc::from(name) } else { format!("{}::{name}", path.join("::")).into() }
    }

    fn names(&mut self, module: ModuleId, ast: &'a ast::Module) {
        for item in &ast.items {
            self.original_name(&item.attributes);
            match &item.kind {
                ItemKind::Typedef(typedef) => self.typedef(module, item, typedef),
                ItemKind::Function(function) => self.function(module, item, function),
                ItemKind::Relation(relation) => self.relation(module, relation),
                ItemKind::Index(index) => {
                    let indexes = &mut self.defs.modules[module.0 as usize].indexes;
                    let first = indexes.insert(Arc::clone(&index.name.name), index.name.span);
                    self.duplicate(NameKind::Index, &index.name, first);
                }
                ItemKind::Transformer(transformer) => {
                    let transformers = &mut self.defs.modules[module.0 as usize].transformers;
                    let first =
                        transformers.insert(Arc::clone(&transformer.name.name), transformer.name.span);
                    self.duplicate(NameKind::Transformer, &transformer.name, first);
                }
                ItemKind::Rule(_) | ItemKind::For(_) | ItemKind::Apply(_) => {}
            }
        }
    }

    /// Names in input and output are single lines of text.
    fn original_name(&mut self, attributes: &[ast::Attribute]) {
        let Some(name) = text(attributes, &["original"]) else { return };
        let attribute = attributes.iter().find(|a| &*a.name.name == "original");
        if let (true, Some(attribute)) = (name.chars().any(char::is_control), attribute) {
            let span = attribute.value.as_ref().map_or(attribute.name.span, |v| v.span);
            self.errors.push(Error::BadOriginal { span });
        }
    }

    fn duplicate(&mut self, kind: NameKind, name: &ast::Ident, first: Option<Span>) {
        if let Some(first) = first {
            self.errors.push(Error::Duplicate { kind, name: name.name.to_string(), span: name.span, first });
        }
    }

    fn new_type(&mut self, module: ModuleId, name: &ast::Ident, params: &[ast::Ident]) -> TypeDefId {
        let id = TypeDefId(self.defs.types.len() as u32);
        for (i, param) in params.iter().enumerate() {
            if let Some(first) = params[..i].iter().find(|p| p.name == param.name) {
                self.duplicate(NameKind::TypeParameter, param, Some(first.span));
            }
        }
        self.defs.types.push(TypeDef {
            module,
            name: self.full_name(module, &name.name),
            span: name.span,
            params: params.iter().map(|p| Arc::clone(&p.name)).collect(),
            iterable: false,
            values: Values::Own,
            kind: TypeDefKind::Extern,
            json: UnionJson::default(),
            renaming: Renaming::default(),
        });
        let types = &mut self.defs.modules[module.0 as usize].types;
        let first = *types.entry(Arc::clone(&name.name)).or_insert(id);
        let first = (first != id).then(|| self.defs.type_def(first).span);
        self.duplicate(NameKind::Type, name, first);
        id
    }

    fn new_constructor(
        &mut self,
        module: ModuleId,
        def: TypeDefId,
        variant: u32,
        name: &ast::Ident,
        attributes: &[ast::Attribute],
        fields: &'a [ast::FieldDecl],
    ) -> ConstructorId {
        let id = ConstructorId(self.defs.constructors.len() as u32);
        let union = self.defs.type_def(def).renaming;
        let (json, renaming) = serde::variant(attributes, &name.name, union, &mut self.errors);
        self.defs.constructors.push(Constructor {
            def,
            variant,
            name: self.full_name(module, &name.name),
            span: name.span,
            fields: Vec::new(),
            json,
        });
        let constructors = &mut self.defs.modules[module.0 as usize].constructors;
        let first = *constructors.entry(Arc::clone(&name.name)).or_insert(id);
        let first = (first != id).then(|| self.defs.constructor(first).span);
        self.duplicate(NameKind::Constructor, name, first);
        self.fields.push(WrittenFields { constructor: id, fields, renaming });
        id
    }

    fn typedef(&mut self, module: ModuleId, item: &ast::Item, typedef: &'a ast::Typedef) {
        let id = self.new_type(module, &typedef.name, &typedef.params);
        for attribute in &item.attributes {
            let definition = &mut self.defs.types[id.0 as usize];
            match &*attribute.name.name {
                "iterate_by_ref" | "iterate_by_val" => definition.iterable = true,
                "set" => definition.values = Values::Set,
                "intern" => definition.values = Values::Intern,
                "bits" => definition.values = number(attribute).map_or(Values::Own, Values::Bits),
                _ => {}
            }
        }
        let (json, renaming) = serde::union(&item.attributes, &mut self.errors);
        let definition = &mut self.defs.types[id.0 as usize];
        (definition.json, definition.renaming) = (json, renaming);
        let kind = match &typedef.body {
            TypedefBody::Alias(target) => TypeDefKind::Alias(target),
            TypedefBody::Extern => TypeDefKind::Extern,
            TypedefBody::Union(constructors) => TypeDefKind::Union(
                constructors
                    .iter()
                    .enumerate()
                    .map(|(i, c)| {
                        self.new_constructor(module, id, i as u32, &c.name, &c.attributes, &c.fields)
                    })
                    .collect(),
            ),
        };
        self.defs.types[id.0 as usize].kind = kind;
    }

    fn function(&mut self, module: ModuleId, item: &'a ast::Item, function: &'a ast::Function) {
        let id = FunctionDefId(self.defs.functions.len() as u32);
        self.defs.functions.push(FunctionDef {
            module,
            name: self.full_name(module, &function.name.name),
            generics: Vec::new(),
            params: Vec::new(),
            ret: Ty::Error,
            ast: function,
            span: item.span,
            side_effects: item.attributes.iter().any(|a| &*a.name.name == "has_side_effects"),
            same_as: text(&item.attributes, &["same_as"]),
            body: None,
        });
        let functions = &mut self.defs.modules[module.0 as usize].functions;
        functions.entry(Arc::clone(&function.name.name)).or_default().push(id);
    }

    fn relation(&mut self, module: ModuleId, relation: &'a ast::Relation) {
        let relations = &mut self.defs.modules[module.0 as usize].relations;
        if let Some(first) = relations.get(&relation.name.name) {
            let first = self.defs.relations[first.0 as usize].span;
            self.duplicate(NameKind::Relation, &relation.name, Some(first));
            return;
        }
        if let RelationBody::Fields(fields) = &relation.body {
            let def = self.new_type(module, &relation.name, &[]);
            let constructor = self.new_constructor(module, def, 0, &relation.name, &[], fields);
            self.defs.types[def.0 as usize].kind = TypeDefKind::Union(vec![constructor]);
        }
        let id = RelationDefId(self.defs.relations.len() as u32);
        self.defs.relations.push(RelationDef {
            module,
            name: self.full_name(module, &relation.name.name),
            span: relation.name.span,
            record: Ty::Error,
            ast: relation,
            primary_key: None,
        });
        let relations = &mut self.defs.modules[module.0 as usize].relations;
        relations.insert(Arc::clone(&relation.name.name), id);
    }

    fn known(&mut self, modules: &[ast::Module]) -> Result<(), Error> {
        let at = modules.first().map_or(FileId(0), |m| m.file);
        let find = |module: &str, name: &str| {
            let module = self.defs.modules.iter().find(|m| m.path.len() == 1 && &*m.path[0] == module);
            module.and_then(|m| m.types.get(name)).copied().ok_or_else(|| Error::NoLibrary {
                name: name.to_owned(),
                span: Span { file: at, start: 0, end: 0 },
            })
        };
        let known = Known {
            vec: find("ddlog_std", "Vec")?,
            set: find("ddlog_std", "Set")?,
            map: find("ddlog_std", "Map")?,
            group: find("ddlog_std", "Group")?,
            option: find("ddlog_std", "Option")?,
            result: find("ddlog_std", "Result")?,
            reference: find("ddlog_std", "Ref")?,
            intern: find("internment", "Intern")?,
        };
        self.defs.known = known;
        Ok(())
    }

    fn types(&mut self) {
        for index in 0..self.defs.types.len() {
            let def = TypeDefId(index as u32);
            let module = self.defs.type_def(def).module;
            TypeResolver::new(&mut self.defs, module, &mut self.errors).alias(def);
        }
        for written in std::mem::take(&mut self.fields) {
            let def = self.defs.constructor(written.constructor).def;
            let module = self.defs.type_def(def).module;
            let params = self.defs.type_def(def).params.clone();
            let mut fields: Vec<Field> = Vec::new();
            let is_struct = self.defs.variants(def).len() == 1;
            let struct_renaming = self.defs.type_def(def).renaming;
            self.key_functions.extend(
                written.fields.iter().enumerate().map(|(i, f)| (written.constructor, i, &f.attributes[..])),
            );
            for field in written.fields {
                self.original_name(&field.attributes);
                let mut resolver = TypeResolver::new(&mut self.defs, module, &mut self.errors);
                let ty = resolver.resolve(&field.ty, &mut Generics::Fixed(&params));
                let first = fields.iter().find(|f| f.name == field.name.name).map(|f| f.span);
                self.duplicate(NameKind::Field, &field.name, first);
                let renaming = if is_struct { struct_renaming } else { written.renaming };
                fields.push(Field {
                    json: serde::field(&field.attributes, &field.name.name, renaming, &mut self.errors),
                    key_function: None,
                    name: Arc::clone(&field.name.name),
                    original: text(&field.attributes, &["original", "rename"]),
                    span: field.name.span,
                    ty,
                });
            }
            self.defs.constructors[written.constructor.0 as usize].fields = fields;
        }
        self.shared_fields();
        self.unused_parameters();
    }

    /// A parameter that no field has could never be found by inference.
    fn unused_parameters(&mut self) {
        for index in 0..self.defs.types.len() {
            let def = TypeDefId(index as u32);
            let mut used = vec![false; self.defs.type_def(def).params.len()];
            let mut note = |ty: &Ty| match ty {
                Ty::Param(i) => used[*i as usize] = true,
                // What is wrong inside was reported.
                Ty::Error => used.iter_mut().for_each(|u| *u = true),
                _ => {}
            };
            match &self.defs.type_def(def).kind {
                TypeDefKind::Extern => continue,
                TypeDefKind::Alias(_) => match self.defs.aliases.get(&def) {
                    Some(target) => target.walk(&mut note),
                    None => continue,
                },
                TypeDefKind::Union(variants) => {
                    let fields = variants.iter().flat_map(|v| &self.defs.constructor(*v).fields);
                    fields.for_each(|field| field.ty.walk(&mut note));
                }
            }
            let definition = self.defs.type_def(def);
            for (name, _) in definition.params.iter().zip(used).filter(|(_, used)| !used) {
                self.errors
                    .push(Error::UnusedTypeParameter { name: name.to_string(), span: definition.span });
            }
        }
    }

    /// A field name that several constructors of a type share must mean one type.
    fn shared_fields(&mut self) {
        for index in 0..self.defs.types.len() {
            let mut seen: HashMap<&str, &Field> = HashMap::new();
            for constructor in self.defs.variants(TypeDefId(index as u32)) {
                for field in &self.defs.constructor(*constructor).fields {
                    let first = *seen.entry(&field.name).or_insert(field);
                    if first.ty != field.ty && first.ty != Ty::Error && field.ty != Ty::Error {
                        self.errors.push(Error::FieldTypes {
                            name: field.name.to_string(),
                            span: first.span,
                            other: field.span,
                        });
                    }
                }
            }
        }
    }

    fn signatures(&mut self) {
        for index in 0..self.defs.functions.len() {
            let (module, ast) = (self.defs.functions[index].module, self.defs.functions[index].ast);
            let mut generics = Vec::new();
            let mut params: Vec<FunctionParam> = Vec::new();
            for param in &ast.params {
                let mut resolver = TypeResolver::new(&mut self.defs, module, &mut self.errors);
                let ty = match &param.ty {
                    Some(ty) => resolver.resolve(ty, &mut Generics::Growing(&mut generics)),
                    None => Ty::Error,
                };
                if param.ty.is_none() {
                    self.errors.push(Error::ParameterType {
                        name: param.name.name.to_string(),
                        span: param.name.span,
                    });
                }
                let first = params.iter().find(|p| p.name.name == param.name.name).map(|p| p.name.span);
                self.duplicate(NameKind::Parameter, &param.name, first);
                params.push(FunctionParam { name: param.name.clone(), mutable: param.mutable, ty });
            }
            let mut resolver = TypeResolver::new(&mut self.defs, module, &mut self.errors);
            let ret = match &ast.ret {
                Some(ty) => resolver.resolve(ty, &mut Generics::Growing(&mut generics)),
                None => Ty::unit(),
            };
            let function = &mut self.defs.functions[index];
            function.generics = generics;
            function.params = params;
            function.ret = ret;
        }
        self.equal_signatures();
    }

    /// Two functions of one module with one name and the same types cannot be told apart.
    fn equal_signatures(&mut self) {
        for module in &self.defs.modules {
            for overloads in module.functions.values() {
                for (i, id) in overloads.iter().enumerate() {
                    let function = self.defs.function(*id);
                    let externs = overloads[..i].iter().map(|o| self.defs.function(*o));
                    let first_extern =
                        externs.filter(|f| f.ast.body.is_none()).map(|f| f.ast.name.span).next();
                    if let (None, Some(first)) = (&function.ast.body, first_extern) {
                        self.errors.push(Error::ExternTwice {
                            name: function.name.to_string(),
                            span: function.ast.name.span,
                            first,
                        });
                        continue;
                    }
                    let same = overloads[..i].iter().map(|o| self.defs.function(*o)).find(|other| {
                        other.ret == function.ret
                            && other.params.len() == function.params.len()
                            && other.params.iter().zip(&function.params).all(|(a, b)| a.ty == b.ty)
                    });
                    if let Some(first) = same {
                        self.errors.push(Error::Duplicate {
                            kind: NameKind::Function,
                            name: function.name.to_string(),
                            span: function.ast.name.span,
                            first: first.ast.name.span,
                        });
                        continue;
                    }
                    let overlapping = overloads[..i]
                        .iter()
                        .map(|o| self.defs.function(*o))
                        .find(|other| could_be_one(other, function));
                    if let Some(first) = overlapping {
                        self.errors.push(Error::OverlappingOverload {
                            name: function.name.to_string(),
                            span: function.ast.name.span,
                            first: first.ast.name.span,
                        });
                    }
                }
            }
        }
    }

    /// Finds the functions that make keys of maps that are arrays in JSON.
    fn key_functions(&mut self) {
        for (constructor, field, attributes) in std::mem::take(&mut self.key_functions) {
            let Some((path, span)) = serde::key_function(attributes) else { continue };
            let def = self.defs.constructor(constructor).def;
            let module = self.defs.type_def(def).module;
            let Some(declared) = self.defs.constructor(constructor).fields.get(field) else { continue };
            let (key, value) = match &declared.ty {
                Ty::Def(map, args) if *map == self.defs.known.map => match &args[..] {
                    [key, value] => (key.clone(), value.clone()),
                    _ => continue,
                },
                _ => {
                    let reason = "only a field of type Map can be made from an array".into();
                    self.errors.push(Error::BadAttribute { reason, span });
                    continue;
                }
            };
            let found = match self.defs.find_functions(module, path) {
                Ok(found) => found,
                Err(error) => {
                    self.errors.push(error);
                    continue;
                }
            };
            let is_key = |id: &FunctionDefId| {
                let function = self.defs.function(*id);
                let takes_value = matches!(&function.params[..], [only] if !only.mutable && only.ty == value);
                takes_value && function.ret == key && function.generics.is_empty()
            };
            match found.into_iter().find(is_key) {
                Some(function) => {
                    let fields = &mut self.defs.constructors[constructor.0 as usize].fields;
                    fields[field].key_function = Some(function);
                }
                None => {
                    let reason = "not a function from the map's values to its keys".into();
                    self.errors.push(Error::BadAttribute { reason, span });
                }
            }
        }
    }

    fn records(&mut self) {
        for index in 0..self.defs.relations.len() {
            let (module, ast) = (self.defs.relations[index].module, self.defs.relations[index].ast);
            let record = match &ast.body {
                RelationBody::Type(ty) => {
                    let mut resolver = TypeResolver::new(&mut self.defs, module, &mut self.errors);
                    resolver.resolve(ty, &mut Generics::Fixed(&[]))
                }
                RelationBody::Fields(_) => match self.defs.module(module).types.get(&ast.name.name) {
                    Some(def) => Ty::Def(*def, [].into()),
                    None => Ty::Error,
                },
            };
            let record =
                if ast.by_ref { self.defs.apply(self.defs.known.reference, vec![record]) } else { record };
            self.defs.relations[index].record = record;
        }
    }
}

/// Whether there are types at which two functions take and give the same.
fn could_be_one(a: &FunctionDef<'_>, b: &FunctionDef<'_>) -> bool {
    if a.params.len() != b.params.len() {
        return false;
    }
    let mut unifier = Unifier::default();
    let mut at_any = |f: &FunctionDef<'_>| {
        let args: Vec<Ty> = f.generics.iter().map(|_| unifier.fresh()).collect();
        let types: Vec<Ty> =
            f.params.iter().map(|p| &p.ty).chain([&f.ret]).map(|t| t.substitute(&args)).collect();
        types
    };
    let (a, b) = (at_any(a), at_any(b));
    // What is wrong with a type was reported.
    let known = |types: &[Ty]| !types.contains(&Ty::Error);
    known(&a) && known(&b) && a.iter().zip(&b).all(|(a, b)| unifier.unify(a, b).is_ok())
}

/// The text of the first of these attributes, as `#[original = "name"]`.
fn text(attributes: &[ast::Attribute], names: &[&str]) -> Option<Arc<str>> {
    let attribute = attributes.iter().find(|a| names.contains(&&*a.name.name))?;
    match &attribute.value.as_ref()?.kind {
        ast::ExprKind::String { parts, .. } => match parts.as_slice() {
            [ast::StringPart::Text(text)] => Some(Arc::from(text.as_str())),
            _ => None,
        },
        _ => None,
    }
}

fn number(attribute: &ast::Attribute) -> Option<u32> {
    match &attribute.value.as_ref()?.kind {
        ast::ExprKind::Int(value, _) => u32::try_from(value).ok(),
        _ => None,
    }
}
