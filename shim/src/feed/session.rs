//! One connection: lines in, submissions to the driver, answers out.

use std::sync::Arc;

use futures::{SinkExt, StreamExt};
use serde_json::Value as Json;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast, mpsc, oneshot};
use tokio_util::codec::{Framed, LinesCodec, LinesCodecError};
use weir_engine::ir::RelationId;

use super::installed::Waiting;
use super::intent::Rejected;
use super::protocol::{
    Answer, BeginLine, EndLine, Last, Line, LineError, PROTOCOL, TransactionLine, Wait, read_line,
};
use super::serve::Feed;
use super::table::Op;
use super::value::write;
use crate::driver::CommitRecord;

/// Longest line taken, in bytes.
pub(super) const MAX_LINE: usize = 64 << 20;

/// Transactions of one connection that may be unanswered; then nothing more is read from it.
const WINDOW: usize = 256;

/// What a connection asks of the driver.
#[derive(Debug)]
pub enum Submission {
    /// How far a client has come.
    Hello {
        /// Its name.
        client: String,
        /// Takes its last transaction.
        last: oneshot::Sender<u64>,
    },
    /// To be committed.
    Transaction(Transaction),
}

/// A transaction of a feed.
#[derive(Debug)]
pub struct Transaction {
    pub(super) client: Option<String>,
    pub(super) seq: Option<u64>,
    /// Or what of the line does not fit the rules: refused in its turn, so that answers keep their order.
    pub(super) ops: Result<Vec<Op>, Rejected>,
    /// A snapshot of these relations: rows that are not in `ops` go.
    pub(super) replaced: Option<Vec<Arc<str>>>,
    wait: Wait,
    answers: mpsc::UnboundedSender<Reply>,
    /// Given back when its answer has been written.
    permit: OwnedSemaphorePermit,
}

/// An answer, and the room in the window that it frees.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) answer: Answer,
    /// Whether another answer follows when the switches have confirmed.
    owes_another: bool,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Reply {
    /// An answer that frees nothing.
    pub(super) fn of(answer: Answer) -> Reply {
        Reply { answer, owes_another: false, _permit: None }
    }
}

impl Transaction {
    /// It was refused.
    pub fn reject(self, rejected: Rejected) {
        let seq = self.seq;
        self.answer(Answer::Rejected { seq, rejected });
    }

    /// It had been committed before.
    pub fn duplicate(self, last: u64) {
        let seq = self.seq.unwrap_or(last);
        self.answer(Answer::Duplicate { seq, duplicate: Last { last } });
    }

    /// It is committed and durable. Gives who is to hear when it is installed.
    pub fn commit(self, committed: super::Committed) -> Option<Waiting> {
        let (seq, wait, answers) = (self.seq, self.wait, self.answers.clone());
        self.answer(Answer::Committed { seq, committed });
        (wait == Wait::Installed).then_some(Waiting { seq, answers })
    }

    /// The client's name and this transaction's number.
    pub fn client(&self) -> Option<&str> {
        self.client.as_deref()
    }

    fn answer(self, answer: Answer) {
        // A client that has gone asks again when it is back.
        let owes_another = self.wait == Wait::Installed && matches!(answer, Answer::Committed { .. });
        let _ = self.answers.send(Reply { answer, owes_another, _permit: Some(self.permit) });
    }
}

/// A connection's state.
struct Session<'feed> {
    feed: &'feed Feed,
    client: Option<String>,
    line: u64,
    /// A snapshot being sent: its relations and rows.
    snapshot: Option<(Vec<Arc<str>>, Vec<Op>)>,
    answers: mpsc::UnboundedSender<Reply>,
    subscribed: Vec<RelationId>,
    commits: Option<broadcast::Receiver<Arc<CommitRecord>>>,
}

/// What becomes of the connection after a line.
enum Next {
    Go,
    Say(Answer),
    /// Said last.
    Close(Answer),
}

/// Serves a connection until it ends.
///
/// # Errors
/// When it breaks.
pub(super) async fn converse(
    feed: &Feed,
    stream: impl AsyncRead + AsyncWrite + Unpin,
) -> Result<(), LinesCodecError> {
    let mut lines = Framed::new(stream, LinesCodec::new_with_max_length(MAX_LINE));
    let (answers, mut answered) = mpsc::unbounded_channel();
    let window = Arc::new(Semaphore::new(WINDOW));
    let mut session = Session {
        feed,
        client: None,
        line: 0,
        snapshot: None,
        answers,
        subscribed: Vec::new(),
        commits: None,
    };
    let mut room: Option<OwnedSemaphorePermit> = None;
    let (mut ended, mut owed) = (false, 0_usize);
    loop {
        if ended && owed == 0 && window.available_permits() == WINDOW {
            return Ok(());
        }
        tokio::select! {
            biased;
            reply = answered.recv() => if let Some(reply) = reply {
                say(&mut lines, &reply.answer).await?;
                owed += usize::from(reply.owes_another);
                owed -= usize::from(matches!(reply.answer, Answer::Installed { .. }));
            },
            commit = next_commit(&mut session.commits) => {
                for answer in session.changes(commit) {
                    say(&mut lines, &answer).await?;
                }
            }
            permit = Arc::clone(&window).acquire_owned(), if room.is_none() && !ended => room = permit.ok(),
            line = lines.next(), if room.is_some() => {
                let next = match line {
                    // Who has said all may still be listening.
                    None => {
                        (ended, room) = (true, None);
                        Next::Go
                    }
                    Some(Err(LinesCodecError::MaxLineLengthExceeded)) => {
                        let error = LineError::TooLong { line: session.line + 1, limit: MAX_LINE };
                        Next::Close(Answer::Error(error.to_string()))
                    }
                    Some(Err(error)) => return Err(error),
                    Some(Ok(text)) => session.line(&text, &mut room).await,
                };
                match next {
                    Next::Go => {}
                    Next::Say(answer) => say(&mut lines, &answer).await?,
                    Next::Close(answer) => {
                        feed.malformed();
                        return say(&mut lines, &answer).await;
                    }
                }
            }
        }
    }
}

async fn say<S: AsyncRead + AsyncWrite + Unpin>(
    lines: &mut Framed<S, LinesCodec>,
    answer: &Answer,
) -> Result<(), LinesCodecError> {
    let text = serde_json::to_string(answer).map_err(std::io::Error::other)?;
    lines.send(text).await
}

impl Session<'_> {
    async fn line(&mut self, text: &str, room: &mut Option<OwnedSemaphorePermit>) -> Next {
        self.line += 1;
        if text.trim().is_empty() {
            return Next::Go;
        }
        match read_line(self.line, text) {
            Err(error) => Next::Close(Answer::Error(error.to_string())),
            Ok(Line::Ping(line)) => Next::Say(Answer::Pong(line.ping)),
            Ok(Line::Hello(line)) => self.hello(line.hello.client).await,
            Ok(Line::Subscribe(line)) => self.subscribe(&line.subscribe),
            Ok(Line::Begin(line)) => self.begin(line),
            Ok(Line::End(line)) => self.end(&line, room),
            Ok(Line::Transaction(line)) => self.transaction(line, room),
        }
    }

    async fn hello(&mut self, client: String) -> Next {
        let (last, told) = oneshot::channel();
        self.feed.submit(Submission::Hello { client: client.clone(), last });
        let Ok(last) = told.await else { return Next::Close(Answer::Error("Weir is ending".into())) };
        self.client = Some(client.clone());
        Next::Say(Answer::Welcome { client, last, protocol: PROTOCOL })
    }

    fn subscribe(&mut self, names: &[String]) -> Next {
        let program = &self.feed.tables.program;
        let mut known = Vec::new();
        for name in names {
            let Some(id) = program.relation(name) else {
                return Next::Say(Answer::Notice(format!(
                    "`{name}` is no relation: nothing is subscribed to"
                )));
            };
            known.push(id);
        }
        self.subscribed = known;
        self.commits = Some(self.feed.commits.subscribe());
        Next::Say(Answer::Subscribed(names.iter().map(|name| name.as_str().into()).collect()))
    }

    fn begin(&mut self, line: BeginLine) -> Next {
        let super::protocol::Snapshot::Snapshot = line.begin;
        if self.snapshot.is_some() {
            return Next::Close(Answer::Error(format!("line {}: a snapshot has begun already", self.line)));
        }
        let relations = match line.relations {
            Some(names) => names.into_iter().map(Arc::from).collect(),
            None => self.feed.tables.names().into_iter().map(Arc::from).collect(),
        };
        self.snapshot = Some((relations, Vec::new()));
        Next::Go
    }

    fn end(&mut self, line: &EndLine, room: &mut Option<OwnedSemaphorePermit>) -> Next {
        let Some((relations, ops)) = self.snapshot.take() else {
            return Next::Close(Answer::Error(format!("line {}: no snapshot has begun", self.line)));
        };
        self.submit(line.seq, line.wait, Ok(ops), Some(relations), room)
    }

    fn transaction(&mut self, line: TransactionLine, room: &mut Option<OwnedSemaphorePermit>) -> Next {
        let ops = self.feed.tables.read_all(&line.ops);
        match (ops, &mut self.snapshot) {
            (Ok(ops), Some((_, rows))) => {
                rows.extend(ops);
                Next::Go
            }
            (ops, snapshot) => {
                // A snapshot that lacks rows would delete them.
                *snapshot = None;
                self.submit(line.seq, line.wait, ops, None, room)
            }
        }
    }

    fn submit(
        &mut self,
        seq: Option<u64>,
        wait: Wait,
        ops: Result<Vec<Op>, Rejected>,
        replaced: Option<Vec<Arc<str>>>,
        room: &mut Option<OwnedSemaphorePermit>,
    ) -> Next {
        // Lines are only read when there is room.
        let Some(permit) = room.take() else { return Next::Go };
        let (client, answers) = (self.client.clone(), self.answers.clone());
        let transaction = Transaction { client, seq, ops, replaced, wait, answers, permit };
        self.feed.submit(Submission::Transaction(transaction));
        Next::Go
    }

    fn changes(&self, commit: Result<Arc<CommitRecord>, u64>) -> Vec<Answer> {
        let record = match commit {
            Ok(record) => record,
            Err(missed) => {
                return vec![Answer::Notice(format!(
                    "too slow: {missed} commits were left out of the subscription"
                ))];
            }
        };
        let program = &self.feed.tables.program;
        let subscribed = record.deltas.iter().filter(|delta| self.subscribed.contains(&delta.relation));
        subscribed
            .map(|delta| {
                let ty = program.relations[delta.relation.0 as usize].record;
                let row = |(record, weight)| -> (Json, i64) { (write(&program.types, ty, &record), weight) };
                let rows = delta.changes.iter().map(row).collect();
                Answer::Changes { epoch: record.epoch, relation: Arc::clone(&delta.name), rows }
            })
            .collect()
    }
}

/// The next commit for a subscription; or how many were missed. Never, if there is none.
async fn next_commit(
    commits: &mut Option<broadcast::Receiver<Arc<CommitRecord>>>,
) -> Result<Arc<CommitRecord>, u64> {
    let Some(receiver) = commits else { return std::future::pending().await };
    match receiver.recv().await {
        Ok(record) => Ok(record),
        Err(broadcast::error::RecvError::Lagged(missed)) => Err(missed),
        Err(broadcast::error::RecvError::Closed) => {
            *commits = None;
            std::future::pending().await
        }
    }
}
