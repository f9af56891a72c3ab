//! From values to Rust types.

use std::sync::Arc;

use num_traits::ToPrimitive;
use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeOwned, DeserializeSeed, Error, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use super::{SerdeError, Value};

/// The Rust value of a value: the other way of [`super::to_value`]. A constructor is known by the last part of its name.
pub fn from_value<T: DeserializeOwned>(value: &Value) -> Result<T, SerdeError> {
    T::deserialize(FromValue(value))
}

#[derive(Clone, Copy)]
struct FromValue<'a>(&'a Value);

impl<'de> de::Deserializer<'de> for FromValue<'_> {
    type Error = SerdeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SerdeError> {
        match self.0 {
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Int(value) => visit_int(*value, visitor),
            Value::BigInt(value) => match value.to_u128() {
                Some(value) => visitor.visit_u128(value),
                None => Err(SerdeError::custom(format!("{value} does not fit 128 bits"))),
            },
            Value::Double(value) => visitor.visit_f64(*value),
            Value::Float(value) => visitor.visit_f32(*value),
            Value::Str(text) => visitor.visit_str(text),
            Value::Tuple(parts) if parts.is_empty() => visitor.visit_unit(),
            Value::Tuple(items) | Value::Vec(items) | Value::Set(items) => visit_items(items, visitor),
            Value::Map(pairs) => visitor.visit_map(Pairs { pairs: pairs.iter(), value: None }),
            Value::Struct { fields, .. } => visitor.visit_map(Fields { fields: fields.iter(), value: None }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SerdeError> {
        match self.0 {
            Value::Struct { ctor, fields } => match (last_part(ctor), fields.as_slice()) {
                ("None", []) => visitor.visit_none(),
                ("Some", [(_, value)]) => visitor.visit_some(FromValue(value)),
                _ => visitor.visit_some(self),
            },
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, SerdeError> {
        // A newtype is what is inside, or stands for a struct of one field and the same name.
        match self.0 {
            Value::Struct { ctor, fields } if last_part(ctor) == name => match fields.as_slice() {
                [(_, only)] => visitor.visit_newtype_struct(FromValue(only)),
                _ => visitor.visit_newtype_struct(self),
            },
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SerdeError> {
        match self.0 {
            Value::Tuple(parts) if parts.is_empty() => visitor.visit_unit(),
            Value::Struct { fields, .. } if fields.is_empty() => visitor.visit_unit(),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, SerdeError> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, SerdeError> {
        match self.0 {
            Value::Struct { fields, .. } => visitor.visit_seq(FieldValues(fields.iter())),
            Value::Tuple(items) => visit_items(items, visitor),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, SerdeError> {
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, SerdeError> {
        match self.0 {
            Value::Struct { ctor, fields } => {
                let name = variants.iter().copied().find(|variant| *variant == &**ctor);
                let name = name.unwrap_or_else(|| last_part(ctor));
                visitor.visit_enum(Constructor { name, fields })
            }
            other => Err(SerdeError::invalid_type(unexpected(other), &"a constructor")),
        }
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SerdeError> {
        self.deserialize_byte_buf(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SerdeError> {
        let byte = |item: &Value| match item {
            Value::Int(byte) => u8::try_from(*byte).ok(),
            _ => None,
        };
        let bytes = match self.0 {
            Value::Vec(items) => items.iter().map(byte).collect::<Option<Vec<u8>>>(),
            _ => None,
        };
        match bytes {
            Some(bytes) => visitor.visit_byte_buf(bytes),
            None => self.deserialize_any(visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SerdeError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string seq map struct identifier
    }
}

/// The narrowest visit, as visitors refuse wide ones even where the number would fit.
fn visit_int<'de, V: Visitor<'de>>(value: i128, visitor: V) -> Result<V::Value, SerdeError> {
    if let Ok(value) = u64::try_from(value) {
        visitor.visit_u64(value)
    } else if let Ok(value) = i64::try_from(value) {
        visitor.visit_i64(value)
    } else if let Ok(value) = u128::try_from(value) {
        visitor.visit_u128(value)
    } else {
        visitor.visit_i128(value)
    }
}

fn visit_items<'de, V: Visitor<'de>>(items: &[Value], visitor: V) -> Result<V::Value, SerdeError> {
    let mut access = Items(items.iter());
    let out = visitor.visit_seq(&mut access)?;
    match access.0.len() {
        0 => Ok(out),
        left => Err(SerdeError::invalid_length(items.len(), &format!("{}", items.len() - left).as_str())),
    }
}

fn last_part(name: &str) -> &str {
    name.rsplit("::").next().unwrap_or(name)
}

fn unexpected(value: &Value) -> Unexpected<'_> {
    match value {
        Value::Bool(value) => Unexpected::Bool(*value),
        Value::Int(_) | Value::BigInt(_) => Unexpected::Other("integer"),
        Value::Double(value) => Unexpected::Float(*value),
        Value::Float(value) => Unexpected::Float((*value).into()),
        Value::Str(text) => Unexpected::Str(text),
        Value::Tuple(_) => Unexpected::Other("tuple"),
        Value::Vec(_) | Value::Set(_) => Unexpected::Seq,
        Value::Map(_) => Unexpected::Map,
        Value::Struct { .. } => Unexpected::Other("constructor"),
    }
}

type FieldIter<'a> = std::slice::Iter<'a, (Arc<str>, Value)>;

/// Fields by name.
struct Fields<'a> {
    fields: FieldIter<'a>,
    value: Option<&'a (Arc<str>, Value)>,
}

impl<'de> de::MapAccess<'de> for Fields<'_> {
    type Error = SerdeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, SerdeError> {
        self.value = self.fields.next();
        self.value.map(|(name, _)| seed.deserialize(StrDeserializer::<SerdeError>::new(name))).transpose()
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, SerdeError> {
        let (name, value) = self.value.take().ok_or_else(|| SerdeError::custom("a field without a name"))?;
        seed.deserialize(FromValue(value)).map_err(|error: SerdeError| error.inside(name))
    }
}

/// Items in order.
struct Items<'a>(std::slice::Iter<'a, Value>);

impl<'de> de::SeqAccess<'de> for Items<'_> {
    type Error = SerdeError;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, SerdeError> {
        self.0.next().map(|value| seed.deserialize(FromValue(value))).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

/// Fields in order.
struct FieldValues<'a>(FieldIter<'a>);

impl<'de> de::SeqAccess<'de> for FieldValues<'_> {
    type Error = SerdeError;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, SerdeError> {
        self.0.next().map(|(_, value)| seed.deserialize(FromValue(value))).transpose()
    }
}

/// Pairs of a map.
struct Pairs<'a> {
    pairs: std::slice::Iter<'a, (Value, Value)>,
    value: Option<&'a Value>,
}

impl<'de> de::MapAccess<'de> for Pairs<'_> {
    type Error = SerdeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, SerdeError> {
        let Some((key, value)) = self.pairs.next() else { return Ok(None) };
        self.value = Some(value);
        seed.deserialize(FromValue(key)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, SerdeError> {
        let value = self.value.take().ok_or_else(|| SerdeError::custom("a value without a key"))?;
        seed.deserialize(FromValue(value))
    }
}

/// A variant of an enum.
struct Constructor<'a> {
    name: &'a str,
    fields: &'a [(Arc<str>, Value)],
}

impl<'de, 'a> de::EnumAccess<'de> for Constructor<'a> {
    type Error = SerdeError;
    type Variant = ConstructorFields<'a>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self::Variant), SerdeError> {
        let name = seed.deserialize(StrDeserializer::<SerdeError>::new(self.name))?;
        Ok((name, ConstructorFields(self.fields)))
    }
}

/// The fields of a variant.
struct ConstructorFields<'a>(&'a [(Arc<str>, Value)]);

impl<'de> de::VariantAccess<'de> for ConstructorFields<'_> {
    type Error = SerdeError;

    fn unit_variant(self) -> Result<(), SerdeError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(SerdeError::invalid_length(self.0.len(), &"a constructor without fields"))
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, SerdeError> {
        match self.0 {
            [(_, value)] => seed.deserialize(FromValue(value)),
            _ => Err(SerdeError::invalid_length(self.0.len(), &"a constructor of one field")),
        }
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, SerdeError> {
        visitor.visit_seq(FieldValues(self.0.iter()))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, SerdeError> {
        visitor.visit_map(Fields { fields: self.0.iter(), value: None })
    }
}
