//! Actions.

use openflow::{
    Action, CheckPacketLarger, Conjunction, Controller, Learn, LearnSource, LearnSpec, PortNo, Resubmit,
    SetField,
};
use weir_engine::value::Value;

use super::FlowError;
use super::fields::Slots;
use super::parts::{boolean, constructor, list, number, numbers, option, part};
use super::tracking;

/// A list of `Action`.
pub(super) fn actions(value: &Value, slots: &Slots) -> Result<Vec<Action>, FlowError> {
    list(value)?.iter().map(|value| action(value, slots)).collect()
}

fn action(value: &Value, slots: &Slots) -> Result<Action, FlowError> {
    let bits = |name| slots.bits(part(value, name)?);
    Ok(match constructor(value, "an action")? {
        "Output" => Action::output(PortNo(number(part(value, "port")?)?)),
        "OutputTo" => Action::OutputField { source: bits("number")?, max_len: 0 },
        "SetField" => {
            let (field, bits, mask) = slots.field(part(value, "field")?)?;
            Action::SetField(match mask {
                None => SetField::new(field, bits)?,
                Some(mask) => SetField::masked(field, bits, mask)?,
            })
        }
        "Move" => Action::copy(bits("from")?, bits("to")?)?,
        "Push" => Action::Push(bits("bits")?),
        "Pop" => Action::Pop(bits("bits")?),
        "DecTtl" => Action::DecTtl,
        "PushVlan" => Action::PushVlan(number(part(value, "ethertype")?)?),
        "PopVlan" => Action::PopVlan,
        "SetQueue" => Action::SetQueue(number(part(value, "queue")?)?),
        "PopQueue" => Action::PopQueue,
        "Resubmit" => Action::resubmit_table(number(part(value, "table")?)?),
        "ResubmitAs" => Action::Resubmit(Resubmit {
            in_port: Some(number(part(value, "in_port")?)?),
            table: Some(number(part(value, "table")?)?),
            with_ct_tuple: false,
        }),
        "Clone" => Action::Clone(actions(part(value, "actions")?, slots)?),
        "ToGroup" => Action::Group(number(part(value, "group")?)?),
        "ToMeter" => Action::Meter(number(part(value, "meter")?)?),
        "Ct" => Action::Ct(Box::new(tracking::ct(part(value, "ct")?, slots)?)),
        "CtClear" => Action::CtClear,
        "Conjunction" => Action::Conjunction(Conjunction {
            id: number(part(value, "id")?)?,
            clause: number(part(value, "clause")?)?,
            n_clauses: number(part(value, "clauses")?)?,
        }),
        "Learn" => Action::Learn(Box::new(learn(part(value, "flow")?, slots)?)),
        "ToController" => Action::Controller(Box::new(controller(part(value, "punt")?)?)),
        "CheckPacketLarger" => Action::CheckPacketLarger(CheckPacketLarger {
            length: number(part(value, "length")?)?,
            destination: bits("into")?,
        }),
        "DeleteField" => {
            let field = slots.slot(part(value, "option")?)?;
            Action::DeleteField { field, bytes: field.default_bytes() }
        }
        "Note" => Action::note(&numbers::<u8>(part(value, "bytes")?)?),
        _ => return Err(FlowError::shape("an action this program knows", value)),
    })
}

/// `Punt`
fn controller(value: &Value) -> Result<Controller, FlowError> {
    Ok(Controller {
        userdata: numbers(part(value, "userdata")?)?,
        pause: boolean(part(value, "pause")?)?,
        meter: option(part(value, "meter")?)?.map(number).transpose()?,
        max_len: number(part(value, "max_len")?)?,
        ..Controller::default()
    })
}

/// `Learned`
fn learn(value: &Value, slots: &Slots) -> Result<Learn, FlowError> {
    let specs = list(part(value, "parts")?)?.iter().map(|part| learn_part(part, slots));
    Ok(Learn {
        table: number(part(value, "table")?)?,
        priority: number(part(value, "priority")?)?,
        cookie: number(part(value, "cookie")?)?,
        idle_timeout: number(part(value, "idle_timeout")?)?,
        hard_timeout: number(part(value, "hard_timeout")?)?,
        specs: specs.collect::<Result<_, _>>()?,
        ..Learn::default()
    })
}

/// `LearnedPart`
fn learn_part(value: &Value, slots: &Slots) -> Result<LearnSpec, FlowError> {
    let field = || slots.bits(part(value, "bits")?);
    let source = || {
        let from = part(value, "from")?;
        Ok::<_, FlowError>(match constructor(from, "a source")? {
            "FromPacket" => LearnSource::Field(slots.bits(part(from, "source")?)?),
            "Constant" => LearnSource::Immediate(number(part(from, "value")?)?),
            _ => return Err(FlowError::shape("FromPacket or Constant", from)),
        })
    };
    Ok(match constructor(value, "a part of a learned flow")? {
        "LearnMatch" => LearnSpec::Match { field: field()?, source: source()? },
        "LearnLoad" => LearnSpec::Load { field: field()?, source: source()? },
        "LearnOutput" => LearnSpec::Output(slots.bits(part(value, "port")?)?),
        _ => return Err(FlowError::shape("a part of a learned flow that this program knows", value)),
    })
}
