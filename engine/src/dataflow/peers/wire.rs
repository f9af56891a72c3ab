//! Numbers and texts as bytes: small numbers take one byte.

/// Writes bytes, or counts them.
pub(super) struct Writer {
    bytes: Vec<u8>,
    len: usize,
    counts: bool,
}

/// Reads what a [`Writer`] wrote.
pub(super) struct Reader<'b> {
    bytes: &'b [u8],
}

impl Writer {
    pub(super) fn new() -> Self {
        Writer { bytes: Vec::new(), len: 0, counts: false }
    }

    /// Only to know how many bytes there would be.
    pub(super) fn counting() -> Self {
        Writer { counts: true, ..Writer::new() }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Seven bits a byte, the least ones first; all but the last byte have the top bit set.
    pub(super) fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.raw(&[number as u8 | 0x80]);
            number >>= 7;
        }
        self.raw(&[number as u8]);
    }

    pub(super) fn word(&mut self, word: u32) {
        self.raw(&word.to_le_bytes());
    }

    pub(super) fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.raw(text.as_bytes());
    }

    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.len += bytes.len();
        if !self.counts {
            self.bytes.extend_from_slice(bytes);
        }
    }
}

impl<'b> Reader<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Reader { bytes }
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        let (mut number, mut shift) = (0, 0);
        loop {
            let (byte, rest) = self.bytes.split_first()?;
            self.bytes = rest;
            number |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(number);
            }
            shift += 7;
        }
    }

    /// All that is left.
    pub(super) fn rest(&mut self) -> &'b [u8] {
        std::mem::take(&mut self.bytes)
    }

    pub(super) fn word(&mut self) -> Option<u32> {
        let (bytes, rest) = self.bytes.split_first_chunk::<4>()?;
        self.bytes = rest;
        Some(u32::from_le_bytes(*bytes))
    }

    pub(super) fn text(&mut self) -> Option<String> {
        let len = usize::try_from(self.number()?).ok()?;
        let (text, rest) = self.bytes.split_at_checked(len)?;
        self.bytes = rest;
        String::from_utf8(text.to_vec()).ok()
    }
}
