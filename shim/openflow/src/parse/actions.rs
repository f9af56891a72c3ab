//! Actions and instructions.

use std::str::FromStr;

use super::connection::{parse_ct, parse_nat};
use super::error::{Located, ParseError, ParseErrorKind, Parsed};
use super::hash::{parse_multipath, parse_port_bundle};
use super::learn::parse_learn;
use super::legacy::parse_legacy;
use super::scan::{Call, split_list};
use super::value::{dotted_hex, field, integer, masked, port, slice};
use crate::action::{
    Action, CheckPacketLarger, Conjunction, Controller, Output, PacketInReason, Resubmit, Sample, SetField,
};
use crate::field::Field;
use crate::instruction::{Instructions, WriteMetadata};
use crate::port::PortNo;

impl FromStr for Instructions {
    type Err = ParseError;

    /// Reads what stands behind `actions=`.
    fn from_str(text: &str) -> Result<Instructions, ParseError> {
        parse_instructions(text).map_err(|error| error.within(text))
    }
}

impl FromStr for Action {
    type Err = ParseError;

    /// Reads one action.
    fn from_str(text: &str) -> Result<Action, ParseError> {
        let one = || match parse_legacy(&Call::of(text.trim())?)?.as_deref() {
            Some([action]) => Ok(action.clone()),
            Some(_) => Err(Located::expected(text, "one action")),
            None => parse_action(text.trim(), 0),
        };
        one().map_err(|error| error.within(text))
    }
}

pub(super) fn parse_instructions(text: &str) -> Parsed<'_, Instructions> {
    let mut all = Instructions::default();
    for part in split_list(text) {
        let call = Call::of(part)?;
        match call.name {
            "drop" => {}
            "clear_actions" => all.clear = true,
            "write_actions" => all.write = parse_actions(call.required()?, 0)?,
            "goto_table" => all.goto_table = Some(integer(call.required()?)?),
            "write_metadata" => {
                let (value, mask) = masked(Field::METADATA, call.required()?)?;
                all.metadata = Some(WriteMetadata { value: value as u64, mask: mask as u64 });
            }
            _ => parse_into(part, 0, &mut all.apply)?,
        }
    }
    Ok(all)
}

pub(super) fn parse_actions(text: &str, depth: usize) -> Parsed<'_, Vec<Action>> {
    if depth > Action::MAX_DEPTH {
        return Err(Located::new(text, ParseErrorKind::TooDeep));
    }
    let mut actions = Vec::new();
    for part in split_list(text).into_iter().filter(|&part| part != "drop") {
        parse_into(part, depth, &mut actions)?;
    }
    Ok(actions)
}

/// Some older actions stand for several.
fn parse_into<'a>(text: &'a str, depth: usize, actions: &mut Vec<Action>) -> Parsed<'a, ()> {
    match parse_legacy(&Call::of(text)?)? {
        Some(several) => actions.extend(several),
        None => actions.push(parse_action(text, depth)?),
    }
    Ok(())
}

fn parse_action(text: &str, depth: usize) -> Parsed<'_, Action> {
    let call = Call::of(text)?;
    let built = |result: Result<Action, _>| result.map_err(|error| Located::new(text, error));
    Ok(match call.name {
        "output" => parse_output(&call)?,
        "group" => Action::Group(integer(call.required()?)?),
        "meter" => Action::Meter(integer(call.required()?)?),
        "set_field" => parse_set_field(call.required()?)?,
        "move" => {
            let (source, destination) = arrow(call.required()?)?;
            built(Action::copy(slice(source)?, slice(destination)?))?
        }
        "push_vlan" => Action::PushVlan(integer(call.required()?)?),
        "pop_vlan" | "strip_vlan" => Action::PopVlan,
        "push_mpls" => Action::PushMpls(integer(call.required()?)?),
        "pop_mpls" => Action::PopMpls(integer(call.required()?)?),
        "dec_ttl" => match call.argument {
            None => Action::DecTtl,
            Some(ids) => {
                Action::DecTtlNotify(split_list(ids).into_iter().map(integer).collect::<Parsed<'_, _>>()?)
            }
        },
        "mod_nw_ttl" | "set_nw_ttl" => Action::SetTtl(integer(call.required()?)?),
        "set_mpls_ttl" => Action::SetMplsTtl(integer(call.required()?)?),
        "dec_mpls_ttl" => Action::DecMplsTtl,
        "multipath" => Action::Multipath(Box::new(parse_multipath(call.required()?)?)),
        "bundle" | "bundle_load" => Action::PortBundle(Box::new(parse_port_bundle(call.required()?)?)),
        "fin_timeout" => parse_fin_timeout(call.required()?)?,
        "set_queue" => Action::SetQueue(integer(call.required()?)?),
        "pop_queue" => Action::PopQueue,
        "resubmit" => parse_resubmit(text, &call)?,
        "learn" => Action::Learn(Box::new(parse_learn(call.required()?)?)),
        "controller" => Action::Controller(Box::new(parse_controller(call.argument.unwrap_or(""))?)),
        "push" => Action::Push(slice(call.required()?)?),
        "pop" => Action::Pop(slice(call.required()?)?),
        "conjunction" => parse_conjunction(call.required()?)?,
        "ct" => Action::Ct(Box::new(parse_ct(call.argument.unwrap_or(""), depth)?)),
        "nat" => Action::Nat(parse_nat(call.argument)?),
        "ct_clear" => Action::CtClear,
        "clone" => Action::Clone(parse_actions(call.required()?, depth + 1)?),
        "note" => Action::note(&dotted_hex(call.required()?)?),
        "check_pkt_larger" => {
            let destination = call.rest.strip_prefix("->").ok_or_else(|| Located::expected(text, "->"))?;
            let destination = slice(destination)?;
            Action::CheckPacketLarger(CheckPacketLarger { length: integer(call.required()?)?, destination })
        }
        "delete_field" => {
            let field = field(call.required()?)?;
            Action::DeleteField { field, bytes: field.default_bytes() }
        }
        "sample" => parse_sample(call.required()?)?,
        "exit" => Action::Exit,
        name => match port(name) {
            Ok(port) => {
                let max_len = call
                    .argument
                    .map_or(Ok(if port == PortNo::CONTROLLER { u16::MAX } else { 0 }), integer)?;
                Action::Output(Output { port, max_len })
            }
            Err(_) => return Err(Located::unknown(name, "action")),
        },
    })
}

fn parse_output<'a>(call: &Call<'a>) -> Parsed<'a, Action> {
    let argument = call.required()?;
    if let Ok(port) = port(argument) {
        return Ok(Action::output(port));
    }
    if argument.contains("max_len=") {
        let mut truncated = (PortNo::ANY, 0);
        for part in split_list(argument) {
            match part.split_once('=') {
                Some(("port", value)) => truncated.0 = port(value)?,
                Some(("max_len", value)) => truncated.1 = integer(value)?,
                _ => return Err(Located::unknown(part, "attribute of output")),
            }
        }
        return Ok(Action::OutputTruncated { port: truncated.0.to_u16(), max_len: truncated.1 });
    }
    // ovs-ofctl does not say how much a controller gets; it gives all.
    Ok(Action::OutputField { source: slice(argument)?, max_len: u16::MAX })
}

fn parse_set_field(text: &str) -> Parsed<'_, Action> {
    let (value_text, name) = arrow(text)?;
    let field = field(name)?;
    let (value, mask) = masked(field, value_text)?;
    let present = if field == Field::VLAN_VID { 0x1000 } else { 0 };
    let built = if field.is_variable() && (value > u128::from(u32::MAX) || mask != u128::MAX) {
        SetField::option(field, 16, value, mask)
    } else {
        SetField::masked(field, value | present, mask)
    };
    built.map(Action::SetField).map_err(|error| Located::new(text, error))
}

pub(super) fn arrow(text: &str) -> Parsed<'_, (&str, &str)> {
    text.split_once("->").ok_or_else(|| Located::expected(text, "source->destination"))
}

fn parse_resubmit<'a>(text: &'a str, call: &Call<'a>) -> Parsed<'a, Action> {
    let argument = call.required()?;
    // `resubmit:port` has only that; `resubmit(port,table[,ct])` may leave either out.
    let mut parts = argument.split(',').map(str::trim);
    let in_port = match parts.next().unwrap_or("") {
        "" => None,
        name => Some(port(name)?).filter(|&port| port != PortNo::IN_PORT).map(PortNo::to_u16),
    };
    let table = match parts.next().unwrap_or("") {
        "" => None,
        table => Some(integer(table)?),
    };
    let with_ct_tuple = match parts.next() {
        None => false,
        Some("ct") => true,
        Some(_) => return Err(Located::expected(text, "resubmit(port,table,ct)")),
    };
    Ok(Action::Resubmit(Resubmit { in_port, table, with_ct_tuple }))
}

fn parse_controller(text: &str) -> Parsed<'_, Controller> {
    let mut controller = Controller::default();
    for part in split_list(text) {
        match part.split_once('=').unwrap_or((part, "")) {
            ("reason", value) => controller.reason = reason(value)?,
            ("max_len", value) => controller.max_len = integer(value)?,
            ("id", value) => controller.id = integer(value)?,
            ("userdata", value) => controller.userdata = dotted_hex(value)?,
            ("pause", "") => controller.pause = true,
            ("meter_id", value) => controller.meter = Some(integer(value)?),
            (name, _) => return Err(Located::unknown(name, "attribute of controller")),
        }
    }
    Ok(controller)
}

fn reason(text: &str) -> Parsed<'_, PacketInReason> {
    let known = (0..6).map(PacketInReason).find(|reason| reason.to_string() == text);
    known.map_or_else(|| integer(text).map(PacketInReason), Ok)
}

fn parse_conjunction(text: &str) -> Parsed<'_, Action> {
    let error = || Located::expected(text, "id, clause/clauses");
    let (id, clauses) = text.split_once(',').ok_or_else(error)?;
    let (clause, n_clauses) = clauses.trim().split_once('/').ok_or_else(error)?;
    let clause = integer::<u8>(clause)?.checked_sub(1).ok_or_else(error)?;
    Ok(Action::Conjunction(Conjunction { id: integer(id.trim())?, clause, n_clauses: integer(n_clauses)? }))
}

fn parse_fin_timeout(text: &str) -> Parsed<'_, Action> {
    let (mut idle, mut hard) = (0, 0);
    for part in split_list(text) {
        match part.split_once('=') {
            Some(("idle_timeout", value)) => idle = integer(value)?,
            Some(("hard_timeout", value)) => hard = integer(value)?,
            _ => return Err(Located::unknown(part, "attribute of fin_timeout")),
        }
    }
    Ok(Action::FinTimeout { idle, hard })
}

fn parse_sample(text: &str) -> Parsed<'_, Action> {
    let mut sample =
        Sample { probability: 0, collector_set: 0, domain: 0, point: 0, port: u16::MAX, direction: 0 };
    for part in split_list(text) {
        match part.split_once('=').unwrap_or((part, "")) {
            ("probability", value) => sample.probability = integer(value)?,
            ("collector_set_id", value) => sample.collector_set = integer(value)?,
            ("obs_domain_id", value) => sample.domain = integer(value)?,
            ("obs_point_id", value) => sample.point = integer(value)?,
            ("sampling_port", value) => sample.port = port(value)?.to_u16(),
            ("ingress", "") => sample.direction = 1,
            ("egress", "") => sample.direction = 2,
            (name, _) => return Err(Located::unknown(name, "attribute of sample")),
        }
    }
    Ok(Action::Sample(sample))
}
