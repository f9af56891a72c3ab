//! The common name in a certificate's subject.

/// DER of the object identifier 2.5.4.3, `commonName` (X.520).
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OBJECT_IDENTIFIER: u8 = 0x06;
const UTF8_STRING: u8 = 0x0c;
const PRINTABLE_STRING: u8 = 0x13;
const TELETEX_STRING: u8 = 0x14;
const IA5_STRING: u8 = 0x16;

/// The last common name of a subject, given as the contents of an X.501 `RDNSequence`; `None` if there is none, or
/// the subject is not DER, or the name is not a string of characters that UTF-8 and ASCII agree on.
pub(crate) fn common_name(subject: &[u8]) -> Option<String> {
    let mut found = None;
    let mut relative_names = Der(subject);
    while !relative_names.is_empty() {
        let mut attributes = Der(relative_names.expect(SET)?);
        while !attributes.is_empty() {
            let mut attribute = Der(attributes.expect(SEQUENCE)?);
            let kind = attribute.expect(OBJECT_IDENTIFIER)?;
            let (tag, value) = attribute.element()?;
            if kind == COMMON_NAME {
                found = Some(text(tag, value)?);
            }
        }
    }
    found
}

fn text(tag: u8, value: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(value).ok()?;
    let fits = match tag {
        UTF8_STRING => true,
        PRINTABLE_STRING | TELETEX_STRING | IA5_STRING => text.is_ascii(),
        _ => false,
    };
    fits.then(|| text.to_owned())
}

/// What is left of a run of DER elements.
struct Der<'bytes>(&'bytes [u8]);

impl<'bytes> Der<'bytes> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn expect(&mut self, wanted: u8) -> Option<&'bytes [u8]> {
        let (tag, value) = self.element()?;
        (tag == wanted).then_some(value)
    }

    /// The next element: its tag, of one byte, and its contents, of at most 65,535 bytes.
    fn element(&mut self) -> Option<(u8, &'bytes [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81 => rest.split_first().map(|(&length, rest)| (usize::from(length), rest))?,
            0x82 => {
                let (length, rest) = rest.split_first_chunk()?;
                (usize::from(u16::from_be_bytes(*length)), rest)
            }
            _ => return None,
        };
        let (value, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(tag: u8, contents: &[u8]) -> Vec<u8> {
        let length = u8::try_from(contents.len()).unwrap_or(u8::MAX);
        let head = if length < 0x80 { vec![tag, length] } else { vec![tag, 0x81, length] };
        [head, contents.to_vec()].concat()
    }

    fn name(kind: &[u8], tag: u8, value: &[u8]) -> Vec<u8> {
        let attribute = [element(OBJECT_IDENTIFIER, kind), element(tag, value)].concat();
        element(SET, &element(SEQUENCE, &attribute))
    }

    const COUNTRY: &[u8] = &[0x55, 0x04, 0x06];

    #[test]
    fn the_common_name_is_found_among_others_and_the_last_counts() {
        let long = "x".repeat(150);
        for (subject, wanted) in [
            (vec![], None),
            (name(COUNTRY, PRINTABLE_STRING, b"US"), None),
            (name(COMMON_NAME, UTF8_STRING, "hv-ü".as_bytes()), Some("hv-ü")),
            (name(COMMON_NAME, PRINTABLE_STRING, b"hv1"), Some("hv1")),
            (name(COMMON_NAME, PRINTABLE_STRING, "ü".as_bytes()), None),
            (name(COMMON_NAME, 0x1e, b"\0h\0v"), None),
            (name(COMMON_NAME, UTF8_STRING, &[0xff]), None),
            (name(COMMON_NAME, UTF8_STRING, long.as_bytes()), Some(long.as_str())),
            (
                [name(COUNTRY, PRINTABLE_STRING, b"US"), name(COMMON_NAME, UTF8_STRING, b"hv1")].concat(),
                Some("hv1"),
            ),
            (
                [name(COMMON_NAME, UTF8_STRING, b"a"), name(COMMON_NAME, UTF8_STRING, b"b")].concat(),
                Some("b"),
            ),
        ] {
            assert_eq!(common_name(&subject).as_deref(), wanted, "{subject:02x?}");
        }
    }

    #[test]
    fn what_is_cut_short_or_changed_is_no_name_and_no_panic() {
        let subject = name(COMMON_NAME, UTF8_STRING, b"hv1");
        for length in 1..subject.len() {
            assert_eq!(common_name(&subject[..length]), None, "{length}");
        }
        for at in 0..subject.len() {
            for byte in 0..=u8::MAX {
                let mut changed = subject.clone();
                changed[at] = byte;
                let _ = common_name(&changed);
            }
        }
    }
}
