//! Learned flows.

use super::actions::arrow;
use super::error::{Located, Parsed};
use super::scan::split_list;
use super::value::{integer, masked, number, slice};
use crate::action::{FieldSlice, Learn, LearnSource, LearnSpec};
use crate::consts::DEFAULT_PRIORITY;

pub(super) fn parse_learn(text: &str) -> Parsed<'_, Learn> {
    let mut learn = Learn { priority: DEFAULT_PRIORITY, table: 1, ..Learn::default() };
    for part in split_list(text) {
        match part.split_once('=').unwrap_or((part, "")) {
            ("table", value) => learn.table = integer(value)?,
            ("idle_timeout", value) => learn.idle_timeout = integer(value)?,
            ("hard_timeout", value) => learn.hard_timeout = integer(value)?,
            ("fin_idle_timeout", value) => learn.fin_idle_timeout = integer(value)?,
            ("fin_hard_timeout", value) => learn.fin_hard_timeout = integer(value)?,
            ("priority", value) => learn.priority = integer(value)?,
            ("cookie", value) => learn.cookie = integer(value)?,
            ("limit", value) => learn.limit = integer(value)?,
            ("send_flow_rem", "") => learn.send_flow_removed = true,
            ("delete_learned", "") => learn.delete_learned = true,
            ("result_dst", value) => learn.result = Some(slice(value)?),
            _ => learn.specs.push(parse_spec(part)?),
        }
    }
    Ok(learn)
}

fn parse_spec(text: &str) -> Parsed<'_, LearnSpec> {
    if let Some(port) = text.strip_prefix("output:") {
        return Ok(LearnSpec::Output(slice(port)?));
    }
    if let Some(load) = text.strip_prefix("load:") {
        let (source, destination) = arrow(load)?;
        let source = match number(source) {
            Ok(value) => LearnSource::Immediate(value),
            Err(_) => LearnSource::Field(slice(source)?),
        };
        return Ok(LearnSpec::Load { field: slice(destination)?, source });
    }
    let Some((name, value)) = text.split_once('=') else {
        let field = slice(text)?;
        return Ok(LearnSpec::Match { field, source: LearnSource::Field(field) });
    };
    if let Ok(source) = slice(value) {
        return Ok(LearnSpec::Match { field: slice(name)?, source: LearnSource::Field(source) });
    }
    let part = slice(name)?;
    if part != FieldSlice::whole(part.field()) {
        return Ok(LearnSpec::Match { field: part, source: LearnSource::Immediate(number(value)?) });
    }
    let field = part.field();
    let (constant, mask) = masked(field, value)?;
    if mask != u128::MAX {
        return Err(Located::expected(value, "value without a mask"));
    }
    Ok(LearnSpec::Match { field: FieldSlice::whole(field), source: LearnSource::Immediate(constant) })
}
