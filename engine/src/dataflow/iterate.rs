//! The inside of a recursive component, operator by operator.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use differential_dataflow::operators::arrange::TraceAgent;
use differential_dataflow::operators::arrange::arrangement::{Arranged, arrange_core};
use differential_dataflow::operators::iterate::Variable;
use differential_dataflow::trace::TraceReader;
use differential_dataflow::trace::implementations::merge_batcher::{MergeBatcher, vec::VecMerger};
use differential_dataflow::trace::implementations::ord_neu::{
    OrdKeyBatch, OrdKeyBuilder, OrdValBatch, OrdValBuilder,
};
use differential_dataflow::trace::implementations::spine_fueled::Spine;
use differential_dataflow::trace::implementations::{BatchContainer, ContainerChunker, OffsetList};
use differential_dataflow::trace::rc_blanket_impls::RcBuilder;
use differential_dataflow::{AsCollection, VecCollection};
use smallvec::SmallVec;
use timely::dataflow::Scope;
use timely::dataflow::channels::pact::Exchange;
use timely::dataflow::operators::vec::Filter;
use timely::order::Product;
use timely::progress::Antichain;

use super::code::{Code, GroupCode};
use super::columns::{Columns, Marking};
use super::index::{Epoch, Layout, Weight};
use super::recursion::Context;
use super::reduce::{joined, parted};
use super::rows::RowContainer;
use crate::eval::{Machine, Trap};
use crate::ir::{RelationId, RuleId, TypeTable};
use crate::plan::transform::Transform;
use crate::plan::{ArrangementId, CollectionId, Component, Left, Op, Plan, Projection, Source};
use crate::value::{Row, Word};

/// Rounds after which a recursion is given up: what still changes then hardly ever settles.
const ROUNDS: u64 = 100_000;

/// A transaction and a round.
type Round = Product<Epoch, u64>;
type Rows<'s, T> = VecCollection<'s, T, Row, Weight>;
type Pairs<'s> = VecCollection<'s, Round, (Row, Row), Weight>;
type PairUpdates = Vec<((Row, Row), Round, Weight)>;
type PairSpine = Spine<Rc<OrdValBatch<Layout<Round>>>>;
type PairBatcher = MergeBatcher<VecMerger<(Row, Row), Round, Weight>>;
type PairBuilder = RcBuilder<OrdValBuilder<Layout<Round>, PairUpdates>>;
type SetUpdates = Vec<((Row, ()), Round, Weight)>;
type SetLayout = (RowContainer, Vec<()>, Vec<Round>, Vec<Weight>, OffsetList);
type SetSpine = Spine<Rc<OrdKeyBatch<SetLayout>>>;
type SetBatcher = MergeBatcher<VecMerger<(Row, ()), Round, Weight>>;
type SetBuilder = RcBuilder<OrdKeyBuilder<SetLayout, SetUpdates>>;
type Indexed<'s> = Arranged<'s, TraceAgent<PairSpine>>;

/// What comes in from outside of the component.
pub(super) struct Scopes<'s> {
    pub(super) inputs: HashMap<CollectionId, Rows<'s, Epoch>>,
    pub(super) seeds: HashMap<RelationId, Rows<'s, Epoch>>,
}

/// Builds the loop of a component; gives its relations in their order, as sets.
pub(super) fn iterate<'s>(
    scope: Scope<'s, Epoch>,
    machine: &Rc<Machine>,
    plan: &Plan,
    component: &Component,
    outside: Scopes<'s>,
    context: &Rc<Context>,
    kept: &mut Vec<Box<dyn Kept>>,
) -> Vec<(RelationId, Rows<'s, Epoch>)> {
    scope.iterative::<u64, _, _>(|inner| {
        let types = machine.types();
        let mut collections: HashMap<CollectionId, Rows<'_, Round>> =
            outside.inputs.into_iter().map(|(id, rows)| (id, rows.enter(inner))).collect();
        let mut variables = HashMap::new();
        for relation in &component.relations {
            let (variable, rows) = Variable::new(inner, Product::new(Default::default(), 1));
            variables.insert(*relation, variable);
            collections.insert(CollectionId(relation.0), rows);
        }
        let mut derived: HashMap<RelationId, Vec<Rows<'_, Round>>> =
            outside.seeds.into_iter().map(|(id, rows)| (id, vec![rows.enter(inner)])).collect();
        let mut builder = Builder {
            types,
            kept,
            scope: inner,
            machine,
            plan,
            context,
            collections,
            arranged: HashMap::new(),
        };
        for rule in &component.recursive_rules {
            let rows = builder.rule(*rule);
            derived.entry(plan.rule(*rule).head).or_default().push(rows);
        }
        let mut results = Vec::new();
        for relation in &component.relations {
            let rows = differential_dataflow::collection::concatenate(
                inner,
                derived.remove(relation).unwrap_or_default(),
            );
            let columns = plan.collection(CollectionId(relation.0)).columns.iter().copied();
            let set = builder.distinct(rows, Columns::new(types, columns, []));
            if let Some(variable) = variables.remove(relation) {
                let rule = component.recursive_rules.iter().find(|rule| plan.rule(**rule).head == *relation);
                variable.set(builder.limited(set.clone(), rule.copied()));
            }
            results.push((*relation, set.leave(scope)));
        }
        results
    })
}

/// An arrangement inside the loop, held to see what is in use.
pub(super) trait Kept {
    /// Marks every value in it, also of rows that are about to be merged away.
    fn mark(&self, marking: &mut Marking<'_>);
}

struct KeptTrace<Tr: TraceReader> {
    trace: TraceAgent<Tr>,
    columns: Columns,
}

impl<Tr: TraceReader> KeptTrace<Tr> {
    /// Holds a trace without holding up the merging of its batches: a deep recursion makes one in every round.
    fn new(trace: &TraceAgent<Tr>, columns: Columns) -> Self {
        let mut trace = trace.clone();
        trace.set_logical_compaction(Antichain::new().borrow());
        trace.set_physical_compaction(Antichain::new().borrow());
        KeptTrace { trace, columns }
    }
}

impl Kept for KeptTrace<PairSpine> {
    fn mark(&self, marking: &mut Marking<'_>) {
        if self.columns.is_empty() {
            return;
        }
        self.trace.map_batches(|batch| {
            let storage = &batch.storage;
            for at in 0..storage.keys.len() {
                let (from, to) = storage.vals.bounds(at);
                for value in from..to {
                    self.columns.mark_row(marking, storage.keys.index(at), storage.vals.get_abs(value));
                }
            }
        });
    }
}

impl Kept for KeptTrace<SetSpine> {
    fn mark(&self, marking: &mut Marking<'_>) {
        if self.columns.is_empty() {
            return;
        }
        self.trace.map_batches(|batch| {
            let keys = &batch.storage.keys;
            (0..keys.len()).for_each(|at| self.columns.mark_row(marking, keys.index(at), &[]));
        });
    }
}

struct Builder<'b, 's> {
    types: &'b TypeTable,
    kept: &'b mut Vec<Box<dyn Kept>>,
    scope: Scope<'s, Round>,
    machine: &'b Rc<Machine>,
    plan: &'b Plan,
    context: &'b Rc<Context>,
    collections: HashMap<CollectionId, Rows<'s, Round>>,
    arranged: HashMap<ArrangementId, Indexed<'s>>,
}

/// Code of a rule inside of the loop.
struct Inside {
    code: Code,
    context: Rc<Context>,
    rule: RuleId,
}

/// What one match gives: mostly one row.
type Given = SmallVec<[(Row, Row); 1]>;

impl Inside {
    /// Runs; a row that fails gives nothing, and the transaction will be taken back.
    fn run(&self, parts: &[&[Word]]) -> Given {
        let mut given = Given::new();
        if self.context.pulse.stops() {
            return given;
        }
        let epoch = self.context.epoch.get();
        let result =
            self.code.run(epoch, parts, 1, &mut |key, value, _| given.push((key.into(), value.into())));
        if let Err(trap) = result {
            self.context.trap.borrow_mut().get_or_insert((self.rule, trap));
            given.clear();
        }
        given
    }
}

impl<'s> Builder<'_, 's> {
    /// The rows a rule derives.
    fn rule(&mut self, id: RuleId) -> Rows<'s, Round> {
        let plan = self.plan.rule(id);
        let mut pairs = None;
        let shared = plan.stages.first().is_some_and(|stage| matches!(stage.left, Left::Shared(_)));
        if let (Source::Collection(source), false) = (plan.source, shared) {
            let first = self.inside(id, Code::new(self.machine, &plan.first));
            pairs = self
                .collections
                .get(&source)
                .map(|rows| rows.clone().flat_map(move |row| first.run(&[&row])));
        }
        let columns = Columns::of_stages(self.types, plan);
        for (stage, columns) in plan.stages.iter().zip(columns) {
            let left = match stage.left {
                Left::Shared(arrangement) => self.arrangement(id, arrangement),
                Left::Private | Left::Ephemeral => {
                    pairs.take().map(|pairs| self.arrange(pairs, "Left", columns))
                }
            };
            let Some(left) = left else { continue };
            pairs = match &stage.op {
                Op::Join { right, then } => {
                    self.arrangement(id, *right).map(|right| self.join(id, left, right, then))
                }
                Op::Semijoin { right, then } => {
                    self.arrangement(id, *right).map(|right| self.semijoin(id, left, right, then))
                }
                Op::Antijoin { right, then } => {
                    self.arrangement(id, *right).map(|right| self.antijoin(id, left, right, then))
                }
                Op::Reduce { reduction, key_columns } => {
                    let code = GroupCode::new(self.machine, reduction, *key_columns);
                    Some(self.reduce(id, left, code))
                }
            };
        }
        let rows = pairs.map(|pairs| pairs.map(|(row, _)| row));
        differential_dataflow::collection::concatenate(self.scope, rows)
    }

    fn join(&self, id: RuleId, left: Indexed<'s>, right: Indexed<'s>, then: &Arc<Transform>) -> Pairs<'s> {
        let then = self.inside(id, Code::new(self.machine, then));
        left.join_core(right, move |key, left, right| then.run(&[key, left, right]))
    }

    /// Goes no further than a number of rounds that no sensible program needs: what still changes then never settles.
    fn limited(&self, rows: Rows<'s, Round>, rule: Option<RuleId>) -> Rows<'s, Round> {
        let context = self.context.clone();
        let span = rule.map(|rule| self.machine.program().rules[rule.0 as usize].span);
        let limited = rows.inner.filter(move |(_, round, _)| {
            let goes_on = round.inner < ROUNDS;
            if let (false, Some(rule), Some(span)) = (goes_on, rule, span) {
                let message = format!("the recursion does not settle within {ROUNDS} rounds");
                context.trap.borrow_mut().get_or_insert((rule, Trap::new(span, message)));
            }
            goes_on
        });
        limited.as_collection()
    }

    /// Rows whose key is on the right.
    fn semijoin(
        &self,
        id: RuleId,
        left: Indexed<'s>,
        right: Indexed<'s>,
        then: &Arc<Transform>,
    ) -> Pairs<'s> {
        let then = self.inside(id, Code::new(self.machine, then));
        left.join_core(present(right), move |key, left, _| then.run(&[key, left]))
    }

    /// All rows, less those whose key is on the right.
    fn antijoin(
        &self,
        id: RuleId,
        left: Indexed<'s>,
        right: Indexed<'s>,
        then: &Arc<Transform>,
    ) -> Pairs<'s> {
        let met =
            left.clone().join_core(present(right), |key, left, _| Some((Row::from(key), Row::from(left))));
        let all = left.as_collection(|key, value| (Row::from(key), Row::from(value)));
        let then = self.inside(id, Code::new(self.machine, then));
        all.concat(met.negate()).flat_map(move |(key, value)| then.run(&[&key, &value]))
    }

    /// One group per key. A group of what depends on its result settles if the data has no cycle of it.
    fn reduce(&self, rule: RuleId, left: Indexed<'s>, code: GroupCode) -> Pairs<'s> {
        let context = self.context.clone();
        left.reduce_abelian::<_, PairBuilder, PairSpine, RowContainer, _>(
            "Group",
            move |key, values, output| {
                let member = |(value, weight): &(&[Word], Weight)| Some((*value.first()?, *weight));
                let group: Vec<(Word, Weight)> =
                    values.iter().filter_map(member).filter(|(_, weight)| *weight > 0).collect();
                if group.is_empty() {
                    return;
                }
                let start = output.len();
                let epoch = context.epoch.get();
                let shown = if code.inspects() { code.show(epoch, key, &group, 1) } else { Ok(()) };
                let result = shown.and_then(|()| {
                    code.run(epoch, key, &group, &mut |key, value| {
                        output.push((joined(&key, &value), 1));
                    })
                });
                if let Err(trap) = result {
                    context.trap.borrow_mut().get_or_insert((rule, trap));
                    output.truncate(start);
                }
            },
            push_updates,
        )
        .as_collection(|_, result| parted(result))
    }

    fn arrangement(&mut self, rule: RuleId, id: ArrangementId) -> Option<Indexed<'s>> {
        if let Some(known) = self.arranged.get(&id) {
            return Some(known.clone());
        }
        let plan = self.plan.arrangement(id);
        let project = match &plan.projection {
            Projection::Columns { key, value } => Code::columns(key, value),
            Projection::Code(transform) => Code::new(self.machine, transform),
        };
        let project = self.inside(rule, project);
        let rows = self.collections.get(&plan.collection)?.clone();
        let types = &self.plan.collection(plan.collection).columns;
        let columns = Columns::of_projection(self.types, types, &plan.projection);
        let arranged = self.arrange(rows.flat_map(move |row| project.run(&[&row])), "Arrange", columns);
        self.arranged.insert(id, arranged.clone());
        Some(arranged)
    }

    fn arrange(&mut self, pairs: Pairs<'s>, name: &str, columns: Columns) -> Indexed<'s> {
        let by_key = Exchange::new(|((key, _), _, _): &((Row, Row), Round, Weight)| hash(key));
        let arranged = arrange_core::<_, _, ContainerChunker<PairUpdates>, PairBatcher, PairBuilder, PairSpine>(
            pairs.inner,
            by_key,
            name,
        );
        self.kept.push(Box::new(KeptTrace::new(&arranged.trace, columns)));
        arranged
    }

    fn distinct(&mut self, rows: Rows<'s, Round>, columns: Columns) -> Rows<'s, Round> {
        let by_row = Exchange::new(|((row, ()), _, _): &((Row, ()), Round, Weight)| hash(row));
        let derivations = arrange_core::<_, _, ContainerChunker<SetUpdates>, SetBatcher, SetBuilder, SetSpine>(
            rows.map(|row| (row, ())).inner,
            by_row,
            "Derivations",
        );
        self.kept.push(Box::new(KeptTrace::new(&derivations.trace, columns)));
        derivations
            .reduce_abelian::<_, SetBuilder, SetSpine, RowContainer, _>(
                "Distinct",
                |_, count, output| {
                    if count.iter().any(|(_, count)| *count > 0) {
                        output.push(((), 1));
                    }
                },
                |into, key, updates| {
                    into.clear();
                    into.extend(
                        updates.drain(..).map(|((), time, weight)| ((Row::from(key), ()), time, weight)),
                    );
                },
            )
            .as_collection(|row, ()| Row::from(row))
    }

    fn inside(&self, rule: RuleId, code: Code) -> Inside {
        Inside { code, context: self.context.clone(), rule }
    }
}

/// The keys that are there.
fn present<'s>(indexed: Indexed<'s>) -> Indexed<'s> {
    indexed.reduce_abelian::<_, PairBuilder, PairSpine, RowContainer, _>(
        "Present",
        |_, counts, output| {
            if counts.iter().map(|(_, count)| count).sum::<Weight>() > 0 {
                output.push((Row::default(), 1));
            }
        },
        push_updates,
    )
}

fn push_updates(into: &mut PairUpdates, key: &[Word], updates: &mut Vec<(Row, Round, Weight)>) {
    into.clear();
    into.extend(updates.drain(..).map(|(value, time, weight)| ((Row::from(key), value), time, weight)));
}

/// Which worker rows of a key belong to.
fn hash(key: &Row) -> u64 {
    use std::hash::BuildHasher;
    rustc_hash::FxBuildHasher.hash_one(key)
}
