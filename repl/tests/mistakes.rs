//! Mistakes in data, and exactly what is said about them: a table of scripts, in paragraphs, with the complaint behind
//! each; `TABLE` stands for their directory. `WEIR_GOLDEN=write` writes what was said instead.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;

use common::{printed, same_or_write, start};
use weir_repl::Mode;

#[test]
fn mistakes_in_data_are_told_with_their_place() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes");
    let table = root.join("table.txt");
    let text = std::fs::read_to_string(&table).unwrap();
    let cases: Vec<String> = text.trim_end().split("\n\n").map(|case| told(&root, case)).collect();
    assert!(cases.len() > 40);
    let difference = same_or_write(&table, &format!("{}\n", cases.join("\n\n")));
    assert!(difference.is_empty(), "{difference}");
}

/// A paragraph with what is said about its script now.
fn told(root: &Path, case: &str) -> String {
    let (notes, rest): (Vec<&str>, Vec<&str>) = case.lines().partition(|line| line.starts_with('#'));
    let script: Vec<&str> = rest.into_iter().filter(|line| !line.starts_with("Error: ")).collect();
    let mut lines = [notes, script.clone()].concat().join("\n");
    if !script.is_empty() {
        let here = root.to_str().unwrap();
        let script = format!("{}\n", script.join("\n")).replace("TABLE", here);
        let (_, said) = printed(start(&root.join("program.dl")), Mode::Script, &script);
        assert!(!said.is_empty(), "nothing is wrong with\n{case}");
        lines += &format!("\n{}", said.replace(here, "TABLE").trim_end());
    }
    lines
}
