//! The short way to a canonical match: TLVs that say what the canonical form says only need to be put in order.
//! Nearly all do. What does not is left to [`normalise`](super::normalise), which also finds the words for errors.

use std::sync::Arc;

use smallvec::SmallVec;

use super::codec::Prerequisites;
use super::prerequisite::Ground;
use super::value::Match;
use crate::field::{Field, Masking, Rewriting, by_header};
use crate::wire::Put;

/// A canonical field, borrowed from the bytes it was read from.
#[derive(Debug, Clone, Copy)]
struct Entry<'a> {
    field: Field,
    value: &'a [u8],
    /// `None` if all bits are tested.
    mask: Option<&'a [u8]>,
}

type Entries<'a> = SmallVec<[Entry<'a>; 12]>;

/// The match of these TLVs, or `None` if they need more than being put in order, or are wrong.
pub(super) fn scan(bytes: &[u8], prerequisites: Prerequisites) -> Option<Match> {
    let mut entries = Entries::new();
    let mut rest = bytes;
    while let Some((&[class0, class1, number, length], tail)) = rest.split_first_chunk() {
        let (payload, next) = tail.split_at_checked(usize::from(length))?;
        let field = by_header(u16::from_be_bytes([class0, class1]), number >> 1, 0)?;
        add(field, payload, number & 1 == 1, &mut entries)?;
        rest = next;
    }
    if !rest.is_empty() {
        return None;
    }
    sort(&mut entries);
    let duplicate = entries.windows(2).any(|pair| pair[0].field == pair[1].field);
    if duplicate || (prerequisites == Prerequisites::Required && !supported(&entries)) {
        return None;
    }
    let mut tlvs = SmallVec::<[u8; 128]>::new();
    for entry in &entries {
        put(entry, &mut tlvs);
    }
    Some(Match { tlvs: Arc::from(tlvs.as_slice()) })
}

/// Adds the canonical entries of one TLV.
fn add<'a>(field: Field, payload: &'a [u8], masked: bool, entries: &mut Entries<'a>) -> Option<()> {
    let shape = field.shape();
    let bytes = usize::from(shape.bytes);
    let value = payload.get(..bytes)?;
    let mask = masked.then_some(&payload[bytes..]);
    let whole_payload = if masked { 2 * bytes } else { bytes };
    if payload.len() != whole_payload || shape.rewriting == Rewriting::Special {
        return None;
    }
    if let Rewriting::Registers(first) = shape.rewriting {
        for (n, value) in (first..).zip(value.chunks_exact(4)) {
            let at = 4 * usize::from(n - first);
            let mask = mask.map(|mask| &mask[at..at + 4]);
            add_plain(Field::reg(n)?, u64::from(u32::MAX), value, mask, entries)?;
        }
        return Some(());
    }
    if masked && shape.masking == Masking::Exact {
        return None;
    }
    add_plain(field, shape.significant, value, mask, entries)
}

/// Adds an entry unless it tests nothing.
fn add_plain<'a>(
    field: Field,
    significant: u64,
    value: &'a [u8],
    mask: Option<&'a [u8]>,
    entries: &mut Entries<'a>,
) -> Option<()> {
    if value.len() > 8 {
        let Some(mask) = mask else {
            entries.push(Entry { field, value, mask });
            return Some(());
        };
        let outside = value.iter().zip(mask).any(|(value, mask)| value & !mask != 0);
        let uniform = mask.iter().all(|&byte| byte == mask[0]) && matches!(mask[0], 0 | 0xff);
        return (!outside && !uniform).then(|| entries.push(Entry { field, value, mask: Some(mask) }));
    }
    let number = small(value);
    let mask_number = mask.map_or(significant, small);
    // A mask of zero tests nothing; bits of value or mask that the field does not have need a look.
    if number & !mask_number != 0 || mask_number & !significant != 0 {
        return None;
    }
    if mask_number != 0 {
        let mask = mask.filter(|_| mask_number != significant);
        entries.push(Entry { field, value, mask });
    }
    Some(())
}

/// A number of up to eight bytes.
fn small(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, &byte| number << 8 | u64::from(byte))
}

/// By insertion: the fields mostly come in order.
fn sort(entries: &mut [Entry<'_>]) {
    for end in 1..entries.len() {
        let mut at = end;
        while at > 0 && entries[at - 1].field > entries[at].field {
            entries.swap(at - 1, at);
            at -= 1;
        }
    }
}

fn supported(entries: &[Entry<'_>]) -> bool {
    let needs = |entry: &&Entry<'_>| entry.field.shape().prerequisite != crate::Prerequisite::None;
    let mut needing = entries.iter().filter(needs).peekable();
    if needing.peek().is_none() {
        return true;
    }
    let ground = Ground::of(entries.iter().map(|entry| (entry.field, entry.value, entry.mask)));
    needing.all(|entry| ground.supports(entry.field.shape().prerequisite))
}

fn put(entry: &Entry<'_>, out: &mut SmallVec<[u8; 128]>) {
    let shape = entry.field.shape();
    let (mask_bit, mask) = entry.mask.map_or((0, [].as_slice()), |mask| (1, mask));
    let [high, low] = shape.class.to_be_bytes();
    let length = (entry.value.len() + mask.len()) as u8;
    out.put(&[high, low, shape.number << 1 | mask_bit, length]);
    out.put(entry.value);
    out.put(mask);
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::super::codec::decode_any;
    use super::*;
    use crate::field::{Dialect, MaskFollows, put_header};

    /// A TLV of any field in either identity; many values and masks are those that need a closer look.
    fn tlv() -> impl Strategy<Value = Vec<u8>> {
        let fields = select(Field::all().collect::<Vec<_>>());
        let dialect = select(vec![Dialect::Standard, Dialect::Nicira]);
        let mask = prop_oneof![
            3 => Just(None),
            1 => Just(Some(0)),
            1 => Just(Some(u128::MAX)),
            2 => any::<u128>().prop_map(Some),
            2 => (0u32..128).prop_map(|n| Some(u128::MAX << n)),
        ];
        let value =
            prop_oneof![Just(0), Just(1), Just(6), Just(17), Just(0x0800), Just(0x86dd), any::<u128>()];
        (fields, dialect, value, mask, 0u8..20).prop_map(|(field, dialect, value, mask, oddity)| {
            let bytes = field.default_bytes().min(16);
            let significant = u128::MAX >> (128 - field.wire_bits(bytes).clamp(1, 128));
            // Most values are what their masks and fields allow.
            let value = if oddity == 0 { value } else { value & mask.unwrap_or(u128::MAX) & significant };
            let mask = mask.map(|mask| if oddity == 1 { mask } else { mask & significant });
            let tail = |number: u128| number.to_be_bytes()[16 - usize::from(bytes)..].to_vec();
            let follows = if mask.is_some() { MaskFollows::Yes } else { MaskFollows::No };
            let mut tlv = Vec::new();
            put_header(&mut tlv, field, dialect, follows, bytes);
            tlv.extend(tail(value));
            tlv.extend(mask.map(tail).unwrap_or_default());
            tlv
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_short_way_ends_where_the_long_one_does(
            tlvs in prop::collection::vec(tlv(), 0..5),
            ground in any::<bool>(),
        ) {
            let mut bytes = tlvs.concat();
            if ground {
                bytes.extend([0x80, 0, 10, 2, 8, 0, 0x80, 0, 20, 1, 6]);
            }
            for prerequisites in [Prerequisites::Required, Prerequisites::Ignored] {
                if let Some(matching) = scan(&bytes, prerequisites) {
                    prop_assert_eq!(decode_any(&bytes, 0, prerequisites), Ok(matching));
                }
            }
        }
    }

    #[test]
    fn a_usual_match_goes_the_short_way() {
        let text = "tcp,reg0=0x1/0xff,xreg1=0x5,metadata=0x7,in_port=3,dl_vlan=5,nw_dst=10.0.0.0/8,tp_dst=80";
        let matching: Match = text.parse().unwrap();
        assert_eq!(scan(matching.as_bytes(), Prerequisites::Required), Some(matching));
        let registers = [0x80, 0x01, 14 << 1, 8, 0, 0, 0, 1, 0, 0, 0, 2];
        assert_eq!(scan(&registers, Prerequisites::Required), None);
        let registers = [0x80, 0x01, 7 << 1, 8, 0, 0, 0, 1, 0, 0, 0, 2];
        let matching = scan(&registers, Prerequisites::Required).map(|matching| matching.to_string());
        assert_eq!(matching.as_deref(), Some("reg14=0x1,reg15=0x2"));
    }
}
