//! An ovsdb-server of the system's, with databases of its own.
#![allow(clippy::unwrap_used, dead_code, unreachable_pub)]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use ovsdb::client::{Client, DialConfig, Event, Remote, RetryConfig, Session};
use ovsdb::monitor::{ChangeSet, MonitorSpec, Replica};
use ovsdb::value::{Row, Uuid};
use ovsdb::wire::RpcConfig;
use tempfile::TempDir;

pub const NB: &str = "OVN_Northbound";

/// The Northbound schema of OVN 23.03.
pub const NORTHBOUND: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/OVN_Northbound-7.0.0.ovsschema");

/// A running server; killed when dropped.
pub struct Server {
    dir: TempDir,
    child: Option<Child>,
}

impl Server {
    /// Starts a server on a fresh Northbound database, which does not remember transactions.
    pub fn start() -> Self {
        Server::start_on(|db| drop(run("ovsdb-tool", &["create", db, NORTHBOUND])))
    }

    /// Starts a server on a fresh Northbound database that is a cluster of one, and so remembers transactions.
    pub fn start_clustered() -> Self {
        Server::start_on(|db| {
            run("ovsdb-tool", &["create-cluster", db, NORTHBOUND, &format!("unix:{db}.raft")]);
        })
    }

    /// Starts a cluster of three.
    pub async fn start_cluster() -> [Self; 3] {
        let first = Server::start_clustered();
        first.wait().await;
        let join = || {
            let remote = format!("unix:{}.raft", first.path("db"));
            Server::start_on(|db| {
                run("ovsdb-tool", &["join-cluster", db, NB, &format!("unix:{db}.raft"), &remote]);
            })
        };
        let (second, third) = (join(), join());
        second.wait().await;
        third.wait().await;
        [first, second, third]
    }

    fn start_on(create: impl FnOnce(&str)) -> Self {
        let mut server =
            Server { dir: tempfile::Builder::new().prefix("ovsdb").tempdir_in("/tmp").unwrap(), child: None };
        create(&server.path("db"));
        server.run();
        server
    }

    pub fn path(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().unwrap().to_owned()
    }

    pub fn remote(&self) -> Remote {
        Remote::Unix(PathBuf::from(self.path("sock")))
    }

    /// Runs the server again after [`Server::kill`].
    pub fn run(&mut self) {
        let child = Command::new("ovsdb-server")
            .arg(format!("--remote=punix:{}", self.path("sock")))
            .arg(format!("--unixctl={}", self.path("ctl")))
            .args(["--no-chdir", "-vconsole:off", &self.path("db")])
            .env("OVS_RUNDIR", self.dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.child = Some(child);
    }

    /// Until it answers.
    pub async fn wait(&self) {
        next_snapshot(&mut self.session()).await;
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        // A dead server's sockets stay behind and would refuse connections.
        let _ = std::fs::remove_file(self.path("sock"));
        let _ = std::fs::remove_file(self.path("ctl"));
        let _ = std::fs::remove_file(self.path("db.raft"));
    }

    /// Rewrites the database without its history. The server must not run.
    pub fn compact(&self) {
        run("ovsdb-tool", &["compact", &self.path("db")]);
    }

    pub fn appctl(&self, arguments: &[&str]) {
        self.ask(arguments);
    }

    /// What a command of its control socket says.
    pub fn ask(&self, arguments: &[&str]) -> String {
        run("ovs-appctl", &[&["-t", &self.path("ctl")], arguments].concat())
    }

    pub fn runs(&self) -> bool {
        self.child.is_some()
    }

    /// A session that monitors the whole Northbound database and reconnects quickly.
    pub fn session(&self) -> Session {
        let retry =
            RetryConfig { min: Duration::from_millis(5), max: Duration::from_millis(50), jitter_percent: 0 };
        let config = DialConfig { retry, ..DialConfig::default() };
        Session::dial(self.remote(), MonitorSpec::all("OVN_Northbound"), Replica::new(), config)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// What a reader of change sets believes the database to be.
#[derive(Default)]
pub struct Believer {
    pub rows: BTreeMap<(Arc<str>, Uuid), Arc<Row>>,
    /// What came with each snapshot.
    pub snapshots: Vec<ChangeSet>,
}

impl Believer {
    /// Takes a change set in; each change must start from what is believed.
    pub fn believe(&mut self, changes: &ChangeSet) {
        for change in changes {
            let key = (Arc::clone(&change.table), change.uuid);
            let before = match &change.new {
                Some(row) => self.rows.insert(key, Arc::clone(row)),
                None => self.rows.remove(&key),
            };
            assert_eq!(before, change.old, "told twice, or something before was lost");
            assert_ne!(change.old, change.new, "a change that changes nothing");
        }
    }

    pub async fn until_snapshot(&mut self, session: &mut Session) {
        loop {
            match next(session).await {
                Event::Changes(changes) => self.believe(&changes),
                Event::Snapshot(changes) => {
                    self.believe(&changes);
                    self.snapshots.push(changes);
                    return;
                }
                Event::Connected { .. } | Event::Disconnected { .. } => {}
                Event::LockHeld(_) | Event::LockLost(_) => panic!("no lock was asked for"),
            }
        }
    }

    /// Takes in what comes until the change sets amount to `wanted`.
    pub async fn until(&mut self, session: &mut Session, wanted: &BTreeMap<(Arc<str>, Uuid), Arc<Row>>) {
        while &self.rows != wanted {
            match next(session).await {
                Event::Changes(changes) | Event::Snapshot(changes) => self.believe(&changes),
                Event::Connected { .. } | Event::Disconnected { .. } => {}
                Event::LockHeld(_) | Event::LockLost(_) => panic!("no lock was asked for"),
            }
        }
    }

    /// The same where locks come and go.
    pub async fn until_with_locks(
        &mut self,
        session: &mut Session,
        wanted: &BTreeMap<(Arc<str>, Uuid), Arc<Row>>,
    ) {
        while &self.rows != wanted {
            if let Event::Changes(changes) | Event::Snapshot(changes) = next(session).await {
                self.believe(&changes);
            }
        }
    }
}

pub fn contents(replica: &Replica) -> BTreeMap<(Arc<str>, Uuid), Arc<Row>> {
    replica.all_rows().map(|(table, uuid, row)| ((Arc::clone(table), uuid), Arc::clone(row))).collect()
}

/// All rows, as a client sees them that has never been there before.
pub async fn fresh_dump(server: &Server) -> BTreeMap<(Arc<str>, Uuid), Arc<Row>> {
    let client = Client::connect(&server.remote(), RpcConfig::default()).await.unwrap();
    let mut session = client.watch(MonitorSpec::all(NB), Replica::new());
    next_snapshot(&mut session).await;
    contents(&session.into_replica().await)
}

/// The next event; a test that gets none within a minute has failed.
pub async fn next(session: &mut Session) -> Event {
    tokio::time::timeout(Duration::from_secs(60), session.next())
        .await
        .expect("an event within a minute")
        .unwrap()
}

/// The next change set of either kind, past what comes in between.
pub async fn next_changes(session: &mut Session) -> ChangeSet {
    loop {
        if let Event::Snapshot(changes) | Event::Changes(changes) = next(session).await {
            return changes;
        }
    }
}

/// The next snapshot, past what comes in between.
pub async fn next_snapshot(session: &mut Session) -> ChangeSet {
    loop {
        if let Event::Snapshot(changes) = next(session).await {
            return changes;
        }
    }
}

pub fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
