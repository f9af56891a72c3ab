//! The other end: what `weir feed send` and `weir feed tail` do.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{SyncSender, sync_channel};

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

/// What the sending side tells the one that reads answers.
enum Progress {
    /// A line with an answer to come was sent; with `wait`, another when it is installed.
    Owed { installed: bool },
    /// All has been sent.
    End,
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
    mut show: impl FnMut(&Json),
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
        let sender = scope.spawn(move || {
            let done = send_lines(file, &mut writer, numbered.then_some(last), &progress);
            let _ = progress.send(Progress::End);
            (done, writer)
        });
        let mut sent = Sent::default();
        let mut installs = 0;
        let mut unanswered = 0;
        let mut all_sent = false;
        let outcome = loop {
            if !all_sent && unanswered == 0 && installs == 0 {
                match owed.recv() {
                    Ok(Progress::Owed { installed }) => {
                        unanswered += 1;
                        installs += u64::from(installed);
                    }
                    Ok(Progress::End) | Err(_) => all_sent = true,
                }
            }
            while let Ok(progress) = owed.try_recv() {
                match progress {
                    Progress::Owed { installed } => {
                        unanswered += 1;
                        installs += u64::from(installed);
                    }
                    Progress::End => all_sent = true,
                }
            }
            if all_sent && unanswered == 0 && installs == 0 {
                break Ok(sent);
            }
            if unanswered == 0 && installs == 0 {
                continue;
            }
            let answer = match answer(&mut reader) {
                Ok(Some(answer)) => answer,
                Ok(None) => break Err(SendError::Ended { unanswered: unanswered + installs }),
                Err(source) => break Err(SendError::Io { address: address.clone(), source }),
            };
            show(&answer);
            if answer.get("committed").is_some() {
                sent.committed += 1;
                unanswered -= 1;
            } else if answer.get("duplicate").is_some() {
                sent.duplicate += 1;
                unanswered -= 1;
                installs = installs.saturating_sub(1);
            } else if answer.get("rejected").is_some() {
                sent.rejected += 1;
                unanswered -= 1;
                installs = installs.saturating_sub(1);
            } else if answer.get("installed").is_some() {
                installs -= 1;
            } else if answer.get("pong").is_some() || answer.get("subscribed").is_some() {
                unanswered -= 1;
            } else if let Some(error) = answer["error"].as_str() {
                break Err(SendError::Refused(error.to_owned()));
            }
        };
        // A sender that waits for room must not wait for ever.
        drop(owed);
        match (outcome, sender.join()) {
            (Ok(_), Ok((Err(error), _))) => Err(error),
            (outcome, _) => outcome,
        }
    })
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
    progress: &SyncSender<Progress>,
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
        let answered = is_transaction || members.contains_key("ping") || members.contains_key("subscribe");
        // Before the line itself, or its answer could come first. Whoever reads the answers says why if it has gone.
        if answered && progress.send(Progress::Owed { installed }).is_err() {
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
