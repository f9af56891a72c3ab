//! Sending and looking up again.

use crate::port::PortNo;

/// Send to a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Output {
    /// The port.
    pub port: PortNo,
    /// Bytes of the packet sent if the port is the controller; 0xffff for all.
    pub max_len: u16,
}

/// Look the packet up again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Resubmit {
    /// Ingress port for the lookup, in 16-bit form; `None` keeps the packet's own.
    pub in_port: Option<u16>,
    /// Table to look in; `None` is the table the flow is in.
    pub table: Option<u8>,
    /// Look up by the original direction tuple of the connection.
    pub with_ct_tuple: bool,
}
