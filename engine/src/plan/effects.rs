//! What evaluating an expression can do besides giving a value.

use super::walk::functions_called;
use crate::ir::{Expr, FunctionBody, FunctionId, Program};

/// For every function of a program, whether somebody notices that it runs.
pub(super) struct Effects {
    noticed: Vec<bool>,
}

impl Effects {
    /// Looks at all functions, and at those they call.
    pub(super) fn new(program: &Program) -> Self {
        let mut noticed: Vec<bool> = program.functions.iter().map(|function| function.side_effects).collect();
        let calls: Vec<Vec<FunctionId>> = program
            .functions
            .iter()
            .map(|function| match &function.body {
                FunctionBody::Code { body, .. } => functions_called(body),
                FunctionBody::Extern => Vec::new(),
            })
            .collect();
        loop {
            let mut grown = false;
            for (index, calls) in calls.iter().enumerate() {
                if !noticed[index] && calls.iter().any(|callee| noticed[callee.0 as usize]) {
                    (noticed[index], grown) = (true, true);
                }
            }
            if !grown {
                return Effects { noticed };
            }
        }
    }

    /// Whether somebody notices that an expression is evaluated.
    pub(super) fn noticed(&self, expr: &Expr) -> bool {
        functions_called(expr).iter().any(|callee| self.noticed[callee.0 as usize])
    }
}
