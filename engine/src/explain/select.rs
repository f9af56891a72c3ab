//! Which rules somebody asks about.

use thiserror::Error;

use crate::ir::{Program, RelationId, RuleId};

/// Why nothing is found.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SelectError {
    /// A number that no rule has.
    #[error("there is no rule {number}: they are numbered 0 to {last}")]
    Number {
        /// What was asked for.
        number: u32,
        /// The last rule's number.
        last: u32,
    },
    /// A program without rules.
    #[error("the program has no rules")]
    NoRules,
    /// A place without a rule.
    #[error("no rule stands at {place}{}", near(.nearest.as_deref()))]
    Place {
        /// What was asked for.
        place: String,
        /// The next rule of that file.
        nearest: Option<String>,
    },
    /// A relation of which there is none.
    #[error("there is no relation `{name}`{}", meant(.similar))]
    Relation {
        /// What was asked for.
        name: String,
        /// Relations with such a name.
        similar: Vec<String>,
    },
    /// A relation that no rule fills.
    #[error("no rule fills {relation}{}", reading(.readers))]
    NoRulesFor {
        /// The relation, with its role.
        relation: String,
        /// Numbers of the rules that read it.
        readers: Vec<u32>,
    },
}

/// The rules that are meant by a number, by `FILE:LINE`, or by the relation that they fill (its full name, or the last part
/// of it), in the order of the program.
pub fn select(program: &Program, what: &str) -> Result<Vec<RuleId>, SelectError> {
    if program.rules.is_empty() {
        return Err(SelectError::NoRules);
    }
    if let Ok(number) = what.parse::<u32>() {
        let last = program.rules.len() as u32 - 1;
        return if number <= last {
            Ok(vec![RuleId(number)])
        } else {
            Err(SelectError::Number { number, last })
        };
    }
    if let Some((file, line)) = what.rsplit_once(':')
        && let Ok(line) = line.parse::<usize>()
    {
        return at_place(program, file, line);
    }
    for_relation(program, what)
}

/// All rules but those of the library.
pub fn own_rules(program: &Program) -> Vec<RuleId> {
    let of_library = |rule: &crate::ir::Rule| program.sources.file(rule.span.file).name.starts_with('<');
    all(program).filter(|(_, rule)| !of_library(rule)).map(|(id, _)| id).collect()
}

fn at_place(program: &Program, file: &str, line: usize) -> Result<Vec<RuleId>, SelectError> {
    let mut found = Vec::new();
    let mut nearest: Option<(usize, String)> = None;
    for (id, rule) in all(program) {
        let name = &program.sources.file(rule.span.file).name;
        let same = name == file || name.strip_suffix(file).is_some_and(|before| before.ends_with('/'));
        if !same {
            continue;
        }
        let (first, _) = program.sources.line_column(rule.span);
        let last = first + program.sources.text(rule.span).matches('\n').count();
        if (first..=last).contains(&line) {
            found.push(id);
        }
        let distance = first.abs_diff(line);
        if nearest.as_ref().is_none_or(|(best, _)| distance < *best) {
            nearest = Some((distance, format!("{file}:{first}")));
        }
    }
    if found.is_empty() {
        let place = format!("{file}:{line}");
        return Err(SelectError::Place { place, nearest: nearest.map(|(_, place)| place) });
    }
    Ok(found)
}

fn for_relation(program: &Program, name: &str) -> Result<Vec<RuleId>, SelectError> {
    let numbered = || program.relations.iter().enumerate();
    let full = numbered().find(|(_, relation)| &*relation.name == name);
    let short = || numbered().find(|(_, relation)| relation.name.rsplit("::").next() == Some(name));
    let Some((index, _)) = full.or_else(short) else {
        let wanted = name.to_lowercase();
        let similar = program.relations.iter().map(|relation| relation.name.to_string());
        let similar = similar.filter(|other| other.to_lowercase().contains(&wanted)).take(5).collect();
        return Err(SelectError::Relation { name: name.to_owned(), similar });
    };
    let id = RelationId(index as u32);
    let found: Vec<RuleId> =
        all(program).filter(|(_, rule)| rule.head.relation == id).map(|(id, _)| id).collect();
    if found.is_empty() {
        let relation = super::rule::described(program, id);
        return Err(SelectError::NoRulesFor { relation, readers: readers_of(program, id) });
    }
    Ok(found)
}

fn readers_of(program: &Program, id: RelationId) -> Vec<u32> {
    use crate::ir::ClauseKind::{Atom, Not};
    let reads = |rule: &crate::ir::Rule| {
        rule.body.iter().any(|clause| match &clause.kind {
            Atom { relation, .. } | Not { relation, .. } => *relation == id,
            _ => false,
        })
    };
    all(program).filter(|(_, rule)| reads(rule)).map(|(id, _)| id.0).collect()
}

fn all(program: &Program) -> impl Iterator<Item = (RuleId, &crate::ir::Rule)> {
    program.rules.iter().enumerate().map(|(index, rule)| (RuleId(index as u32), rule))
}

fn near(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |place| format!("; the nearest is at {place}"))
}

fn meant(similar: &[String]) -> String {
    if similar.is_empty() { String::new() } else { format!("; there is {}", similar.join(", ")) }
}

fn reading(readers: &[u32]) -> String {
    let rules: Vec<RuleId> = readers.iter().map(|number| RuleId(*number)).collect();
    if rules.is_empty() {
        String::new()
    } else {
        format!("; it is read by {}", super::readers::listed(&rules))
    }
}
