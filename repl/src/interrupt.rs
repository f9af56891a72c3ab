//! Ctrl-C while something runs: it stops, the shell stays.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use weir_engine::Canceller;

/// Shared by the shell and by whoever is told of Ctrl-C.
#[derive(Debug, Clone, Default)]
pub(crate) struct Interrupts(Arc<State>);

#[derive(Debug, Default)]
struct State {
    /// The number of the piece of work under way, from 1; 0 between two.
    running: AtomicU64,
    /// Pieces of work so far.
    started: AtomicU64,
    /// The piece of work that is to stop.
    stopped: AtomicU64,
    canceller: Mutex<Option<Canceller>>,
}

/// A piece of work, while it is under way.
#[derive(Debug)]
pub(crate) struct Running<'i>(&'i Interrupts);

/// What Ctrl-C did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pressed {
    /// Nothing runs.
    Idle,
    /// What runs was told to stop.
    Stopping,
    /// It was told before.
    Again,
}

impl Interrupts {
    /// Makes Ctrl-C stop what runs, from now on and for the whole process.
    ///
    /// # Errors
    /// Somebody else handles it already.
    pub(crate) fn handle(&self) -> io::Result<()> {
        let interrupts = self.clone();
        let handler = move || match interrupts.press() {
            Pressed::Idle => {}
            Pressed::Stopping => interrupts.insist(),
            Pressed::Again => eprintln!("\nstill stopping; Ctrl-\\ ends the shell at once"),
        };
        ctrlc::set_handler(handler).map_err(io::Error::other)
    }

    /// Says how to stop the engine.
    pub(crate) fn stop_with(&self, canceller: Canceller) {
        *self.0.canceller.lock().unwrap_or_else(PoisonError::into_inner) = Some(canceller);
    }

    /// Something begins.
    pub(crate) fn begin(&self) -> Running<'_> {
        let number = self.0.started.fetch_add(1, Ordering::Relaxed) + 1;
        self.0.running.store(number, Ordering::SeqCst);
        Running(self)
    }

    /// Whether what runs is to stop.
    pub(crate) fn is_stopped(&self) -> bool {
        let running = self.0.running.load(Ordering::SeqCst);
        running != 0 && self.0.stopped.load(Ordering::SeqCst) == running
    }

    fn press(&self) -> Pressed {
        let running = self.0.running.load(Ordering::SeqCst);
        match running {
            0 => Pressed::Idle,
            _ if self.0.stopped.swap(running, Ordering::SeqCst) == running => Pressed::Again,
            _ => Pressed::Stopping,
        }
    }

    /// Tells the engine until the work has ended: it may not have begun with its part of it.
    fn insist(&self) {
        let interrupts = self.clone();
        let insist = move || {
            while interrupts.is_stopped() {
                if let Some(canceller) =
                    &*interrupts.0.canceller.lock().unwrap_or_else(PoisonError::into_inner)
                {
                    canceller.cancel();
                }
                std::thread::sleep(Duration::from_millis(5));
            }
        };
        // Without a thread the engine ends when it is done.
        let _ = std::thread::Builder::new().name("weir-cancel".into()).spawn(insist);
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.0.running.store(0, Ordering::SeqCst);
    }
}

/// An output that refuses more once it is to stop.
#[derive(Debug)]
pub(crate) struct Stoppable<W> {
    out: W,
    interrupts: Interrupts,
}

impl<W> Stoppable<W> {
    pub(crate) fn new(out: W, interrupts: Interrupts) -> Stoppable<W> {
        Stoppable { out, interrupts }
    }
}

impl<W: io::Write> io::Write for Stoppable<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.interrupts.is_stopped() {
            true => Err(io::Error::other(Stopped)),
            false => self.out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Why an output takes no more.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("stopped")]
pub(crate) struct Stopped;

/// Whether an output ended because of Ctrl-C.
pub(crate) fn is_stop(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<Stopped>())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::Write;

    use super::*;

    #[test]
    fn only_what_runs_is_stopped_and_only_once() {
        let interrupts = Interrupts::default();
        assert_eq!(interrupts.press(), Pressed::Idle);
        let running = interrupts.begin();
        assert!(!interrupts.is_stopped());
        assert_eq!(interrupts.press(), Pressed::Stopping);
        assert_eq!(interrupts.press(), Pressed::Again);
        assert!(interrupts.is_stopped());
        drop(running);
        assert!(!interrupts.is_stopped());
        let _next = interrupts.begin();
        assert!(!interrupts.is_stopped());
    }

    #[test]
    fn an_output_takes_no_more_until_the_next_piece_of_work() {
        let interrupts = Interrupts::default();
        let mut out = Stoppable::new(Vec::new(), interrupts.clone());
        let running = interrupts.begin();
        out.write_all(b"one").unwrap();
        interrupts.press();
        assert!(is_stop(&out.write_all(b"two").unwrap_err()));
        drop(running);
        out.write_all(b"three").unwrap();
        assert_eq!(out.out, b"onethree");
    }
}
