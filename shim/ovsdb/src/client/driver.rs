use std::collections::{BTreeMap, HashMap};
use std::future;
use std::io;
use std::sync::Arc;
use std::time::Instant;

use bytes::{Buf, BytesMut};
use serde_json::Value;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{mpsc, oneshot};

use super::queue::EventSender;
use super::{ConnectError, Event, RequestError};
use crate::connection::{Connection, ConnectionError, Output};
use crate::monitor::{MonitorSpec, Replica};
use crate::transact::{Condition, DbError};
use crate::wire::RequestId;

/// Why a connection ended, or did not come about.
#[derive(Debug, Clone, Error)]
pub enum Disconnect {
    /// It did not come about.
    #[error(transparent)]
    Connect(Arc<ConnectError>),
    /// The peer closed it.
    #[error("closed by the peer")]
    Closed,
    /// The operating system reported an error.
    #[error("{0}")]
    Io(Arc<io::Error>),
    /// It cannot go on: see there.
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    /// Nobody here wants it any longer.
    #[error("no longer wanted")]
    Dropped,
}

pub(super) enum Command {
    Request {
        method: String,
        params: Value,
        reply: oneshot::Sender<Result<Value, RequestError>>,
    },
    Lock {
        method: &'static str,
        name: String,
        reply: oneshot::Sender<Result<Value, RequestError>>,
    },
    WantLock {
        name: String,
    },
    Conditions {
        table: String,
        conditions: Vec<Condition>,
        reply: oneshot::Sender<Result<Value, RequestError>>,
    },
    Watch {
        spec: MonitorSpec,
        replica: Replica,
        watcher: Watcher,
    },
    Close,
}

/// Who gets the events, and in the end the replica.
pub(super) struct Watcher {
    pub(super) events: EventSender,
    pub(super) left: oneshot::Sender<Left>,
}

/// What is left of a monitoring that ended.
#[derive(Debug)]
pub(super) struct Left {
    pub(super) replica: Replica,
    /// Whether the rows had come.
    pub(super) synced: bool,
    pub(super) reason: Disconnect,
}

/// Runs a connection over a stream until either end has had enough.
///
/// Events leave in the order of the messages, and those of an update before the reply that follows it: who awaits a
/// transaction finds its changes in the queue.
pub(super) async fn drive<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    connection: Connection,
    mut commands: mpsc::UnboundedReceiver<Command>,
) -> Disconnect {
    let mut driver = Driver {
        connection,
        waiting: HashMap::new(),
        watcher: None,
        synced: false,
        untold_locks: BTreeMap::new(),
    };
    let (mut reader, mut writer) = tokio::io::split(stream);
    let mut input = BytesMut::with_capacity(READ_SIZE);
    let mut output = BytesMut::new();
    let reason = loop {
        output.extend_from_slice(&driver.connection.take_output());
        let deadline = driver.connection.deadline();
        tokio::select! {
            command = commands.recv() => match command {
                Some(Command::Close) | None => break Disconnect::Dropped,
                Some(command) => driver.command(command),
            },
            read = reader.read_buf(&mut input) => match read {
                Ok(0) => break Disconnect::Closed,
                Ok(_) => {
                    driver.connection.receive(&input, Instant::now());
                    input.clear();
                    if let Err(error) = driver.outputs() {
                        break error.into();
                    }
                }
                Err(error) => break Disconnect::Io(Arc::new(error)),
            },
            written = writer.write(&output), if !output.is_empty() => match written {
                Ok(0) => break Disconnect::Closed,
                Ok(n_bytes) => output.advance(n_bytes),
                Err(error) => break Disconnect::Io(Arc::new(error)),
            },
            () = until(deadline) => if let Err(error) = driver.connection.tick(Instant::now()) {
                break error.into();
            },
        }
    };
    if !output.is_empty() && matches!(reason, Disconnect::Dropped) {
        // A last request, such as an unlock, is worth a try.
        let _ = writer.write_all(&output).await;
    }
    let _ = writer.shutdown().await;
    tracing::debug!(%reason, "connection ended");
    driver.leave(&reason);
    // Requests still waiting, and those not even taken up, find their reply channels closed: connection lost. A replica
    // that was about to be used goes back.
    commands.close();
    while let Ok(command) = commands.try_recv() {
        driver.command(command);
        driver.leave(&reason);
    }
    reason
}

const READ_SIZE: usize = 64 << 10;

struct Driver {
    connection: Connection,
    waiting: HashMap<RequestId, oneshot::Sender<Result<Value, RequestError>>>,
    watcher: Option<Watcher>,
    synced: bool,
    /// What there is to tell of locks before anybody watches: whether each is held.
    untold_locks: BTreeMap<String, bool>,
}

impl Driver {
    fn command(&mut self, command: Command) {
        match command {
            Command::Request { method, params, reply } => {
                let id = self.connection.request(&method, params);
                self.waiting.insert(id, reply);
            }
            Command::Lock { method, name, reply } => {
                let id = self.connection.request_lock(method, &name);
                self.waiting.insert(id, reply);
            }
            Command::Conditions { table, conditions, reply } => {
                match self.connection.change_conditions(&table, conditions) {
                    Some(id) => drop(self.waiting.insert(id, reply)),
                    // Who asked may have stopped waiting.
                    None => drop(reply.send(Ok(Value::Null))),
                }
            }
            Command::WantLock { name } => self.connection.want_lock(&name),
            Command::Watch { spec, replica, watcher } => {
                let before = self.connection.watch(spec, replica);
                self.leave_with(before, &Disconnect::Dropped);
                for (name, held) in std::mem::take(&mut self.untold_locks) {
                    watcher.events.send(if held { Event::LockHeld(name) } else { Event::LockLost(name) });
                }
                self.watcher = Some(watcher);
            }
            Command::Close => {}
        }
    }

    fn outputs(&mut self) -> Result<(), ConnectionError> {
        while let Some(output) = self.connection.next_output()? {
            let event = match output {
                Output::Reply { id, result } => {
                    if let Some(waiting) = self.waiting.remove(&id) {
                        // Who asked may have stopped waiting.
                        let _ = waiting.send(result.map_err(|error: DbError| error.into()));
                    }
                    continue;
                }
                Output::Schema(schema) => Event::Connected { schema },
                Output::Snapshot(changes) => {
                    self.synced = true;
                    Event::Snapshot(changes)
                }
                Output::Changes(changes) => Event::Changes(changes),
                Output::LockHeld(name) => Event::LockHeld(name),
                Output::LockLost(name) => Event::LockLost(name),
            };
            match (&self.watcher, event) {
                (Some(watcher), event) => drop(watcher.events.send(event)),
                (None, Event::LockHeld(name)) => drop(self.untold_locks.insert(name, true)),
                (None, Event::LockLost(name)) => drop(self.untold_locks.insert(name, false)),
                (None, _) => {}
            }
        }
        Ok(())
    }

    fn leave(&mut self, reason: &Disconnect) {
        let replica = self.connection.take_replica();
        self.leave_with(replica, reason);
    }

    fn leave_with(&mut self, replica: Option<Replica>, reason: &Disconnect) {
        if let (Some(replica), Some(watcher)) = (replica, self.watcher.take()) {
            let _ = watcher.left.send(Left { replica, synced: self.synced, reason: reason.clone() });
        }
        self.synced = false;
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => future::pending().await,
    }
}
