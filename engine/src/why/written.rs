//! Records, variables and places as people read them.

use super::code::Env;
use super::derivation::Binding;
use super::rule::SearchedRule;
use super::wanted::Wanted;
use crate::ir::{Local, Program, RelationId, RuleId, Type, TypeId, TypeTable};
use crate::source::Span;
use crate::value::shape::is_transparent;
use crate::value::{Interner, Row, Value, Word, decode, decode_record};

/// Characters of a variable's value or a clause's text that are shown.
const SHOWN: usize = 120;

/// What texts are made from.
pub(super) struct Written<'w> {
    pub(super) program: &'w Program,
    pub(super) interner: &'w Interner,
}

impl Written<'_> {
    /// `R{.a = 1}`, `R[5]`: as a question has it.
    pub(super) fn record(&self, relation: RelationId, row: &Row) -> String {
        let name = &self.program.relations[relation.0 as usize].name;
        let value = self.value(relation, row);
        match &value {
            Value::Struct { ctor, .. } if ctor == name => value.to_string(),
            _ => format!("{name}[{value}]"),
        }
    }

    pub(super) fn value(&self, relation: RelationId, row: &Row) -> Value {
        let record = self.program.relations[relation.0 as usize].record;
        decode_record(self.interner, &self.program.types, record, row)
    }

    pub(super) fn word(&self, ty: TypeId, word: Word) -> String {
        cut(decode(self.interner, &self.program.types, ty, word).to_string())
    }

    /// A record of which some columns are known.
    pub(super) fn pattern(&self, relation: RelationId, columns: &[Option<Word>]) -> String {
        let wanted: Vec<Wanted> =
            columns.iter().map(|column| column.map_or(Wanted::Any, Wanted::Word)).collect();
        self.wanted(relation, &wanted)
    }

    /// What is known of a record.
    pub(super) fn wanted(&self, relation: RelationId, wanted: &[Wanted]) -> String {
        let declared = &self.program.relations[relation.0 as usize];
        let types = &self.program.types;
        if wanted.iter().all(|column| *column == Wanted::Any) {
            return declared.name.to_string();
        }
        let Some(fields) = types.struct_fields(declared.record) else {
            let part = wanted.first().map_or_else(String::new, |part| self.part(declared.record, part));
            return format!("{}[{part}]", declared.name);
        };
        let known = fields.iter().zip(wanted).filter(|(_, wanted)| **wanted != Wanted::Any);
        let fields: Vec<String> = known
            .map(|(field, wanted)| format!(".{} = {}", field.name, self.part(field.ty, wanted)))
            .collect();
        let fields = fields.join(", ");
        match constructor(types, declared.record) {
            Some(ctor) if ctor != *declared.name => format!("{}[{ctor}{{{fields}}}]", declared.name),
            _ => format!("{}{{{fields}}}", declared.name),
        }
    }

    /// The variables of a rule that have values and that its author has named.
    pub(super) fn bindings(&self, rule: &SearchedRule, env: &Env) -> Vec<Binding> {
        let known = rule.order.iter().filter_map(|local| Some((local, env.word(*local)?)));
        known.filter_map(|(local, word)| self.binding(&rule.locals[local.0 as usize], word)).collect()
    }

    pub(super) fn binding(&self, local: &Local, word: Word) -> Option<Binding> {
        let named = !local.name.is_empty() && !local.name.starts_with(['$', '_']);
        named.then(|| Binding { name: local.name.clone(), value: self.word(local.ty, word) })
    }

    /// `file:line` of a rule.
    pub(super) fn rule_place(&self, rule: RuleId) -> String {
        self.place(self.program.rules[rule.0 as usize].span)
    }

    pub(super) fn place(&self, span: Span) -> String {
        let (line, _) = self.program.sources.line_column(span);
        format!("{}:{line}", self.program.sources.file(span.file).name)
    }

    /// A piece of the program on one line.
    pub(super) fn text(&self, span: Span) -> String {
        let words: Vec<&str> = self.program.sources.text(span).split_whitespace().collect();
        cut(words.join(" "))
    }

    fn part(&self, ty: TypeId, wanted: &Wanted) -> String {
        let types = &self.program.types;
        match (wanted, types.ty(types.strip(ty))) {
            (Wanted::Any, _) => "_".to_owned(),
            (Wanted::Word(word), _) => self.word(ty, *word),
            (Wanted::Variant(number, parts), Type::Union(union)) => {
                let union = types.union(*union);
                let Some(variant) = union.variants.get(*number as usize) else { return "_".to_owned() };
                let known = variant.fields.iter().zip(parts).filter(|(_, part)| **part != Wanted::Any);
                let fields: Vec<String> = known
                    .map(|(field, part)| format!(".{} = {}", field.name, self.part(field.ty, part)))
                    .collect();
                format!("{}{{{}}}", variant.name, fields.join(", "))
            }
            (Wanted::Tuple(parts), Type::Tuple(types)) => {
                let parts: Vec<String> =
                    types.iter().zip(parts).map(|(ty, part)| self.part(*ty, part)).collect();
                format!("({})", parts.join(", "))
            }
            (Wanted::Variant(..) | Wanted::Tuple(_), _) => "_".to_owned(),
        }
    }
}

/// The name of a struct's constructor.
fn constructor(types: &TypeTable, record: TypeId) -> Option<String> {
    match types.ty(types.strip(record)) {
        Type::Union(union) => match types.union(*union) {
            union if union.variants.len() == 1 => Some(union.variants[0].name.to_string()),
            union if is_transparent(union) => None,
            _ => None,
        },
        _ => None,
    }
}

fn cut(text: String) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}..", &text[..end]),
        None => text,
    }
}
