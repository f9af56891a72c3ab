use bytes::{Buf, Bytes, BytesMut};
use serde_json::Value;
use thiserror::Error;

/// Cuts a byte stream into JSON objects, which follow each other without delimiter (RFC 7047 section 4).
///
/// Every byte is looked at once however the stream is chopped up. After an error the stream cannot be read on: where the
/// next object starts is not known.
#[derive(Debug)]
pub struct Framer {
    limits: FrameLimits,
    buffer: BytesMut,
    /// Bytes of `buffer` already looked at.
    scanned: usize,
    depth: usize,
    in_string: bool,
    escaped: bool,
    /// Offset in the stream of the first byte of `buffer`.
    offset: u64,
}

/// An object's text as it stands in the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// From the opening to the closing bracket.
    pub text: Bytes,
    /// Where in the stream it starts.
    pub offset: u64,
}

/// What a peer may make us hold in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameLimits {
    /// The longest object, in bytes.
    pub length: usize,
    /// The deepest nesting of objects and arrays; above 127 the JSON parser refuses by itself.
    pub depth: usize,
}

impl Default for FrameLimits {
    /// 512 MiB, because a database's initial contents come as one object; nesting of 64, where the protocol uses 13.
    fn default() -> Self {
        FrameLimits { length: 512 << 20, depth: 64 }
    }
}

/// A stream that is not a sequence of JSON objects. Offsets count bytes from the start of the stream.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FrameError {
    /// Between objects stands something else than white space.
    #[error("byte {byte:#04x} at offset {offset}, where a JSON object should start")]
    NotAnObject {
        /// Where.
        offset: u64,
        /// What stands there.
        byte: u8,
    },
    /// An object is longer than allowed.
    #[error("JSON object at offset {offset} is longer than {limit} bytes")]
    TooLong {
        /// Where it starts.
        offset: u64,
        /// The length allowed.
        limit: usize,
    },
    /// An object is nested deeper than allowed.
    #[error("JSON at offset {offset} is nested deeper than {limit}")]
    TooDeep {
        /// Where the limit is passed.
        offset: u64,
        /// The depth allowed.
        limit: usize,
    },
    /// Brackets match in number, but it is not JSON.
    #[error("malformed JSON at offset {offset}: {problem}")]
    Malformed {
        /// Where.
        offset: u64,
        /// What the JSON parser says.
        problem: String,
    },
}

impl Framer {
    /// An empty stream.
    pub fn new(limits: FrameLimits) -> Self {
        Framer {
            limits,
            buffer: BytesMut::new(),
            scanned: 0,
            depth: 0,
            in_string: false,
            escaped: false,
            offset: 0,
        }
    }

    /// Adds bytes that arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next object, or `None` if it is not complete yet.
    pub fn next_object(&mut self) -> Result<Option<Value>, FrameError> {
        match self.next_frame()? {
            Some(frame) => {
                serde_json::from_slice(&frame.text).map(Some).map_err(|error| frame.malformed(&error))
            }
            None => Ok(None),
        }
    }

    /// The text of the next object, or `None` if it is not complete yet. Its brackets match in number, no more is known.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, FrameError> {
        if self.depth == 0 && !self.find_start()? {
            return Ok(None);
        }
        match self.scan()? {
            Some(length) => {
                let frame = Frame { text: self.buffer.split_to(length).freeze(), offset: self.offset };
                self.scanned = 0;
                self.offset += length as u64;
                Ok(Some(frame))
            }
            None => Ok(None),
        }
    }

    /// How many bytes wait for the rest of their object.
    pub fn pending(&self) -> usize {
        self.buffer.len()
    }

    /// Drops white space, and tells whether an object starts after it.
    fn find_start(&mut self) -> Result<bool, FrameError> {
        let blank = self.buffer.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        self.buffer.advance(blank);
        self.offset += blank as u64;
        match self.buffer.first() {
            None => Ok(false),
            Some(b'{') => Ok(true),
            Some(&byte) => Err(FrameError::NotAnObject { offset: self.offset, byte }),
        }
    }

    /// Looks at the bytes not yet looked at, up to the end of the object. Returns its length if it ends.
    fn scan(&mut self) -> Result<Option<usize>, FrameError> {
        let end = self.buffer.len().min(self.limits.length);
        // Locals, since this loop sees every byte of every connection.
        let (bytes, mut at, mut depth) = (&self.buffer[..end], self.scanned, self.depth);
        let (mut in_string, mut escaped) = (self.in_string, self.escaped);
        while at < end {
            if escaped {
                escaped = false;
                at += 1;
                continue;
            }
            // Most bytes only have to be passed over: a short loop does that several times faster than the match.
            let rest = &bytes[at..];
            let skipped = if in_string {
                rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))
            } else {
                rest.iter().position(|byte| matches!(byte, b'"' | b'{' | b'[' | b'}' | b']'))
            };
            let Some(skipped) = skipped else {
                at = end;
                break;
            };
            at += skipped + 1;
            match bytes[at - 1] {
                b'\\' => escaped = true,
                b'"' => in_string = !in_string,
                b'{' | b'[' => {
                    depth += 1;
                    if depth > self.limits.depth {
                        let offset = self.offset + at as u64 - 1;
                        return Err(FrameError::TooDeep { offset, limit: self.limits.depth });
                    }
                }
                _ => {
                    depth -= 1;
                    if depth == 0 {
                        (self.depth, self.in_string, self.escaped) = (0, false, false);
                        return Ok(Some(at));
                    }
                }
            }
        }
        (self.scanned, self.depth, self.in_string, self.escaped) = (at, depth, in_string, escaped);
        if self.buffer.len() > self.limits.length {
            return Err(FrameError::TooLong { offset: self.offset, limit: self.limits.length });
        }
        Ok(None)
    }
}

impl Frame {
    /// The error that the JSON parser found in this frame.
    pub(super) fn malformed(&self, error: &serde_json::Error) -> FrameError {
        FrameError::Malformed {
            offset: self.offset + offset_of(&self.text, error.line(), error.column()),
            problem: error.to_string(),
        }
    }
}

/// The byte offset of a line and column as serde_json counts them: from 1, columns in bytes, 0 before the first.
fn offset_of(text: &[u8], line: usize, column: usize) -> u64 {
    let before: usize =
        text.split_inclusive(|byte| *byte == b'\n').take(line.saturating_sub(1)).map(<[u8]>::len).sum();
    (before + column.saturating_sub(1)) as u64
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn read(limits: FrameLimits, pieces: &[&[u8]]) -> (Vec<Value>, Option<FrameError>) {
        let mut framer = Framer::new(limits);
        let mut objects = Vec::new();
        for piece in pieces {
            framer.push(piece);
            loop {
                match framer.next_object() {
                    Ok(Some(object)) => objects.push(object),
                    Ok(None) => break,
                    Err(error) => return (objects, Some(error)),
                }
            }
        }
        (objects, None)
    }

    #[test]
    fn objects_follow_each_other_without_delimiter() {
        let text = br#"{"a":"}\"{"} {"b":[{"c":"\\"}]}{}
            {"d":1}"#;
        let expected = vec![json!({"a": "}\"{"}), json!({"b": [{"c": "\\"}]}), json!({}), json!({"d": 1})];
        assert_eq!(read(FrameLimits::default(), &[text]), (expected.clone(), None));
        let bytes: Vec<&[u8]> = text.chunks(1).collect();
        assert_eq!(read(FrameLimits::default(), &bytes), (expected, None));
    }

    #[test]
    fn errors_name_the_offset_in_the_stream() {
        let small = FrameLimits { length: 12, depth: 3 };
        let malformed = |text: &[u8]| match read(FrameLimits::default(), &[text]).1 {
            Some(FrameError::Malformed { offset, .. }) => offset,
            other => panic!("{other:?}"),
        };
        assert_eq!(read(small, &[b"{} x"]).1, Some(FrameError::NotAnObject { offset: 3, byte: b'x' }));
        assert_eq!(
            read(small, &[b"{}", b" ", b"[]"]).1,
            Some(FrameError::NotAnObject { offset: 3, byte: b'[' })
        );
        assert_eq!(
            read(small, &[b"{} {\"a\":\"123456\"}"]).1,
            Some(FrameError::TooLong { offset: 3, limit: 12 })
        );
        assert_eq!(read(small, &[b"{\"a\":[[["]).1, Some(FrameError::TooDeep { offset: 7, limit: 3 }));
        assert_eq!(malformed(b"{}{\"a\":]"), 7);
        assert_eq!(malformed(b"{}\n{\n\"a\":nil}"), 10);
        assert_eq!(malformed(b"{\"a\":\"\xff\"}"), 6);
    }

    #[test]
    fn an_unfinished_object_waits() {
        let mut framer = Framer::new(FrameLimits::default());
        framer.push(b"  {\"a\": [1, ");
        assert_eq!(framer.next_object(), Ok(None));
        assert_eq!(framer.pending(), 10);
        framer.push(b"2]}");
        assert_eq!(framer.next_object(), Ok(Some(json!({"a": [1, 2]}))));
        assert_eq!(framer.pending(), 0);
    }
}
