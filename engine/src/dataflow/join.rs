//! The join: every pair of rows with equal keys.

use std::rc::Rc;

use super::code::{Code, Emit};
use super::index::{Batch, Epoch, keys};
use super::reader::{AsOf, Reader};
use crate::eval::Trap;

/// The two sides of a stage in a transaction. A reader is only there if it is needed: of the left side when
/// the right one changes, and the other way round.
pub(super) struct Sides {
    /// The rows on the left, to be read as of `as_of`.
    pub(super) left: Option<Reader>,
    pub(super) as_of: AsOf,
    pub(super) left_changes: Option<Rc<Batch>>,
    /// The rows on the right, with their changes.
    pub(super) right: Option<Reader>,
    pub(super) right_changes: Option<Rc<Batch>>,
}

/// What a join does to a change of its sides: `dL * R_now + L_before * dR`.
///
/// A right side that lives for one transaction was empty before: `L_now * dR` then.
pub(super) fn join(sides: Sides, then: &Code, epoch: Epoch, emit: &mut Emit<'_>) -> Result<(), Trap> {
    if let (Some(changes), Some(mut right)) = (&sides.left_changes, sides.right) {
        for (key, left_values) in keys(changes) {
            if !right.seek(key) {
                continue;
            }
            right.values(AsOf::Now, |right_value, right_weight| {
                left_values.iter().try_for_each(|(left_value, left_weight)| {
                    let weight = left_weight.wrapping_mul(right_weight);
                    then.run(epoch, &[key, left_value, right_value], weight, emit)
                })
            })?;
        }
    }
    if let (Some(mut left), Some(changes)) = (sides.left, &sides.right_changes) {
        for (key, right_values) in keys(changes) {
            if !left.seek(key) {
                continue;
            }
            left.values(sides.as_of, |left_value, left_weight| {
                right_values.iter().try_for_each(|(right_value, right_weight)| {
                    let weight = left_weight.wrapping_mul(right_weight);
                    then.run(epoch, &[key, left_value, right_value], weight, emit)
                })
            })?;
        }
    }
    Ok(())
}
