//! `explain/*.dl` give the pages in `*.txt`. `WEIR_BLESS=1` writes them anew.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use weir_engine::compile::compile_text;
use weir_engine::diagnostics::render;
use weir_engine::explain::{SelectError, explain, overview, own_rules, select};
use weir_engine::ir::{Program, RuleId};
use weir_engine::plan::{Plan, Sizes};

fn program(name: &str) -> (Program, Plan) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/explain").join(name);
    let text = std::fs::read_to_string(path).unwrap();
    let compiled = compile_text(name, &text, &[]);
    let (program, _) = compiled.map_err(|(sources, found)| render(&sources, &found, false)).unwrap();
    let plan = Plan::new(&program).unwrap();
    (program, plan)
}

#[test]
fn pages_are_as_expected() {
    let (program, plan) = program("network.dl");
    let pages = explain(&program, &plan, &own_rules(&program));
    let found = format!("{}\n{pages}", overview(&program, &plan));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/explain/network.txt");
    if std::env::var_os("WEIR_BLESS").is_some() {
        std::fs::write(&path, &found).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(expected == found, "{} differs; this was found:\n{found}", path.display());
}

/// What the planner decides: `explain/plans/*.dl`. A first line `// sizes: A 10, B 2000` gives sizes of relations.
#[test]
fn plans_are_as_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/explain/plans");
    let files = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<_> = files.filter(|path| path.extension().is_some_and(|end| end == "dl")).collect();
    assert!(!files.is_empty());
    let mut differs = Vec::new();
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let compiled = compile_text(&name, &text, &[]);
        let (program, _) = compiled.map_err(|(sources, found)| render(&sources, &found, false)).unwrap();
        let plan = Plan::with_sizes(&program, &sizes(&text)).unwrap();
        let pages = without_order(&explain(&program, &plan, &own_rules(&program)));
        let expected = path.with_extension("txt");
        if std::env::var_os("WEIR_BLESS").is_some() {
            std::fs::write(&expected, &pages).unwrap();
        }
        if std::fs::read_to_string(&expected).unwrap_or_default() != pages {
            differs.push(format!("{} differs; this was found:\n{pages}", expected.display()));
        }
    }
    assert!(differs.is_empty(), "{}", differs.join("\n"));
}

fn sizes(text: &str) -> Sizes {
    let line = text.lines().next().and_then(|line| line.strip_prefix("// sizes: "));
    let pairs = line.into_iter().flat_map(|line| line.split(", ")).map(|pair| {
        let (relation, rows) = pair.split_once(' ').unwrap();
        (relation.to_owned(), rows.parse::<u64>().unwrap())
    });
    pairs.collect()
}

/// Pages without the number of the stratum, which counts relations of the library.
fn without_order(pages: &str) -> String {
    let lines = pages.lines().filter(|line| *line != "  order" && !line.starts_with("    stratum "));
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn rules_are_found_by_number_place_and_relation() {
    let (program, _) = program("network.dl");
    let text = &program.sources.file(program.rules[0].span.file).text;
    let line = |of: &str| text[..text.find(of).unwrap()].matches('\n').count() + 1;
    let numbers =
        |what: &str| select(&program, what).map(|rules| rules.into_iter().map(|rule| rule.0).collect());
    let path: Vec<u32> = numbers("Path").unwrap();
    assert_eq!(path.len(), 2);
    assert_eq!(numbers(&path[1].to_string()), Ok(vec![path[1]]));
    assert_eq!(numbers(&format!("network.dl:{}", line("Path(a, c)"))), Ok(vec![path[1]]));
    // In the middle of a rule, and a rule of two heads.
    assert_eq!(numbers(&format!("network.dl:{}", line("// Only where"))), numbers("Reachable"));
    assert_eq!(
        numbers(&format!("network.dl:{}", line("Lonely(switch), "))).map(|found: Vec<u32>| found.len()),
        Ok(2)
    );
    // The library's module need not be written.
    assert_eq!(numbers("Singleton"), numbers("ddlog_std::Singleton"));
}

#[test]
fn who_asks_for_no_rule_is_told_what_there_is() {
    let (program, _) = program("network.dl");
    let said = |what: &str| select(&program, what).unwrap_err().to_string();
    let last = program.rules.len() - 1;
    assert_eq!(said("999"), format!("there is no rule 999: they are numbered 0 to {last}"));
    assert_eq!(said("network.dl:1"), "no rule stands at network.dl:1; the nearest is at network.dl:18");
    assert_eq!(said("other.dl:1"), "no rule stands at other.dl:1");
    assert_eq!(said("van"), "there is no relation `van`");
    assert_eq!(said("vlan"), "there is no relation `vlan`; there is Vlan");
    assert_eq!(said("Muted"), "no rule fills input relation Muted; it is read by rules 4, 9");
    let empty = compile_text("empty.dl", "", &[]).unwrap().0;
    let without_rules = Program { rules: Vec::new(), ..empty };
    assert_eq!(select(&without_rules, "0"), Err(SelectError::NoRules));
    assert_eq!(explain(&program, &Plan::new(&program).unwrap(), &[] as &[RuleId]), "");
}
