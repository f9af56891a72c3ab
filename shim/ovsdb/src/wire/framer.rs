use bytes::{Buf, BytesMut};
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
        if self.depth == 0 && !self.find_start()? {
            return Ok(None);
        }
        while let Some(&byte) = self.buffer.get(self.scanned) {
            let at = self.scanned;
            self.scanned += 1;
            if self.scanned > self.limits.length {
                return Err(FrameError::TooLong { offset: self.offset, limit: self.limits.length });
            }
            if self.in_string {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.in_string = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => self.in_string = true,
                b'{' | b'[' => {
                    self.depth += 1;
                    if self.depth > self.limits.depth {
                        let offset = self.offset + at as u64;
                        return Err(FrameError::TooDeep { offset, limit: self.limits.depth });
                    }
                }
                b'}' | b']' => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        return self.parse(at + 1).map(Some);
                    }
                }
                _ => {}
            }
        }
        Ok(None)
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

    fn parse(&mut self, length: usize) -> Result<Value, FrameError> {
        let object = self.buffer.split_to(length);
        let start = self.offset;
        self.scanned = 0;
        self.offset += length as u64;
        serde_json::from_slice(&object).map_err(|error| FrameError::Malformed {
            offset: start + offset_of(&object, error.line(), error.column()),
            problem: error.to_string(),
        })
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
