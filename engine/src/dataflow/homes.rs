//! Which rows are already with the worker that needs them: what is where it belongs is not sent.
//!
//! A row of a relation belongs to the worker that some of its columns fall to, its home. If rules derive a relation by
//! a join on columns that the head has too, these columns are its home's: what is derived stays, and an index by them is
//! filled without sending anything. Equal rows meet, as they have one home.

use std::collections::HashMap;

use super::changes::Changes;
use super::host::{Failure, at_first};
use super::peers::{Channel, Parcel, Peers, Route};
use crate::ir::{Expr, ExprKind, LocalId, RelationId, RuleId, TypeId};
use crate::plan::transform::{Input, Step, Transform};
use crate::plan::walk::{Locals, bound_by};
use crate::plan::{
    ArrangementId, CollectionId, CollectionSource, Left, Op, Plan, Projection, RulePlan, Source,
};

/// Where rows are with several workers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Homes {
    /// By collection: the columns by which it is known which worker has a change of it; `None` if any may have it.
    columns: Vec<Option<Vec<usize>>>,
    /// By collection: the types of all its columns.
    types: Vec<Vec<TypeId>>,
    /// By arrangement: whether what a change gives for it is where it is kept.
    kept: Vec<bool>,
    /// By rule and stage: whether what arrives there is where it is needed.
    arriving: Vec<Vec<bool>>,
    /// By rule: whether what it derives is at home.
    derived: Vec<bool>,
}

impl Homes {
    /// Of the rows of a plan.
    pub(crate) fn new(plan: &Plan) -> Self {
        let at_first = at_first(plan);
        let types = plan.collections.iter().map(|collection| collection.columns.clone()).collect();
        let mut homes = Homes { columns: vec![None; plan.collections.len()], types, ..Homes::default() };
        let of_rules = rules_of(plan);
        for component in plan.components.iter().filter(|component| !component.is_recursive()) {
            for relation in &component.relations {
                let home = match of_rules.get(relation) {
                    None => given(plan, &at_first, *relation),
                    Some(rules) => homes.chosen(plan, &at_first, *relation, rules),
                };
                homes.columns[relation.0 as usize] = home;
            }
            // What is looked back at is where it was.
            for (id, collection) in plan.collections.iter().enumerate() {
                if let CollectionSource::Delayed(of, _) | CollectionSource::Changes(of) = collection.source
                    && component.relations.contains(&of)
                {
                    homes.columns[id] = homes.columns[of.0 as usize].clone();
                }
            }
        }
        homes.kept = plan
            .arrangements
            .iter()
            .zip(&at_first)
            .map(|(arrangement, first)| {
                let home = homes.columns[arrangement.collection.0 as usize].as_deref();
                !first && home.is_some_and(|home| is_by(&arrangement.projection, home))
            })
            .collect();
        for rule in &plan.rules {
            let stays = |stage| homes.arrives_home(plan, &at_first, rule, stage);
            homes.arriving.push((0..rule.stages.len()).map(stays).collect());
            let home = homes.columns[rule.head.0 as usize].as_ref();
            let falls_to = homes.falls_to(plan, &at_first, rule);
            homes.derived.push(home.is_some() && falls_to.as_ref() == home);
        }
        homes
    }

    /// The columns by which it is known where changes of a relation are; `None` if they may be anywhere.
    pub(crate) fn of(&self, relation: RelationId) -> Option<&[usize]> {
        self.columns.get(relation.0 as usize)?.as_deref()
    }

    /// Whether what changes of its collection give for an arrangement is where it is kept.
    pub(super) fn keeps(&self, id: ArrangementId) -> bool {
        self.kept[id.0 as usize]
    }

    /// Whether rows that arrive at a stage are where the other side is.
    pub(super) fn arrive(&self, rule: RuleId, stage: usize) -> bool {
        self.arriving[rule.0 as usize].get(stage).copied().unwrap_or_default()
    }

    /// Whether what a rule derives is at home.
    pub(super) fn derives_home(&self, rule: RuleId) -> bool {
        self.derived[rule.0 as usize]
    }

    /// Rows of a relation on their way home.
    pub(crate) fn parcels(&self, peers: &Peers, relation: RelationId, rows: Changes) -> Vec<Parcel> {
        let channel = Channel::Derived(relation);
        let home = self.of(relation).unwrap_or_default();
        if home.iter().enumerate().all(|(place, column)| place == *column) {
            let width = if home.is_empty() { usize::MAX } else { home.len() };
            return vec![Parcel { channel, route: Route::Key(width), rows }];
        }
        let mut shares = vec![Changes::new(); peers.count()];
        let (mut key, types) = (vec![0; home.len()], &self.types[relation.0 as usize]);
        for (row, weight) in rows.iter() {
            key.iter_mut().zip(home).for_each(|(word, column)| *word = row[*column]);
            shares[peers.owner(&key, home.iter().map(|column| types[*column]))].push(row, weight);
        }
        let to = |(worker, rows)| Parcel { channel, route: Route::To(worker), rows };
        shares.into_iter().enumerate().map(to).collect()
    }

    /// Rows of relations that have a home, there; all workers must name the same relations.
    pub(crate) fn sent_home(
        &self,
        peers: &mut Peers,
        rows: Vec<(RelationId, Changes)>,
    ) -> Result<Vec<(RelationId, Changes)>, Failure> {
        if peers.is_alone() || rows.is_empty() {
            return Ok(rows);
        }
        let relations: Vec<RelationId> = rows.iter().map(|(relation, _)| *relation).collect();
        let parcels = rows.into_iter().flat_map(|(relation, rows)| match self.of(relation) {
            Some(_) => self.parcels(peers, relation, rows),
            None => vec![Parcel { channel: Channel::Derived(relation), route: Route::Stay, rows }],
        });
        let parcels = parcels.collect();
        let mut arrived = peers.exchange(parcels, Ok(()))?;
        Ok(relations
            .into_iter()
            .map(|relation| {
                let mut rows = arrived.take(Channel::Derived(relation));
                rows.consolidate();
                (relation, rows)
            })
            .collect())
    }

    /// The home of a relation that rules derive: where most of the rules leave what they derive.
    fn chosen(
        &self,
        plan: &Plan,
        at_first: &[bool],
        relation: RelationId,
        rules: &[RuleId],
    ) -> Option<Vec<usize>> {
        let mut found: Vec<(Vec<usize>, usize)> = Vec::new();
        for falls_to in rules.iter().filter_map(|rule| self.falls_to(plan, at_first, plan.rule(*rule))) {
            match found.iter_mut().find(|(columns, _)| *columns == falls_to) {
                Some((_, times)) => *times += 1,
                None => found.push((falls_to, 1)),
            }
        }
        let most = found.iter().map(|(_, times)| *times).max();
        let chosen = found.into_iter().find(|(_, times)| Some(*times) == most).map(|(columns, _)| columns);
        // Facts are all that rules can give an input relation, whose other rows have a home of their own.
        let only_facts = rules.iter().all(|rule| plan.rule(*rule).source == Source::Once);
        chosen.or_else(|| (!only_facts).then(|| all_columns(plan, relation)))
    }

    /// The columns of the head by which it is known which worker derives a row; `None` if the head does not tell.
    fn falls_to(&self, plan: &Plan, at_first: &[bool], rule: &RulePlan) -> Option<Vec<usize>> {
        let (variables, head) = match rule.stages.len().checked_sub(1) {
            None => (self.read_by(rule)?, rule.first.outputs.first()?.as_slice()),
            Some(last) => met_by(plan, at_first, rule, last)?,
        };
        let place = |variable: &LocalId| head.iter().position(|expr| is_local(expr, *variable));
        variables.iter().map(place).collect()
    }

    /// Whether rows that arrive at a stage are where its other side is.
    fn arrives_home(&self, plan: &Plan, at_first: &[bool], rule: &RulePlan, stage: usize) -> bool {
        let Some(width) = rule.arriving_key(stage) else { return false };
        if rule.stages[stage].right().is_some_and(|right| at_first[right.0 as usize]) {
            return false;
        }
        let from = match stage.checked_sub(1) {
            None => self.read_by(rule).zip(rule.first.outputs.first().map(Vec::as_slice)),
            Some(before) => met_by(plan, at_first, rule, before),
        };
        from.is_some_and(|(variables, row)| {
            width == variables.len()
                && row.iter().zip(&variables).all(|(expr, variable)| is_local(expr, *variable))
        })
    }

    /// The variables by which it is known which worker reads a row of a rule's source.
    fn read_by(&self, rule: &RulePlan) -> Option<Vec<LocalId>> {
        let Source::Collection(source) = rule.source else { return None };
        variables(&rule.first, self.columns[source.0 as usize].as_deref()?)
    }
}

/// The rules of relations that have any.
fn rules_of(plan: &Plan) -> HashMap<RelationId, Vec<RuleId>> {
    let mut of_rules: HashMap<RelationId, Vec<RuleId>> = HashMap::new();
    for (id, rule) in plan.rules.iter().enumerate() {
        of_rules.entry(rule.head).or_default().push(RuleId(id as u32));
    }
    of_rules
}

/// The home of a relation that is given from outside: where its contents are looked up.
fn given(plan: &Plan, at_first: &[bool], relation: RelationId) -> Option<Vec<usize>> {
    let Some(contents) = &plan.inputs[relation.0 as usize] else { return Some(all_columns(plan, relation)) };
    match &plan.arrangement(contents.arrangement).projection {
        _ if at_first[contents.arrangement.0 as usize] => None,
        Projection::Columns { key, .. } if !key.is_empty() => Some(key.clone()),
        Projection::Columns { .. } | Projection::Code(_) => None,
    }
}

/// The variables by whose values it is known which worker runs a stage, and the first row that it gives.
fn met_by<'p>(
    plan: &Plan,
    at_first: &[bool],
    rule: &'p RulePlan,
    stage: usize,
) -> Option<(Vec<LocalId>, &'p [Expr])> {
    let stage_plan = &rule.stages[stage];
    let sides = [stage_plan.shared_left(), stage_plan.right()];
    if sides.into_iter().flatten().any(|side| at_first[side.0 as usize]) {
        return None;
    }
    match &stage_plan.op {
        Op::Join { then, .. } | Op::Semijoin { then, .. } | Op::Antijoin { then, .. } => {
            let width = match stage_plan.left {
                Left::Shared(left) => plan.arrangement(left).key_columns,
                Left::Private | Left::Ephemeral => rule.arriving_key(stage)?,
            };
            let columns: Vec<usize> = (0..width).collect();
            Some((variables(then, &columns)?, then.outputs.first()?))
        }
        Op::Reduce { reduction, .. } => {
            let key = &reduction.key;
            let known = !key.is_empty() && !rebinds(&reduction.steps, key);
            known.then(|| (key.clone(), reduction.output.as_slice()))
        }
    }
}

/// The variables that hold these columns of the first part that comes into a transform.
fn variables(transform: &Transform, columns: &[usize]) -> Option<Vec<LocalId>> {
    let Some(Input::Locals(locals)) = transform.inputs.first() else { return None };
    let variables: Option<Vec<LocalId>> =
        columns.iter().map(|column| locals.get(*column).copied().flatten()).collect();
    variables.filter(|variables| !variables.is_empty() && !rebinds(&transform.steps, variables))
}

fn rebinds(steps: &[Step], variables: &[LocalId]) -> bool {
    let mut bound = Locals::new();
    for step in steps {
        if let Step::Match(pattern, _) | Step::FlatMap(pattern, _) = step {
            bound_by(pattern, &mut bound);
        }
    }
    variables.iter().any(|variable| bound.contains(variable))
}

/// Whether the key is these columns, in this order.
fn is_by(projection: &Projection, columns: &[usize]) -> bool {
    match projection {
        Projection::Columns { key, .. } => key == columns,
        Projection::Code(transform) => {
            let key = transform.outputs.first().map(Vec::as_slice).unwrap_or_default();
            variables(transform, columns).is_some_and(|variables| {
                key.len() == variables.len()
                    && key.iter().zip(&variables).all(|(expr, variable)| is_local(expr, *variable))
            })
        }
    }
}

fn all_columns(plan: &Plan, relation: RelationId) -> Vec<usize> {
    (0..plan.collection(CollectionId(relation.0)).columns.len()).collect()
}

fn is_local(expr: &Expr, local: LocalId) -> bool {
    matches!(&expr.kind, ExprKind::Local(found) if *found == local)
}
