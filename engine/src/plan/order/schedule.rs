//! The order of what stands between two clauses that stay where they are.

use super::super::body::{Body, Opener};
use super::super::shape::Shape;
use super::super::transform::Step;
use super::super::walk::{Locals, bound_by, free, mentioned, mentioned_in_step, visit_pattern};
use super::Circumstances;
use super::item::{Item, What};
use crate::ir::{Pattern, PatternKind, Rule};

/// Another order has to promise so many times less work before the author's is left for it.
const WORTH: f64 = 2.0;

/// Clauses that may change places.
pub(super) struct Run<'a> {
    pub(super) circumstances: &'a Circumstances<'a>,
    pub(super) rule: &'a Rule,
    pub(super) body: &'a Body,
    /// The rule begins here.
    pub(super) starts: bool,
}

impl Run<'_> {
    /// Orders them, given the variables that have values before; adds those that have values afterwards.
    pub(super) fn schedule(&self, items: Vec<Item>, bound: &mut Locals) -> Vec<Item> {
        let mut best = self.from(&items, None, bound);
        if self.starts {
            let starts: Vec<usize> = (1..items.len())
                .filter(|at| items[*at].atom().is_some() && items[*at].needs.is_empty())
                .collect();
            if let Some(by) = self.asks_only(&items, &starts) {
                best = self.from(&items, Some(by), bound);
            }
            for start in starts {
                let other = self.from(&items, Some(start), bound);
                if let (Some(cost), Some(known)) = (other.cost, best.cost)
                    && cost * WORTH < known
                {
                    best = other;
                }
            }
        }
        bound.extend(items.iter().flat_map(|item| &item.offers));
        let mut items: Vec<Option<Item>> = items.into_iter().map(Some).collect();
        best.order.into_iter().filter_map(|at| items[at].take()).collect()
    }

    /// If the first atom is only asked whether it has a row for what another one gives: that one's place. It would repeat
    /// each row as often as the first one has some that nobody looks at.
    fn asks_only(&self, items: &[Item], starts: &[usize]) -> Option<usize> {
        let first = items.first()?;
        let (shape, clause) = (first.atom()?, first.clause?);
        let Circumstances { program, weights, .. } = self.circumstances;
        if weights.signed(shape.relation) || weights.shown_behind(program, self.rule, clause) {
            return None;
        }
        let mut used = Locals::new();
        for (at, block) in self.body.blocks.iter().enumerate() {
            if at > 0 {
                block.opener.mentioned(&mut used);
            }
            block.steps.iter().for_each(|step| mentioned_in_step(step, &mut used));
        }
        self.body.head.iter().for_each(|expr| mentioned(expr, &mut used));
        let wanted: Locals = first.offers.intersection(&used).copied().collect();
        let unseen = |column: usize| match (&shape.columns[column].kind, shape.aliases[column]) {
            (_, Some(alias)) if wanted.contains(&alias) => false,
            (PatternKind::Wildcard, _) => true,
            (PatternKind::Bind(local), _) => !wanted.contains(local),
            _ => false,
        };
        if wanted.is_empty() || !(0..shape.columns.len()).any(unseen) {
            return None;
        }
        starts.iter().copied().find(|at| wanted.is_subset(&items[*at].offers))
    }

    /// The order that begins with an atom, or as written.
    fn from(&self, items: &[Item], start: Option<usize>, bound: &Locals) -> Placing {
        let mut placing = Placing {
            left: (0..items.len()).collect(),
            order: Vec::new(),
            bound: bound.clone(),
            rows: 1.0,
            cost: Some(0.0),
        };
        if self.starts && !items.is_empty() {
            self.place(&mut placing, items, start.unwrap_or(0));
        }
        while !placing.left.is_empty() {
            let next = self
                .ready_step(&placing, items)
                .or_else(|| self.next_opener(&placing, items))
                .unwrap_or(placing.left[0]);
            self.place(&mut placing, items, next);
        }
        placing
    }

    fn place(&self, placing: &mut Placing, items: &[Item], at: usize) {
        let item = &items[at];
        if let Some(shape) = item.atom() {
            match self.matches(shape, &placing.bound) {
                Some(matches) => {
                    placing.rows *= matches;
                    placing.cost = placing.cost.map(|cost| cost + placing.rows);
                }
                None => placing.cost = None,
            }
        }
        placing.left.retain(|left| *left != at);
        placing.bound.extend(&item.offers);
        placing.order.push(at);
    }

    /// A condition or an assignment whose time has come.
    fn ready_step(&self, placing: &Placing, items: &[Item]) -> Option<usize> {
        // What is done to the first atom's rows takes the index that others share away from it.
        let atoms = placing.order.iter().filter(|at| matches!(items[**at].what, What::Open(_))).count();
        let shares = self.starts
            && atoms == 1
            && placing.order.len() == 1
            && placing.order.first().is_some_and(|at| items[*at].atom().is_some_and(is_plain));
        placing.left.iter().copied().find(|at| {
            let item = &items[*at];
            let What::Step(step) = &item.what else { return false };
            if !item.needs.is_subset(&placing.bound) {
                return false;
            }
            let in_turn = placing.left[0] == *at;
            let early = !shares
                && match step {
                    Step::Filter(_) => true,
                    Step::Match(pattern, _) => {
                        !matches!(pattern.kind, PatternKind::Bind(_)) || self.is_wanted(placing, items, *at)
                    }
                    Step::FlatMap(..) | Step::Inspect { .. } => false,
                };
            in_turn || early
        })
    }

    /// Whether something that is still to come needs what an assignment gives.
    fn is_wanted(&self, placing: &Placing, items: &[Item], assignment: usize) -> bool {
        placing.left.iter().any(|at| {
            let needs = &items[*at].needs;
            *at != assignment && needs.iter().any(|local| items[assignment].offers.contains(local))
        })
    }

    /// The atom, or what takes a collection apart, that comes next.
    fn next_opener(&self, placing: &Placing, items: &[Item]) -> Option<usize> {
        let mut best: Option<(Rank, usize)> = None;
        for at in placing.left.iter().copied() {
            let item = &items[at];
            if !item.needs.is_subset(&placing.bound) {
                continue;
            }
            let rank = match &item.what {
                What::Step(Step::FlatMap(..)) => Rank::Grows(0.0),
                What::Step(_) | What::Open(Opener::Once | Opener::Group { .. }) => continue,
                What::Open(Opener::Not(_) | Opener::Has(_)) => Rank::Drops,
                What::Open(Opener::Atom(shape)) => self.rank(shape, &placing.bound),
            };
            let better = match &best {
                None => true,
                Some((known, _)) => rank.before(known),
            };
            if better {
                best = Some((rank, at));
            }
        }
        best.map(|(_, at)| at)
    }

    fn rank(&self, shape: &Shape, bound: &Locals) -> Rank {
        let known = known_columns(shape, bound);
        if !bound.is_empty() && !is_connected(shape, bound) {
            return if known.iter().any(|known| *known) { Rank::Apart } else { Rank::Product };
        }
        if known.iter().all(|known| *known) {
            return Rank::Drops;
        }
        Rank::Grows(self.matches(shape, bound).unwrap_or(0.0))
    }

    /// How many rows of an atom one row so far is likely to meet; `None` if the size of its relation is not known.
    fn matches(&self, shape: &Shape, bound: &Locals) -> Option<f64> {
        let Circumstances { program, sizes, .. } = self.circumstances;
        let relation = &program.relations[shape.relation.0 as usize];
        let rows = sizes.rows(&relation.name)? as f64;
        let known = known_columns(shape, bound);
        let n_known = known.iter().filter(|known| **known).count();
        if n_known == known.len() {
            return Some(0.5);
        }
        if let Some(key) = &relation.primary_key
            && let Some(columns) =
                super::super::inputs::columns_of_key(program, shape.relation, key, known.len())
            && columns.iter().all(|column| known[*column])
        {
            return Some(1.0);
        }
        // As if every column had as many values as every other.
        let open = (known.len() - n_known) as f64 / known.len() as f64;
        Some(rows.max(1.0).powf(open))
    }
}

/// What has been placed so far.
struct Placing {
    left: Vec<usize>,
    order: Vec<usize>,
    bound: Locals,
    /// An estimate of the rows so far.
    rows: f64,
    /// All rows between the stages together; `None` if a size is not known.
    cost: Option<f64>,
}

/// What comes first among what could come next.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Rank {
    /// Gives no more rows than there are.
    Drops,
    /// Gives so many for each; 0 where that is not known.
    Grows(f64),
    /// Nothing in it depends on the rows so far, but only few of its rows are looked up.
    Apart,
    /// All its rows meet all rows so far.
    Product,
}

impl Rank {
    fn before(&self, other: &Rank) -> bool {
        let place = |rank: &Rank| match rank {
            Rank::Drops => 0,
            Rank::Grows(_) => 1,
            Rank::Apart => 2,
            Rank::Product => 3,
        };
        match (self, other) {
            (Rank::Grows(one), Rank::Grows(other)) => *one > 0.0 && *other > 0.0 && one * WORTH < *other,
            _ => place(self) < place(other),
        }
    }
}

/// For each column, whether its value is known when the atom is met.
fn known_columns(shape: &Shape, bound: &Locals) -> Vec<bool> {
    let known = |column: usize| {
        shape.aliases[column].is_some_and(|alias| bound.contains(&alias))
            || is_known(&shape.columns[column], bound)
    };
    (0..shape.columns.len()).map(known).collect()
}

fn is_known(pattern: &Pattern, bound: &Locals) -> bool {
    match &pattern.kind {
        PatternKind::Wildcard => false,
        PatternKind::Bind(local) => bound.contains(local),
        PatternKind::At(_, inner) => is_known(inner, bound),
        PatternKind::Equal(expr) => {
            let mut needed = Locals::new();
            free(expr, &mut needed);
            needed.is_subset(bound)
        }
        PatternKind::Tuple(parts) | PatternKind::Variant(_, parts) => {
            parts.iter().all(|part| is_known(part, bound))
        }
    }
}

/// Whether an atom mentions a variable that has a value.
fn is_connected(shape: &Shape, bound: &Locals) -> bool {
    let mut mentions: Locals = shape.aliases.iter().flatten().copied().collect();
    for pattern in &shape.columns {
        bound_by(pattern, &mut mentions);
        visit_pattern(pattern, &mut |expr| free(expr, &mut mentions));
    }
    !mentions.is_disjoint(bound)
}

/// Whether the rows of an atom are taken as they are.
fn is_plain(shape: &Shape) -> bool {
    shape.columns.iter().all(|pattern| matches!(pattern.kind, PatternKind::Wildcard | PatternKind::Bind(_)))
}
