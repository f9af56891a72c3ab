//! Workers that are gone: the others must not wait for them.

use std::sync::{Arc, OnceLock};

/// Known to all workers of a process: whether one there was is gone, and which.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lost(Arc<OnceLock<String>>);

/// Held by a worker as long as it works.
pub(crate) struct Watch {
    lost: Lost,
    otherwise: &'static str,
}

impl Lost {
    /// What has happened, if anything.
    pub(super) fn what(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }

    /// Something has happened.
    pub(crate) fn tell(&self, what: impl Into<String>) {
        // The first to know of it says it.
        let _ = self.0.set(what.into());
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
