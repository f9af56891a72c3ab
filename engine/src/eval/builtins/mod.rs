//! Functions the language cannot say itself: the `extern` ones of the library, by full name.

mod allocate;
mod any;
mod debugging;
mod encoding;
mod fp;
mod group;
mod hash;
mod higher_order;
mod json;
mod map;
mod messages;
mod net;
mod number;
mod regexes;
mod set;
mod string;
mod times;
mod urls;
mod uuids;
mod vec;

use super::env::{Env, Eval, Exit};
use super::repr::{Load, PairSeq, Seq, text};
use super::val::Val;
use crate::ir::{Function, TypeId, TypeTable};
use crate::source::Span;
use crate::value::shape::{Shape, shape};

/// An implementation.
pub(crate) type Builtin = fn(&mut Call<'_, '_>) -> Eval<Val>;

/// Types of a function.
#[derive(Clone, Debug)]
pub(crate) struct Signature {
    pub(crate) params: Vec<TypeId>,
    mutable: Vec<bool>,
    pub(crate) ret: TypeId,
}

impl Signature {
    pub(crate) fn of(function: &Function) -> Self {
        Signature {
            params: function.params.iter().map(|param| param.ty).collect(),
            mutable: function.params.iter().map(|param| param.mutable).collect(),
            ret: function.ret,
        }
    }

    /// Whether a parameter is passed by reference.
    pub(crate) fn is_mutable(&self, param: usize) -> bool {
        self.mutable.get(param).copied().unwrap_or_default()
    }
}

/// The implementation of an extern function.
pub(crate) fn find(name: &str) -> Option<Builtin> {
    let (module, function) = name.rsplit_once("::")?;
    match module {
        "ddlog_std" => any::find(function)
            .or_else(|| string::find(function))
            .or_else(|| number::find(function))
            .or_else(|| hash::find(function))
            .or_else(|| vec::find(function))
            .or_else(|| set::find(function))
            .or_else(|| map::find(function))
            .or_else(|| group::find(function)),
        "internment" => any::find(function),
        "allocate" => allocate::find(function),
        "vec" | "set" | "group" => higher_order::find(function),
        "print" | "log" => messages::find(function),
        "debug" => debugging::find(function),
        "base64" => encoding::find(function),
        "fp" => fp::find(function),
        "intern" => any::find(function),
        "json" => json::find(function),
        "net::ipv4" | "net::ipv6" => net::find(function),
        "ovsdb" | "uuid" => uuids::find(function),
        "regex" => regexes::find(function),
        "time" => times::find(function),
        "url" => urls::find(function),
        _ => None,
    }
}

/// Whether an extern function gives its only argument back: values do not change when they are shared or interned.
pub(crate) fn is_identity(name: &str) -> bool {
    matches!(name, "internment::intern" | "internment::ival" | "ddlog_std::ref_new" | "ddlog_std::deref")
}

/// A call in progress.
pub(crate) struct Call<'e, 'm> {
    pub(crate) env: &'e mut Env<'m>,
    pub(crate) signature: &'e Signature,
    /// Arguments by reference are changed in place.
    pub(crate) args: &'e mut [Val],
    pub(crate) span: Span,
}

impl<'m> Call<'_, 'm> {
    fn types(&self) -> &'m TypeTable {
        self.env.types
    }

    /// Type of a parameter.
    pub(crate) fn param(&self, i: usize) -> TypeId {
        self.signature.params.get(i).copied().unwrap_or(self.signature.ret)
    }

    fn load(&self, ty: TypeId) -> Load {
        Load::of(self.env.types, ty)
    }

    /// Item type of a `Vec` or `Set`.
    fn item(&self, collection: TypeId) -> TypeId {
        match shape(self.env.types, collection) {
            Shape::Vec(item) | Shape::Set(item) => item,
            _ => collection,
        }
    }

    /// Key and value type of a `Map` or `Group`.
    fn key_value(&self, collection: TypeId) -> (TypeId, TypeId) {
        match shape(self.env.types, collection) {
            Shape::Map(key, value) | Shape::Group(key, value) => (key, value),
            _ => (collection, collection),
        }
    }

    /// Argument, moved out.
    pub(crate) fn take(&mut self, i: usize) -> Val {
        self.args.get_mut(i).map(std::mem::take).unwrap_or_default()
    }

    pub(crate) fn int(&self, i: usize) -> u64 {
        match self.args.get(i) {
            Some(Val::Int(value)) => *value,
            _ => 0,
        }
    }

    pub(crate) fn text(&self, i: usize) -> &str {
        self.args.get(i).map_or("", |arg| text(self.env.interner, arg))
    }

    /// Items of an argument that is a `Vec` or `Set`.
    fn seq(&self, i: usize) -> Seq<'_> {
        let load = self.load(self.item(self.param(i)));
        Seq::of(self.env.interner, load, &self.args[i])
    }

    /// Pairs of an argument that is a `Map`.
    fn pair_seq(&self, i: usize) -> PairSeq<'_> {
        let (key, value) = self.key_value(self.param(i));
        PairSeq::of(self.env.interner, self.load(key), self.load(value), &self.args[i])
    }

    pub(crate) fn trap(&mut self, message: impl Into<String>) -> Exit {
        self.env.trap(self.span, message)
    }

    /// Makes room for a result of that many bytes.
    fn room(&mut self, bytes: usize) -> Eval<()> {
        self.env.room(self.span, bytes)
    }

    /// The function in the last argument, applied to one value.
    fn apply(&mut self, function: usize, arg: Val) -> Eval<Val> {
        match self.args.get(function).and_then(|function| self.env.machine.callable(function)) {
            Some(function) => function.call(self.env, &mut [arg], self.span),
            None => Err(self.trap("not a function")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stdlib::BUILTIN_MODULES;

    #[test]
    fn every_extern_function_of_the_library_is_implemented() {
        let mut n_names = 0;
        let mut missing = Vec::new();
        for (module, text) in BUILTIN_MODULES {
            let mut same_as = None;
            for line in text.lines() {
                if let Some(rest) = line.strip_prefix("#[same_as = \"") {
                    same_as = rest.split('"').next();
                }
                let Some(rest) = line.strip_prefix("extern function ") else { continue };
                let own_name = format!("{module}::{}", rest.split('(').next().unwrap_or_default());
                n_names += 1;
                if find(same_as.take().unwrap_or(&own_name)).is_none() {
                    missing.push(own_name);
                }
            }
        }
        assert!(n_names > 300, "only {n_names} found");
        assert_eq!(missing, Vec::<String>::new());
    }
}
