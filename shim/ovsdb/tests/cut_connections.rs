//! Connections that break in the middle of whatever they carry, and streams that others opened.
#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use ovsdb::client::{Client, DialConfig, Disconnect, Event, Remote, RetryConfig, Session, SessionHandle};
use ovsdb::monitor::{MonitorSpec, Replica};
use ovsdb::transact::{Condition, Insert, Mutation, Mutator, Operation, TransactError};
use ovsdb::value::Datum;
use ovsdb::wire::RpcConfig;
use support::{Believer, NB, Server, contents, fresh_dump, next, next_snapshot};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UnixListener, UnixStream};
use tokio::sync::watch;

/// Listens at `path` and passes everything on to the server, but cuts the first `n_cuts` connections after a number of bytes
/// from the server: 200, 200 + `step`, 200 + 2 `step`, ….
async fn cutting_proxy(path: String, server: String, n_cuts: u64, step: u64) {
    let listener = UnixListener::bind(path).unwrap();
    for n in 0u64.. {
        let (near, _) = listener.accept().await.unwrap();
        let far = UnixStream::connect(&server).await.unwrap();
        tokio::spawn(async move {
            let ((mut near_in, mut near_out), (mut far_in, mut far_out)) =
                (near.into_split(), far.into_split());
            let up = tokio::spawn(async move { tokio::io::copy(&mut near_in, &mut far_out).await });
            let budget = if n < n_cuts { 200 + n * step } else { u64::MAX };
            let _ = tokio::io::copy(&mut (&mut far_in).take(budget), &mut near_out).await;
            up.abort();
        });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_at_any_byte_nothing_is_lost_or_told_twice() {
    survive_cuts(Server::start()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_at_any_byte_and_resumed_after_the_last_transaction() {
    let replica = survive_cuts(Server::start_clustered()).await;
    assert!(!replica.last_transaction().is_zero());
}

async fn survive_cuts(server: Server) -> Replica {
    let mut warm = server.session();
    next_snapshot(&mut warm).await;
    // A writer with a connection of its own, which never breaks.
    let (stop, stopped) = watch::channel(false);
    let writer = tokio::spawn(write(warm.handle(), stopped));

    let proxy = tokio::spawn(cutting_proxy(server.path("proxy"), server.path("sock"), N_CUTS, 997));
    let retry =
        RetryConfig { min: Duration::from_millis(1), max: Duration::from_millis(1), jitter_percent: 0 };
    let config = DialConfig { retry, ..DialConfig::default() };
    let remote = Remote::Unix(server.path("proxy").into());
    let mut session = Session::dial(remote, MonitorSpec::all(NB), Replica::new(), config);
    let mut believer = Believer::default();
    let mut n_cuts = 0;
    while n_cuts < N_CUTS {
        match next(&mut session).await {
            Event::Changes(changes) | Event::Snapshot(changes) => believer.believe(&changes),
            // The proxy may not listen yet.
            Event::Disconnected { reason: Disconnect::Connect(_), .. } => {}
            Event::Disconnected { .. } => n_cuts += 1,
            Event::Connected { .. } => {}
            Event::LockHeld(_) | Event::LockLost(_) => panic!("no lock was asked for"),
        }
    }
    stop.send(true).unwrap();
    writer.await.unwrap();
    let dump = fresh_dump(&server).await;
    believer.until(&mut session, &dump).await;
    proxy.abort();
    let replica = session.into_replica().await;
    assert_eq!(contents(&replica), dump);
    replica
}

const N_CUTS: u64 = 40;

/// Inserts, changes and deletes switches until told to stop; a few dozen remain at any time.
async fn write(handle: SessionHandle, stop: watch::Receiver<bool>) {
    let named = |n: u64| vec![Condition::equal("name", format!("s{n}"))];
    for n in 50u64.. {
        if *stop.borrow() {
            return;
        }
        let ids = Datum::map([("n", n.to_string())]);
        let insert = Insert::into("Logical_Switch").value("name", format!("s{n}")).value("external_ids", ids);
        let note = Mutation::new("external_ids", Mutator::Insert, Datum::map([(format!("k{n}"), "v")]));
        let mutate = Operation::mutate("Logical_Switch", named(n - 2), vec![note]);
        let delete = Operation::delete("Logical_Switch", named(n - 30 - n % 17));
        handle.transact(NB, &[insert.into(), mutate, delete]).await.unwrap();
        tokio::time::sleep(Duration::from_micros(300)).await;
    }
}

#[tokio::test]
async fn a_transaction_in_flight_is_lost_with_its_connection() {
    let (near, mut far) = tokio::io::duplex(1 << 16);
    let client = Client::over(near, RpcConfig::default());
    let waiting = tokio::spawn({
        let client = client.clone();
        async move { client.transact("Lab", &[Operation::Abort]).await }
    });
    let mut first = [0; 1];
    far.read_exact(&mut first).await.unwrap();
    drop(far);
    assert_eq!(waiting.await.unwrap(), Err(TransactError::ConnectionLost));
    assert!(matches!(client.closed().await, Disconnect::Closed));
    // And so is one that is tried afterwards.
    assert_eq!(client.transact("Lab", &[]).await, Err(TransactError::ConnectionLost));
}

#[tokio::test]
async fn garbage_ends_the_session_with_its_place() {
    let (near, mut far) = tokio::io::duplex(1 << 16);
    let client = Client::over(near, RpcConfig::default());
    let mut session = client.watch(MonitorSpec::all("Lab"), Replica::new());
    far.write_all(b"{\"id\":null,\"method\":\"x\",\"params\":[]} nonsense").await.unwrap();
    let Event::Disconnected { reason, retry_in: None } = next(&mut session).await else { panic!() };
    assert_eq!(reason.to_string(), "byte 0x6e at offset 37, where a JSON object should start");
    assert!(session.next().await.is_none());
}

#[tokio::test]
async fn a_server_that_dials_in_is_watched_and_its_replica_kept() {
    let mut server = Server::start();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    server.wait().await;
    server.appctl(&["ovsdb-server/add-remote", &format!("tcp:{address}")]);

    let (stream, _) = listener.accept().await.unwrap();
    let client = Client::over(stream, RpcConfig::default());
    // Who is it? Known before anything is monitored.
    assert!(client.databases().await.unwrap().contains(&NB.to_owned()));
    let mut session = client.watch(MonitorSpec::all(NB), Replica::new());
    next_snapshot(&mut session).await;
    let insert = Insert::into("Logical_Switch").value("name", "ls1");
    session.handle().transact(NB, &[insert.into()]).await.unwrap();
    assert!(matches!(next(&mut session).await, Event::Changes(changes) if changes.changes.len() == 1));

    server.kill();
    loop {
        if let Event::Disconnected { retry_in, .. } = next(&mut session).await {
            break assert_eq!(retry_in, None);
        }
    }
    assert!(session.next().await.is_none());
    let replica = session.into_replica().await;
    assert_eq!(replica.n_rows(), 1);

    server.run();
    server.wait().await;
    server.appctl(&["ovsdb-server/add-remote", &format!("tcp:{address}")]);
    let (stream, _) = listener.accept().await.unwrap();
    let mut session = Client::over(stream, RpcConfig::default()).watch(MonitorSpec::all(NB), replica);
    assert!(next_snapshot(&mut session).await.is_empty());
}

#[tokio::test]
async fn a_schema_without_the_table_is_told_and_tried_again() {
    let server = Server::start();
    server.wait().await;
    let spec = MonitorSpec::of(NB, [ovsdb::monitor::TableSpec::all("Printer")]);
    let mut session = Session::dial(server.remote(), spec, Replica::new(), DialConfig::default());
    let Event::Disconnected { reason, retry_in: Some(_) } = next(&mut session).await else { panic!() };
    assert_eq!(reason.to_string(), "database `OVN_Northbound` (schema 7.0.0) has no table `Printer`");
}

#[tokio::test]
async fn a_remote_that_is_not_there_is_tried_again_later_and_later() {
    let retry =
        RetryConfig { min: Duration::from_millis(1), max: Duration::from_millis(4), jitter_percent: 0 };
    let config = DialConfig { retry, ..DialConfig::default() };
    let remote: Remote = "unix:/nonexistent/sock".parse().unwrap();
    let mut session = Session::dial(remote, MonitorSpec::all(NB), Replica::new(), config);
    for wanted in [1, 2, 4, 4] {
        let Event::Disconnected { reason: Disconnect::Connect(_), retry_in } = next(&mut session).await
        else {
            panic!()
        };
        assert_eq!(retry_in, Some(Duration::from_millis(wanted)));
    }
    assert_eq!(session.handle().transact(NB, &[]).await, Err(TransactError::ConnectionLost));
}
