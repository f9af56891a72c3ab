//! From text to laid out text.

use super::error::FormatError;
use super::print::print;
use super::source::Source;
use super::verify::verify;
use crate::source::{SourceMap, Span};
use crate::syntax::ast::Module;
use crate::syntax::parse;
use crate::syntax::text::Origin;

/// Comments in odd places move once, to where they stay; more rounds than this would be a mistake of ours.
const MAX_ROUNDS: usize = 8;

/// The text of a rule file laid out: 4 blanks per level, lines of up to 100 columns where they can be broken, comments
/// where they were, literals as they are spelt. Formatting the result again gives the same. `name` stands in messages.
///
/// # Errors
/// The diagnostics of a text with syntax errors; or, should the layout not keep program and comments, where.
pub fn format(name: &str, text: &str) -> Result<String, FormatError> {
    let mut sources = SourceMap::default();
    let file = sources.add(name, text);
    let (module, diagnostics) = parse(file, text);
    if !diagnostics.is_empty() {
        return Err(FormatError::Syntax { sources, diagnostics });
    }
    let changed = |span: Span| FormatError::changed(&sources, span);
    let mut laid_out = round(text, &module).map_err(changed)?;
    for _ in 0..MAX_ROUNDS {
        verify(text, &module, &laid_out).map_err(changed)?;
        let (module, _) = parse(file, &laid_out);
        let again = round(&laid_out, &module).map_err(changed)?;
        if again == laid_out {
            return Ok(laid_out);
        }
        laid_out = again;
    }
    Err(changed(Span { file, start: 0, end: 0 }))
}

fn round(text: &str, module: &Module) -> Result<String, Span> {
    let doc = Source::new(text, &Origin::file(module.file)).module(module).map_err(|lost| lost.0)?;
    Ok(print(&doc))
}
