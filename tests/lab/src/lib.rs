//! A lab of real hypervisors: ovsdb-server, ovs-vswitchd and frames, for tests and the demo.
//!
//! Every hypervisor is an `ovsdb-server` and an `ovs-vswitchd` with the dummy datapath: OVS's own
//! flow tables, tunnels and OVSDB, no kernel module, no root. They are joined by one more vswitchd
//! that plays the cable between them. `README.md` beside this crate's directory has a tour.

mod cloud;
pub mod demo;
mod error;
mod flow_watch;
mod frame;
mod geneve;
mod hypervisor;
mod lab;
mod northbound;
mod pcap;
mod ports;
mod process;
mod programs;
mod reaper;
mod stream;
mod traffic;
mod unixctl;
mod wait;
mod weir;

pub use cloud::{Cloud, Known, Machine, Plan};
pub use error::{Error, Result};
pub use flow_watch::{Change, FlowChange, FlowWatch};
pub use frame::{Frame, Mac};
pub use geneve::{GeneveFrame, GeneveOption};
pub use hypervisor::Hypervisor;
pub use lab::{Lab, LabBuilder};
pub use northbound::Northbound;
pub use programs::Programs;
pub use traffic::Port;
pub use wait::{PATIENCE, wait_for, wait_until};
pub use weir::{Weir, WeirOptions};
