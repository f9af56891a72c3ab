//! The threads of an engine.

use std::net::{Shutdown, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded, select};
use timely::communication::WorkerGuards;

use super::commit::Commit;
use super::processes::{Building, Processes};
use super::session::{Process, Request, Session};
use crate::control::Canceller;
use crate::dataflow::peers::{Lost, Peers};
use crate::diagnostics::Diagnostic;

/// Values may nest as deep as rules build them, and are compared, written and dropped level by level. Only what is
/// used of it takes memory.
const STACK: usize = 256 << 20;

/// Between a process's noticing that another is gone and its own end: the others are to notice by themselves which one is gone
/// first, and whoever waits for an answer gets it.
const GRACE: Duration = Duration::from_millis(300);

/// The workers of this process. To be joined once they have been told to stop.
pub(super) enum Crew {
    One(JoinHandle<()>),
    Several {
        guards: WorkerGuards<()>,
        /// Whoever watches for others that go stops when this is dropped.
        done: Sender<()>,
        /// Whether somebody is gone.
        news: Lost,
    },
}

/// What the program's facts gave, or why it cannot run.
pub(super) type Started = Result<Commit, StartError>;

/// Why a program does not run.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// What is wrong with the program: relations that depend on their own negation, facts that fail.
    #[error("the program has {} error(s)", .0.len())]
    Program(Vec<Diagnostic>),
    /// Another process, or a thread of this one, is gone.
    #[error("{0}")]
    Lost(Arc<str>),
}

/// What workers are given to start with.
struct Start {
    process: Arc<Process>,
    requests: Receiver<Request>,
    started: Sender<Started>,
}

impl Crew {
    /// Starts as many workers as the process is for; the first one of it tells how it went. The name of whoever is gone
    /// comes over `lost` later on, when this process must end.
    pub(super) fn start(
        process: Process,
        processes: Option<Processes>,
        requests: Receiver<Request>,
        started: Sender<Started>,
        lost: Sender<Arc<str>>,
    ) -> Result<Crew, String> {
        let workers = process.workers;
        let start = Start { process: Arc::new(process), requests, started };
        if workers == 1 && processes.is_none() {
            let thread = std::thread::Builder::new().name("weir-engine".into()).stack_size(STACK);
            let work = move || start.work(Peers::alone());
            return thread.spawn(work).map(Crew::One).map_err(|error| error.to_string());
        }
        let news = Lost::default();
        let mut building = match processes {
            None => Building::of_one(workers),
            Some(processes) => Building::of_several(workers, processes, &news),
        }?;
        let connections = std::mem::take(&mut building.connections);
        let (done, finished) = bounded(0);
        let (canceller, watched) = (Canceller::new(start.process.control.clone()), news.clone());
        let known = news.clone();
        let watch = move || watch(&watched, &finished, &canceller, &connections, &lost);
        let watcher = std::thread::Builder::new().name("weir-watch".into()).spawn(watch);
        watcher.map_err(|error| error.to_string())?;
        let guards = building.start(move |worker| {
            let peers = Peers::new(worker, workers, &news);
            // A panic ends the work of all, and is not to tear timely's threads along.
            let _ = catch_unwind(AssertUnwindSafe(|| {
                let _watch = news.watch("a worker thread has panicked");
                stacker::grow(STACK, || start.work(peers));
            }));
        })?;
        Ok(Crew::Several { guards, done, news: known })
    }

    /// What has happened if another process or a thread of this one is gone.
    pub(super) fn lost(&self) -> Option<Arc<str>> {
        match self {
            Crew::One(_) => None,
            Crew::Several { news, .. } => news.what().cloned(),
        }
    }

    /// Waits until all have stopped.
    pub(super) fn join(self) {
        match self {
            Crew::One(thread) => drop(thread.join()),
            Crew::Several { guards, done, .. } => {
                guards.join();
                drop(done);
            }
        }
    }
}

impl Start {
    fn work(&self, peers: Peers) {
        let index = peers.index();
        match Session::new(peers, &self.process) {
            Ok((session, initial)) if index == 0 => {
                let _ = self.started.send(Ok(initial));
                session.serve(&self.requests);
            }
            Ok((session, initial)) => {
                self.tell(index, Ok(initial));
                session.follow();
            }
            Err(error) => self.tell(index, Err(error)),
        }
    }

    /// Once for each process.
    fn tell(&self, index: usize, started: Started) {
        if index.is_multiple_of(self.process.workers) {
            let _ = self.started.send(started);
        }
    }
}

/// Until the crew is finished: sees to it that all end once somebody is gone.
fn watch(
    news: &Lost,
    finished: &Receiver<()>,
    canceller: &Canceller,
    connections: &[TcpStream],
    lost: &Sender<Arc<str>>,
) {
    select! {
        recv(finished) -> _ => {}
        recv(news.bell()) -> _ => {}
    }
    let Some(what) = news.what() else { return };
    canceller.cancel();
    std::thread::sleep(GRACE);
    // Also wakes the threads that read.
    connections.iter().for_each(|connection| drop(connection.shutdown(Shutdown::Both)));
    let _ = lost.send(what.clone());
}
