//! Types.

use super::Printer;
use crate::syntax::ast::{ParamType, TypeExpr, TypeKind};

impl Printer {
    pub(super) fn type_expr(&mut self, ty: &TypeExpr) {
        match &ty.kind {
            TypeKind::Bool => self.push("bool"),
            TypeKind::String => self.push("string"),
            TypeKind::BigInt => self.push("bigint"),
            TypeKind::Double => self.push("double"),
            TypeKind::Float => self.push("float"),
            TypeKind::Bit(width) => self.push(&format!("bit<{width}>")),
            TypeKind::Signed(width) => self.push(&format!("signed<{width}>")),
            TypeKind::Tuple(elements) => {
                self.push("(");
                self.commas(elements, Self::type_expr);
                self.push(")");
            }
            TypeKind::Named(path, arguments) => {
                self.push(&path.to_string());
                if !arguments.is_empty() {
                    self.push("<");
                    self.commas(arguments, Self::type_expr);
                    self.push(">");
                }
            }
            TypeKind::Var(name) => {
                self.push("'");
                self.push(&name.name);
            }
            TypeKind::Function(params, ret) => {
                self.push("function(");
                self.commas(params, |p, ParamType { mutable, ty }| p.maybe_mutable(*mutable, ty));
                self.push("): ");
                self.type_expr(ret);
            }
            TypeKind::Relation(element) => {
                self.push("relation[");
                self.type_expr(element);
                self.push("]");
            }
            TypeKind::Error => self.push("_"),
        }
    }

    pub(super) fn maybe_mutable(&mut self, mutable: bool, ty: &TypeExpr) {
        if mutable {
            self.push("mut ");
        }
        self.type_expr(ty);
    }
}
