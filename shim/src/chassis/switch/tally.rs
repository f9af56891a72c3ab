//! Counting what was pushed.

use crate::chassis::difference::ChangeKind;
use crate::chassis::metrics::Counters;
use crate::chassis::step::Step;

/// Numbers of messages by kind.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    pub(super) added: usize,
    pub(super) modified: usize,
    pub(super) deleted: usize,
    pub(super) groups: usize,
    pub(super) repairs: usize,
}

impl Tally {
    pub(super) fn of(steps: &[&Step]) -> Tally {
        let mut tally = Tally::default();
        for step in steps {
            match step {
                Step::Flow(change) => {
                    match change.kind {
                        ChangeKind::Add => tally.added += 1,
                        ChangeKind::Modify => tally.modified += 1,
                        ChangeKind::Delete => tally.deleted += 1,
                    }
                    tally.repairs += usize::from(change.repair);
                }
                Step::SetGroup(_) | Step::RemoveGroup(_) => tally.groups += 1,
            }
        }
        tally
    }

    pub(super) fn count(&self, counters: &Counters) {
        counters.flows_added.add(self.added);
        counters.flows_modified.add(self.modified);
        counters.flows_deleted.add(self.deleted);
        counters.groups_changed.add(self.groups);
        counters.repairs.add(self.repairs);
    }
}
