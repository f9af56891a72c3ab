//! Commands over a connection to a daemon.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;

use serde_json::{Value as Json, json};
use weir_engine::command::{Command, CommandParser};
use weir_engine::profile::Profile;

use super::RemoteError;
use super::commits::plain;
use super::connection::Connection;
use crate::converse::gather;
use crate::error::ShellError;
use crate::help;
use crate::input::{Input, Read};
use crate::report::Reporter;
use crate::shell::Mode;
use crate::statement::stands_alone;

/// A connection to a daemon and what is known of it.
pub struct Session {
    connection: Connection,
    /// Name and role.
    relations: Vec<(String, String)>,
    watching: bool,
    reporter: Reporter,
}

enum Next {
    Continue,
    Exit,
}

/// What became of a command: an error is text for whoever gave it.
type Outcome = Result<Next, String>;

impl Session {
    /// Asks whoever is at the other end what relations there are.
    ///
    /// # Errors
    /// It says nothing, or is no daemon.
    pub fn open(stream: UnixStream) -> Result<Session, RemoteError> {
        let mut connection = Connection::new(stream)?;
        let answer = connection.ask(&json!({"relations": true}))?;
        let relations = answer["relations"]
            .as_array()
            .ok_or_else(|| RemoteError::Stranger(answer.to_string().chars().take(200).collect()))?;
        let relations =
            relations.iter().map(|relation| (plain(&relation["name"]), plain(&relation["role"]))).collect();
        Ok(Session { connection, relations, watching: false, reporter: Reporter::default() })
    }

    /// Names and roles of the daemon's relations.
    pub fn relations(&self) -> &[(String, String)] {
        &self.relations
    }

    /// Says how watched commits are printed, from another thread. To be called once, before anything is watched. A
    /// person is also told at once when the daemon ends.
    pub fn show_commits(&mut self, mode: Mode, show: impl FnMut(String) + Send + 'static) {
        self.connection.show_with(mode, show);
    }

    /// Reads commands until the input or an `exit` ends them. Errors go to `complaints`; the first one ends a script.
    /// When a script is over and it watches something, the session goes on until the daemon ends.
    ///
    /// # Errors
    /// The input, an output or the daemon is gone.
    pub fn converse(
        mut self,
        input: &mut impl Input,
        mode: Mode,
        out: &mut impl Write,
        complaints: &mut impl Write,
    ) -> Result<ExitCode, RemoteError> {
        let mut pending = String::new();
        loop {
            let read = match mode {
                Mode::Script => input.read("", "")?,
                Mode::Person => gather(input, ">> ", is_whole)?,
            };
            match read {
                Read::Text(text) => {
                    pending.push_str(&without_comment(&text));
                    if mode == Mode::Person && stands_alone(&text) {
                        pending.push(';');
                    }
                }
                Read::Interrupted => pending.clear(),
                Read::End => break,
            }
            while let Some(end) = end_of_command(&pending) {
                let command: String = pending.drain(..=end).collect();
                let outcome = self.execute(command.trim_end_matches(';').trim(), out, complaints)?;
                out.flush()?;
                match (outcome, mode) {
                    (Ok(Next::Continue), _) => {}
                    (Ok(Next::Exit), _) => return Ok(ExitCode::SUCCESS),
                    (Err(error), Mode::Script) => {
                        writeln!(complaints, "Error: {error:?}")?;
                        return Ok(ExitCode::FAILURE);
                    }
                    (Err(error), Mode::Person) => {
                        writeln!(complaints, "Error: {error}")?;
                        pending.clear();
                    }
                }
            }
        }
        if self.watching && mode == Mode::Script {
            self.connection.outlast();
            return Err(RemoteError::Ended);
        }
        Ok(ExitCode::SUCCESS)
    }

    fn execute(
        &mut self,
        command: &str,
        out: &mut impl Write,
        complaints: &mut impl Write,
    ) -> Result<Outcome, RemoteError> {
        let (word, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
        let names: Vec<&str> =
            rest.split([',', ' ', '\n', '\t']).map(str::trim).filter(|name| !name.is_empty()).collect();
        let unknown = names.iter().find(|name| !self.is_known(name));
        if let Some(unknown) = unknown.filter(|_| matches!(word, "dump" | "watch")) {
            return Ok(Err(format!("Unknown relation {unknown}")));
        }
        match (word, names.as_slice()) {
            ("", _) => {}
            ("exit" | "quit", []) => return Ok(Ok(Next::Exit)),
            ("help", []) => write!(complaints, "{}", help::REMOTE)?,
            ("relations", []) => {
                for (name, role) in &self.relations {
                    writeln!(out, "{role:<8} {name}")?;
                }
            }
            ("echo", _) => writeln!(out, "{}", rest.trim_start())?,
            ("dump", [name]) => return self.show(&json!({"dump": name}), out),
            ("dump", _) => {
                return Ok(Err("dump takes the name of one relation; `relations;` lists them".into()));
            }
            ("watch", names) => {
                if let Some(derived) = names.iter().find(|name| !self.is_output(name)) {
                    return Ok(Err(format!(
                        "{derived} is not an output relation: only those can be watched"
                    )));
                }
                self.watching = true;
                return self.show(&json!({"watch": names}), out);
            }
            ("why", _) => return self.why(rest, out),
            ("profile", _) => return self.profile(command, out),
            ("status", []) => return self.show(&json!({"status": true}), out),
            ("exit" | "quit" | "help" | "relations" | "status", _) => {
                return Ok(Err(format!("{word} stands alone")));
            }
            (other, _) => {
                return Ok(Err(format!("unknown command `{other}`; `help;` lists what there is")));
            }
        }
        Ok(Ok(Next::Continue))
    }

    /// Asks, and prints the answer.
    fn show(&mut self, request: &Json, out: &mut impl Write) -> Result<Outcome, RemoteError> {
        let answer = self.connection.ask(request)?;
        if let Some(error) = answer["error"].as_str() {
            return Ok(Err(error.to_owned()));
        }
        for row in answer["rows"].as_array().into_iter().flatten() {
            match row[1].as_i64() {
                Some(1) | None => writeln!(out, "{}", plain(&row[0]))?,
                Some(weight) => writeln!(out, "{} {weight:+}", plain(&row[0]))?,
            }
        }
        let status = answer["status"].as_object();
        let width = status.into_iter().flatten().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, value) in status.into_iter().flatten() {
            writeln!(out, "{name:width$}  {}", plain(value))?;
        }
        Ok(Ok(Next::Continue))
    }

    /// `why R(..)`, `why not R(..)`: the daemon finds the answer.
    fn why(&mut self, rest: &str, out: &mut impl Write) -> Result<Outcome, RemoteError> {
        let rest = rest.trim();
        let request = match rest.strip_prefix("not").filter(|of| of.starts_with(char::is_whitespace)) {
            Some(of) => json!({"whynot": of.trim()}),
            None => json!({"why": rest}),
        };
        let answer = self.connection.ask(&request)?;
        if let Some(error) = answer["error"].as_str() {
            return Ok(Err(error.to_owned()));
        }
        write!(out, "{}", plain(&answer["text"]))?;
        Ok(Ok(Next::Continue))
    }

    /// `profile` and its kin: the daemon counts, what is told of it is decided here.
    fn profile(&mut self, command: &str, out: &mut impl Write) -> Result<Outcome, RemoteError> {
        let mut parser = CommandParser::new();
        parser.feed(command);
        parser.feed(";");
        let report = match parser.finish() {
            Ok(Some(Command::Profile(None))) => None,
            Ok(Some(Command::Report(report))) => Some(report),
            Ok(_) => return Ok(Err("a daemon counts all the time: nothing is to be switched".into())),
            Err(error) => return Ok(Err(error.kind.to_string())),
        };
        let mut answer = self.connection.ask(&json!({"profile": true}))?;
        if let Some(error) = answer["error"].as_str() {
            return Ok(Err(error.to_owned()));
        }
        let profile: Profile = match serde_json::from_value(answer["profile"].take()) {
            Ok(profile) => profile,
            Err(error) => return Ok(Err(format!("the daemon is of another version: {error}"))),
        };
        match self.reporter.report(profile, report.as_ref(), out) {
            Ok(()) => Ok(Ok(Next::Continue)),
            Err(ShellError::Io(error)) => Err(error.into()),
            Err(error) => Ok(Err(error.to_string())),
        }
    }

    fn is_known(&self, name: &str) -> bool {
        self.relations.iter().any(|(known, _)| known == name)
    }

    fn is_output(&self, name: &str) -> bool {
        self.relations.iter().any(|(known, role)| known == name && role == "output")
    }
}

/// Where a command ends: at the first `;`, of a question about a record at the first that is not in a text.
fn end_of_command(text: &str) -> Option<usize> {
    if !text.trim_start().starts_with("why") {
        return text.find(';');
    }
    let (mut quoted, mut escaped) = (false, false);
    for (at, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ';' if !quoted => return Some(at),
            _ => {}
        }
    }
    None
}

/// Whether nothing is left open: a command ends with `;`.
fn is_whole(text: &str) -> bool {
    let text = without_comment(text);
    stands_alone(&text) || text.trim().is_empty() || text.trim().ends_with(';')
}

/// A line that begins with `#` says nothing.
fn without_comment(text: &str) -> String {
    let lines = text.split_inclusive('\n');
    lines.filter(|line| !line.trim_start().starts_with('#')).collect()
}
