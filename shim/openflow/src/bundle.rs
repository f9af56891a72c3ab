//! Bundles: several messages that take effect together.

use bytes::{Bytes, BytesMut};

use crate::consts::message;
use crate::error::{DecodeError, DecodeErrorKind, EncodeError};
use crate::flow::FlowMod;
use crate::frame::{HEADER_LEN, Header, VERSION};
use crate::group::GroupMod;
use crate::message::Message;
use crate::packet::PacketOut;
use crate::wire::{Put, Reader};

/// BUNDLE_CONTROL, in both directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BundleControl {
    /// Our number for the bundle.
    pub bundle: u32,
    /// What to do, or what was done.
    pub kind: BundleControlKind,
    /// How it takes effect; the same in all messages of a bundle.
    pub flags: BundleFlags,
}

/// What a [`BundleControl`] does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BundleControlKind {
    /// Begin it.
    OpenRequest,
    /// It has begun.
    OpenReply,
    /// Take no more messages; a commit does this too.
    CloseRequest,
    /// It takes no more messages.
    CloseReply,
    /// Make its messages take effect.
    CommitRequest,
    /// They have taken effect.
    CommitReply,
    /// Forget it.
    DiscardRequest,
    /// It is forgotten.
    DiscardReply,
}

/// How a bundle takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BundleFlags(pub u16);

impl BundleFlags {
    /// All messages or none, and no packet sees a part.
    pub const ATOMIC: BundleFlags = BundleFlags(1);
    /// In the order they were added.
    pub const ORDERED: BundleFlags = BundleFlags(2);
    /// Both.
    pub const ATOMIC_ORDERED: BundleFlags = BundleFlags(3);
}

const CONTROL_KINDS: [BundleControlKind; 8] = [
    BundleControlKind::OpenRequest,
    BundleControlKind::OpenReply,
    BundleControlKind::CloseRequest,
    BundleControlKind::CloseReply,
    BundleControlKind::CommitRequest,
    BundleControlKind::CommitReply,
    BundleControlKind::DiscardRequest,
    BundleControlKind::DiscardReply,
];

impl BundleControl {
    pub(crate) fn encode(&self, out: &mut impl Put) {
        out.put32(self.bundle);
        out.put16(self.kind as u16);
        out.put16(self.flags.0);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<BundleControl, DecodeError> {
        let bundle = reader.u32()?;
        let at = reader.clone();
        let kind = reader.u16()?;
        let flags = BundleFlags(reader.u16()?);
        match CONTROL_KINDS.get(usize::from(kind)) {
            Some(&kind) => Ok(BundleControl { bundle, kind, flags }),
            None => {
                let value = u64::from(kind);
                Err(at.error(DecodeErrorKind::BadValue { what: "bundle control type", value }))
            }
        }
    }
}

/// BUNDLE_ADD_MESSAGE. The message inside has the xid of the one around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleAdd {
    /// The bundle.
    pub bundle: u32,
    /// The flags it was opened with.
    pub flags: BundleFlags,
    /// The message added.
    pub member: BundleMember,
}

/// What a bundle may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BundleMember {
    /// A change of flows.
    Flow(FlowMod),
    /// A change of groups.
    Group(GroupMod),
    /// A packet to send.
    Packet(PacketOut),
    /// A message already encoded, or of a type not known here: all after its header.
    /// Encoding once and adding the bytes to the bundles of many switches saves the work.
    Encoded {
        /// Message type number.
        message_type: u8,
        /// All after the header.
        body: Bytes,
    },
}

impl BundleMember {
    /// The same member as bytes, cheap to clone.
    pub fn to_encoded(&self) -> BundleMember {
        let mut out = BytesMut::new();
        self.encode_body(&mut out);
        BundleMember::Encoded { message_type: self.message_type(), body: out.freeze() }
    }

    fn message_type(&self) -> u8 {
        match self {
            BundleMember::Flow(_) => message::FLOW_MOD,
            BundleMember::Group(_) => message::GROUP_MOD,
            BundleMember::Packet(_) => message::PACKET_OUT,
            BundleMember::Encoded { message_type, .. } => *message_type,
        }
    }

    fn encode_body(&self, out: &mut impl Put) {
        match self {
            BundleMember::Flow(flow_mod) => flow_mod.encode(out),
            BundleMember::Group(group_mod) => group_mod.encode(out),
            BundleMember::Packet(packet_out) => packet_out.encode(out),
            BundleMember::Encoded { body, .. } => out.put(body),
        }
    }
}

impl From<FlowMod> for BundleMember {
    fn from(flow_mod: FlowMod) -> Self {
        BundleMember::Flow(flow_mod)
    }
}

impl From<GroupMod> for BundleMember {
    fn from(group_mod: GroupMod) -> Self {
        BundleMember::Group(group_mod)
    }
}

impl BundleAdd {
    pub(crate) fn encode(&self, xid: u32, out: &mut impl Put) {
        out.put32(self.bundle);
        out.put16(0);
        out.put16(self.flags.0);
        let inner = out.position();
        out.put8(VERSION);
        out.put8(self.member.message_type());
        out.put16(0);
        out.put32(xid);
        self.member.encode_body(out);
        out.patch_u16(inner + 2, out.position() - inner);
    }

    pub(crate) fn decode(xid: u32, reader: &mut Reader<'_>) -> Result<BundleAdd, DecodeError> {
        let bundle = reader.u32()?;
        reader.skip(2)?;
        let flags = BundleFlags(reader.u16()?);
        let start = reader.offset();
        let header = Header::parse(reader.array::<HEADER_LEN>()?);
        let bad = |what, value| DecodeError::new(start, DecodeErrorKind::BadValue { what, value });
        if header.version != VERSION {
            return Err(DecodeError::new(start, DecodeErrorKind::Version(header.version)));
        }
        if header.xid != xid {
            return Err(bad("xid inside a bundle message", u64::from(header.xid)));
        }
        let mut body = reader.element("message in a bundle", usize::from(header.length), start)?;
        let member = match header.message_type {
            message::FLOW_MOD => BundleMember::Flow(FlowMod::decode(&mut body)?),
            message::GROUP_MOD => BundleMember::Group(GroupMod::decode(&mut body)?),
            message::PACKET_OUT => BundleMember::Packet(PacketOut::decode(&mut body)?),
            message_type => BundleMember::Encoded { message_type, body: Bytes::copy_from_slice(body.rest()) },
        };
        // Properties may follow; none is defined that the switch would need.
        reader.rest();
        Ok(BundleAdd { bundle, flags, member })
    }
}

/// Makes the messages of one bundle.
///
/// A message that the switch cannot decode inside a bundle is answered by an ERROR with its xid and
/// left out, and a later commit still succeeds. To be sure of all or nothing, send a barrier before the
/// commit and commit only if no error came for the xids of the bundle; [`Bundle::prepare`] ends with
/// that barrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bundle {
    /// Our number for it, unique among the open bundles of a connection.
    pub id: u32,
    /// How it takes effect.
    pub flags: BundleFlags,
}

impl Bundle {
    /// An atomic, ordered bundle.
    pub fn new(id: u32) -> Bundle {
        Bundle { id, flags: BundleFlags::ATOMIC_ORDERED }
    }

    /// Opens it.
    pub fn open(&self) -> Message {
        self.control(BundleControlKind::OpenRequest)
    }

    /// Adds a message to it.
    pub fn add(&self, member: impl Into<BundleMember>) -> Message {
        Message::BundleAdd(BundleAdd { bundle: self.id, flags: self.flags, member: member.into() })
    }

    /// Makes its messages take effect.
    pub fn commit(&self) -> Message {
        self.control(BundleControlKind::CommitRequest)
    }

    /// Forgets it.
    pub fn discard(&self) -> Message {
        self.control(BundleControlKind::DiscardRequest)
    }

    /// OPEN, an ADD for each member, BARRIER. Commit or discard when the barrier is answered.
    pub fn prepare<M: Into<BundleMember>>(
        &self,
        members: impl IntoIterator<Item = M>,
    ) -> impl Iterator<Item = Message> {
        let bundle = *self;
        std::iter::once(self.open())
            .chain(members.into_iter().map(move |member| bundle.add(member)))
            .chain(std::iter::once(Message::BarrierRequest))
    }

    /// Encodes [`prepare`](Self::prepare) behind each other; `next_xid` gives each message its number.
    /// On an error the messages encoded so far stay in `out`.
    pub fn encode_prepare<M: Into<BundleMember>>(
        &self,
        members: impl IntoIterator<Item = M>,
        mut next_xid: impl FnMut() -> u32,
        out: &mut BytesMut,
    ) -> Result<(), EncodeError> {
        self.prepare(members).try_for_each(|message| message.encode(next_xid(), out))
    }

    fn control(&self, kind: BundleControlKind) -> Message {
        Message::BundleControl(BundleControl { bundle: self.id, kind, flags: self.flags })
    }
}
