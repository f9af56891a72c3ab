//! What the value of an expression tells about the variables in it.

use super::super::record::is_identity;
use super::super::walk::{Locals, free};
use crate::ir::{Arg, BinaryOp, Expr, ExprKind, FunctionBody, FunctionId, Program, Type, TypeId, UnaryOp};

/// How far calls are looked into.
const DEPTH: u32 = 4;

/// Adds the variables whose values follow from an expression's value, given those that are known.
pub(super) fn told_by(program: &Program, expr: &Expr, known: &mut Locals) {
    told(program, expr, known, DEPTH);
}

fn told(program: &Program, expr: &Expr, known: &mut Locals, depth: u32) {
    match &expr.kind {
        ExprKind::Local(local) => {
            known.insert(*local);
        }
        ExprKind::Construct(_, parts) | ExprKind::Tuple(parts) | ExprKind::VecLiteral(parts) => {
            parts.iter().for_each(|part| told(program, part, known, depth));
        }
        ExprKind::Block(parts) => {
            if let [value] = parts.as_slice() {
                told(program, value, known, depth);
            }
        }
        ExprKind::Cast(of) if keeps_all(program, of.ty, expr.ty) => told(program, of, known, depth),
        ExprKind::Unary(UnaryOp::Not | UnaryOp::BitNot | UnaryOp::Neg, of) if is_exact(program, of.ty) => {
            told(program, of, known, depth);
        }
        ExprKind::Binary(operator, left, right) => match operator {
            // Of fixed widths: both can be cut out again.
            BinaryOp::Concat => {
                told(program, left, known, depth);
                told(program, right, known, depth);
            }
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::BitXor if is_exact(program, expr.ty) => {
                match (is_known(left, known), is_known(right, known)) {
                    (true, false) => told(program, right, known, depth),
                    (false, true) => told(program, left, known, depth),
                    _ => {}
                }
            }
            _ => {}
        },
        // What stands before and behind it can be cut off.
        ExprKind::Concat(parts) => {
            let mut open = parts.iter().filter(|part| !is_known(part, known));
            if let (Some(part), None) = (open.next(), open.next()) {
                told(program, part, known, depth);
            }
        }
        ExprKind::Call(function, args) => told_by_call(program, *function, args, known, depth),
        _ => {}
    }
}

fn told_by_call(program: &Program, function: FunctionId, args: &[Arg], known: &mut Locals, depth: u32) {
    let values: Option<Vec<&Expr>> = args
        .iter()
        .map(|arg| match arg {
            Arg::Value(value) => Some(value),
            Arg::Mut(_) => None,
        })
        .collect();
    let Some(values) = values else { return };
    if is_identity(program, function) {
        values.iter().for_each(|value| told(program, value, known, depth));
        return;
    }
    let called = &program.functions[function.0 as usize];
    let (FunctionBody::Code { body, .. }, Some(depth)) = (&called.body, depth.checked_sub(1)) else { return };
    let param = |index: usize| crate::ir::LocalId(index as u32);
    let mut inside: Locals = values
        .iter()
        .enumerate()
        .filter(|(_, value)| is_known(value, known))
        .map(|(at, _)| param(at))
        .collect();
    told(program, body, &mut inside, depth);
    for (at, value) in values.into_iter().enumerate() {
        if inside.contains(&param(at)) {
            told(program, value, known, depth);
        }
    }
}

fn is_known(expr: &Expr, known: &Locals) -> bool {
    let mut needed = Locals::new();
    free(expr, &mut needed);
    needed.is_subset(known)
}

/// Whether arithmetic on the type can be taken back.
fn is_exact(program: &Program, ty: TypeId) -> bool {
    matches!(program.types.ty(ty), Type::Bool | Type::Bit(_) | Type::Signed(_) | Type::BigInt)
}

/// Whether a conversion gives different numbers for different numbers.
fn keeps_all(program: &Program, from: TypeId, to: TypeId) -> bool {
    let width = |ty: TypeId| match program.types.ty(ty) {
        Type::Bit(width) | Type::Signed(width) => Some(*width),
        _ => None,
    };
    match (width(from), width(to)) {
        (Some(from), Some(to)) => from <= to,
        (Some(_), None) => *program.types.ty(to) == Type::BigInt,
        _ => from == to,
    }
}
