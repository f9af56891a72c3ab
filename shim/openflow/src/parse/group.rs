//! Groups.

use std::str::FromStr;

use super::actions::parse_actions;
use super::error::{Located, ParseError, Parsed};
use super::scan::split_list;
use super::value::{field, integer, masked, port};
use crate::field::Field;
use crate::group::{Bucket, Group, GroupType, SelectionMethod};
use crate::port::PortNo;

impl FromStr for Group {
    type Err = ParseError;

    /// Reads a line of `ovs-ofctl dump-groups`, or what `ovs-ofctl add-group` takes.
    /// Buckets without a number are numbered from 0.
    fn from_str(text: &str) -> Result<Group, ParseError> {
        parse_group(text).map_err(|error| error.within(text))
    }
}

fn parse_group(text: &str) -> Parsed<'_, Group> {
    let (mut id, mut kind) = (None, None);
    let mut method = None;
    let (mut parameter, mut fields) = (0, Vec::new());
    let mut buckets: Vec<Vec<&str>> = Vec::new();
    for part in split_list(text) {
        if let Some(first) = part.strip_prefix("bucket=") {
            buckets.push(vec![first.trim()]);
            continue;
        }
        // All behind a bucket, up to the next, belongs to it.
        if let Some(bucket) = buckets.last_mut() {
            bucket.push(part);
            continue;
        }
        match part.split_once('=').unwrap_or((part, "")) {
            ("group_id", value) => id = Some(integer(value)?),
            ("type", value) => kind = Some(group_type(value)?),
            ("selection_method", value) => method = Some(value),
            ("selection_method_param", value) => parameter = integer(value)?,
            ("fields", one) => fields.push(selected_field(one)?),
            _ if part.starts_with("fields(") => {
                let list = part["fields(".len()..].trim_end_matches(')');
                fields = split_list(list).into_iter().map(selected_field).collect::<Parsed<'_, _>>()?;
            }
            (name, _) => return Err(Located::unknown(name, "attribute of a group")),
        }
    }
    let id = id.ok_or_else(|| Located::expected(text, "group_id"))?;
    let kind = kind.ok_or_else(|| Located::expected(text, "type of the group"))?;
    let selection = method.map(|name| {
        SelectionMethod::with(name, parameter, fields).map_err(|error| Located::new(name, error))
    });
    let buckets = buckets.iter().zip(0..).map(|(parts, n)| parse_bucket(kind, parts, n));
    Ok(Group { id, kind, selection: selection.transpose()?, buckets: buckets.collect::<Parsed<'_, _>>()? })
}

fn group_type(text: &str) -> Parsed<'_, GroupType> {
    match text {
        "all" => Ok(GroupType::All),
        "select" => Ok(GroupType::Select),
        "indirect" => Ok(GroupType::Indirect),
        "ff" | "fast_failover" => Ok(GroupType::FastFailover),
        _ => Err(Located::unknown(text, "type of group")),
    }
}

/// `field`, or `field=mask`.
fn selected_field(text: &str) -> Parsed<'_, (Field, u128)> {
    let (name, mask) = text.split_once('=').map_or((text, None), |(name, mask)| (name, Some(mask)));
    let field = field(name)?;
    Ok((field, mask.map_or(Ok(u128::MAX), |mask| masked(field, mask).map(|(value, _)| value))?))
}

/// Attributes, `actions=` and actions; what is not an attribute begins the actions.
fn parse_bucket<'a>(kind: GroupType, parts: &[&'a str], n: u32) -> Parsed<'a, Bucket> {
    let weight = if kind == GroupType::Select { 1 } else { 0 };
    let mut bucket = Bucket { id: n, weight, watch_port: None, watch_group: None, actions: Vec::new() };
    let mut in_actions = false;
    for &part in parts {
        let attribute = part.split_once([':', '=']).filter(|_| !in_actions);
        match attribute {
            Some(("bucket_id", value)) => bucket.id = integer(value)?,
            Some(("weight", value)) => bucket.weight = integer(value)?,
            Some(("watch_port", value)) => {
                bucket.watch_port = Some(port(value)?).filter(|&port| port != PortNo::ANY);
            }
            Some(("watch_group", value)) => bucket.watch_group = Some(integer(value)?),
            Some(("actions", first)) => {
                in_actions = true;
                bucket.actions.extend(parse_actions(first, 0)?);
            }
            _ => {
                in_actions = true;
                bucket.actions.extend(parse_actions(part, 0)?);
            }
        }
    }
    Ok(bucket)
}
