//! Sending to a controller.

use std::fmt;

use crate::error::{DecodeError, DecodeErrorKind};
use crate::wire::{Put, Reader, properties};

/// Send to a controller, with data for it to recognise the packet by, and perhaps stop until it answers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Controller {
    /// Bytes of the packet sent; 0xffff for all.
    pub max_len: u16,
    /// Which controller (see [`Message::SetControllerId`](crate::Message::SetControllerId)); 0 is the default one.
    pub id: u16,
    /// The reason the packet-in shall give.
    pub reason: PacketInReason,
    /// Bytes given back in the packet-in.
    pub userdata: Vec<u8>,
    /// Stop here; the packet-in carries a continuation to resume by.
    pub pause: bool,
    /// Meter that limits the rate of packet-ins.
    pub meter: Option<u32>,
}

impl Default for Controller {
    fn default() -> Self {
        Self {
            max_len: u16::MAX,
            id: 0,
            reason: PacketInReason::ACTION,
            userdata: Vec::new(),
            pause: false,
            meter: None,
        }
    }
}

/// Why a packet came to the controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PacketInReason(pub u8);

impl PacketInReason {
    /// No flow matched.
    pub const NO_MATCH: Self = Self(0);
    /// An action said so.
    pub const ACTION: Self = Self(1);
    /// The time to live ran out.
    pub const INVALID_TTL: Self = Self(2);
    /// An action of an action set said so.
    pub const ACTION_SET: Self = Self(3);
    /// A group bucket said so.
    pub const GROUP: Self = Self(4);
    /// A packet-out said so.
    pub const PACKET_OUT: Self = Self(5);
}

impl fmt::Display for PacketInReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self {
            Self::NO_MATCH => "no_match",
            Self::ACTION => "action",
            Self::INVALID_TTL => "invalid_ttl",
            Self::ACTION_SET => "action_set",
            Self::GROUP => "group",
            Self::PACKET_OUT => "packet_out",
            Self(other) => return write!(f, "{other}"),
        })
    }
}

const MAX_LEN: u16 = 0;
const CONTROLLER_ID: u16 = 1;
const REASON: u16 = 2;
const USERDATA: u16 = 3;
const PAUSE: u16 = 4;
const METER_ID: u16 = 5;

impl Controller {
    /// Whether the older form of the action, without properties, can say it.
    pub(super) fn is_plain(&self) -> bool {
        self.userdata.is_empty() && !self.pause && self.meter.is_none()
    }

    /// The properties of `controller2`; those at their default are left out.
    pub(super) fn encode(&self, out: &mut impl Put) {
        if self.max_len != u16::MAX {
            out.property(MAX_LEN, &self.max_len.to_be_bytes());
        }
        if self.id != 0 {
            out.property(CONTROLLER_ID, &self.id.to_be_bytes());
        }
        if self.reason != PacketInReason::ACTION {
            out.property(REASON, &[self.reason.0]);
        }
        if !self.userdata.is_empty() {
            out.property(USERDATA, &self.userdata);
        }
        if self.pause {
            out.property(PAUSE, &[]);
        }
        if let Some(meter) = self.meter {
            out.property(METER_ID, &meter.to_be_bytes());
        }
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Controller, DecodeError> {
        let mut controller = Controller::default();
        properties(reader, |kind, mut body| {
            match kind {
                MAX_LEN => controller.max_len = body.u16()?,
                CONTROLLER_ID => controller.id = body.u16()?,
                REASON => controller.reason = PacketInReason(body.u8()?),
                USERDATA => controller.userdata = body.rest().to_vec(),
                PAUSE => controller.pause = true,
                METER_ID => controller.meter = Some(body.u32()?),
                other => {
                    let value = u64::from(other);
                    return Err(body
                        .error_behind(4, DecodeErrorKind::BadValue { what: "controller2 property", value }));
                }
            }
            Ok(())
        })?;
        Ok(controller)
    }
}

impl fmt::Display for Controller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = Controller { max_len: self.max_len, ..Controller::default() };
        if *self == plain {
            return write!(f, "CONTROLLER:{}", self.max_len);
        }
        let mut parts = Vec::new();
        if self.reason != PacketInReason::ACTION {
            parts.push(format!("reason={}", self.reason));
        }
        if self.max_len != u16::MAX {
            parts.push(format!("max_len={}", self.max_len));
        }
        if self.id != 0 {
            parts.push(format!("id={}", self.id));
        }
        if !self.userdata.is_empty() {
            parts.push(format!("userdata={}", super::text::DottedHex(&self.userdata)));
        }
        if self.pause {
            parts.push("pause".to_owned());
        }
        if let Some(meter) = self.meter {
            parts.push(format!("meter_id={meter}"));
        }
        write!(f, "controller({})", parts.join(","))
    }
}
