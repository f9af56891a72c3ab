//! From Rust types to values.

use std::sync::Arc;

use serde::ser::{self, Serialize};

use super::{SerdeError, Value};

/// The value of a Rust value.
///
/// Structs become structs of the same name with the same field names, variants of an enum constructors, `Option` the
/// library's `Option`, sequences vectors (which are taken for sets too), maps maps. A newtype is what is inside.
pub fn to_value<T: Serialize + ?Sized>(value: &T) -> Result<Value, SerdeError> {
    value.serialize(ToValue)
}

struct ToValue;

type Result_ = Result<Value, SerdeError>;

impl ser::Serializer for ToValue {
    type Ok = Value;
    type Error = SerdeError;
    type SerializeSeq = Items;
    type SerializeTuple = Items;
    type SerializeTupleStruct = Items;
    type SerializeTupleVariant = Fields;
    type SerializeMap = Pairs;
    type SerializeStruct = Fields;
    type SerializeStructVariant = Fields;

    fn serialize_bool(self, value: bool) -> Result_ {
        Ok(Value::Bool(value))
    }

    fn serialize_i8(self, value: i8) -> Result_ {
        Ok(Value::Int(value.into()))
    }

    fn serialize_i16(self, value: i16) -> Result_ {
        Ok(Value::Int(value.into()))
    }

    fn serialize_i32(self, value: i32) -> Result_ {
        Ok(Value::Int(value.into()))
    }

    fn serialize_i64(self, value: i64) -> Result_ {
        Ok(Value::Int(value.into()))
    }

    fn serialize_i128(self, value: i128) -> Result_ {
        Ok(Value::Int(value))
    }

    fn serialize_u8(self, value: u8) -> Result_ {
        Ok(Value::Int(value.into()))
    }

    fn serialize_u16(self, value: u16) -> Result_ {
        Ok(Value::Int(value.into()))
    }

    fn serialize_u32(self, value: u32) -> Result_ {
        Ok(Value::Int(value.into()))
    }

    fn serialize_u64(self, value: u64) -> Result_ {
        Ok(Value::Int(value.into()))
    }

    fn serialize_u128(self, value: u128) -> Result_ {
        Ok(Value::integer(value))
    }

    fn serialize_f32(self, value: f32) -> Result_ {
        Ok(Value::Float(value))
    }

    fn serialize_f64(self, value: f64) -> Result_ {
        Ok(Value::Double(value))
    }

    fn serialize_char(self, value: char) -> Result_ {
        Ok(Value::Str(value.to_string().into()))
    }

    fn serialize_str(self, value: &str) -> Result_ {
        Ok(Value::Str(value.into()))
    }

    fn serialize_bytes(self, value: &[u8]) -> Result_ {
        Ok(Value::Vec(value.iter().map(|byte| Value::Int((*byte).into())).collect()))
    }

    fn serialize_none(self) -> Result_ {
        Ok(constructor("ddlog_std::None", Vec::new()))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result_ {
        Ok(constructor("ddlog_std::Some", vec![("x".into(), to_value(value)?)]))
    }

    fn serialize_unit(self) -> Result_ {
        Ok(Value::Tuple(Vec::new()))
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result_ {
        Ok(constructor(name, Vec::new()))
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result_ {
        Ok(constructor(variant, Vec::new()))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result_ {
        to_value(value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result_ {
        Ok(constructor(variant, vec![("".into(), to_value(value)?)]))
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Items, SerdeError> {
        Ok(Items { items: Vec::with_capacity(len.unwrap_or_default()), build: Value::Vec })
    }

    fn serialize_tuple(self, len: usize) -> Result<Items, SerdeError> {
        Ok(Items { items: Vec::with_capacity(len), build: Value::Tuple })
    }

    fn serialize_tuple_struct(self, _: &'static str, len: usize) -> Result<Items, SerdeError> {
        Ok(Items { items: Vec::with_capacity(len), build: Value::Tuple })
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Fields, SerdeError> {
        Ok(Fields { ctor: variant, fields: Vec::with_capacity(len) })
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Pairs, SerdeError> {
        Ok(Pairs { pairs: Vec::with_capacity(len.unwrap_or_default()), key: None })
    }

    fn serialize_struct(self, name: &'static str, len: usize) -> Result<Fields, SerdeError> {
        Ok(Fields { ctor: name, fields: Vec::with_capacity(len) })
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Fields, SerdeError> {
        Ok(Fields { ctor: variant, fields: Vec::with_capacity(len) })
    }
}

fn constructor(name: &str, fields: Vec<(Arc<str>, Value)>) -> Value {
    Value::Struct { ctor: name.into(), fields }
}

/// A sequence or tuple being built.
struct Items {
    items: Vec<Value>,
    build: fn(Vec<Value>) -> Value,
}

impl ser::SerializeSeq for Items {
    type Ok = Value;
    type Error = SerdeError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), SerdeError> {
        self.items.push(to_value(value)?);
        Ok(())
    }

    fn end(self) -> Result_ {
        Ok((self.build)(self.items))
    }
}

impl ser::SerializeTuple for Items {
    type Ok = Value;
    type Error = SerdeError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), SerdeError> {
        ser::SerializeSeq::serialize_element(self, value)
    }

    fn end(self) -> Result_ {
        ser::SerializeSeq::end(self)
    }
}

impl ser::SerializeTupleStruct for Items {
    type Ok = Value;
    type Error = SerdeError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), SerdeError> {
        ser::SerializeSeq::serialize_element(self, value)
    }

    fn end(self) -> Result_ {
        ser::SerializeSeq::end(self)
    }
}

/// A constructor being built.
struct Fields {
    ctor: &'static str,
    fields: Vec<(Arc<str>, Value)>,
}

impl Fields {
    fn add<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), SerdeError> {
        let value = to_value(value).map_err(|error| error.inside(name))?;
        self.fields.push((name.into(), value));
        Ok(())
    }
}

impl ser::SerializeStruct for Fields {
    type Ok = Value;
    type Error = SerdeError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), SerdeError> {
        self.add(name, value)
    }

    fn end(self) -> Result_ {
        Ok(constructor(self.ctor, self.fields))
    }
}

impl ser::SerializeStructVariant for Fields {
    type Ok = Value;
    type Error = SerdeError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), SerdeError> {
        self.add(name, value)
    }

    fn end(self) -> Result_ {
        Ok(constructor(self.ctor, self.fields))
    }
}

impl ser::SerializeTupleVariant for Fields {
    type Ok = Value;
    type Error = SerdeError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), SerdeError> {
        self.add("", value)
    }

    fn end(self) -> Result_ {
        Ok(constructor(self.ctor, self.fields))
    }
}

/// A map being built.
struct Pairs {
    pairs: Vec<(Value, Value)>,
    key: Option<Value>,
}

impl ser::SerializeMap for Pairs {
    type Ok = Value;
    type Error = SerdeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), SerdeError> {
        self.key = Some(to_value(key)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), SerdeError> {
        let key = self.key.take().ok_or_else(|| ser::Error::custom("a map's value without a key"))?;
        self.pairs.push((key, to_value(value)?));
        Ok(())
    }

    fn end(self) -> Result_ {
        Ok(Value::Map(self.pairs))
    }
}
