//! A cluster of three: the leader is found, and found again.
#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

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
