//! Groups: sets of action buckets.

use std::fmt::{self, Write};

use crate::action::{Action, decode_actions, encode_actions, write_actions};
use crate::consts::{EXPERIMENTER, NETRONOME};
use crate::error::{BuildError, DecodeError, DecodeErrorKind};
use crate::field::{Dialect, Field, MaskFollows, format_value, number, put_header, take_header};
use crate::flow::ANY_GROUP;
use crate::port::PortNo;
use crate::wire::{Put, Reader, properties, text};

/// A group, as it is set and as the switch gives it back (GROUP_DESC).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Group {
    /// Its number, up to 0xffffff00.
    pub id: u32,
    /// How a packet goes through it.
    pub kind: GroupType,
    /// How a bucket is chosen; only for [`GroupType::Select`]. `None` leaves it to the switch (dp_hash).
    pub selection: Option<SelectionMethod>,
    /// Its buckets.
    pub buckets: Vec<Bucket>,
}

/// How a packet goes through a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GroupType {
    /// A copy through every bucket.
    All,
    /// Through one bucket, chosen by a hash and weights.
    Select,
    /// Through its one bucket.
    Indirect,
    /// Through the first bucket whose watched port or group is live.
    FastFailover,
}

/// One list of actions of a group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bucket {
    /// Its number, unique in the group, up to 0xffffff00.
    pub id: u32,
    /// Its share, in a select group; elsewhere 0.
    pub weight: u16,
    /// The port whose link decides whether it is live.
    pub watch_port: Option<PortNo>,
    /// The group that decides whether it is live.
    pub watch_group: Option<u32>,
    /// What it does.
    pub actions: Vec<Action>,
}

/// How a select group chooses a bucket (an Open vSwitch extension).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SelectionMethod {
    name: String,
    parameter: u64,
    fields: Vec<(Field, u128)>,
}

impl SelectionMethod {
    /// By the hash the datapath computes (over the 5-tuple) itself; `seed` changes it.
    pub fn dp_hash(seed: u64) -> SelectionMethod {
        SelectionMethod { name: "dp_hash".to_owned(), parameter: seed, fields: Vec::new() }
    }

    /// By a hash over these fields.
    pub fn hash(fields: impl IntoIterator<Item = Field>) -> SelectionMethod {
        let whole = |field: Field| (field, full_mask(field));
        let mut fields: Vec<_> = fields.into_iter().map(whole).collect();
        fields.sort();
        fields.dedup();
        SelectionMethod { name: "hash".to_owned(), parameter: 0, fields }
    }

    /// By a method of another name, up to 15 bytes long.
    pub fn named(name: &str, parameter: u64) -> Result<SelectionMethod, BuildError> {
        if name.len() >= METHOD_NAME_LEN {
            return Err(BuildError::TextTooLong {
                what: "selection method",
                text: name.to_owned(),
                limit: METHOD_NAME_LEN - 1,
            });
        }
        Ok(SelectionMethod { name: name.to_owned(), parameter, fields: Vec::new() })
    }

    /// By a method of another name, over these bits of fields.
    pub(crate) fn with(
        name: &str,
        parameter: u64,
        fields: impl IntoIterator<Item = (Field, u128)>,
    ) -> Result<SelectionMethod, BuildError> {
        let within = |(field, mask): (Field, u128)| (field, mask & full_mask(field));
        let mut fields: Vec<_> = fields.into_iter().map(within).collect();
        fields.sort();
        fields.dedup();
        Ok(SelectionMethod { fields, ..SelectionMethod::named(name, parameter)? })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Fields hashed, with the mask of the bits that count.
    pub fn fields(&self) -> &[(Field, u128)] {
        &self.fields
    }

    fn encode(&self, out: &mut impl Put) {
        let start = out.position();
        out.put16(EXPERIMENTER);
        out.put16(0);
        out.put32(NETRONOME);
        out.put32(SELECTION_METHOD);
        out.zeros(4);
        out.put_text(&self.name, METHOD_NAME_LEN);
        out.put64(self.parameter);
        for &(field, mask) in &self.fields {
            let bytes = field.default_bytes().min(16);
            put_header(out, field, Dialect::Standard, MaskFollows::No, bytes);
            out.put(&mask.to_be_bytes()[16 - usize::from(bytes)..]);
        }
        out.patch_u16(start + 2, out.position() - start);
        out.pad_from(start);
    }

    fn decode(body: &mut Reader<'_>) -> Result<Option<SelectionMethod>, DecodeError> {
        if (body.u32()?, body.u32()?) != (NETRONOME, SELECTION_METHOD) {
            return Ok(None);
        }
        body.skip(4)?;
        let at = body.clone();
        let name = text(body.bytes(METHOD_NAME_LEN)?);
        if name.len() >= METHOD_NAME_LEN {
            return Err(at.error(DecodeErrorKind::BadLength { what: "selection method", length: name.len() }));
        }
        let parameter = body.u64()?;
        let mut fields = Vec::new();
        while !body.is_empty() {
            let header = take_header(body)?;
            let mask = body.bytes(header.payload)?;
            if let Some(field) = header.field() {
                fields.push((field, number(mask) & full_mask(field)));
            }
        }
        fields.sort();
        Ok((!name.is_empty()).then_some(SelectionMethod { name, parameter, fields }))
    }
}

/// All bits of the bytes a field takes.
fn full_mask(field: Field) -> u128 {
    u128::MAX >> (128 - 8 * u32::from(field.default_bytes()).min(16))
}

const METHOD_NAME_LEN: usize = 16;
const SELECTION_METHOD: u32 = 1;
const WEIGHT: u16 = 0;
const WATCH_PORT: u16 = 1;
const WATCH_GROUP: u16 = 2;

impl Bucket {
    /// A bucket of weight 1.
    pub fn new(id: u32, actions: Vec<Action>) -> Bucket {
        Bucket { id, weight: 1, watch_port: None, watch_group: None, actions }
    }

    fn encode(&self, kind: GroupType, out: &mut impl Put) {
        let start = out.position();
        out.put16(0);
        out.put16(0);
        out.put32(self.id);
        let actions = out.position();
        encode_actions(&self.actions, out);
        out.patch_u16(start + 2, out.position() - actions);
        // Only select groups have weights; elsewhere the number is noise that would not come back.
        if kind == GroupType::Select {
            out.property(WEIGHT, &self.weight.to_be_bytes());
        }
        if let Some(port) = self.watch_port {
            out.property(WATCH_PORT, &port.0.to_be_bytes());
        }
        if let Some(group) = self.watch_group {
            out.property(WATCH_GROUP, &group.to_be_bytes());
        }
        out.patch_u16(start, out.position() - start);
    }

    fn decode(kind: GroupType, reader: &mut Reader<'_>) -> Result<Bucket, DecodeError> {
        let start = reader.offset();
        let length = usize::from(reader.u16()?);
        let mut body = reader.element("bucket", length, start)?;
        let actions_len = usize::from(body.u16()?);
        let id = body.u32()?;
        let actions = decode_actions(&mut body.sub(actions_len)?)?;
        let weight = if kind == GroupType::Select { 1 } else { 0 };
        let mut bucket = Bucket { id, weight, watch_port: None, watch_group: None, actions };
        properties(&mut body, |property, mut value| {
            match property {
                WEIGHT if kind == GroupType::Select => bucket.weight = value.u16()?,
                WATCH_PORT => {
                    bucket.watch_port = Some(PortNo(value.u32()?)).filter(|&port| port != PortNo::ANY);
                }
                WATCH_GROUP => bucket.watch_group = Some(value.u32()?).filter(|&group| group != ANY_GROUP),
                _ => {}
            }
            Ok(())
        })?;
        Ok(bucket)
    }
}

impl Group {
    /// The same group with weights only where they mean something, as a switch gives it back.
    pub fn canonical(mut self) -> Group {
        if self.kind != GroupType::Select {
            self.buckets.iter_mut().for_each(|bucket| bucket.weight = 0);
            self.selection = None;
        }
        self
    }

    /// Buckets; `patch` is where their length goes.
    fn encode_buckets(&self, patch: usize, out: &mut impl Put) {
        let start = out.position();
        self.buckets.iter().for_each(|bucket| bucket.encode(self.kind, out));
        out.patch_u16(patch, out.position() - start);
    }

    /// Buckets, then properties.
    fn encode_tail(&self, patch: usize, out: &mut impl Put) {
        self.encode_buckets(patch, out);
        if let Some(selection) = &self.selection {
            selection.encode(out);
        }
    }

    fn decode_tail(
        id: u32,
        kind: GroupType,
        buckets_len: usize,
        reader: &mut Reader<'_>,
    ) -> Result<Group, DecodeError> {
        let mut buckets_reader = reader.sub(buckets_len)?;
        let mut buckets = Vec::new();
        while !buckets_reader.is_empty() {
            buckets.push(Bucket::decode(kind, &mut buckets_reader)?);
        }
        let mut selection = None;
        properties(reader, |property, mut body| {
            if property == EXPERIMENTER {
                selection = SelectionMethod::decode(&mut body)?;
            }
            Ok(())
        })?;
        Ok(Group { id, kind, selection, buckets })
    }

    /// One entry of a GROUP_DESC reply.
    pub(crate) fn encode_description(&self, out: &mut impl Put) {
        let start = out.position();
        out.put16(0);
        out.put8(self.kind as u8);
        out.zeros(1);
        out.put32(self.id);
        out.put16(0);
        out.zeros(6);
        self.encode_tail(start + 8, out);
        out.patch_u16(start, out.position() - start);
    }

    pub(crate) fn decode_description(reader: &mut Reader<'_>) -> Result<Group, DecodeError> {
        let start = reader.offset();
        let length = usize::from(reader.u16()?);
        let mut body = reader.element("group", length, start)?;
        let kind = GroupType::decode(&mut body)?;
        body.skip(1)?;
        let id = body.u32()?;
        let buckets_len = usize::from(body.u16()?);
        body.skip(6)?;
        Group::decode_tail(id, kind, buckets_len, &mut body)
    }
}

impl GroupType {
    fn decode(reader: &mut Reader<'_>) -> Result<GroupType, DecodeError> {
        Ok(match reader.u8()? {
            0 => GroupType::All,
            1 => GroupType::Select,
            2 => GroupType::Indirect,
            3 => GroupType::FastFailover,
            other => {
                let value = u64::from(other);
                return Err(reader.error_behind(1, DecodeErrorKind::BadValue { what: "group type", value }));
            }
        })
    }
}

impl fmt::Display for Group {
    /// `group_id=7,type=select,selection_method=dp_hash,bucket=bucket_id:0,weight:100,actions=output:1`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "group_id={},type={}", self.id, self.kind)?;
        if let Some(SelectionMethod { name, parameter, fields }) = &self.selection {
            write!(f, ",selection_method={name}")?;
            if *parameter != 0 {
                write!(f, ",selection_method_param={parameter}")?;
            }
            match fields.as_slice() {
                [] => {}
                [one] => write!(f, ",fields={}", Selected(*one))?,
                many => {
                    let names: Vec<_> = many.iter().map(|&one| Selected(one).to_string()).collect();
                    write!(f, ",fields({})", names.join(","))?;
                }
            }
        }
        for bucket in &self.buckets {
            let mut text = String::new();
            write!(text, "bucket_id:{},", bucket.id)?;
            let usual_weight = if self.kind == GroupType::Select { 1 } else { 0 };
            if bucket.weight != usual_weight {
                write!(text, "weight:{},", bucket.weight)?;
            }
            if let Some(port) = bucket.watch_port {
                write!(text, "watch_port:{port},")?;
            }
            if let Some(group) = bucket.watch_group {
                write!(text, "watch_group:{group},")?;
            }
            text.push_str("actions=");
            write_actions(&mut text, &bucket.actions)?;
            write!(f, ",bucket={text}")?;
        }
        Ok(())
    }
}

/// A field that is hashed, and the bits of it if not all are.
struct Selected((Field, u128));

impl fmt::Display for Selected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Selected((field, mask)) = *self;
        write!(f, "{field}")?;
        if mask == full_mask(field) {
            return Ok(());
        }
        f.write_str("=")?;
        let bytes = usize::from(field.default_bytes().min(16));
        format_value(f, field, &mask.to_be_bytes()[16 - bytes..], None)
    }
}

impl fmt::Display for GroupType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            GroupType::All => "all",
            GroupType::Select => "select",
            GroupType::Indirect => "indirect",
            GroupType::FastFailover => "ff",
        })
    }
}

/// GROUP_MOD: adds, changes or deletes a group.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GroupMod {
    /// What to do.
    pub command: GroupCommand,
    /// The group; for bucket commands its buckets are those to insert, for deletes they are not read.
    /// The selection method is only sent with the commands that add or change a whole group.
    pub group: Group,
}

/// What a [`GroupMod`] does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GroupCommand {
    /// Add; fails if it exists.
    Add,
    /// Change; fails if it does not exist.
    Modify,
    /// Delete it and all flows that use it; no error if it does not exist.
    Delete,
    /// Add or change (an Open vSwitch extension).
    AddOrModify,
    /// Insert the buckets behind this one.
    InsertBucket(BucketId),
    /// Remove this bucket.
    RemoveBucket(BucketId),
}

impl GroupCommand {
    /// The switch refuses a selection method beside the other commands.
    fn takes_selection(self) -> bool {
        match self {
            GroupCommand::Add | GroupCommand::Modify | GroupCommand::AddOrModify => true,
            GroupCommand::Delete | GroupCommand::InsertBucket(_) | GroupCommand::RemoveBucket(_) => false,
        }
    }
}

/// Names a place in a group's list of buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BucketId(pub u32);

impl BucketId {
    /// Before the first bucket, or the first one.
    pub const FIRST: BucketId = BucketId(0xffff_fffd);
    /// Behind the last bucket, or the last one.
    pub const LAST: BucketId = BucketId(0xffff_fffe);
    /// All buckets; for commands that do not name one.
    pub const ALL: BucketId = BucketId(0xffff_ffff);
}

impl GroupMod {
    /// Every group.
    pub const ALL_GROUPS: u32 = 0xffff_fffc;

    /// Adds the group, or gives the existing one this content.
    pub fn add_or_modify(group: Group) -> GroupMod {
        GroupMod { command: GroupCommand::AddOrModify, group }
    }

    /// Deletes one group, or with [`GroupMod::ALL_GROUPS`] all.
    pub fn delete(id: u32) -> GroupMod {
        let group = Group { id, kind: GroupType::All, selection: None, buckets: Vec::new() };
        GroupMod { command: GroupCommand::Delete, group }
    }

    pub(crate) fn encode(&self, out: &mut impl Put) {
        let (command, bucket) = match self.command {
            GroupCommand::Add => (0, BucketId::ALL),
            GroupCommand::Modify => (1, BucketId::ALL),
            GroupCommand::Delete => (2, BucketId::ALL),
            GroupCommand::InsertBucket(at) => (3, at),
            GroupCommand::RemoveBucket(which) => (5, which),
            GroupCommand::AddOrModify => (0x8000, BucketId::ALL),
        };
        out.put16(command);
        out.put8(self.group.kind as u8);
        out.zeros(1);
        out.put32(self.group.id);
        let patch = out.position();
        out.put16(0);
        out.zeros(2);
        out.put32(bucket.0);
        if self.command.takes_selection() {
            self.group.encode_tail(patch, out);
        } else {
            self.group.encode_buckets(patch, out);
        }
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<GroupMod, DecodeError> {
        let at = reader.clone();
        let command = reader.u16()?;
        let kind = GroupType::decode(reader)?;
        reader.skip(1)?;
        let id = reader.u32()?;
        let buckets_len = usize::from(reader.u16()?);
        reader.skip(2)?;
        let bucket = BucketId(reader.u32()?);
        let command = match command {
            0 => GroupCommand::Add,
            1 => GroupCommand::Modify,
            2 => GroupCommand::Delete,
            3 => GroupCommand::InsertBucket(bucket),
            5 => GroupCommand::RemoveBucket(bucket),
            0x8000 => GroupCommand::AddOrModify,
            other => {
                let value = u64::from(other);
                return Err(at.error(DecodeErrorKind::BadValue { what: "group command", value }));
            }
        };
        let mut group = Group::decode_tail(id, kind, buckets_len, reader)?;
        if !command.takes_selection() {
            group.selection = None;
        }
        Ok(GroupMod { command, group })
    }
}
