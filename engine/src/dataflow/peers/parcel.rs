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
    /// The rows that fall to this worker, each channel once and in order.
    pub(crate) rows: Vec<(Channel, Changes)>,
    /// Channels on which any worker sent rows, in order: the same for all.
    pub(crate) touched: Vec<Channel>,
}

impl Arrived {
    /// All rows stay where they are.
    pub(super) fn kept(parcels: Vec<Parcel>) -> Self {
        let mut arrived = Arrived::default();
        for parcel in parcels.into_iter().filter(|parcel| !parcel.rows.is_empty()) {
            arrived.rows.push((parcel.channel, parcel.rows));
        }
        arrived.merge();
        arrived.touched = arrived.rows.iter().map(|(channel, _)| *channel).collect();
        arrived
    }

    /// Puts rows of one channel together.
    pub(super) fn merge(&mut self) {
        self.rows.sort_by_key(|(channel, _)| *channel);
        self.rows.dedup_by(|(next, more), (channel, rows)| {
            let same = next == channel;
            if same {
                rows.append(more);
            }
            same
        });
    }

    /// The rows of a channel.
    pub(crate) fn take(&mut self, channel: Channel) -> Changes {
        match self.rows.binary_search_by_key(&channel, |(channel, _)| *channel) {
            Ok(at) => std::mem::take(&mut self.rows[at].1),
            Err(_) => Changes::new(),
        }
    }

    /// Whether any worker sent rows on a channel.
    pub(crate) fn is_touched(&self, channel: Channel) -> bool {
        self.touched.binary_search(&channel).is_ok()
    }
}
