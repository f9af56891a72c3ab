//! Stopping in the middle of long work: a look at the control every so many rows.

use std::cell::Cell;
use std::sync::Arc;

use crate::control::Control;
use crate::eval::Trap;
use crate::source::{FileId, Span};

/// Rows between two looks.
const ROWS: u32 = 1024;

/// Counts rows, and looks now and then whether to stop.
pub(crate) struct Pulse {
    control: Arc<Control>,
    rows: Cell<u32>,
}

impl Pulse {
    pub(crate) fn new(control: &Arc<Control>) -> Self {
        Pulse { control: control.clone(), rows: Cell::new(0) }
    }

    /// One more row; whether to stop.
    #[inline]
    pub(crate) fn stops(&self) -> bool {
        let rows = self.rows.get() + 1;
        if rows < ROWS {
            self.rows.set(rows);
            return false;
        }
        self.look()
    }

    /// One more row; fails if it is one too many.
    #[inline]
    pub(crate) fn beat(&self) -> Result<(), Trap> {
        if self.stops() { Err(cancelled()) } else { Ok(()) }
    }

    /// Whether somebody wants this to end.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.control.is_cancelled()
    }

    #[cold]
    fn look(&self) -> bool {
        self.rows.set(0);
        self.control.count(ROWS as usize);
        self.control.is_cancelled()
    }
}

/// Why work ends that somebody has stopped; whoever runs the transaction says so in better words.
#[cold]
pub(crate) fn cancelled() -> Trap {
    Trap::new(Span { file: FileId(0), start: 0, end: 0 }, "cancelled")
}
