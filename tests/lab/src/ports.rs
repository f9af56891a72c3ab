//! TCP ports for Weir's listeners.

use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};

use crate::{Error, Result};

/// A TCP port of 127.0.0.1 that no other lab on this machine will choose while this value lives.
///
/// Ports the kernel hands out (32768 and up) will not do: a client that keeps dialling such a port while
/// nobody listens can be given it as its own source port and connect to itself.
#[derive(Debug)]
pub(crate) struct ReservedPort {
    port: u16,
    // An abstract socket name is a lock that the kernel releases with the process.
    _lock: UnixListener,
}

impl ReservedPort {
    pub(crate) fn reserve() -> Result<ReservedPort> {
        // Start somewhere else in every process so that labs rarely meet.
        let start = u16::try_from(std::process::id() % 10_000).unwrap_or_default();
        for step in 0..10_000 {
            let port = 20_000 + (start + step) % 10_000;
            let Ok(name) = SocketAddr::from_abstract_name(format!("weir-lab-port-{port}")) else {
                continue;
            };
            let Ok(lock) = UnixListener::bind_addr(&name) else { continue };
            if TcpListener::bind(("127.0.0.1", port)).is_ok() {
                return Ok(ReservedPort { port, _lock: lock });
            }
        }
        Err(Error::Usage("no free TCP port between 20000 and 29999".to_owned()))
    }

    pub(crate) fn number(&self) -> u16 {
        self.port
    }
}
