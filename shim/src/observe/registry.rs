//! The metrics, by name. What sessions count is read when somebody asks; commits are noted as they come.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, text};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use tokio::sync::{broadcast, watch};

use crate::chassis::Hypervisors;
use crate::driver::CommitRecord;
use crate::feed::Feed;

/// What is told, and where it is read from.
pub struct Observed {
    registry: Registry,
    sources: Arc<Sources>,
}

struct Sources {
    hypervisors: Arc<Hypervisors>,
    feed: Arc<Feed>,
    /// Whether the Northbound is in reach; `None` if there is none.
    northbound: Option<watch::Receiver<bool>>,
    started: Instant,
    epoch: AtomicU64,
    commit_seconds: Histogram,
    updates: AtomicU64,
}

/// From 50 us to 13 s, doubling.
const BUCKETS: (f64, f64, u16) = (50e-6, 2.0, 18);

impl Observed {
    /// Reads from these.
    pub fn new(
        hypervisors: Arc<Hypervisors>,
        feed: Arc<Feed>,
        northbound: Option<watch::Receiver<bool>>,
    ) -> Observed {
        let commit_seconds = Histogram::new(exponential_buckets(BUCKETS.0, BUCKETS.1, BUCKETS.2));
        let mut registry = Registry::with_prefix("weir");
        let help = "Time in the engine per transaction, without waiting for its turn";
        registry.register("commit_seconds", help, commit_seconds.clone());
        let sources = Arc::new(Sources {
            hypervisors,
            feed,
            northbound,
            started: Instant::now(),
            epoch: AtomicU64::new(0),
            commit_seconds,
            updates: AtomicU64::new(0),
        });
        registry.register_collector(Box::new(Reader(Arc::clone(&sources))));
        Observed { registry, sources }
    }

    /// Notes every commit, for as long as the daemon lives.
    pub async fn follow(self: Arc<Self>, mut commits: broadcast::Receiver<Arc<CommitRecord>>) {
        loop {
            match commits.recv().await {
                Ok(record) => {
                    self.sources.epoch.store(record.epoch, Relaxed);
                    self.sources.updates.fetch_add(record.n_updates as u64, Relaxed);
                    self.sources.commit_seconds.observe(record.took.as_secs_f64());
                }
                // Some are missing in the histogram; better than holding up anybody.
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return,
            }
        }
    }

    /// The text that Prometheus reads (OpenMetrics 1.0).
    ///
    /// # Errors
    /// When a metric cannot be written.
    pub fn text(&self) -> Result<String, fmt::Error> {
        let mut out = String::new();
        text::encode(&mut out, &self.registry)?;
        Ok(out)
    }

    /// Whether the whole intent has been computed, so that switches are brought up to date.
    pub fn is_ready(&self) -> bool {
        self.sources.hypervisors.is_open()
    }
}

/// Reads what others count.
struct Reader(Arc<Sources>);

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reader")
    }
}

impl Collector for Reader {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let sources = &*self.0;
        let sessions = sources.hypervisors.metrics();
        let feed = sources.feed.counts();
        let counters: [(&str, &str, u64); 19] = [
            ("updates", "Changes of input relations committed", sources.updates.load(Relaxed)),
            ("flows_added", "Flow mods committed that add or replace a flow", sessions.flows_added),
            (
                "flows_modified",
                "Flow mods committed that change a flow's actions in place",
                sessions.flows_modified,
            ),
            ("flows_deleted", "Flow mods committed that delete a flow", sessions.flows_deleted),
            ("groups_changed", "Group mods committed", sessions.groups_changed),
            ("bundles", "Bundles committed", sessions.bundles),
            ("repairs", "Flow mods that put right what somebody else had changed", sessions.repairs),
            ("rejected_flows", "Flows and groups refused by a switch", sessions.rejected_flows),
            (
                "conflicting_flows",
                "Keys for which several flows or groups were wanted",
                sessions.conflicting_flows,
            ),
            ("refused_strangers", "Switches refused: of no known hypervisor", sessions.refused_strangers),
            (
                "refused_impostors",
                "Peers refused: their certificate names another hypervisor",
                sessions.refused_impostors,
            ),
            (
                "refused_handshakes",
                "Connections refused: no certificate, or none to trust",
                sessions.refused_handshakes,
            ),
            ("refused_connections", "Connections refused: too many at once", sessions.refused_connections),
            (
                "malformed_messages",
                "Sessions closed because of bytes that are not the protocol",
                sessions.malformed_messages,
            ),
            (
                "dropped_packets",
                "Packets handed over by switches that nobody took in time",
                sessions.dropped_packets,
            ),
            ("database_writes", "Transactions written to hypervisors' databases", sessions.database_writes),
            ("feed_transactions", "Transactions received from feeds", feed.transactions),
            (
                "feed_malformed_lines",
                "Feed connections closed because of a line that is not of the protocol",
                feed.malformed,
            ),
            ("feed_connections_accepted", "Feed connections accepted", feed.accepted),
        ];
        for (name, help, value) in counters {
            let metric = ConstCounter::new(value);
            metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)?;
        }
        let mut gauges = vec![
            ("databases_up", "Hypervisors' databases in step now", sessions.databases_up as i64),
            ("switches_up", "Switches in step now", sessions.switches_up as i64),
            ("feeds_up", "Feed connections now", feed.connected as i64),
            ("epoch", "The last transaction", sources.epoch.load(Relaxed) as i64),
            ("ready", "1 once the whole intent is computed", i64::from(sources.hypervisors.is_open())),
            ("uptime_seconds", "Since the daemon was started", sources.started.elapsed().as_secs() as i64),
        ];
        if let Some(northbound) = &sources.northbound {
            let connected = i64::from(*northbound.borrow());
            gauges.push(("northbound_up", "1 while the Northbound database is in reach", connected));
        }
        if let Some(bytes) = resident_bytes() {
            gauges.push(("resident_memory_bytes", "Memory of the process", bytes));
        }
        for (name, help, value) in gauges {
            let metric = ConstGauge::new(value);
            metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)?;
        }
        Ok(())
    }
}

/// Of this process (proc_pid_statm(5): resident pages are the second number).
fn resident_bytes() -> Option<i64> {
    const PAGE: i64 = 4096;
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    text.split(' ').nth(1)?.parse::<i64>().ok().map(|pages| pages * PAGE)
}
