//! How hypervisors are reached and what is asked of them.

use std::sync::Arc;
use std::time::Duration;

use ovsdb::client::Remote;
use weir_tls::Tls;

use super::listen::Listen;

/// How hypervisors are reached and what is asked of them.
#[derive(Debug, Clone)]
pub struct HypervisorConfig {
    /// Where hypervisors' databases call: the address their operators give to `ovs-vsctl set-manager`.
    pub listen_ovsdb: Vec<Listen>,
    /// Where hypervisors' switches call. The address they are told is derived from this.
    pub listen_openflow: Vec<Listen>,
    /// Databases that do not call: they are called, again and again.
    pub dial: Vec<Remote>,
    /// Our certificate and the authorities of theirs, for what is listened on and dialed as `ssl:`.
    pub tls: Option<Arc<Tls>>,
    /// How many connections each address may have at once; more are closed as they come.
    pub max_connections: usize,
    /// Bytes that one message of a hypervisor's database may have. A thousand interfaces take about one million.
    pub max_message: usize,
    /// How many connections each address takes per second, and at once after a quiet second; more wait in the operating
    /// system's queue.
    pub connections_per_second: u32,
    /// What switches are told as `Controller.target`, such as `tcp:192.0.2.1:6653`. `None` derives it for each
    /// hypervisor: the address by which its database reached us, with the port of the first TCP address of
    /// `listen_openflow`.
    pub openflow_target: Option<String>,
    /// How long a hypervisor may be out of reach before it has left.
    pub leave_after: Duration,
    /// How long it takes to compare every table of a switch with what it should hold, one table after the other. What
    /// others change is usually noticed at once; this finds the rest.
    pub audit_every: Duration,
    /// After how much silence a peer is asked whether it is alive, and how long its answer may take. Hypervisors are
    /// told to do the same.
    pub probe_interval: Duration,
    /// How long a switch that nobody knows may wait for its hypervisor's database to call.
    pub stranger_patience: Duration,
}

impl Default for HypervisorConfig {
    /// Nobody to listen to, no TLS; 10,000 connections, 1,000 new ones per second; 64 MiB per message; 60 s until a hypervisor has left, 5 min per audit, 10 s probes, 30 s for strangers.
    fn default() -> Self {
        HypervisorConfig {
            listen_ovsdb: Vec::new(),
            listen_openflow: Vec::new(),
            dial: Vec::new(),
            tls: None,
            max_connections: 10_000,
            max_message: 64 << 20,
            connections_per_second: 1_000,
            openflow_target: None,
            leave_after: Duration::from_secs(60),
            audit_every: Duration::from_secs(300),
            probe_interval: Duration::from_secs(10),
            stranger_patience: Duration::from_secs(30),
        }
    }
}
