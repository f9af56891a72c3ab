//! Declarations of a schema's tables in the rule language.

use std::borrow::Cow;
use std::fmt::Write;

use crate::schema::{AtomicType, BaseType, Bounds, ColumnType, DatabaseSchema, RefKind, TableSchema};

/// A module of the rule language that declares one input relation per table, with the row's UUID as primary key and the
/// columns, in order of their names, as further fields. What the schema says beyond types (listed values, ranges,
/// the table referred to) stands in comments.
///
/// | column | field |
/// |---|---|
/// | integer, real, boolean, string | `s64`, `double`, `bool`, `string` |
/// | uuid | `uuid`, which the module declares as `bit<128>` |
/// | at most one, perhaps none | `Option<T>` |
/// | any other set | `Set<T>` |
/// | map | `Map<K, V>` |
///
/// Tables and columns whose names cannot stand in the language are renamed ([`relation_name`], [`field_name`]), with the
/// name in the schema as attribute `#[original = "…"]`.
pub fn relations(schema: &DatabaseSchema) -> String {
    let version = schema.version.as_deref().map(|version| format!(", schema version {version}"));
    let mut text = format!(
        "// The tables of database {}{}.\n// Generated from the schema by `weir schema`; not to be edited.\n\n\
         typedef uuid = bit<128>\n",
        schema.name,
        version.unwrap_or_default()
    );
    for (name, table) in &schema.tables {
        relation(&mut text, name, table);
    }
    text
}

/// The name of a table's relation: the table's own if it starts with a capital letter and is not reserved, otherwise that
/// with a capital letter or an underscore at the end.
pub fn relation_name(table: &str) -> Cow<'_, str> {
    if is_reserved(table) {
        return Cow::Owned(format!("{table}_"));
    }
    match table.chars().next() {
        Some(first) if !first.is_ascii_uppercase() => {
            Cow::Owned(format!("{}{}", first.to_ascii_uppercase(), &table[first.len_utf8()..]))
        }
        _ => Cow::Borrowed(table),
    }
}

/// The name of a column's field: the column's own if it starts with a small letter and is not reserved, otherwise that
/// after two underscores (`type` is `__type`).
pub fn field_name(column: &str) -> Cow<'_, str> {
    let fits = column.starts_with(|first: char| first.is_ascii_lowercase() || first == '_');
    if fits && !is_reserved(column) { Cow::Borrowed(column) } else { Cow::Owned(format!("__{column}")) }
}

fn relation(text: &mut String, name: &str, table: &TableSchema) {
    text.push('\n');
    let relation = relation_name(name);
    if relation != name {
        text.push_str(&original(name));
        text.push('\n');
    }
    text.push_str("input relation ");
    text.push_str(&relation);
    text.push_str("(\n    _uuid: uuid");
    let mut note = String::new();
    for (name, column) in &table.columns {
        end_field(text, ",", &note);
        let field = field_name(name);
        text.push_str("    ");
        if field != name.as_str() {
            text.push_str(&original(name));
            text.push(' ');
        }
        // Writing to a string cannot fail.
        let _ = write!(text, "{field}: {}", type_text(&column.column_type));
        note = notes(&column.column_type);
    }
    end_field(text, "", &note);
    text.push_str(") primary key (x) x._uuid\n");
}

fn end_field(text: &mut String, separator: &str, note: &str) {
    text.push_str(separator);
    if !note.is_empty() {
        text.push_str(" // ");
        text.push_str(note);
    }
    text.push('\n');
}

fn original(name: &str) -> String {
    format!("#[original = \"{name}\"]")
}

fn type_text(column: &ColumnType) -> String {
    let key = atomic_text(column.key.atomic);
    match &column.value {
        Some(value) => format!("Map<{key}, {}>", atomic_text(value.atomic)),
        None if column.is_scalar() => key.to_owned(),
        None if column.is_optional() => format!("Option<{key}>"),
        None => format!("Set<{key}>"),
    }
}

fn atomic_text(atomic: AtomicType) -> &'static str {
    match atomic {
        AtomicType::Integer => "s64",
        AtomicType::Real => "double",
        AtomicType::Boolean => "bool",
        AtomicType::String => "string",
        AtomicType::Uuid => "uuid",
    }
}

fn notes(column: &ColumnType) -> String {
    let key = note(&column.key);
    match column.value.as_ref().map(note) {
        Some(value) if !value.is_empty() => format!("{key} -> {value}").trim_start().to_owned(),
        Some(_) | None => key,
    }
}

fn note(base: &BaseType) -> String {
    let bounds = match &base.bounds {
        Bounds::None => String::new(),
        Bounds::Integer(min, max) => range("", min, max),
        Bounds::Real(min, max) => range("", &min.map(|bound| bound.get()), &max.map(|bound| bound.get())),
        Bounds::Length(min, max) => range("length ", min, max),
        Bounds::Reference(reference) => {
            format!("{}{}", reference.table, if reference.kind == RefKind::Weak { ", weak" } else { "" })
        }
    };
    let Some(allowed) = &base.allowed else { return bounds };
    let allowed: Vec<String> = allowed.iter().map(ToString::to_string).collect();
    let allowed = allowed.join(" | ");
    if bounds.is_empty() { allowed } else { format!("{allowed}, {bounds}") }
}

fn range<T: ToString>(what: &str, min: &Option<T>, max: &Option<T>) -> String {
    let text = |bound: &Option<T>| bound.as_ref().map(T::to_string).unwrap_or_default();
    format!("{what}{}..{}", text(min), text(max))
}

fn is_reserved(word: &str) -> bool {
    RESERVED.binary_search(&word).is_ok()
}

/// The words that no name in the rule language may be: its own and Rust's, bytewise in order.
#[rustfmt::skip]
const RESERVED: &[&str] = &[
    "Aggregate", "FlatMap", "Inspect", "Self", "_", "abstract", "and", "apply", "as", "async", "await",
    "become", "bigint", "bit", "bool", "box", "break", "const", "continue", "crate", "do", "double", "dyn",
    "else", "enum", "extern", "false", "final", "float", "fn", "for", "function", "gen", "if", "impl",
    "import", "in", "input", "let", "loop", "macro", "match", "mod", "move", "multiset", "mut", "not", "or",
    "output", "override", "priv", "pub", "ref", "relation", "return", "self", "signed", "skip", "static",
    "stream", "string", "struct", "super", "trait", "transformer", "true", "try", "type", "typedef", "typeof",
    "unsafe", "unsized", "use", "var", "virtual", "where", "while", "yield",
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn reserved_words_are_in_order() {
        assert!(RESERVED.is_sorted());
    }

    #[test]
    fn every_kind_of_column_has_its_type_and_notes() {
        let schema: DatabaseSchema = r#"{"name": "Lab", "version": "1.2.3", "tables": {
            "Host": {"columns": {
                "type": {"type": {"key": {"type": "string", "enum": ["set", ["b", "a"]]}}},
                "Big": {"type": "boolean"},
                "age": {"type": {"key": {"type": "integer", "minInteger": 0, "maxInteger": 99}}},
                "weight": {"type": {"key": {"type": "real", "minReal": 0.5}, "min": 0}},
                "ports": {"type": {"key": {"type": "uuid", "refTable": "port"}, "min": 0, "max": "unlimited"}},
                "friend": {"type": {"key": {"type": "uuid", "refTable": "Host", "refType": "weak"}, "min": 0}},
                "nick": {"type": {"key": {"type": "string", "maxLength": 8}, "min": 1, "max": 3}},
                "by_port": {"type": {"key": "integer", "value": {"type": "uuid", "refTable": "port"},
                                     "min": 0, "max": "unlimited"}}}},
            "port": {"columns": {}}}}"#
            .parse()
            .unwrap();
        let expected = r#"// The tables of database Lab, schema version 1.2.3.
// Generated from the schema by `weir schema`; not to be edited.

typedef uuid = bit<128>

input relation Host(
    _uuid: uuid,
    #[original = "Big"] __Big: bool,
    age: s64, // 0..99
    by_port: Map<s64, uuid>, // -> port
    friend: Option<uuid>, // Host, weak
    nick: Set<string>, // length ..8
    ports: Set<uuid>, // port
    #[original = "type"] __type: string, // "a" | "b"
    weight: Option<double> // 0.5..
) primary key (x) x._uuid

#[original = "port"]
input relation Port(
    _uuid: uuid
) primary key (x) x._uuid
"#;
        assert_eq!(relations(&schema), expected);
    }
}
