//! From checked, generic trees to the core program at concrete types: each function once per set of type arguments.

mod expr;
mod pattern;
mod question;
mod rule;
mod types;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::defs::{Defs, FunctionDefId, IndexDef, RuleDef, TypeDefId};
use super::error::Error;
use super::hir::{Body, HExpr, HExprKind, LocalId};
use super::ty::Ty;
use crate::ir::{self, FunctionBody, FunctionId, TypeId, TypeTable, UnionId};
use crate::source::SourceMap;

/// More concrete functions or types than this come from a generic definition that asks for ever larger versions of itself.
const MOST_INSTANCES: usize = 50_000;

/// Lowers a program without errors, and a question about it: see [`super::check_question`]. Fails only if its generics never end.
pub(super) fn lower(
    defs: &Defs<'_>,
    rules: &[RuleDef],
    indexes: &[IndexDef],
    question: Option<&RuleDef>,
    sources: &SourceMap,
) -> Result<ir::Program, Vec<Error>> {
    let mut lowerer = Lowerer {
        defs,
        types: TypeTable::default(),
        unions: HashMap::new(),
        instances: HashMap::new(),
        functions: Vec::new(),
        waiting: VecDeque::new(),
        errors: Vec::new(),
    };
    let mut relations = lowerer.relations();
    let indexes = indexes.iter().map(|index| lowerer.index(index)).collect();
    let mut rules: Vec<ir::Rule> = rules.iter().flat_map(|rule| lowerer.rule(rule)).collect();
    if let Some(question) = question {
        rules.push(lowerer.question(question, &mut relations));
    }
    lowerer.all_functions();
    if !lowerer.errors.is_empty() {
        return Err(lowerer.errors);
    }
    let functions = lowerer.functions.into_iter().flatten().collect();
    Ok(ir::Program { sources: sources.clone(), types: lowerer.types, functions, relations, rules, indexes })
}

struct Lowerer<'d, 'a> {
    defs: &'d Defs<'a>,
    types: TypeTable,
    unions: HashMap<(TypeDefId, Vec<TypeId>), UnionId>,
    instances: HashMap<(FunctionDefId, Vec<TypeId>), FunctionId>,
    functions: Vec<Option<ir::Function>>,
    waiting: VecDeque<(FunctionId, FunctionDefId, Vec<TypeId>)>,
    errors: Vec<Error>,
}

/// The variables of one frame of the core program.
struct Frame<'b> {
    body: &'b Body,
    /// What the type parameters stand for.
    args: Vec<TypeId>,
    locals: Vec<ir::Local>,
    /// By number in the checked body.
    numbers: HashMap<LocalId, LocalId>,
}

impl<'b> Frame<'b> {
    fn new(body: &'b Body, args: Vec<TypeId>) -> Self {
        Frame { body, args, locals: Vec::new(), numbers: HashMap::new() }
    }

    /// A variable that is only in the core program.
    fn extra(&mut self, name: &str, ty: TypeId) -> LocalId {
        self.locals.push(ir::Local { name: Arc::from(name), ty });
        LocalId(self.locals.len() as u32 - 1)
    }
}

impl<'d> Lowerer<'d, '_> {
    /// A variable of the frame; new on first mention.
    fn local(&mut self, frame: &mut Frame<'_>, local: LocalId) -> LocalId {
        if let Some(known) = frame.numbers.get(&local) {
            return *known;
        }
        let variable = &frame.body.locals[local.0 as usize];
        let ty = self.ty(&variable.ty, &frame.args);
        let id = frame.extra(&variable.name, ty);
        frame.numbers.insert(local, id);
        id
    }

    /// The function at concrete type arguments.
    fn instance(&mut self, function: FunctionDefId, args: Vec<TypeId>) -> FunctionId {
        let (function, args) = self.forwarded(function, args);
        if let Some(known) = self.instances.get(&(function, args.clone())) {
            return *known;
        }
        let id = FunctionId(self.functions.len() as u32);
        self.functions.push(None);
        self.instances.insert((function, args.clone()), id);
        if self.functions.len() > MOST_INSTANCES {
            self.endless(self.defs.function(function).ast.name.span);
        } else {
            self.waiting.push_back((id, function, args));
        }
        id
    }

    /// Follows functions that do nothing but call another one with their own parameters, as much of the library does.
    fn forwarded(
        &mut self,
        mut function: FunctionDefId,
        mut args: Vec<TypeId>,
    ) -> (FunctionDefId, Vec<TypeId>) {
        // Two that forward to each other would never end: they are called as they are.
        for _ in 0..8 {
            let definition = self.defs.function(function);
            let Some(checked) = &definition.body else { break };
            let HExprKind::Call(target, given) = &only(&checked.value).kind else { break };
            let target = &checked.body.uses[target.0 as usize];
            let Some(callee) = target.function else { break };
            let callee_params = &self.defs.function(callee).params;
            let same = given.len() == definition.params.len()
                && given.iter().enumerate().all(|(i, arg)| {
                    matches!(arg.kind, HExprKind::Local(local) if local.0 as usize == i)
                        && callee_params.get(i).is_some_and(|p| p.mutable == definition.params[i].mutable)
                });
            if !same || definition.side_effects {
                break;
            }
            args = target.args.iter().map(|ty| self.ty(ty, &args)).collect();
            function = callee;
        }
        (function, args)
    }

    fn endless(&mut self, span: crate::source::Span) {
        if self.errors.is_empty() {
            self.errors.push(Error::EndlessGenerics { span });
        }
    }

    fn all_functions(&mut self) {
        while let Some((id, function, args)) = self.waiting.pop_front() {
            if !self.errors.is_empty() {
                return;
            }
            let lowered = self.function(function, args);
            self.functions[id.0 as usize] = Some(lowered);
        }
    }

    fn function(&mut self, id: FunctionDefId, args: Vec<TypeId>) -> ir::Function {
        let defs = self.defs;
        let definition = defs.function(id);
        let params = definition
            .params
            .iter()
            .map(|p| ir::FunctionParam { ty: self.ty(&p.ty, &args), mutable: p.mutable })
            .collect();
        let ret = self.ty(&definition.ret, &args);
        let body = match &definition.body {
            None => FunctionBody::Extern,
            Some(checked) => {
                let mut frame = Frame::new(&checked.body, args);
                for i in 0..definition.params.len() {
                    self.local(&mut frame, LocalId(i as u32));
                }
                let body = self.expr(&mut frame, &checked.value);
                FunctionBody::Code { locals: frame.locals, body }
            }
        };
        ir::Function {
            name: Arc::clone(definition.same_as.as_ref().unwrap_or(&definition.name)),
            params,
            ret,
            body,
            span: definition.span,
            side_effects: definition.side_effects,
        }
    }

    /// The type of a checked node at the frame's type arguments.
    fn ty_of(&mut self, frame: &Frame<'_>, ty: &Ty) -> TypeId {
        self.ty(ty, &frame.args)
    }
}

/// The expression inside blocks of one.
fn only(expr: &HExpr) -> &HExpr {
    match &expr.kind {
        HExprKind::Block(all) if all.len() == 1 => only(&all[0]),
        _ => expr,
    }
}
