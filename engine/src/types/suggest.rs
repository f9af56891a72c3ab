//! What an author may have meant by a name that is not there.

use super::error::NameKind;
use crate::stdlib::BUILTIN_MODULES;

/// The name among `candidates` that was probably meant: few typing errors away.
pub(super) fn closest(name: &str, candidates: impl Iterator<Item = String>) -> Option<String> {
    let length = name.chars().count();
    let limit = if length < 2 { 0 } else { (length / 3).max(1) };
    candidates
        .map(|candidate| (distance(name, &candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// The type of this language that other languages call by that name.
pub(super) fn type_of_others(name: &str) -> Option<String> {
    let lower = name.to_lowercase();
    let known = match lower.as_str() {
        "str" | "text" | "varchar" | "string" => "string",
        "boolean" | "bool" => "bool",
        "int" | "integer" | "bigint" => "bigint",
        "byte" | "uchar" => "u8",
        "uint" | "unsigned" => "u32",
        "long" => "s64",
        "short" => "s16",
        "f32" | "float32" | "float" => "float",
        "f64" | "float64" | "real" | "number" | "double" => "double",
        "vector" | "list" | "array" | "vec" => "Vec",
        "hashmap" | "dict" | "dictionary" | "table" | "map" => "Map",
        "hashset" | "set" => "Set",
        "maybe" | "optional" | "option" => "Option",
        "rc" | "arc" | "box" | "ref" => "Ref",
        "unit" | "void" | "nil" => "()",
        _ => return sized(&lower),
    };
    (known != name).then(|| known.to_owned())
}

/// `bit32`, `u33`, `int32`, `uint64_t`.
fn sized(name: &str) -> Option<String> {
    let digits = name.find(|c: char| c.is_ascii_digit())?;
    let (kind, width) = name.split_at(digits);
    let width: u32 =
        width.strip_suffix("_t").unwrap_or(width).parse().ok().filter(|w| (1..=1024).contains(w))?;
    let short = matches!(width, 8 | 16 | 32 | 64 | 128);
    match kind {
        "u" | "uint" | "bit" | "bits" | "b" | "unsigned" if short => {
            Some(format!("bit<{width}>` or `u{width}"))
        }
        "u" | "uint" | "bit" | "bits" | "b" | "unsigned" => Some(format!("bit<{width}>")),
        "i" | "s" | "int" | "signed" if short => Some(format!("signed<{width}>` or `s{width}")),
        _ => None,
    }
}

/// The modules of the built-in library that declare a name of a kind, whether the program imports them or not.
pub(super) fn library_modules(name: &str, kind: NameKind) -> Vec<&'static str> {
    let written: &[&str] = match kind {
        NameKind::Function => &["function "],
        NameKind::Type => &["typedef ", "type "],
        NameKind::Transformer => &["transformer "],
        _ => return Vec::new(),
    };
    let declares = |text: &str| {
        written.iter().any(|before| {
            text.match_indices(&format!("{before}{name}")).any(|(at, found)| {
                let behind = text[at + found.len()..].chars().next();
                !behind.is_some_and(|c| c.is_alphanumeric() || c == '_')
            })
        })
    };
    // What every module sees was looked through before.
    let hidden = |module: &str| !crate::stdlib::IMPLICIT_MODULES.contains(&module);
    BUILTIN_MODULES.iter().filter(|(m, text)| hidden(m) && declares(text)).map(|(m, _)| *m).collect()
}

/// Edits between two names: insert, delete, replace; case counts as nothing.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.to_lowercase().chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_error_finds_the_name() {
        let names = || ["Port".to_owned(), "Switch".to_owned(), "Router".to_owned()].into_iter();
        assert_eq!(closest("Swich", names()), Some("Switch".into()));
        assert_eq!(closest("switch", names()), Some("Switch".into()));
        assert_eq!(closest("Chassis", names()), None);
    }

    #[test]
    fn names_of_other_languages_find_the_type() {
        assert_eq!(type_of_others("String").as_deref(), Some("string"));
        assert_eq!(type_of_others("u33").as_deref(), Some("bit<33>"));
        assert_eq!(type_of_others("uint32_t").as_deref(), Some("bit<32>` or `u32"));
        assert_eq!(type_of_others("Port"), None);
    }

    #[test]
    fn functions_are_found_in_modules_that_are_not_imported() {
        assert!(library_modules("arg_max", NameKind::Function).contains(&"group"));
        assert_eq!(library_modules("arg_ma", NameKind::Function), Vec::<&str>::new());
    }
}
