//! Bounded reading and length-patched writing of big-endian wire data.

use crate::error::{DecodeError, DecodeErrorKind};

/// Reads forward through a byte slice and knows where in the message it stands.
#[derive(Debug, Clone)]
pub(crate) struct Reader<'a> {
    data: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    /// `offset` is the position of `data[0]` in the whole message, for errors.
    pub(crate) fn new(data: &'a [u8], offset: usize) -> Self {
        Self { data, offset }
    }

    pub(crate) fn bytes(&mut self, n: usize) -> Result<&'a [u8], DecodeError> {
        match self.data.split_at_checked(n) {
            Some((head, rest)) => {
                self.data = rest;
                self.offset += n;
                Ok(head)
            }
            None => Err(self.error(DecodeErrorKind::Truncated { needed: n, available: self.data.len() })),
        }
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        match self.data.split_first_chunk::<N>() {
            Some((head, rest)) => {
                self.data = rest;
                self.offset += N;
                Ok(*head)
            }
            None => Err(self.error(DecodeErrorKind::Truncated { needed: N, available: self.data.len() })),
        }
    }

    pub(crate) fn u8(&mut self) -> Result<u8, DecodeError> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, DecodeError> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, DecodeError> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, DecodeError> {
        self.array().map(u64::from_be_bytes)
    }

    pub(crate) fn skip(&mut self, n: usize) -> Result<(), DecodeError> {
        self.bytes(n).map(|_| ())
    }

    /// The next `n` bytes as a reader of their own.
    pub(crate) fn sub(&mut self, n: usize) -> Result<Reader<'a>, DecodeError> {
        let offset = self.offset;
        Ok(Reader::new(self.bytes(n)?, offset))
    }

    /// Takes all that is left.
    pub(crate) fn rest(&mut self) -> &'a [u8] {
        self.offset += self.data.len();
        std::mem::take(&mut self.data)
    }

    /// A nested structure whose 16-bit length, counted from `start`, has just been read.
    pub(crate) fn element(
        &mut self,
        what: &'static str,
        length: usize,
        start: usize,
    ) -> Result<Reader<'a>, DecodeError> {
        let consumed = self.offset - start;
        match length.checked_sub(consumed) {
            Some(left) if left <= self.data.len() => self.sub(left),
            _ => Err(DecodeError::new(start, DecodeErrorKind::BadLength { what, length })),
        }
    }

    /// Skips the zero bytes that align an element of `length` bytes to eight. The last one of a list may lack them.
    pub(crate) fn skip_padding(&mut self, length: usize) {
        let n = padding(length).min(self.data.len());
        self.data = &self.data[n..];
        self.offset += n;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    pub(crate) fn remaining(&self) -> usize {
        self.data.len()
    }

    pub(crate) fn offset(&self) -> usize {
        self.offset
    }

    pub(crate) fn error(&self, kind: DecodeErrorKind) -> DecodeError {
        DecodeError::new(self.offset, kind)
    }

    /// An error about the last `n` bytes read.
    pub(crate) fn error_behind(&self, n: usize, kind: DecodeErrorKind) -> DecodeError {
        DecodeError::new(self.offset.saturating_sub(n), kind)
    }

    /// Bytes left where the structure should have ended are an error, not noise.
    pub(crate) fn finish(&self, what: &'static str) -> Result<(), DecodeError> {
        if self.data.is_empty() {
            Ok(())
        } else {
            Err(self.error(DecodeErrorKind::TrailingBytes { what, length: self.data.len() }))
        }
    }
}

/// Zero bytes that bring `length` up to a multiple of eight.
pub(crate) fn padding(length: usize) -> usize {
    length.wrapping_neg() % 8
}

/// Appends big-endian data. Lengths are patched in afterwards; a message over 65,535 bytes is caught once,
/// by [`Message::encode`](crate::Message::encode), because no inner length can exceed the outer one.
pub(crate) trait Put {
    fn put(&mut self, bytes: &[u8]);
    fn patch_u16(&mut self, at: usize, value: usize);
    fn position(&self) -> usize;

    fn put8(&mut self, value: u8) {
        self.put(&[value]);
    }

    fn put16(&mut self, value: u16) {
        self.put(&value.to_be_bytes());
    }

    fn put32(&mut self, value: u32) {
        self.put(&value.to_be_bytes());
    }

    fn put64(&mut self, value: u64) {
        self.put(&value.to_be_bytes());
    }

    fn zeros(&mut self, n: usize) {
        for _ in 0..n {
            self.put8(0);
        }
    }

    /// Zero bytes up to a multiple of eight counted from `start`.
    fn pad_from(&mut self, start: usize) {
        self.zeros(padding(self.position() - start));
    }

    /// Text in a field of `width` bytes, cut short of the last byte, which stays zero.
    fn put_text(&mut self, text: &str, width: usize) {
        let n = text.floor_char_boundary(width.saturating_sub(1));
        self.put(&text.as_bytes()[..n]);
        self.zeros(width - n);
    }

    /// A property TLV: type, length without padding, body, padding.
    fn property(&mut self, kind: u16, body: &[u8]) {
        let start = self.position();
        self.put16(kind);
        self.put16(0);
        self.put(body);
        self.patch_u16(start + 2, self.position() - start);
        self.pad_from(start);
    }
}

impl Put for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }

    fn patch_u16(&mut self, at: usize, value: usize) {
        // A value that does not fit belongs to a message that is refused as a whole.
        self[at..at + 2].copy_from_slice(&(value as u16).to_be_bytes());
    }

    fn position(&self) -> usize {
        self.len()
    }

    fn zeros(&mut self, n: usize) {
        self.resize(self.len() + n, 0);
    }
}

impl Put for bytes::BytesMut {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }

    fn patch_u16(&mut self, at: usize, value: usize) {
        self[at..at + 2].copy_from_slice(&(value as u16).to_be_bytes());
    }

    fn position(&self) -> usize {
        self.len()
    }

    fn zeros(&mut self, n: usize) {
        self.resize(self.len() + n, 0);
    }
}

impl<const N: usize> Put for smallvec::SmallVec<[u8; N]> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }

    fn patch_u16(&mut self, at: usize, value: usize) {
        self[at..at + 2].copy_from_slice(&(value as u16).to_be_bytes());
    }

    fn position(&self) -> usize {
        self.len()
    }
}

/// Reads a property list: calls `each` with type and body of every property.
pub(crate) fn properties<'a>(
    reader: &mut Reader<'a>,
    mut each: impl FnMut(u16, Reader<'a>) -> Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    while !reader.is_empty() {
        let start = reader.offset();
        let kind = reader.u16()?;
        let length = usize::from(reader.u16()?);
        let body = reader.element("property", length, start)?;
        each(kind, body)?;
        reader.skip_padding(length);
    }
    Ok(())
}

/// A property this crate does not know, kept as it came.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RawProperty {
    /// Type number.
    pub kind: u16,
    /// All after type and length, without the padding.
    pub body: Vec<u8>,
}

impl RawProperty {
    pub(crate) fn encode(&self, out: &mut impl Put) {
        out.property(self.kind, &self.body);
    }
}

/// Text in a zero-padded field; bytes that are not UTF-8 are replaced.
pub(crate) fn text(field: &[u8]) -> String {
    let end = field.iter().position(|&byte| byte == 0).unwrap_or(field.len());
    String::from_utf8_lossy(&field[..end]).into_owned()
}
