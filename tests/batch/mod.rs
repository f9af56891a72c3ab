//! `weir` as a script runs it: what it prints, and how it ends.
#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// What `weir repl --batch` prints, run beside the program; if it ends in an error, the error and the exit code as well.
/// Warnings are left out.
pub(crate) fn run(program: &Path, flags: &str, commands: &str) -> String {
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
        let complaints = String::from_utf8(output.stderr).unwrap();
        let lines = complaints.split_inclusive('\n');
        printed.extend(lines.skip_while(|line| !line.starts_with("error") && !line.starts_with("Error")));
        printed += &format!("{}\n", output.status);
    }
    printed
}

/// What `weir check` says of a program, and the exit code.
pub(crate) fn check(program: &Path) -> (String, i32) {
    let output = Command::new(env!("CARGO_BIN_EXE_weir"))
        .arg("check")
        .arg(program.file_name().unwrap())
        .current_dir(program.parent().unwrap())
        .output()
        .unwrap();
    (String::from_utf8(output.stderr).unwrap(), output.status.code().unwrap())
}
