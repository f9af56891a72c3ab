//! The antijoin: rows whose key the other side does not have.

use super::attempts::Attempts;
use super::code::{Code, Emit};
use super::index::{Epoch, keys};
use super::join::Sides;
use super::pulse::Pulse;
use super::reader::{AsOf, Reader};
use crate::eval::Trap;

/// What an antijoin does to a change of its sides: `dL * not R_now + L_before * (not R_now - not R_before)`.
/// `right_again` is a second reader of the right side.
pub(super) fn antijoin(
    sides: Sides,
    right_again: Option<Reader>,
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
            let shut_out = right.seek(key) && right.total(AsOf::Now) > 0;
            // Who looks on is shown what comes, and what shuts it out again.
            if shut_out && !sides.shown {
                continue;
            }
            for (value, weight) in values.iter() {
                attempts.run(then, epoch, &[key, value], weight, emit);
                if shut_out {
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
            let found = right.seek(key);
            let before = found && right.total(AsOf::Before(epoch)) > 0;
            let now = found && right.total(AsOf::Now) > 0;
            if before == now || !left.seek(key) {
                continue;
            }
            let sign = if now { -1 } else { 1 };
            left.values(sides.as_of, |value, weight| {
                attempts.run(then, epoch, &[key, value], sign * weight, emit);
            });
        }
    }
    attempts.result()
}
