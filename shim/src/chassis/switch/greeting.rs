//! The first words: which version, which switch.

use openflow::{Fault, FaultKind, Hello, Message, MultipartReply, MultipartReplyBody, MultipartRequest};

use super::Error;
use super::link::{Link, Received};
use crate::chassis::identity::Identity;

/// HELLO_FAILED, INCOMPATIBLE.
const INCOMPATIBLE: FaultKind = FaultKind::Standard { kind: 0, code: 0 };

/// What a switch said of itself.
#[derive(Debug)]
pub(super) struct Greeted {
    pub(super) identity: Identity,
    /// Its program and version, for people.
    pub(super) software: String,
}

/// Agrees on OpenFlow 1.5 and asks the switch who it is.
pub(super) async fn greet(link: &mut Link) -> Result<Greeted, Error> {
    link.send(&Message::Hello(Hello::OPENFLOW_15))?;
    let Received { header, message } = link.receive().await?;
    match message? {
        Message::Hello(hello) if hello.supports_15(header.version) => {}
        Message::Hello(hello) => {
            let versions = names(hello, header.version);
            let data = b"only OpenFlow 1.5 is spoken here".to_vec();
            link.send(&Message::Error(Fault { kind: INCOMPATIBLE, data }))?;
            return Err(Error::Version(versions));
        }
        other => return Err(Error::unexpected(&other, "HELLO")),
    }
    let features = link.send(&Message::FeaturesRequest)?;
    let Message::FeaturesReply(features) = reply(link, features).await? else {
        return Err(Error::Refused { what: "features", reason: "another reply came".to_owned() });
    };
    let description = link.send(&Message::MultipartRequest(MultipartRequest::description()))?;
    match reply(link, description).await? {
        Message::MultipartReply(MultipartReply {
            body: MultipartReplyBody::Description(description),
            ..
        }) => Ok(Greeted {
            identity: Identity { datapath_id: features.datapath_id, serial: description.serial },
            software: format!("{} {}", description.hardware, description.software),
        }),
        other => Err(Error::unexpected(&other, "description")),
    }
}

/// The reply to a request; what else comes now is of no interest.
async fn reply(link: &mut Link, xid: u32) -> Result<Message, Error> {
    loop {
        let received = link.receive().await?;
        let message = received.message?;
        match message {
            Message::Error(fault) if received.header.xid == xid || is_hello_failed(&fault) => {
                return Err(Error::Refused { what: "the greeting", reason: fault.to_string() });
            }
            message if received.header.xid == xid => return Ok(message),
            _ => {}
        }
    }
}

fn is_hello_failed(fault: &Fault) -> bool {
    matches!(fault.kind, FaultKind::Standard { kind: 0, .. })
}

/// The versions a HELLO offers, as people write them.
fn names(hello: Hello, header_version: u8) -> String {
    let bits = hello.versions.unwrap_or_else(|| (1u32 << (u32::from(header_version).min(30) + 1)) - 2);
    let names: Vec<String> = (1..=31u32)
        .filter(|version| bits >> version & 1 == 1)
        .map(|version| format!("1.{}", version - 1))
        .collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_named_as_people_do() {
        assert_eq!(names(Hello { versions: Some(0b1_0010) }, 4), "1.0, 1.3");
        assert_eq!(names(Hello { versions: None }, 2), "1.0, 1.1");
        assert_eq!(names(Hello { versions: Some(0) }, 4), "");
    }
}
