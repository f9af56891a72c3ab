//! Values as words: what rows are made of, and what they look like from outside.

mod compare;
mod decode;
mod default;
mod dynamic;
mod encode;
mod interner;
pub(crate) mod ints;
mod mark;
mod row;
pub(crate) mod shape;
mod slots;
mod text;
mod type_name;

pub use compare::{compare, compare_rows};
pub use decode::{decode, decode_record};
pub use default::default_value;
pub use dynamic::Value;
pub use encode::{EncodeError, encode, encode_record};
pub(crate) use interner::ID;
pub use interner::Interner;
pub use mark::Marks;
pub use row::{Row, Word};
