//! What is exchanged.

use crate::dataflow::changes::Changes;
use crate::ir::{RelationId, RuleId};
use crate::plan::{ArrangementId, CollectionId};

/// What rows are, which says of what types their columns are. Columns beyond those are plain numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Channel {
    /// Rows of a collection.
    Collection(CollectionId),
    /// What rules derive for a relation.
    Derived(RelationId),
    /// Keys and values of an arrangement.
    Arrangement(ArrangementId),
    /// Keys and values that arrive at a stage of a rule, by its place.
    Stage(RuleId, usize),
    /// Updates of an input relation: number, kind, primary key, and the record.
    Update(RelationId),
    /// Primary keys of an input relation.
    Key(RelationId),
    /// An input relation as a whole.
    Whole(RelationId),
    /// Plain numbers, whatever two sides take them for.
    Numbers(usize),
}

/// To whom rows go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// By their first columns, so many of them: equal ones meet. All columns together if there are fewer.
    Key(usize),
    /// To nobody else; but all hear that there are some.
    Stay,
    /// To one worker.
    To(usize),
    /// To the first worker.
    First,
    /// To every worker.
    All,
}

/// Rows on their way.
#[derive(Clone, Debug)]
pub(crate) struct Parcel {
    pub(crate) channel: Channel,
    pub(crate) route: Route,
    pub(crate) rows: Changes,
}

/// What an exchange gave.
#[derive(Debug, Default)]
pub(crate) struct Arrived {
    /// The rows that fall to this worker, by channel and sender.
    rows: Vec<(Channel, Changes)>,
    /// Channels on which any worker sent rows, in order: the same for all.
    pub(crate) touched: Vec<Channel>,
}

impl Arrived {
    pub(super) fn new(rows: Vec<(Channel, Changes)>, touched: Vec<Channel>) -> Self {
        Arrived { rows, touched }
    }

    /// Adds what another worker sent.
    pub(super) fn add(&mut self, rows: Vec<(Channel, Changes)>, touched: &[Channel]) {
        self.rows.extend(rows);
        self.touched.extend(touched);
    }

    /// All rows stay where they are.
    pub(super) fn kept(parcels: Vec<Parcel>) -> Self {
        let mut arrived = Arrived::default();
        for parcel in parcels.into_iter().filter(|parcel| !parcel.rows.is_empty()) {
            arrived.touched.push(parcel.channel);
            arrived.rows.push((parcel.channel, parcel.rows));
        }
        arrived.sort();
        arrived
    }

    pub(super) fn sort(&mut self) {
        self.rows.sort_by_key(|(channel, _)| *channel);
        self.touched.sort_unstable();
        self.touched.dedup();
    }

    /// The rows of a channel, those of each sender after one another.
    pub(crate) fn take(&mut self, channel: Channel) -> Changes {
        let from = self.rows.partition_point(|(other, _)| *other < channel);
        let mut all = Changes::new();
        for (_, rows) in self.rows[from..].iter_mut().take_while(|(other, _)| *other == channel) {
            all.append_all(std::mem::take(rows));
        }
        all
    }

    /// As [`Self::take`], with the rows of each parcel by themselves.
    pub(crate) fn take_parts(&mut self, channel: Channel) -> Vec<Changes> {
        let from = self.rows.partition_point(|(other, _)| *other < channel);
        let of_channel = self.rows[from..].iter_mut().take_while(|(other, _)| *other == channel);
        of_channel.map(|(_, rows)| std::mem::take(rows)).filter(|rows| !rows.is_empty()).collect()
    }

    /// Whether any worker sent rows on a channel.
    pub(crate) fn is_touched(&self, channel: Channel) -> bool {
        self.touched.binary_search(&channel).is_ok()
    }
}
