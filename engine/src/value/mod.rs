//! Values as words: what rows are made of, and what they look like from outside.

mod compare;
mod decode;
mod dynamic;
mod encode;
mod interner;
mod ints;
mod mark;
mod row;
mod shape;
mod slots;
mod text;
mod type_name;

pub use compare::{compare, compare_rows};
pub use decode::{decode, decode_record};
pub use dynamic::Value;
pub use encode::{EncodeError, encode, encode_record};
pub use interner::Interner;
pub use mark::Marks;
pub use row::{Row, Word};
