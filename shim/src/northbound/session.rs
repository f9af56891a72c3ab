//! The session to the Northbound server: reads it for as long as the daemon lives, and writes status.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ovsdb::client::{Connector, DialConfig, Disconnect, Event, RetryConfig, Session};
use ovsdb::monitor::{ChangeSet, Replica};
use ovsdb::transact::{Condition, OpResult, Operation};
use ovsdb::value::{Datum, Uuid, Values};
use tokio::sync::{mpsc, watch};
use tracing::{error, info, warn};
use weir_engine::engine::Update;

use super::status::{Global, Installed, Status, Write};
use super::tables::{DATABASE, NorthboundTables};

/// How long a refused write waits before it is tried again.
const WRITE_RETRY: Duration = Duration::from_secs(1);

/// What comes from the Northbound.
#[derive(Debug)]
pub enum NorthboundInput {
    /// The whole contents, as the difference to what was told before.
    Snapshot(Vec<Update>),
    /// A transaction.
    Changes(Vec<Update>),
}

/// Who has this lock leads: of several processes on one Northbound, only that one tells switches and the Northbound
/// anything.
const LOCK: &str = "weir";

/// What the daemon tells the status writer.
#[derive(Debug)]
pub enum Notice {
    /// The whole intent is computed.
    Computed,
    /// A hypervisor is known from now on.
    ChassisKnown(String),
    /// A hypervisor left.
    ChassisLeft(String),
    /// A port was plugged in.
    Plugged {
        /// `Logical_Switch_Port` row.
        port: u128,
        /// Hypervisor.
        chassis: String,
        /// Logical port name.
        name: String,
        /// Transaction.
        epoch: u64,
    },
    /// A port is there no more.
    Unplugged {
        /// `Logical_Switch_Port` row.
        port: u128,
        /// Hypervisor.
        chassis: String,
    },
    /// A configuration number is computed.
    Requested {
        /// `nb_cfg`
        cfg: i64,
        /// Transaction.
        epoch: u64,
    },
    /// A hypervisor has all flows up to a transaction.
    Confirmed {
        /// Hypervisor.
        chassis: String,
        /// Transaction.
        epoch: u64,
    },
}

/// The session's task.
pub struct Northbound {
    session: Session,
    tables: NorthboundTables,
    status: Status,
    inputs: Box<dyn Fn(NorthboundInput) + Send>,
    installed: Box<dyn Fn(Installed) + Send>,
    /// Told who leads, as that changes.
    leading: Box<dyn Fn(bool) + Send>,
    /// Whether the lock of whoever leads is ours.
    holds_lock: bool,
    notices: mpsc::UnboundedReceiver<Notice>,
    /// The hypervisors that hold up the oldest request, in order.
    waiting: watch::Sender<Vec<String>>,
    /// Whether it is in reach.
    connected: watch::Sender<bool>,
}

impl Northbound {
    /// Begins to dial; [`Self::run`] does the rest. `inputs` takes what is read, `installed` what is to be
    /// reported to hypervisors.
    pub fn dial(
        servers: impl Connector,
        tables: NorthboundTables,
        notices: mpsc::UnboundedReceiver<Notice>,
        inputs: impl Fn(NorthboundInput) + Send + 'static,
        installed: impl Fn(Installed) + Send + 'static,
        leading: impl Fn(bool) + Send + 'static,
    ) -> Northbound {
        let retry = RetryConfig { max: Duration::from_secs(1), ..RetryConfig::default() };
        let config = DialConfig { retry, lock: Some(LOCK.to_owned()), ..DialConfig::default() };
        let session = Session::dial(servers, tables.monitor_spec(), Replica::new(), config);
        Northbound {
            session,
            tables,
            status: Status::default(),
            inputs: Box::new(inputs),
            installed: Box::new(installed),
            leading: Box::new(leading),
            holds_lock: false,
            notices,
            waiting: watch::Sender::default(),
            connected: watch::Sender::default(),
        }
    }

    /// The hypervisors that hold up the oldest request of a client that waits for all of them, as that changes.
    pub fn waiting(&self) -> watch::Receiver<Vec<String>> {
        self.waiting.subscribe()
    }

    /// Whether the database is in reach, as that changes.
    pub fn connected(&self) -> watch::Receiver<bool> {
        self.connected.subscribe()
    }

    /// Runs until the daemon drops the other end of the notices.
    pub async fn run(mut self) {
        let mut retry = None;
        loop {
            tokio::select! {
                event = self.session.next() => match event {
                    Some(event) => self.event(event),
                    None => return,
                },
                notice = self.notices.recv() => match notice {
                    Some(notice) => {
                        self.notice(notice);
                        while let Ok(notice) = self.notices.try_recv() {
                            self.notice(notice);
                        }
                    }
                    None => return,
                },
                () = sleep_until(retry) => retry = None,
            }
            if *self.connected.borrow() && retry.is_none() {
                retry = self.write().await;
            }
            self.tell_waiting();
        }
    }

    fn tell_waiting(&self) {
        let mut names: Vec<String> = self.status.waiting_for().into_iter().map(str::to_owned).collect();
        names.sort_unstable();
        self.waiting.send_if_modified(|known| {
            let differs = *known != names;
            *known = names;
            differs
        });
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Connected { schema } => {
                info!(version = schema.version.as_deref().unwrap_or("unknown"), "Northbound reached");
                for table in self.tables.missing(&schema) {
                    warn!(table, "the Northbound's schema has no such table: to the rules it is empty");
                }
            }
            Event::Snapshot(changes) => {
                self.connected.send_replace(true);
                if !self.holds_lock {
                    // Had it been free, we would have it by now.
                    (self.leading)(false);
                    info!("another process leads; ready to take over");
                }
                info!(changes = changes.changes.len(), "Northbound read");
                self.observe(&changes);
                self.forward(&changes, NorthboundInput::Snapshot);
            }
            Event::Changes(changes) => {
                self.observe(&changes);
                self.forward(&changes, NorthboundInput::Changes);
            }
            Event::Disconnected { reason, retry_in } => {
                self.connected.send_replace(false);
                // As nobody says otherwise, whoever led goes on: switches know if there is somebody newer.
                self.holds_lock = false;
                report_disconnect(&reason, retry_in);
            }
            Event::LockHeld(_) => {
                self.holds_lock = true;
                (self.leading)(true);
            }
            Event::LockLost(_) => {
                self.holds_lock = false;
                (self.leading)(false);
            }
        }
    }

    fn forward(&self, changes: &ChangeSet, input: impl FnOnce(Vec<Update>) -> NorthboundInput) {
        match self.tables.updates(changes) {
            Ok(updates) => (self.inputs)(input(updates)),
            Err(error) => {
                error!(%error, "Northbound change refused: rules/nb.dl does not fit this server's schema")
            }
        }
    }

    /// Takes up the columns that are ours to write.
    fn observe(&mut self, changes: &ChangeSet) {
        for change in changes.of("Logical_Switch_Port") {
            let up = change.new.as_ref().map(|row| row.boolean("up"));
            self.status.observed_port(change.uuid.as_u128(), up);
        }
        for change in changes.of("NB_Global") {
            let global = change.new.as_ref().map(|row| Global {
                uuid: change.uuid.as_u128(),
                sb_cfg: row.integer("sb_cfg").unwrap_or(0),
                hv_cfg: row.integer("hv_cfg").unwrap_or(0),
            });
            self.status.observed_global(global);
        }
    }

    fn notice(&mut self, notice: Notice) {
        match notice {
            Notice::Computed => self.status.computed(),
            Notice::ChassisKnown(chassis) => self.status.chassis_known(&chassis),
            Notice::ChassisLeft(chassis) => self.status.chassis_left(&chassis),
            Notice::Plugged { port, chassis, name, epoch } => {
                self.status.plugged(port, &chassis, &name, epoch);
            }
            Notice::Unplugged { port, chassis } => {
                if let Some(gone) = self.status.unplugged(port, &chassis) {
                    (self.installed)(gone);
                }
            }
            Notice::Requested { cfg, epoch } => self.status.requested(cfg, epoch),
            Notice::Confirmed { chassis, epoch } => {
                for installed in self.status.confirm(&chassis, epoch) {
                    (self.installed)(installed);
                }
            }
        }
    }

    /// Writes what is due; gives when to try again if that failed.
    async fn write(&mut self) -> Option<tokio::time::Instant> {
        let writes = self.status.writes();
        if writes.is_empty() || !self.holds_lock {
            return None;
        }
        // Whoever has lost the lock and does not know it yet must not write.
        let assertion = std::iter::once(Operation::assert(LOCK));
        let operations: Vec<Operation> = assertion.chain(writes.iter().map(operation)).collect();
        match self.session.handle().transact(DATABASE, &operations).await {
            Ok(results) => {
                // A row that went meanwhile counts as written: its removal is on its way to us.
                let missed = results.iter().filter(|result| OpResult::count(result) == Some(0)).count();
                if missed > 0 {
                    info!(missed, "status of rows that are gone");
                }
                self.status.written(&writes);
                None
            }
            Err(error) => {
                warn!(%error, n_writes = writes.len(), "status not written, trying again");
                Some(tokio::time::Instant::now() + WRITE_RETRY)
            }
        }
    }
}

async fn sleep_until(deadline: Option<tokio::time::Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

fn report_disconnect(reason: &Disconnect, retry_in: Option<Duration>) {
    match retry_in {
        Some(wait) => warn!(%reason, retry_in = ?wait, "Northbound lost; switches go on forwarding"),
        None => error!(%reason, "Northbound given up"),
    }
}

fn operation(write: &Write) -> Operation {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as i64;
    let row = |columns: Vec<(&str, Datum)>| -> Values {
        columns.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    };
    let of = |uuid: u128| vec![Condition::uuid(Uuid::from_u128(uuid))];
    match write {
        Write::Up { port, up } => {
            Operation::update("Logical_Switch_Port", of(*port), row(vec![("up", Datum::from(*up))]))
        }
        Write::SbCfg { global, cfg } => Operation::update(
            "NB_Global",
            of(*global),
            row(vec![
                ("nb_cfg_timestamp", Datum::from(now)),
                ("sb_cfg", Datum::from(*cfg)),
                ("sb_cfg_timestamp", Datum::from(now)),
            ]),
        ),
        Write::HvCfg { global, cfg } => Operation::update(
            "NB_Global",
            of(*global),
            row(vec![("hv_cfg", Datum::from(*cfg)), ("hv_cfg_timestamp", Datum::from(now))]),
        ),
    }
}
