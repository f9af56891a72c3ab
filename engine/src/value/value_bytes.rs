//! Values outside of any interner, as bytes: for the few that go to other processes by themselves.

use std::sync::Arc;

use num_bigint::BigInt;

use super::Value;
use super::wire::{Reader, Writer};

impl Value {
    /// Adds the value's bytes.
    pub(crate) fn write(&self, to: &mut Writer) {
        match self {
            Value::Bool(value) => to.raw(&[0, u8::from(*value)]),
            Value::Int(value) => {
                to.raw(&[1]);
                to.raw(&value.to_le_bytes());
            }
            Value::BigInt(value) => {
                to.raw(&[2]);
                to.bytes(&value.to_signed_bytes_le());
            }
            Value::Double(value) => {
                to.raw(&[3]);
                to.raw(&value.to_le_bytes());
            }
            Value::Float(value) => {
                to.raw(&[4]);
                to.raw(&value.to_le_bytes());
            }
            Value::Str(text) => {
                to.raw(&[5]);
                to.text(text);
            }
            Value::Tuple(values) => write_all(6, values, to),
            Value::Struct { ctor, fields } => {
                to.raw(&[7]);
                to.text(ctor);
                to.number(fields.len() as u64);
                for (name, value) in fields {
                    to.text(name);
                    value.write(to);
                }
            }
            Value::Vec(values) => write_all(8, values, to),
            Value::Set(values) => write_all(9, values, to),
            Value::Map(pairs) => {
                to.raw(&[10]);
                to.number(pairs.len() as u64);
                for (key, value) in pairs {
                    key.write(to);
                    value.write(to);
                }
            }
        }
    }

    /// Reads what [`Self::write`] wrote; `None` if it is something else.
    pub(crate) fn read(from: &mut Reader<'_>) -> Option<Value> {
        Some(match from.raw::<1>()?[0] {
            0 => Value::Bool(from.raw::<1>()? != [0]),
            1 => Value::Int(i128::from_le_bytes(from.raw()?)),
            2 => Value::BigInt(BigInt::from_signed_bytes_le(from.bytes()?)),
            3 => Value::Double(f64::from_le_bytes(from.raw()?)),
            4 => Value::Float(f32::from_le_bytes(from.raw()?)),
            5 => Value::Str(from.text()?.into()),
            6 => Value::Tuple(read_all(from)?),
            7 => {
                let ctor: Arc<str> = from.text()?.into();
                let mut fields = Vec::new();
                for _ in 0..from.count()? {
                    fields.push((from.text()?.into(), Value::read(from)?));
                }
                Value::Struct { ctor, fields }
            }
            8 => Value::Vec(read_all(from)?),
            9 => Value::Set(read_all(from)?),
            10 => {
                let mut pairs = Vec::new();
                for _ in 0..from.count()? {
                    pairs.push((Value::read(from)?, Value::read(from)?));
                }
                Value::Map(pairs)
            }
            _ => return None,
        })
    }
}

fn write_all(kind: u8, values: &[Value], to: &mut Writer) {
    to.raw(&[kind]);
    to.number(values.len() as u64);
    values.iter().for_each(|value| value.write(to));
}

fn read_all(from: &mut Reader<'_>) -> Option<Vec<Value>> {
    (0..from.count()?).map(|_| Value::read(from)).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn values_survive_the_way() {
        let text = |text: &str| Value::Str(text.into());
        let fields = vec![("a".into(), Value::Int(-5)), ("".into(), Value::Double(0.25))];
        let value = Value::Tuple(vec![
            Value::Struct { ctor: "m::S".into(), fields },
            Value::Map(vec![(text("k"), Value::Set(vec![Value::Bool(true), Value::Bool(false)]))]),
            Value::Vec(vec![Value::Float(-1.5), text("ü"), Value::Tuple(Vec::new())]),
            Value::integer(BigInt::from(-7) << 200),
            Value::Int(i128::MIN),
        ]);
        let mut writer = Writer::default();
        value.write(&mut writer);
        let bytes = writer.into_bytes();
        let mut reader = Reader::new(&bytes);
        assert_eq!(Value::read(&mut reader), Some(value));
        assert!(reader.rest().is_empty());
        for cut in 0..bytes.len() {
            assert_eq!(Value::read(&mut Reader::new(&bytes[..cut])), None, "of {cut} bytes");
        }
    }
}
