//! Questions to the daemon, and what it says by itself.

use std::io::{BufRead, BufReader, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use serde_json::Value as Json;

use super::{RemoteError, commits};
use crate::shell::Mode;

/// A connection whose answers and announcements are kept apart.
pub(super) struct Connection {
    requests: UnixStream,
    answers: Receiver<Json>,
    /// Where announcements go; taken by the reader once it is known.
    show: Option<Sender<Show>>,
    /// The session is over on this side: its end is no news.
    leaving: Arc<AtomicBool>,
}

/// Prints an announcement, to whom.
type Show = (Mode, Box<dyn FnMut(String) + Send>);

impl Connection {
    pub(super) fn new(stream: UnixStream) -> Result<Connection, RemoteError> {
        let requests = stream.try_clone()?;
        let (answer, answers) = channel();
        let (show, shown) = channel();
        let leaving = Arc::new(AtomicBool::new(false));
        std::thread::Builder::new().name("weir-control".into()).spawn({
            let leaving = leaving.clone();
            move || listen(stream, &answer, &shown, &leaving)
        })?;
        Ok(Connection { requests, answers, show: Some(show), leaving })
    }

    /// Says where announcements go, also that of the daemon's end if a person is there to be told. Before that there
    /// must be none.
    pub(super) fn show_with(&mut self, mode: Mode, show: impl FnMut(String) + Send + 'static) {
        if let Some(sender) = self.show.take() {
            // The reader may have ended with the daemon: the next question tells.
            let _ = sender.send((mode, Box::new(show)));
        }
    }

    /// The answer to a request.
    pub(super) fn ask(&mut self, request: &Json) -> Result<Json, RemoteError> {
        let asked = writeln!(self.requests, "{request}");
        asked.map_err(|_| RemoteError::Ended)?;
        self.answers.recv().map_err(|_| RemoteError::Ended)
    }

    /// Waits until the daemon ends the session.
    pub(super) fn outlast(&self) {
        while self.answers.recv().is_ok() {}
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.leaving.store(true, Ordering::Relaxed);
        // The reader holds the stream as well; if it is closed already, so much the better.
        let _ = self.requests.shutdown(Shutdown::Both);
    }
}

/// Sorts what comes: announcements are printed, answers handed over. Ends with the daemon.
fn listen(stream: UnixStream, answer: &Sender<Json>, shown: &Receiver<Show>, leaving: &AtomicBool) {
    let mut show: Option<Show> = None;
    for line in BufReader::new(stream).lines() {
        let Ok(line) = line else { return };
        let message = serde_json::from_str(&line).unwrap_or(Json::String(line));
        let Some(text) = commits::announcement(&message) else {
            if answer.send(message).is_err() {
                return;
            }
            continue;
        };
        show = show.or_else(|| shown.recv().ok());
        if let Some((_, show)) = &mut show {
            show(text);
        }
    }
    if leaving.load(Ordering::Relaxed) {
        return;
    }
    if let Some((Mode::Person, show)) = show.or_else(|| shown.try_recv().ok()).as_mut() {
        show("-- the daemon has ended\n".into());
    }
}
