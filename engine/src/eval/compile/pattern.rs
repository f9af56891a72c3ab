//! Patterns, and loops over elements that match one.

use std::rc::Rc;

use super::{Code, Compiler};
use crate::eval::env::{Env, Eval};
use crate::eval::order::same;
use crate::eval::repr::{Load, PairSeq, Seq, group, part, store, variant_number};
use crate::eval::val::{GroupVal, Val};
use crate::ir::{LocalId, Pattern, PatternKind, TypeId};
use crate::value::shape::{Shape, is_transparent_struct, shape};
use crate::value::{Word, compare, hash_order, is_hashed};

/// A compiled pattern.
pub(crate) enum PatternCode {
    Wildcard,
    Bind(LocalId),
    At(LocalId, Box<PatternCode>),
    Int(u64),
    Constant(TypeId, Val),
    EqualInt(Code<u64>),
    Equal(TypeId, Code<Val>),
    /// Fields that matter of a tuple, or of the only variant.
    Parts(Vec<PartPattern>),
    Variant {
        number: u32,
        fields: Vec<PartPattern>,
    },
}

/// A pattern for a field.
pub(crate) struct PartPattern {
    index: usize,
    load: Load,
    pattern: PatternCode,
}

impl PatternCode {
    /// Whether a value matches. Binds variables up to where it does not.
    pub(crate) fn matches(&self, env: &mut Env<'_>, val: &Val) -> Eval<bool> {
        Ok(match self {
            PatternCode::Wildcard => true,
            PatternCode::Bind(local) => {
                env.set(*local, val.clone());
                true
            }
            PatternCode::At(local, inner) => {
                env.set(*local, val.clone());
                inner.matches(env, val)?
            }
            PatternCode::Int(constant) => matches!(val, Val::Int(value) if value == constant),
            PatternCode::Constant(ty, constant) => same(env.interner, env.types, *ty, val, constant),
            PatternCode::EqualInt(code) => {
                let wanted = code(env)?;
                matches!(val, Val::Int(value) if *value == wanted)
            }
            PatternCode::Equal(ty, code) => {
                let wanted = code(env)?;
                same(env.interner, env.types, *ty, val, &wanted)
            }
            PatternCode::Parts(fields) => match_parts(fields, 0, env, val)?,
            PatternCode::Variant { number, fields } => {
                variant_number(env.interner, true, val) == *number && match_parts(fields, 1, env, val)?
            }
        })
    }
}

fn match_parts(fields: &[PartPattern], offset: usize, env: &mut Env<'_>, val: &Val) -> Eval<bool> {
    for field in fields {
        let value = part(env.interner, offset, field.index, field.load, val);
        if let PatternCode::Bind(local) = field.pattern {
            env.set(local, value);
        } else if !field.pattern.matches(env, &value)? {
            return Ok(false);
        }
    }
    Ok(true)
}

impl Compiler<'_> {
    pub(crate) fn pattern(&self, pattern: &Pattern) -> PatternCode {
        let types = self.machine.types();
        match &pattern.kind {
            PatternKind::Wildcard => PatternCode::Wildcard,
            PatternKind::Bind(local) => PatternCode::Bind(*local),
            PatternKind::At(local, inner) => PatternCode::At(*local, Box::new(self.pattern(inner))),
            PatternKind::Equal(expr) => match (self.constant(expr), self.load(expr.ty)) {
                (Some(word), load) => match load.val(&self.machine.interner(), word) {
                    Val::Int(value) => PatternCode::Int(value),
                    constant => PatternCode::Constant(expr.ty, constant),
                },
                (None, load) if load.is_int() => PatternCode::EqualInt(self.int(expr)),
                (None, _) => PatternCode::Equal(expr.ty, self.val(expr)),
            },
            PatternKind::Tuple(parts) => PatternCode::Parts(self.part_patterns(parts)),
            PatternKind::Variant(number, fields) => match shape(types, pattern.ty) {
                _ if is_transparent_struct(types, pattern.ty) => {
                    fields.first().map_or(PatternCode::Wildcard, |field| self.pattern(field))
                }
                Shape::Union(union) if union.variants.len() > 1 => {
                    PatternCode::Variant { number: *number, fields: self.part_patterns(fields) }
                }
                _ => PatternCode::Parts(self.part_patterns(fields)),
            },
        }
    }

    /// A loop over the elements of a value of the given type.
    pub(crate) fn each(&self, pattern: &Pattern, ty: TypeId) -> Each {
        let types = self.machine.types();
        let source = match shape(types, ty) {
            Shape::Set(item) if is_hashed(types, ty) => Source::Hashed(self.load(item), item),
            Shape::Vec(item) | Shape::Set(item) => Source::Items(self.load(item)),
            Shape::Map(key, value) => Source::Pairs(self.load(key), self.load(value)),
            Shape::Group(key, value) => {
                Source::Group { key: self.load(key), value: self.load(value), value_type: value }
            }
            Shape::Union(union) => match union.variants.get(1).map(|some| some.fields.as_slice()) {
                Some([field]) => Source::Option(self.load(field.ty)),
                _ => Source::Items(Load::Word),
            },
            _ => Source::Items(Load::Word),
        };
        let pattern = match (&source, &pattern.kind) {
            (Source::Pairs(..) | Source::Group { .. }, PatternKind::Tuple(parts)) if parts.len() == 2 => {
                EachPattern::Pair(self.pattern(&parts[0]), self.pattern(&parts[1]))
            }
            _ => EachPattern::One(self.pattern(pattern)),
        };
        Each { source, pattern }
    }

    fn part_patterns(&self, patterns: &[Pattern]) -> Vec<PartPattern> {
        patterns
            .iter()
            .enumerate()
            .filter(|(_, pattern)| !matches!(pattern.kind, PatternKind::Wildcard))
            .map(|(index, pattern)| PartPattern {
                index,
                load: self.load(pattern.ty),
                pattern: self.pattern(pattern),
            })
            .collect()
    }
}

fn in_hash_order(env: &Env<'_>, load: Load, item: TypeId, val: &Val) -> Vec<Val> {
    let stored = Seq::of(env.interner, load, val);
    // What cannot be stored was refused when it was put into a set.
    let word = |val| store(env.interner, env.types, item, &val).unwrap_or_default();
    let words: Vec<Word> = stored.iter(env.interner).map(word).collect();
    let ordered = hash_order(env.interner, env.types, item, &words);
    ordered.into_iter().map(|word| load.val(env.interner, word)).collect()
}

/// A compiled loop head.
pub(crate) struct Each {
    source: Source,
    pattern: EachPattern,
}

enum Source {
    Items(Load),
    /// In the order of their hashes.
    Hashed(Load, TypeId),
    Pairs(Load, Load),
    Group {
        key: Load,
        value: Load,
        value_type: TypeId,
    },
    Option(Load),
}

enum EachPattern {
    One(PatternCode),
    /// For elements that are pairs: no tuple is made.
    Pair(PatternCode, PatternCode),
}

/// What a loop goes over, held so that changes to the variable it came from do not matter.
pub(crate) enum Elements {
    Val(Val, usize),
    Group(Rc<GroupVal>),
}

impl Elements {
    pub(crate) fn len(&self) -> usize {
        match self {
            Elements::Val(_, n_elements) => *n_elements,
            Elements::Group(group) => group.len(),
        }
    }
}

impl Each {
    pub(crate) fn start(&self, env: &Env<'_>, val: Val) -> Elements {
        let n_elements = match &self.source {
            Source::Hashed(load, item) => {
                let items = in_hash_order(env, *load, *item, &val);
                let n_elements = items.len();
                return Elements::Val(Val::items(items), n_elements);
            }
            Source::Items(load) => Seq::of(env.interner, *load, &val).len(),
            Source::Pairs(key, value) => PairSeq::of(env.interner, *key, *value, &val).len(),
            Source::Option(_) => (variant_number(env.interner, true, &val) == 1) as usize,
            Source::Group { key, .. } => return Elements::Group(group(env.interner, *key, &val)),
        };
        Elements::Val(val, n_elements)
    }

    /// Matches element `i` with the pattern.
    pub(crate) fn bind(&self, env: &mut Env<'_>, elements: &Elements, i: usize) -> Eval<bool> {
        let (first, second) = match (elements, &self.source) {
            (Elements::Val(val, _), Source::Items(load) | Source::Hashed(load, _)) => {
                (Seq::of(env.interner, *load, val).at(env.interner, i), None)
            }
            (Elements::Val(val, _), Source::Pairs(key, value)) => {
                let pairs = PairSeq::of(env.interner, *key, *value, val);
                (pairs.key(env.interner, i), pairs.value(env.interner, i))
            }
            (Elements::Val(val, _), Source::Option(load)) => {
                (Some(part(env.interner, 1, 0, *load, val)), None)
            }
            (Elements::Group(group), Source::Group { value, value_type, .. }) => {
                let members = group.members(|a, b| compare(env.interner, env.types, *value_type, a, b));
                match members.get(i) {
                    Some((word, weight)) => {
                        (Some(value.val(env.interner, *word)), Some(Val::Int(*weight as u64)))
                    }
                    None => (None, None),
                }
            }
            _ => (None, None),
        };
        match (&self.pattern, first, second) {
            (EachPattern::Pair(first_pattern, second_pattern), Some(first), Some(second)) => {
                Ok(bind(first_pattern, env, first)? && bind(second_pattern, env, second)?)
            }
            (EachPattern::One(pattern), Some(first), None) => bind(pattern, env, first),
            (EachPattern::One(pattern), Some(first), Some(second)) => {
                bind(pattern, env, Val::tuple([first, second]))
            }
            _ => Ok(false),
        }
    }
}

/// As [`PatternCode::matches`], giving the value away.
fn bind(pattern: &PatternCode, env: &mut Env<'_>, val: Val) -> Eval<bool> {
    if let PatternCode::Bind(local) = pattern {
        env.set(*local, val);
        return Ok(true);
    }
    pattern.matches(env, &val)
}
