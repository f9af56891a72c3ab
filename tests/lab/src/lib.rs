//! A lab of real hypervisors: ovsdb-server, ovs-vswitchd and frames, for tests and the demo.
