//! Streams to databases and from hypervisors, with TLS or without.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use ovsdb::client::{ConnectError, Connector, Remote, Remotes};
use tokio::io::{AsyncRead, AsyncWrite};
use weir_tls::{PeerNames, Tls};

/// A stream of any kind.
pub type Stream = Box<dyn Duplex>;

/// What a session needs of its stream.
pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// The servers of one database, tried in turn, with TLS where they are `ssl:`.
#[derive(Debug, Clone)]
pub struct Servers {
    remotes: Remotes,
    tls: Option<Arc<Tls>>,
}

impl Servers {
    /// These, with what to show to those that are `ssl:`.
    pub fn new(remotes: Remotes, tls: Option<Arc<Tls>>) -> Self {
        Servers { remotes, tls }
    }
}

impl Connector for Servers {
    type Stream = Stream;

    async fn connect(&mut self) -> Result<Stream, ConnectError> {
        dial(&self.remotes.remote(), self.tls.as_deref()).await.map(|dialed| dialed.stream)
    }

    fn advance(&mut self) {
        self.remotes.advance();
    }

    fn remote(&self) -> Remote {
        self.remotes.remote()
    }
}

impl fmt::Display for Servers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.remotes.fmt(f)
    }
}

/// A stream that was opened from here.
pub(crate) struct Dialed {
    pub(crate) stream: Stream,
    /// Our own address; none for Unix sockets.
    pub(crate) local: Option<SocketAddr>,
    /// What the server's certificate says it is; none without TLS.
    pub(crate) names: Option<PeerNames>,
}

/// Opens a stream to a remote, and shakes hands if it is `ssl:`.
pub(crate) async fn dial(remote: &Remote, tls: Option<&Tls>) -> Result<Dialed, ConnectError> {
    let Remote::Ssl { host, port } = remote else {
        let stream = remote.connect().await?;
        let local = match &stream {
            ovsdb::client::Stream::Tcp(stream) => stream.local_addr().ok(),
            ovsdb::client::Stream::Unix(_) => None,
        };
        return Ok(Dialed { stream: Box::new(stream), local, names: None });
    };
    let tls = tls.ok_or_else(|| ConnectError::Tls { remote: remote.clone() })?;
    let failed = |error| ConnectError::Io { remote: remote.clone(), error };
    let stream = tokio::net::TcpStream::connect((host.as_str(), *port)).await.map_err(failed)?;
    // Requests are small and wait for replies: do not hold them back.
    stream.set_nodelay(true).map_err(failed)?;
    let local = stream.local_addr().ok();
    let secured = tls.connect(stream, host).await.map_err(|error| failed(std::io::Error::other(error)))?;
    Ok(Dialed { stream: Box::new(secured.stream), local, names: Some(secured.peer) })
}
