//! Changes of flows, groups and meters in the order in which a switch has to get them.

use std::fmt;

use openflow::{BundleMember, Flow, FlowMod, Group, GroupMod, Meter, MeterMod};

use super::difference::{Change, ChangeKind};
use super::item::Item;

/// Things that came to be wanted and things that are no longer wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delta<T> {
    /// No longer wanted.
    pub removed: Vec<T>,
    /// Wanted from now on.
    pub added: Vec<T>,
}

impl<T> Default for Delta<T> {
    /// No change.
    fn default() -> Self {
        Delta { removed: Vec::new(), added: Vec::new() }
    }
}

impl<T> Delta<T> {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }
}

/// One message of a bundle. Groups are there before the flows that use them, and longer.
#[derive(Debug)]
pub(super) enum Step {
    SetGroup(Change<Group>),
    Flow(Change<Flow>),
    RemoveGroup(Change<Group>),
}

/// Changes of meters. A switch takes them in no bundle: they are set before it, and removed after it.
#[derive(Debug, Default)]
pub(super) struct MeterSteps {
    pub(super) set: Vec<Change<Meter>>,
    pub(super) removed: Vec<Change<Meter>>,
}

impl Step {
    /// The message of this step.
    pub(super) fn to_member(&self) -> BundleMember {
        match self {
            Step::Flow(Change { kind: ChangeKind::Add, item, .. }) => item.to_add(),
            Step::Flow(Change { kind: ChangeKind::Modify, item, .. }) => {
                FlowMod::modify_strict(Flow::clone(item)).into()
            }
            Step::Flow(Change { kind: ChangeKind::Delete, item, .. }) => {
                FlowMod::delete_strict(Flow::key(item)).into()
            }
            Step::SetGroup(change) => GroupMod::add_or_modify(Group::clone(&change.item)).into(),
            Step::RemoveGroup(change) => GroupMod::delete(change.item.id).into(),
        }
    }
}

impl Change<Meter> {
    /// Its message.
    pub(super) fn to_meter_mod(&self) -> MeterMod {
        match self.kind {
            ChangeKind::Add => MeterMod::add(Meter::clone(&self.item)),
            ChangeKind::Modify => MeterMod::modify(Meter::clone(&self.item)),
            ChangeKind::Delete => MeterMod::delete(self.item.id),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Flow(change) => write!(f, "{:?} {}", change.kind, **change.item),
            Step::SetGroup(change) => write!(f, "Set {}", **change.item),
            Step::RemoveGroup(change) => write!(f, "Remove {}", change.item.key()),
        }
    }
}

impl fmt::Display for Change<Meter> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.kind, self.item.key())
    }
}
