//! The sessions of the user guide, run: what it says is what happens.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Screen, start};
use weir_repl::{Mode, Script, Shell, converse};

#[test]
fn the_guide_shows_what_the_shell_prints() {
    check(include_str!("../../docs/shell.md"), 10);
}

#[test]
fn the_page_about_why_shows_what_the_shell_prints() {
    check(include_str!("../../docs/why.md"), 5);
}

/// Runs the sessions of a page, of more than so many commands, on the program that the page shows first.
fn check(guide: &str, fewest: usize) {
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("reach.dl");
    std::fs::write(&program, blocks(guide, "").next().unwrap()).unwrap();

    let sessions: String = blocks(guide, "session").collect();
    let command = |line: &str| {
        let (prompt, command) = line.split_once(">> ")?;
        (prompt.is_empty() || prompt.starts_with('[')).then(|| format!("{command}\n"))
    };
    let commands: String = sessions.lines().filter_map(command).collect();
    let printed = sessions.lines().filter(|line| command(line).is_none()).map(|line| format!("{line}\n"));
    assert!(commands.lines().count() > fewest);

    let mut screen = Screen::default();
    let mut shell = Shell::new(start(&program), screen.clone(), Mode::Person);
    converse(&mut Script(commands.as_bytes()), &mut shell, &mut screen).unwrap();
    let text = screen.text().replace('\r', "␍").replace(&*directory.path().join("").to_string_lossy(), "");
    assert_eq!(text, printed.collect::<String>());
}

/// The contents of the fenced blocks of that language.
fn blocks<'t>(text: &'t str, language: &'t str) -> impl Iterator<Item = &'t str> {
    let fenced = text.split("```").skip(1).step_by(2);
    fenced
        .filter_map(|block| block.split_once('\n'))
        .filter(move |(word, _)| *word == language)
        .map(|(_, text)| text)
}
