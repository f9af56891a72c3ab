//! Packets whose next hop's Ethernet address is not known yet: who is asked for, and what waits for the answer.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use openflow::Match;

use super::frame::Mac;

/// Packets that wait for one neighbour; the oldest go first.
const HELD_FOR_ONE: usize = 4;
/// Neighbours asked for at once.
const NEIGHBORS: usize = 1024;
/// How long a neighbour may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// It is not asked for more often than this.
const AGAIN: Duration = Duration::from_millis(900);

/// Someone behind a router's port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Neighbor {
    /// Key of the router.
    pub(super) router: u32,
    /// Key of its port.
    pub(super) port: u32,
    pub(super) ip: IpAddr,
}

/// A packet that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    /// Where it is.
    pub(super) chassis: Arc<str>,
    /// Its registers.
    pub(super) metadata: Match,
    pub(super) frame: Vec<u8>,
    /// The table it then enters.
    pub(super) table: u8,
}

/// Who is asked for.
#[derive(Debug, Default)]
pub(super) struct Questions {
    open: HashMap<Neighbor, Question>,
}

#[derive(Debug)]
struct Question {
    asked: Instant,
    since: Instant,
    held: VecDeque<Held>,
}

impl Questions {
    /// Keeps a packet until `neighbor` is known. True if it is to be asked for now.
    pub(super) fn hold(&mut self, neighbor: Neighbor, packet: Held, now: Instant) -> bool {
        self.open.retain(|_, question| now.duration_since(question.since) < PATIENCE);
        if let Some(question) = self.open.get_mut(&neighbor) {
            question.held.push_back(packet);
            if question.held.len() > HELD_FOR_ONE {
                question.held.pop_front();
            }
            let due = now.duration_since(question.asked) >= AGAIN;
            if due {
                question.asked = now;
            }
            return due;
        }
        if self.open.len() < NEIGHBORS {
            self.open.insert(neighbor, Question { asked: now, since: now, held: VecDeque::from([packet]) });
        }
        true
    }

    /// The neighbour is known: what waited for it, in order, addressed to it.
    pub(super) fn known(&mut self, neighbor: &Neighbor, mac: Mac) -> Vec<Held> {
        let Some(question) = self.open.remove(neighbor) else { return Vec::new() };
        let mut held: Vec<Held> = question.held.into();
        for packet in &mut held {
            if let Some(destination) = packet.frame.get_mut(..6) {
                destination.copy_from_slice(&mac);
            }
        }
        held
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const MAC: Mac = [2, 0, 0, 0, 0, 7];

    fn neighbor() -> Neighbor {
        Neighbor { router: 1, port: 2, ip: [10, 0, 0, 9].into() }
    }

    fn packet(number: u8) -> Held {
        Held {
            chassis: "hv1".into(),
            metadata: Match::default(),
            frame: vec![0, 0, 0, 0, 0, 0, number],
            table: 84,
        }
    }

    #[test]
    fn packets_wait_and_the_neighbor_is_asked_for_once_in_a_while() {
        let (mut questions, start) = (Questions::default(), Instant::now());
        assert!(questions.hold(neighbor(), packet(0), start));
        for number in 1..6 {
            assert!(!questions.hold(neighbor(), packet(number), start));
        }
        assert!(questions.hold(neighbor(), packet(6), start + AGAIN));
        let released = questions.known(&neighbor(), MAC);
        let frames: Vec<Vec<u8>> = released.into_iter().map(|held| held.frame).collect();
        let expected: Vec<Vec<u8>> = (3..7).map(|number| [&MAC[..], &[number]].concat()).collect();
        assert_eq!(frames, expected, "the oldest are gone");
        assert_eq!(questions.known(&neighbor(), MAC), []);
    }

    #[test]
    fn nobody_waits_for_ever() {
        let (mut questions, start) = (Questions::default(), Instant::now());
        questions.hold(neighbor(), packet(0), start);
        let other = Neighbor { port: 3, ..neighbor() };
        questions.hold(other, packet(1), start + PATIENCE);
        assert_eq!(questions.known(&neighbor(), MAC), []);
    }
}
