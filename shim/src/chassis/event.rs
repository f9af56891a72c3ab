//! What the sessions tell the driver.

use std::sync::Arc;
use std::time::Duration;

use openflow::Flow;

/// News of a hypervisor. `chassis` is always its system-id.
#[derive(Debug, Clone)]
pub enum ChassisEvent {
    /// What its database says now, complete: sent when its session is in step, and whenever anything of it changes.
    /// The driver answers with [`Hypervisors::admit`](super::Hypervisors::admit) once these facts are committed.
    Facts {
        /// The hypervisor.
        chassis: Arc<str>,
        /// All of its facts.
        facts: Facts,
    },
    /// Its database is out of reach. What it said still stands: the switch goes on forwarding.
    Lost {
        /// The hypervisor.
        chassis: Arc<str>,
    },
    /// Neither its database nor its switch has been in reach for too long, or its operator took it away: its system-id,
    /// or, if its server told so before it hung up, its manager row. Its facts no longer stand.
    Left {
        /// The hypervisor.
        chassis: Arc<str>,
    },
    /// Its switch has confirmed every change up to an epoch (less the flows reported as rejected).
    Confirmed {
        /// The hypervisor.
        chassis: Arc<str>,
        /// The last epoch covered.
        epoch: u64,
        /// Flow mods that this took; 0 if the epoch did not concern this hypervisor.
        sent: usize,
        /// From taking the changes to the switch's reply.
        took: Duration,
    },
    /// Its switch refused a flow; all others went in. It is tried again when it changes or when the switch reconnects.
    Rejected {
        /// The hypervisor.
        chassis: Arc<str>,
        /// The flow refused, as it is desired.
        flow: Flow,
        /// The switch's reason.
        error: String,
    },
}

/// What a hypervisor's database says of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// `external_ids:hostname`; empty if not set.
    pub hostname: String,
    /// `external_ids:ovn-encap-ip`, its end of the tunnels; empty if not set.
    pub encap_ip: String,
    /// OpenFlow port of the tunnel shared by all peers, once the switch has made it.
    pub tunnel_ofport: Option<u32>,
    /// `external_ids:ovn-bridge-mappings`, as written: which physical network is behind which bridge.
    pub bridge_mappings: String,
    /// Interfaces of the integration bridge that carry a logical port, in order of name.
    pub interfaces: Vec<InterfaceFact>,
}

/// An interface of the integration bridge that has an `iface-id` and an OpenFlow port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct InterfaceFact {
    /// Its name on the hypervisor.
    pub name: String,
    /// `external_ids:iface-id`: the logical port.
    pub iface_id: String,
    /// Its OpenFlow port, always above 0.
    pub ofport: u32,
}
