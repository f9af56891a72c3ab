//! What a switch tells about other controllers: a role that was taken, a request that was made.

use crate::error::{DecodeError, DecodeErrorKind};
use crate::frame::{HEADER_LEN, Header, VERSION};
use crate::group::GroupMod;
use crate::handshake::Role;
use crate::meter::MeterMod;
use crate::wire::{Put, Reader};

/// ROLE_STATUS: the switch changed the role of this connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoleStatus {
    /// The role it has now.
    pub role: Role,
    /// Why it was changed.
    pub reason: RoleStatusReason,
    /// Number of the election that gave the new primary its role.
    pub generation: u64,
}

/// Why a role was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoleStatusReason(pub u8);

impl RoleStatusReason {
    /// Another controller asked to be primary.
    pub const PRIMARY_REQUEST: Self = Self(0);
    /// The switch was configured so.
    pub const CONFIG: Self = Self(1);
    /// Some experimenter's reason.
    pub const EXPERIMENTER: Self = Self(2);
}

impl RoleStatus {
    pub(crate) fn encode(&self, out: &mut impl Put) {
        out.put32(self.role as u32);
        out.put8(self.reason.0);
        out.zeros(3);
        out.put64(self.generation);
    }

    /// Properties are skipped: only experimenters' are defined.
    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<RoleStatus, DecodeError> {
        let role = Role::decode(reader)?;
        let reason = RoleStatusReason(reader.u8()?);
        reader.skip(3)?;
        let generation = reader.u64()?;
        reader.rest();
        Ok(RoleStatus { role, reason, generation })
    }
}

/// REQUESTFORWARD: another controller's request that changed groups or meters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestForward {
    /// The xid the other controller gave it.
    pub xid: u32,
    /// What it asked.
    pub request: ForwardedRequest,
}

/// A request of another controller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ForwardedRequest {
    /// A change of groups.
    Group(GroupMod),
    /// A change of meters.
    Meter(MeterMod),
}

const GROUP_MOD: u8 = crate::consts::message::GROUP_MOD;
const METER_MOD: u8 = crate::consts::message::METER_MOD;

impl RequestForward {
    pub(crate) fn encode(&self, out: &mut impl Put) {
        let start = out.position();
        out.put8(VERSION);
        out.put8(match self.request {
            ForwardedRequest::Group(_) => GROUP_MOD,
            ForwardedRequest::Meter(_) => METER_MOD,
        });
        out.put16(0);
        out.put32(self.xid);
        match &self.request {
            ForwardedRequest::Group(group_mod) => group_mod.encode(out),
            ForwardedRequest::Meter(meter_mod) => meter_mod.encode(out),
        }
        out.patch_u16(start + 2, out.position() - start);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<RequestForward, DecodeError> {
        let start = reader.offset();
        let header = Header::parse(reader.array::<HEADER_LEN>()?);
        if header.version != VERSION {
            return Err(DecodeError::new(start, DecodeErrorKind::Version(header.version)));
        }
        let mut body = reader.element("forwarded request", usize::from(header.length), start)?;
        let request = match header.message_type {
            GROUP_MOD => ForwardedRequest::Group(GroupMod::decode(&mut body)?),
            METER_MOD => ForwardedRequest::Meter(MeterMod::decode(&mut body)?),
            other => {
                let value = u64::from(other);
                let kind = DecodeErrorKind::BadValue { what: "type of a forwarded request", value };
                return Err(DecodeError::new(start + 1, kind));
            }
        };
        body.finish("forwarded request")?;
        Ok(RequestForward { xid: header.xid, request })
    }
}
