//! Match fields: their table, their identity on the wire, their text.

mod header;
mod id;
mod lookup;
mod shape;
mod spec;
mod table;
mod text;

pub(crate) use header::{Dialect, MaskFollows, OxmHeader, put_header, take_header};
pub use id::{Field, UnknownField};
pub(crate) use lookup::by_header;
pub(crate) use shape::Rewriting;
pub use spec::{Access, FieldSpec, Format, Masking, OxmId, Prerequisite};
pub(crate) use text::{
    FlagNames, ct_state_name, flags, format_value, hex, number, tcp_flag_name, tun_flag_name,
};
