//! What somebody may have meant with a name that is not there.

use weir_engine::command::CommandErrorKind;
use weir_engine::engine::CommitError;
use weir_engine::ir::{Program, RelationRole};
use weir_engine::value::{RecordError, RecordErrorKind};

use crate::complete::LOCAL_COMMANDS;
use crate::error::ShellError;
use crate::near::nearest;

/// What is to be said behind an error: the name that was meant, if there is one like it.
pub(crate) fn hint(program: &Program, error: &ShellError) -> String {
    meant(program, error).map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

/// The name that was meant, of relations, indexes, fields, constructors or commands: whatever the error is about.
fn meant(program: &Program, error: &ShellError) -> Option<String> {
    let relations = || program.relations.iter();
    let found = match error {
        ShellError::UnknownInput(name) => {
            let inputs = relations().filter(|relation| relation.role == RelationRole::Input);
            nearest(name, inputs.map(|relation| &*relation.name))
        }
        // Who names a relation that is there means that one.
        ShellError::UnknownOutput(name) if program.relation(name).is_some() => None,
        ShellError::UnknownOutput(name) => {
            let outputs = relations().filter(|relation| relation.role == RelationRole::Output);
            nearest(name, outputs.map(|relation| &*relation.name))
        }
        ShellError::UnknownRelation(name) => nearest(name, relations().map(|relation| &*relation.name)),
        ShellError::UnknownIndex(name) => nearest(name, program.indexes.iter().map(|index| &*index.name)),
        ShellError::Parse(error) => match &error.kind {
            CommandErrorKind::UnknownCommand(word) => nearest(word, LOCAL_COMMANDS.iter().copied()),
            _ => None,
        },
        ShellError::Record { error, .. }
        | ShellError::Commit(CommitError::Record { error, .. })
        | ShellError::Update(CommitError::Record { error, .. }) => part(program, error),
        ShellError::In { error, .. } | ShellError::OfUpdate { error, .. } => return meant(program, error),
        _ => None,
    };
    found.map(str::to_owned)
}

/// The field or constructor that was meant.
fn part<'p>(program: &'p Program, error: &RecordError) -> Option<&'p str> {
    match &error.kind {
        RecordErrorKind::Field { constructor, field } => {
            let variants = program.types.unions().flat_map(|union| &union.variants);
            let own = variants.filter(|variant| *variant.name == **constructor);
            nearest(field, own.flat_map(|variant| &variant.fields).map(|field| &*field.name))
        }
        RecordErrorKind::Constructor { expected, constructor } => {
            let name = expected.split('<').next().unwrap_or(expected);
            let unions = program.types.unions().filter(|union| *union.name == *name);
            nearest(constructor, unions.flat_map(|union| &union.variants).map(|variant| &*variant.name))
        }
        _ => None,
    }
}
