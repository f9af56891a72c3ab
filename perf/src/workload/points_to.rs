//! What variables may point to: Andersen's analysis, field by field of one object. Two relations that need each other.

use datafrog::{Iteration, Relation};
use differential_dataflow::input::Input as _;
use differential_dataflow::operators::iterate::Variable;
use timely::dataflow::ProbeHandle;
use timely::order::Product;

use super::by_hand::{Counts, Input, Program, Typed, by_hand, count};
use super::drive::batch;
use super::facts::{Facts, Row};
use super::numbers::{scaled, scatter};
use super::{ASCENT, BY_HAND, DATAFROG, Workload};
use crate::Outcome;

pub(super) const WORKLOAD: Workload = Workload {
    name: "points-to",
    rules: "
        input relation AddressOf(to: bit<32>, object: bit<32>)
        input relation Assign(to: bit<32>, from: bit<32>)
        input relation Load(to: bit<32>, from: bit<32>)
        input relation Store(to: bit<32>, from: bit<32>)
        output relation Points(variable: bit<32>, object: bit<32>)
        output relation Holds(object: bit<32>, content: bit<32>)

        Points(p, o) :- AddressOf(p, o).
        Points(p, o) :- Assign(p, q), Points(q, o).
        // p = *q
        Points(p, o) :- Load(p, q), Points(q, h), Holds(h, o).
        // *p = q
        Holds(h, o) :- Store(p, q), Points(p, h), Points(q, o).
    ",
    facts,
    others: &[(BY_HAND, run), (ASCENT, ascent), (DATAFROG, datafrog)],
};

/// Variables of one function.
const LOCALS: u64 = 20;

/// Functions that mostly assign among their own variables, downwards, and hand something on to one of the next.
fn facts(scale: f64) -> Facts {
    let functions = scaled(40_000, scale);
    let variables = functions * LOCALS;
    let random = |i: u64, salt: u64, below: u64| scatter(i ^ (salt << 40)) % below;
    let pair = |i: u64, salt: u64| {
        let function = i % functions;
        let from = random(i, salt, LOCALS - 1);
        let to = from + 1 + random(i, salt + 1, LOCALS - 1 - from);
        vec![(function * LOCALS + to) as u32, (function * LOCALS + from) as u32]
    };
    let call = |i: u64| {
        let function = (i % functions + 1 + random(i, 11, 10)) % functions;
        let from = (i % functions) * LOCALS + random(i, 12, LOCALS);
        vec![(function * LOCALS + random(i, 13, LOCALS)) as u32, from as u32]
    };
    let distinct = |mut rows: Vec<Row>| {
        rows.sort_unstable();
        rows.dedup();
        rows
    };
    let object = |i| vec![random(i, 14, variables) as u32, i as u32];
    let pairs = |count: u64, salt| (0..count).map(|i| pair(i, salt)).collect::<Vec<_>>();
    let mut assigns = pairs(variables, 1);
    assigns.extend((0..variables / 16).map(call));
    Facts::numbers([
        ("AddressOf", (0..variables / 4).map(object).collect()),
        ("Assign", distinct(assigns)),
        ("Load", distinct(pairs(variables / 8, 3))),
        ("Store", distinct(pairs(variables / 8, 5))),
    ])
}

fn run(facts: Facts, transactions: usize) -> anyhow::Result<Outcome> {
    by_hand(facts, transactions, |worker| {
        worker.dataflow::<u32, _, _>(|scope| {
            let (address_of, addresses) = scope.new_collection::<(u32, u32), isize>();
            let (assign, assigns) = scope.new_collection::<(u32, u32), isize>();
            let (load, loads) = scope.new_collection::<(u32, u32), isize>();
            let (store, stores) = scope.new_collection::<(u32, u32), isize>();
            let (points, holds) = scope.iterative::<u32, _, _>(|inner| {
                let step = Product::new(Default::default(), 1);
                let (next_points, points) = Variable::new(inner, step);
                let (next_holds, holds) = Variable::new(inner, step);
                let (points, holds) = (points.arrange_by_key(), holds.arrange_by_key());
                let by_source = |(to, from)| (from, to);
                let assigned = assigns
                    .enter(inner)
                    .map(by_source)
                    .arrange_by_key()
                    .join_core(points.clone(), |_, p, o| Some((*p, *o)));
                let loaded = loads
                    .enter(inner)
                    .map(by_source)
                    .arrange_by_key()
                    .join_core(points.clone(), |_, p, h| Some((*h, *p)))
                    .arrange_by_key()
                    .join_core(holds, |_, p, o| Some((*p, *o)));
                let stored = stores
                    .enter(inner)
                    .arrange_by_key()
                    .join_core(points.clone(), |_, q, h| Some((*q, *h)))
                    .arrange_by_key()
                    .join_core(points, |_, h, o| Some((*h, *o)))
                    .distinct();
                let points = addresses.enter(inner).concat(assigned).concat(loaded).distinct();
                next_points.set(points.clone());
                next_holds.set(stored.clone());
                // A row may go in one round and come back in another: only the sum over all rounds is what has changed.
                (points.leave(scope).consolidate(), stored.leave(scope).consolidate())
            });
            let (probe, counts) = (ProbeHandle::new(), Counts::default());
            let (points_count, holds_count) = (counts.clone(), counts.clone());
            points.inspect(move |(_, _, weight)| count(&points_count, *weight)).probe_with(&probe);
            holds.inspect(move |(_, _, weight)| count(&holds_count, *weight)).probe_with(&probe);
            let input = |session| Box::new(Typed(session, |row: &[u32]| (row[0], row[1]))) as Box<dyn Input>;
            Program { inputs: [address_of, assign, load, store].map(input).into(), probe, counts }
        })
    })
}

mod by_ascent {
    ascent::ascent! {
        pub(super) struct PointsTo;
        relation address_of(u32, u32);
        relation assign(u32, u32);
        relation load(u32, u32);
        relation store(u32, u32);
        relation points(u32, u32);
        relation holds(u32, u32);

        points(p, o) <-- address_of(p, o);
        points(p, o) <-- assign(p, q), points(q, o);
        points(p, o) <-- load(p, q), points(q, h), holds(h, o);
        holds(h, o) <-- store(p, q), points(p, h), points(q, o);
    }
}

fn ascent(facts: Facts, _: usize) -> anyhow::Result<Outcome> {
    Ok(batch(&facts, |facts| {
        let mut program = by_ascent::PointsTo::default();
        program.address_of = facts.pairs(0).collect();
        program.assign = facts.pairs(1).collect();
        program.load = facts.pairs(2).collect();
        program.store = facts.pairs(3).collect();
        program.run();
        program.points.len() + program.holds.len()
    }))
}

fn datafrog(facts: Facts, _: usize) -> anyhow::Result<Outcome> {
    Ok(batch(&facts, |facts| {
        let by_source =
            |relation| facts.pairs(relation).map(|(to, from)| (from, to)).collect::<Relation<(u32, u32)>>();
        let (assign, load) = (by_source(1), by_source(2));
        let store: Relation<(u32, u32)> = facts.pairs(3).collect();
        let mut iteration = Iteration::new();
        let points = iteration.variable::<(u32, u32)>("points");
        let holds = iteration.variable::<(u32, u32)>("holds");
        // By the object that is loaded from.
        let loading = iteration.variable::<(u32, u32)>("loading");
        // By the variable that is stored.
        let storing = iteration.variable::<(u32, u32)>("storing");
        points.extend(facts.pairs(0));
        while iteration.changed() {
            points.from_join(&points, &assign, |_, o, p| (*p, *o));
            loading.from_join(&points, &load, |_, h, p| (*h, *p));
            points.from_join(&loading, &holds, |_, p, o| (*p, *o));
            storing.from_join(&points, &store, |_, h, q| (*q, *h));
            holds.from_join(&storing, &points, |_, h, o| (*h, *o));
        }
        points.complete().len() + holds.complete().len()
    }))
}
