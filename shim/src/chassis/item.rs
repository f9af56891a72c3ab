//! What a switch holds under keys: flows, groups, meters.

use std::fmt;
use std::hash::BuildHasher;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use openflow::{BundleMember, Flow, FlowMod, Group, Meter};
use rustc_hash::FxBuildHasher;

use super::difference::Held;

/// Something that a switch holds under a key.
pub(super) trait Item: Clone + Ord + fmt::Debug {
    /// A hash of its key.
    fn hash(&self) -> u64;

    /// Whether another would stand in its place.
    fn same_key(&self, other: &Self) -> bool;

    /// The part of a switch it is in. Each part is asked for by itself.
    fn part(&self) -> u8 {
        0
    }

    /// Its key, for people.
    fn key(&self) -> String;

    /// Whether a switch can give it another content and keep the rest of what it has of it.
    fn can_become(&self, _: &Self) -> bool {
        true
    }

    /// Whether it goes by itself.
    fn is_passing(&self) -> bool {
        false
    }

    /// What is known of a key of which an audit has found this.
    fn seen(found: Option<Arc<Stored<Self>>>) -> Held<Self> {
        found.map_or(Held::Nothing, Held::Item)
    }
}

impl Item for Flow {
    fn hash(&self) -> u64 {
        FxBuildHasher.hash_one((self.table, self.priority, &self.matching))
    }

    fn same_key(&self, other: &Self) -> bool {
        self.table == other.table && self.priority == other.priority && self.matching == other.matching
    }

    fn part(&self) -> u8 {
        self.table
    }

    fn key(&self) -> String {
        Flow::key(self).to_string()
    }

    /// A switch keeps cookie, timeouts and flags when it modifies.
    fn can_become(&self, other: &Self) -> bool {
        let rest = |flow: &Flow| (flow.cookie, flow.idle_timeout, flow.hard_timeout, flow.flags);
        rest(self) == rest(other)
    }

    fn is_passing(&self) -> bool {
        self.idle_timeout != 0 || self.hard_timeout != 0
    }

    /// Whoever was at it may be at it still.
    fn seen(_: Option<Arc<Stored<Self>>>) -> Held<Self> {
        Held::Unsure
    }
}

impl Item for Group {
    fn hash(&self) -> u64 {
        FxBuildHasher.hash_one(self.id)
    }

    fn same_key(&self, other: &Self) -> bool {
        self.id == other.id
    }

    fn key(&self) -> String {
        format!("group_id={}", self.id)
    }
}

impl Item for Meter {
    fn hash(&self) -> u64 {
        FxBuildHasher.hash_one(self.id)
    }

    fn same_key(&self, other: &Self) -> bool {
        self.id == other.id
    }

    fn key(&self) -> String {
        format!("meter={}", self.id)
    }
}

/// An item that several hypervisors may have, with the bytes that set it once they have been asked for twice.
#[derive(Debug)]
pub(super) struct Stored<T> {
    item: T,
    /// Whether somebody has needed the message.
    sent: AtomicBool,
    /// Boxed, as most have none.
    message: OnceLock<Box<BundleMember>>,
}

impl<T> Stored<T> {
    pub(super) fn new(item: T) -> Arc<Self> {
        Arc::new(Stored { item, sent: AtomicBool::new(false), message: OnceLock::new() })
    }
}

impl Stored<Flow> {
    /// The message that adds it. What only one hypervisor has is not worth the memory; what several have is encoded for
    /// all of them.
    pub(super) fn to_add(&self) -> BundleMember {
        let encode = || BundleMember::from(FlowMod::add(self.item.clone())).to_encoded();
        if self.sent.swap(true, Relaxed) {
            BundleMember::clone(self.message.get_or_init(|| Box::new(encode())))
        } else {
            encode()
        }
    }
}

impl<T> Deref for Stored<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.item
    }
}

impl<T: PartialEq> PartialEq for Stored<T> {
    fn eq(&self, other: &Self) -> bool {
        self.item == other.item
    }
}

impl<T: Eq> Eq for Stored<T> {}

impl<T: Ord> PartialOrd for Stored<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: Ord> Ord for Stored<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.item.cmp(&other.item)
    }
}
