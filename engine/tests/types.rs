//! Whole programs: `types/ok/*.dl` lower to what stands in `*.ir`; `types/err/*.dl` give the diagnostics in `*.err`;
//! `types/warn/*.dl` are accepted with the warnings in `*.warn`.
//! `WEIR_BLESS=1` writes the expected files anew.
#![allow(clippy::unwrap_used)]

use std::fmt::Write;
use std::path::{Path, PathBuf};

use weir_engine::compile::{compile, compile_text};
use weir_engine::diagnostics::render;
use weir_engine::ir::{Program, Rule};
use weir_engine::stdlib::BUILTIN_MODULES;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/types").join(name)
}

fn cases(name: &str) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "dl"));
    paths.sort();
    assert!(!paths.is_empty());
    paths
}

/// What belongs to the program itself: the library's functions are in the text of those that call them.
fn own(program: &Program) -> String {
    let mut text = String::new();
    let library = |name: &str| name.starts_with("ddlog_std::");
    for relation in program.relations.iter().filter(|r| !library(&r.name)) {
        writeln!(text, "{}", program.print(relation)).unwrap();
    }
    for index in &program.indexes {
        writeln!(text, "{}", program.print(index)).unwrap();
    }
    for function in program.functions.iter().filter(|f| !f.name.contains("::")) {
        writeln!(text, "{}", program.print(function)).unwrap();
    }
    let of_library = |rule: &&Rule| library(&program.relations[rule.head.relation.0 as usize].name);
    for rule in program.rules.iter().filter(|r| !of_library(r)) {
        writeln!(text, "{}", program.print(rule)).unwrap();
    }
    text
}

fn compare(expected: &Path, actual: &str) {
    if std::env::var_os("WEIR_BLESS").is_some() {
        std::fs::write(expected, actual).unwrap();
    }
    let text = std::fs::read_to_string(expected).unwrap_or_default();
    assert!(text == actual, "{} differs; this was found:\n{actual}", expected.display());
}

#[test]
fn good_programs_lower_as_expected() {
    for path in cases("ok") {
        match compile(&path, &[folder("ok/lib")]) {
            Ok((program, _)) => compare(&path.with_extension("ir"), &own(&program)),
            Err((sources, diagnostics)) => {
                panic!("{}:\n{}", path.display(), render(&sources, &diagnostics, false))
            }
        }
    }
}

#[test]
fn mistakes_are_told_as_expected() {
    for path in cases("err") {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let Err((sources, diagnostics)) = compile_text(&name, &text, &[]) else {
            panic!("{} is accepted", path.display());
        };
        compare(&path.with_extension("err"), &render(&sources, &diagnostics, false));
    }
}

#[test]
fn warnings_are_told_as_expected() {
    for path in cases("warn") {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let program = compile_text(&name, &text, &[]);
        // A rendering needs the files, which a program carries.
        let (sources, warnings) = match program {
            Ok((program, warnings)) => (program.sources, warnings),
            Err((sources, found)) => panic!("{}", render(&sources, &found, false)),
        };
        compare(&path.with_extension("warn"), &render(&sources, &warnings, false));
    }
}

/// Every module of the library is correct by itself and together with all others.
#[test]
fn the_library_checks() {
    let mut text = String::new();
    for (i, (module, _)) in BUILTIN_MODULES.iter().enumerate() {
        if !matches!(*module, "ddlog_std" | "ddlog_rt") {
            writeln!(text, "import {module} as m{i}").unwrap();
        }
    }
    if let Err((sources, diagnostics)) = compile_text("all", &text, &[]) {
        panic!("{}", render(&sources, &diagnostics, false));
    }
}
