//! Values as words: what rows are made of, and what they look like from outside.

mod compare;
mod de;
mod decode;
mod default;
mod dynamic;
mod encode;
mod from_record;
mod hash_bytes;
mod interner;
pub(crate) mod ints;
mod json;
mod mark;
mod packed;
mod parts;
mod row;
mod ser;
mod serde_error;
pub(crate) mod shape;
mod slots;
mod stable_hash;
mod text;
pub(crate) mod texts;
mod type_name;
mod value_bytes;
pub(crate) mod wire;

pub use compare::{compare, compare_rows};
pub use de::from_value;
pub use decode::{decode, decode_record};
pub use default::default_value;
pub use dynamic::Value;
pub use encode::{EncodeError, encode, encode_record};
pub use from_record::{RecordError, RecordErrorKind, from_record, modify_by_record};
pub(crate) use hash_bytes::{hash_bytes, hash_order, is_hashed};
pub(crate) use interner::ID;
pub use interner::Interner;
pub use json::write_json;
pub(crate) use json::{Keys, NoKeys, read_json, read_json_value};
pub use mark::Marks;
pub(crate) use packed::{Packer, Unpacked};
pub use row::{Row, Word};
pub use ser::to_value;
pub use serde_error::SerdeError;
pub(crate) use stable_hash::{StableHashes, mix};
pub(crate) use text::debug_text;
pub use type_name::type_name;

/// Seed of the hash that interned values are known by.
pub(crate) const HASH_SEED: u64 = 0x23b6_91a7_51d0_e108;
