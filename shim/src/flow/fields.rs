//! Fields of packets.
//!
//! A slot is a field by Open vSwitch's own name in capitals (`EthDst` is `eth_dst`, `Reg{14}` is `reg14`): the codec's
//! table of fields is the only list, so a rule author can add a slot to the typedef and use it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use openflow::{Field, FieldSlice, Match};
use weir_engine::value::Value;

use super::FlowError;
use super::parts::{constructor, list, number, part};

/// Finds fields by the names the rules have for them.
#[derive(Debug, Default)]
pub(super) struct Slots {
    known: Mutex<HashMap<String, Field>>,
}

impl Slots {
    /// A list of `Field`.
    pub(super) fn matching(&self, value: &Value) -> Result<Match, FlowError> {
        let mut builder = Match::builder();
        for field in list(value)? {
            let (field, value, mask) = self.field(field)?;
            builder = match mask {
                None => builder.field(field, value),
                Some(mask) => builder.masked(field, value, mask),
            };
        }
        Ok(builder.build()?)
    }

    /// Field, value, and mask unless it covers the whole field.
    pub(super) fn field(&self, value: &Value) -> Result<(Field, u128, Option<u128>), FlowError> {
        let field = self.slot(part(value, "of")?)?;
        let bits = number(part(value, "value")?)?;
        let all = all_ones(field);
        let mask = match value.field("mask") {
            Some(mask) => number::<u128>(mask)? & all,
            None => all,
        };
        Ok((field, bits, (mask != all).then_some(mask)))
    }

    /// `Bits`
    pub(super) fn bits(&self, value: &Value) -> Result<FieldSlice, FlowError> {
        let field = self.slot(part(value, "run_of")?)?;
        Ok(FieldSlice::new(field, number(part(value, "offset")?)?, number(part(value, "width")?)?)?)
    }

    /// `Slot`
    pub(super) fn slot(&self, value: &Value) -> Result<Field, FlowError> {
        let mut slot = constructor(value, "a slot")?.to_owned();
        if let Value::Struct { fields, .. } = value
            && let Some((_, index)) = fields.first()
        {
            slot.push_str(&number::<u8>(index)?.to_string());
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(field) = known.get(&slot) {
            return Ok(*field);
        }
        let name = field_name(&slot);
        let Some(field) = Field::by_name(&name) else { return Err(FlowError::Slot { slot, name }) };
        known.insert(slot, field);
        Ok(field)
    }
}

/// `EthDst` is `eth_dst`. The port a packet came in by is OpenFlow's 32-bit field, not the older 16-bit one.
pub(super) fn field_name(slot: &str) -> String {
    if slot == "InPort" {
        return Field::IN_PORT.name().to_owned();
    }
    let mut name = String::with_capacity(slot.len() + 4);
    for (i, letter) in slot.chars().enumerate() {
        if letter.is_ascii_uppercase() && i > 0 {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

fn all_ones(field: Field) -> u128 {
    let bits = if field.is_variable() { u16::from(field.default_bytes()) * 8 } else { field.spec().bits };
    u128::MAX.checked_shr(128 - u32::from(bits)).unwrap_or(0)
}
