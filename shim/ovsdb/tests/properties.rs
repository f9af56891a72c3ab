//! What holds for any value, schema, stream and sequence of contents.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use ovsdb::monitor::{MonitorPlan, MonitorSpec, Replica, TableUpdates, UpdateStyle};
use ovsdb::schema::{AtomicType, BaseType, ColumnSchema, ColumnType, DatabaseSchema, TableSchema};
use ovsdb::value::{Atom, Datum, Real, Uuid};
use ovsdb::wire::{FrameLimits, Framer, JsonText};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn atomic_type() -> impl Strategy<Value = AtomicType> {
    use AtomicType::*;
    prop::sample::select(vec![Integer, Real, Boolean, String, Uuid])
}

/// Atoms from so few that differences overlap, but with the extremes among them.
fn atom(atomic: AtomicType) -> BoxedStrategy<Atom> {
    match atomic {
        AtomicType::Integer => {
            prop_oneof![0i64..6, Just(i64::MIN), Just(i64::MAX)].prop_map(Atom::from).boxed()
        }
        AtomicType::Real => {
            prop_oneof![(0i32..6).prop_map(|n| f64::from(n) / 4.0), proptest::num::f64::NORMAL]
                .prop_map(|number| Atom::from(Real::new(number).unwrap()))
                .boxed()
        }
        AtomicType::Boolean => any::<bool>().prop_map(Atom::from).boxed(),
        AtomicType::String => prop_oneof!["[a-e]?", "\\PC{0,3}"].prop_map(Atom::from).boxed(),
        AtomicType::Uuid => {
            (0u128..6).prop_map(|bits| Atom::from(Uuid::from_u128(bits << 125 | bits))).boxed()
        }
    }
}

fn column_type() -> impl Strategy<Value = ColumnType> {
    let max = prop_oneof![Just(Some(1)), Just(Some(4)), Just(None)];
    (atomic_type(), prop::option::of(atomic_type()), 0..=1u32, max).prop_map(|(key, value, min, max)| {
        ColumnType { key: BaseType::any(key), value: value.map(BaseType::any), min, max }
    })
}

/// Data that satisfy the bounds of their type.
fn datum(column: &ColumnType) -> BoxedStrategy<Datum> {
    let (min, max) = (column.min as usize, column.max.unwrap_or(6) as usize);
    let key = atom(column.key.atomic);
    // Two truth values are all there are.
    let max = if column.key.atomic == AtomicType::Boolean { max.min(2) } else { max };
    match &column.value {
        None if column.is_scalar() => key.prop_map(Datum::Scalar).boxed(),
        None => btree_set(key, min..=max).prop_map(Datum::set).boxed(),
        Some(value) => btree_map(key, atom(value.atomic), min..=max).prop_map(Datum::map).boxed(),
    }
}

fn schema_of(columns: &[ColumnType]) -> DatabaseSchema {
    let columns = columns.iter().enumerate().map(|(n, column_type)| {
        (
            format!("c{n}"),
            ColumnSchema { column_type: column_type.clone(), ephemeral: n % 2 == 0, mutable: n % 3 != 0 },
        )
    });
    let table =
        TableSchema { columns: columns.collect(), max_rows: None, is_root: true, indexes: Vec::new() };
    let tables = BTreeMap::from([("T".to_owned(), table)]);
    DatabaseSchema { name: "Lab".to_owned(), version: Some("1.0.0".to_owned()), cksum: None, tables }
}

type Contents = BTreeMap<Uuid, Vec<Datum>>;

/// Column types, and contents of a table of such columns at several times.
fn history() -> impl Strategy<Value = (Vec<ColumnType>, Vec<Contents>)> {
    vec(column_type(), 1..5).prop_flat_map(|columns| {
        let row = columns.iter().map(datum).collect::<Vec<_>>();
        let contents = btree_map((1u128..5).prop_map(Uuid::from_u128), row, 0..4);
        (Just(columns), vec(contents, 1..6))
    })
}

/// The `<table-updates2>` from one contents to the next, as ovsdb-server(7) defines it.
fn updates2(columns: &[ColumnType], old: &Contents, new: &Contents) -> Value {
    let mut rows = Map::new();
    for uuid in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
        let update = match (old.get(uuid), new.get(uuid)) {
            (Some(_), None) => json!({"delete": null}),
            (None, Some(row)) => {
                let set =
                    row.iter().zip(columns).enumerate().filter(|(_, (d, t))| **d != Datum::default_of(t));
                let members: Map<_, _> = set.map(|(n, (d, _))| (format!("c{n}"), d.to_json())).collect();
                json!({"insert": members})
            }
            (Some(old), Some(new)) => {
                let mut members = Map::new();
                for (n, column) in columns.iter().enumerate().filter(|(n, _)| old[*n] != new[*n]) {
                    members.insert(format!("c{n}"), difference(column, &old[n], &new[n]));
                }
                json!({"modify": members})
            }
            (None, None) => continue,
        };
        rows.insert(uuid.to_string(), update);
    }
    json!({"T": rows})
}

fn difference(column: &ColumnType, old: &Datum, new: &Datum) -> Value {
    if column.max == Some(1) {
        return new.to_json();
    }
    let (old_atoms, new_atoms): (BTreeSet<_>, BTreeSet<_>) =
        (old.atoms().iter().cloned().collect(), new.atoms().iter().cloned().collect());
    if !column.is_map() {
        return Datum::set(old_atoms.symmetric_difference(&new_atoms).cloned()).to_json();
    }
    let (old_pairs, new_pairs): (BTreeMap<_, _>, BTreeMap<_, _>) =
        (old.pairs().iter().cloned().collect(), new.pairs().iter().cloned().collect());
    let gone = old_pairs.iter().filter(|(key, _)| !new_pairs.contains_key(*key));
    let come = new_pairs.iter().filter(|(key, value)| old_pairs.get(*key) != Some(value));
    Datum::map(gone.chain(come).map(|(key, value)| (key.clone(), value.clone()))).to_json()
}

fn contents(replica: &Replica) -> Contents {
    replica.rows("T").map(|(uuid, row)| (uuid, row.values().to_vec())).collect()
}

/// Replays change sets, each of which must start from what the ones before left.
fn believe(believed: &mut Contents, changes: &ovsdb::monitor::ChangeSet) {
    for change in changes {
        let old = match &change.new {
            Some(row) => believed.insert(change.uuid, row.values().to_vec()),
            None => believed.remove(&change.uuid),
        };
        assert_eq!(old, change.old.as_ref().map(|row| row.values().to_vec()));
        assert_ne!(change.old, change.new);
    }
}

proptest! {
    #[test]
    fn a_datum_is_read_as_it_was_written((column, datum) in column_type().prop_flat_map(|t| (Just(t.clone()), datum(&t)))) {
        let json: Value = serde_json::from_str(&datum.to_json().to_string()).unwrap();
        prop_assert_eq!(Datum::from_json(&json, &column), Ok(datum));
    }

    #[test]
    fn a_schema_is_read_as_it_was_written(columns in vec(column_type(), 0..6)) {
        let schema = schema_of(&columns);
        prop_assert_eq!(DatabaseSchema::from_json(&schema.to_json()), Ok(schema));
    }

    #[test]
    fn differences_lead_from_contents_to_contents((columns, history) in history()) {
        let mut replica = Replica::new();
        replica.start(MonitorPlan::new(&MonitorSpec::all("Lab"), &schema_of(&columns)).unwrap());
        let (mut before, mut believed) = (Contents::new(), Contents::new());
        for now in history {
            let json = updates2(&columns, &before, &now);
            // Straight from the text it must be the same.
            let text = JsonText::try_from(&json).unwrap();
            let from_text = replica.clone().apply_text(UpdateStyle::Differences, &text);
            let updates = TableUpdates::read(UpdateStyle::Differences, json).unwrap();
            prop_assert_eq!(&from_text, &replica.clone().apply(&updates));
            believe(&mut believed, &replica.apply(&updates).unwrap());
            prop_assert_eq!(&believed, &now);
            prop_assert_eq!(&contents(&replica), &now);
            before = now;
        }
    }

    #[test]
    fn snapshots_lead_from_contents_to_contents((columns, history) in history()) {
        let mut replica = Replica::new();
        replica.start(MonitorPlan::new(&MonitorSpec::all("Lab"), &schema_of(&columns)).unwrap());
        let mut believed = Contents::new();
        for now in history {
            let updates = TableUpdates::read(UpdateStyle::Differences, updates2(&columns, &Contents::new(), &now)).unwrap();
            believe(&mut believed, &replica.reset(&updates).unwrap());
            prop_assert_eq!(&believed, &now);
            prop_assert_eq!(&contents(&replica), &now);
        }
    }

    #[test]
    fn a_stream_is_cut_into_its_objects(texts in vec("\\PC{0,6}", 0..6), pieces in vec(1usize..20, 1..20)) {
        let objects: Vec<Value> = texts.iter().map(|text| json!({text: [text, {"a": text}]})).collect();
        let stream: String = objects.iter().map(Value::to_string).collect();
        let mut framer = Framer::new(FrameLimits::default());
        let (mut found, mut rest) = (Vec::new(), stream.as_bytes());
        for size in pieces.iter().cycle() {
            let (piece, after) = rest.split_at((*size).min(rest.len()));
            framer.push(piece);
            while let Some(object) = framer.next_object().unwrap() {
                found.push(object);
            }
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(found, objects);
        prop_assert_eq!(framer.pending(), 0);
    }
}
