//! Attributes nobody looks at.

use super::{Checked, Warning};
use crate::syntax::ast::{self, ItemKind, RelationBody, TypedefBody};
use crate::types::defs::ModuleId;
use crate::types::suggest::closest;

/// What has a meaning here, or had one for DDlog's generated code.
const KNOWN: &[&str] = &[
    "alias",
    "by_val",
    "custom_from_record",
    "custom_serde",
    "deserialize_from_array",
    "dyn_alloc",
    "has_side_effects",
    "iterate_by_ref",
    "iterate_by_val",
    "original",
    "rename",
    "return_by_ref",
    "rust",
    "shared_ref",
    "size",
];

pub(super) fn find(program: &Checked<'_, '_>, modules: &[ast::Module], out: &mut Vec<Warning>) {
    for (index, module) in modules.iter().enumerate() {
        if program.own.contains(&ModuleId(index as u32)) {
            module.items.iter().for_each(|item| item_attributes(item, out));
        }
    }
}

fn item_attributes(item: &ast::Item, out: &mut Vec<Warning>) {
    check(&item.attributes, out);
    let fields = match &item.kind {
        ItemKind::Relation(ast::Relation { body: RelationBody::Fields(fields), .. }) => fields.as_slice(),
        ItemKind::Typedef(ast::Typedef { body: TypedefBody::Union(constructors), .. }) => {
            for constructor in constructors {
                check(&constructor.attributes, out);
                constructor.fields.iter().for_each(|field| check(&field.attributes, out));
            }
            &[]
        }
        _ => &[],
    };
    fields.iter().for_each(|field| check(&field.attributes, out));
}

fn check(attributes: &[ast::Attribute], out: &mut Vec<Warning>) {
    for attribute in attributes.iter().filter(|a| !KNOWN.contains(&&*a.name.name)) {
        let suggestion = closest(&attribute.name.name, KNOWN.iter().map(|known| (*known).to_owned()));
        let (name, span) = (attribute.name.name.to_string(), attribute.name.span);
        out.push(Warning::UnknownAttribute { name, span, suggestion });
    }
}
