//! Structs and unions from JSON, however it says which variant they are.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::value::MapDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, IgnoredAny, MapAccess, SeqAccess, VariantAccess,
    Visitor,
};
use serde_json::Value as Json;

use super::read::Seed;
use super::{last_part, variant_value};
use crate::ir::{Field, Tagging, Type, TypeId, Union, Variant};
use crate::value::{Value, default_value};

type Members = Vec<(String, Json)>;
type Fields = Vec<(Arc<str>, Value)>;

/// Reads a struct.
pub(super) fn read_struct<'de, D: Deserializer<'de>>(
    seed: Seed<'_>,
    union: &Union,
    reader: D,
) -> Result<Value, D::Error> {
    let Some(variant) = union.variants.first() else { return Err(D::Error::custom("no constructor")) };
    let visitor = FieldsVisitor { seed, union, variant, kind: "struct" };
    let fields = match variant.fields.iter().any(|field| field.json.flatten) {
        true => reader.deserialize_map(visitor)?,
        false => reader.deserialize_struct("", &[], visitor)?,
    };
    Ok(variant_value(union, 0, fields))
}

/// Reads a union of several variants.
pub(super) fn read_union<'de, D: Deserializer<'de>>(
    seed: Seed<'_>,
    union: &Union,
    reader: D,
) -> Result<Value, D::Error> {
    match &union.json.tagging {
        Tagging::External => reader.deserialize_enum("", &[], ExternalVisitor { seed, union }),
        Tagging::Internal { tag } => {
            let members = reader.deserialize_any(MembersVisitor { union, kind: "internally tagged enum" })?;
            internal(seed, union, tag, members)
        }
        Tagging::Adjacent { tag, content } => {
            reader.deserialize_struct("", &[], AdjacentVisitor { seed, union, tag, content })
        }
        Tagging::Untagged => {
            let json = Json::deserialize(reader)?;
            let readable = union.variants.iter().enumerate().filter(|(_, variant)| !variant.json.skip_read);
            for (number, variant) in readable {
                if let Ok(fields) = untagged(seed, union, variant, json.clone()) {
                    return Ok(variant_value(union, number, fields));
                }
            }
            let name = last_part(&union.name);
            Err(D::Error::custom(format!("data did not match any variant of untagged enum {name}")))
        }
    }
}

/// The number of the variant that JSON names.
fn named<E: Error>(union: &Union, name: &str) -> Result<usize, E> {
    let readable = || union.variants.iter().enumerate().filter(|(_, variant)| !variant.json.skip_read);
    let found = readable().find(|(_, variant)| variant.json.read_as.iter().any(|known| &**known == name));
    let found = found.or_else(|| readable().find(|(_, variant)| variant.json.other));
    found.map(|(number, _)| number).ok_or_else(|| {
        let names = readable().flat_map(|(_, variant)| &variant.json.read_as);
        match one_of(names) {
            Some(names) => E::custom(format!("unknown variant `{name}`, expected {names}")),
            None => E::custom(format!("unknown variant `{name}`, there are no variants")),
        }
    })
}

/// `a`, `a` or `b`, one of `a`, `b`, `c`.
fn one_of<'n>(names: impl Iterator<Item = &'n Arc<str>>) -> Option<String> {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => None,
        [only] => Some(only.clone()),
        [first, second] => Some(format!("{first} or {second}")),
        _ => Some(format!("one of {}", names.join(", "))),
    }
}

/// Members of an object that has been read before.
fn read_members<E: Error>(visitor: FieldsVisitor<'_>, members: Members) -> Result<Fields, E> {
    let members: MapDeserializer<'_, _, serde_json::Error> = MapDeserializer::new(members.into_iter());
    visitor.visit_map(members).map_err(E::custom)
}

fn internal<E: Error>(seed: Seed<'_>, union: &Union, tag: &str, mut members: Members) -> Result<Value, E> {
    let Some(at) = members.iter().position(|(name, _)| name == tag) else {
        return Err(E::custom(format!("missing field `{tag}`")));
    };
    let number = match members.remove(at).1 {
        Json::String(name) => named(union, &name)?,
        Json::Number(number) => match number.as_u64().and_then(|number| usize::try_from(number).ok()) {
            Some(number) if number < union.variants.len() => number,
            _ => return Err(E::custom(format!("invalid value: integer `{number}`, expected variant index"))),
        },
        _ => return Err(E::custom("invalid type, expected variant identifier")),
    };
    let variant = &union.variants[number];
    if variant.fields.is_empty() {
        return Ok(variant_value(union, number, Vec::new()));
    }
    let visitor = FieldsVisitor { seed, union, variant, kind: "struct variant" };
    read_members(visitor, members).map(|fields| variant_value(union, number, fields))
}

fn untagged(
    seed: Seed<'_>,
    union: &Union,
    variant: &Variant,
    json: Json,
) -> Result<Fields, serde_json::Error> {
    if variant.fields.is_empty() {
        return <()>::deserialize(json).map(|()| Vec::new());
    }
    json.deserialize_any(FieldsVisitor { seed, union, variant, kind: "struct variant" })
}

/// Reads the fields of a struct or variant.
#[derive(Clone, Copy)]
struct FieldsVisitor<'a> {
    seed: Seed<'a>,
    union: &'a Union,
    variant: &'a Variant,
    kind: &'static str,
}

impl FieldsVisitor<'_> {
    fn field_named(&self, name: &str) -> Option<usize> {
        self.variant.fields.iter().position(|field| {
            let json = &field.json;
            !json.flatten && !json.skip_read && json.read_as.iter().any(|known| &**known == name)
        })
    }

    /// The value of a field that is not there.
    fn missing<E: Error>(&self, field: &Field) -> Result<Value, E> {
        let types = self.seed.context.types;
        let is_option = match types.ty(types.strip(field.ty)) {
            Type::Union(union) => &*types.union(*union).name == "ddlog_std::Option",
            _ => false,
        };
        let json = &field.json;
        let may_be_missing = json.skip_read
            || json.default
            || (self.union.json.default && self.union.variants.len() == 1)
            || (is_option && !json.as_text);
        match default_value(types, field.ty) {
            Some(value) if may_be_missing => Ok(value),
            _ => {
                let name = json.read_as.first().unwrap_or(&field.name);
                Err(E::custom(format!("missing field `{name}`")))
            }
        }
    }

    fn unknown<E: Error>(&self, name: &str) -> E {
        let known = self.variant.fields.iter().filter(|field| !field.json.skip_read && !field.json.flatten);
        match one_of(known.flat_map(|field| &field.json.read_as)) {
            Some(names) => E::custom(format!("unknown field `{name}`, expected {names}")),
            None => E::custom(format!("unknown field `{name}`, there are no fields")),
        }
    }

    /// Fields whose members are among those of the object around.
    fn flattened<E: Error>(&self, field: &Field, members: &mut Members) -> Result<Value, E> {
        let types = self.seed.context.types;
        let all = |members: &Members| {
            Json::Object(members.iter().map(|(name, json)| (name.clone(), json.clone())).collect())
        };
        let read = |ty: TypeId, json: Json| self.seed.of(ty).deserialize(json).map_err(E::custom);
        let Type::Union(union) = types.ty(types.strip(field.ty)) else { return read(field.ty, all(members)) };
        let union = types.union(*union);
        match union.variants.as_slice() {
            _ if &*union.name == "ddlog_std::Option" => match super::only_type(union, 1) {
                Some(inside) => Ok(match self.seed.of(inside).deserialize(all(members)) {
                    Ok(value) => super::only_field(union, 1, value),
                    Err(_) => variant_value(union, 0, Vec::new()),
                }),
                None => read(field.ty, all(members)),
            },
            [variant] if !variant.fields.iter().any(|field| field.json.flatten) => {
                let inner = FieldsVisitor { variant, union, kind: "struct", ..*self };
                let (own, rest) = std::mem::take(members)
                    .into_iter()
                    .partition(|(name, _)| inner.field_named(name).is_some());
                *members = rest;
                read_members(inner, own).map(|fields| variant_value(union, 0, fields))
            }
            variants if variants.len() > 1 && union.json.tagging == Tagging::External => {
                match members.iter().position(|(name, _)| named::<E>(union, name).is_ok()) {
                    Some(at) => {
                        let (name, json) = members.remove(at);
                        read(field.ty, Json::Object([(name, json)].into_iter().collect()))
                    }
                    None => Err(E::custom(format!(
                        "no variant of enum {} found in flattened data",
                        last_part(&union.name)
                    ))),
                }
            }
            _ => read(field.ty, all(members)),
        }
    }
}

impl<'de> Visitor<'de> for FieldsVisitor<'_> {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = last_part(&self.union.name);
        match self.kind {
            "struct" => write!(f, "struct {name}"),
            kind => write!(f, "{kind} {name}::{}", last_part(&self.variant.name)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Fields, A::Error> {
        let fields = &self.variant.fields;
        let mut values: Vec<Option<Value>> = vec![None; fields.len()];
        let mut others: Members = Vec::new();
        let flattens = fields.iter().any(|field| field.json.flatten);
        while let Some(name) = members.next_key::<String>()? {
            match self.field_named(&name) {
                Some(at) if values[at].is_some() => {
                    let name = fields[at].json.read_as.first().unwrap_or(&fields[at].name);
                    return Err(A::Error::custom(format!("duplicate field `{name}`")));
                }
                Some(at) => {
                    let field = &fields[at];
                    values[at] =
                        Some(members.next_value_seed(FieldSeed { seed: self.seed.of(field.ty), field })?);
                }
                None if flattens => others.push((name, members.next_value()?)),
                None if self.union.json.deny_unknown_fields => return Err(self.unknown(&name)),
                None => {
                    members.next_value::<IgnoredAny>()?;
                }
            }
        }
        let mut out = Vec::with_capacity(fields.len());
        for (field, value) in fields.iter().zip(values) {
            let value = match value {
                Some(value) => value,
                None if field.json.flatten => self.flattened(field, &mut others)?,
                None => self.missing(field)?,
            };
            out.push((field.name.clone(), value));
        }
        match others.first() {
            Some((name, _)) if self.union.json.deny_unknown_fields => {
                Err(A::Error::custom(format!("unknown field `{name}`")))
            }
            _ => Ok(out),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Fields, A::Error> {
        let mut out = Vec::with_capacity(self.variant.fields.len());
        for (i, field) in self.variant.fields.iter().enumerate() {
            let value = match field.json.skip_read {
                true => self.missing(field)?,
                false => match items.next_element_seed(FieldSeed { seed: self.seed.of(field.ty), field })? {
                    Some(value) => value,
                    None => return Err(A::Error::invalid_length(i, &WithLength(self))),
                },
            };
            out.push((field.name.clone(), value));
        }
        Ok(out)
    }
}

/// As a visitor is expected, with how many elements.
struct WithLength<'a>(FieldsVisitor<'a>);

impl serde::de::Expected for WithLength<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Visitor::expecting(&self.0, f)?;
        match self.0.variant.fields.len() {
            1 => f.write_str(" with 1 element"),
            n => write!(f, " with {n} elements"),
        }
    }
}

/// Reads the value of a field.
struct FieldSeed<'a> {
    seed: Seed<'a>,
    field: &'a Field,
}

impl<'de> DeserializeSeed<'de> for FieldSeed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        let context = self.seed.context;
        if self.field.json.as_text {
            let text = String::deserialize(reader)?;
            return from_text(self.seed, &text);
        }
        match (self.field.json.key_function, context.types.ty(context.types.strip(self.field.ty))) {
            (Some(function), Type::Map(_, item)) => {
                let items = reader.deserialize_seq(super::read::ItemsVisitor(self.seed.of(*item)))?;
                let pair = |value: Value| Ok((context.keys.key(function, *item, &value)?, value));
                let pairs: Result<Vec<_>, String> = items.into_iter().map(pair).collect();
                pairs.map(Value::Map).map_err(D::Error::custom)
            }
            _ => self.seed.deserialize(reader),
        }
    }
}

/// The value of a text that holds a number, or the like.
fn from_text<E: Error>(seed: Seed<'_>, text: &str) -> Result<Value, E> {
    let types = seed.context.types;
    fn parse<T: std::str::FromStr<Err: fmt::Display>, E: Error>(text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
    let json = match types.ty(types.strip(seed.ty)) {
        Type::Bool => Json::from(parse::<bool, E>(text)?),
        Type::Bit(..=8) => Json::from(parse::<u8, E>(text)?),
        Type::Bit(..=16) => Json::from(parse::<u16, E>(text)?),
        Type::Bit(..=32) => Json::from(parse::<u32, E>(text)?),
        Type::Bit(..=64) => Json::from(parse::<u64, E>(text)?),
        Type::Bit(..=128) => return Ok(Value::integer(parse::<u128, E>(text)?)),
        Type::Signed(..=8) => Json::from(parse::<i8, E>(text)?),
        Type::Signed(..=16) => Json::from(parse::<i16, E>(text)?),
        Type::Signed(..=32) => Json::from(parse::<i32, E>(text)?),
        Type::Signed(..=64) => Json::from(parse::<i64, E>(text)?),
        Type::Signed(..=128) => return Ok(Value::Int(parse::<i128, E>(text)?)),
        Type::Double => return parse::<f64, E>(text).map(Value::Double),
        Type::Float => return parse::<f32, E>(text).map(Value::Float),
        _ => Json::from(text),
    };
    seed.deserialize(json).map_err(E::custom)
}

/// Reads a union whose JSON is named by the variant.
struct ExternalVisitor<'a> {
    seed: Seed<'a>,
    union: &'a Union,
}

impl<'de> Visitor<'de> for ExternalVisitor<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "enum {}", last_part(&self.union.name))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<Value, A::Error> {
        let (number, inside) = access.variant_seed(VariantSeed(self.union))?;
        let variant = &self.union.variants[number];
        let fields = match variant.fields.is_empty() {
            true => inside.unit_variant().map(|()| Vec::new())?,
            false => {
                let visitor =
                    FieldsVisitor { seed: self.seed, union: self.union, variant, kind: "struct variant" };
                inside.struct_variant(&[], visitor)?
            }
        };
        Ok(variant_value(self.union, number, fields))
    }
}

/// Reads the name of a variant.
struct VariantSeed<'a>(&'a Union);

impl<'de> DeserializeSeed<'de> for VariantSeed<'_> {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<usize, D::Error> {
        reader.deserialize_identifier(self)
    }
}

impl Visitor<'_> for VariantSeed<'_> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("variant identifier")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<usize, E> {
        named(self.0, name)
    }
}

/// Reads an object as it is.
struct MembersVisitor<'a> {
    union: &'a Union,
    kind: &'static str,
}

impl<'de> Visitor<'de> for MembersVisitor<'_> {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, last_part(&self.union.name))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Members, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = access.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}

/// Reads a union whose variant is named beside its content.
struct AdjacentVisitor<'a> {
    seed: Seed<'a>,
    union: &'a Union,
    tag: &'a str,
    content: &'a str,
}

impl<'de> Visitor<'de> for AdjacentVisitor<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "adjacently tagged enum {}", last_part(&self.union.name))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let (mut number, mut content) = (None, None);
        while let Some(name) = members.next_key::<String>()? {
            let is_tag = name == self.tag;
            if (is_tag && number.is_some()) || (name == self.content && content.is_some()) {
                return Err(A::Error::custom(format!("duplicate field `{name}`")));
            }
            if is_tag {
                number = Some(members.next_value_seed(VariantSeed(self.union))?);
            } else if name == self.content {
                content = Some(members.next_value::<Json>()?);
            } else if self.union.json.deny_unknown_fields {
                let names = [Arc::from(self.tag), Arc::from(self.content)];
                let names = one_of(names.iter()).unwrap_or_default();
                return Err(A::Error::custom(format!("unknown field `{name}`, expected {names}")));
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        let Some(number) = number else {
            return Err(A::Error::custom(format!("missing field `{}`", self.tag)));
        };
        let variant = &self.union.variants[number];
        let fields = match content {
            None if variant.fields.is_empty() => Vec::new(),
            Some(json) if variant.fields.is_empty() => {
                <()>::deserialize(json).map(|()| Vec::new()).map_err(A::Error::custom)?
            }
            None => return Err(A::Error::custom(format!("missing field `{}`", self.content))),
            Some(json) => {
                let visitor =
                    FieldsVisitor { seed: self.seed, union: self.union, variant, kind: "struct variant" };
                json.deserialize_any(visitor).map_err(A::Error::custom)?
            }
        };
        Ok(variant_value(self.union, number, fields))
    }
}
