//! How results look: as records, or as tables and data for other programs.

mod csv;
mod json;
mod line;
mod sheet;
mod table;

use std::fmt;
use std::io::{self, Write};

use weir_engine::engine::Delta;
use weir_engine::ir::{Program, RelationId};
use weir_engine::value::Value;

pub(crate) use sheet::Sheet;

use crate::show;

/// The notation of results and changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// A table as wide as the terminal.
    Table,
    /// An object a line.
    Json,
    /// RFC 4180, with a header.
    Csv,
    /// A field a line.
    Line,
    /// As the language writes records: what scripts get. Answers that are no records stand in tables.
    #[default]
    Ddlog,
}

/// What prints results.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Presenter {
    pub(crate) format: Format,
    /// Columns of the terminal; tables are not cut if it is not known.
    pub(crate) width: Option<usize>,
}

impl Format {
    /// All there are, by name.
    pub const ALL: [(&'static str, Format); 5] = [
        ("table", Format::Table),
        ("json", Format::Json),
        ("csv", Format::Csv),
        ("line", Format::Line),
        ("ddlog", Format::Ddlog),
    ];

    /// Whether persons read it, so that headings do not disturb.
    pub(crate) fn is_for_reading(self) -> bool {
        !matches!(self, Format::Json | Format::Csv)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Format::ALL.iter().find(|(_, format)| format == self).map_or("", |(name, _)| name);
        f.write_str(name)
    }
}

impl Presenter {
    /// Changes of a transaction, relation by relation.
    pub(crate) fn changes(self, out: &mut impl Write, program: &Program, deltas: &[Delta]) -> io::Result<()> {
        if self.format == Format::Ddlog {
            return show::changes(out, deltas);
        }
        for delta in deltas {
            let sheet = Sheet::of_relation(program, delta.relation, &delta.changes.to_vec());
            match self.format {
                Format::Table | Format::Ddlog => {
                    writeln!(out, "{}", delta.name)?;
                    table::write(out, &sheet, table::Weights::Changes, self.width)?;
                }
                Format::Json => json::records(out, &program.types, &sheet)?,
                Format::Csv => csv::write(out, &sheet, csv::Weights::Changes)?,
                Format::Line => line::changes(out, &sheet)?,
            }
        }
        Ok(())
    }

    /// Contents of a relation or index.
    pub(crate) fn contents(
        self,
        out: &mut impl Write,
        program: &Program,
        relation: RelationId,
        rows: &[(Value, i64)],
    ) -> io::Result<()> {
        match self.format {
            Format::Ddlog => show::rows(out, rows),
            Format::Json => json::records(out, &program.types, &Sheet::of_relation(program, relation, rows)),
            _ => self.sheet(out, program, &Sheet::of_relation(program, relation, rows)),
        }
    }

    /// Rows that need not be records.
    pub(crate) fn sheet(self, out: &mut impl Write, program: &Program, sheet: &Sheet) -> io::Result<()> {
        match self.format {
            Format::Table | Format::Ddlog => {
                table::write(out, sheet, table::Weights::Counts, self.width)?;
                match sheet.rows.len() {
                    1 => writeln!(out, "1 row"),
                    rows => writeln!(out, "{rows} rows"),
                }
            }
            Format::Json => json::rows(out, &program.types, sheet),
            Format::Csv => csv::write(out, sheet, csv::Weights::Counts),
            Format::Line => line::write(out, sheet),
        }
    }
}
