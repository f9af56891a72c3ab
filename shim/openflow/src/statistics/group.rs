//! Counters of groups, and what kinds of groups a switch has.

use super::TrafficCount;
use crate::error::DecodeError;
use crate::wire::{Put, Reader};

/// Counters of one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupStats {
    /// The group.
    pub id: u32,
    /// Flows and groups that send packets to it.
    pub references: u32,
    /// Packets and bytes through it.
    pub traffic: TrafficCount,
    /// How long it has been there, in seconds and nanoseconds.
    pub duration: (u32, u32),
    /// Packets and bytes through each bucket, in the order of the buckets.
    pub buckets: Vec<TrafficCount>,
}

impl GroupStats {
    pub(crate) fn encode(&self, out: &mut impl Put) {
        let start = out.position();
        out.put16(0);
        out.zeros(2);
        out.put32(self.id);
        out.put32(self.references);
        out.zeros(4);
        self.traffic.encode(out);
        out.put32(self.duration.0);
        out.put32(self.duration.1);
        self.buckets.iter().for_each(|bucket| bucket.encode(out));
        out.patch_u16(start, out.position() - start);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<GroupStats, DecodeError> {
        let start = reader.offset();
        let length = usize::from(reader.u16()?);
        let mut body = reader.element("group statistics", length, start)?;
        body.skip(2)?;
        let id = body.u32()?;
        let references = body.u32()?;
        body.skip(4)?;
        Ok(GroupStats {
            id,
            references,
            traffic: TrafficCount::decode(&mut body)?,
            duration: (body.u32()?, body.u32()?),
            buckets: TrafficCount::decode_all(&mut body)?,
        })
    }
}

/// What kinds of groups a switch has, and how many of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupFeatures {
    /// Bit n is set if it has groups of type n ([`GroupType`](crate::GroupType)).
    pub types: u32,
    /// 1 weights, 2 liveness, 4 groups in groups, 8 with a check for loops.
    pub capabilities: u32,
    /// Limits for each of the four types.
    pub limits: [GroupLimits; 4],
}

/// How many groups of a type there can be and what they can do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GroupLimits {
    /// Groups at most.
    pub max_groups: u32,
    /// Bit n is set if their buckets can hold the standard action of number n.
    pub actions: u32,
}

impl GroupFeatures {
    pub(crate) fn encode(&self, out: &mut impl Put) {
        out.put32(self.types);
        out.put32(self.capabilities);
        self.limits.iter().for_each(|limits| out.put32(limits.max_groups));
        self.limits.iter().for_each(|limits| out.put32(limits.actions));
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<GroupFeatures, DecodeError> {
        let mut features = GroupFeatures {
            types: reader.u32()?,
            capabilities: reader.u32()?,
            limits: [GroupLimits::default(); 4],
        };
        for limits in &mut features.limits {
            limits.max_groups = reader.u32()?;
        }
        for limits in &mut features.limits {
            limits.actions = reader.u32()?;
        }
        Ok(features)
    }
}
