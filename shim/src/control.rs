//! The control socket: what `weir repl --connect` speaks. One JSON object a line, both ways.
//!
//! ```text
//! > {"relations": true}                       < {"relations": [{"name": "openflow::Flow", "role": "output"}, ..]}
//! > {"dump": "openflow::Flow"}                < {"rows": [["openflow::Flow{..}", 1], ..]}
//! > {"watch": ["openflow::Flow"]}             < {"watching": ["openflow::Flow"]}
//!                                             < {"commit": {"epoch": 7, "took_us": 412, "changes": [{"relation": "..", "rows": [["..", -1]]}]}}
//!                                             < {"notice": "too slow: 3 commits were left out"}
//! > {"status": true}                          < {"status": {.., "waiting_for": ["hv2"]}}
//! > {"why": "openflow::Flow{.priority = 7}"}  < {"why": {"steps": [..]}, "text": "openflow::Flow{..}\n  rule at ..\n"}
//! > {"whynot": "openflow::Flow{..}"}           < {"whynot": {"rules": [..]}, "text": "no openflow::Flow{..}\n"}
//! > {"profile": true}                          < {"profile": {"transactions": 12, "rules": [..], ..}}
//! anything else                               < {"error": "…"}
//! ```
//!
//! An empty list of relations to watch means all output relations. Requests are answered in order; commits
//! and notices come between. `waiting_for` names the hypervisors that hold up the oldest request of the Northbound.

use std::io;
use std::path::Path;
use std::sync::Arc;

use futures::{SinkExt, StreamExt};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{broadcast, watch};
use tokio_util::codec::{Framed, LinesCodec, LinesCodecError};
use tracing::{debug, warn};
use weir_engine::engine::Engine;
use weir_engine::why::{Question, WhyError};

use crate::chassis::Hypervisors;
use crate::driver::CommitRecord;

/// Longest request line taken.
const MAX_LINE: usize = 1 << 20;

/// What a shell can ask.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Request {
    /// The relations of the program.
    Relations(bool),
    /// The contents of a relation.
    Dump(String),
    /// Commits from now on, of these relations.
    Watch(Vec<String>),
    /// How a record came about.
    Why(String),
    /// What is missing for a record.
    WhyNot(String),
    /// Where time and memory have gone.
    Profile(bool),
    /// Counters.
    Status(bool),
}

/// Serves the socket.
#[derive(Clone)]
pub struct Control {
    engine: Arc<Engine>,
    hypervisors: Arc<Hypervisors>,
    commits: broadcast::Sender<Arc<CommitRecord>>,
    /// The hypervisors that hold up the oldest request, if there is a Northbound to request anything.
    waiting: Option<watch::Receiver<Vec<String>>>,
}

impl Control {
    /// What it answers from.
    pub fn new(
        engine: Arc<Engine>,
        hypervisors: Arc<Hypervisors>,
        commits: broadcast::Sender<Arc<CommitRecord>>,
    ) -> Control {
        Control { engine, hypervisors, commits, waiting: None }
    }

    /// Tells also which hypervisors a request of the Northbound waits for.
    pub fn waiting_for(mut self, waiting: watch::Receiver<Vec<String>>) -> Control {
        self.waiting = Some(waiting);
        self
    }

    /// Binds the socket; only its owner may connect. One left behind by a dead process is replaced.
    ///
    /// # Errors
    /// When the path cannot be bound, also when a living process serves it.
    pub async fn bind(path: &Path) -> io::Result<UnixListener> {
        if path.exists() {
            if UnixStream::connect(path).await.is_ok() {
                return Err(io::Error::new(io::ErrorKind::AddrInUse, "another process serves this socket"));
            }
            std::fs::remove_file(path)?;
        }
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory)?;
        }
        let listener = UnixListener::bind(path)?;
        std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        Ok(listener)
    }

    /// Answers whoever connects.
    pub async fn serve(self, listener: UnixListener) {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    let control = self.clone();
                    tokio::spawn(async move {
                        if let Err(error) = control.converse(stream).await {
                            debug!(%error, "control session ended");
                        }
                    });
                }
                Err(error) => {
                    warn!(%error, "control socket");
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
            }
        }
    }

    async fn converse(self, stream: UnixStream) -> io::Result<()> {
        let mut lines = Framed::new(stream, LinesCodec::new_with_max_length(MAX_LINE));
        let mut watched: Option<(Vec<String>, broadcast::Receiver<Arc<CommitRecord>>)> = None;
        loop {
            let answer = tokio::select! {
                line = lines.next() => match line {
                    Some(Err(LinesCodecError::MaxLineLengthExceeded)) => json!({"error": "request too long"}),
                    Some(Err(LinesCodecError::Io(error))) => return Err(error),
                    Some(Ok(line)) if line.trim().is_empty() => continue,
                    Some(Ok(line)) => match serde_json::from_str::<Request>(&line) {
                        Ok(request) => {
                            if let Request::Watch(names) = &request {
                                watched = Some((names.clone(), self.commits.subscribe()));
                            }
                            self.answer(request).await
                        }
                        Err(error) => json!({"error": format!("not a request: {error}")}),
                    },
                    None => return Ok(()),
                },
                commit = next_commit(&mut watched) => match commit {
                    Some(answer) => answer,
                    None => continue,
                },
            };
            lines.send(answer.to_string()).await.map_err(io::Error::other)?;
        }
    }

    async fn answer(&self, request: Request) -> serde_json::Value {
        let control = self.clone();
        // The engine's calls block.
        let answered = tokio::task::spawn_blocking(move || control.answer_blocking(request)).await;
        answered.unwrap_or_else(|error| json!({"error": error.to_string()}))
    }

    fn answer_blocking(&self, request: Request) -> serde_json::Value {
        let program = self.engine.program();
        match request {
            Request::Relations(_) => {
                let relations: Vec<_> = program
                    .relations
                    .iter()
                    .map(|relation| json!({"name": &*relation.name, "role": relation.role.name()}))
                    .collect();
                json!({"relations": relations})
            }
            Request::Dump(name) => {
                let Some(relation) = program.relation(&name) else {
                    return json!({"error": format!("unknown relation {name}")});
                };
                match self.engine.dump(relation) {
                    Ok(rows) => {
                        let rows: Vec<_> =
                            rows.iter().map(|(record, weight)| json!([record.to_string(), weight])).collect();
                        json!({"rows": rows})
                    }
                    Err(error) => json!({"error": error.to_string()}),
                }
            }
            Request::Status(_) => {
                let mut status = json!(self.hypervisors.metrics());
                if let Some(waiting) = &self.waiting {
                    status["waiting_for"] = json!(*waiting.borrow());
                }
                json!({"status": status})
            }
            Request::Why(text) => asked(&text, |question| {
                self.engine.why(question).map(|why| json!({"text": why.to_string(), "why": why}))
            }),
            Request::WhyNot(text) => asked(&text, |question| {
                let absence = self.engine.why_not(question);
                absence.map(|absence| json!({"text": absence.to_string(), "whynot": absence}))
            }),
            Request::Profile(_) => json!({"profile": self.engine.profile()}),
            Request::Watch(names) => json!({"watching": names}),
        }
    }
}

/// The answer to a question about a record. That it is the other way round is an answer as well.
fn asked(
    text: &str,
    answer: impl FnOnce(&Question) -> Result<serde_json::Value, WhyError>,
) -> serde_json::Value {
    let question = match Question::parse(text) {
        Ok(question) => question,
        Err(error) => return json!({"error": error.kind.to_string()}),
    };
    match answer(&question) {
        Ok(answer) => answer,
        Err(other @ (WhyError::Absent(_) | WhyError::Present(_))) => json!({"text": format!("{other}\n")}),
        Err(error) => json!({"error": error.to_string()}),
    }
}

/// The next commit with changes in a watched relation, as text; never, if nothing is watched.
async fn next_commit(
    watched: &mut Option<(Vec<String>, broadcast::Receiver<Arc<CommitRecord>>)>,
) -> Option<serde_json::Value> {
    let Some((names, commits)) = watched else { return std::future::pending().await };
    match commits.recv().await {
        Ok(record) => {
            let changes: Vec<_> = record
                .deltas
                .iter()
                .filter(|delta| names.is_empty() || names.iter().any(|name| **name == *delta.name))
                .map(|delta| {
                    let rows: Vec<_> = delta
                        .changes
                        .iter()
                        .map(|(record, weight)| json!([record.to_string(), weight]))
                        .collect();
                    json!({"relation": &*delta.name, "rows": rows})
                })
                .collect();
            (!changes.is_empty()).then(|| {
                json!({"commit": {
                    "epoch": record.epoch,
                    "updates": record.n_updates,
                    "took_us": record.took.as_micros() as u64,
                    "changes": changes,
                }})
            })
        }
        Err(broadcast::error::RecvError::Lagged(missed)) => {
            Some(json!({"notice": format!("too slow: {missed} commits were left out")}))
        }
        Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
    }
}
