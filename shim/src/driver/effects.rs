//! What a commit means outside: deltas of the output relations, sorted by whom they concern.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use openflow::Flow;
use tracing::{error, warn};
use weir_engine::engine::Delta;
use weir_engine::value::Value;

use super::relations::Relations;
use crate::flow::FlowReader;
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

/// Flows that go and flows that come.
pub(super) type FlowChanges = (Vec<Arc<Flow>>, Vec<Arc<Flow>>);

/// Flows that are wanted somewhere, each held once however many hypervisors have it.
#[derive(Debug, Default)]
pub struct FlowPool {
    flows: HashMap<Arc<Flow>, usize>,
}

/// What is to be done after one transaction.
#[derive(Debug, Default)]
pub(super) struct Effects {
    /// Per hypervisor: flows that go, flows that come.
    pub(super) flows: BTreeMap<Arc<str>, FlowChanges>,
    /// For the status writer; unplugged before plugged, so that a move is no gap.
    pub(super) notices: Vec<Notice>,
}

/// `keys::Wanted`, as it changed.
#[derive(Debug, Default)]
pub(super) struct WantedKeys {
    /// No longer wanted: space and owner.
    pub(super) released: Vec<(Value, Value)>,
    /// Newly wanted: space, owner, range.
    pub(super) wanted: Vec<(Value, Value, u32, u32)>,
}

impl FlowPool {
    fn take(&mut self, flow: Flow) -> Arc<Flow> {
        let flow = match self.flows.get_key_value(&flow) {
            Some((known, _)) => Arc::clone(known),
            None => Arc::new(flow),
        };
        *self.flows.entry(Arc::clone(&flow)).or_insert(0) += 1;
        flow
    }

    fn give_back(&mut self, flow: Flow) -> Arc<Flow> {
        let Some((known, _)) = self.flows.get_key_value(&flow) else { return Arc::new(flow) };
        let known = Arc::clone(known);
        if let Some(uses) = self.flows.get_mut(&known) {
            *uses -= 1;
            if *uses == 0 {
                self.flows.remove(&known);
            }
        }
        known
    }

    /// Different flows held.
    pub fn len(&self) -> usize {
        self.flows.len()
    }

    /// Whether none is held.
    pub fn is_empty(&self) -> bool {
        self.flows.is_empty()
    }
}

impl Effects {
    /// Adds a delta. Records that cannot be used are logged and left out: a bad flow must not stop the others.
    pub(super) fn add(
        &mut self,
        delta: &Delta,
        epoch: u64,
        relations: &Relations,
        reader: &FlowReader,
        pool: &mut FlowPool,
    ) {
        for (record, weight) in &delta.changes {
            let (record, inserted) = (&record, weight > 0);
            if delta.relation == relations.flow {
                self.add_flow(record, inserted, reader, pool);
            } else if Some(delta.relation) == relations.port_up {
                self.add_port(record, inserted, epoch);
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
            }
        }
    }

    /// Puts removals of ports before additions.
    pub(super) fn finish(mut self) -> Effects {
        self.notices.sort_by_key(|notice| !matches!(notice, Notice::Unplugged { .. }));
        self
    }

    fn add_flow(&mut self, record: &Value, inserted: bool, reader: &FlowReader, pool: &mut FlowPool) {
        match reader.read(record) {
            Ok(read) => {
                let (removed, added) = self.flows.entry(read.chassis).or_default();
                if inserted {
                    added.push(pool.take(read.flow));
                } else {
                    removed.push(pool.give_back(read.flow));
                }
            }
            Err(problem) => error!(%problem, %record, "the rules made a flow that no switch can hold"),
        }
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
