//! What editors ask.

use super::model::{
    Definition, DefinitionId, DefinitionKind, Index, ModuleInfo, ModuleNumber, Shape, TypeId, TypeInfo, Use,
};
use crate::source::{FileId, Span};

impl Index {
    /// A definition of this index.
    pub fn definition(&self, id: DefinitionId) -> &Definition {
        &self.definitions[id.0 as usize]
    }

    /// All definitions with their handles.
    pub fn definitions(&self) -> impl Iterator<Item = (DefinitionId, &Definition)> {
        self.definitions.iter().enumerate().map(|(i, d)| (DefinitionId(i as u32), d))
    }

    /// A type of this index.
    pub fn ty(&self, id: TypeId) -> &TypeInfo {
        &self.types[id.0 as usize]
    }

    /// A module of this index.
    pub fn module(&self, number: ModuleNumber) -> &ModuleInfo {
        &self.modules[number.0 as usize]
    }

    /// All modules, the library's among them.
    pub fn modules(&self) -> impl Iterator<Item = (ModuleNumber, &ModuleInfo)> {
        self.modules.iter().enumerate().map(|(i, m)| (ModuleNumber(i as u32), m))
    }

    /// The module a file holds.
    pub fn module_of(&self, file: FileId) -> Option<ModuleNumber> {
        self.modules().find(|(_, m)| m.file == file).map(|(number, _)| number)
    }

    /// The name at a place, or that ends there: what it means. Several for a function that no overload fits.
    pub fn uses_at(&self, file: FileId, offset: u32) -> &[Use] {
        let uses = self.uses_in(file);
        let end = uses.partition_point(|u| u.span.start <= offset);
        let Some(span) = uses[..end].iter().rev().map(|u| u.span).find(|s| offset <= s.end) else {
            return &[];
        };
        let start = uses.partition_point(|u| (u.span.start, u.span.end) < (span.start, span.end));
        let end = uses.partition_point(|u| (u.span.start, u.span.end) <= (span.start, span.end));
        &uses[start..end]
    }

    /// What the name at a place means; the first if that is not certain.
    pub fn definition_at(&self, file: FileId, offset: u32) -> Option<DefinitionId> {
        self.uses_at(file, offset).first().map(|u| u.definition)
    }

    /// All names of a file, in the order of the text; declarations are among them.
    pub fn uses_in(&self, file: FileId) -> &[Use] {
        self.uses.get(&file).map_or(&[], Vec::as_slice)
    }

    /// All places where a definition is named, its declaration among them, file by file.
    pub fn uses_of(&self, id: DefinitionId) -> Vec<Span> {
        let mut spans: Vec<Span> =
            self.uses.values().flatten().filter(|u| u.definition == id).map(|u| u.span).collect();
        spans.sort_by_key(|s| (s.file, s.start));
        spans
    }

    /// What was declared with its name at that place.
    pub fn declared_at(&self, place: Span) -> Option<DefinitionId> {
        self.declared.get(&place).copied()
    }

    /// The innermost expression or pattern around a place whose type is known, and the type.
    pub fn type_at(&self, file: FileId, offset: u32) -> Option<(Span, TypeId)> {
        let typed = self.typed.get(&file)?;
        let end = typed.partition_point(|(span, _)| span.start <= offset);
        let around = typed[..end].iter().filter(|(span, _)| offset <= span.end);
        around.min_by_key(|(span, _)| span.end - span.start).copied()
    }

    /// The type of what stands before the `.` of a name, whether there is such a field or not.
    pub fn receiver_of(&self, name: Span) -> Option<TypeId> {
        self.receivers.get(&name).copied()
    }

    /// The type of the largest expression that ends at a place.
    pub fn type_before(&self, file: FileId, end: u32) -> Option<TypeId> {
        let typed = self.typed.get(&file)?;
        let ending = typed.iter().filter(|(span, _)| span.end == end);
        ending.max_by_key(|(span, _)| span.end - span.start).map(|(_, ty)| *ty)
    }

    /// The expressions and patterns around a place, innermost first.
    pub fn typed_around(&self, file: FileId, offset: u32) -> Vec<Span> {
        let typed = self.typed.get(&file).map_or(&[][..], Vec::as_slice);
        let around = typed.iter().map(|(span, _)| *span).filter(|s| s.start <= offset && offset <= s.end);
        let mut around: Vec<Span> = around.collect();
        around.sort_by_key(|s| s.end - s.start);
        around.dedup();
        around
    }

    /// What a file declares, without variables, in the order of the text.
    pub fn symbols(&self, file: FileId) -> Vec<DefinitionId> {
        let here = self.definitions().filter(|(_, d)| d.places[0].file == file);
        let mut here: Vec<DefinitionId> = here
            .filter(|(_, d)| {
                !matches!(
                    d.kind,
                    DefinitionKind::Variable | DefinitionKind::TypeVariable | DefinitionKind::Module
                )
            })
            .map(|(id, _)| id)
            .collect();
        here.sort_by_key(|id| self.definition(*id).item.start);
        here
    }

    /// What can be named at a place without a prefix: variables first, innermost first; then what the module and those it
    /// imports declare.
    pub fn visible_at(&self, file: FileId, offset: u32) -> Vec<DefinitionId> {
        let mut variables: Vec<DefinitionId> = Vec::new();
        let in_rule =
            |d: &Definition| d.scope.is_some_and(|s| s.file == file && s.start <= offset && offset <= s.end);
        for (id, d) in self.definitions().filter(|(_, d)| in_rule(d)) {
            if d.places[0].end < offset || self.in_head(d, offset) {
                variables.push(id);
            }
        }
        variables.sort_by_key(|id| std::cmp::Reverse(self.definition(*id).places[0].start));
        let mut visible = variables;
        if let Some(module) = self.module_of(file) {
            visible.extend(self.visible_from(module, ""));
        }
        visible
    }

    /// What a module sees under a prefix; without prefix its own and what it imports without alias.
    pub fn visible_from(&self, module: ModuleNumber, prefix: &str) -> Vec<DefinitionId> {
        let mut seen: Vec<ModuleNumber> = Vec::new();
        if prefix.is_empty() {
            seen.push(module);
        }
        seen.extend(self.module(module).imports.iter().filter(|(p, _)| p == prefix).map(|(_, m)| *m));
        let global = |d: &Definition| {
            seen.contains(&d.module)
                && matches!(
                    d.kind,
                    DefinitionKind::Relation
                        | DefinitionKind::Type
                        | DefinitionKind::Constructor
                        | DefinitionKind::Function
                        | DefinitionKind::Index
                        | DefinitionKind::Transformer
                )
        };
        self.definitions().filter(|(_, d)| global(d)).map(|(id, _)| id).collect()
    }

    /// What can be written after the `.` of a value: its fields with their types.
    pub fn fields_of(&self, ty: TypeId) -> Vec<(DefinitionId, &str)> {
        let fields = self.ty(ty).fields.iter();
        fields.filter_map(|(place, text)| Some((self.declared_at(*place)?, text.as_str()))).collect()
    }

    /// The functions a module sees that may take such a value as their first argument.
    pub fn methods_of(&self, module: ModuleNumber, ty: TypeId) -> Vec<DefinitionId> {
        let info = self.ty(ty);
        let takes =
            |d: &Definition| d.receiver.as_ref().is_some_and(|r| *r == Shape::Any || *r == info.shape);
        let visible = self.visible_from(module, "").into_iter();
        visible.filter(|id| takes(self.definition(*id))).collect()
    }

    /// The heads of a rule come before the clauses that bind their variables.
    fn in_head(&self, variable: &Definition, offset: u32) -> bool {
        self.rules.iter().any(|(item, body)| {
            item.contains(variable.places[0])
                && item.file == variable.places[0].file
                && item.start <= offset
                && offset < *body
                && variable.places[0].start >= *body
        })
    }
}
