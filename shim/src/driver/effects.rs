//! What a commit means outside: deltas of the output relations, sorted by whom they concern.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tracing::{error, warn};
use weir_engine::engine::Delta;
use weir_engine::value::Value;

use super::relations::Relations;
use crate::chassis::{self, Patch, ScopeChange};
use crate::flow::{FlowError, FlowReader};
use crate::northbound::Notice;

/// A finished transaction, for whoever watches.
#[derive(Debug, Clone)]
pub struct CommitRecord {
    /// Its number.
    pub epoch: u64,
    /// What changed in the output relations.
    pub deltas: Vec<Delta>,
    /// How many updates went in.
    pub n_updates: usize,
    /// Time in the engine.
    pub took: Duration,
}

/// What is to be done after one transaction.
#[derive(Debug, Default)]
pub(super) struct Effects {
    /// What came and went, by scope.
    pub(super) scopes: HashMap<String, ScopeChange>,
    /// For the status writer; unplugged before plugged, so that a move is no gap.
    pub(super) notices: Vec<Notice>,
    /// Per hypervisor: patches to other bridges, wanted or not any more.
    pub(super) patches: Vec<(String, Patch, bool)>,
}

/// `keys::Wanted`, as it changed.
#[derive(Debug, Default)]
pub(super) struct WantedKeys {
    /// No longer wanted: space and owner.
    pub(super) released: Vec<(Value, Value)>,
    /// Newly wanted: space, owner, range.
    pub(super) wanted: Vec<(Value, Value, u32, u32)>,
}

impl Effects {
    /// Adds a delta. Records that cannot be used are logged and left out: a bad flow must not stop the others.
    pub(super) fn add(&mut self, delta: &Delta, epoch: u64, relations: &Relations, reader: &FlowReader) {
        for (record, weight) in &delta.changes {
            let (record, inserted) = (&record, weight > 0);
            if delta.relation == relations.flow {
                self.add_item(record, inserted, |record| reader.flow(record), |scope| &mut scope.flows);
            } else if Some(delta.relation) == relations.group {
                self.add_item(record, inserted, |record| reader.group(record), |scope| &mut scope.groups);
            } else if Some(delta.relation) == relations.meter {
                self.add_item(record, inserted, |record| reader.meter(record), |scope| &mut scope.meters);
            } else if delta.relation == relations.holds {
                self.add_holding(record, inserted);
            } else if Some(delta.relation) == relations.port_up {
                self.add_port(record, inserted, epoch);
            } else if Some(delta.relation) == relations.patch {
                self.add_patch(record, inserted);
            } else if Some(delta.relation) == relations.requested && inserted {
                if let Some(cfg) = integer(record, "nb_cfg") {
                    self.notices.push(Notice::Requested { cfg: cfg as i64, epoch });
                }
            } else if Some(delta.relation) == relations.claim_conflict && inserted {
                warn!(
                    iface_id = %field(record, "iface_id"),
                    chassis = %field(record, "chassis"),
                    "several hypervisors claim one port; the last in the list has it"
                );
            } else if Some(delta.relation) == relations.match_mistake && inserted {
                warn!(
                    expression = %field(record, "text"),
                    problem = %field(record, "message"),
                    "a match expression cannot be used: what it is for has no flows"
                );
            }
        }
    }

    /// Puts removals of ports before additions.
    pub(super) fn finish(mut self) -> Effects {
        self.notices.sort_by_key(|notice| !matches!(notice, Notice::Unplugged { .. }));
        // One that only moved to another bridge is wanted in the end.
        self.patches.sort_by_key(|(_, _, wanted)| *wanted);
        self
    }

    fn add_item<T>(
        &mut self,
        record: &Value,
        inserted: bool,
        read: impl Fn(&Value) -> Result<T, FlowError>,
        delta: impl Fn(&mut ScopeChange) -> &mut chassis::Delta<T>,
    ) {
        let Some(scope) = record.field("scope") else {
            return error!(%record, "the rules say of a flow or group not whom it is for");
        };
        match read(record) {
            Ok(item) => {
                let delta = delta(self.scopes.entry(scope.to_string()).or_default());
                if inserted { &mut delta.added } else { &mut delta.removed }.push(item);
            }
            Err(problem) => error!(%problem, %record, "the rules made something that no switch can hold"),
        }
    }

    fn add_holding(&mut self, record: &Value, inserted: bool) {
        let (Some(chassis), Some(scope)) = (string(record, "chassis"), record.field("scope")) else { return };
        let change = self.scopes.entry(scope.to_string()).or_default();
        if inserted { &mut change.gained } else { &mut change.lost }.push(Arc::from(chassis));
    }

    fn add_patch(&mut self, record: &Value, inserted: bool) {
        let text = |name| string(record, name).unwrap_or_default();
        let patch = Patch { port: text("port"), peer: text("peer"), bridge: text("bridge") };
        self.patches.push((text("chassis"), patch, inserted));
    }

    fn add_port(&mut self, record: &Value, inserted: bool, epoch: u64) {
        let (Some(port), Some(chassis)) = (uuid(record, "port"), string(record, "chassis")) else { return };
        self.notices.push(if inserted {
            let name = string(record, "name").unwrap_or_default();
            Notice::Plugged { port, chassis, name, epoch }
        } else {
            Notice::Unplugged { port, chassis }
        });
    }
}

impl WantedKeys {
    /// What a delta of `keys::Wanted` asks for.
    pub(super) fn of(delta: &Delta) -> WantedKeys {
        let mut keys = WantedKeys::default();
        for (record, weight) in &delta.changes {
            let (Some(space), Some(owner)) = (record.field("space"), record.field("owner")) else { continue };
            let (space, owner) = (space.clone(), owner.clone());
            if weight < 0 {
                keys.released.push((space, owner));
            } else if let (Some(low), Some(high)) = (integer(&record, "low"), integer(&record, "high")) {
                keys.wanted.push((space, owner, low as u32, high as u32));
            }
        }
        keys
    }
}

fn field(record: &Value, name: &str) -> String {
    record.field(name).map(ToString::to_string).unwrap_or_default()
}

fn string(record: &Value, name: &str) -> Option<String> {
    record.field(name).and_then(Value::as_str).map(str::to_owned)
}

fn integer(record: &Value, name: &str) -> Option<i128> {
    match record.field(name) {
        Some(Value::Int(number)) => Some(*number),
        _ => None,
    }
}

fn uuid(record: &Value, name: &str) -> Option<u128> {
    record.field(name).and_then(owner_number)
}

/// A 128-bit number, such as a UUID.
pub(super) fn owner_number(value: &Value) -> Option<u128> {
    value.as_integer().and_then(|number| u128::try_from(number).ok())
}
