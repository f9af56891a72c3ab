//! From text to syntax tree. Errors never stop it.

pub mod ast;
mod error;
mod lexeme;
pub(crate) mod lexer;
mod literal;
mod load;
mod parser;
mod printer;
pub(crate) mod text;
pub(crate) mod token;

pub use error::SyntaxError;
pub use lexeme::{Lexeme, LexemeKind, lexemes};
pub use load::{BuiltinModules, ReadFile, load, load_more, load_text, load_with};
pub use parser::{parse, parse_body};
pub use token::is_reserved;
