//! One connection that monitors a database, as a state machine without IO.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use serde_json::{Value, json};
use thiserror::Error;

use crate::error::{DecodeError, decode_error};
use crate::monitor::{ChangeSet, MonitorPlan, MonitorSpec, PlanError, Replica, ReplicaError, UpdateStyle};
use crate::schema::DatabaseSchema;
use crate::transact::{Condition, DbError, ErrorKind};
use crate::value::Uuid;
use crate::wire::{Incoming, JsonText, RequestId, Rpc, RpcConfig, RpcError};

/// An OVSDB connection: requests by number, locks, and at most one monitored database whose rows it keeps in a
/// [`Replica`].
///
/// ```text
///        watch()                 schema fits              unknown method: the next older one
///  idle ---------> get_schema --------------> monitor_cond_since -> monitor_cond -> monitor
///                                                       |  reply: Snapshot
///                                                       v
///                                               updates: Changes
/// ```
#[derive(Debug)]
pub struct Connection {
    rpc: Rpc,
    watching: Watching,
    /// How often monitoring was started: makes its identifiers unique.
    n_watches: u64,
    locks: HashMap<RequestId, String>,
    /// The names of all locks ever asked for: of no others is anything told.
    lock_names: HashSet<String>,
    /// Other conditions that have been asked for.
    new_conditions: HashMap<RequestId, NewConditions>,
    /// Requests whose replies nobody wants.
    unasked: HashSet<RequestId>,
    outputs: VecDeque<Output>,
}

/// What a [`Connection`] has to tell.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// The reply to a request made by [`Connection::request`].
    Reply {
        /// The request.
        id: RequestId,
        /// The result, or the error.
        result: Result<Value, DbError>,
    },
    /// The schema has come, and has what is to be monitored.
    Schema(Arc<DatabaseSchema>),
    /// All rows have come; this is how they differ from what the replica had.
    Snapshot(ChangeSet),
    /// Rows changed.
    Changes(ChangeSet),
    /// The lock is ours.
    LockHeld(String),
    /// The lock is no longer ours: somebody stole it.
    LockLost(String),
}

/// Which of the monitor methods a server knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MonitorMethod {
    /// `monitor_cond_since`: Open vSwitch 2.12.
    CondSince,
    /// `monitor_cond`: Open vSwitch 2.6.
    Cond,
    /// `monitor`: RFC 7047.
    Plain,
}

/// Why a connection cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ConnectionError {
    /// Not OVSDB, or silence.
    #[error(transparent)]
    Rpc(#[from] RpcError),
    /// The schema does not have what is to be monitored.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// An update cannot be applied.
    #[error(transparent)]
    Replica(#[from] ReplicaError),
    /// The server refused a request without which there is no monitoring.
    #[error("{method}: {error}")]
    Refused {
        /// The request's method.
        method: &'static str,
        /// Why.
        error: DbError,
    },
    /// A reply or a notification that is not as the protocol has it.
    #[error("{method}: {error}")]
    Decode {
        /// The method of the request or notification.
        method: &'static str,
        /// What is wrong.
        error: DecodeError,
    },
    /// The server ended the monitoring, since the database is going away or changing its schema.
    #[error("the server cancelled the monitoring of database `{0}`")]
    MonitorCanceled(String),
}

#[derive(Debug)]
struct NewConditions {
    /// The number of the monitoring that they are for.
    watch: u64,
    table: String,
    conditions: Vec<Condition>,
}

#[derive(Debug)]
enum Watching {
    Nothing,
    Schema { id: RequestId, spec: MonitorSpec, replica: Replica },
    Monitor { id: RequestId, method: MonitorMethod, replica: Replica },
    Updates { method: MonitorMethod, replica: Replica },
}

impl Connection {
    /// A connection made at `now`.
    pub fn new(config: RpcConfig, now: Instant) -> Self {
        Connection {
            rpc: Rpc::new(config, now),
            watching: Watching::Nothing,
            n_watches: 0,
            locks: HashMap::new(),
            lock_names: HashSet::new(),
            new_conditions: HashMap::new(),
            unasked: HashSet::new(),
            outputs: VecDeque::new(),
        }
    }

    /// Takes bytes that arrived at `now`.
    pub fn receive(&mut self, bytes: &[u8], now: Instant) {
        self.rpc.receive(bytes, now);
    }

    /// What there is to tell next, or `None` if more bytes are needed.
    pub fn next_output(&mut self) -> Result<Option<Output>, ConnectionError> {
        loop {
            if let Some(output) = self.outputs.pop_front() {
                return Ok(Some(output));
            }
            match self.rpc.next_incoming()? {
                None => return Ok(None),
                Some(Incoming::Reply { id, result }) => self.on_reply(id, result)?,
                Some(Incoming::Notification { method, params }) => self.on_notification(&method, &params)?,
            }
        }
    }

    /// Lets time pass: asks for an echo if the peer has been silent for too long, and fails if that goes unanswered.
    pub fn tick(&mut self, now: Instant) -> Result<(), ConnectionError> {
        Ok(self.rpc.tick(now)?)
    }

    /// Sends a request, whose reply comes as [`Output::Reply`].
    pub fn request(&mut self, method: &str, params: Value) -> RequestId {
        self.rpc.request(method, params)
    }

    /// Asks for a lock (`lock`) or takes it from its owner (`steal`); the reply comes as [`Output::Reply`], and the lock as
    /// [`Output::LockHeld`], now or when its owner lets it go.
    pub fn request_lock(&mut self, method: &'static str, name: &str) -> RequestId {
        let id = self.rpc.request(method, json!([name]));
        self.locks.insert(id, name.to_owned());
        self.lock_names.insert(name.to_owned());
        id
    }

    /// Asks for a lock without wanting the reply.
    pub fn want_lock(&mut self, name: &str) {
        let id = self.request_lock("lock", name);
        self.unasked.insert(id);
    }

    /// Starts to monitor, from where `replica` stopped. What was monitored before on this connection, if anything, is
    /// replaced: its replica comes back.
    pub fn watch(&mut self, spec: MonitorSpec, replica: Replica) -> Option<Replica> {
        if let Watching::Monitor { .. } | Watching::Updates { .. } = self.watching {
            let id = self.rpc.request("monitor_cancel", json!([self.monitor_id()]));
            self.unasked.insert(id);
        }
        let before = self.take_replica();
        self.n_watches += 1;
        let id = self.rpc.request("get_schema", json!([spec.database]));
        self.watching = Watching::Schema { id, spec, replica };
        before
    }

    /// Monitors the rows of a table by other conditions from now on (`monitor_cond_change` of ovsdb-server(7)): those that
    /// satisfy any of `conditions`, or all if there are none. Rows that come in or drop out by that are told as
    /// [`Output::Changes`], before the [`Output::Reply`] to the request returned. `None` if nothing is to be asked for: the
    /// monitoring has not begun, and begins with these, or the server sends all rows anyway.
    pub fn change_conditions(&mut self, table: &str, conditions: Vec<Condition>) -> Option<RequestId> {
        match &mut self.watching {
            Watching::Nothing => None,
            Watching::Schema { spec, .. } => {
                spec.replace_conditions(table, conditions);
                None
            }
            Watching::Monitor { method: MonitorMethod::Plain, .. }
            | Watching::Updates { method: MonitorMethod::Plain, .. } => None,
            // The server handles requests in order: the rows by the old conditions come first.
            Watching::Monitor { .. } | Watching::Updates { .. } => {
                let any =
                    if conditions.is_empty() { &[Condition::Always(true)] } else { conditions.as_slice() };
                let wanted: Vec<Value> = any.iter().map(Condition::to_json).collect();
                let monitor = self.monitor_id();
                let params = json!([monitor, monitor, {table: [{"where": wanted}]}]);
                let id = self.rpc.request("monitor_cond_change", params);
                let new = NewConditions { watch: self.n_watches, table: table.to_owned(), conditions };
                self.new_conditions.insert(id, new);
                Some(id)
            }
        }
    }

    /// Stops to monitor, and gives the replica out.
    pub fn take_replica(&mut self) -> Option<Replica> {
        match std::mem::replace(&mut self.watching, Watching::Nothing) {
            Watching::Nothing => None,
            Watching::Schema { replica, .. }
            | Watching::Monitor { replica, .. }
            | Watching::Updates { replica, .. } => Some(replica),
        }
    }

    /// Takes the bytes to be written.
    pub fn take_output(&mut self) -> Vec<u8> {
        self.rpc.take_output()
    }

    /// When [`Connection::tick`] next has something to do.
    pub fn deadline(&self) -> Option<Instant> {
        self.rpc.deadline()
    }

    fn on_reply(&mut self, id: RequestId, result: Result<JsonText, JsonText>) -> Result<(), ConnectionError> {
        let result = match result {
            Ok(text) => Ok(text),
            Err(text) => Err(read_error(&text.value().map_err(decode("reply"))?)),
        };
        match std::mem::replace(&mut self.watching, Watching::Nothing) {
            Watching::Schema { id: wanted, spec, replica } if wanted == id => {
                self.on_schema(result, &spec, replica)
            }
            Watching::Monitor { id: wanted, method, replica } if wanted == id => {
                self.on_monitored(result, method, replica)
            }
            other => {
                self.watching = other;
                let result = match result {
                    Ok(text) => Ok(text.value().map_err(decode("reply"))?),
                    Err(error) => Err(error),
                };
                if let Some(name) = self.locks.remove(&id) {
                    let held = |value: &Value| value.get("locked") == Some(&Value::Bool(true));
                    if result.as_ref().is_ok_and(held) {
                        self.outputs.push_back(Output::LockHeld(name));
                    }
                }
                if let Some(new) = self.new_conditions.remove(&id)
                    && new.watch == self.n_watches
                    && result.is_ok()
                    && let Watching::Updates { replica, .. } = &mut self.watching
                {
                    replica.set_conditions(&new.table, new.conditions);
                }
                if !self.unasked.remove(&id) {
                    self.outputs.push_back(Output::Reply { id, result });
                }
                Ok(())
            }
        }
    }

    fn on_schema(
        &mut self,
        result: Result<JsonText, DbError>,
        spec: &MonitorSpec,
        mut replica: Replica,
    ) -> Result<(), ConnectionError> {
        let planned = result
            .map_err(|error| ConnectionError::Refused { method: "get_schema", error })
            .and_then(|text| {
                text.value().and_then(|json| DatabaseSchema::from_json(&json)).map_err(decode("get_schema"))
            })
            .and_then(|schema| Ok((MonitorPlan::new(spec, &schema)?, schema)));
        match planned {
            Ok((plan, schema)) => {
                replica.start(plan);
                self.outputs.push_back(Output::Schema(Arc::new(schema)));
                self.monitor(MonitorMethod::CondSince, replica);
                Ok(())
            }
            Err(error) => {
                // Kept where `take_replica` finds it.
                self.watching = Watching::Updates { method: MonitorMethod::Plain, replica };
                Err(error)
            }
        }
    }

    fn monitor(&mut self, method: MonitorMethod, replica: Replica) {
        let Some(plan) = replica.plan() else { return };
        let (database, monitor) = (plan.database(), self.monitor_id());
        let params = match method {
            MonitorMethod::CondSince => {
                let last = replica.last_transaction().to_string();
                json!([database, monitor, plan.conditional_requests(), last])
            }
            MonitorMethod::Cond => json!([database, monitor, plan.conditional_requests()]),
            MonitorMethod::Plain => json!([database, monitor, plan.plain_requests()]),
        };
        let id = self.rpc.request(method.name(), params);
        self.watching = Watching::Monitor { id, method, replica };
    }

    fn on_monitored(
        &mut self,
        result: Result<JsonText, DbError>,
        method: MonitorMethod,
        mut replica: Replica,
    ) -> Result<(), ConnectionError> {
        let result = match (result, method.older()) {
            (Err(error), Some(older)) if error.kind() == ErrorKind::UnknownMethod => {
                tracing::debug!(method = method.name(), "not known to the server");
                self.monitor(older, replica);
                return Ok(());
            }
            (result, _) => result,
        };
        let applied = result
            .map_err(|error| ConnectionError::Refused { method: method.name(), error })
            .and_then(|text| apply_reply(&mut replica, method, &text));
        if applied.is_err() {
            replica.distrust();
        }
        self.watching = Watching::Updates { method, replica };
        self.outputs.push_back(Output::Snapshot(applied?));
        Ok(())
    }

    fn on_notification(&mut self, method: &str, params: &JsonText) -> Result<(), ConnectionError> {
        match method {
            "update" => self.on_update("update", params),
            "update2" => self.on_update("update2", params),
            "update3" => self.on_update("update3", params),
            "locked" | "stolen" => {
                let params = params.value().map_err(decode("lock"))?;
                let name = params.get(0).and_then(Value::as_str);
                if let Some(name) = name.filter(|name| self.lock_names.contains(*name)) {
                    let name = name.to_owned();
                    let held = method == "locked";
                    self.outputs.push_back(if held {
                        Output::LockHeld(name)
                    } else {
                        Output::LockLost(name)
                    });
                }
                Ok(())
            }
            "monitor_canceled" => {
                let params = params.value().map_err(decode("monitor_canceled"))?;
                let replica = params.get(0).and_then(|monitor| self.replica_of(monitor));
                match replica.and_then(|replica| replica.plan()) {
                    Some(plan) => Err(ConnectionError::MonitorCanceled(plan.database().to_owned())),
                    None => Ok(()),
                }
            }
            other => {
                tracing::debug!(method = other, "notification of no known kind");
                Ok(())
            }
        }
    }

    fn on_update(&mut self, method: &'static str, params: &JsonText) -> Result<(), ConnectionError> {
        let members = params.members().unwrap_or_default();
        let monitor = members.first().and_then(|monitor| monitor.value().ok());
        let Some(replica) = monitor.and_then(|monitor| self.replica_of(&monitor)) else {
            tracing::debug!(method, "update of what is not monitored");
            return Ok(());
        };
        let applied = apply_update(replica, method, &members);
        if applied.is_err() {
            replica.distrust();
        }
        let changes = applied?;
        if !changes.is_empty() {
            self.outputs.push_back(Output::Changes(changes));
        }
        Ok(())
    }

    /// The identifier of the monitoring that was started last.
    fn monitor_id(&self) -> Value {
        json!(["monitor", self.n_watches])
    }

    /// The replica of a running monitoring, if `monitor` is its identifier.
    fn replica_of(&mut self, monitor: &Value) -> Option<&mut Replica> {
        let wanted = self.monitor_id();
        match &mut self.watching {
            Watching::Updates { replica, .. } => (monitor == &wanted).then_some(replica),
            Watching::Nothing | Watching::Schema { .. } | Watching::Monitor { .. } => None,
        }
    }
}

impl MonitorMethod {
    /// The method's name in the protocol.
    pub const fn name(self) -> &'static str {
        match self {
            MonitorMethod::CondSince => "monitor_cond_since",
            MonitorMethod::Cond => "monitor_cond",
            MonitorMethod::Plain => "monitor",
        }
    }

    /// What to try on a server that does not know this one.
    pub const fn older(self) -> Option<MonitorMethod> {
        match self {
            MonitorMethod::CondSince => Some(MonitorMethod::Cond),
            MonitorMethod::Cond => Some(MonitorMethod::Plain),
            MonitorMethod::Plain => None,
        }
    }
}

fn apply_reply(
    replica: &mut Replica,
    method: MonitorMethod,
    text: &JsonText,
) -> Result<ChangeSet, ConnectionError> {
    match method {
        MonitorMethod::Plain => Ok(replica.reset_text(UpdateStyle::OldAndNew, text)?),
        MonitorMethod::Cond => Ok(replica.reset_text(UpdateStyle::Differences, text)?),
        MonitorMethod::CondSince => {
            let at = decode(method.name());
            let members = text.members().unwrap_or_default();
            let [found, last, updates] = members.as_slice() else {
                let value = text.value().map_err(&at)?;
                return Err(at(decode_error("[found, last-txn-id, table-updates2]", &value)));
            };
            let found = found.value().map_err(&at)?;
            let found = found.as_bool().ok_or_else(|| at(decode_error("a boolean", &found)))?;
            let last = transaction(last).map_err(&at)?;
            let changes = if found {
                replica.apply_text(UpdateStyle::Differences, updates)
            } else {
                replica.reset_text(UpdateStyle::Differences, updates)
            }?;
            replica.set_last_transaction(last);
            Ok(changes)
        }
    }
}

fn apply_update(
    replica: &mut Replica,
    method: &'static str,
    params: &[JsonText],
) -> Result<ChangeSet, ConnectionError> {
    match (method, params) {
        ("update", [_, updates]) => Ok(replica.apply_text(UpdateStyle::OldAndNew, updates)?),
        ("update2", [_, updates]) => Ok(replica.apply_text(UpdateStyle::Differences, updates)?),
        ("update3", [_, last, updates]) => {
            let last = transaction(last).map_err(decode(method))?;
            let changes = replica.apply_text(UpdateStyle::Differences, updates)?;
            replica.set_last_transaction(last);
            Ok(changes)
        }
        (_, params) => {
            let params =
                params.iter().map(JsonText::value).collect::<Result<Vec<_>, _>>().map_err(decode(method))?;
            Err(decode(method)(decode_error("the parameters of an update", &Value::Array(params))))
        }
    }
}

fn read_error(error: &Value) -> DbError {
    let text = |_| DbError { error: error.to_string(), details: None, syntax: None };
    DbError::from_json(error).unwrap_or_else(text)
}

fn transaction(text: &JsonText) -> Result<Uuid, DecodeError> {
    let json = text.value()?;
    let uuid = json.as_str().and_then(|text| text.parse().ok());
    uuid.ok_or_else(|| decode_error("a transaction's uuid", &json))
}

fn decode(method: &'static str) -> impl Fn(DecodeError) -> ConnectionError {
    move |error| ConnectionError::Decode { method, error }
}
