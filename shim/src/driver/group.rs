//! What waits is committed as one transaction; if that is refused, one by one, so that a bad one stands alone.

use std::time::Instant;

use tracing::error;
use weir_engine::engine::{Refused, Update};

use super::thread::{Driver, Outcome};
use crate::feed::{Committed, Overlay, Planned, Rejected, Transaction};

/// Something to be committed, alone or with others.
#[derive(Debug)]
pub(super) enum Part {
    /// Of the Northbound or a hypervisor.
    Updates(Vec<Update>),
    /// Of a feed, which is answered.
    Feed(Transaction),
}

/// A feed's transaction that has found its rows as it needs them.
struct Ready {
    transaction: Transaction,
    planned: Planned,
}

impl Driver {
    /// Commits all of it. Everything that a feed sent is answered.
    pub(super) fn commit_group(&mut self, parts: Vec<Part>) {
        if let Err((parts, refused)) = self.commit_together(parts) {
            match parts.len() {
                0 | 1 => parts.into_iter().for_each(|part| refuse(part, &refused)),
                _ => parts.into_iter().for_each(|part| self.commit_group(vec![part])),
            }
        }
    }

    /// Gives the parts back if they cannot be committed together.
    pub(super) fn commit_together(&mut self, parts: Vec<Part>) -> Result<(), (Vec<Part>, Box<Refused>)> {
        let start = Instant::now();
        let mut group = Overlay::default();
        let (mut updates, mut others, mut feeds) = (Vec::new(), Vec::new(), Vec::new());
        for part in parts {
            match part {
                Part::Updates(of_one) => {
                    updates.extend(of_one.iter().cloned());
                    others.push(of_one);
                }
                Part::Feed(transaction) => match self.intent.plan(&group, &transaction) {
                    Err(rejected) => transaction.reject(rejected),
                    Ok(None) => {
                        let last = transaction.client().map_or(0, |client| self.intent.last(client));
                        transaction.duplicate(last);
                    }
                    Ok(Some(planned)) => {
                        updates.extend(planned.updates.iter().cloned());
                        group.merge(planned.overlay.clone());
                        feeds.push(Ready { transaction, planned });
                    }
                },
            }
        }
        if updates.is_empty() && feeds.is_empty() {
            return Ok(());
        }
        let n_updates = updates.len();
        let commit = match self.engine.transact(updates) {
            Ok(commit) => commit,
            Err(refused) => {
                let mut refused = Box::new(refused);
                if let ([], [only]) = (others.as_slice(), feeds.as_slice()) {
                    // The update's number means nothing to who sent operations.
                    refused.update =
                        refused.update.and_then(|at| only.planned.ops.get(at).copied().flatten());
                }
                let feeds = feeds.into_iter().map(|ready| Part::Feed(ready.transaction));
                return Err((others.into_iter().map(Part::Updates).chain(feeds).collect(), refused));
            }
        };
        let kept = self.keep(group);
        let outcome = self.follow_up(commit, n_updates, start);
        match kept {
            Ok(()) => self.answer_feeds(feeds, outcome),
            Err((reason, undo)) => {
                let rejected = Rejected { op: None, reason };
                feeds.into_iter().for_each(|ready| ready.transaction.reject(rejected.clone()));
                self.commit_group(vec![Part::Updates(undo)]);
            }
        }
        Ok(())
    }

    /// Makes durable what feeds have changed; or says why not, and what takes it back.
    fn keep(&mut self, group: Overlay) -> Result<(), (String, Vec<Update>)> {
        if group.is_empty() {
            return Ok(());
        }
        let undo = group.clone();
        self.intent.keep(group).map_err(|problem| {
            error!(%problem, "the feed's transactions are taken back");
            (problem.to_string(), self.intent.undo(&undo).unwrap_or_default())
        })
    }

    fn answer_feeds(&mut self, feeds: Vec<Ready>, Outcome { record, concerned }: Outcome) {
        if feeds.is_empty() {
            return;
        }
        let committed = Committed::of(&record);
        let waiting =
            feeds.into_iter().filter_map(|ready| ready.transaction.commit(committed.clone())).collect();
        self.installing.begin(record.epoch, concerned, waiting, Instant::now());
    }
}

fn refuse(part: Part, refused: &Refused) {
    match part {
        Part::Updates(_) => error!(error = %refused.error, "transaction refused, nothing changed"),
        Part::Feed(transaction) => {
            transaction.reject(Rejected { op: refused.update, reason: refused.error.to_string() });
        }
    }
}
