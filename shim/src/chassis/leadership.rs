//! Which of several processes may change switches.
//!
//! One holds the lock, and with it an election number that only grows. It shows the number to every switch and becomes its
//! primary; a switch that has seen a number takes no changes from whoever shows an older one. So a process that was
//! stopped, lost the lock and wakes up can do no harm, whatever it believes.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

/// Whether this process may change switches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Leadership {
    /// It computes everything and sends nothing.
    #[default]
    Standby,
    /// It may.
    Active {
        /// Number of its election.
        generation: u64,
    },
}

/// Follows the elections.
#[derive(Debug)]
pub(super) struct Elections {
    state: watch::Sender<Leadership>,
    /// The newest number seen at a switch.
    newest: AtomicU64,
}

impl Default for Elections {
    fn default() -> Self {
        Elections { state: watch::Sender::default(), newest: AtomicU64::new(0) }
    }
}

impl Elections {
    /// This process has been elected: its number is the time (ms since 1970), or if clocks disagree one above the newest
    /// that any switch has told of. If it led already, and no switch has seen anybody newer, it keeps its number. Gives the
    /// number.
    pub(super) fn win(&self) -> u64 {
        if let Leadership::Active { generation } = self.state()
            && generation >= self.newest.load(Relaxed)
        {
            return generation;
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        let generation = now.max(self.newest.load(Relaxed) + 1);
        self.newest.fetch_max(generation, Relaxed);
        self.state.send_replace(Leadership::Active { generation });
        generation
    }

    /// Another process has been elected.
    pub(super) fn lose(&self) {
        self.state.send_if_modified(|state| std::mem::take(state) != Leadership::Standby);
    }

    /// A switch has seen this number.
    pub(super) fn observe(&self, generation: u64) {
        self.newest.fetch_max(generation, Relaxed);
    }

    pub(super) fn state(&self) -> Leadership {
        *self.state.borrow()
    }

    /// Waits until this process may change switches, and gives the number of its election.
    pub(super) async fn won(&self) -> u64 {
        let mut state = self.state.subscribe();
        loop {
            if let Leadership::Active { generation } = *state.borrow_and_update() {
                return generation;
            }
            // The sender is ours: waiting cannot fail.
            let _ = state.changed().await;
        }
    }

    /// Waits until this process has won an election, and then until that is over.
    pub(super) async fn over(&self) {
        let generation = self.won().await;
        let _ = self.state.subscribe().wait_for(|state| *state != Leadership::Active { generation }).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn numbers_grow_whatever_the_clocks_say() {
        let elections = Elections::default();
        assert_eq!(elections.state(), Leadership::Standby);
        let first = elections.win();
        assert_eq!(elections.win(), first, "nobody else led meanwhile");
        let far = first + 1_000_000_000;
        elections.observe(far);
        elections.lose();
        assert_eq!(elections.state(), Leadership::Standby);
        assert_eq!(elections.win(), far + 1);
        assert_eq!(elections.won().await, far + 1);
    }

    #[tokio::test]
    async fn the_end_of_an_election_is_noticed() {
        let elections = Elections::default();
        elections.win();
        let over = elections.over();
        tokio::pin!(over);
        assert!(futures_pending(over.as_mut()).await);
        elections.lose();
        over.await;
    }

    async fn futures_pending(future: std::pin::Pin<&mut impl Future<Output = ()>>) -> bool {
        tokio::select! {
            biased;
            () = future => false,
            () = tokio::task::yield_now() => true,
        }
    }
}
