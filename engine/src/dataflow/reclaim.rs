//! Which values are in use: those in the rows of every index.

use super::columns::{Columns, Marking};
use super::host::Host;
use crate::ir::TypeTable;
use crate::plan::Plan;
use crate::value::{Interner, Marks};

/// The columns of everything that a host keeps.
pub(crate) struct Layouts {
    /// By collection.
    collections: Vec<Columns>,
    arrangements: Vec<Columns>,
    /// By rule and stage.
    stages: Vec<Vec<Columns>>,
    /// By rule and stage: what groups gave.
    results: Vec<Vec<Columns>>,
}

impl Layouts {
    pub(crate) fn new(types: &TypeTable, plan: &Plan) -> Self {
        let results = |rule: &crate::plan::RulePlan| {
            let stages = rule.stages.iter();
            stages
                .map(|stage| match &stage.op {
                    crate::plan::Op::Reduce { reduction, .. } => Columns::of_results(types, reduction),
                    crate::plan::Op::Join { .. }
                    | crate::plan::Op::Antijoin { .. }
                    | crate::plan::Op::Semijoin { .. } => Columns::default(),
                })
                .collect()
        };
        Layouts {
            collections: plan
                .collections
                .iter()
                .map(|collection| Columns::new(types, collection.columns.iter().copied(), []))
                .collect(),
            arrangements: plan
                .arrangements
                .iter()
                .map(|arrangement| {
                    let columns = &plan.collection(arrangement.collection).columns;
                    Columns::of_projection(types, columns, &arrangement.projection)
                })
                .collect(),
            stages: plan.rules.iter().map(|rule| Columns::of_stages(types, rule)).collect(),
            results: plan.rules.iter().map(results).collect(),
        }
    }
}

impl Host {
    /// Marks every value that a row somewhere holds. Only between transactions.
    pub(crate) fn mark(
        &mut self,
        layouts: &Layouts,
        interner: &Interner,
        types: &TypeTable,
        marks: &mut Marks,
    ) {
        let mut marking = Marking { interner, types, marks };
        for (arrangement, columns) in self.arrangements.iter_mut().zip(&layouts.arrangements) {
            if let Some(rows) = arrangement.reader() {
                columns.mark(&mut marking, rows);
            }
        }
        for (distinct, columns) in self.distinct.iter_mut().zip(&layouts.collections) {
            if let Some(distinct) = distinct {
                columns.mark(&mut marking, distinct.reader());
            }
        }
        for (index, chain) in self.chains.iter_mut().enumerate() {
            if let Some(chain) = chain {
                chain.mark(&layouts.stages[index], &layouts.results[index], &mut marking);
            }
        }
        for (collection, rows) in self.waiting() {
            let columns = &layouts.collections[collection.0 as usize];
            rows.for_each(|(row, _)| columns.mark_row(&mut marking, row, &[]));
        }
        for (collection, rows) in self.latest_rows() {
            let columns = &layouts.collections[collection];
            rows.iter().for_each(|(row, _)| columns.mark_row(&mut marking, row, &[]));
        }
        for recursion in self.recursions.iter().flatten() {
            recursion.mark(&mut marking);
        }
    }
}
