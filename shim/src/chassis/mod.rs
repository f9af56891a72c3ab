//! Hypervisors: their databases, which say who they are and are told what they need, and their switches, which are
//! kept at exactly the flows the engine wants.
//!
//! The driver owns a [`Hypervisors`]. It gives flows in and takes [`ChassisEvent`]s out:
//!
//! 1. [`ChassisEvent::Facts`]: commit them, [`Hypervisors::apply`] what follows, then [`Hypervisors::admit`].
//! 2. Every commit: [`Hypervisors::apply`], with what changes in each scope and who holds it.
//! 3. Once the whole intent is in the engine: [`Hypervisors::open_gate`].
//!
//! Nothing is sent to a switch before its hypervisor is admitted, the gate is open, and this process leads
//! ([`Hypervisors::lead`]).

mod config;
mod database;
mod difference;
mod door;
mod entry;
mod event;
mod facts;
mod hypervisors;
mod identity;
mod item;
mod leadership;
mod library;
mod listen;
mod metrics;
mod packets;
mod patches;
mod provision;
mod seat;
mod step;
mod switch;
mod tables;
#[cfg(test)]
mod tables_test;

pub use config::HypervisorConfig;
pub use event::{ChassisEvent, Facts, InterfaceFact};
pub use hypervisors::{Audience, Hypervisors};
pub use leadership::Leadership;
pub use library::ScopeChange;
pub use listen::{Listen, ParseListenError};
pub use metrics::ChassisMetrics;
pub use packets::{PuntedPacket, ToSwitch};
pub use patches::Patch;
pub use step::Delta;
