//! The page of one rule.

use std::fmt::Write;

use super::readers;
use crate::ir::{
    ClauseKind, Expr, ExprKind, Frame, Local, Pattern, PatternKind, Program, RelationId, RuleId,
};
use crate::plan::transform::Step;
use crate::plan::{ArrangementId, Left, Op, Plan, RulePlan, Source};
use crate::source::Span;

/// The page of one rule: as written, the types of its variables, its steps, and what it waits for.
pub(super) fn page(program: &Program, plan: &Plan, id: RuleId) -> String {
    let mut page = Page { program, plan, id, text: String::new() };
    page.heading();
    page.variables();
    page.steps();
    page.results();
    page.order();
    page.text
}

/// As written in the file, with its place: `rules.dl:12`.
pub(super) fn place(program: &Program, id: RuleId) -> String {
    let span = program.rules[id.0 as usize].span;
    let (line, _) = program.sources.line_column(span);
    format!("{}:{line}", program.sources.file(span.file).name)
}

/// `output relation Port`.
pub(super) fn described(program: &Program, id: RelationId) -> String {
    let relation = &program.relations[id.0 as usize];
    format!("{} {}", relation.role.declaring(relation.semantics), relation.name)
}

struct Page<'p> {
    program: &'p Program,
    plan: &'p Plan,
    id: RuleId,
    text: String,
}

impl Page<'_> {
    fn line(&mut self, indent: usize, text: &str) {
        // Writing to a string does not fail.
        let _ = writeln!(self.text, "{:indent$}{text}", "");
    }

    fn heading(&mut self) {
        let rule = &self.program.rules[self.id.0 as usize];
        let head = described(self.program, rule.head.relation);
        self.line(0, &format!("rule {}, {}: for {head}", self.id.0, place(self.program, self.id)));
        self.line(0, "");
        for line in as_written(self.program.sources.text(rule.span)) {
            self.line(4, &line);
        }
        self.line(0, "");
    }

    fn variables(&mut self) {
        let rule = &self.program.rules[self.id.0 as usize];
        let mut shown: Vec<String> = Vec::new();
        for local in rule.locals.iter().filter(|local| named(local)) {
            let typed = format!("{}: {}", local.name, self.program.print(&local.ty));
            if !shown.contains(&typed) {
                shown.push(typed);
            }
        }
        if !shown.is_empty() {
            self.line(2, "variables");
            for typed in shown {
                self.line(4, &typed);
            }
        }
    }

    fn steps(&mut self) {
        let plan = self.plan;
        let rule = plan.rule(self.id);
        self.line(2, "steps");
        match rule.source {
            Source::Once => self.line(4, "1. once, when the program starts"),
            Source::Collection(id) => {
                let name = plan.collection(id).name.to_string();
                let clause = self.clause(rule.clause).unwrap_or(name);
                self.line(4, &format!("1. each row of {clause}"));
            }
        }
        self.work(&rule.first.locals, &rule.first.steps);
        for (number, stage) in rule.stages.iter().enumerate() {
            let left = self.key_before(rule, number);
            let clause = self.clause(stage.clause).unwrap_or_default();
            let number = number + 2;
            match &stage.op {
                Op::Join { right, then } => {
                    self.line(4, &format!("{number}. join with {clause}"));
                    self.matched(*right, &left);
                    self.index("theirs", *right);
                    self.kept(stage.left, &left);
                    self.work(&then.locals, &then.steps);
                }
                Op::Semijoin { right, then } => {
                    self.line(4, &format!("{number}. keep what has {clause}"));
                    self.matched(*right, &left);
                    self.index("theirs", *right);
                    self.kept(stage.left, &left);
                    self.work(&then.locals, &then.steps);
                }
                Op::Antijoin { right, then } => {
                    self.line(4, &format!("{number}. drop what has {clause}"));
                    self.matched(*right, &left);
                    self.index("theirs", *right);
                    self.kept(stage.left, &left);
                    self.work(&then.locals, &then.steps);
                }
                Op::Reduce { reduction, .. } => {
                    let frame = self.program.frame(&reduction.locals);
                    let key: Vec<String> = reduction.key.iter().map(|local| frame.name(*local)).collect();
                    let key = match key.as_slice() {
                        [] => "put all rows into one group".to_owned(),
                        key => format!("make a group for each ({})", key.join(", ")),
                    };
                    self.line(4, &format!("{number}. {key}"));
                    self.kept(stage.left, &left);
                    match reduction.aggregates.as_ref().map(|aggregates| aggregates.facts(self.program)) {
                        Some(facts) if facts.is_empty() => {}
                        Some(facts) => {
                            let facts = facts.join(", ");
                            self.line(7, &format!("of each group, kept up value by value: {facts}"));
                        }
                        None => self.line(7, "a group is looked at as a whole when a value of it changes"),
                    }
                    self.work(&reduction.locals, &reduction.steps);
                }
            }
        }
    }

    /// A clause that reads a relation, as written but for the `not`.
    fn clause(&self, number: Option<usize>) -> Option<String> {
        let clause = self.program.rules[self.id.0 as usize].body.get(number?)?;
        let (ClauseKind::Atom { relation, .. } | ClauseKind::Not { relation, .. }) = &clause.kind else {
            return None;
        };
        let name = || self.program.relations[relation.0 as usize].name.to_string();
        let written = self.written(clause.span).unwrap_or_else(name);
        let not = matches!(clause.kind, ClauseKind::Not { .. });
        Some(written.strip_prefix("not ").filter(|_| not).unwrap_or(&written).to_owned())
    }

    /// A piece of the rule as its author wrote it, on one line and cut off if it is long; none if it comes from elsewhere.
    fn written(&self, span: Span) -> Option<String> {
        if !self.program.rules[self.id.0 as usize].span.contains(span) {
            return None;
        }
        let words: Vec<&str> = self.program.sources.text(span).split_whitespace().collect();
        let text = words.join(" ");
        let end = text.char_indices().nth(100).map_or(text.len(), |(at, _)| at);
        let cut = if end < text.len() { " .." } else { "" };
        (!text.is_empty() && !text.contains("//")).then(|| format!("{}{cut}", text[..end].trim_end()))
    }

    /// What is computed from one row.
    fn work(&mut self, locals: &[Local], steps: &[Step]) {
        let frame = self.program.frame(locals);
        let expr = |expr: &Expr| self.written(expr.span).unwrap_or_else(|| frame.expr(expr));
        let pattern = |pattern: &Pattern| match &pattern.kind {
            PatternKind::Bind(local) => frame.name(*local),
            _ => self.written(pattern.span).unwrap_or_else(|| frame.pattern(pattern)),
        };
        let hidden =
            |expr: &Expr| matches!(&expr.kind, ExprKind::Local(local) if !named(&locals[local.0 as usize]));
        let lines: Vec<String> = steps
            .iter()
            .map(|step| match step {
                Step::Filter(condition) => format!("if {}", expr(condition)),
                Step::Match(part, value) if hidden(value) => format!("if it matches {}", pattern(part)),
                Step::Match(part, value) => format!("{} = {}", pattern(part), expr(value)),
                Step::FlatMap(part, value) => format!("for each {} in {}", pattern(part), expr(value)),
                Step::Inspect { body, .. } => format!("inspect {}", expr(body)),
            })
            .collect();
        for line in lines {
            self.line(7, &line);
        }
    }

    /// What has to be equal: `on from = b`.
    fn matched(&mut self, right: ArrangementId, left: &[String]) {
        let names = readers::key_names(self.program, self.plan, right);
        let pairs: Vec<String> = names
            .iter()
            .zip(left)
            .map(|(field, ours)| if field == ours { field.clone() } else { format!("{field} = {ours}") })
            .collect();
        if pairs.is_empty() {
            let name = &self.plan.collection(self.plan.arrangement(right).collection).name;
            let text = format!("MIND: nothing has to be equal, so each row so far meets every row of {name}");
            self.line(7, &text);
        } else {
            self.line(7, &format!("on {}", pairs.join(", ")));
        }
    }

    /// The index that is looked into, and who else does.
    fn index(&mut self, whose: &str, id: ArrangementId) {
        let mut others: Vec<String> = Vec::new();
        let rules: Vec<RuleId> =
            readers::rules(self.plan, id).into_iter().filter(|rule| *rule != self.id).collect();
        if !rules.is_empty() {
            others.push(readers::listed(&rules));
        }
        others.extend(readers::others(self.program, self.plan, id));
        let shared = match others.as_slice() {
            [] => "kept for this rule alone".to_owned(),
            others => format!("shared with {}", others.join(", ")),
        };
        let name = readers::name(self.program, self.plan, id);
        self.line(7, &format!("{whose}: index of {name}, {shared}"));
    }

    /// What is remembered of the rows so far.
    fn kept(&mut self, left: Left, key: &[String]) {
        match left {
            Left::Shared(id) => self.index("ours", id),
            Left::Private if key.is_empty() => self.line(7, "ours: rows so far, kept for this rule alone"),
            Left::Private => {
                self.line(7, &format!("ours: rows so far by ({}), kept for this rule alone", key.join(", ")));
            }
            Left::Ephemeral => self.line(7, "ours: rows of this transaction, not kept"),
        }
    }

    /// What the rows that reach a stage are looked up by.
    fn key_before(&self, rule: &RulePlan, stage: usize) -> Vec<String> {
        let exprs = |frame: Frame<'_>, exprs: &[Expr]| exprs.iter().map(|expr| frame.expr(expr)).collect();
        let before = stage.checked_sub(1).and_then(|before| rule.stages.get(before));
        let transform = match before.map(|stage| &stage.op) {
            None => &rule.first,
            Some(Op::Join { then, .. } | Op::Antijoin { then, .. } | Op::Semijoin { then, .. }) => then,
            Some(Op::Reduce { reduction, key_columns }) => {
                let key = &reduction.output[..key_columns.unwrap_or(0).min(reduction.output.len())];
                return exprs(self.program.frame(&reduction.locals), key);
            }
        };
        let key = transform.outputs.first().map_or(&[][..], |key| key);
        exprs(self.program.frame(&transform.locals), key)
    }

    fn results(&mut self) {
        let head = self.program.rules[self.id.0 as usize].head.relation;
        self.line(2, &format!("results\n    {}", super::rows::text(self.program, self.plan, head)));
    }

    fn order(&mut self) {
        let components = &self.plan.components;
        let head = self.program.rules[self.id.0 as usize].head.relation;
        let Some(number) = components.iter().position(|component| component.relations.contains(&head)) else {
            return;
        };
        let component = &components[number];
        let step = format!("stratum {} of {}", number + 1, components.len());
        if !component.is_recursive() {
            self.line(2, &format!("order\n    {step}, not recursive"));
            return;
        }
        let names: Vec<&str> =
            component.relations.iter().map(|id| &*self.program.relations[id.0 as usize].name).collect();
        let inside = if component.recursive_rules.contains(&self.id) {
            "runs in rounds until nothing new comes"
        } else {
            "brings rows into it"
        };
        self.line(
            2,
            &format!("order\n    {step}, the recursion of {}: this rule {inside}", names.join(", ")),
        );
    }
}

/// Variables that the author has named.
fn named(local: &Local) -> bool {
    local.name.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// The lines of a rule, moved left together.
fn as_written(text: &str) -> Vec<String> {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default().to_owned();
    let rest: Vec<&str> = lines.collect();
    let indent = |line: &&str| line.len() - line.trim_start().len();
    let common = rest.iter().filter(|line| !line.trim().is_empty()).map(indent).min().unwrap_or(0);
    let kept = common.min(4);
    let moved = rest.into_iter().map(|line| line.get(common - kept..).unwrap_or("").trim_end().to_owned());
    std::iter::once(first).chain(moved).collect()
}
