//! A field a line, for records too long for anything else.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::sheet::{Sheet, plain};

/// The rows, with an empty line between them.
pub(super) fn write(out: &mut impl Write, sheet: &Sheet) -> io::Result<()> {
    for (at, (row, weight)) in sheet.rows.iter().enumerate() {
        if at > 0 {
            writeln!(out)?;
        }
        if *weight != 1 {
            writeln!(out, "{weight} times")?;
        }
        fields(out, sheet, row)?;
    }
    Ok(())
}

/// The rows, each below what happened to it, and an empty line.
pub(super) fn changes(out: &mut impl Write, sheet: &Sheet) -> io::Result<()> {
    for (row, weight) in &sheet.rows {
        writeln!(out, "{} {weight:+}", sheet.relation.as_ref().map_or("", |(name, _)| name))?;
        fields(out, sheet, row)?;
        writeln!(out)?;
    }
    Ok(())
}

fn fields(out: &mut impl Write, sheet: &Sheet, row: &[weir_engine::value::Value]) -> io::Result<()> {
    let width = sheet.columns.iter().map(|column| column.name.width()).max().unwrap_or(0);
    for (column, value) in sheet.columns.iter().zip(row) {
        let indent = " ".repeat(width - column.name.width());
        writeln!(out, "{indent}{} = {}", column.name, plain(value))?;
    }
    Ok(())
}
