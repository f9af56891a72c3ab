//! Values in and out: words, order, records of commands, Rust types.
#![allow(clippy::unwrap_used)]

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use num_bigint::BigInt;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use weir_engine::command::{Command, CommandParser, Record, Update};
use weir_engine::compile::compile_text;
use weir_engine::ir::{Program, Type, TypeId, TypeTable};
use weir_engine::value::{
    EncodeError, Interner, Marks, RecordErrorKind, Value, compare, compare_rows, decode, decode_record,
    encode, encode_record, from_record, from_value, modify_by_record, to_value,
};

/// A program with the types the tests are about.
fn program() -> Program {
    let text = "
        typedef Port = Port { name: istring, number: bit<16>, tags: Set<string> }
        typedef Shape = Nothing | Circle { r: u64 } | Rect { w: s64, h: s64, label: Option<string> }
        typedef Only = Only { inside: Ref<Shape> }
        typedef Nested = Leaf { n: u128 } | Node { children: Vec<Nested>, by_name: Map<string, Nested> }
        input relation All(
            a: bool, b: bit<5>, c: u32, d: u64, e: u128, f: bit<200>, g: s8, h: s32, i: s64, j: s128, k: bigint,
            l: double, m: float, n: string, o: (u64, string), p: Port, q: Shape, r: Only, s: Nested,
            t: Vec<s64>, u: Set<(string, s64)>, v: Map<Shape, Vec<u8>>, w: Option<Option<u32>>, x: ())
        input relation Plain[Shape]
    ";
    compile_text("types.dl", text, &[]).map_err(|(_, diagnostics)| diagnostics).unwrap().0
}

/// The types of the fields of `All`.
fn field_types(program: &Program) -> Vec<TypeId> {
    let record = program.relations[program.relation("All").unwrap().0 as usize].record;
    program.types.struct_fields(record).unwrap().iter().map(|field| field.ty).collect()
}

/// Any value of a type.
fn values(types: &TypeTable, ty: TypeId, depth: u32) -> BoxedStrategy<Value> {
    let inside = |ty: TypeId| values(types, ty, depth + 1);
    let n_items = if depth > 3 { 0 } else { 4 };
    match types.ty(ty) {
        Type::Ref(inner) | Type::Intern(inner) => values(types, *inner, depth),
        Type::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Type::Bit(width) => integers(*width, false),
        Type::Signed(width) => integers(*width, true),
        Type::BigInt => integers(300, true),
        Type::Double => prop_oneof![any::<f64>(), Just(-0.0), Just(f64::NAN)].prop_map(Value::Double).boxed(),
        Type::Float => prop_oneof![any::<f32>(), Just(-0.0), Just(f32::NAN)].prop_map(Value::Float).boxed(),
        Type::String => "[a-c]{0,3}".prop_map(|text| Value::Str(text.into())).boxed(),
        Type::Tuple(parts) => {
            parts.iter().map(|part| inside(*part)).collect::<Vec<_>>().prop_map(Value::Tuple).boxed()
        }
        Type::Union(union) => {
            let variants = types.union(*union).variants.iter().take(if depth > 3 { 1 } else { 9 });
            let variants = variants.map(|variant| {
                let names: Vec<_> = variant.fields.iter().map(|field| field.name.clone()).collect();
                let ctor = variant.name.clone();
                let fields: Vec<_> = variant.fields.iter().map(|field| inside(field.ty)).collect();
                fields
                    .prop_map(move |values| Value::Struct {
                        ctor: ctor.clone(),
                        fields: names.iter().cloned().zip(values).collect(),
                    })
                    .boxed()
            });
            proptest::strategy::Union::new(variants).boxed()
        }
        Type::Vec(item) => prop::collection::vec(inside(*item), 0..=n_items).prop_map(Value::Vec).boxed(),
        Type::Set(item) => prop::collection::vec(inside(*item), 0..=n_items).prop_map(Value::Set).boxed(),
        Type::Map(key, value) => {
            prop::collection::vec((inside(*key), inside(*value)), 0..=n_items).prop_map(Value::Map).boxed()
        }
        other => panic!("no values of {other:?}"),
    }
}

/// Integers of a width, near the limits of the forms they take as well as anywhere.
fn integers(width: u32, signed: bool) -> BoxedStrategy<Value> {
    let near = prop_oneof![
        Just(0u32),
        Just(7),
        Just(8),
        Just(29),
        Just(30),
        Just(31),
        Just(32),
        Just(63),
        Just(64),
        Just(127),
        Just(128)
    ];
    (any::<[u64; 5]>(), near, -2i32..3, any::<bool>())
        .prop_map(move |(digits, near, offset, anywhere)| {
            let value = if anywhere {
                BigInt::from_slice(num_bigint::Sign::Plus, &digits.map(|digit| digit as u32))
            } else {
                (BigInt::from(1) << near) + offset
            };
            wrap(value, width, signed)
        })
        .prop_map(Value::integer)
        .boxed()
}

fn wrap(value: BigInt, width: u32, signed: bool) -> BigInt {
    let modulus = BigInt::from(1) << width;
    let positive = ((value % &modulus) + &modulus) % &modulus;
    if signed && positive.bit(u64::from(width) - 1) { positive - modulus } else { positive }
}

/// The natural order by its definition, on values instead of words.
fn natural(types: &TypeTable, ty: TypeId, a: &Value, b: &Value) -> Ordering {
    let floats = |a: f64, b: f64| a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()));
    match (types.ty(ty), a, b) {
        (Type::Ref(inner) | Type::Intern(inner), ..) => natural(types, *inner, a, b),
        (_, Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (_, Value::Int(_) | Value::BigInt(_), Value::Int(_) | Value::BigInt(_)) => {
            a.as_integer().cmp(&b.as_integer())
        }
        (_, Value::Double(a), Value::Double(b)) => floats(*a, *b),
        (_, Value::Float(a), Value::Float(b)) => floats((*a).into(), (*b).into()),
        (_, Value::Str(a), Value::Str(b)) => a.as_bytes().cmp(b.as_bytes()),
        (Type::Tuple(parts), Value::Tuple(a), Value::Tuple(b)) => {
            each(parts.iter().zip(a.iter().zip(b)).map(|(ty, (a, b))| natural(types, *ty, a, b)))
        }
        (
            Type::Union(union),
            Value::Struct { ctor: a_ctor, fields: a },
            Value::Struct { ctor: b_ctor, fields: b },
        ) => {
            let variants = &types.union(*union).variants;
            let number = |ctor: &std::sync::Arc<str>| {
                variants.iter().position(|variant| variant.name == *ctor).unwrap()
            };
            number(a_ctor).cmp(&number(b_ctor)).then_with(|| {
                let fields = variants[number(a_ctor)].fields.iter();
                each(fields.zip(a.iter().zip(b)).map(|(field, (a, b))| natural(types, field.ty, &a.1, &b.1)))
            })
        }
        (Type::Vec(item), Value::Vec(a), Value::Vec(b)) | (Type::Set(item), Value::Set(a), Value::Set(b)) => {
            each(a.iter().zip(b).map(|(a, b)| natural(types, *item, a, b))).then(a.len().cmp(&b.len()))
        }
        (Type::Map(key, value), Value::Map(a), Value::Map(b)) => {
            each(a.iter().zip(b).map(|(a, b)| {
                natural(types, *key, &a.0, &b.0).then_with(|| natural(types, *value, &a.1, &b.1))
            }))
            .then(a.len().cmp(&b.len()))
        }
        _ => panic!("{a} and {b} differ in type"),
    }
}

fn each(mut orders: impl Iterator<Item = Ordering>) -> Ordering {
    orders.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

/// The value with its sets and maps in order, by their definition.
fn canonical(types: &TypeTable, ty: TypeId, value: &Value) -> Value {
    let canonical_item = |item: &TypeId, value: &Value| canonical(types, *item, value);
    match (types.ty(ty), value) {
        (Type::Ref(inner) | Type::Intern(inner), _) => canonical(types, *inner, value),
        (Type::Tuple(parts), Value::Tuple(values)) => {
            Value::Tuple(parts.iter().zip(values).map(|(ty, value)| canonical_item(ty, value)).collect())
        }
        (Type::Union(union), Value::Struct { ctor, fields }) => {
            let variants = &types.union(*union).variants;
            let variant = variants.iter().find(|variant| variant.name == *ctor).unwrap();
            let fields = variant
                .fields
                .iter()
                .zip(fields)
                .map(|(field, (name, value))| (name.clone(), canonical_item(&field.ty, value)));
            Value::Struct { ctor: ctor.clone(), fields: fields.collect() }
        }
        (Type::Vec(item), Value::Vec(items)) => {
            Value::Vec(items.iter().map(|value| canonical_item(item, value)).collect())
        }
        (Type::Set(item), Value::Set(items)) => {
            let mut items: Vec<Value> = items.iter().map(|value| canonical_item(item, value)).collect();
            items.sort_by(|a, b| natural(types, *item, a, b));
            items.dedup_by(|a, b| natural(types, *item, a, b).is_eq());
            Value::Set(items)
        }
        (Type::Map(key, value_type), Value::Map(pairs)) => {
            let mut sorted: Vec<(Value, Value)> = Vec::new();
            for (k, v) in pairs {
                let (k, v) = (canonical_item(key, k), canonical_item(value_type, v));
                sorted.retain(|(known, _)| natural(types, *key, known, &k).is_ne());
                sorted.push((k, v));
            }
            sorted.sort_by(|(a, _), (b, _)| natural(types, *key, a, b));
            Value::Map(sorted)
        }
        _ => value.clone(),
    }
}

/// A type of the program and two values of it.
fn typed_pairs() -> impl Strategy<Value = (usize, Value, Value)> {
    let program = program();
    let types = field_types(&program);
    (0..types.len()).prop_flat_map(move |i| {
        let ty = types[i];
        (Just(i), values(&program.types, ty, 0), values(&program.types, ty, 0))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn words_are_equal_and_ordered_as_values_are((i, a, b) in typed_pairs()) {
        let program = program_once();
        let types = &program.types;
        let ty = field_types(program)[i];
        let interner = Interner::new();
        let (a_word, b_word) =
            (encode(&interner, types, ty, &a).unwrap(), encode(&interner, types, ty, &b).unwrap());
        let (a, b) = (canonical(types, ty, &a), canonical(types, ty, &b));
        let wanted = natural(types, ty, &a, &b);
        prop_assert_eq!(compare(&interner, types, ty, a_word, b_word), wanted);
        prop_assert_eq!(compare(&interner, types, ty, b_word, a_word), wanted.reverse());
        prop_assert_eq!(a_word == b_word, wanted.is_eq());
        let back = decode(&interner, types, ty, a_word);
        prop_assert!(natural(types, ty, &back, &a).is_eq(), "{} became {}", a, back);
        prop_assert_eq!(encode(&interner, types, ty, &back).unwrap(), a_word);
    }

    #[test]
    fn what_is_marked_survives_reclamation((i, a, b) in typed_pairs()) {
        let program = program_once();
        let types = &program.types;
        let ty = field_types(program)[i];
        let interner = Interner::new();
        let _unused = encode(&interner, types, ty, &b).unwrap();
        let word = encode(&interner, types, ty, &a).unwrap();
        let before = decode(&interner, types, ty, word);
        let mut marks = Marks::default();
        marks.mark(&interner, types, ty, word);
        let fresh = interner.retained(&marks);
        prop_assert_eq!(decode(&fresh, types, ty, word).to_string(), before.to_string());
        prop_assert_eq!(encode(&fresh, types, ty, &before).unwrap(), word);
        prop_assert!(fresh.len() <= interner.len());
        // Whatever is added now must not get an id that is in use.
        let b_word = encode(&fresh, types, ty, &b).unwrap();
        prop_assert_eq!(decode(&fresh, types, ty, word).to_string(), before.to_string());
        prop_assert_eq!(b_word == word, natural(types, ty, &canonical(types, ty, &a), &canonical(types, ty, &b)).is_eq());
    }
}

fn program_once() -> &'static Program {
    static PROGRAM: std::sync::OnceLock<Program> = std::sync::OnceLock::new();
    PROGRAM.get_or_init(program)
}

/// The type of a field of `All`.
fn field(name: &str) -> TypeId {
    let program = program_once();
    let record = program.relations[program.relation("All").unwrap().0 as usize].record;
    let fields = program.types.struct_fields(record).unwrap();
    fields.iter().find(|field| &*field.name == name).unwrap().ty
}

fn structure(ctor: &str, fields: &[(&str, Value)]) -> Value {
    let fields = fields.iter().map(|(name, value)| ((*name).into(), value.clone())).collect();
    Value::Struct { ctor: ctor.into(), fields }
}

fn port() -> Value {
    let tags = Value::Vec(vec!["b".into(), "a".into(), "b".into()]);
    structure("Port", &[("name", "p1".into()), ("number", Value::Int(7)), ("tags", tags)])
}

#[test]
fn a_value_of_the_wrong_type_is_reported_with_its_place() {
    let (interner, types) = (Interner::new(), &program_once().types);
    let check = |ty: TypeId, value: Value, path: &str, expected: &str, found: &str| {
        let error = EncodeError { path: path.into(), expected: expected.into(), found: found.into() };
        assert_eq!(encode(&interner, types, ty, &value), Err(error));
    };
    check(field("b"), Value::Int(32), "", "bit<5>", "32");
    check(field("g"), Value::Int(128), "", "signed<8>", "128");
    check(field("g"), "x".into(), "", "signed<8>", "\"x\"");
    check(field("t"), Value::Vec(vec![Value::Int(1), Value::Bool(true)]), "[1]", "signed<64>", "true");
    let Value::Struct { ctor, mut fields } = port() else { panic!() };
    fields[2].1 = Value::Set(vec![Value::Int(1)]);
    check(field("p"), Value::Struct { ctor, fields }, ".tags[0]", "string", "1");
    check(field("q"), structure("Square", &[]), "", "Shape", "Square{}");
    let circle = structure("Circle", &[("radius", Value::Int(1))]);
    check(field("q"), circle, ".r", "bit<64>", "no such field");
    let pair = Value::Tuple(vec![Value::Tuple(vec![Value::Int(1), "k".into()])]);
    check(field("o"), pair, "", "(bit<64>, string)", "((1, \"k\"))");
}

#[test]
fn records_become_rows_of_a_word_per_field() {
    let program = program_once();
    let interner = Interner::new();
    let plain = program.relations[program.relation("Plain").unwrap().0 as usize].record;
    let circle = structure("Circle", &[("r", Value::Int(3))]);
    let row = encode_record(&interner, &program.types, plain, &circle).unwrap();
    assert_eq!(row.len(), 1);
    assert_eq!(decode_record(&interner, &program.types, plain, &row), circle);

    let port_row = encode_record(&interner, &program.types, field("p"), &port()).unwrap();
    assert_eq!(port_row.len(), 3);
    let text = decode_record(&interner, &program.types, field("p"), &port_row).to_string();
    assert_eq!(text, "Port{.name = \"p1\", .number = 7, .tags = [\"a\", \"b\"]}");
    let Value::Struct { ctor, mut fields } = port() else { panic!() };
    fields[1].1 = Value::Int(6);
    let smaller = Value::Struct { ctor, fields };
    let smaller = encode_record(&interner, &program.types, field("p"), &smaller).unwrap();
    assert_eq!(compare_rows(&interner, &program.types, field("p"), &smaller, &port_row), Ordering::Less);
}

fn named(ctor: &str, fields: &[(&str, Record)]) -> Record {
    Record::Named(ctor.into(), fields.iter().map(|(name, record)| ((*name).into(), record.clone())).collect())
}

#[test]
fn records_of_commands_take_defaults_for_fields_not_named() {
    let types = &program_once().types;
    let int = |value: i64| Record::Int(value.into());
    let check = |ty: TypeId, record: Record, text: &str| {
        assert_eq!(from_record(types, ty, &record).unwrap().to_string(), text);
    };
    check(field("p"), named("Port", &[("number", int(5))]), "Port{.name = \"\", .number = 5, .tags = []}");
    check(field("q"), Record::Positional("Nothing".into(), vec![]), "Nothing{}");
    check(
        field("r"),
        Record::Positional("Only".into(), vec![Record::Positional("Circle".into(), vec![int(4)])]),
        "Only{.inside = Circle{.r = 4}}",
    );
    check(
        field("w"),
        Record::Positional("ddlog_std::Some".into(), vec![named("ddlog_std::None", &[])]),
        "ddlog_std::Some{.x = ddlog_std::None{}}",
    );
    check(field("l"), int(2), "2");
    let pair = Record::Tuple(vec![named("Nothing", &[]), Record::Array(vec![int(1)])]);
    check(field("v"), Record::Array(vec![pair]), "[(Nothing{}, [1])]");
}

#[test]
fn a_modification_keeps_fields_not_named() {
    let types = &program_once().types;
    let old = port();
    let changes = named("Port", &[("number", Record::Int(9.into()))]);
    let new = modify_by_record(types, field("p"), &old, &changes).unwrap();
    assert_eq!(new.field("number"), Some(&Value::Int(9)));
    assert_eq!(new.field("name"), old.field("name"));
}

#[test]
fn a_modification_need_not_name_the_constructor() {
    let types = &program_once().types;
    let new = modify_by_record(types, field("p"), &port(), &named("_", &[("number", Record::Int(9.into()))]));
    assert_eq!(new.unwrap().field("number"), Some(&Value::Int(9)));
    assert!(from_record(types, field("p"), &named("_", &[])).is_err());
}

#[test]
fn a_modification_toggles_items_of_sets_and_merges_maps() {
    let types = &program_once().types;
    let ints = |items: &[i64]| Record::Array(items.iter().map(|item| Record::Int((*item).into())).collect());
    let pair = |key: Record, value: Record| Record::Tuple(vec![key, value]);
    let nothing = || named("Nothing", &[]);
    let circle = || named("Circle", &[("r", Record::Int(1.into()))]);

    let text = |text: &str| Record::String(text.into());
    let tags =
        |tags: &[&str]| named("Port", &[("tags", Record::Array(tags.iter().map(|tag| text(tag)).collect()))]);
    let old = from_record(types, field("p"), &tags(&["a", "b"])).unwrap();
    let new = modify_by_record(types, field("p"), &old, &tags(&["b", "c"])).unwrap();
    assert_eq!(new.field("tags").unwrap().to_string(), "[\"a\", \"c\"]");

    let old = Record::Array(vec![pair(nothing(), ints(&[1])), pair(circle(), ints(&[2]))]);
    let old = from_record(types, field("v"), &old).unwrap();
    let changes = Record::Array(vec![pair(nothing(), Record::Tuple(vec![])), pair(circle(), ints(&[3]))]);
    let new = modify_by_record(types, field("v"), &old, &changes).unwrap();
    assert_eq!(new.to_string(), "[(Circle{.r = 1}, [3])]");
}

#[test]
fn options_and_json_need_no_constructors() {
    let types = &program_once().types;
    let check = |ty: TypeId, record: Record, text: &str| {
        assert_eq!(from_record(types, ty, &record).unwrap().to_string(), text);
    };
    let seven = || Record::Int(7.into());
    check(field("w"), seven(), "ddlog_std::Some{.x = ddlog_std::Some{.x = 7}}");
    check(field("w"), Record::Array(vec![]), "ddlog_std::None{}");
    check(field("w"), Record::Array(vec![seven()]), "ddlog_std::Some{.x = ddlog_std::Some{.x = 7}}");
    let json = |text: &str| {
        let text = weir_engine::command::TextSource::Inline(text.into());
        Record::Serialized { format: "json".into(), text }
    };
    check(field("q"), json(r#"{"Circle": {"r": 5}}"#), "Circle{.r = 5}");
    let error = from_record(types, field("q"), &json("{\"Square\": 1}")).unwrap_err();
    assert!(error.to_string().contains("unknown variant `Square`"), "{error}");
}

#[test]
fn records_of_the_wrong_shape_are_reported_with_their_place() {
    let types = &program_once().types;
    let int = |value: i64| Record::Int(value.into());
    let error = |ty, record: Record| from_record(types, ty, &record).unwrap_err();

    let wrong = error(field("t"), Record::Array(vec![int(1), Record::Bool(true)]));
    assert_eq!(wrong.path, "[1]");
    assert_eq!(wrong.to_string(), "at [1]: expected signed<64>, found true");
    let kind = error(field("p"), Record::Positional("Port".into(), vec![int(1)])).kind;
    assert_eq!(kind, RecordErrorKind::FieldCount { constructor: "Port".into(), expected: 3, found: 1 });
    let kind = error(field("p"), named("Port", &[("speed", int(1))])).kind;
    assert_eq!(kind, RecordErrorKind::Field { constructor: "Port".into(), field: "speed".into() });
    let kind = error(field("q"), named("Square", &[])).kind;
    assert_eq!(kind, RecordErrorKind::Constructor { expected: "Shape".into(), constructor: "Square".into() });
    let kind = error(field("n"), Record::File("x".into())).kind;
    assert_eq!(kind, RecordErrorKind::External { record: "%\"x\"".into() });
    assert!(matches!(error(field("b"), int(-1)).kind, RecordErrorKind::Type { .. }));
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Port {
    name: String,
    number: u16,
    tags: BTreeSet<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Shape {
    Nothing,
    Circle(u64),
    Rect { w: i64, h: i64, label: Option<String> },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Only(Shape);

#[track_caller]
fn round_trip<T>(ty: TypeId, value: T)
where
    T: Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let (interner, types) = (Interner::new(), &program_once().types);
    let word = encode(&interner, types, ty, &to_value(&value).unwrap()).unwrap();
    let back: T = from_value(&decode(&interner, types, ty, word)).unwrap();
    assert_eq!(back, value);
}

#[test]
fn rust_types_mirror_types_of_rules() {
    let tags = BTreeSet::from(["x".to_owned(), "y".to_owned()]);
    round_trip(field("p"), Port { name: "p".into(), number: 65535, tags });
    let rect = Shape::Rect { w: -1, h: i64::MAX, label: Some("l".into()) };
    for shape in [Shape::Nothing, Shape::Circle(u64::MAX), rect.clone()] {
        round_trip(field("q"), shape.clone());
        round_trip(field("r"), Only(shape));
    }
    round_trip(field("v"), BTreeMap::from([(Shape::Nothing, vec![1u8, 2]), (rect, vec![])]));
    round_trip(field("e"), u128::MAX);
    round_trip(field("j"), i128::MIN);
    round_trip(field("w"), Some(None::<u32>));
    round_trip(field("w"), None::<Option<u32>>);
    round_trip(field("o"), (7u64, "seven".to_owned()));
    round_trip(field("t"), vec![i64::MIN, 0, 5]);
    round_trip(field("l"), 1.5f64);
    round_trip(field("x"), ());
}

#[test]
fn a_rust_type_that_does_not_fit_says_where() {
    let error = from_value::<Port>(&structure(
        "Port",
        &[("name", "p".into()), ("number", Value::Int(70000)), ("tags", Value::Set(vec![]))],
    ))
    .unwrap_err();
    assert_eq!(error.path, ".number");
    assert!(error.message.contains("70000"), "{error}");
}

#[test]
fn modifying_reaches_into_structs_maps_and_sets() {
    let text = "
        typedef Rule = Rule { name: string, hits: bit<32> }
        input relation Chain(id: u32, first: Rule, rules: Map<u32, Map<string, Rule>>, tags: Set<string>, list: Vec<u32>)
    ";
    let program = compile_text("types.dl", text, &[]).map_err(|(_, diagnostics)| diagnostics).unwrap().0;
    let ty = program.relations[0].record;
    let old = record(
        r#"Chain{7, Rule{"r", 1}, [(1, [("a", Rule{"x", 1}), ("b", Rule{"y", 2})]), (2, [])], ["red", "blue"], [1, 2]}"#,
    );
    let old = from_record(&program.types, ty, &old).unwrap();
    // The second pair reaches through two maps into a field; `()` removes; a known element leaves the set.
    let cases = [
        (r#"Chain{.first = Rule{.hits = 5}}"#, ".first", r#"Rule{.name = "r", .hits = 5}"#),
        (
            r#"Chain{.rules = [(1, [("b", Rule{.hits = 9}), ("a", ())]), (3, [("c", Rule{"z", 0})])]}"#,
            ".rules",
            r#"[(1, [("b", Rule{.name = "y", .hits = 9})]), (2, []), (3, [("c", Rule{.name = "z", .hits = 0})])]"#,
        ),
        (r#"Chain{.tags = ["red", "green"]}"#, ".tags", r#"["blue", "green"]"#),
        (r#"Chain{.list = [3]}"#, ".list", "[3]"),
        (
            r#"Chain{.rules = [(2, @json"{\"d\": {\"name\": \"j\", \"hits\": 4}}")]}"#,
            ".rules",
            r#"[(1, [("a", Rule{.name = "x", .hits = 1}), ("b", Rule{.name = "y", .hits = 2})]), (2, [("d", Rule{.name = "j", .hits = 4})])]"#,
        ),
    ];
    for (changes, field, expected) in cases {
        let new = modify_by_record(&program.types, ty, &old, &record(changes)).unwrap();
        assert_eq!(new.field(&field[1..]).unwrap().to_string(), expected, "{changes}");
        assert_eq!(new.field("id"), Some(&Value::Int(7)), "{changes}");
    }
    let absent = record(r#"Chain{.rules = [(9, ())]}"#);
    let error = modify_by_record(&program.types, ty, &old, &absent).unwrap_err();
    assert_eq!(error.path, ".rules[0].1");
}

/// A record as the command language writes it.
fn record(text: &str) -> Record {
    let mut parser = CommandParser::new();
    parser.feed(&format!("insert R[{text}];"));
    match parser.next_command().unwrap() {
        Some(Command::Update { update: Update::Insert { record, .. }, .. }) => record,
        other => panic!("{other:?}"),
    }
}
