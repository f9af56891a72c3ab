//! Bundles: changes go into a switch together, or not at all.

use bytes::BytesMut;
use openflow::{Bundle, BundleControl, BundleControlKind, BundleMember, FlowMod, GroupMod, Message, Meter};

use super::Error;
use super::attempts::{Attempts, Verdict};
use super::exchange::within;
use super::inbox::Inbox;
use super::link::Link;
use crate::chassis::difference::Change;
use crate::chassis::step::Step;

/// What became of a push.
#[derive(Debug)]
pub(super) struct Pushed<'changes> {
    pub(super) accepted: Vec<&'changes Step>,
    pub(super) rejected: Vec<(&'changes Step, String)>,
    pub(super) n_bundles: usize,
}

/// What the flow tables are like before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ground {
    /// As the changes expect.
    Known,
    /// Not known: everything is deleted first, in the same bundle, so that no packet sees empty tables.
    Unknown,
}

/// Brings changes into the switch. Nothing to bring sends nothing.
pub(super) async fn push<'changes>(
    link: &mut Link,
    inbox: &mut Inbox,
    changes: &'changes [Step],
    ground: Ground,
) -> Result<Pushed<'changes>, Error> {
    let mut attempts = match ground {
        Ground::Known => Attempts::new(changes),
        Ground::Unknown => Attempts::in_one(changes),
    };
    let mut ground = ground;
    while let Some(bundle) = attempts.next() {
        let verdict = attempt(link, inbox, &bundle, ground).await?;
        if verdict == Verdict::Committed {
            ground = Ground::Known;
        }
        attempts.judge(bundle, verdict);
    }
    let (accepted, rejected, n_bundles) = attempts.finish();
    Ok(Pushed { accepted, rejected, n_bundles })
}

/// One bundle. A message that the switch cannot decode is left out of a bundle and does not keep the rest from being
/// committed; hence the barrier, and no commit after an error.
async fn attempt(
    link: &mut Link,
    inbox: &mut Inbox,
    steps: &[&Step],
    ground: Ground,
) -> Result<Verdict, Error> {
    let open = link.xid();
    // Unique among the open bundles of the connection, since no two are open at once.
    let bundle = Bundle::new(open);
    let mut bytes = BytesMut::new();
    bundle.open().encode(open, &mut bytes)?;
    if ground == Ground::Unknown {
        for clear in
            [BundleMember::from(FlowMod::delete_all()), GroupMod::delete(GroupMod::ALL_GROUPS).into()]
        {
            bundle.add(clear).encode(link.xid(), &mut bytes)?;
        }
    }
    let mut xids = Vec::with_capacity(steps.len());
    let mut too_long = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        let xid = link.xid();
        xids.push(xid);
        if let Err(error) = bundle.add(step.to_member()).encode(xid, &mut bytes) {
            too_long.push((at, error.to_string()));
        }
    }
    if !too_long.is_empty() {
        return Ok(Verdict::Faulty(too_long));
    }
    let barrier = link.xid();
    Message::BarrierRequest.encode(barrier, &mut bytes)?;
    link.send_encoded(bytes)?;

    let mut faults = Vec::new();
    let mut refused = None;
    within(async {
        loop {
            let received = link.receive().await?;
            let xid = received.header.xid;
            match received.message {
                Ok(Message::BarrierReply) if xid == barrier => return Ok(()),
                Ok(Message::BundleControl(_)) if xid == open => {}
                Ok(Message::Error(fault)) if xid == open => refused = Some(fault.to_string()),
                Ok(Message::Error(fault)) if let Some(at) = place(&xids, xid) => {
                    faults.push((at, fault.to_string()))
                }
                _ => inbox.take(received),
            }
        }
    })
    .await?;
    if let Some(reason) = refused {
        return Err(Error::Refused { what: "open a bundle", reason });
    }
    if !faults.is_empty() {
        link.send(&bundle.discard())?;
        return Ok(Verdict::Faulty(faults));
    }

    let commit = link.send(&bundle.commit())?;
    within(async {
        loop {
            let received = link.receive().await?;
            let xid = received.header.xid;
            match received.message {
                Ok(Message::BundleControl(BundleControl {
                    kind: BundleControlKind::CommitReply, ..
                })) if xid == commit => {
                    return Ok(Verdict::Committed);
                }
                // The switch first names the culprit, if it knows it, and then fails the commit.
                Ok(Message::Error(fault)) if xid == commit => {
                    let named = std::mem::take(&mut faults);
                    let nobody = named.is_empty();
                    return Ok(if nobody {
                        Verdict::Failed(fault.to_string())
                    } else {
                        Verdict::Faulty(named)
                    });
                }
                Ok(Message::Error(fault)) if let Some(at) = place(&xids, xid) => {
                    faults.push((at, fault.to_string()))
                }
                _ => inbox.take(received),
            }
        }
    })
    .await
}

/// Brings changes of meters into the switch. Gives those that it refuses.
pub(super) async fn push_meters<'changes>(
    link: &mut Link,
    inbox: &mut Inbox,
    changes: &'changes [Change<Meter>],
) -> Result<Vec<(&'changes Change<Meter>, String)>, Error> {
    let mut refused = Vec::new();
    if changes.is_empty() {
        return Ok(refused);
    }
    let mut xids = Vec::with_capacity(changes.len());
    for change in changes {
        xids.push(link.send(&Message::MeterMod(change.to_meter_mod()))?);
    }
    let barrier = link.send(&Message::BarrierRequest)?;
    within(async {
        loop {
            let received = link.receive().await?;
            let xid = received.header.xid;
            match received.message {
                Ok(Message::BarrierReply) if xid == barrier => return Ok(()),
                Ok(Message::Error(fault)) if let Some(at) = place(&xids, xid) => {
                    refused.push((&changes[at], fault.to_string()));
                }
                _ => inbox.take(received),
            }
        }
    })
    .await?;
    Ok(refused)
}

/// Which message of a bundle has this number.
fn place(xids: &[u32], xid: u32) -> Option<usize> {
    // Numbers ascend, except where they start over.
    xids.binary_search(&xid).ok().or_else(|| xids.iter().position(|other| *other == xid))
}
