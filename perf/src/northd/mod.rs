//! OVN's own rules for its northd, as far as they are not text: the functions that they expect to be brought along, and a
//! cloud in the Northbound tables that they read.

mod addresses;
mod answer;
mod facts;
mod functions;
mod lists;
mod ports;
mod scan;

pub use answer::Southbound;
pub use facts::Cloud;
pub use functions::functions;
