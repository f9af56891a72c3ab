//! What a program declares, as text.

use std::collections::BTreeMap;
use std::fmt::Write;

use weir_engine::Draft;
use weir_engine::ir::{Program, Type, TypeId, TypeTable, Union, UnionId};
use weir_engine::stdlib::BUILTIN_MODULES;
use weir_engine::value::type_name;

use crate::show;

/// The declaration of a relation with the types it is made of, or of an index or a type; `None` if there is none of that
/// name.
pub(crate) fn of(program: &Program, name: &str) -> Option<String> {
    let mut text = String::new();
    // Writing to a string cannot fail.
    if let Some(id) = program.relation(name) {
        let relation = &program.relations[id.0 as usize];
        for union in
            unions(program, relation.record).into_values().filter(|union| *union.name != *relation.name)
        {
            let _ = writeln!(text, "{}", typedef(&program.types, union));
        }
        // The key as it was written: what became of it is no longer text.
        let key = program.sources.text(relation.span).split_once("primary key");
        let key = key.filter(|_| relation.primary_key.is_some());
        let key = key.map_or(String::new(), |(_, key)| format!(" primary key {}", key.trim()));
        let _ = writeln!(text, "{}{key}", show::declaration(program, relation));
        for index in program.indexes.iter().filter(|index| index.relation == id) {
            let _ = writeln!(text, "index {} on {}", show::index_signature(program, index), relation.name);
        }
        return Some(text);
    }
    if let Some(index) = program.indexes.iter().find(|index| *index.name == *name) {
        let relation = &program.relations[index.relation.0 as usize].name;
        let _ = writeln!(text, "index {} on {relation}", show::index_signature(program, index));
        return Some(text);
    }
    for union in program.types.unions().filter(|union| *union.name == *name) {
        let _ = writeln!(text, "{}", typedef(&program.types, union));
    }
    (!text.is_empty()).then_some(text)
}

/// The rules as their authors wrote them, numbered, with their places; with a relation, those for it.
pub(crate) fn rules(draft: &Draft, relation: Option<&str>) -> String {
    let mut text = String::new();
    for rule in draft.rules() {
        let derives = |relation: &str| {
            let full = |head: &str| match rule.module.as_str() {
                "" => head.to_owned(),
                module => format!("{module}::{head}"),
            };
            rule.heads.iter().any(|head| head == relation || full(head) == relation)
        };
        if relation.is_some_and(|relation| !derives(relation)) {
            continue;
        }
        let (number, written) = (rule.number, rule.text.trim().replace('\n', "\n     "));
        let place = rule.place.rsplit_once(':').map_or(rule.place.as_str(), |(line, _)| line);
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{number:>3}  {written}  // {place}");
    }
    text
}

/// The structs and unions that values of a type are made of, but for those of the library, by name.
fn unions(program: &Program, ty: TypeId) -> BTreeMap<String, &Union> {
    let mut found: Vec<UnionId> = Vec::new();
    let mut todo = vec![ty];
    while let Some(ty) = todo.pop() {
        match program.types.ty(ty) {
            Type::Union(id) if !found.contains(id) => {
                found.push(*id);
                let fields = program.types.union(*id).variants.iter().flat_map(|variant| &variant.fields);
                todo.extend(fields.map(|field| field.ty));
            }
            Type::Vec(inner) | Type::Set(inner) | Type::Ref(inner) | Type::Intern(inner) => todo.push(*inner),
            Type::Map(one, other) | Type::Group(one, other) => todo.extend([*one, *other]),
            Type::Tuple(parts) | Type::Opaque(_, parts) => todo.extend(parts),
            _ => {}
        }
    }
    let unions = found.into_iter().map(|id| program.types.union(id));
    let own =
        unions.filter(|union| !BUILTIN_MODULES.iter().any(|(module, _)| in_module(&union.name, module)));
    own.map(|union| (union.name.to_string(), union)).collect()
}

/// Modules are named with dots, what is in them with `::`.
fn in_module(name: &str, module: &str) -> bool {
    name.rsplit_once("::").is_some_and(|(inside, _)| inside == module.replace('.', "::"))
}

fn typedef(types: &TypeTable, union: &Union) -> String {
    let arguments: Vec<String> = union.args.iter().map(|ty| type_name(types, *ty)).collect();
    let arguments = if arguments.is_empty() { String::new() } else { format!("<{}>", arguments.join(", ")) };
    let variants = union.variants.iter().map(|variant| {
        let fields = show::declared(types, variant.fields.iter().map(|field| (&field.name, field.ty)));
        if fields.is_empty() { variant.name.to_string() } else { format!("{}{{{fields}}}", variant.name) }
    });
    format!("typedef {}{arguments} = {}", union.name, variants.collect::<Vec<_>>().join(" | "))
}
