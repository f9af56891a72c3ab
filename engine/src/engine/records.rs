//! Records that come out of the engine: kept as words until somebody looks.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::dataflow::changes::Changes;
use crate::ir::{Program, RelationId, Type, TypeId, TypeTable};
use crate::value::{Interner, Value, Word, compare_rows, decode_record};

/// Records with their counts, or with how those change, in the natural order of records.
///
/// They are values of the program that gave them, and stay what they are whatever becomes of it: they hold on to all
/// values that the engine knew then. Each look at a record builds it anew.
#[derive(Clone, Default)]
pub struct Records {
    parts: Vec<Part>,
}

/// Records of one kind.
#[derive(Clone)]
enum Part {
    Built(Vec<(Value, i64)>),
    Rows(Arc<Rows>),
}

/// Rows and what it takes to read them.
struct Rows {
    /// Each in natural order, no row in two of them: what several workers give is only merged when somebody looks.
    runs: Vec<Changes>,
    interner: Arc<Interner>,
    program: Arc<Program>,
    record: TypeId,
    order: Order,
}

/// How rows compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// As their words do.
    OfWords,
    /// As the values do that the words stand for.
    OfValues,
}

impl Records {
    /// Consolidated rows of a relation.
    pub(super) fn new(
        interner: &Arc<Interner>,
        program: &Arc<Program>,
        relation: RelationId,
        rows: Changes,
    ) -> Self {
        let sorted = Records::sorted(interner, program, relation, rows);
        Records::merged(interner, program, relation, vec![sorted])
    }

    /// Rows of a relation in several parts, each of which is sorted as the records are; no row is in two of them.
    pub(super) fn merged(
        interner: &Arc<Interner>,
        program: &Arc<Program>,
        relation: RelationId,
        mut runs: Vec<Changes>,
    ) -> Self {
        runs.retain(|rows| !rows.is_empty());
        if runs.is_empty() {
            return Records::default();
        }
        let record = program.relations[relation.0 as usize].record;
        let order = order(&program.types, record);
        let (interner, program) = (interner.clone(), program.clone());
        Records { parts: vec![Part::Rows(Arc::new(Rows { runs, interner, program, record, order }))] }
    }

    /// Consolidated rows of a relation, sorted as their records are.
    pub(super) fn sorted(
        interner: &Interner,
        program: &Program,
        relation: RelationId,
        rows: Changes,
    ) -> Changes {
        let record = program.relations[relation.0 as usize].record;
        in_natural_order(interner, &program.types, record, rows)
    }

    /// Adds others after these.
    pub(super) fn extend(&mut self, other: Records) {
        self.parts.extend(other.parts);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.parts.iter().map(Part::len).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Builds one record after the other.
    pub fn iter(&self) -> impl Iterator<Item = (Value, i64)> {
        self.parts.iter().flat_map(Part::records)
    }

    /// The counts alone, in the same order, without building records.
    pub fn weights(&self) -> impl Iterator<Item = i64> {
        self.parts.iter().flat_map(Part::weights)
    }

    /// All of them built.
    pub fn to_vec(&self) -> Vec<(Value, i64)> {
        self.iter().collect()
    }
}

impl Part {
    fn len(&self) -> usize {
        match self {
            Part::Built(records) => records.len(),
            Part::Rows(rows) => rows.runs.iter().map(Changes::len).sum(),
        }
    }

    fn records(&self) -> Box<dyn Iterator<Item = (Value, i64)> + '_> {
        match self {
            Part::Built(records) => Box::new(records.iter().cloned()),
            Part::Rows(rows) => Box::new(rows.iter().map(|(row, weight)| (rows.record(row), weight))),
        }
    }

    fn weights(&self) -> Box<dyn Iterator<Item = i64> + '_> {
        match self {
            Part::Built(records) => Box::new(records.iter().map(|(_, weight)| *weight)),
            Part::Rows(rows) => Box::new(rows.iter().map(|(_, weight)| weight)),
        }
    }
}

impl Rows {
    fn record(&self, row: &[Word]) -> Value {
        decode_record(&self.interner, &self.program.types, self.record, row)
    }

    /// All rows in natural order.
    fn iter(&self) -> Box<dyn Iterator<Item = (&[Word], i64)> + '_> {
        match self.runs.as_slice() {
            [rows] => Box::new(rows.iter()),
            _ => Box::new(Merged { of: self, next: vec![0; self.runs.len()] }),
        }
    }

    fn compare(&self, one: &[Word], other: &[Word]) -> Ordering {
        match self.order {
            Order::OfWords => one.cmp(other),
            Order::OfValues => compare_rows(&self.interner, &self.program.types, self.record, one, other),
        }
    }
}

/// The rows of several runs, the least one first.
struct Merged<'r> {
    of: &'r Rows,
    /// By run: the next row of it.
    next: Vec<usize>,
}

impl<'r> Iterator for Merged<'r> {
    type Item = (&'r [Word], i64);

    fn next(&mut self) -> Option<Self::Item> {
        let runs = self.of.runs.iter().zip(&mut self.next).filter(|(rows, next)| **next < rows.len());
        let (rows, next) = runs
            .min_by(|(one, at), (other, other_at)| self.of.compare(one.row(**at), other.row(**other_at)))?;
        *next += 1;
        Some((rows.row(*next - 1), rows.weight(*next - 1)))
    }
}

/// Records from elsewhere than the engine, in the order in which they are to be seen.
impl From<Vec<(Value, i64)>> for Records {
    fn from(records: Vec<(Value, i64)>) -> Self {
        Records { parts: vec![Part::Built(records)] }
    }
}

impl<'r> IntoIterator for &'r Records {
    type Item = (Value, i64);
    type IntoIter = Box<dyn Iterator<Item = (Value, i64)> + 'r>;

    fn into_iter(self) -> Self::IntoIter {
        Box::new(self.iter())
    }
}

impl PartialEq for Records {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl std::fmt::Debug for Records {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Rows sorted as their records are.
fn in_natural_order(interner: &Interner, types: &TypeTable, record: TypeId, mut rows: Changes) -> Changes {
    if rows.len() == 1 {
        return rows;
    }
    match order(types, record) {
        Order::OfWords => {
            rows.consolidate();
            rows
        }
        Order::OfValues => {
            let compare = |one: &[Word], other: &[Word]| compare_rows(interner, types, record, one, other);
            rows.sorted_by(compare)
        }
    }
}

/// How records of a type compare.
fn order(types: &TypeTable, record: TypeId) -> Order {
    let is_plain = match types.struct_fields(record) {
        Some(fields) => fields.iter().all(|field| orders_as_words(types, field.ty)),
        None => orders_as_words(types, record),
    };
    if is_plain { Order::OfWords } else { Order::OfValues }
}

/// Whether a column's words have the order of its values.
fn orders_as_words(types: &TypeTable, ty: TypeId) -> bool {
    matches!(types.ty(types.strip(ty)), Type::Bool | Type::Bit(..=32))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use crate::engine::{Config, Engine, Update};
    use crate::value::Value;

    fn insert(engine: &Engine, texts: impl Iterator<Item = String>) -> Vec<Update> {
        let relation = engine.program().relation("I").unwrap();
        let record = |text: String| Value::Struct {
            ctor: "I".into(),
            fields: vec![("".into(), Value::Str(text.as_str().into()))],
        };
        texts.map(|text| Update::Insert { relation, record: record(text) }).collect()
    }

    #[test]
    fn stay_what_they_are_when_the_engine_gives_values_back() {
        let rules = "input stream I(text: string)\noutput stream O(text: string)\nO(t) :- I(t).";
        let (program, _) = crate::compile::compile_text("records.dl", rules, &[]).unwrap();
        let engine = Engine::new(program, Config::default()).unwrap();
        let words = ["b", "a", "ab", "long"];
        let first = engine.commit(insert(&engine, words.iter().map(ToString::to_string))).unwrap();
        let told = first.deltas[0].changes.to_vec();
        // Enough that what is not in use is given back, several times.
        let mut values = 0;
        for round in 0..5 {
            let texts = (0..30_000).map(|number| format!("text {round} {number}"));
            engine.commit(insert(&engine, texts)).unwrap();
            values = engine.stats().values;
        }
        assert!(values < 130_000, "{values} values are held");
        assert_eq!(first.deltas[0].changes.to_vec(), told);
        let texts: Vec<String> = told.iter().map(|(record, _)| record.to_string()).collect();
        assert_eq!(texts, ["a", "ab", "b", "long"].map(|text| format!("O{{.text = \"{text}\"}}")));
        assert_eq!(first.deltas[0].changes, told.into());
    }
}
