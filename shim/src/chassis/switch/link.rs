//! An OpenFlow connection: whole messages over a stream, echoes and silence taken care of.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use openflow::{DecodeError, EncodeError, FrameError, Framer, Header, Message};
use thiserror::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::transport::Stream;

/// Bytes asked of the stream at a time. A thousand idle sessions hold this each.
const READ_SIZE: usize = 8 << 10;

/// Bytes that one message of a peer may have that is not known yet: the description of a switch takes 1072.
const MAX_FIRST_MESSAGES: u16 = 2048;

/// Bytes that may wait to be written. A bundle has far fewer; only echoes for a peer that does not read add up.
const MAX_QUEUED: usize = 64 << 20;

/// An OpenFlow connection.
pub(super) struct Link {
    reader: ReadHalf<Stream>,
    framer: Framer,
    outlet: Outlet,
    writer: JoinHandle<()>,
    next_xid: u32,
    probe_interval: Duration,
    heard: Instant,
    probed: bool,
}

/// The way out of a connection, which others may use too. Clones share it.
#[derive(Debug, Clone)]
pub(in crate::chassis) struct Outlet {
    queue: mpsc::UnboundedSender<Bytes>,
    /// Bytes not written yet.
    queued: Arc<AtomicUsize>,
}

/// Number of all messages that do not come from the session itself. No reply to them is waited for.
pub(super) const FOREIGN_XID: u32 = u32::MAX;

/// Bytes that may wait when others want to add to them. More means that the switch does not keep up.
const MAX_QUEUED_BY_OTHERS: usize = 1 << 20;

impl Outlet {
    /// Queues a message. False if the connection is gone, the message too long, or the switch too slow.
    pub(in crate::chassis) fn offer(&self, message: &Message) -> bool {
        let mut bytes = BytesMut::new();
        message.encode(FOREIGN_XID, &mut bytes).is_ok()
            && self.queued.load(Relaxed) < MAX_QUEUED_BY_OTHERS
            && self.push(bytes).is_ok()
    }

    fn push(&self, bytes: BytesMut) -> Result<(), LinkError> {
        let waiting = self.queued.fetch_add(bytes.len(), Relaxed) + bytes.len();
        if waiting > MAX_QUEUED {
            return Err(LinkError::Congested(waiting));
        }
        self.queue.send(bytes.freeze()).map_err(|_| LinkError::Closed)
    }
}

/// What came in: decoded, if that was possible.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) header: Header,
    pub(super) message: Result<Message, DecodeError>,
}

/// The end of a connection.
#[derive(Debug, Error)]
pub(super) enum LinkError {
    #[error("closed by the peer")]
    Closed,
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Frame(#[from] FrameError),
    #[error("silent for {} s, and an echo was not answered", .0.as_secs_f32())]
    Dead(Duration),
    #[error("{0} bytes wait to be written to a peer that does not read")]
    Congested(usize),
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

impl Link {
    pub(super) fn new(stream: Stream, probe_interval: Duration) -> Self {
        let (reader, writer) = tokio::io::split(stream);
        let (queue, waiting) = mpsc::unbounded_channel();
        let queued = Arc::new(AtomicUsize::new(0));
        Link {
            reader,
            framer: Framer::with_limit(MAX_FIRST_MESSAGES),
            writer: tokio::spawn(write(writer, waiting, Arc::clone(&queued))),
            outlet: Outlet { queue, queued },
            next_xid: 1,
            probe_interval,
            heard: Instant::now(),
            probed: false,
        }
    }

    /// The peer is known: its messages may have any length.
    pub(super) fn trust(&mut self) {
        let unread = std::mem::take(self.framer.buffer_mut());
        self.framer = Framer::new();
        self.framer.extend(&unread);
    }

    /// A number for a message.
    pub(super) fn xid(&mut self) -> u32 {
        let xid = self.next_xid;
        // 0 is what unasked messages carry.
        self.next_xid = if xid == FOREIGN_XID - 1 { 1 } else { xid + 1 };
        xid
    }

    /// Queues a message and returns its number. Never waits.
    pub(super) fn send(&mut self, message: &Message) -> Result<u32, LinkError> {
        let xid = self.xid();
        self.send_as(xid, message)?;
        Ok(xid)
    }

    /// Queues messages already encoded.
    pub(super) fn send_encoded(&mut self, bytes: BytesMut) -> Result<(), LinkError> {
        self.outlet.push(bytes)
    }

    /// A way out for others.
    pub(super) fn outlet(&self) -> Outlet {
        self.outlet.clone()
    }

    /// The next message. Echo requests are answered on the way, and a silent peer is asked for one. May be dropped and
    /// called again.
    pub(super) async fn receive(&mut self) -> Result<Received, LinkError> {
        loop {
            while let Some(frame) = self.framer.next_frame()? {
                match frame.message() {
                    Ok(Message::EchoRequest(data)) => {
                        self.send_as(frame.header.xid, &Message::EchoReply(data))?;
                    }
                    Ok(Message::EchoReply(_)) => {}
                    message => return Ok(Received { header: frame.header, message }),
                }
            }
            let deadline = self.deadline();
            self.framer.buffer_mut().reserve(READ_SIZE);
            tokio::select! {
                read = self.reader.read_buf(self.framer.buffer_mut()) => {
                    if read? == 0 {
                        return Err(LinkError::Closed);
                    }
                    self.heard = Instant::now();
                    self.probed = false;
                }
                () = tokio::time::sleep_until(deadline) => self.probe()?,
            }
        }
    }

    fn deadline(&self) -> Instant {
        self.heard + self.probe_interval * if self.probed { 2 } else { 1 }
    }

    fn probe(&mut self) -> Result<(), LinkError> {
        if self.probed {
            return Err(LinkError::Dead(self.heard.elapsed()));
        }
        self.probed = true;
        self.send(&Message::EchoRequest(Bytes::new())).map(drop)
    }

    fn send_as(&mut self, xid: u32, message: &Message) -> Result<(), LinkError> {
        let mut bytes = BytesMut::new();
        message.encode(xid, &mut bytes)?;
        self.send_encoded(bytes)
    }
}

impl Drop for Link {
    /// Whatever is queued has a moment to get out, such as the reason for a refusal.
    fn drop(&mut self) {
        if self.outlet.queued.load(Relaxed) > 0 {
            let abort = self.writer.abort_handle();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_secs(1)).await;
                abort.abort();
            });
        } else {
            self.writer.abort();
        }
    }
}

async fn write(
    mut stream: WriteHalf<Stream>,
    mut queue: mpsc::UnboundedReceiver<Bytes>,
    queued: Arc<AtomicUsize>,
) {
    while let Some(bytes) = queue.recv().await {
        if stream.write_all(&bytes).await.is_err() {
            return;
        }
        queued.fetch_sub(bytes.len(), Relaxed);
    }
    let _ = stream.shutdown().await;
}
