//! From text to syntax tree. Errors never stop it.

pub mod ast;
mod error;
mod lexer;
mod literal;
mod load;
mod parser;
mod printer;
mod text;
mod token;

pub use error::SyntaxError;
pub use load::{BuiltinModules, ReadFile, load, load_more, load_text, load_with};
pub use parser::{parse, parse_body};
