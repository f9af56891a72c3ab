//! The loop: messages in, answers and diagnostics out.
//!
//! One thread does all of it. A change only marks its program; the program is checked again when the author pauses, or
//! when something is asked about it: an answer is never about an older text.

use std::collections::{HashMap, HashSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crossbeam_channel::RecvTimeoutError;
use lsp_server::{Connection, ErrorCode, Message, Notification, Request, RequestId, Response};
use lsp_types::notification::{Exit, Notification as _, PublishDiagnostics};
use lsp_types::request::{Request as _, Shutdown};
use lsp_types::{
    InitializeParams, InitializeResult, PublishDiagnosticsParams, ServerInfo, TextDocumentPositionParams,
};

use weir_engine::source::FileId;

use crate::diagnostics::by_file;
use crate::discover::main_of;
use crate::dispatch;
use crate::documents::Documents;
use crate::options::Options;
use crate::program::{Place, Program};
use crate::uri;

/// The shortest pause after a change that is taken for one.
const PAUSE: Duration = Duration::from_millis(40);
/// The longest an author waits for diagnostics after a change because checking takes long.
const LONGEST_PAUSE: Duration = Duration::from_millis(400);

/// Why a server ended before it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The editor broke the protocol, or went away before it was time.
    #[error("the editor does not keep to the protocol: {0}")]
    Protocol(#[from] lsp_server::ProtocolError),
    /// The editor's first message cannot be read.
    #[error("the editor's capabilities cannot be read: {0}")]
    Initialize(#[from] serde_json::Error),
    /// The editor said to exit, and not to shut down before.
    #[error("told to exit without having been shut down")]
    Exit,
    /// Standard input or output failed.
    #[error("cannot talk to the editor: {0}")]
    Transport(#[from] std::io::Error),
}

/// Serves an editor over standard input and output until it says to exit.
///
/// # Errors
/// If the editor breaks the protocol or goes away without saying so.
pub fn run() -> Result<(), ServeError> {
    let (connection, threads) = Connection::stdio();
    let served = serve(&connection);
    // The writing thread ends when nobody can write to it.
    drop(connection);
    served?;
    Ok(threads.join()?)
}

/// Serves an editor over a connection until it says to exit.
///
/// # Errors
/// If the editor breaks the protocol or goes away without saying so.
pub fn serve(connection: &Connection) -> Result<(), ServeError> {
    let (id, params) = connection.initialize_start()?;
    let params: InitializeParams = serde_json::from_value(params)?;
    let options = Options::new(&params);
    let result = InitializeResult {
        capabilities: dispatch::capabilities(&options),
        server_info: Some(ServerInfo {
            name: "weir".to_owned(),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        }),
    };
    // What editors say next, `initialized`, tells nothing: not all say it.
    let answer = Response::new_ok(id, result);
    if connection.sender.send(answer.into()).is_err() {
        return Ok(());
    }
    Server::new(connection, options).serve()
}

/// All that is known between two messages.
pub(crate) struct Server<'c> {
    connection: &'c Connection,
    pub(crate) options: Options,
    pub(crate) documents: Documents,
    /// By main file.
    programs: HashMap<PathBuf, Program>,
    /// The main file of each file that was asked about.
    mains: HashMap<PathBuf, PathBuf>,
    /// Main files whose programs have changed since they were checked.
    changed: HashSet<PathBuf>,
    /// When the changed ones are checked if nothing else happens.
    due: Option<Instant>,
    /// What was published, by file and then by the main file of the program it is from.
    published: HashMap<PathBuf, HashMap<PathBuf, Vec<lsp_types::Diagnostic>>>,
    /// Told to shut down: only the word to exit is waited for.
    stopping: bool,
    /// Read, not yet handled.
    waiting: VecDeque<Message>,
}

impl<'c> Server<'c> {
    fn new(connection: &'c Connection, options: Options) -> Self {
        Server {
            connection,
            options,
            documents: Documents::default(),
            programs: HashMap::new(),
            mains: HashMap::new(),
            changed: HashSet::new(),
            due: None,
            published: HashMap::new(),
            stopping: false,
            waiting: VecDeque::new(),
        }
    }

    fn serve(mut self) -> Result<(), ServeError> {
        while let Some(message) = self.next() {
            match message {
                Message::Request(request) => {
                    let response = match (self.stopping, request.method.as_str()) {
                        (true, _) => {
                            let code = ErrorCode::InvalidRequest as i32;
                            Response::new_err(request.id, code, "the server is shut down".to_owned())
                        }
                        (false, Shutdown::METHOD) => {
                            self.stopping = true;
                            Response::new_ok(request.id, ())
                        }
                        (false, _) => self.answer(request),
                    };
                    self.send(response.into());
                }
                Message::Notification(notification) if notification.method == Exit::METHOD => {
                    return if self.stopping { Ok(()) } else { Err(ServeError::Exit) };
                }
                Message::Notification(notification) => {
                    let method = notification.method.clone();
                    let handled =
                        catch_unwind(AssertUnwindSafe(|| dispatch::notified(&mut self, notification)));
                    if handled.is_err() {
                        eprintln!("weir: a fault while handling `{method}`");
                    }
                }
                // Nothing was asked of the editor.
                Message::Response(_) => {}
            }
        }
        Ok(())
    }

    /// The next message; while none comes, changed programs are checked. `None` when the editor is gone.
    fn next(&mut self) -> Option<Message> {
        loop {
            while let Ok(message) = self.connection.receiver.try_recv() {
                self.take_in(message);
            }
            if let Some(message) = self.waiting.pop_front() {
                return Some(message);
            }
            let received = match self.due {
                None => self.connection.receiver.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(due) => self.connection.receiver.recv_deadline(due),
            };
            match received {
                Ok(message) => self.take_in(message),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => {
                    self.due = None;
                    for main in std::mem::take(&mut self.changed) {
                        self.check(&main);
                    }
                }
            }
        }
    }

    /// A request that was taken back before its turn is not worked on.
    fn take_in(&mut self, message: Message) {
        if let Message::Notification(notification) = &message
            && notification.method == lsp_types::notification::Cancel::METHOD
        {
            let id = notification.params.get("id").cloned();
            let Some(id) = id.and_then(|id| serde_json::from_value::<RequestId>(id).ok()) else { return };
            let asked = |m: &Message| matches!(m, Message::Request(r) if r.id == id);
            if let Some(at) = self.waiting.iter().position(asked) {
                self.waiting.remove(at);
                let code = ErrorCode::RequestCanceled as i32;
                self.send(Response::new_err(id, code, "taken back".to_owned()).into());
            }
            return;
        }
        self.waiting.push_back(message);
    }

    fn answer(&mut self, request: Request) -> Response {
        let Request { id, method, params } = request;
        let answered = catch_unwind(AssertUnwindSafe(|| dispatch::requested(self, &method, params)));
        match answered {
            Ok(Ok(value)) => Response::new_ok(id, value),
            Ok(Err(refusal)) => Response::new_err(id, refusal.code(), refusal.to_string()),
            Err(_) => {
                let code = ErrorCode::InternalError as i32;
                Response::new_err(id, code, format!("a fault while answering `{method}`"))
            }
        }
    }

    /// The editor may be gone, which the next read shows.
    fn send(&self, message: Message) {
        _ = self.connection.sender.send(message);
    }

    /// A text was opened, changed, saved or closed: the programs that read it are to be checked again.
    pub(crate) fn touched(&mut self, path: &Path) {
        if self.in_library(path) {
            return;
        }
        let affected = self.programs.values().filter(|p| p.file(path).is_some()).map(|p| p.main.clone());
        let mut affected: Vec<PathBuf> = affected.collect();
        if self.documents.get(path).is_some() {
            affected.push(self.main_of(path));
        }
        // A module that was not there may be, now.
        let broken = self.programs.values().filter(|p| p.misses_modules()).map(|p| p.main.clone());
        affected.extend(broken);
        let slowest = affected.iter().filter_map(|m| self.programs.get(m)).map(|p| p.took).max();
        let pause = (slowest.unwrap_or_default() / 2).clamp(PAUSE, LONGEST_PAUSE);
        self.changed.extend(affected);
        self.due = Some(Instant::now() + pause);
    }

    /// Files came, went, or import others: which program a file belongs to may have changed.
    pub(crate) fn rediscover(&mut self) {
        self.mains.clear();
        let wanted: HashSet<PathBuf> = self.documents.paths().cloned().collect();
        let wanted: HashSet<PathBuf> = wanted.into_iter().map(|path| self.main_of(&path)).collect();
        self.changed.extend(wanted.iter().filter(|main| !self.programs.contains_key(*main)).cloned());
        let unwanted: Vec<PathBuf> = self.programs.keys().filter(|m| !wanted.contains(*m)).cloned().collect();
        for main in unwanted {
            self.programs.remove(&main);
            self.changed.remove(&main);
            self.publish(&main, HashMap::new());
        }
        if !self.changed.is_empty() {
            self.due.get_or_insert_with(|| Instant::now() + PAUSE);
        }
    }

    /// Whether a file is a library module's text, put there to be looked at.
    fn in_library(&self, path: &Path) -> bool {
        self.options.library.as_ref().is_some_and(|library| path.starts_with(library))
    }

    fn main_of(&mut self, path: &Path) -> PathBuf {
        if let Some(main) = self.mains.get(path) {
            return main.clone();
        }
        let main = match self.options.main.clone() {
            Some(main) if self.reads(&main, path) => main,
            _ => main_of(path, &self.documents),
        };
        self.mains.insert(path.to_owned(), main.clone());
        main
    }

    /// Whether the program of a main file reads another file.
    fn reads(&mut self, main: &Path, path: &Path) -> bool {
        if main == path {
            return true;
        }
        if !self.programs.contains_key(main) {
            self.check(main);
        }
        self.programs.get(main).is_some_and(|p| p.file(path).is_some())
    }

    /// Checks a program and publishes what is wrong with it.
    fn check(&mut self, main: &Path) {
        self.changed.remove(main);
        let (documents, options) = (&self.documents, &self.options);
        match catch_unwind(AssertUnwindSafe(|| Program::analyse(main, documents, options))) {
            Ok(program) => {
                let found = by_file(&program, &self.options);
                self.programs.insert(main.to_owned(), program);
                self.publish(main, found);
            }
            // What was known before is better than nothing.
            Err(_) => eprintln!("weir: a fault while checking `{}`", main.display()),
        }
    }

    fn publish(&mut self, main: &Path, mut found: HashMap<PathBuf, Vec<lsp_types::Diagnostic>>) {
        let before = self.published.iter().filter(|(_, by_main)| by_main.contains_key(main));
        let before: Vec<PathBuf> = before.map(|(path, _)| path.clone()).collect();
        for path in before {
            found.entry(path).or_default();
        }
        let mut paths: Vec<(PathBuf, Vec<lsp_types::Diagnostic>)> = found.into_iter().collect();
        paths.sort_by(|a, b| a.0.cmp(&b.0));
        for (path, diagnostics) in paths {
            let by_main = self.published.entry(path.clone()).or_default();
            let known = by_main.get(main).map_or(&[][..], Vec::as_slice);
            // A right file nothing was said about needs no message; an open one is told that it was looked at.
            let first = !by_main.contains_key(main) && self.documents.get(&path).is_some();
            if known == diagnostics.as_slice() && !first {
                continue;
            }
            by_main.insert(main.to_owned(), diagnostics);
            let mut all: Vec<lsp_types::Diagnostic> = Vec::new();
            for diagnostic in by_main.values().flatten() {
                if !all.contains(diagnostic) {
                    all.push(diagnostic.clone());
                }
            }
            let open = self.documents.get(&path);
            let uri = open.map(|d| d.uri.clone()).or_else(|| uri::from_path(&path));
            if let Some(uri) = uri {
                let version = open.map(|d| d.version);
                let params = PublishDiagnosticsParams { uri, diagnostics: all, version };
                let notification = Notification::new(PublishDiagnostics::METHOD.to_owned(), params);
                self.send(notification.into());
            }
        }
    }

    /// The program of a file, checked with the texts as they are.
    pub(crate) fn program(&mut self, path: &Path) -> Option<&Program> {
        if self.in_library(path) {
            return self.programs.values().find(|p| p.file(path).is_some());
        }
        let main = self.main_of(path);
        if self.changed.contains(&main) || !self.programs.contains_key(&main) {
            self.check(&main);
        }
        self.programs.get(&main)
    }

    /// All programs, checked with the texts as they are.
    pub(crate) fn programs(&mut self) -> impl Iterator<Item = &Program> {
        for main in std::mem::take(&mut self.changed) {
            self.check(&main);
        }
        self.programs.values()
    }

    /// A place an editor asks about; `None` if its file is not part of any program.
    pub(crate) fn place(&mut self, at: &TextDocumentPositionParams) -> Option<Place<'_>> {
        self.program(&uri::to_path(&at.text_document.uri))?;
        self.known_place(at)
    }

    /// The same of a program that is known to be checked.
    pub(crate) fn known_place(&self, at: &TextDocumentPositionParams) -> Option<Place<'_>> {
        let path = uri::to_path(&at.text_document.uri);
        let program = match self.in_library(&path) {
            true => self.programs.values().find(|p| p.file(&path).is_some())?,
            false => self.programs.get(self.mains.get(&path)?)?,
        };
        let file = program.file(&path)?;
        Some(Place { program, file, offset: program.offset(file, at.position)? })
    }

    /// A program as it would be with other texts.
    pub(crate) fn supposed(&self, main: &Path, texts: &HashMap<PathBuf, String>) -> Program {
        Program::analyse_with(main, &self.documents, &self.options, texts)
    }

    /// A file an editor asks about; `None` if it is not part of any program.
    pub(crate) fn file(&mut self, uri: &lsp_types::Uri) -> Option<(&Program, FileId)> {
        let path = uri::to_path(uri);
        let program = self.program(&path)?;
        Some((program, program.file(&path)?))
    }
}
