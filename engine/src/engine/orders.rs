//! Requests as the first worker tells them to those of other processes.

use std::collections::HashSet;

use crossbeam_channel::{Sender, bounded};

use super::inputs::Batch;
use super::session::Request;
use crate::command::Record;
use crate::ir::RelationId;
use crate::value::Value;
use crate::value::wire::{Reader, Writer};
use crate::why::Question;

impl Request {
    /// What other processes need to know of it.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut to = Writer::default();
        match self {
            Request::Commit(batch, _) => {
                to.number(0);
                write_relations(batch.modified(), &mut to);
            }
            Request::Check(batch, _) => {
                to.number(1);
                write_relations(batch.modified(), &mut to);
            }
            Request::Dump(relation, _) => {
                to.number(2);
                to.number(relation.0.into());
            }
            Request::QueryIndex(index, values, _) => {
                to.number(3);
                to.number(*index as u64);
                to.number(values.len() as u64);
                values.iter().for_each(|value| value.write(&mut to));
            }
            Request::DumpIndex(index, _) => {
                to.number(4);
                to.number(*index as u64);
            }
            Request::Watch(relations, _) => {
                to.number(5);
                write_relations(relations.iter(), &mut to);
            }
            Request::Stats(_) => to.number(6),
            Request::Profile(_) => to.number(7),
            Request::Reclaim => to.number(8),
            // What is asked is the first worker's matter; the others give it their records.
            Request::Why(..) => to.number(10),
            Request::WhyNot(..) => to.number(11),
            // The handle refuses to change the program if there are other processes.
            Request::Revise(..) | Request::Query(..) | Request::Stop => to.number(9),
        }
        to.into_bytes()
    }

    /// Reads what [`Self::to_bytes`] gave. Nobody waits for the answer.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Request> {
        let from = &mut Reader::new(bytes);
        Some(match from.number()? {
            0 => Request::Commit(Batch::of_others(read_relations(from)?), nobody()),
            1 => Request::Check(Batch::of_others(read_relations(from)?), nobody()),
            2 => Request::Dump(RelationId(from.number()? as u32), nobody()),
            3 => {
                let index = from.number()? as usize;
                let values = (0..from.count()?).map(|_| Value::read(from)).collect::<Option<_>>()?;
                Request::QueryIndex(index, values, nobody())
            }
            4 => Request::DumpIndex(from.number()? as usize, nobody()),
            5 => Request::Watch(read_relations::<HashSet<_>>(from)?, nobody()),
            6 => Request::Stats(nobody()),
            7 => Request::Profile(nobody()),
            8 => Request::Reclaim,
            9 => Request::Stop,
            10 => Request::Why(nothing(), nobody()),
            11 => Request::WhyNot(nothing(), nobody()),
            _ => return None,
        })
    }
}

fn nobody<T>() -> Sender<T> {
    bounded(0).0
}

fn nothing() -> Question {
    Question { relation: String::new(), record: Record::Tuple(Vec::new()) }
}

fn write_relations<'r>(relations: impl ExactSizeIterator<Item = &'r RelationId>, to: &mut Writer) {
    to.number(relations.len() as u64);
    relations.for_each(|relation| to.number(relation.0.into()));
}

fn read_relations<C: FromIterator<RelationId>>(from: &mut Reader<'_>) -> Option<C> {
    (0..from.count()?).map(|_| Some(RelationId(from.number()? as u32))).collect()
}
