//! Whole flows.

use std::str::FromStr;

use super::actions::parse_instructions;
use super::error::{Located, ParseError, Parsed};
use super::matching::parse_match;
use super::scan::split_words;
use super::value::integer;
use crate::consts::DEFAULT_PRIORITY;
use crate::flow::{Flow, FlowFlags, FlowMod};
use crate::flow_match::Match;
use crate::instruction::Instructions;
use crate::multipart::InstalledFlow;
use crate::stats::FlowStats;

impl FromStr for Flow {
    type Err = ParseError;

    /// Reads a line of `ovs-ofctl dump-flows`; counters in it are skipped.
    fn from_str(text: &str) -> Result<Flow, ParseError> {
        parse_flow(text).map_err(|error| error.within(text))
    }
}

impl FromStr for InstalledFlow {
    type Err = ParseError;

    /// Reads a line of `ovs-ofctl dump-flows`, counters and importance included.
    fn from_str(text: &str) -> Result<InstalledFlow, ParseError> {
        let read = || {
            let flow = parse_flow(text)?;
            let (head, _) = text.split_once("actions=").unwrap_or((text, ""));
            let (importance, stats) = parse_counters(head)?;
            Ok(InstalledFlow { flow, importance, stats })
        };
        read().map_err(|error: Located<'_>| error.within(text))
    }
}

impl FromStr for FlowMod {
    type Err = ParseError;

    /// Reads what `ovs-ofctl add-flow` takes, as a message that adds the flow.
    fn from_str(text: &str) -> Result<FlowMod, ParseError> {
        let InstalledFlow { flow, importance, .. } = text.parse()?;
        Ok(FlowMod { importance, ..FlowMod::add(flow) })
    }
}

fn parse_counters(head: &str) -> Parsed<'_, (u16, FlowStats)> {
    let mut importance = 0;
    let mut stats = FlowStats::default();
    for word in split_words(head) {
        match word.split_once('=').unwrap_or((word, "")) {
            ("importance", value) => importance = integer(value)?,
            ("duration", value) => stats.duration = Some(seconds(value)?),
            ("n_packets", value) => stats.packets = Some(integer(value)?),
            ("n_bytes", value) => stats.bytes = Some(integer(value)?),
            ("idle_age", value) => stats.idle = Some(integer(value)?),
            _ => {}
        }
    }
    Ok((importance, stats))
}

/// `3.25s` as seconds and nanoseconds.
fn seconds(text: &str) -> Parsed<'_, (u32, u32)> {
    let error = || Located::expected(text, "seconds");
    let digits = text.strip_suffix('s').ok_or_else(error)?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let nanoseconds = format!("{fraction:0<9}");
    match (whole.parse(), nanoseconds.parse()) {
        (Ok(whole), Ok(nanoseconds)) if nanoseconds < 1_000_000_000 => Ok((whole, nanoseconds)),
        _ => Err(error()),
    }
}

/// A flow of which the actions may be missing.
pub(super) fn parse_flow_or_head(text: &str) -> Parsed<'_, Flow> {
    if text.contains("actions=") { parse_flow(text) } else { parse_parts(text, "drop") }
}

fn parse_flow(text: &str) -> Parsed<'_, Flow> {
    let (head, actions) =
        text.split_once("actions=").ok_or_else(|| Located::expected(text, "flow with actions="))?;
    parse_parts(head, actions)
}

fn parse_parts<'a>(head: &'a str, actions: &'a str) -> Parsed<'a, Flow> {
    let mut flow = Flow::new(0, DEFAULT_PRIORITY, Match::any(), Instructions::default());
    let mut terms = Vec::new();
    for word in split_words(head) {
        match word.split_once('=').unwrap_or((word, "")) {
            ("cookie", value) => flow.cookie = integer(value)?,
            ("table", value) => flow.table = integer(value)?,
            ("priority", value) => flow.priority = integer(value)?,
            ("idle_timeout", value) => flow.idle_timeout = integer(value)?,
            ("hard_timeout", value) => flow.hard_timeout = integer(value)?,
            ("duration" | "n_packets" | "n_bytes" | "idle_age" | "hard_age" | "importance", _) => {}
            ("send_flow_rem", "") => flow.flags = flow.flags.union(FlowFlags::SEND_FLOW_REMOVED),
            ("check_overlap", "") => flow.flags = flow.flags.union(FlowFlags::CHECK_OVERLAP),
            ("reset_counts", "") => flow.flags = flow.flags.union(FlowFlags::RESET_COUNTS),
            ("no_packet_counts", "") => flow.flags = flow.flags.union(FlowFlags::NO_PACKET_COUNTS),
            ("no_byte_counts", "") => flow.flags = flow.flags.union(FlowFlags::NO_BYTE_COUNTS),
            _ => terms.push(word),
        }
    }
    flow.matching = parse_match(&terms, head)?;
    flow.instructions = parse_instructions(actions)?;
    Ok(flow)
}
