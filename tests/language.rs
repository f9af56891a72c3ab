//! What the language means, by example: `engine/tests/language/NAME.dl` run with the commands in `NAME.dat` prints
//! `NAME.expected`, to the byte. A program without commands is one that is refused: its file holds where and why.
//!
//! A first line `# weir: FLAGS` of the commands gives flags to `weir repl`. `UPDATE=1` writes what was printed;
//! what it wrote must then be judged against the language, not taken for it.
#![allow(clippy::unwrap_used)]

mod batch;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::{Arguments, Failed, Trial};

fn main() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("engine/tests/language");
    let mut programs: Vec<PathBuf> = fs::read_dir(&cases)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "dl"))
        .collect();
    programs.sort();
    let trials = programs.into_iter().map(|program| {
        let name = program.file_stem().unwrap().to_string_lossy().into_owned();
        Trial::test(name, move || case(&program))
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit();
}

fn case(program: &Path) -> Result<(), Failed> {
    let commands = program.with_extension("dat");
    let printed = if commands.exists() { run(program, &commands) } else { refusal(program) };
    let expected = program.with_extension("expected");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&expected, printed).unwrap();
        return Ok(());
    }
    match fs::read_to_string(&expected).unwrap_or_default() {
        same if same == printed => Ok(()),
        other => Err(format!("expected\n{other}\n== but it printed\n{printed}").into()),
    }
}

fn run(program: &Path, commands: &Path) -> String {
    let commands = fs::read_to_string(commands).unwrap();
    let flags = commands.lines().next().and_then(|line| line.strip_prefix("# weir: ")).unwrap_or_default();
    batch::run(program, flags, &commands)
}

/// The lines with errors or warnings, and the code of the first in each: the rest is a matter of taste.
fn refusal(program: &Path) -> String {
    let (diagnostics, code) = batch::check(program);
    let mut lines: BTreeMap<u32, &str> = BTreeMap::new();
    let mut found = None;
    for line in diagnostics.lines() {
        if line.starts_with("error[") || line.starts_with("warning[") {
            found = line.split_inclusive(']').next();
        } else if let (Some(place), Some(code)) = (line.trim_start().strip_prefix("--> "), found.take()) {
            let number = place.split(':').nth(1).unwrap().parse().unwrap();
            lines.entry(number).or_insert(code);
        }
    }
    let lines: String = lines.iter().map(|(number, code)| format!("{number}: {code}\n")).collect();
    format!("{lines}exit code: {code}\n")
}
