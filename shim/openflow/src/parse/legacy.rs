//! Actions of older versions, which OpenFlow 1.5 says by `set_field` and others.

use super::actions::arrow;
use super::error::{Located, Parsed};
use super::scan::Call;
use super::value::{integer, masked, number, port, slice};
use crate::action::{Action, Output, SetField};
use crate::field::Field;

/// The actions that stand for an older one; `None` for a name that is not one.
pub(super) fn parse_legacy<'a>(call: &Call<'a>) -> Parsed<'a, Option<Vec<Action>>> {
    let field = match call.name {
        "load" => return parse_load(call.required()?).map(|action| Some(vec![action])),
        "enqueue" => return parse_enqueue(call.required()?).map(Some),
        "mod_dl_src" => Field::ETH_SRC,
        "mod_dl_dst" => Field::ETH_DST,
        "mod_nw_src" => Field::IP_SRC,
        "mod_nw_dst" => Field::IP_DST,
        "mod_nw_ecn" => Field::IP_ECN,
        "mod_nw_tos" => Field::NW_TOS,
        "set_vlan_vid" => Field::VLAN_VID,
        "set_vlan_pcp" => Field::VLAN_PCP,
        "set_tunnel" | "set_tunnel64" => Field::TUN_ID,
        "set_mpls_label" => Field::MPLS_LABEL,
        "set_mpls_tc" => Field::MPLS_TC,
        _ => return Ok(None),
    };
    let text = call.required()?;
    let (value, mask) = masked(field, text)?;
    if mask != u128::MAX {
        return Err(Located::expected(text, "value without a mask"));
    }
    let (field, value) = match field {
        Field::VLAN_VID => (field, value | 0x1000),
        // The two low bits are not the type of service.
        Field::NW_TOS => (Field::IP_DSCP, value >> 2),
        _ => (field, value),
    };
    let built = SetField::new(field, value).map_err(|error| Located::new(text, error))?;
    Ok(Some(vec![Action::SetField(built)]))
}

/// `value->field[first..last]`
fn parse_load(text: &str) -> Parsed<'_, Action> {
    let (value_text, destination_text) = arrow(text)?;
    let value = number(value_text)?;
    let destination = slice(destination_text)?;
    let ones = u128::MAX.checked_shr(128 - u32::from(destination.bits().min(128))).unwrap_or(0);
    if value & !ones != 0 {
        return Err(Located::expected(value_text, "smaller number"));
    }
    let offset = u32::from(destination.offset());
    let shifted = |number: u128| number.checked_shl(offset).filter(|shifted| shifted >> offset == number);
    let Some((value, mask)) = shifted(value).zip(shifted(ones)) else {
        return Err(Located::expected(destination_text, "bits of the last 128"));
    };
    let field = destination.field();
    let built = if field.is_variable() {
        SetField::option(field, destination.field_bytes().min(16), value, mask)
    } else {
        SetField::masked(field, value, mask)
    };
    built.map(Action::SetField).map_err(|error| Located::new(text, error))
}

/// `port:queue`
fn parse_enqueue(text: &str) -> Parsed<'_, Vec<Action>> {
    let cut = text.split_once([':', ',']).ok_or_else(|| Located::expected(text, "port:queue"))?;
    let output = Output { port: port(cut.0.trim())?, max_len: u16::MAX };
    Ok(vec![Action::SetQueue(integer(cut.1.trim())?), Action::Output(output), Action::PopQueue])
}
