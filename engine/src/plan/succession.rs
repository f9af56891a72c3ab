//! Which parts of a plan another program's plan has as well.

use std::collections::HashMap;
use std::hash::Hash;

use super::data::{ArrangementId, CollectionId, Plan};
use super::signature::Signatures;
use crate::ir::{RelationId, RuleId};

/// For the parts of a new plan the same ones of the plan before, where there are such.
pub(crate) struct Succession {
    pub(crate) collections: Vec<Option<CollectionId>>,
    pub(crate) arrangements: Vec<Option<ArrangementId>>,
    pub(crate) rules: Vec<Option<RuleId>>,
    /// Recursive components.
    pub(crate) recursions: Vec<Option<usize>>,
    /// Rules of the plan before that are not in the new one.
    pub(crate) removed_rules: Vec<RuleId>,
}

impl Succession {
    pub(crate) fn new(before: &Signatures, after: &Signatures) -> Self {
        let rules = same(&before.rules, &after.rules);
        let mut kept = vec![false; before.rules.len()];
        rules.iter().flatten().for_each(|rule| kept[*rule] = true);
        let removed = kept.iter().enumerate().filter(|(_, kept)| !**kept);
        Succession {
            collections: numbered(same(&before.collections, &after.collections), CollectionId),
            arrangements: numbered(
                known(same(&before.arrangements, &after.arrangements), &after.arrangements),
                ArrangementId,
            ),
            removed_rules: removed.map(|(rule, _)| RuleId(rule as u32)).collect(),
            recursions: known(same(&before.recursions, &after.recursions), &after.recursions),
            rules: numbered(rules, RuleId),
        }
    }

    /// The relation before that is the same: as a collection, not only by its name.
    pub(crate) fn relation(&self, id: RelationId) -> Option<RelationId> {
        self.collections[id.0 as usize].map(|collection| RelationId(collection.0))
    }

    /// The component of relations that are the same, for accounts of its work.
    pub(crate) fn component(&self, before: &Plan, after: &Plan, component: usize) -> Option<usize> {
        let relation = self.relation(*after.components[component].relations.first()?)?;
        before.components.iter().position(|component| component.relations.contains(&relation))
    }
}

/// For each of the later ones an earlier one that is equal. Several that are equal are taken in their order.
fn same<T: Eq + Hash>(before: &[T], after: &[T]) -> Vec<Option<usize>> {
    let mut waiting: HashMap<&T, Vec<usize>> = HashMap::new();
    for (index, one) in before.iter().enumerate().rev() {
        waiting.entry(one).or_default().push(index);
    }
    after.iter().map(|one| waiting.get_mut(one)?.pop()).collect()
}

/// Only those that have a signature.
fn known<T>(same: Vec<Option<usize>>, signatures: &[Option<T>]) -> Vec<Option<usize>> {
    same.into_iter().zip(signatures).map(|(same, signature)| same.filter(|_| signature.is_some())).collect()
}

fn numbered<T>(same: Vec<Option<usize>>, id: impl Fn(u32) -> T) -> Vec<Option<T>> {
    same.into_iter().map(|index| index.map(|index| id(index as u32))).collect()
}
