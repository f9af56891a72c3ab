//! What a column can hold: atoms, and scalars, sets and maps of them.

mod atom;
mod datum;
mod row;
mod uuid;

pub use atom::{Atom, Real};
pub use datum::{AtomMap, AtomSet, Datum};
pub use row::{ColumnLayout, Layout, Row, Values};
pub use uuid::{Uuid, UuidError};
