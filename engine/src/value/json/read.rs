//! From JSON: a deserializer that is told the type when it runs.

use std::fmt;

use num_bigint::BigInt;
use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value as Json;

use super::convert::to_json_value;
use super::tagged::{read_struct, read_union};
use super::{Context, only_field, only_type, variant_value};
use crate::ir::{Type, TypeId, Union};
use crate::value::texts::{is_text, normal_text};
use crate::value::{Value, type_name};

/// Reads a value of a type.
#[derive(Clone, Copy)]
pub(super) struct Seed<'a> {
    pub(super) context: Context<'a>,
    pub(super) ty: TypeId,
}

impl<'a> Seed<'a> {
    /// A seed for a part.
    pub(super) fn of(self, ty: TypeId) -> Self {
        Seed { ty, ..self }
    }

    fn unsupported<E: Error>(self, what: &str) -> E {
        E::custom(format!("{} {what}", type_name(self.context.types, self.ty)))
    }

    fn items(self, item: TypeId) -> ItemsVisitor<'a> {
        ItemsVisitor(self.of(item))
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        let types = self.context.types;
        match types.ty(types.strip(self.ty)) {
            Type::Bool => bool::deserialize(reader).map(Value::Bool),
            Type::Bit(width) => read_bits(*width, reader),
            Type::Signed(width) => read_signed(*width, reader),
            Type::BigInt => reader.deserialize_any(BigVisitor).map(Value::integer),
            Type::Double => f64::deserialize(reader).map(Value::Double),
            Type::Float => f32::deserialize(reader).map(Value::Float),
            Type::String => String::deserialize(reader).map(|text| Value::Str(text.into())),
            Type::Tuple(parts) if parts.is_empty() => {
                <()>::deserialize(reader).map(|()| Value::Tuple(Vec::new()))
            }
            Type::Tuple(parts) => reader.deserialize_tuple(parts.len(), TupleVisitor { seed: self, parts }),
            Type::Union(union) => self.union(types.union(*union), reader),
            Type::Vec(item) => reader.deserialize_seq(self.items(*item)).map(Value::Vec),
            Type::Set(item) => reader.deserialize_seq(self.items(*item)).map(Value::Set),
            Type::Map(key, value) => {
                reader.deserialize_map(PairsVisitor { key: self.of(*key), value: self.of(*value) })
            }
            Type::Opaque(name, args) => match (&**name, args.as_slice()) {
                ("tinyset::Set64" | "hashset::HashSet", [item]) => {
                    reader.deserialize_seq(self.items(*item)).map(Value::Set)
                }
                (name, []) if is_text(name) => {
                    let text = reader.deserialize_any(TextVisitor)?;
                    normal_text(name, &text).map(|text| Value::Str(text.into())).map_err(D::Error::custom)
                }
                _ => Err(self.unsupported("cannot be read from JSON")),
            },
            Type::Group(..) | Type::Function(..) => Err(self.unsupported("cannot be read from JSON")),
            // Taken off above.
            Type::Ref(_) | Type::Intern(_) => Err(self.unsupported("cannot be read from JSON")),
        }
    }
}

impl Seed<'_> {
    fn union<'de, D: Deserializer<'de>>(self, union: &Union, reader: D) -> Result<Value, D::Error> {
        match (&*union.name, only_type(union, 0)) {
            ("ddlog_std::Option", _) => reader.deserialize_option(OptionVisitor { seed: self, union }),
            ("json::JsonValue", _) => {
                Json::deserialize(reader).map(|json| to_json_value(self.context.types, union, json))
            }
            ("json::JsonWrapper", Some(inside)) => {
                self.of(inside).deserialize(reader).map(|value| only_field(union, 0, value))
            }
            _ if union.json.custom => Err(self.unsupported("has JSON of its own, which is not known here")),
            (_, Some(inside)) if union.json.transparent && union.variants.len() == 1 => {
                self.of(inside).deserialize(reader).map(|value| only_field(union, 0, value))
            }
            _ if union.variants.len() == 1 => read_struct(self, union, reader),
            _ => read_union(self, union, reader),
        }
    }
}

fn read_bits<'de, D: Deserializer<'de>>(width: u32, reader: D) -> Result<Value, D::Error> {
    let value = match width {
        ..=8 => u8::deserialize(reader)?.into(),
        9..=16 => u16::deserialize(reader)?.into(),
        17..=32 => u32::deserialize(reader)?.into(),
        33..=64 => u64::deserialize(reader)?.into(),
        65..=128 => u128::deserialize(reader)?,
        _ => {
            let value = reader.deserialize_any(BigVisitor)?;
            let fits = value.sign() != num_bigint::Sign::Minus && value.bits() <= u64::from(width);
            return if fits { Ok(Value::integer(value)) } else { Err(too_wide(&value, "bit", width)) };
        }
    };
    if width < 128 && value >> width != 0 {
        return Err(too_wide(&value, "bit", width));
    }
    Ok(Value::integer(value))
}

fn read_signed<'de, D: Deserializer<'de>>(width: u32, reader: D) -> Result<Value, D::Error> {
    let value: i128 = match width {
        ..=8 => i8::deserialize(reader)?.into(),
        9..=16 => i16::deserialize(reader)?.into(),
        17..=32 => i32::deserialize(reader)?.into(),
        33..=64 => i64::deserialize(reader)?.into(),
        _ => i128::deserialize(reader)?,
    };
    if width < 128 && !matches!(value >> (width.max(1) - 1), 0 | -1) {
        return Err(too_wide(&value, "signed", width));
    }
    Ok(Value::Int(value))
}

fn too_wide<E: Error>(value: &dyn fmt::Display, kind: &str, width: u32) -> E {
    E::custom(format!("invalid value: integer `{value}`, expected {kind}<{width}>"))
}

/// A number without bounds: its digits as a string, or a number.
struct BigVisitor;

impl Visitor<'_> for BigVisitor {
    type Value = BigInt;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<BigInt, E> {
        text.parse().map_err(|_| E::custom(format!("invalid integer value: {text}")))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<BigInt, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<BigInt, E> {
        Ok(value.into())
    }

    fn visit_u128<E: Error>(self, value: u128) -> Result<BigInt, E> {
        Ok(value.into())
    }

    fn visit_i128<E: Error>(self, value: i128) -> Result<BigInt, E> {
        Ok(value.into())
    }
}

/// The text of a date or URL: bare, or the only member of an object.
struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<String, A::Error> {
        match members.next_entry::<String, String>()? {
            Some((name, text)) if matches!(&*name, "val" | "url") => Ok(text),
            Some((name, _)) => Err(A::Error::custom(format!("unknown field `{name}`"))),
            None => Err(A::Error::missing_field("val")),
        }
    }
}

struct TupleVisitor<'a> {
    seed: Seed<'a>,
    parts: &'a [TypeId],
}

impl<'de> Visitor<'de> for TupleVisitor<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.parts.len();
        write!(f, "tuple struct tuple{n} with {n} elements")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::with_capacity(self.parts.len());
        for (i, ty) in self.parts.iter().enumerate() {
            match items.next_element_seed(self.seed.of(*ty))? {
                Some(value) => values.push(value),
                None => return Err(A::Error::invalid_length(i, &self)),
            }
        }
        Ok(Value::Tuple(values))
    }
}

/// Items of one type.
pub(super) struct ItemsVisitor<'a>(pub(super) Seed<'a>);

impl<'de> Visitor<'de> for ItemsVisitor<'_> {
    type Value = Vec<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<Value>, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = items.next_element_seed(self.0)? {
            values.push(value);
        }
        Ok(values)
    }
}

struct PairsVisitor<'a> {
    key: Seed<'a>,
    value: Seed<'a>,
}

impl<'de> Visitor<'de> for PairsVisitor<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some(key) = members.next_key_seed(self.key)? {
            pairs.push((key, members.next_value_seed(self.value)?));
        }
        Ok(Value::Map(pairs))
    }
}

struct OptionVisitor<'a> {
    seed: Seed<'a>,
    union: &'a Union,
}

impl<'de> Visitor<'de> for OptionVisitor<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("option")
    }

    fn visit_none<E: de::Error>(self) -> Result<Value, E> {
        Ok(variant_value(self.union, 0, Vec::new()))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        self.visit_none()
    }

    fn visit_some<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        let inside = only_type(self.union, 1).unwrap_or(self.seed.ty);
        self.seed.of(inside).deserialize(reader).map(|value| only_field(self.union, 1, value))
    }
}
