//! `weir repl` as a process: its options, exit codes and streams.
#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

const PROGRAM: &str = "
import lib
input relation In(x: bigint)
relation Between(x: bigint)
output relation Out(x: bigint)
Between(x + lib::one()) :- In(x).
Out(x) :- Between(x).
Out(0).
";

const LIBRARY: &str = "function one(): bigint = 1\n";

const COMMANDS: &str = "start;\ninsert In(4);\ncommit dump_changes;\n";

struct Case {
    directory: TempDir,
}

impl Case {
    /// A program, and a library in a directory of its own.
    fn new(program: &str) -> Case {
        let directory = TempDir::new().unwrap();
        std::fs::create_dir(directory.path().join("lib")).unwrap();
        std::fs::write(directory.path().join("lib/lib.dl"), LIBRARY).unwrap();
        std::fs::write(directory.path().join("program.dl"), program).unwrap();
        Case { directory }
    }

    fn run(&self, options: &[&str], commands: &str) -> Output {
        let mut child = Command::new(Path::new(env!("CARGO_BIN_EXE_weir")))
            .args(["repl", "program.dl", "-L", "lib"])
            .args(options)
            .current_dir(self.directory.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that is refused does not read its commands.
        let _ = child.stdin.take().unwrap().write_all(commands.as_bytes());
        child.wait_with_output().unwrap()
    }

    /// What it prints when all goes well.
    fn prints(&self, options: &[&str], commands: &str) -> String {
        let output = self.run(options, commands);
        assert!(output.status.success(), "{output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        String::from_utf8(output.stdout).unwrap()
    }
}

#[test]
fn a_pipe_is_a_script_with_and_without_saying_so() {
    let case = Case::new(PROGRAM);
    let expected = "Out:\nOut{.x = 0}: +1\nOut:\nOut{.x = 5}: +1\n";
    assert_eq!(case.prints(&["--batch"], COMMANDS), expected);
    assert_eq!(case.prints(&[], COMMANDS), expected);
}

#[test]
fn options_say_what_is_shown() {
    let case = Case::new(PROGRAM);
    assert_eq!(case.prints(&["--no-init-snapshot"], COMMANDS), "Out:\nOut{.x = 5}: +1\n");
    assert_eq!(
        case.prints(&["--no-init-snapshot", "--output-internal-relations"], COMMANDS),
        "Between:\nBetween{.x = 5}: +1\nOut:\nOut{.x = 5}: +1\n"
    );
    assert_eq!(
        case.prints(&["--no-init-snapshot", "--output-input-relations", "Copy_"], COMMANDS),
        "Copy_In:\nIn{.x = 4}: +1\nOut:\nOut{.x = 5}: +1\n"
    );
}

#[test]
fn an_incomplete_last_command_is_ignored() {
    let case = Case::new(PROGRAM);
    assert_eq!(case.prints(&["--no-init-snapshot"], "echo one;\necho two"), "one\n");
}

#[test]
fn the_first_error_of_a_script_ends_it_with_exit_code_1() {
    let output = Case::new(PROGRAM).run(&["--batch", "--no-init-snapshot"], "dump \"x\";\necho no;\n");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stdout, b"");
    let expected = "Error: \"line 1, column 6: expected a relation or `;`, found `\\\"`\"\n";
    assert_eq!(String::from_utf8_lossy(&output.stderr), expected);
}

#[test]
fn a_wrong_program_is_explained_and_not_run() {
    let output = Case::new("output relation Out(x: bigint)\nOut(y).\n").run(&[], COMMANDS);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stdout, b"");
    assert!(String::from_utf8_lossy(&output.stderr).contains("program.dl:2:5"), "{output:?}");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let case = Case::new(PROGRAM);
    let mut child = Command::new(env!("CARGO_BIN_EXE_weir"))
        .args(["repl", "program.dl", "-L", "lib"])
        .current_dir(case.directory.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let _ = child.stdin.take().unwrap().write_all("echo one;\n".repeat(100).as_bytes());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(output.stderr, b"");
}

#[test]
fn nobody_at_the_socket_is_said_plainly() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_weir")).args(["repl", "--connect", "none.sock"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("cannot connect to none.sock") && said.contains("weir run"), "{said}");
}
