//! What the decoding of matches asks of the field table.

use super::id::Field;
use super::spec::{Masking, Prerequisite};
use super::table::TABLE;

/// The part of a table row that is looked at for every TLV. A whole row takes several cache lines.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    /// Bytes on the wire.
    pub(crate) bytes: u8,
    /// How it becomes canonical.
    pub(crate) rewriting: Rewriting,
    /// What a match must hold besides it.
    pub(crate) prerequisite: Prerequisite,
    /// Whether single bits can be matched.
    pub(crate) masking: Masking,
    /// Bits a value may have; meant for fields of up to eight bytes, longer ones may have all.
    pub(crate) significant: u64,
    /// Class of the canonical TLV.
    pub(crate) class: u16,
    /// Its number in the class.
    pub(crate) number: u8,
}

/// How a field becomes canonical.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rewriting {
    /// It is.
    None,
    /// Into 32-bit registers, the first of this number.
    Registers(u8),
    /// In a way of its own.
    Special,
}

impl Field {
    pub(crate) fn shape(self) -> &'static Shape {
        &SHAPES[usize::from(self.0)]
    }
}

static SHAPES: [Shape; TABLE.len()] = shapes();

const fn shapes() -> [Shape; TABLE.len()] {
    let mut shapes = [shape(0); TABLE.len()];
    let mut row = 1;
    while row < TABLE.len() {
        shapes[row] = shape(row as u8);
        row += 1;
    }
    shapes
}

const fn shape(row: u8) -> Shape {
    let spec = &TABLE[row as usize];
    let (class, number) = match (&spec.oxm, &spec.nxm) {
        (Some(id), _) | (None, Some(id)) => (id.class, id.number),
        (None, None) => (EXPERIMENTER, 0),
    };
    let bits = wire_bits(row);
    Shape {
        bytes: spec.bytes,
        rewriting: if class == EXPERIMENTER { Rewriting::Special } else { rewriting(row) },
        prerequisite: spec.prerequisite,
        masking: spec.masking,
        significant: if bits >= 64 { u64::MAX } else { (1 << bits) - 1 },
        class,
        number,
    }
}

/// Headers of this class are eight bytes long.
const EXPERIMENTER: u16 = 0xffff;

/// As [`Field::wire_bits`], for fields of fixed length.
const fn wire_bits(row: u8) -> u16 {
    if row == Field::VLAN_VID.0 {
        13
    } else if row == Field::ARP_OP.0 {
        8
    } else {
        TABLE[row as usize].bits
    }
}

const fn rewriting(row: u8) -> Rewriting {
    let (xreg, xxreg) = (Field::XREG0.0, Field::XXREG0.0);
    let special = row == Field::PACKET_TYPE.0
        || row == Field::IN_PORT_16.0
        || row == Field::NW_TOS.0
        || row == Field::VLAN_TCI.0
        || (row >= Field::TUN_METADATA0.0 && row <= Field::TUN_METADATA63.0);
    if special {
        Rewriting::Special
    } else if row >= xreg && row < xreg + 8 {
        Rewriting::Registers(2 * (row - xreg))
    } else if row >= xxreg && row < xxreg + 4 {
        Rewriting::Registers(4 * (row - xxreg))
    } else {
        Rewriting::None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_say_what_the_table_says() {
        for field in Field::all() {
            let (shape, spec) = (field.shape(), field.spec());
            assert_eq!((shape.bytes, shape.prerequisite), (spec.bytes, spec.prerequisite), "{field}");
            if !field.is_variable() && spec.bytes <= 8 {
                let bits = u32::from(field.wire_bits(spec.bytes));
                assert_eq!(shape.significant.count_ones(), bits, "{field}");
            }
        }
        assert_eq!(Field::XREG7.shape().rewriting, Rewriting::Registers(14));
        assert_eq!(Field::XXREG3.shape().rewriting, Rewriting::Registers(12));
        assert_eq!(Field::REG15.shape().rewriting, Rewriting::None);
    }
}
