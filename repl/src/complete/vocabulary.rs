//! The names that can be completed.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use weir_engine::ir::{Program, RelationRole};
use weir_engine::source::FileId;
use weir_engine::syntax::ast::ItemKind;
use weir_engine::syntax::parse;

use super::context::{Expected, expected, trailing_name};
use super::highlight::highlight;
use crate::dot::{ENTRIES, Takes};
use crate::show;

/// Names by what they stand for.
#[derive(Debug, Default)]
pub(crate) struct Vocabulary {
    commands: Vec<&'static str>,
    inputs: Vec<String>,
    outputs: Vec<String>,
    relations: Vec<String>,
    indexes: Vec<String>,
    constructors: Vec<String>,
    /// Field names by constructor or relation.
    fields: BTreeMap<String, Vec<String>>,
    /// What a relation, index or function takes: `from: string, to: string)`.
    signatures: BTreeMap<String, String>,
    functions: BTreeSet<String>,
    /// Relations and indexes, for whoever only wants to know whether a name is one.
    known: HashSet<String>,
}

/// Words of rules and declarations.
pub(super) const KEYWORDS: &[&str] = &[
    "Aggregate",
    "FlatMap",
    "Inspect",
    "and",
    "apply",
    "as",
    "bigint",
    "bit",
    "bool",
    "break",
    "continue",
    "double",
    "else",
    "extern",
    "false",
    "float",
    "for",
    "function",
    "if",
    "import",
    "in",
    "index",
    "input",
    "key",
    "match",
    "multiset",
    "mut",
    "not",
    "on",
    "or",
    "output",
    "primary",
    "relation",
    "return",
    "signed",
    "skip",
    "stream",
    "string",
    "transformer",
    "true",
    "type",
    "typedef",
    "var",
];

/// Commands over an engine of one's own.
pub(crate) const LOCAL_COMMANDS: &[&str] = &[
    "clear",
    "commit",
    "delete",
    "delete_key",
    "dump",
    "dump_index",
    "echo",
    "exit",
    "help",
    "insert",
    "insert_or_update",
    "memory",
    "modify",
    "mssleep",
    "profile",
    "query_index",
    "relations",
    "rollback",
    "start",
    "timestamp",
    "why",
];

const REMOTE_COMMANDS: &[&str] =
    &["dump", "echo", "exit", "help", "profile", "relations", "status", "watch", "why"];

/// Commands that end after their word.
const ALONE: &[&str] =
    &["exit", "help", "memory", "profile", "relations", "rollback", "start", "status", "timestamp"];

impl Vocabulary {
    /// Of a program and all commands.
    pub(crate) fn of(program: &Program) -> Vocabulary {
        let mut vocabulary = Vocabulary { commands: LOCAL_COMMANDS.to_vec(), ..Vocabulary::default() };
        // The library's own are nobody's business.
        let own = program.relations.iter().filter(|relation| !relation.name.starts_with("ddlog_std::"));
        for relation in own {
            vocabulary.relation(&relation.name, relation.role);
            let fields = program.types.struct_fields(relation.record).unwrap_or_default();
            let fields = fields.iter().map(|field| field.name.to_string()).collect();
            vocabulary.fields.insert(relation.name.to_string(), fields);
            let signature = show::signature(program, relation);
            vocabulary.signatures.insert(relation.name.to_string(), signature);
        }
        for index in &program.indexes {
            vocabulary.indexes.push(index.name.to_string());
            vocabulary.known.insert(index.name.to_string());
            vocabulary.signatures.insert(index.name.to_string(), show::index_signature(program, index));
        }
        for variant in program.types.unions().flat_map(|union| &union.variants) {
            vocabulary.constructors.push(variant.name.to_string());
            let fields = variant.fields.iter().map(|field| field.name.to_string()).collect();
            vocabulary.fields.insert(variant.name.to_string(), fields);
        }
        vocabulary.constructors.extend(["true".to_owned(), "false".to_owned()]);
        vocabulary.read_functions(program);
        vocabulary
    }

    /// Functions as they are written, with their parameters: those of imported modules need no qualification.
    fn read_functions(&mut self, program: &Program) {
        for file in program.sources.files() {
            let (module, _) = parse(FileId(0), &file.text);
            for item in module.items {
                let ItemKind::Function(function) = item.kind else { continue };
                let name = function.name.name.to_string();
                let signature = file.text.get(function.name.span.start as usize..item.span.end as usize);
                let signature =
                    signature.and_then(|text| text.split_once(['{', '='])).map_or("", |(head, _)| head);
                let signature = signature.split_whitespace().collect::<Vec<_>>().join(" ");
                if signature.starts_with(&name) {
                    self.signatures.entry(name.clone()).or_insert(signature);
                }
                self.functions.insert(name);
            }
        }
    }

    /// Of a daemon's relations, with their roles.
    pub(crate) fn remote(relations: &[(String, String)]) -> Vocabulary {
        let mut vocabulary = Vocabulary { commands: REMOTE_COMMANDS.to_vec(), ..Vocabulary::default() };
        for (name, role) in relations {
            let role = match role.as_str() {
                "input" => RelationRole::Input,
                "output" => RelationRole::Output,
                _ => RelationRole::Internal,
            };
            vocabulary.relation(name, role);
        }
        vocabulary
    }

    /// Where the word at the end of the text begins, and what it can become: as listed, and as inserted.
    pub(super) fn candidates(&self, text: &str) -> (usize, Vec<(String, String)>) {
        let (start, expected) = expected(text);
        let typed = &text[start..];
        let (names, after): (Vec<&str>, &str) = match expected {
            Expected::Command => (self.commands.clone(), ""),
            Expected::Name("insert" | "insert_or_update" | "delete") => (strs(&self.inputs), "("),
            Expected::Name("delete_key" | "modify") => (strs(&self.inputs), " "),
            Expected::Name("clear") => (strs(&self.inputs), ";"),
            Expected::Name("dump") => (strs(&self.relations), ";"),
            Expected::Name("why") => (strs(&self.relations), "("),
            Expected::Name("watch") => (strs(&self.outputs), ""),
            Expected::Name("query_index") => (strs(&self.indexes), "("),
            Expected::Name("dump_index") => (strs(&self.indexes), ";"),
            Expected::Name("commit") => (vec!["dump_changes"], ";"),
            Expected::Name(_) => (Vec::new(), ""),
            Expected::Field(of) => (self.fields.get(of).map(|names| strs(names)).unwrap_or_default(), " = "),
            Expected::Value => (strs(&self.constructors), ""),
            Expected::Item => {
                let names = strs(&self.relations).into_iter().chain(strs(&self.constructors));
                let names = names.chain(self.functions.iter().map(String::as_str));
                (names.chain(KEYWORDS.iter().copied()).collect(), "")
            }
            Expected::Dot => (ENTRIES.iter().map(|entry| entry.name).collect(), ""),
            Expected::DotArgument(word) => match takes(word) {
                Some(Takes::Word(words)) => (words.to_vec(), ""),
                Some(Takes::Relation) => (strs(&self.relations), ""),
                Some(Takes::Nothing | Takes::Text | Takes::File) | None => (Vec::new(), ""),
            },
        };
        let mut found: Vec<(String, String)> = names
            .into_iter()
            .filter(|name| matches_name(name, typed))
            .map(|name| {
                let after = match expected {
                    Expected::Command if ALONE.contains(&name) => ";",
                    Expected::Command => " ",
                    Expected::Dot if takes(name) != Some(Takes::Nothing) => " ",
                    _ => after,
                };
                (name.to_owned(), format!("{name}{after}"))
            })
            .collect();
        found.sort();
        found.dedup();
        (start, found)
    }

    /// The line in colours: see [`highlight`].
    pub(super) fn highlighted(&self, before: &str, line: &str, cursor: Option<usize>) -> String {
        highlight(before, line, cursor, &self.known, &self.commands)
    }

    /// Whether the name of a file stands at the end of the text.
    pub(super) fn wants_file(&self, text: &str) -> bool {
        matches!(expected(text).1, Expected::DotArgument(word) if takes(word) == Some(Takes::File))
    }

    /// The fields of the relation or index whose bracket was just opened.
    pub(super) fn fields_after(&self, text: &str) -> Option<String> {
        let name = trailing_name(text.strip_suffix(['(', '['])?);
        let signature = self.signatures.get(name)?.strip_prefix(name)?;
        // A bracket of the other kind would not fit.
        signature.strip_prefix(text.chars().next_back()?).map(str::to_owned)
    }

    fn relation(&mut self, name: &str, role: RelationRole) {
        self.relations.push(name.to_owned());
        self.known.insert(name.to_owned());
        match role {
            RelationRole::Input => self.inputs.push(name.to_owned()),
            RelationRole::Output => self.outputs.push(name.to_owned()),
            RelationRole::Internal => {}
        }
    }
}

/// What a command that begins with a dot takes.
pub(super) fn takes(word: &str) -> Option<Takes> {
    ENTRIES.iter().find(|entry| entry.name == word).map(|entry| entry.takes)
}

fn strs(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}

/// `openflow::Flow` is found by its start and by the start of its last part.
fn matches_name(name: &str, typed: &str) -> bool {
    name.starts_with(typed) || name.rsplit("::").next().is_some_and(|last| last.starts_with(typed))
}
