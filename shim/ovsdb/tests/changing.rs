//! What is monitored changes under the session: its conditions, and the schema.
#![allow(clippy::unwrap_used)]

mod support;

use ovsdb::client::{Client, DialConfig, Disconnect, Event, Passive, RequestError, RetryConfig, Session};
use ovsdb::connection::ConnectionError;
use ovsdb::monitor::{ChangeSet, MonitorSpec, Replica, TableSpec};
use ovsdb::transact::{Condition, Insert, Operation};
use ovsdb::wire::RpcConfig;
use std::time::Duration;
use support::{Believer, NB, NORTHBOUND, Server, next, next_changes, next_snapshot, run};

const TABLE: &str = "Logical_Switch";

fn only(name: &str) -> TableSpec {
    TableSpec::columns(TABLE, ["name"]).or_where(Condition::equal("name", name))
}

fn dial(server: &Server, spec: TableSpec) -> Session {
    let retry =
        RetryConfig { min: Duration::from_millis(5), max: Duration::from_millis(50), jitter_percent: 0 };
    let config = DialConfig { retry, ..DialConfig::default() };
    Session::dial(server.remote(), MonitorSpec::of(NB, [spec]), Replica::new(), config)
}

/// `+name` and `-name`, in order.
fn come_and_gone(changes: &ChangeSet) -> Vec<String> {
    let name = |row: &ovsdb::value::Row| row.string("name").unwrap().to_owned();
    let mut shown: Vec<String> = changes
        .into_iter()
        .map(|change| match (&change.old, &change.new) {
            (None, Some(new)) => format!("+{}", name(new)),
            (Some(old), None) => format!("-{}", name(old)),
            other => panic!("{other:?}"),
        })
        .collect();
    shown.sort();
    shown
}

async fn insert(session: &Session, names: &[&str]) {
    let inserts: Vec<Operation> =
        names.iter().map(|name| Insert::into(TABLE).value("name", *name).into()).collect();
    session.handle().transact(NB, &inserts).await.unwrap();
}

async fn survive_changed_conditions(mut server: Server) {
    let mut session = dial(&server, only("a"));
    next_snapshot(&mut session).await;
    insert(&session, &["a", "b", "c"]).await;
    assert_eq!(come_and_gone(&next_changes(&mut session).await), ["+a"]);

    let handle = session.handle();
    handle.change_conditions(TABLE, vec![Condition::equal("name", "b")]).await.unwrap();
    // What changes by that is there when it has been agreed to.
    let Some(Event::Changes(changes)) = session.try_next() else { panic!("not there yet") };
    assert_eq!(come_and_gone(&changes), ["+b", "-a"]);
    handle.change_conditions(TABLE, vec![]).await.unwrap();
    assert_eq!(come_and_gone(&next_changes(&mut session).await), ["+a", "+c"]);
    handle.change_conditions(TABLE, vec![Condition::Always(false)]).await.unwrap();
    assert_eq!(come_and_gone(&next_changes(&mut session).await), ["-a", "-b", "-c"]);

    let refused = handle.change_conditions(TABLE, vec![Condition::equal("nonsense", "x")]).await;
    assert!(matches!(refused, Err(RequestError::Refused(_))), "{refused:?}");
    let unknown = handle.change_conditions("Printer", vec![]).await;
    assert_eq!(unknown, Err(RequestError::NotMonitored("Printer".to_owned())));

    // Later connections have the same conditions, also those asked for in between.
    handle.change_conditions(TABLE, vec![Condition::equal("name", "a")]).await.unwrap();
    assert_eq!(come_and_gone(&next_changes(&mut session).await), ["+a"]);
    server.kill();
    while !matches!(next(&mut session).await, Event::Disconnected { .. }) {}
    handle.change_conditions(TABLE, vec![Condition::equal("name", "c")]).await.unwrap();
    server.run();
    assert_eq!(come_and_gone(&next_snapshot(&mut session).await), ["+c", "-a"]);
    insert(&session, &["a", "c"]).await;
    assert_eq!(come_and_gone(&next_changes(&mut session).await), ["+c"]);
}

#[tokio::test]
async fn other_conditions_bring_and_take_rows() {
    survive_changed_conditions(Server::start()).await;
}

#[tokio::test]
async fn other_conditions_bring_and_take_rows_of_a_cluster() {
    survive_changed_conditions(Server::start_clustered()).await;
}

/// The Northbound schema with one more column in Logical_Switch.
fn grown_schema(server: &Server) -> String {
    let text = std::fs::read_to_string(NORTHBOUND).unwrap();
    let mut schema: serde_json::Value = serde_json::from_str(&text).unwrap();
    schema["version"] = "7.9.9".into();
    schema["tables"][TABLE]["columns"]["motto"] = serde_json::json!({"type": "string"});
    schema.as_object_mut().unwrap().remove("cksum");
    let path = server.path("grown.ovsschema");
    std::fs::write(&path, schema.to_string()).unwrap();
    path
}

async fn convert(server: &Server) {
    let (remote, schema) = (server.remote().to_string(), grown_schema(server));
    tokio::task::spawn_blocking(move || run("ovsdb-client", &["convert", &remote, &schema])).await.unwrap();
}

async fn survive_conversion(server: Server) {
    let mut session = dial(&server, TableSpec::all(TABLE));
    let mut believer = Believer::default();
    believer.until_snapshot(&mut session).await;
    insert(&session, &["a"]).await;
    believer.believe(&next_changes(&mut session).await);
    convert(&server).await;
    let schema = loop {
        match next(&mut session).await {
            Event::Connected { schema } => break schema,
            Event::Disconnected { .. } => {}
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(schema.version.as_deref(), Some("7.9.9"));
    // The row has one more column: that is a change of it.
    let changes = next_snapshot(&mut session).await;
    let [change] = changes.changes.as_slice() else { panic!("{changes:?}") };
    assert_eq!(change.new.as_ref().unwrap().string("motto"), Some(""));
    assert!(change.old.as_ref().unwrap().column("motto").is_none());
    insert(&session, &["b"]).await;
    assert_eq!(next_changes(&mut session).await.changes.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schema_that_is_converted_is_followed() {
    survive_conversion(Server::start()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schema_that_is_converted_is_followed_in_a_cluster() {
    survive_conversion(Server::start_clustered()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_copes_is_told_that_its_monitoring_is_cancelled() {
    let server = Server::start();
    server.wait().await;
    let client = Client::connect(&server.remote(), RpcConfig::default()).await.unwrap();
    client.cope_with_db_changes().await.unwrap();
    let mut session = client.watch(MonitorSpec::all(NB), Replica::new());
    next_snapshot(&mut session).await;
    convert(&server).await;
    let Event::Disconnected { reason, retry_in: None } = next(&mut session).await else { panic!() };
    let Disconnect::Connection(ConnectionError::MonitorCanceled(database)) = &reason else {
        panic!("{reason}")
    };
    assert_eq!(database, NB);
}

#[tokio::test]
async fn a_server_is_waited_for_on_a_port_or_a_socket() {
    let server = Server::start();
    server.wait().await;
    for (passive, kind) in
        [("ptcp:0:127.0.0.1".to_owned(), "tcp"), (format!("punix:{}", server.path("p")), "unix")]
    {
        let listener = passive.parse::<Passive>().unwrap().bind().await.unwrap();
        let remote = match listener.local_address() {
            Some(address) => format!("{kind}:{address}"),
            None => format!("{kind}:{}", server.path("p")),
        };
        server.appctl(&["ovsdb-server/add-remote", &remote]);
        let (stream, peer) = listener.accept().await.unwrap();
        assert_eq!(peer.is_some(), kind == "tcp");
        let client = Client::over(stream, RpcConfig::default());
        assert!(client.databases().await.unwrap().contains(&NB.to_owned()));
        server.appctl(&["ovsdb-server/remove-remote", &remote]);
    }
}
