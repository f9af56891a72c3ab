//! The transactions that took long, and what in them.

use std::collections::VecDeque;
use std::time::Duration;

use super::data::SlowTransaction;

/// From this on a transaction is slow.
const SLOW: Duration = Duration::from_millis(10);

/// Slow ones that are kept.
const KEPT: usize = 16;

/// Rules of one that are kept.
const RULES: usize = 20;

/// The slowest transaction, and the last slow ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct SlowLog {
    slowest: Option<SlowTransaction>,
    last: VecDeque<SlowTransaction>,
}

impl SlowLog {
    /// A transaction is done; what it was is only asked for if it is kept.
    pub(crate) fn note(&mut self, took: Duration, describe: impl FnOnce() -> SlowTransaction) {
        let nanos = took.as_nanos() as u64;
        let slowest = self.slowest.as_ref().is_none_or(|slowest| slowest.time < nanos);
        if !slowest && took < SLOW {
            return;
        }
        let mut slow = describe();
        slow.rules.sort_by(|one, other| other.time.cmp(&one.time).then_with(|| one.place.cmp(&other.place)));
        slow.others = slow.rules.len().saturating_sub(RULES);
        slow.rules.truncate(RULES);
        if took >= SLOW {
            self.last.truncate(KEPT - 1);
            self.last.push_front(slow.clone());
        }
        if slowest {
            self.slowest = Some(slow);
        }
    }

    /// The slowest one.
    pub(crate) fn slowest(&self) -> Option<SlowTransaction> {
        self.slowest.clone()
    }

    /// The last slow ones, the newest first.
    pub(crate) fn last(&self) -> Vec<SlowTransaction> {
        self.last.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::data::RuleCost;
    use super::*;

    fn took(log: &mut SlowLog, epoch: u64, millis: u64) {
        let time = Duration::from_millis(millis);
        log.note(time, || SlowTransaction {
            epoch,
            time: time.as_nanos() as u64,
            changes: 0,
            rules: (0..30)
                .map(|n| RuleCost {
                    relation: "R".into(),
                    place: format!("a.dl:{n}"),
                    time: n,
                    rows_in: 0,
                    rows_out: 0,
                })
                .collect(),
            others: 0,
        });
    }

    #[test]
    fn keeps_the_slowest_and_the_last_slow_ones() {
        let mut log = SlowLog::default();
        took(&mut log, 0, 5);
        took(&mut log, 1, 100);
        (2..40).for_each(|epoch| took(&mut log, epoch, if epoch % 2 == 0 { 1 } else { 20 }));
        let slowest = log.slowest().unwrap_or_else(|| panic!("none"));
        assert_eq!((slowest.epoch, slowest.rules.len(), slowest.others), (1, RULES, 10));
        assert_eq!(slowest.rules[0].time, 29);
        let last: Vec<u64> = log.last().iter().map(|slow| slow.epoch).collect();
        assert_eq!(last, (0..KEPT as u64).map(|n| 39 - 2 * n).collect::<Vec<_>>());
    }
}
