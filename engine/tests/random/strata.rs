//! What depends on what, and which rules a program may not have.

use super::clause::{Atom, Clause, When};
use super::program::{Holds, Program, Rule};

impl Program {
    /// `[a][b]`: what is in `a` has effects on `b` in the same transaction.
    pub(crate) fn reach(&self) -> Vec<Vec<bool>> {
        let count = self.relations.len();
        let mut reach = vec![vec![false; count]; count];
        for rule in &self.rules {
            for atom in rule.body.iter().filter_map(Clause::atom) {
                if !matches!(atom.when, When::Before(_)) {
                    reach[atom.relation][rule.head] = true;
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

    /// Drops rules that negate or group what depends on their result, and others that recursion does not allow.
    pub(crate) fn make_stratified(&mut self) {
        loop {
            let reach = self.reach();
            match self.rules.iter().position(|rule| !self.may_be(rule, &reach)) {
                Some(rule) => drop(self.rules.remove(rule)),
                None => return,
            }
        }
    }

    fn may_be(&self, rule: &Rule, reach: &[Vec<bool>]) -> bool {
        let streams = |clause: &&Clause| {
            let stream = |atom: &Atom| self.relations[atom.relation].holds == Holds::Stream;
            clause.atom().is_some_and(|atom| atom.when == When::Now && stream(atom))
        };
        let (to_stream, read) =
            (self.relations[rule.head].holds == Holds::Stream, rule.body.iter().filter(streams));
        let negates = rule.body.iter().any(|clause| matches!(clause, Clause::Not(_)));
        if read.count() != usize::from(to_stream) || to_stream && negates {
            return false;
        }
        let cyclic = |clause: &Clause| {
            clause
                .atom()
                .is_some_and(|atom| !matches!(atom.when, When::Before(_)) && reach[rule.head][atom.relation])
        };
        if !rule.body.iter().any(cyclic) {
            return rule.fails_clearly();
        }
        let negates = rule.body.iter().any(|clause| matches!(clause, Clause::Not(_)) && cyclic(clause));
        let groups = rule.body.iter().any(|clause| matches!(clause, Clause::Group { .. }));
        // Sums that come back would grow for ever; whether something fails would depend on the way there.
        let mut exprs = rule.body.iter().flat_map(Clause::exprs).chain(&rule.terms);
        let wild = exprs.any(|expr| expr.may_fail() || expr.grows());
        let starts = matches!(rule.body[0], Clause::Atom(_));
        starts && !negates && !groups && !wild && self.relations[rule.head].holds == Holds::Set
    }

    /// Relations in an order in which each comes after what it depends on, in groups that depend on each other, and
    /// whether they do.
    pub(crate) fn components(&self) -> Vec<(Vec<usize>, bool)> {
        let (count, reach) = (self.relations.len(), self.reach());
        let mut done = vec![false; count];
        let mut components = Vec::new();
        while let Some(next) = (0..count).find(|r| {
            !done[*r] && (0..count).all(|other| done[other] || !reach[other][*r] || reach[*r][other])
        }) {
            let together = |other: &usize| *other == next || reach[next][*other] && reach[*other][next];
            let group: Vec<usize> = (0..count).filter(together).collect();
            group.iter().for_each(|relation| done[*relation] = true);
            components.push((group, reach[next][next]));
        }
        components
    }
}

impl Rule {
    /// Whether no condition on a group may be looked at before something in the group fails.
    fn fails_clearly(&self) -> bool {
        let group = self.body.iter().position(|clause| matches!(clause, Clause::Group { .. }));
        let Some(group) = group else { return true };
        let (before, after) = self.body.split_at(group);
        let may_fail = |clause: &Clause| clause.exprs().iter().any(|expr| expr.may_fail());
        let drops = |clause: &Clause| !matches!(clause, Clause::Let(..) | Clause::Group { .. });
        !(before.iter().chain(&after[..1]).any(may_fail) && after.iter().any(drops))
    }
}
