//! Where feeds come in.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use serde::Serialize;
use tokio::net::{TcpListener, TcpStream, UnixListener};
use tokio::sync::broadcast;
use tokio::task::JoinSet;
use tracing::{debug, info, warn};
use weir_tls::Tls;

use super::session::{Submission, converse};
use super::table::Tables;
use crate::driver::CommitRecord;

/// Where to listen for feeds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeedAddress {
    /// `tcp:HOST:PORT`
    Tcp(String),
    /// `ssl:HOST:PORT`
    Ssl(String),
    /// `unix:PATH`
    Unix(PathBuf),
    /// `-`: standard input, answers to standard output.
    Standard,
}

/// What every connection needs.
pub struct Feed {
    pub(super) tables: Arc<Tables>,
    pub(super) commits: broadcast::Sender<Arc<CommitRecord>>,
    submit: Box<dyn Fn(Submission) + Send + Sync>,
    malformed: AtomicU64,
    accepted: AtomicU64,
    connected: AtomicU64,
    transactions: AtomicU64,
}

/// What feeds have done since the start; `connected` is how many there are now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct FeedCounts {
    /// Connections now.
    pub connected: u64,
    /// Connections accepted.
    pub accepted: u64,
    /// Transactions received.
    pub transactions: u64,
    /// Connections closed because of a line that is not of the protocol.
    pub malformed: u64,
}

impl FromStr for FeedAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<FeedAddress, String> {
        match text.split_once(':') {
            Some(("tcp", address)) if address.contains(':') => Ok(FeedAddress::Tcp(address.to_owned())),
            Some(("ssl", address)) if address.contains(':') => Ok(FeedAddress::Ssl(address.to_owned())),
            Some(("unix", path)) if !path.is_empty() => Ok(FeedAddress::Unix(path.into())),
            _ if text == "-" => Ok(FeedAddress::Standard),
            _ => Err(format!("{text:?} is not ssl:HOST:PORT, tcp:HOST:PORT, unix:PATH or -")),
        }
    }
}

impl fmt::Display for FeedAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FeedAddress::Tcp(address) => write!(f, "tcp:{address}"),
            FeedAddress::Ssl(address) => write!(f, "ssl:{address}"),
            FeedAddress::Unix(path) => write!(f, "unix:{}", path.display()),
            FeedAddress::Standard => f.write_str("-"),
        }
    }
}

/// Who may feed by TLS.
#[derive(Clone)]
pub struct Trust {
    /// Our certificate, and whose we trust.
    pub tls: Arc<Tls>,
    /// The names of certificates that may feed: that of a hypervisor, from the same authority, may not.
    pub clients: Arc<[String]>,
}

enum Listener {
    Tcp(TcpListener, Option<Trust>),
    Unix(UnixListener),
    Standard,
}

impl Feed {
    /// Feeds for these tables. `submit` takes what they say to the driver; it must not block.
    pub fn new(
        tables: Arc<Tables>,
        commits: broadcast::Sender<Arc<CommitRecord>>,
        submit: impl Fn(Submission) + Send + Sync + 'static,
    ) -> Feed {
        let zero = AtomicU64::default;
        let (malformed, accepted, connected, transactions) = (zero(), zero(), zero(), zero());
        Feed { tables, commits, submit: Box::new(submit), malformed, accepted, connected, transactions }
    }

    /// What has been counted so far.
    pub fn counts(&self) -> FeedCounts {
        FeedCounts {
            connected: self.connected.load(Relaxed),
            accepted: self.accepted.load(Relaxed),
            transactions: self.transactions.load(Relaxed),
            malformed: self.malformed.load(Relaxed),
        }
    }

    /// Binds the addresses and serves them for ever.
    ///
    /// # Errors
    /// The first address that cannot be listened on, with the reason.
    pub async fn serve(
        self: Arc<Self>,
        addresses: Vec<FeedAddress>,
        trust: Option<Trust>,
    ) -> Result<(), (FeedAddress, io::Error)> {
        let mut listening = JoinSet::new();
        for address in addresses {
            let listener = match bind(&address, trust.as_ref()).await {
                Ok(listener) => listener,
                Err(error) => return Err((address, error)),
            };
            info!(feed = %address, "listening for feeds");
            listening.spawn(Arc::clone(&self).listen(address, listener));
        }
        while listening.join_next().await.is_some() {}
        Ok(())
    }

    pub(super) fn submit(&self, submission: Submission) {
        if let Submission::Transaction(_) = submission {
            self.transactions.fetch_add(1, Relaxed);
        }
        (self.submit)(submission);
    }

    pub(super) fn malformed(&self) {
        self.malformed.fetch_add(1, Relaxed);
    }

    async fn listen(self: Arc<Self>, address: FeedAddress, listener: Listener) {
        let mut sessions = JoinSet::new();
        loop {
            let accepted = match &listener {
                Listener::Tcp(listener, trust) => listener.accept().await.map(|(stream, peer)| {
                    // Answers are short, and somebody waits for them.
                    let _ = stream.set_nodelay(true);
                    match trust.clone() {
                        None => sessions.spawn(Arc::clone(&self).session(stream, peer.to_string())),
                        Some(trust) => {
                            sessions.spawn(Arc::clone(&self).secured(trust, stream, peer.to_string()))
                        }
                    };
                }),
                Listener::Unix(listener) => listener.accept().await.map(|(stream, _)| {
                    sessions.spawn(Arc::clone(&self).session(stream, address.to_string()));
                }),
                Listener::Standard => {
                    let stream = tokio::io::join(tokio::io::stdin(), tokio::io::stdout());
                    return self.session(stream, "standard input".to_owned()).await;
                }
            };
            if let Err(error) = accepted {
                warn!(%address, %error, "cannot accept a feed");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            while sessions.try_join_next().is_some() {}
        }
    }

    async fn secured(self: Arc<Self>, trust: Trust, stream: TcpStream, peer: String) {
        match trust.tls.accept(stream).await {
            Ok(secured) if trust.clients.iter().any(|name| secured.peer.include(name)) => {
                self.session(secured.stream, format!("{peer} ({})", secured.peer)).await;
            }
            Ok(secured) => warn!(%peer, names = %secured.peer, "refused: no --feed-client has this name"),
            Err(error) => warn!(%peer, %error, "refused a feed"),
        }
    }

    async fn session<S>(self: Arc<Self>, stream: S, peer: String)
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    {
        info!(%peer, "feed connected");
        self.accepted.fetch_add(1, Relaxed);
        self.connected.fetch_add(1, Relaxed);
        match converse(&self, stream).await {
            Ok(()) => info!(%peer, "feed ended"),
            Err(error) => debug!(%peer, %error, "feed broke off"),
        }
        self.connected.fetch_sub(1, Relaxed);
    }
}

async fn bind(address: &FeedAddress, trust: Option<&Trust>) -> io::Result<Listener> {
    Ok(match address {
        FeedAddress::Tcp(address) => Listener::Tcp(TcpListener::bind(address).await?, None),
        FeedAddress::Ssl(address) => {
            let trust = trust.ok_or_else(|| io::Error::other("no certificate is given"))?;
            Listener::Tcp(TcpListener::bind(address).await?, Some(trust.clone()))
        }
        FeedAddress::Unix(path) => Listener::Unix(crate::control::Control::bind(path).await?),
        FeedAddress::Standard => Listener::Standard,
    })
}
