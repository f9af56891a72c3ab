//! Reports of a flow monitor.

use std::str::FromStr;

use super::error::{Located, ParseError, Parsed};
use super::flow::parse_flow_or_head;
use super::value::integer;
use crate::monitor::{FlowUpdate, FlowUpdateEvent};
use crate::packet::FlowRemovedReason;

impl FromStr for FlowUpdate {
    type Err = ParseError;

    /// Reads a line `event=…` of `ovs-ofctl monitor`.
    fn from_str(text: &str) -> Result<FlowUpdate, ParseError> {
        parse_update(text.trim()).map_err(|error| error.within(text))
    }
}

fn parse_update(text: &str) -> Parsed<'_, FlowUpdate> {
    let rest = text.strip_prefix("event=").ok_or_else(|| Located::expected(text, "event="))?;
    let (event, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let event = match event {
        "INITIAL" => FlowUpdateEvent::Initial,
        "ADDED" => FlowUpdateEvent::Added,
        "MODIFIED" => FlowUpdateEvent::Modified,
        "DELETED" => {
            let cut = rest.strip_prefix("reason=").map(|rest| rest.split_once(' ').unwrap_or((rest, "")));
            let (reason, rest) = cut.ok_or_else(|| Located::expected(rest, "reason="))?;
            let event = FlowUpdateEvent::Removed(removed_reason(reason)?);
            return Ok(FlowUpdate::Flow { event, flow: parse_flow_or_head(rest)? });
        }
        "ABBREV" => {
            let xid = rest.strip_prefix("xid=").ok_or_else(|| Located::expected(rest, "xid="))?;
            return Ok(FlowUpdate::Own { xid: integer(xid)? });
        }
        "PAUSED" => return Ok(FlowUpdate::Paused),
        "RESUMED" => return Ok(FlowUpdate::Resumed),
        _ => return Err(Located::unknown(event, "event")),
    };
    Ok(FlowUpdate::Flow { event, flow: parse_flow_or_head(rest)? })
}

fn removed_reason(text: &str) -> Parsed<'_, FlowRemovedReason> {
    match FlowRemovedReason::NAMES.iter().find(|(_, name)| *name == text) {
        Some(&(reason, _)) => Ok(reason),
        None => integer(text).map(FlowRemovedReason),
    }
}
