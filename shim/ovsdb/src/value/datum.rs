use std::fmt;
use std::ops::Deref;

use serde_json::{Value, json};

use crate::error::{DecodeError, decode_error};
use crate::schema::ColumnType;
use crate::value::{Atom, Uuid};

/// What one column of one row holds (RFC 7047 section 5.1, `<value>`).
///
/// Read with its column's type, a column of exactly one atom is a `Scalar`, every other column without a value type
/// is a `Set` (an optional column is a set of at most one), and one with a value type is a `Map`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Datum {
    /// Exactly one atom.
    Scalar(Atom),
    /// A set of atoms, perhaps empty.
    Set(AtomSet),
    /// A map from atoms to atoms, perhaps empty.
    Map(AtomMap),
}

impl Datum {
    /// A set of whatever turns into atoms.
    pub fn set<T: Into<Atom>>(atoms: impl IntoIterator<Item = T>) -> Self {
        Datum::Set(atoms.into_iter().map(Into::into).collect())
    }

    /// A map of whatever turns into atoms; of two values for one key the later stays.
    pub fn map<K: Into<Atom>, V: Into<Atom>>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        Datum::Map(pairs.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }

    /// The empty set: what clears an optional column.
    pub fn empty() -> Self {
        Datum::Set(AtomSet::default())
    }

    /// What a column of this type holds when nobody has set it: nothing if it may be empty, otherwise one default
    /// atom (or pair).
    pub fn default_of(column: &ColumnType) -> Self {
        let key = || Atom::default_of(column.key.atomic);
        match &column.value {
            None if column.is_scalar() => Datum::Scalar(key()),
            None if column.min == 0 => Datum::empty(),
            None => Datum::Set(AtomSet::from_iter([key()])),
            Some(_) if column.min == 0 => Datum::Map(AtomMap::default()),
            Some(value) => Datum::Map(AtomMap::from_iter([(key(), Atom::default_of(value.atomic))])),
        }
    }

    /// Reads a datum of a known type. The number of elements is not held against the type's bounds: a `modify` of
    /// `update2` carries differences, which those bounds do not govern.
    pub fn from_json(json: &Value, column: &ColumnType) -> Result<Self, DecodeError> {
        let Some(value) = &column.value else {
            let Some(members) = tagged(json, "set") else {
                let atom = Atom::from_json(json, column.key.atomic)?;
                return Ok(if column.is_scalar() {
                    Datum::Scalar(atom)
                } else {
                    Datum::Set(AtomSet::from_iter([atom]))
                });
            };
            let atoms = members
                .iter()
                .map(|member| Atom::from_json(member, column.key.atomic))
                .collect::<Result<AtomSet, _>>()?;
            return match (column.is_scalar(), atoms.0.as_ref()) {
                (false, _) => Ok(Datum::Set(atoms)),
                (true, [atom]) => Ok(Datum::Scalar(atom.clone())),
                (true, _) => Err(decode_error("exactly one atom", json)),
            };
        };
        tagged(json, "map")
            .ok_or_else(|| decode_error("a map", json))?
            .iter()
            .map(|member| {
                let (key_json, value_json) = pair(member)?;
                Ok((
                    Atom::from_json(key_json, column.key.atomic)?,
                    Atom::from_json(value_json, value.atomic)?,
                ))
            })
            .collect::<Result<AtomMap, _>>()
            .map(Datum::Map)
    }

    /// Reads a datum whose type nobody declared, such as a `select` result read without the schema.
    pub fn from_untyped_json(json: &Value) -> Result<Self, DecodeError> {
        if let Some(members) = tagged(json, "set") {
            let atoms = members.iter().map(Atom::from_untyped_json).collect::<Result<AtomSet, _>>()?;
            return Ok(Datum::Set(atoms));
        }
        let Some(members) = tagged(json, "map") else {
            return Atom::from_untyped_json(json).map(Datum::Scalar);
        };
        members
            .iter()
            .map(|member| {
                let (key, value) = pair(member)?;
                Ok((Atom::from_untyped_json(key)?, Atom::from_untyped_json(value)?))
            })
            .collect::<Result<AtomMap, _>>()
            .map(Datum::Map)
    }

    /// The datum as RFC 7047 writes it.
    pub fn to_json(&self) -> Value {
        match self {
            Datum::Scalar(atom) => atom.to_json(),
            Datum::Set(set) => json!(["set", set.iter().map(Atom::to_json).collect::<Vec<_>>()]),
            Datum::Map(map) => {
                let pairs = map.iter().map(|(key, value)| json!([key.to_json(), value.to_json()]));
                json!(["map", pairs.collect::<Vec<_>>()])
            }
        }
    }

    /// Every atom of a scalar or a set, in order; nothing for a map.
    pub fn atoms(&self) -> &[Atom] {
        match self {
            Datum::Scalar(atom) => std::slice::from_ref(atom),
            Datum::Set(set) => set,
            Datum::Map(_) => &[],
        }
    }

    /// Every pair of a map, in key order; nothing for a scalar or a set.
    pub fn pairs(&self) -> &[(Atom, Atom)] {
        match self {
            Datum::Scalar(_) | Datum::Set(_) => &[],
            Datum::Map(map) => map,
        }
    }

    /// The one atom of a scalar or of a set of one.
    pub fn as_atom(&self) -> Option<&Atom> {
        if let [atom] = self.atoms() { Some(atom) } else { None }
    }

    /// The one integer held, if that is what is held.
    pub fn as_integer(&self) -> Option<i64> {
        self.as_atom()?.as_integer()
    }

    /// The one real held, if that is what is held.
    pub fn as_real(&self) -> Option<f64> {
        self.as_atom()?.as_real()
    }

    /// The one truth value held, if that is what is held.
    pub fn as_bool(&self) -> Option<bool> {
        self.as_atom()?.as_bool()
    }

    /// The one string held, if that is what is held.
    pub fn as_str(&self) -> Option<&str> {
        self.as_atom()?.as_str()
    }

    /// The one UUID held, if that is what is held.
    pub fn as_uuid(&self) -> Option<Uuid> {
        self.as_atom()?.as_uuid()
    }

    /// The string a map of strings has for a string key.
    pub fn value_of(&self, key: &str) -> Option<&str> {
        let pairs = self.pairs();
        let at = pairs.binary_search_by(|(atom, _)| atom.cmp_str(key)).ok()?;
        pairs[at].1.as_str()
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.atoms().is_empty() && self.pairs().is_empty()
    }
}

impl fmt::Display for Datum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Datum::Scalar(atom) => write!(f, "{atom}"),
            Datum::Set(set) => {
                f.write_str("[")?;
                for (at, atom) in set.iter().enumerate() {
                    write!(f, "{}{atom}", if at == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
            Datum::Map(map) => {
                f.write_str("{")?;
                for (at, (key, value)) in map.iter().enumerate() {
                    write!(f, "{}{key}={value}", if at == 0 { "" } else { ", " })?;
                }
                f.write_str("}")
            }
        }
    }
}

impl<T: Into<Atom>> From<T> for Datum {
    fn from(atom: T) -> Self {
        Datum::Scalar(atom.into())
    }
}

/// Atoms in order, each once. Reads as a slice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct AtomSet(Box<[Atom]>);

impl AtomSet {
    /// Whether the atom is a member.
    pub fn contains_atom(&self, atom: &Atom) -> bool {
        self.binary_search(atom).is_ok()
    }

    /// What is in exactly one of the two.
    pub fn symmetric_difference(&self, other: &AtomSet) -> AtomSet {
        let only_here = self.iter().filter(|atom| !other.contains_atom(atom));
        let only_there = other.iter().filter(|atom| !self.contains_atom(atom));
        only_here.chain(only_there).cloned().collect()
    }
}

impl Deref for AtomSet {
    type Target = [Atom];

    fn deref(&self) -> &[Atom] {
        &self.0
    }
}

impl FromIterator<Atom> for AtomSet {
    fn from_iter<I: IntoIterator<Item = Atom>>(atoms: I) -> Self {
        let mut sorted: Vec<Atom> = atoms.into_iter().collect();
        sorted.sort_unstable();
        sorted.dedup();
        AtomSet(sorted.into())
    }
}

/// Pairs in key order, each key once. Reads as a slice of pairs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct AtomMap(Box<[(Atom, Atom)]>);

impl AtomMap {
    /// The value of a key.
    pub fn value(&self, key: &Atom) -> Option<&Atom> {
        let at = self.binary_search_by(|(present, _)| present.cmp(key)).ok()?;
        Some(&self[at].1)
    }
}

impl Deref for AtomMap {
    type Target = [(Atom, Atom)];

    fn deref(&self) -> &[(Atom, Atom)] {
        &self.0
    }
}

impl FromIterator<(Atom, Atom)> for AtomMap {
    fn from_iter<I: IntoIterator<Item = (Atom, Atom)>>(pairs: I) -> Self {
        let mut sorted: Vec<(Atom, Atom)> = pairs.into_iter().collect();
        // The sort is stable and the later of two equal keys moves into the earlier's place.
        sorted.sort_by(|left, right| left.0.cmp(&right.0));
        sorted.dedup_by(|later, earlier| {
            let same = later.0 == earlier.0;
            if same {
                std::mem::swap(later, earlier);
            }
            same
        });
        AtomMap(sorted.into())
    }
}

impl Atom {
    /// How this atom compares with the string atom of that text.
    fn cmp_str(&self, text: &str) -> std::cmp::Ordering {
        match self {
            Atom::Integer(_) | Atom::Real(_) | Atom::Boolean(_) => std::cmp::Ordering::Less,
            Atom::String(own) => own.as_ref().cmp(text),
            Atom::Uuid(_) | Atom::NamedUuid(_) => std::cmp::Ordering::Greater,
        }
    }
}

/// The members of `[tag, [members]]`.
fn tagged<'json>(json: &'json Value, tag: &str) -> Option<&'json [Value]> {
    match json.as_array()?.as_slice() {
        [Value::String(found), Value::Array(members)] if found == tag => Some(members),
        _ => None,
    }
}

fn pair(json: &Value) -> Result<(&Value, &Value), DecodeError> {
    match json.as_array().map(Vec::as_slice) {
        Some([key, value]) => Ok((key, value)),
        _ => Err(decode_error("a key-value pair", json)),
    }
}
