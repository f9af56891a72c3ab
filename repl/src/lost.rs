//! The end of the shell when another process of several is gone.

use std::io::{self, IsTerminal};
use std::process::{Command, exit};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use weir_cluster::{JoinError, LOST};
use weir_engine::engine::Engine;

/// How a shell ends whose engine has lost a part of its rows: by itself if it is waiting for somebody to say something, else
/// once it has told what has become of what it was asked for.
pub(crate) struct Ending {
    told: Arc<AtomicBool>,
}

impl Ending {
    pub(crate) fn of(engine: &Engine) -> Ending {
        let told = Arc::new(AtomicBool::new(false));
        let by_itself = told.clone();
        engine.when_lost(move |what| {
            if !by_itself.swap(true, Ordering::SeqCst) {
                if io::stdin().is_terminal() {
                    // Whoever reads lines there has changed how it works, and cannot be asked to put it back.
                    let _ = Command::new("stty").arg("sane").status();
                }
                eprintln!("weir: {}", JoinError::Lost(what.into()));
                exit(LOST.into());
            }
        });
        Ending { told }
    }

    /// Whether the shell has ended for that reason, which has been told.
    pub(crate) fn has_come(&self, engine: &Engine) -> bool {
        let Some(what) = engine.lost() else { return false };
        if !self.told.swap(true, Ordering::SeqCst) {
            eprintln!("weir: {}", JoinError::Lost(what));
        }
        true
    }
}
