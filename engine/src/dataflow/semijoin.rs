//! The semijoin: rows whose key the other side has, however often it has it.

use super::attempts::Attempts;
use super::code::{Code, Emit};
use super::index::{Epoch, keys};
use super::join::Sides;
use super::pulse::Pulse;
use super::reader::{AsOf, Reader};
use crate::eval::Trap;

/// What a semijoin does to a change of its sides: `dL * has R_now + L_before * (has R_now - has R_before)`. A change of the
/// right side by which no key comes or goes costs a look at the key. `right_again` is a second reader of the right side.
pub(super) fn semijoin(
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
            if right.seek(key) && right.total(AsOf::Now) > 0 {
                for (value, weight) in values.iter() {
                    attempts.run(then, epoch, &[key, value], weight, emit);
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
            let sign = if now { 1 } else { -1 };
            left.values(sides.as_of, |value, weight| {
                attempts.run(then, epoch, &[key, value], sign * weight, emit);
            });
        }
    }
    attempts.result()
}
