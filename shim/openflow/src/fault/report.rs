//! What a peer says went wrong with a request.

use std::fmt;

use super::names;
use crate::consts::{EXPERIMENTER, NICIRA};
use crate::error::DecodeError;
use crate::frame::{HEADER_LEN, Header};
use crate::wire::{Put, Reader};

/// An ERROR message. Its xid is that of the request it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What went wrong.
    pub kind: FaultKind,
    /// The start of the offending message (at least 64 bytes, or all of it), or a text for HELLO failures.
    pub data: Vec<u8>,
}

/// What went wrong: a pair of numbers, or an experimenter's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultKind {
    /// A number the OpenFlow specification lists.
    Standard {
        /// Error type (`OFPET_*`).
        kind: u16,
        /// Code within the type.
        code: u16,
    },
    /// A number of an experimenter.
    Experimenter {
        /// Experimenter id, 0x2320 for Nicira.
        experimenter: u32,
        /// Its number.
        code: u16,
    },
}

impl FaultKind {
    /// A role request with an older generation id than the switch has seen.
    pub const STALE_ROLE: FaultKind = FaultKind::Standard { kind: 11, code: 0 };
    /// The bundle does not exist, perhaps because it was idle for too long.
    pub const BAD_BUNDLE_ID: FaultKind = FaultKind::Standard { kind: 17, code: 2 };
    /// The TLV map cannot be changed while flows use it.
    pub const TLV_IN_USE: FaultKind = FaultKind::Experimenter { experimenter: NICIRA, code: 38 };
    /// The TLV is mapped already.
    pub const TLV_DUPLICATE: FaultKind = FaultKind::Experimenter { experimenter: NICIRA, code: 21 };
    /// The tunnel metadata field is mapped already.
    pub const TLV_FIELD_TAKEN: FaultKind = FaultKind::Experimenter { experimenter: NICIRA, code: 20 };

    /// Its name in the specification or in Open vSwitch (`OFPBMC_BAD_PREREQ`).
    pub fn name(self) -> Option<&'static str> {
        match self {
            FaultKind::Standard { kind, code } => names::standard(kind, code),
            FaultKind::Experimenter { experimenter: NICIRA, code } => names::nicira(code),
            FaultKind::Experimenter { .. } => None,
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.name(), self) {
            (Some(name), _) => f.write_str(name),
            (None, FaultKind::Standard { kind, code }) => write!(f, "error type {kind} code {code}"),
            (None, FaultKind::Experimenter { experimenter, code }) => {
                write!(f, "error of experimenter {experimenter:#x} code {code}")
            }
        }
    }
}

impl Fault {
    /// The header of the message the error is about, if the data begins with one.
    pub fn offender(&self) -> Option<Header> {
        self.data.first_chunk::<HEADER_LEN>().map(|&bytes| Header::parse(bytes))
    }

    pub(crate) fn encode(&self, out: &mut impl Put) {
        match self.kind {
            FaultKind::Standard { kind, code } => {
                out.put16(kind);
                out.put16(code);
            }
            FaultKind::Experimenter { experimenter, code } => {
                out.put16(EXPERIMENTER);
                out.put16(code);
                out.put32(experimenter);
            }
        }
        out.put(&self.data);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Fault, DecodeError> {
        let kind = reader.u16()?;
        let code = reader.u16()?;
        let kind = if kind == EXPERIMENTER {
            FaultKind::Experimenter { experimenter: reader.u32()?, code }
        } else {
            FaultKind::Standard { kind, code }
        };
        Ok(Fault { kind, data: reader.rest().to_vec() })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        match self.offender() {
            Some(header) => {
                write!(f, " (to a message of type {}, xid {:#x})", header.message_type, header.xid)
            }
            None => Ok(()),
        }
    }
}
