//! The core program as text, close to how rules are written: for people who ask what became of theirs.

use std::fmt::{self, Display, Formatter};

use super::{
    Arg, ClauseKind, Expr, ExprKind, Function, FunctionBody, FunctionId, Index, Local, LocalId, Pattern,
    PatternKind, Place, PlaceStep, Program, Relation, Rule, Type, TypeId,
};
use crate::syntax::ast::{BinaryOp, UnaryOp};

/// A function, rule, relation or index of a program, to be displayed.
#[derive(Clone, Copy, Debug)]
pub struct Print<'p, T> {
    program: &'p Program,
    item: &'p T,
}

impl Program {
    /// Something of this program, to be displayed.
    pub fn print<'p, T>(&'p self, item: &'p T) -> Print<'p, T> {
        Print { program: self, item }
    }

    pub(crate) fn frame<'p>(&'p self, locals: &'p [Local]) -> Frame<'p> {
        Frame { program: self, locals }
    }
}

impl Display for Program {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for relation in &self.relations {
            writeln!(f, "{}", self.print(relation))?;
        }
        for index in &self.indexes {
            writeln!(f, "{}", self.print(index))?;
        }
        for function in &self.functions {
            writeln!(f, "{}", self.print(function))?;
        }
        for rule in &self.rules {
            writeln!(f, "{}", self.print(rule))?;
        }
        Ok(())
    }
}

impl Display for Print<'_, TypeId> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let all = |types: &[TypeId]| {
            types.iter().map(|t| self.program.print(t).to_string()).collect::<Vec<_>>().join(", ")
        };
        let types = &self.program.types;
        match types.ty(*self.item) {
            Type::Bool => f.write_str("bool"),
            Type::Bit(width) => write!(f, "bit<{width}>"),
            Type::Signed(width) => write!(f, "signed<{width}>"),
            Type::BigInt => f.write_str("bigint"),
            Type::Double => f.write_str("double"),
            Type::Float => f.write_str("float"),
            Type::String => f.write_str("string"),
            Type::Tuple(elements) => write!(f, "({})", all(elements)),
            Type::Union(union) => {
                let union = types.union(*union);
                f.write_str(&union.name)?;
                if union.args.is_empty() { Ok(()) } else { write!(f, "<{}>", all(&union.args)) }
            }
            Type::Vec(item) => write!(f, "Vec<{}>", self.program.print(item)),
            Type::Set(item) => write!(f, "Set<{}>", self.program.print(item)),
            Type::Map(key, value) => write!(f, "Map<{}>", all(&[*key, *value])),
            Type::Group(key, value) => write!(f, "Group<{}>", all(&[*key, *value])),
            Type::Ref(inner) => write!(f, "Ref<{}>", self.program.print(inner)),
            Type::Intern(inner) => write!(f, "Intern<{}>", self.program.print(inner)),
            Type::Function(params, ret) => {
                let params = params.iter().map(|(mutable, ty)| {
                    let ty = self.program.print(ty);
                    if *mutable { format!("mut {ty}") } else { ty.to_string() }
                });
                let params = params.collect::<Vec<_>>().join(", ");
                write!(f, "function({params}): {}", self.program.print(ret))
            }
            Type::Opaque(name, args) if args.is_empty() => f.write_str(name),
            Type::Opaque(name, args) => write!(f, "{name}<{}>", all(args)),
        }
    }
}

impl Display for Print<'_, Relation> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let relation = self.item;
        let kind = relation.role.declaring(relation.semantics);
        write!(f, "{kind} {}[{}]", relation.name, self.program.print(&relation.record))?;
        match &relation.primary_key {
            Some(key) => {
                let frame = self.program.frame(&key.locals);
                let record = frame.name(LocalId(0));
                write!(
                    f,
                    " primary key ({record}) {}: {}",
                    frame.expr(&key.key),
                    self.program.print(&key.key.ty)
                )
            }
            None => Ok(()),
        }
    }
}

impl Display for Print<'_, Index> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let index = self.item;
        let frame = self.program.frame(&index.locals);
        let fields: Vec<String> = (0..index.fields).map(|i| frame.declared(LocalId(i))).collect();
        let relation = &self.program.relations[index.relation.0 as usize].name;
        write!(
            f,
            "index {}({}) on {relation}[{}]",
            index.name,
            fields.join(", "),
            frame.pattern(&index.pattern)
        )
    }
}

impl Display for Print<'_, Function> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let function = self.item;
        let locals: &[Local] = match &function.body {
            FunctionBody::Code { locals, .. } => locals,
            FunctionBody::Extern => &[],
        };
        let params = function.params.iter().enumerate().map(|(i, param)| {
            let mutable = if param.mutable { "mut " } else { "" };
            let name = locals.get(i).map_or_else(|| format!("_{i}"), |l| l.name.to_string());
            format!("{name}: {mutable}{}", self.program.print(&param.ty))
        });
        let params = params.collect::<Vec<_>>().join(", ");
        if matches!(function.body, FunctionBody::Extern) {
            f.write_str("extern ")?;
        }
        write!(f, "function {}({params}): {}", function.name, self.program.print(&function.ret))?;
        match &function.body {
            FunctionBody::Code { locals, body } => write!(f, " = {}", self.program.frame(locals).expr(body)),
            FunctionBody::Extern => Ok(()),
        }
    }
}

impl Display for Print<'_, Rule> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let rule = self.item;
        let frame = self.program.frame(&rule.locals);
        let head = &self.program.relations[rule.head.relation.0 as usize].name;
        write!(f, "{head}[{}]", frame.expr(&rule.head.record))?;
        for (i, clause) in rule.body.iter().enumerate() {
            f.write_str(if i == 0 { " :-\n    " } else { ",\n    " })?;
            f.write_str(&frame.clause(&clause.kind))?;
        }
        f.write_str(".")
    }
}

/// What names and types are looked up in.
#[derive(Clone, Copy)]
pub(crate) struct Frame<'p> {
    program: &'p Program,
    locals: &'p [Local],
}

impl Frame<'_> {
    pub(crate) fn name(&self, local: LocalId) -> String {
        self.locals.get(local.0 as usize).map_or_else(|| format!("_{}", local.0), |l| l.name.to_string())
    }

    fn declared(&self, local: LocalId) -> String {
        match self.locals.get(local.0 as usize) {
            Some(variable) => format!("{}: {}", variable.name, self.program.print(&variable.ty)),
            None => self.name(local),
        }
    }

    fn relation(&self, id: super::RelationId) -> &str {
        &self.program.relations[id.0 as usize].name
    }

    fn function(&self, id: FunctionId) -> &str {
        &self.program.functions[id.0 as usize].name
    }

    fn clause(&self, clause: &ClauseKind) -> String {
        match clause {
            ClauseKind::Atom { relation, pattern, delay, differential }
            | ClauseKind::Not { relation, pattern, delay, differential } => {
                let not = if matches!(clause, ClauseKind::Not { .. }) { "not " } else { "" };
                let delay = if *delay == 0 { String::new() } else { format!("-{delay}") };
                let differential = if *differential { "'" } else { "" };
                format!("{not}{}{delay}{differential}[{}]", self.relation(*relation), self.pattern(pattern))
            }
            ClauseKind::Filter(condition) => self.expr(condition),
            ClauseKind::Let(pattern, value) => format!("{} = {}", self.pattern(pattern), self.expr(value)),
            ClauseKind::FlatMap(pattern, value) => {
                format!("{} = FlatMap({})", self.pattern(pattern), self.expr(value))
            }
            ClauseKind::GroupBy { group, value, key, .. } => {
                let key: Vec<String> = key.iter().map(|k| self.name(*k)).collect();
                format!("var {} = {}.group_by(({}))", self.declared(*group), self.expr(value), key.join(", "))
            }
            ClauseKind::Inspect { body, .. } => format!("Inspect {}", self.expr(body)),
        }
    }

    pub(crate) fn pattern(&self, pattern: &Pattern) -> String {
        match &pattern.kind {
            PatternKind::Wildcard => "_".into(),
            PatternKind::Bind(local) => format!("var {}", self.declared(*local)),
            PatternKind::At(local, inner) => {
                format!("var {} @ {}", self.declared(*local), self.pattern(inner))
            }
            PatternKind::Equal(value) => format!("== {}", self.expr(value)),
            PatternKind::Tuple(elements) => format!("({})", self.patterns(elements)),
            PatternKind::Variant(variant, fields) => {
                format!("{}{{{}}}", self.variant(pattern.ty, *variant), self.patterns(fields))
            }
        }
    }

    fn patterns(&self, patterns: &[Pattern]) -> String {
        patterns.iter().map(|p| self.pattern(p)).collect::<Vec<_>>().join(", ")
    }

    fn exprs(&self, exprs: &[Expr]) -> String {
        exprs.iter().map(|e| self.expr(e)).collect::<Vec<_>>().join(", ")
    }

    fn variant(&self, ty: TypeId, variant: u32) -> String {
        let types = &self.program.types;
        match types.ty(types.strip(ty)) {
            Type::Union(union) => {
                let variant = types.union(*union).variants.get(variant as usize);
                variant.map_or_else(|| "?".into(), |v| v.name.to_string())
            }
            _ => format!("#{variant}"),
        }
    }

    fn field(&self, base: TypeId, positions: &[(u32, u32)]) -> String {
        let types = &self.program.types;
        let name = match (types.ty(types.strip(base)), positions.first()) {
            (Type::Union(union), Some((variant, position))) => {
                let variant = types.union(*union).variants.get(*variant as usize);
                variant.and_then(|v| v.fields.get(*position as usize)).map(|f| f.name.to_string())
            }
            _ => None,
        };
        name.unwrap_or_else(|| "?".into())
    }

    fn place(&self, place: &Place) -> String {
        let mut text = self.name(place.local);
        let mut ty = self.locals.get(place.local.0 as usize).map(|l| l.ty);
        for step in &place.path {
            match step {
                PlaceStep::Field(positions) => {
                    let name = ty.map_or_else(|| "?".into(), |ty| self.field(ty, positions));
                    ty = ty.and_then(|ty| self.field_type(ty, positions));
                    text = format!("{text}.{name}");
                }
                PlaceStep::TupleField(index) => {
                    ty = ty.and_then(|ty| match self.program.types.ty(self.program.types.strip(ty)) {
                        Type::Tuple(elements) => elements.get(*index as usize).copied(),
                        _ => None,
                    });
                    text = format!("{text}.{index}");
                }
            }
        }
        text
    }

    fn field_type(&self, base: TypeId, positions: &[(u32, u32)]) -> Option<TypeId> {
        let types = &self.program.types;
        let Type::Union(union) = types.ty(types.strip(base)) else { return None };
        let (variant, position) = positions.first()?;
        Some(types.union(*union).variants.get(*variant as usize)?.fields.get(*position as usize)?.ty)
    }

    fn args(&self, args: &[Arg]) -> String {
        let args = args.iter().map(|arg| match arg {
            Arg::Value(value) => self.expr(value),
            Arg::Mut(place) => format!("mut {}", self.place(place)),
        });
        args.collect::<Vec<_>>().join(", ")
    }

    pub(crate) fn expr(&self, expr: &Expr) -> String {
        match &expr.kind {
            ExprKind::Bool(value) => value.to_string(),
            ExprKind::Int(value) => match self.program.types.ty(expr.ty) {
                Type::Bit(width) => format!("{width}'d{value}"),
                Type::Signed(width) => format!("{width}'sd{value}"),
                _ => value.to_string(),
            },
            ExprKind::Float(value) => match self.program.types.ty(expr.ty) {
                Type::Float => format!("32'f{value}"),
                _ => format!("64'f{value}"),
            },
            ExprKind::String(value) => format!("{value:?}"),
            ExprKind::Local(local) => self.name(*local),
            ExprKind::FunctionValue(function) => self.function(*function).to_owned(),
            ExprKind::Closure(lambda) => {
                let inner = self.program.frame(&lambda.locals);
                let captures = lambda.captures.iter().map(|(outer, _)| self.name(*outer));
                let captures = captures.collect::<Vec<_>>().join(", ");
                let params = lambda.params.iter().map(|(local, mutable)| {
                    if *mutable { format!("mut {}", inner.declared(*local)) } else { inner.declared(*local) }
                });
                let params = params.collect::<Vec<_>>().join(", ");
                format!("[{captures}]|{params}| {}", inner.expr(&lambda.body))
            }
            ExprKind::Call(function, args) => format!("{}({})", self.function(*function), self.args(args)),
            ExprKind::CallValue(function, args) => format!("({})({})", self.expr(function), self.args(args)),
            ExprKind::Construct(variant, fields) => {
                format!("{}{{{}}}", self.variant(expr.ty, *variant), self.exprs(fields))
            }
            ExprKind::Tuple(elements) => format!("({})", self.exprs(elements)),
            ExprKind::VecLiteral(elements) => format!("[{}]", self.exprs(elements)),
            ExprKind::MapLiteral(pairs) => {
                let pairs = pairs.iter().map(|(k, v)| format!("{} -> {}", self.expr(k), self.expr(v)));
                format!("[{}]", pairs.collect::<Vec<_>>().join(", "))
            }
            ExprKind::Field(base, positions) => {
                format!("{}.{}", self.expr(base), self.field(base.ty, positions))
            }
            ExprKind::TupleField(base, index) => format!("{}.{index}", self.expr(base)),
            ExprKind::Slice(base, high, low) => format!("{}[{high}:{low}]", self.expr(base)),
            ExprKind::Cast(inner) => format!("({} as {})", self.expr(inner), self.program.print(&expr.ty)),
            ExprKind::Unary(op, inner) => format!("({}{})", unary(*op), self.expr(inner)),
            ExprKind::Binary(op, left, right) => {
                format!("({} {} {})", self.expr(left), binary(*op), self.expr(right))
            }
            ExprKind::Concat(parts) => {
                format!("({})", parts.iter().map(|p| self.expr(p)).collect::<Vec<_>>().join(" ++ "))
            }
            ExprKind::If(condition, then, otherwise) => {
                let otherwise =
                    otherwise.as_ref().map_or_else(String::new, |o| format!(" else {}", self.expr(o)));
                format!("if ({}) {}{otherwise}", self.expr(condition), self.expr(then))
            }
            ExprKind::Match(value, arms) => {
                let arms = arms
                    .iter()
                    .map(|arm| format!("{} -> {}", self.pattern(&arm.pattern), self.expr(&arm.body)));
                format!("match ({}) {{{}}}", self.expr(value), arms.collect::<Vec<_>>().join(", "))
            }
            ExprKind::Block(all) => {
                format!("{{{}}}", all.iter().map(|e| self.expr(e)).collect::<Vec<_>>().join("; "))
            }
            ExprKind::Let(pattern, value) => format!("{} = {}", self.pattern(pattern), self.expr(value)),
            ExprKind::Assign(place, value) => format!("{} = {}", self.place(place), self.expr(value)),
            ExprKind::For(pattern, collection, body) => {
                format!("for ({} in {}) {}", self.pattern(pattern), self.expr(collection), self.expr(body))
            }
            ExprKind::Break => "break".into(),
            ExprKind::Continue => "continue".into(),
            ExprKind::Return(value) => format!("return {}", self.expr(value)),
        }
    }
}

fn unary(op: UnaryOp) -> &'static str {
    match op {
        UnaryOp::Neg => "-",
        UnaryOp::BitNot => "~",
        UnaryOp::Not => "not ",
    }
}

fn binary(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Mul => "*",
        BinaryOp::Div => "/",
        BinaryOp::Mod => "%",
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Shr => ">>",
        BinaryOp::Shl => "<<",
        BinaryOp::Concat => "++",
        BinaryOp::Eq => "==",
        BinaryOp::Ne => "!=",
        BinaryOp::Lt => "<",
        BinaryOp::Le => "<=",
        BinaryOp::Gt => ">",
        BinaryOp::Ge => ">=",
        BinaryOp::BitAnd => "&",
        BinaryOp::BitXor => "^",
        BinaryOp::BitOr => "|",
        BinaryOp::And => "and",
        BinaryOp::Or => "or",
        BinaryOp::Implies => "=>",
    }
}
