//! Writing contents as commands that load back exactly.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use weir_engine::engine::Engine;
use weir_engine::ir::{Program, RelationId, RelationRole, RelationSemantics};
use weir_engine::value::Value;

use crate::error::ShellError;
use crate::shell::Shell;

/// Writes the contents of all input relations to a file, as one transaction; gives the number of records.
pub(crate) fn inputs(engine: &Engine, path: &Path) -> Result<usize, ShellError> {
    let unwritable = |source: io::Error| ShellError::Write { path: path.to_owned(), source };
    // Nothing is written before everything can be.
    let mut relations = Vec::new();
    let program = engine.program();
    for id in inputs_of(&program) {
        relations.push((&*program.relations[id.0 as usize].name, engine.dump(id)?));
    }
    let mut text = Vec::new();
    let mut saved = 0;
    writeln!(text, "start;").map_err(unwritable)?;
    for (name, records) in &relations {
        for (record, weight) in records {
            let record = insertion(name, record).map_err(|NoNotation| ShellError::NoNotation {
                relation: (*name).to_owned(),
                record: record.to_string(),
            })?;
            for _ in 0..*weight {
                writeln!(text, "insert {record};").map_err(unwritable)?;
                saved += 1;
            }
        }
    }
    writeln!(text, "commit;").map_err(unwritable)?;
    let mut out = BufWriter::new(File::create(path).map_err(unwritable)?);
    out.write_all(&text).and_then(|()| out.flush()).map_err(unwritable)?;
    Ok(saved)
}

/// Writes what was typed as a rule file. Into the program's own file goes all of it: what was typed at its end, what was
/// taken out gone.
pub(crate) fn program<W: Write>(shell: &mut Shell<W>, path: &Path) -> Result<(), ShellError> {
    let draft = shell.live.draft();
    let own = shell.live.path().is_some_and(|own| is_same(own, path));
    if !own && path.exists() && !shell.written.contains(path) {
        return Err(ShellError::Exists(path.to_owned()));
    }
    let text = if own { draft.main_module() } else { draft.source() };
    let only_adds = draft.only_adds();
    std::fs::write(path, text).map_err(|source| ShellError::Write { path: path.to_owned(), source })?;
    shell.written.insert(path.to_owned());
    match own {
        true => writeln!(shell.out, "the whole program in {}", path.display())?,
        false => writeln!(shell.out, "what was typed in {}", path.display())?,
    }
    if !own && !only_adds {
        writeln!(shell.out, "what was dropped is still in its files")?;
    }
    Ok(())
}

fn is_same(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

/// Streams hold nothing.
fn inputs_of(program: &Program) -> impl Iterator<Item = RelationId> {
    let kept = |(_, relation): &(RelationId, &weir_engine::ir::Relation)| {
        relation.role == RelationRole::Input && relation.semantics != RelationSemantics::Stream
    };
    (0u32..).map(RelationId).zip(&program.relations).filter(kept).map(|(id, _)| id)
}

/// A value for which the command language has no notation: not a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoNotation;

/// `R("a", 1)`, or `R[1]` for records that are not of the relation's own type.
fn insertion(relation: &str, record: &Value) -> Result<String, NoNotation> {
    let mut text = relation.to_owned();
    match record {
        Value::Struct { ctor, fields } if **ctor == *relation => {
            list(&mut text, '(', fields.iter().map(|(_, value)| value), ')')?;
        }
        other => list(&mut text, '[', [other], ']')?,
    }
    Ok(text)
}

/// Appends a value as the command parser reads it.
fn value(text: &mut String, value: &Value) -> Result<(), NoNotation> {
    match value {
        Value::Bool(_) | Value::Int(_) | Value::BigInt(_) => text.push_str(&value.to_string()),
        Value::Double(number) => text.push_str(&float(*number)?),
        // A float survives the way through a double.
        Value::Float(number) => text.push_str(&float(f64::from(*number))?),
        Value::Str(string) => quoted(text, string),
        Value::Tuple(parts) => list(text, '(', parts, ')')?,
        Value::Vec(items) | Value::Set(items) => list(text, '[', items, ']')?,
        Value::Struct { ctor, fields } => {
            text.push_str(ctor);
            list(text, '{', fields.iter().map(|(_, value)| value), '}')?;
        }
        Value::Map(pairs) => {
            text.push('[');
            for (at, (key, item)) in pairs.iter().enumerate() {
                text.push_str(if at == 0 { "" } else { ", " });
                list(text, '(', [key, item], ')')?;
            }
            text.push(']');
        }
    }
    Ok(())
}

fn list<'v>(
    text: &mut String,
    open: char,
    items: impl IntoIterator<Item = &'v Value>,
    close: char,
) -> Result<(), NoNotation> {
    text.push(open);
    for (at, item) in items.into_iter().enumerate() {
        text.push_str(if at == 0 { "" } else { ", " });
        value(text, item)?;
    }
    text.push(close);
    Ok(())
}

/// The shortest digits that are read as the same number; what is read as infinite is too large for a double.
fn float(number: f64) -> Result<String, NoNotation> {
    if number.is_nan() {
        return Err(NoNotation);
    }
    Ok(match number.is_infinite() {
        true => format!("{}1e999", if number < 0.0 { "-" } else { "" }),
        false => format!("{number:?}"),
    })
}

/// The command language has few escapes; all else stands for itself.
fn quoted(text: &mut String, string: &str) {
    text.push('"');
    for character in string.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            other => text.push(other),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn numbers_are_written_as_they_are_read() {
        for (number, expected) in [
            (1.0, "1.0"),
            (-0.0, "-0.0"),
            (0.1, "0.1"),
            (1e300, "1e300"),
            (f64::INFINITY, "1e999"),
            (f64::NEG_INFINITY, "-1e999"),
        ] {
            assert_eq!(float(number).unwrap(), expected);
            assert_eq!(expected.parse::<f64>().unwrap().to_bits(), number.to_bits());
        }
        assert_eq!(float(f64::NAN), Err(NoNotation));
    }
}
