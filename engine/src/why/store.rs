//! Rows of collections, as the running program holds them, for lookups by any columns.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::dataflow::host::{Failure, Host};
use crate::dataflow::index::{Epoch, Weight};
use crate::ir::RelationId;
use crate::plan::CollectionId;
use crate::value::{Row, Word};

/// A row and how often it is there.
pub(super) type Weighted = (Row, Weight);

/// The places of rows in a table, by the values of some columns.
type Places = FxHashMap<Row, Vec<u32>>;

/// Scans of a collection after which an index pays: making one takes as long as a few of them.
const SCANS: usize = 3;

/// Looks rows up through the indexes of the running program; where there is none, reads all rows, and makes an index
/// of its own if that happens often.
pub(super) struct Store<'h> {
    host: &'h mut Host,
    epoch: Epoch,
    scans: HashMap<CollectionId, usize>,
    tables: HashMap<CollectionId, Rc<Vec<Weighted>>>,
    /// By collection and columns: the places of rows in the table.
    indexes: HashMap<(CollectionId, Vec<usize>), Rc<Places>>,
    sizes: HashMap<CollectionId, usize>,
}

/// What finding rows costs; less is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cost {
    /// It is only seen whether the one row is there.
    One,
    /// Through an index.
    Indexed,
    /// A scan of so many rows that keeps some.
    Some(usize),
    /// All of so many rows.
    All(usize),
}

impl<'h> Store<'h> {
    pub(super) fn new(host: &'h mut Host, epoch: Epoch) -> Self {
        Store {
            host,
            epoch,
            scans: HashMap::new(),
            tables: HashMap::new(),
            indexes: HashMap::new(),
            sizes: HashMap::new(),
        }
    }

    /// What [`Self::find`] would cost if these columns of so many were known.
    pub(super) fn cost(&mut self, id: CollectionId, columns: &[usize], width: usize) -> Cost {
        match columns.len() {
            known if known == width => Cost::One,
            0 => Cost::All(self.size(id)),
            _ if self.host.index_by(id, columns).is_some() => Cost::Indexed,
            _ => Cost::Some(self.size(id)),
        }
    }

    /// The rows with these values of columns (in ascending order of columns), in no order.
    pub(super) fn find(
        &mut self,
        id: CollectionId,
        known: &[(usize, Word)],
    ) -> Result<Vec<Weighted>, Failure> {
        let columns: Vec<usize> = known.iter().map(|(column, _)| *column).collect();
        let mut rows = Vec::new();
        let mut keep = |row: &[Word], weight: Weight| {
            if weight > 0 {
                rows.push((Row::from(row), weight));
            }
            ControlFlow::Continue(())
        };
        if known.len() == self.host.width(id)
            && let Some(count) = self.host.count_by(id, known)
        {
            let row: Row = known.iter().map(|(_, word)| *word).collect();
            return Ok(if count > 0 { vec![(row, count)] } else { Vec::new() });
        }
        if !known.is_empty()
            && let Some(index) = self.host.index_by(id, &columns)
        {
            self.host.indexed(index, known, &mut keep);
            return Ok(rows);
        }
        if known.is_empty() {
            return Ok(self.table(id)?.to_vec());
        }
        let scans = self.scans.entry(id).or_default();
        *scans += 1;
        if *scans <= SCANS && !self.tables.contains_key(&id) {
            self.host.scan(id, known, self.epoch, &mut keep)?;
            return Ok(rows);
        }
        let (table, index) = (self.table(id)?, self.index(id, columns)?);
        let key: Row = known.iter().map(|(_, word)| *word).collect();
        let places = index.get(&key).map_or(&[][..], Vec::as_slice);
        Ok(places.iter().map(|place| table[*place as usize].clone()).collect())
    }

    /// Whether a row has these values of columns.
    pub(super) fn has(&mut self, id: CollectionId, known: &[(usize, Word)]) -> Result<bool, Failure> {
        if let Some(count) = self.host.count_by(id, known) {
            return Ok(count > 0);
        }
        Ok(!self.find(id, known)?.is_empty())
    }

    /// The round of a recursion in which a row is first derived.
    pub(super) fn round_of(&self, relation: RelationId, row: &Row) -> Option<u64> {
        self.host.round_of(relation, row)
    }

    /// All rows, read once.
    fn table(&mut self, id: CollectionId) -> Result<Rc<Vec<Weighted>>, Failure> {
        if let Some(known) = self.tables.get(&id) {
            return Ok(known.clone());
        }
        let mut rows = Vec::new();
        self.host.scan(id, &[], self.epoch, &mut |row, weight| {
            rows.push((Row::from(row), weight));
            ControlFlow::Continue(())
        })?;
        let rows = Rc::new(rows);
        self.tables.insert(id, rows.clone());
        Ok(rows)
    }

    fn index(&mut self, id: CollectionId, columns: Vec<usize>) -> Result<Rc<Places>, Failure> {
        let table = self.table(id)?;
        let index = self.indexes.entry((id, columns)).or_insert_with_key(|(_, columns)| {
            let mut index = Places::default();
            for (place, (row, _)) in table.iter().enumerate() {
                let key: Row = columns.iter().map(|column| row[*column]).collect();
                index.entry(key).or_default().push(place as u32);
            }
            Rc::new(index)
        });
        Ok(index.clone())
    }

    fn size(&mut self, id: CollectionId) -> usize {
        let host = &self.host;
        *self.sizes.entry(id).or_insert_with(|| host.rows_about(id))
    }
}
