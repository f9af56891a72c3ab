//! A rule at work: the chain of its stages, each run on what the transaction changes.

use std::rc::Rc;

use super::arrange::Arranged;
use super::attempts::{Attempts, Least};
use super::changes::Changes;
use super::code::{Code, Emit};
use super::columns::{Columns, Marking};
use super::index::{Batch, Epoch, Index, Weight, batch};
use super::join::{Sides, join};
use super::memory::Held;
use super::pairs::Pairs;
use super::pulse::Pulse;
use super::reader::AsOf;
use super::reduce::Groups;
use super::semijoin::{Wanted, semijoin};
use crate::eval::{Machine, Trap};
use crate::plan::{Left, Op, RulePlan};
use crate::value::Word;

/// A rule and the state of its stages.
pub(crate) struct Chain {
    first: Code,
    stages: Vec<Stage>,
    pulse: Pulse,
}

struct Stage {
    left: Kept,
    /// Columns of the key of what arrives; `None` if the left side is an arrangement that others share.
    arriving_key: Option<usize>,
    op: Work,
    /// What the current transaction changed in `left`.
    changed: Option<Rc<Batch>>,
}

/// How the left side is kept.
enum Kept {
    Shared(usize),
    Private(Box<Index>),
    Not,
}

enum Work {
    Join {
        right: usize,
        then: Code,
    },
    /// `told`: somebody looks at what comes out, row by row, and is also shown what is shut out.
    Semijoin {
        right: usize,
        then: Code,
        wanted: Wanted,
        told: bool,
    },
    Reduce(Box<Groups>),
}

impl Chain {
    /// Gets a planned rule ready.
    pub(crate) fn new(machine: &Rc<Machine>, plan: &RulePlan) -> Self {
        let stages = plan.stages.iter().enumerate().map(|(at, stage)| Stage {
            arriving_key: plan.arriving_key(at),
            left: match stage.left {
                Left::Shared(arrangement) => Kept::Shared(arrangement.0 as usize),
                Left::Private => Kept::Private(Box::new(Index::new())),
                Left::Ephemeral => Kept::Not,
            },
            op: match &stage.op {
                Op::Join { right, then } => {
                    Work::Join { right: right.0 as usize, then: Code::new(machine, then) }
                }
                Op::Semijoin { right, then } => Work::Semijoin {
                    right: right.0 as usize,
                    then: Code::new(machine, then),
                    wanted: Wanted::Met,
                    told: false,
                },
                Op::Antijoin { right, then } => Work::Semijoin {
                    right: right.0 as usize,
                    then: Code::new(machine, then),
                    wanted: Wanted::Unmet,
                    told: plan.stages[at..].iter().any(|stage| stage.op.inspects()),
                },
                Op::Reduce { reduction, key_columns } => {
                    Work::Reduce(Box::new(Groups::new(machine, reduction, *key_columns)))
                }
            },
            changed: None,
        });
        Chain {
            first: Code::new(machine, &plan.first),
            stages: stages.collect(),
            pulse: Pulse::new(machine.control()),
        }
    }

    /// How many stages there are.
    pub(crate) fn stages(&self) -> usize {
        self.stages.len()
    }

    /// Columns of the key of the rows that arrive at a stage; `None` if none do, because the stage's left side is an
    /// arrangement that others share.
    pub(crate) fn arriving_key(&self, stage: usize) -> Option<usize> {
        self.stages.get(stage)?.arriving_key
    }

    /// Takes the changes of the rule's source; gives what arrives at the first stage, or the head's rows if there is no
    /// stage.
    pub(crate) fn first(&self, epoch: Epoch, source: &Changes, out: &mut Pairs) -> Result<(), Trap> {
        match self.stages.first() {
            Some(Stage { left: Kept::Shared(_), .. }) => Ok(()),
            Some(_) | None => self.first_of(epoch, source, &mut to_stage(out)),
        }
    }

    /// Takes what arrives at a stage (the changes of collections are in `arrangements`); gives what arrives at the
    /// next one, or the head's rows if it is the last.
    pub(crate) fn stage(
        &mut self,
        stage: usize,
        epoch: Epoch,
        arrived: Pairs,
        arrangements: &mut [Arranged],
        out: &mut Pairs,
    ) -> Result<(), Trap> {
        self.stages[stage].update(epoch, arrived, arrangements, &self.pulse, &mut to_stage(out))
    }

    /// As [`Self::stage`] for the first stage of a rule that has read nothing yet, over an arrangement that others share
    /// and in which nothing changes now.
    pub(crate) fn load(
        &mut self,
        epoch: Epoch,
        arrangements: &mut [Arranged],
        out: &mut Pairs,
    ) -> Result<(), Trap> {
        match self.stages.first() {
            Some(Stage { left: Kept::Shared(left), op, .. }) => {
                op.load(*left, epoch, arrangements, &self.pulse, &mut to_stage(out))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Gives what its stages keep to another chain of the same rule and takes what that one's keep.
    pub(crate) fn exchange(&mut self, other: &mut Chain) {
        for (one, other) in self.stages.iter_mut().zip(&mut other.stages) {
            if let (Kept::Private(one), Kept::Private(other)) = (&mut one.left, &mut other.left) {
                std::mem::swap(one, other);
            }
            if let (Work::Reduce(one), Work::Reduce(other)) = (&mut one.op, &mut other.op) {
                one.exchange(other);
            }
        }
    }

    /// All rows of the head that the rule derives now; `source` are the rows it reads if it has no stages.
    pub(crate) fn contents(
        &mut self,
        epoch: Epoch,
        source: &Changes,
        arrangements: &mut [Arranged],
        out: &mut Changes,
    ) -> Result<(), Trap> {
        match self.stages.last_mut() {
            Some(stage) => stage.contents(epoch, arrangements, &self.pulse, &mut to_head(out)),
            None => {
                let mut emit = to_head(out);
                self.first_of(epoch, source, &mut emit)
            }
        }
    }

    /// The first transform of rows of the source.
    fn first_of(&self, epoch: Epoch, source: &Changes, emit: &mut Emit<'_>) -> Result<(), Trap> {
        let mut least = Least::default();
        for (row, weight) in source.iter() {
            self.pulse.beat()?;
            least.note(self.first.run(epoch, &[row], weight, emit));
        }
        least.result()
    }

    /// What its stages keep for themselves.
    pub(crate) fn held(&self) -> Held {
        let mut held = Held::default();
        for stage in &self.stages {
            if let Kept::Private(index) = &stage.left {
                held += index.held();
            }
            if let Work::Reduce(groups) = &stage.op {
                held += groups.held();
            }
        }
        held
    }

    /// Marks the values in the stages' own rows.
    pub(crate) fn mark(&mut self, stages: &[Columns], results: &[Columns], marking: &mut Marking<'_>) {
        for ((stage, columns), results) in self.stages.iter_mut().zip(stages).zip(results) {
            if let Kept::Private(index) = &mut stage.left {
                columns.mark(marking, index.reader());
            }
            if let Work::Reduce(groups) = &mut stage.op {
                groups.mark(results, marking);
            }
        }
    }

    /// Forgets that there was a transaction.
    pub(crate) fn end(&mut self) {
        for stage in &mut self.stages {
            stage.changed = None;
            if let Work::Reduce(groups) = &mut stage.op {
                groups.end();
            }
        }
    }

    /// Takes the transaction's changes back, by their opposites in a later one.
    pub(crate) fn undo(&mut self, epoch: Epoch) {
        for stage in &mut self.stages {
            if let (Kept::Private(index), Some(batch)) = (&mut stage.left, stage.changed.take()) {
                index.undo(&batch, epoch);
            }
            if let Work::Reduce(groups) = &mut stage.op {
                groups.undo(epoch);
            }
        }
    }
}

impl Work {
    /// What the stage gives for all rows of the arrangement on its left.
    fn load(
        &self,
        left: usize,
        epoch: Epoch,
        arrangements: &mut [Arranged],
        pulse: &Pulse,
        emit: &mut Emit<'_>,
    ) -> Result<(), Trap> {
        let sizes = |right: usize| (arrangements[left].len(), arrangements[right].len());
        match self {
            // Groups are not formed over arrangements that others share.
            Work::Reduce(_) => Ok(()),
            Work::Join { right, then } => {
                let (on_left, on_right) = sizes(*right);
                let (left, right) = (arrangements[left].reader(), arrangements[*right].reader());
                let (Some(left), Some(right)) = (left, right) else { return Ok(()) };
                let mut attempts = Attempts::new(pulse);
                // What is the smaller side decides how long it takes.
                let few = usize::from(on_left > on_right);
                let mut sides = [left, right];
                while let Some(key) = sides[few].next_key() {
                    if attempts.stopped() {
                        break;
                    }
                    if !sides[1 - few].seek(&key) {
                        continue;
                    }
                    let [left, right] = &sides;
                    left.values(AsOf::Now, |left_value, left_weight| {
                        if attempts.stopped() {
                            return;
                        }
                        right.values(AsOf::Now, |right_value, right_weight| {
                            let weight = left_weight.wrapping_mul(right_weight);
                            attempts.run(then, epoch, &[&key, left_value, right_value], weight, emit);
                        });
                    });
                }
                attempts.result()
            }
            Work::Semijoin { right, then, wanted, .. } => {
                let (left, right) = (arrangements[left].reader(), arrangements[*right].reader());
                let (Some(mut left), Some(mut right)) = (left, right) else { return Ok(()) };
                let mut attempts = Attempts::new(pulse);
                while let Some(key) = left.next_key() {
                    if attempts.stopped() {
                        break;
                    }
                    if wanted.takes(right.has(&key, AsOf::Now)) {
                        left.values(AsOf::Now, |value, weight| {
                            attempts.run(then, epoch, &[&key, value], weight, emit);
                        });
                    }
                }
                attempts.result()
            }
        }
    }
}

impl Stage {
    fn update(
        &mut self,
        epoch: Epoch,
        arrived: Pairs,
        arrangements: &mut [Arranged],
        pulse: &Pulse,
        emit: &mut Emit<'_>,
    ) -> Result<(), Trap> {
        let left = match &mut self.left {
            Kept::Shared(arrangement) => arrangements[*arrangement].changes(),
            Kept::Private(index) if !arrived.is_empty() => Some(index.batch(arrived, epoch)),
            Kept::Not if !arrived.is_empty() => Some(batch(arrived, epoch, epoch)),
            Kept::Private(_) | Kept::Not => None,
        };
        let (left_changes, reads_now) = match &self.op {
            Work::Reduce(_) => {
                self.keep(left.clone());
                let Work::Reduce(groups) = &mut self.op else { return Ok(()) };
                let Some(changes) = left else { return Ok(()) };
                match &mut self.left {
                    Kept::Private(index) => groups.update(&changes, index, epoch, pulse, emit)?,
                    Kept::Shared(_) | Kept::Not => groups.once(&changes, epoch, pulse, emit)?,
                }
                return Ok(());
            }
            // What meets rows that live for one transaction only is all there is now, not what was before.
            Work::Join { right, .. } | Work::Semijoin { right, .. } => {
                (left, arrangements[*right].is_ephemeral())
            }
        };
        if reads_now {
            self.keep(left_changes.clone());
        }
        let (Work::Join { right, then } | Work::Semijoin { right, then, .. }) = &self.op else {
            return Ok(());
        };
        let right_changes = arrangements[*right].changes();
        let left_reader = match &mut self.left {
            _ if right_changes.is_none() => None,
            Kept::Shared(arrangement) => arrangements[*arrangement].reader(),
            Kept::Private(index) => Some(index.reader()),
            Kept::Not => None,
        };
        let right_again = match &self.op {
            Work::Semijoin { .. } if left_reader.is_some() => arrangements[*right].reader(),
            _ => None,
        };
        let sides = Sides {
            left: left_reader,
            as_of: if reads_now { AsOf::Now } else { AsOf::Before(epoch) },
            shown: matches!(self.op, Work::Semijoin { told: true, .. }),
            right: left_changes.as_ref().and_then(|_| arrangements[*right].reader()),
            left_changes: left_changes.clone(),
            right_changes,
        };
        match &self.op {
            Work::Semijoin { wanted, .. } => semijoin(sides, right_again, *wanted, then, epoch, pulse, emit)?,
            Work::Join { .. } | Work::Reduce(_) => join(sides, then, epoch, pulse, emit)?,
        }
        if !reads_now {
            self.keep(left_changes);
        }
        Ok(())
    }

    fn contents(
        &mut self,
        epoch: Epoch,
        arrangements: &mut [Arranged],
        pulse: &Pulse,
        emit: &mut Emit<'_>,
    ) -> Result<(), Trap> {
        let left = match &mut self.left {
            Kept::Shared(arrangement) => arrangements[*arrangement].reader(),
            Kept::Private(index) => Some(index.reader()),
            Kept::Not => None,
        };
        let Some(mut left) = left else { return Ok(()) };
        match &mut self.op {
            Work::Reduce(groups) => groups.contents(&mut left, epoch, pulse, emit),
            Work::Join { right, then } => {
                let Some(mut right) = arrangements[*right].reader() else { return Ok(()) };
                let mut attempts = Attempts::new(pulse);
                left.all(AsOf::Now, |key, left_value, left_weight| {
                    if attempts.stopped() || !right.seek(key) {
                        return;
                    }
                    right.values(AsOf::Now, |right_value, right_weight| {
                        let weight = left_weight.wrapping_mul(right_weight);
                        attempts.run(then, epoch, &[key, left_value, right_value], weight, emit);
                    });
                });
                attempts.result()
            }
            Work::Semijoin { right, then, wanted, .. } => {
                let Some(mut right) = arrangements[*right].reader() else { return Ok(()) };
                let mut attempts = Attempts::new(pulse);
                left.all(AsOf::Now, |key, value, weight| {
                    if attempts.stopped() {
                        return;
                    }
                    if wanted.takes(right.has(key, AsOf::Now)) {
                        attempts.run(then, epoch, &[key, value], weight, emit);
                    }
                });
                attempts.result()
            }
        }
    }

    fn keep(&mut self, changes: Option<Rc<Batch>>) {
        if let (Kept::Private(index), Some(batch)) = (&mut self.left, changes) {
            index.insert(batch.clone());
            self.changed = Some(batch);
        }
    }
}

/// Rows of the head.
fn to_head(out: &mut Changes) -> impl FnMut(&[Word], &[Word], Weight) {
    |row, _, weight| out.push(row, weight)
}

/// Keys and values of the next stage.
fn to_stage(rows: &mut Pairs) -> impl FnMut(&[Word], &[Word], Weight) {
    |key, value, weight| rows.push(key, value, weight)
}
