//! A rule of a recursion, round by round.

use std::rc::Rc;

use super::super::changes::Changes;
use super::super::code::{Code, GroupCode};
use super::super::columns::{Columns, Marking};
use super::super::index::{Batch, Weight, keys};
use super::super::memory::Held;
use super::super::pulse::{Pulse, cancelled};
use super::super::reader::{AsOf, Reader};
use super::super::semijoin::Wanted;
use super::failures::Failures;
use super::group::Groups;
use super::history::{History, Round};
use super::inbox::Inbox;
use super::set::mark;
use super::side::{Look, Side, Sources};
use crate::eval::{Machine, Trap};
use crate::ir::{RuleId, TypeTable};
use crate::plan::{ArrangementId, CollectionId, Left, Op, RulePlan, Source};
use crate::value::Word;

/// A rule and the state of its stages.
pub(super) struct Rule {
    pub(super) id: RuleId,
    /// The relation it is for, by its place among those inside.
    pub(super) head: usize,
    /// What it takes row by row, if it does not start from an arrangement.
    pub(super) source: Option<CollectionId>,
    first: Code,
    stages: Vec<Stage>,
}

struct Stage {
    inbox: Inbox,
    left: Kept,
    op: Work,
    columns: Columns,
    results: Columns,
}

enum Kept {
    Shared(Side),
    Private(Box<History>),
}

enum Work {
    Join {
        right: Side,
        then: Code,
    },
    /// By the keys on the right, each once if they are inside. What must not be met is complete before: it is outside.
    Semijoin {
        right: Side,
        then: Code,
        wanted: Wanted,
    },
    Reduce(Box<Groups>),
}

/// What a rule works with in a round.
pub(super) struct Run<'a> {
    pub(super) sources: Sources<'a>,
    pub(super) pulse: &'a Pulse,
    pub(super) failures: &'a mut Failures,
}

impl Rule {
    /// Gets a planned rule ready. `side` says where an arrangement is found.
    pub(super) fn new(
        machine: &Rc<Machine>,
        types: &TypeTable,
        (id, head): (RuleId, usize),
        plan: &RulePlan,
        mut side: impl FnMut(ArrangementId, bool) -> Side,
    ) -> Self {
        let shared = plan.stages.first().is_some_and(|stage| matches!(stage.left, Left::Shared(_)));
        let source = match plan.source {
            Source::Collection(source) if !shared => Some(source),
            Source::Collection(_) | Source::Once => None,
        };
        let columns = Columns::of_stages(types, plan);
        let stages = plan.stages.iter().zip(columns).map(|(stage, columns)| Stage {
            inbox: Inbox::default(),
            left: match stage.left {
                Left::Shared(arrangement) => Kept::Shared(side(arrangement, false)),
                Left::Private | Left::Ephemeral => Kept::Private(Box::default()),
            },
            results: match &stage.op {
                Op::Reduce { reduction, .. } => Columns::of_results(types, reduction),
                Op::Join { .. } | Op::Antijoin { .. } | Op::Semijoin { .. } => Columns::default(),
            },
            op: match &stage.op {
                Op::Join { right, then } => {
                    Work::Join { right: side(*right, false), then: Code::new(machine, then) }
                }
                Op::Semijoin { right, then } => Work::Semijoin {
                    right: side(*right, true),
                    then: Code::new(machine, then),
                    wanted: Wanted::Met,
                },
                Op::Antijoin { right, then } => Work::Semijoin {
                    right: Side::Outside(right.0 as usize),
                    then: Code::new(machine, then),
                    wanted: Wanted::Unmet,
                },
                Op::Reduce { reduction, key_columns } => {
                    Work::Reduce(Box::new(Groups::new(GroupCode::new(machine, reduction, *key_columns))))
                }
            },
            columns,
        });
        Rule { id, head, source, first: Code::new(machine, &plan.first), stages: stages.collect() }
    }

    /// Takes what changes in this round; adds what it derives to the head's inbox.
    pub(super) fn run(&mut self, run: &mut Run<'_>, source: &Changes, head: &mut Inbox) -> Result<(), Trap> {
        let (epoch, round) = (run.sources.epoch, run.sources.round);
        self.stages.iter_mut().for_each(|stage| stage.inbox.begin(round));
        let first = self.stages.first_mut().map_or(&mut *head, |stage| &mut stage.inbox);
        for (row, weight) in source.iter() {
            run.pulse.beat()?;
            self.first.run(epoch, &[row], weight, &mut |key, value, weight| {
                first.push(round, key, value, weight);
            })?;
        }
        let mut rest = self.stages.as_mut_slice();
        let mut place = (self.id, 0);
        while let [stage, later @ ..] = rest {
            let out = later.first_mut().map_or(&mut *head, |next| &mut next.inbox);
            stage.run(run, place, out)?;
            place.1 += 1;
            rest = later;
        }
        Ok(())
    }

    /// The next round in which there is something to do.
    pub(super) fn next_round(&self) -> Option<Round> {
        let due = |stage: &Stage| {
            let groups = match &stage.op {
                Work::Reduce(groups) => groups.next_round(),
                Work::Join { .. } | Work::Semijoin { .. } => None,
            };
            stage.inbox.next_round().into_iter().chain(groups).min()
        };
        self.stages.iter().filter_map(due).min()
    }

    /// Ends the round: what its stages have taken is no longer new.
    pub(super) fn settle(&mut self) {
        for stage in &mut self.stages {
            if let Kept::Private(rows) = &mut stage.left {
                rows.settle();
            }
        }
    }

    /// Ends the transaction.
    pub(super) fn end(&mut self, done: bool) {
        for stage in &mut self.stages {
            stage.inbox.clear();
            if let Kept::Private(rows) = &mut stage.left {
                rows.end(done);
            }
            if let Work::Reduce(groups) = &mut stage.op {
                groups.end(done);
            }
        }
    }

    /// The arrangements it reads.
    pub(super) fn sides(&self) -> impl Iterator<Item = Side> {
        self.stages.iter().flat_map(|stage| {
            let left = match stage.left {
                Kept::Shared(side) => Some(side),
                Kept::Private(_) => None,
            };
            let right = match stage.op {
                Work::Join { right, .. } | Work::Semijoin { right, .. } => Some(right),
                Work::Reduce(_) => None,
            };
            left.into_iter().chain(right)
        })
    }

    /// Gives what its stages keep to another one of the same rule and takes what that one's keep.
    pub(super) fn exchange(&mut self, other: &mut Rule) {
        for (one, other) in self.stages.iter_mut().zip(&mut other.stages) {
            if let (Kept::Private(one), Kept::Private(other)) = (&mut one.left, &mut other.left) {
                std::mem::swap(one, other);
            }
            if let (Work::Reduce(one), Work::Reduce(other)) = (&mut one.op, &mut other.op) {
                std::mem::swap(&mut one.results, &mut other.results);
            }
        }
    }

    /// What its stages keep for themselves.
    pub(super) fn held(&self) -> Held {
        let mut held = Held::default();
        for stage in &self.stages {
            if let Kept::Private(rows) = &stage.left {
                held += rows.held();
            }
            if let Work::Reduce(groups) = &stage.op {
                held += groups.results.held();
            }
        }
        held
    }

    /// Marks the values in the stages' own rows.
    pub(super) fn mark(&self, marking: &mut Marking<'_>) {
        for stage in &self.stages {
            if let Kept::Private(rows) = &stage.left {
                mark(rows, &stage.columns, marking);
            }
            if let Work::Reduce(groups) = &stage.op {
                mark(&groups.results, &stage.results, marking);
            }
        }
    }
}

impl Stage {
    fn run(&mut self, run: &mut Run<'_>, place: (RuleId, usize), out: &mut Inbox) -> Result<(), Trap> {
        let (epoch, round) = (run.sources.epoch, run.sources.round);
        let arrived = self.inbox.take();
        let fresh = match &mut self.left {
            Kept::Shared(side) => run.sources.fresh_left(*side),
            Kept::Private(rows) => {
                rows.publish(arrived, round);
                rows.fresh()
            }
        };
        if let Work::Reduce(groups) = &mut self.op {
            run.pulse.beat()?;
            let Kept::Private(rows) = &self.left else { return Ok(()) };
            return groups.update(rows, fresh.as_deref(), (epoch, round), out);
        }
        let (then, right) = match &self.op {
            Work::Join { right, then } | Work::Semijoin { right, then, .. } => (then, *right),
            Work::Reduce(_) => return Ok(()),
        };
        let fresh_right = run.sources.fresh_right(right);
        let before = match (&self.left, &fresh_right) {
            (_, None) => None,
            (Kept::Shared(side), Some(_)) => run.sources.before(*side),
            (Kept::Private(rows), Some(_)) => Some(Look::Rounds(rows.before())),
        };
        let parts = if matches!(self.op, Work::Join { .. }) { 3 } else { 2 };
        let mut matches = Matches { run, then, place, parts, out, stopped: false };
        match &self.op {
            Work::Join { .. } | Work::Semijoin { right: Side::Inside(_), .. } => {
                if let Some(fresh) = &fresh
                    && let Some(right) = matches.run.sources.now(right)
                {
                    matches.left(fresh, right);
                }
                if let (Some(fresh), Some(before)) = (&fresh_right, before) {
                    matches.right(fresh, before);
                }
            }
            Work::Semijoin { right: Side::Outside(right), wanted, .. } => {
                let reader = |run: &mut Run<'_>| match run.sources.outside[*right].reader() {
                    Some(reader) => Some(reader),
                    None => run.sources.outside[*right].changes().map(|rows| Reader::new(vec![rows])),
                };
                if let Some(fresh) = &fresh {
                    let right = reader(matches.run);
                    matches.looked_up(fresh, right, *wanted);
                }
                if let (Some(fresh), Some(before), Some(right)) = (&fresh_right, before, reader(matches.run))
                {
                    matches.flipped(fresh, right, before, *wanted);
                }
            }
            Work::Reduce(_) => {}
        }
        if matches.stopped { Err(cancelled()) } else { Ok(()) }
    }
}

/// Matches of a stage on their way to where they belong.
struct Matches<'m, 'a> {
    run: &'m mut Run<'a>,
    then: &'m Code,
    place: (RuleId, usize),
    /// Parts that the code takes: of a side that is only looked at it gets the key.
    parts: usize,
    out: &'m mut Inbox,
    stopped: bool,
}

impl Matches<'_, '_> {
    /// New rows on the left meet all there is on the right.
    fn left(&mut self, fresh: &Batch, mut right: Look) {
        for (key, left_values) in keys(fresh) {
            if self.stopped {
                return;
            }
            if right.seek(key) {
                right.values(|right_value, updates| {
                    for (left_value, weight) in left_values.iter() {
                        self.found(&[key, left_value, right_value][..self.parts], weight, updates);
                    }
                });
            }
        }
    }

    /// New rows on the right meet what there was before on the left.
    fn right(&mut self, fresh: &Batch, mut left: Look) {
        for (key, right_values) in keys(fresh) {
            if self.stopped {
                return;
            }
            if left.seek(key) {
                left.values(|left_value, updates| {
                    for (right_value, weight) in right_values.iter() {
                        self.found(&[key, left_value, right_value][..self.parts], weight, updates);
                    }
                });
            }
        }
    }

    /// New rows on the left whose key is on the right, or is not, as wanted.
    fn looked_up(&mut self, fresh: &Batch, mut right: Option<Reader>, wanted: Wanted) {
        for (key, values) in keys(fresh) {
            let there = right.as_mut().is_some_and(|right| right.has(key, AsOf::Now));
            if self.stopped || !wanted.takes(there) {
                continue;
            }
            for (value, weight) in values.iter() {
                self.found(&[key, value], weight, &[(0, 1)]);
            }
        }
    }

    /// What there was before on the left, where the right side's answer changes.
    fn flipped(&mut self, fresh: &Batch, mut right: Reader, mut left: Look, wanted: Wanted) {
        let epoch = self.run.sources.epoch;
        for (key, _) in keys(fresh) {
            if self.stopped {
                return;
            }
            let (before, now) = right.before_and_now(key, epoch);
            if now != before && left.seek(key) {
                let sign = if wanted.takes(now) { 1 } else { -1 };
                left.values(|value, updates| self.found(&[key, value], sign, updates));
            }
        }
    }

    /// A match of what changes in this round with a row that has these updates.
    #[inline]
    fn found(&mut self, parts: &[&[Word]], weight: Weight, updates: &[(Round, Weight)]) {
        for (round, times) in updates {
            self.stopped |= self.run.pulse.stops();
            if self.stopped {
                return;
            }
            let round = self.run.sources.round.max(*round);
            let (weight, out) = (weight.wrapping_mul(*times), &mut *self.out);
            let result = self.then.run(self.run.sources.epoch, parts, weight, &mut |key, value, weight| {
                out.push(round, key, value, weight);
            });
            if let Err(trap) = result {
                self.run.failures.add(self.place, parts, round, weight, trap);
            }
        }
    }
}
