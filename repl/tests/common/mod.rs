//! Shells over strings.
#![allow(clippy::unwrap_used, dead_code)]

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use weir_engine::diagnostics::render;
use weir_engine::engine::Config;
use weir_repl::{Live, Mode, Outputs, Script, Shell, converse};

/// A running program.
pub(crate) fn start(program: &Path) -> Live {
    Live::open(Some(program), &[], Outputs::default(), Config::default())
        .unwrap_or_else(|(sources, diagnostics)| panic!("{}", render(&sources, &diagnostics, false)))
}

/// What commands print, and what they complain about.
pub(crate) fn printed(live: Live, mode: Mode, commands: &str) -> (String, String) {
    let (out, mut err) = (Screen::default(), Screen::default());
    let mut shell = Shell::new(live, out.clone(), mode);
    shell.show_initial().unwrap();
    converse(&mut Script(commands.as_bytes()), &mut shell, &mut err).unwrap();
    (out.text(), err.text())
}

/// Empty if the file holds the text (no file, no text), the difference otherwise.
pub(crate) fn same_or_write(file: &Path, text: &str) -> String {
    if std::env::var("WEIR_GOLDEN").is_ok_and(|value| value == "write") {
        match text {
            "" => drop(std::fs::remove_file(file)),
            _ => std::fs::write(file, text).unwrap(),
        }
        return String::new();
    }
    let expected = std::fs::read_to_string(file).unwrap_or_default();
    if expected == text {
        return String::new();
    }
    format!("== {}: expected\n{expected}== but\n{text}\n", file.display())
}

/// Output that several can write to and look at.
#[derive(Clone, Default)]
pub(crate) struct Screen(Arc<Mutex<Vec<u8>>>);

impl Screen {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
