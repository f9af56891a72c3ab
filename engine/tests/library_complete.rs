//! The library has every function that programs of the dialect call, with as many parameters.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use weir_engine::stdlib::BUILTIN_MODULES;

/// `module function parameters`, one per line; an overloaded function has a line for each number of parameters.
const WANTED: &str = include_str!("library/functions.txt");

/// What a module declares: names and numbers of parameters.
fn declared(module: &str, text: &str, into: &mut BTreeSet<String>) {
    let code: Vec<&str> = text.lines().map(|line| line.split("//").next().unwrap()).collect();
    let code = code.join("\n");
    for (at, _) in code.match_indices("function ") {
        let Some((name, rest)) = code[at + "function ".len()..].split_once('(') else { continue };
        if !name.chars().all(|c| c.is_alphanumeric() || c == '_') || name.is_empty() {
            continue;
        }
        let (mut depth, mut bars, mut parameters, mut anything) = (0, false, 0, false);
        for c in rest.chars() {
            match c {
                '(' | '<' | '[' => depth += 1,
                ')' if depth == 0 => break,
                ')' | '>' | ']' => depth -= 1,
                '|' => bars = !bars,
                ',' if depth == 0 && !bars => parameters += 1,
                c => anything |= !c.is_whitespace(),
            }
        }
        into.insert(format!("{module} {name} {}", parameters + usize::from(anything)));
    }
}

#[test]
fn nothing_is_missing() {
    let mut have = BTreeSet::new();
    for (module, text) in BUILTIN_MODULES {
        declared(module, text, &mut have);
    }
    let wanted: BTreeSet<String> = WANTED.lines().map(str::to_owned).collect();
    assert!(wanted.len() > 400, "only {} wanted", wanted.len());
    let missing: Vec<&String> = wanted.difference(&have).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
