//! Where hypervisors call: addresses to listen on, and the streams that come in.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use weir_tls::{HandshakeError, PeerNames, Tls};

use super::door::Permit;
use crate::transport::Stream;

/// An address to listen on.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Listen {
    /// A TCP port of one address, or of all if the address is unspecified.
    Tcp(SocketAddr),
    /// The same with TLS: who calls must show a certificate.
    Ssl(SocketAddr),
    /// A Unix socket. A stale socket file in its place is replaced.
    Unix(PathBuf),
}

/// Text that is no address to listen on.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{text}` is not tcp:ADDRESS:PORT, ssl:ADDRESS:PORT, ptcp:PORT[:ADDRESS], pssl:PORT[:ADDRESS], unix:PATH or punix:PATH"
)]
pub struct ParseListenError {
    /// The text given.
    pub text: String,
}

impl FromStr for Listen {
    type Err = ParseListenError;

    /// Reads `tcp:ADDRESS:PORT`, `ssl:ADDRESS:PORT` and `unix:PATH`, and the forms OVS has for them:
    /// `ptcp:PORT[:ADDRESS]`, `pssl:PORT[:ADDRESS]`, `punix:PATH`.
    fn from_str(text: &str) -> Result<Self, ParseListenError> {
        let parsed = match text.split_once(':') {
            Some(("tcp", address)) => address.parse().ok().map(Listen::Tcp),
            Some(("ssl", address)) => address.parse().ok().map(Listen::Ssl),
            Some(("ptcp", rest)) => passive(rest).map(Listen::Tcp),
            Some(("pssl", rest)) => passive(rest).map(Listen::Ssl),
            Some(("unix" | "punix", path)) if !path.is_empty() => Some(Listen::Unix(PathBuf::from(path))),
            _ => None,
        };
        parsed.ok_or_else(|| ParseListenError { text: text.to_owned() })
    }
}

impl TryFrom<String> for Listen {
    type Error = ParseListenError;

    fn try_from(text: String) -> Result<Self, ParseListenError> {
        text.parse()
    }
}

impl From<Listen> for String {
    fn from(listen: Listen) -> String {
        listen.to_string()
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Listen::Tcp(address) => write!(f, "tcp:{address}"),
            Listen::Ssl(address) => write!(f, "ssl:{address}"),
            Listen::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

fn passive(text: &str) -> Option<SocketAddr> {
    let (port, address) = match text.split_once(':') {
        None => (text, IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        Some((port, address)) => (port, address.trim_matches(['[', ']']).parse().ok()?),
    };
    Some(SocketAddr::new(address, port.parse().ok()?))
}

/// A stream that came in, with what is known of its ends.
pub(super) struct Incoming {
    pub(super) stream: Stream,
    /// For people.
    pub(super) peer: String,
    /// Our address as the peer sees it; none for Unix sockets.
    pub(super) reached: Option<SocketAddr>,
    pub(super) direction: Direction,
    /// What the peer's certificate says it is; none without TLS.
    pub(super) names: Option<PeerNames>,
}

impl Incoming {
    /// Whether the peer may speak for this hypervisor: anybody without TLS, otherwise who has its name.
    pub(super) fn may_be(names: Option<&PeerNames>, chassis: &str) -> bool {
        names.is_none_or(|names| names.include(chassis))
    }
}

/// A connection just accepted, on which nothing has been said.
pub(super) struct Arrival {
    socket: Socket,
    /// For people.
    pub(super) peer: String,
    /// To shake hands with, if it is to be TLS.
    tls: Option<Arc<Tls>>,
    /// Held for as long as the session lasts.
    pub(super) permit: Option<Permit>,
}

enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Arrival {
    /// Shakes hands, if it is to be TLS. A peer may take its time: not for the loop that accepts.
    pub(super) async fn greet(self) -> Result<Incoming, HandshakeError> {
        let Arrival { socket, peer, tls, .. } = self;
        let direction = Direction::TheyCalled;
        let (stream, reached, names): (Stream, _, _) = match (socket, tls) {
            (Socket::Unix(stream), _) => (Box::new(stream), None, None),
            (Socket::Tcp(stream), None) => {
                let reached = stream.local_addr().ok();
                (Box::new(stream), reached, None)
            }
            (Socket::Tcp(stream), Some(tls)) => {
                let reached = stream.local_addr().ok();
                let secured = tls.accept(stream).await?;
                (Box::new(secured.stream), reached, Some(secured.peer))
            }
        };
        Ok(Incoming { stream, peer, reached, direction, names })
    }
}

/// Who called whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    TheyCalled,
    WeCalled,
}

/// A bound [`Listen`].
#[derive(Debug)]
pub(super) enum Listener {
    Tcp(TcpListener, Option<Arc<Tls>>),
    Unix(UnixListener, PathBuf),
}

impl Listener {
    /// Binds; an error names the address. `tls` is for addresses that ask for it.
    pub(super) async fn bind(listen: &Listen, tls: Option<&Arc<Tls>>) -> io::Result<Self> {
        let bound = match listen {
            Listen::Tcp(address) => TcpListener::bind(address).await.map(|bound| Listener::Tcp(bound, None)),
            Listen::Ssl(address) => match tls {
                Some(tls) => {
                    let bound = TcpListener::bind(address).await;
                    bound.map(|bound| Listener::Tcp(bound, Some(Arc::clone(tls))))
                }
                None => Err(io::Error::other("no certificate is given")),
            },
            Listen::Unix(path) => remove_stale(path)
                .and_then(|()| UnixListener::bind(path))
                .map(|listener| Listener::Unix(listener, path.clone())),
        };
        bound.map_err(|error| io::Error::new(error.kind(), format!("cannot listen on {listen}: {error}")))
    }

    /// How OVS writes that it is to connect here, but for the host: the kind, and the port. None for Unix sockets.
    pub(super) fn called_by(&self) -> Option<(&'static str, u16)> {
        match self {
            Listener::Tcp(listener, tls) => {
                let kind = if tls.is_some() { "ssl" } else { "tcp" };
                listener.local_addr().ok().map(|address| (kind, address.port()))
            }
            Listener::Unix(..) => None,
        }
    }

    pub(super) async fn accept(&self) -> io::Result<Arrival> {
        match self {
            Listener::Tcp(listener, tls) => {
                let (stream, peer) = listener.accept().await?;
                // Messages are written whole: waiting for more would only add latency.
                stream.set_nodelay(true)?;
                let kind = if tls.is_some() { "ssl" } else { "tcp" };
                Ok(Arrival {
                    socket: Socket::Tcp(stream),
                    peer: format!("{kind}:{peer}"),
                    tls: tls.clone(),
                    permit: None,
                })
            }
            Listener::Unix(listener, path) => {
                let (stream, _) = listener.accept().await?;
                let peer = match stream.peer_cred().ok().and_then(|credentials| credentials.pid()) {
                    Some(pid) => format!("unix:{} (process {pid})", path.display()),
                    None => format!("unix:{}", path.display()),
                };
                Ok(Arrival { socket: Socket::Unix(stream), peer, tls: None, permit: None })
            }
        }
    }
}

/// A socket file that nobody listens on any more is in the way of a new one; any other file is left alone.
fn remove_stale(path: &Path) -> io::Result<()> {
    match std::fs::symlink_metadata(path) {
        Ok(metadata) if metadata.file_type().is_socket() => {
            match std::os::unix::net::UnixStream::connect(path) {
                Ok(_) => Err(io::ErrorKind::AddrInUse.into()),
                Err(_) => std::fs::remove_file(path),
            }
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn both_spellings_are_read() {
        for (text, canonical) in [
            ("tcp:127.0.0.1:6640", "tcp:127.0.0.1:6640"),
            ("tcp:[::1]:6640", "tcp:[::1]:6640"),
            ("ptcp:6640", "tcp:0.0.0.0:6640"),
            ("ptcp:6640:127.0.0.1", "tcp:127.0.0.1:6640"),
            ("ptcp:6640:[::1]", "tcp:[::1]:6640"),
            ("ssl:127.0.0.1:6640", "ssl:127.0.0.1:6640"),
            ("pssl:6640", "ssl:0.0.0.0:6640"),
            ("pssl:6640:[::1]", "ssl:[::1]:6640"),
            ("unix:/run/weir/db.sock", "unix:/run/weir/db.sock"),
            ("punix:/run/weir/db.sock", "unix:/run/weir/db.sock"),
        ] {
            assert_eq!(text.parse::<Listen>().unwrap().to_string(), canonical, "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_its_text() {
        for text in
            ["", "6640", "tcp:6640", "tcp:host:6640", "ptcp:70000", "ptcp:1:x", "unix:", "ssl:1.2.3.4"]
        {
            assert_eq!(text.parse::<Listen>(), Err(ParseListenError { text: text.to_owned() }));
        }
    }

    #[tokio::test]
    async fn a_stale_socket_is_replaced_and_a_live_one_or_another_file_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let listen = Listen::Unix(dir.path().join("s"));
        let first = Listener::bind(&listen, None).await.unwrap();
        assert_eq!(Listener::bind(&listen, None).await.unwrap_err().kind(), io::ErrorKind::AddrInUse);
        drop(first);
        Listener::bind(&listen, None).await.unwrap();
        let file = dir.path().join("f");
        std::fs::write(&file, "mine").unwrap();
        Listener::bind(&Listen::Unix(file.clone()), None).await.unwrap_err();
        assert_eq!(std::fs::read_to_string(file).unwrap(), "mine");
    }
}
