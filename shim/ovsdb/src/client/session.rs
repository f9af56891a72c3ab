use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{oneshot, watch};

use super::connector::Connector;
use super::dial::redial;
use super::driver::Left;
use super::queue::{EventReceiver, EventSender, queue};
use super::{Client, DialConfig, Disconnect, RequestError};
use crate::monitor::{ChangeSet, MonitorSpec, Replica};
use crate::schema::DatabaseSchema;
use crate::transact::{Condition, OpResult, Operation, TransactError};

/// A monitored database, as a sequence of events: over one connection ([`Client::watch`]), or over as many as it takes
/// ([`Session::dial`]). Dropping it ends it.
///
/// ```text
///  Connected  Snapshot  Changes*  Disconnected  Connected  Snapshot  Changes*  Disconnected ...
/// ```
///
/// The change sets of all snapshots and changes, one after the other, are the database: nothing is lost or told twice by a
/// reconnection.
#[derive(Debug)]
pub struct Session {
    events: EventReceiver,
    handle: SessionHandle,
    replica: oneshot::Receiver<Replica>,
    /// Its closing ends the task behind a session.
    _alive: oneshot::Sender<()>,
}

/// What happens in a [`Session`].
#[derive(Debug, Clone)]
pub enum Event {
    /// A server was reached whose schema has what is monitored.
    Connected {
        /// The schema.
        schema: Arc<DatabaseSchema>,
    },
    /// The rows have come: how they differ from those before. Empty if nothing changed meanwhile.
    Snapshot(ChangeSet),
    /// Rows changed, all at once.
    Changes(ChangeSet),
    /// The lock of that name is ours.
    LockHeld(String),
    /// The lock of that name is no longer ours: stolen. After `Disconnected`, no lock is ours.
    LockLost(String),
    /// There is no connection, and transactions in flight have failed.
    Disconnected {
        /// Why.
        reason: Disconnect,
        /// When it is tried again; `None` if it is not.
        retry_in: Option<Duration>,
    },
}

impl Session {
    /// Connects to a server, again and again: to a [`Remote`](super::Remote), or to one of several
    /// [`Remotes`](super::Remotes). `replica` is what a session before left, or a new one.
    pub fn dial(connector: impl Connector, spec: MonitorSpec, replica: Replica, config: DialConfig) -> Self {
        let (current, connection) = watch::channel(None);
        let spec = SharedSpec::new(spec);
        let wanted = spec.clone();
        Session::start(connection, spec, |outlet| redial(connector, wanted, replica, config, current, outlet))
    }

    pub(super) fn on(client: Client, spec: MonitorSpec, replica: Replica) -> Self {
        let (_, connection) = watch::channel(Some(client.clone()));
        let spec = SharedSpec::new(spec);
        let wanted = spec.clone();
        Session::start(connection, spec, |outlet| watch_once(client, wanted, replica, outlet))
    }

    /// What happens next; `None` after the last event. May be dropped and called again: no event is lost.
    pub async fn next(&mut self) -> Option<Event> {
        self.events.recv().await
    }

    /// What is next if it has already happened.
    pub fn try_next(&mut self) -> Option<Event> {
        self.events.try_recv()
    }

    /// A handle for transactions.
    pub fn handle(&self) -> SessionHandle {
        self.handle.clone()
    }

    /// Ends the session and gives the replica out, for the next one. Events not taken up are lost, though their changes
    /// are in the replica: take them all, up to the last `Disconnected`, unless the replica is all that matters.
    pub async fn into_replica(self) -> Replica {
        drop(self._alive);
        self.replica.await.unwrap_or_default()
    }

    fn start<F: Future<Output = ()> + Send + 'static>(
        connection: watch::Receiver<Option<Client>>,
        spec: SharedSpec,
        task: impl FnOnce(Outlet) -> F,
    ) -> Self {
        let (events, received) = queue();
        let (replica_out, replica) = oneshot::channel();
        let (alive, dropped) = oneshot::channel();
        tokio::spawn(task(Outlet { events, replica: replica_out, dropped }));
        Session { events: received, handle: SessionHandle { connection, spec }, replica, _alive: alive }
    }
}

/// Where transactions of a session go in. Clones are cheap.
#[derive(Debug, Clone)]
pub struct SessionHandle {
    connection: watch::Receiver<Option<Client>>,
    spec: SharedSpec,
}

/// What a session monitors, which may change while it lives.
#[derive(Debug, Clone)]
pub(super) struct SharedSpec(Arc<Mutex<MonitorSpec>>);

impl SharedSpec {
    fn new(spec: MonitorSpec) -> Self {
        SharedSpec(Arc::new(Mutex::new(spec)))
    }

    pub(super) fn database(&self) -> String {
        self.with(|spec| spec.database.clone())
    }

    pub(super) fn with<T>(&self, look: impl FnOnce(&mut MonitorSpec) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl SessionHandle {
    /// Runs a transaction: see [`Client::transact`]. Without a connection it fails at once as
    /// [`TransactError::ConnectionLost`].
    pub async fn transact(
        &self,
        database: &str,
        operations: &[Operation],
    ) -> Result<Vec<OpResult>, TransactError> {
        match self.client() {
            Some(client) => client.transact(database, operations).await,
            None => Err(TransactError::ConnectionLost),
        }
    }

    /// Monitors the rows of a table by other conditions from now on, over this connection and all later ones: rows that
    /// satisfy any of `conditions`, or all if there are none. What comes in or drops out by that is in the
    /// [`Event::Changes`] before this returns, or in the [`Event::Snapshot`] of the next connection if there is none now.
    ///
    /// # Errors
    /// When the table is not one that the session's specification lists, or the server refuses; then the conditions
    /// before stay in force.
    pub async fn change_conditions(
        &self,
        table: &str,
        conditions: Vec<Condition>,
    ) -> Result<(), RequestError> {
        let asked = self.spec.with(|spec| {
            let before = spec.replace_conditions(table, conditions.clone())?;
            Some((before, self.client().map(|client| client.send_conditions(table, conditions.clone()))))
        });
        let Some((before, reply)) = asked else { return Err(RequestError::NotMonitored(table.to_owned())) };
        let Some(reply) = reply else { return Ok(()) };
        match reply.await {
            // Without the connection, it is the next one's matter.
            Ok(Ok(_) | Err(RequestError::ConnectionLost)) | Err(_) => Ok(()),
            Ok(Err(error)) => {
                self.spec.with(|spec| spec.replace_conditions(table, before));
                Err(error)
            }
        }
    }

    /// The connection, if there is one just now.
    pub fn client(&self) -> Option<Client> {
        self.connection.borrow().clone().filter(|client| !client.is_closed())
    }
}

/// The task's side of a [`Session`].
pub(super) struct Outlet {
    pub(super) events: EventSender,
    replica: oneshot::Sender<Replica>,
    pub(super) dropped: oneshot::Receiver<()>,
}

impl Outlet {
    pub(super) fn give_back(self, replica: Replica) {
        // Nobody may want it.
        let _ = self.replica.send(replica);
    }
}

async fn watch_once(client: Client, spec: SharedSpec, replica: Replica, mut outlet: Outlet) {
    let left = run(&client, &spec, replica, &mut outlet).await;
    outlet.events.send(Event::Disconnected { reason: left.reason, retry_in: None });
    outlet.give_back(left.replica);
}

/// Monitors over one connection until it ends or the session is dropped.
pub(super) async fn run(client: &Client, spec: &SharedSpec, replica: Replica, outlet: &mut Outlet) -> Left {
    let mut ended = pin!(client.watch_to_the_end(spec, replica, outlet.events.clone()));
    tokio::select! {
        left = &mut ended => left,
        _ = &mut outlet.dropped => {
            client.close();
            ended.await
        }
    }
}
