//! The part of a hypervisor's database that is monitored, and the ways through it.

use std::collections::HashMap;
use std::sync::Arc;

use ovsdb::monitor::{ChangeSet, MonitorSpec, TableSpec};
use ovsdb::value::{Datum, Row, Uuid};

/// The database of a hypervisor.
pub(super) const DATABASE: &str = "Open_vSwitch";

/// What is monitored of it. Columns that change with traffic are left out on purpose.
pub(super) fn monitored() -> MonitorSpec {
    let table = |name: &str, columns: &[&'static str]| TableSpec::columns(name, columns.iter().copied());
    MonitorSpec::of(
        DATABASE,
        [
            table("Open_vSwitch", &["bridges", "manager_options", "external_ids"]),
            table(
                "Bridge",
                &["name", "ports", "controller", "datapath_type", "fail_mode", "protocols", "other_config"],
            ),
            table("Port", &["name", "interfaces", "external_ids"]),
            table("Interface", &["name", "type", "options", "external_ids", "ofport", "error"]),
            table(
                "Controller",
                &["target", "connection_mode", "max_backoff", "inactivity_probe", "external_ids"],
            ),
            table("Manager", &["target", "max_backoff", "is_connected"]),
        ],
    )
}

/// The monitored rows.
#[derive(Debug, Clone, Default)]
pub(super) struct Tables {
    rows: HashMap<Arc<str>, HashMap<Uuid, Arc<Row>>>,
}

impl Tables {
    /// Follows the database.
    pub(super) fn apply(&mut self, changes: &ChangeSet) {
        for change in changes {
            let rows = self.rows.entry(Arc::clone(&change.table)).or_default();
            match &change.new {
                Some(row) => rows.insert(change.uuid, Arc::clone(row)),
                None => rows.remove(&change.uuid),
            };
        }
    }

    /// The one row of the table Open_vSwitch.
    pub(super) fn root(&self) -> Option<(Uuid, &Row)> {
        self.all("Open_vSwitch").min_by_key(|(uuid, _)| *uuid)
    }

    /// What the operator has said of this hypervisor under a key of `external_ids`.
    pub(super) fn external_id(&self, key: &str) -> Option<&str> {
        self.root()?.1.option("external_ids", key).filter(|value| !value.is_empty())
    }

    /// The chassis this is.
    pub(super) fn system_id(&self) -> Option<&str> {
        self.external_id("system-id")
    }

    /// The name of the integration bridge.
    pub(super) fn bridge_name(&self) -> &str {
        self.external_id("ovn-bridge").unwrap_or("br-int")
    }

    /// The integration bridge, if it is there.
    pub(super) fn bridge(&self) -> Option<(Uuid, &Row)> {
        let name = self.bridge_name();
        self.all("Bridge").find(|(_, row)| row.string("name") == Some(name))
    }

    /// The interfaces of a bridge.
    pub(super) fn interfaces_of<'tables>(
        &'tables self,
        bridge: &'tables Row,
    ) -> impl Iterator<Item = (Uuid, &'tables Row)> {
        self.referred("Port", bridge.column("ports"))
            .flat_map(|(_, port)| self.referred("Interface", port.column("interfaces")))
    }

    /// The rows of `table` that a column refers to.
    pub(super) fn referred<'tables>(
        &'tables self,
        table: &str,
        column: Option<&'tables Datum>,
    ) -> impl Iterator<Item = (Uuid, &'tables Row)> {
        let rows = self.rows.get(table);
        column.map_or(&[][..], Datum::atoms).iter().filter_map(move |atom| {
            let uuid = atom.as_uuid()?;
            Some((uuid, rows?.get(&uuid)?.as_ref()))
        })
    }

    /// All rows of a table, in no order.
    pub(super) fn all(&self, table: &str) -> impl Iterator<Item = (Uuid, &Row)> {
        self.rows.get(table).into_iter().flatten().map(|(uuid, row)| (*uuid, row.as_ref()))
    }
}

/// Whether an interface is the tunnel to all peers: each packet says where it goes.
pub(super) fn is_shared_tunnel(interface: &Row) -> bool {
    interface.string("type") == Some("geneve")
        && interface.option("options", "remote_ip") == Some("flow")
        && interface.option("options", "key") == Some("flow")
}
