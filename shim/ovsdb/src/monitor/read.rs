//! Updates read straight from their text into rows, without a tree of JSON values in between: several times the memory of
//! the rows, and half the time. [`TableUpdates`](super::TableUpdates) says what may stand in an update, and names what is
//! wrong with one; here it is only refused.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::replica::{Delta, RowDelta};
use super::{MonitorPlan, UpdateStyle};
use crate::schema::{AtomicType, ColumnType};
use crate::value::{Atom, AtomMap, AtomSet, Datum, Layout, Real, Row, Uuid};

/// Reads a `<table-updates>` or `<table-updates2>`.
pub(super) struct Updates<'plan> {
    style: UpdateStyle,
    plan: &'plan MonitorPlan,
    strings: Strings,
}

impl<'plan> Updates<'plan> {
    pub(super) fn new(style: UpdateStyle, plan: &'plan MonitorPlan) -> Self {
        Updates { style, plan, strings: Strings::default() }
    }
}

/// Keys of maps, of which the rows of a database have few that differ: kept once.
#[derive(Default)]
struct Strings(HashSet<Arc<str>>);

impl Strings {
    fn keep(&mut self, atom: Atom) -> Atom {
        let Atom::String(text) = atom else { return atom };
        match self.0.get(&text) {
            Some(kept) => Atom::String(Arc::clone(kept)),
            None => {
                self.0.insert(Arc::clone(&text));
                Atom::String(text)
            }
        }
    }
}

impl<'text> DeserializeSeed<'text> for Updates<'_> {
    type Value = Vec<RowDelta>;

    fn deserialize<D: Deserializer<'text>>(self, deserializer: D) -> Result<Vec<RowDelta>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'text> Visitor<'text> for Updates<'_> {
    type Value = Vec<RowDelta>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("updates of tables")
    }

    fn visit_map<A: MapAccess<'text>>(mut self, mut map: A) -> Result<Vec<RowDelta>, A::Error> {
        let mut deltas = Vec::new();
        while let Some(Text(table)) = map.next_key()? {
            let layout = self.plan.layout(&table).ok_or_else(|| A::Error::custom("no such table"))?;
            let style = self.style;
            map.next_value_seed(Table { style, layout, strings: &mut self.strings, deltas: &mut deltas })?;
        }
        Ok(deltas)
    }
}

struct Table<'a> {
    style: UpdateStyle,
    layout: &'a Arc<Layout>,
    strings: &'a mut Strings,
    deltas: &'a mut Vec<RowDelta>,
}

impl<'text> DeserializeSeed<'text> for Table<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'text>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'text> Visitor<'text> for Table<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("updates of a table")
    }

    fn visit_map<A: MapAccess<'text>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Text(key)) = map.next_key()? {
            let uuid: Uuid = key.parse().map_err(A::Error::custom)?;
            let delta = map.next_value_seed(RowUpdate {
                style: self.style,
                layout: self.layout,
                strings: self.strings,
            })?;
            self.deltas.push(RowDelta { layout: Arc::clone(self.layout), uuid, delta });
        }
        Ok(())
    }
}

struct RowUpdate<'a> {
    style: UpdateStyle,
    layout: &'a Arc<Layout>,
    strings: &'a mut Strings,
}

impl<'text> DeserializeSeed<'text> for RowUpdate<'_> {
    type Value = Delta;

    fn deserialize<D: Deserializer<'text>>(self, deserializer: D) -> Result<Delta, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'text> Visitor<'text> for RowUpdate<'_> {
    type Value = Delta;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the update of a row")
    }

    fn visit_map<A: MapAccess<'text>>(self, mut map: A) -> Result<Delta, A::Error> {
        let mut delta = None;
        while let Some(Text(kind)) = map.next_key()? {
            let columns = Columns { layout: self.layout, strings: self.strings };
            let next = match (self.style, kind.as_ref()) {
                (UpdateStyle::OldAndNew, "new") | (UpdateStyle::Differences, "initial" | "insert") => {
                    Delta::Whole(Row::with_defaults(self.layout, map.next_value_seed(columns)?))
                }
                (UpdateStyle::Differences, "modify") => Delta::Difference(map.next_value_seed(columns)?),
                (UpdateStyle::OldAndNew, "old") | (UpdateStyle::Differences, "delete") => {
                    map.next_value::<IgnoredAny>()?;
                    Delta::Gone
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            delta = Some(match (delta, next) {
                (None | Some(Delta::Gone), next) => next,
                (Some(before), Delta::Gone) => before,
                (Some(_), _) => return Err(A::Error::custom("two updates of a row")),
            });
        }
        delta.ok_or_else(|| A::Error::custom("no update"))
    }
}

/// Values of columns, by their places in the layout.
struct Columns<'a> {
    layout: &'a Arc<Layout>,
    strings: &'a mut Strings,
}

impl<'text> DeserializeSeed<'text> for Columns<'_> {
    type Value = Vec<(usize, Datum)>;

    fn deserialize<D: Deserializer<'text>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'text> Visitor<'text> for Columns<'_> {
    type Value = Vec<(usize, Datum)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row")
    }

    fn visit_map<A: MapAccess<'text>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut values: Self::Value = Vec::new();
        while let Some(Text(column)) = map.next_key()? {
            let at = self.layout.position(&column).ok_or_else(|| A::Error::custom("no such column"))?;
            let column_type = &self.layout.columns()[at].column_type;
            // Of a member that stands there twice, the latter counts.
            values.retain(|(before, _)| *before != at);
            values.push((at, map.next_value_seed(DatumOf { column_type, strings: self.strings })?));
        }
        Ok(values)
    }
}

struct DatumOf<'a> {
    column_type: &'a ColumnType,
    strings: &'a mut Strings,
}

impl DatumOf<'_> {
    fn bare<E: Error>(&self, atom: Option<Atom>) -> Result<Datum, E> {
        match atom {
            Some(atom) if self.column_type.is_scalar() => Ok(Datum::Scalar(atom)),
            Some(atom) if !self.column_type.is_map() => Ok(Datum::Set(AtomSet::from_iter([atom]))),
            Some(_) | None => Err(E::custom("no such atom here")),
        }
    }

    fn atomic(&self) -> AtomicType {
        self.column_type.key.atomic
    }
}

impl<'text> DeserializeSeed<'text> for DatumOf<'_> {
    type Value = Datum;

    fn deserialize<D: Deserializer<'text>>(self, deserializer: D) -> Result<Datum, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'text> Visitor<'text> for DatumOf<'_> {
    type Value = Datum;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an atom, a set or a map")
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<Datum, E> {
        self.bare(from_bool(self.atomic(), truth))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Datum, E> {
        self.bare(from_i64(self.atomic(), number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Datum, E> {
        self.bare(from_u64(self.atomic(), number))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Datum, E> {
        self.bare(from_f64(self.atomic(), number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Datum, E> {
        self.bare(from_str(self.atomic(), text))
    }

    fn visit_seq<A: SeqAccess<'text>>(self, mut list: A) -> Result<Datum, A::Error> {
        let Some(Text(tag)) = list.next_element()? else { return Err(A::Error::custom("no tag")) };
        let column = self.column_type;
        let datum = match (tag.as_ref(), &column.value) {
            ("set", None) => {
                let atoms = list.next_element_seed(Members { atomic: self.atomic() })?;
                let atoms = atoms.ok_or_else(|| A::Error::custom("no members"))?;
                match <[Atom; 1]>::try_from(atoms) {
                    Ok([atom]) if column.is_scalar() => Datum::Scalar(atom),
                    Ok(atom) => Datum::Set(AtomSet::from_iter(atom)),
                    Err(_) if column.is_scalar() => return Err(A::Error::custom("not exactly one atom")),
                    Err(atoms) => Datum::Set(AtomSet::from_iter(atoms)),
                }
            }
            ("map", Some(value)) => {
                let (key, value) = (self.atomic(), value.atomic);
                let pairs = list.next_element_seed(Pairs { key, value, strings: self.strings })?;
                Datum::Map(AtomMap::from_iter(pairs.ok_or_else(|| A::Error::custom("no pairs"))?))
            }
            ("uuid" | "named-uuid", None) if self.atomic() == AtomicType::Uuid => {
                let atom = tagged_uuid(&tag, &mut list)?;
                return self.bare(Some(atom));
            }
            _ => return Err(A::Error::custom("no such list here")),
        };
        end(&mut list)?;
        Ok(datum)
    }
}

/// The atoms of a set.
struct Members {
    atomic: AtomicType,
}

impl<'text> DeserializeSeed<'text> for Members {
    type Value = Vec<Atom>;

    fn deserialize<D: Deserializer<'text>>(self, deserializer: D) -> Result<Vec<Atom>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'text> Visitor<'text> for Members {
    type Value = Vec<Atom>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of atoms")
    }

    fn visit_seq<A: SeqAccess<'text>>(self, mut list: A) -> Result<Vec<Atom>, A::Error> {
        let mut atoms = Vec::new();
        while let Some(atom) = list.next_element_seed(AtomOf(self.atomic))? {
            atoms.push(atom);
        }
        Ok(atoms)
    }
}

/// The pairs of a map.
struct Pairs<'a> {
    key: AtomicType,
    value: AtomicType,
    strings: &'a mut Strings,
}

impl<'text> DeserializeSeed<'text> for Pairs<'_> {
    type Value = Vec<(Atom, Atom)>;

    fn deserialize<D: Deserializer<'text>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'text> Visitor<'text> for Pairs<'_> {
    type Value = Vec<(Atom, Atom)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of pairs")
    }

    fn visit_seq<A: SeqAccess<'text>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some((key, value)) = list.next_element_seed(Pair(self.key, self.value))? {
            pairs.push((self.strings.keep(key), value));
        }
        Ok(pairs)
    }
}

struct Pair(AtomicType, AtomicType);

impl<'text> DeserializeSeed<'text> for Pair {
    type Value = (Atom, Atom);

    fn deserialize<D: Deserializer<'text>>(self, deserializer: D) -> Result<(Atom, Atom), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'text> Visitor<'text> for Pair {
    type Value = (Atom, Atom);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key-value pair")
    }

    fn visit_seq<A: SeqAccess<'text>>(self, mut list: A) -> Result<(Atom, Atom), A::Error> {
        let key = list.next_element_seed(AtomOf(self.0))?;
        let value = list.next_element_seed(AtomOf(self.1))?;
        end(&mut list)?;
        key.zip(value).ok_or_else(|| A::Error::custom("not a pair"))
    }
}

struct AtomOf(AtomicType);

impl AtomOf {
    fn some<E: Error>(atom: Option<Atom>) -> Result<Atom, E> {
        atom.ok_or_else(|| E::custom("an atom of another type"))
    }
}

impl<'text> DeserializeSeed<'text> for AtomOf {
    type Value = Atom;

    fn deserialize<D: Deserializer<'text>>(self, deserializer: D) -> Result<Atom, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'text> Visitor<'text> for AtomOf {
    type Value = Atom;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an atom")
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<Atom, E> {
        Self::some(from_bool(self.0, truth))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Atom, E> {
        Self::some(from_i64(self.0, number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Atom, E> {
        Self::some(from_u64(self.0, number))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Atom, E> {
        Self::some(from_f64(self.0, number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Atom, E> {
        Self::some(from_str(self.0, text))
    }

    fn visit_seq<A: SeqAccess<'text>>(self, mut list: A) -> Result<Atom, A::Error> {
        match list.next_element()? {
            Some(Text(tag)) if self.0 == AtomicType::Uuid => tagged_uuid(&tag, &mut list),
            _ => Err(A::Error::custom("no such list here")),
        }
    }
}

fn from_bool(atomic: AtomicType, truth: bool) -> Option<Atom> {
    (atomic == AtomicType::Boolean).then_some(Atom::Boolean(truth))
}

fn from_i64(atomic: AtomicType, number: i64) -> Option<Atom> {
    match atomic {
        AtomicType::Integer => Some(Atom::Integer(number)),
        AtomicType::Real => from_f64(atomic, number as f64),
        AtomicType::Boolean | AtomicType::String | AtomicType::Uuid => None,
    }
}

fn from_u64(atomic: AtomicType, number: u64) -> Option<Atom> {
    match atomic {
        AtomicType::Integer => i64::try_from(number).ok().map(Atom::Integer),
        AtomicType::Real => from_f64(atomic, number as f64),
        AtomicType::Boolean | AtomicType::String | AtomicType::Uuid => None,
    }
}

fn from_f64(atomic: AtomicType, number: f64) -> Option<Atom> {
    match atomic {
        AtomicType::Integer => Atom::integer_of(number),
        AtomicType::Real => Real::new(number).map(Atom::Real),
        AtomicType::Boolean | AtomicType::String | AtomicType::Uuid => None,
    }
}

fn from_str(atomic: AtomicType, text: &str) -> Option<Atom> {
    (atomic == AtomicType::String).then(|| Atom::from(text))
}

/// The rest of `["uuid", …]` or `["named-uuid", …]`.
fn tagged_uuid<'text, A: SeqAccess<'text>>(tag: &str, list: &mut A) -> Result<Atom, A::Error> {
    let Some(Text(text)) = list.next_element()? else { return Err(A::Error::custom("no uuid")) };
    let atom = match tag {
        "uuid" => Atom::Uuid(text.parse().map_err(A::Error::custom)?),
        "named-uuid" => Atom::named(text.as_ref()),
        _ => return Err(A::Error::custom("no such tag")),
    };
    end(list)?;
    Ok(atom)
}

fn end<'text, A: SeqAccess<'text>>(list: &mut A) -> Result<(), A::Error> {
    match list.next_element::<IgnoredAny>()? {
        None => Ok(()),
        Some(_) => Err(A::Error::custom("too many members")),
    }
}

/// A string, borrowed from the text where no escape stands in it.
#[derive(Deserialize)]
struct Text<'text>(#[serde(borrow)] Cow<'text, str>);
