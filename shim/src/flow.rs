//! Flows as the rules write them (`rules/openflow.dl`), read into OpenFlow.
//!
//! A slot is a field by Open vSwitch's own name in capitals (`EthDst` is `eth_dst`, `Reg{14}` is `reg14`): the codec's
//! table of fields is the only list, so a rule author can add a slot to the typedef and use it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use openflow::{Action, Field, FieldSlice, Flow, Instructions, Match, PortNo, SetField};
use thiserror::Error;
use weir_engine::value::Value;

/// Reads records of the relation `openflow::Flow`.
#[derive(Debug, Default)]
pub struct FlowReader {
    slots: Mutex<HashMap<String, Field>>,
}

/// A flow and the hypervisor it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChassisFlow {
    /// system-id
    pub chassis: Arc<str>,
    /// The flow, in canonical form.
    pub flow: Flow,
}

/// A record that is no flow a switch could hold.
#[derive(Debug, Error)]
pub enum FlowError {
    /// The record lacks a field or has another type: the rule file and this program do not fit together.
    #[error("expected {expected}, found {found}; rules/openflow.dl and this program do not fit together")]
    Shape {
        /// What should be there.
        expected: &'static str,
        /// What is.
        found: String,
    },
    /// No field has the slot's name.
    #[error("no OpenFlow field is called `{name}` (from slot `{slot}`); see ovs-fields(7)")]
    Slot {
        /// As the rules say it.
        slot: String,
        /// As OpenFlow would.
        name: String,
    },
    /// The match cannot be: a prerequisite is missing, or bits stand outside the mask.
    #[error("impossible match: {0}")]
    Match(#[from] openflow::MatchError),
    /// An action cannot be.
    #[error("impossible action: {0}")]
    Action(#[from] openflow::BuildError),
}

impl FlowReader {
    /// Reads one record of `openflow::Flow`.
    ///
    /// # Errors
    /// When the record is no flow: see [`FlowError`].
    pub fn read(&self, record: &Value) -> Result<ChassisFlow, FlowError> {
        let chassis = match part(record, "chassis")? {
            Value::Str(text) => Arc::clone(text),
            other => return Err(shape("a string", other)),
        };
        let mut builder = Match::builder();
        for field in list(part(record, "matching")?)? {
            let (field, value, mask) = self.field(field)?;
            builder = match mask {
                None => builder.field(field, value),
                Some(mask) => builder.masked(field, value, mask),
            };
        }
        let mut flow = Flow::new(
            number(part(record, "table")?)?,
            number(part(record, "priority")?)?,
            builder.build()?,
            Instructions::apply(self.actions(part(record, "actions")?)?),
        );
        flow.cookie = number(part(record, "cookie")?)?;
        Ok(ChassisFlow { chassis, flow })
    }

    fn actions(&self, value: &Value) -> Result<Vec<Action>, FlowError> {
        list(value)?.iter().map(|action| self.action(action)).collect()
    }

    fn action(&self, value: &Value) -> Result<Action, FlowError> {
        let Value::Struct { ctor, .. } = value else { return Err(shape("an action", value)) };
        Ok(match last_segment(ctor) {
            "Output" => Action::output(PortNo(number(part(value, "port")?)?)),
            "SetField" => {
                let (field, bits, mask) = self.field(part(value, "field")?)?;
                Action::SetField(match mask {
                    None => SetField::new(field, bits)?,
                    Some(mask) => SetField::masked(field, bits, mask)?,
                })
            }
            "Move" => Action::copy(self.bits(part(value, "from")?)?, self.bits(part(value, "to")?)?)?,
            "Resubmit" => Action::resubmit_table(number(part(value, "table")?)?),
            "DecTtl" => Action::DecTtl,
            "Clone" => Action::Clone(self.actions(part(value, "actions")?)?),
            "ToGroup" => Action::Group(number(part(value, "group")?)?),
            _ => return Err(shape("an action this program knows", value)),
        })
    }

    fn bits(&self, value: &Value) -> Result<FieldSlice, FlowError> {
        let field = self.slot(part(value, "run_of")?)?;
        Ok(FieldSlice::new(field, number(part(value, "offset")?)?, number(part(value, "width")?)?)?)
    }

    /// Field, value, and mask unless it covers the whole field.
    fn field(&self, value: &Value) -> Result<(Field, u128, Option<u128>), FlowError> {
        let field = self.slot(part(value, "of")?)?;
        let bits = number(part(value, "value")?)?;
        let all = all_ones(field);
        let mask = match value.field("mask") {
            Some(mask) => number::<u128>(mask)? & all,
            None => all,
        };
        Ok((field, bits, (mask != all).then_some(mask)))
    }

    fn slot(&self, value: &Value) -> Result<Field, FlowError> {
        let Value::Struct { ctor, fields } = value else { return Err(shape("a slot", value)) };
        let mut slot = last_segment(ctor).to_owned();
        if let Some((_, index)) = fields.first() {
            slot.push_str(&number::<u8>(index)?.to_string());
        }
        let mut slots = self.slots.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(field) = slots.get(&slot) {
            return Ok(*field);
        }
        let name = field_name(&slot);
        let Some(field) = Field::by_name(&name) else { return Err(FlowError::Slot { slot, name }) };
        slots.insert(slot, field);
        Ok(field)
    }
}

/// `EthDst` is `eth_dst`. The port a packet came in by is OpenFlow's 32-bit field, not the older 16-bit one.
fn field_name(slot: &str) -> String {
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

fn last_segment(path: &str) -> &str {
    path.rsplit("::").next().unwrap_or(path)
}

fn part<'v>(value: &'v Value, name: &'static str) -> Result<&'v Value, FlowError> {
    value.field(name).ok_or_else(|| FlowError::Shape { expected: name, found: value.to_string() })
}

fn list(value: &Value) -> Result<&[Value], FlowError> {
    match value {
        Value::Vec(items) | Value::Set(items) => Ok(items),
        other => Err(shape("a list", other)),
    }
}

fn number<T: TryFrom<i128> + TryFrom<u128>>(value: &Value) -> Result<T, FlowError> {
    let converted = match value {
        Value::Int(number) => T::try_from(*number).ok(),
        // Only 128-bit numbers with the top bit set come this way.
        other => {
            other.as_integer().and_then(|big| u128::try_from(big).ok()).and_then(|n| T::try_from(n).ok())
        }
    };
    converted.ok_or_else(|| shape("a number that fits", value))
}

fn shape(expected: &'static str, found: &Value) -> FlowError {
    FlowError::Shape { expected, found: found.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn construct(ctor: &str, fields: Vec<(&str, Value)>) -> Value {
        Value::Struct {
            ctor: format!("openflow::{ctor}").into(),
            fields: fields.into_iter().map(|(name, value)| (name.into(), value)).collect(),
        }
    }

    fn exactly(slot: Value, value: i128) -> Value {
        construct("Exactly", vec![("of", slot), ("value", Value::Int(value))])
    }

    fn register(n: i128) -> Value {
        construct("Reg", vec![("register", Value::Int(n))])
    }

    fn slot(name: &str) -> Value {
        construct(name, vec![])
    }

    fn flow(matching: Vec<Value>, actions: Vec<Value>) -> Result<String, String> {
        let record = construct(
            "Flow",
            vec![
                ("chassis", Value::Str("hv1".into())),
                ("table", Value::Int(16)),
                ("priority", Value::Int(50)),
                ("matching", Value::Vec(matching)),
                ("actions", Value::Vec(actions)),
                ("cookie", Value::Int(7)),
            ],
        );
        FlowReader::default().read(&record).map(|read| read.flow.to_string()).map_err(|e| e.to_string())
    }

    fn bits(of: Value, offset: i128, width: i128) -> Value {
        construct("Bits", vec![("run_of", of), ("offset", Value::Int(offset)), ("width", Value::Int(width))])
    }

    #[test]
    fn matches_and_actions_become_what_ovs_ofctl_prints() {
        let multicast = construct(
            "Masked",
            vec![
                ("of", slot("EthDst")),
                ("value", Value::Int(0x0100_0000_0000)),
                ("mask", Value::Int(0x0100_0000_0000)),
            ],
        );
        let set = construct("SetField", vec![("field", exactly(register(15), 0x8000))]);
        let resubmit = construct("Resubmit", vec![("table", Value::Int(40))]);
        assert_eq!(
            flow(vec![exactly(slot("Metadata"), 5), multicast], vec![set, resubmit]).unwrap(),
            "cookie=0x7, table=16, priority=50,metadata=0x5,dl_dst=01:00:00:00:00:00/01:00:00:00:00:00 \
             actions=set_field:0x8000->reg15,resubmit(,40)"
        );
    }

    #[test]
    fn a_field_moves_into_a_geneve_option_and_a_port_number_is_32_bits_wide() {
        let option = construct("TunMetadata", vec![("option", Value::Int(0))]);
        let copy = construct("Move", vec![("from", bits(register(14), 0, 15)), ("to", bits(option, 16, 15))]);
        let output = construct("Output", vec![("port", Value::Int(3))]);
        assert_eq!(
            flow(vec![exactly(slot("InPort"), 9)], vec![copy, output]).unwrap(),
            "cookie=0x7, table=16, priority=50,in_port=9 \
             actions=move:NXM_NX_REG14[0..14]->NXM_NX_TUN_METADATA0[16..30],output:3"
        );
    }

    #[test]
    fn a_mask_of_all_ones_is_no_mask() {
        let whole = construct(
            "Masked",
            vec![("of", register(15)), ("value", Value::Int(3)), ("mask", Value::integer(u128::MAX))],
        );
        assert_eq!(flow(vec![whole], vec![]).unwrap(), flow(vec![exactly(register(15), 3)], vec![]).unwrap());
    }

    #[test]
    fn what_no_switch_can_hold_is_named() {
        let error = flow(vec![exactly(slot("EthDestination"), 5)], vec![]).unwrap_err();
        assert!(error.contains("`eth_destination`") && error.contains("ovs-fields(7)"), "{error}");
        let error = flow(vec![exactly(slot("Metadata"), i128::MAX)], vec![]).unwrap_err();
        assert!(error.starts_with("impossible match"), "{error}");
        let error = flow(vec![], vec![construct("Teleport", vec![])]).unwrap_err();
        assert!(error.contains("openflow::Teleport"), "{error}");
    }
}
