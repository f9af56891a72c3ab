//! Flow tables: their counters, configuration and abilities.

use crate::error::{DecodeError, DecodeErrorKind};
use crate::field::{Field, take_header};
use crate::table::TableConfig;
use crate::wire::{Put, RawProperty, Reader, properties, text};

/// Counters of one table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableStats {
    /// The table.
    pub table: u8,
    /// Flows in it.
    pub active: u32,
    /// Packets looked up in it.
    pub lookups: u64,
    /// Packets that matched a flow of it.
    pub matches: u64,
}

impl TableStats {
    pub(crate) fn encode(&self, out: &mut impl Put) {
        out.put8(self.table);
        out.zeros(3);
        out.put32(self.active);
        out.put64(self.lookups);
        out.put64(self.matches);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<TableStats, DecodeError> {
        let table = reader.u8()?;
        reader.skip(3)?;
        Ok(TableStats { table, active: reader.u32()?, lookups: reader.u64()?, matches: reader.u64()? })
    }
}

/// How a table is configured (TABLE_DESC).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableDescription {
    /// The table.
    pub table: u8,
    /// Its configuration.
    pub config: TableConfig,
}

impl TableDescription {
    pub(crate) fn encode(&self, out: &mut impl Put) {
        let start = out.position();
        out.put16(0);
        out.put8(self.table);
        out.zeros(1);
        self.config.encode(out);
        out.patch_u16(start, out.position() - start);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<TableDescription, DecodeError> {
        let start = reader.offset();
        let length = usize::from(reader.u16()?);
        let mut body = reader.element("table description", length, start)?;
        let table = body.u8()?;
        body.skip(1)?;
        Ok(TableDescription { table, config: TableConfig::decode(&mut body)? })
    }
}

/// What a table can do (TABLE_FEATURES).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableFeatures {
    /// The table.
    pub table: u8,
    /// In a request, what is to be done with these features.
    pub command: TableFeaturesCommand,
    /// Its name, up to 31 bytes.
    pub name: String,
    /// Bits of the metadata register its flows can match.
    pub metadata_match: u64,
    /// Bits of the metadata register its flows can write.
    pub metadata_write: u64,
    /// 4 eviction, 8 vacancy events.
    pub capabilities: u32,
    /// Flows at most.
    pub max_entries: u32,
    /// The lists of instructions, actions, fields and tables, by type number of the specification.
    pub properties: Vec<RawProperty>,
}

/// What a request does with the [`TableFeatures`] in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableFeaturesCommand {
    /// They replace the whole pipeline. Also what a reply says.
    Replace,
    /// They replace those of the tables named.
    Modify,
    /// The tables named come into use.
    Enable,
    /// The tables named go out of use.
    Disable,
}

const NAME_LEN: usize = 32;
const NEXT_TABLES: u16 = 2;
const MATCH: u16 = 8;

impl TableFeatures {
    /// The fields its flows can match, with true for those that can be masked.
    pub fn match_fields(&self) -> impl Iterator<Item = (Field, bool)> {
        let body = self.property(MATCH);
        let mut reader = Reader::new(body, 0);
        std::iter::from_fn(move || {
            loop {
                let header = take_header(&mut reader).ok()?;
                if let Some(field) = header.field() {
                    return Some((field, header.has_mask));
                }
            }
        })
    }

    /// The tables its flows can go on to by `goto_table`.
    pub fn next_tables(&self) -> &[u8] {
        self.property(NEXT_TABLES)
    }

    fn property(&self, kind: u16) -> &[u8] {
        self.properties.iter().find(|property| property.kind == kind).map_or(&[], |property| &property.body)
    }

    pub(crate) fn encode(&self, out: &mut impl Put) {
        let start = out.position();
        out.put16(0);
        out.put8(self.table);
        out.put8(self.command as u8);
        out.zeros(4);
        out.put_text(&self.name, NAME_LEN);
        out.put64(self.metadata_match);
        out.put64(self.metadata_write);
        out.put32(self.capabilities);
        out.put32(self.max_entries);
        self.properties.iter().for_each(|property| property.encode(out));
        out.patch_u16(start, out.position() - start);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<TableFeatures, DecodeError> {
        let start = reader.offset();
        let length = usize::from(reader.u16()?);
        let mut body = reader.element("table features", length, start)?;
        let table = body.u8()?;
        let at = body.clone();
        let command = match body.u8()? {
            0 => TableFeaturesCommand::Replace,
            1 => TableFeaturesCommand::Modify,
            2 => TableFeaturesCommand::Enable,
            3 => TableFeaturesCommand::Disable,
            other => {
                let value = u64::from(other);
                return Err(at.error(DecodeErrorKind::BadValue { what: "table features command", value }));
            }
        };
        body.skip(4)?;
        let mut features = TableFeatures {
            table,
            command,
            name: text(body.bytes(NAME_LEN)?),
            metadata_match: body.u64()?,
            metadata_write: body.u64()?,
            capabilities: body.u32()?,
            max_entries: body.u32()?,
            properties: Vec::new(),
        };
        properties(&mut body, |kind, mut property| {
            features.properties.push(RawProperty { kind, body: property.rest().to_vec() });
            Ok(())
        })?;
        Ok(features)
    }
}
