//! A stream of text to a stream of commands.

use num_bigint::BigInt;

use super::error::{CommandError, CommandErrorKind};
use super::locate;
use super::scan::{Scanned, Scanner, Stop};
use super::{Command, Profile, ProfileSwitch, Record, Report, Update, fits, tuple_of};
use crate::why::Question;

/// Text below this size is parsed again whenever some is added; above, a command that is still incomplete is tried
/// again when the text has doubled or could have ended, so that long records cost no more than a few passes.
const EAGER: usize = 1024;

/// Turns text, given in pieces of any size, into commands.
///
/// After an error the rest of the text can still be read: [`CommandParser::skip_command`] goes past the next `;`,
/// [`CommandParser::clear`] drops all of it.
#[derive(Clone, Debug)]
pub struct CommandParser {
    text: String,
    /// What of `text` was consumed.
    at: usize,
    /// No attempt before there is that much text left, unless a `;` comes.
    retry_at: usize,
    line: usize,
    column: usize,
    /// Where the newest command began.
    begun: (usize, usize),
    /// The same in `text`, while it is there.
    begun_text: Option<usize>,
}

impl Default for CommandParser {
    fn default() -> Self {
        CommandParser::new()
    }
}

impl CommandParser {
    /// With no text yet, at line 1.
    pub fn new() -> Self {
        CommandParser {
            text: String::new(),
            at: 0,
            retry_at: 0,
            line: 1,
            column: 1,
            begun: (1, 1),
            begun_text: None,
        }
    }

    /// Adds text.
    pub fn feed(&mut self, text: &str) {
        self.text.drain(..self.at);
        self.at = 0;
        self.begun_text = None;
        self.text.push_str(text);
        if text.contains(';') {
            self.retry_at = 0;
        }
    }

    /// The next command; `None` if more text is needed.
    pub fn next_command(&mut self) -> Result<Option<Command>, CommandError> {
        self.skip_blanks();
        if self.is_idle() || self.text.len() - self.at < self.retry_at {
            return Ok(None);
        }
        self.begun = (self.line, self.column);
        self.begun_text = Some(self.at);
        let mut scanner = Scanner::new(&self.text, self.at);
        match command(&mut scanner) {
            Ok(command) => {
                let end = scanner.at;
                self.advance(end);
                Ok(Some(command))
            }
            Err(Stop::Incomplete) => {
                let pending = self.text.len() - self.at;
                self.retry_at = if pending < EAGER { 0 } else { 2 * pending };
                Ok(None)
            }
            Err(Stop::Wrong(at, kind)) => {
                let (line, column) = self.place(at);
                Err(CommandError { line, column, kind })
            }
        }
    }

    /// The next command when no more text will come: looks even at text that seemed not worth another attempt. What is
    /// still incomplete then is no command.
    pub fn finish(&mut self) -> Result<Option<Command>, CommandError> {
        self.retry_at = 0;
        self.next_command()
    }

    /// Line and column, from 1, at which the newest command began, of those that [`Self::next_command`] gave.
    pub fn begun_at(&self) -> (usize, usize) {
        self.begun
    }

    /// Line and column, from 1, of what the newest command is about: the relation, index or value behind its first
    /// word. To be asked before more text is fed.
    pub fn operand_at(&self) -> (usize, usize) {
        self.within(locate::operand)
    }

    /// Line and column, from 1, of a part of the record in the newest command, found as [`RecordError::way`] has it: the
    /// key of `delete_key` and `modify`, the arguments of `query_index`. To be asked before more text is fed.
    ///
    /// [`RecordError::way`]: crate::value::RecordError::way
    pub fn part_at(&self, way: &[usize]) -> (usize, usize) {
        self.within(|scanner| locate::part(scanner, way).or_else(|_| locate::operand(scanner)))
    }

    /// Line and column, from 1, of the text that was not consumed.
    pub fn position(&self) -> (usize, usize) {
        (self.line, self.column)
    }

    /// The place of something in the newest command; its begin if it is not found.
    fn within(&self, find: impl FnOnce(&mut Scanner) -> Scanned<usize>) -> (usize, usize) {
        let Some(start) = self.begun_text else { return self.begun };
        match find(&mut Scanner::new(&self.text, start)) {
            Ok(found) => after(self.begun, &self.text[start..found]),
            Err(_) => self.begun,
        }
    }

    /// Drops all text that was not consumed; lines go on counting.
    pub fn clear(&mut self) {
        self.advance(self.text.len());
    }

    /// Drops text up to and with the next `;`, or all of it.
    pub fn skip_command(&mut self) {
        let end = self.text[self.at..].find(';').map_or(self.text.len(), |at| self.at + at + 1);
        self.advance(end);
    }

    /// Consumes and gives everything up to the next `;`, if there is one: for commands a shell adds of its own.
    pub fn take_raw(&mut self) -> Option<String> {
        let start = self.at;
        let end = start + self.text[start..].find(';')?;
        let raw = self.text[start..end].trim().to_owned();
        self.advance(end + 1);
        Some(raw)
    }

    /// The first word of the text that was not consumed.
    pub fn first_word(&self) -> Option<&str> {
        let rest = self.text[self.at..].trim_start();
        let length = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        (length > 0).then(|| &rest[..length])
    }

    /// Whether no command has been begun: only blanks are left.
    pub fn is_idle(&self) -> bool {
        self.text[self.at..].trim_start_matches([' ', '\t', '\r', '\n']).is_empty()
    }

    fn skip_blanks(&mut self) {
        let mut scanner = Scanner::new(&self.text, self.at);
        scanner.blanks();
        let at = scanner.at;
        self.advance(at);
    }

    fn advance(&mut self, to: usize) {
        if to == self.at {
            return;
        }
        (self.line, self.column) = self.place(to);
        self.at = to;
        self.retry_at = 0;
    }

    /// Line and column of an offset that was not consumed.
    fn place(&self, at: usize) -> (usize, usize) {
        after((self.line, self.column), &self.text[self.at..at])
    }
}

/// Line and column behind a text that begins at a line and column.
fn after((line, column): (usize, usize), passed: &str) -> (usize, usize) {
    match passed.rfind('\n') {
        None => (line, column + passed.chars().count()),
        Some(last) => (line + passed.matches('\n').count(), passed[last + 1..].chars().count() + 1),
    }
}

fn command(scanner: &mut Scanner) -> Scanned<Command> {
    if scanner.peek()? == '#' {
        let length = scanner.rest().find('\n').ok_or(Stop::Incomplete)?;
        let text = scanner.rest()[1..length].trim().to_owned();
        scanner.at += length + 1;
        return Ok(Command::Comment(text));
    }
    let start = scanner.at;
    let command = match scanner.name("a command")? {
        "start" => Command::Start,
        "commit" => Command::Commit { dump_changes: flag(scanner, "dump_changes")? },
        "rollback" => Command::Rollback,
        "timestamp" => Command::Timestamp,
        "memory" => Command::Memory,
        "profile" => match report(scanner)? {
            Some(report) => Command::Report(report),
            None => Command::Profile(profile(scanner)?),
        },
        "dump" => Command::Dump(match scanner.peek()? {
            ';' => None,
            _ => Some(scanner.name("a relation or `;`")?.to_owned()),
        }),
        "clear" => Command::Clear(scanner.name("a relation")?.to_owned()),
        "echo" => {
            let length = scanner.rest().find(';').ok_or(Stop::Incomplete)?;
            let text = scanner.rest()[..length].to_owned();
            scanner.at += length;
            Command::Echo(text)
        }
        "log_level" => Command::LogLevel(number(scanner)?),
        "mssleep" => Command::MsSleep(number(scanner)?),
        "exit" => Command::Exit,
        "query_index" => {
            let index = scanner.name("an index")?.to_owned();
            scanner.expect("(", "`(`")?;
            Command::QueryIndex { index, key: tuple_of(scanner.records(")", "`,` or `)`")?) }
        }
        "why" => match scanner.name("a relation or `not`")? {
            "not" => {
                let relation = scanner.name("a relation")?.to_owned();
                Command::WhyNot(question(scanner, relation)?)
            }
            relation => Command::Why(question(scanner, relation.to_owned())?),
        },
        "dump_index" => Command::DumpIndex(scanner.name("an index")?.to_owned()),
        word => match update(word, scanner)? {
            Some(update) => {
                let last = !scanner.eat(",")?;
                if last {
                    scanner.expect(";", "`;` or `,`")?;
                }
                return Ok(Command::Update { update, last });
            }
            None => return Err(Stop::Wrong(start, CommandErrorKind::UnknownCommand(word.to_owned()))),
        },
    };
    scanner.expect(";", "`;`")?;
    Ok(command)
}

fn update(word: &str, scanner: &mut Scanner) -> Scanned<Option<Update>> {
    Ok(Some(match word {
        "insert" => {
            let (relation, record) = relation_record(scanner)?;
            Update::Insert { relation, record }
        }
        "insert_or_update" => {
            let (relation, record) = relation_record(scanner)?;
            Update::InsertOrUpdate { relation, record }
        }
        "delete" => {
            let (relation, record) = relation_record(scanner)?;
            Update::Delete { relation, record }
        }
        "delete_key" => {
            let relation = scanner.name("a relation")?.to_owned();
            Update::DeleteKey { relation, key: scanner.record()? }
        }
        "modify" => {
            let relation = scanner.name("a relation")?.to_owned();
            let key = scanner.record()?;
            scanner.expect("<-", "`<-`")?;
            Update::Modify { relation, key, changes: scanner.record()? }
        }
        _ => return Ok(None),
    }))
}

/// `R(a, ..)`, `R(.f = a, ..)` or `R[record]`
fn relation_record(scanner: &mut Scanner) -> Scanned<(String, Record)> {
    let relation = scanner.name("a relation")?;
    let record = match scanner.eat("[")? {
        true => {
            let record = scanner.record()?;
            scanner.expect("]", "`]`")?;
            record
        }
        false => {
            scanner.expect("(", "`(` or `[`")?;
            scanner.fields(relation, ")", "`,` or `)`")?
        }
    };
    Ok((relation.to_owned(), record))
}

/// What is known of a record: as for updates, `R{.f = a}` as dumps have it, or nothing.
fn question(scanner: &mut Scanner, relation: String) -> Scanned<Question> {
    let record = match scanner.peek()? {
        ';' => Record::Positional("_".to_owned(), Vec::new()),
        '[' => {
            scanner.eat("[")?;
            let record = scanner.record()?;
            scanner.expect("]", "`]`")?;
            record
        }
        '{' => {
            scanner.eat("{")?;
            scanner.fields(&relation, "}", "`,` or `}`")?
        }
        _ => {
            scanner.expect("(", "`(`, `{`, `[` or `;`")?;
            scanner.fields(&relation, ")", "`,` or `)`")?
        }
    };
    Ok(Question { relation, record })
}

/// What `profile` is followed by, unless it is one of the switches or nothing.
fn report(scanner: &mut Scanner) -> Scanned<Option<Report>> {
    if scanner.peek()? == ';' {
        return Ok(None);
    }
    let start = scanner.at;
    Ok(Some(match scanner.name(PROFILE)? {
        "json" => Report::Json,
        "slow" => Report::Slow,
        "mark" => Report::Mark,
        "all" => Report::All,
        "html" => {
            let at = scanner.at;
            match scanner.record()? {
                Record::String(file) => Report::Html(file),
                _ => {
                    scanner.at = at;
                    return scanner.wrong("the name of a file in quotes");
                }
            }
        }
        _ => {
            scanner.at = start;
            return Ok(None);
        }
    }))
}

const PROFILE: &str = "`json`, `html`, `slow`, `mark`, `all`, `cpu`, `change` or `timely`";

fn profile(scanner: &mut Scanner) -> Scanned<Option<ProfileSwitch>> {
    if scanner.peek()? == ';' {
        return Ok(None);
    }
    let profile = word_of(
        scanner,
        PROFILE,
        &[("cpu", Profile::Cpu), ("change", Profile::Change), ("timely", Profile::Timely)],
    )?;
    let on = word_of(scanner, "`on` or `off`", &[("on", true), ("off", false)])?;
    Ok(Some(ProfileSwitch { profile, on }))
}

/// Whether this word follows; nothing else but `;` may.
fn flag(scanner: &mut Scanner, word: &'static str) -> Scanned<bool> {
    if scanner.peek()? == ';' {
        return Ok(false);
    }
    word_of(scanner, "`dump_changes` or `;`", &[(word, true)])
}

/// One of these words.
fn word_of<T: Copy>(scanner: &mut Scanner, expected: &'static str, words: &[(&str, T)]) -> Scanned<T> {
    let start = scanner.at;
    let name = scanner.name(expected)?;
    if let Some(&(_, value)) = words.iter().find(|(word, _)| *word == name) {
        return Ok(value);
    }
    scanner.at = start;
    scanner.wrong(expected)
}

fn number<T: TryFrom<BigInt>>(scanner: &mut Scanner) -> Scanned<T> {
    let start = scanner.at;
    let value = scanner.integer()?;
    fits(value.clone()).ok_or_else(|| Stop::Wrong(start, CommandErrorKind::OutOfRange(value.to_string())))
}
