//! Records of the output relations.

use openflow::{Flow, Group, Instructions, Meter};
use weir_engine::value::Value;

use super::FlowError;
use super::actions::actions;
use super::fields::Slots;
use super::groups;
use super::parts::{number, part};

/// Reads records of the relations of `openflow`. Whom they are for, their `scope`, is not looked at.
#[derive(Debug, Default)]
pub struct FlowReader {
    slots: Slots,
}

impl FlowReader {
    /// Reads one record of `openflow::Flow`, into canonical form.
    ///
    /// # Errors
    /// When the record is no flow: see [`FlowError`].
    pub fn flow(&self, record: &Value) -> Result<Flow, FlowError> {
        let mut flow = Flow::new(
            number(part(record, "table")?)?,
            number(part(record, "priority")?)?,
            self.slots.matching(part(record, "matching")?)?,
            Instructions::apply(actions(part(record, "actions")?, &self.slots)?),
        );
        flow.cookie = number(part(record, "cookie")?)?;
        Ok(flow)
    }

    /// Reads one record of `openflow::Group`.
    ///
    /// # Errors
    /// When the record is no group: see [`FlowError`].
    pub fn group(&self, record: &Value) -> Result<Group, FlowError> {
        groups::group(record, &self.slots)
    }

    /// Reads one record of `openflow::Meter`.
    ///
    /// # Errors
    /// When the record is no meter: see [`FlowError`].
    pub fn meter(&self, record: &Value) -> Result<Meter, FlowError> {
        groups::meter(record)
    }
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
                ("table", Value::Int(16)),
                ("priority", Value::Int(50)),
                ("matching", Value::Vec(matching)),
                ("actions", Value::Vec(actions)),
                ("cookie", Value::Int(7)),
            ],
        );
        FlowReader::default().flow(&record).map(|flow| flow.to_string()).map_err(|e| e.to_string())
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
