//! Programs with commands, run as scripts, and exactly what they print: `golden/NAME/{program.dl,commands.dat}` give
//! `expected.out` and, if anything is wrong, `expected.err`. `WEIR_GOLDEN=write` writes what was printed instead.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;

use common::{printed, same_or_write, start};
use weir_repl::Mode;

#[test]
fn scripts_print_what_is_expected() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut cases: Vec<_> = std::fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() > 10);
    let mut differences = String::new();
    for case in &cases {
        let commands = std::fs::read_to_string(case.join("commands.dat")).unwrap();
        let commands = commands.replace("GOLDEN", case.to_str().unwrap());
        let (out, err) = printed(start(&case.join("program.dl")), Mode::Script, &commands);
        let out = out.replace(case.to_str().unwrap(), "GOLDEN");
        let err = err.replace(case.to_str().unwrap(), "GOLDEN");
        differences += &same_or_write(&case.join("expected.out"), &out);
        differences += &same_or_write(&case.join("expected.err"), &err);
    }
    assert!(differences.is_empty(), "{differences}");
}
