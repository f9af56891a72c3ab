//! What the parts of a plan are, as numbers that can be compared with those of another program's plan.

use super::data::{Collection, CollectionSource, Left, Multiplicity, Op, Plan, Projection, RulePlan, Source};
use super::transform::{Input, Reduction, Step, Transform};
use crate::ir::{Fingerprint, Fingerprints, Meaning, Program, RelationId, RelationRole, RelationSemantics};

/// For every part of a plan what it does and on what. Equal in two plans: what the one has computed, the other can go on
/// with.
pub(crate) struct Signatures {
    /// What an input relation's records depend on: their type, the primary key, whether it is a set.
    pub(crate) declarations: Vec<Fingerprint>,
    /// Types of relations' records.
    pub(crate) records: Vec<Fingerprint>,
    pub(crate) collections: Vec<Fingerprint>,
    /// `None` for those that only a recursion keeps.
    pub(crate) arrangements: Vec<Option<Fingerprint>>,
    pub(crate) rules: Vec<Fingerprint>,
    /// The inside of recursive components; `None` for others.
    pub(crate) recursions: Vec<Option<Fingerprint>>,
}

impl Signatures {
    pub(crate) fn new(program: &Program, plan: &Plan) -> Self {
        let prints = Fingerprints::new(program);
        let mut recursive = vec![false; program.relations.len()];
        let mut inside = vec![false; plan.rules.len()];
        for component in plan.components.iter().filter(|component| component.is_recursive()) {
            component.relations.iter().for_each(|relation| recursive[relation.0 as usize] = true);
            component.recursive_rules.iter().for_each(|rule| inside[rule.0 as usize] = true);
        }
        let relations = (0..program.relations.len() as u32).map(RelationId);
        let declarations: Vec<Fingerprint> =
            relations.map(|relation| declaration(&prints, program, relation)).collect();
        let records = program.relations.iter().map(|relation| prints.ty(relation.record)).collect();
        let collections: Vec<Fingerprint> = plan
            .collections
            .iter()
            .map(|collection| {
                let relation = collection.source.relation();
                let mut meaning = prints.meaning();
                meaning.fingerprint(declarations[relation.0 as usize]);
                meaning.tag(recursive[relation.0 as usize].into());
                // A set, be it that weights are cut down, be it that nothing is derived twice.
                let declared = &program.relations[relation.0 as usize];
                let output = declared.role == RelationRole::Output
                    && declared.semantics == RelationSemantics::Relation;
                let once = output && collection.multiplicity == Multiplicity::Once;
                meaning.tag((collection.distinct || once).into());
                self::collection(&mut meaning, collection);
                meaning.finish()
            })
            .collect();
        let arrangement_prints: Vec<Fingerprint> = plan
            .arrangements
            .iter()
            .map(|arrangement| {
                let mut meaning = prints.meaning();
                meaning.fingerprint(collections[arrangement.collection.0 as usize]);
                projection(&mut meaning, &arrangement.projection);
                meaning.finish()
            })
            .collect();
        let rules: Vec<Fingerprint> = plan
            .rules
            .iter()
            .zip(inside)
            .map(|(rule, inside)| {
                let mut meaning = prints.meaning();
                meaning.tag(inside.into());
                self::rule(&mut meaning, rule, &collections, &arrangement_prints);
                meaning.finish()
            })
            .collect();
        let recursions = plan.components.iter().map(|component| {
            component.is_recursive().then(|| {
                let mut meaning = prints.meaning();
                component.relations.iter().for_each(|r| meaning.fingerprint(collections[r.0 as usize]));
                component.recursive_rules.iter().for_each(|r| meaning.fingerprint(rules[r.0 as usize]));
                meaning.finish()
            })
        });
        Signatures {
            recursions: recursions.collect(),
            arrangements: arrangement_prints
                .into_iter()
                .zip(&plan.arrangements)
                .map(|(print, arrangement)| arrangement.host.then_some(print))
                .collect(),
            declarations,
            records,
            collections,
            rules,
        }
    }
}

fn declaration(prints: &Fingerprints<'_>, program: &Program, id: RelationId) -> Fingerprint {
    let relation = &program.relations[id.0 as usize];
    let mut meaning = prints.meaning();
    meaning.text(&relation.name);
    meaning.tag((relation.role == RelationRole::Input).into());
    meaning.ty(relation.record);
    meaning.tag(relation.semantics as u8);
    if let Some(key) = &relation.primary_key {
        meaning.locals(&key.locals);
        meaning.expr(&key.key);
    }
    meaning.finish()
}

fn collection(meaning: &mut Meaning<'_, '_>, collection: &Collection) {
    match collection.source {
        CollectionSource::Relation(_) => meaning.tag(0),
        CollectionSource::Delayed(_, by) => {
            meaning.tag(1);
            meaning.number(by.into());
        }
        CollectionSource::Changes(_) => meaning.tag(2),
    }
    meaning.tag(collection.ephemeral.into());
}

fn projection(meaning: &mut Meaning<'_, '_>, projection: &Projection) {
    match projection {
        Projection::Columns { key, value } => {
            meaning.tag(0);
            for columns in [key, value] {
                meaning.number(columns.len() as u64);
                columns.iter().for_each(|column| meaning.number(*column as u64));
            }
        }
        Projection::Code(code) => {
            meaning.tag(1);
            transform(meaning, code);
        }
    }
}

fn rule(
    meaning: &mut Meaning<'_, '_>,
    rule: &RulePlan,
    collections: &[Fingerprint],
    arrangements: &[Fingerprint],
) {
    meaning.fingerprint(collections[rule.head.0 as usize]);
    match rule.source {
        Source::Once => meaning.tag(0),
        Source::Collection(source) => {
            meaning.tag(1);
            meaning.fingerprint(collections[source.0 as usize]);
        }
    }
    meaning.tag(rule.ephemeral.into());
    transform(meaning, &rule.first);
    for stage in &rule.stages {
        match stage.left {
            Left::Shared(arrangement) => {
                meaning.tag(2);
                meaning.fingerprint(arrangements[arrangement.0 as usize]);
            }
            Left::Private => meaning.tag(3),
            Left::Ephemeral => meaning.tag(4),
        }
        match &stage.op {
            Op::Join { right, then } => {
                meaning.tag(5);
                meaning.fingerprint(arrangements[right.0 as usize]);
                transform(meaning, then);
            }
            Op::Antijoin { right, then } => {
                meaning.tag(6);
                meaning.fingerprint(arrangements[right.0 as usize]);
                transform(meaning, then);
            }
            Op::Semijoin { right, then } => {
                meaning.tag(8);
                meaning.fingerprint(arrangements[right.0 as usize]);
                transform(meaning, then);
            }
            Op::Reduce { reduction, key_columns } => {
                meaning.tag(7);
                self::reduction(meaning, reduction);
                meaning.number(key_columns.map_or(u64::MAX, |columns| columns as u64));
            }
        }
    }
}

fn transform(meaning: &mut Meaning<'_, '_>, transform: &Transform) {
    meaning.locals(&transform.locals);
    meaning.number(transform.inputs.len() as u64);
    for input in &transform.inputs {
        match input {
            Input::Locals(locals) => {
                meaning.tag(0);
                meaning.number(locals.len() as u64);
                locals.iter().for_each(|local| meaning.number(local.map_or(u64::MAX, |id| id.0.into())));
            }
            Input::Record { pattern, record } => {
                meaning.tag(1);
                meaning.pattern(pattern);
                meaning.ty(*record);
            }
        }
    }
    steps(meaning, &transform.steps);
    meaning.number(transform.outputs.len() as u64);
    transform.outputs.iter().for_each(|row| meaning.exprs(row));
}

fn reduction(meaning: &mut Meaning<'_, '_>, reduction: &Reduction) {
    meaning.locals(&reduction.locals);
    meaning.number(reduction.key.len() as u64);
    reduction.key.iter().for_each(|local| meaning.number(local.0.into()));
    meaning.ty(reduction.key_type);
    meaning.number(reduction.group.0.into());
    steps(meaning, &reduction.steps);
    meaning.exprs(&reduction.output);
    match &reduction.aggregates {
        None => meaning.tag(0),
        Some(aggregates) => {
            meaning.tag(1);
            transform(meaning, &aggregates.each);
            for aggregate in &aggregates.kept {
                aggregate.mean(meaning);
            }
            transform(meaning, &aggregates.then);
        }
    }
}

fn steps(meaning: &mut Meaning<'_, '_>, steps: &[Step]) {
    meaning.number(steps.len() as u64);
    for step in steps {
        match step {
            Step::Filter(expr) => {
                meaning.tag(0);
                meaning.expr(expr);
            }
            Step::Match(pattern, expr) => {
                meaning.tag(1);
                meaning.pattern(pattern);
                meaning.expr(expr);
            }
            Step::FlatMap(pattern, expr) => {
                meaning.tag(2);
                meaning.pattern(pattern);
                meaning.expr(expr);
            }
            Step::Inspect { body, weight, timestamp } => {
                meaning.tag(3);
                meaning.expr(body);
                for local in [weight, timestamp] {
                    meaning.number(local.map_or(u64::MAX, |id| id.0.into()));
                }
            }
        }
    }
}
