//! The feed's lines as a JSON Schema, made from the rules.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};
use weir_engine::ir::{Type, TypeId, TypeTable, Variant};
use weir_engine::value::default_value;

use super::key::Key;
use super::table::{Table, Tables};
use super::value::{is_text, json_name, optional, short};

/// The JSON Schema (2020-12) of a client's lines.
pub fn line_schema(tables: &Tables) -> Json {
    let mut schema = Schema { types: &tables.program.types, definitions: BTreeMap::new() };
    let mut operations = Vec::new();
    for name in tables.names() {
        let Ok(table) = tables.table(name) else { continue };
        let Some(variant) = tables.record(table).and_then(|record| record.variants.first()) else { continue };
        operations.extend(schema.operations(name, table, variant));
    }
    let wait = json!({"enum": ["committed", "installed"]});
    let seq = json!({"type": "integer", "minimum": 1});
    let object = |required: &[&str], properties: Json| json!({"type": "object", "required": required, "properties": properties, "additionalProperties": false});
    let lines = [
        object(&["hello"], json!({"hello": object(&["client"], json!({"client": {"type": "string"}}))})),
        object(
            &["ops"],
            json!({
                "ops": {"type": "array", "items": {"anyOf": operations}}, "seq": seq, "wait": wait
            }),
        ),
        object(
            &["begin"],
            json!({
                "begin": {"const": "snapshot"},
                "relations": {"type": "array", "items": {"enum": tables.names()}}
            }),
        ),
        object(&["end"], json!({"end": {"const": "snapshot"}, "seq": seq, "wait": wait})),
        object(&["subscribe"], json!({"subscribe": {"type": "array", "items": {"type": "string"}}})),
        object(&["ping"], json!({"ping": true})),
    ];
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A line of Weir's feed",
        "oneOf": lines,
        "$defs": schema.definitions,
    })
}

struct Schema<'a> {
    types: &'a TypeTable,
    definitions: BTreeMap<String, Json>,
}

impl Schema<'_> {
    fn operations(&mut self, name: &str, table: &Table, variant: &Variant) -> Vec<Json> {
        let row = self.row(variant, Columns::All);
        self.definitions.insert(name.to_owned(), row);
        let row = json!({"$ref": format!("#/$defs/{}", escaped(name))});
        let operation = |verb: &str, members: Json| {
            let mut properties = json!({ verb: {"const": name} });
            let mut required = vec![json!(verb)];
            if let (Json::Object(properties), Json::Object(members)) = (&mut properties, members) {
                required.extend(members.keys().map(|name| json!(name)));
                properties.extend(members);
            }
            json!({"type": "object", "required": required, "properties": properties, "additionalProperties": false})
        };
        let mut operations =
            vec![operation("insert", json!({"row": row})), operation("upsert", json!({"row": row}))];
        match &table.key {
            Some(key) => {
                let key_schema = self.key(key);
                let part = self.row(variant, Columns::Without(key));
                operations.push(operation("modify", json!({"key": key_schema, "row": part})));
                operations.push(operation("delete", json!({"key": key_schema})));
            }
            None => operations.push(operation("delete", json!({"row": row}))),
        }
        operations
    }

    fn row(&mut self, variant: &Variant, columns: Columns<'_>) -> Json {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for (at, field) in variant.fields.iter().enumerate() {
            match columns {
                Columns::Without(key) if key.has(at) => continue,
                Columns::All if default_value(self.types, field.ty).is_none() => {
                    required.push(json_name(field))
                }
                _ => {}
            }
            properties.insert(json_name(field).to_owned(), self.of(field.ty));
        }
        json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
    }

    fn key(&mut self, key: &Key) -> Json {
        match key {
            Key::Column { ty, .. } => self.of(*ty),
            Key::Columns(columns) => {
                let parts: Vec<Json> = columns.iter().map(|(_, ty)| self.of(*ty)).collect();
                json!({"type": "array", "prefixItems": parts, "items": false, "minItems": parts.len()})
            }
        }
    }

    fn of(&mut self, ty: TypeId) -> Json {
        let types = self.types;
        match types.ty(types.strip(ty)) {
            Type::Bool => json!({"type": "boolean"}),
            Type::Bit(128) => json!({"anyOf": [
                {"type": "string", "format": "uuid"},
                {"type": "string", "pattern": "^(0x[0-9a-fA-F]+|[0-9]+)$"},
                {"type": "integer", "minimum": 0},
            ]}),
            Type::Bit(width) => json!({"anyOf": [
                {"type": "integer", "minimum": 0},
                {"type": "string", "pattern": "^(0x[0-9a-fA-F]+|[0-9]+)$"},
            ], "description": format!("{width} bits")}),
            Type::Signed(_) | Type::BigInt => {
                json!({"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^-?[0-9]+$"}]})
            }
            Type::Double | Type::Float => json!({"type": "number"}),
            Type::String => json!({"type": "string"}),
            Type::Tuple(parts) => {
                let parts: Vec<Json> = parts.iter().map(|part| self.of(*part)).collect();
                json!({"type": "array", "prefixItems": parts, "items": false, "minItems": parts.len()})
            }
            Type::Vec(item) => json!({"type": "array", "items": self.of(*item)}),
            Type::Set(item) => json!({"type": "array", "items": self.of(*item), "uniqueItems": true}),
            Type::Map(key, value) if is_text(types, *key) => {
                json!({"type": "object", "additionalProperties": self.of(*value)})
            }
            Type::Map(key, value) => {
                let (key, value) = (self.of(*key), self.of(*value));
                json!({"type": "array", "items": {"type": "array", "prefixItems": [key, value], "items": false}})
            }
            Type::Union(union) => {
                let union = types.union(*union);
                match (optional(union), union.variants.as_slice()) {
                    (Some(inside), _) => json!({"anyOf": [{"type": "null"}, self.of(inside)]}),
                    (None, variants) => self.union(weir_engine::value::type_name(types, ty), variants),
                }
            }
            // No value of these can be given.
            Type::Group(..) | Type::Function(..) | Type::Opaque(..) | Type::Ref(_) | Type::Intern(_) => {
                json!(false)
            }
        }
    }

    /// Unions may contain themselves: each is defined once, by name.
    fn union(&mut self, name: String, variants: &[Variant]) -> Json {
        let reference = json!({"$ref": format!("#/$defs/{}", escaped(&name))});
        if self.definitions.contains_key(&name) {
            return reference;
        }
        self.definitions.insert(name.clone(), Json::Null);
        let choices: Vec<Json> = match variants {
            [only] => vec![self.row(only, Columns::All)],
            several => several
                .iter()
                .map(|variant| {
                    let constructor = short(&variant.name);
                    let row = self.row(variant, Columns::All);
                    let object = json!({
                        "type": "object", "required": [constructor], "properties": {constructor: row},
                        "additionalProperties": false
                    });
                    match variant.fields.is_empty() {
                        true => json!({"anyOf": [{"const": constructor}, object]}),
                        false => object,
                    }
                })
                .collect(),
        };
        self.definitions.insert(name, json!({"anyOf": choices}));
        reference
    }
}

/// Which columns a row has.
#[derive(Clone, Copy)]
enum Columns<'a> {
    All,
    Without(&'a Key),
}

/// A name within a JSON pointer in a URI fragment (RFC 6901).
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1").replace('<', "%3C").replace('>', "%3E").replace(' ', "%20")
}
