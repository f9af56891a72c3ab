//! Types as authors write them.

use super::defs::Defs;
use super::ty::{Mutability, Ty};

/// The text of a type; `generics` are the names of the type parameters at hand.
pub(super) fn show(defs: &Defs<'_>, generics: &[std::sync::Arc<str>], ty: &Ty) -> String {
    let all = |types: &[Ty]| types.iter().map(|t| show(defs, generics, t)).collect::<Vec<_>>().join(", ");
    match ty {
        Ty::Var(_) => "_".into(),
        Ty::Param(index) => match generics.get(*index as usize) {
            Some(name) => format!("'{name}"),
            None => format!("'{index}"),
        },
        Ty::Bool => "bool".into(),
        Ty::String => "string".into(),
        Ty::BigInt => "bigint".into(),
        Ty::Double => "double".into(),
        Ty::Float => "float".into(),
        Ty::Bit(width) => format!("bit<{width}>"),
        Ty::Signed(width) => format!("signed<{width}>"),
        Ty::Tuple(elements) => format!("({})", all(elements)),
        Ty::Def(def, args) if args.is_empty() => short(&defs.type_def(*def).name),
        Ty::Def(def, args) => {
            if *def == defs.known.intern && args.first() == Some(&Ty::String) {
                return "istring".into();
            }
            format!("{}<{}>", short(&defs.type_def(*def).name), all(args))
        }
        Ty::Function(function) => {
            let params = function.params.iter().map(|(mutability, ty)| {
                let text = show(defs, generics, ty);
                if *mutability == Mutability::Mut { format!("mut {text}") } else { text }
            });
            let params = params.collect::<Vec<_>>().join(", ");
            format!("function({params}): {}", show(defs, generics, &function.ret))
        }
        Ty::Error => "?".into(),
    }
}

/// Library names are known by their last part.
fn short(name: &str) -> String {
    let name = name.strip_prefix("ddlog_std::").or_else(|| name.strip_prefix("internment::")).unwrap_or(name);
    name.to_owned()
}
