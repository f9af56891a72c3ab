//! What is known of a record, against the words of rows.

use crate::command::Record;
use crate::ir::{Field, Program, RelationId, Type, TypeId, TypeTable, Variant};
use crate::value::shape::{is_transparent, split_variant_number};
use crate::value::{Interner, RecordError, RecordErrorKind, Value, Word, encode, from_record, type_name};

/// What is known of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Nothing.
    Any,
    /// All.
    Word(Word),
    /// Its variant, and something of its fields.
    Variant(u32, Vec<Wanted>),
    /// Something of its parts.
    Tuple(Vec<Wanted>),
}

impl Wanted {
    /// What a record says of each column of a relation's rows.
    pub(super) fn columns(
        program: &Program,
        interner: &Interner,
        relation: RelationId,
        record: &Record,
    ) -> Result<Vec<Wanted>, RecordError> {
        let declared = &program.relations[relation.0 as usize];
        let reading = Reading { types: &program.types, interner };
        let Some(fields) = program.types.struct_fields(declared.record) else {
            return Ok(vec![reading.wanted(declared.record, record)?]);
        };
        if is_hole(record) {
            return Ok(fields.iter().map(|_| Wanted::Any).collect());
        }
        // `R(..)` names the relation where a record of it names a constructor.
        let name = match program.types.ty(program.types.strip(declared.record)) {
            Type::Union(union) => program.types.union(*union).variants[0].name.clone(),
            _ => declared.name.clone(),
        };
        match record {
            Record::Positional(..) | Record::Named(..) => reading.fields(&name, fields, record),
            _ => Err(reading.mismatch(declared.record, record)),
        }
    }

    /// Whether a value may be meant.
    pub(super) fn matches(&self, interner: &Interner, types: &TypeTable, ty: TypeId, word: Word) -> bool {
        match (self, types.ty(types.strip(ty))) {
            (Wanted::Any, _) => true,
            (Wanted::Word(wanted), _) => *wanted == word,
            (Wanted::Variant(number, parts), Type::Union(union)) => {
                let union = types.union(*union);
                let only = [word];
                let split = if is_transparent(union) {
                    Some((0, only.as_slice()))
                } else {
                    split_variant_number(union, word, interner.words(word))
                };
                split.is_some_and(|(found, words)| {
                    let fields = union.variants.get(found as usize).map_or(&[][..], |v| &v.fields);
                    let mut parts = parts.iter().zip(fields).zip(words);
                    found == *number
                        && parts.all(|((part, field), word)| part.matches(interner, types, field.ty, *word))
                })
            }
            (Wanted::Tuple(parts), Type::Tuple(part_types)) => {
                let mut parts = parts.iter().zip(part_types).zip(interner.words(word));
                parts.all(|((part, ty), word)| part.matches(interner, types, *ty, *word))
            }
            (Wanted::Variant(..) | Wanted::Tuple(_), _) => false,
        }
    }

    /// The word, if all is known.
    pub(super) fn word(&self) -> Option<Word> {
        match self {
            Wanted::Word(word) => Some(*word),
            Wanted::Any | Wanted::Variant(..) | Wanted::Tuple(_) => None,
        }
    }
}

/// Whether a row may be meant, column by column.
pub(super) fn row_matches(
    columns: &[Wanted],
    interner: &Interner,
    types: &TypeTable,
    column_types: &[TypeId],
    row: &[Word],
) -> bool {
    let mut columns = columns.iter().zip(column_types).zip(row);
    columns.all(|((wanted, ty), word)| wanted.matches(interner, types, *ty, *word))
}

struct Reading<'a> {
    types: &'a TypeTable,
    interner: &'a Interner,
}

impl Reading<'_> {
    fn wanted(&self, ty: TypeId, record: &Record) -> Result<Wanted, RecordError> {
        if is_hole(record) {
            return Ok(Wanted::Any);
        }
        match (self.types.ty(self.types.strip(ty)), record) {
            (Type::Union(union), Record::Positional(ctor, _) | Record::Named(ctor, _)) => {
                let union = self.types.union(*union);
                let named = |variant: &Variant| *variant.name == **ctor;
                let by_last_part = |variant: &Variant| variant.name.rsplit("::").next() == Some(ctor);
                let mut variants = union.variants.iter();
                let found = variants.position(named).or_else(|| union.variants.iter().position(by_last_part));
                let Some(number) = found else {
                    let (expected, constructor) = (type_name(self.types, ty), ctor.clone());
                    return Err(error(RecordErrorKind::Constructor { expected, constructor }));
                };
                let variant = &union.variants[number];
                let parts = self.fields(&variant.name, &variant.fields, record)?;
                match parts.as_slice() {
                    [only] if is_transparent(union) => Ok(only.clone()),
                    parts if parts.iter().all(|part| part.word().is_some()) => self.whole(ty, record),
                    _ => Ok(Wanted::Variant(number as u32, parts)),
                }
            }
            (Type::Tuple(types), Record::Tuple(records)) if types.len() == records.len() => {
                let parts = types.iter().zip(records).map(|(ty, record)| self.wanted(*ty, record));
                let parts = parts.collect::<Result<Vec<_>, _>>()?;
                match parts.iter().all(|part| part.word().is_some()) {
                    true => self.whole(ty, record),
                    false => Ok(Wanted::Tuple(parts)),
                }
            }
            _ => self.whole(ty, record),
        }
    }

    /// By position all fields, by name some.
    fn fields(&self, name: &str, fields: &[Field], record: &Record) -> Result<Vec<Wanted>, RecordError> {
        match record {
            Record::Positional(_, records) if records.len() == fields.len() => {
                fields.iter().zip(records).map(|(field, record)| self.field(field, record)).collect()
            }
            Record::Positional(_, records) => Err(error(RecordErrorKind::FieldCount {
                constructor: name.to_owned(),
                expected: fields.len(),
                found: records.len(),
            })),
            Record::Named(_, records) => {
                let mut wanted = vec![Wanted::Any; fields.len()];
                for (called, record) in records {
                    let is_called = |field: &Field| {
                        *field.name == **called || field.original.as_deref() == Some(called.as_str())
                    };
                    let Some(at) = fields.iter().position(is_called) else {
                        let (constructor, field) = (name.to_owned(), called.clone());
                        return Err(error(RecordErrorKind::Field { constructor, field }));
                    };
                    wanted[at] = self.field(&fields[at], record)?;
                }
                Ok(wanted)
            }
            _ => Ok(vec![Wanted::Any; fields.len()]),
        }
    }

    fn field(&self, field: &Field, record: &Record) -> Result<Wanted, RecordError> {
        self.wanted(field.ty, record).map_err(|mut error| {
            error.path.insert_str(0, &format!(".{}", field.name));
            error
        })
    }

    fn whole(&self, ty: TypeId, record: &Record) -> Result<Wanted, RecordError> {
        let value: Value = from_record(self.types, ty, record)?;
        let word = encode(self.interner, self.types, ty, &value);
        word.map(Wanted::Word).map_err(|_| self.mismatch(ty, record))
    }

    fn mismatch(&self, ty: TypeId, record: &Record) -> RecordError {
        let (expected, found) = (type_name(self.types, ty), record.to_string());
        error(RecordErrorKind::Type { expected, found })
    }
}

/// `_`
fn is_hole(record: &Record) -> bool {
    matches!(record, Record::Positional(name, fields) if name == "_" && fields.is_empty())
}

fn error(kind: RecordErrorKind) -> RecordError {
    RecordError { path: String::new(), way: Vec::new(), kind }
}
