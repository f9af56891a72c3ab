//! Making relations visible that a program does not put out.

use std::sync::Arc;

use weir_engine::Draft;
use weir_engine::ir::{
    Clause, ClauseKind, Expr, ExprKind, Head, Local, LocalId, Pattern, PatternKind, Program, Relation,
    RelationId, RelationRole, Rule,
};

/// What is shown beside what a program puts out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outputs {
    /// Internal relations, as if they were declared output.
    pub internal: bool,
    /// Input relations, as output relations with this before their names.
    pub inputs: Option<String>,
}

impl Outputs {
    /// The program to run for a draft.
    pub(crate) fn of(&self, draft: &Draft) -> Arc<Program> {
        let mut program = draft.program();
        if self.internal {
            show_internal(Arc::make_mut(&mut program));
        }
        if let Some(prefix) = &self.inputs {
            mirror_inputs(Arc::make_mut(&mut program), prefix);
        }
        program
    }
}

/// Makes every internal relation an output.
fn show_internal(program: &mut Program) {
    for relation in &mut program.relations {
        if relation.role == RelationRole::Internal {
            relation.role = RelationRole::Output;
        }
    }
}

/// Adds an output relation of the same contents for every input relation, its name behind `prefix`.
fn mirror_inputs(program: &mut Program, prefix: &str) {
    let inputs: Vec<(RelationId, Relation)> = (0u32..)
        .map(RelationId)
        .zip(program.relations.iter().cloned())
        .filter(|(_, relation)| relation.role == RelationRole::Input)
        .collect();
    for (input, relation) in inputs {
        let (ty, span) = (relation.record, relation.span);
        let mirror = RelationId(program.relations.len() as u32);
        program.relations.push(Relation {
            name: format!("{prefix}{}", relation.name).into(),
            role: RelationRole::Output,
            primary_key: None,
            ..relation
        });
        let record = LocalId(0);
        let pattern = Pattern { kind: PatternKind::Bind(record), ty, span };
        program.rules.push(Rule {
            head: Head { relation: mirror, record: Expr { kind: ExprKind::Local(record), ty, span }, span },
            body: vec![Clause {
                kind: ClauseKind::Atom { relation: input, pattern, delay: 0, differential: false },
                span,
            }],
            locals: vec![Local { name: "record".into(), ty }],
            span,
        });
    }
}
