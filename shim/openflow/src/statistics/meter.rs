//! Counters of meters, and what meters a switch can have.

use crate::error::DecodeError;
use crate::meter::MeterFlags;
use crate::wire::{Put, Reader};

/// Packets and bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TrafficCount {
    /// Packets; all ones if they are not counted.
    pub packets: u64,
    /// Bytes; all ones if they are not counted.
    pub bytes: u64,
}

impl TrafficCount {
    pub(super) fn encode(&self, out: &mut impl Put) {
        out.put64(self.packets);
        out.put64(self.bytes);
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<TrafficCount, DecodeError> {
        Ok(TrafficCount { packets: reader.u64()?, bytes: reader.u64()? })
    }

    /// Reads up to the end of `reader`.
    pub(super) fn decode_all(reader: &mut Reader<'_>) -> Result<Vec<TrafficCount>, DecodeError> {
        let mut counts = Vec::with_capacity(reader.remaining() / 16);
        while !reader.is_empty() {
            counts.push(TrafficCount::decode(reader)?);
        }
        Ok(counts)
    }
}

/// Counters of one meter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeterStats {
    /// The meter.
    pub id: u32,
    /// Flows that use it.
    pub flows: u32,
    /// Packets and bytes that came to it.
    pub input: TrafficCount,
    /// How long it has been there, in seconds and nanoseconds.
    pub duration: (u32, u32),
    /// What exceeded each band, in the order of the bands.
    pub bands: Vec<TrafficCount>,
}

impl MeterStats {
    pub(crate) fn encode(&self, out: &mut impl Put) {
        let start = out.position();
        out.put32(self.id);
        out.put16(0);
        out.zeros(6);
        out.put32(self.flows);
        self.input.encode(out);
        out.put32(self.duration.0);
        out.put32(self.duration.1);
        self.bands.iter().for_each(|band| band.encode(out));
        out.patch_u16(start + 4, out.position() - start);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<MeterStats, DecodeError> {
        let start = reader.offset();
        let id = reader.u32()?;
        let length = usize::from(reader.u16()?);
        let mut body = reader.element("meter statistics", length, start)?;
        body.skip(6)?;
        Ok(MeterStats {
            id,
            flows: body.u32()?,
            input: TrafficCount::decode(&mut body)?,
            duration: (body.u32()?, body.u32()?),
            bands: TrafficCount::decode_all(&mut body)?,
        })
    }
}

/// What meters a switch can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MeterFeatures {
    /// Meters at most.
    pub max_meters: u32,
    /// Bit n is set if it has bands of type n: 1 drop, 2 DSCP remark.
    pub band_types: u32,
    /// What the flags of a meter may be.
    pub capabilities: MeterFlags,
    /// Bands of a meter at most.
    pub max_bands: u8,
    /// Drop precedence at most.
    pub max_color: u8,
}

impl MeterFeatures {
    pub(crate) fn encode(&self, out: &mut impl Put) {
        out.put32(self.max_meters);
        out.put32(self.band_types);
        out.put32(u32::from(self.capabilities.0));
        out.put8(self.max_bands);
        out.put8(self.max_color);
        // OpenFlow 1.5 has another word of features here, none of which Open vSwitch sends.
        out.zeros(2);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<MeterFeatures, DecodeError> {
        let max_meters = reader.u32()?;
        let band_types = reader.u32()?;
        let capabilities = MeterFlags(reader.u32()? as u16);
        let (max_bands, max_color) = (reader.u8()?, reader.u8()?);
        reader.skip(2)?;
        // The specification's form is eight bytes longer than Open vSwitch's.
        reader.rest();
        Ok(MeterFeatures { max_meters, band_types, capabilities, max_bands, max_color })
    }
}
