//! What types, functions and code mean, as numbers that can be compared between two programs: names instead of ids, and
//! nothing about where things stand in the text.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::hash::Hasher;

use twox_hash::XxHash64;

use super::{
    Arg, Expr, ExprKind, FieldJson, FunctionBody, FunctionId, Local, Pattern, PatternKind, Place, PlaceStep,
    Program, Type, TypeId, UnionId,
};

/// Equal fingerprints, equal meaning: two independent hashes of 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Fingerprint([u64; 2]);

/// Fingerprints of one program, each computed when first asked for.
pub(crate) struct Fingerprints<'p> {
    program: &'p Program,
    types: RefCell<HashMap<TypeId, Fingerprint>>,
    functions: RefCell<HashMap<FunctionId, Fingerprint>>,
    /// A function by itself, and what it calls.
    bodies: RefCell<HashMap<FunctionId, (Fingerprint, Vec<FunctionId>)>>,
}

/// A meaning under construction.
pub(crate) struct Meaning<'f, 'p> {
    of: &'f Fingerprints<'p>,
    bytes: Vec<u8>,
    /// Functions are written by name and signature, and listed here.
    calls: Option<Vec<FunctionId>>,
}

impl<'p> Fingerprints<'p> {
    pub(crate) fn new(program: &'p Program) -> Self {
        Fingerprints {
            program,
            types: RefCell::default(),
            functions: RefCell::default(),
            bodies: RefCell::default(),
        }
    }

    /// Starts the meaning of something.
    pub(crate) fn meaning(&self) -> Meaning<'_, 'p> {
        Meaning { of: self, bytes: Vec::new(), calls: None }
    }

    /// Of a type with all it is made of.
    pub(crate) fn ty(&self, id: TypeId) -> Fingerprint {
        if let Some(known) = self.types.borrow().get(&id) {
            return *known;
        }
        let mut unions = BTreeSet::new();
        self.reach(id, &mut unions);
        let definitions: BTreeSet<Fingerprint> = unions.iter().map(|union| self.definition(*union)).collect();
        let mut meaning = self.meaning();
        meaning.shallow(id);
        definitions.iter().for_each(|definition| meaning.fingerprint(*definition));
        let found = meaning.finish();
        self.types.borrow_mut().insert(id, found);
        found
    }

    /// Of a function with all it calls.
    pub(crate) fn function(&self, id: FunctionId) -> Fingerprint {
        if let Some(known) = self.functions.borrow().get(&id) {
            return *known;
        }
        let (mut waiting, mut seen, mut bodies) = (vec![id], BTreeSet::from([id]), BTreeSet::new());
        while let Some(next) = waiting.pop() {
            let (body, calls) = self.body(next);
            bodies.insert(body);
            waiting.extend(calls.into_iter().filter(|call| seen.insert(*call)));
        }
        let mut meaning = self.meaning();
        meaning.fingerprint(self.body(id).0);
        bodies.iter().for_each(|body| meaning.fingerprint(*body));
        let found = meaning.finish();
        self.functions.borrow_mut().insert(id, found);
        found
    }

    /// Of a function by itself, and what it calls.
    fn body(&self, id: FunctionId) -> (Fingerprint, Vec<FunctionId>) {
        if let Some(known) = self.bodies.borrow().get(&id) {
            return known.clone();
        }
        let mut meaning = Meaning { calls: Some(Vec::new()), ..self.meaning() };
        meaning.signature(id);
        match &self.program.functions[id.0 as usize].body {
            FunctionBody::Extern => meaning.tag(0),
            FunctionBody::Code { locals, body } => {
                meaning.tag(1);
                meaning.locals(locals);
                meaning.expr(body);
            }
        }
        let calls = meaning.calls.take().unwrap_or_default();
        let found = (meaning.finish(), calls);
        self.bodies.borrow_mut().insert(id, found.clone());
        found
    }

    fn reach(&self, id: TypeId, into: &mut BTreeSet<UnionId>) {
        let types = &self.program.types;
        match types.ty(id) {
            Type::Union(union) => {
                if into.insert(*union) {
                    let fields = types.union(*union).variants.iter().flat_map(|variant| &variant.fields);
                    fields.for_each(|field| self.reach(field.ty, into));
                }
            }
            ty => parts(ty).into_iter().for_each(|part| self.reach(part, into)),
        }
    }

    fn definition(&self, id: UnionId) -> Fingerprint {
        let union = self.program.types.union(id);
        let mut meaning = self.meaning();
        meaning.text(&union.name);
        meaning.text(&format!("{:?}", union.json));
        union.args.iter().for_each(|arg| meaning.shallow(*arg));
        for variant in &union.variants {
            meaning.tag(1);
            meaning.text(&variant.name);
            for field in &variant.fields {
                meaning.text(&field.name);
                meaning.text(field.original.as_deref().unwrap_or(""));
                meaning.text(&format!("{:?}", FieldJson { key_function: None, ..field.json.clone() }));
                meaning.shallow(field.ty);
            }
        }
        meaning.finish()
    }
}

impl Meaning<'_, '_> {
    /// The number for all that was written.
    pub(crate) fn finish(self) -> Fingerprint {
        let seeded = |seed| {
            let mut hasher = XxHash64::with_seed(seed);
            hasher.write(&self.bytes);
            hasher.finish()
        };
        Fingerprint([seeded(1), seeded(0x9e37_79b9_7f4a_7c15)])
    }

    /// Which of several things follows.
    pub(crate) fn tag(&mut self, tag: u8) {
        self.bytes.push(tag);
    }

    pub(crate) fn number(&mut self, number: u64) {
        self.bytes.extend(number.to_le_bytes());
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.bytes.extend(text.as_bytes());
    }

    pub(crate) fn fingerprint(&mut self, Fingerprint(words): Fingerprint) {
        words.into_iter().for_each(|word| self.number(word));
    }

    pub(crate) fn ty(&mut self, id: TypeId) {
        self.fingerprint(self.of.ty(id));
    }

    pub(crate) fn locals(&mut self, locals: &[Local]) {
        self.number(locals.len() as u64);
        locals.iter().for_each(|local| self.ty(local.ty));
    }

    pub(crate) fn exprs(&mut self, exprs: &[Expr]) {
        self.number(exprs.len() as u64);
        exprs.iter().for_each(|expr| self.expr(expr));
    }

    pub(crate) fn expr(&mut self, expr: &Expr) {
        self.ty(expr.ty);
        match &expr.kind {
            ExprKind::Bool(value) => {
                self.tag(0);
                self.tag((*value).into());
            }
            ExprKind::Int(value) => {
                self.tag(1);
                self.text(&value.to_string());
            }
            ExprKind::Float(value) => {
                self.tag(2);
                self.number(value.to_bits());
            }
            ExprKind::String(text) => {
                self.tag(3);
                self.text(text);
            }
            ExprKind::Local(local) => {
                self.tag(4);
                self.number(local.0.into());
            }
            ExprKind::FunctionValue(function) => {
                self.tag(5);
                self.call(*function);
            }
            ExprKind::Closure(lambda) => {
                self.tag(6);
                self.number(lambda.captures.len() as u64);
                for (outer, inner) in &lambda.captures {
                    self.number(outer.0.into());
                    self.number(inner.0.into());
                }
                self.number(lambda.params.len() as u64);
                for (param, mutable) in &lambda.params {
                    self.number(param.0.into());
                    self.tag((*mutable).into());
                }
                self.locals(&lambda.locals);
                self.expr(&lambda.body);
            }
            ExprKind::Call(function, args) => {
                self.tag(7);
                self.call(*function);
                self.args(args);
            }
            ExprKind::CallValue(function, args) => {
                self.tag(8);
                self.expr(function);
                self.args(args);
            }
            ExprKind::Construct(variant, fields) => {
                self.tag(9);
                self.number((*variant).into());
                self.exprs(fields);
            }
            ExprKind::Tuple(parts) => self.tagged(10, parts),
            ExprKind::VecLiteral(parts) => self.tagged(11, parts),
            ExprKind::MapLiteral(pairs) => {
                self.tag(12);
                self.number(pairs.len() as u64);
                pairs.iter().flat_map(|(key, value)| [key, value]).for_each(|part| self.expr(part));
            }
            ExprKind::Field(of, choices) => {
                self.tag(13);
                self.expr(of);
                self.choices(choices);
            }
            ExprKind::TupleField(of, index) => {
                self.tag(14);
                self.expr(of);
                self.number((*index).into());
            }
            ExprKind::Slice(of, high, low) => {
                self.tag(15);
                self.expr(of);
                self.number((*high).into());
                self.number((*low).into());
            }
            ExprKind::Cast(of) => self.tagged(16, std::slice::from_ref(of)),
            ExprKind::Unary(op, of) => {
                self.tag(17);
                self.tag(*op as u8);
                self.expr(of);
            }
            ExprKind::Binary(op, left, right) => {
                self.tag(18);
                self.tag(*op as u8);
                self.expr(left);
                self.expr(right);
            }
            ExprKind::Concat(parts) => self.tagged(19, parts),
            ExprKind::If(condition, then, otherwise) => {
                self.tag(20);
                self.expr(condition);
                self.expr(then);
                self.tag(otherwise.is_some().into());
                otherwise.iter().for_each(|otherwise| self.expr(otherwise));
            }
            ExprKind::Match(of, arms) => {
                self.tag(21);
                self.expr(of);
                self.number(arms.len() as u64);
                for arm in arms {
                    self.pattern(&arm.pattern);
                    self.expr(&arm.body);
                }
            }
            ExprKind::Block(parts) => self.tagged(22, parts),
            ExprKind::Let(pattern, value) => {
                self.tag(23);
                self.pattern(pattern);
                self.expr(value);
            }
            ExprKind::Assign(place, value) => {
                self.tag(24);
                self.place(place);
                self.expr(value);
            }
            ExprKind::For(pattern, collection, body) => {
                self.tag(25);
                self.pattern(pattern);
                self.expr(collection);
                self.expr(body);
            }
            ExprKind::Break => self.tag(26),
            ExprKind::Continue => self.tag(27),
            ExprKind::Return(value) => self.tagged(28, std::slice::from_ref(value)),
        }
    }

    pub(crate) fn pattern(&mut self, pattern: &Pattern) {
        self.ty(pattern.ty);
        match &pattern.kind {
            PatternKind::Wildcard => self.tag(0),
            PatternKind::Bind(local) => {
                self.tag(1);
                self.number(local.0.into());
            }
            PatternKind::At(local, inner) => {
                self.tag(2);
                self.number(local.0.into());
                self.pattern(inner);
            }
            PatternKind::Equal(expr) => {
                self.tag(3);
                self.expr(expr);
            }
            PatternKind::Tuple(parts) => {
                self.tag(4);
                self.number(parts.len() as u64);
                parts.iter().for_each(|part| self.pattern(part));
            }
            PatternKind::Variant(variant, parts) => {
                self.tag(5);
                self.number((*variant).into());
                self.number(parts.len() as u64);
                parts.iter().for_each(|part| self.pattern(part));
            }
        }
    }

    fn tagged(&mut self, tag: u8, parts: &[impl std::borrow::Borrow<Expr>]) {
        self.tag(tag);
        self.number(parts.len() as u64);
        parts.iter().for_each(|part| self.expr(part.borrow()));
    }

    fn args(&mut self, args: &[Arg]) {
        self.number(args.len() as u64);
        for arg in args {
            match arg {
                Arg::Value(value) => {
                    self.tag(0);
                    self.expr(value);
                }
                Arg::Mut(place) => {
                    self.tag(1);
                    self.place(place);
                }
            }
        }
    }

    fn place(&mut self, place: &Place) {
        self.number(place.local.0.into());
        self.ty(place.ty);
        self.number(place.path.len() as u64);
        for step in &place.path {
            match step {
                PlaceStep::Field(choices) => {
                    self.tag(0);
                    self.choices(choices);
                }
                PlaceStep::TupleField(index) => {
                    self.tag(1);
                    self.number((*index).into());
                }
            }
        }
    }

    fn choices(&mut self, choices: &[(u32, u32)]) {
        self.number(choices.len() as u64);
        choices
            .iter()
            .flat_map(|(variant, position)| [variant, position])
            .for_each(|n| self.number((*n).into()));
    }

    fn call(&mut self, function: FunctionId) {
        match &mut self.calls {
            Some(calls) => {
                calls.push(function);
                self.signature(function);
            }
            None => self.fingerprint(self.of.function(function)),
        }
    }

    fn signature(&mut self, id: FunctionId) {
        let function = &self.of.program.functions[id.0 as usize];
        self.text(&function.name);
        self.number(function.params.len() as u64);
        for param in &function.params {
            self.ty(param.ty);
            self.tag(param.mutable.into());
        }
        self.ty(function.ret);
        self.tag(function.side_effects.into());
    }

    /// A type by the names of its unions.
    fn shallow(&mut self, id: TypeId) {
        let types = &self.of.program.types;
        let ty = types.ty(id);
        match ty {
            Type::Bool => self.tag(0),
            Type::Bit(width) => {
                self.tag(1);
                self.number((*width).into());
            }
            Type::Signed(width) => {
                self.tag(2);
                self.number((*width).into());
            }
            Type::BigInt => self.tag(3),
            Type::Double => self.tag(4),
            Type::Float => self.tag(5),
            Type::String => self.tag(6),
            Type::Tuple(_) => self.tag(7),
            Type::Union(union) => {
                let union = types.union(*union);
                self.tag(8);
                self.text(&union.name);
                self.number(union.args.len() as u64);
                union.args.iter().for_each(|arg| self.shallow(*arg));
                return;
            }
            Type::Vec(_) => self.tag(9),
            Type::Set(_) => self.tag(10),
            Type::Map(..) => self.tag(11),
            Type::Group(..) => self.tag(12),
            Type::Ref(_) => self.tag(13),
            Type::Intern(_) => self.tag(14),
            Type::Function(params, _) => {
                self.tag(15);
                params.iter().for_each(|(mutable, _)| self.tag((*mutable).into()));
            }
            Type::Opaque(name, _) => {
                self.tag(16);
                self.text(name);
            }
        }
        let parts = parts(ty);
        self.number(parts.len() as u64);
        parts.into_iter().for_each(|part| self.shallow(part));
    }
}

/// The types a type is made of, but for the fields of unions.
fn parts(ty: &Type) -> Vec<TypeId> {
    match ty {
        Type::Bool
        | Type::Bit(_)
        | Type::Signed(_)
        | Type::BigInt
        | Type::Double
        | Type::Float
        | Type::String
        | Type::Union(_) => Vec::new(),
        Type::Tuple(parts) | Type::Opaque(_, parts) => parts.clone(),
        Type::Vec(part) | Type::Set(part) | Type::Ref(part) | Type::Intern(part) => vec![*part],
        Type::Map(one, other) | Type::Group(one, other) => vec![*one, *other],
        Type::Function(params, result) => params.iter().map(|(_, ty)| *ty).chain([*result]).collect(),
    }
}
