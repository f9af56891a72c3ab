//! Small random programs, and the simplest evaluation of them there is.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fmt::Write;

#[path = "../random/rng.rs"]
#[allow(dead_code)] // a part of it is enough here
mod rng;

pub(crate) use rng::Random;

/// Rows with weights, never zero.
pub(crate) type Contents = BTreeMap<Vec<i64>, i64>;

/// What a relation is told to hold: each row once.
pub(crate) fn as_set(contents: &Contents) -> Contents {
    contents.keys().map(|row| (row.clone(), 1)).collect()
}

/// A program: inputs first, then derived relations.
#[derive(Clone)]
pub(crate) struct Program {
    pub(crate) relations: Vec<Relation>,
    rules: Vec<Rule>,
    /// Relations are declared from this one on, then those before it.
    first: usize,
}

#[derive(Clone)]
pub(crate) struct Relation {
    pub(crate) name: String,
    pub(crate) columns: usize,
    pub(crate) output: bool,
    input: bool,
}

#[derive(Clone)]
struct Rule {
    head: usize,
    head_terms: Vec<Term>,
    body: Vec<Clause>,
}

#[derive(Clone, Copy)]
enum Term {
    Variable(usize),
    /// The variable plus one, modulo four.
    Next(usize),
    Constant(i64),
    Wildcard,
}

#[derive(Clone)]
enum Clause {
    Atom(usize, Vec<Term>),
    Not(usize, Vec<Term>),
    /// Less or unequal.
    Compare(usize, &'static str, usize),
    /// A new variable is another plus one, modulo four.
    Let(usize, usize),
    /// A new variable is each of two others.
    Each(usize, usize, usize),
    /// A new variable is twelve divided by another: fails for zero.
    Divide(usize, usize),
    /// Result, value, key: the sum of value times weight.
    Sum(usize, usize, Vec<usize>),
}

impl Program {
    pub(crate) fn random(random: &mut Random) -> Self {
        let mut program = Program { relations: Vec::new(), rules: Vec::new(), first: 0 };
        let inputs = 2 + random.below(2);
        let derived = 2 + random.below(4);
        for index in 0..inputs + derived {
            let input = index < inputs;
            let output = !input && random.below(3) > 0;
            let columns = 1 + random.below(3);
            program.relations.push(Relation { name: format!("R{index}"), columns, output, input });
        }
        for head in inputs..inputs + derived {
            // Some may read what comes after them: that makes cycles.
            let readable = if random.below(3) == 0 { (head + 2).min(inputs + derived) } else { head };
            for _ in 0..1 + random.below(3) {
                let rule = program.random_rule(random, head, readable);
                program.rules.push(rule);
            }
        }
        program.make_stratified();
        program
    }

    /// The program after an author has been at it for a while.
    #[allow(dead_code)] // not every test edits
    pub(crate) fn edited(&self, random: &mut Random) -> Self {
        let mut program = self.clone();
        let inputs = program.inputs();
        for _ in 0..1 + random.below(3) {
            let derived = program.relations.len() - inputs;
            match random.below(10) {
                0..=2 if !program.rules.is_empty() => {
                    program.rules.remove(random.below(program.rules.len()));
                }
                3 => {
                    let relation = inputs + random.below(derived);
                    program.relations[relation].output ^= true;
                }
                4 if program.relations.len() < 9 => {
                    let name = format!("R{}", program.relations.len());
                    let (columns, output) = (1 + random.below(3), random.below(3) > 0);
                    program.relations.push(Relation { name, columns, output, input: false });
                }
                5 => program.first = random.below(program.relations.len()),
                6 if !program.rules.is_empty() => {
                    // The same once more, or in another order.
                    let rule = program.rules.remove(random.below(program.rules.len()));
                    if random.below(2) == 0 {
                        program.rules.push(rule.clone());
                    }
                    program.rules.insert(random.below(program.rules.len() + 1), rule);
                }
                _ => {
                    let head = inputs + random.below(derived);
                    let readable = if random.below(3) == 0 { program.relations.len() } else { head };
                    let rule = program.random_rule(random, head, readable);
                    program.rules.push(rule);
                }
            }
        }
        program.make_stratified();
        program
    }

    /// The body of some rule, as a question.
    #[allow(dead_code)] // not every test asks
    pub(crate) fn question(&self, random: &mut Random) -> Option<String> {
        let rule = self.rules.get(random.below(self.rules.len().max(1)))?;
        let body: Vec<String> = rule.body.iter().map(|clause| self.clause(clause)).collect();
        Some(body.join(", "))
    }

    pub(crate) fn inputs(&self) -> usize {
        self.relations.iter().filter(|relation| relation.input).count()
    }

    fn random_rule(&self, random: &mut Random, head: usize, readable: usize) -> Rule {
        let mut bound: Vec<usize> = Vec::new();
        let mut next = 0;
        let mut body = Vec::new();
        let clauses = 1 + random.below(4);
        let mut grouped = false;
        for position in 0..clauses {
            let kind = if position == 0 && random.below(12) > 0 { 0 } else { random.below(10) };
            let any = |random: &mut Random, bound: &[usize]| bound[random.below(bound.len())];
            match kind {
                4 if !bound.is_empty() => {
                    let relation = random.below(head);
                    let terms = self.terms(random, relation, &mut bound.clone(), &mut None);
                    body.push(Clause::Not(relation, terms));
                }
                5 if !bound.is_empty() => {
                    let operator = if random.below(2) == 0 { "<" } else { "!=" };
                    body.push(Clause::Compare(any(random, &bound), operator, any(random, &bound)));
                }
                6 if !bound.is_empty() => {
                    body.push(Clause::Let(next, any(random, &bound)));
                    bound.push(next);
                    next += 1;
                }
                7 if !bound.is_empty() => {
                    body.push(Clause::Each(next, any(random, &bound), any(random, &bound)));
                    bound.push(next);
                    next += 1;
                }
                9 if !bound.is_empty() && random.below(4) == 0 => {
                    body.push(Clause::Divide(next, any(random, &bound)));
                    bound.push(next);
                    next += 1;
                }
                8 if !bound.is_empty() && !grouped => {
                    let value = any(random, &bound);
                    let mut key: Vec<usize> =
                        bound.iter().copied().filter(|_| random.below(2) == 0).take(2).collect();
                    key.dedup();
                    body.push(Clause::Sum(next, value, key.clone()));
                    bound = key;
                    bound.push(next);
                    next += 1;
                    grouped = true;
                }
                _ => {
                    let relation = random.below(readable);
                    let terms = self.terms(random, relation, &mut bound, &mut Some(&mut next));
                    body.push(Clause::Atom(relation, terms));
                }
            }
        }
        let head_terms = (0..self.relations[head].columns)
            .map(|_| match random.below(8) {
                0 => Term::Constant(random.below(4) as i64),
                1 if !bound.is_empty() => Term::Next(bound[random.below(bound.len())]),
                _ if !bound.is_empty() => Term::Variable(bound[random.below(bound.len())]),
                _ => Term::Constant(random.below(4) as i64),
            })
            .collect();
        Rule { head, head_terms, body }
    }

    /// Arguments of an atom; new variables only where they are allowed.
    fn terms(
        &self,
        random: &mut Random,
        relation: usize,
        bound: &mut Vec<usize>,
        fresh: &mut Option<&mut usize>,
    ) -> Vec<Term> {
        let known = bound.clone();
        (0..self.relations[relation].columns)
            .map(|_| match random.below(10) {
                0 => Term::Constant(random.below(4) as i64),
                1 => Term::Wildcard,
                2 if !known.is_empty() => Term::Next(known[random.below(known.len())]),
                3..=5 if !known.is_empty() => Term::Variable(known[random.below(known.len())]),
                _ => match fresh {
                    Some(next) => {
                        let variable = **next;
                        **next += 1;
                        bound.push(variable);
                        Term::Variable(variable)
                    }
                    None => Term::Wildcard,
                },
            })
            .collect()
    }

    /// Drops rules that negate or group what depends on their result, and grouping inside of cycles.
    fn make_stratified(&mut self) {
        loop {
            let reach = self.reach();
            let bad = self.rules.iter().position(|rule| {
                let cyclic = |relation: &usize| reach[rule.head][*relation];
                let sums =
                    rule.body.iter().any(|clause| matches!(clause, Clause::Sum(..) | Clause::Divide(..)));
                let starts = matches!(rule.body[0], Clause::Atom(..));
                rule.body.iter().any(|clause| match clause {
                    Clause::Not(relation, _) => cyclic(relation),
                    Clause::Atom(relation, _) => cyclic(relation) && (sums || !starts),
                    _ => false,
                })
            });
            match bad {
                Some(rule) => {
                    self.rules.remove(rule);
                }
                None => return,
            }
        }
    }

    /// `reach[a][b]`: what is in `a` has effects on `b`.
    fn reach(&self) -> Vec<Vec<bool>> {
        let count = self.relations.len();
        let mut reach = vec![vec![false; count]; count];
        for rule in &self.rules {
            for clause in &rule.body {
                if let Clause::Atom(relation, _) | Clause::Not(relation, _) = clause {
                    reach[*relation][rule.head] = true;
                }
            }
        }
        for middle in 0..count {
            for from in 0..count {
                for to in 0..count {
                    reach[from][to] |= reach[from][middle] && reach[middle][to];
                }
            }
        }
        reach
    }

    /// The program in the rule language.
    pub(crate) fn text(&self) -> String {
        let mut text = String::from(
            "function next(x: s64): s64 = (x + 1) % 4\n\
             function total(g: Group<'K, s64>): s64 {\n\
             \x20   var s: s64 = 0;\n    for ((x, w) in g) { s = s + x * (w as s64) };\n    s\n}\n",
        );
        let (last, first) = self.relations.split_at(self.first);
        for relation in first.iter().chain(last) {
            let role = match (relation.input, relation.output) {
                (true, _) => "input ",
                (_, true) => "output ",
                _ => "",
            };
            let columns: Vec<String> = (0..relation.columns).map(|c| format!("c{c}: s64")).collect();
            writeln!(text, "{role}relation {}({})", relation.name, columns.join(", ")).unwrap();
        }
        for rule in &self.rules {
            let body: Vec<String> = rule.body.iter().map(|clause| self.clause(clause)).collect();
            let head = self.atom(rule.head, &rule.head_terms);
            writeln!(text, "{head} :- {}.", body.join(", ")).unwrap();
        }
        text
    }

    fn atom(&self, relation: usize, terms: &[Term]) -> String {
        let terms: Vec<String> = terms
            .iter()
            .map(|term| match term {
                Term::Variable(v) => format!("v{v}"),
                Term::Next(v) => format!("next(v{v})"),
                Term::Constant(c) => c.to_string(),
                Term::Wildcard => "_".into(),
            })
            .collect();
        format!("{}({})", self.relations[relation].name, terms.join(", "))
    }

    fn clause(&self, clause: &Clause) -> String {
        match clause {
            Clause::Atom(relation, terms) => self.atom(*relation, terms),
            Clause::Not(relation, terms) => format!("not {}", self.atom(*relation, terms)),
            Clause::Compare(a, operator, b) => format!("v{a} {operator} v{b}"),
            Clause::Let(new, of) => format!("var v{new} = next(v{of})"),
            Clause::Each(new, a, b) => format!("var v{new} = FlatMap([v{a}, v{b}])"),
            Clause::Divide(new, of) => format!("var v{new} = 12 / v{of}"),
            Clause::Sum(new, value, key) => {
                let key: Vec<String> = key.iter().map(|v| format!("v{v}")).collect();
                format!("var v{new} = v{value}.group_by(({})).total()", key.join(", "))
            }
        }
    }

    /// The contents of all relations; `None` if a rule fails.
    pub(crate) fn evaluate(&self, inputs: &[Contents]) -> Option<Vec<Contents>> {
        let reach = self.reach();
        let count = self.relations.len();
        let mut contents: Vec<Contents> = inputs.to_vec();
        contents.resize(count, Contents::new());
        let mut done: Vec<bool> = self.relations.iter().map(|relation| relation.input).collect();
        while let Some(next) = (0..count).find(|r| {
            !done[*r] && (0..count).all(|other| done[other] || !reach[other][*r] || reach[*r][other])
        }) {
            let group: Vec<usize> = (0..count)
                .filter(|other| *other == next || reach[next][*other] && reach[*other][next])
                .collect();
            let recursive = reach[next][next];
            loop {
                let mut changed = false;
                for relation in &group {
                    let mut derived = Contents::new();
                    for rule in self.rules.iter().filter(|rule| rule.head == *relation) {
                        rule.derive(&contents, &mut derived)?;
                    }
                    derived.retain(|_, weight| *weight != 0);
                    if recursive || self.relations[*relation].output {
                        derived.values_mut().for_each(|weight| *weight = 1);
                    }
                    changed |= contents[*relation] != derived;
                    contents[*relation] = derived;
                }
                if !changed || !recursive {
                    break;
                }
            }
            group.iter().for_each(|relation| done[*relation] = true);
        }
        Some(contents)
    }
}

type Row = (BTreeMap<usize, i64>, i64);

impl Rule {
    fn derive(&self, contents: &[Contents], into: &mut Contents) -> Option<()> {
        let mut rows: Vec<Row> = vec![(BTreeMap::new(), 1)];
        for clause in &self.body {
            rows = clause.apply(contents, rows)?;
        }
        for (variables, weight) in rows {
            let row = self.head_terms.iter().map(|term| term.value(&variables).unwrap()).collect();
            *into.entry(row).or_default() += weight;
        }
        Some(())
    }
}

impl Clause {
    fn apply(&self, contents: &[Contents], rows: Vec<Row>) -> Option<Vec<Row>> {
        Some(match self {
            Clause::Divide(new, of) => {
                let divide = |(mut v, weight): Row| {
                    v.insert(*new, 12i64.checked_div(v[of])?);
                    Some((v, weight))
                };
                return rows.into_iter().map(divide).collect();
            }
            Clause::Atom(relation, terms) => {
                let mut out = Vec::new();
                for (variables, weight) in &rows {
                    for (record, times) in &contents[*relation] {
                        if let Some(variables) = meet(variables, terms, record) {
                            out.push((variables, weight * times));
                        }
                    }
                }
                out
            }
            Clause::Not(relation, terms) => rows
                .into_iter()
                .filter(|(v, _)| !contents[*relation].keys().any(|record| meet(v, terms, record).is_some()))
                .collect(),
            Clause::Compare(a, "<", b) => rows.into_iter().filter(|(v, _)| v[a] < v[b]).collect(),
            Clause::Compare(a, _, b) => rows.into_iter().filter(|(v, _)| v[a] != v[b]).collect(),
            Clause::Let(new, of) => rows
                .into_iter()
                .map(|(mut v, weight)| {
                    v.insert(*new, (v[of] + 1) % 4);
                    (v, weight)
                })
                .collect(),
            Clause::Each(new, a, b) => rows
                .into_iter()
                .flat_map(|(v, weight)| {
                    [v[a], v[b]].map(|value| {
                        let mut v = v.clone();
                        v.insert(*new, value);
                        (v, weight)
                    })
                })
                .collect(),
            Clause::Sum(new, value, key) => {
                let mut groups: BTreeMap<Vec<i64>, Contents> = BTreeMap::new();
                for (v, weight) in rows {
                    let group = groups.entry(key.iter().map(|k| v[k]).collect()).or_default();
                    *group.entry(vec![v[value]]).or_default() += weight;
                }
                groups
                    .into_iter()
                    .map(|(values, group)| {
                        let mut v: BTreeMap<usize, i64> = key.iter().copied().zip(values).collect();
                        v.insert(*new, group.iter().map(|(value, weight)| value[0] * weight).sum());
                        (v, 1)
                    })
                    .collect()
            }
        })
    }
}

impl Term {
    fn value(self, variables: &BTreeMap<usize, i64>) -> Option<i64> {
        match self {
            Term::Variable(v) => variables.get(&v).copied(),
            Term::Next(v) => variables.get(&v).map(|value| (value + 1) % 4),
            Term::Constant(value) => Some(value),
            Term::Wildcard => None,
        }
    }
}

/// The variables when a record is matched, if it matches.
fn meet(variables: &BTreeMap<usize, i64>, terms: &[Term], record: &[i64]) -> Option<BTreeMap<usize, i64>> {
    let mut met = variables.clone();
    for (term, value) in terms.iter().zip(record) {
        match (term, term.value(variables)) {
            (Term::Wildcard, _) => {}
            (Term::Variable(new), None) => {
                met.insert(*new, *value);
            }
            (_, known) if known == Some(*value) => {}
            _ => return None,
        }
    }
    Some(met)
}

impl Program {
    /// The rule that [`Self::text`] has in this line, from 1.
    #[allow(dead_code)] // not every test looks at single rules
    pub(crate) fn rule_at(&self, line: usize) -> Option<usize> {
        let before = self.text().lines().count() - self.rules.len();
        line.checked_sub(before + 1).filter(|rule| *rule < self.rules.len())
    }

    /// The rules that give records of a relation.
    #[allow(dead_code)] // not every test looks at single rules
    pub(crate) fn rules_for(&self, relation: usize) -> usize {
        self.rules.iter().filter(|rule| rule.head == relation).count()
    }

    /// What one rule gives, and for which relation, when its literals find only these premises; a rule with a group
    /// and negated literals look at all there is.
    #[allow(dead_code)] // not every test looks at single rules
    pub(crate) fn derive_from(
        &self,
        rule: usize,
        premises: &[Contents],
        all: &[Contents],
    ) -> Option<(usize, Contents)> {
        let rule = &self.rules[rule];
        let groups = rule.body.iter().any(|clause| matches!(clause, Clause::Sum(..)));
        let mut rows: Vec<Row> = vec![(BTreeMap::new(), 1)];
        for clause in &rule.body {
            let seen = if groups || matches!(clause, Clause::Not(..)) { all } else { premises };
            rows = clause.apply(seen, rows)?;
        }
        let mut derived = Contents::new();
        for (variables, weight) in rows {
            let row = rule.head_terms.iter().map(|term| term.value(&variables).unwrap()).collect();
            *derived.entry(row).or_default() += weight;
        }
        Some((rule.head, derived))
    }
}
