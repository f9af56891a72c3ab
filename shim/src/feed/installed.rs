//! Which transactions are on their way to which switches: a state machine without sockets or clock.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::protocol::{Answer, InstalledOn};
use super::session::Reply;

/// Epochs that somebody waits for.
#[derive(Debug, Default)]
pub struct Installing {
    epochs: BTreeMap<u64, Underway>,
}

#[derive(Debug)]
struct Underway {
    /// Hypervisors that have not confirmed yet.
    missing: HashSet<Arc<str>>,
    chassis: usize,
    since: Instant,
    waiting: Vec<Waiting>,
}

/// Who is to be told.
#[derive(Debug)]
pub struct Waiting {
    pub(super) seq: Option<u64>,
    pub(super) answers: tokio::sync::mpsc::UnboundedSender<Reply>,
}

impl Installing {
    /// Tells `waiting` once all of `chassis` have what `epoch` changed there.
    pub fn begin(&mut self, epoch: u64, chassis: HashSet<Arc<str>>, waiting: Vec<Waiting>, now: Instant) {
        if waiting.is_empty() {
            return;
        }
        let underway = Underway { chassis: chassis.len(), missing: chassis, since: now, waiting };
        if underway.missing.is_empty() {
            underway.tell(epoch, now);
        } else {
            self.epochs.insert(epoch, underway);
        }
    }

    /// A hypervisor has all flows up to an epoch.
    pub fn confirm(&mut self, chassis: &str, epoch: u64, now: Instant) {
        for underway in self.epochs.range_mut(..=epoch).map(|(_, underway)| underway) {
            underway.missing.remove(chassis);
        }
        self.settle(now);
    }

    /// A hypervisor has left: nobody waits for it.
    pub fn leave(&mut self, chassis: &str, now: Instant) {
        for underway in self.epochs.values_mut() {
            underway.missing.remove(chassis);
        }
        self.settle(now);
    }

    fn settle(&mut self, now: Instant) {
        let done: Vec<u64> = self
            .epochs
            .iter()
            .filter(|(_, underway)| underway.missing.is_empty())
            .map(|(epoch, _)| *epoch)
            .collect();
        for epoch in done {
            if let Some(underway) = self.epochs.remove(&epoch) {
                underway.tell(epoch, now);
            }
        }
    }
}

impl Underway {
    fn tell(self, epoch: u64, now: Instant) {
        let took: Duration = now.saturating_duration_since(self.since);
        let installed = InstalledOn { epoch, chassis: self.chassis, ms: took.as_millis() as u64 };
        for waiting in self.waiting {
            // A client that has gone needs no answer.
            let _ = waiting.answers.send(Reply::of(Answer::Installed { seq: waiting.seq, installed }));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use tokio::sync::mpsc;

    use super::*;

    fn chassis(names: &[&str]) -> HashSet<Arc<str>> {
        names.iter().map(|name| Arc::from(*name)).collect()
    }

    #[test]
    fn all_concerned_must_confirm_this_epoch_or_a_later_one_or_leave() {
        let (answers, mut told) = mpsc::unbounded_channel();
        let start = Instant::now();
        let mut installing = Installing::default();
        let waiting = |seq| vec![Waiting { seq: Some(seq), answers: answers.clone() }];
        installing.begin(7, chassis(&["hv1", "hv2", "hv3"]), waiting(1), start);
        installing.begin(8, chassis(&[]), waiting(2), start);
        assert!(matches!(told.try_recv().unwrap().answer, Answer::Installed { seq: Some(2), .. }));
        installing.confirm("hv1", 6, start);
        installing.confirm("hv1", 9, start);
        installing.confirm("hv2", 7, start);
        assert!(told.try_recv().is_err());
        installing.leave("hv3", start + Duration::from_millis(3));
        let installed = InstalledOn { epoch: 7, chassis: 3, ms: 3 };
        assert_eq!(told.try_recv().unwrap().answer, Answer::Installed { seq: Some(1), installed });
    }
}
