//! The sides of a join in a recursion: what is inside has rounds, what is outside is there from the start.

use std::rc::Rc;

use super::super::arrange::Arranged;
use super::super::changes::Changes;
use super::super::code::Code;
use super::super::columns::{Columns, Marking};
use super::super::index::{Batch, Epoch, Weight};
use super::super::memory::Held;
use super::super::pairs::Pairs;
use super::super::reader::{AsOf, Reader};
use super::history::{History, Round};
use super::rounds::Rounds;
use super::set::{Set, mark};
use crate::eval::Trap;
use crate::plan::ArrangementId;
use crate::value::Word;

/// An arrangement that a rule of a recursion reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Of a relation inside, by its place among those.
    Inside(usize),
    /// Of the host, by its number.
    Outside(usize),
}

/// An arrangement of a relation inside.
pub(super) struct Inside {
    pub(super) id: ArrangementId,
    pub(super) project: Code,
    pub(super) rows: History,
    pub(super) columns: Columns,
    /// If only looked at: how often each key is there. Then the rows are the keys, each once.
    pub(super) keys: Option<Set>,
}

/// What a rule reads in a round.
pub(super) struct Sources<'a> {
    pub(super) inside: &'a [Inside],
    pub(super) outside: &'a mut [Arranged],
    pub(super) epoch: Epoch,
    pub(super) round: Round,
    /// The recursion has read nothing so far: all that is outside is new to it.
    pub(super) loads: bool,
}

/// To look rows up.
pub(super) enum Look {
    Rounds(Rounds),
    Whole(Reader, AsOf),
}

impl Inside {
    /// Takes what changes in the relation in a round.
    pub(super) fn publish(&mut self, epoch: Epoch, round: Round, changes: &Changes) -> Result<(), Trap> {
        let mut pairs = Pairs::default();
        for (row, weight) in changes.iter() {
            self.project.run(epoch, &[row], weight, &mut |key, value, weight| {
                pairs.push(key, value, weight);
            })?;
        }
        if let Some(keys) = &mut self.keys {
            pairs = Pairs::of_keys(keys.update(round, pairs.consolidated().0));
        }
        self.rows.publish(pairs, round);
        Ok(())
    }

    /// The next round in which a key may come or go although nothing changes in the relation.
    pub(super) fn next_round(&self) -> Option<Round> {
        self.keys.as_ref().and_then(Set::next_round)
    }

    /// Ends the transaction.
    pub(super) fn end(&mut self, done: bool) {
        self.rows.end(done);
        self.keys.iter_mut().for_each(|keys| keys.end(done));
    }

    /// Gives its rows to the same arrangement of another plan and takes that one's.
    pub(super) fn exchange(&mut self, other: &mut Inside) {
        std::mem::swap(&mut self.rows, &mut other.rows);
        std::mem::swap(&mut self.keys, &mut other.keys);
    }

    /// What it takes between transactions.
    pub(super) fn held(&self) -> Held {
        self.rows.held() + self.keys.as_ref().map(Set::held).unwrap_or_default()
    }

    /// Marks every value in it.
    pub(super) fn mark(&self, marking: &mut Marking<'_>) {
        mark(&self.rows, &self.columns, marking);
        self.keys.iter().for_each(|keys| keys.mark(&self.columns, marking));
    }
}

impl Sources<'_> {
    /// What changes in this round on the side that a rule starts from.
    pub(super) fn fresh_left(&mut self, side: Side) -> Option<Rc<Batch>> {
        match side {
            Side::Outside(at) if self.loads && self.round == 0 => {
                self.outside[at].reader().map_or_else(|| self.outside[at].changes(), whole)
            }
            side => self.fresh(side),
        }
    }

    /// What changes in this round on the side that a rule meets. Who reads all of the one side needs no changes of the
    /// other.
    pub(super) fn fresh_right(&self, side: Side) -> Option<Rc<Batch>> {
        match side {
            Side::Outside(_) if self.loads => None,
            side => self.fresh(side),
        }
    }

    fn fresh(&self, side: Side) -> Option<Rc<Batch>> {
        match side {
            Side::Inside(at) => self.inside[at].rows.fresh(),
            Side::Outside(at) if self.round == 0 => self.outside[at].changes(),
            Side::Outside(_) => None,
        }
    }

    /// All there is, with the changes of this round.
    pub(super) fn now(&mut self, side: Side) -> Option<Look> {
        match side {
            Side::Inside(at) => Some(Look::Rounds(self.inside[at].rows.now())),
            Side::Outside(at) => self.outside(at, AsOf::Now),
        }
    }

    /// What there was before this round.
    pub(super) fn before(&mut self, side: Side) -> Option<Look> {
        match side {
            Side::Inside(at) => Some(Look::Rounds(self.inside[at].rows.before())),
            Side::Outside(at) if self.round == 0 => self.outside(at, AsOf::Before(self.epoch)),
            Side::Outside(at) => self.outside(at, AsOf::Now),
        }
    }

    fn outside(&mut self, at: usize, as_of: AsOf) -> Option<Look> {
        let arranged = &mut self.outside[at];
        match arranged.reader() {
            Some(reader) => Some(Look::Whole(reader, as_of)),
            // Rows that live for one transaction: those of this one, which were not there before it.
            None if as_of == AsOf::Now => {
                Some(Look::Whole(Reader::new(vec![arranged.changes()?]), AsOf::Now))
            }
            None => None,
        }
    }
}

impl Look {
    /// Goes to a key; whether it is there. Keys must be asked for in ascending order.
    #[inline]
    pub(super) fn seek(&mut self, key: &[Word]) -> bool {
        match self {
            Look::Rounds(rounds) => rounds.seek(key),
            Look::Whole(reader, _) => reader.seek(key),
        }
    }

    /// The values of the current key with the rounds in which they come and go.
    #[inline]
    pub(super) fn values(&self, mut each: impl FnMut(&[Word], &[(Round, Weight)])) {
        match self {
            Look::Rounds(rounds) => rounds.values(each),
            Look::Whole(reader, as_of) => reader.values(*as_of, |value, weight| each(value, &[(0, weight)])),
        }
    }
}

/// All rows as one change.
fn whole(mut rows: Reader) -> Option<Rc<Batch>> {
    let mut pairs = Pairs::default();
    rows.all(AsOf::Now, |key, value, weight| pairs.push(key, value, weight));
    super::history::batch(pairs, 0, 0)
}
