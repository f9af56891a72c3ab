//! What profiles look like, with all numbers but counts masked.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;

use common::{printed, start};
use weir_engine::profile::Profile;
use weir_repl::Mode;

const PROGRAM: &str = "
input relation Edge(from: string, to: string)
output relation Path(from: string, to: string)
output relation Sink(node: string)
Path(a, b) :- Edge(a, b).
Path(a, c) :- Path(a, b), Edge(b, c).
Sink(n) :- Edge(_, n), not Edge(n, _).
";

const COMMANDS: &str = "
start;
insert Edge(\"a\", \"b\"), insert Edge(\"b\", \"c\");
commit;
";

fn run(directory: &Path, commands: &str) -> String {
    let program = directory.join("p.dl");
    std::fs::write(&program, PROGRAM).unwrap();
    let (out, err) = printed(start(&program), Mode::Script, &format!("{COMMANDS}{commands}"));
    assert_eq!(err, "");
    out.replace(directory.to_str().unwrap(), "DIR")
}

/// Times and sizes as `T` and `B`, whatever blanks are around them as one.
fn masked(text: &str) -> String {
    let mut lines = Vec::new();
    for line in text.lines() {
        let mut words: Vec<String> = Vec::new();
        for word in line.split_whitespace() {
            let bare = word.trim_end_matches(',');
            let is_number = |word: &str| word.parse::<f64>().is_ok();
            match (bare, words.last_mut()) {
                ("ns" | "us" | "ms" | "s", Some(before)) if is_number(before) => *before = "T".into(),
                ("B" | "kB" | "MB", Some(before)) if is_number(before) => *before = "B".into(),
                _ if bare.ends_with('%') => words.push("S".into()),
                _ => words.push(word.to_owned()),
            }
        }
        lines.push(words.join(" "));
    }
    lines.join("\n")
}

#[test]
fn a_table_by_rule_relation_and_index() {
    let directory = tempfile::tempdir().unwrap();
    let text = masked(&run(directory.path(), "profile;"));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "Profile after 2 transactions, T in the engine");
    assert!(lines.contains(&"time share runs rows in rows out memory rule"), "{text}");
    assert!(lines.contains(&"time runs rows kept memory indexes relation"), "{text}");
    assert!(lines.contains(&"memory rows index"), "{text}");
    // Two edges are read, and one sink is derived.
    let sink = lines.iter().find(|line| line.contains("Sink at DIR/p.dl:7")).unwrap();
    assert!(sink.starts_with("T S 1 ") && sink.contains(" 1 B "), "{sink}");
    for name in ["Edge", "Path", "Sink"] {
        assert!(lines.iter().any(|line| line.ends_with(&format!(" {name}"))), "{name}: {text}");
    }
    assert!(lines.iter().any(|line| line.starts_with("B 2 Edge by (")), "{text}");
    assert!(lines.last().unwrap().ends_with("distinct values, B"), "{text}");
}

#[test]
fn every_rule_is_accounted_for_also_in_recursion() {
    let directory = tempfile::tempdir().unwrap();
    let json = run(directory.path(), "profile json;");
    let profile: Profile = serde_json::from_str(&json).unwrap();
    let out = |line: usize| {
        let rules = profile.rules.iter().filter(|rule| rule.place == format!("DIR/p.dl:{line}"));
        rules.map(|rule| (rule.runs > 0, rule.rows_out)).collect::<Vec<_>>()
    };
    assert_eq!(out(5), [(true, 2)]);
    assert_eq!(out(6), [(true, 1)]);
    assert_eq!(out(7), [(true, 1)]);
    let bytes: usize = profile.indexes.iter().map(|index| index.bytes).sum();
    assert!(bytes > 0 && profile.indexes.iter().all(|index| (index.rows > 0) == (index.bytes > 0)));
}

#[test]
fn counts_from_a_mark_on() {
    let directory = tempfile::tempdir().unwrap();
    let commands = "profile mark;\nprofile json;\nstart;\ninsert Edge(\"c\", \"d\");\ncommit;\nprofile json;\nprofile all;\nprofile;";
    let text = run(directory.path(), commands);
    let mut lines = text.lines();
    let mut next = || serde_json::from_str::<Profile>(lines.next().unwrap()).unwrap();
    let (nothing, one) = (next(), next());
    assert_eq!((nothing.transactions, one.transactions), (0, 1));
    assert!(nothing.rules.iter().all(|rule| rule.runs == 0));
    let sink = one.rules.iter().find(|rule| rule.relation == "Sink").unwrap();
    assert_eq!((sink.runs, sink.rows_out), (1, 2), "one sink comes, one goes");
    assert_eq!(text.matches("Profile after 3 transactions").count(), 2);
}

#[test]
fn slow_transactions_name_their_rules() {
    let directory = tempfile::tempdir().unwrap();
    let text = masked(&run(directory.path(), "profile slow;"));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "the slowest");
    assert!(lines[1].starts_with("transaction ") && lines[1].ends_with(" changes"), "{text}");
}

#[test]
fn a_page_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("profile.html");
    let text = run(directory.path(), &format!("profile html \"{}\";", file.display()));
    assert_eq!(text, "written to DIR/profile.html\n");
    let page = std::fs::read_to_string(file).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.contains("Path(a, b) :- Edge(a, b)."), "{page}");
}
