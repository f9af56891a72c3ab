use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::error::{DecodeError, decode_error, missing_member};
use crate::value::{Atom, AtomSet, Datum, Real};

/// The five types of atoms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AtomicType {
    /// 64-bit signed.
    Integer,
    /// A double.
    Real,
    /// A truth value.
    Boolean,
    /// Unicode text.
    String,
    /// A row's identity.
    Uuid,
}

impl AtomicType {
    /// The type's name in a schema.
    pub const fn name(self) -> &'static str {
        match self {
            AtomicType::Integer => "integer",
            AtomicType::Real => "real",
            AtomicType::Boolean => "boolean",
            AtomicType::String => "string",
            AtomicType::Uuid => "uuid",
        }
    }

    pub(crate) const fn article(self) -> &'static str {
        match self {
            AtomicType::Integer => "an integer",
            AtomicType::Real => "a real",
            AtomicType::Boolean => "a boolean",
            AtomicType::String => "a string",
            AtomicType::Uuid => "a uuid",
        }
    }

    fn from_json(json: &Value) -> Result<Self, DecodeError> {
        json.as_str().and_then(|name| name.parse().ok()).ok_or_else(|| decode_error("an atomic type", json))
    }
}

impl FromStr for AtomicType {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        use AtomicType::*;
        [Integer, Real, Boolean, String, Uuid].into_iter().find(|atomic| atomic.name() == name).ok_or(())
    }
}

impl fmt::Display for AtomicType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The type of a column: how many of what (RFC 7047 section 3.2, `<type>`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnType {
    /// The type of the atoms, or of the keys of a map.
    pub key: BaseType,
    /// The type of a map's values; `None` if the column is not a map.
    pub value: Option<BaseType>,
    /// The fewest elements: 0 or 1.
    pub min: u32,
    /// The most elements, at least 1; `None` for no limit.
    pub max: Option<u32>,
}

impl ColumnType {
    /// A column of exactly one atom.
    pub fn scalar(key: BaseType) -> Self {
        ColumnType { key, value: None, min: 1, max: Some(1) }
    }

    /// Reads a `<type>`.
    pub fn from_json(json: &Value) -> Result<Self, DecodeError> {
        let Value::Object(members) = json else {
            return Ok(ColumnType::scalar(BaseType::from_json(json)?));
        };
        refuse_others(members, &["key", "value", "min", "max"])?;
        let key = members.get("key").ok_or_else(|| missing_member("a base type", "key"))?;
        let key = BaseType::from_json(key).map_err(|error| error.inside("key"))?;
        let value = members
            .get("value")
            .map(|value| BaseType::from_json(value).map_err(|error| error.inside("value")))
            .transpose()?;
        let min = match members.get("min") {
            None => 1,
            Some(min) => match min.as_u64() {
                Some(count @ (0 | 1)) => count as u32,
                _ => return Err(decode_error("0 or 1", min).inside("min")),
            },
        };
        let max = match members.get("max") {
            None => Some(1),
            Some(Value::String(text)) if text == "unlimited" => None,
            Some(max) => match max.as_u64().and_then(|count| u32::try_from(count).ok()) {
                Some(count) if count >= 1 => Some(count),
                _ => return Err(decode_error("a positive count or \"unlimited\"", max).inside("max")),
            },
        };
        Ok(ColumnType { key, value, min, max })
    }

    /// Exactly one atom.
    pub fn is_scalar(&self) -> bool {
        self.value.is_none() && self.min == 1 && self.max == Some(1)
    }

    /// At most one atom, perhaps none.
    pub fn is_optional(&self) -> bool {
        self.value.is_none() && self.min == 0 && self.max == Some(1)
    }

    /// Pairs instead of atoms.
    pub fn is_map(&self) -> bool {
        self.value.is_some()
    }

    /// Whether a `modify` carries such a column's new value as a whole, not as a difference. ovsdb-server decides by
    /// the upper bound alone: what holds at most one element is sent whole.
    pub fn is_sent_whole(&self) -> bool {
        self.max == Some(1)
    }

    /// The type as a schema writes it, in its shortest form.
    pub fn to_json(&self) -> Value {
        if self.is_scalar()
            && let Value::String(name) = self.key.to_json()
        {
            return Value::String(name);
        }
        let mut members = Map::new();
        members.insert("key".to_owned(), self.key.to_json());
        if let Some(value) = &self.value {
            members.insert("value".to_owned(), value.to_json());
        }
        if self.min != 1 {
            members.insert("min".to_owned(), json!(self.min));
        }
        match self.max {
            Some(1) => None,
            Some(count) => members.insert("max".to_owned(), json!(count)),
            None => members.insert("max".to_owned(), json!("unlimited")),
        };
        Value::Object(members)
    }
}

/// An atomic type and what it is narrowed to (RFC 7047 section 3.2, `<base-type>`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseType {
    /// The type of the atoms.
    pub atomic: AtomicType,
    /// The only values allowed, if they are listed.
    pub allowed: Option<AtomSet>,
    /// Bounds of numbers and of string lengths, and the table that a uuid refers to.
    pub bounds: Bounds,
}

/// How a [`BaseType`] is narrowed other than by a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bounds {
    /// Not at all.
    None,
    /// The least and the greatest integer allowed.
    Integer(Option<i64>, Option<i64>),
    /// The least and the greatest real allowed.
    Real(Option<Real>, Option<Real>),
    /// The shortest and the longest string allowed, in characters.
    Length(Option<u64>, Option<u64>),
    /// UUIDs of rows of that table.
    Reference(RefTable),
}

/// What a uuid refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefTable {
    /// The table of the row referred to.
    pub table: Arc<str>,
    /// Whether the reference keeps the row alive.
    pub kind: RefKind,
}

/// Whether a reference keeps the row alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefKind {
    /// It does; the row cannot be deleted while referred to.
    Strong,
    /// It does not; it vanishes with the row.
    Weak,
}

impl BaseType {
    /// A type that allows every atom of its kind.
    pub fn any(atomic: AtomicType) -> Self {
        BaseType { atomic, allowed: None, bounds: Bounds::None }
    }

    /// Reads a `<base-type>`.
    pub fn from_json(json: &Value) -> Result<Self, DecodeError> {
        let Value::Object(members) = json else {
            return Ok(BaseType::any(AtomicType::from_json(json)?));
        };
        let kind = members.get("type").ok_or_else(|| missing_member("an atomic type", "type"))?;
        let atomic = AtomicType::from_json(kind).map_err(|error| error.inside("type"))?;
        let (least, greatest) = match atomic {
            AtomicType::Integer => ("minInteger", "maxInteger"),
            AtomicType::Real => ("minReal", "maxReal"),
            AtomicType::String => ("minLength", "maxLength"),
            AtomicType::Uuid => ("refTable", "refType"),
            AtomicType::Boolean => ("type", "type"),
        };
        refuse_others(members, &["type", "enum", least, greatest])?;
        let allowed = members
            .get("enum")
            .map(|values| {
                let any = ColumnType { key: BaseType::any(atomic), value: None, min: 1, max: None };
                match Datum::from_json(values, &any)? {
                    Datum::Set(set) if !set.is_empty() => Ok(set),
                    _ => Err(decode_error("at least one value", values)),
                }
            })
            .transpose()
            .map_err(|error: DecodeError| error.inside("enum"))?;
        let bounds = match atomic {
            AtomicType::Boolean => Bounds::None,
            AtomicType::Integer => {
                let bound = |name| optional(members, name, "an integer", Value::as_i64);
                match (bound(least)?, bound(greatest)?) {
                    (None, None) => Bounds::None,
                    (min, max) => Bounds::Integer(min, max),
                }
            }
            AtomicType::Real => {
                let bound =
                    |name| optional(members, name, "a real", |json| json.as_f64().and_then(Real::new));
                match (bound(least)?, bound(greatest)?) {
                    (None, None) => Bounds::None,
                    (min, max) => Bounds::Real(min, max),
                }
            }
            AtomicType::String => {
                let bound = |name| optional(members, name, "a length", Value::as_u64);
                match (bound(least)?, bound(greatest)?) {
                    (None, None) => Bounds::None,
                    (min, max) => Bounds::Length(min, max),
                }
            }
            AtomicType::Uuid => {
                let table = optional(members, least, "a table", |json| json.as_str().map(Arc::from))?;
                let kind =
                    optional(members, greatest, "\"strong\" or \"weak\"", |json| match json.as_str()? {
                        "strong" => Some(RefKind::Strong),
                        "weak" => Some(RefKind::Weak),
                        _ => None,
                    })?;
                match table {
                    None => Bounds::None,
                    Some(table) => {
                        Bounds::Reference(RefTable { table, kind: kind.unwrap_or(RefKind::Strong) })
                    }
                }
            }
        };
        Ok(BaseType { atomic, allowed, bounds })
    }

    /// What a uuid refers to.
    pub fn reference(&self) -> Option<&RefTable> {
        if let Bounds::Reference(reference) = &self.bounds { Some(reference) } else { None }
    }

    /// The type as a schema writes it, in its shortest form.
    pub fn to_json(&self) -> Value {
        if self.allowed.is_none() && self.bounds == Bounds::None {
            return json!(self.atomic.name());
        }
        let mut members = Map::new();
        let mut add = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                members.insert(name.to_owned(), value);
            }
        };
        add("type", Some(json!(self.atomic.name())));
        add("enum", self.allowed.as_ref().map(|allowed| Datum::Set(allowed.clone()).to_json()));
        match &self.bounds {
            Bounds::None => {}
            Bounds::Integer(min, max) => {
                add("minInteger", min.map(Value::from));
                add("maxInteger", max.map(Value::from));
            }
            Bounds::Real(min, max) => {
                add("minReal", min.map(|bound| json!(bound.get())));
                add("maxReal", max.map(|bound| json!(bound.get())));
            }
            Bounds::Length(min, max) => {
                add("minLength", min.map(Value::from));
                add("maxLength", max.map(Value::from));
            }
            Bounds::Reference(reference) => {
                add("refTable", Some(json!(reference.table.as_ref())));
                add("refType", (reference.kind == RefKind::Weak).then(|| json!("weak")));
            }
        }
        Value::Object(members)
    }
}

impl BaseType {
    /// Whether the atom satisfies type, list and bounds. References are not followed.
    pub fn admits(&self, atom: &Atom) -> bool {
        let kind_fits = match (self.atomic, atom) {
            (AtomicType::Integer, Atom::Integer(_))
            | (AtomicType::Real, Atom::Real(_))
            | (AtomicType::Boolean, Atom::Boolean(_))
            | (AtomicType::String, Atom::String(_))
            | (AtomicType::Uuid, Atom::Uuid(_) | Atom::NamedUuid(_)) => true,
            (AtomicType::Integer | AtomicType::Real | AtomicType::Boolean, _)
            | (AtomicType::String | AtomicType::Uuid, _) => false,
        };
        let in_bounds = match (&self.bounds, atom) {
            (Bounds::Integer(min, max), Atom::Integer(number)) => within(number, min, max),
            (Bounds::Real(min, max), Atom::Real(number)) => within(number, min, max),
            (Bounds::Length(min, max), Atom::String(text)) => {
                within(&(text.chars().count() as u64), min, max)
            }
            _ => true,
        };
        kind_fits && in_bounds && self.allowed.as_ref().is_none_or(|allowed| allowed.contains_atom(atom))
    }
}

fn within<T: PartialOrd>(value: &T, min: &Option<T>, max: &Option<T>) -> bool {
    min.as_ref().is_none_or(|min| value >= min) && max.as_ref().is_none_or(|max| value <= max)
}

fn optional<T>(
    members: &Map<String, Value>,
    name: &str,
    expected: &'static str,
    read: impl Fn(&Value) -> Option<T>,
) -> Result<Option<T>, DecodeError> {
    members
        .get(name)
        .map(|value| read(value).ok_or_else(|| decode_error(expected, value).inside(name)))
        .transpose()
}

pub(super) fn refuse_others(members: &Map<String, Value>, known: &[&str]) -> Result<(), DecodeError> {
    match members.iter().find(|(name, _)| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some((name, value)) => Err(decode_error("no such member", value).inside(name)),
    }
}
