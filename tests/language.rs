//! What the language means, by example: `engine/tests/language/NAME.dl` run with the commands in `NAME.dat` prints
//! `NAME.expected`, to the byte. A program without commands is one that is refused: its file holds where and why.
//!
//! A first line `# weir: FLAGS` of the commands gives flags to `weir repl`. `UPDATE=1` writes what was printed;
//! what it wrote must then be judged against the language, not taken for it.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

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

/// What the program prints; if it ends in an error, the error and the exit code as well.
fn run(program: &Path, commands: &Path) -> String {
    let commands = fs::read_to_string(commands).unwrap();
    let flags = commands.lines().next().and_then(|line| line.strip_prefix("# weir: ")).unwrap_or_default();
    let mut weir = Command::new(env!("CARGO_BIN_EXE_weir"))
        .args(["repl", "--batch"])
        .args(flags.split_whitespace())
        .arg(program.file_name().unwrap())
        .current_dir(program.parent().unwrap())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // One that ends early does not read all of it.
    let _ = weir.stdin.take().unwrap().write_all(commands.as_bytes());
    let output = weir.wait_with_output().unwrap();
    let mut printed = String::from_utf8(output.stdout).unwrap();
    if !output.status.success() {
        printed += &String::from_utf8(output.stderr).unwrap();
        printed += &format!("{}\n", output.status);
    }
    printed
}

/// The code and the place of each error and warning: how they are worded is not a matter of the language.
fn refusal(program: &Path) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_weir"))
        .arg("check")
        .arg(program.file_name().unwrap())
        .current_dir(program.parent().unwrap())
        .output()
        .unwrap();
    let diagnostics = String::from_utf8(output.stderr).unwrap();
    let mut printed = String::new();
    for line in diagnostics.lines() {
        if line.starts_with("error[") || line.starts_with("warning[") {
            printed += &line[..=line.find(']').unwrap()];
        } else if let Some(place) = line.trim_start().strip_prefix("--> ") {
            printed += &format!(" {place}\n");
        }
    }
    printed + &format!("{}\n", output.status)
}
