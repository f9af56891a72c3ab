//! `weir check` and `weir explain` as processes: what goes where, and the exit code.
#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A good program, one with a warning, and two with errors.
const FILES: &[(&str, &str)] = &[
    ("good.dl", "input relation P(x: u32)\noutput relation Q(x: u32)\nQ(x) :- P(x).\n"),
    ("unused.dl", "input relation P(x: u32, y: u32)\noutput relation Q(x: u32)\nQ(x) :- P(x, y).\n"),
    ("bad.dl", "input relation P(x: u32)\noutput relation Q(x: u32)\nQ(y) :- P(x), R(x).\n"),
    ("worse.dl", "input relation P(x: u32\n"),
];

fn weir(folder: &Path, args: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_weir"))
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in FILES {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn exit_codes_and_the_last_line_say_how_it_went() {
    let folder = folder();
    let cases: &[(&[&str], i32, Option<&str>)] = &[
        (&["good.dl"], 0, None),
        (&["unused.dl"], 0, Some("warning: 1 warning")),
        (&["--deny-warnings", "unused.dl"], 1, Some("warning: 1 warning")),
        (&["--deny-warnings", "good.dl"], 0, None),
        (&["bad.dl"], 1, Some("error: 2 errors")),
        (&["good.dl", "unused.dl", "worse.dl"], 1, Some("error: 1 error, 1 warning")),
        (&["missing.dl"], 1, Some("error: 1 error")),
    ];
    for (args, code, last) in cases {
        let output = weir(folder.path(), &[&["check"], *args].concat(), "");
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(*code), "{args:?}: {said}");
        assert_eq!(said.lines().last(), *last, "{args:?}: {said}");
        assert_eq!(text(&output.stdout), "", "{args:?}");
    }
    for wrong in [&["check"][..], &["check", "--format", "xml", "good.dl"], &["check", "--explain", "E9999"]]
    {
        assert_eq!(weir(folder.path(), wrong, "").status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn standard_input_is_a_file_named_dash() {
    let folder = folder();
    let output = weir(folder.path(), &["check", "-"], FILES[2].1);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains(" --> <stdin>:3:"), "{}", text(&output.stderr));
    assert_eq!(weir(folder.path(), &["check", "-"], FILES[0].1).status.code(), Some(0));
}

#[test]
fn json_is_one_diagnostic_per_line_on_standard_output() {
    let folder = folder();
    let output = weir(folder.path(), &["check", "--format", "json", "bad.dl", "unused.dl"], "");
    assert_eq!(output.status.code(), Some(1));
    let stdout = text(&output.stdout);
    let lines: Vec<serde_json::Value> =
        stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let shown: Vec<(&str, &str, i64, i64, i64)> = lines
        .iter()
        .map(|line| {
            let place = &line["primary"];
            let number = |name: &str| place[name].as_i64().unwrap();
            let file = place["file"].as_str().unwrap();
            (line["code"].as_str().unwrap(), file, number("line"), number("column"), number("end_column"))
        })
        .collect();
    let expected =
        [("E0103", "bad.dl", 3, 3, 4), ("E0102", "bad.dl", 3, 15, 16), ("W0001", "unused.dl", 3, 14, 15)];
    assert_eq!(shown, expected);
    assert_eq!((&lines[0]["severity"], &lines[2]["severity"]), (&"error".into(), &"warning".into()));
}

#[test]
fn codes_are_explained_and_listed() {
    let folder = folder();
    let page = text(&weir(folder.path(), &["check", "--explain", "E0103"], "").stdout);
    assert!(page.starts_with("E0103: a variable that nothing binds\n"), "{page}");
    let list = text(&weir(folder.path(), &["check", "--explain", "list"], "").stdout);
    assert!(list.lines().any(|line| line == "E0103  a variable that nothing binds"), "{list}");
    let unknown = text(&weir(folder.path(), &["check", "--explain", "E0111"], "").stderr);
    assert!(unknown.contains("  E0110  ") && unknown.contains("--explain list"), "{unknown}");
}

#[test]
fn rules_are_explained_by_place() {
    let folder = folder();
    let output = weir(folder.path(), &["explain", "good.dl", "good.dl:3"], "");
    let page = text(&output.stdout);
    assert!(page.starts_with("rule ") && page.contains("good.dl:3: for output relation Q\n"), "{page}");
    assert!(page.contains("    x: bit<32>\n") && page.contains("1. each row of P(x)\n"), "{page}");
    let output = weir(folder.path(), &["explain", "good.dl", "Z"], "");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stderr), "weir: there is no relation `Z`\n");
    let output = weir(folder.path(), &["explain", "bad.dl"], "");
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), String::new()));
}
