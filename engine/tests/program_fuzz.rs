//! Nothing that is given to the front end makes it panic, hang or run out of stack: mutated programs, random text, and
//! things many times within each other.
//!
//! The test takes the same inputs each time. To look for new ones:
//! `WEIR_FUZZ_SECONDS=600 cargo test --release -p weir-engine --test program_fuzz -- --nocapture`, which begins at
//! `WEIR_FUZZ_SEED` and adds the `.dl` files below `WEIR_FUZZ_CORPUS`. Each input is written to the file
//! `weir-fuzz-input.dl` in the directory for temporary files before it is tried.
#![allow(clippy::unwrap_used)]

#[path = "../fuzz/mutate.rs"]
mod mutate;
#[path = "../fuzz/targets.rs"]
mod targets;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mutate::Chance;

/// How long one input may take in an optimised build, on a machine that does other things too.
const BUDGET: Duration = Duration::from_secs(5);

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

/// Texts of programs: those of the fuzz corpora, or all there are. What the test tries must not depend on other tests.
fn corpus(all: bool) -> Vec<String> {
    let engine = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    let more: &[&str] = if all { &["tests", "src/stdlib", "../docs", "../rules"] } else { &[] };
    for folder in ["fuzz/corpus/parse", "fuzz/corpus/program"].iter().chain(more) {
        files(&engine.join(folder), &mut paths);
    }
    if let Ok(more) = std::env::var("WEIR_FUZZ_CORPUS") {
        files(Path::new(&more), &mut paths);
    }
    paths.sort();
    let mut texts = Vec::new();
    for path in paths {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("dl") | None => texts.push(text),
            Some("md") => {
                let blocks = text.split("```dl").skip(1).filter_map(|rest| rest.split_once('\n'));
                texts.extend(blocks.filter_map(|(_, rest)| Some(rest.split_once("```")?.0.to_owned())));
            }
            Some(_) => {}
        }
    }
    texts
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

#[test]
fn programs_are_refused_or_planned() {
    let seconds = number("WEIR_FUZZ_SECONDS");
    let corpus = corpus(seconds.is_some());
    assert!(corpus.len() >= 10, "{}", corpus.len());
    let first = number("WEIR_FUZZ_SEED").unwrap_or(0);
    let Some(seconds) = seconds else {
        let mut seen = [0; 3];
        for seed in first..first + 150 {
            let stage = targets::program(&mutate::input(&corpus, &mut Chance::new(seed)));
            seen[stage as usize] += 1;
        }
        // Mutations that the parser all refuses would try nothing else.
        assert!(seen.iter().all(|n| *n >= 5), "{seen:?}");
        return;
    };
    let input_file = std::env::temp_dir().join("weir-fuzz-input.dl");
    let start = Instant::now();
    let mut seed = first;
    let (mut slow, mut failed, mut seen) = (0, 0, [0; 3]);
    while start.elapsed() < Duration::from_secs(seconds) {
        let input = mutate::input(&corpus, &mut Chance::new(seed));
        std::fs::write(&input_file, &input).unwrap();
        let began = Instant::now();
        if let Ok(stage) = std::panic::catch_unwind(|| targets::program(&input)) {
            seen[stage as usize] += 1;
        } else {
            failed += 1;
            println!("seed {seed} fails");
            std::fs::write(std::env::temp_dir().join(format!("weir-fuzz-failed-{seed}.dl")), &input).unwrap();
        }
        if began.elapsed() > BUDGET {
            slow += 1;
            println!("seed {seed} takes {:?}", began.elapsed());
            std::fs::write(std::env::temp_dir().join(format!("weir-fuzz-slow-{seed}.dl")), &input).unwrap();
        }
        seed += 1;
    }
    println!("{} inputs from seed {first}: refused text, refused program, planned: {seen:?}", seed - first);
    assert_eq!((failed, slow), (0, 0));
}
