//! Which part of a switch is compared when.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// A part of what a switch holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Audit {
    Groups,
    Table(u8),
}

/// Goes round all parts, one after the other, with pauses: no push has to wait for more than one table.
#[derive(Debug)]
pub(super) struct Audits {
    every: Duration,
    pause: Duration,
    next_at: Instant,
    waiting: VecDeque<Audit>,
}

impl Audits {
    /// One round takes `every`, and the first starts after that time.
    pub(super) fn new(every: Duration, now: Instant) -> Self {
        Audits { every, pause: every, next_at: now + every, waiting: VecDeque::new() }
    }

    /// When [`Audits::next`] is due.
    pub(super) fn next_at(&self) -> Instant {
        self.next_at
    }

    /// Starts a round now, and makes it a quick one.
    pub(super) fn hurry(&mut self, now: Instant) {
        self.waiting.clear();
        self.pause = Duration::ZERO;
        self.next_at = now;
    }

    /// The part that is due. `tables` is asked at the start of a round.
    pub(super) fn next(&mut self, now: Instant, tables: impl FnOnce() -> Vec<u8>) -> Audit {
        if self.waiting.is_empty() {
            self.waiting =
                std::iter::once(Audit::Groups).chain(tables().into_iter().map(Audit::Table)).collect();
            if self.pause != Duration::ZERO {
                let n_parts = u32::try_from(self.waiting.len()).unwrap_or(u32::MAX);
                self.pause = self.every / n_parts.max(1);
            }
        }
        let due = self.waiting.pop_front().unwrap_or(Audit::Groups);
        if self.waiting.is_empty() && self.pause == Duration::ZERO {
            self.pause = self.every;
        }
        self.next_at = now + self.pause;
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use Audit::{Groups, Table};

    /// The next parts with the seconds at which they are due.
    fn due(audits: &mut Audits, start: Instant, n: usize, tables: &[u8]) -> Vec<(Audit, u64)> {
        let mut next = || {
            let now = audits.next_at();
            (audits.next(now, || tables.to_vec()), now.duration_since(start).as_secs())
        };
        (0..n).map(|_| next()).collect()
    }

    #[test]
    fn a_round_visits_every_part_once_in_its_time() {
        let start = Instant::now();
        let mut audits = Audits::new(Duration::from_secs(60), start);
        let expected =
            [(Groups, 60), (Table(0), 80), (Table(8), 100), (Groups, 120), (Table(0), 140), (Table(8), 160)];
        assert_eq!(due(&mut audits, start, 6, &[0, 8]), expected);
    }

    #[test]
    fn a_round_in_a_hurry_takes_no_time_and_the_next_one_does() {
        let start = Instant::now();
        let mut audits = Audits::new(Duration::from_secs(60), start);
        audits.hurry(start);
        assert_eq!(due(&mut audits, start, 3, &[8]), [(Groups, 0), (Table(8), 0), (Groups, 60)]);
    }
}
