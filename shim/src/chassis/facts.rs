//! What a hypervisor's database says of it, for the engine.

use ovsdb::value::Row;

use super::event::{Facts, InterfaceFact};
use super::tables::{Tables, is_shared_tunnel};

impl Facts {
    /// The facts in the monitored rows.
    pub(super) fn read(tables: &Tables) -> Facts {
        let text = |key| tables.external_id(key).unwrap_or_default().to_owned();
        let mut facts = Facts {
            hostname: text("hostname"),
            // OVN allows a list here; the first is where others reach this hypervisor by default.
            encap_ip: text("ovn-encap-ip").split(',').next().unwrap_or_default().trim().to_owned(),
            tunnel_ofport: None,
            bridge_mappings: text("ovn-bridge-mappings"),
            interfaces: Vec::new(),
        };
        let Some((_, bridge)) = tables.bridge() else { return facts };
        for (_, interface) in tables.interfaces_of(bridge) {
            // 0 is never a port, and OVS writes -1 for an interface it could not make.
            let Some(ofport) = ofport(interface) else { continue };
            if is_shared_tunnel(interface) {
                facts.tunnel_ofport = Some(facts.tunnel_ofport.map_or(ofport, |other| other.min(ofport)));
            } else if let Some(fact) = interface_fact(interface, ofport) {
                facts.interfaces.push(fact);
            }
        }
        facts.interfaces.sort_unstable();
        facts
    }
}

fn ofport(interface: &Row) -> Option<u32> {
    u32::try_from(interface.integer("ofport")?).ok().filter(|port| *port > 0)
}

fn interface_fact(interface: &Row, ofport: u32) -> Option<InterfaceFact> {
    let iface_id = interface.option("external_ids", "iface-id").filter(|id| !id.is_empty())?;
    let name = interface.string("name")?;
    Some(InterfaceFact { name: name.to_owned(), iface_id: iface_id.to_owned(), ofport })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;
    use crate::chassis::tables_test::tables;

    #[test]
    fn only_ports_of_the_integration_bridge_with_identity_and_number_count() {
        let tables = tables(&json!({
            "Open_vSwitch": [{"_id": 1, "bridges": [2, 3], "external_ids": {
                "system-id": "hv1", "hostname": "host", "ovn-encap-ip": "192.0.2.1, 192.0.2.2", "ovn-bridge": "br-x",
                "ovn-bridge-mappings": "physnet1:br-ex"}}],
            "Bridge": [{"_id": 2, "name": "br-x", "ports": [10, 11, 12, 13, 14]},
                       {"_id": 3, "name": "br-int", "ports": [15]}],
            "Port": [{"_id": 10, "name": "vif2", "interfaces": [20]}, {"_id": 11, "name": "vif1", "interfaces": [21]},
                     {"_id": 12, "name": "new", "interfaces": [22]}, {"_id": 13, "name": "plain", "interfaces": [23]},
                     {"_id": 14, "name": "tun", "interfaces": [24]}, {"_id": 15, "name": "far", "interfaces": [25]}],
            "Interface": [
                {"_id": 20, "name": "vif2", "ofport": 5, "external_ids": {"iface-id": "lp2"}},
                {"_id": 21, "name": "vif1", "ofport": 7, "external_ids": {"iface-id": "lp1"}},
                {"_id": 22, "name": "new", "ofport": -1, "external_ids": {"iface-id": "lp3"}},
                {"_id": 23, "name": "plain", "ofport": 9},
                {"_id": 24, "name": "tun", "ofport": 1, "type": "geneve", "options": {"remote_ip": "flow", "key": "flow"}},
                {"_id": 25, "name": "far", "ofport": 4, "external_ids": {"iface-id": "lp4"}}],
        }));
        let fact = |name: &str, iface_id: &str, ofport| InterfaceFact {
            name: name.to_owned(),
            iface_id: iface_id.to_owned(),
            ofport,
        };
        assert_eq!(
            Facts::read(&tables),
            Facts {
                hostname: "host".to_owned(),
                encap_ip: "192.0.2.1".to_owned(),
                tunnel_ofport: Some(1),
                bridge_mappings: "physnet1:br-ex".to_owned(),
                interfaces: vec![fact("vif1", "lp1", 7), fact("vif2", "lp2", 5)],
            }
        );
    }

    #[test]
    fn without_a_bridge_there_is_still_a_hypervisor() {
        let tables = tables(&json!({"Open_vSwitch": [{"_id": 1, "external_ids": {"system-id": "hv1"}}]}));
        assert_eq!(Facts::read(&tables), Facts::default());
    }
}
