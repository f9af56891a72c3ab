//! Bytes to actions.

use super::encode::{KEEP_IN_PORT, SAME_TABLE};
use super::hash::Load;
use super::learn::Extended;
use super::{
    Action, CheckPacketLarger, Conjunction, Controller, Ct, FieldSlice, Learn, Multipath, Nat, Output,
    PacketInReason, PortBundle, Resubmit, Sample, SetField,
};
use crate::consts::{EXPERIMENTER, NICIRA, action as standard, nicira_action as nicira};
use crate::error::{DecodeError, DecodeErrorKind};
use crate::field::{Field, take_header};
use crate::port::PortNo;
use crate::wire::Reader;

/// Reads actions up to the end of `reader`.
pub(crate) fn decode_actions(reader: &mut Reader<'_>) -> Result<Vec<Action>, DecodeError> {
    decode_actions_at(reader, 0)
}

pub(super) fn decode_actions_at(reader: &mut Reader<'_>, depth: usize) -> Result<Vec<Action>, DecodeError> {
    if depth > Action::MAX_DEPTH {
        return Err(reader.error(DecodeErrorKind::TooDeep));
    }
    let mut actions = Vec::new();
    while !reader.is_empty() {
        let start = reader.offset();
        let kind = reader.u16()?;
        let length = usize::from(reader.u16()?);
        // Every action is a multiple of eight bytes, padding included.
        if length < 8 || !length.is_multiple_of(8) {
            return Err(DecodeError::new(start, DecodeErrorKind::BadLength { what: "action", length }));
        }
        let body = reader.element("action", length, start)?;
        actions.push(decode_body(kind, body, depth)?);
    }
    Ok(actions)
}

fn decode_body(kind: u16, mut body: Reader<'_>, depth: usize) -> Result<Action, DecodeError> {
    let whole = body.clone();
    let body = &mut body;
    Ok(match kind {
        standard::OUTPUT => Action::Output(Output { port: PortNo(body.u32()?), max_len: body.u16()? }),
        standard::GROUP => Action::Group(body.u32()?),
        standard::METER => Action::Meter(body.u32()?),
        standard::SET_FIELD => {
            let start = body.offset();
            let header = take_header(body)?;
            match SetField::decode(header, start, body)? {
                Some(set_field) => Action::SetField(set_field),
                None => unknown(kind, whole),
            }
        }
        standard::COPY_FIELD => {
            let bits = body.u16()?;
            let (source_offset, destination_offset) = (body.u16()?, body.u16()?);
            body.skip(2)?;
            match (SliceHeader::take(body)?, SliceHeader::take(body)?) {
                (Some(source), Some(destination)) => Action::CopyField {
                    source: source.slice(source_offset, bits)?,
                    destination: destination.slice(destination_offset, bits)?,
                },
                _ => unknown(kind, whole),
            }
        }
        standard::PUSH_VLAN => Action::PushVlan(body.u16()?),
        standard::POP_VLAN => Action::PopVlan,
        standard::PUSH_MPLS => Action::PushMpls(body.u16()?),
        standard::POP_MPLS => Action::PopMpls(body.u16()?),
        standard::DEC_TTL => Action::DecTtl,
        standard::SET_TTL => Action::SetTtl(body.u8()?),
        standard::SET_MPLS_TTL => Action::SetMplsTtl(body.u8()?),
        standard::DEC_MPLS_TTL => Action::DecMplsTtl,
        standard::SET_QUEUE => Action::SetQueue(body.u32()?),
        EXPERIMENTER => {
            let experimenter = body.u32()?;
            let content = body.clone();
            let known = if experimenter == NICIRA { decode_nicira(body, depth)? } else { None };
            known.unwrap_or_else(|| Action::UnknownExperimenter {
                experimenter,
                body: content.clone().rest().to_vec(),
            })
        }
        _ => unknown(kind, whole),
    })
}

fn unknown(kind: u16, mut body: Reader<'_>) -> Action {
    Action::Unknown { kind, body: body.rest().to_vec() }
}

/// `None` for a subtype, or a field, that is not known.
fn decode_nicira(body: &mut Reader<'_>, depth: usize) -> Result<Option<Action>, DecodeError> {
    Ok(Some(match body.u16()? {
        nicira::RESUBMIT => Action::Resubmit(Resubmit {
            in_port: Some(body.u16()?).filter(|&port| port != KEEP_IN_PORT),
            table: None,
            with_ct_tuple: false,
        }),
        subtype @ (nicira::RESUBMIT_TABLE | nicira::RESUBMIT_TABLE_CT) => Action::Resubmit(Resubmit {
            in_port: Some(body.u16()?).filter(|&port| port != KEEP_IN_PORT),
            table: Some(body.u8()?).filter(|&table| table != SAME_TABLE),
            with_ct_tuple: subtype == nicira::RESUBMIT_TABLE_CT,
        }),
        nicira::POP_QUEUE => Action::PopQueue,
        nicira::NOTE => Action::Note(body.rest().to_vec()),
        nicira::OUTPUT_REG => {
            let packed = body.u16()?;
            let Some(header) = SliceHeader::take(body)? else { return Ok(None) };
            Action::OutputField { source: header.packed_slice(packed)?, max_len: body.u16()? }
        }
        nicira::OUTPUT_REG2 => {
            let packed = body.u16()?;
            let max_len = body.u16()?;
            let Some(header) = SliceHeader::take(body)? else { return Ok(None) };
            Action::OutputField { source: header.packed_slice(packed)?, max_len }
        }
        nicira::LEARN => Action::Learn(Box::new(Learn::decode(body, Extended::No)?)),
        nicira::LEARN2 => Action::Learn(Box::new(Learn::decode(body, Extended::Yes)?)),
        nicira::EXIT => Action::Exit,
        nicira::MULTIPATH => {
            let Some(multipath) = Multipath::decode(body)? else { return Ok(None) };
            Action::Multipath(Box::new(multipath))
        }
        subtype @ (nicira::BUNDLE | nicira::BUNDLE_LOAD) => {
            let load = if subtype == nicira::BUNDLE_LOAD { Load::Yes } else { Load::No };
            let Some(bundle) = PortBundle::decode(body, load)? else { return Ok(None) };
            Action::PortBundle(Box::new(bundle))
        }
        nicira::FIN_TIMEOUT => Action::FinTimeout { idle: body.u16()?, hard: body.u16()? },
        // What OpenFlow 1.5 says by set_field.
        nicira::SET_TUNNEL => set_tunnel(body, |body| body.u32().map(u64::from))?,
        nicira::SET_TUNNEL64 => {
            body.skip(6)?;
            set_tunnel(body, Reader::u64)?
        }
        nicira::CONTROLLER => {
            let (max_len, id) = (body.u16()?, body.u16()?);
            let reason = PacketInReason(body.u8()?);
            Action::Controller(Box::new(Controller { max_len, id, reason, ..Controller::default() }))
        }
        nicira::CONTROLLER2 => {
            body.skip(6)?;
            Action::Controller(Box::new(Controller::decode(body)?))
        }
        nicira::DEC_TTL_CNT_IDS => {
            let n = body.u16()?;
            body.skip(4)?;
            Action::DecTtlNotify((0..n).map(|_| body.u16()).collect::<Result<_, _>>()?)
        }
        subtype @ (nicira::STACK_PUSH | nicira::STACK_POP) => {
            let offset = body.u16()?;
            let Some(header) = SliceHeader::take(body)? else { return Ok(None) };
            let bits = body.u16()?;
            let slice = header.slice(offset, bits)?;
            if subtype == nicira::STACK_PUSH { Action::Push(slice) } else { Action::Pop(slice) }
        }
        nicira::CONJUNCTION => {
            let (clause, n_clauses) = (body.u8()?, body.u8()?);
            Action::Conjunction(Conjunction { id: body.u32()?, clause, n_clauses })
        }
        nicira::CT => Action::Ct(Box::new(Ct::decode(body, depth)?)),
        nicira::NAT => Action::Nat(Nat::decode(body)?),
        nicira::CT_CLEAR => Action::CtClear,
        nicira::CLONE => {
            body.skip(6)?;
            Action::Clone(decode_actions_at(body, depth + 1)?)
        }
        nicira::OUTPUT_TRUNC => Action::OutputTruncated { port: body.u16()?, max_len: body.u32()? },
        subtype @ (nicira::SAMPLE | nicira::SAMPLE2 | nicira::SAMPLE3) => Action::Sample(Sample {
            probability: body.u16()?,
            collector_set: body.u32()?,
            domain: body.u32()?,
            point: body.u32()?,
            port: if subtype == nicira::SAMPLE { u16::MAX } else { body.u16()? },
            direction: if subtype == nicira::SAMPLE3 { body.u8()? } else { 0 },
        }),
        nicira::CHECK_PKT_LARGER => {
            let (length, offset) = (body.u16()?, body.u16()?);
            let Some(header) = SliceHeader::take(body)? else { return Ok(None) };
            let destination = header.slice(offset, 1)?;
            Action::CheckPacketLarger(CheckPacketLarger { length, destination })
        }
        nicira::DELETE_FIELD => {
            let Some(header) = SliceHeader::take(body)? else { return Ok(None) };
            let whole = header.slice(0, 1)?;
            Action::DeleteField { field: whole.field(), bytes: whole.field_bytes() }
        }
        _ => return Ok(None),
    }))
}

fn set_tunnel<'a>(
    body: &mut Reader<'a>,
    key: impl FnOnce(&mut Reader<'a>) -> Result<u64, DecodeError>,
) -> Result<Action, DecodeError> {
    let at = body.clone();
    let key = u128::from(key(body)?);
    let set_field = SetField::new(Field::TUN_ID, key);
    set_field.map(Action::SetField).map_err(|error| at.error(DecodeErrorKind::Build(error)))
}

/// A field header that names a range of bits: no value follows it.
pub(super) struct SliceHeader {
    field: Field,
    bytes: usize,
    /// Where it stands, for errors.
    start: usize,
}

impl SliceHeader {
    /// `None` if the table does not have the field.
    pub(super) fn take(reader: &mut Reader<'_>) -> Result<Option<SliceHeader>, DecodeError> {
        let start = reader.offset();
        let header = take_header(reader)?;
        Ok(header.field().map(|field| SliceHeader { field, bytes: header.payload, start }))
    }

    pub(super) fn slice(&self, offset: u16, bits: u16) -> Result<FieldSlice, DecodeError> {
        let built = if self.field.is_variable() {
            let bytes = u8::try_from(self.bytes).unwrap_or(u8::MAX);
            FieldSlice::of_option(self.field, bytes, offset, bits)
        } else {
            FieldSlice::new(self.field, offset, bits)
        };
        built.map_err(|error| DecodeError::new(self.start, DecodeErrorKind::Build(error)))
    }

    /// Offset and width from the 16 bits that hold both.
    pub(super) fn packed_slice(&self, packed: u16) -> Result<FieldSlice, DecodeError> {
        self.slice(packed >> 6, (packed & 0x3f) + 1)
    }
}

/// A header whose field must be known.
pub(super) fn take_slice_header(reader: &mut Reader<'_>) -> Result<SliceHeader, DecodeError> {
    let mut peek = reader.clone();
    match SliceHeader::take(reader)? {
        Some(header) => Ok(header),
        None => {
            let start = peek.offset();
            let value = u64::from(peek.u32()?);
            Err(DecodeError::new(start, DecodeErrorKind::BadValue { what: "field header", value }))
        }
    }
}
