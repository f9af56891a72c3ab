//! What a program starts with, and how that changes: the same for every engine.

use std::borrow::Cow;

use super::numbers::scatter;

/// Rows put in as one transaction or batch.
const CHUNK: usize = 1 << 16;
/// Rows replaced by one transaction while facts are renewed.
const RENEWED: u64 = 1_000;

/// What a program starts with.
pub struct Facts {
    /// Input relations in the order of the rules.
    pub relations: Vec<Relation>,
    /// Which of them changes.
    pub churned: usize,
    /// How.
    pub churn: Churn,
}

/// Rows of an input relation. Everything is a number; columns of strings hold the number that `text` makes one of.
pub struct Relation {
    /// Its name in the rules.
    pub name: Cow<'static, str>,
    /// Its rows at the start.
    pub rows: Vec<Row>,
    /// Which columns are strings.
    pub texts: &'static [usize],
}

/// The columns of a fact.
pub type Row = Vec<u32>;

/// How facts change one by one.
pub enum Churn {
    /// A row goes in one transaction and comes back in the next.
    BackAndForth,
    /// The oldest row goes, and one comes that never was there before.
    Renewed {
        /// Rows replaced while loading, 1,000 in a transaction.
        rows: u64,
        /// The row of a number. Those below the number of rows at the start are there at the start.
        row: Box<dyn Fn(u64) -> Row + Send + Sync>,
    },
}

/// A change of a fact.
pub(crate) struct Change<'a> {
    pub(crate) relation: usize,
    pub(crate) row: Cow<'a, [u32]>,
    /// 1 or -1.
    pub(crate) weight: i64,
}

impl Facts {
    /// Facts of numbers, of which those of the first relation go and come back.
    pub(super) fn numbers<const N: usize>(relations: [(&'static str, Vec<Row>); N]) -> Facts {
        let relations = relations.map(|(name, rows)| Relation { name: name.into(), rows, texts: &[] });
        Facts { relations: relations.into(), churned: 0, churn: Churn::BackAndForth }
    }

    /// The rows of a relation of two columns.
    pub(super) fn pairs(&self, relation: usize) -> impl Iterator<Item = (u32, u32)> {
        self.relations[relation].rows.iter().map(|row| (row[0], row[1]))
    }

    /// The transactions that load them.
    pub(crate) fn load(&self) -> impl Iterator<Item = Vec<Change<'_>>> {
        let first = self.relations.iter().enumerate().flat_map(|(relation, of)| {
            of.rows.chunks(CHUNK).map(move |rows| {
                rows.iter().map(|row| Change { relation, row: row.as_slice().into(), weight: 1 }).collect()
            })
        });
        let renewed = match &self.churn {
            Churn::BackAndForth => 0,
            Churn::Renewed { rows, .. } => *rows,
        };
        let renewals = (0..renewed.div_ceil(RENEWED)).map(move |chunk| {
            let steps = 2 * chunk * RENEWED..2 * ((chunk + 1) * RENEWED).min(renewed);
            steps.map(|step| self.renewal(step)).collect()
        });
        first.chain(renewals)
    }

    /// What a one-fact transaction after the load is about.
    pub(crate) fn transaction(&self, number: u64) -> Change<'_> {
        match &self.churn {
            Churn::BackAndForth => {
                let rows = &self.relations[self.churned].rows;
                let row = &rows[(scatter(number / 2) % rows.len() as u64) as usize];
                let weight = if number % 2 == 1 { 1 } else { -1 };
                Change { relation: self.churned, row: row.as_slice().into(), weight }
            }
            Churn::Renewed { rows, .. } => self.renewal(2 * rows + number),
        }
    }

    /// Every second step takes the oldest row away, those between bring a new one.
    fn renewal(&self, step: u64) -> Change<'_> {
        let there = self.relations[self.churned].rows.len() as u64;
        let (number, weight) = if step.is_multiple_of(2) { (step / 2, -1) } else { (there + step / 2, 1) };
        let row = match &self.churn {
            Churn::Renewed { row, .. } => row(number),
            Churn::BackAndForth => self.relations[self.churned].rows[(number % there) as usize].clone(),
        };
        Change { relation: self.churned, row: row.into(), weight }
    }
}

/// The string of a number: as long as a UUID, another one for each number.
pub(super) fn text(number: u32) -> String {
    let digits = scatter(u64::from(number));
    format!("{:08x}-{:04x}-{number:08x}-{:012x}", digits >> 32, digits & 0xffff, digits >> 16)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn held(facts: &Facts, transactions: u64) -> Option<BTreeSet<Row>> {
        let mut rows = BTreeSet::new();
        let load = facts.load().flatten().collect::<Vec<_>>();
        let changes = load.into_iter().chain((0..transactions).map(|number| facts.transaction(number)));
        for change in changes {
            let row = change.row.into_owned();
            let fits = if change.weight > 0 { rows.insert(row) } else { rows.remove(&row) };
            if !fits {
                return None;
            }
        }
        Some(rows)
    }

    #[test]
    fn what_goes_comes_back() {
        let facts = Facts::numbers([("R", (0..100).map(|i| vec![i]).collect())]);
        assert_eq!(held(&facts, 50), Some((0..100).map(|i| vec![i]).collect()));
    }

    #[test]
    fn what_is_renewed_was_never_there_before() {
        let mut facts = Facts::numbers([("R", (0..10).map(|i| vec![i]).collect())]);
        facts.churn = Churn::Renewed { rows: 2_500, row: Box::new(|number| vec![number as u32]) };
        assert_eq!(held(&facts, 8), Some((2_504..2_514).map(|i| vec![i]).collect()));
    }

    #[test]
    fn texts_differ() {
        let texts: BTreeSet<String> = (0..10_000).map(text).collect();
        assert_eq!(texts.len(), 10_000);
    }
}
