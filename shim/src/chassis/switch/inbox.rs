//! What a switch says without being asked.

use std::sync::Arc;
use std::time::Duration;

use openflow::{
    FlowRemovedReason, FlowUpdate, FlowUpdateEvent, Message, MultipartReply, MultipartReplyBody, Role,
};
use tokio::time::Instant;

use super::link::Received;
use crate::chassis::entry::Chassis;
use crate::chassis::hypervisors::Hypervisors;

/// How long after a repair others' next changes have to wait for theirs. Two that fight over a flow shall not use up the
/// switch; one that changes a flow once is undone at once.
const TRUCE: Duration = Duration::from_millis(300);

/// Takes what a switch says without being asked, at any time of a session.
#[derive(Debug)]
pub(super) struct Inbox {
    hypervisors: Arc<Hypervisors>,
    chassis: Arc<Chassis>,
    /// Others' changes that cannot be judged yet.
    held_back: Vec<FlowUpdate>,
    holding: Holding,
    /// Whether something was said that could not be read: only an audit can tell what changed.
    missed: bool,
    /// Whether flows went because their group or meter did.
    groups_gone: bool,
    /// Whether the switch has another primary now.
    fenced: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holding {
    /// What the switch holds is not known yet.
    UntilFollowed,
    /// A repair has just been made.
    Until(Instant),
    No,
}

impl Inbox {
    pub(super) fn new(hypervisors: Arc<Hypervisors>, chassis: Arc<Chassis>) -> Self {
        Inbox {
            hypervisors,
            chassis,
            held_back: Vec::new(),
            holding: Holding::UntilFollowed,
            missed: false,
            groups_gone: false,
            fenced: false,
        }
    }

    pub(super) fn chassis_name(&self) -> &str {
        &self.chassis.name
    }

    /// Takes a message that nobody asked for.
    pub(super) fn take(&mut self, received: Received) {
        let chassis = &self.chassis.name;
        match received.message {
            Ok(Message::MultipartReply(MultipartReply {
                body: MultipartReplyBody::FlowMonitor(updates),
                ..
            })) => {
                for update in updates {
                    if self.holding == Holding::No {
                        self.judge(update);
                    } else if matches!(update, FlowUpdate::Flow { .. }) {
                        self.held_back.push(update);
                    }
                }
            }
            Ok(Message::RoleStatus(status)) if status.role == Role::Secondary => {
                self.hypervisors.elections.observe(status.generation);
                self.fenced = true;
            }
            Ok(Message::PacketIn(packet)) => self.hypervisors.hand_over(chassis, packet),
            Ok(Message::Error(fault)) => {
                tracing::warn!(%chassis, xid = received.header.xid, %fault, "switch reports an error for no request of ours");
            }
            Ok(message) => {
                tracing::trace!(%chassis, message_type = message.message_type(), "message not used")
            }
            Err(error) => {
                tracing::warn!(%chassis, %error, "message of switch cannot be read");
                self.missed = true;
            }
        }
    }

    /// What the switch holds is known from here on.
    pub(super) fn followed(&mut self) {
        self.release();
    }

    /// A repair has been made.
    pub(super) fn repaired(&mut self) {
        self.holding = Holding::Until(Instant::now() + TRUCE);
    }

    /// When others' changes held back are to be judged.
    pub(super) fn release_at(&self) -> Option<Instant> {
        if let Holding::Until(at) = self.holding { Some(at) } else { None }
    }

    /// Judges others' changes held back, and from now on those that come.
    pub(super) fn release(&mut self) {
        self.holding = Holding::No;
        for update in std::mem::take(&mut self.held_back) {
            self.judge(update);
        }
    }

    /// Whether something was missed since the last time this was asked.
    pub(super) fn take_missed(&mut self) -> bool {
        std::mem::take(&mut self.missed)
    }

    /// Whether flows have gone because their group or meter did, since the last time this was asked.
    pub(super) fn take_groups_gone(&mut self) -> bool {
        std::mem::take(&mut self.groups_gone)
    }

    /// Whether the switch has another primary now.
    pub(super) fn is_fenced(&self) -> bool {
        self.fenced
    }

    fn judge(&mut self, update: FlowUpdate) {
        let FlowUpdate::Flow { event, flow } = update else { return };
        // Groups and meters are not reported on: the flows that went with one tell that it went.
        self.groups_gone |= [FlowRemovedReason::GROUP_DELETE, FlowRemovedReason::METER_DELETE]
            .iter()
            .any(|reason| event == FlowUpdateEvent::Removed(*reason));
        let present = !matches!(event, FlowUpdateEvent::Removed(_));
        let key = flow.key();
        if self.chassis.tampered(flow, present) {
            tracing::debug!(chassis = %self.chassis.name, %key, ?event, "somebody else changed a flow");
        }
    }
}
