//! How far a long load is.

use std::time::{Duration, Instant};

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// What is over before that needs no bar.
const PATIENCE: Duration = Duration::from_millis(400);

/// A bar on standard error, drawn only on a terminal and once it takes long.
pub(crate) struct Progress {
    bar: ProgressBar,
    started: Instant,
    shown: bool,
    /// Bytes not told to the bar yet.
    bytes: u64,
    told: Instant,
}

impl Progress {
    /// For a file of that many bytes.
    pub(crate) fn new(bytes: u64) -> Progress {
        let bar = ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::hidden());
        let style = ProgressStyle::with_template("{wide_bar} {bytes} of {total_bytes}, {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        let now = Instant::now();
        Progress { bar, started: now, shown: false, bytes: 0, told: now }
    }

    /// Some more has been read; `updates` of them in all.
    pub(crate) fn advance(&mut self, bytes: u64, updates: u64) {
        self.bytes += bytes;
        let now = Instant::now();
        if now - self.told < Duration::from_millis(50) {
            return;
        }
        self.told = now;
        self.show_if_long(now);
        self.bar.inc(std::mem::take(&mut self.bytes));
        let seconds = (now - self.started).as_secs_f64();
        self.bar.set_message(format!("{} updates/s", HumanCount((updates as f64 / seconds) as u64)));
    }

    /// All is read: the engine has it now.
    pub(crate) fn committing(&mut self) {
        self.show_if_long(Instant::now());
        self.bar.inc(std::mem::take(&mut self.bytes));
        self.bar.set_message("committing");
    }

    /// Takes the bar off the screen.
    pub(crate) fn done(self) {
        self.bar.finish_and_clear();
    }

    fn show_if_long(&mut self, now: Instant) {
        if !self.shown && now - self.started > PATIENCE {
            self.shown = true;
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }
}
