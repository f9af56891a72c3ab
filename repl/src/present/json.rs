//! JSON, an object a line. Values are as `@json"…"` takes them; what has no JSON is text.

use std::io::{self, Write};

use weir_engine::ir::{TypeId, TypeTable};
use weir_engine::value::{Value, write_json};

use super::sheet::Sheet;

/// Records, each with its relation and with its count or how that changed.
pub(super) fn records(out: &mut impl Write, types: &TypeTable, sheet: &Sheet) -> io::Result<()> {
    let Some((name, ty)) = &sheet.relation else { return rows(out, types, sheet) };
    for (record, (_, weight)) in sheet.records.iter().zip(&sheet.rows) {
        let (name, record) = (text(name), value(types, *ty, record));
        writeln!(out, "{{\"relation\":{name},\"weight\":{weight},\"record\":{record}}}")?;
    }
    Ok(())
}

/// Rows as objects with a member for each column; a row that is there several times comes several times.
pub(super) fn rows(out: &mut impl Write, types: &TypeTable, sheet: &Sheet) -> io::Result<()> {
    for (row, weight) in &sheet.rows {
        let members = sheet.columns.iter().zip(row);
        let members =
            members.map(|(column, cell)| format!("{}:{}", text(&column.name), value(types, column.ty, cell)));
        let object = members.collect::<Vec<_>>().join(",");
        for _ in 0..(*weight).max(1) {
            writeln!(out, "{{{object}}}")?;
        }
    }
    Ok(())
}

fn value(types: &TypeTable, ty: TypeId, value: &Value) -> String {
    let mut json = String::new();
    match write_json(&mut json, types, ty, value) {
        Ok(()) => json,
        Err(_) => text(&value.to_string()),
    }
}

fn text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
