//! Databases reached by TLS: one server after the other, until one has a certificate to trust.
#![allow(clippy::unwrap_used)]

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use ovsdb::client::{DialConfig, Disconnect, Event, RetryConfig, Session};
use ovsdb::monitor::{MonitorSpec, Replica};
use ovsdb::transact::Insert;
use tempfile::TempDir;
use weir_shim::transport::Servers;
use weir_tls::pki::{Authority, Purpose};
use weir_tls::{Tls, TlsFiles};

const NB: &str = "OVN_Northbound";

const SCHEMA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/ovsdb/tests/data/OVN_Northbound-7.0.0.ovsschema");

/// An ovsdb-server that only speaks TLS; killed when dropped.
struct Server {
    _dir: TempDir,
    child: Child,
    port: u16,
}

impl Server {
    fn start(files: &TlsFiles) -> Server {
        let dir = tempfile::tempdir().unwrap();
        let database = dir.path().join("db");
        let made = Command::new("ovsdb-tool").arg("create").arg(&database).arg(SCHEMA).status().unwrap();
        assert!(made.success());
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let option = |name: &str, path: &Path| format!("--{name}={}", path.display());
        let child = Command::new("ovsdb-server")
            .arg(format!("--remote=pssl:{port}:127.0.0.1"))
            .arg(format!("--unixctl={}", dir.path().join("ctl").display()))
            .arg(option("private-key", &files.key))
            .arg(option("certificate", &files.cert))
            .arg(option("ca-cert", &files.ca))
            .args(["--no-chdir", "-vconsole:off"])
            .arg(&database)
            .env("OVS_RUNDIR", dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Server { _dir: dir, child, port };
        let until = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until, "ovsdb-server does not listen");
            std::thread::sleep(Duration::from_millis(10));
        }
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_whose_certificate_can_be_trusted_is_used() {
    let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let authority = |dir: &TempDir| Authority::init(&dir.path().join("ca"), 30).unwrap();
    let (our_authority, their_authority) = (authority(&ours), authority(&theirs));
    let good = Server::start(&our_authority.issue("nb", Purpose::Server, ours.path(), 30).unwrap().files);
    let bad = Server::start(&their_authority.issue("nb", Purpose::Server, theirs.path(), 30).unwrap().files);
    let tls =
        Tls::open(our_authority.issue("weir", Purpose::Server, ours.path(), 30).unwrap().files).unwrap();

    let remotes = format!("ssl:127.0.0.1:{},ssl:localhost:{}", bad.port, good.port).parse().unwrap();
    let retry =
        RetryConfig { min: Duration::from_millis(20), max: Duration::from_millis(50), jitter_percent: 0 };
    let config = DialConfig { retry, ..DialConfig::default() };
    let servers = Servers::new(remotes, Some(tls));
    let mut session = Session::dial(servers, MonitorSpec::all(NB), Replica::new(), config);
    let mut refused = false;
    loop {
        match tokio::time::timeout(Duration::from_secs(60), session.next()).await.unwrap().unwrap() {
            Event::Snapshot(_) => break,
            Event::Disconnected { reason: reason @ Disconnect::Connect(_), .. } => {
                refused |= reason.to_string().contains("UnknownIssuer");
            }
            _ => {}
        }
    }
    assert!(refused, "the first server's certificate is of another authority");
    let insert = Insert::into("Logical_Switch").value("name", "ls1");
    session.handle().transact(NB, &[insert.into()]).await.unwrap();
    assert!(matches!(session.next().await, Some(Event::Changes(changes)) if changes.changes.len() == 1));
}

#[tokio::test]
async fn without_certificates_ssl_is_an_error_that_says_so() {
    let mut session = Session::dial(
        Servers::new("ssl:127.0.0.1:1".parse().unwrap(), None),
        MonitorSpec::all(NB),
        Replica::new(),
        DialConfig::default(),
    );
    let Some(Event::Disconnected { reason, .. }) = session.next().await else { panic!() };
    assert_eq!(reason.to_string(), "ssl:127.0.0.1:1: no TLS keys to connect with");
}
