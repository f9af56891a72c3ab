//! The semijoin and the antijoin: rows whose key the other side has, however often it has it, or does not have.

use super::attempts::Attempts;
use super::code::{Code, Emit};
use super::index::{Epoch, keys};
use super::join::Sides;
use super::pulse::Pulse;
use super::reader::{AsOf, Reader};
use crate::eval::Trap;

/// Which rows go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Those whose key is there.
    Met,
    /// Those whose key is not there.
    Unmet,
}

impl Wanted {
    /// Whether a row goes on whose key is there, or is not.
    #[inline]
    pub(super) fn takes(self, there: bool) -> bool {
        there == (self == Wanted::Met)
    }
}

/// What a change of the sides does: `dL * goes on with R_now + L_before * (goes on with R_now - goes on with R_before)`. A
/// change of the right side by which no key comes or goes costs a look at the key. `right_again` is a second reader of the
/// right side.
pub(super) fn semijoin(
    sides: Sides,
    right_again: Option<Reader>,
    wanted: Wanted,
    then: &Code,
    epoch: Epoch,
    pulse: &Pulse,
    emit: &mut Emit<'_>,
) -> Result<(), Trap> {
    let mut attempts = Attempts::new(pulse);
    if let (Some(changes), Some(mut right)) = (&sides.left_changes, sides.right) {
        for (key, values) in keys(changes) {
            if attempts.stopped() {
                break;
            }
            let goes_on = wanted.takes(right.has(key, AsOf::Now));
            // Who looks on is shown what comes, and what shuts it out again.
            if !goes_on && !sides.shown {
                continue;
            }
            for (value, weight) in values.iter() {
                attempts.run(then, epoch, &[key, value], weight, emit);
                if !goes_on {
                    attempts.run(then, epoch, &[key, value], -weight, emit);
                }
            }
        }
    }
    if let (Some(mut left), Some(mut right), Some(changes)) = (sides.left, right_again, &sides.right_changes)
    {
        for (key, _) in keys(changes) {
            if attempts.stopped() {
                break;
            }
            let (before, now) = right.before_and_now(key, epoch);
            if before == now || !left.seek(key) {
                continue;
            }
            let sign = if wanted.takes(now) { 1 } else { -1 };
            left.values(sides.as_of, |value, weight| {
                attempts.run(then, epoch, &[key, value], sign * weight, emit);
            });
        }
    }
    attempts.result()
}
