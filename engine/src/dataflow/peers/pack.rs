//! What workers of different processes say to each other, as bytes: values in the place of words.

use super::dialect::Tongue;
use super::message::{Order, Part};
use super::parcel::Channel;
use crate::dataflow::changes::Changes;
use crate::dataflow::host::Failure;
use crate::eval::{CallSite, Trap};
use crate::ir::{RelationId, RuleId, TypeId};
use crate::plan::{ArrangementId, CollectionId};
use crate::source::{FileId, Span};
use crate::value::wire::{Reader, Writer};
use crate::value::{Packer, Unpacked, Value};

/// The values first, then all that refers to them.
pub(super) fn pack(part: &Part, tongue: &Tongue) -> Vec<u8> {
    let mut packer = Packer::new(&tongue.interner, tongue.dialect.types());
    let mut body = Writer::default();
    body.number(part.touched.len() as u64);
    part.touched.iter().for_each(|channel| write_channel(*channel, &mut body));
    body.number(part.rows.len() as u64);
    for (channel, rows) in &part.rows {
        write_channel(*channel, &mut body);
        write_rows(rows, tongue.dialect.columns(*channel), &mut packer, &mut body);
    }
    match &part.failure {
        None => body.number(0),
        Some(failure) => {
            body.number(1);
            write_failure(failure, &mut body);
        }
    }
    match &part.order {
        None => body.number(0),
        Some(order) => {
            body.number(1);
            body.bytes(&order.elsewhere);
        }
    }
    let mut all = Writer::default();
    packer.finish(&mut all);
    all.raw(&body.into_bytes());
    all.into_bytes()
}

/// What was packed, in words of this process; `None` if it is something else.
pub(super) fn unpack(bytes: &[u8], tongue: &Tongue) -> Option<Part> {
    let from = &mut Reader::new(bytes);
    let values = Unpacked::read(&tongue.interner, from)?;
    let mut part = Part::default();
    for _ in 0..from.count()? {
        part.touched.push(read_channel(from)?);
    }
    for _ in 0..from.count()? {
        let channel = read_channel(from)?;
        part.rows.push((channel, read_rows(&values, from)?));
    }
    if from.number()? == 1 {
        part.failure = Some(Box::new(read_failure(from)?));
    }
    if from.number()? == 1 {
        part.order = Some(Order { here: None, elsewhere: from.bytes()?.into() });
    }
    Some(part)
}

fn write_rows(rows: &Changes, types: &[Option<TypeId>], packer: &mut Packer<'_>, to: &mut Writer) {
    to.number(rows.width() as u64);
    to.number(rows.len() as u64);
    for (row, weight) in rows.iter() {
        let types = types.iter().copied().chain(std::iter::repeat(None));
        for (word, ty) in row.iter().zip(types) {
            to.number(match ty {
                None => Packer::plain(*word),
                Some(ty) => packer.word(ty, *word),
            });
        }
        to.signed(weight);
    }
}

fn read_rows(values: &Unpacked, from: &mut Reader<'_>) -> Option<Changes> {
    let (width, len) = (from.number()? as usize, from.count()?);
    let (mut rows, mut row) = (Changes::new(), Vec::new());
    for _ in 0..len {
        row.clear();
        for _ in 0..width {
            row.push(values.word(from.number()?)?);
        }
        rows.push(&row, from.signed()?);
    }
    Some(rows)
}

fn write_failure(Failure { rule, trap }: &Failure, to: &mut Writer) {
    to.number(rule.map_or(0, |rule| u64::from(rule.0) + 1));
    write_span(trap.span, to);
    to.text(&trap.message);
    to.number(trap.stack.len() as u64);
    for call in &trap.stack {
        to.text(&call.function);
        write_span(call.span, to);
    }
    to.number(trap.skipped as u64);
    to.number(trap.variables.len() as u64);
    for (name, value) in &trap.variables {
        to.text(name);
        value.write(to);
    }
}

fn read_failure(from: &mut Reader<'_>) -> Option<Failure> {
    let rule = from.number()?.checked_sub(1).map(|rule| RuleId(rule as u32));
    let mut trap = Trap::new(read_span(from)?, from.text()?);
    for _ in 0..from.count()? {
        trap.stack.push(CallSite { function: from.text()?.into(), span: read_span(from)? });
    }
    trap.skipped = from.number()? as usize;
    for _ in 0..from.count()? {
        trap.variables.push((from.text()?.into(), Value::read(from)?));
    }
    Some(Failure { rule, trap })
}

fn write_span(span: Span, to: &mut Writer) {
    [span.file.0, span.start, span.end].iter().for_each(|part| to.number(u64::from(*part)));
}

fn read_span(from: &mut Reader<'_>) -> Option<Span> {
    let file = FileId(from.number()? as u32);
    Some(Span { file, start: from.number()? as u32, end: from.number()? as u32 })
}

fn write_channel(channel: Channel, to: &mut Writer) {
    let (kind, id, place) = match channel {
        Channel::Collection(id) => (0, id.0 as usize, 0),
        Channel::Derived(id) => (1, id.0 as usize, 0),
        Channel::Arrangement(id) => (2, id.0 as usize, 0),
        Channel::Stage(id, place) => (3, id.0 as usize, place),
        Channel::Numbers(id) => (4, id, 0),
        Channel::Update(id) => (5, id.0 as usize, 0),
        Channel::Key(id) => (6, id.0 as usize, 0),
        Channel::Whole(id) => (7, id.0 as usize, 0),
    };
    [kind, id, place].iter().for_each(|number| to.number(*number as u64));
}

fn read_channel(from: &mut Reader<'_>) -> Option<Channel> {
    let (kind, id, place) = (from.number()?, from.number()?, from.number()? as usize);
    Some(match kind {
        0 => Channel::Collection(CollectionId(id as u32)),
        1 => Channel::Derived(RelationId(id as u32)),
        2 => Channel::Arrangement(ArrangementId(id as u32)),
        3 => Channel::Stage(RuleId(id as u32), place),
        4 => Channel::Numbers(id as usize),
        5 => Channel::Update(RelationId(id as u32)),
        6 => Channel::Key(RelationId(id as u32)),
        7 => Channel::Whole(RelationId(id as u32)),
        _ => return None,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use super::super::dialect::Dialect;
    use super::*;
    use crate::compile::compile_text;
    use crate::plan::Plan;
    use crate::value::{Interner, decode, encode};

    const PROGRAM: &str = "
        typedef Tree = Leaf | Node{left: Ref<Tree>, name: string, right: Ref<Tree>}
        input relation R(n: u32, s: string, wide: bit<100>, big: bigint, d: double, f: float, t: (string, u64),
            set: Set<string>, map: Map<string, Vec<signed<64>>>, tree: Tree, opt: Option<(string, string)>)
    ";

    fn tongue() -> (Tongue, TypeId) {
        let (program, _) = compile_text("test.dl", PROGRAM, &[]).unwrap();
        let program = Arc::new(program);
        let plan = Plan::new(&program).unwrap();
        let record = program.relations[0].record;
        (Tongue::new(Arc::new(Dialect::new(&program, &plan)), Arc::new(Interner::new())), record)
    }

    fn text(text: &str) -> Value {
        Value::Str(text.into())
    }

    fn node(left: Value, name: &str, right: Value) -> Value {
        let fields = vec![("left".into(), left), ("name".into(), text(name)), ("right".into(), right)];
        Value::Struct { ctor: "Node".into(), fields }
    }

    fn values() -> [Vec<Value>; 2] {
        let leaf = || Value::Struct { ctor: "Leaf".into(), fields: vec![] };
        let tree = node(node(leaf(), "b", leaf()), "a", node(leaf(), "b", leaf()));
        let some =
            |value| Value::Struct { ctor: "ddlog_std::Some".into(), fields: vec![("x".into(), value)] };
        let big = Value::integer(num_bigint::BigInt::from(-3) << 300);
        [
            vec![
                Value::Int(u32::MAX.into()),
                text("a"),
                Value::Int(1 << 99),
                big,
                Value::Double(-0.5),
                Value::Float(1.5),
                Value::Tuple(vec![text("a"), Value::Int(u64::MAX.into())]),
                Value::Set(vec![text(""), text("a"), text("ü")]),
                Value::Map(vec![(text("k"), Value::Vec(vec![Value::Int(-1), Value::Int(i64::MIN.into())]))]),
                tree,
                some(Value::Tuple(vec![text("a"), text("b")])),
            ],
            vec![
                Value::Int(0),
                text(""),
                Value::Int(7),
                Value::Int(-7),
                Value::Double(f64::NAN),
                Value::Float(0.0),
                Value::Tuple(vec![text(""), Value::Int(0)]),
                Value::Set(vec![]),
                Value::Map(vec![]),
                leaf(),
                Value::Struct { ctor: "ddlog_std::None".into(), fields: vec![] },
            ],
        ]
    }

    /// The rows as words, and the types of their columns.
    fn encoded(tongue: &Tongue, record: TypeId) -> (Changes, Vec<TypeId>) {
        let types = tongue.dialect.types();
        let columns: Vec<TypeId> =
            types.struct_fields(record).unwrap().iter().map(|field| field.ty).collect();
        let mut rows = Changes::new();
        for (values, weight) in values().iter().zip([-3, i64::MAX]) {
            let word = |(ty, value): (&TypeId, &Value)| encode(&tongue.interner, types, *ty, value).unwrap();
            let row: Vec<_> = columns.iter().zip(values).map(word).collect();
            rows.push(&row, weight);
        }
        (rows, columns)
    }

    #[test]
    fn values_survive_the_way_to_another_process() {
        let (here, record) = tongue();
        let (there, _) = tongue();
        // What is known there has other numbers than here.
        for text in ["z", "ü", "b", "a", "y"] {
            there.interner.intern_str(text);
        }
        let (rows, columns) = encoded(&here, record);
        let channel = Channel::Collection(CollectionId(0));
        let part = Part { rows: vec![(channel, rows.clone())], ..Part::default() };
        let bytes = pack(&part, &here);
        let mut arrived = unpack(&bytes, &there).unwrap();
        let (_, arrived) = arrived.rows.remove(0);
        let shown = |tongue: &Tongue, rows: &Changes| -> Vec<String> {
            let value = |(ty, word): (&TypeId, &u32)| {
                decode(&tongue.interner, tongue.dialect.types(), *ty, *word).to_string()
            };
            let row = |(row, weight): (&[u32], i64)| {
                let values: Vec<String> = columns.iter().zip(row).map(value).collect();
                format!("{} {weight}", values.join(" "))
            };
            rows.iter().map(row).collect()
        };
        assert_eq!(shown(&there, &arrived), shown(&here, &rows));
        assert_ne!(arrived.row(0), rows.row(0), "words are the process's own");
        // Encoding the same values there finds the words that arrived: nothing is there twice.
        let known = there.interner.len();
        let (again, _) = encoded(&there, record);
        assert_eq!(there.interner.len(), known);
        assert!(again.iter().zip(arrived.iter()).all(|(one, other)| one == other));
        let types = here.dialect.columns(channel);
        for ((one, _), (other, _)) in rows.iter().zip(arrived.iter()) {
            for width in 0..=one.len() {
                assert_eq!(here.hash(types, &one[..width]), there.hash(types, &other[..width]));
            }
        }
        assert_ne!(here.hash(types, rows.row(0)), here.hash(types, rows.row(1)));
        for cut in 0..bytes.len() {
            assert!(unpack(&bytes[..cut], &there).is_none(), "of {cut} bytes");
        }
    }

    #[test]
    fn a_value_is_sent_once() {
        let (here, _) = tongue();
        let channel = Channel::Collection(CollectionId(0));
        let long = here.interner.intern_str(&"long ".repeat(1000));
        let mut rows = Changes::new();
        (0..1000).for_each(|number| rows.push(&[number, long], 1));
        let bytes = pack(&Part { rows: vec![(channel, rows)], ..Part::default() }, &here);
        assert!(bytes.len() < 5000 + 1000 * 6, "{} bytes", bytes.len());
    }

    #[test]
    fn failures_and_orders_survive_the_way() {
        let (here, _) = tongue();
        let span = |start| Span { file: FileId(1), start, end: 70_000 };
        let mut trap = Trap::new(span(300), "too deep");
        (0..30).for_each(|call| trap.inside(format!("f{call}").into(), span(call)));
        trap.variables = vec![("x".into(), Value::Tuple(vec![text("a"), Value::Int(-1)]))];
        let part = Part {
            touched: vec![Channel::Stage(RuleId(200), 2), Channel::Numbers(0), Channel::Whole(RelationId(3))],
            rows: vec![(Channel::Numbers(0), Changes::once())],
            failure: Some(Box::new(Failure { rule: Some(RuleId(0)), trap })),
            order: Some(Order { here: None, elsewhere: Arc::from([1, 2, 3].as_slice()) }),
        };
        let read = unpack(&pack(&part, &here), &here).unwrap();
        assert_eq!(format!("{read:?}"), format!("{part:?}"));
    }
}
