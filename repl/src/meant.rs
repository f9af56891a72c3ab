//! What somebody may have meant with a name that is not there.

use weir_engine::command::CommandErrorKind;
use weir_engine::ir::{Program, RelationRole};
use weir_engine::value::RecordErrorKind;

use crate::complete::LOCAL_COMMANDS;
use crate::error::ShellError;
use crate::near::nearest;

/// The name that was meant, of relations, indexes, fields, constructors or commands: whatever the error is about.
pub(crate) fn meant(program: &Program, error: &ShellError) -> Option<String> {
    let relations = || program.relations.iter();
    let found = match error {
        ShellError::UnknownInput(name) => {
            let inputs = relations().filter(|relation| relation.role == RelationRole::Input);
            nearest(name, inputs.map(|relation| &*relation.name))
        }
        ShellError::UnknownOutput(name) | ShellError::UnknownRelation(name) => {
            nearest(name, relations().map(|relation| &*relation.name))
        }
        ShellError::UnknownIndex(name) => nearest(name, program.indexes.iter().map(|index| &*index.name)),
        ShellError::Parse(error) => match &error.kind {
            CommandErrorKind::UnknownCommand(word) => nearest(word, LOCAL_COMMANDS.iter().copied()),
            _ => None,
        },
        ShellError::Record { error, .. } => match &error.kind {
            RecordErrorKind::Field { constructor, field } => {
                let variants = program.types.unions().flat_map(|union| &union.variants);
                let own = variants.filter(|variant| *variant.name == **constructor);
                nearest(field, own.flat_map(|variant| &variant.fields).map(|field| &*field.name))
            }
            RecordErrorKind::Constructor { expected, constructor } => {
                let unions = program.types.unions().filter(|union| *union.name == **expected);
                nearest(constructor, unions.flat_map(|union| &union.variants).map(|variant| &*variant.name))
            }
            _ => None,
        },
        ShellError::In { error, .. } => return meant(program, error),
        _ => None,
    };
    found.map(str::to_owned)
}
