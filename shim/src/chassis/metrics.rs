//! What the sessions count.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counters since the start; `*_up` are current numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[non_exhaustive]
pub struct ChassisMetrics {
    /// Flow mods committed that add or replace a flow.
    pub flows_added: u64,
    /// Flow mods committed that change the actions of a flow in place.
    pub flows_modified: u64,
    /// Flow mods committed that delete a flow.
    pub flows_deleted: u64,
    /// Group mods committed.
    pub groups_changed: u64,
    /// Meter mods taken.
    pub meters_changed: u64,
    /// Bundles committed.
    pub bundles: u64,
    /// Flow mods among the above that put right what somebody else had changed.
    pub repairs: u64,
    /// Flows and groups refused by a switch.
    pub rejected_flows: u64,
    /// Keys for which several different flows (or groups) were desired at once.
    pub conflicting_flows: u64,
    /// Switches refused because they are not the bridge of any known hypervisor.
    pub refused_strangers: u64,
    /// Peers refused because the name in their certificate is not that of the hypervisor they speak for.
    pub refused_impostors: u64,
    /// Connections on which no TLS session came about: no certificate, or none of a trusted authority.
    pub refused_handshakes: u64,
    /// Connections closed at once because there were as many as are allowed.
    pub refused_connections: u64,
    /// Sessions closed because of bytes that are not the protocol.
    pub malformed_messages: u64,
    /// Packets that switches handed over and nobody was there to take in time.
    pub dropped_packets: u64,
    /// Transactions written to hypervisors' databases.
    pub database_writes: u64,
    /// Database sessions in step now.
    pub databases_up: u64,
    /// Switch sessions in step now.
    pub switches_up: u64,
}

impl ChassisMetrics {
    /// Flow mods of all kinds.
    pub fn flow_mods(&self) -> u64 {
        self.flows_added + self.flows_modified + self.flows_deleted
    }
}

/// A counter that many sessions share.
#[derive(Debug, Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub(super) fn add(&self, n: usize) {
        self.0.fetch_add(n as u64, Relaxed);
    }

    fn now(&self) -> u64 {
        self.0.load(Relaxed)
    }

    /// Counts one for as long as the guard lives.
    pub(super) fn hold(&self) -> Held<'_> {
        self.0.fetch_add(1, Relaxed);
        Held(self)
    }
}

/// See [`Counter::hold`].
#[derive(Debug)]
pub(super) struct Held<'counter>(&'counter Counter);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Relaxed);
    }
}

/// The live counters behind [`ChassisMetrics`].
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) flows_added: Counter,
    pub(super) flows_modified: Counter,
    pub(super) flows_deleted: Counter,
    pub(super) groups_changed: Counter,
    pub(super) meters_changed: Counter,
    pub(super) bundles: Counter,
    pub(super) repairs: Counter,
    pub(super) rejected_flows: Counter,
    pub(super) conflicting_flows: Counter,
    pub(super) refused_strangers: Counter,
    pub(super) refused_impostors: Counter,
    pub(super) refused_handshakes: Counter,
    pub(super) refused_connections: Counter,
    pub(super) malformed_messages: Counter,
    pub(super) dropped_packets: Counter,
    pub(super) database_writes: Counter,
    pub(super) databases_up: Counter,
    pub(super) switches_up: Counter,
}

impl Counters {
    pub(super) fn snapshot(&self) -> ChassisMetrics {
        ChassisMetrics {
            flows_added: self.flows_added.now(),
            flows_modified: self.flows_modified.now(),
            flows_deleted: self.flows_deleted.now(),
            groups_changed: self.groups_changed.now(),
            meters_changed: self.meters_changed.now(),
            bundles: self.bundles.now(),
            repairs: self.repairs.now(),
            rejected_flows: self.rejected_flows.now(),
            conflicting_flows: self.conflicting_flows.now(),
            refused_strangers: self.refused_strangers.now(),
            refused_impostors: self.refused_impostors.now(),
            refused_handshakes: self.refused_handshakes.now(),
            refused_connections: self.refused_connections.now(),
            malformed_messages: self.malformed_messages.now(),
            dropped_packets: self.dropped_packets.now(),
            database_writes: self.database_writes.now(),
            databases_up: self.databases_up.now(),
            switches_up: self.switches_up.now(),
        }
    }
}
