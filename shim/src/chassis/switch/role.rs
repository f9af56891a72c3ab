//! What this process is to a switch: its primary, or one that only listens.

use openflow::{FaultKind, Message, Role, RoleState};

use super::exchange;
use super::{Error, inbox::Inbox, link::Link};

/// What a switch answers that has never been told a number.
const NONE: u64 = u64::MAX;

/// The newest election number that the switch has seen.
pub(super) async fn newest_seen(link: &mut Link, inbox: &mut Inbox) -> Result<Option<u64>, Error> {
    let state = request(link, inbox, RoleState { role: Role::NoChange, generation: 0 }).await?;
    Ok((state.generation != NONE).then_some(state.generation))
}

/// Listens only: the switch hands no packets over, and takes no changes. `newest` is the number it has seen.
pub(super) async fn listen(link: &mut Link, inbox: &mut Inbox, newest: Option<u64>) -> Result<(), Error> {
    let state = RoleState { role: Role::Secondary, generation: newest.unwrap_or(0) };
    request(link, inbox, state).await.map(drop)
}

/// Becomes the one that may change the switch. Fails if the switch has seen a newer election.
pub(super) async fn lead(link: &mut Link, inbox: &mut Inbox, generation: u64) -> Result<(), Error> {
    request(link, inbox, RoleState { role: Role::Primary, generation }).await.map(drop)
}

async fn request(link: &mut Link, inbox: &mut Inbox, state: RoleState) -> Result<RoleState, Error> {
    let xid = link.send(&Message::RoleRequest(state))?;
    match exchange::answer(link, inbox, xid).await?.message {
        Ok(Message::RoleReply(state)) => Ok(state),
        Ok(Message::Error(fault)) if fault.kind == FaultKind::STALE_ROLE => Err(Error::Fenced),
        Ok(Message::Error(fault)) => Err(Error::Refused { what: "a role", reason: fault.to_string() }),
        Ok(other) => Err(Error::unexpected(&other, "role")),
        Err(error) => Err(error.into()),
    }
}
