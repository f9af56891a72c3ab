use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::error::{DecodeError, decode_error};
use crate::schema::AtomicType;
use crate::value::Uuid;

/// One value of an atomic type (RFC 7047 section 5.1, `<atom>`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Atom {
    /// A 64-bit signed integer.
    Integer(i64),
    /// A finite double.
    Real(Real),
    /// A truth value.
    Boolean(bool),
    /// A string of Unicode characters.
    String(Arc<str>),
    /// The identity of a row.
    Uuid(Uuid),
    /// In a transaction only: the row that an `insert` of the same transaction names so.
    NamedUuid(Arc<str>),
}

impl Atom {
    /// A reference to the row which an `insert` of the same transaction calls `name`.
    pub fn named(name: impl Into<Arc<str>>) -> Self {
        Atom::NamedUuid(name.into())
    }

    /// What a column of this type holds when nobody has set it: 0, false, "" or the zero UUID.
    pub fn default_of(atomic: AtomicType) -> Self {
        match atomic {
            AtomicType::Integer => Atom::Integer(0),
            AtomicType::Real => Atom::Real(Real(0.0)),
            AtomicType::Boolean => Atom::Boolean(false),
            AtomicType::String => Atom::String(Arc::from("")),
            AtomicType::Uuid => Atom::Uuid(Uuid::ZERO),
        }
    }

    /// Reads an atom of a known type. An integer may be written as a number with a zero fraction, a real as an
    /// integer; a uuid may be a `named-uuid`.
    pub fn from_json(json: &Value, atomic: AtomicType) -> Result<Self, DecodeError> {
        let atom = match atomic {
            AtomicType::Integer => integer(json),
            AtomicType::Real => json.as_f64().and_then(Real::new).map(Atom::Real),
            AtomicType::Boolean => json.as_bool().map(Atom::Boolean),
            AtomicType::String => json.as_str().map(|text| Atom::String(Arc::from(text))),
            AtomicType::Uuid => return tagged_uuid(json),
        };
        atom.ok_or_else(|| decode_error(atomic.article(), json))
    }

    /// Reads an atom whose type nobody declared: a number is an integer if it has no fraction and fits.
    pub fn from_untyped_json(json: &Value) -> Result<Self, DecodeError> {
        match json {
            Value::Bool(truth) => Ok(Atom::Boolean(*truth)),
            Value::String(text) => Ok(Atom::String(Arc::from(text.as_str()))),
            Value::Number(_) => integer(json)
                .or_else(|| json.as_f64().and_then(Real::new).map(Atom::Real))
                .ok_or_else(|| decode_error("a number", json)),
            Value::Array(_) => tagged_uuid(json),
            Value::Null | Value::Object(_) => Err(decode_error("an atom", json)),
        }
    }

    /// The integer that was written as a number with a fraction or an exponent, if it is one.
    pub(crate) fn integer_of(number: f64) -> Option<Self> {
        // The least integer is a power of two, hence an exact double; its negation is the first that does not fit.
        let least = i64::MIN as f64;
        (number.fract() == 0.0 && (least..-least).contains(&number)).then_some(Atom::Integer(number as i64))
    }

    /// The atom as RFC 7047 writes it.
    pub fn to_json(&self) -> Value {
        match self {
            Atom::Integer(integer) => json!(integer),
            Atom::Real(real) => json!(real.get()),
            Atom::Boolean(truth) => json!(truth),
            Atom::String(text) => json!(text.as_ref()),
            Atom::Uuid(uuid) => json!(["uuid", uuid.to_string()]),
            Atom::NamedUuid(name) => json!(["named-uuid", name.as_ref()]),
        }
    }

    /// The integer, if this is one.
    pub fn as_integer(&self) -> Option<i64> {
        if let Atom::Integer(integer) = self { Some(*integer) } else { None }
    }

    /// The number, if this is a real.
    pub fn as_real(&self) -> Option<f64> {
        if let Atom::Real(real) = self { Some(real.get()) } else { None }
    }

    /// The truth value, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        if let Atom::Boolean(truth) = self { Some(*truth) } else { None }
    }

    /// The text, if this is a string.
    pub fn as_str(&self) -> Option<&str> {
        if let Atom::String(text) = self { Some(text) } else { None }
    }

    /// The UUID, if this is one (a named UUID has none yet).
    pub fn as_uuid(&self) -> Option<Uuid> {
        if let Atom::Uuid(uuid) = self { Some(*uuid) } else { None }
    }
}

impl fmt::Display for Atom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Atom::Integer(integer) => write!(f, "{integer}"),
            Atom::Real(real) => write!(f, "{}", real.get()),
            Atom::Boolean(truth) => write!(f, "{truth}"),
            Atom::String(text) => write!(f, "{}", json!(text.as_ref())),
            Atom::Uuid(uuid) => write!(f, "{uuid}"),
            Atom::NamedUuid(name) => write!(f, "@{name}"),
        }
    }
}

impl From<i64> for Atom {
    fn from(integer: i64) -> Self {
        Atom::Integer(integer)
    }
}

impl From<bool> for Atom {
    fn from(truth: bool) -> Self {
        Atom::Boolean(truth)
    }
}

impl From<Real> for Atom {
    fn from(real: Real) -> Self {
        Atom::Real(real)
    }
}

impl From<Uuid> for Atom {
    fn from(uuid: Uuid) -> Self {
        Atom::Uuid(uuid)
    }
}

impl From<&str> for Atom {
    fn from(text: &str) -> Self {
        Atom::String(Arc::from(text))
    }
}

impl From<&String> for Atom {
    fn from(text: &String) -> Self {
        Atom::String(Arc::from(text.as_str()))
    }
}

impl From<String> for Atom {
    fn from(text: String) -> Self {
        Atom::String(Arc::from(text))
    }
}

impl From<Arc<str>> for Atom {
    fn from(text: Arc<str>) -> Self {
        Atom::String(text)
    }
}

/// A finite double, ordered as numbers are. The two zeros are one value.
#[derive(Debug, Clone, Copy)]
pub struct Real(f64);

impl Real {
    /// `None` for an infinity or a NaN: JSON cannot carry them.
    pub fn new(number: f64) -> Option<Self> {
        // Adding zero turns -0.0 into 0.0, so that equal numbers have equal bits.
        number.is_finite().then_some(Real(number + 0.0))
    }

    /// The number.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl PartialEq for Real {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Real {}

impl PartialOrd for Real {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Real {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl Hash for Real {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

fn integer(json: &Value) -> Option<Atom> {
    json.as_i64().map(Atom::Integer).or_else(|| Atom::integer_of(json.as_f64()?))
}

fn tagged_uuid(json: &Value) -> Result<Atom, DecodeError> {
    let refused = || decode_error("a uuid", json);
    let Some([Value::String(tag), Value::String(text)]) = json.as_array().map(Vec::as_slice) else {
        return Err(refused());
    };
    match tag.as_str() {
        "uuid" => text.parse().map(Atom::Uuid).map_err(|_| refused()),
        "named-uuid" => Ok(Atom::NamedUuid(Arc::from(text.as_str()))),
        _ => Err(refused()),
    }
}
