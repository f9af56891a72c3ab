//! Running code of rules and functions: IR is compiled to closures once, then run per row.
//!
//! Values of rows stay words until code looks inside; what code builds is interned when it leaves in a row.

mod budget;
mod builtins;
mod call;
mod collection;
mod compile;
mod env;
mod externs;
mod key;
mod machine;
mod order;
mod pipeline;
mod reduction;
mod repr;
mod transform;
mod trap;
mod val;
mod variables;

pub use budget::Limits;
pub use externs::{ExternError, ExternFunction, Externs};
pub use key::KeyCode;
pub use machine::{Machine, Message};
pub use pipeline::RowMeta;
pub use reduction::ReductionCode;
pub use transform::TransformCode;
pub use trap::{CallSite, OUTERMOST, Trap};
