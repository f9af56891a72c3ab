//! Configuring flow tables, and hearing that they fill up.

use crate::error::DecodeError;
use crate::statistics::TableDescription;
use crate::wire::{Put, RawProperty, Reader, properties};

/// TABLE_MOD: changes the configuration of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableMod {
    /// The table; 255 for all.
    pub table: u8,
    /// Its new configuration.
    pub config: TableConfig,
}

/// How a table is configured.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableConfig {
    /// Bits: [`TableConfig::EVICTION`], [`TableConfig::VACANCY_EVENTS`].
    pub flags: u32,
    /// What the switch looks at when it makes room: bits 1 other, 2 importance, 4 lifetime.
    pub eviction: Option<u32>,
    /// When it tells that the table fills up.
    pub vacancy: Option<Vacancy>,
    /// Properties this crate does not know.
    pub other: Vec<RawProperty>,
}

/// Bounds of the room left in a table, in percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vacancy {
    /// An event is sent when less room than this is left.
    pub down: u8,
    /// An event is sent when more room than this is left again.
    pub up: u8,
    /// Room left now; 0 in requests.
    pub current: u8,
}

const EVICTION: u16 = 2;
const VACANCY: u16 = 3;

impl TableConfig {
    /// Make room for new flows by removing others when the table is full.
    pub const EVICTION: u32 = 4;
    /// Tell when the table fills up.
    pub const VACANCY_EVENTS: u32 = 8;

    pub(crate) fn encode(&self, out: &mut impl Put) {
        out.put32(self.flags);
        if let Some(flags) = self.eviction {
            out.property(EVICTION, &flags.to_be_bytes());
        }
        if let Some(Vacancy { down, up, current }) = self.vacancy {
            out.property(VACANCY, &[down, up, current, 0]);
        }
        self.other.iter().for_each(|property| property.encode(out));
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<TableConfig, DecodeError> {
        let mut config = TableConfig { flags: reader.u32()?, ..TableConfig::default() };
        properties(reader, |kind, mut property| {
            match kind {
                EVICTION => config.eviction = Some(property.u32()?),
                VACANCY => {
                    let [down, up, current, _] = property.array()?;
                    config.vacancy = Some(Vacancy { down, up, current });
                }
                _ => config.other.push(RawProperty { kind, body: property.rest().to_vec() }),
            }
            Ok(())
        })?;
        Ok(config)
    }
}

impl TableMod {
    pub(crate) fn encode(&self, out: &mut impl Put) {
        out.put8(self.table);
        out.zeros(3);
        self.config.encode(out);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<TableMod, DecodeError> {
        let table = reader.u8()?;
        reader.skip(3)?;
        Ok(TableMod { table, config: TableConfig::decode(reader)? })
    }
}

/// TABLE_STATUS: a table has filled up, or has room again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableStatus {
    /// What happened.
    pub reason: TableStatusReason,
    /// The table, as it is configured.
    pub table: TableDescription,
}

/// What happened to a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableStatusReason(pub u8);

impl TableStatusReason {
    /// Less room is left than [`Vacancy::down`].
    pub const VACANCY_DOWN: Self = Self(3);
    /// More room is left than [`Vacancy::up`].
    pub const VACANCY_UP: Self = Self(4);
}

impl TableStatus {
    pub(crate) fn encode(&self, out: &mut impl Put) {
        out.put8(self.reason.0);
        out.zeros(7);
        self.table.encode(out);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<TableStatus, DecodeError> {
        let reason = TableStatusReason(reader.u8()?);
        reader.skip(7)?;
        Ok(TableStatus { reason, table: TableDescription::decode(reader)? })
    }
}
