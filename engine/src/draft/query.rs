//! Questions about what a draft's relations hold.

use std::sync::Arc;

use super::program::Draft;
use crate::compile::{Refused, checked};
use crate::diagnostics::Diagnostic;
use crate::ir::{Expr, ExprKind, Program, RelationId, TypeId};
use crate::source::Span;
use crate::syntax::parse_body;
use crate::types::Question;

/// A question that has been checked: `R(x, "a", _), S(x, y)`. See [`crate::Engine::query`].
#[derive(Clone, Debug)]
pub struct Query {
    /// The draft's program, and in it the answer as its last relation and rule.
    pub(crate) program: Arc<Program>,
    pub(crate) answer: RelationId,
    /// The question's variables, in the order in which they first appear.
    pub columns: Vec<Column>,
}

/// A variable of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// As written.
    pub name: String,
    /// Its type, as written in rule files.
    pub ty: String,
}

impl Query {
    /// The program that the types of [`Self::column_types`] belong to.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// The types of the columns, in their order.
    pub fn column_types(&self) -> Vec<TypeId> {
        let Some(rule) = self.program.rules.last() else { return Vec::new() };
        variables(&rule.head.record).into_iter().map(|value| value.ty).collect()
    }
}

impl Draft {
    /// Checks a question: the body of a rule, with `?-` before it and `.` after it or without. Any clause may stand in it.
    ///
    /// # Errors
    /// What is wrong with it, in a file `<query>`.
    pub fn query(&self, text: &str) -> Result<Query, Refused> {
        let mut sources = self.sources.clone();
        let file = sources.add("<query>", text);
        let blank = text.find("?-").filter(|at| text[..*at].trim().is_empty());
        let body = blank.map_or_else(|| text.to_owned(), |_| text.replacen("?-", "  ", 1));
        let (clauses, mut diagnostics) = parse_body(file, &body);
        let all = Span { file, start: 0, end: text.len() as u32 };
        let span = match (clauses.first(), clauses.last()) {
            (Some(first), Some(last)) => first.span.to(last.span),
            _ => all,
        };
        if clauses.is_empty() && diagnostics.is_empty() {
            let error = Diagnostic::error("E0442", all, "nothing is asked");
            diagnostics.push(error.hint("write what is to hold: `Port(id, name), name != \"\"`"));
        }
        let question = Question { clauses: &clauses, span };
        let (program, _) = match checked(&self.modules, &sources, diagnostics, Some(&question)) {
            Ok(checked) => checked,
            Err(diagnostics) => return Err((sources, diagnostics)),
        };
        let (answer, columns) = columns(&program);
        Ok(Query { program: Arc::new(program), answer, columns })
    }
}

/// The answer of a question's program: its last rule.
fn columns(program: &Program) -> (RelationId, Vec<Column>) {
    let Some(rule) = program.rules.last() else { return (RelationId(0), Vec::new()) };
    let column = |value: &&Expr| match &value.kind {
        ExprKind::Local(local) => Some(Column {
            name: rule.locals[local.0 as usize].name.to_string(),
            ty: program.print(&value.ty).to_string(),
        }),
        _ => None,
    };
    (rule.head.relation, variables(&rule.head.record).iter().filter_map(column).collect())
}

fn variables(record: &Expr) -> Vec<&Expr> {
    match &record.kind {
        ExprKind::Tuple(values) => values.iter().collect(),
        _ => vec![record],
    }
}
