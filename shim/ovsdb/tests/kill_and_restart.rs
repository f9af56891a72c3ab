//! A server killed under a writer, and started again: nothing is lost, nothing is told twice.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use ovsdb::client::{Client, Event, SessionHandle};
use ovsdb::monitor::{MonitorSpec, Replica};
use ovsdb::transact::{Condition, Insert, Mutation, Mutator, Operation, TransactError};
use ovsdb::value::{Datum, Row};
use ovsdb::wire::RpcConfig;
use support::{Believer, NB, Server, contents, fresh_dump, next, next_snapshot};
use tokio::sync::watch;

/// Inserts, changes and deletes switches with ports until told to stop; transactions that are lost are given up.
async fn write(handle: SessionHandle, stop: watch::Receiver<bool>) -> usize {
    let mut committed = 0;
    for n in 0u64.. {
        if *stop.borrow() {
            break;
        }
        let port = Insert::into("Logical_Switch_Port").value("name", format!("p{n}")).named("port");
        let port = port.value("external_ids", Datum::map([("n", n.to_string())]));
        let ports = Datum::set([ovsdb::value::Atom::named("port")]);
        let switch = Insert::into("Logical_Switch").value("name", format!("s{n}")).value("ports", ports);
        let mut operations: Vec<Operation> = vec![port.into(), switch.into()];
        if n >= 5 {
            let earlier = Condition::equal("name", format!("s{}", n - 3));
            let note = Mutation::new("external_ids", Mutator::Insert, Datum::map([("seen", n.to_string())]));
            operations.push(Operation::mutate("Logical_Switch", vec![earlier], vec![note]));
            let oldest = Condition::equal("name", format!("s{}", n - 5));
            if n % 3 == 0 {
                operations.push(Operation::delete("Logical_Switch", vec![oldest]));
            }
        }
        match handle.transact(NB, &operations).await {
            Ok(_) => committed += 1,
            Err(TransactError::ConnectionLost) => tokio::time::sleep(Duration::from_millis(2)).await,
            Err(other) => panic!("{other}"),
        }
    }
    committed
}

async fn survive(mut server: Server, before_restart: impl Fn(&Server)) -> Replica {
    let mut session = server.session();
    let mut believer = Believer::default();
    believer.until_snapshot(&mut session).await;
    let (stop, stopped) = watch::channel(false);
    let writer = tokio::spawn(write(session.handle(), stopped));

    for round in 0..4 {
        // Let some changes pass first, so that the kill hits a stream in motion.
        for _ in 0..30 + round * 7 {
            match next(&mut session).await {
                Event::Changes(changes) => believer.believe(&changes),
                other => panic!("{other:?}"),
            }
        }
        server.kill();
        before_restart(&server);
        server.run();
        believer.until_snapshot(&mut session).await;
    }
    stop.send(true).unwrap();
    assert!(writer.await.unwrap() > 100);

    let dump = fresh_dump(&server).await;
    assert!(dump.len() > 100);
    believer.until(&mut session, &dump).await;
    assert_eq!(believer.snapshots.len(), 5);
    let replica = session.into_replica().await;
    assert_eq!(contents(&replica), dump);
    replica
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_and_restarted_on_the_same_file() {
    survive(Server::start(), |_| {}).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_and_restarted_on_a_compacted_file() {
    survive(Server::start(), Server::compact).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_and_restarted_as_a_cluster_that_remembers_transactions() {
    let replica = survive(Server::start_clustered(), |_| {}).await;
    assert!(!replica.last_transaction().is_zero());
}

/// Rows that came and went while the replica had no connection are told once it has one again, and only the difference.
#[tokio::test]
async fn a_replica_carried_to_another_session_is_told_the_difference() {
    let mut server = Server::start();
    let mut writer = server.session();
    next_snapshot(&mut writer).await;
    let handle = writer.handle();
    let switch = |name: &str| Operation::from(Insert::into("Logical_Switch").value("name", name));
    handle.transact(NB, &[switch("stays"), switch("goes"), switch("changes")]).await.unwrap();

    let client = Client::connect(&server.remote(), RpcConfig::default()).await.unwrap();
    let mut session = client.watch(MonitorSpec::all(NB), Replica::new());
    assert_eq!(next_snapshot(&mut session).await.changes.len(), 3);
    client.close();
    assert!(matches!(next(&mut session).await, Event::Disconnected { retry_in: None, .. }));
    assert!(session.next().await.is_none());
    let replica = session.into_replica().await;

    let named = |name: &str| vec![Condition::equal("name", name)];
    let copp = [("external_ids".to_owned(), Datum::map([("k", "v")]))];
    let update = Operation::update("Logical_Switch", named("changes"), copp.into());
    let delete = Operation::delete("Logical_Switch", named("goes"));
    handle.transact(NB, &[update, delete, switch("comes")]).await.unwrap();
    // Nothing of the server's memory is left to resume from.
    server.kill();
    server.run();
    next_snapshot(&mut writer).await;

    let client = Client::connect(&server.remote(), RpcConfig::default()).await.unwrap();
    let mut session = client.watch(MonitorSpec::all(NB), replica);
    let changes = next_snapshot(&mut session).await;
    let name = |row: &Option<Arc<Row>>| row.as_ref().map(|row| row.string("name").unwrap().to_owned());
    let mut told: Vec<_> = changes.changes.iter().map(|c| (name(&c.old), name(&c.new))).collect();
    told.sort();
    let some = |name: &str| Some(name.to_owned());
    assert_eq!(told, [(None, some("comes")), (some("changes"), some("changes")), (some("goes"), None)]);
}
