//! `weir repl` on a terminal, as a person has it: a pseudo-terminal is typed into, and what a screen would show is read.
#![allow(clippy::unwrap_used)]

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZero;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use nix::pty::{Winsize, openpty};
use tempfile::TempDir;

const PROGRAM: &str = "
typedef Medium = Copper | Fiber{km: double}
input relation Switch(name: string, site: string) primary key (s) s.name
input relation Link(a: string, b: string, medium: Medium)
output relation Reach(a: string, b: string)
Reach(a, b) :- Link(a, b, _).
Reach(a, c) :- Reach(a, b), Link(b, c, _).
";

/// Longer than any of this takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

const ROWS: u16 = 40;
const COLUMNS: u16 = 80;

const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";
const CTRL_R: &str = "\x12";
const UP: &str = "\x1b[A";
const RIGHT: &str = "\x1b[C";

/// A shell on a terminal of its own.
struct Terminal {
    keyboard: File,
    screen: Arc<Mutex<vt100::Parser>>,
    child: Child,
    directory: TempDir,
}

impl Terminal {
    fn start(program: Option<&str>, environment: &[(&str, &str)]) -> Terminal {
        let directory = TempDir::new().unwrap();
        if let Some(program) = program {
            std::fs::write(directory.path().join("program.dl"), program).unwrap();
        }
        let size = Winsize { ws_row: ROWS, ws_col: COLUMNS, ws_xpixel: 0, ws_ypixel: 0 };
        let pair = openpty(Some(&size), None).unwrap();
        let side = || Stdio::from(pair.slave.try_clone().unwrap());
        // Keys such as Ctrl-C reach the process only if the terminal is its controlling one.
        let child = Command::new("setsid")
            .args(["--ctty", "--wait", env!("CARGO_BIN_EXE_weir"), "repl"])
            .args(program.map(|_| "program.dl"))
            .current_dir(directory.path())
            .env("HOME", directory.path())
            .env("TERM", "xterm")
            .env_remove("NO_COLOR")
            .envs(environment.iter().copied())
            .stdin(side())
            .stdout(side())
            .stderr(side())
            .spawn()
            .unwrap();
        let screen = Arc::new(Mutex::new(vt100::Parser::new(size_of(ROWS), size_of(COLUMNS), 0)));
        let mut output = File::from(pair.master.try_clone().unwrap());
        let shown = screen.clone();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(length @ 1..) = output.read(&mut bytes) {
                shown.lock().unwrap().process(&bytes[..length]);
            }
        });
        let mut terminal = Terminal { keyboard: File::from(pair.master), screen, child, directory };
        terminal.wait_for("`.help` tells");
        terminal.wait_for_prompt();
        terminal
    }

    fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// Types a line, and waits until the shell wants the next one.
    fn say(&mut self, line: &str) {
        let before = self.prompts();
        self.press(&format!("{line}\r"));
        self.wait(|terminal| terminal.prompts() > before && terminal.is_at_prompt());
    }

    /// Ctrl-C at the prompt, up to the next one.
    fn drop_line(&mut self) {
        let before = self.prompts();
        self.press(CTRL_C);
        self.wait(|terminal| terminal.prompts() > before && terminal.is_at_prompt());
    }

    fn text(&self) -> String {
        let contents = self.screen.lock().unwrap().screen().contents();
        contents.lines().map(|line| format!("{}\n", line.trim_end())).collect()
    }

    /// Prompts on the screen.
    fn prompts(&self) -> usize {
        self.text().lines().filter(|line| line.contains(">>") || line.starts_with("..")).count()
    }

    fn is_at_prompt(&self) -> bool {
        self.text().lines().last().is_some_and(|line| line.ends_with(">>") || line.starts_with(".."))
    }

    fn wait_for_prompt(&mut self) {
        self.wait(Terminal::is_at_prompt);
    }

    fn wait_for(&mut self, text: &str) {
        self.wait(|terminal| terminal.text().contains(text));
    }

    fn wait(&mut self, ready: impl Fn(&Terminal) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !ready(self) {
            assert!(Instant::now() < deadline, "the screen stays\n{}", self.text());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The last lines, without the prompt.
    fn last(&self, lines: usize) -> String {
        let text = self.text();
        let all: Vec<&str> = text.lines().collect();
        let end = all.len() - 1;
        all[end.saturating_sub(lines)..end].join("\n")
    }

    /// The colour of the first cell that begins this text in the last line.
    fn colour_of(&self, text: &str) -> vt100::Color {
        let parser = self.screen.lock().unwrap();
        let screen = parser.screen();
        let (row, _) = screen.cursor_position();
        let line = screen.rows(0, COLUMNS).nth(row.into()).unwrap();
        let column = line.find(text).unwrap_or_else(|| panic!("no {text} in {line}")) as u16;
        screen.cell(row, column).unwrap().fgcolor()
    }
}

fn size_of(length: u16) -> NonZero<u16> {
    NonZero::new(length).unwrap()
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_session_shows_what_changes_and_leaves_with_ctrl_d() {
    let mut terminal = Terminal::start(Some(PROGRAM), &[]);
    assert_eq!(terminal.text().lines().count(), 2, "{}", terminal.text());
    terminal.say("insert Link(\"a\", \"b\", Copper);");
    assert_eq!(terminal.last(2), "Reach:\nReach{.a = \"a\", .b = \"b\"}: +1");
    terminal.say(".mode table");
    terminal.say("insert Link(\"b\", \"c\", Fiber{3.5});");
    assert!(terminal.last(1).starts_with("└───"), "{}", terminal.text());
    terminal.press(CTRL_D);
    assert!(terminal.child.wait().unwrap().success());
    let history = std::fs::read_to_string(terminal.directory.path().join(".weir_history")).unwrap();
    assert!(history.contains("insert Link(\"a\", \"b\", Copper);"), "{history}");
}

#[test]
fn rules_go_on_for_lines_and_are_called_back_as_one() {
    let mut terminal = Terminal::start(None, &[]);
    terminal.say("input relation Edge(a: string, b: string)");
    terminal.say("output relation Back(a: string, b: string)");
    terminal.say("insert Edge(\"x\", \"y\");");
    terminal.say("Back(b, a) :-");
    assert!(terminal.text().lines().last().unwrap().starts_with(".."), "{}", terminal.text());
    terminal.wait_for("an empty line gives up");
    terminal.say("  Edge(a, b).");
    assert_eq!(terminal.last(3), "added rule 1\nBack:\nBack{.a = \"y\", .b = \"x\"}: +1");
    terminal.say(".drop 1");
    terminal.press("Ba");
    terminal.press(UP);
    terminal.wait_for(">> Back(b, a) :-\n  Edge(a, b).");
    terminal.say("");
    terminal.wait_for("added rule 2");
    // What was not finished is dropped, and the next line is read for itself.
    terminal.say("Back(q, q) :-");
    terminal.drop_line();
    terminal.say("?- Back(x, \"x\").");
    assert!(terminal.last(2).ends_with("1 row"), "{}", terminal.text());
}

#[test]
fn fields_show_names_are_completed_and_the_past_is_at_hand() {
    let mut terminal = Terminal::start(Some(PROGRAM), &[]);
    terminal.press("insert Switch(");
    terminal.wait_for("insert Switch(name: string, site: string)");
    terminal.press("\"s\", \"rome\");\r");
    terminal.wait_for("no output relation has changed");
    terminal.press("dump Sw\t");
    terminal.wait_for(">> dump Switch;");
    terminal.press("\r");
    terminal.wait_for("Switch{.name = \"s\", .site = \"rome\"}");
    // The rest of an earlier line is there to be taken.
    terminal.press("insert S");
    terminal.wait_for(">> insert Switch(\"s\", \"rome\");");
    terminal.press(RIGHT);
    terminal.drop_line();
    terminal.press(".sch\t");
    terminal.wait_for(">> .schema");
    terminal.drop_line();
    terminal.press(CTRL_R);
    terminal.press("dum");
    terminal.wait_for("(reverse-i-search)`dum': dump Switch;");
    terminal.drop_line();
    terminal.press("?- Rea\t");
    terminal.wait_for("?- Reach");
    terminal.press("(x, y), Lin\t");
    terminal.wait_for("?- Reach(x, y), Link");
    terminal.drop_line();
    terminal.press(".load prog\t");
    terminal.wait_for(".load program.dl");
}

#[test]
fn what_is_typed_has_colours_unless_they_are_not_wanted() {
    let mut terminal = Terminal::start(Some(PROGRAM), &[]);
    terminal.press("insert Switch(\"s\", 5");
    terminal.wait_for("5");
    let colours = ["insert", "Switch", "\"s\"", "5"].map(|text| terminal.colour_of(text));
    assert!(colours.iter().all(|colour| *colour != vt100::Color::Default), "{colours:?}");
    assert!(colours.windows(2).all(|two| two[0] != two[1]), "{colours:?}");

    let mut plain = Terminal::start(Some(PROGRAM), &[("NO_COLOR", "1")]);
    plain.press("insert Switch(\"s\", 5");
    plain.wait_for("5");
    assert_eq!(plain.colour_of("insert"), vt100::Color::Default);
    plain.drop_line();
    plain.say("Reach(a, b) :- Lnik(a, b, _).");
    plain.wait_for("unknown relation");
    let screen = plain.screen.lock().unwrap();
    let coloured = (0..ROWS).flat_map(|row| (0..COLUMNS).map(move |column| (row, column)));
    let mut coloured = coloured.filter_map(|(row, column)| screen.screen().cell(row, column));
    assert!(coloured.all(|cell| cell.fgcolor() == vt100::Color::Default));
}

#[test]
fn ctrl_c_stops_what_runs_and_the_shell_stays() {
    let program = "input relation Start(n: bigint)\noutput relation Number(n: bigint)\n\
                   Number(n) :- Start(n).\nNumber(n + 1) :- Number(n), n < 1000000000000.\n\
                   input relation Other(x: string)\noutput relation Same(x: string)\nSame(x) :- Other(x).\n";
    let mut terminal = Terminal::start(Some(program), &[]);
    terminal.press("insert Start(0);\r");
    terminal.wait_for(">> insert Start(0);");
    // It may not have begun yet: whoever presses a key does not know either.
    std::thread::sleep(Duration::from_millis(300));
    terminal.press(CTRL_C);
    terminal.wait_for("cancelled");
    terminal.wait_for_prompt();
    terminal.say("dump Start;");
    terminal.say("insert Other(\"still here\");");
    assert_eq!(terminal.last(2), "Same:\nSame{.x = \"still here\"}: +1");
    terminal.press("mssleep 1000000;\r");
    std::thread::sleep(Duration::from_millis(100));
    terminal.press(CTRL_C);
    terminal.wait(|terminal| terminal.text().matches("cancelled").count() == 2);
}
