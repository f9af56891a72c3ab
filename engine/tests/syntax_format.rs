//! The formatter: on every rule file there is, on small programs with their expected layout, and on odd layouts.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use weir_engine::diagnostics::render;
use weir_engine::format::{FormatError, format};
use weir_engine::source::SourceMap;
use weir_engine::syntax::parse;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every rule file below a folder.
fn rule_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            files.extend(rule_files(&entry));
        } else if entry.extension().is_some_and(|extension| extension == "dl") {
            files.push(entry);
        }
    }
    files
}

/// The layout of a text, which is laid out already; none if it has syntax errors.
fn laid_out(name: &str, text: &str) -> Option<String> {
    match format(name, text) {
        Ok(once) => {
            let twice = format(name, &once).unwrap_or_else(|error| panic!("{name}: {error}\n{once}"));
            assert_eq!(once, twice, "{name}");
            Some(once)
        }
        Err(FormatError::Syntax { sources, diagnostics }) => {
            assert_ne!(render(&sources, &diagnostics, false), "");
            None
        }
        Err(error) => panic!("{name}: {error}"),
    }
}

#[test]
fn every_file_keeps_its_meaning() {
    let mut n_formatted = 0;
    for folder in ["rules", "engine/src/stdlib", "engine/tests"] {
        for path in rule_files(&root().join(folder)) {
            let text = std::fs::read_to_string(&path).unwrap();
            n_formatted += usize::from(laid_out(&path.display().to_string(), &text).is_some());
        }
    }
    assert!(n_formatted > 30, "{n_formatted}");
}

/// The tree without its places.
fn shape(text: &str) -> Option<String> {
    let mut sources = SourceMap::default();
    let file = sources.add("test.dl", text);
    let (module, diagnostics) = parse(file, text);
    let text = format!("{module:?}");
    let mut pieces = text.split("Span {");
    let mut shape = pieces.next().unwrap().to_owned();
    for piece in pieces {
        shape.push_str(piece.split_once('}').unwrap().1);
    }
    diagnostics.is_empty().then_some(shape)
}

/// Offsets where blanks or comments may be put: at blanks and around brackets, outside strings and comments.
fn gaps(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let mut gaps = Vec::new();
    let mut at = 0;
    let past =
        |from: usize, close: &str| text[from..].find(close).map_or(text.len(), |n| from + n + close.len());
    while at < bytes.len() {
        let rest = &text[at..];
        if rest.starts_with("//") {
            at = past(at, "\n");
        } else if rest.starts_with("/*") {
            at = past(at, "*/");
        } else if rest.starts_with("[|") {
            at = past(at, "|]");
        } else if bytes[at] == b'"' {
            at += 1;
            while bytes[at] != b'"' {
                at += if bytes[at] == b'\\' { 2 } else { 1 };
            }
            at += 1;
        } else {
            if bytes[at].is_ascii_whitespace() {
                gaps.push(at);
            } else if b"(){},;".contains(&bytes[at]) {
                gaps.extend([at, at + 1]);
            }
            at += 1;
        }
    }
    gaps
}

/// A real program with blanks and numbered comments put into it at random, and how many comments.
fn shaken() -> impl Strategy<Value = (String, usize)> {
    let root = root();
    let folders = ["rules", "engine/src/stdlib", "engine/tests/syntax/ok", "engine/tests/syntax/format"];
    let texts: Vec<String> = folders
        .iter()
        .flat_map(|folder| rule_files(&root.join(folder)))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    let index = any::<prop::sample::Index>;
    let edits = prop::collection::vec((index(), 0usize..8), 0..12);
    (index(), index(), edits).prop_map(move |(which, from, edits)| {
        // Some paragraphs are enough.
        let paragraphs: Vec<&str> = which.get(&texts).split("\n\n").collect();
        let text = paragraphs[from.index(paragraphs.len())..].iter().take(6).copied().collect::<Vec<_>>();
        let text = text.join("\n\n");
        let gaps = gaps(&text);
        let mut edits: Vec<(usize, usize)> = edits
            .into_iter()
            .filter(|_| !gaps.is_empty())
            .map(|(at, kind)| (gaps[at.index(gaps.len())], kind))
            .collect();
        edits.sort_unstable();
        let mut shaken = String::new();
        let mut end = 0;
        let mut n_comments = 0;
        for (at, kind) in edits {
            shaken.push_str(&text[end..at]);
            end = at;
            let piece = match kind {
                0 => "    ".to_owned(),
                1 => "\n    ".to_owned(),
                2 => "\n\n\n  ".to_owned(),
                3 => format!(" //<{n_comments}>\n  "),
                4 => format!("\n  //<{n_comments}>\n  "),
                5 => format!("/*<{n_comments}>*/"),
                6 => format!("\n /*<{n_comments}>*/\n "),
                _ => format!(" /*<{n_comments}>\n*/ "),
            };
            n_comments += usize::from(kind > 2);
            shaken.push_str(&piece);
        }
        (shaken + &text[end..], n_comments)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn comments_and_meaning_survive_any_layout((text, n_comments) in shaken()) {
        let before = shape(&text);
        let formatted = laid_out("shaken.dl", &text);
        prop_assert_eq!(before.is_some(), formatted.is_some());
        if let Some(formatted) = formatted {
            prop_assert_eq!(before, shape(&formatted), "{}\nbecame\n{}", text, formatted);
            let mut rest = &formatted[..];
            for n in 0..n_comments {
                let comment = format!("<{n}>");
                let at = rest.find(&comment);
                prop_assert!(at.is_some(), "{} is lost:\n{}\nbecame\n{}", comment, text, formatted);
                rest = &rest[at.unwrap_or(0) + comment.len()..];
            }
        }
    }
}

/// `syntax/format/NAME.dl` is laid out as `NAME.out`; `WEIR_BLESS=1` writes the expected files anew.
#[test]
fn layouts_are_as_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/syntax/format");
    for path in rule_files(&folder) {
        let text = std::fs::read_to_string(&path).unwrap();
        let formatted = laid_out(&path.display().to_string(), &text).unwrap();
        let expected = path.with_extension("out");
        if std::env::var_os("WEIR_BLESS").is_some() {
            std::fs::write(&expected, &formatted).unwrap();
        }
        let wanted = std::fs::read_to_string(&expected).unwrap_or_default();
        assert!(wanted == formatted, "{} differs; this was laid out:\n{formatted}", expected.display());
    }
}
