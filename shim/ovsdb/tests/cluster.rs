//! A cluster of three: the leader is found, and found again.
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use ovsdb::client::{
    ConnectError, DialConfig, Disconnect, Event, Remotes, RetryConfig, ServerChoice, Session,
};
use ovsdb::monitor::{MonitorSpec, Replica};
use ovsdb::transact::{Insert, Operation, TransactError};
use support::{Believer, NB, Server, contents, fresh_dump, next};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_follows_the_leader_and_its_lock_comes_along() {
    let mut servers = Server::start_cluster().await;
    let retry =
        RetryConfig { min: Duration::from_millis(20), max: Duration::from_millis(50), jitter_percent: 0 };
    let config = DialConfig {
        retry,
        lock: Some("active".to_owned()),
        server: ServerChoice::Leader,
        ..DialConfig::default()
    };
    // The first server leads; begin with another.
    let remotes = Remotes::new(servers[1].remote(), vec![servers[2].remote(), servers[0].remote()]);
    let mut session = Session::dial(remotes, MonitorSpec::all(NB), Replica::new(), config);
    let mut believer = Believer::default();

    let refused = settle(&mut session, &mut believer).await;
    assert_eq!(refused, [servers[1].remote().to_string(), servers[2].remote().to_string()]);
    insert(&session, "before").await;
    servers[0].kill();
    settle(&mut session, &mut believer).await;
    insert(&session, "after").await;

    let dump = fresh_dump(&servers[1]).await;
    believer.until(&mut session, &dump).await;
    assert_eq!(dump.len(), 2);
    assert_eq!(contents(&session.into_replica().await), dump);
}

/// A writer whose every transaction is guarded by the lock, and a reader, both through the death of one leader after the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leaders_are_killed_under_a_writer_and_a_reader_and_nothing_is_lost_or_told_twice() {
    let mut servers = Server::start_cluster().await;
    let retry =
        RetryConfig { min: Duration::from_millis(20), max: Duration::from_millis(100), jitter_percent: 20 };
    let remotes = || Remotes::new(servers[0].remote(), vec![servers[1].remote(), servers[2].remote()]);
    let leader = DialConfig {
        retry,
        lock: Some("active".to_owned()),
        server: ServerChoice::Leader,
        ..DialConfig::default()
    };
    let mut writing = Session::dial(remotes(), MonitorSpec::all(NB), Replica::new(), leader);
    let any = DialConfig { retry, ..DialConfig::default() };
    let mut reading = Session::dial(remotes(), MonitorSpec::all(NB), Replica::new(), any);
    let (mut writer, mut reader) = (Believer::default(), Believer::default());
    settle(&mut writing, &mut writer).await;

    let mut committed = BTreeSet::new();
    for round in 0..2 {
        let before = committed.len();
        let mut n = 0;
        // Half of them, then the kill, then the other half.
        while committed.len() < before + 40 {
            n += 1;
            if committed.len() == before + 20 && servers.iter().filter(|server| server.runs()).count() == 3 {
                let at = leader_of(&servers);
                servers[at].kill();
            }
            let name = format!("ls-{round}-{n}");
            let insert = Insert::into("Logical_Switch").value("name", name.as_str());
            let guarded = [Operation::assert("active"), insert.into()];
            match writing.handle().transact(NB, &guarded).await {
                Ok(_) => drop(committed.insert(name)),
                // Without a connection, or while the lock is not ours there yet, or no leader is chosen yet.
                Err(TransactError::ConnectionLost | TransactError::Operation { .. }) => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                Err(other) => panic!("{other}"),
            }
        }
        if let Some(server) = servers.iter_mut().find(|server| !server.runs()) {
            server.run();
            server.wait().await;
        }
    }
    // What the two were told amounts to what is there; a transaction whose reply was lost may be there as well.
    let dump = fresh_dump(&servers[leader_of(&servers)]).await;
    let names: BTreeSet<String> =
        dump.values().filter_map(|row| row.string("name").map(str::to_owned)).collect();
    assert!(committed.is_subset(&names), "{:?}", committed.difference(&names).collect::<Vec<_>>());
    writer.until_with_locks(&mut writing, &dump).await;
    reader.until_with_locks(&mut reading, &dump).await;
    assert_eq!(contents(&writing.into_replica().await), dump);
    assert_eq!(contents(&reading.into_replica().await), dump);
}

/// After the death of its server, a session goes on at another one after the last transaction it has seen.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_server_is_asked_only_for_what_came_after() {
    let mut servers = Server::start_cluster().await;
    let retry =
        RetryConfig { min: Duration::from_millis(20), max: Duration::from_millis(50), jitter_percent: 0 };
    let remotes = Remotes::new(servers[1].remote(), vec![servers[2].remote()]);
    let config = DialConfig { retry, ..DialConfig::default() };
    let mut session = Session::dial(remotes, MonitorSpec::all(NB), Replica::new(), config.clone());
    let mut believer = Believer::default();
    believer.until_snapshot(&mut session).await;
    let insert = |name: &'static str| [Insert::into("Logical_Switch").value("name", name).into()];
    for name in ["a", "b", "c"] {
        session.handle().transact(NB, &insert(name)).await.unwrap();
    }
    let dump = fresh_dump(&servers[1]).await;
    believer.until(&mut session, &dump).await;

    // Something happens that this session cannot see; then it must go elsewhere.
    let mut other = Session::dial(servers[2].remote(), MonitorSpec::all(NB), Replica::new(), config);
    Believer::default().until_snapshot(&mut other).await;
    servers[1].kill();
    other.handle().transact(NB, &insert("d")).await.unwrap();
    let (n_known, mut n_told) = (believer.rows.len(), 0);
    while believer.rows.len() == n_known {
        if let Event::Snapshot(changes) | Event::Changes(changes) = next(&mut session).await {
            n_told += changes.changes.len();
            believer.believe(&changes);
        }
    }
    assert_eq!(n_told, 1, "only the new row");
    let replica = session.into_replica().await;
    assert!(!replica.last_transaction().is_zero(), "clusters remember transactions");
}

/// Which of the running servers leads, as they say themselves.
fn leader_of(servers: &[Server; 3]) -> usize {
    let until = Instant::now() + Duration::from_secs(60);
    while Instant::now() < until {
        for (at, server) in servers.iter().enumerate().filter(|(_, server)| server.runs()) {
            if server.ask(&["cluster/status", NB]).contains("Role: leader") {
                return at;
            }
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("nobody leads");
}

/// Until there is a snapshot and the lock. Returns the remotes that were refused on the way since they do not lead.
async fn settle(session: &mut Session, believer: &mut Believer) -> Vec<String> {
    let (mut refused, mut synced, mut locked) = (Vec::new(), false, false);
    while !(synced && locked) {
        match next(session).await {
            Event::Snapshot(changes) => {
                believer.believe(&changes);
                synced = true;
            }
            Event::Changes(changes) => believer.believe(&changes),
            Event::LockHeld(name) => {
                assert_eq!(name, "active");
                locked = true;
            }
            Event::Disconnected { reason, .. } => {
                (synced, locked) = (false, false);
                if let Disconnect::Connect(error) = reason
                    && let ConnectError::NotLeader { remote } = error.as_ref()
                {
                    refused.push(remote.to_string());
                }
            }
            Event::Connected { .. } => {}
            Event::LockLost(name) => panic!("{name} was lost to nobody"),
        }
    }
    refused
}

async fn insert(session: &Session, name: &str) {
    let insert = Insert::into("Logical_Switch").value("name", name);
    let guarded = [Operation::assert("active"), insert.into()];
    let outcome: Result<_, TransactError> = session.handle().transact(NB, &guarded).await;
    outcome.unwrap();
}
