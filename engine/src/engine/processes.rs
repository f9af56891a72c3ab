//! The other processes that run the same program, each with a part of all rows.

use std::net::TcpStream;
use std::sync::Arc;

use timely::communication::allocator::zero_copy::initialize::initialize_networking_from_sockets;
use timely::communication::allocator::{AllocatorBuilder, ProcessBuilder};
use timely::communication::{Hooks, WorkerGuards};
use timely::{CommunicationConfig, WorkerConfig};

use crate::dataflow::peers::{Link, Lost};

/// Connections to all other processes. What they say is trusted: see to it that they run the same program
/// ([`super::identity()`]) with the same number of workers.
#[derive(Debug)]
pub struct Processes {
    index: usize,
    others: Vec<Option<OtherProcess>>,
}

/// Another process.
#[derive(Debug)]
pub struct OtherProcess {
    /// What it is called when it is gone: `process 1 at 192.0.2.1:2102`.
    pub name: Arc<str>,
    /// The connection to it, on which nothing more is said by others.
    pub stream: TcpStream,
}

/// What timely makes workers of.
pub(super) struct Building {
    builders: Vec<AllocatorBuilder>,
    others: Box<dyn std::any::Any + Send>,
    /// The connections, to close them.
    pub(super) connections: Vec<TcpStream>,
}

impl Processes {
    /// For the process with that index: by process all others, and nothing in its own place. The one with index 0 is that
    /// of the [`Engine`](super::Engine); all others [`follow`](super::follow).
    pub fn new(index: usize, others: Vec<Option<OtherProcess>>) -> Self {
        Processes { index, others }
    }

    /// The index of this process.
    pub fn index(&self) -> usize {
        self.index
    }

    /// Whether there is another one with that index.
    pub fn is_other(&self, index: usize) -> bool {
        self.others.get(index).is_some_and(Option::is_some)
    }

    /// How many there are, this one among them.
    pub fn count(&self) -> usize {
        self.others.len()
    }
}

impl Building {
    /// Of the workers of one process.
    pub(super) fn of_one(workers: usize) -> Result<Self, String> {
        let (builders, others) = CommunicationConfig::Process(workers).try_build()?;
        Ok(Building { builders, others, connections: Vec::new() })
    }

    /// Of the workers of this process, of several.
    pub(super) fn of_several(workers: usize, processes: Processes, lost: &Lost) -> Result<Self, String> {
        let hooks = Hooks::default();
        let within = ProcessBuilder::new_typed_vector(workers, hooks.refill.clone(), hooks.spill.clone());
        let link = |other: OtherProcess| Link::new(other.stream, other.name, lost.clone());
        let links: Vec<Option<Link>> = processes.others.into_iter().map(|other| other.map(link)).collect();
        let connections = links.iter().flatten().map(Link::handle).collect::<Result<_, _>>();
        let connections = connections.map_err(|error| error.to_string())?;
        let (builders, others) =
            initialize_networking_from_sockets(within, links, processes.index, workers, hooks)
                .map_err(|error| error.to_string())?;
        let builders = builders.into_iter().map(AllocatorBuilder::Tcp).collect();
        Ok(Building { builders, others: Box::new(others), connections })
    }

    /// Starts the workers.
    pub(super) fn start(
        self,
        work: impl Fn(&mut timely::worker::Worker) + Send + Sync + 'static,
    ) -> Result<WorkerGuards<()>, String> {
        timely::execute::execute_from(self.builders, self.others, WorkerConfig::default(), work)
    }
}
