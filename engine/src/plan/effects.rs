//! What evaluating an expression can do besides giving a value: be noticed, or fail.

use super::walk::{functions_called, visit};
use crate::ir::{BinaryOp, Expr, ExprKind, Function, FunctionBody, FunctionId, Program, Type, TypeId};

/// For every function of a program, whether somebody notices that it runs, and whether it can fail.
pub(super) struct Effects<'p> {
    program: &'p Program,
    noticed: Vec<bool>,
    /// Never fails, whatever its arguments; memory and depth aside.
    total: Vec<bool>,
}

impl<'p> Effects<'p> {
    /// Looks at all functions, and at those they call.
    pub(super) fn new(program: &'p Program) -> Self {
        let calls: Vec<Vec<FunctionId>> = program
            .functions
            .iter()
            .map(|function| match &function.body {
                FunctionBody::Code { body, .. } => functions_called(body),
                FunctionBody::Extern => Vec::new(),
            })
            .collect();
        let mut effects = Effects {
            program,
            noticed: program.functions.iter().map(|function| function.side_effects).collect(),
            total: program.functions.iter().map(is_total_extern).collect(),
        };
        // What calls itself is not known to end: it is never found to be total.
        loop {
            let mut grown = false;
            for (index, calls) in calls.iter().enumerate() {
                if !effects.noticed[index] && calls.iter().any(|callee| effects.noticed[callee.0 as usize]) {
                    (effects.noticed[index], grown) = (true, true);
                }
                if !effects.total[index]
                    && let FunctionBody::Code { body, .. } = &program.functions[index].body
                    && effects.total(body)
                {
                    (effects.total[index], grown) = (true, true);
                }
            }
            if !grown {
                return effects;
            }
        }
    }

    /// Whether somebody notices that an expression is evaluated.
    pub(super) fn noticed(&self, expr: &Expr) -> bool {
        functions_called(expr).iter().any(|callee| self.noticed[callee.0 as usize])
    }

    /// Whether an expression may be evaluated for rows for which the author's order would not: nobody notices, and it
    /// does not fail.
    pub(super) fn is_free(&self, expr: &Expr) -> bool {
        self.total(expr) && !self.noticed(expr)
    }

    fn total(&self, expr: &Expr) -> bool {
        let mut total = true;
        visit(expr, &mut |expr| total &= self.step_is_total(expr));
        total
    }

    fn step_is_total(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Call(function, _) => self.total[function.0 as usize],
            ExprKind::CallValue(..) => false,
            // Handed to a function that is total whatever it calls: there is none such, but it costs nothing to be sure.
            ExprKind::Closure(lambda) => self.total(&lambda.body),
            ExprKind::FunctionValue(function) => self.total[function.0 as usize],
            ExprKind::Binary(BinaryOp::Div | BinaryOp::Mod, _, by) => is_not_zero(by),
            ExprKind::Binary(BinaryOp::Shl | BinaryOp::Shr, of, _) | ExprKind::Cast(of) => {
                self.is_fixed(of.ty) && self.is_fixed(expr.ty) || of.ty == expr.ty
            }
            ExprKind::Field(of, choices) => {
                let types = &self.program.types;
                match types.ty(types.strip(of.ty)) {
                    Type::Union(union) => choices.len() == types.union(*union).variants.len(),
                    _ => false,
                }
            }
            _ => true,
        }
    }

    fn is_fixed(&self, ty: TypeId) -> bool {
        matches!(self.program.types.ty(ty), Type::Bool | Type::Bit(_) | Type::Signed(_))
    }
}

fn is_not_zero(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Int(value) if *value != num_bigint::BigInt::ZERO)
}

/// Functions of the library that are known to give a value for all arguments.
fn is_total_extern(function: &Function) -> bool {
    if !matches!(function.body, FunctionBody::Extern) {
        return false;
    }
    let Some((module, name)) = function.name.rsplit_once("::") else { return false };
    match module {
        "internment" => matches!(name, "intern" | "ival"),
        "ddlog_std" => matches!(
            name,
            "ref_new"
                | "deref"
                | "ntohl"
                | "ntohs"
                | "htonl"
                | "htons"
                | "__builtin_2string"
                | "parse_dec_u64"
                | "parse_dec_i64"
                | "string_contains"
                | "string_len"
                | "string_starts_with"
                | "string_ends_with"
                | "string_trim"
                | "string_to_lowercase"
                | "string_to_uppercase"
                | "string_split"
                | "vec_empty"
                | "vec_singleton"
                | "vec_len"
                | "vec_contains"
                | "vec_is_empty"
                | "vec_nth"
                | "vec_to_set"
                | "set_singleton"
                | "set_empty"
                | "set_size"
                | "set_contains"
                | "set_is_empty"
                | "set_nth"
                | "set_to_vec"
                | "set_union"
                | "set_intersection"
                | "set_difference"
                | "map_empty"
                | "map_singleton"
                | "map_size"
                | "map_get"
                | "map_contains_key"
                | "map_is_empty"
                | "map_keys"
                | "map_values"
        ),
        _ => false,
    }
}
