//! What hypervisors say, as rows of the rules' input relations, and in which order ports were claimed.

use std::collections::HashMap;

use crate::chassis::Facts;
use crate::state::{KnownChassis, KnownInterface};

/// All known hypervisors and what they last said.
#[derive(Debug, Default)]
pub(super) struct ChassisFacts {
    known: HashMap<String, KnownChassis>,
    last_claim: u64,
}

/// A row of `rules/hypervisor.dl` to be put (inserted or replaced, by its key) or removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum FactChange {
    /// `Chassis`
    PutChassis {
        /// system-id
        name: String,
        /// Host name.
        hostname: String,
        /// Tunnel end point.
        encap_ip: String,
    },
    /// `Chassis`
    RemoveChassis {
        /// system-id
        name: String,
    },
    /// `TunnelPort`
    PutTunnel {
        /// system-id
        chassis: String,
        /// OpenFlow port number.
        ofport: u32,
    },
    /// `TunnelPort`
    RemoveTunnel {
        /// system-id
        chassis: String,
    },
    /// `BridgeMappings`
    PutMappings {
        /// system-id
        chassis: String,
        /// As written.
        mappings: String,
    },
    /// `BridgeMappings`
    RemoveMappings {
        /// system-id
        chassis: String,
    },
    /// `Interface`
    PutInterface {
        /// system-id
        chassis: String,
        /// The interface.
        interface: KnownInterface,
    },
    /// `Interface`
    RemoveInterface {
        /// system-id
        chassis: String,
        /// Name of the interface.
        name: String,
    },
}

impl ChassisFacts {
    /// Takes up what an earlier run remembered, as if the hypervisors had said it again.
    pub(super) fn restore(&mut self, remembered: Vec<(String, KnownChassis)>) -> Vec<FactChange> {
        let mut changes = Vec::new();
        for (name, known) in remembered {
            let newest = known.interfaces.iter().map(|interface| interface.claimed).max().unwrap_or(0);
            self.last_claim = self.last_claim.max(newest);
            changes.extend(difference(&name, None, Some(&known)));
            self.known.insert(name, known);
        }
        changes
    }

    /// Takes what a hypervisor says now; gives the rows that change. A new claim of an iface-id is later than all
    /// claims before it, one that was there keeps its place.
    pub(super) fn update(&mut self, name: &str, facts: &Facts) -> Vec<FactChange> {
        let old = self.known.get(name);
        let mut fresh: Vec<&crate::chassis::InterfaceFact> = facts.interfaces.iter().collect();
        fresh.sort_by(|a, b| a.name.cmp(&b.name));
        let mut interfaces = Vec::with_capacity(fresh.len());
        for fact in fresh {
            let before = old.and_then(|old| {
                old.interfaces.iter().find(|known| known.name == fact.name && known.iface_id == fact.iface_id)
            });
            let claimed = before.map_or_else(
                || {
                    self.last_claim += 1;
                    self.last_claim
                },
                |known| known.claimed,
            );
            interfaces.push(KnownInterface {
                name: fact.name.clone(),
                iface_id: fact.iface_id.clone(),
                ofport: fact.ofport,
                claimed,
            });
        }
        let new = KnownChassis {
            hostname: facts.hostname.clone(),
            encap_ip: facts.encap_ip.clone(),
            tunnel_ofport: facts.tunnel_ofport,
            bridge_mappings: facts.bridge_mappings.clone(),
            interfaces,
        };
        let changes = difference(name, old, Some(&new));
        self.known.insert(name.to_owned(), new);
        changes
    }

    /// The hypervisor has left.
    pub(super) fn remove(&mut self, name: &str) -> Vec<FactChange> {
        let old = self.known.remove(name);
        difference(name, old.as_ref(), None)
    }

    /// What is known of a hypervisor.
    pub(super) fn known(&self, name: &str) -> Option<&KnownChassis> {
        self.known.get(name)
    }
}

fn difference(name: &str, old: Option<&KnownChassis>, new: Option<&KnownChassis>) -> Vec<FactChange> {
    let mut changes = Vec::new();
    let identity = |known: &KnownChassis| (known.hostname.clone(), known.encap_ip.clone());
    if old.map(identity) != new.map(identity) {
        changes.push(match new {
            Some(new) => FactChange::PutChassis {
                name: name.to_owned(),
                hostname: new.hostname.clone(),
                encap_ip: new.encap_ip.clone(),
            },
            None => FactChange::RemoveChassis { name: name.to_owned() },
        });
    }
    let tunnel = |known: Option<&KnownChassis>| known.and_then(|known| known.tunnel_ofport);
    if tunnel(old) != tunnel(new) {
        changes.push(match tunnel(new) {
            Some(ofport) => FactChange::PutTunnel { chassis: name.to_owned(), ofport },
            None => FactChange::RemoveTunnel { chassis: name.to_owned() },
        });
    }
    let mappings = |known: Option<&KnownChassis>| {
        known.map(|known| known.bridge_mappings.clone()).filter(|text| !text.is_empty())
    };
    if mappings(old) != mappings(new) {
        changes.push(match mappings(new) {
            Some(mappings) => FactChange::PutMappings { chassis: name.to_owned(), mappings },
            None => FactChange::RemoveMappings { chassis: name.to_owned() },
        });
    }
    let interfaces = |known: Option<&'_ KnownChassis>| -> HashMap<String, KnownInterface> {
        known
            .map(|known| known.interfaces.iter().map(|i| (i.name.clone(), i.clone())).collect())
            .unwrap_or_default()
    };
    let (before, after) = (interfaces(old), interfaces(new));
    let mut gone: Vec<&String> = before.keys().filter(|name| !after.contains_key(*name)).collect();
    gone.sort();
    for interface in gone {
        changes.push(FactChange::RemoveInterface { chassis: name.to_owned(), name: interface.clone() });
    }
    let mut put: Vec<&KnownInterface> =
        after.values().filter(|interface| before.get(&interface.name) != Some(interface)).collect();
    put.sort_by(|a, b| a.name.cmp(&b.name));
    for interface in put {
        changes.push(FactChange::PutInterface { chassis: name.to_owned(), interface: interface.clone() });
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chassis::InterfaceFact;

    fn facts(interfaces: &[(&str, &str, u32)]) -> Facts {
        Facts {
            hostname: "h".into(),
            encap_ip: "192.0.2.1".into(),
            tunnel_ofport: Some(1),
            bridge_mappings: String::new(),
            interfaces: interfaces
                .iter()
                .map(|(name, iface_id, ofport)| InterfaceFact {
                    name: (*name).into(),
                    iface_id: (*iface_id).into(),
                    ofport: *ofport,
                })
                .collect(),
        }
    }

    fn claims(changes: &[FactChange]) -> Vec<(String, u64)> {
        let claim = |change: &FactChange| match change {
            FactChange::PutInterface { interface, .. } => {
                Some((interface.iface_id.clone(), interface.claimed))
            }
            _ => None,
        };
        changes.iter().filter_map(claim).collect()
    }

    #[test]
    fn saying_the_same_again_changes_nothing() {
        let mut known = ChassisFacts::default();
        assert_eq!(known.update("hv1", &facts(&[("vif1", "a", 5)])).len(), 3);
        assert_eq!(known.update("hv1", &facts(&[("vif1", "a", 5)])), []);
    }

    #[test]
    fn a_later_claim_has_a_greater_number_and_a_new_port_number_is_no_new_claim() {
        let mut known = ChassisFacts::default();
        assert_eq!(claims(&known.update("hv1", &facts(&[("vif1", "a", 5)]))), [("a".into(), 1)]);
        assert_eq!(claims(&known.update("hv2", &facts(&[("vif9", "a", 5)]))), [("a".into(), 2)]);
        assert_eq!(claims(&known.update("hv1", &facts(&[("vif1", "a", 6)]))), [("a".into(), 1)]);
    }

    #[test]
    fn a_restart_keeps_the_order_of_claims() {
        let mut first = ChassisFacts::default();
        first.update("hv1", &facts(&[("vif1", "a", 5)]));
        first.update("hv2", &facts(&[("vif9", "a", 5)]));
        let remembered = ["hv2", "hv1"].map(|name| (name.to_owned(), first.known(name).unwrap().clone()));
        let mut second = ChassisFacts::default();
        second.restore(remembered.into());
        assert_eq!(second.update("hv1", &facts(&[("vif1", "a", 5)])), []);
        assert_eq!(claims(&second.update("hv3", &facts(&[("vif3", "a", 1)]))), [("a".into(), 3)]);
    }

    #[test]
    fn leaving_takes_every_row_away() {
        let mut known = ChassisFacts::default();
        known.update("hv1", &facts(&[("vif1", "a", 5)]));
        assert_eq!(
            known.remove("hv1"),
            [
                FactChange::RemoveChassis { name: "hv1".into() },
                FactChange::RemoveTunnel { chassis: "hv1".into() },
                FactChange::RemoveInterface { chassis: "hv1".into(), name: "vif1".into() },
            ]
        );
        assert_eq!(known.remove("hv1"), []);
    }
}
