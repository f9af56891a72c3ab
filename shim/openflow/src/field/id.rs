//! The handle of a row in the field table.

use std::fmt;
use std::str::FromStr;

use super::spec::FieldSpec;
use super::table::TABLE;

/// A field of the table: a small number, cheap to copy, ordered as a match holds its fields.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Field(pub(super) u8);

impl Field {
    /// `reg0` to `reg15`, 32 bits each; `None` above.
    pub fn reg(n: u8) -> Option<Field> {
        (n < 16).then_some(Field(Field::REG0.0 + n))
    }

    /// `xreg0` to `xreg7`: two registers as 64 bits, the lower-numbered one on top; `None` above.
    pub fn xreg(n: u8) -> Option<Field> {
        (n < 8).then_some(Field(Field::XREG0.0 + n))
    }

    /// `xxreg0` to `xxreg3`: four registers as 128 bits; `None` above.
    pub fn xxreg(n: u8) -> Option<Field> {
        (n < 4).then_some(Field(Field::XXREG0.0 + n))
    }

    /// `tun_metadata0` to `tun_metadata63`, a mapped Geneve option; `None` above.
    pub fn tun_metadata(n: u8) -> Option<Field> {
        (n < 64).then_some(Field(Field::TUN_METADATA0.0 + n))
    }

    /// Every field, in canonical order.
    pub fn all() -> impl Iterator<Item = Field> {
        (0..TABLE.len()).map(|row| Field(row as u8))
    }

    /// The field of this ovs-ofctl name, either the short one or an alias (`dl_type` for `eth_type`).
    pub fn by_name(name: &str) -> Option<Field> {
        let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |&(_, name)| name);
        Field::all().find(|field| {
            let spec = field.spec();
            let by_id = |id: &Option<super::OxmId>| id.is_some_and(|id| id.name == name);
            spec.name == name || by_id(&spec.nxm) || by_id(&spec.oxm)
        })
    }

    /// Its row in the table.
    pub fn spec(self) -> &'static FieldSpec {
        &TABLE[usize::from(self.0)]
    }

    /// Name in ovs-ofctl syntax.
    pub fn name(self) -> &'static str {
        self.spec().name
    }

    /// Whether the length of its values is that of a mapped Geneve option.
    pub fn is_variable(self) -> bool {
        (Field::TUN_METADATA0..=Field::TUN_METADATA63).contains(&self)
    }

    /// Bytes a value takes on the wire; 4 for `tun_metadata`, the length the usual option has.
    pub fn default_bytes(self) -> u8 {
        if self.is_variable() { 4 } else { self.spec().bytes }
    }

    /// Bits that may be set in a value on the wire. VLAN ids carry the present bit 0x1000 above their twelve;
    /// the switch keeps only the low byte of an ARP operation.
    pub(crate) fn wire_bits(self, bytes: u8) -> u16 {
        match self {
            Field::VLAN_VID => 13,
            Field::ARP_OP => 8,
            _ if self.is_variable() => u16::from(bytes) * 8,
            _ => self.spec().bits,
        }
    }
}

/// Other names ovs-ofctl takes for a field.
const ALIASES: &[(&str, &str)] = &[
    ("tunnel_id", "tun_id"),
    ("dl_src", "eth_src"),
    ("dl_dst", "eth_dst"),
    ("dl_type", "eth_type"),
    ("nw_src", "ip_src"),
    ("nw_dst", "ip_dst"),
    ("ip_proto", "nw_proto"),
    ("ip_ecn", "nw_ecn"),
    ("nw_frag", "ip_frag"),
    ("tp_src", "tcp_src"),
    ("tp_dst", "tcp_dst"),
    ("nsp", "nsh_spi"),
    ("nsi", "nsh_si"),
    ("nshc1", "nsh_c1"),
    ("nshc2", "nsh_c2"),
    ("nshc3", "nsh_c3"),
    ("nshc4", "nsh_c4"),
];

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No field has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no field is named `{0}`")]
pub struct UnknownField(pub String);

impl FromStr for Field {
    type Err = UnknownField;

    fn from_str(name: &str) -> Result<Self, UnknownField> {
        Field::by_name(name).ok_or_else(|| UnknownField(name.to_owned()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn families_count_from_their_first_member() {
        assert_eq!(Field::reg(15), Some(Field::REG15));
        assert_eq!(Field::reg(16), None);
        assert_eq!(Field::xreg(7), Some(Field::XREG7));
        assert_eq!(Field::xxreg(3), Some(Field::XXREG3));
        assert_eq!(Field::tun_metadata(63), Some(Field::TUN_METADATA63));
    }

    #[test]
    fn every_name_leads_to_one_field() {
        for field in Field::all() {
            assert_eq!(Field::by_name(field.name()), Some(field));
        }
        assert_eq!(Field::by_name("dl_type"), Some(Field::ETH_TYPE));
        assert_eq!(Field::by_name("NXM_NX_REG15"), Some(Field::REG15));
        assert_eq!("nonsense".parse::<Field>().unwrap_err().to_string(), "no field is named `nonsense`");
    }
}
