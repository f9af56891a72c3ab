//! Whole files: `syntax/ok/*.dl` print as `*.out` and read back the same; `syntax/err/*.dl` give the diagnostics in
//! `*.err`. `WEIR_BLESS=1` writes the expected files anew.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use weir_engine::diagnostics::render;
use weir_engine::source::SourceMap;
use weir_engine::syntax::ast::Module;
use weir_engine::syntax::parse;

fn read(name: &str, text: &str) -> (Module, String) {
    let mut sources = SourceMap::default();
    let file = sources.add(name, text);
    let (module, diagnostics) = parse(file, text);
    let told = render(&sources, &diagnostics, false);
    (module, told)
}

/// The tree without its places.
fn shape(module: &Module) -> String {
    let text = format!("{module:?}");
    let mut shape = String::new();
    let mut rest = &text[..];
    while let Some(at) = rest.find("Span {") {
        shape.push_str(&rest[..at]);
        let end = rest[at..].find('}').unwrap();
        rest = &rest[at + end + 1..];
    }
    shape + rest
}

fn cases(folder: &str) -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/syntax").join(folder);
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "dl"));
    paths.sort();
    assert!(!paths.is_empty());
    paths.into_iter().map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect()
}

fn compare(expected: &Path, actual: &str) {
    if std::env::var_os("WEIR_BLESS").is_some() {
        std::fs::write(expected, actual).unwrap();
    }
    let text = std::fs::read_to_string(expected).unwrap_or_default();
    assert!(text == actual, "{} differs; this was printed:\n{actual}", expected.display());
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

#[test]
fn good_files_print_as_expected_and_read_back() {
    for (path, text) in cases("ok") {
        let (module, told) = read(&name(&path), &text);
        assert_eq!(told, "", "{}", path.display());
        let printed = module.to_string();
        compare(&path.with_extension("out"), &printed);
        let (again, told) = read(&name(&path), &printed);
        assert_eq!(told, "", "{}", path.display());
        assert_eq!(shape(&again), shape(&module), "{}", path.display());
    }
}

#[test]
fn mistakes_are_told_as_expected() {
    for (path, text) in cases("err") {
        let (_, told) = read(&name(&path), &text);
        compare(&path.with_extension("err"), &told);
    }
}
