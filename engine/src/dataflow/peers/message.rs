//! What one worker says to another.

use std::any::Any;
use std::sync::Arc;

use timely::bytes::arc::Bytes;
use timely::communication::Bytesable;

use super::parcel::Channel;
use crate::dataflow::changes::Changes;
use crate::dataflow::host::Failure;
use crate::value::wire::{Reader, Writer};

/// What goes over timely's channels.
pub(super) struct Message {
    /// The sender.
    pub(super) from: usize,
    pub(super) body: Body,
}

/// Workers of one process hand over what they say as it is; to another process it goes as bytes.
pub(super) enum Body {
    Here(Part),
    Packed(Vec<u8>),
}

/// One worker's part in one exchange, for one other worker; or an order.
#[derive(Debug, Default)]
pub(super) struct Part {
    /// Channels on which the sender sends rows to anybody.
    pub(super) touched: Vec<Channel>,
    pub(super) rows: Vec<(Channel, Changes)>,
    pub(super) failure: Option<Box<Failure>>,
    pub(super) order: Option<Order>,
}

/// What the first worker tells all others to do: the thing itself for those of its process, and bytes for those of
/// others.
#[derive(Clone, Default)]
pub(crate) struct Order {
    pub(crate) here: Option<Arc<dyn Any + Send + Sync>>,
    pub(crate) elsewhere: Arc<[u8]>,
}

impl std::fmt::Debug for Order {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Order").field(&self.elsewhere).finish()
    }
}

impl Bytesable for Message {
    fn from_bytes(bytes: Bytes) -> Self {
        let mut reader = Reader::new(&bytes);
        // Timely hands on what it was given, whole. What cannot be read is found out when it is unpacked.
        let from = reader.number().unwrap_or_default() as usize;
        Message { from, body: Body::Packed(reader.rest().to_vec()) }
    }

    fn length_in_bytes(&self) -> usize {
        self.head().len() + self.packed().len()
    }

    fn into_bytes<W: std::io::Write>(&self, target: &mut W) {
        // Writes into a buffer of the length asked for.
        let _ = target.write_all(&self.head()).and_then(|()| target.write_all(self.packed()));
    }
}

impl Message {
    fn head(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.number(self.from as u64);
        writer.into_bytes()
    }

    fn packed(&self) -> &[u8] {
        match &self.body {
            // Never leaves the process.
            Body::Here(_) => &[],
            Body::Packed(bytes) => bytes,
        }
    }
}
