//! Choosing a link or a port by a hash.

use super::error::{Located, Parsed};
use super::scan::split_list;
use super::value::{integer, port, slice};
use crate::action::{HashFields, Multipath, MultipathAlgorithm, PortBundle, PortBundleAlgorithm};
use crate::port::PortNo;

/// `fields,basis,algorithm,links,argument,destination`
pub(super) fn parse_multipath(text: &str) -> Parsed<'_, Multipath> {
    let parts = split_list(text);
    let [fields, basis, algorithm, links, argument, destination] = parts.as_slice() else {
        return Err(Located::expected(text, "fields, basis, algorithm, links, argument, destination"));
    };
    let max_link = integer::<u32>(links)?
        .checked_sub(1)
        .and_then(|last| u16::try_from(last).ok())
        .ok_or_else(|| Located::expected(links, "1 to 65536 links"))?;
    Ok(Multipath {
        fields: named(fields, &HashFields::NAMES, "hash fields")?,
        basis: integer(basis)?,
        algorithm: named(algorithm, &MultipathAlgorithm::NAMES, "multipath algorithm")?,
        max_link,
        argument: integer(argument)?,
        destination: slice(destination)?,
    })
}

/// `fields,basis,algorithm,ofport[,destination],members:port,port`
pub(super) fn parse_port_bundle(text: &str) -> Parsed<'_, PortBundle> {
    let form = || Located::expected(text, "fields, basis, algorithm, ofport, members:ports");
    let at = text.find("members:").ok_or_else(form)?;
    let (head, members) = (&text[..at], &text[at + "members:".len()..]);
    let parts = split_list(head);
    let (first, destination) = match parts.as_slice() {
        [fields, basis, algorithm, "ofport"] => ([fields, basis, algorithm], None),
        [fields, basis, algorithm, "ofport", destination] => {
            ([fields, basis, algorithm], Some(slice(destination)?))
        }
        _ => return Err(form()),
    };
    let [fields, basis, algorithm] = first;
    let members = members.trim_matches(['[', ']', ' ']);
    Ok(PortBundle {
        fields: named(fields, &HashFields::NAMES, "hash fields")?,
        basis: integer(basis)?,
        algorithm: named(algorithm, &PortBundleAlgorithm::NAMES, "bundle algorithm")?,
        destination,
        members: split_list(members)
            .into_iter()
            .map(|name| port(name).map(PortNo::to_u16))
            .collect::<Parsed<'_, _>>()?,
    })
}

fn named<'a, T: Copy>(word: &'a str, names: &[(&str, T)], what: &'static str) -> Parsed<'a, T> {
    let found = names.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
    found.map(|&(_, value)| value).ok_or_else(|| Located::unknown(word, what))
}
