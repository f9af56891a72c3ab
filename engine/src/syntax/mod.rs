//! From text to syntax tree. Errors never stop it.

pub mod ast;
