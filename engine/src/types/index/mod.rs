//! Names and types of a program by place: what editors ask for.
//!
//! The checker notes things down as it goes (record), the modules say what is declared where (walk, build).

mod build;
mod model;
mod query;
mod record;
mod walk;

pub use model::{
    Definition, DefinitionId, DefinitionKind, Index, ModuleInfo, ModuleNumber, Parameter, Shape, TypeId,
    TypeInfo, Use,
};

pub(super) use build::build;
pub(super) use record::{Recorder, Trace};
