//! The set of actions.

use super::{
    Controller, Ct, FieldSlice, Learn, Multipath, Nat, Output, PortBundle, Resubmit, SetField,
    decode_actions, encode_actions,
};
use crate::error::{BuildError, DecodeError};
use crate::wire::Reader;

/// One action. Actions of a list are done in order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Send to a port.
    Output(Output),
    /// Send to the port whose number stands in a field. `max_len` is what a controller gets of the packet.
    OutputField {
        /// Where the port number stands.
        source: FieldSlice,
        /// Bytes of the packet for the controller, if that is the port.
        max_len: u16,
    },
    /// Send the first `max_len` bytes to a port.
    OutputTruncated {
        /// The port, in 16-bit form.
        port: u16,
        /// Bytes kept.
        max_len: u32,
    },
    /// Run the packet through a group.
    Group(u32),
    /// Drop or mark the packet if it exceeds a meter.
    Meter(u32),
    /// Put a constant into a field.
    SetField(SetField),
    /// Copy bits between fields (`move` in ovs-ofctl). Both slices have one width.
    CopyField {
        /// Bits read.
        source: FieldSlice,
        /// Bits written.
        destination: FieldSlice,
    },
    /// Add a VLAN tag with this Ethernet type (0x8100 or 0x88a8).
    PushVlan(u16),
    /// Remove the outer VLAN tag.
    PopVlan,
    /// Add an MPLS label with this Ethernet type.
    PushMpls(u16),
    /// Remove the outer MPLS label; the type is that of what is below.
    PopMpls(u16),
    /// Decrement the IP time to live.
    DecTtl,
    /// Decrement the IP time to live; these controllers hear of packets that expire.
    DecTtlNotify(Vec<u16>),
    /// Set the IP time to live.
    SetTtl(u8),
    /// Set the time to live of the outer MPLS label.
    SetMplsTtl(u8),
    /// Decrement the time to live of the outer MPLS label.
    DecMplsTtl,
    /// Put later outputs into this queue.
    SetQueue(u32),
    /// Undo [`Action::SetQueue`].
    PopQueue,
    /// Look the packet up again, in another table or as if from another port.
    Resubmit(Resubmit),
    /// Write the number of a link, chosen by a hash, to a field.
    Multipath(Box<Multipath>),
    /// Send to one of several ports, or write its number to a field.
    PortBundle(Box<PortBundle>),
    /// Shorten the timeouts of this flow once a TCP FIN or RST was seen; 0 leaves them.
    FinTimeout {
        /// Idle timeout in seconds.
        idle: u16,
        /// Hard timeout in seconds.
        hard: u16,
    },
    /// Add a flow made from this packet.
    Learn(Box<Learn>),
    /// Send to a controller, with more to say than [`Action::Output`] can.
    Controller(Box<Controller>),
    /// Push bits of a field on the stack.
    Push(FieldSlice),
    /// Pop the stack into bits of a field.
    Pop(FieldSlice),
    /// This flow is one part of a conjunctive match.
    Conjunction(Conjunction),
    /// Connection tracking.
    Ct(Box<Ct>),
    /// Address translation; only inside [`Action::Ct`].
    Nat(Nat),
    /// Forget the connection tracking state of the packet.
    CtClear,
    /// Do the actions on a copy of packet and registers.
    Clone(Vec<Action>),
    /// Free bytes the switch keeps and ignores, padded with zeros to 6, 14, 22, … bytes by [`Action::note`].
    Note(Vec<u8>),
    /// Set one bit if the packet is longer than so many bytes.
    CheckPacketLarger(CheckPacketLarger),
    /// Remove a Geneve option from the packet.
    DeleteField {
        /// The option.
        field: crate::Field,
        /// Its mapped length.
        bytes: u8,
    },
    /// Give a fraction of the packets to IPFIX collectors.
    Sample(Sample),
    /// Stop the action list here.
    Exit,
    /// A standard action this crate does not know, with its body.
    Unknown {
        /// Type number.
        kind: u16,
        /// All after type and length.
        body: Vec<u8>,
    },
    /// An experimenter action this crate does not know, with its body.
    UnknownExperimenter {
        /// Experimenter id.
        experimenter: u32,
        /// All after the experimenter id; for Nicira it starts with the 16-bit subtype.
        body: Vec<u8>,
    },
}

impl Action {
    /// Deepest nesting of actions (clone in clone) that is decoded.
    pub const MAX_DEPTH: usize = 16;

    /// Reads a list of actions as it stands in a message; nothing may follow it.
    pub fn decode_list(bytes: &[u8]) -> Result<Vec<Action>, DecodeError> {
        decode_actions(&mut Reader::new(bytes, 0))
    }

    /// Appends a list of actions as it stands in a message.
    pub fn encode_list(actions: &[Action], out: &mut Vec<u8>) {
        encode_actions(actions, out);
    }

    /// Sends to a port.
    pub fn output(port: crate::PortNo) -> Action {
        Action::Output(Output { port, max_len: 0 })
    }

    /// Looks up in another table, keeping the ingress port.
    pub fn resubmit_table(table: u8) -> Action {
        Action::Resubmit(Resubmit { in_port: None, table: Some(table), with_ct_tuple: false })
    }

    /// Sets all bits of `field`.
    pub fn set(field: crate::Field, value: u128) -> Result<Action, BuildError> {
        SetField::new(field, value).map(Action::SetField)
    }

    /// Copies bits between two fields.
    pub fn copy(source: FieldSlice, destination: FieldSlice) -> Result<Action, BuildError> {
        if source.bits() == destination.bits() {
            Ok(Action::CopyField { source, destination })
        } else {
            Err(BuildError::WidthMismatch {
                source_bits: source.bits(),
                destination_bits: destination.bits(),
            })
        }
    }

    /// A note of these bytes, padded as the switch pads it.
    pub fn note(bytes: &[u8]) -> Action {
        let mut padded = bytes.to_vec();
        // Ten bytes of header stand before the note, and the whole is a multiple of eight.
        padded.resize(bytes.len().saturating_sub(6).next_multiple_of(8) + 6, 0);
        Action::Note(padded)
    }
}

/// One part of a conjunctive match: the flow with this id applies when a flow of every clause matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Conjunction {
    /// What the flow with `conj_id` matches on.
    pub id: u32,
    /// The clause this flow belongs to, counted from 0 (ovs-ofctl counts from 1).
    pub clause: u8,
    /// Clauses in all, 2 to 64.
    pub n_clauses: u8,
}

/// Sets one bit of a field if the packet is longer than `length` bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CheckPacketLarger {
    /// Bytes, Ethernet header included.
    pub length: u16,
    /// The bit, a slice of width 1.
    pub destination: FieldSlice,
}

/// Gives a fraction of the packets to IPFIX collectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sample {
    /// Packets out of 65,536; not 0.
    pub probability: u16,
    /// Which `Flow_Sample_Collector_Set` row.
    pub collector_set: u32,
    /// Observation domain id.
    pub domain: u32,
    /// Observation point id.
    pub point: u32,
    /// Port the sample is taken at, in 16-bit form; 0xffff for none.
    pub port: u16,
    /// 0 by default, 1 ingress, 2 egress.
    pub direction: u8,
}
