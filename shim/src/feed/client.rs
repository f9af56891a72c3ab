//! The other end: what `weir feed send` and `weir feed tail` do.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use serde_json::{Value as Json, json};
use thiserror::Error;

use super::serve::FeedAddress;

/// Lines sent ahead of their answers.
const AHEAD: usize = 128;

/// What came of sending a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sent {
    /// Transactions that are durable.
    pub committed: u64,
    /// Transactions that had been committed before.
    pub duplicate: u64,
    /// Transactions that were refused.
    pub rejected: u64,
}

/// The feed was not sent to its end.
#[derive(Debug, Error)]
pub enum SendError {
    /// Weir cannot be reached, or the connection broke.
    #[error("{address}: {source}")]
    Io {
        /// Where.
        address: FeedAddress,
        /// Why.
        source: io::Error,
    },
    /// The file cannot be read.
    #[error("cannot read line {line}: {source}")]
    File {
        /// Its line, from 1.
        line: u64,
        /// Why.
        source: io::Error,
    },
    /// A line of the file is no JSON object.
    #[error("line {line} is no JSON object: {problem}")]
    Line {
        /// Its line, from 1.
        line: u64,
        /// Why.
        problem: String,
    },
    /// Weir did not understand a line.
    #[error("refused: {0}")]
    Refused(String),
    /// Weir ended the connection before it had answered everything.
    #[error(
        "Weir ended the connection; {unanswered} lines are not answered: send the file again, under the same --client"
    )]
    Ended {
        /// How many.
        unanswered: u64,
    },
}

/// A connection to a feed.
struct Connection {
    reader: BufReader<Box<dyn Read + Send>>,
    writer: Box<dyn Write + Send>,
}

/// An answer to come to a line that is sent.
enum Owed {
    /// To a transaction; with `installed`, another follows when it is there.
    Transaction { installed: bool },
    /// To anything else.
    Echo,
}

/// Answers that have not come yet.
#[derive(Default)]
struct Outstanding {
    /// Of transactions, in order: whether each waits until it is installed.
    transactions: VecDeque<bool>,
    installs: u64,
    echoes: u64,
}

/// Sends the lines of `file`. With a client's name, transactions without a number get that of their line, and those that
/// Weir has from an earlier attempt are not sent again. Each answer is given to `show`.
///
/// # Errors
/// See [`SendError`].
pub fn send(
    address: &FeedAddress,
    client: Option<&str>,
    file: impl BufRead + Send,
    show: impl FnMut(&Json),
) -> Result<Sent, SendError> {
    let broken = |source| SendError::Io { address: address.clone(), source };
    let Connection { mut reader, mut writer } = connect(address).map_err(broken)?;
    let mut last = 0;
    if let Some(client) = client {
        writeln!(writer, "{}", json!({"hello": {"client": client}})).map_err(broken)?;
        let welcome = answer(&mut reader).map_err(broken)?.ok_or(SendError::Ended { unanswered: 0 })?;
        last = welcome["welcome"]["last"].as_u64().ok_or_else(|| SendError::Refused(welcome.to_string()))?;
    }
    let (progress, owed) = sync_channel(AHEAD);
    std::thread::scope(|scope| {
        let numbered = client.is_some();
        let sender = scope.spawn(move || send_lines(file, &mut writer, numbered.then_some(last), &progress));
        let outcome = answers(address, &mut reader, &owed, show);
        // A sender that waits for room must not wait for ever.
        drop(owed);
        match (outcome, sender.join()) {
            (Ok(_), Ok(Err(error))) => Err(error),
            (outcome, _) => outcome,
        }
    })
}

/// Reads answers until all has been sent and none is owed any more.
fn answers(
    address: &FeedAddress,
    reader: &mut impl BufRead,
    owed: &Receiver<Owed>,
    mut show: impl FnMut(&Json),
) -> Result<Sent, SendError> {
    let mut sent = Sent::default();
    let mut outstanding = Outstanding::default();
    loop {
        if outstanding.is_none() {
            // Nothing is to be read before the next line is sent; there is none once the sender has ended.
            let Ok(next) = owed.recv() else { return Ok(sent) };
            outstanding.add(next);
        }
        owed.try_iter().for_each(|next| outstanding.add(next));
        let answer = answer(reader).map_err(|source| SendError::Io { address: address.clone(), source })?;
        let answer = answer.ok_or_else(|| SendError::Ended { unanswered: outstanding.count() })?;
        show(&answer);
        if answer.get("committed").is_some() {
            sent.committed += 1;
            outstanding.installs += u64::from(outstanding.answered());
        } else if answer.get("duplicate").is_some() {
            sent.duplicate += 1;
            outstanding.answered();
        } else if answer.get("rejected").is_some() {
            sent.rejected += 1;
            outstanding.answered();
        } else if answer.get("installed").is_some() {
            outstanding.installs = outstanding.installs.saturating_sub(1);
        } else if answer.get("pong").is_some() || answer.get("subscribed").is_some() {
            outstanding.echoes = outstanding.echoes.saturating_sub(1);
        } else if let Some(error) = answer["error"].as_str() {
            return Err(SendError::Refused(error.to_owned()));
        }
    }
}

impl Outstanding {
    fn add(&mut self, owed: Owed) {
        match owed {
            Owed::Transaction { installed } => self.transactions.push_back(installed),
            Owed::Echo => self.echoes += 1,
        }
    }

    /// The first transaction has been answered. Whether it waits until it is installed.
    fn answered(&mut self) -> bool {
        self.transactions.pop_front().unwrap_or(false)
    }

    fn count(&self) -> u64 {
        self.transactions.len() as u64 + self.installs + self.echoes
    }

    fn is_none(&self) -> bool {
        self.count() == 0
    }
}

/// Shows every commit's changes of these relations, for ever.
///
/// # Errors
/// Weir cannot be reached, does not know a relation, or ended the connection.
pub fn tail(
    address: &FeedAddress,
    relations: &[String],
    mut show: impl FnMut(&Json),
) -> Result<(), SendError> {
    let broken = |source| SendError::Io { address: address.clone(), source };
    let Connection { mut reader, mut writer } = connect(address).map_err(broken)?;
    writeln!(writer, "{}", json!({"subscribe": relations})).map_err(broken)?;
    let first = answer(&mut reader).map_err(broken)?.ok_or(SendError::Ended { unanswered: 1 })?;
    if first.get("subscribed").is_none() {
        let text = first["notice"].as_str().or(first["error"].as_str()).map(str::to_owned);
        return Err(SendError::Refused(text.unwrap_or_else(|| first.to_string())));
    }
    while let Some(changes) = answer(&mut reader).map_err(broken)? {
        show(&changes);
    }
    Err(SendError::Ended { unanswered: 0 })
}

/// Sends lines; with `last`, numbers transactions by their line and leaves out those up to it.
fn send_lines(
    file: impl BufRead,
    writer: &mut impl Write,
    last: Option<u64>,
    progress: &SyncSender<Owed>,
) -> Result<(), SendError> {
    let mut in_snapshot = false;
    for (number, text) in (1_u64..).zip(file.lines()) {
        let text = text.map_err(|source| SendError::File { line: number, source })?;
        if text.trim().is_empty() {
            continue;
        }
        let bad = |problem: String| SendError::Line { line: number, problem };
        let mut line: Json = serde_json::from_str(&text).map_err(|error| bad(error.to_string()))?;
        let members = line.as_object_mut().ok_or_else(|| bad("it is something else".to_owned()))?;
        let (begins, ends) = (members.contains_key("begin"), members.contains_key("end"));
        in_snapshot = (in_snapshot || begins) && !ends;
        let is_transaction = ends || members.contains_key("ops") && !in_snapshot;
        if let (true, Some(last)) = (is_transaction, last) {
            let seq = members.entry("seq").or_insert(number.into()).as_u64();
            if !ends && seq.is_some_and(|seq| seq <= last) {
                continue;
            }
        }
        let installed = is_transaction && members.get("wait").is_some_and(|wait| wait == "installed");
        let echoed = members.contains_key("ping") || members.contains_key("subscribe");
        let owed =
            if is_transaction { Some(Owed::Transaction { installed }) } else { echoed.then_some(Owed::Echo) };
        // Before the line itself, or its answer could come first. Whoever reads the answers says why if it has gone.
        if owed.is_some_and(|owed| progress.send(owed).is_err()) {
            return Ok(());
        }
        if writeln!(writer, "{line}").and_then(|()| writer.flush()).is_err() {
            return Ok(());
        }
    }
    Ok(())
}

fn answer(reader: &mut impl BufRead) -> io::Result<Option<Json>> {
    let mut text = String::new();
    match reader.read_line(&mut text)? {
        0 => Ok(None),
        _ => serde_json::from_str(&text).map(Some).map_err(io::Error::other),
    }
}

fn connect(address: &FeedAddress) -> io::Result<Connection> {
    let (reader, writer): (Box<dyn Read + Send>, Box<dyn Write + Send>) = match address {
        FeedAddress::Tcp(address) => {
            let stream = TcpStream::connect(address)?;
            stream.set_nodelay(true)?;
            (Box::new(stream.try_clone()?), Box::new(stream))
        }
        FeedAddress::Unix(path) => {
            let stream = UnixStream::connect(path)?;
            (Box::new(stream.try_clone()?), Box::new(stream))
        }
        FeedAddress::Ssl(_) => {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "use the unix or tcp address of the daemon",
            ));
        }
        FeedAddress::Standard => {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "a daemon's standard input is not ours to reach",
            ));
        }
    };
    Ok(Connection { reader: BufReader::new(reader), writer })
}
