//! `weir fmt`: rule files laid out in one way. Meaning, comments and the spelling of literals stay.

mod block;
mod chain;
mod comment;
mod diff;
mod doc;
mod error;
mod expr;
mod files;
mod item;
mod layout;
mod list;
mod print;
mod rule;
mod source;
mod statement;
mod types;
mod verify;

pub use error::FormatError;
pub use files::{Mode, Summary, format_files, format_stream};
pub use layout::format;
