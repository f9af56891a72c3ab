//! From a name to its declaration, and to all its uses.

use lsp_types::{DocumentHighlight, DocumentHighlightKind, GotoDefinitionResponse, Location};
use weir_engine::source::Span;

use crate::program::Place;

/// Where the name at a place is declared.
pub(crate) fn definition(place: Place<'_>) -> Option<GotoDefinitionResponse> {
    let uses = place.program.index().uses_at(place.file, place.offset);
    let declared = uses.iter().flat_map(|u| place.program.definition(u.definition).places.iter());
    let found: Vec<Location> = declared.filter_map(|span| place.program.location(*span)).collect();
    (!found.is_empty()).then_some(GotoDefinitionResponse::Array(found))
}

/// Where the type of the expression at a place is declared.
pub(crate) fn type_definition(place: Place<'_>) -> Option<GotoDefinitionResponse> {
    let index = place.program.index();
    let named = index.definition_at(place.file, place.offset).and_then(|id| place.program.definition(id).ty);
    let ty = named.or_else(|| index.type_at(place.file, place.offset).map(|(_, ty)| ty))?;
    let location = place.program.location(index.ty(ty).declared?)?;
    Some(GotoDefinitionResponse::Array(vec![location]))
}

/// All places where the thing at a place is named.
pub(crate) fn references(place: Place<'_>, include_declaration: Declarations) -> Option<Vec<Location>> {
    let spans = uses(place, include_declaration)?;
    Some(spans.into_iter().filter_map(|span| place.program.location(span)).collect())
}

/// Whether the declaration of a thing is one of its uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Declarations {
    Included,
    LeftOut,
}

/// The same within the file.
pub(crate) fn highlights(place: Place<'_>) -> Option<Vec<DocumentHighlight>> {
    let id = place.program.index().definition_at(place.file, place.offset)?;
    let declared = &place.program.definition(id).places;
    let spans = uses(place, Declarations::Included)?.into_iter().filter(|s| s.file == place.file);
    let highlight = |span: Span| DocumentHighlight {
        range: place.program.range(span),
        kind: Some(match declared.contains(&span) {
            true => DocumentHighlightKind::WRITE,
            false => DocumentHighlightKind::READ,
        }),
    };
    Some(spans.map(highlight).collect())
}

fn uses(place: Place<'_>, declarations: Declarations) -> Option<Vec<Span>> {
    let index = place.program.index();
    let id = index.definition_at(place.file, place.offset)?;
    let mut spans = index.uses_of(id);
    if declarations == Declarations::LeftOut {
        let declared = &place.program.definition(id).places;
        spans.retain(|s| !declared.contains(s));
    }
    Some(spans)
}
