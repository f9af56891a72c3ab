//! What waits is committed as one transaction; if that is refused, one by one, so that a bad one stands alone.

use std::time::Instant;

use tracing::error;
use weir_engine::engine::{Refused, Update};

use super::thread::{Driver, Outcome};
use crate::feed::{Committed, Overlay, Rejected, Transaction};

/// Something to be committed, alone or with others.
#[derive(Debug)]
pub(super) enum Part {
    /// Of the Northbound or a hypervisor.
    Updates(Vec<Update>),
    /// Of a feed, which is answered.
    Feed(Transaction),
}

/// What is to be answered to a feed's transaction if its group is committed.
enum Verdict {
    /// It is committed. Of each update, the operation it belongs to.
    Commit(Vec<Option<usize>>),
    /// It had been committed before.
    Duplicate,
    /// It does not fit what feeds hold after those before it.
    Reject(Rejected),
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

    /// Gives the parts back if they cannot be committed together. Nobody has been answered then: what was wrong with one may
    /// have been another that is not committed after all.
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
                Part::Feed(transaction) => {
                    let verdict = match self.intent.plan(&group, &transaction) {
                        Ok(Some(planned)) => {
                            updates.extend(planned.updates);
                            group.merge(planned.overlay);
                            Verdict::Commit(planned.ops)
                        }
                        Ok(None) => Verdict::Duplicate,
                        Err(rejected) => Verdict::Reject(rejected),
                    };
                    feeds.push((transaction, verdict));
                }
            }
        }
        let commits = |(_, verdict): &(_, Verdict)| matches!(verdict, Verdict::Commit(_));
        if updates.is_empty() && !feeds.iter().any(commits) {
            self.answer_feeds(feeds, None);
            return Ok(());
        }
        let n_updates = updates.len();
        let commit = match self.engine.transact(updates) {
            Ok(commit) => commit,
            Err(mut refused) => {
                if let ([], [(_, Verdict::Commit(ops))]) = (others.as_slice(), feeds.as_slice()) {
                    // The update's number means nothing to who sent operations.
                    refused.update = refused.update.and_then(|at| ops.get(at).copied().flatten());
                }
                let feeds = feeds.into_iter().map(|(transaction, _)| Part::Feed(transaction));
                let parts = others.into_iter().map(Part::Updates).chain(feeds).collect();
                return Err((parts, Box::new(refused)));
            }
        };
        let kept = self.keep(group);
        let outcome = self.follow_up(commit, n_updates, start);
        match kept {
            Ok(()) => self.answer_feeds(feeds, Some(outcome)),
            Err((reason, undo)) => {
                let rejected = Rejected { op: None, reason };
                feeds.into_iter().for_each(|(transaction, _)| transaction.reject(rejected.clone()));
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

    /// Answers in the order in which feeds have asked. There is an outcome if any of it was to be committed.
    fn answer_feeds(&mut self, feeds: Vec<(Transaction, Verdict)>, outcome: Option<Outcome>) {
        if feeds.is_empty() {
            return;
        }
        let committed = outcome.as_ref().map(|outcome| Committed::of(&outcome.record));
        let mut waiting = Vec::new();
        for (transaction, verdict) in feeds {
            match verdict {
                Verdict::Commit(_) => {
                    waiting.extend(committed.clone().and_then(|committed| transaction.commit(committed)));
                }
                Verdict::Reject(rejected) => transaction.reject(rejected),
                Verdict::Duplicate => {
                    let last = transaction.client().map_or(0, |client| self.intent.last(client));
                    transaction.duplicate(last);
                }
            }
        }
        if let Some(Outcome { record, concerned }) = outcome {
            self.installing.begin(record.epoch, concerned, waiting, Instant::now());
        }
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
