use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use tokio::net::{TcpListener, UnixListener};

use super::{RemoteError, Stream};

/// Where servers are waited for that connect by themselves: `ptcp:PORT[:ADDRESS]` or `punix:PATH`, as
/// ovsdb-server(1) writes passive connection methods. An IPv6 address stands in brackets; without an address, all of
/// IPv4 are listened on. For TLS, accept the stream and hand what TLS makes of it to `Client::over`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Passive {
    /// A Unix domain socket.
    Unix(PathBuf),
    /// TCP.
    Tcp(SocketAddr),
}

/// A bound [`Passive`].
#[derive(Debug)]
pub enum Listener {
    /// A Unix domain socket.
    Unix(UnixListener),
    /// TCP.
    Tcp(TcpListener),
}

impl FromStr for Passive {
    type Err = RemoteError;

    fn from_str(text: &str) -> Result<Self, RemoteError> {
        let refused = |problem| RemoteError { remote: text.to_owned(), problem };
        match text.split_once(':') {
            Some(("punix", "")) => Err(refused("nothing after the colon")),
            Some(("punix", path)) => Ok(Passive::Unix(PathBuf::from(path))),
            Some(("ptcp", rest)) => {
                let (port, address) = match rest.split_once(':') {
                    Some((port, address)) => (port, address.trim_matches(['[', ']']).parse().ok()),
                    None => (rest, Some(IpAddr::V4(Ipv4Addr::UNSPECIFIED))),
                };
                let port = port.parse().map_err(|_| refused("the port is no number up to 65535"))?;
                let address = address.ok_or_else(|| refused("no address after the port"))?;
                Ok(Passive::Tcp(SocketAddr::new(address, port)))
            }
            _ => Err(refused("expected `punix:` or `ptcp:` in front")),
        }
    }
}

impl fmt::Display for Passive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Passive::Unix(path) => write!(f, "punix:{}", path.display()),
            Passive::Tcp(SocketAddr::V4(address)) => write!(f, "ptcp:{}:{}", address.port(), address.ip()),
            Passive::Tcp(SocketAddr::V6(address)) => write!(f, "ptcp:{}:[{}]", address.port(), address.ip()),
        }
    }
}

impl Passive {
    /// Listens. A socket file that is there already is an error: whether somebody listens on it is the caller's to know.
    pub async fn bind(&self) -> io::Result<Listener> {
        match self {
            Passive::Unix(path) => UnixListener::bind(path).map(Listener::Unix),
            Passive::Tcp(address) => TcpListener::bind(address).await.map(Listener::Tcp),
        }
    }
}

impl Listener {
    /// Waits for the next server that connects; with its address, if it has one. May be dropped and called again.
    pub async fn accept(&self) -> io::Result<(Stream, Option<SocketAddr>)> {
        match self {
            Listener::Unix(listener) => {
                let (stream, _) = listener.accept().await?;
                Ok((Stream::Unix(stream), None))
            }
            Listener::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                stream.set_nodelay(true)?;
                Ok((Stream::Tcp(stream), Some(peer)))
            }
        }
    }

    /// The address listened on: with the port that the system chose, if 0 was asked for. None for Unix sockets.
    pub fn local_address(&self) -> Option<SocketAddr> {
        match self {
            Listener::Unix(_) => None,
            Listener::Tcp(listener) => listener.local_addr().ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn passive_methods_are_read_and_shown() {
        for (text, shown) in [
            ("punix:/run/db.sock", "punix:/run/db.sock"),
            ("ptcp:6640", "ptcp:6640:0.0.0.0"),
            ("ptcp:6640:127.0.0.1", "ptcp:6640:127.0.0.1"),
            ("ptcp:0:[::1]", "ptcp:0:[::1]"),
        ] {
            assert_eq!(text.parse::<Passive>().unwrap().to_string(), shown);
        }
    }

    #[test]
    fn other_text_is_refused() {
        for (text, problem) in [
            ("", "expected `punix:` or `ptcp:` in front"),
            ("tcp:127.0.0.1:6640", "expected `punix:` or `ptcp:` in front"),
            ("punix:", "nothing after the colon"),
            ("ptcp:port", "the port is no number up to 65535"),
            ("ptcp:1:host", "no address after the port"),
        ] {
            let error = text.parse::<Passive>().unwrap_err();
            assert_eq!((error.remote.as_str(), error.problem), (text, problem));
        }
    }
}
