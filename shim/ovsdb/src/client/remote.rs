use std::fmt;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::str::FromStr;
use std::task::{Context, Poll};

use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

/// Where an OVSDB server is reached: `unix:PATH`, `tcp:HOST[:PORT]` or `ssl:HOST[:PORT]`, port 6640 unless given. An IPv6
/// address stands in brackets.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Remote {
    /// A Unix domain socket.
    Unix(PathBuf),
    /// TCP.
    Tcp {
        /// Name or address.
        host: String,
        /// Port.
        port: u16,
    },
    /// TLS over TCP.
    Ssl {
        /// Name or address.
        host: String,
        /// Port.
        port: u16,
    },
}

/// The port that IANA gave to OVSDB.
const DEFAULT_PORT: u16 = 6640;

/// Text that is no [`Remote`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{remote}` is no OVSDB remote: {problem}")]
pub struct RemoteError {
    /// The text.
    pub remote: String,
    /// What is wrong with it.
    pub problem: &'static str,
}

impl FromStr for Remote {
    type Err = RemoteError;

    fn from_str(text: &str) -> Result<Self, RemoteError> {
        let refused = |problem| RemoteError { remote: text.to_owned(), problem };
        let (kind, rest) =
            text.split_once(':').ok_or_else(|| refused("expected `unix:`, `tcp:` or `ssl:` in front"))?;
        if rest.is_empty() {
            return Err(refused("nothing after the colon"));
        }
        match kind {
            "unix" => Ok(Remote::Unix(PathBuf::from(rest))),
            "tcp" => host_and_port(rest).map(|(host, port)| Remote::Tcp { host, port }).map_err(refused),
            "ssl" => host_and_port(rest).map(|(host, port)| Remote::Ssl { host, port }).map_err(refused),
            _ => Err(refused("expected `unix:`, `tcp:` or `ssl:` in front")),
        }
    }
}

impl fmt::Display for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, host, port) = match self {
            Remote::Unix(path) => return write!(f, "unix:{}", path.display()),
            Remote::Tcp { host, port } => ("tcp", host, port),
            Remote::Ssl { host, port } => ("ssl", host, port),
        };
        if host.contains(':') {
            write!(f, "{kind}:[{host}]:{port}")
        } else {
            write!(f, "{kind}:{host}:{port}")
        }
    }
}

/// A remote that cannot be connected to.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// The operating system refused.
    #[error("{remote}: {error}")]
    Io {
        /// The remote.
        remote: Remote,
        /// Why.
        error: io::Error,
    },
    /// Nothing came of it in time.
    #[error("{remote}: no connection in time")]
    Timeout {
        /// The remote.
        remote: Remote,
    },
    /// It was reached, but does not lead the cluster that keeps the database, or does no longer.
    #[error("{remote}: does not lead the cluster")]
    NotLeader {
        /// The remote.
        remote: Remote,
    },
    /// TLS needs keys, which [`Remote::connect`] does not have. Implement `Connector`, or make the stream yourself for
    /// `Client::over`.
    #[error("{remote}: no TLS keys to connect with")]
    Tls {
        /// The remote.
        remote: Remote,
    },
}

impl Remote {
    /// Opens a stream to the remote.
    pub async fn connect(&self) -> Result<Stream, ConnectError> {
        let failed = |error| ConnectError::Io { remote: self.clone(), error };
        match self {
            Remote::Unix(path) => UnixStream::connect(path).await.map(Stream::Unix).map_err(failed),
            Remote::Tcp { host, port } => {
                let stream = TcpStream::connect((host.as_str(), *port)).await.map_err(failed)?;
                // Requests are small and wait for replies: do not hold them back.
                stream.set_nodelay(true).map_err(failed)?;
                Ok(Stream::Tcp(stream))
            }
            Remote::Ssl { .. } => Err(ConnectError::Tls { remote: self.clone() }),
        }
    }
}

/// A stream to a [`Remote`].
#[derive(Debug)]
pub enum Stream {
    /// A Unix domain socket.
    Unix(UnixStream),
    /// TCP.
    Tcp(TcpStream),
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Unix(stream) => Pin::new(stream).poll_read(cx, buf),
            Stream::Tcp(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Unix(stream) => Pin::new(stream).poll_write(cx, buf),
            Stream::Tcp(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Unix(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Tcp(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Unix(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

fn host_and_port(text: &str) -> Result<(String, u16), &'static str> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']').ok_or("no `]` after the address")?;
            match after.strip_prefix(':') {
                Some(port) => (host, Some(port)),
                None if after.is_empty() => (host, None),
                None => return Err("expected `:` after `]`"),
            }
        }
        None => match text.split_once(':') {
            Some((_, port)) if port.contains(':') => return Err("an IPv6 address needs brackets"),
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    if host.is_empty() {
        return Err("no host");
    }
    let port =
        port.map_or(Ok(DEFAULT_PORT), |port| port.parse().map_err(|_| "the port is no number up to 65535"))?;
    Ok((host.to_owned(), port))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn remotes_are_read_and_shown() {
        for (text, shown) in [
            ("unix:/run/ovn/ovnnb_db.sock", "unix:/run/ovn/ovnnb_db.sock"),
            ("tcp:127.0.0.1:6641", "tcp:127.0.0.1:6641"),
            ("tcp:nb.example", "tcp:nb.example:6640"),
            ("tcp:[::1]:1", "tcp:[::1]:1"),
            ("ssl:[fe80::1%eth0]", "ssl:[fe80::1%eth0]:6640"),
        ] {
            assert_eq!(text.parse::<Remote>().unwrap().to_string(), shown);
        }
    }

    #[test]
    fn other_text_is_refused() {
        for (text, problem) in [
            ("", "expected `unix:`, `tcp:` or `ssl:` in front"),
            ("ptcp:6640", "expected `unix:`, `tcp:` or `ssl:` in front"),
            ("unix:", "nothing after the colon"),
            ("tcp:::1:6640", "an IPv6 address needs brackets"),
            ("tcp:[::1", "no `]` after the address"),
            ("tcp:[::1]6640", "expected `:` after `]`"),
            ("tcp:host:65536", "the port is no number up to 65535"),
            ("ssl::1", "no host"),
        ] {
            let error = text.parse::<Remote>().unwrap_err();
            assert_eq!((error.remote.as_str(), error.problem), (text, problem));
        }
    }
}
