//! The relations the daemon feeds and listens to, found by name when the rules are loaded.

use thiserror::Error;
use weir_engine::engine::Update;
use weir_engine::ir::{Program, RelationId, RelationRole};
use weir_engine::value::Value;

use super::chassis_facts::FactChange;

/// Ids of the relations that this program and the rules meet in. A program may leave out what it has no use for: then the
/// daemon does not do it.
#[derive(Debug, Clone, Copy)]
pub struct Relations {
    /// `hypervisor::Chassis`
    pub chassis: RelationId,
    /// `hypervisor::TunnelPort`
    pub tunnel_port: RelationId,
    /// `hypervisor::Interface`
    pub interface: RelationId,
    /// `hypervisor::BridgeMappings`: without it physical networks are of no interest.
    pub bridge_mappings: Option<RelationId>,
    /// `hypervisor::Patch`: without it no bridges are joined.
    pub patch: Option<RelationId>,
    /// `openflow::Flow`
    pub flow: RelationId,
    /// `openflow::Holds`
    pub holds: RelationId,
    /// `openflow::Group`: without it there are no groups.
    pub group: Option<RelationId>,
    /// `openflow::Meter`: without it there are no meters.
    pub meter: Option<RelationId>,
    /// The relations of the module `keys`: without them no keys are given out.
    pub keys: Option<KeyRelations>,
    /// `status::PortUp`: without it no port is reported to be up.
    pub port_up: Option<RelationId>,
    /// `status::Requested`: without it nobody is told that a request is installed.
    pub requested: Option<RelationId>,
    /// `binding::ClaimConflict`: without it nobody is warned of one.
    pub claim_conflict: Option<RelationId>,
    /// `matching::MatchMistake`: without it nobody is warned of one.
    pub match_mistake: Option<RelationId>,
}

/// Where keys are asked for and given out.
#[derive(Debug, Clone, Copy)]
pub struct KeyRelations {
    /// `keys::Wanted`
    pub wanted: RelationId,
    /// `keys::Allocated`
    allocated: RelationId,
}

/// The rules lack a relation.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("the rules declare no {role} relation `{name}`, which the daemon needs")]
pub struct MissingRelation {
    /// Full name.
    pub name: &'static str,
    /// input or output
    pub role: &'static str,
}

/// Modules whose input relations are filled by the daemon and by nobody else.
const OWN_MODULES: &[&str] = &["hypervisor", "keys", "service"];

/// Whether the daemon itself fills an input relation of that full name.
pub fn is_own(relation: &str) -> bool {
    relation.split_once("::").is_some_and(|(module, _)| OWN_MODULES.contains(&module))
}

impl Relations {
    /// Finds them.
    ///
    /// # Errors
    /// When one that must be there is missing, or one has another role.
    pub fn of(program: &Program) -> Result<Relations, MissingRelation> {
        let optional = |name: &'static str, role: RelationRole| match program.relation(name) {
            Some(id) if program.relations[id.0 as usize].role == role => Ok(Some(id)),
            Some(_) => Err(MissingRelation { name, role: role.name() }),
            None => Ok(None),
        };
        let needed = |name, role| optional(name, role)?.ok_or(MissingRelation { name, role: role.name() });
        let keys = match optional("keys::Wanted", RelationRole::Output)? {
            Some(wanted) => {
                Some(KeyRelations { wanted, allocated: needed("keys::Allocated", RelationRole::Input)? })
            }
            None => None,
        };
        Ok(Relations {
            chassis: needed("hypervisor::Chassis", RelationRole::Input)?,
            tunnel_port: needed("hypervisor::TunnelPort", RelationRole::Input)?,
            interface: needed("hypervisor::Interface", RelationRole::Input)?,
            bridge_mappings: optional("hypervisor::BridgeMappings", RelationRole::Input)?,
            patch: optional("hypervisor::Patch", RelationRole::Output)?,
            flow: needed("openflow::Flow", RelationRole::Output)?,
            holds: needed("openflow::Holds", RelationRole::Output)?,
            group: optional("openflow::Group", RelationRole::Output)?,
            meter: optional("openflow::Meter", RelationRole::Output)?,
            keys,
            port_up: optional("status::PortUp", RelationRole::Output)?,
            requested: optional("status::Requested", RelationRole::Output)?,
            claim_conflict: optional("binding::ClaimConflict", RelationRole::Output)?,
            match_mistake: optional("matching::MatchMistake", RelationRole::Output)?,
        })
    }

    /// A hypervisor's fact as an update; none if the rules have no use for it.
    pub(super) fn fact(&self, change: FactChange) -> Option<Update> {
        Some(match change {
            FactChange::PutChassis { name, hostname, encap_ip } => Update::InsertOrUpdate {
                relation: self.chassis,
                record: record(
                    "hypervisor::Chassis",
                    [("name", text(&name)), ("hostname", text(&hostname)), ("encap_ip", text(&encap_ip))],
                ),
            },
            FactChange::RemoveChassis { name } => {
                Update::DeleteKey { relation: self.chassis, key: text(&name) }
            }
            FactChange::PutTunnel { chassis, ofport } => Update::InsertOrUpdate {
                relation: self.tunnel_port,
                record: record(
                    "hypervisor::TunnelPort",
                    [("chassis", text(&chassis)), ("ofport", Value::Int(ofport.into()))],
                ),
            },
            FactChange::RemoveTunnel { chassis } => {
                Update::DeleteKey { relation: self.tunnel_port, key: text(&chassis) }
            }
            FactChange::PutInterface { chassis, interface } => Update::InsertOrUpdate {
                relation: self.interface,
                record: record(
                    "hypervisor::Interface",
                    [
                        ("chassis", text(&chassis)),
                        ("name", text(&interface.name)),
                        ("iface_id", text(&interface.iface_id)),
                        ("ofport", Value::Int(interface.ofport.into())),
                        ("claimed", Value::Int(interface.claimed.into())),
                    ],
                ),
            },
            FactChange::RemoveInterface { chassis, name } => Update::DeleteKey {
                relation: self.interface,
                key: Value::Tuple(vec![text(&chassis), text(&name)]),
            },
            FactChange::PutMappings { chassis, mappings } => Update::InsertOrUpdate {
                relation: self.bridge_mappings?,
                record: record(
                    "hypervisor::BridgeMappings",
                    [("chassis", text(&chassis)), ("mappings", text(&mappings))],
                ),
            },
            FactChange::RemoveMappings { chassis } => {
                Update::DeleteKey { relation: self.bridge_mappings?, key: text(&chassis) }
            }
        })
    }
}

impl KeyRelations {
    /// The allocator's answer to `keys::Wanted`.
    pub(super) fn allocated(&self, space: Value, owner: Value, key: u32) -> Update {
        Update::InsertOrUpdate {
            relation: self.allocated,
            record: record(
                "keys::Allocated",
                [("space", space), ("owner", owner), ("key", Value::Int(key.into()))],
            ),
        }
    }

    /// The owner wants its key no more.
    pub(super) fn released(&self, space: Value, owner: Value) -> Update {
        Update::DeleteKey { relation: self.allocated, key: Value::Tuple(vec![space, owner]) }
    }
}

fn text(text: &str) -> Value {
    Value::Str(text.into())
}

fn record<const N: usize>(constructor: &str, fields: [(&str, Value); N]) -> Value {
    Value::Struct {
        ctor: constructor.into(),
        fields: fields.into_iter().map(|(name, value)| (name.into(), value)).collect(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const LEAST: &str = "
        input relation Chassis(name: string, hostname: string, encap_ip: string)
        input relation TunnelPort(chassis: string, ofport: bit<32>)
        input relation Interface(chassis: string, name: string)
    ";

    fn relations(modules: &[(&str, &str)]) -> Result<Relations, String> {
        let directory = tempfile::tempdir().unwrap();
        let mut main = String::new();
        for (name, text) in modules {
            std::fs::write(directory.path().join(format!("{name}.dl")), text).unwrap();
            main.push_str(&format!("import {name}\n"));
        }
        let library = [directory.path().to_owned()];
        let (program, _) = weir_engine::compile::compile_text("main.dl", &main, &library).unwrap();
        Relations::of(&program).map_err(|missing| missing.to_string())
    }

    #[test]
    fn a_program_of_hypervisors_and_flows_is_enough() {
        let flow =
            "output relation Flow(scope: string)\noutput relation Holds(chassis: string, scope: string)";
        let least = relations(&[("hypervisor", LEAST), ("openflow", flow)]).unwrap();
        assert!(least.keys.is_none() && least.port_up.is_none() && least.requested.is_none());
        let missing = relations(&[("hypervisor", LEAST)]).unwrap_err();
        assert!(missing.contains("output relation `openflow::Flow`"), "{missing}");
    }

    #[test]
    fn what_is_there_must_have_its_role() {
        let flow =
            "output relation Flow(scope: string)\noutput relation Holds(chassis: string, scope: string)";
        let keys = "output relation Wanted(owner: bit<128>)\nrelation Allocated(owner: bit<128>)";
        let wrong = relations(&[("hypervisor", LEAST), ("openflow", flow), ("keys", keys)]).unwrap_err();
        assert!(wrong.contains("input relation `keys::Allocated`"), "{wrong}");
    }
}
