use std::sync::Arc;

use super::{Client, ConnectError, Disconnect, Event, Remote, Session};
use crate::connection::ConnectionError;
use crate::monitor::{ChangeSet, MonitorSpec, Replica, TableSpec};
use crate::transact::ErrorKind;
use crate::value::Row;

/// A watch on whether a server leads the cluster that keeps a database. It needs a connection of its own: what that sees of
/// the `_Server` database (ovsdb-server(5)) is not for the session's owner.
pub(super) struct Leadership {
    database: String,
    remote: Remote,
    /// `None` for a server from before there were clusters.
    session: Option<Session>,
    leads: bool,
}

impl Leadership {
    /// Waits for the server's word, and fails if it does not lead.
    pub(super) async fn claimed(client: Client, database: &str, remote: Remote) -> Result<Self, Disconnect> {
        let table = TableSpec::columns("Database", ["connected", "leader", "name"]);
        let session = client.watch(MonitorSpec::of("_Server", [table]), Replica::new());
        let mut leadership =
            Leadership { database: database.to_owned(), remote, session: Some(session), leads: false };
        match leadership.next_word().await {
            Ok(()) => Ok(leadership),
            Err(Disconnect::Connection(ConnectionError::Refused { error, .. }))
                if error.kind() == ErrorKind::UnknownDatabase =>
            {
                Ok(Leadership { session: None, ..leadership })
            }
            Err(reason) => Err(reason),
        }
    }

    /// Waits until the server leads no longer, or is gone.
    pub(super) async fn lost(&mut self) -> Disconnect {
        loop {
            if let Err(reason) = self.next_word().await {
                return reason;
            }
        }
    }

    /// Waits for what the server says next: an error if it does not lead, or says nothing more.
    async fn next_word(&mut self) -> Result<(), Disconnect> {
        let Some(session) = &mut self.session else { return std::future::pending().await };
        loop {
            match session.next().await {
                Some(Event::Snapshot(changes) | Event::Changes(changes)) => {
                    self.leads = leads_after(self.leads, &self.database, &changes);
                    let refused = ConnectError::NotLeader { remote: self.remote.clone() };
                    return if self.leads { Ok(()) } else { Err(Disconnect::Connect(Arc::new(refused))) };
                }
                Some(Event::Disconnected { reason, .. }) => return Err(reason),
                Some(Event::Connected { .. } | Event::LockHeld(_) | Event::LockLost(_)) => {}
                None => return Err(Disconnect::Dropped),
            }
        }
    }
}

fn leads_after(leads: bool, database: &str, changes: &ChangeSet) -> bool {
    let is_it = |row: &Option<Arc<Row>>| row.as_ref().is_some_and(|row| row.string("name") == Some(database));
    let change = changes.of("Database").find(|change| is_it(&change.new) || is_it(&change.old));
    change.map_or(leads, |change| {
        let flag = |column| change.new.as_ref().and_then(|row| row.boolean(column)) == Some(true);
        flag("connected") && flag("leader")
    })
}
