//! Random programs.

use super::aggregate::Aggregate;
use super::clause::{Atom, Clause, Pattern, When};
use super::expr::{Expr, Var};
use super::program::{Holds, Index, Program, Relation, Role, Rule};
use super::rng::Random;
use super::ty::Ty;

/// What programs may have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Features {
    All,
    /// No streams, and nothing that looks into the past.
    Timeless,
}

type Known = Vec<(Var, Ty)>;

impl Program {
    pub(crate) fn random(random: &mut Random, features: Features) -> Self {
        let mut program = Program { relations: Vec::new(), rules: Vec::new(), indexes: Vec::new(), first: 0 };
        let palette: Vec<Ty> = (0..1 + random.below(3)).map(|_| Ty::random(random)).collect();
        let inputs = 2 + random.below(2);
        let count = inputs + 2 + random.below(4);
        for index in 0..count {
            let role = match index < inputs {
                true => Role::Input,
                false if random.once_in(3) => Role::Internal,
                false => Role::Output,
            };
            let relation = Relation::random(random, index, role, &palette, features);
            program.relations.push(relation);
        }
        for head in inputs..count {
            // Some may read what comes after them: that makes cycles.
            let readable = if random.once_in(3) { (head + 2).min(count) } else { head };
            for _ in 0..1 + random.below(3) {
                let rule = program.random_rule(random, head, readable, features);
                program.rules.push(rule);
            }
        }
        for _ in 0..random.below(3) {
            let relation = random.below(count);
            let Relation { columns, holds, .. } = &program.relations[relation];
            if !columns.is_empty() && *holds != Holds::Stream {
                let (name, column) = (format!("I{}", program.indexes.len()), random.below(columns.len()));
                program.indexes.push(Index { name, relation, column });
            }
        }
        program.make_stratified();
        program
    }

    pub(crate) fn random_rule(
        &self,
        random: &mut Random,
        head: usize,
        readable: usize,
        features: Features,
    ) -> Rule {
        let to_stream = self.relations[head].holds == Holds::Stream;
        let mut rule = RandomRule {
            program: self,
            random,
            features,
            known: Vec::new(),
            next: 0,
            stream: false,
            plain: false,
        };
        if rule.random.once_in(12) {
            let terms = self.relations[head].columns.iter().map(|ty| rule.constant(ty)).collect();
            if !to_stream {
                return Rule { head, terms, body: Vec::new() };
            }
        }
        let mut body = Vec::new();
        if to_stream && rule.stream(readable).is_none() {
            return Rule {
                head,
                terms: self.relations[head].columns.iter().map(|ty| rule.constant(ty)).collect(),
                body,
            };
        }
        for position in 0..1 + rule.random.below(4) {
            let clause = rule.clause(position, head, readable, to_stream);
            // What comes before the first relation may be looked at when there is a record.
            let unsure = |clause: &Clause| clause.exprs().iter().any(|expr| expr.may_fail());
            let read = body.iter().any(|clause| matches!(clause, Clause::Atom(_)));
            if let Some(clause) = clause.filter(|clause| read || !unsure(clause)) {
                clause.known(&mut rule.known);
                body.push(clause);
            }
        }
        let terms = self.relations[head].columns.iter().map(|ty| rule.expr(ty, 2)).collect();
        Rule { head, terms, body }
    }
}

impl Relation {
    pub(crate) fn random(
        random: &mut Random,
        index: usize,
        role: Role,
        palette: &[Ty],
        features: Features,
    ) -> Self {
        let holds = match random.below(12) {
            0 if features == Features::All => Holds::Stream,
            1 if role != Role::Internal => Holds::Counts,
            _ => Holds::Set,
        };
        let columns = if random.once_in(16) { 0 } else { 1 + random.below(3) };
        let columns: Vec<Ty> = (0..columns).map(|_| random.pick(palette).clone()).collect();
        let mut key = Vec::new();
        if role == Role::Input && holds == Holds::Set && !columns.is_empty() && random.once_in(3) {
            key.push(random.below(columns.len()));
            if columns.len() == 3 && random.once_in(2) {
                key.push((key[0] + 1) % 3);
            }
        }
        Relation { name: format!("R{index}"), role, holds, columns, key }
    }
}

struct RandomRule<'a> {
    program: &'a Program,
    random: &'a mut Random,
    features: Features,
    known: Known,
    next: Var,
    /// Whether a stream is read.
    stream: bool,
    /// Whether patterns are made that have no expressions in them.
    plain: bool,
}

impl RandomRule<'_> {
    fn clause(&mut self, position: usize, head: usize, readable: usize, to_stream: bool) -> Option<Clause> {
        let kind = match position {
            0 if to_stream || !self.random.once_in(12) => 0,
            0 => 6 + self.random.below(2),
            _ => self.random.below(13),
        };
        Some(match kind {
            4 => {
                let relation = self.random.below(head);
                let when = self.when(relation)?;
                let terms = self.terms(relation, false);
                Clause::Not(Atom { relation, when, terms })
            }
            5 => Clause::Filter(self.condition()),
            6 => {
                let ty = self.some_type();
                let expr = self.expr(&ty, 3);
                Clause::Let(self.fresh(), expr)
            }
            7 => {
                let expr = self.collection();
                Clause::Each(self.fresh(), expr)
            }
            8 => {
                let unions: Vec<(Var, Ty)> = self.of(|ty| !ty.variants().is_empty());
                let (var, ty) = self.choose(unions)?;
                let number = self.random.below(ty.variants().len());
                self.plain = true;
                let parts = ty.variants()[number].2.iter().map(|ty| self.pattern(ty, true)).collect();
                self.plain = false;
                Clause::Match(Pattern::Variant(ty.clone(), number, parts), Expr::Var(var, ty))
            }
            9 | 10 if !to_stream && !self.known.is_empty() => {
                let known = self.known.clone();
                let mut key: Known = known.into_iter().filter(|_| self.random.once_in(2)).take(2).collect();
                key.dedup();
                let (var, ty) = self.random.pick(&self.known).clone();
                let value = match self.random.below(4) {
                    0 => self.expr(&ty, 2),
                    1 => {
                        let (other, other_ty) = self.random.pick(&self.known).clone();
                        let (one, other) = (Expr::Var(var, ty), Expr::Var(other, other_ty));
                        Expr::Pair(one.into(), other.into())
                    }
                    _ => Expr::Var(var, ty),
                };
                let aggregate = loop {
                    let aggregate = Aggregate::random(self.random, &value.ty());
                    if aggregate != Aggregate::Key || !key.is_empty() {
                        break aggregate;
                    }
                };
                Clause::Group { var: self.fresh(), value, key, aggregate }
            }
            _ => {
                let relation = match position {
                    // What feeds a stream reads one.
                    0 if to_stream => self.stream(readable)?,
                    _ => self.random.below(readable),
                };
                let when = self.when(relation)?;
                if self.program.relations[relation].holds == Holds::Stream && when == When::Now {
                    if self.stream || !to_stream {
                        return None;
                    }
                    self.stream = true;
                }
                let terms = self.terms(relation, true);
                Clause::Atom(Atom { relation, when, terms })
            }
        })
    }

    /// Of what time a relation is read; `None` if it cannot be.
    fn when(&mut self, relation: usize) -> Option<When> {
        let stream = self.program.relations[relation].holds == Holds::Stream;
        if stream {
            return Some(if self.stream || self.random.once_in(2) { When::New } else { When::Now });
        }
        let past = self.features == Features::All && self.random.once_in(10);
        Some(if past { When::Before(1 + self.random.below(2)) } else { When::Now })
    }

    fn stream(&mut self, readable: usize) -> Option<usize> {
        let relations = &self.program.relations;
        let streams: Vec<usize> = (0..readable).filter(|at| relations[*at].holds == Holds::Stream).collect();
        (!streams.is_empty()).then(|| *self.random.pick(&streams))
    }

    fn fresh(&mut self) -> Var {
        self.next += 1;
        self.next - 1
    }

    fn of(&self, is: impl Fn(&Ty) -> bool) -> Known {
        self.known.iter().filter(|(_, ty)| is(ty)).cloned().collect()
    }

    fn choose(&mut self, among: Known) -> Option<(Var, Ty)> {
        (!among.is_empty()).then(|| self.random.pick(&among).clone())
    }

    fn some_type(&mut self) -> Ty {
        let columns: Vec<Ty> = self.program.relations.iter().flat_map(|r| r.columns.clone()).collect();
        if columns.is_empty() || self.random.once_in(6) {
            return Ty::random(self.random);
        }
        self.random.pick(&columns).clone()
    }

    /// Arguments of an atom; new variables only where they are allowed.
    fn terms(&mut self, relation: usize, fresh: bool) -> Vec<Pattern> {
        let columns = self.program.relations[relation].columns.clone();
        columns.iter().map(|ty| self.pattern(ty, fresh)).collect()
    }

    fn pattern(&mut self, ty: &Ty, fresh: bool) -> Pattern {
        let same = if self.plain { Vec::new() } else { self.of(|other| other == ty) };
        match self.random.below(12) {
            0 if self.plain && !ty.is_scalar() => self.bind(ty, fresh),
            0 => Pattern::Is(self.constant(ty)),
            1 => Pattern::Any,
            2 if !same.is_empty() => {
                let (var, ty) = self.random.pick(&same).clone();
                Pattern::Is(Expr::Next(Expr::Var(var, ty).into()))
            }
            3..=6 if !same.is_empty() => {
                let (var, ty) = self.random.pick(&same).clone();
                Pattern::Is(Expr::Var(var, ty))
            }
            7 | 8 => match ty {
                Ty::Pair(a, b) => Pattern::Pair(self.pattern(a, fresh).into(), self.pattern(b, fresh).into()),
                Ty::Option(_) | Ty::Shape => {
                    let number = self.random.below(ty.variants().len());
                    let parts = ty.variants()[number].2.iter().map(|ty| self.pattern(ty, fresh)).collect();
                    Pattern::Variant(ty.clone(), number, parts)
                }
                _ => self.bind(ty, fresh),
            },
            _ => self.bind(ty, fresh),
        }
    }

    fn bind(&mut self, ty: &Ty, fresh: bool) -> Pattern {
        if fresh { Pattern::Bind(self.fresh(), ty.clone()) } else { Pattern::Any }
    }

    fn constant(&mut self, ty: &Ty) -> Expr {
        Expr::Const(ty.clone(), self.random.pick(&ty.domain()).clone())
    }

    fn condition(&mut self) -> Expr {
        let Some((var, ty)) = self.choose(self.known.clone()) else { return self.expr(&Ty::Bool, 2) };
        let operator = ["==", "!=", "<", "<="][self.random.below(4)];
        let other = self.expr(&ty, 2);
        let compare = Expr::Compare(operator, Expr::Var(var, ty).into(), other.into());
        match self.random.below(6) {
            0 => Expr::Not(compare.into()),
            1 => Expr::And(compare.into(), self.expr(&Ty::Bool, 2).into()),
            2 => Expr::Or(compare.into(), self.expr(&Ty::Bool, 2).into()),
            _ => compare,
        }
    }

    fn collection(&mut self) -> Expr {
        let collections = self.of(|ty| matches!(ty, Ty::Vec(_) | Ty::Set(_)));
        if let Some((var, ty)) = self.choose(collections)
            && self.random.below(3) > 0
        {
            return Expr::Var(var, ty);
        }
        let of = self.some_type();
        let items = (0..self.random.below(3)).map(|_| self.expr(&of, 1)).collect();
        let list = Expr::List(of, items);
        if self.random.once_in(3) { Expr::ToSet(list.into()) } else { list }
    }

    /// An expression of a type, over the known variables.
    fn expr(&mut self, ty: &Ty, depth: usize) -> Expr {
        let same = self.of(|other| other == ty);
        let kind = self.random.below(16);
        if let (0..=8, Some((var, ty))) = (kind, self.choose(same)) {
            let var = Expr::Var(var, ty);
            return if kind == 0 { Expr::Next(var.into()) } else { var };
        }
        if depth == 0 {
            return self.constant(ty);
        }
        let pairs = self.of(|other| matches!(other, Ty::Pair(a, b) if **a == *ty || **b == *ty));
        if let (9..=12, Some((var, pair))) = (kind, self.choose(pairs)) {
            let second = matches!(&pair, Ty::Pair(a, _) if **a != *ty);
            return Expr::Part(Expr::Var(var, pair).into(), usize::from(second));
        }
        let options = self.of(|other| matches!(other, Ty::Option(inner) if **inner == *ty));
        if let (9..=12, Some((var, option))) = (kind, self.choose(options)) {
            let default = self.expr(ty, depth - 1);
            return Expr::OrElse(Expr::Var(var, option).into(), default.into());
        }
        if kind == 13 {
            let (condition, one, other) =
                (self.expr(&Ty::Bool, depth - 1), self.expr(ty, depth - 1), self.expr(ty, depth - 1));
            return Expr::If(condition.into(), one.into(), other.into());
        }
        self.made(ty, depth)
    }

    /// An expression of a type, by one of its own operations.
    fn made(&mut self, ty: &Ty, depth: usize) -> Expr {
        match ty {
            Ty::Bool => {
                let collections = self.of(|ty| matches!(ty, Ty::Vec(_) | Ty::Set(_)));
                if let (Some((var, ty)), true) = (self.choose(collections), self.random.once_in(2)) {
                    let (Ty::Vec(of) | Ty::Set(of)) = ty.clone() else { return self.constant(&Ty::Bool) };
                    let item = self.expr(&of, depth - 1);
                    return Expr::Contains(Expr::Var(var, ty).into(), item.into());
                }
                let Some((var, ty)) = self.choose(self.known.clone()) else { return self.constant(ty) };
                let other = self.expr(&ty, depth - 1);
                Expr::Compare(["==", "<"][self.random.below(2)], Expr::Var(var, ty).into(), other.into())
            }
            Ty::Pair(a, b) => Expr::Pair(self.expr(a, depth - 1).into(), self.expr(b, depth - 1).into()),
            Ty::Option(_) | Ty::Shape => {
                let number = self.random.below(ty.variants().len());
                let parts = ty.variants()[number].2.iter().map(|ty| self.expr(ty, depth - 1)).collect();
                Expr::Variant(ty.clone(), number, parts)
            }
            Ty::Vec(of) => {
                let items = (0..self.random.below(3)).map(|_| self.expr(of, depth - 1)).collect();
                Expr::List((**of).clone(), items)
            }
            Ty::Set(of) => {
                let items = (0..1 + self.random.below(2)).map(|_| self.expr(of, depth - 1)).collect();
                Expr::ToSet(Expr::List((**of).clone(), items).into())
            }
            Ty::Long if self.random.once_in(3) => {
                let collections = self.of(|ty| matches!(ty, Ty::Vec(_) | Ty::Set(_)));
                match self.choose(collections) {
                    Some((var, ty)) => Expr::Size(Expr::Var(var, ty).into()),
                    None => self.constant(ty),
                }
            }
            Ty::Str if self.random.once_in(3) => {
                let shown = self.of(|ty| ty.is_integer() || *ty == Ty::Str);
                match self.choose(shown) {
                    Some((var, ty)) => Expr::Show(Expr::Var(var, ty).into()),
                    None => self.constant(ty),
                }
            }
            Ty::Str => Expr::Concat(self.expr(ty, depth - 1).into(), self.expr(ty, depth - 1).into()),
            integer if integer.is_integer() => {
                let (a, b) = (self.expr(ty, depth - 1).into(), self.expr(ty, depth - 1).into());
                // Seldom, or few transactions would go through.
                if self.random.once_in(6) { Expr::Divide(a, b) } else { Expr::Add(a, b) }
            }
            other => self.constant(other),
        }
    }
}
