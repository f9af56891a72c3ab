use bytes::Bytes;
use serde::de::DeserializeSeed;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::error::{DecodeError, decode_error};

/// JSON that has not been read yet: a piece of a message's text. Clones share it.
///
/// The contents of a whole database can be one such piece, so that it pays to read it straight into rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonText(Bytes);

impl JsonText {
    /// The text of `null`, for what a message leaves out.
    pub(crate) const NULL: JsonText = JsonText(Bytes::from_static(b"null"));

    /// The piece of `frame` that `raw` was read from.
    pub(super) fn piece_of(frame: &Bytes, raw: &RawValue) -> Self {
        JsonText(frame.slice_ref(raw.get().as_bytes()))
    }

    /// Reads it as it comes.
    pub fn value(&self) -> Result<Value, DecodeError> {
        serde_json::from_slice(&self.0).map_err(|_| {
            let text = String::from_utf8_lossy(&self.0[..self.0.len().min(320)]).into_owned();
            decode_error("valid JSON", &Value::String(text))
        })
    }

    /// Reads it by a seed. What the seed refuses is an error without a place; [`JsonText::value`] and a second look find it.
    pub(crate) fn read<'text, S: DeserializeSeed<'text>>(
        &'text self,
        seed: S,
    ) -> Result<S::Value, serde_json::Error> {
        let mut deserializer = serde_json::Deserializer::from_slice(&self.0);
        let value = seed.deserialize(&mut deserializer)?;
        deserializer.end()?;
        Ok(value)
    }

    /// Whether it is a list; white space before it is not part of the text.
    pub(super) fn is_list(&self) -> bool {
        self.0.first() == Some(&b'[')
    }

    /// The members of a list, unread.
    pub(crate) fn members(&self) -> Result<Vec<JsonText>, serde_json::Error> {
        let members: Vec<&RawValue> = serde_json::from_slice(&self.0)?;
        Ok(members.into_iter().map(|raw| JsonText::piece_of(&self.0, raw)).collect())
    }
}

impl TryFrom<&Value> for JsonText {
    type Error = serde_json::Error;

    fn try_from(value: &Value) -> Result<Self, serde_json::Error> {
        serde_json::to_vec(value).map(|text| JsonText(text.into()))
    }
}
