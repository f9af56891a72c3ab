//! The reference manual, run: every program in it is what it says it is.
//!
//! The blocks ```` ```dl ```` of a section make one program, each adding to those before it; `dl,new` starts another,
//! `dl,module=a/b` is a file beside it, and `dl,fails=E0123` must be refused with that code when added. ```` ```dat ````
//! are commands for the program so far and ```` ```output ```` exactly what it prints (without commands: what its facts
//! give). A line of ```` ```eval ```` is an expression and, after `//`, its value as `to_string_debug` writes it.
//! `UPDATE=1` writes what was printed, to be judged.
#![allow(clippy::unwrap_used)]

mod batch;

use std::fs;
use std::path::Path;

use libtest_mimic::{Arguments, Failed, Trial};
use tempfile::TempDir;

fn main() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/language.md");
    let text = fs::read_to_string(&file).unwrap();
    let sections = sections(&text);
    if std::env::var_os("UPDATE").is_some() {
        let updated: String = sections.iter().map(|section| Book::new().section(section).0).collect();
        fs::write(&file, updated).unwrap();
        return;
    }
    let trials = sections.into_iter().filter(|section| section.contains("\n```")).map(|section| {
        let name = section.lines().next().unwrap_or_default().trim_start_matches(['#', ' ']).to_owned();
        Trial::test(name, move || {
            let (_, mistakes) = Book::new().section(&section);
            if mistakes.is_empty() { Ok(()) } else { Err(Failed::from(mistakes.join("\n"))) }
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit();
}

/// The text cut before each heading.
fn sections(text: &str) -> Vec<String> {
    let mut sections = vec![String::new()];
    let mut fenced = false;
    for line in text.split_inclusive('\n') {
        fenced ^= line.starts_with("```");
        if line.starts_with('#') && !fenced {
            sections.push(String::new());
        }
        sections.last_mut().unwrap().push_str(line);
    }
    sections
}

/// The program of a section, as far as it was read.
struct Book {
    directory: TempDir,
    program: String,
    commands: String,
}

impl Book {
    fn new() -> Book {
        Book { directory: TempDir::new().unwrap(), program: String::new(), commands: String::new() }
    }

    /// The section with everything that was printed in its place, and what was wrong with it before.
    fn section(mut self, text: &str) -> (String, Vec<String>) {
        let mut mistakes = Vec::new();
        let mut updated = String::new();
        let mut rest = text;
        while let Some(start) = rest.find("```") {
            let (before, fenced) = rest.split_at(start);
            let (tag, body) = fenced[3..].split_once('\n').unwrap();
            let (body, after) = body.split_once("```\n").unwrap_or_else(|| panic!("unclosed: {tag}"));
            let right = self.block(tag, body, &mut mistakes);
            updated += &format!("{before}```{tag}\n{right}```\n");
            rest = after;
        }
        (updated + rest, mistakes)
    }

    /// What the block should be.
    fn block(&mut self, tag: &str, body: &str, mistakes: &mut Vec<String>) -> String {
        let printed = match tag.split_once(',').unwrap_or((tag, "")) {
            ("dl", option) => {
                if let Some(code) = option.strip_prefix("fails=") {
                    let (said, _) = self.check(body);
                    if !said.contains(&format!("error[{code}]")) {
                        mistakes.push(format!("{code} expected for\n{body}\nbut\n{said}"));
                    }
                    return body.to_owned();
                }
                if let Some(path) = option.strip_prefix("module=") {
                    let file = self.directory.path().join(path).with_extension("dl");
                    fs::create_dir_all(file.parent().unwrap()).unwrap();
                    fs::write(file, body).unwrap();
                    return body.to_owned();
                }
                if option == "new" {
                    self.program.clear();
                }
                let (said, code) = self.check(body);
                if code != 0 {
                    mistakes.push(format!("{body}\n{said}"));
                }
                self.program += body;
                return body.to_owned();
            }
            ("dat", _) => {
                self.commands = body.to_owned();
                return body.to_owned();
            }
            ("output", flags) => {
                let commands = std::mem::take(&mut self.commands);
                batch::run(&self.write(""), flags, &commands)
            }
            ("eval", _) => self.eval(body, mistakes),
            _ => return body.to_owned(),
        };
        if printed != body {
            mistakes.push(format!("it says\n{body}\nbut gives\n{printed}"));
        }
        printed
    }

    /// Each expression with its value.
    fn eval(&self, body: &str, mistakes: &mut Vec<String>) -> String {
        let expressions: Vec<&str> = body
            .lines()
            .map(|line| line.rsplit_once(" // ").map_or(line, |(expression, _)| expression))
            .collect();
        let widest = expressions.iter().map(|e| e.trim_end().chars().count()).max().unwrap_or_default();
        let mut program = String::from("\noutput relation Value__(n: u32, text: string)\n");
        for (n, expression) in expressions.iter().enumerate() {
            program += &format!("Value__({n}, text) :- var text = to_string_debug({expression}).\n");
        }
        let printed = batch::run(&self.write(&program), "", "");
        let values: Vec<&str> = printed.lines().filter(|line| line.starts_with("Value__{")).collect();
        if values.len() != expressions.len() {
            mistakes.push(printed);
            return body.to_owned();
        }
        let mut right = String::new();
        for (expression, value) in expressions.iter().zip(values) {
            let text = value.split_once(".text = ").unwrap().1.strip_suffix("}: +1").unwrap();
            let text: String = serde_json::from_str(text).unwrap();
            right += &format!("{:widest$}  // {text}\n", expression.trim_end());
        }
        right
    }

    fn check(&self, more: &str) -> (String, i32) {
        batch::check(&self.write(more))
    }

    fn write(&self, more: &str) -> std::path::PathBuf {
        let file = self.directory.path().join("main.dl");
        fs::write(&file, format!("{}{more}", self.program)).unwrap();
        file
    }
}
