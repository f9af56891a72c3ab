use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::Event;
use crate::monitor::{Change, ChangeSet};
use crate::value::Uuid;

/// Events on their way to a session's owner.
///
/// A connection must be read on while its owner is busy, or its server takes us for dead. So the queue never refuses an
/// event; instead, beyond [`MERGE_ABOVE`] events, change sets that follow each other become one, and what waits is bounded
/// by the rows that changed.
pub(super) fn queue() -> (EventSender, EventReceiver) {
    queue_merging_above(MERGE_ABOVE)
}

const MERGE_ABOVE: usize = 1024;

pub(super) struct EventSender(Arc<Queue>);

#[derive(Debug)]
pub(super) struct EventReceiver(Arc<Queue>);

#[derive(Debug)]
struct Queue {
    state: Mutex<State>,
    changed: Notify,
    merge_above: usize,
}

#[derive(Debug)]
struct State {
    waiting: VecDeque<Waiting>,
    n_senders: usize,
    is_wanted: bool,
}

#[derive(Debug)]
enum Waiting {
    Event(Event),
    Merged(BTreeMap<(Arc<str>, Uuid), Change>),
}

impl EventSender {
    /// Whether anybody will take the event.
    pub(super) fn send(&self, event: Event) -> bool {
        let mut state = self.0.lock();
        if !state.is_wanted {
            return false;
        }
        let is_long = state.waiting.len() >= self.0.merge_above;
        match (event, state.waiting.back_mut()) {
            (Event::Changes(later), Some(Waiting::Merged(merged))) => merge(merged, later),
            (Event::Changes(later), _) if is_long => {
                let mut merged = BTreeMap::new();
                merge(&mut merged, later);
                state.waiting.push_back(Waiting::Merged(merged));
            }
            (event, _) => state.waiting.push_back(Waiting::Event(event)),
        }
        drop(state);
        self.0.changed.notify_one();
        true
    }
}

impl Clone for EventSender {
    fn clone(&self) -> Self {
        self.0.lock().n_senders += 1;
        EventSender(Arc::clone(&self.0))
    }
}

impl Drop for EventSender {
    fn drop(&mut self) {
        self.0.lock().n_senders -= 1;
        self.0.changed.notify_one();
    }
}

impl EventReceiver {
    /// The next event; `None` once there are no senders and no events.
    pub(super) async fn recv(&mut self) -> Option<Event> {
        loop {
            {
                let mut state = self.0.lock();
                if let Some(event) = state.pop() {
                    return Some(event);
                }
                if state.n_senders == 0 {
                    return None;
                }
            }
            // A change after the look above has left a permit, which ends this at once.
            self.0.changed.notified().await;
        }
    }

    pub(super) fn try_recv(&mut self) -> Option<Event> {
        self.0.lock().pop()
    }
}

impl Drop for EventReceiver {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.is_wanted = false;
        state.waiting.clear();
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing in here panics half way through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn pop(&mut self) -> Option<Event> {
        loop {
            match self.waiting.pop_front()? {
                Waiting::Event(event) => return Some(event),
                // Changes that undid each other.
                Waiting::Merged(merged) if merged.is_empty() => {}
                Waiting::Merged(merged) => {
                    return Some(Event::Changes(ChangeSet { changes: merged.into_values().collect() }));
                }
            }
        }
    }
}

fn queue_merging_above(merge_above: usize) -> (EventSender, EventReceiver) {
    let state = State { waiting: VecDeque::new(), n_senders: 1, is_wanted: true };
    let queue = Arc::new(Queue { state: Mutex::new(state), changed: Notify::new(), merge_above });
    (EventSender(Arc::clone(&queue)), EventReceiver(queue))
}

fn merge(merged: &mut BTreeMap<(Arc<str>, Uuid), Change>, later: ChangeSet) {
    for change in later.changes {
        let key = (Arc::clone(&change.table), change.uuid);
        let old = match merged.remove(&key) {
            Some(before) => before.old,
            None => change.old,
        };
        if old != change.new {
            merged.insert(key, Change { old, ..change });
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::schema::{AtomicType, BaseType, ColumnType};
    use crate::value::{Datum, Layout, Row};

    fn change(layout: &Arc<Layout>, row: u128, old: Option<i64>, new: Option<i64>) -> Change {
        let row_of = |number: i64| Arc::new(Row::with_defaults(layout, vec![(0, Datum::from(number))]));
        let table = Arc::clone(layout.table());
        Change { table, uuid: Uuid::from_u128(row), old: old.map(row_of), new: new.map(row_of) }
    }

    fn show(event: Option<Event>) -> String {
        let number = |row: &Option<Arc<Row>>| row.as_ref().map(|row| row.integer("n").unwrap());
        match event {
            Some(Event::Changes(changes)) => {
                let show =
                    |c: &Change| format!("{}:{:?}>{:?}", c.uuid.as_u128(), number(&c.old), number(&c.new));
                changes.changes.iter().map(show).collect::<Vec<_>>().join(" ")
            }
            Some(Event::LockHeld(name)) => name,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn change_sets_are_merged_only_beyond_the_limit_and_only_with_their_neighbours() {
        let layout = Arc::new(Layout::new(
            "T",
            [("n".to_owned(), ColumnType::scalar(BaseType::any(AtomicType::Integer)))],
        ));
        let (sender, mut receiver) = queue_merging_above(2);
        let send = |changes: &[(u128, Option<i64>, Option<i64>)]| {
            let changes = changes.iter().map(|(row, old, new)| change(&layout, *row, *old, *new)).collect();
            assert!(sender.send(Event::Changes(ChangeSet { changes })));
        };
        send(&[(1, None, Some(1))]);
        send(&[(1, Some(1), Some(2))]);
        send(&[(1, Some(2), Some(3)), (2, None, Some(5)), (3, None, Some(7))]);
        send(&[(1, Some(3), Some(4)), (2, Some(5), None), (3, Some(7), Some(8))]);
        assert!(sender.send(Event::LockHeld("lock".to_owned())));
        send(&[(3, Some(8), None)]);
        send(&[(3, None, Some(8))]);
        assert_eq!(show(receiver.try_recv()), "1:None>Some(1)");
        assert_eq!(show(receiver.try_recv()), "1:Some(1)>Some(2)");
        assert_eq!(show(receiver.try_recv()), "1:Some(2)>Some(4) 3:None>Some(8)");
        assert_eq!(show(receiver.try_recv()), "lock");
        assert!(receiver.try_recv().is_none());
    }

    #[tokio::test]
    async fn the_end_comes_after_the_last_event() {
        let (sender, mut receiver) = queue();
        let second = sender.clone();
        let task = tokio::spawn(async move {
            sender.send(Event::LockHeld("a".to_owned()));
            drop(sender);
            tokio::task::yield_now().await;
            second.send(Event::LockHeld("b".to_owned()));
        });
        assert_eq!(show(receiver.recv().await), "a");
        assert_eq!(show(receiver.recv().await), "b");
        assert!(receiver.recv().await.is_none());
        task.await.unwrap();
    }

    #[test]
    fn nothing_is_kept_for_a_receiver_that_is_gone() {
        let (sender, receiver) = queue();
        drop(receiver);
        assert!(!sender.send(Event::LockHeld("a".to_owned())));
    }
}
