//! `#[rust = "serde(..)"]`: how values look as JSON.

use std::sync::Arc;

use super::error::Error;
use crate::ir::{FieldJson, Skip, Tagging, UnionJson, VariantJson};
use crate::source::Span;
use crate::syntax::ast::{self, ExprKind, StringPart};

/// What attributes of a typedef say of its JSON, and how they rename its parts.
pub(super) fn union(attributes: &[ast::Attribute], errors: &mut Vec<Error>) -> (UnionJson, Renaming) {
    let mut json = UnionJson::default();
    let mut renaming = Renaming::default();
    let (mut tag, mut content, mut untagged) = (None, None, false);
    json.custom = attributes.iter().any(|a| &*a.name.name == "custom_serde");
    for item in items(attributes, errors) {
        match (&*item.name, &item.value) {
            ("tag", Some(name)) => tag = Some(name.clone()),
            ("content", Some(name)) => content = Some(name.clone()),
            ("untagged", None) => untagged = true,
            ("deny_unknown_fields", None) => json.deny_unknown_fields = true,
            ("transparent", None) => json.transparent = true,
            ("default", None) => json.default = true,
            ("rename_all", Some(case)) => renaming.all = item.case(case, errors),
            ("rename_all_fields", Some(case)) => renaming.fields = item.case(case, errors),
            ("rename", Some(_)) => {}
            _ => item.refuse(errors),
        }
    }
    json.tagging = match (tag, content) {
        (Some(tag), Some(content)) => Tagging::Adjacent { tag, content },
        (Some(tag), None) => Tagging::Internal { tag },
        (None, _) if untagged => Tagging::Untagged,
        (None, _) => Tagging::External,
    };
    (json, renaming)
}

/// How the parts of a type or variant are named in JSON.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Renaming {
    /// Variants of a union, fields of a struct or variant.
    all: Option<Case>,
    /// Fields of all variants.
    fields: Option<Case>,
}

/// What attributes of a constructor of a union say, and how they rename its fields.
pub(super) fn variant(
    attributes: &[ast::Attribute],
    name: &str,
    union: Renaming,
    errors: &mut Vec<Error>,
) -> (VariantJson, Renaming) {
    let mut json = VariantJson::default();
    let mut names = Names::new(union.all.map_or(name.to_owned(), |case| case.of_variant(name)));
    let mut renaming = Renaming { all: union.fields, fields: None };
    for item in items(attributes, errors) {
        match (&*item.name, &item.value) {
            ("rename_all", Some(case)) => renaming.all = item.case(case, errors),
            ("other", None) => json.other = true,
            ("skip", None) => (json.skip_read, json.skip_write) = (true, true),
            ("skip_serializing", None) => json.skip_write = true,
            ("skip_deserializing", None) => json.skip_read = true,
            _ if names.item(&item) => {}
            _ => item.refuse(errors),
        }
    }
    (json.name, json.read_as) = names.finish();
    (json, renaming)
}

/// What attributes of a field say. The function of `#[deserialize_from_array]` is found later.
pub(super) fn field(
    attributes: &[ast::Attribute],
    name: &str,
    around: Renaming,
    errors: &mut Vec<Error>,
) -> FieldJson {
    let mut json = FieldJson::default();
    let mut names = Names::new(around.all.map_or(name.to_owned(), |case| case.of_field(name)));
    for item in items(attributes, errors) {
        let last = item.value.as_deref().and_then(|path| path.rsplit("::").next());
        match (&*item.name, last) {
            ("flatten", None) => json.flatten = true,
            ("default", None) => json.default = true,
            ("default", Some("default")) => json.default = true,
            ("skip", None) => (json.skip_read, json.skip_write) = (true, Skip::Always),
            ("skip_serializing", None) => json.skip_write = Skip::Always,
            ("skip_deserializing", None) => json.skip_read = true,
            ("skip_serializing_if", Some("is_none")) => json.skip_write = Skip::IfNone,
            ("skip_serializing_if", Some("is_empty")) => json.skip_write = Skip::IfEmpty,
            ("with", Some("serde_string")) => json.as_text = true,
            _ if names.item(&item) => {}
            _ => item.refuse(errors),
        }
    }
    (json.name, json.read_as) = names.finish();
    json
}

/// The function that `#[deserialize_from_array = f()]` names.
pub(super) fn key_function(attributes: &[ast::Attribute]) -> Option<(&ast::Path, Span)> {
    let attribute = attributes.iter().find(|a| &*a.name.name == "deserialize_from_array")?;
    let value = attribute.value.as_ref()?;
    match &value.kind {
        ExprKind::Call(callee, args) if args.is_empty() => match &callee.kind {
            ExprKind::Name(path) => Some((path, value.span)),
            _ => None,
        },
        ExprKind::Name(path) => Some((path, value.span)),
        _ => None,
    }
}

/// Names for writing and for reading.
struct Names {
    written: Arc<str>,
    read: Arc<str>,
    aliases: Vec<Arc<str>>,
}

impl Names {
    fn new(name: String) -> Self {
        let name: Arc<str> = name.into();
        Names { written: name.clone(), read: name, aliases: Vec::new() }
    }

    /// Takes an item that is about names.
    fn item(&mut self, item: &Item) -> bool {
        match (&*item.name, &item.value) {
            ("rename", Some(name)) => (self.written, self.read) = (name.clone(), name.clone()),
            ("rename", None) if !item.inside.is_empty() => {
                for item in &item.inside {
                    match (&*item.name, &item.value) {
                        ("serialize", Some(name)) => self.written = name.clone(),
                        ("deserialize", Some(name)) => self.read = name.clone(),
                        _ => return false,
                    }
                }
            }
            ("alias", Some(name)) => self.aliases.push(name.clone()),
            _ => return false,
        }
        true
    }

    fn finish(self) -> (Arc<str>, Vec<Arc<str>>) {
        let mut read = vec![self.read];
        read.extend(self.aliases);
        (self.written, read)
    }
}

/// `name`, `name = "value"` or `name(inside)` within `serde(..)`.
#[derive(Debug)]
struct Item {
    name: String,
    value: Option<Arc<str>>,
    inside: Vec<Item>,
    span: Span,
}

impl Item {
    fn refuse(&self, errors: &mut Vec<Error>) {
        // What only Rust's compiler would ask for.
        if !matches!(&*self.name, "bound" | "borrow" | "crate" | "expecting" | "rename") {
            let reason = format!("`{}` is not something that JSON here can do", self.name);
            errors.push(Error::BadAttribute { reason, span: self.span });
        }
    }

    fn case(&self, name: &str, errors: &mut Vec<Error>) -> Option<Case> {
        let case = Case::named(name);
        if case.is_none() {
            let reason = format!("`{name}` is not a way to write names");
            errors.push(Error::BadAttribute { reason, span: self.span });
        }
        case
    }
}

/// What is in all `serde(..)` of some attributes. Other attributes for Rust mean nothing here.
fn items(attributes: &[ast::Attribute], errors: &mut Vec<Error>) -> Vec<Item> {
    let mut all = Vec::new();
    for attribute in attributes.iter().filter(|a| &*a.name.name == "rust") {
        let Some(value) = &attribute.value else { continue };
        let ExprKind::String { parts, .. } = &value.kind else { continue };
        let [StringPart::Text(text)] = parts.as_slice() else { continue };
        let Some(rest) = text.trim_start().strip_prefix("serde") else { continue };
        let mut reader = Reader { rest, span: value.span };
        match reader.list() {
            Some(items) if reader.rest.trim().is_empty() => all.extend(items),
            _ => {
                let reason = format!("cannot read `{text}`");
                errors.push(Error::BadAttribute { reason, span: value.span });
            }
        }
    }
    all
}

struct Reader<'t> {
    rest: &'t str,
    span: Span,
}

impl Reader<'_> {
    /// `(item, ..)`
    fn list(&mut self) -> Option<Vec<Item>> {
        self.symbol('(')?;
        let mut items = Vec::new();
        while self.symbol(')').is_none() {
            items.push(self.item()?);
            if self.symbol(',').is_none() {
                self.symbol(')')?;
                break;
            }
        }
        Some(items)
    }

    fn item(&mut self) -> Option<Item> {
        let rest = self.rest.trim_start();
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let (name, rest) = rest.split_at(end);
        if name.is_empty() {
            return None;
        }
        self.rest = rest;
        let mut item = Item { name: name.to_owned(), value: None, inside: Vec::new(), span: self.span };
        if self.symbol('=').is_some() {
            item.value = Some(self.text()?.into());
        } else if self.rest.trim_start().starts_with('(') {
            item.inside = self.list()?;
        }
        Some(item)
    }

    fn symbol(&mut self, symbol: char) -> Option<()> {
        self.rest = self.rest.trim_start().strip_prefix(symbol)?;
        Some(())
    }

    /// A string literal.
    fn text(&mut self) -> Option<String> {
        self.symbol('"')?;
        let mut text = String::new();
        let mut chars = self.rest.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.rest = &self.rest[at + 1..];
                    return Some(text);
                }
                '\\' => text.push(match chars.next()?.1 {
                    'n' => '\n',
                    't' => '\t',
                    other => other,
                }),
                c => text.push(c),
            }
        }
        None
    }
}

/// A way to write names of several words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Case {
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

impl Case {
    fn named(name: &str) -> Option<Case> {
        Some(match name {
            "lowercase" => Case::Lower,
            "UPPERCASE" => Case::Upper,
            "PascalCase" => Case::Pascal,
            "camelCase" => Case::Camel,
            "snake_case" => Case::Snake,
            "SCREAMING_SNAKE_CASE" => Case::ScreamingSnake,
            "kebab-case" => Case::Kebab,
            "SCREAMING-KEBAB-CASE" => Case::ScreamingKebab,
            _ => return None,
        })
    }

    /// Of a name in `PascalCase`.
    fn of_variant(self, name: &str) -> String {
        match self {
            Case::Pascal => name.to_owned(),
            Case::Lower => name.to_ascii_lowercase(),
            Case::Upper => name.to_ascii_uppercase(),
            Case::Camel => {
                let (first, rest) = name.split_at(name.chars().next().map_or(0, char::len_utf8));
                first.to_ascii_lowercase() + rest
            }
            Case::Snake => {
                let mut snake = String::new();
                for (at, c) in name.char_indices() {
                    if at > 0 && c.is_uppercase() {
                        snake.push('_');
                    }
                    snake.push(c.to_ascii_lowercase());
                }
                snake
            }
            Case::ScreamingSnake => Case::Snake.of_variant(name).to_ascii_uppercase(),
            Case::Kebab => Case::Snake.of_variant(name).replace('_', "-"),
            Case::ScreamingKebab => Case::ScreamingSnake.of_variant(name).replace('_', "-"),
        }
    }

    /// Of a name in `snake_case`.
    fn of_field(self, name: &str) -> String {
        match self {
            Case::Lower | Case::Snake => name.to_owned(),
            Case::Upper | Case::ScreamingSnake => name.to_ascii_uppercase(),
            Case::Pascal => {
                let mut pascal = String::new();
                let mut capital = true;
                for c in name.chars() {
                    if c == '_' {
                        capital = true;
                    } else {
                        pascal.push(if capital { c.to_ascii_uppercase() } else { c });
                        capital = false;
                    }
                }
                pascal
            }
            Case::Camel => Case::Camel.of_variant(&Case::Pascal.of_field(name)),
            Case::Kebab => name.replace('_', "-"),
            Case::ScreamingKebab => name.to_ascii_uppercase().replace('_', "-"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_all_cases() {
        let cases = [
            ("lowercase", "veryblue", "very_blue"),
            ("UPPERCASE", "VERYBLUE", "VERY_BLUE"),
            ("PascalCase", "VeryBlue", "VeryBlue"),
            ("camelCase", "veryBlue", "veryBlue"),
            ("snake_case", "very_blue", "very_blue"),
            ("SCREAMING_SNAKE_CASE", "VERY_BLUE", "VERY_BLUE"),
            ("kebab-case", "very-blue", "very-blue"),
            ("SCREAMING-KEBAB-CASE", "VERY-BLUE", "VERY-BLUE"),
        ];
        for (name, variant, field) in cases {
            let case = Case::named(name);
            assert_eq!(case.map(|case| case.of_variant("VeryBlue")).as_deref(), Some(variant), "{name}");
            assert_eq!(case.map(|case| case.of_field("very_blue")).as_deref(), Some(field), "{name}");
        }
        assert_eq!(Case::named("Title Case"), None);
    }

    #[test]
    fn lists_of_items() {
        let span = Span { file: crate::source::FileId(0), start: 0, end: 0 };
        let read = |rest| {
            Reader { rest, span }
                .list()
                .map(|items| format!("{items:?}").replace(&format!(", span: {span:?}"), ""))
        };
        assert_eq!(
            read(r#"(rename = "a\"b", rename(serialize = "x",),flatten)"#).as_deref(),
            Some(
                r#"[Item { name: "rename", value: Some("a\"b"), inside: [] }, Item { name: "rename", value: None, inside: [Item { name: "serialize", value: Some("x"), inside: [] }] }, Item { name: "flatten", value: None, inside: [] }]"#
            )
        );
        for wrong in ["", "(", "(a b)", "(=)", "(a = b)", "(a = \"b)", "(,)"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
