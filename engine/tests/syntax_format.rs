//! The formatter: on every rule file there is, on small programs with their expected layout, and on odd layouts.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use weir_engine::diagnostics::render;
use weir_engine::format::{FormatError, format};

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
