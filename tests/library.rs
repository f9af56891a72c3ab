//! `docs/library.md` lists what the library has, as it has it. `UPDATE=1` lists it anew.
#![allow(clippy::unwrap_used)]

use std::fmt::Write;
use std::fs;
use std::path::Path;

use weir_engine::stdlib::BUILTIN_MODULES;

const HEAD: &str = "\
# The library

Every type, function and transformer of every module, with its types. `ddlog_std` is always there; the others are imported.
[The manual](language.md#library) shows how they are used. A function can be called as `x.f(y)` for `f(x, y)`.
";

#[test]
fn the_list_of_the_library_is_complete() {
    let mut modules: Vec<_> = BUILTIN_MODULES.iter().filter(|(_, text)| !text.is_empty()).collect();
    modules.sort_by_key(|(name, _)| (*name != "ddlog_std", *name));
    let mut list = HEAD.to_owned();
    for (name, text) in modules {
        let (about, rest) = text.split_once('\n').unwrap();
        let about = about.trim_start_matches(['/', ' ']);
        write!(list, "\n## {name}\n\n{about}\n\n```\n{}```\n", declarations(rest)).unwrap();
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/library.md");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&file, &list).unwrap();
    }
    let written = fs::read_to_string(&file).unwrap();
    let differs = list.lines().zip(written.lines()).find(|(is, says)| is != says);
    assert!(
        list == written,
        "docs/library.md is not what the library is (UPDATE=1 writes it anew): {differs:?}"
    );
}

/// Declarations without bodies, with what is said about them; blank lines where the file has them.
fn declarations(text: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut continued = false;
    for line in text.lines() {
        let declared = line.strip_prefix("extern ").unwrap_or(line);
        continued &= line.starts_with(' ');
        match declared.split(' ').next().unwrap_or_default() {
            "function" => {
                let ends = [" =", " {"].iter().filter_map(|end| declared.find(end)).min();
                kept.push(&declared[..ends.unwrap_or(declared.len())]);
            }
            "typedef" => {
                kept.push(declared);
                continued = true;
            }
            "type" | "transformer" | "relation" | "stream" | "//" => kept.push(declared),
            "" if continued => kept.push(line),
            "" if line.is_empty() && kept.last().is_some_and(|last| !last.is_empty()) => kept.push(""),
            _ => {}
        }
    }
    let mut list = String::new();
    for line in kept {
        writeln!(list, "{line}").unwrap();
    }
    format!("{}\n", list.trim_end())
}
