//! Single rows of a collection, found through whatever indexes the rules have.

use std::ops::ControlFlow;
use std::rc::Rc;

use super::contents::whole;
use super::host::{Failure, Host};
use super::index::{Epoch, Weight};
use super::reader::AsOf;
use crate::eval::Machine;
use crate::ir::RelationId;
use crate::plan::{ArrangementId, CollectionId, CollectionSource, Projection};
use crate::value::{Row, Word};

/// Receives rows with their weights until it has seen enough.
pub(crate) type Visit<'v> = dyn FnMut(&[Word], Weight) -> ControlFlow<()> + 'v;

impl Host {
    /// What the code of the running program was made with.
    pub(crate) fn machine(&self) -> Rc<Machine> {
        self.machine.clone()
    }

    /// An index of whole rows by some of these columns; the one that takes most of them.
    pub(crate) fn index_by(&self, id: CollectionId, columns: &[usize]) -> Option<ArrangementId> {
        let width = self.plan.collection(id).columns.len();
        let of_collection = self.plan.arrangements.iter().enumerate().filter(|(_, a)| a.collection == id);
        let inside = self.recursion_of(RelationId(id.0));
        let keyed = of_collection.filter_map(|(number, arrangement)| {
            let kept = arrangement.host
                || inside.is_some_and(|recursion| recursion.arranges(ArrangementId(number as u32)));
            let Projection::Columns { key, value } = &arrangement.projection else { return None };
            let complete = (0..width).all(|column| key.contains(&column) || value.contains(&column));
            let known = !key.is_empty() && key.iter().all(|column| columns.contains(column));
            (kept && complete && known).then_some((number, key.len()))
        });
        keyed.max_by_key(|(_, keys)| *keys).map(|(number, _)| ArrangementId(number as u32))
    }

    /// Shows the rows that an index of [`Self::index_by`] has for these values of columns.
    pub(crate) fn indexed(&mut self, id: ArrangementId, known: &[(usize, Word)], visit: &mut Visit<'_>) {
        let plan = self.plan.clone();
        let projection = &plan.arrangement(id).projection;
        let Projection::Columns { key, .. } = projection else { return };
        let value_of = |wanted: &usize| known.iter().find(|(column, _)| column == wanted).map(|(_, w)| *w);
        let Some(words) = key.iter().map(value_of).collect::<Option<Row>>() else { return };
        let mut flow = ControlFlow::Continue(());
        let mut show = |value: &[Word], weight: Weight| {
            if flow.is_continue() {
                let row = whole(projection, &words, value);
                if known.iter().all(|(column, word)| row.get(*column) == Some(word)) {
                    flow = visit(&row, weight);
                }
            }
        };
        if !plan.arrangement(id).host {
            let inside = self.recursion_of(RelationId(plan.arrangement(id).collection.0));
            inside.into_iter().for_each(|recursion| recursion.values(id, &words, |value| show(value, 1)));
            return;
        }
        let Some(mut reader) = self.arrangements[id.0 as usize].reader() else { return };
        if reader.find(&words) {
            reader.values(AsOf::Now, show);
        }
    }

    /// How often there is a row with these values of columns, if something kept by exactly these columns tells: an index, or
    /// of whole rows the set itself.
    pub(crate) fn count_by(&mut self, id: CollectionId, known: &[(usize, Word)]) -> Option<Weight> {
        let plan = self.plan.clone();
        let collection = plan.collection(id);
        let value_of = |wanted: usize| known.iter().find(|(column, _)| *column == wanted).map(|(_, w)| *w);
        if known.len() == collection.columns.len() {
            let row = (0..known.len()).map(value_of).collect::<Option<Row>>()?;
            if let CollectionSource::Relation(relation) = collection.source
                && let Some(recursion) = self.recursion_of(relation).filter(|inside| inside.holds(relation))
            {
                return Some(Weight::from(recursion.has(relation, &row)));
            }
            if let Some(Some(distinct)) = self.distinct.get_mut(id.0 as usize) {
                let mut reader = distinct.reader();
                return Some(Weight::from(reader.find(&row) && reader.total(AsOf::Now) > 0));
            }
        }
        let (number, key) = plan.arrangements.iter().enumerate().find_map(|(number, arrangement)| {
            let Projection::Columns { key, .. } = &arrangement.projection else { return None };
            let same = key.len() == known.len() && known.iter().all(|(column, _)| key.contains(column));
            (arrangement.host && arrangement.collection == id && same).then_some((number, key))
        })?;
        let words = key.iter().map(|column| value_of(*column)).collect::<Option<Row>>()?;
        let mut reader = self.arrangements[number].reader()?;
        Some(if reader.find(&words) { reader.total(AsOf::Now) } else { 0 })
    }

    /// Columns of a collection's rows.
    pub(crate) fn width(&self, id: CollectionId) -> usize {
        self.plan.collection(id).columns.len()
    }

    /// About how many rows a collection has; a great many if that is not known without reading them.
    pub(crate) fn rows_about(&self, id: CollectionId) -> usize {
        let indexes = self.plan.arrangements.iter().enumerate();
        let of_collection = indexes.filter(|(_, a)| a.collection == id && a.host);
        let known = of_collection.map(|(number, _)| self.arrangements[number].len());
        let inside = match self.plan.collection(id).source {
            CollectionSource::Relation(relation) => self
                .recursion_of(relation)
                .filter(|recursion| recursion.holds(relation))
                .map(|r| r.len(relation)),
            CollectionSource::Delayed(..) | CollectionSource::Changes(_) => None,
        };
        known.chain(inside).min().unwrap_or(usize::MAX)
    }

    /// Shows all rows of a collection with these values of columns, reading all there are.
    pub(crate) fn scan(
        &mut self,
        id: CollectionId,
        known: &[(usize, Word)],
        epoch: Epoch,
        visit: &mut Visit<'_>,
    ) -> Result<(), Failure> {
        let matches = |row: &[Word]| known.iter().all(|(column, word)| row.get(*column) == Some(word));
        let Some(arrangement) = self.complete_arrangement(id) else {
            let rows = self.collection_rows(id, epoch)?;
            let mut rows = rows.iter().filter(|(row, weight)| *weight > 0 && matches(row));
            let _ = rows.try_for_each(|(row, weight)| visit(row, weight));
            return Ok(());
        };
        let plan = self.plan.clone();
        let projection = &plan.arrangement(arrangement).projection;
        let Some(mut reader) = self.arrangements[arrangement.0 as usize].reader() else { return Ok(()) };
        let mut flow = ControlFlow::Continue(());
        while flow.is_continue()
            && let Some(key) = reader.next_key()
        {
            reader.values(AsOf::Now, |value, weight| {
                if flow.is_continue() && weight > 0 {
                    let row = whole(projection, &key, value);
                    if matches(&row) {
                        flow = visit(&row, weight);
                    }
                }
            });
        }
        Ok(())
    }
}
