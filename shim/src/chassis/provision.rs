//! What has to be written into a hypervisor's database so that its switch is ours to program.

use std::collections::HashMap;

use ovsdb::transact::{Condition, Insert, Mutation, Mutator, Operation};
use ovsdb::value::{Atom, Datum, Row, Uuid, Values};

use super::identity::Identity;
use super::patches::{self, Patch};
use super::tables::{Tables, is_shared_tunnel};

/// Milliseconds between attempts of OVS to reach us; 1000 is the least it accepts, and its default is 8000.
const MAX_BACKOFF: i64 = 1000;

/// Name of the tunnel interface if there is none yet.
const TUNNEL_NAME: &str = "weir-geneve";

/// `external_ids` key of controller rows made here. Its value is the manager target by which we were called, so that
/// two control planes on one hypervisor leave each other's rows alone.
const OWNER_KEY: &str = "weir-manager";

/// The value of [`OWNER_KEY`] where nobody called us: we dialed, or several manager rows could be meant.
const NO_MANAGER: &str = "direct";

/// The version of OpenFlow spoken here, as `Bridge.protocols` names it.
const PROTOCOL: &str = "OpenFlow15";

/// `external_ids` key of interfaces whose flows are in place: what Nova and ovn-kubernetes wait for.
const INSTALLED_KEY: &str = "ovn-installed";

/// What a hypervisor's database has to say.
#[derive(Debug)]
pub(super) struct Wanted<'session> {
    pub(super) system_id: &'session str,
    pub(super) identity: &'session Identity,
    /// `Controller.target`: where the switch finds us.
    pub(super) target: &'session str,
    /// `Manager.target` by which the database's server called us, if known.
    pub(super) manager: Option<&'session str>,
    /// `Controller.inactivity_probe` in milliseconds.
    pub(super) probe_ms: i64,
    /// For logical ports (`iface-id`): whether their interface is to be marked as installed.
    pub(super) installed: &'session HashMap<String, bool>,
    /// Patches to other bridges: wanted, or not any more.
    pub(super) patches: &'session [(Patch, bool)],
}

/// The operations, all of one transaction, that bring the database to what is wanted; none if it is there already.
pub(super) fn operations(tables: &Tables, wanted: &Wanted<'_>) -> Vec<Operation> {
    let mut plan = Plan { tables, wanted, operations: Vec::new() };
    plan.bridge();
    plan.manager();
    plan.marks();
    plan.operations.extend(patches::operations(tables, wanted.patches));
    plan.operations
}

struct Plan<'session> {
    tables: &'session Tables,
    wanted: &'session Wanted<'session>,
    operations: Vec<Operation>,
}

impl<'session> Plan<'session> {
    fn bridge(&mut self) {
        match self.tables.bridge() {
            Some((uuid, bridge)) => {
                self.mend_bridge(uuid, bridge);
                self.mend_tunnel(uuid, bridge);
                self.mend_controllers(uuid, bridge);
            }
            None => self.new_bridge(),
        }
    }

    fn new_bridge(&mut self) {
        let Some((root, _)) = self.tables.root() else { return };
        let name = self.tables.bridge_name();
        let own =
            Insert::into("Interface").value("name", name).value("type", "internal").named("own_interface");
        let own_port = Insert::into("Port")
            .value("name", name)
            .value("interfaces", named("own_interface"))
            .named("own_port");
        self.operations.extend([own.into(), own_port.into()]);
        self.insert_tunnel();
        self.insert_controller();
        let mut bridge = Insert::into("Bridge")
            .value("name", name)
            .value("ports", Datum::set([Atom::named("own_port"), Atom::named("tunnel_port")]))
            .value("controller", named("controller"))
            .value("fail_mode", Datum::set(["secure"]))
            // 1.0 and 1.3 are what ovs-ofctl speaks when an operator does not say.
            .value("protocols", Datum::set(["OpenFlow10", "OpenFlow13", PROTOCOL]))
            .value("other_config", Datum::map(self.bridge_config()))
            .named("bridge");
        if let Some(kind) = self.datapath_type() {
            bridge = bridge.value("datapath_type", kind);
        }
        self.operations.push(bridge.into());
        self.add_to("Open_vSwitch", root, "bridges", "bridge");
    }

    fn mend_bridge(&mut self, uuid: Uuid, bridge: &Row) {
        let mut values = Values::new();
        if let Some(kind) = self.datapath_type().filter(|kind| bridge.string("datapath_type") != Some(*kind))
        {
            values.insert("datapath_type".to_owned(), kind.into());
        }
        differing(&mut values, bridge, "fail_mode", Datum::set(["secure"]));
        // An empty set means all versions.
        let protocols = bridge.column("protocols").map_or(&[][..], Datum::atoms);
        if !protocols.is_empty() && !protocols.iter().any(|protocol| protocol.as_str() == Some(PROTOCOL)) {
            let with_ours = protocols.iter().cloned().chain([Atom::from(PROTOCOL)]);
            values.insert("protocols".to_owned(), Datum::Set(with_ours.collect()));
        }
        self.update("Bridge", uuid, values);
        let config = self.bridge_config();
        self.keys("Bridge", uuid, bridge, "other_config", &config);
    }

    fn mend_tunnel(&mut self, uuid: Uuid, bridge: &'session Row) {
        let tables = self.tables;
        let Some((tunnel, row)) = tables.interfaces_of(bridge).find(|(_, row)| is_shared_tunnel(row)) else {
            self.insert_tunnel();
            self.add_to("Bridge", uuid, "ports", "tunnel_port");
            return;
        };
        if let Some(csum) = self.tables.external_id("ovn-encap-csum") {
            self.keys("Interface", tunnel, row, "options", &[("csum", csum.to_owned())]);
        }
    }

    /// Exactly one controller row of ours, with the right target; rows that others made stay.
    fn mend_controllers(&mut self, uuid: Uuid, bridge: &'session Row) {
        let owner = self.owner();
        let mut kept = None;
        let mut stale = Vec::new();
        let tables = self.tables;
        for (controller, row) in tables.referred("Controller", bridge.column("controller")) {
            let made_for = row.option("external_ids", OWNER_KEY);
            let is_target = row.string("target") == Some(self.wanted.target);
            if kept.is_none() && (is_target || made_for == Some(owner)) {
                kept = Some((controller, row));
            } else if is_target
                || made_for.is_some_and(|made_for| !self.is_alive(made_for) || made_for == owner)
            {
                stale.push(controller);
            }
        }
        match kept {
            Some((controller, row)) => {
                let mut values = Values::new();
                for (column, datum) in self.controller_columns() {
                    differing(&mut values, row, column, datum);
                }
                self.update("Controller", controller, values);
                self.keys("Controller", controller, row, "external_ids", &[(OWNER_KEY, owner.to_owned())]);
            }
            None => {
                self.insert_controller();
                self.add_to("Bridge", uuid, "controller", "controller");
            }
        }
        if !stale.is_empty() {
            let gone = Mutation::new("controller", Mutator::Delete, Datum::set(stale));
            self.operations.push(Operation::mutate("Bridge", vec![Condition::uuid(uuid)], vec![gone]));
        }
    }

    fn manager(&mut self) {
        let Some(target) = self.wanted.manager else { return };
        let tables = self.tables;
        for (uuid, row) in tables.all("Manager").filter(|(_, row)| row.string("target") == Some(target)) {
            let mut values = Values::new();
            differing(&mut values, row, "max_backoff", Datum::set([MAX_BACKOFF]));
            self.update("Manager", uuid, values);
        }
    }

    fn marks(&mut self) {
        let tables = self.tables;
        let Some((_, bridge)) = tables.bridge() else { return };
        let mut interfaces: Vec<_> = tables.interfaces_of(bridge).collect();
        interfaces.sort_by_key(|(uuid, _)| *uuid);
        for (uuid, row) in interfaces {
            let Some(iface_id) = row.option("external_ids", "iface-id") else { continue };
            match self.wanted.installed.get(iface_id) {
                Some(true) => {
                    self.keys("Interface", uuid, row, "external_ids", &[(INSTALLED_KEY, "true".to_owned())]);
                }
                Some(false) if row.option("external_ids", INSTALLED_KEY).is_some() => {
                    let gone = Mutation::new("external_ids", Mutator::Delete, Datum::set([INSTALLED_KEY]));
                    self.operations.push(Operation::mutate(
                        "Interface",
                        vec![Condition::uuid(uuid)],
                        vec![gone],
                    ));
                }
                _ => {}
            }
        }
    }

    fn bridge_config(&self) -> Vec<(&'static str, String)> {
        vec![
            ("datapath-id", self.wanted.identity.datapath_id_text()),
            // OVS cuts what it passes on as the description of a datapath at 255 bytes.
            ("dp-desc", format!("weir:{}", self.wanted.system_id).chars().take(200).collect()),
            ("dp-sn", self.wanted.identity.serial.clone()),
            // Flows of its own making would be in the way of the ones pushed.
            ("disable-in-band", "true".to_owned()),
        ]
    }

    fn datapath_type(&self) -> Option<&'session str> {
        self.tables.external_id("ovn-bridge-datapath-type")
    }

    fn controller_columns(&self) -> [(&'static str, Datum); 4] {
        [
            ("target", self.wanted.target.into()),
            ("connection_mode", Datum::set(["out-of-band"])),
            ("max_backoff", Datum::set([MAX_BACKOFF])),
            ("inactivity_probe", Datum::set([self.wanted.probe_ms])),
        ]
    }

    fn insert_controller(&mut self) {
        let mut controller = Insert::into("Controller").named("controller");
        for (column, datum) in self.controller_columns() {
            controller = controller.value(column, datum);
        }
        let controller = controller.value("external_ids", Datum::map([(OWNER_KEY, self.owner())]));
        self.operations.push(controller.into());
    }

    fn insert_tunnel(&mut self) {
        let mut options = vec![("remote_ip", "flow"), ("key", "flow")];
        options.extend(self.tables.external_id("ovn-encap-csum").map(|csum| ("csum", csum)));
        let interface = Insert::into("Interface")
            .value("name", TUNNEL_NAME)
            .value("type", "geneve")
            .value("options", Datum::map(options))
            .named("tunnel_interface");
        let port = Insert::into("Port")
            .value("name", TUNNEL_NAME)
            .value("interfaces", named("tunnel_interface"))
            .named("tunnel_port");
        self.operations.extend([interface.into(), port.into()]);
    }

    fn owner(&self) -> &'session str {
        self.wanted.manager.unwrap_or(NO_MANAGER)
    }

    /// Whether the owner of a controller row can still be there.
    fn is_alive(&self, owner: &str) -> bool {
        owner == NO_MANAGER || self.tables.all("Manager").any(|(_, row)| row.string("target") == Some(owner))
    }

    fn update(&mut self, table: &str, uuid: Uuid, values: Values) {
        if !values.is_empty() {
            self.operations.push(Operation::update(table, vec![Condition::uuid(uuid)], values));
        }
    }

    /// Brings keys of a map to their values and leaves the other keys alone.
    fn keys(&mut self, table: &str, uuid: Uuid, row: &Row, column: &str, wanted: &[(&'static str, String)]) {
        let differing: Vec<_> =
            wanted.iter().filter(|(key, value)| row.option(column, key) != Some(value.as_str())).collect();
        if differing.is_empty() {
            return;
        }
        let mut mutations = Vec::new();
        // `insert` leaves a key that is there as it is.
        let present: Vec<&str> =
            differing.iter().map(|(key, _)| *key).filter(|key| row.option(column, key).is_some()).collect();
        if !present.is_empty() {
            mutations.push(Mutation::new(column, Mutator::Delete, Datum::set(present)));
        }
        let pairs = differing.iter().map(|(key, value)| (*key, value.as_str()));
        mutations.push(Mutation::new(column, Mutator::Insert, Datum::map(pairs)));
        self.operations.push(Operation::mutate(table, vec![Condition::uuid(uuid)], mutations));
    }

    fn add_to(&mut self, table: &str, uuid: Uuid, column: &str, name: &str) {
        let added = Mutation::new(column, Mutator::Insert, named(name));
        self.operations.push(Operation::mutate(table, vec![Condition::uuid(uuid)], vec![added]));
    }
}

fn named(name: &str) -> Datum {
    Datum::set([Atom::named(name)])
}

/// Notes `datum` for `column` unless the row has it already.
fn differing(values: &mut Values, row: &Row, column: &str, datum: Datum) {
    if row.column(column) != Some(&datum) {
        values.insert(column.to_owned(), datum);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::{Value, json};

    use super::*;
    use crate::chassis::tables_test::{tables, uuid};

    const TARGET: &str = "tcp:192.0.2.9:6653";
    const MANAGER: &str = "tcp:192.0.2.9:6640";
    const SERIAL: &str = "weir-0123456789abcdef0123456789";

    /// A hypervisor on which nothing is left to do.
    fn complete() -> Value {
        json!({
            "Open_vSwitch": [{"_id": 1, "bridges": [2], "manager_options": [5],
                "external_ids": {"system-id": "hv1", "ovn-bridge-datapath-type": "dummy", "ovn-encap-csum": "true"}}],
            "Bridge": [{"_id": 2, "name": "br-int", "ports": [10, 11, 12], "controller": [4], "datapath_type": "dummy",
                "fail_mode": "secure", "protocols": ["OpenFlow10", "OpenFlow15"],
                "other_config": {"datapath-id": Identity::of("hv1", None).datapath_id_text(), "dp-desc": "weir:hv1",
                    "dp-sn": SERIAL, "disable-in-band": "true", "mac-table-size": "9"}}],
            "Port": [{"_id": 10, "name": "br-int", "interfaces": [20]}, {"_id": 11, "name": "tun", "interfaces": [21]},
                {"_id": 12, "name": "vif1", "interfaces": [22]}],
            "Interface": [{"_id": 20, "name": "br-int", "type": "internal"},
                {"_id": 21, "name": "tun", "type": "geneve",
                    "options": {"remote_ip": "flow", "key": "flow", "csum": "true"}},
                {"_id": 22, "name": "vif1", "external_ids": {"iface-id": "lp1", "ovn-installed": "true"}}],
            "Controller": [{"_id": 4, "target": TARGET, "connection_mode": "out-of-band", "max_backoff": 1000,
                "inactivity_probe": 5000, "external_ids": {"weir-manager": MANAGER}}],
            "Manager": [{"_id": 5, "target": MANAGER, "max_backoff": 1000, "is_connected": true}],
        })
    }

    fn planned(contents: &Value, installed: &[(&str, bool)]) -> Vec<Value> {
        let installed = installed.iter().map(|(port, is)| ((*port).to_owned(), *is)).collect();
        let wanted = Wanted {
            system_id: "hv1",
            identity: &Identity::of("hv1", Some(SERIAL)),
            target: TARGET,
            manager: Some(MANAGER),
            probe_ms: 5000,
            installed: &installed,
            patches: &[],
        };
        operations(&tables(contents), &wanted).iter().map(Operation::to_json).collect()
    }

    /// What is planned when one column of one row of a complete hypervisor is something else.
    fn planned_with(table: &str, row: usize, column: &str, value: Value) -> Vec<Value> {
        let mut contents = complete();
        contents[table][row][column] = value;
        planned(&contents, &[("lp1", true)])
    }

    fn row(id: u64) -> Value {
        json!([["_uuid", "==", ["uuid", uuid(id).to_string()]]])
    }

    #[test]
    fn nothing_is_written_where_all_is_right() {
        assert_eq!(planned(&complete(), &[("lp1", true), ("elsewhere", true)]), [] as [Value; 0]);
        assert_eq!(planned_with("Bridge", 0, "protocols", json!([])), [] as [Value; 0], "all versions");
    }

    #[test]
    fn a_fresh_hypervisor_gets_everything_in_one_transaction() {
        let fresh = json!({
            "Open_vSwitch": [{"_id": 1, "external_ids": {"system-id": "hv1", "ovn-bridge-datapath-type": "netdev"}}],
        });
        let operations = planned(&fresh, &[]);
        let of = |op: &str, table: &str| -> Vec<&Value> {
            operations.iter().filter(|o| o["op"] == op && o["table"] == table).collect()
        };
        let bridge = &of("insert", "Bridge")[0]["row"];
        assert_eq!(bridge["name"], "br-int");
        assert_eq!(bridge["fail_mode"], json!(["set", ["secure"]]));
        assert_eq!(bridge["datapath_type"], "netdev");
        assert_eq!(bridge["protocols"], json!(["set", ["OpenFlow10", "OpenFlow13", "OpenFlow15"]]));
        assert_eq!(
            bridge["other_config"],
            json!([
                "map",
                [
                    ["datapath-id", Identity::of("hv1", None).datapath_id_text()],
                    ["disable-in-band", "true"],
                    ["dp-desc", "weir:hv1"],
                    ["dp-sn", SERIAL]
                ]
            ])
        );
        let interfaces = of("insert", "Interface");
        assert_eq!(interfaces[0]["row"], json!({"name": "br-int", "type": "internal"}));
        assert_eq!(
            interfaces[1]["row"],
            json!({"name": "weir-geneve", "type": "geneve", "options": ["map", [["key", "flow"], ["remote_ip", "flow"]]]})
        );
        let controller = &of("insert", "Controller")[0]["row"];
        assert_eq!(controller["target"], TARGET);
        assert_eq!(controller["inactivity_probe"], json!(["set", [5000]]));
        let root = &of("mutate", "Open_vSwitch")[0];
        assert_eq!(root["where"], row(1));
        assert_eq!(root["mutations"], json!([["bridges", "insert", ["set", [["named-uuid", "bridge"]]]]]));
    }

    #[test]
    fn each_deviation_is_put_right_by_itself() {
        let update = |table: &str, id: u64, values: Value| {
            vec![json!({"op": "update", "table": table, "where": row(id), "row": values})]
        };
        assert_eq!(
            planned_with("Bridge", 0, "fail_mode", json!("standalone")),
            update("Bridge", 2, json!({"fail_mode": ["set", ["secure"]]}))
        );
        assert_eq!(
            planned_with("Bridge", 0, "protocols", json!(["OpenFlow13"])),
            update("Bridge", 2, json!({"protocols": ["set", ["OpenFlow13", "OpenFlow15"]]}))
        );
        assert_eq!(
            planned_with("Bridge", 0, "datapath_type", json!("")),
            update("Bridge", 2, json!({"datapath_type": "dummy"}))
        );
        assert_eq!(
            planned_with("Controller", 0, "target", json!("tcp:192.0.2.1:6653")),
            update("Controller", 4, json!({"target": TARGET}))
        );
        assert_eq!(
            planned_with("Manager", 0, "max_backoff", json!([])),
            update("Manager", 5, json!({"max_backoff": ["set", [1000]]}))
        );
        assert_eq!(
            planned_with(
                "Interface",
                1,
                "options",
                json!({"remote_ip": "flow", "key": "flow", "csum": "false"})
            ),
            [json!({"op": "mutate", "table": "Interface", "where": row(21), "mutations": [
                ["options", "delete", ["set", ["csum"]]], ["options", "insert", ["map", [["csum", "true"]]]]]})]
        );
    }

    #[test]
    fn config_keys_of_others_survive() {
        let operations =
            planned_with("Bridge", 0, "other_config", json!({"dp-sn": "wrong", "mac-table-size": "9"}));
        assert_eq!(operations.len(), 1);
        assert_eq!(operations[0]["op"], "mutate");
        assert_eq!(operations[0]["mutations"][0], json!(["other_config", "delete", ["set", ["dp-sn"]]]));
    }

    #[test]
    fn a_tunnel_to_one_peer_is_not_the_tunnel_to_all() {
        let operations =
            planned_with("Interface", 1, "options", json!({"remote_ip": "192.0.2.1", "key": "flow"}));
        let inserted: Vec<&Value> =
            operations.iter().filter(|o| o["op"] == "insert").map(|o| &o["table"]).collect();
        assert_eq!(inserted, ["Interface", "Port"]);
    }

    #[test]
    fn controllers_of_others_stay_and_stale_ones_of_ours_go() {
        let mut contents = complete();
        contents["Bridge"][0]["controller"] = json!([4, 6, 7, 8]);
        contents["Manager"].as_array_mut().unwrap().push(json!({"_id": 9, "target": "tcp:other:6640"}));
        contents["Controller"].as_array_mut().unwrap().extend([
            json!({"_id": 6, "target": "tcp:10.0.0.1:6653"}),
            json!({"_id": 7, "target": "tcp:old:6653", "external_ids": {"weir-manager": "tcp:old:6640"}}),
            json!({"_id": 8, "target": "tcp:other:6653", "external_ids": {"weir-manager": "tcp:other:6640"}}),
        ]);
        let gone = json!({"op": "mutate", "table": "Bridge", "where": row(2), "mutations": [
            ["controller", "delete", ["set", [["uuid", uuid(7).to_string()]]]]]});
        assert_eq!(planned(&contents, &[]), [gone]);
    }

    #[test]
    fn marks_are_set_and_taken_away() {
        let mut contents = complete();
        assert_eq!(
            planned(&contents, &[("lp1", false)]),
            [json!({"op": "mutate", "table": "Interface", "where": row(22), "mutations": [
                ["external_ids", "delete", ["set", ["ovn-installed"]]]]})]
        );
        contents["Interface"][2]["external_ids"] = json!({"iface-id": "lp1"});
        assert_eq!(
            planned(&contents, &[("lp1", true)]),
            [json!({"op": "mutate", "table": "Interface", "where": row(22), "mutations": [
                ["external_ids", "insert", ["map", [["ovn-installed", "true"]]]]]})]
        );
        assert_eq!(planned(&contents, &[("lp1", false)]), [] as [Value; 0]);
    }
}
