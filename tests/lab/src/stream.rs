//! Traffic that goes on while something happens.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::{Error, Frame, Machine, Result};

/// Between two frames.
const PAUSE: Duration = Duration::from_millis(2);

impl Machine {
    /// Sends numbered datagrams to `to` all the while `work` runs; gives back what was sent.
    pub fn sends_all_the_while(&self, to: &Machine, work: impl FnOnce() -> Result) -> Result<Vec<Frame>> {
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let sender = scope.spawn(|| -> Result<Vec<Frame>> {
                let mut sent = Vec::new();
                while !done.load(Ordering::Relaxed) {
                    let frame = self.datagram(to, &format!("number {}", sent.len()));
                    self.port.inject(&frame)?;
                    sent.push(frame);
                    std::thread::sleep(PAUSE);
                }
                Ok(sent)
            });
            let outcome = work();
            done.store(true, Ordering::Relaxed);
            let sent = sender.join().map_err(|_| Error::Usage("the sender panicked".to_owned()))?;
            outcome.and(sent)
        })
    }

    /// Waits for the last frame of `sent`; an error if any of them has not arrived then.
    pub fn expect_all(&self, sent: &[Frame]) -> Result {
        let Some(last) = sent.last() else { return Ok(()) };
        self.port.wait_same(last)?;
        let arrived = self.port.frames()?;
        let lost: Vec<&Frame> =
            sent.iter().filter(|sent| !arrived.iter().any(|frame| frame.is_same(sent))).collect();
        match lost.first() {
            None => Ok(()),
            Some(first) => {
                let text = format!("{} of {} frames lost, {first:?} first", lost.len(), sent.len());
                Err(Error::Usage(text))
            }
        }
    }
}
