use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// How long to wait before connecting again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryConfig {
    /// After the first failure.
    pub min: Duration,
    /// At most; the wait doubles from failure to failure until then.
    pub max: Duration,
    /// By how many percent a wait may be shorter, at random, so that many clients do not come at once.
    pub jitter_percent: u32,
}

impl Default for RetryConfig {
    /// From 0.1 to 8 seconds, up to 20 percent shorter.
    fn default() -> Self {
        RetryConfig { min: Duration::from_millis(100), max: Duration::from_secs(8), jitter_percent: 20 }
    }
}

#[derive(Debug)]
pub(super) struct Backoff {
    config: RetryConfig,
    next: Duration,
}

impl Backoff {
    pub(super) fn new(config: RetryConfig) -> Self {
        Backoff { config, next: config.min }
    }

    /// The wait after one more failure.
    pub(super) fn fail(&mut self) -> Duration {
        let wait = self.next.min(self.config.max);
        self.next = wait.saturating_mul(2).min(self.config.max);
        // A fresh hasher is seeded at random, which is random enough to spread clients.
        let random =
            RandomState::new().hash_one(0) % (u64::from(self.config.jitter_percent.min(100)) * 10 + 1);
        wait.mul_f64(1.0 - random as f64 / 1000.0)
    }

    /// Begins anew, since the connection was good.
    pub(super) fn succeed(&mut self) {
        self.next = self.config.min;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_limit_and_start_over_after_success() {
        let (min, max) = (Duration::from_millis(100), Duration::from_millis(350));
        let mut backoff = Backoff::new(RetryConfig { min, max, jitter_percent: 0 });
        let waits: Vec<u128> = (0..4).map(|_| backoff.fail().as_millis()).collect();
        assert_eq!(waits, [100, 200, 350, 350]);
        backoff.succeed();
        assert_eq!(backoff.fail(), min);
    }

    #[test]
    fn jitter_only_shortens_and_by_no_more_than_its_share() {
        let second = Duration::from_secs(1);
        let mut backoff = Backoff::new(RetryConfig { min: second, max: second, jitter_percent: 30 });
        let waits: Vec<Duration> = (0..200).map(|_| backoff.fail()).collect();
        assert!(waits.iter().all(|wait| (Duration::from_millis(699)..=second).contains(wait)), "{waits:?}");
        assert!(waits.iter().any(|wait| *wait != waits[0]));
    }
}
