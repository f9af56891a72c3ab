//! What of an item needs no checking: where its type variables stand and how far its variables can be seen.

use crate::source::Span;
use crate::syntax::ast::{
    Atom, AtomArgs, Attribute, Clause, ClauseKind, ConstructArgs, Expr, ExprKind, FieldDecl, ForRule, Ident,
    Item, ItemKind, Param, RelationBody, Statement, StatementKind, StringPart, TypeExpr, TypeKind,
    TypedefBody,
};

/// What was found in one item.
#[derive(Debug, Default)]
pub(super) struct Found<'a> {
    /// `'A` wherever it stands, without the quote, in the order of the text.
    pub(super) type_variables: Vec<&'a Ident>,
    /// Parts of the item outside which variables declared inside are not seen.
    pub(super) scopes: Vec<Span>,
}

/// Looks at an item.
pub(super) fn walk(item: &Item) -> Found<'_> {
    let mut found = Found::default();
    found.item(item);
    found
}

impl<'a> Found<'a> {
    /// The innermost scope around a place.
    pub(super) fn scope_of(&self, place: Span) -> Option<Span> {
        let around = self.scopes.iter().filter(|s| s.contains(place));
        around.min_by_key(|s| s.end - s.start).copied()
    }

    fn item(&mut self, item: &'a Item) {
        self.attributes(&item.attributes);
        match &item.kind {
            ItemKind::Typedef(typedef) => {
                self.type_variables.extend(&typedef.params);
                match &typedef.body {
                    TypedefBody::Alias(ty) => self.ty(ty),
                    TypedefBody::Union(constructors) => {
                        constructors.iter().for_each(|c| self.fields(&c.fields));
                    }
                    TypedefBody::Extern => {}
                }
            }
            ItemKind::Function(function) => {
                self.params(&function.params);
                function.ret.iter().for_each(|t| self.ty(t));
                function.body.iter().for_each(|b| self.expr(b));
            }
            ItemKind::Relation(relation) => {
                match &relation.body {
                    RelationBody::Fields(fields) => self.fields(fields),
                    RelationBody::Type(ty) => self.ty(ty),
                }
                relation.primary_key.iter().for_each(|(_, key)| self.expr(key));
            }
            ItemKind::Index(index) => {
                self.fields(&index.fields);
                self.atom(&index.atom);
            }
            ItemKind::Rule(rule) => {
                rule.heads.iter().for_each(|h| {
                    self.atom(&h.atom);
                    h.location.iter().for_each(|l| self.expr(l));
                });
                rule.body.iter().for_each(|c| self.clause(c));
            }
            ItemKind::For(statement) => self.for_rule(statement),
            ItemKind::Apply(_) => {}
            ItemKind::Transformer(transformer) => {
                self.fields(&transformer.inputs);
                self.fields(&transformer.outputs);
            }
        }
    }

    fn attributes(&mut self, attributes: &'a [Attribute]) {
        attributes.iter().filter_map(|a| a.value.as_ref()).for_each(|v| self.expr(v));
    }

    fn fields(&mut self, fields: &'a [FieldDecl]) {
        fields.iter().for_each(|f| self.ty(&f.ty));
    }

    fn params(&mut self, params: &'a [Param]) {
        params.iter().filter_map(|p| p.ty.as_ref()).for_each(|t| self.ty(t));
    }

    fn ty(&mut self, ty: &'a TypeExpr) {
        match &ty.kind {
            TypeKind::Var(name) => self.type_variables.push(name),
            TypeKind::Tuple(inner) | TypeKind::Named(_, inner) => inner.iter().for_each(|t| self.ty(t)),
            TypeKind::Function(params, ret) => {
                params.iter().for_each(|p| self.ty(&p.ty));
                self.ty(ret);
            }
            TypeKind::Relation(inner) => self.ty(inner),
            TypeKind::Bool
            | TypeKind::String
            | TypeKind::BigInt
            | TypeKind::Double
            | TypeKind::Float
            | TypeKind::Bit(_)
            | TypeKind::Signed(_)
            | TypeKind::Error => {}
        }
    }

    fn atom(&mut self, atom: &'a Atom) {
        match &atom.args {
            AtomArgs::Positional(args) => self.all(args),
            AtomArgs::Named(args) => args.iter().for_each(|(_, a)| self.expr(a)),
            AtomArgs::Whole(arg) => self.expr(arg),
        }
    }

    fn clause(&mut self, clause: &'a Clause) {
        match &clause.kind {
            ClauseKind::Atom(atom) | ClauseKind::Not(atom) => self.atom(atom),
            ClauseKind::Expr(expr) | ClauseKind::Inspect(expr) => self.expr(expr),
            ClauseKind::FlatMap(pattern, value) => {
                self.expr(pattern);
                self.expr(value);
            }
            ClauseKind::Aggregate(pattern, keys, value) => {
                self.expr(pattern);
                self.all(keys);
                self.expr(value);
            }
        }
    }

    fn for_rule(&mut self, rule: &'a ForRule) {
        self.atom(&rule.atom);
        rule.condition.iter().for_each(|c| self.expr(c));
        self.statement(&rule.body);
    }

    fn statement(&mut self, statement: &'a Statement) {
        match &statement.kind {
            StatementKind::For(inner) => {
                self.scopes.push(statement.span);
                self.for_rule(inner);
            }
            StatementKind::If(condition, then, otherwise) => {
                self.expr(condition);
                self.statement(then);
                otherwise.iter().for_each(|o| self.statement(o));
            }
            StatementKind::Match(value, arms) => {
                self.expr(value);
                for (pattern, body) in arms {
                    self.scopes.push(pattern.span.to(body.span));
                    self.expr(pattern);
                    self.statement(body);
                }
            }
            StatementKind::Let(assignment, body) => {
                self.scopes.push(statement.span);
                self.expr(assignment);
                self.statement(body);
            }
            StatementKind::Emit(atom) => self.atom(atom),
            StatementKind::Block(statements) => statements.iter().for_each(|s| self.statement(s)),
            StatementKind::Skip => {}
        }
    }

    fn all(&mut self, exprs: &'a [Expr]) {
        exprs.iter().for_each(|e| self.expr(e));
    }

    fn expr(&mut self, expr: &'a Expr) {
        match &expr.kind {
            ExprKind::String { parts, .. } => {
                for part in parts {
                    if let StringPart::Interpolated(inner) = part {
                        self.expr(inner);
                    }
                }
            }
            ExprKind::Construct(_, args) => match args {
                ConstructArgs::None => {}
                ConstructArgs::Positional(args) => self.all(args),
                ConstructArgs::Named(args) => args.iter().for_each(|(_, a)| self.expr(a)),
            },
            ExprKind::Tuple(inner) | ExprKind::VecLiteral(inner) => self.all(inner),
            ExprKind::MapLiteral(pairs) => pairs.iter().for_each(|(k, v)| {
                self.expr(k);
                self.expr(v);
            }),
            ExprKind::Call(callee, args) => {
                self.expr(callee);
                self.all(args);
            }
            ExprKind::Method(receiver, _, args) => {
                self.expr(receiver);
                self.all(args);
            }
            ExprKind::Field(inner, _)
            | ExprKind::TupleField(inner, _)
            | ExprKind::Slice(inner, _, _)
            | ExprKind::Try(inner)
            | ExprKind::Unary(_, inner)
            | ExprKind::Ref(inner)
            | ExprKind::At(_, inner) => self.expr(inner),
            ExprKind::Ascribe(inner, ty) | ExprKind::Cast(inner, ty) => {
                self.expr(inner);
                self.ty(ty);
            }
            ExprKind::Binary(_, left, right) | ExprKind::Assign(left, right) => {
                self.expr(left);
                self.expr(right);
            }
            ExprKind::Block(statements, last) => {
                self.scopes.push(expr.span);
                self.all(statements);
                last.iter().for_each(|l| self.expr(l));
            }
            ExprKind::If(condition, then, otherwise) => {
                self.expr(condition);
                self.expr(then);
                otherwise.iter().for_each(|o| self.expr(o));
            }
            ExprKind::Match(value, arms) => {
                self.expr(value);
                for (pattern, body) in arms {
                    self.scopes.push(pattern.span.to(body.span));
                    self.expr(pattern);
                    self.expr(body);
                }
            }
            ExprKind::For(pattern, collection, body) => {
                self.expr(collection);
                self.scopes.push(expr.span);
                self.expr(pattern);
                self.expr(body);
            }
            ExprKind::Return(value) => value.iter().for_each(|v| self.expr(v)),
            ExprKind::Closure(params, ret, body) => {
                self.scopes.push(expr.span);
                self.params(params);
                ret.iter().for_each(|t| self.ty(t));
                self.expr(body);
            }
            ExprKind::Bool(_)
            | ExprKind::Int(..)
            | ExprKind::Float(..)
            | ExprKind::Name(_)
            | ExprKind::Wildcard
            | ExprKind::Var(_)
            | ExprKind::Break
            | ExprKind::Continue
            | ExprKind::Error => {}
        }
    }
}
