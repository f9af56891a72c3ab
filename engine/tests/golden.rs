//! Programs with commands and what they print. `WEIR_GOLDEN=write` writes the expected output anew.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;

#[test]
fn programs_print_what_is_expected() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let write = std::env::var("WEIR_GOLDEN").is_ok_and(|value| value == "write");
    let mut cases: Vec<_> = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    let mut failures = Vec::new();
    for case in &cases {
        let read = |name: &str| std::fs::read_to_string(case.join(name)).unwrap_or_default();
        let mut shell = common::Shell::new(&read("program.dl"));
        shell.run(&read("commands.dat"));
        if write {
            std::fs::write(case.join("expected.txt"), &shell.output).unwrap();
        } else if shell.output != read("expected.txt") {
            let name = case.file_name().unwrap().to_string_lossy();
            failures.push(format!("== {name}: expected\n{}== but\n{}", read("expected.txt"), shell.output));
        }
    }
    assert!(!cases.is_empty());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
