use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::backoff::Backoff;
use super::connector::Connector;
use super::driver::Left;
use super::leader::Leadership;
use super::session::{Outlet, SharedSpec, run};
use super::{Client, ConnectError, Disconnect, Event, RetryConfig};
use crate::monitor::Replica;
use crate::wire::RpcConfig;

/// How to keep up a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DialConfig {
    /// What to hold against the server.
    pub rpc: RpcConfig,
    /// How long to wait between attempts.
    pub retry: RetryConfig,
    /// How long an attempt may take to connect.
    pub connect_timeout: Duration,
    /// A lock to ask for on every connection. In a cluster each server has its own locks: choose the leader.
    pub lock: Option<String>,
    /// Which servers of a cluster will do.
    pub server: ServerChoice,
}

/// Which servers of a cluster will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerChoice {
    /// Any, even one that has lost touch with the cluster.
    Any,
    /// Only the one that leads, as long as it does. One that stands alone leads itself.
    Leader,
}

impl Default for DialConfig {
    /// The defaults of its parts, 10 seconds to connect, no lock, and any server.
    fn default() -> Self {
        DialConfig {
            rpc: RpcConfig::default(),
            retry: RetryConfig::default(),
            connect_timeout: Duration::from_secs(10),
            lock: None,
            server: ServerChoice::Any,
        }
    }
}

/// Connects again and again, until the session is dropped.
pub(super) async fn redial(
    connector: impl Connector,
    spec: SharedSpec,
    mut replica: Replica,
    config: DialConfig,
    current: watch::Sender<Option<Client>>,
    mut outlet: Outlet,
) {
    let mut backoff = Backoff::new(config.retry);
    let database = spec.database();
    let mut dialer = Dialer { connector, config };
    loop {
        let connected = tokio::select! {
            connected = dialer.connect(&database) => connected,
            _ = &mut outlet.dropped => break,
        };
        let reason = match connected {
            Err(reason) => reason,
            Ok((client, leadership)) => {
                current.send_replace(Some(client.clone()));
                let left = follow(&client, leadership, &spec, replica, &mut outlet).await;
                current.send_replace(None);
                replica = left.replica;
                if left.synced {
                    backoff.succeed();
                }
                left.reason
            }
        };
        if matches!(reason, Disconnect::Dropped) {
            outlet.events.send(Event::Disconnected { reason, retry_in: None });
            break;
        }
        dialer.connector.advance();
        let wait = backoff.fail();
        if !outlet.events.send(Event::Disconnected { reason, retry_in: Some(wait) }) {
            break;
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            _ = &mut outlet.dropped => break,
        }
    }
    outlet.give_back(replica);
}

struct Dialer<C> {
    connector: C,
    config: DialConfig,
}

impl<C: Connector> Dialer<C> {
    /// A connection to a server that will do.
    async fn connect(&mut self, database: &str) -> Result<(Client, Option<Leadership>), Disconnect> {
        let leadership = match self.config.server {
            ServerChoice::Any => None,
            ServerChoice::Leader => {
                let client = self.client().await?;
                Some(Leadership::claimed(client, database, self.connector.remote()).await?)
            }
        };
        let client = self.client().await?;
        if let Some(lock) = &self.config.lock {
            client.want_lock(lock);
        }
        Ok((client, leadership))
    }

    async fn client(&mut self) -> Result<Client, Disconnect> {
        let connected = tokio::time::timeout(self.config.connect_timeout, self.connector.connect()).await;
        let connected =
            connected.unwrap_or_else(|_| Err(ConnectError::Timeout { remote: self.connector.remote() }));
        match connected {
            Ok(stream) => Ok(Client::over(stream, self.config.rpc)),
            Err(error) => Err(Disconnect::Connect(Arc::new(error))),
        }
    }
}

/// Monitors until the connection ends, the server leads no longer, or the session is dropped.
async fn follow(
    client: &Client,
    leadership: Option<Leadership>,
    spec: &SharedSpec,
    replica: Replica,
    outlet: &mut Outlet,
) -> Left {
    let Some(mut leadership) = leadership else { return run(client, spec, replica, outlet).await };
    let mut left = std::pin::pin!(run(client, spec, replica, outlet));
    tokio::select! {
        left = &mut left => left,
        reason = leadership.lost() => {
            client.close();
            Left { reason, ..left.await }
        }
    }
}
