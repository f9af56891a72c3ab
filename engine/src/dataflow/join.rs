//! The join: every pair of rows with equal keys.

use std::rc::Rc;

use super::attempts::Attempts;
use super::code::{Code, Emit};
use super::index::{Batch, Epoch, keys};
use super::pulse::Pulse;
use super::reader::{AsOf, Reader};
use crate::eval::Trap;

/// The two sides of a stage in a transaction. A reader is only there if it is needed: of the left side when
/// the right one changes, and the other way round.
pub(super) struct Sides {
    /// The rows on the left, to be read as of `as_of`.
    pub(super) left: Option<Reader>,
    pub(super) as_of: AsOf,
    pub(super) left_changes: Option<Rc<Batch>>,
    /// Somebody looks at what an antijoin gives.
    pub(super) shown: bool,
    /// The rows on the right, with their changes.
    pub(super) right: Option<Reader>,
    pub(super) right_changes: Option<Rc<Batch>>,
}

/// What a join does to a change of its sides: `dL * R_now + L_before * dR`.
///
/// A right side that lives for one transaction was empty before: `L_now * dR` then.
pub(super) fn join(
    sides: Sides,
    then: &Code,
    epoch: Epoch,
    pulse: &Pulse,
    emit: &mut Emit<'_>,
) -> Result<(), Trap> {
    let mut attempts = Attempts::new(pulse);
    if let (Some(changes), Some(mut right)) = (&sides.left_changes, sides.right) {
        for (key, left_values) in keys(changes) {
            if attempts.stopped() {
                break;
            }
            if !right.seek(key) {
                continue;
            }
            right.values(AsOf::Now, |right_value, right_weight| {
                for (left_value, left_weight) in left_values.iter() {
                    if attempts.stopped() {
                        break;
                    }
                    let weight = left_weight.wrapping_mul(right_weight);
                    attempts.run(then, epoch, &[key, left_value, right_value], weight, emit);
                }
            });
        }
    }
    if let (Some(mut left), Some(changes)) = (sides.left, &sides.right_changes) {
        for (key, right_values) in keys(changes) {
            if attempts.stopped() {
                break;
            }
            if !left.seek(key) {
                continue;
            }
            left.values(sides.as_of, |left_value, left_weight| {
                for (right_value, right_weight) in right_values.iter() {
                    if attempts.stopped() {
                        break;
                    }
                    let weight = left_weight.wrapping_mul(right_weight);
                    attempts.run(then, epoch, &[key, left_value, right_value], weight, emit);
                }
            });
        }
    }
    attempts.result()
}
