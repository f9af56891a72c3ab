//! From a TLV header to its field.

use super::id::Field;
use super::spec::OxmId;
use super::table::TABLE;

/// No field.
const NONE: u8 = u8::MAX;

/// Classes with many fields get an array, built at compile time; the rest are searched.
static NXM_OF: [u8; 128] = index(0x0000);
static NXM_NX: [u8; 128] = index(0x0001);
static OXM: [u8; 128] = index(0x8000);
static PACKET_REGS: [u8; 128] = index(0x8001);

/// The field of a TLV header, or `None` if the table does not have it.
pub(crate) fn by_header(class: u16, number: u8, experimenter: u32) -> Option<Field> {
    let table = match class {
        0x0000 => &NXM_OF,
        0x0001 => &NXM_NX,
        0x8000 => &OXM,
        0x8001 => &PACKET_REGS,
        _ => return rare(class, number, experimenter),
    };
    let row = *table.get(usize::from(number))?;
    (row != NONE).then_some(Field(row))
}

fn rare(class: u16, number: u8, experimenter: u32) -> Option<Field> {
    let is = |id: &Option<OxmId>| {
        id.is_some_and(|id| id.class == class && id.number == number && id.experimenter == experimenter)
    };
    TABLE.iter().position(|spec| is(&spec.oxm) || is(&spec.nxm)).map(|row| Field(row as u8))
}

const fn index(class: u16) -> [u8; 128] {
    let mut rows = [NONE; 128];
    let mut row = 0;
    while row < TABLE.len() {
        if let Some(id) = &TABLE[row].nxm
            && id.class == class
        {
            rows[id.number as usize] = row as u8;
        }
        if let Some(id) = &TABLE[row].oxm
            && id.class == class
        {
            rows[id.number as usize] = row as u8;
        }
        row += 1;
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_identity_leads_back_to_its_field() {
        assert!(TABLE.len() < usize::from(NONE));
        for field in Field::all() {
            for id in [field.spec().nxm, field.spec().oxm].into_iter().flatten() {
                assert_eq!(by_header(id.class, id.number, id.experimenter), Some(field), "{}", id.name);
            }
        }
    }

    #[test]
    fn unknown_identities_have_no_field() {
        assert_eq!(by_header(0x8000, 127, 0), None);
        assert_eq!(by_header(0x8000, 200, 0), None);
        assert_eq!(by_header(0xffff, 0, 0xdead), None);
    }
}
