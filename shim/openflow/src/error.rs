//! What can be wrong with bytes read, with values built, and with messages too large to send.

use thiserror::Error;

use crate::field::Field;

/// A message could not be decoded. The rest of the stream is unaffected.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("message type {}: at byte {offset}: {kind}", .message_type.map_or("?".to_owned(), |ty| ty.to_string()))]
pub struct DecodeError {
    /// OpenFlow type number of the message, once known.
    pub message_type: Option<u8>,
    /// Position from the start of the message, header included.
    pub offset: usize,
    /// What was wrong there.
    pub kind: DecodeErrorKind,
}

impl DecodeError {
    pub(crate) fn new(offset: usize, kind: DecodeErrorKind) -> Self {
        Self { message_type: None, offset, kind }
    }
}

/// The reason a message could not be decoded.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The structure needs more bytes than there are.
    #[error("{needed} bytes needed, {available} left")]
    Truncated {
        /// Bytes the next item takes.
        needed: usize,
        /// Bytes there are.
        available: usize,
    },
    /// A length field that cannot be right.
    #[error("{what} has impossible length {length}")]
    BadLength {
        /// Name of the structure.
        what: &'static str,
        /// The length it claims.
        length: usize,
    },
    /// A number outside the set the protocol defines.
    #[error("{what} {value:#x} is not known")]
    BadValue {
        /// Name of the field.
        what: &'static str,
        /// Its value.
        value: u64,
    },
    /// Bytes after the end of the structure.
    #[error("{length} bytes left after {what}")]
    TrailingBytes {
        /// Name of the structure.
        what: &'static str,
        /// How many.
        length: usize,
    },
    /// The peer speaks another version than 1.5 (wire byte 6).
    #[error("version {0} is not OpenFlow 1.5 (6)")]
    Version(u8),
    /// Actions nested deeper than [`MAX_DEPTH`](crate::Action::MAX_DEPTH).
    #[error("actions nested too deep")]
    TooDeep,
    /// Fields that do not form a match.
    #[error(transparent)]
    Match(#[from] MatchError),
    /// A value no constructor of this crate would allow.
    #[error(transparent)]
    Build(#[from] BuildError),
}

/// Fields that do not form a match.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MatchError {
    /// The field was given twice.
    #[error("{field} is given twice")]
    Duplicate {
        /// The field.
        field: Field,
    },
    /// The field has meaning only beside others, which are missing.
    #[error("{field} needs {}", field.spec().prerequisite)]
    MissingPrerequisite {
        /// The field.
        field: Field,
    },
    /// Bits of the value lie outside the mask.
    #[error("{field}: value {value:#x} has bits outside mask {mask:#x}")]
    ValueOutsideMask {
        /// The field.
        field: Field,
        /// The value given.
        value: u128,
        /// The mask given.
        mask: u128,
    },
    /// The value needs more bits than the field has.
    #[error("{field}: {value:#x} does not fit {bits} bits")]
    TooWide {
        /// The field.
        field: Field,
        /// The value or mask given.
        value: u128,
        /// Bits of the field.
        bits: u16,
    },
    /// The field can only be matched as a whole.
    #[error("{field} cannot be masked")]
    NotMaskable {
        /// The field.
        field: Field,
    },
    /// The TLV has another length than its field.
    #[error("{field} cannot be {length} bytes long")]
    BadLength {
        /// The field.
        field: Field,
        /// Bytes of the value.
        length: usize,
    },
    /// The mask cannot be said in OpenFlow 1.5 TLVs (a part of the VLAN priority, for example).
    #[error("{field}: mask {mask:#x} has no form in OpenFlow 1.5")]
    NotExpressible {
        /// The field.
        field: Field,
        /// The mask given.
        mask: u128,
    },
}

impl MatchError {
    /// The field it is about.
    pub fn field(&self) -> Field {
        match *self {
            MatchError::Duplicate { field }
            | MatchError::MissingPrerequisite { field }
            | MatchError::ValueOutsideMask { field, .. }
            | MatchError::TooWide { field, .. }
            | MatchError::NotMaskable { field }
            | MatchError::BadLength { field, .. }
            | MatchError::NotExpressible { field, .. } => field,
        }
    }
}

/// A value that cannot be put into an action, group or message.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The field cannot be changed by an action.
    #[error("{field} cannot be set")]
    ReadOnly {
        /// The field.
        field: Field,
    },
    /// The value needs more bits than the field has.
    #[error("{field}: {value:#x} does not fit {bits} bits")]
    TooWide {
        /// The field.
        field: Field,
        /// The value or mask given.
        value: u128,
        /// Bits available.
        bits: u16,
    },
    /// Bits of the value lie outside the mask.
    #[error("{field}: value {value:#x} has bits outside mask {mask:#x}")]
    ValueOutsideMask {
        /// The field.
        field: Field,
        /// The value given.
        value: u128,
        /// The mask given.
        mask: u128,
    },
    /// The bit range lies outside the field, or is empty, or too wide to be said.
    #[error("{field}: no bits {offset}..{}", u32::from(*.offset) + u32::from(*.bits))]
    BadSlice {
        /// The field.
        field: Field,
        /// First bit.
        offset: u16,
        /// Number of bits.
        bits: u16,
    },
    /// A length the field cannot have.
    #[error("{field} cannot be {length} bytes long")]
    BadLength {
        /// The field.
        field: Field,
        /// Bytes of the value.
        length: usize,
    },
    /// Two bit ranges of a copy differ in width.
    #[error("{source_bits} bits cannot be copied to {destination_bits}")]
    WidthMismatch {
        /// Width of the source.
        source_bits: u16,
        /// Width of the destination.
        destination_bits: u16,
    },
    /// Text longer than its field on the wire.
    #[error("{what} `{text}` is longer than {limit} bytes")]
    TextTooLong {
        /// Name of the field.
        what: &'static str,
        /// The text.
        text: String,
        /// Bytes there are.
        limit: usize,
    },
    /// A number outside the range the switch accepts.
    #[error("{what} {value} is out of range")]
    OutOfRange {
        /// Name of the number.
        what: &'static str,
        /// The number.
        value: u64,
    },
}

/// The message does not fit a frame. Nothing was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("message of {length} bytes exceeds the 65535 of a frame")]
pub struct EncodeError {
    /// Bytes it would take.
    pub length: usize,
}

/// The byte stream cannot be cut into messages any more; the connection must be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FrameError {
    /// A header that claims fewer bytes than a header has.
    #[error("message type {message_type} claims length {length}, below the 8 bytes of a header")]
    TooShort {
        /// Type byte of the header.
        message_type: u8,
        /// Length it claims.
        length: u16,
    },
    /// A message longer than the limit the [`Framer`](crate::Framer) was given.
    #[error("message type {message_type} claims length {length}, above the limit of {limit}")]
    TooLong {
        /// Type byte of the header.
        message_type: u8,
        /// Length it claims.
        length: u16,
        /// The limit.
        limit: u16,
    },
}
