//! Choosing a link or a port by a hash, without a group.

use std::fmt;

use super::FieldSlice;
use super::decode::SliceHeader;
use crate::error::{DecodeError, DecodeErrorKind};
use crate::field::{Dialect, Field, MaskFollows, put_header};
use crate::port::PortNo;
use crate::wire::{Put, Reader};

/// Writes the number of one of several links, chosen by a hash, to a field.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Multipath {
    /// What is hashed.
    pub fields: HashFields,
    /// A number that changes the hash.
    pub basis: u16,
    /// How a link follows from the hash.
    pub algorithm: MultipathAlgorithm,
    /// Number of links, minus 1.
    pub max_link: u16,
    /// A number some algorithms take.
    pub argument: u32,
    /// Where the number of the link goes.
    pub destination: FieldSlice,
}

/// Sends to one of several ports (`bundle` in ovs-ofctl), or writes its number to a field (`bundle_load`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortBundle {
    /// What is hashed.
    pub fields: HashFields,
    /// A number that changes the hash.
    pub basis: u16,
    /// How a port is chosen.
    pub algorithm: PortBundleAlgorithm,
    /// Where the port number goes; `None` sends the packet to it.
    pub destination: Option<FieldSlice>,
    /// The ports, in 16-bit form.
    pub members: Vec<u16>,
}

/// What of a packet is hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HashFields {
    /// The Ethernet source address.
    EthernetSource,
    /// Ethernet, VLAN, IP addresses and transport ports, the same in both directions.
    SymmetricL4,
    /// IP addresses and TCP or SCTP ports, the same in both directions.
    SymmetricL3L4,
    /// IP addresses and TCP, SCTP or UDP ports, the same in both directions.
    SymmetricL3L4Udp,
    /// The IP source address.
    NetworkSource,
    /// The IP destination address.
    NetworkDestination,
    /// IP addresses, the same in both directions.
    SymmetricL3,
}

/// How a link follows from the hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MultipathAlgorithm {
    /// The remainder by the number of links.
    ModuloN,
    /// Equal ranges of hashes.
    HashThreshold,
    /// The link with the highest random weight.
    HighestRandomWeight,
    /// Hashing again until a link is hit.
    IterativeHash,
}

/// How a port is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PortBundleAlgorithm {
    /// The first that is live.
    ActiveBackup,
    /// Of those that are live, the one with the highest random weight.
    HighestRandomWeight,
}

impl HashFields {
    pub(crate) const NAMES: [(&str, HashFields); 7] = [
        ("eth_src", HashFields::EthernetSource),
        ("symmetric_l4", HashFields::SymmetricL4),
        ("symmetric_l3l4", HashFields::SymmetricL3L4),
        ("symmetric_l3l4+udp", HashFields::SymmetricL3L4Udp),
        ("nw_src", HashFields::NetworkSource),
        ("nw_dst", HashFields::NetworkDestination),
        ("symmetric_l3", HashFields::SymmetricL3),
    ];
}

impl MultipathAlgorithm {
    pub(crate) const NAMES: [(&str, MultipathAlgorithm); 4] = [
        ("modulo_n", MultipathAlgorithm::ModuloN),
        ("hash_threshold", MultipathAlgorithm::HashThreshold),
        ("hrw", MultipathAlgorithm::HighestRandomWeight),
        ("iter_hash", MultipathAlgorithm::IterativeHash),
    ];
}

impl PortBundleAlgorithm {
    pub(crate) const NAMES: [(&str, PortBundleAlgorithm); 2] = [
        ("active_backup", PortBundleAlgorithm::ActiveBackup),
        ("hrw", PortBundleAlgorithm::HighestRandomWeight),
    ];
}

impl Multipath {
    /// All after the subtype.
    pub(super) fn encode(&self, out: &mut impl Put) {
        out.put16(self.fields as u16);
        out.put16(self.basis);
        out.zeros(2);
        out.put16(self.algorithm as u16);
        out.put16(self.max_link);
        out.put32(self.argument);
        out.zeros(2);
        out.put16(self.destination.packed());
        put_slice_header(out, self.destination);
    }

    /// `None` if the destination is not a field of the table.
    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Option<Multipath>, DecodeError> {
        let fields = take_named(reader, "hash fields", &HashFields::NAMES)?;
        let basis = reader.u16()?;
        reader.skip(2)?;
        let algorithm = take_named(reader, "multipath algorithm", &MultipathAlgorithm::NAMES)?;
        let max_link = reader.u16()?;
        let argument = reader.u32()?;
        reader.skip(2)?;
        let packed = reader.u16()?;
        let Some(header) = SliceHeader::take(reader)? else { return Ok(None) };
        let destination = header.packed_slice(packed)?;
        Ok(Some(Multipath { fields, basis, algorithm, max_link, argument, destination }))
    }
}

impl PortBundle {
    /// All after the subtype, without the padding at the end.
    pub(super) fn encode(&self, out: &mut impl Put) {
        out.put16(self.algorithm as u16);
        out.put16(self.fields as u16);
        out.put16(self.basis);
        put_header(out, Field::IN_PORT_16, Dialect::Nicira, MaskFollows::No, 2);
        out.put16(self.members.len() as u16);
        out.put16(self.destination.map_or(0, FieldSlice::packed));
        match self.destination {
            Some(destination) => put_slice_header(out, destination),
            None => out.zeros(4),
        }
        out.zeros(4);
        self.members.iter().for_each(|&port| out.put16(port));
    }

    /// `None` if the destination is not a field of the table.
    pub(super) fn decode(reader: &mut Reader<'_>, load: Load) -> Result<Option<PortBundle>, DecodeError> {
        let algorithm = take_named(reader, "bundle algorithm", &PortBundleAlgorithm::NAMES)?;
        let fields = take_named(reader, "hash fields", &HashFields::NAMES)?;
        let basis = reader.u16()?;
        reader.skip(4)?;
        let count = reader.u16()?;
        let packed = reader.u16()?;
        let destination = match load {
            Load::No => {
                reader.skip(4)?;
                None
            }
            Load::Yes => {
                let Some(header) = SliceHeader::take(reader)? else { return Ok(None) };
                Some(header.packed_slice(packed)?)
            }
        };
        reader.skip(4)?;
        let members = (0..count).map(|_| reader.u16()).collect::<Result<_, _>>()?;
        Ok(Some(PortBundle { fields, basis, algorithm, destination, members }))
    }
}

/// Whether the port number is written to a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Load {
    Yes,
    No,
}

/// A number that must have a name: the names stand in the order of the numbers.
fn take_named<T: Copy>(
    reader: &mut Reader<'_>,
    what: &'static str,
    names: &[(&str, T)],
) -> Result<T, DecodeError> {
    let at = reader.clone();
    let number = reader.u16()?;
    match names.get(usize::from(number)) {
        Some(&(_, value)) => Ok(value),
        None => Err(at.error(DecodeErrorKind::BadValue { what, value: u64::from(number) })),
    }
}

fn put_slice_header(out: &mut impl Put, slice: FieldSlice) {
    put_header(out, slice.field(), Dialect::Nicira, MaskFollows::No, slice.field_bytes());
}

fn name_of<T: PartialEq>(value: &T, names: &[(&'static str, T)]) -> &'static str {
    names.iter().find(|(_, known)| known == value).map_or("", |(name, _)| name)
}

impl fmt::Display for Multipath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = name_of(&self.fields, &HashFields::NAMES);
        let algorithm = name_of(&self.algorithm, &MultipathAlgorithm::NAMES);
        let (basis, links) = (self.basis, u32::from(self.max_link) + 1);
        write!(f, "multipath({fields},{basis},{algorithm},{links},{},{})", self.argument, self.destination)
    }
}

impl fmt::Display for PortBundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = name_of(&self.fields, &HashFields::NAMES);
        let algorithm = name_of(&self.algorithm, &PortBundleAlgorithm::NAMES);
        let word = if self.destination.is_some() { "bundle_load" } else { "bundle" };
        write!(f, "{word}({fields},{},{algorithm},ofport,", self.basis)?;
        if let Some(destination) = self.destination {
            write!(f, "{destination},")?;
        }
        let members: Vec<_> = self.members.iter().map(|&port| PortNo::from_u16(port).to_string()).collect();
        write!(f, "members:{})", members.join(","))
    }
}
