//! Where the lists of a batch begin: hardly any memory where all are of one length.

use differential_dataflow::trace::implementations::{BatchContainer, OffsetList};

/// Offsets that ascend from 0: first in even steps, then some that stay where they are, then any.
///
/// The lists of keys with one value each, and the updates of values that all came at once with one weight, are the
/// first two.
#[derive(Debug, Default)]
pub(crate) struct Offsets {
    step: usize,
    /// Offsets in even steps: `0, step, 2 * step, ..`
    steps: usize,
    /// Offsets after those that equal the last of them.
    repeats: usize,
    /// How many to make room for once there are any others.
    expected: usize,
    others: Option<Box<OffsetList>>,
}

impl Offsets {
    /// Adds one that is not less than the last one.
    #[inline]
    pub(crate) fn push(&mut self, offset: usize) {
        if let Some(others) = &mut self.others {
            others.push(offset);
        } else if self.steps == 1 && self.repeats == 0 && offset > 0 {
            (self.step, self.steps) = (offset, 2);
        } else if self.repeats == 0 && offset == self.steps * self.step {
            self.steps += 1;
        } else if self.steps > 0 && offset == self.last_step() {
            self.repeats += 1;
        } else {
            let expected = self.expected.saturating_sub(self.steps + self.repeats);
            let mut others = OffsetList::with_capacity(expected);
            others.push(offset);
            self.others = Some(Box::new(others));
        }
    }

    /// Bytes of memory they take, beside themselves.
    pub(crate) fn bytes(&self) -> usize {
        let of = |list: &OffsetList| {
            size_of::<OffsetList>()
                + list.smol.capacity() * size_of::<u32>()
                + list.chonk.capacity() * size_of::<u64>()
        };
        self.others.as_deref().map_or(0, of)
    }

    fn last_step(&self) -> usize {
        (self.steps - 1) * self.step
    }
}

impl BatchContainer for Offsets {
    type Owned = usize;
    type ReadItem<'a> = usize;

    #[inline]
    fn into_owned(offset: usize) -> usize {
        offset
    }

    #[inline]
    fn push_ref(&mut self, offset: usize) {
        self.push(offset);
    }

    #[inline]
    fn push_own(&mut self, offset: &usize) {
        self.push(*offset);
    }

    fn clear(&mut self) {
        *self = Offsets::default();
    }

    fn with_capacity(expected: usize) -> Self {
        Offsets { expected, ..Offsets::default() }
    }

    fn merge_capacity(one: &Self, other: &Self) -> Self {
        Self::with_capacity(one.len() + other.len())
    }

    #[inline]
    fn reborrow<'b, 'a: 'b>(offset: usize) -> usize {
        offset
    }

    #[inline]
    fn index(&self, at: usize) -> usize {
        if at < self.steps {
            return at * self.step;
        }
        match &self.others {
            Some(others) if at >= self.steps + self.repeats => others.index(at - self.steps - self.repeats),
            _ => self.last_step(),
        }
    }

    #[inline]
    fn len(&self) -> usize {
        self.steps + self.repeats + self.others.as_ref().map_or(0, |others| others.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_back_what_was_put_in() {
        let mut state = 3u64;
        let mut random = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % below
        };
        for case in 0..500 {
            let (mut offsets, mut expected) = (Offsets::with_capacity(random(40)), vec![0]);
            for _ in 0..random(4) {
                let (step, count) = (random(3), random(8));
                for _ in 0..count {
                    expected.push(expected.last().copied().unwrap_or_default() + step);
                }
            }
            for offset in &expected {
                offsets.push_ref(*offset);
            }
            let found: Vec<usize> = (0..offsets.len()).map(|at| offsets.index(at)).collect();
            assert_eq!(found, expected, "case {case}");
        }
    }

    #[test]
    fn lists_of_one_length_need_no_room() {
        let (mut singles, mut once) = (Offsets::with_capacity(1000), Offsets::with_capacity(1000));
        singles.push(0);
        once.push(0);
        for at in 1..1000 {
            singles.push(at);
            once.push(1);
        }
        assert!(singles.others.is_none() && once.others.is_none());
    }
}
