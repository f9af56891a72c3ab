//! What a relation holds now: read where it is kept, or put together from what its rules keep.

use super::host::{Delta, Failure, Host};
use super::index::{Epoch, Weight};
use super::reader::{AsOf, Reader};
use crate::ir::{RelationId, RuleId};
use crate::plan::{ArrangementId, CollectionId, CollectionSource, Projection, RulePlan, Source};
use crate::value::{Row, Word};

impl Host {
    /// The rows of a relation with their weights. Nothing for streams: their rows are gone.
    pub(crate) fn contents(&mut self, relation: RelationId, epoch: Epoch) -> Result<Delta, Failure> {
        self.collection_rows(CollectionId(relation.0), epoch)
    }

    /// The rows of a collection with their weights.
    pub(super) fn collection_rows(&mut self, id: CollectionId, epoch: Epoch) -> Result<Delta, Failure> {
        let mut rows = self.collection_contents(id, epoch)?;
        rows.consolidate();
        Ok(rows)
    }

    /// All rows that a rule derives now; none for a rule inside of a recursion.
    pub(crate) fn results(&mut self, rule: RuleId, epoch: Epoch, into: &mut Delta) -> Result<(), Failure> {
        let plan = self.plan.clone();
        let source = self.last_source(plan.rule(rule), epoch)?;
        let Some(chain) = &mut self.chains[rule.0 as usize] else { return Ok(()) };
        chain
            .contents(epoch, &source, &mut self.arrangements, into)
            .map_err(|trap| Failure { rule: Some(rule), trap })
    }

    fn collection_contents(&mut self, id: CollectionId, epoch: Epoch) -> Result<Delta, Failure> {
        let plan = self.plan.clone();
        let collection = plan.collection(id);
        let relation = match collection.source {
            _ if collection.ephemeral => return Ok(Delta::new()),
            CollectionSource::Changes(relation) => return Ok(self.latest(relation).clone()),
            CollectionSource::Delayed(relation, _) => {
                let mut rows = self.collection_contents(CollectionId(relation.0), epoch)?;
                self.not_due(id).for_each(|(row, weight)| rows.push(row, -weight));
                // Rules that read it must not see what is not there any more, or not yet.
                rows.consolidate();
                return Ok(rows);
            }
            CollectionSource::Relation(relation) => relation,
        };
        if let Some(distinct) = &mut self.distinct[id.0 as usize] {
            return Ok(distinct.rows());
        }
        if let Some(rows) = self.recursion_of(relation).and_then(|recursion| recursion.rows(relation)) {
            return Ok(rows);
        }
        if let Some(arrangement) = self.complete_arrangement(id) {
            return Ok(self.arrangement_contents(arrangement));
        }
        let mut rows = Delta::new();
        for (index, _) in plan.rules.iter().enumerate().filter(|(_, rule)| rule.head == relation) {
            self.results(RuleId(index as u32), epoch, &mut rows)?;
        }
        Ok(rows)
    }

    /// The rows that a rule without stages reads; the stages of others keep what they read.
    fn last_source(&mut self, rule: &RulePlan, epoch: Epoch) -> Result<Delta, Failure> {
        match rule.source {
            _ if !rule.stages.is_empty() => Ok(Delta::new()),
            Source::Once => Ok(if self.holds_once { Delta::once() } else { Delta::new() }),
            Source::Collection(source) => self.collection_contents(source, epoch),
        }
    }

    /// An arrangement that holds every column of a collection.
    pub(super) fn complete_arrangement(&self, id: CollectionId) -> Option<ArrangementId> {
        let columns = self.plan.collection(id).columns.len();
        let complete = |projection: &Projection| match projection {
            Projection::Columns { key, value } => {
                (0..columns).all(|column| key.contains(&column) || value.contains(&column))
            }
            Projection::Code(_) => false,
        };
        // By whatever primary key: the arrangement of an input holds whole records.
        if let Some(Some(contents)) = self.plan.inputs.get(id.0 as usize) {
            return Some(contents.arrangement);
        }
        let found = self
            .plan
            .arrangements
            .iter()
            .position(|a| a.collection == id && a.host && complete(&a.projection))?;
        Some(ArrangementId(found as u32))
    }

    fn arrangement_contents(&mut self, id: ArrangementId) -> Delta {
        let plan = self.plan.clone();
        let projection = &plan.arrangement(id).projection;
        let Some(mut reader) = self.arrangements[id.0 as usize].reader() else { return Delta::new() };
        let mut rows = Delta::new();
        reader.all(AsOf::Now, |key_words, value_words, weight| {
            rows.push(&whole(projection, key_words, value_words), weight);
        });
        rows
    }

    /// The row of an input relation with that primary key, or that very row, as of the last transaction.
    pub(crate) fn find(&mut self, relation: RelationId) -> Option<Finder> {
        let contents = self.plan.inputs[relation.0 as usize].as_ref()?;
        let projection = self.plan.arrangement(contents.arrangement).projection.clone();
        let reader = self.arrangements[contents.arrangement.0 as usize].reader()?;
        Some(Finder { reader, projection })
    }
}

/// Looks records of a relation up.
pub(crate) struct Finder {
    reader: Reader,
    projection: Projection,
}

impl Finder {
    /// Whether a row is there.
    pub(crate) fn has(&mut self, row: &[Word]) -> bool {
        self.count(row) > 0
    }

    /// How often a row is there.
    pub(crate) fn count(&mut self, row: &[Word]) -> Weight {
        let Projection::Columns { key, value } = &self.projection else { return 0 };
        let pick = |columns: &[usize]| -> Row { columns.iter().map(|column| row[*column]).collect() };
        if self.reader.find(&pick(key)) { self.reader.weight_of(&pick(value), AsOf::Now) } else { 0 }
    }

    /// The row of a primary key.
    pub(crate) fn row_of(&mut self, key: Word) -> Option<Row> {
        if !self.reader.find(&[key]) {
            return None;
        }
        let (mut row, projection) = (None, &self.projection);
        self.reader.values(AsOf::Now, |words, weight| {
            if weight > 0 {
                row = Some(whole(projection, &[key], words));
            }
        });
        row
    }
}

/// The row behind key and value of a complete arrangement. With a computed key the value is the whole row.
pub(super) fn whole(projection: &Projection, key_words: &[Word], value_words: &[Word]) -> Row {
    match projection {
        Projection::Columns { key, value } => restore(key, key_words, value, value_words),
        Projection::Code(_) => Row::from(value_words),
    }
}

/// The row that was split into key and value.
fn restore(key: &[usize], key_words: &[Word], value: &[usize], value_words: &[Word]) -> Row {
    let width = key.iter().chain(value).max().map_or(0, |last| last + 1);
    let mut row: Row = std::iter::repeat_n(0, width).collect();
    for (column, word) in key.iter().zip(key_words).chain(value.iter().zip(value_words)) {
        row.0[*column] = *word;
    }
    row
}
