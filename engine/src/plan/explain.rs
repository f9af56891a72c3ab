//! The plan as text: what is indexed by what, and the chain of every rule.

use std::fmt::{self, Display, Formatter};

use super::aggregate::Aggregates;
use super::data::{ArrangementId, CollectionId, Left, Op, Plan, Projection, RulePlan, Source};
use super::transform::{Input, Step, Transform};
use crate::ir::{Expr, Frame, Local, LocalId, Program, RelationId};

/// A plan to be displayed: the whole of it, or what makes one relation.
#[derive(Clone, Copy, Debug)]
pub struct Explain<'p> {
    plan: &'p Plan,
    program: &'p Program,
    relation: Option<RelationId>,
}

impl Plan {
    /// The plan of a program as text; with a relation, only the rules for it and the arrangements they read.
    pub fn explain<'p>(&'p self, program: &'p Program, relation: Option<RelationId>) -> Explain<'p> {
        Explain { plan: self, program, relation }
    }

    /// The field that a column of a collection's rows is; `record` if the rows are whole records.
    pub(crate) fn column_name(&self, program: &Program, collection: CollectionId, column: usize) -> String {
        use super::data::CollectionSource as S;
        let (S::Relation(relation) | S::Delayed(relation, _) | S::Changes(relation)) =
            self.collection(collection).source;
        let record = program.relations[relation.0 as usize].record;
        let fields = program.types.struct_fields(record);
        let field = fields.and_then(|fields| fields.get(column));
        field.map_or_else(|| "record".into(), |field| field.name.to_string())
    }
}

impl Display for Explain<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let shown = |relation: RelationId| self.relation.is_none_or(|wanted| wanted == relation);
        let rules: Vec<(usize, &RulePlan)> =
            self.plan.rules.iter().enumerate().filter(|(_, rule)| shown(rule.head)).collect();
        for index in 0..self.plan.arrangements.len() {
            let id = ArrangementId(index as u32);
            if self.relation.is_none()
                || rules.iter().any(|(_, rule)| rule.arrangements().any(|read| read == id))
            {
                self.arrangement(f, id)?;
            }
        }
        for (number, component) in self.plan.components.iter().enumerate() {
            let inside = |index: usize| component.recursive_rules.iter().any(|rule| rule.0 as usize == index);
            for (index, rule) in &rules {
                if component.relations.contains(&rule.head) {
                    let recursive = if inside(*index) {
                        format!(", in the loop of component {number}")
                    } else {
                        String::new()
                    };
                    self.rule(f, *index, rule, &recursive)?;
                }
            }
        }
        Ok(())
    }
}

impl Explain<'_> {
    fn arrangement(&self, f: &mut Formatter<'_>, id: ArrangementId) -> fmt::Result {
        let arrangement = self.plan.arrangement(id);
        let collection = self.plan.collection(arrangement.collection);
        write!(f, "arrangement {}: {} by ", id.0, collection.name)?;
        match &arrangement.projection {
            Projection::Columns { key, value } => {
                let names = |columns: &[usize]| {
                    let name =
                        |column: &usize| self.plan.column_name(self.program, arrangement.collection, *column);
                    columns.iter().map(name).collect::<Vec<_>>().join(", ")
                };
                writeln!(f, "({}) with ({})", names(key), names(value))
            }
            Projection::Code(transform) => {
                writeln!(f, "code")?;
                self.transform(f, transform)
            }
        }
    }

    fn rule(&self, f: &mut Formatter<'_>, index: usize, rule: &RulePlan, recursive: &str) -> fmt::Result {
        let span = self.program.rules[index].span;
        let (line, _) = self.program.sources.line_column(span);
        let file = &self.program.sources.file(span.file).name;
        let head = &self.program.relations[rule.head.0 as usize].name;
        writeln!(f, "rule {index} for {head} ({file}:{line}{recursive})")?;
        match rule.source {
            Source::Once => writeln!(f, "  once")?,
            Source::Collection(id) => writeln!(f, "  from {}", self.plan.collection(id).name)?,
        }
        let shared = rule.stages.first().is_some_and(|stage| matches!(stage.left, Left::Shared(_)));
        if !shared {
            self.transform(f, &rule.first)?;
        }
        for stage in &rule.stages {
            let left = match stage.left {
                Left::Shared(id) => format!("arrangement {}", id.0),
                Left::Private => "rows kept by key".into(),
                Left::Ephemeral => "rows of this transaction".into(),
            };
            match &stage.op {
                Op::Join { right, then } => {
                    writeln!(f, "  join {left} with {}", self.named(*right))?;
                    self.transform(f, then)?;
                }
                Op::Semijoin { right, then } => {
                    writeln!(f, "  keep of {left} what is in {}", self.named(*right))?;
                    self.transform(f, then)?;
                }
                Op::Antijoin { right, then } => {
                    writeln!(f, "  keep of {left} what is not in {}", self.named(*right))?;
                    self.transform(f, then)?;
                }
                Op::Reduce { reduction, .. } => {
                    let frame = self.program.frame(&reduction.locals);
                    let key: Vec<String> = reduction.key.iter().map(|local| frame.name(*local)).collect();
                    writeln!(f, "  group {left} by ({}) as {}", key.join(", "), frame.name(reduction.group))?;
                    match &reduction.aggregates {
                        Some(aggregates) => self.aggregates(f, aggregates)?,
                        None => {
                            self.steps(f, frame, &reduction.steps)?;
                            writeln!(f, "    give ({})", exprs(frame, &reduction.output))?;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// What is kept of a group, by the variables that hold it; and what is done with those.
    fn aggregates(&self, f: &mut Formatter<'_>, aggregates: &Aggregates) -> fmt::Result {
        let then = self.program.frame(&aggregates.then.locals);
        if let Some(Input::Locals(results)) = aggregates.then.inputs.get(1) {
            for (fact, result) in aggregates.facts(self.program).iter().zip(results.iter().flatten()) {
                writeln!(f, "    keep {fact} as {}", then.name(*result))?;
            }
        }
        self.steps(f, then, &aggregates.then.steps)?;
        let columns: Vec<String> = aggregates
            .then
            .outputs
            .iter()
            .filter(|row| !row.is_empty())
            .map(|row| exprs(then, row))
            .collect();
        writeln!(f, "    give ({})", columns.join(", "))
    }

    fn transform(&self, f: &mut Formatter<'_>, transform: &Transform) -> fmt::Result {
        let frame = self.program.frame(&transform.locals);
        let parts: Vec<String> =
            transform.inputs.iter().map(|input| self.input(&transform.locals, input)).collect();
        writeln!(f, "    take {}", parts.join(" "))?;
        self.steps(f, frame, &transform.steps)?;
        let outputs: Vec<String> =
            transform.outputs.iter().map(|output| format!("({})", exprs(frame, output))).collect();
        writeln!(f, "    give {}", outputs.join(" with "))
    }

    fn input(&self, locals: &[Local], input: &Input) -> String {
        let frame = self.program.frame(locals);
        match input {
            Input::Locals(columns) => {
                let name =
                    |local: &Option<LocalId>| local.map_or_else(|| "_".into(), |local| frame.name(local));
                format!("({})", columns.iter().map(name).collect::<Vec<_>>().join(", "))
            }
            Input::Record { pattern, .. } => format!("[{}]", frame.pattern(pattern)),
        }
    }

    fn steps(&self, f: &mut Formatter<'_>, frame: Frame<'_>, steps: &[Step]) -> fmt::Result {
        for step in steps {
            match step {
                Step::Filter(condition) => writeln!(f, "    if {}", frame.expr(condition))?,
                Step::Match(pattern, value) => {
                    writeln!(f, "    {} = {}", frame.pattern(pattern), frame.expr(value))?;
                }
                Step::FlatMap(pattern, value) => {
                    writeln!(f, "    {} in {}", frame.pattern(pattern), frame.expr(value))?;
                }
                Step::Inspect { body, .. } => writeln!(f, "    inspect {}", frame.expr(body))?,
            }
        }
        Ok(())
    }

    fn named(&self, id: ArrangementId) -> String {
        let collection = self.plan.arrangement(id).collection;
        format!("arrangement {} of {}", id.0, self.plan.collection(collection).name)
    }
}

fn exprs(frame: Frame<'_>, exprs: &[Expr]) -> String {
    exprs.iter().map(|expr| frame.expr(expr)).collect::<Vec<_>>().join(", ")
}
