//! What names are, for colouring.

use lsp_types::{
    SemanticToken, SemanticTokenModifier, SemanticTokenType, SemanticTokens, SemanticTokensLegend,
};
use weir_engine::source::FileId;
use weir_engine::types::DefinitionKind;

use crate::program::Program;

const TYPES: &[SemanticTokenType] = &[
    SemanticTokenType::NAMESPACE,
    SemanticTokenType::CLASS,
    SemanticTokenType::TYPE,
    SemanticTokenType::ENUM_MEMBER,
    SemanticTokenType::PROPERTY,
    SemanticTokenType::FUNCTION,
    SemanticTokenType::VARIABLE,
    SemanticTokenType::TYPE_PARAMETER,
];

const MODIFIERS: &[SemanticTokenModifier] =
    &[SemanticTokenModifier::DECLARATION, SemanticTokenModifier::DEFAULT_LIBRARY];

/// What the numbers in the answer mean.
pub(crate) fn legend() -> SemanticTokensLegend {
    SemanticTokensLegend { token_types: TYPES.to_vec(), token_modifiers: MODIFIERS.to_vec() }
}

/// The names of a file.
pub(crate) fn in_file(program: &Program, file: FileId) -> SemanticTokens {
    let mut data = Vec::new();
    let (mut line, mut column) = (0, 0);
    let mut end = 0;
    for name in program.index().uses_in(file) {
        // A function that may be one of several is told once.
        if name.span.start < end {
            continue;
        }
        end = name.span.end;
        let definition = program.definition(name.definition);
        let range = program.range(name.span);
        let declared = u32::from(definition.places.contains(&name.span));
        let library = u32::from(program.is_library(definition.places[0].file)) << 1;
        let delta_line = range.start.line - line;
        let delta_start =
            if delta_line == 0 { range.start.character - column } else { range.start.character };
        (line, column) = (range.start.line, range.start.character);
        data.push(SemanticToken {
            delta_line,
            delta_start,
            length: range.end.character.saturating_sub(range.start.character),
            token_type: number(definition.kind),
            token_modifiers_bitset: declared | library,
        });
    }
    SemanticTokens { result_id: None, data }
}

fn number(kind: DefinitionKind) -> u32 {
    match kind {
        DefinitionKind::Module => 0,
        DefinitionKind::Relation => 1,
        DefinitionKind::Type => 2,
        DefinitionKind::Constructor => 3,
        DefinitionKind::Field => 4,
        DefinitionKind::Function | DefinitionKind::Transformer => 5,
        DefinitionKind::Variable | DefinitionKind::Index => 6,
        DefinitionKind::TypeVariable => 7,
    }
}
