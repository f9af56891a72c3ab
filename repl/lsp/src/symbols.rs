//! What a file and what all files declare.

use std::collections::HashSet;

use lsp_types::{
    DocumentSymbol, DocumentSymbolResponse, OneOf, SymbolInformation, SymbolKind, WorkspaceSymbol,
    WorkspaceSymbolResponse,
};
use weir_engine::source::{FileId, Span};
use weir_engine::syntax::ast::{Item, ItemKind};
use weir_engine::types::{Definition, DefinitionId, DefinitionKind};

use crate::options::Options;
use crate::program::Program;

/// The most symbols that are worth a look.
const MOST: usize = 500;

/// The declarations and rules of a file.
pub(crate) fn in_file(program: &Program, file: FileId, options: &Options) -> Option<DocumentSymbolResponse> {
    let mut symbols: Vec<DocumentSymbol> = Vec::new();
    let declared = program.index().symbols(file);
    for id in declared.iter().filter(|id| program.definition(**id).container.is_none()) {
        symbols.push(symbol(program, *id, &declared));
    }
    let module = program.analysis.modules.iter().find(|m| m.file == file)?;
    symbols.extend(module.items.iter().filter_map(|item| rule(program, item)));
    symbols.sort_by_key(|s| (s.range.start.line, s.range.start.character));
    if options.symbol_tree {
        return Some(DocumentSymbolResponse::Nested(symbols));
    }
    let mut flat = Vec::new();
    let uri = program.uri(file)?;
    symbols.into_iter().for_each(|symbol| flatten(symbol, None, uri, &mut flat));
    Some(DocumentSymbolResponse::Flat(flat))
}

fn symbol(program: &Program, id: DefinitionId, declared: &[DefinitionId]) -> DocumentSymbol {
    let definition = program.definition(id);
    let inside = declared.iter().filter(|other| program.definition(**other).container == Some(id));
    let children: Vec<DocumentSymbol> = inside.map(|other| symbol(program, *other, declared)).collect();
    #[allow(deprecated)] // the field has no default
    DocumentSymbol {
        name: definition.name.to_string(),
        detail: detail(program, definition),
        kind: kind(definition.kind),
        tags: None,
        deprecated: None,
        range: program.range(definition.item),
        selection_range: program.range(definition.places[0]),
        children: Some(children).filter(|c| !c.is_empty()),
    }
}

/// A rule, by what it derives.
fn rule(program: &Program, item: &Item) -> Option<DocumentSymbol> {
    let (name, place) = match &item.kind {
        ItemKind::Rule(rule) => {
            let heads: Vec<String> = rule.heads.iter().map(|h| h.atom.relation.to_string()).collect();
            let what = if rule.body.is_empty() { "" } else { " :-" };
            (format!("{}{what}", heads.join(", ")), rule.heads.first()?.atom.relation.span)
        }
        ItemKind::For(rule) => (format!("for {}", rule.atom.relation), rule.atom.relation.span),
        ItemKind::Apply(apply) => (format!("apply {}", apply.transformer), apply.transformer.span),
        _ => return None,
    };
    #[allow(deprecated)] // the field has no default
    Some(DocumentSymbol {
        name,
        detail: None,
        kind: SymbolKind::EVENT,
        tags: None,
        deprecated: None,
        range: program.range(item.span),
        selection_range: program.range(place),
        children: None,
    })
}

fn flatten(
    symbol: DocumentSymbol,
    container: Option<&str>,
    uri: &lsp_types::Uri,
    flat: &mut Vec<SymbolInformation>,
) {
    let children = symbol.children.unwrap_or_default();
    children.into_iter().for_each(|child| flatten(child, Some(&symbol.name), uri, flat));
    #[allow(deprecated)] // the field has no default
    flat.push(SymbolInformation {
        name: symbol.name.clone(),
        kind: symbol.kind,
        tags: None,
        deprecated: None,
        location: lsp_types::Location { uri: uri.clone(), range: symbol.range },
        container_name: container.map(str::to_owned),
    });
}

/// The declarations whose names have the letters of a query, in that order, in all programs.
pub(crate) fn matching<'p>(
    programs: impl Iterator<Item = &'p Program>,
    query: &str,
) -> Option<WorkspaceSymbolResponse> {
    let mut seen: HashSet<(String, u32, String)> = HashSet::new();
    let mut found = Vec::new();
    for program in programs {
        for (_, file) in program.own_files() {
            for id in program.index().symbols(file) {
                let definition = program.definition(id);
                if !matches(&definition.name, query) {
                    continue;
                }
                let Some(location) = program.location(definition.places[0]) else { continue };
                let key = (
                    location.uri.as_str().to_owned(),
                    definition.places[0].start,
                    definition.name.to_string(),
                );
                if seen.insert(key) {
                    let container = definition.container.map(|c| program.definition(c).name.to_string());
                    found.push(WorkspaceSymbol {
                        name: definition.name.to_string(),
                        kind: kind(definition.kind),
                        tags: None,
                        container_name: container,
                        location: OneOf::Left(location),
                        data: None,
                    });
                }
            }
        }
    }
    // What is named as asked comes first, fields last.
    found.sort_by_key(|s| {
        (!s.name.eq_ignore_ascii_case(query), s.kind == SymbolKind::FIELD, s.name.len(), s.name.clone())
    });
    found.truncate(MOST);
    Some(WorkspaceSymbolResponse::Nested(found))
}

fn matches(name: &str, query: &str) -> bool {
    let mut letters = name.chars().flat_map(char::to_lowercase);
    query.chars().flat_map(char::to_lowercase).all(|wanted| letters.any(|c| c == wanted))
}

fn detail(program: &Program, definition: &Definition) -> Option<String> {
    let ty = definition.ty.map(|ty| program.index().ty(ty).text.clone());
    match definition.kind {
        DefinitionKind::Field => ty,
        DefinitionKind::Function => {
            let params = definition.params.iter().map(|p| p.ty.as_str()).collect::<Vec<_>>().join(", ");
            Some(format!("({params}): {}", ty.unwrap_or_default()))
        }
        DefinitionKind::Relation => {
            let text =
                program.analysis.sources.text(Span { end: definition.places[0].start, ..definition.item });
            // The words before the name, without attributes.
            let words = text.rsplit(']').next().unwrap_or(text).split_whitespace();
            Some(words.collect::<Vec<_>>().join(" "))
        }
        _ => None,
    }
}

/// How editors show a kind of definition.
pub(crate) fn kind(kind: DefinitionKind) -> SymbolKind {
    match kind {
        DefinitionKind::Module => SymbolKind::MODULE,
        DefinitionKind::Relation => SymbolKind::CLASS,
        DefinitionKind::Type => SymbolKind::ENUM,
        DefinitionKind::Constructor => SymbolKind::ENUM_MEMBER,
        DefinitionKind::Field => SymbolKind::FIELD,
        DefinitionKind::Function => SymbolKind::FUNCTION,
        DefinitionKind::Variable => SymbolKind::VARIABLE,
        DefinitionKind::TypeVariable => SymbolKind::TYPE_PARAMETER,
        DefinitionKind::Index => SymbolKind::KEY,
        DefinitionKind::Transformer => SymbolKind::OPERATOR,
    }
}
