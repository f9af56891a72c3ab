//! Changes of flows and groups in the order in which a switch has to get them.

use std::fmt;
use std::sync::Arc;

use openflow::{BundleMember, GroupMod};

use super::desired::Change;
use super::groups::GroupChange;

/// Things that came to be wanted and things that are no longer wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delta<T> {
    /// No longer wanted.
    pub removed: Vec<Arc<T>>,
    /// Wanted from now on.
    pub added: Vec<Arc<T>>,
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

    /// Adds what another changes; the items are shared.
    pub fn extend(&mut self, other: &Delta<T>) {
        self.removed.extend(other.removed.iter().cloned());
        self.added.extend(other.added.iter().cloned());
    }

    /// Whether nothing is added.
    pub(super) fn only_removes(&self) -> bool {
        self.added.is_empty()
    }
}

/// One message of a push. Groups are there before the flows that use them, and longer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    SetGroup(GroupChange),
    Flow(Change),
    RemoveGroup(GroupChange),
}

impl Step {
    /// The message of this step.
    pub(super) fn to_member(&self) -> BundleMember {
        match self {
            Step::Flow(change) => change.to_flow_mod().into(),
            Step::SetGroup(GroupChange { group: Some(group), .. }) => {
                GroupMod::add_or_modify(openflow::Group::clone(group)).into()
            }
            Step::SetGroup(change) | Step::RemoveGroup(change) => GroupMod::delete(change.id).into(),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Flow(change) => write!(f, "{:?} {}", change.kind, change.flow),
            Step::SetGroup(GroupChange { group: Some(group), .. }) => write!(f, "Set {group}"),
            Step::SetGroup(change) | Step::RemoveGroup(change) => write!(f, "Remove group_id={}", change.id),
        }
    }
}
