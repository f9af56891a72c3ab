//! Where hypervisors call: addresses to listen on, and the streams that come in.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};

/// An address to listen on.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Listen {
    /// A TCP port of one address, or of all if the address is unspecified.
    Tcp(SocketAddr),
    /// A Unix socket. A stale socket file in its place is replaced.
    Unix(PathBuf),
}

/// Text that is no address to listen on.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{text}` is not tcp:ADDRESS:PORT, ptcp:PORT[:ADDRESS], unix:PATH or punix:PATH")]
pub struct ParseListenError {
    /// The text given.
    pub text: String,
}

impl FromStr for Listen {
    type Err = ParseListenError;

    /// Reads `tcp:ADDRESS:PORT` and `unix:PATH`, and the forms OVS has for them: `ptcp:PORT[:ADDRESS]`, `punix:PATH`.
    fn from_str(text: &str) -> Result<Self, ParseListenError> {
        let parsed = match text.split_once(':') {
            Some(("tcp", address)) => address.parse().ok().map(Listen::Tcp),
            Some(("ptcp", rest)) => passive_tcp(rest).map(Listen::Tcp),
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
            Listen::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

fn passive_tcp(text: &str) -> Option<SocketAddr> {
    let (port, address) = match text.split_once(':') {
        None => (text, IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        Some((port, address)) => (port, address.trim_matches(['[', ']']).parse().ok()?),
    };
    Some(SocketAddr::new(address, port.parse().ok()?))
}

/// A stream of either kind.
pub(super) type Stream = Box<dyn Duplex>;

/// What a session needs of its stream.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// A stream that came in, with what is known of its ends.
pub(super) struct Incoming {
    pub(super) stream: Stream,
    /// For people.
    pub(super) peer: String,
    /// Our address as the peer sees it; none for Unix sockets.
    pub(super) reached: Option<SocketAddr>,
    pub(super) direction: Direction,
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
    Tcp(TcpListener),
    Unix(UnixListener, PathBuf),
}

impl Listener {
    /// Binds; an error names the address.
    pub(super) async fn bind(listen: &Listen) -> io::Result<Self> {
        let bound = match listen {
            Listen::Tcp(address) => TcpListener::bind(address).await.map(Listener::Tcp),
            Listen::Unix(path) => remove_stale(path)
                .and_then(|()| UnixListener::bind(path))
                .map(|listener| Listener::Unix(listener, path.clone())),
        };
        bound.map_err(|error| io::Error::new(error.kind(), format!("cannot listen on {listen}: {error}")))
    }

    /// The port, if TCP.
    pub(super) fn tcp_port(&self) -> Option<u16> {
        match self {
            Listener::Tcp(listener) => listener.local_addr().ok().map(|address| address.port()),
            Listener::Unix(..) => None,
        }
    }

    pub(super) async fn accept(&self) -> io::Result<Incoming> {
        match self {
            Listener::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                // Messages are written whole: waiting for more would only add latency.
                stream.set_nodelay(true)?;
                let reached = stream.local_addr().ok();
                Ok(Incoming {
                    stream: Box::new(stream),
                    peer: format!("tcp:{peer}"),
                    reached,
                    direction: Direction::TheyCalled,
                })
            }
            Listener::Unix(listener, path) => {
                let (stream, _) = listener.accept().await?;
                let peer = match stream.peer_cred().ok().and_then(|credentials| credentials.pid()) {
                    Some(pid) => format!("unix:{} (process {pid})", path.display()),
                    None => format!("unix:{}", path.display()),
                };
                Ok(Incoming {
                    stream: Box::new(stream),
                    peer,
                    reached: None,
                    direction: Direction::TheyCalled,
                })
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
            ("unix:/run/weir/db.sock", "unix:/run/weir/db.sock"),
            ("punix:/run/weir/db.sock", "unix:/run/weir/db.sock"),
        ] {
            assert_eq!(text.parse::<Listen>().unwrap().to_string(), canonical, "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_its_text() {
        for text in
            ["", "6640", "tcp:6640", "tcp:host:6640", "ptcp:70000", "ptcp:1:x", "unix:", "ssl:1.2.3.4:1"]
        {
            assert_eq!(text.parse::<Listen>(), Err(ParseListenError { text: text.to_owned() }));
        }
    }

    #[tokio::test]
    async fn a_stale_socket_is_replaced_and_a_live_one_or_another_file_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let listen = Listen::Unix(dir.path().join("s"));
        let first = Listener::bind(&listen).await.unwrap();
        assert_eq!(Listener::bind(&listen).await.unwrap_err().kind(), io::ErrorKind::AddrInUse);
        drop(first);
        Listener::bind(&listen).await.unwrap();
        let file = dir.path().join("f");
        std::fs::write(&file, "mine").unwrap();
        Listener::bind(&Listen::Unix(file.clone())).await.unwrap_err();
        assert_eq!(std::fs::read_to_string(file).unwrap(), "mine");
    }
}
