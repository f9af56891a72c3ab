use std::collections::HashSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use thiserror::Error;

use super::message::{notification_text, reply_text, request_text};
use super::{FrameError, FrameLimits, Framer, JsonText, Message, MessageError, ReadError};

/// One end of a JSON-RPC connection, without its socket and without a clock: bytes and the time go in, bytes and
/// [`Incoming`]s come out.
///
/// It numbers requests, matches replies, answers `echo`, and asks for an echo itself when the peer falls silent.
#[derive(Debug)]
pub struct Rpc {
    config: RpcConfig,
    framer: Framer,
    output: Vec<u8>,
    next_id: u64,
    waiting: HashSet<u64>,
    last_heard: Instant,
    /// The echo that was asked for when the peer fell silent, if it is still silent.
    probe: Option<Probe>,
}

/// What to hold against a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RpcConfig {
    /// What the peer may make us hold in memory.
    pub limits: FrameLimits,
    /// After how long a silence to ask for an echo, and how long to wait for it; `None` never asks.
    pub probe_interval: Option<Duration>,
}

impl Default for RpcConfig {
    /// The default limits, and a probe after 15 seconds.
    fn default() -> Self {
        RpcConfig { limits: FrameLimits::default(), probe_interval: Some(Duration::from_secs(15)) }
    }
}

/// A request sent, to find its reply by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId(u64);

/// An echo asked for because of silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probe {
    /// When it was asked for.
    pub sent: Instant,
}

/// What the peer said that is not settled here.
#[derive(Debug, Clone, PartialEq)]
pub enum Incoming {
    /// The reply to a request of ours: its result, or its error.
    Reply {
        /// The request.
        id: RequestId,
        /// The result, or the error.
        result: Result<JsonText, JsonText>,
    },
    /// A notification.
    Notification {
        /// What is told.
        method: String,
        /// A list of arguments.
        params: JsonText,
    },
}

/// The end of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RpcError {
    /// The stream cannot be cut into objects.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// An object is no message.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// The peer did not answer an echo.
    #[error("peer silent for {silent:?}, and an echo was not answered")]
    Dead {
        /// How long nothing was heard.
        silent: Duration,
    },
}

impl From<ReadError> for RpcError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Frame(error) => RpcError::Frame(error),
            ReadError::Message(error) => RpcError::Message(error),
        }
    }
}

impl Rpc {
    /// A connection made at `now`.
    pub fn new(config: RpcConfig, now: Instant) -> Self {
        Rpc {
            config,
            framer: Framer::new(config.limits),
            output: Vec::new(),
            next_id: 0,
            waiting: HashSet::new(),
            last_heard: now,
            probe: None,
        }
    }

    /// Takes bytes that arrived at `now`. Any byte is a sign of life.
    pub fn receive(&mut self, bytes: &[u8], now: Instant) {
        self.last_heard = now;
        self.probe = None;
        self.framer.push(bytes);
    }

    /// What the peer said next, or `None` if no further message is complete. Echo requests are answered on the way, other
    /// requests refused, and replies to nothing dropped.
    pub fn next_incoming(&mut self) -> Result<Option<Incoming>, RpcError> {
        while let Some(frame) = self.framer.next_frame()? {
            match Message::read(&frame)? {
                Message::Request { id, method, params } if method == "echo" => {
                    let params = params.value().map_err(MessageError)?;
                    let result = Ok(if params.is_null() { json!([]) } else { params });
                    self.send(&reply_text(&id, &result));
                }
                Message::Request { id, method, .. } => {
                    tracing::debug!(method, "request from a peer that should only answer");
                    self.send(&reply_text(&id, &Err(json!("unknown method"))));
                }
                Message::Notification { method, params } => {
                    return Ok(Some(Incoming::Notification { method, params }));
                }
                Message::Reply { id, result } => match id.as_u64() {
                    Some(number) if self.waiting.remove(&number) => {
                        return Ok(Some(Incoming::Reply { id: RequestId(number), result }));
                    }
                    // The reply to a probe, whose arrival was all that mattered.
                    _ if id == json!(PROBE_ID) => {}
                    _ => tracing::debug!(%id, "reply to no request"),
                },
            }
        }
        Ok(None)
    }

    /// Sends a request.
    pub fn request(&mut self, method: &str, params: Value) -> RequestId {
        let number = self.next_id;
        self.next_id += 1;
        self.waiting.insert(number);
        self.send(&request_text(&json!(number), method, &params));
        RequestId(number)
    }

    /// Sends a notification.
    pub fn notify(&mut self, method: &str, params: Value) {
        self.send(&notification_text(method, &params));
    }

    /// Lets time pass: asks for an echo if the peer has been silent for too long, and fails if that goes unanswered.
    pub fn tick(&mut self, now: Instant) -> Result<(), RpcError> {
        let Some(interval) = self.config.probe_interval else { return Ok(()) };
        match self.probe {
            Some(probe) if now >= probe.sent + interval => {
                Err(RpcError::Dead { silent: now.saturating_duration_since(self.last_heard) })
            }
            None if now >= self.last_heard + interval => {
                self.send(&request_text(&json!(PROBE_ID), "echo", &json!([])));
                self.probe = Some(Probe { sent: now });
                Ok(())
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Takes the bytes to be written.
    pub fn take_output(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.output)
    }

    /// When [`Rpc::tick`] next has something to do.
    pub fn deadline(&self) -> Option<Instant> {
        let since = self.probe.map_or(self.last_heard, |probe| probe.sent);
        self.config.probe_interval.map(|interval| since + interval)
    }

    fn send(&mut self, text: &str) {
        self.output.extend_from_slice(text.as_bytes());
    }
}

/// The id of probes, which cannot be mistaken for the numbers that requests have.
const PROBE_ID: &str = "echo";
