use std::time::Instant;

use serde_json::{Value, json};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, oneshot, watch};

use super::driver::{Command, Left, Watcher, drive};
use super::queue::EventSender;
use super::session::SharedSpec;
use super::{ConnectError, Disconnect, Remote, Session};
use crate::connection::Connection;
use crate::error::{DecodeError, decode_error};
use crate::monitor::{MonitorSpec, Replica};
use crate::schema::DatabaseSchema;
use crate::transact::{Condition, DbError, OpResult, Operation, TransactError, read_outcome};
use crate::value::Uuid;
use crate::wire::RpcConfig;

/// One connection to an OVSDB server. Clones share it; it closes when all of them, and the session on it, are dropped.
#[derive(Debug, Clone)]
pub struct Client {
    commands: mpsc::UnboundedSender<Command>,
    end: watch::Receiver<Option<Disconnect>>,
}

/// A request that came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RequestError {
    /// The server refused it.
    #[error("refused: {0}")]
    Refused(#[from] DbError),
    /// The reply is not as the protocol has it.
    #[error("reply: {0}")]
    Decode(#[from] DecodeError),
    /// The connection ended before the reply came, or had ended before.
    #[error("connection lost")]
    ConnectionLost,
    /// It is about a table that is not among those monitored by name.
    #[error("table `{0}` is not monitored by name")]
    NotMonitored(String),
}

impl Client {
    /// Connects to a remote, once.
    pub async fn connect(remote: &Remote, config: RpcConfig) -> Result<Self, ConnectError> {
        Ok(Client::over(remote.connect().await?, config))
    }

    /// Speaks over a stream that is already there: accepted from a hypervisor that dialed in, or TLS. Needs a tokio
    /// runtime around it.
    pub fn over<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(stream: S, config: RpcConfig) -> Self {
        let (commands, received) = mpsc::unbounded_channel();
        let (ended, end) = watch::channel(None);
        tokio::spawn(async move {
            let reason = drive(stream, Connection::new(config, Instant::now()), received).await;
            ended.send_replace(Some(reason));
        });
        Client { commands, end }
    }

    /// Monitors a database, from where `replica` stopped: see [`Session`]. A connection has one session; a new one replaces
    /// it.
    pub fn watch(&self, spec: MonitorSpec, replica: Replica) -> Session {
        Session::on(self.clone(), spec, replica)
    }

    /// Any request: `method` with a list of `params`.
    pub async fn request(&self, method: &str, params: Value) -> Result<Value, RequestError> {
        let method = method.to_owned();
        self.ask(|reply| Command::Request { method, params, reply }).await
    }

    /// The names of the databases (`list_dbs`).
    pub async fn databases(&self) -> Result<Vec<String>, RequestError> {
        let reply = self.request("list_dbs", json!([])).await?;
        let names = reply.as_array().and_then(|names| {
            names.iter().map(|name| name.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
        });
        names.ok_or_else(|| decode_error("a list of names", &reply).into())
    }

    /// A database's schema (`get_schema`).
    pub async fn schema(&self, database: &str) -> Result<DatabaseSchema, RequestError> {
        let reply = self.request("get_schema", json!([database])).await?;
        Ok(DatabaseSchema::from_json(&reply)?)
    }

    /// Runs a transaction. One result per operation, or nothing has changed, unless the error is
    /// [`TransactError::ConnectionLost`]: then it is not known whether it was committed.
    pub async fn transact(
        &self,
        database: &str,
        operations: &[Operation],
    ) -> Result<Vec<OpResult>, TransactError> {
        let database = std::iter::once(json!(database));
        let params = database.chain(operations.iter().map(Operation::to_json)).collect();
        match self.request("transact", Value::Array(params)).await {
            Ok(reply) => read_outcome(operations, &reply),
            Err(RequestError::Refused(error)) => Err(TransactError::Refused(error)),
            Err(RequestError::Decode(error)) => Err(TransactError::Reply(error)),
            Err(RequestError::ConnectionLost | RequestError::NotMonitored(_)) => {
                Err(TransactError::ConnectionLost)
            }
        }
    }

    /// Waits for a round trip (`echo`).
    pub async fn echo(&self) -> Result<(), RequestError> {
        self.request("echo", json!([])).await.map(drop)
    }

    /// Asks for a lock. Whether it was free and now is ours; if not, the session tells by `Event::LockHeld` when its owner
    /// has let it go.
    pub async fn lock(&self, name: &str) -> Result<bool, RequestError> {
        self.lock_by("lock", name).await
    }

    /// Takes a lock from its owner, who is told (`Event::LockLost`) and gets it back when it is given up. Refused by
    /// ovsdb-server if this connection has asked for the lock before: [`Client::unlock`] first.
    pub async fn steal(&self, name: &str) -> Result<bool, RequestError> {
        self.lock_by("steal", name).await
    }

    /// Gives a lock back, or no longer waits for it.
    pub async fn unlock(&self, name: &str) -> Result<(), RequestError> {
        self.request("unlock", json!([name])).await.map(drop)
    }

    /// Tells the server not to close the connection when a database comes, goes or changes its schema, since we cope
    /// (`set_db_change_aware`).
    pub async fn cope_with_db_changes(&self) -> Result<(), RequestError> {
        self.request("set_db_change_aware", json!([true])).await.map(drop)
    }

    /// Which run of which server this is: another one after each restart.
    pub async fn server_id(&self) -> Result<Uuid, RequestError> {
        let reply = self.request("get_server_id", json!([])).await?;
        let uuid = reply.as_str().and_then(|text| text.parse().ok());
        uuid.ok_or_else(|| decode_error("a uuid", &reply).into())
    }

    /// Closes the connection, for all clones.
    pub fn close(&self) {
        let _ = self.commands.send(Command::Close);
    }

    /// Waits for the end of the connection, and tells its reason.
    pub async fn closed(&self) -> Disconnect {
        let mut end = self.end.clone();
        let reason = end.wait_for(Option::is_some).await.ok().and_then(|reason| reason.clone());
        // Without a reason the runtime itself is going down.
        reason.unwrap_or(Disconnect::Dropped)
    }

    /// Whether the connection has ended.
    pub fn is_closed(&self) -> bool {
        self.commands.is_closed()
    }

    pub(super) fn want_lock(&self, name: &str) {
        let _ = self.commands.send(Command::WantLock { name: name.to_owned() });
    }

    /// Asks for other conditions; the reply comes when the rows that they bring have.
    pub(super) fn send_conditions(
        &self,
        table: &str,
        conditions: Vec<Condition>,
    ) -> oneshot::Receiver<Result<Value, RequestError>> {
        let (reply, replied) = oneshot::channel();
        // If it cannot be sent, the reply's sender is dropped with it: connection lost.
        let _ = self.commands.send(Command::Conditions { table: table.to_owned(), conditions, reply });
        replied
    }

    /// Starts to monitor, and waits until that ends.
    pub(super) async fn watch_to_the_end(
        &self,
        spec: &SharedSpec,
        replica: Replica,
        events: EventSender,
    ) -> Left {
        let (left, ended) = oneshot::channel();
        let watcher = Watcher { events, left };
        // What changes the specification waits until the connection knows of it, and so comes after.
        let unsent = spec.with(|spec| {
            let command = Command::Watch { spec: spec.clone(), replica, watcher };
            match self.commands.send(command) {
                Err(mpsc::error::SendError(Command::Watch { replica, .. })) => Some(replica),
                _ => None,
            }
        });
        if let Some(replica) = unsent {
            return Left { replica, synced: false, reason: self.closed().await };
        }
        // The driver always leaves something, unless the runtime is going down.
        let nothing = |_| Left { replica: Replica::new(), synced: false, reason: Disconnect::Dropped };
        ended.await.unwrap_or_else(nothing)
    }

    async fn lock_by(&self, method: &'static str, name: &str) -> Result<bool, RequestError> {
        let name = name.to_owned();
        let reply = self.ask(|reply| Command::Lock { method, name, reply }).await?;
        let locked = reply.get("locked").and_then(Value::as_bool);
        locked.ok_or_else(|| decode_error("whether it is locked", &reply).into())
    }

    async fn ask(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<Value, RequestError>>) -> Command,
    ) -> Result<Value, RequestError> {
        let (reply, replied) = oneshot::channel();
        self.commands.send(command(reply)).map_err(|_| RequestError::ConnectionLost)?;
        replied.await.map_err(|_| RequestError::ConnectionLost)?
    }
}
