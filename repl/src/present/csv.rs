//! Comma separated values as RFC 4180 has them: a header, lines that end with CR LF, quotes where they are needed.
//! Columns that are no fields begin with an underscore.

use std::borrow::Cow;
use std::io::{self, Write};

use super::sheet::{Sheet, plain};

/// What the counts of rows say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weights {
    /// How often a row is there: a first column if that is not once for each.
    Counts,
    /// What was added and removed: always a first column, behind the name of the relation.
    Changes,
}

/// The rows under a header.
pub(super) fn write(out: &mut impl Write, sheet: &Sheet, weights: Weights) -> io::Result<()> {
    let relation =
        sheet.relation.as_ref().filter(|_| weights == Weights::Changes).map(|(name, _)| name.as_str());
    let weighed = weights == Weights::Changes || sheet.has_counts();
    let names = sheet.columns.iter().map(|column| column.name.clone());
    let head =
        relation.map(|_| "_relation".to_owned()).into_iter().chain(weighed.then(|| "_weight".to_owned()));
    record(out, head.chain(names))?;
    for (row, weight) in &sheet.rows {
        let head = relation.map(str::to_owned).into_iter().chain(weighed.then(|| weight.to_string()));
        record(out, head.chain(row.iter().map(plain)))?;
    }
    Ok(())
}

fn record(out: &mut impl Write, fields: impl Iterator<Item = String>) -> io::Result<()> {
    for (at, field) in fields.enumerate() {
        let comma = if at == 0 { "" } else { "," };
        write!(out, "{comma}{}", quoted(&field))?;
    }
    out.write_all(b"\r\n")
}

/// In quotes if it holds what separates fields and records; quotes within are doubled.
fn quoted(field: &str) -> Cow<'_, str> {
    match field.contains([',', '"', '\r', '\n']) {
        true => Cow::Owned(format!("\"{}\"", field.replace('"', "\"\""))),
        false => Cow::Borrowed(field),
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn only_what_would_be_misread_is_quoted() {
        for (field, expected) in [
            ("a b", "a b"),
            ("", ""),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("a\nb", "\"a\nb\""),
        ] {
            assert_eq!(quoted(field), expected);
        }
    }
}
