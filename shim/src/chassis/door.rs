//! How many may come in, and how fast.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::listen::{Arrival, Listener};

/// The place of one connection; the next may have it when this is dropped.
pub(super) type Permit = OwnedSemaphorePermit;

/// What stands between a listener and its sessions.
pub(super) struct Door {
    places: Arc<Semaphore>,
    pace: Pace,
}

impl Door {
    /// For at most so many connections at once, and so many new ones per second.
    pub(super) fn new(places: usize, per_second: u32) -> Self {
        let places = Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS)));
        Door { places, pace: Pace::new(per_second, Instant::now()) }
    }

    /// The next connection, when its turn has come. Without a permit if there is no place for it. May be dropped and called
    /// again.
    pub(super) async fn next(&mut self, listener: &Listener) -> io::Result<Arrival> {
        tokio::time::sleep_until(self.pace.next()).await;
        let mut arrival = listener.accept().await?;
        self.pace.pass(Instant::now());
        arrival.permit = Arc::clone(&self.places).try_acquire_owned().ok();
        Ok(arrival)
    }
}

/// A bucket that holds a second's worth of turns.
#[derive(Debug)]
struct Pace {
    /// Between two turns.
    step: Duration,
    /// How far `due` may be ahead before anybody waits.
    slack: Duration,
    /// When the turn after all taken ones would be, had they been evenly spaced.
    due: Instant,
}

impl Pace {
    fn new(per_second: u32, now: Instant) -> Self {
        let step = Duration::from_secs(1) / per_second.max(1);
        Pace { step, slack: Duration::from_secs(1).saturating_sub(step), due: now }
    }

    /// When the next may pass; it may be over.
    fn next(&self) -> Instant {
        self.due.checked_sub(self.slack).unwrap_or(self.due)
    }

    /// One passes now.
    fn pass(&mut self, now: Instant) {
        self.due = self.due.max(now) + self.step;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_s_worth_passes_at_once_and_the_rest_evenly() {
        let start = Instant::now();
        let mut pace = Pace::new(10, start);
        for n in 0..10 {
            assert!(pace.next() <= start, "{n}");
            pace.pass(start);
        }
        for n in 1..20 {
            let turn = pace.next();
            assert_eq!(turn, start + Duration::from_millis(100) * n);
            pace.pass(turn);
        }
        // After a quiet time, again a second's worth and no more.
        let later = start + Duration::from_secs(60);
        for _ in 0..10 {
            assert!(pace.next() <= later);
            pace.pass(later);
        }
        assert!(pace.next() > later);
    }
}
