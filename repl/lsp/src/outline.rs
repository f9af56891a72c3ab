//! Parts of a text that belong together: to fold them, and to select more and more.

use lsp_types::{FoldingRange, FoldingRangeKind, Position, SelectionRange};
use weir_engine::source::{FileId, Span};

use crate::program::Program;

/// Items, imports and comments of several lines.
pub(crate) fn folds(program: &Program, file: FileId) -> Vec<FoldingRange> {
    let mut folds = Vec::new();
    let mut add = |span: Span, kind: Option<FoldingRangeKind>| {
        let range = program.range(span);
        if range.start.line < range.end.line {
            folds.push(FoldingRange {
                start_line: range.start.line,
                end_line: range.end.line,
                kind,
                ..FoldingRange::default()
            });
        }
    };
    let Some(module) = program.analysis.modules.iter().find(|m| m.file == file) else { return Vec::new() };
    module.items.iter().for_each(|item| add(item.span, None));
    if let (Some(first), Some(last)) = (module.imports.first(), module.imports.last()) {
        add(first.span.to(last.span), Some(FoldingRangeKind::Imports));
    }
    let text = program.text(file);
    let mut block: Option<Span> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let span = Span { file, start: at, end: at + line.trim_end().len() as u32 };
        at += line.len() as u32;
        if line.trim_start().starts_with("//") {
            block = Some(block.map_or(span, |block| block.to(span)));
        } else {
            block.take().into_iter().for_each(|block| add(block, Some(FoldingRangeKind::Comment)));
        }
    }
    block.into_iter().for_each(|block| add(block, Some(FoldingRangeKind::Comment)));
    folds
}

/// The name, expressions and item around each position, each within the next.
pub(crate) fn selections(program: &Program, file: FileId, positions: &[Position]) -> Vec<SelectionRange> {
    positions.iter().map(|position| selection(program, file, *position)).collect()
}

fn selection(program: &Program, file: FileId, position: Position) -> SelectionRange {
    let offset = program.offset(file, position).unwrap_or(0);
    let index = program.index();
    let mut around: Vec<Span> = index.uses_at(file, offset).first().map(|u| u.span).into_iter().collect();
    around.extend(index.typed_around(file, offset));
    let module = program.analysis.modules.iter().find(|m| m.file == file);
    let items = module.into_iter().flat_map(|m| &m.items).map(|i| i.span);
    around.extend(items.filter(|s| s.start <= offset && offset <= s.end));
    around.push(Span { file, start: 0, end: program.text(file).len() as u32 });
    around.sort_by_key(|s| s.end - s.start);
    let mut nested: Vec<Span> = Vec::new();
    for span in around {
        if nested.last().is_none_or(|last| span.contains(*last) && span != *last) {
            nested.push(span);
        }
    }
    let mut selection: Option<SelectionRange> = None;
    for span in nested.into_iter().rev() {
        selection = Some(SelectionRange { range: program.range(span), parent: selection.map(Box::new) });
    }
    selection
        .unwrap_or_else(|| SelectionRange { range: lsp_types::Range::new(position, position), parent: None })
}
