//! What is done to a packet.

mod controller;
mod ct;
mod decode;
mod encode;
mod hash;
mod kind;
mod learn;
mod nat;
mod output;
mod set_field;
mod slice;
mod text;

pub use controller::{Controller, PacketInReason};
pub use ct::{Ct, CtZone};
pub(crate) use decode::decode_actions;
pub(crate) use encode::encode_actions;
pub use hash::{HashFields, Multipath, MultipathAlgorithm, PortBundle, PortBundleAlgorithm};
pub use kind::{Action, CheckPacketLarger, Conjunction, Sample};
pub use learn::{Learn, LearnSource, LearnSpec};
pub use nat::{Nat, NatAddresses, NatKind};
pub use output::{Output, Resubmit};
pub use set_field::SetField;
pub use slice::FieldSlice;
pub(crate) use text::write_actions;
