//! The page of every code: its examples do what it says, and what they print stands in `diagnostics/*.stderr`.
//! `WEIR_BLESS=1` writes the expected files anew.
//!
//! A page's blocks: `dl,fails=E0012` gives that error and no other, `dl,warns=W0001` that warning and no other,
//! `dl` gives nothing at all; `dl,file=lib.dl` is written beside the blocks that follow it.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use weir_engine::compile::compile;
use weir_engine::diagnostics::{Diagnostic, Page, Severity, nearest, page, pages, render};
use weir_engine::source::SourceMap;
use weir_engine::{Config, Engine};

/// Codes that no text of a program gives: the disk or the machine has to fail, ours is the mistake, or it is about a
/// command of the shell.
const NOT_FROM_PROGRAMS: &[&str] = &[
    "E0028", "E0029", "E0034", "E0107", "E0302", "E0311", "E0341", "E0399", "E0440", "E0441", "E0442",
    "E0450",
];

struct Block {
    info: String,
    text: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// The fenced blocks of a page, in order.
fn blocks(markdown: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = false;
    for line in markdown.lines() {
        match line.strip_prefix("```") {
            Some(info) => {
                open = !open;
                if open {
                    blocks.push(Block { info: info.to_owned(), text: String::new() });
                }
            }
            None if open => {
                let block = blocks.last_mut().unwrap();
                block.text.push_str(line);
                block.text.push('\n');
            }
            None => {}
        }
    }
    assert!(!open, "a block is not closed");
    blocks
}

/// All that is said about a program from text to its initial facts.
fn diagnose(file: &Path) -> (SourceMap, Vec<Diagnostic>) {
    match compile(file, &[]) {
        Err(refused) => refused,
        Ok((program, mut found)) => {
            let sources = program.sources.clone();
            if let Err(errors) = Engine::new(program, Config::default()) {
                found.extend(errors);
            }
            (sources, found)
        }
    }
}

/// What is wrong with a page, and the rendered diagnostics of its wrong examples.
fn run(page: &Page) -> (Vec<String>, String) {
    let folder = std::env::temp_dir().join(format!("weir-pages-{}-{}", std::process::id(), page.code));
    std::fs::create_dir_all(&folder).unwrap();
    let main = folder.join("main.dl");
    let (mut wrong, mut shown) = (Vec::new(), String::new());
    for block in blocks(page.markdown) {
        let mut parts = block.info.split(',');
        if parts.next() != Some("dl") {
            continue;
        }
        let expected = match parts.next().map(|part| part.split_once('=').unwrap_or((part, ""))) {
            Some(("file", name)) => {
                std::fs::write(folder.join(name), &block.text).unwrap();
                continue;
            }
            Some(("fails" | "warns", code)) => Some(code),
            Some(other) => {
                wrong.push(format!("unknown kind of block {other:?}"));
                continue;
            }
            None => None,
        };
        std::fs::write(&main, &block.text).unwrap();
        let (sources, diagnostics) = diagnose(&main);
        let folder_name = format!("{}/", folder.display());
        let rendered = render(&sources, &diagnostics, false).replace(&folder_name, "");
        let severity = if block.info.contains("warns=") { Severity::Warning } else { Severity::Error };
        let as_said = match expected {
            Some(code) => {
                !diagnostics.is_empty()
                    && diagnostics.iter().all(|d| d.code == code && d.severity == severity)
            }
            None => diagnostics.is_empty(),
        };
        if !as_said {
            wrong.push(format!("block `{}` gives\n{rendered}", block.info));
        }
        if expected.is_some() {
            shown.push_str(&rendered);
        }
    }
    std::fs::remove_dir_all(&folder).unwrap();
    (wrong, shown)
}

#[test]
fn every_page_does_what_it_says() {
    let bless = std::env::var_os("WEIR_BLESS").is_some();
    let mut failures = Vec::new();
    for page in pages() {
        let (wrong, shown) = run(page);
        failures.extend(wrong.into_iter().map(|text| format!("{}: {text}", page.code)));
        let golden = root().join(format!("engine/tests/diagnostics/{}.stderr", page.code));
        if shown.is_empty() {
            if golden.exists() {
                failures.push(format!("{} is left over", golden.display()));
            }
            continue;
        }
        if bless {
            std::fs::write(&golden, &shown).unwrap();
        }
        if std::fs::read_to_string(&golden).unwrap_or_default() != shown {
            failures.push(format!("{} differs; this was found:\n{shown}", golden.display()));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn every_page_has_a_title_prose_and_both_examples() {
    let mut failures = Vec::new();
    for page in pages() {
        let mut fail = |what: &str| failures.push(format!("{}: {what}", page.code));
        let title = format!("# {}: ", page.code);
        if !page.markdown.starts_with(&title) || page.title().is_empty() || page.title().ends_with('.') {
            fail("the first line is not `# CODE: title`");
        }
        let infos: Vec<String> = blocks(page.markdown).into_iter().map(|block| block.info).collect();
        let kind = if page.code.starts_with('W') { "warns" } else { "fails" };
        let wrong = format!("dl,{kind}={}", page.code);
        let provoked = infos.contains(&wrong);
        let mended = infos.iter().any(|info| info == "dl");
        if NOT_FROM_PROGRAMS.contains(&page.code) {
            let said = page.markdown.contains("Not from a program:");
            if provoked || !said {
                fail("is listed as not from a program, but has an example or does not say why");
            }
        } else if !provoked || !mended {
            fail(&format!("needs a block `{wrong}` and one `dl`"));
        }
        if page.markdown.lines().any(|line| line.chars().count() > 120) {
            fail("has lines of more than 120 characters");
        }
        for line in page.markdown.lines().filter_map(|line| line.strip_prefix("See also: ")) {
            for code in line.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| is_code(word)) {
                if self::page(code).is_none() {
                    fail(&format!("points to {code}, which has no page"));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn table_files_and_sources_are_in_step() {
    let table: Vec<&str> = pages().iter().map(|page| page.code).collect();
    assert!(table.is_sorted(), "{table:?}");
    let table: BTreeSet<String> = table.into_iter().map(str::to_owned).collect();
    let files = codes_of_names(&root().join("docs/errors"), "md");
    assert_eq!(table, files, "engine/src/diagnostics/pages.rs lists the pages of docs/errors");
    let mut used = BTreeSet::new();
    for folder in ["engine/src", "shim/src", "repl", "src"] {
        codes_in_sources(&root().join(folder), &mut used);
    }
    let missing: Vec<&String> = used.difference(&table).collect();
    assert!(missing.is_empty(), "these codes have no page in docs/errors: {missing:?}");
    let unused: Vec<&String> = table.difference(&used).collect();
    assert!(unused.is_empty(), "no source gives these codes any more: {unused:?}");
    let goldens = codes_of_names(&root().join("engine/tests/diagnostics"), "stderr");
    let left_over: Vec<&String> = goldens.difference(&table).collect();
    assert!(left_over.is_empty(), "{left_over:?}");
}

#[test]
fn pages_are_found_by_what_people_write() {
    for written in ["E0012", "e0012", "E12", "12"] {
        assert_eq!(page(written).map(|page| page.code), Some("E0012"), "{written}");
    }
    assert!(page("E0098").is_none() && page("").is_none() && page("X0012").is_none());
    let near: Vec<&str> = nearest("E0035").iter().map(|page| page.code).collect();
    assert_eq!(near, ["E0034", "E0033", "E0032"]);
    assert!(nearest("twelve").is_empty());
    let plain = page("E0012").unwrap().plain();
    assert!(plain.starts_with("E0012: a reserved word used as a name\n\n"), "{plain}");
    assert!(plain.contains("\n    input relation Port(name: string, type: string)\n"), "{plain}");
    assert!(!plain.contains("```"), "{plain}");
}

/// `E0012` and `W0001`.
fn is_code(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 5 && matches!(bytes[0], b'E' | b'W') && bytes[1..].iter().all(u8::is_ascii_digit)
}

/// The codes that files of a folder are named after.
fn codes_of_names(folder: &Path, extension: &str) -> BTreeSet<String> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let named = paths.filter(|path| path.extension().is_some_and(|found| found == extension));
    named.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect()
}

/// Codes in quotes in the Rust files below a folder, their tests apart.
fn codes_in_sources(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("tests") && !path.ends_with("target") {
            codes_in_sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let text = text.split("mod tests {").next().unwrap();
            found.extend(text.split('"').filter(|word| is_code(word)).map(str::to_owned));
        }
    }
}
