//! Programs, and what they are called in the rule language.

use std::fmt::Write;

use super::aggregate;
use super::clause::{Atom, Clause, When};
use super::expr::{Expr, next_function};
use super::ty::{SHAPE, Ty};

/// A program.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Program {
    pub(crate) relations: Vec<Relation>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) indexes: Vec<Index>,
    /// Relations are declared from this one on, then those before it.
    pub(crate) first: usize,
}

/// A declared relation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Relation {
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) holds: Holds,
    pub(crate) columns: Vec<Ty>,
    /// Columns of the primary key; none if it has no key.
    pub(crate) key: Vec<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Role {
    Input,
    Internal,
    Output,
}

/// What a relation has of a record.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Holds {
    Set,
    Counts,
    Stream,
}

/// A rule; a fact has no body.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rule {
    pub(crate) head: usize,
    pub(crate) terms: Vec<Expr>,
    pub(crate) body: Vec<Clause>,
}

/// Of one column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Index {
    pub(crate) name: String,
    pub(crate) relation: usize,
    pub(crate) column: usize,
}

impl Program {
    /// The program in the rule language.
    pub(crate) fn text(&self) -> String {
        let mut body = String::new();
        let (last, first) = self.relations.split_at(self.first.min(self.relations.len()));
        for relation in first.iter().chain(last) {
            writeln!(body, "{}", relation.text()).unwrap();
        }
        for index in &self.indexes {
            let relation = &self.relations[index.relation];
            let ty = relation.columns[index.column].text();
            writeln!(body, "index {}(k: {ty}) on {}(.c{} = k)", index.name, relation.name, index.column)
                .unwrap();
        }
        for rule in &self.rules {
            writeln!(body, "{}", self.rule_text(rule)).unwrap();
        }
        self.prelude(&body) + &body
    }

    /// The declarations that a text needs.
    fn prelude(&self, body: &str) -> String {
        let mut prelude = String::new();
        if body.contains(".group_by(") {
            prelude.push_str("import group\n");
        }
        let mut functions = aggregate::functions();
        let types = self.types();
        for (at, ty) in types.iter().enumerate() {
            if !types[..at].contains(ty) {
                functions.push(next_function(ty));
            }
        }
        let name =
            |function: &String| function["function ".len()..function.find('(').unwrap() + 1].to_string();
        let used: String = functions.into_iter().filter(|function| body.contains(&name(function))).collect();
        if body.contains("Shape") || used.contains("Shape") {
            prelude.push_str(SHAPE);
        }
        prelude + &used
    }

    /// All types in it, with those of their parts.
    fn types(&self) -> Vec<Ty> {
        let mut types: Vec<Ty> =
            self.relations.iter().flat_map(|relation| relation.columns.clone()).collect();
        for rule in &self.rules {
            let mut known = Vec::new();
            for clause in &rule.body {
                types.extend(clause.exprs().into_iter().flat_map(types_of));
                clause.known(&mut known);
                types.extend(known.iter().map(|(_, ty)| ty.clone()));
            }
            types.extend(rule.terms.iter().flat_map(types_of));
        }
        types.iter().flat_map(Ty::parts).collect()
    }

    pub(crate) fn rule_text(&self, rule: &Rule) -> String {
        let terms: Vec<String> = rule.terms.iter().map(Expr::text).collect();
        let head = format!("{}({})", self.relations[rule.head].name, terms.join(", "));
        match rule.body.is_empty() {
            true => format!("{head}."),
            false => format!("{head} :- {}.", self.body_text(&rule.body)),
        }
    }

    pub(crate) fn body_text(&self, body: &[Clause]) -> String {
        let clauses: Vec<String> = body.iter().map(|clause| self.clause_text(clause)).collect();
        clauses.join(", ")
    }

    fn clause_text(&self, clause: &Clause) -> String {
        match clause {
            Clause::Atom(atom) => self.atom_text(atom),
            Clause::Not(atom) => format!("not {}", self.atom_text(atom)),
            Clause::Filter(expr) => expr.text(),
            Clause::Let(var, expr) => format!("var v{var} = {}", expr.text()),
            Clause::Match(pattern, expr) => format!("{} = {}", pattern.text("var "), expr.text()),
            Clause::Each(var, expr) => format!("var v{var} = FlatMap({})", expr.text()),
            Clause::Group { var, value, key, aggregate } => {
                let names: Vec<String> = key.iter().map(|(var, _)| format!("v{var}")).collect();
                let (value_text, call) = (value.text(), aggregate.text(&value.ty()));
                match names.as_slice() {
                    [name] => format!("var v{var} = {value_text}.group_by({name}).{call}"),
                    _ => format!("var v{var} = {value_text}.group_by(({})).{call}", names.join(", ")),
                }
            }
        }
    }

    fn atom_text(&self, atom: &Atom) -> String {
        let terms: Vec<String> = atom.terms.iter().map(|term| term.text("")).collect();
        let when = match atom.when {
            When::Now => String::new(),
            When::Before(transactions) => format!("-{transactions}"),
            When::New => "'".into(),
        };
        format!("{}{when}({})", self.relations[atom.relation].name, terms.join(", "))
    }
}

impl Relation {
    fn text(&self) -> String {
        let role = match self.role {
            Role::Input => "input ",
            Role::Internal => "",
            Role::Output => "output ",
        };
        let holds = match self.holds {
            Holds::Set => "relation",
            Holds::Counts => "multiset",
            Holds::Stream => "stream",
        };
        let columns: Vec<String> =
            self.columns.iter().enumerate().map(|(at, ty)| format!("c{at}: {}", ty.text())).collect();
        let key: Vec<String> = self.key.iter().map(|at| format!("x.c{at}")).collect();
        let key = match key.as_slice() {
            [] => String::new(),
            [one] => format!(" primary key (x) {one}"),
            more => format!(" primary key (x) ({})", more.join(", ")),
        };
        format!("{role}{holds} {}({}){key}", self.name, columns.join(", "))
    }

    pub(crate) fn is_input(&self) -> bool {
        self.role == Role::Input
    }
}

impl Rule {
    /// How many variables it has, or more.
    pub(crate) fn variables(&self) -> usize {
        let mut known = Vec::new();
        let mut variables = 0;
        for clause in &self.body {
            clause.known(&mut known);
            variables = known.iter().map(|(var, _)| var + 1).fold(variables, usize::max);
        }
        variables
    }
}

fn types_of(expr: &Expr) -> Vec<Ty> {
    let mut types: Vec<Ty> = expr.parts().into_iter().flat_map(types_of).collect();
    types.push(expr.ty());
    types
}
