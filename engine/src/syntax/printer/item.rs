//! Items.

use super::Printer;
use crate::syntax::ast::{
    Attribute, Constructor, Expr, ExprKind, FieldDecl, Function, Ident, Import, Item, ItemKind, Module,
    Relation, RelationBody, Transformer, Typedef, TypedefBody,
};

impl Printer {
    pub(super) fn module(&mut self, module: &Module) {
        for Import { path, alias, .. } in &module.imports {
            self.push(&format!("import {path}"));
            if let Some(alias) = alias {
                self.push(&format!(" as {alias}"));
            }
            self.push("\n");
        }
        for item in &module.items {
            if !self.text.is_empty() {
                self.push("\n");
            }
            self.item(item);
            self.push("\n");
        }
    }

    fn item(&mut self, item: &Item) {
        self.attributes(&item.attributes, "\n");
        match &item.kind {
            ItemKind::Typedef(typedef) => self.typedef(typedef),
            ItemKind::Function(function) => self.function(function),
            ItemKind::Relation(relation) => self.relation(relation),
            ItemKind::Index(index) => {
                self.push(&format!("index {}(", index.name.name));
                self.commas(&index.fields, Self::field);
                self.push(") on ");
                self.atom(&index.atom);
            }
            ItemKind::Rule(rule) => self.rule(rule),
            ItemKind::For(rule) => self.for_rule(rule),
            ItemKind::Apply(apply) => {
                self.push(&format!("apply {}(", apply.transformer));
                self.commas(&apply.inputs, |p, path| p.push(&path.to_string()));
                self.push(") -> (");
                self.commas(&apply.outputs, |p, path| p.push(&path.to_string()));
                self.push(")");
            }
            ItemKind::Transformer(transformer) => self.transformer(transformer),
        }
    }

    pub(super) fn attributes(&mut self, attributes: &[Attribute], end: &str) {
        for attribute in attributes {
            self.push(&format!("#[{}", attribute.name.name));
            if let Some(value) = &attribute.value {
                self.push(" = ");
                self.expr(value);
            }
            self.push("]");
            self.push(end);
        }
    }

    fn typedef(&mut self, typedef: &Typedef) {
        let external = matches!(typedef.body, TypedefBody::Extern);
        self.push(if external { "extern type " } else { "typedef " });
        self.push(&typedef.name.name);
        self.type_params(&typedef.params);
        match &typedef.body {
            TypedefBody::Extern => {}
            TypedefBody::Alias(ty) => {
                self.push(" = ");
                self.type_expr(ty);
            }
            TypedefBody::Union(constructors) => {
                self.push(" = ");
                for (at, constructor) in constructors.iter().enumerate() {
                    if at > 0 {
                        self.push(" | ");
                    }
                    self.constructor(constructor);
                }
            }
        }
    }

    fn type_params(&mut self, params: &[Ident]) {
        if !params.is_empty() {
            self.push("<");
            self.commas(params, |p, param| p.push(&format!("'{}", param.name)));
            self.push(">");
        }
    }

    fn constructor(&mut self, constructor: &Constructor) {
        self.attributes(&constructor.attributes, " ");
        self.push(&constructor.name.name);
        self.push("{");
        self.commas(&constructor.fields, Self::field);
        self.push("}");
    }

    fn field(&mut self, field: &FieldDecl) {
        self.attributes(&field.attributes, " ");
        self.push(&format!("{}: ", field.name.name));
        self.type_expr(&field.ty);
    }

    fn function(&mut self, function: &Function) {
        self.push(if function.body.is_some() { "function " } else { "extern function " });
        self.push(&format!("{}(", function.name.name));
        self.commas(&function.params, Self::param);
        self.push(")");
        if let Some(ret) = &function.ret {
            self.push(": ");
            self.type_expr(ret);
        }
        if let Some(body) = &function.body {
            self.push(if matches!(body.kind, ExprKind::Block(..)) { " " } else { " = " });
            self.unterminated(body);
        }
    }

    /// An expression that nothing ends but the next item: `x.index` would go on with its name.
    fn unterminated(&mut self, expr: &Expr) {
        let start = self.text.len();
        self.expr(expr);
        if self.text[start..].ends_with(".index") {
            self.text.insert(start, '(');
            self.push(")");
        }
    }

    fn relation(&mut self, relation: &Relation) {
        self.push(&relation.role.declaring(relation.semantics));
        self.push(if relation.by_ref { " &" } else { " " });
        self.push(&relation.name.name);
        match &relation.body {
            RelationBody::Fields(fields) => {
                self.push("(");
                self.commas(fields, Self::field);
                self.push(")");
            }
            RelationBody::Type(ty) => {
                self.push("[");
                self.type_expr(ty);
                self.push("]");
            }
        }
        if let Some((variable, key)) = &relation.primary_key {
            self.push(&format!(" primary key ({}) ", variable.name));
            self.unterminated(key);
        }
    }

    fn transformer(&mut self, transformer: &Transformer) {
        self.push(&format!("extern transformer {}(", transformer.name.name));
        self.commas(&transformer.inputs, Self::field);
        self.push(") -> (");
        self.commas(&transformer.outputs, Self::field);
        self.push(")");
    }
}
