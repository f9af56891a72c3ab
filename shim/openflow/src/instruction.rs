//! What a flow does with a packet it matches.

use std::fmt;

use crate::action::{Action, decode_actions, encode_actions, write_actions};
use crate::error::{DecodeError, DecodeErrorKind};
use crate::wire::{Put, Reader};

/// The instructions of a flow. There is one of each kind at most and the order of their doing is fixed,
/// so they are fields here, and equal instructions are equal values. The default drops the packet.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instructions {
    /// Actions done at once, in order.
    pub apply: Vec<Action>,
    /// Empty the action set.
    pub clear: bool,
    /// Actions put into the action set, to be done when the pipeline ends.
    pub write: Vec<Action>,
    /// Bits put into the metadata register.
    pub metadata: Option<WriteMetadata>,
    /// The table to go on with; it must have a higher number.
    pub goto_table: Option<u8>,
}

/// Bits put into the metadata register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WriteMetadata {
    /// The bits.
    pub value: u64,
    /// Which of them are written.
    pub mask: u64,
}

const GOTO_TABLE: u16 = 1;
const WRITE_METADATA: u16 = 2;
const WRITE_ACTIONS: u16 = 3;
const APPLY_ACTIONS: u16 = 4;
const CLEAR_ACTIONS: u16 = 5;

impl Instructions {
    /// These actions and nothing else.
    pub fn apply(actions: Vec<Action>) -> Instructions {
        Instructions { apply: actions, ..Instructions::default() }
    }

    pub(crate) fn encode(&self, out: &mut impl Put) {
        if !self.apply.is_empty() {
            put(out, APPLY_ACTIONS, |out| {
                out.zeros(4);
                encode_actions(&self.apply, out);
            });
        }
        if self.clear {
            put(out, CLEAR_ACTIONS, |out| out.zeros(4));
        }
        if !self.write.is_empty() {
            put(out, WRITE_ACTIONS, |out| {
                out.zeros(4);
                encode_actions(&self.write, out);
            });
        }
        if let Some(metadata) = self.metadata {
            put(out, WRITE_METADATA, |out| {
                out.zeros(4);
                out.put64(metadata.value);
                out.put64(metadata.mask);
            });
        }
        if let Some(table) = self.goto_table {
            put(out, GOTO_TABLE, |out| {
                out.put8(table);
                out.zeros(3);
            });
        }
    }

    /// Reads instructions up to the end of `reader`.
    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Instructions, DecodeError> {
        let mut all = Instructions::default();
        let mut seen = 0u32;
        while !reader.is_empty() {
            let start = reader.offset();
            let kind = reader.u16()?;
            let length = usize::from(reader.u16()?);
            if length < 8 || !length.is_multiple_of(8) {
                let kind = DecodeErrorKind::BadLength { what: "instruction", length };
                return Err(DecodeError::new(start, kind));
            }
            let mut body = reader.element("instruction", length, start)?;
            let bad = DecodeError::new(
                start,
                DecodeErrorKind::BadValue { what: "instruction", value: u64::from(kind) },
            );
            // One of each kind at most.
            let bit = 1u32.checked_shl(u32::from(kind)).unwrap_or(0);
            if seen & bit != 0 {
                return Err(bad);
            }
            seen |= bit;
            match kind {
                GOTO_TABLE => all.goto_table = Some(body.u8()?),
                WRITE_METADATA => {
                    body.skip(4)?;
                    all.metadata = Some(WriteMetadata { value: body.u64()?, mask: body.u64()? });
                }
                WRITE_ACTIONS => {
                    body.skip(4)?;
                    all.write = decode_actions(&mut body)?;
                }
                APPLY_ACTIONS => {
                    body.skip(4)?;
                    all.apply = decode_actions(&mut body)?;
                }
                CLEAR_ACTIONS => all.clear = true,
                _ => return Err(bad),
            }
        }
        Ok(all)
    }
}

fn put<P: Put>(out: &mut P, kind: u16, body: impl FnOnce(&mut P)) {
    let start = out.position();
    out.put16(kind);
    out.put16(0);
    body(out);
    out.patch_u16(start + 2, out.position() - start);
}

impl fmt::Display for Instructions {
    /// What stands behind `actions=` in ovs-ofctl syntax.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Instructions::default() {
            return f.write_str("drop");
        }
        let mut separator = "";
        let mut begin = |f: &mut fmt::Formatter<'_>| f.write_str(std::mem::replace(&mut separator, ","));
        if !self.apply.is_empty() {
            begin(f)?;
            write_actions(f, &self.apply)?;
        }
        if self.clear {
            begin(f)?;
            f.write_str("clear_actions")?;
        }
        if !self.write.is_empty() {
            begin(f)?;
            f.write_str("write_actions(")?;
            write_actions(f, &self.write)?;
            f.write_str(")")?;
        }
        if let Some(WriteMetadata { value, mask }) = self.metadata {
            begin(f)?;
            write!(f, "write_metadata:{value:#x}")?;
            if mask != u64::MAX {
                write!(f, "/{mask:#x}")?;
            }
        }
        if let Some(table) = self.goto_table {
            begin(f)?;
            write!(f, "goto_table:{table}")?;
        }
        Ok(())
    }
}
