//! Against a real ovsdb-server.
#![allow(clippy::unwrap_used)]

mod support;

use ovsdb::client::{Client, Event};
use ovsdb::monitor::ChangeSet;
use ovsdb::transact::{Condition, ErrorKind, Insert, Mutation, Mutator, Operation, TransactError};
use ovsdb::value::{Atom, Datum, Values};
use ovsdb::wire::RpcConfig;
use support::{NB, Server, next, next_changes, next_snapshot};

/// `table name: old ports -> new ports` of every change, to compare at a glance.
fn show(changes: &ChangeSet) -> Vec<String> {
    let describe = |row: &Option<std::sync::Arc<ovsdb::value::Row>>| match row {
        None => "none".to_owned(),
        Some(row) => format!("{}/{}", row.string("name").unwrap(), row.column("external_ids").unwrap()),
    };
    let shown =
        changes.into_iter().map(|c| format!("{} {} -> {}", c.table, describe(&c.old), describe(&c.new)));
    shown.collect()
}

#[tokio::test]
async fn inserts_mutations_and_deletions_are_seen_as_change_sets() {
    let server = Server::start();
    let mut session = server.session();
    assert_eq!(next_snapshot(&mut session).await, ChangeSet::default());
    let handle = session.handle();

    let insert =
        Insert::into("Logical_Switch").value("name", "ls1").value("external_ids", Datum::map([("a", "1")]));
    let results = handle.transact(NB, &[insert.into()]).await.unwrap();
    let uuid = results[0].inserted().unwrap();
    // The update comes before the reply, so it is in the queue already.
    let queued = session.try_next();
    let Some(Event::Changes(changes)) = queued else { panic!("{queued:?}") };
    assert_eq!(show(&changes), ["Logical_Switch none -> ls1/{\"a\"=\"1\"}"]);
    assert_eq!(changes.changes[0].uuid, uuid);

    let add = Mutation::new("external_ids", Mutator::Insert, Datum::map([("b", "2")]));
    let take = Mutation::new("external_ids", Mutator::Delete, Datum::set(["a"]));
    let mutate = Operation::mutate("Logical_Switch", vec![Condition::uuid(uuid)], vec![add, take]);
    assert_eq!(handle.transact(NB, &[mutate]).await.unwrap()[0].count(), Some(1));
    assert_eq!(
        show(&next_changes(&mut session).await),
        ["Logical_Switch ls1/{\"a\"=\"1\"} -> ls1/{\"b\"=\"2\"}"]
    );

    let delete = Operation::delete("Logical_Switch", vec![Condition::equal("name", "ls1")]);
    assert_eq!(handle.transact(NB, &[delete]).await.unwrap()[0].count(), Some(1));
    assert_eq!(show(&next_changes(&mut session).await), ["Logical_Switch ls1/{\"b\"=\"2\"} -> none"]);
}

#[tokio::test]
async fn rows_that_name_each_other_come_in_one_change_set() {
    let server = Server::start();
    let mut session = server.session();
    next_snapshot(&mut session).await;
    let port = Insert::into("Logical_Switch_Port").value("name", "p1").named("port");
    let switch =
        Insert::into("Logical_Switch").value("name", "ls1").value("ports", Datum::set([Atom::named("port")]));
    let results = session.handle().transact(NB, &[port.into(), switch.into()]).await.unwrap();
    let changes = next_changes(&mut session).await;
    assert_eq!(changes.changes.len(), 2);
    let switch = changes.of("Logical_Switch").next().unwrap().new.clone().unwrap();
    assert_eq!(switch.column("ports"), Some(&Datum::set([results[0].inserted().unwrap()])));
}

#[tokio::test]
async fn a_failed_operation_is_named_and_nothing_changes() {
    let server = Server::start();
    server.wait().await;
    let client = Client::connect(&server.remote(), RpcConfig::default()).await.unwrap();
    let good = || Operation::from(Insert::into("Logical_Switch").value("name", "ls1"));
    let bad = Insert::into("Logical_Switch").value("nonsense", "x").into();
    match client.transact(NB, &[good(), bad]).await {
        Err(TransactError::Operation { index: 1, operation: "insert", error }) => {
            assert_eq!(error.error, "unknown column");
        }
        other => panic!("{other:?}"),
    }
    let global = || Operation::from(Insert::into("NB_Global"));
    match client.transact(NB, &[global(), global()]).await {
        Err(TransactError::Commit(error)) => assert_eq!(error.kind(), ErrorKind::ConstraintViolation),
        other => panic!("{other:?}"),
    }
    match client.transact("Nowhere", &[good()]).await {
        Err(TransactError::Refused(error)) => assert_eq!(error.kind(), ErrorKind::UnknownDatabase),
        other => panic!("{other:?}"),
    }
    let select = Operation::select("Logical_Switch", vec![]);
    assert_eq!(client.transact(NB, &[select]).await.unwrap()[0].rows(), Some(&[] as &[Values]));
}

#[tokio::test]
async fn simple_requests_are_answered() {
    let server = Server::start();
    server.wait().await;
    let client = Client::connect(&server.remote(), RpcConfig::default()).await.unwrap();
    let mut databases = client.databases().await.unwrap();
    databases.sort();
    assert_eq!(databases, [NB, "_Server"]);
    assert_eq!(client.schema(NB).await.unwrap().version.as_deref(), Some("7.0.0"));
    client.echo().await.unwrap();
    client.cope_with_db_changes().await.unwrap();
    assert!(!client.server_id().await.unwrap().is_zero());
}

#[tokio::test]
async fn a_lock_passes_from_client_to_client() {
    let server = Server::start();
    let (mut first, mut second) = (server.session(), server.session());
    next_snapshot(&mut first).await;
    next_snapshot(&mut second).await;
    let (one, two) = (first.handle().client().unwrap(), second.handle().client().unwrap());
    assert!(one.lock("active").await.unwrap());
    assert!(matches!(next(&mut first).await, Event::LockHeld(name) if name == "active"));
    assert!(!two.lock("active").await.unwrap());
    let guarded = [Operation::assert("active"), Insert::into("Logical_Switch").into()];
    match two.transact(NB, &guarded).await {
        Err(TransactError::Operation { index: 0, error, .. }) => {
            assert_eq!(error.kind(), ErrorKind::NotOwner)
        }
        other => panic!("{other:?}"),
    }
    one.unlock("active").await.unwrap();
    assert!(matches!(next(&mut second).await, Event::LockHeld(name) if name == "active"));
    two.transact(NB, &guarded).await.unwrap();
    assert!(one.steal("active").await.unwrap());
    loop {
        match next(&mut second).await {
            Event::Changes(_) => {}
            Event::LockLost(name) => break assert_eq!(name, "active"),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_lock_won_before_anybody_watches_is_told_to_who_watches_then() {
    let server = Server::start();
    server.wait().await;
    let client = Client::connect(&server.remote(), RpcConfig::default()).await.unwrap();
    assert!(client.lock("active").await.unwrap());
    let mut session = client.watch(ovsdb::monitor::MonitorSpec::all(NB), ovsdb::monitor::Replica::new());
    assert!(matches!(next(&mut session).await, Event::LockHeld(name) if name == "active"));
}
