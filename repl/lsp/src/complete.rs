//! What can be written next.

use lsp_types::{
    CompletionItem, CompletionItemKind, CompletionItemLabelDetails, CompletionTextEdit, Documentation,
    InsertTextFormat, MarkupContent, MarkupKind, Range, TextEdit,
};
use weir_engine::source::Span;
use weir_engine::stdlib::BUILTIN_MODULES;
use weir_engine::types::{Definition, DefinitionId, DefinitionKind, ModuleNumber, TypeId};

use crate::hover;
use crate::options::Options;
use crate::program::{Place, Program};
use crate::scan::{self, Kind, Surroundings};
use crate::supposition::{self, Supposition};
use crate::wanted::{Wanted, wanted};

const IN_RULES: &[&str] = &["not", "var", "match", "if", "FlatMap", "Inspect", "true", "false"];
const IN_FUNCTIONS: &[&str] = &[
    "var", "if", "else", "match", "for", "in", "return", "break", "continue", "not", "and", "or", "as",
    "true", "false",
];
const ITEMS: &[&str] = &[
    "import ",
    "input relation ",
    "output relation ",
    "relation ",
    "input stream ",
    "output stream ",
    "stream ",
    "input multiset ",
    "output multiset ",
    "multiset ",
    "typedef ",
    "function ",
    "extern function ",
    "extern type ",
    "index ",
    "for ",
    "apply ",
];
const TYPES: &[&str] = &[
    "bool", "string", "bigint", "double", "float", "bit<>", "signed<>", "u8", "u16", "u32", "u64", "s8",
    "s16", "s32", "s64",
];

/// Gives a program as it would be with another text in place of one file's.
pub(crate) type WithText<'w> = &'w dyn Fn(&str) -> Program;

/// What can be written at a place.
pub(crate) fn complete(place: Place<'_>, options: &Options, with_text: WithText<'_>) -> Vec<CompletionItem> {
    let text = place.program.text(place.file);
    let Surroundings::Code(mut tokens) = scan::before(text, place.offset as usize) else { return Vec::new() };
    let touching = tokens.last().copied().filter(|t| t.end() == place.offset as usize);
    let begun = match touching.map(|t| t.kind) {
        Some(Kind::Number) => return Vec::new(),
        Some(Kind::Word) => tokens.pop(),
        _ => None,
    };
    let start = begun.map_or(place.offset, |b| b.start as u32);
    let replaced = place.program.range(Span { file: place.file, start, end: place.offset });
    let wanted = wanted(&tokens, text, start as usize);
    let supposition = Supposition::new(text, &tokens, start as usize, place.offset as usize);
    // What is being written is no program: with a word at the cursor it may be one.
    let supposed = match place.program.has_syntax_errors(place.file) || wanted == Wanted::Member {
        true => Some(with_text(&supposition.text)),
        false => None,
    };
    let (program, file) = match (&supposed, place.program.path(place.file)) {
        (Some(supposed), Some(path)) => match supposed.file(path) {
            Some(file) => (supposed, file),
            None => (place.program, place.file),
        },
        _ => (place.program, place.file),
    };
    let Some(module) = program.module_of(file) else { return Vec::new() };
    let cursor = Place { program, file, offset: start };
    let called = supposition.called;
    let mut list = List { program, module, replaced, options, called, items: Vec::new() };
    match wanted {
        Wanted::Nothing => {}
        Wanted::Module => list.modules(),
        Wanted::InModule(prefix) => list.prefixed(&prefix),
        Wanted::Field { path, prefix, given } => list.fields_of(&prefix, path, &given),
        Wanted::Member => {
            let end = start + supposition::STAND_IN.len() as u32;
            list.members(Span { file, start, end });
        }
        Wanted::TypeVariable(names) => {
            names.iter().for_each(|name| list.plain(name, CompletionItemKind::TYPE_PARAMETER, "0"));
        }
        Wanted::Type => list.types(),
        Wanted::Item => list.item(),
        Wanted::Clause => list.expression(cursor, IN_RULES),
        Wanted::Expression => list.expression(cursor, IN_FUNCTIONS),
    }
    list.items
}

struct List<'p> {
    program: &'p Program,
    module: ModuleNumber,
    /// Where what is written so far stands.
    replaced: Range,
    options: &'p Options,
    /// An opening bracket follows.
    called: bool,
    items: Vec<CompletionItem>,
}

impl List<'_> {
    fn modules(&mut self) {
        let library = BUILTIN_MODULES.iter().map(|(name, _)| (*name).to_owned());
        let mut names: Vec<String> = library.collect();
        let directory = self.program.main.parent();
        for directory in directory.into_iter().chain(self.options.search.iter().map(|p| p.as_path())) {
            files_below(directory, directory, 3, &mut names);
        }
        let own = self.program.main.file_stem().map(|s| s.to_string_lossy().into_owned());
        names.retain(|name| Some(name) != own.as_ref() && name != "ddlog_std" && name != "ddlog_rt");
        names.sort();
        names.dedup();
        for name in names {
            self.plain(&name, CompletionItemKind::MODULE, "1");
        }
    }

    fn prefixed(&mut self, prefix: &str) {
        for id in self.program.index().visible_from(self.module, prefix) {
            self.definition(id);
        }
        // `net::` may also go on to `net::ipv4`.
        let deeper = format!("{prefix}::");
        let mut next: Vec<&str> = Vec::new();
        for (name, _) in &self.program.index().module(self.module).imports {
            next.extend(name.strip_prefix(&deeper).and_then(|rest| rest.split("::").next()));
        }
        next.sort_unstable();
        next.dedup();
        for name in next {
            self.plain(name, CompletionItemKind::MODULE, "1");
        }
    }

    /// Fields of a constructor or relation, by name, that are not given yet.
    fn fields_of(&mut self, prefix: &str, name: &str, given: &[&str]) {
        let program = self.program;
        let visible = program.index().visible_from(self.module, prefix);
        let named = visible.into_iter().map(|id| program.definition(id));
        let named = named.filter(|d| *d.name == *name && d.kind != DefinitionKind::Function);
        let Some(fields) = named.map(|d| self.fields(d)).find(|fields| !fields.is_empty()) else { return };
        for (place, name, ty) in fields {
            if !given.contains(&name.as_str()) {
                let comment = self.comment_of(place);
                self.field(&name, &ty, comment, &format!("{name} = "));
            }
        }
    }

    /// The fields a constructor has, or the records of a relation.
    fn fields(&self, definition: &Definition) -> Vec<(Span, String, String)> {
        if !definition.params.is_empty() {
            let params = definition.params.iter();
            return params.map(|p| (p.span, p.name.to_string(), p.ty.clone())).collect();
        }
        let Some(ty) = definition.ty.filter(|_| definition.kind == DefinitionKind::Relation) else {
            return Vec::new();
        };
        let fields = self.program.index().fields_of(ty).into_iter();
        let named = fields.map(|(id, ty)| (self.program.definition(id), ty));
        named.map(|(d, ty)| (d.places[0], d.name.to_string(), ty.to_owned())).collect()
    }

    /// What can follow the `.` of a value: fields, then functions that take it first.
    fn members(&mut self, name: Span) {
        let program = self.program;
        let Some(ty) = receiver(program, name) else { return };
        for (id, ty) in program.index().fields_of(ty) {
            let field = program.definition(id);
            let comment = hover::comment(program.text(field.item.file), field.item);
            self.field(&field.name, ty, comment, &field.name);
        }
        for id in program.index().methods_of(self.module, ty) {
            let item = self.function(program.definition(id), Receiver::Before);
            self.items.push(item);
        }
    }

    fn types(&mut self) {
        for id in self.program.index().visible_from(self.module, "") {
            if matches!(self.program.definition(id).kind, DefinitionKind::Type | DefinitionKind::Relation) {
                self.definition(id);
            }
        }
        for name in TYPES {
            self.plain(name, CompletionItemKind::KEYWORD, "3");
        }
        self.prefixes();
    }

    /// The start of an item: a keyword, or a relation that a rule derives.
    fn item(&mut self) {
        for keyword in ITEMS {
            self.plain(keyword.trim_end(), CompletionItemKind::KEYWORD, "1");
            if let Some(last) = self.items.last_mut() {
                last.text_edit = Some(CompletionTextEdit::Edit(TextEdit {
                    range: self.replaced,
                    new_text: (*keyword).to_owned(),
                }));
            }
        }
        for id in self.program.index().visible_from(self.module, "") {
            if self.program.definition(id).kind == DefinitionKind::Relation {
                self.definition(id);
            }
        }
        self.prefixes();
    }

    fn expression(&mut self, place: Place<'_>, keywords: &[&str]) {
        for id in self.program.index().visible_at(place.file, place.offset) {
            if self.program.definition(id).kind != DefinitionKind::Type {
                self.definition(id);
            }
        }
        for keyword in keywords {
            self.plain(keyword, CompletionItemKind::KEYWORD, "3");
        }
        self.prefixes();
    }

    /// The names modules are seen under.
    fn prefixes(&mut self) {
        let program = self.program;
        let imports = &program.index().module(self.module).imports;
        let mut names: Vec<&str> =
            imports.iter().filter_map(|(prefix, _)| prefix.split("::").next()).collect();
        names.retain(|name| !name.is_empty());
        names.sort_unstable();
        names.dedup();
        for name in names {
            self.plain(name, CompletionItemKind::MODULE, "4");
        }
    }

    fn definition(&mut self, id: DefinitionId) {
        let program = self.program;
        let definition = program.definition(id);
        let item = match definition.kind {
            DefinitionKind::Function => self.function(definition, Receiver::First),
            _ => {
                let ty = definition.ty.map(|ty| program.index().ty(ty).text.clone());
                let opening = match definition.kind {
                    DefinitionKind::Relation => Some("("),
                    DefinitionKind::Constructor if !definition.params.is_empty() => Some("{"),
                    _ => None,
                };
                let detail = match definition.kind {
                    DefinitionKind::Variable => ty,
                    _ => Some(first_line(&hover::declaration(program, definition))),
                };
                CompletionItem {
                    detail,
                    documentation: self.documentation(definition),
                    ..self.base(&definition.name, item_kind(definition.kind), self.rank(definition), opening)
                }
            }
        };
        // A relation and its constructor are one; overloads are told apart by their signatures.
        if !self.items.iter().any(|other| other.label == item.label && other.detail == item.detail) {
            self.items.push(item);
        }
    }

    fn function(&self, definition: &Definition, receiver: Receiver) -> CompletionItem {
        let program = self.program;
        let ret = definition.ty.map(|ty| program.index().ty(ty).text.clone()).unwrap_or_default();
        let params: Vec<String> = definition.params.iter().map(|p| format!("{}: {}", p.name, p.ty)).collect();
        let asked = definition.params.len() - usize::from(receiver == Receiver::Before && !params.is_empty());
        let opening = if asked > 0 { "(" } else { "()" };
        let signature = format!("({}): {ret}", params.join(", "));
        CompletionItem {
            detail: Some(format!("{}{signature}", definition.name)),
            label_details: Some(CompletionItemLabelDetails { detail: Some(signature), description: None }),
            documentation: self.documentation(definition),
            ..self.base(&definition.name, CompletionItemKind::FUNCTION, self.rank(definition), Some(opening))
        }
    }

    fn field(&mut self, name: &str, ty: &str, comment: Option<String>, written: &str) {
        let item = CompletionItem {
            detail: Some(ty.to_owned()),
            documentation: comment.map(markdown),
            ..self.base(name, CompletionItemKind::FIELD, "0", None)
        };
        let edit = TextEdit { range: self.replaced, new_text: written.to_owned() };
        self.items.push(CompletionItem { text_edit: Some(CompletionTextEdit::Edit(edit)), ..item });
    }

    fn plain(&mut self, name: &str, kind: CompletionItemKind, rank: &str) {
        let item = self.base(name, kind, rank, None);
        self.items.push(item);
    }

    /// With the bracket that follows such a name, and the cursor inside.
    fn base(
        &self,
        name: &str,
        kind: CompletionItemKind,
        rank: &str,
        opening: Option<&str>,
    ) -> CompletionItem {
        let (new_text, format) = match opening.filter(|_| self.options.snippets && !self.called) {
            Some("(") => (format!("{name}($0)"), Some(InsertTextFormat::SNIPPET)),
            Some("{") => (format!("{name}{{$0\\}}"), Some(InsertTextFormat::SNIPPET)),
            Some(closed) => (format!("{name}{closed}"), None),
            None => (name.to_owned(), None),
        };
        let edit = TextEdit { range: self.replaced, new_text };
        CompletionItem {
            label: name.to_owned(),
            kind: Some(kind),
            sort_text: Some(format!("{rank}{name}")),
            filter_text: Some(name.to_owned()),
            insert_text_format: format,
            text_edit: Some(CompletionTextEdit::Edit(edit)),
            ..CompletionItem::default()
        }
    }

    /// What is nearest comes first.
    fn rank(&self, definition: &Definition) -> &'static str {
        match definition.kind {
            DefinitionKind::Variable => "0",
            _ if self.program.index().module(definition.module).library => "2",
            _ => "1",
        }
    }

    fn documentation(&self, definition: &Definition) -> Option<Documentation> {
        hover::comment(self.program.text(definition.item.file), definition.item).map(markdown)
    }

    fn comment_of(&self, place: Span) -> Option<String> {
        let field = self.program.definition(self.program.index().declared_at(place)?);
        hover::comment(self.program.text(field.item.file), field.item)
    }
}

/// Where a function's first argument stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Receiver {
    /// In the parentheses.
    First,
    /// Before a `.`.
    Before,
}

/// The type of what stands before the `.` of a name.
fn receiver(program: &Program, name: Span) -> Option<TypeId> {
    program.index().receiver_of(name).or_else(|| {
        // Of a method's name the checker asks only which function it is.
        let dot = program
            .text(name.file)
            .get(..name.start as usize)?
            .trim_end()
            .strip_suffix('.')?
            .trim_end()
            .len();
        program.index().type_before(name.file, dot as u32)
    })
}

/// Modules in files, as imports name them.
fn files_below(root: &std::path::Path, directory: &std::path::Path, levels: usize, names: &mut Vec<String>) {
    let Some(below) = levels.checked_sub(1) else { return };
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten().take(500) {
        let path = entry.path();
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if path.is_dir() && !hidden {
            files_below(root, &path, below, names);
        } else if path.extension().is_some_and(|e| e == "dl")
            && let Ok(relative) = path.with_extension("").strip_prefix(root)
        {
            let segments = relative.iter().map(|s| s.to_string_lossy().into_owned());
            names.push(segments.collect::<Vec<_>>().join("::"));
        }
    }
}

fn item_kind(kind: DefinitionKind) -> CompletionItemKind {
    match kind {
        DefinitionKind::Module => CompletionItemKind::MODULE,
        DefinitionKind::Relation => CompletionItemKind::CLASS,
        DefinitionKind::Type => CompletionItemKind::ENUM,
        DefinitionKind::Constructor => CompletionItemKind::CONSTRUCTOR,
        DefinitionKind::Field => CompletionItemKind::FIELD,
        DefinitionKind::Function => CompletionItemKind::FUNCTION,
        DefinitionKind::Variable => CompletionItemKind::VARIABLE,
        DefinitionKind::TypeVariable => CompletionItemKind::TYPE_PARAMETER,
        DefinitionKind::Index => CompletionItemKind::PROPERTY,
        DefinitionKind::Transformer => CompletionItemKind::OPERATOR,
    }
}

fn markdown(value: String) -> Documentation {
    Documentation::MarkupContent(MarkupContent { kind: MarkupKind::Markdown, value })
}

fn first_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(100) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
