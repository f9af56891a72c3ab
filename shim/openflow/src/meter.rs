//! Meters: rate limits.

use std::fmt;

use crate::error::{DecodeError, DecodeErrorKind};
use crate::wire::{Put, Reader};

/// METER_MOD. The switch does not take it inside a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MeterMod {
    /// What to do.
    pub command: MeterCommand,
    /// How the bands are to be read.
    pub flags: MeterFlags,
    /// Number of the meter.
    pub id: u32,
    /// Its limits; packets above one are dropped.
    pub bands: Vec<MeterBand>,
}

/// A meter of a dump.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Meter {
    /// Number of the meter.
    pub id: u32,
    /// How the bands are to be read.
    pub flags: MeterFlags,
    /// Its limits; packets above one are dropped.
    pub bands: Vec<MeterBand>,
}

impl Meter {
    pub(crate) fn encode(&self, out: &mut impl Put) {
        let start = out.position();
        out.put16(0);
        out.put16(self.flags.0);
        out.put32(self.id);
        put_bands(&self.bands, out);
        out.patch_u16(start, out.position() - start);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Meter, DecodeError> {
        let start = reader.offset();
        let length = usize::from(reader.u16()?);
        let mut body = reader.element("meter", length, start)?;
        let flags = MeterFlags(body.u16()?);
        let id = body.u32()?;
        Ok(Meter { id, flags, bands: take_bands(&mut body)? })
    }
}

impl Meter {
    /// The meter of what the switch's slow path takes.
    pub const SLOW_PATH: u32 = 0xffff_fffd;
    /// The meter of what goes to controllers.
    pub const CONTROLLER: u32 = 0xffff_fffe;

    pub(crate) const NAMED: [(&str, u32); 3] =
        [("slowpath", Meter::SLOW_PATH), ("controller", Meter::CONTROLLER), ("all", MeterMod::ALL_METERS)];
}

impl fmt::Display for Meter {
    /// What `ovs-ofctl dump-meters` prints: a line, and a line for each band.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Meter::NAMED.iter().find(|(_, id)| *id == self.id) {
            Some((name, _)) => write!(f, "meter={name} ")?,
            None => write!(f, "meter={} ", self.id)?,
        }
        const WORDS: [&str; 4] = ["kbps ", "pktps ", "burst ", "stats "];
        (0..4).filter(|bit| self.flags.0 >> bit & 1 == 1).try_for_each(|bit| f.write_str(WORDS[bit]))?;
        f.write_str("bands=")?;
        for band in &self.bands {
            f.write_str(match band.kind {
                MeterBandKind::Drop => "\ntype=drop",
                MeterBandKind::DscpRemark { .. } => "\ntype=dscp_remark",
            })?;
            write!(f, " rate={}", band.rate)?;
            if self.flags.0 & MeterFlags::BURST.0 != 0 {
                write!(f, " burst_size={}", band.burst)?;
            }
            if let MeterBandKind::DscpRemark { levels } = band.kind {
                write!(f, " prec_level={levels}")?;
            }
        }
        Ok(())
    }
}

/// What a [`MeterMod`] does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MeterCommand {
    /// Add; fails if it exists.
    Add,
    /// Change; fails if it does not exist.
    Modify,
    /// Delete, with all flows that use it.
    Delete,
}

/// How the bands of a meter are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MeterFlags(pub u16);

impl MeterFlags {
    /// Rates in kbit/s.
    pub const KBPS: MeterFlags = MeterFlags(1);
    /// Rates in packets per second.
    pub const PKTPS: MeterFlags = MeterFlags(2);
    /// Burst sizes are given.
    pub const BURST: MeterFlags = MeterFlags(4);
    /// Collect statistics.
    pub const STATS: MeterFlags = MeterFlags(8);

    /// Both.
    pub const fn union(self, other: MeterFlags) -> MeterFlags {
        MeterFlags(self.0 | other.0)
    }
}

/// One limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MeterBand {
    /// The rate, in the unit of the flags.
    pub rate: u32,
    /// How much may pass at once (kbit or packets).
    pub burst: u32,
    /// What happens to packets above it.
    pub kind: MeterBandKind,
}

/// What happens to packets above a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MeterBandKind {
    /// They are dropped.
    Drop,
    /// The drop precedence in their DSCP field rises. Open vSwitch's own datapath does not have it.
    DscpRemark {
        /// By how much.
        levels: u8,
    },
}

impl MeterBand {
    /// Drops packets above `rate`.
    pub fn drop(rate: u32, burst: u32) -> MeterBand {
        MeterBand { rate, burst, kind: MeterBandKind::Drop }
    }
}

const DROP: u16 = 1;
const DSCP_REMARK: u16 = 2;
const BAND_LEN: usize = 16;

impl MeterMod {
    /// Every meter.
    pub const ALL_METERS: u32 = u32::MAX;

    /// Adds this meter.
    pub fn add(meter: Meter) -> MeterMod {
        let Meter { id, flags, bands } = meter;
        MeterMod { command: MeterCommand::Add, flags, id, bands }
    }

    /// Gives the meter of this number these bands.
    pub fn modify(meter: Meter) -> MeterMod {
        MeterMod { command: MeterCommand::Modify, ..MeterMod::add(meter) }
    }

    /// Deletes one meter, or with [`MeterMod::ALL_METERS`] all.
    pub fn delete(id: u32) -> MeterMod {
        MeterMod { command: MeterCommand::Delete, flags: MeterFlags(0), id, bands: Vec::new() }
    }

    pub(crate) fn encode(&self, out: &mut impl Put) {
        out.put16(self.command as u16);
        out.put16(self.flags.0);
        out.put32(self.id);
        put_bands(&self.bands, out);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<MeterMod, DecodeError> {
        let command = match reader.u16()? {
            0 => MeterCommand::Add,
            1 => MeterCommand::Modify,
            2 => MeterCommand::Delete,
            other => {
                let value = u64::from(other);
                return Err(
                    reader.error_behind(2, DecodeErrorKind::BadValue { what: "meter command", value })
                );
            }
        };
        let flags = MeterFlags(reader.u16()?);
        let id = reader.u32()?;
        Ok(MeterMod { command, flags, id, bands: take_bands(reader)? })
    }
}

fn put_bands(bands: &[MeterBand], out: &mut impl Put) {
    for band in bands {
        let (kind, levels) = match band.kind {
            MeterBandKind::Drop => (DROP, 0),
            MeterBandKind::DscpRemark { levels } => (DSCP_REMARK, levels),
        };
        out.put16(kind);
        out.put16(BAND_LEN as u16);
        out.put32(band.rate);
        out.put32(band.burst);
        out.put8(levels);
        out.zeros(3);
    }
}

fn take_bands(reader: &mut Reader<'_>) -> Result<Vec<MeterBand>, DecodeError> {
    let mut bands = Vec::new();
    while !reader.is_empty() {
        let start = reader.offset();
        let kind = reader.u16()?;
        let length = usize::from(reader.u16()?);
        let mut body = reader.element("meter band", length, start)?;
        let (rate, burst) = (body.u32()?, body.u32()?);
        let kind = match kind {
            DROP => MeterBandKind::Drop,
            DSCP_REMARK => MeterBandKind::DscpRemark { levels: body.u8()? },
            _ => {
                let value = u64::from(kind);
                let kind = DecodeErrorKind::BadValue { what: "meter band", value };
                return Err(DecodeError::new(start, kind));
            }
        };
        bands.push(MeterBand { rate, burst, kind });
    }
    Ok(bands)
}
