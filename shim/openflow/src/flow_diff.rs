//! What turns one set of flows into another.

use std::collections::HashMap;

use crate::flow::{Flow, FlowCommand, FlowFlags, FlowKey, FlowMod};

/// The flow messages that turn the flows of a switch into the desired ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FlowDiff {
    /// Flows to add, or to replace because more than their instructions differ.
    pub adds: Vec<Flow>,
    /// Flows that only get new instructions; they keep their counters.
    pub modifies: Vec<Flow>,
    /// Flows to delete.
    pub deletes: Vec<FlowKey>,
}

impl FlowDiff {
    /// True if the two sets were equal.
    pub fn is_empty(&self) -> bool {
        self.adds.is_empty() && self.modifies.is_empty() && self.deletes.is_empty()
    }

    /// The messages in the order to send them: what forwards comes before what stops forwarding.
    pub fn into_flow_mods(self) -> impl Iterator<Item = FlowMod> {
        let adds = self.adds.into_iter().map(FlowMod::add);
        let modifies = self.modifies.into_iter().map(|flow| FlowMod::new(FlowCommand::ModifyStrict, flow));
        adds.chain(modifies).chain(self.deletes.into_iter().map(FlowMod::delete_strict))
    }
}

/// Compares what a switch has with what it should have. Both lists are in canonical order afterwards.
///
/// A flow whose cookie, timeouts or flags differ is added anew, because a switch keeps those when it modifies.
pub fn diff(installed: impl IntoIterator<Item = Flow>, desired: impl IntoIterator<Item = Flow>) -> FlowDiff {
    let mut installed: HashMap<FlowKey, Flow> =
        installed.into_iter().map(|flow| (flow.key(), flow)).collect();
    let mut diff = FlowDiff::default();
    for flow in desired {
        match installed.remove(&flow.key()) {
            None => diff.adds.push(flow),
            Some(old) if !keeps_the_same(&old, &flow) => diff.adds.push(flow),
            Some(old) if old.instructions == flow.instructions => {}
            Some(_) => diff.modifies.push(flow),
        }
    }
    diff.deletes = installed.into_keys().collect();
    diff.adds.sort();
    diff.modifies.sort();
    diff.deletes.sort();
    diff
}

/// Whether two flows of one key agree in what a switch keeps when it modifies.
fn keeps_the_same(old: &Flow, new: &Flow) -> bool {
    let kept = |flow: &Flow| {
        (flow.cookie, flow.idle_timeout, flow.hard_timeout, flow.flags.intersection(FlowFlags::STORED))
    };
    kept(old) == kept(new)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{Action, Instructions, Match, PortNo};

    fn flow(metadata: u64, port: u32) -> Flow {
        let matching = Match::builder().metadata(metadata).build().unwrap();
        Flow::new(8, 50, matching, Instructions::apply(vec![Action::output(PortNo(port))]))
    }

    #[test]
    fn equal_sets_need_nothing() {
        assert!(diff([flow(1, 1), flow(2, 2)], [flow(2, 2), flow(1, 1)]).is_empty());
    }

    #[test]
    fn options_of_the_message_are_no_difference() {
        let reset = Flow { flags: FlowFlags::RESET_COUNTS, ..flow(1, 1) };
        assert!(diff([flow(1, 1)], [reset]).is_empty());
        let reported = Flow { flags: FlowFlags::SEND_FLOW_REMOVED, ..flow(1, 1) };
        assert_eq!(diff([flow(1, 1)], [reported.clone()]).adds, [reported]);
    }

    #[test]
    fn each_difference_has_its_message() {
        let installed = [flow(1, 1), flow(2, 2), flow(3, 3), flow(4, 4)];
        let desired = [flow(1, 1), flow(2, 9), flow(3, 3).with_cookie(7), flow(5, 5)];
        let diff = diff(installed, desired);
        assert_eq!(diff.adds, [flow(3, 3).with_cookie(7), flow(5, 5)]);
        assert_eq!(diff.modifies, [flow(2, 9)]);
        assert_eq!(diff.deletes, [flow(4, 4).key()]);
        let commands: Vec<_> = diff.into_flow_mods().map(|flow_mod| flow_mod.command).collect();
        assert_eq!(
            commands,
            [FlowCommand::Add, FlowCommand::Add, FlowCommand::ModifyStrict, FlowCommand::DeleteStrict]
        );
    }
}
