//! `apply` of the library's graph transformers: each becomes relations and rules.
//!
//! Labels of connected components flow along the edges: one row per node and neighbour. Strongly connected components
//! come from reachability, so one of n nodes costs n^2 rows; that is fine for topologies, not for large meshes.

use std::collections::HashMap;
use std::sync::Arc;

use super::defs::{Defs, ModuleId, RelationDefId};
use super::error::{Error, NameKind};
use super::scope::shown;
use crate::source::Span;
use crate::syntax::ast::{
    Apply, Atom, AtomArgs, BinaryOp, Clause, ClauseKind, Expr, ExprKind, Head, Ident, Item, ItemKind, Module,
    Path, Relation, RelationBody, RelationRole, RelationSemantics, Rule, TypeExpr,
};

/// The modules with every `apply` replaced by what it stands for; `None` if there is none.
pub(super) fn expand(modules: &[Module], defs: &Defs<'_>, errors: &mut Vec<Error>) -> Option<Vec<Module>> {
    let applies = modules.iter().flat_map(|m| &m.items).any(|i| matches!(i.kind, ItemKind::Apply(_)));
    if !applies {
        return None;
    }
    only_filler(modules, defs, errors);
    let mut n_applied = 0;
    let expanded = modules.iter().enumerate().map(|(index, module)| {
        let mut items = Vec::with_capacity(module.items.len());
        for item in &module.items {
            match &item.kind {
                ItemKind::Apply(apply) => {
                    n_applied += 1;
                    let id = ModuleId(index as u32);
                    match expand_one(apply, item.span, id, n_applied, defs) {
                        Ok(new) => items.extend(new),
                        Err(error) => errors.push(error),
                    }
                }
                _ => items.push(item.clone()),
            }
        }
        Module { items, ..module.clone() }
    });
    Some(expanded.collect())
}

/// What a transformer gives, neither a rule nor another transformer adds to.
fn only_filler(modules: &[Module], defs: &Defs<'_>, errors: &mut Vec<Error>) {
    let items = || {
        modules
            .iter()
            .enumerate()
            .flat_map(|(index, m)| m.items.iter().map(move |i| (ModuleId(index as u32), i)))
    };
    let mut outputs: HashMap<RelationDefId, Span> = HashMap::new();
    for (module, item) in items() {
        let ItemKind::Apply(apply) = &item.kind else { continue };
        for output in &apply.outputs {
            let Ok(relation) = defs.find_relation(module, output) else { continue };
            let name = shown(output);
            match outputs.get(&relation) {
                Some(apply) => {
                    errors.push(Error::TransformerFills { name, span: output.span, apply: *apply })
                }
                None => drop(outputs.insert(relation, item.span)),
            }
        }
    }
    for (module, item) in items() {
        let ItemKind::Rule(rule) = &item.kind else { continue };
        for head in &rule.heads {
            let path = &head.atom.relation;
            let Ok(relation) = defs.find_relation(module, path) else { continue };
            if let Some(apply) = outputs.get(&relation) {
                errors.push(Error::TransformerFills { name: shown(path), span: path.span, apply: *apply });
            }
        }
    }
}

fn expand_one(
    apply: &Apply,
    span: Span,
    module: ModuleId,
    number: u32,
    defs: &Defs<'_>,
) -> Result<Vec<Item>, Error> {
    let transformer = defs.find_transformer(module, &apply.transformer)?;
    let ([edges, from, to], [output]) = (apply.inputs.as_slice(), apply.outputs.as_slice()) else {
        return Err(Error::TransformerArguments { span });
    };
    defs.find_relation(module, edges)?;
    let labels = defs.find_relation(module, output)?;
    let pair = pair_type(defs, module, labels, output)?;
    for function in [from, to] {
        for found in defs.find_functions(module, function)? {
            defs.note_path(function, defs.function(found).ast.name.span);
        }
    }
    let at = At { span };
    let new = |what: &str| at.ident(&format!("__{what}{number}"));
    let (pairs, reached) = (new("Edges"), new("Reached"));
    let relation = |name: &Ident| at.relation(name, pair);
    let edge = || {
        let binder = Some(at.ident("e"));
        at.clause(ClauseKind::Atom(Atom { binder, ..at.atom(edges, at.expr(ExprKind::Wildcard)) }))
    };
    let end = |function: &Path| at.call(function.clone(), vec![at.name("e")]);
    let pair_rule = at.rule(&at.path(&pairs), at.pair(end(from), end(to)), vec![edge()]);
    let label_rule = |body: Vec<Clause>| at.label_rule(output, body);
    let atom = |name: &Ident, a: &str, b: &str| {
        at.clause(ClauseKind::Atom(at.atom(&at.path(name), at.pair(at.name(a), at.name(b)))))
    };
    let reach = |a: &str, b: &str, body: Vec<Clause>| {
        at.rule(&at.path(&reached), at.pair(at.name(a), at.name(b)), body)
    };
    match &*transformer {
        // Labels flow along the edges, and of those that meet at a node the smallest goes on.
        "graph::ConnectedComponents" | "graph::ConnectedComponents64" => {
            let labelled = at.atom(output, at.pair(at.name("y"), at.name("l")));
            let target = at.atom(&at.path(&pairs), at.pair(at.expr(ExprKind::Wildcard), at.name("y")));
            Ok(vec![
                relation(&pairs),
                relation(&reached),
                pair_rule,
                reach("y", "y", vec![at.clause(ClauseKind::Atom(target))]),
                reach("z", "l", vec![at.clause(ClauseKind::Atom(labelled)), atom(&pairs, "y", "z")]),
                label_rule(vec![atom(&reached, "n", "m")]),
            ])
        }
        // Nodes on a cycle with each other are those that reach each other.
        "graph::SCC" => Ok(vec![
            relation(&pairs),
            relation(&reached),
            pair_rule,
            reach("x", "y", vec![atom(&pairs, "x", "y")]),
            reach("x", "z", vec![atom(&reached, "x", "y"), atom(&pairs, "y", "z")]),
            label_rule(vec![atom(&reached, "n", "m"), atom(&reached, "m", "n")]),
        ]),
        // Two edges between two nodes, whatever their directions.
        "graph::UnsafeBidirectionalEdges" => {
            let std = |name: &str| Path { segments: vec![at.ident("ddlog_std"), at.ident(name)], span };
            let ends = |name: &str| at.call(std(name), vec![end(from), end(to)]);
            let grouped = at.method(at.name("e"), "group_by", vec![at.pair(at.name("lo"), at.name("hi"))]);
            let both = vec![
                edge(),
                at.declare("lo", ends("min")),
                at.declare("hi", ends("max")),
                at.declare("edges", at.call(std("group_count_distinct"), vec![grouped])),
                at.clause(ClauseKind::Expr(at.binary(
                    BinaryOp::Gt,
                    at.name("edges"),
                    at.expr(ExprKind::Int(1.into(), crate::syntax::ast::Width::Inferred)),
                ))),
            ];
            Ok(vec![
                relation(&pairs),
                at.rule(&at.path(&pairs), at.pair(at.name("lo"), at.name("hi")), both),
                at.rule(output, at.pair(at.name("a"), at.name("b")), vec![atom(&pairs, "a", "b")]),
                at.rule(output, at.pair(at.name("b"), at.name("a")), vec![atom(&pairs, "a", "b")]),
            ])
        }
        _ => Err(Error::UnknownTransformer { name: transformer.to_string(), span: apply.transformer.span }),
    }
}

/// The written type of the output's records, which are pairs of nodes.
fn pair_type<'a>(
    defs: &Defs<'a>,
    module: ModuleId,
    output: RelationDefId,
    path: &Path,
) -> Result<&'a TypeExpr, Error> {
    let relation = defs.relation(output);
    let is_pair = matches!(&relation.record, super::ty::Ty::Tuple(elements) if elements.len() == 2);
    if relation.ast.role == RelationRole::Input {
        let name = relation.name.to_string();
        return Err(Error::InputHead { name, span: path.span, declared: relation.span });
    }
    match &relation.ast.body {
        RelationBody::Type(ty) if is_pair && relation.module == module => Ok(ty),
        RelationBody::Type(_) | RelationBody::Fields(_) => {
            Err(Error::TransformerOutput { span: path.span, declared: relation.span })
        }
    }
}

impl Defs<'_> {
    /// The full name of a transformer.
    fn find_transformer(&self, from: ModuleId, path: &Path) -> Result<Arc<str>, Error> {
        let Some((name, prefix)) = path.segments.split_last() else {
            return Err(Error::TransformerArguments { span: path.span });
        };
        let module = self.module(from);
        let seen = module.imports.iter().filter(|(alias, _)| {
            alias.len() == prefix.len() && alias.iter().zip(prefix).all(|(a, p)| *a == p.name)
        });
        let own = prefix.is_empty().then_some(from);
        for id in own.into_iter().chain(seen.map(|(_, id)| *id)) {
            let module = self.module(id);
            if let Some(declared) = module.transformers.get(&name.name) {
                self.note_path(path, *declared);
                self.note_prefix(prefix, id);
                self.used_modules.borrow_mut().insert((from, id));
                let mut full: Vec<&str> = module.path.iter().map(|s| &**s).collect();
                full.push(&name.name);
                return Ok(full.join("::").into());
            }
        }
        Err(Error::UnknownName {
            kind: NameKind::Transformer,
            name: shown(path),
            span: path.span,
            suggestion: None,
            elsewhere: None,
        })
    }
}

/// Builds trees that all stand at one place.
#[derive(Clone, Copy)]
struct At {
    span: Span,
}

impl At {
    fn ident(self, name: &str) -> Ident {
        Ident { name: Arc::from(name), span: self.span }
    }

    fn path(self, name: &Ident) -> Path {
        Path { segments: vec![name.clone()], span: self.span }
    }

    fn expr(self, kind: ExprKind) -> Expr {
        Expr { kind, span: self.span }
    }

    fn name(self, name: &str) -> Expr {
        self.expr(ExprKind::Name(self.path(&self.ident(name))))
    }

    fn pair(self, a: Expr, b: Expr) -> Expr {
        self.expr(ExprKind::Tuple(vec![a, b]))
    }

    fn call(self, function: Path, args: Vec<Expr>) -> Expr {
        let callee = self.expr(ExprKind::Name(function));
        self.expr(ExprKind::Call(Box::new(callee), args))
    }

    fn method(self, receiver: Expr, name: &str, args: Vec<Expr>) -> Expr {
        self.expr(ExprKind::Method(Box::new(receiver), self.path(&self.ident(name)), args))
    }

    fn binary(self, op: BinaryOp, a: Expr, b: Expr) -> Expr {
        self.expr(ExprKind::Binary(op, Box::new(a), Box::new(b)))
    }

    fn clause(self, kind: ClauseKind) -> Clause {
        Clause { kind, span: self.span }
    }

    /// `var name = value`
    fn declare(self, name: &str, value: Expr) -> Clause {
        let var = self.expr(ExprKind::Var(self.ident(name)));
        self.clause(ClauseKind::Expr(self.expr(ExprKind::Assign(Box::new(var), Box::new(value)))))
    }

    /// `relation[record]`
    fn atom(self, relation: &Path, record: Expr) -> Atom {
        Atom {
            binder: None,
            by_ref: false,
            relation: relation.clone(),
            delay: 0,
            differential: false,
            args: AtomArgs::Whole(Box::new(record)),
            span: self.span,
        }
    }

    fn rule(self, head: &Path, record: Expr, body: Vec<Clause>) -> Item {
        let head = Head { atom: self.atom(head, record), location: None };
        self.item(ItemKind::Rule(Rule { heads: vec![head], body }))
    }

    /// `output[(n, l)] :- body, var l = group_min(m.group_by(n))`
    fn label_rule(self, output: &Path, mut body: Vec<Clause>) -> Item {
        let group = self.method(self.name("m"), "group_by", vec![self.name("n")]);
        let smallest =
            Path { segments: vec![self.ident("ddlog_std"), self.ident("group_min")], span: self.span };
        body.push(self.declare("l", self.call(smallest, vec![group])));
        self.rule(output, self.pair(self.name("n"), self.name("l")), body)
    }

    fn relation(self, name: &Ident, record: &TypeExpr) -> Item {
        self.item(ItemKind::Relation(Relation {
            role: RelationRole::Internal,
            semantics: RelationSemantics::Relation,
            by_ref: false,
            name: name.clone(),
            body: RelationBody::Type(record.clone()),
            primary_key: None,
        }))
    }

    fn item(self, kind: ItemKind) -> Item {
        Item { attributes: Vec::new(), kind, span: self.span }
    }
}
