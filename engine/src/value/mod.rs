//! Values as words: what rows are made of.

mod row;

pub use row::{Row, Word};
