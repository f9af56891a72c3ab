//! The relations the daemon feeds and listens to, found by name when the rules are loaded.

use thiserror::Error;
use weir_engine::engine::Update;
use weir_engine::ir::{Program, RelationId, RelationRole};
use weir_engine::value::Value;

use super::chassis_facts::FactChange;

/// Ids of the relations that this program and the rules meet in.
#[derive(Debug, Clone, Copy)]
pub struct Relations {
    /// `hypervisor::Chassis`
    pub chassis: RelationId,
    /// `hypervisor::TunnelPort`
    pub tunnel_port: RelationId,
    /// `hypervisor::Interface`
    pub interface: RelationId,
    /// `keys::Allocated`
    pub allocated: RelationId,
    /// `keys::Wanted`
    pub wanted: RelationId,
    /// `openflow::Flow`
    pub flow: RelationId,
    /// `status::PortUp`
    pub port_up: RelationId,
    /// `status::Requested`
    pub requested: RelationId,
    /// `binding::ClaimConflict`
    pub claim_conflict: RelationId,
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

impl Relations {
    /// Finds them.
    ///
    /// # Errors
    /// When one is missing or has another role.
    pub fn of(program: &Program) -> Result<Relations, MissingRelation> {
        let find = |name: &'static str, role: RelationRole, role_name: &'static str| {
            program
                .relation(name)
                .filter(|id| program.relations[id.0 as usize].role == role)
                .ok_or(MissingRelation { name, role: role_name })
        };
        let input = |name| find(name, RelationRole::Input, "input");
        let output = |name| find(name, RelationRole::Output, "output");
        Ok(Relations {
            chassis: input("hypervisor::Chassis")?,
            tunnel_port: input("hypervisor::TunnelPort")?,
            interface: input("hypervisor::Interface")?,
            allocated: input("keys::Allocated")?,
            wanted: output("keys::Wanted")?,
            flow: output("openflow::Flow")?,
            port_up: output("status::PortUp")?,
            requested: output("status::Requested")?,
            claim_conflict: output("binding::ClaimConflict")?,
        })
    }

    /// A hypervisor's fact as an update.
    pub(super) fn fact(&self, change: FactChange) -> Update {
        match change {
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
        }
    }

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
