//! Changes as commands name them, turned into typed ones.

use weir_engine::command::{Record, Update as Change};
use weir_engine::engine::Update;
use weir_engine::ir::{Program, Relation, RelationId, RelationRole, RelationSemantics, TypeId};
use weir_engine::value::{Value, from_record};

use crate::error::ShellError;
use crate::external::resolve;

/// The change a command asks for.
pub(crate) fn update(program: &Program, change: Change) -> Result<Update, ShellError> {
    let (relation, declared) = input(program, change.relation())?;
    let record = |record: Record| value(program, &declared.name, declared.record, record);
    let key_type = || {
        let key = declared.primary_key.as_ref();
        key.map(|key| key.key.ty).ok_or_else(|| ShellError::NoKey(declared.name.to_string()))
    };
    let key = |key: Record| value(program, &declared.name, key_type()?, key);
    Ok(match change {
        Change::Insert { record: new, .. } => Update::Insert { relation, record: record(new)? },
        Change::InsertOrUpdate { record: new, .. } => {
            key_type()?;
            Update::InsertOrUpdate { relation, record: record(new)? }
        }
        Change::Delete { record: old, .. } => Update::Delete { relation, record: record(old)? },
        Change::DeleteKey { key: old, .. } => Update::DeleteKey { relation, key: key(old)? },
        Change::Modify { key: old, changes, .. } => {
            Update::Modify { relation, key: key(old)?, changes: resolve(changes)? }
        }
    })
}

/// The removal of all records of an input relation.
pub(crate) fn clear(program: &Program, name: &str) -> Result<Update, ShellError> {
    let (relation, declared) = input(program, name)?;
    match declared.semantics {
        RelationSemantics::Stream => Err(ShellError::ClearStream(name.to_owned())),
        RelationSemantics::Relation | RelationSemantics::Multiset => Ok(Update::Clear { relation }),
    }
}

/// The arguments of a query: one stands for itself, several are a tuple.
pub(crate) fn arguments(program: &Program, index: &str, key: Record) -> Result<Vec<Value>, ShellError> {
    let declared = program
        .indexes
        .iter()
        .find(|declared| &*declared.name == index)
        .ok_or_else(|| ShellError::UnknownIndex(index.to_owned()))?;
    let expected = declared.fields as usize;
    let arguments = match key {
        Record::Tuple(arguments) if expected != 1 => arguments,
        one => vec![one],
    };
    if arguments.len() != expected {
        return Err(ShellError::Arguments { index: index.to_owned(), expected, found: arguments.len() });
    }
    let fields = declared.locals.iter().zip(arguments).enumerate();
    fields
        .map(|(number, (field, argument))| {
            value(program, index, field.ty, argument).map_err(|error| match error {
                ShellError::Record { place, mut error } => {
                    error.way.insert(0, number);
                    ShellError::Record { place, error }
                }
                other => other,
            })
        })
        .collect()
}

fn input<'p>(program: &'p Program, name: &str) -> Result<(RelationId, &'p Relation), ShellError> {
    let id = program.relation(name).ok_or_else(|| ShellError::UnknownInput(name.to_owned()))?;
    let declared = &program.relations[id.0 as usize];
    match declared.role {
        RelationRole::Input => Ok((id, declared)),
        RelationRole::Output | RelationRole::Internal => Err(ShellError::NotInput(name.to_owned())),
    }
}

fn value(program: &Program, place: &str, ty: TypeId, record: Record) -> Result<Value, ShellError> {
    from_record(&program.types, ty, &resolve(record)?)
        .map_err(|error| ShellError::Record { place: place.to_owned(), error: error.into() })
}
