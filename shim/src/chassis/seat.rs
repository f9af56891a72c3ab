//! One session of a kind per hypervisor: a newer one takes the place of the one before.

use tokio::sync::watch;

/// A place for one session.
#[derive(Debug)]
pub(super) struct Seat {
    state: watch::Sender<State>,
}

#[derive(Debug, Clone, Copy, Default)]
struct State {
    turn: u64,
    taken: bool,
}

/// Proof of having taken a [`Seat`]; worthless once somebody else has taken it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn(u64);

impl Default for Seat {
    fn default() -> Self {
        Seat { state: watch::Sender::new(State::default()) }
    }
}

impl Seat {
    /// Takes the seat. Also returns whether somebody else had it.
    pub(super) fn take(&self) -> (Turn, bool) {
        let mut turn = Turn(0);
        let mut was_taken = false;
        self.state.send_modify(|state| {
            was_taken = state.taken;
            *state = State { turn: state.turn + 1, taken: true };
            turn = Turn(state.turn);
        });
        (turn, was_taken)
    }

    /// Whether the seat is still this session's.
    pub(super) fn is_held(&self, turn: Turn) -> bool {
        let state = self.state.borrow();
        state.taken && Turn(state.turn) == turn
    }

    /// Waits until the seat is no longer this session's.
    pub(super) async fn lost(&self, turn: Turn) {
        let lost = |state: &State| !state.taken || Turn(state.turn) != turn;
        // The sender is ours: waiting cannot fail.
        let _ = self.state.subscribe().wait_for(lost).await;
    }

    /// Gives the seat up; false if it was somebody else's already.
    pub(super) fn leave(&self, turn: Turn) -> bool {
        self.state.send_if_modified(|state| {
            let held = state.taken && Turn(state.turn) == turn;
            state.taken &= !held;
            held
        })
    }

    /// Throws out whoever has it.
    pub(super) fn evict(&self) {
        self.state.send_modify(|state| state.taken = false);
    }

    /// Whether anybody has it.
    pub(super) fn is_taken(&self) -> bool {
        self.state.borrow().taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_newer_session_has_the_seat() {
        let seat = Seat::default();
        let (first, was_taken) = seat.take();
        assert!(!was_taken && seat.is_held(first));
        let (second, was_taken) = seat.take();
        assert!(was_taken && seat.is_held(second) && !seat.is_held(first));
        seat.lost(first).await;
        assert!(!seat.leave(first), "not its to give up");
        assert!(seat.is_taken());
        assert!(seat.leave(second));
        assert!(!seat.is_taken());
    }

    #[tokio::test]
    async fn whoever_is_evicted_notices() {
        let seat = Seat::default();
        let (turn, _) = seat.take();
        seat.evict();
        seat.lost(turn).await;
        assert!(!seat.leave(turn));
    }
}
