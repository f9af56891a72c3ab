//! The parameters of the call around the cursor.

use lsp_types::{
    Documentation, MarkupContent, MarkupKind, ParameterInformation, ParameterLabel, SignatureHelp,
    SignatureInformation,
};
use weir_engine::types::{Definition, DefinitionKind};

use crate::hover;
use crate::program::{Place, Program};
use crate::scan::{self, Kind, Surroundings, Token};

/// What the call, constructor or atom around a place takes.
pub(crate) fn help(place: Place<'_>) -> Option<SignatureHelp> {
    let program = place.program;
    let text = program.text(place.file);
    let Surroundings::Code(tokens) = scan::before(text, place.offset as usize) else { return None };
    let open = scan::opener(&tokens)?;
    let (start, prefix, name) = scan::path(&tokens[..open])?;
    // Before a method's name stands its first argument.
    let is_method = start > 0 && tokens[start - 1].is(".");
    let given = usize::from(is_method);
    let (index, by_name) = argument(&tokens[open..]);
    let module = program.module_of(place.file)?;
    let chosen = program.index().uses_at(place.file, name.start as u32);
    let visible = program.index().visible_from(module, &prefix);
    let mut candidates: Vec<&Definition> = visible
        .into_iter()
        .map(|id| program.definition(id))
        .filter(|d| *d.name == *name.text && takes_arguments(d, is_method))
        .collect();
    candidates.dedup_by_key(|d| d.places[0]);
    let is_chosen =
        |d: &Definition| matches!(chosen, [only] if program.definition(only.definition).places == d.places);
    // The one that is called, or the first that takes so many.
    let active = candidates.iter().position(|d| is_chosen(d));
    let active = active.or_else(|| candidates.iter().position(|d| d.params.len() > index + given));
    let signatures: Vec<SignatureInformation> =
        candidates.iter().map(|d| signature(program, d, index + given, by_name)).collect();
    (!signatures.is_empty()).then_some(SignatureHelp {
        signatures,
        active_signature: Some(active.unwrap_or(0) as u32),
        active_parameter: None,
    })
}

fn takes_arguments(definition: &Definition, is_method: bool) -> bool {
    match definition.kind {
        DefinitionKind::Function => true,
        DefinitionKind::Relation | DefinitionKind::Constructor => !is_method && !definition.params.is_empty(),
        _ => false,
    }
}

/// Which argument is being written, by number and, if it has one, by name.
fn argument<'t>(tokens: &[Token<'t>]) -> (usize, Option<&'t str>) {
    let mut depth = 0usize;
    let mut index = 0;
    let mut name = None;
    for (at, token) in tokens.iter().enumerate() {
        match (token.kind, token.text) {
            (Kind::Sign, "(" | "[" | "{") => depth += 1,
            (Kind::Sign, ")" | "]" | "}") => depth = depth.saturating_sub(1),
            (Kind::Sign, ",") if depth == 1 => {
                index += 1;
                name = None;
            }
            (Kind::Sign, ".") if depth == 1 => {
                let begins = at > 0 && matches!(tokens[at - 1].text, "(" | "{" | ",");
                let next = tokens.get(at + 1).filter(|t| begins && t.kind == Kind::Word);
                name = next.map(|t| t.text).or(name);
            }
            _ => {}
        }
    }
    (index, name)
}

fn signature(
    program: &Program,
    definition: &Definition,
    index: usize,
    by_name: Option<&str>,
) -> SignatureInformation {
    let mut label = definition.name.to_string();
    label.push(if definition.kind == DefinitionKind::Constructor { '{' } else { '(' });
    let mut parameters = Vec::new();
    for (i, param) in definition.params.iter().enumerate() {
        if i > 0 {
            label.push_str(", ");
        }
        let text = format!("{}: {}", param.name, param.ty);
        // Offsets count UTF-16 code units, whatever was agreed on for positions.
        let start = label.encode_utf16().count() as u32;
        let end = start + text.encode_utf16().count() as u32;
        label.push_str(&text);
        parameters.push(ParameterInformation {
            label: ParameterLabel::LabelOffsets([start, end]),
            documentation: None,
        });
    }
    label.push(if definition.kind == DefinitionKind::Constructor { '}' } else { ')' });
    if let (DefinitionKind::Function, Some(ty)) = (definition.kind, definition.ty) {
        label.push_str(": ");
        label.push_str(&program.index().ty(ty).text);
    }
    let active = match by_name {
        Some(name) => definition.params.iter().position(|p| *p.name == *name),
        None => Some(index).filter(|i| *i < definition.params.len()),
    };
    let said = hover::comment(program.text(definition.item.file), definition.item);
    SignatureInformation {
        label,
        documentation: said
            .map(|value| Documentation::MarkupContent(MarkupContent { kind: MarkupKind::Markdown, value })),
        parameters: Some(parameters),
        active_parameter: active.map(|i| i as u32),
    }
}
