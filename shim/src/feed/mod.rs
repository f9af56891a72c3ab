//! The streaming feed: intent from a cloud management system as lines of JSON, durable by itself.
//!
//! `docs/feed.md` is the protocol. A session turns lines into [`Submission`]s; the driver commits them with everything else
//! that happens, has [`Intent`] remember them, and only then answers.

pub mod archive;
pub mod client;
mod installed;
mod intent;
mod key;
mod overlay;
mod protocol;
mod schema;
mod serve;
mod session;
mod store;
mod table;
mod value;

pub use installed::Installing;
pub use intent::{Intent, Planned, Rejected};
pub use overlay::Overlay;
pub use protocol::{Answer, Committed, LineError};
pub use schema::line_schema;
pub use serve::{Feed, FeedAddress, FeedCounts, Trust};
pub use session::{Submission, Transaction};
pub use store::{IntentStore, StoreError};
pub use table::{Op, Tables};
pub use value::ValueError;
