//! Patches: pairs of ports that join the integration bridge to the bridges of physical networks.

use ovsdb::transact::{Condition, Insert, Mutation, Mutator, Operation};
use ovsdb::value::{Atom, Datum, Row, Uuid};

use super::tables::Tables;

/// `external_ids` key of ports made here: those of others are left alone.
const OWNER_KEY: &str = "weir-patch";

/// A pair of ports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Patch {
    /// The port of the integration bridge; also its interface's `iface-id`, by which its number is found.
    pub port: String,
    /// The port of the other bridge.
    pub peer: String,
    /// The other bridge.
    pub bridge: String,
}

/// What brings the database to have those that are wanted, and not those that are not any more. A bridge that is not
/// there gets none until it is.
pub(super) fn operations(tables: &Tables, patches: &[(Patch, bool)]) -> Vec<Operation> {
    let Some((integration, own)) = tables.bridge() else { return Vec::new() };
    let mut operations = Vec::new();
    for (number, (patch, wanted)) in patches.iter().enumerate() {
        let other = tables.all("Bridge").find(|(_, row)| row.string("name") == Some(&patch.bridge));
        let ends = [
            (Some((integration, own)), &patch.port, &patch.peer, Some(&patch.port)),
            (other, &patch.peer, &patch.port, None),
        ];
        if *wanted && other.is_none() {
            continue;
        }
        for (end, (bridge, port, peer, iface_id)) in ends.into_iter().enumerate() {
            let Some((uuid, bridge)) = bridge else { continue };
            let present = port_named(tables, bridge, port);
            match (present, wanted) {
                (None, true) => {
                    let names =
                        [format!("patch_interface_{number}_{end}"), format!("patch_port_{number}_{end}")];
                    operations.extend(insert(&names, port, peer, iface_id.map(String::as_str)));
                    operations.push(change_ports(
                        uuid,
                        Mutator::Insert,
                        Datum::set([Atom::named(names[1].as_str())]),
                    ));
                }
                (Some((gone, row)), false) if row.option("external_ids", OWNER_KEY).is_some() => {
                    operations.push(change_ports(uuid, Mutator::Delete, Datum::set([Atom::from(gone)])));
                }
                _ => {}
            }
        }
    }
    operations
}

fn insert(names: &[String; 2], port: &str, peer: &str, iface_id: Option<&str>) -> [Operation; 2] {
    let mut interface = Insert::into("Interface")
        .value("name", port)
        .value("type", "patch")
        .value("options", Datum::map([("peer", peer)]))
        .named(&names[0]);
    if let Some(iface_id) = iface_id {
        interface = interface.value("external_ids", Datum::map([("iface-id", iface_id)]));
    }
    let row = Insert::into("Port")
        .value("name", port)
        .value("interfaces", Datum::set([Atom::named(names[0].as_str())]))
        .value("external_ids", Datum::map([(OWNER_KEY, "true")]))
        .named(&names[1]);
    [interface.into(), row.into()]
}

fn change_ports(bridge: Uuid, how: Mutator, ports: Datum) -> Operation {
    Operation::mutate("Bridge", vec![Condition::uuid(bridge)], vec![Mutation::new("ports", how, ports)])
}

fn port_named<'tables>(
    tables: &'tables Tables,
    bridge: &'tables Row,
    name: &str,
) -> Option<(Uuid, &'tables Row)> {
    tables.referred("Port", bridge.column("ports")).find(|(_, row)| row.string("name") == Some(name))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::{Value, json};

    use super::*;
    use crate::chassis::tables_test::tables;

    fn patch() -> Patch {
        Patch {
            port: "patch-br-int-to-net".into(),
            peer: "patch-net-to-br-int".into(),
            bridge: "br-ex".into(),
        }
    }

    fn planned(contents: &Value, wanted: bool) -> Vec<String> {
        let operations = operations(&tables(contents), &[(patch(), wanted)]);
        operations
            .iter()
            .map(|operation| {
                let json = operation.to_json();
                let name = json["row"]["name"].as_str().unwrap_or_default().to_owned();
                format!("{} {} {name}", json["op"].as_str().unwrap(), json["table"].as_str().unwrap())
            })
            .collect()
    }

    #[test]
    fn both_ends_are_made_once_and_taken_away_only_if_they_are_ours() {
        let bare = json!({
            "Open_vSwitch": [{"_id": 1, "bridges": [2, 3]}],
            "Bridge": [{"_id": 2, "name": "br-int", "ports": []}, {"_id": 3, "name": "br-ex", "ports": []}],
        });
        let made = [
            "insert Interface patch-br-int-to-net",
            "insert Port patch-br-int-to-net",
            "mutate Bridge ",
            "insert Interface patch-net-to-br-int",
            "insert Port patch-net-to-br-int",
            "mutate Bridge ",
        ];
        assert_eq!(planned(&bare, true), made);
        assert_eq!(planned(&bare, false), [] as [String; 0]);

        let mut joined = bare;
        joined["Bridge"][0]["ports"] = json!([10]);
        joined["Bridge"][1]["ports"] = json!([11]);
        joined["Port"] = json!([
            {"_id": 10, "name": "patch-br-int-to-net", "external_ids": {"weir-patch": "true"}},
            {"_id": 11, "name": "patch-net-to-br-int", "external_ids": {}},
        ]);
        assert_eq!(planned(&joined, true), [] as [String; 0]);
        assert_eq!(planned(&joined, false), ["mutate Bridge "], "the other end is somebody else's");
    }

    #[test]
    fn a_bridge_that_is_not_there_is_waited_for() {
        let bare = json!({
            "Open_vSwitch": [{"_id": 1, "bridges": [2]}],
            "Bridge": [{"_id": 2, "name": "br-int", "ports": []}],
        });
        assert_eq!(planned(&bare, true), [] as [String; 0]);
    }
}
