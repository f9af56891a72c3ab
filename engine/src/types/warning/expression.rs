//! Expressions that do nothing, or always the same.

use std::collections::HashMap;

use num_bigint::BigInt;

use super::{Checked, Warning};
use crate::source::SourceMap;
use crate::syntax::ast::BinaryOp;
use crate::types::defs::{Defs, FunctionDefId};
use crate::types::hir::{Body, HExpr, HExprKind};
use crate::types::ty::Ty;

pub(super) fn find(program: &Checked<'_, '_>, sources: &SourceMap, out: &mut Vec<Warning>) {
    let mut finder = Finder { defs: program.defs, sources, effects: HashMap::new(), found: Vec::new() };
    for id in program.functions() {
        if let Some(checked) = &program.defs.function(id).body {
            finder.expression(&checked.body, &checked.value);
        }
    }
    for rule in program.own_rules() {
        rule.expressions(&mut |value| finder.expression(&rule.body, value));
    }
    for warning in finder.found {
        if !out.contains(&warning) {
            out.push(warning);
        }
    }
}

struct Finder<'p, 'a> {
    defs: &'p Defs<'a>,
    sources: &'p SourceMap,
    /// Whether calls of a function can be seen from outside, besides by their result.
    effects: HashMap<FunctionDefId, bool>,
    found: Vec<Warning>,
}

impl Finder<'_, '_> {
    fn expression(&mut self, body: &Body, value: &HExpr) {
        value.walk(&mut |expr| match &expr.kind {
            HExprKind::Block(statements) => {
                if let Some((_, dropped)) = statements.split_last() {
                    dropped.iter().for_each(|statement| self.statement(body, statement));
                }
            }
            HExprKind::Binary(op, left, right) => {
                self.binary(*op, left, right, expr);
                self.loose(left, right);
            }
            HExprKind::Concat(parts) => {
                if let [first, second, ..] = parts.as_slice() {
                    self.loose(first, second);
                }
            }
            _ => {}
        });
    }

    fn statement(&mut self, body: &Body, statement: &HExpr) {
        match &statement.kind {
            HExprKind::Call(id, _) => {
                let Some(function) = body.uses[id.0 as usize].function else { return };
                let definition = self.defs.function(function);
                let changes = definition.params.iter().any(|p| p.mutable);
                if !changes && definition.ret != Ty::unit() && !self.has_effect(function) {
                    let name = definition.ast.name.name.to_string();
                    self.found.push(Warning::ResultDropped { function: name, span: statement.span });
                }
            }
            HExprKind::Tuple(none) if none.is_empty() => {}
            _ if only_computes(statement) => {
                let comparison = matches!(&statement.kind, HExprKind::Binary(BinaryOp::Eq, ..));
                self.found.push(Warning::NoEffect { span: statement.span, comparison });
            }
            _ => {}
        }
    }

    fn has_effect(&mut self, function: FunctionDefId) -> bool {
        if let Some(known) = self.effects.get(&function) {
            return *known;
        }
        // A function that calls itself has the effects of the rest of it.
        self.effects.insert(function, false);
        let definition = self.defs.function(function);
        let effect = definition.side_effects
            || match &definition.body {
                // What code outside of the language does is not known, but for the library's.
                None => definition.module_is_authors(self.defs),
                Some(checked) => {
                    let mut calls_value = false;
                    checked.value.walk(&mut |e| calls_value |= matches!(e.kind, HExprKind::CallValue(..)));
                    let callees: Vec<_> = checked.body.uses.iter().filter_map(|u| u.function).collect();
                    calls_value || callees.into_iter().any(|callee| self.has_effect(callee))
                }
            };
        self.effects.insert(function, effect);
        effect
    }

    /// An `if` or `match` without parentheses that is the left side of an operator: its last branch looks as if it were.
    fn loose(&mut self, left: &HExpr, right: &HExpr) {
        let (word, branch) = match &left.kind {
            HExprKind::If(_, _, Some(otherwise)) => ("if", otherwise.span),
            HExprKind::ToString(inner, _) => return self.loose(inner, right),
            _ => return,
        };
        let text = self.sources.text(left.span);
        // Braces end a branch for the eye, too.
        if text.starts_with(word) && !text.ends_with('}') {
            self.found.push(Warning::LooseIf { span: left.span.to(right.span), branch, word });
        }
    }

    fn binary(&mut self, op: BinaryOp, left: &HExpr, right: &HExpr, whole: &HExpr) {
        if matches!(op, BinaryOp::Div | BinaryOp::Mod) && is_int(right, &BigInt::ZERO) {
            self.found.push(Warning::DivisionByZero { span: right.span });
        }
        let answer = match (&left.kind, &right.kind) {
            (HExprKind::Local(a), HExprKind::Local(b))
                if a == b && !matches!(left.ty, Ty::Double | Ty::Float) =>
            {
                let why = "both sides are the same variable";
                match op {
                    BinaryOp::Eq | BinaryOp::Le | BinaryOp::Ge => Some((true, why)),
                    BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Gt => Some((false, why)),
                    _ => None,
                }
            }
            (_, HExprKind::Int(value)) => limit(op, value, &left.ty),
            (HExprKind::Int(value), _) => turned(op).and_then(|op| limit(op, value, &right.ty)),
            _ => None,
        };
        if let Some((always, why)) = answer {
            self.found.push(Warning::Constant { always, span: whole.span, why });
        }
    }
}

impl crate::types::defs::FunctionDef<'_> {
    /// Whether the function is not one of the built-in library.
    fn module_is_authors(&self, defs: &Defs<'_>) -> bool {
        let path = defs.module(self.module).path.join("::");
        !crate::stdlib::BUILTIN_MODULES.iter().any(|(name, _)| *name == path)
    }
}

/// Whether evaluating the expression gives a value and does nothing else.
fn only_computes(expr: &HExpr) -> bool {
    let here = matches!(
        expr.kind,
        HExprKind::Bool(_)
            | HExprKind::Int(_)
            | HExprKind::Float(_)
            | HExprKind::String(_)
            | HExprKind::Local(_)
            | HExprKind::Function(_)
            | HExprKind::Construct(..)
            | HExprKind::Tuple(_)
            | HExprKind::VecLiteral(_)
            | HExprKind::MapLiteral(_)
            | HExprKind::Field(..)
            | HExprKind::TupleField(..)
            | HExprKind::Slice(..)
            | HExprKind::Cast(_)
            | HExprKind::Unary(..)
            | HExprKind::Binary(..)
            | HExprKind::Concat(_)
            | HExprKind::ToString(..)
    );
    let mut all = here;
    expr.inside(&mut |inner| all &= only_computes(inner));
    // What a closure does, it does when it is called.
    all || matches!(expr.kind, HExprKind::Closure { .. })
}

/// What a comparison of any value of a type with a limit of the type gives.
fn limit(op: BinaryOp, value: &BigInt, ty: &Ty) -> Option<(bool, &'static str)> {
    let one = BigInt::from(1);
    let (low, high) = match ty {
        Ty::Bit(width) => (BigInt::ZERO, (one << *width) - 1),
        Ty::Signed(width) => (-(one.clone() << (*width - 1)), (one << (*width - 1)) - 1),
        _ => return None,
    };
    let lowest = "no value of this type is smaller";
    let highest = "no value of this type is larger";
    match op {
        BinaryOp::Ge if *value == low => Some((true, lowest)),
        BinaryOp::Lt if *value == low => Some((false, lowest)),
        BinaryOp::Le if *value == high => Some((true, highest)),
        BinaryOp::Gt if *value == high => Some((false, highest)),
        _ => None,
    }
}

/// The comparison with its sides swapped.
fn turned(op: BinaryOp) -> Option<BinaryOp> {
    match op {
        BinaryOp::Lt => Some(BinaryOp::Gt),
        BinaryOp::Gt => Some(BinaryOp::Lt),
        BinaryOp::Le => Some(BinaryOp::Ge),
        BinaryOp::Ge => Some(BinaryOp::Le),
        _ => None,
    }
}

fn is_int(expr: &HExpr, value: &BigInt) -> bool {
    matches!(&expr.kind, HExprKind::Int(found) if found == value)
}
