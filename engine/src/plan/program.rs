//! A whole program's plan.

use super::arrangements::Catalog;
use super::body::Body;
use super::components::{components, self_dependent};
use super::data::{CollectionId, Component, Plan, Projection, RulePlan, Source};
use super::effects::Effects;
use super::existential::only_look;
use super::indexes::indexes;
use super::inputs::{inputs, is_complete};
use super::once::settle;
use super::order::{Circumstances, order};
use super::rule::plan_rule;
use super::sizes::Sizes;
use super::weights::Weights;
use crate::diagnostics::Diagnostic;
use crate::ir::{Program, RelationId};

impl Plan {
    /// Plans a program.
    ///
    /// # Errors
    /// Relations whose negation or grouping they depend on themselves, and other rules that cannot be run.
    pub fn new(program: &Program) -> Result<Self, Vec<Diagnostic>> {
        Plan::with(program, None, &Sizes::default())
    }

    /// As [`Self::new`], with joins in an order that suits relations of these sizes.
    ///
    /// # Errors
    /// As for [`Self::new`].
    pub fn with_sizes(program: &Program, sizes: &Sizes) -> Result<Self, Vec<Diagnostic>> {
        Plan::with(program, None, sizes)
    }

    /// As [`Self::new`], for a program that takes another's place: the contents of relations are found in the same
    /// indexes as before, so that those need not be made again, and joins are ordered for the same sizes.
    ///
    /// # Errors
    /// As for [`Self::new`].
    pub fn following(program: &Program, before: (&Program, &Plan)) -> Result<Self, Vec<Diagnostic>> {
        Plan::with(program, Some(before), &before.1.sizes)
    }

    /// As [`Self::following`], with joins in an order that suits relations of these sizes: rules for which that makes no
    /// difference stay as they are.
    ///
    /// # Errors
    /// As for [`Self::new`].
    pub fn resized(
        program: &Program,
        before: (&Program, &Plan),
        sizes: &Sizes,
    ) -> Result<Self, Vec<Diagnostic>> {
        Plan::with(program, Some(before), sizes)
    }

    fn with(
        program: &Program,
        before: Option<(&Program, &Plan)>,
        sizes: &Sizes,
    ) -> Result<Self, Vec<Diagnostic>> {
        let components = components(program)?;
        let recursive: Vec<RelationId> =
            components.iter().filter(|c| c.is_recursive()).flat_map(|c| c.relations.clone()).collect();
        let inside = rules_inside(program, &components);
        let mut catalog = Catalog::new(program, &recursive);
        let (mut rules, mut errors) = (Vec::new(), Vec::new());
        let mut bodies: Vec<Body> =
            program.rules.iter().map(|rule| Body::new(program, &mut catalog, rule)).collect();
        let (weights, effects) = (Weights::new(program, &recursive), Effects::new(program));
        for (rule, body) in program.rules.iter().zip(&mut bodies) {
            let circumstances = Circumstances {
                program,
                effects: &effects,
                weights: &weights,
                collections: &catalog.collections,
                sizes,
            };
            order(&circumstances, rule, body);
            only_look(program, rule, &catalog.collections, &weights, body);
        }
        let collection_before = |name: &str| {
            let (program, plan) = before?;
            Some(plan.collection(CollectionId(program.relation(name)?.0)))
        };
        settle(program, &effects, &mut catalog, &components, &bodies, &collection_before);
        for (index, (rule, body)) in program.rules.iter().zip(bodies).enumerate() {
            match plan_rule(&mut catalog, rule, body, !inside[index]) {
                Ok(plan) if inside[index] && plan.source == Source::Once => {
                    let message = "a recursive rule has to start with a relation";
                    let hint = "Move a relation that is not negated to the front.";
                    errors.push(Diagnostic::error("E0304", rule.span, message).hint(hint));
                }
                Ok(plan) => rules.push(plan),
                Err(error) => errors.push(*error),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        // What a recursion reads from outside is kept by the host, for all.
        for component in &components {
            let rules = component.recursive_rules.iter().map(|rule| &rules[rule.0 as usize]);
            for read in rules.flat_map(RulePlan::arrangements) {
                let arrangement = &mut catalog.arrangements[read.0 as usize];
                let inside =
                    component.relations.iter().any(|relation| relation.0 == arrangement.collection.0);
                arrangement.host |= !inside;
            }
        }
        let known = |name: &str, columns: usize| contents_index(before?, name, columns);
        let kept: Vec<RelationId> =
            self_dependent(program).into_iter().filter(|relation| !recursive.contains(relation)).collect();
        let inputs = inputs(program, &mut catalog, &kept, &known);
        let indexes = indexes(program, &mut catalog);
        Ok(Plan {
            inputs,
            indexes,
            collections: catalog.collections,
            arrangements: catalog.arrangements,
            rules,
            sizes: sizes.clone(),
            components,
        })
    }
}

/// For each rule, whether it runs inside of a recursive component.
fn rules_inside(program: &Program, components: &[Component]) -> Vec<bool> {
    let mut inside = vec![false; program.rules.len()];
    for rule in components.iter().flat_map(|component| &component.recursive_rules) {
        inside[rule.0 as usize] = true;
    }
    inside
}

/// Where the contents of a relation of so many columns are found, if any index of whole columns will do for it.
fn contents_index((program, plan): (&Program, &Plan), name: &str, columns: usize) -> Option<Projection> {
    let contents = plan.inputs[program.relation(name)?.0 as usize].as_ref()?;
    let projection = &plan.arrangement(contents.arrangement).projection;
    (contents.primary_key.is_none() && is_complete(projection, columns)).then(|| projection.clone())
}
