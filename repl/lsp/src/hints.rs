//! Types that the author has not written, beside the variables that have them.

use lsp_types::{InlayHint, InlayHintKind, InlayHintLabel, Range};
use weir_engine::source::FileId;
use weir_engine::types::DefinitionKind;

use crate::program::Program;

/// Types of the variables that `var` declares within a range.
pub(crate) fn in_range(program: &Program, file: FileId, range: Range) -> Option<Vec<InlayHint>> {
    let (from, to) = (program.offset(file, range.start)?, program.offset(file, range.end)?);
    let text = program.text(file);
    let mut hints = Vec::new();
    for name in program.index().uses_in(file) {
        let span = name.span;
        let definition = program.definition(name.definition);
        let declared = definition.kind == DefinitionKind::Variable && definition.places[0] == span;
        if span.end < from || to < span.start || !declared {
            continue;
        }
        let before = text.get(..span.start as usize).unwrap_or("").trim_end();
        let after = text.get(span.end as usize..).unwrap_or("").trim_start();
        let by_var = before
            .strip_suffix("var")
            .is_some_and(|b| !b.ends_with(|c: char| c.is_alphanumeric() || c == '_'));
        let Some(ty) = definition.ty.filter(|_| by_var && !after.starts_with(':')) else { continue };
        hints.push(InlayHint {
            position: program.range(span).end,
            label: InlayHintLabel::String(format!(": {}", program.index().ty(ty).text)),
            kind: Some(InlayHintKind::TYPE),
            text_edits: None,
            tooltip: None,
            padding_left: None,
            padding_right: None,
            data: None,
        });
    }
    Some(hints)
}
