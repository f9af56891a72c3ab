//! Requests and their replies, while everything else goes on.

use std::time::Duration;

use openflow::{
    Fault, Flow, FlowFilter, Group, Message, Meter, MultipartReply, MultipartReplyBody, MultipartRequest,
    MultipartRequestBody,
};

use super::Error;
use super::inbox::Inbox;
use super::link::{Link, Received};

/// How long a switch that is otherwise alive may take to answer.
pub(super) const REPLY_TIMEOUT: Duration = Duration::from_secs(60);

/// Waits for the reply to request `xid`. An ERROR is an error.
pub(super) async fn reply(
    link: &mut Link,
    inbox: &mut Inbox,
    xid: u32,
    what: &'static str,
) -> Result<Message, Error> {
    match answer(link, inbox, xid).await?.message {
        Ok(Message::Error(fault)) => Err(Error::Refused { what, reason: fault.to_string() }),
        Ok(message) => Ok(message),
        Err(error) => Err(error.into()),
    }
}

/// Sends a message that has no reply but an ERROR, and waits until the switch has done it.
pub(super) async fn command(
    link: &mut Link,
    inbox: &mut Inbox,
    message: &Message,
) -> Result<Result<(), Fault>, Error> {
    let command = link.send(message)?;
    let barrier = link.send(&Message::BarrierRequest)?;
    let mut outcome = Ok(());
    within(async {
        loop {
            let received = link.receive().await?;
            match received.message {
                Ok(Message::Error(fault)) if received.header.xid == command => outcome = Err(fault),
                Ok(Message::BarrierReply) if received.header.xid == barrier => return Ok(()),
                _ => inbox.take(received),
            }
        }
    })
    .await?;
    Ok(outcome)
}

/// The flows of one table, or of all, as the switch has them.
pub(super) async fn flows(link: &mut Link, inbox: &mut Inbox, table: Option<u8>) -> Result<Vec<Flow>, Error> {
    let filter = FlowFilter { table, ..FlowFilter::all() };
    let request = MultipartRequest { more: false, body: MultipartRequestBody::Flows(filter) };
    collect(link, inbox, request, |body| match body {
        MultipartReplyBody::Flows(flows) => Some(flows.into_iter().map(|installed| installed.flow).collect()),
        _ => None,
    })
    .await
}

/// All groups as the switch has them.
pub(super) async fn groups(link: &mut Link, inbox: &mut Inbox) -> Result<Vec<Group>, Error> {
    collect(link, inbox, MultipartRequest::all_groups(), |body| match body {
        MultipartReplyBody::Groups(groups) => Some(groups),
        _ => None,
    })
    .await
}

/// All meters as the switch has them.
pub(super) async fn meters(link: &mut Link, inbox: &mut Inbox) -> Result<Vec<Meter>, Error> {
    let request = MultipartRequest { more: false, body: MultipartRequestBody::Meters(None) };
    collect(link, inbox, request, |body| match body {
        MultipartReplyBody::Meters(meters) => Some(meters),
        _ => None,
    })
    .await
}

/// All parts of a reply.
async fn collect<T>(
    link: &mut Link,
    inbox: &mut Inbox,
    request: MultipartRequest,
    contents: impl Fn(MultipartReplyBody) -> Option<Vec<T>>,
) -> Result<Vec<T>, Error> {
    let asked = link.send(&Message::MultipartRequest(request))?;
    let mut items = Vec::new();
    loop {
        match answer(link, inbox, asked).await?.message {
            Ok(Message::MultipartReply(MultipartReply { more, body })) => {
                items.extend(
                    contents(body)
                        .ok_or(Error::Unexpected { message_type: MULTIPART_REPLY, wanted: DUMP })?,
                );
                if !more {
                    return Ok(items);
                }
            }
            Ok(Message::Error(fault)) => {
                return Err(Error::Refused { what: DUMP, reason: fault.to_string() });
            }
            Ok(other) => return Err(Error::unexpected(&other, DUMP)),
            // Whether this was the last part is not known: a barrier tells.
            Err(error) => return skip(link, inbox, asked).await.and(Err(error.into())),
        }
    }
}

const DUMP: &str = "flows, groups or meters";
const MULTIPART_REPLY: u8 = 19;

/// Drops the rest of the reply to a request.
async fn skip(link: &mut Link, inbox: &mut Inbox, asked: u32) -> Result<(), Error> {
    let barrier = link.send(&Message::BarrierRequest)?;
    within(async {
        loop {
            let received = link.receive().await?;
            match received.message {
                Ok(Message::BarrierReply) if received.header.xid == barrier => return Ok(()),
                _ if received.header.xid == asked => {}
                _ => inbox.take(received),
            }
        }
    })
    .await
}

/// Waits for `until` while messages go on being received.
pub(super) async fn meanwhile<T>(
    link: &mut Link,
    inbox: &mut Inbox,
    until: impl Future<Output = T>,
) -> Result<T, Error> {
    tokio::pin!(until);
    loop {
        tokio::select! {
            done = &mut until => return Ok(done),
            received = link.receive() => inbox.take(received?),
        }
    }
}

/// Fails if a switch takes too long.
pub(super) async fn within<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    tokio::time::timeout(REPLY_TIMEOUT, work).await.unwrap_or(Err(Error::NoReply))
}

pub(super) async fn answer(link: &mut Link, inbox: &mut Inbox, xid: u32) -> Result<Received, Error> {
    within(async {
        loop {
            let received = link.receive().await?;
            if received.header.xid == xid {
                return Ok(received);
            }
            inbox.take(received);
        }
    })
    .await
}
