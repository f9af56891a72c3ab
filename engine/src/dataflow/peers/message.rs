//! What one worker says to another in an exchange.

use std::any::Any;
use std::sync::Arc;

use timely::bytes::arc::Bytes;
use timely::communication::Bytesable;

use super::parcel::Channel;
use super::wire::{Reader, Writer};
use crate::dataflow::changes::Changes;
use crate::dataflow::host::Failure;
use crate::dataflow::index::Weight;
use crate::eval::Trap;
use crate::ir::{RelationId, RuleId};
use crate::plan::{ArrangementId, CollectionId};
use crate::source::{FileId, Span};

/// One worker's part in one exchange, for one other worker; or an order.
#[derive(Debug, Default)]
pub(super) struct Message {
    /// The sender.
    pub(super) from: usize,
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

/// Between threads messages are moved as they are; this is how they go to other processes.
impl Bytesable for Message {
    fn from_bytes(bytes: Bytes) -> Self {
        // Timely hands on what it was given, whole: nothing else arrives here.
        read(&mut Reader::new(&bytes)).unwrap_or_default()
    }

    fn length_in_bytes(&self) -> usize {
        let mut writer = Writer::counting();
        write(self, &mut writer);
        writer.len()
    }

    fn into_bytes<W: std::io::Write>(&self, target: &mut W) {
        let mut writer = Writer::new();
        write(self, &mut writer);
        // Writes into a buffer of the length asked for.
        let _ = target.write_all(writer.bytes());
    }
}

fn write(message: &Message, to: &mut Writer) {
    to.number(message.from as u64);
    to.number(message.touched.len() as u64);
    message.touched.iter().for_each(|channel| write_channel(*channel, to));
    to.number(message.rows.len() as u64);
    for (channel, rows) in &message.rows {
        write_channel(*channel, to);
        to.number(rows.width() as u64);
        to.number(rows.len() as u64);
        for (row, weight) in rows.iter() {
            row.iter().for_each(|word| to.word(*word));
            to.number(weight as u64);
        }
    }
    match &message.failure {
        None => to.number(0),
        Some(failure) => {
            to.number(1);
            to.number(failure.rule.map_or(0, |rule| u64::from(rule.0) + 1));
            let span = failure.trap.span;
            [span.file.0, span.start, span.end].iter().for_each(|part| to.number(u64::from(*part)));
            to.text(&failure.trap.message);
        }
    }
    match &message.order {
        None => to.number(0),
        Some(order) => {
            to.number(1);
            to.raw(&order.elsewhere);
        }
    }
}

fn read(from: &mut Reader<'_>) -> Option<Message> {
    let mut message = Message { from: from.number()? as usize, ..Message::default() };
    for _ in 0..from.number()? {
        message.touched.push(read_channel(from)?);
    }
    for _ in 0..from.number()? {
        let channel = read_channel(from)?;
        let (width, len) = (from.number()? as usize, from.number()?);
        let (mut rows, mut row) = (Changes::new(), vec![0; width]);
        for _ in 0..len {
            for word in &mut row {
                *word = from.word()?;
            }
            rows.push(&row, from.number()? as Weight);
        }
        message.rows.push((channel, rows));
    }
    if from.number()? == 1 {
        let rule = from.number()?.checked_sub(1).map(|rule| RuleId(rule as u32));
        let file = FileId(from.number()? as _);
        let span = Span { file, start: from.number()? as _, end: from.number()? as _ };
        let trap = Trap::new(span, from.text()?);
        message.failure = Some(Box::new(Failure { rule, trap }));
    }
    if from.number()? == 1 {
        message.order = Some(Order { here: None, elsewhere: from.rest().into() });
    }
    Some(message)
}

fn write_channel(channel: Channel, to: &mut Writer) {
    let (kind, id, place) = match channel {
        Channel::Collection(id) => (0, id.0 as usize, 0),
        Channel::Derived(id) => (1, id.0 as usize, 0),
        Channel::Arrangement(id) => (2, id.0 as usize, 0),
        Channel::Stage(id, place) => (3, id.0 as usize, place),
        Channel::Numbers(id) => (4, id, 0),
        Channel::Update(id) => (5, id.0 as usize, 0),
        Channel::Key(id) => (6, id.0 as usize, 0),
        Channel::Whole(id) => (7, id.0 as usize, 0),
    };
    [kind, id, place].iter().for_each(|number| to.number(*number as u64));
}

fn read_channel(from: &mut Reader<'_>) -> Option<Channel> {
    let (kind, id, place) = (from.number()?, from.number()?, from.number()? as usize);
    Some(match kind {
        0 => Channel::Collection(CollectionId(id as u32)),
        1 => Channel::Derived(RelationId(id as u32)),
        2 => Channel::Arrangement(ArrangementId(id as u32)),
        3 => Channel::Stage(RuleId(id as u32), place),
        4 => Channel::Numbers(id as usize),
        5 => Channel::Update(RelationId(id as u32)),
        6 => Channel::Key(RelationId(id as u32)),
        7 => Channel::Whole(RelationId(id as u32)),
        _ => return None,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn messages_survive_the_way() {
        let mut rows = Changes::new();
        rows.push(&[7, u32::MAX], -3);
        rows.push(&[0, 1], i64::MAX);
        let span = Span { file: FileId(1), start: 300, end: 70_000 };
        let message = Message {
            from: 3,
            touched: vec![Channel::Stage(RuleId(200), 2), Channel::Numbers(0)],
            rows: vec![(Channel::Derived(RelationId(9)), rows)],
            failure: Some(Box::new(Failure { rule: Some(RuleId(0)), trap: Trap::new(span, "too deep") })),
            order: Some(Order { here: None, elsewhere: Arc::from([1, 2, 3].as_slice()) }),
        };
        let mut writer = Writer::new();
        write(&message, &mut writer);
        assert_eq!(writer.bytes().len(), message.length_in_bytes());
        let read = read(&mut Reader::new(writer.bytes())).unwrap();
        assert_eq!(format!("{read:?}"), format!("{message:?}"));
    }
}
