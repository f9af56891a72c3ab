//! The tutorial, followed to the letter: files as it has them written, the shell as it has it typed to, commands in a shell, frames
//! through a real switch. What is printed must be what the tutorial shows; `UPDATE=1` writes what was printed, to be judged.
//!
//! ```` ```dl FILE ```` (or another language) adds to a file; ```` ```session ```` is typed after `>> ` (and `.. `) into one shell that lives until it is
//! left; ```` ```console ```` is typed after `$ ` into one bash. `console by-hand` is done by this test in its own way.
#![allow(clippy::unwrap_used)]

use std::cell::RefCell;
use std::fs::{self, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::rc::Rc;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};

use tempfile::TempDir;
use weir_engine::engine::Config;
use weir_engine::ir::Program;
use weir_lab::{Lab, LabBuilder, PATIENCE};
use weir_repl::{Input, Live, Mode, Outputs, Read, Shell, converse};

#[test]
fn the_tutorial_can_be_followed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = root.join("docs/tutorial.md");
    let text = fs::read_to_string(&file).unwrap();
    let reader = Rc::new(RefCell::new(Reader::new(&text, root)));
    loop {
        let Some(program) = reader.borrow_mut().until_a_shell() else { break };
        let screen = reader.borrow().screen.clone();
        let live = Live::open(
            Some(Path::new(&program)),
            &[root.join("rules")],
            Outputs::default(),
            Config::default(),
        );
        let live = live.unwrap_or_else(|(sources, diagnostics)| {
            panic!("{}", weir_engine::diagnostics::render(&sources, &diagnostics, false))
        });
        let mut shell = Shell::new(live, screen.clone(), Mode::Person);
        converse(&mut Typist(Rc::clone(&reader)), &mut shell, &mut screen.clone()).unwrap();
    }
    let done = std::mem::take(&mut reader.borrow_mut().done);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&file, done).unwrap();
        return;
    }
    for (number, (told, happened)) in text.lines().zip(done.lines()).enumerate() {
        assert_eq!(told, happened, "docs/tutorial.md, line {}", number + 1);
    }
    assert_eq!(text, done, "docs/tutorial.md ends otherwise");
}

/// Who reads the tutorial, from its first line to its last, and does what it says.
struct Reader {
    lines: std::vec::IntoIter<String>,
    block: Option<Block>,
    /// The tutorial so far, with what was really printed.
    done: String,
    /// What the shell has printed and is not in `done`.
    screen: Screen,
    bash: Bash,
    /// Where the files are written and all commands run.
    directory: TempDir,
    lab: Option<Lab>,
}

enum Block {
    Prose,
    File(PathBuf),
    Session,
    Console,
    ByHand,
}

/// What is to be done with a line.
enum Step {
    /// A shell is to be started on this program.
    Start(String),
    /// A line is to be typed into it.
    Type(String),
    /// Nothing any more.
    End,
}

impl Reader {
    fn new(text: &str, root: &Path) -> Reader {
        let directory = TempDir::new().unwrap();
        // The tutorial finds this repository at ~/weir.
        let home = directory.path().join("home");
        fs::create_dir(&home).unwrap();
        std::os::unix::fs::symlink(root, home.join("weir")).unwrap();
        let office = directory.path().join("office");
        fs::create_dir(&office).unwrap();
        // The shell runs within this process; this is its only test.
        std::env::set_current_dir(&office).unwrap();
        Reader {
            lines: text.lines().map(str::to_owned).collect::<Vec<_>>().into_iter(),
            block: None,
            done: String::new(),
            screen: Screen::default(),
            bash: Bash::start(&office, &home),
            directory,
            lab: None,
        }
    }

    fn directory(&self) -> PathBuf {
        self.directory.path().join("office")
    }

    /// Reads until a shell is to be started; `None` at the end.
    fn until_a_shell(&mut self) -> Option<String> {
        match self.step() {
            Step::Start(program) => Some(program),
            Step::End => None,
            Step::Type(line) => panic!("no shell is there to type `{line}` into"),
        }
    }

    fn step(&mut self) -> Step {
        // What the line before made the shell print.
        let printed = self.screen.take();
        self.done.push_str(&printed);
        while let Some(line) = self.lines.next() {
            let fence = line.strip_prefix("```");
            match (&self.block, fence) {
                (None, Some(kind)) => {
                    self.write(&line);
                    self.block = Some(self.begin(kind));
                }
                (Some(_), Some(_)) => {
                    self.write(&line);
                    self.block = None;
                }
                (None | Some(Block::Prose), None) => self.write(&line),
                (Some(Block::File(path)), None) => {
                    let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
                    writeln!(file, "{line}").unwrap();
                    self.write(&line);
                }
                (Some(Block::Session), None) => {
                    if let Some(command) = line.strip_prefix("$ weir repl ") {
                        self.write(&line);
                        return Step::Start(command.split_whitespace().next().unwrap().to_owned());
                    }
                    if let Some(typed) = line.strip_prefix(">> ").or_else(|| line.strip_prefix(".. ")) {
                        self.write(&line);
                        return Step::Type(format!("{typed}\n"));
                    }
                }
                (Some(Block::Console), None) => {
                    if let Some(command) = line.strip_prefix("$ ") {
                        self.write(&line);
                        let printed = self.bash.run(command);
                        self.done.push_str(&printed);
                    }
                }
                (Some(Block::ByHand), None) => {
                    self.write(&line);
                    if line.contains(" lab ") {
                        self.start_lab();
                    }
                }
            }
        }
        Step::End
    }

    fn begin(&self, kind: &str) -> Block {
        match kind.split_once(' ') {
            Some(("console", "by-hand")) => Block::ByHand,
            Some((_, file)) => Block::File(self.directory().join(file)),
            None if kind == "session" => Block::Session,
            None if kind == "console" => Block::Console,
            _ => Block::Prose,
        }
    }

    fn write(&mut self, line: &str) {
        self.done.push_str(line);
        self.done.push('\n');
    }

    /// `make lab`, but where nobody else's is in the way, and gone when the test is.
    fn start_lab(&mut self) {
        let lab = LabBuilder::new().start(1).unwrap();
        self.bash.run(&format!("export OVS_RUNDIR={}", lab.hv(1).dir().display()));
        self.lab = Some(lab);
    }
}

/// The shell's input: what the tutorial says to type next.
struct Typist(Rc<RefCell<Reader>>);

impl Input for Typist {
    fn read(&mut self, _: &str, _: &str) -> io::Result<Read> {
        Ok(match self.0.borrow_mut().step() {
            Step::Type(line) => Read::Text(line),
            Step::Start(program) => panic!("a shell on {program} inside of another"),
            Step::End => Read::End,
        })
    }

    fn program_changed(&mut self, _: &Program) {}
}

/// What a shell prints.
#[derive(Clone, Default)]
struct Screen(Arc<Mutex<Vec<u8>>>);

impl Screen {
    fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A bash that commands are typed into, one after the other.
struct Bash {
    directory: PathBuf,
    process: Child,
    input: ChildStdin,
    output: Receiver<String>,
}

/// Printed after each command.
const DONE: &str = "==done==";

impl Bash {
    fn start(directory: &Path, home: &Path) -> Bash {
        let weir = Path::new(env!("CARGO_BIN_EXE_weir")).parent().unwrap();
        let path = format!("{}:{}:/usr/sbin:/sbin", weir.display(), std::env::var("PATH").unwrap());
        let mut process = Command::new("bash")
            .process_group(0)
            .args(["--noprofile", "--norc"])
            .current_dir(directory)
            .env("PATH", path)
            .env("HOME", home)
            .env("NO_COLOR", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = process.stdin.take().unwrap();
        let printed = BufReader::new(process.stdout.take().unwrap());
        let (lines, output) = channel();
        std::thread::spawn(move || {
            for line in printed.lines() {
                if lines.send(line.unwrap()).is_err() {
                    return;
                }
            }
        });
        let mut bash = Bash { directory: directory.to_owned(), process, input, output };
        bash.run("exec 2>&1");
        bash
    }

    /// What the command prints.
    fn run(&mut self, command: &str) -> String {
        writeln!(self.input, "{command}\necho {DONE}").unwrap();
        self.input.flush().unwrap();
        let mut printed = String::new();
        loop {
            match self.output.recv_timeout(PATIENCE) {
                Ok(line) if line == DONE => return printed,
                // Bash tells of a job that was killed when it happens to notice; a person sees it at the next prompt.
                Ok(line) if line.contains(": line ") && line.contains(" Killed ") => {}
                Ok(line) => {
                    printed.push_str(&line);
                    printed.push('\n');
                }
                Err(error) => {
                    let log = fs::read_to_string(self.directory.join("weir.log")).unwrap_or_default();
                    panic!("`{command}`: {error}; it has printed\n{printed}\nthe log:\n{log}");
                }
            }
        }
    }
}

impl Drop for Bash {
    fn drop(&mut self) {
        // The daemons of the tutorial, too: whatever was started from it is of its group.
        let _ = Command::new("kill").args(["-9", "--", &format!("-{}", self.process.id())]).status();
        let _ = self.process.wait();
    }
}
