//! Cutting a byte stream into messages.

use bytes::{Buf, Bytes, BytesMut};

use crate::error::FrameError;

/// Version byte of OpenFlow 1.5.
pub const VERSION: u8 = 6;

/// Bytes of the header every message starts with.
pub const HEADER_LEN: usize = 8;

/// The eight bytes every message starts with.
///
/// ```text
///  0        8        16               31
/// +--------+--------+------------------+
/// |version | type   | length           |
/// +--------+--------+------------------+
/// | xid                                |
/// +------------------------------------+
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Protocol version; 6 is OpenFlow 1.5. HELLO and ERROR may carry another.
    pub version: u8,
    /// Message type number.
    pub message_type: u8,
    /// Bytes of the message, header included.
    pub length: u16,
    /// Transaction id: a reply repeats that of its request.
    pub xid: u32,
}

impl Header {
    pub(crate) fn parse(bytes: [u8; HEADER_LEN]) -> Self {
        let [version, message_type, l0, l1, x0, x1, x2, x3] = bytes;
        Self {
            version,
            message_type,
            length: u16::from_be_bytes([l0, l1]),
            xid: u32::from_be_bytes([x0, x1, x2, x3]),
        }
    }
}

/// One message, cut out of the stream but not decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Its header.
    pub header: Header,
    /// What follows the header: `header.length - 8` bytes.
    pub body: Bytes,
}

/// Collects received bytes and yields whole messages.
///
/// ```
/// let mut framer = openflow::Framer::new();
/// framer.extend(&[6, 20, 0, 8, 0, 0]);
/// assert_eq!(framer.next_frame(), Ok(None));
/// framer.extend(&[0, 7]);
/// let frame = framer.next_frame().unwrap().unwrap();
/// assert_eq!(frame.header.xid, 7);
/// assert_eq!(frame.message().unwrap(), openflow::Message::BarrierRequest);
/// ```
#[derive(Debug, Clone)]
pub struct Framer {
    buffer: BytesMut,
    limit: u16,
}

impl Default for Framer {
    fn default() -> Self {
        Self::new()
    }
}

impl Framer {
    /// A framer that takes messages of any length the header can express (64 KiB).
    pub fn new() -> Self {
        Self::with_limit(u16::MAX)
    }

    /// A framer that refuses messages longer than `limit` bytes, for peers not yet trusted.
    pub fn with_limit(limit: u16) -> Self {
        Self { buffer: BytesMut::new(), limit }
    }

    /// Appends bytes as they came from the peer.
    pub fn extend(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The receive buffer, for reading from a socket without a copy. Only append to it.
    pub fn buffer_mut(&mut self) -> &mut BytesMut {
        &mut self.buffer
    }

    /// The next whole message, or `None` until more bytes come.
    ///
    /// After an error the stream is out of step: every later call returns the same error.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, FrameError> {
        let Some(&head) = self.buffer.first_chunk::<HEADER_LEN>() else { return Ok(None) };
        let header = Header::parse(head);
        let Header { message_type, length, .. } = header;
        if usize::from(length) < HEADER_LEN {
            return Err(FrameError::TooShort { message_type, length });
        }
        if length > self.limit {
            return Err(FrameError::TooLong { message_type, length, limit: self.limit });
        }
        if self.buffer.len() < usize::from(length) {
            return Ok(None);
        }
        let mut body = self.buffer.split_to(usize::from(length)).freeze();
        body.advance(HEADER_LEN);
        Ok(Some(Frame { header, body }))
    }

    /// Bytes received that do not yet make a whole message.
    pub fn pending(&self) -> usize {
        self.buffer.len()
    }
}
