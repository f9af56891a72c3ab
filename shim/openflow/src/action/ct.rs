//! Connection tracking.

use std::fmt;

use super::decode::{decode_actions_at, take_slice_header};
use super::encode::encode_actions;
use super::text::write_actions;
use super::{Action, FieldSlice};
use crate::consts::{ALG_FTP, ALG_TFTP};
use crate::error::DecodeError;
use crate::field::{Dialect, MaskFollows, put_header};
use crate::wire::{Put, Reader};

/// Send the packet through connection tracking.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Ct {
    /// Remember the connection.
    pub commit: bool,
    /// Replace a connection of the other direction; only with `commit`.
    pub force: bool,
    /// The zone.
    pub zone: CtZone,
    /// Table where the packet goes on with `ct_state` known; without it only a copy is tracked.
    pub table: Option<u8>,
    /// Well-known port of the helper: 21 FTP, 69 TFTP, 0 none.
    pub alg: u16,
    /// What is done to the connection: a [`Action::Nat`] first, then changes to `ct_mark` and `ct_label`.
    pub actions: Vec<Action>,
}

/// Where the zone of a connection comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CtZone {
    /// This number.
    Immediate(u16),
    /// Sixteen bits of a field.
    Field(FieldSlice),
}

impl Default for CtZone {
    fn default() -> Self {
        CtZone::Immediate(0)
    }
}

const COMMIT: u16 = 1;
const FORCE: u16 = 2;
const NO_TABLE: u8 = 0xff;

impl Ct {
    /// All after the subtype.
    pub(super) fn encode(&self, out: &mut impl Put) {
        let commit = if self.commit { COMMIT } else { 0 };
        let force = if self.force { FORCE } else { 0 };
        out.put16(commit | force);
        match self.zone {
            CtZone::Immediate(zone) => {
                out.put32(0);
                out.put16(zone);
            }
            CtZone::Field(slice) => {
                put_header(out, slice.field(), Dialect::Nicira, MaskFollows::No, slice.field_bytes());
                out.put16(slice.packed());
            }
        }
        out.put8(self.table.unwrap_or(NO_TABLE));
        out.zeros(3);
        out.put16(self.alg);
        encode_actions(&self.actions, out);
    }

    pub(super) fn decode(reader: &mut Reader<'_>, depth: usize) -> Result<Ct, DecodeError> {
        let flags = reader.u16()?;
        let mut peek = reader.clone();
        let zone = if peek.u32()? == 0 {
            reader.skip(4)?;
            CtZone::Immediate(reader.u16()?)
        } else {
            let header = take_slice_header(reader)?;
            let packed = reader.u16()?;
            CtZone::Field(header.packed_slice(packed)?)
        };
        let table = reader.u8()?;
        reader.skip(3)?;
        let alg = reader.u16()?;
        let actions = decode_actions_at(reader, depth + 1)?;
        Ok(Ct {
            commit: flags & COMMIT != 0,
            force: flags & FORCE != 0,
            zone,
            table: (table != NO_TABLE).then_some(table),
            alg,
            actions,
        })
    }
}

impl fmt::Display for Ct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if self.commit {
            parts.push("commit".to_owned());
        }
        if self.force {
            parts.push("force".to_owned());
        }
        if let Some(table) = self.table {
            parts.push(format!("table={table}"));
        }
        match self.zone {
            CtZone::Immediate(0) => {}
            CtZone::Immediate(zone) => parts.push(format!("zone={zone}")),
            CtZone::Field(slice) => parts.push(format!("zone={slice}")),
        }
        let exec = match self.actions.as_slice() {
            [nat @ Action::Nat(_), rest @ ..] => {
                parts.push(nat.to_string());
                rest
            }
            all => all,
        };
        if !exec.is_empty() {
            let mut text = String::new();
            write_actions(&mut text, exec)?;
            parts.push(format!("exec({text})"));
        }
        match self.alg {
            0 => {}
            ALG_FTP => parts.push("alg=ftp".to_owned()),
            ALG_TFTP => parts.push("alg=tftp".to_owned()),
            other => parts.push(format!("alg={other}")),
        }
        write!(f, "ct({})", parts.join(","))
    }
}
