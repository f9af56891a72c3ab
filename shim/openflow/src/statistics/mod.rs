//! Counters of ports, queues, groups, meters and tables, as multipart replies carry them.

mod group;
mod meter;
mod port;
mod queue;
mod table;

pub use group::{GroupFeatures, GroupLimits, GroupStats};
pub use meter::{MeterFeatures, MeterStats, TrafficCount};
pub use port::{EthernetErrors, PortStats};
pub use queue::{QueueDescription, QueueId, QueueStats};
pub use table::{TableDescription, TableFeatures, TableFeaturesCommand, TableStats};
