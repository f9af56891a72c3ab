//! The one canonical form of a match.

use std::sync::Arc;

use smallvec::SmallVec;

use super::codec::Prerequisites;
use super::prerequisite::check_prerequisites;
use super::value::Match;
use crate::error::MatchError;
use crate::field::{Dialect, Field, MaskFollows, Masking, Rewriting, number, put_header};
use crate::wire::Put;

/// A value or mask; only long Geneve options take more than sixteen bytes.
pub(super) type Octets = SmallVec<[u8; 16]>;

/// A field as it was given: value and mask of the same length, nothing checked.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) field: Field,
    pub(super) value: Octets,
    pub(super) mask: Octets,
    /// Whether all bits of the field are tested.
    pub(super) coverage: Coverage,
}

/// Whether a mask covers the whole of its field. The bytes alone do not say so for Geneve options,
/// which are written without leading zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coverage {
    Whole,
    Part,
}

impl Entry {
    /// Covers the whole field if the mask is all ones.
    pub(super) fn new(field: Field, value: Octets, mask: Octets) -> Entry {
        let whole = mask.iter().all(|&byte| byte == 0xff);
        Entry { field, value, mask, coverage: if whole { Coverage::Whole } else { Coverage::Part } }
    }

    /// `value` and `mask` cut to `bytes` bytes; bits that do not fit are reported by [`normalise`].
    pub(super) fn of_numbers(field: Field, bytes: usize, value: u128, mask: u128) -> Entry {
        let tail = |number: u128| {
            let octets = number.to_be_bytes();
            let mut out = Octets::from_elem(0, bytes.saturating_sub(16));
            out.extend_from_slice(&octets[16usize.saturating_sub(bytes)..]);
            out
        };
        let mut entry = Entry::new(field, tail(value), tail(mask));
        if !field.is_variable() {
            // Bits above the field's width do not count.
            let significant = u128::MAX >> (128 - field.wire_bits(bytes as u8).clamp(1, 128));
            let whole = mask & significant == significant;
            entry.coverage = if whole { Coverage::Whole } else { Coverage::Part };
        }
        entry
    }
}

/// Checks every field, rewrites synonyms, orders, and writes the TLVs.
/// Unknown TLVs stand behind the known.
pub(super) fn normalise(
    entries: SmallVec<[Entry; 8]>,
    mut unknown: Vec<Vec<u8>>,
    prerequisites: Prerequisites,
) -> Result<Match, MatchError> {
    let mut canonical = SmallVec::<[Entry; 8]>::new();
    for mut entry in entries {
        check_entry(&mut entry)?;
        if is_wildcard(&entry) {
            continue;
        }
        rewrite(entry, &mut canonical)?;
    }
    canonical.sort_by_key(|entry| entry.field);
    if let Some(pair) = canonical.windows(2).find(|pair| pair[0].field == pair[1].field) {
        return Err(MatchError::Duplicate { field: pair[0].field });
    }
    if prerequisites == Prerequisites::Required {
        check_prerequisites(&canonical)?;
    }
    unknown.sort();
    let mut tlvs = Vec::with_capacity(canonical.len() * 12);
    for entry in &canonical {
        put_entry(&mut tlvs, entry);
    }
    unknown.iter().for_each(|tlv| tlvs.put(tlv));
    Ok(Match { tlvs: Arc::from(tlvs) })
}

/// Bits above the field's width are an error in the value and cleared in the mask.
fn check_entry(entry: &mut Entry) -> Result<(), MatchError> {
    let field = entry.field;
    let spec = field.spec();
    let length = entry.value.len();
    let length_fits = match field.is_variable() {
        true => (1..=usize::from(spec.bytes)).contains(&length),
        false => length == usize::from(spec.bytes),
    };
    if !length_fits {
        return Err(MatchError::BadLength { field, length });
    }
    let (value, mask) = (number(&entry.value), number(&entry.mask));
    let bits = field.wire_bits(length as u8);
    if !field.is_variable() {
        let significant = u128::MAX >> (128 - bits.clamp(1, 128));
        if value & !significant != 0 {
            return Err(MatchError::TooWide { field, value, bits });
        }
        *entry = Entry::of_numbers(field, length, value, mask & significant);
    }
    if entry.value.iter().zip(&entry.mask).any(|(value, mask)| value & !mask != 0) {
        return Err(MatchError::ValueOutsideMask { field, value, mask });
    }
    if spec.masking == Masking::Exact && !is_wildcard(entry) && entry.coverage == Coverage::Part {
        return Err(MatchError::NotMaskable { field });
    }
    if field.is_variable() {
        trim(entry);
    }
    Ok(())
}

/// Drops leading bytes that say nothing. The switch fills a Geneve option up with zeros to the length
/// it is mapped to, and gives it back in that length; this way the two are equal.
fn trim(entry: &mut Entry) {
    let significant = if entry.coverage == Coverage::Whole { &entry.value } else { &entry.mask };
    let leading = significant.iter().take_while(|&&byte| byte == 0).count();
    let from = leading.min(significant.len().saturating_sub(1));
    entry.value = Octets::from_slice(&entry.value[from..]);
    entry.mask = Octets::from_slice(&entry.mask[from..]);
}

fn is_wildcard(entry: &Entry) -> bool {
    entry.mask.iter().all(|&byte| byte == 0)
}

/// Replaces a field by the canonical one (or ones) that say the same.
fn rewrite(entry: Entry, out: &mut SmallVec<[Entry; 8]>) -> Result<(), MatchError> {
    let field = entry.field;
    let (value, mask) = (number(&entry.value), number(&entry.mask));
    if field == Field::PACKET_TYPE && value == 0 {
        // Ethernet, which is what a match without the field means.
    } else if field == Field::IN_PORT_16 {
        let port = crate::port::PortNo::from_u16(value as u16);
        out.push(Entry::of_numbers(Field::IN_PORT, 4, u128::from(port.0), u128::from(u32::MAX)));
    } else if field == Field::NW_TOS {
        if value & 3 != 0 {
            return Err(MatchError::TooWide { field, value, bits: 6 });
        }
        out.push(Entry::of_numbers(Field::IP_DSCP, 1, value >> 2, 0x3f));
    } else if field == Field::VLAN_TCI {
        rewrite_vlan_tci(value, mask, out)?;
    } else if let Some((first, count)) = register_parts(field) {
        for i in 0..count {
            let shift = 32 * u32::from(count - 1 - i);
            let part = |whole: u128| (whole >> shift) & u128::from(u32::MAX);
            if part(mask) != 0 {
                let Some(register) = Field::reg(first + i) else { continue };
                out.push(Entry::of_numbers(register, 4, part(value), part(mask)));
            }
        }
    } else {
        out.push(entry);
    }
    Ok(())
}

/// Whether `given`, in canonical form, is `field` or has it as a part.
pub(super) fn covers(given: Field, field: Field) -> bool {
    let registers = register_parts(given)
        .is_some_and(|(first, count)| (first..first + count).any(|n| Field::reg(n) == Some(field)));
    let pair = match given {
        Field::IN_PORT_16 => field == Field::IN_PORT,
        Field::NW_TOS => field == Field::IP_DSCP,
        Field::VLAN_TCI => matches!(field, Field::VLAN_VID | Field::VLAN_PCP),
        _ => false,
    };
    given == field || registers || pair
}

/// First register and number of registers behind an `xreg` or `xxreg`.
fn register_parts(field: Field) -> Option<(u8, u8)> {
    let shape = field.shape();
    match shape.rewriting {
        Rewriting::Registers(first) => Some((first, shape.bytes / 4)),
        _ => None,
    }
}

/// The tag control word is priority (3 bits), present bit, and id (12 bits).
fn rewrite_vlan_tci(value: u128, mask: u128, out: &mut SmallVec<[Entry; 8]>) -> Result<(), MatchError> {
    let (vid_mask, pcp_mask) = (mask & 0x1fff, mask >> 13);
    let present = value & 0x1000 != 0;
    let absent = mask & 0x1000 != 0 && !present;
    if vid_mask != 0 {
        out.push(Entry::of_numbers(Field::VLAN_VID, 2, value & 0x1fff, vid_mask));
    }
    match pcp_mask {
        0 => {}
        // A packet without a tag has no priority to test.
        _ if absent && value >> 13 == 0 => {}
        7 if present => out.push(Entry::of_numbers(Field::VLAN_PCP, 1, value >> 13, 7)),
        _ => return Err(MatchError::NotExpressible { field: Field::VLAN_TCI, mask }),
    }
    Ok(())
}

fn put_entry(out: &mut Vec<u8>, entry: &Entry) {
    let follows = match entry.coverage {
        Coverage::Whole => MaskFollows::No,
        Coverage::Part => MaskFollows::Yes,
    };
    put_header(out, entry.field, Dialect::Standard, follows, entry.value.len() as u8);
    out.put(&entry.value);
    if entry.coverage == Coverage::Part {
        out.put(&entry.mask);
    }
}
