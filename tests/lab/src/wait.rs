//! Waiting for the real world, with failure text that says what was seen instead.

use std::time::{Duration, Instant};

use crate::{Error, Result};

/// How long the lab waits for anything that should happen "soon". Generous, because it only costs time
/// when a test fails, and the machine may be busy.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Polls `condition` until it is true; fails after `timeout`, naming `what`.
pub fn wait_until(timeout: Duration, what: &str, mut condition: impl FnMut() -> bool) -> Result {
    wait_for(timeout, what, || {
        Ok(if condition() { Ok(()) } else { Err("it did not become true".to_owned()) })
    })
}

/// Polls `probe` until it gives a value: `Ok(Ok(value))` ends the wait, `Ok(Err(seen))` says what is there
/// instead (shown when time is up), and `Err` ends the wait with that error.
pub fn wait_for<T>(
    timeout: Duration,
    what: &str,
    mut probe: impl FnMut() -> Result<std::result::Result<T, String>>,
) -> Result<T> {
    let start = Instant::now();
    let mut pause = Duration::from_millis(2);
    loop {
        let seen = match probe()? {
            Ok(value) => return Ok(value),
            Err(seen) => seen,
        };
        if start.elapsed() >= timeout {
            return Err(Error::Timeout { waited: start.elapsed(), what: what.to_owned(), seen });
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}
