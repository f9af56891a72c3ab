//! Workers that are gone: the others must not wait for them.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::Thread;

use crossbeam_channel::{Receiver, Sender, bounded};

/// Known to all workers of a process: whether one there was is gone, and which.
#[derive(Clone, Debug)]
pub(crate) struct Lost(Arc<News>);

#[derive(Debug)]
struct News {
    what: OnceLock<Arc<str>>,
    /// Dropped once there is something to tell, which wakes all who listen.
    quiet: Mutex<Option<Sender<()>>>,
    bell: Receiver<()>,
    /// Those who may be asleep.
    workers: Mutex<Vec<Thread>>,
}

/// Held by a worker as long as it works.
pub(crate) struct Watch {
    lost: Lost,
    otherwise: &'static str,
}

impl Default for Lost {
    fn default() -> Self {
        let (quiet, bell) = bounded(0);
        let (what, quiet, workers) = (OnceLock::new(), Mutex::new(Some(quiet)), Mutex::default());
        Lost(Arc::new(News { what, quiet, bell, workers }))
    }
}

impl Lost {
    /// What has happened, if anything.
    pub(crate) fn what(&self) -> Option<&Arc<str>> {
        self.0.what.get()
    }

    /// Something has happened.
    pub(crate) fn tell(&self, what: impl Into<Arc<str>>) {
        // The first to know of it says it.
        let _ = self.0.what.set(what.into());
        self.0.quiet.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.0.workers.lock().unwrap_or_else(PoisonError::into_inner).iter().for_each(Thread::unpark);
    }

    /// This thread is to be woken when something has happened.
    pub(super) fn wake_me(&self) {
        let mut workers = self.0.workers.lock().unwrap_or_else(PoisonError::into_inner);
        workers.push(std::thread::current());
    }

    /// Is disconnected once something has happened.
    pub(crate) fn bell(&self) -> &Receiver<()> {
        &self.0.bell
    }

    /// Notices if the thread that holds the result panics.
    pub(crate) fn watch(&self, otherwise: &'static str) -> Watch {
        Watch { lost: self.clone(), otherwise }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.lost.tell(self.otherwise);
        }
    }
}
