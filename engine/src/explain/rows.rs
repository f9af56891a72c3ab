//! How often a relation can have the same row, and why that is known.

use super::readers;
use crate::ir::{Program, RelationId};
use crate::plan::{CollectionId, Multiplicity, Plan, Repeated, Repetition};

/// `rows of Vlan are derived once: (switch, port) tells the rest`.
pub(super) fn text(program: &Program, plan: &Plan, id: RelationId) -> String {
    let collection = plan.collection(CollectionId(id.0));
    let name = &collection.name;
    match &collection.multiplicity {
        Multiplicity::Once => match key(program, plan, id) {
            Some(key) => format!("rows of {name} are derived once: {key} tells the rest"),
            None => format!("rows of {name} are derived once: a row tells what it comes from"),
        },
        Multiplicity::CutDown(why) => {
            format!("rows of {name} are kept distinct: {}", repetition(program, plan, why))
        }
        Multiplicity::Counted(why) => {
            format!("rows of {name} are counted: {}", repetition(program, plan, why))
        }
    }
}

/// `(switch, port)`: columns that tell the others.
fn key(program: &Program, plan: &Plan, id: RelationId) -> Option<String> {
    let collection = CollectionId(id.0);
    let key = plan.collection(collection).key.as_ref()?;
    Some(names(program, plan, collection, key))
}

fn names(program: &Program, plan: &Plan, of: CollectionId, columns: &[usize]) -> String {
    let names: Vec<String> = columns.iter().map(|column| plan.column_name(program, of, *column)).collect();
    format!("({})", names.join(", "))
}

fn repetition(program: &Program, plan: &Plan, why: &Repetition) -> String {
    match why {
        Repetition::Declared => "it is a multiset or a stream".to_owned(),
        Repetition::Recursion => "it depends on itself".to_owned(),
        Repetition::Before => "they were before the program was changed".to_owned(),
        Repetition::Facts => "the program has facts for it".to_owned(),
        Repetition::Rules(one, other) => {
            format!("{} can give the same row", readers::listed(&[*one, *other]))
        }
        Repetition::Rule(rule, why) => {
            let rule = readers::listed(&[*rule]);
            match why {
                Repeated::Forgotten(collection, columns) => {
                    let (name, columns) =
                        (&plan.collection(*collection).name, names(program, plan, *collection, columns));
                    format!("{rule} gives the same row for several {columns} of {name}")
                }
                Repeated::Reads(collection) => {
                    format!(
                        "{rule} reads {}, which may have a row more than once",
                        plan.collection(*collection).name
                    )
                }
                Repeated::Elements => format!("{rule} can take the same element several times"),
                Repeated::Seen => format!("somebody sees when {rule} runs"),
            }
        }
    }
}
