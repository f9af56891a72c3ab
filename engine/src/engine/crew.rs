//! The threads of an engine.

use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender};
use timely::communication::WorkerGuards;
use timely::{CommunicationConfig, WorkerConfig};

use super::commit::Commit;
use super::session::{Process, Request, Session};
use crate::dataflow::peers::{Lost, Peers};
use crate::diagnostics::Diagnostic;

/// Values may nest as deep as rules build them, and are compared, written and dropped level by level. Only what is
/// used of it takes memory.
const STACK: usize = 256 << 20;

/// The workers of this process. To be joined once they have been told to stop.
pub(super) enum Crew {
    One(JoinHandle<()>),
    Several(WorkerGuards<()>),
}

/// What the program's facts gave, or why it cannot run.
pub(super) type Started = Result<Commit, Vec<Diagnostic>>;

impl Crew {
    /// Starts as many workers as the process is for. The first one tells how it went.
    pub(super) fn start(
        process: Process,
        requests: Receiver<Request>,
        started: Sender<Started>,
    ) -> Result<Crew, String> {
        let workers = process.workers;
        let process = Arc::new(process);
        if workers == 1 {
            let thread = std::thread::Builder::new().name("weir-engine".into()).stack_size(STACK);
            let work = move || work(Peers::alone(), &process, &requests, &started);
            return thread.spawn(work).map(Crew::One).map_err(|error| error.to_string());
        }
        let (builders, others) = CommunicationConfig::Process(workers).try_build()?;
        let lost = Lost::default();
        let worker = move |worker: &mut timely::worker::Worker| {
            let peers = Peers::new(worker, &lost);
            let watch = lost.watch("a worker thread has panicked");
            stacker::grow(STACK, || work(peers, &process, &requests, &started));
            drop(watch);
        };
        timely::execute::execute_from(builders, others, WorkerConfig::default(), worker).map(Crew::Several)
    }

    /// Waits until all have stopped.
    pub(super) fn join(self) {
        match self {
            Crew::One(thread) => drop(thread.join()),
            Crew::Several(guards) => drop(guards.join()),
        }
    }
}

fn work(peers: Peers, process: &Arc<Process>, requests: &Receiver<Request>, started: &Sender<Started>) {
    let first = peers.index() == 0;
    match Session::new(peers, process) {
        Ok((session, initial)) if first => {
            let _ = started.send(Ok(initial));
            session.serve(requests);
        }
        Ok((session, _)) => session.follow(),
        Err(diagnostics) if first => drop(started.send(Err(diagnostics))),
        Err(_) => {}
    }
}
