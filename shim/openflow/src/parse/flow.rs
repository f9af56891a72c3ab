//! Whole flows.

use std::str::FromStr;

use super::actions::parse_instructions;
use super::error::{Located, ParseError, Parsed};
use super::matching::parse_match;
use super::scan::split_words;
use super::value::integer;
use crate::consts::DEFAULT_PRIORITY;
use crate::flow::{Flow, FlowFlags};
use crate::flow_match::Match;
use crate::instruction::Instructions;

impl FromStr for Flow {
    type Err = ParseError;

    /// Reads a line of `ovs-ofctl dump-flows`; counters in it are skipped.
    fn from_str(text: &str) -> Result<Flow, ParseError> {
        parse_flow(text).map_err(|error| error.within(text))
    }
}

fn parse_flow(text: &str) -> Parsed<'_, Flow> {
    let (head, actions) =
        text.split_once("actions=").ok_or_else(|| Located::expected(text, "flow with actions="))?;
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
