//! Types in messages.

use std::fmt::Write;

use crate::ir::{Type, TypeId, TypeTable};

/// The type as an author would write it: `Map<string, bit<32>>`.
pub fn type_name(types: &TypeTable, ty: TypeId) -> String {
    let mut out = String::new();
    write_type(&mut out, types, ty);
    out
}

fn write_type(out: &mut String, types: &TypeTable, ty: TypeId) {
    match types.ty(ty) {
        Type::Bool => out.push_str("bool"),
        // Writing to a string cannot fail.
        Type::Bit(width) => _ = write!(out, "bit<{width}>"),
        Type::Signed(width) => _ = write!(out, "signed<{width}>"),
        Type::BigInt => out.push_str("bigint"),
        Type::Double => out.push_str("double"),
        Type::Float => out.push_str("float"),
        Type::String => out.push_str("string"),
        Type::Tuple(parts) => write_args(out, types, "(", parts, ")"),
        Type::Union(union) => {
            let union = types.union(*union);
            write_named(out, types, &union.name, &union.args);
        }
        Type::Vec(item) => write_named(out, types, "Vec", &[*item]),
        Type::Set(item) => write_named(out, types, "Set", &[*item]),
        Type::Map(key, value) => write_named(out, types, "Map", &[*key, *value]),
        Type::Group(key, value) => write_named(out, types, "Group", &[*key, *value]),
        Type::Ref(inner) => write_named(out, types, "Ref", &[*inner]),
        Type::Intern(inner) => write_named(out, types, "Intern", &[*inner]),
        Type::Function(params, ret) => {
            out.push_str("function(");
            for (i, (mutable, ty)) in params.iter().enumerate() {
                out.push_str(if i == 0 { "" } else { ", " });
                out.push_str(if *mutable { "mut " } else { "" });
                write_type(out, types, *ty);
            }
            out.push_str("): ");
            write_type(out, types, *ret);
        }
        Type::Opaque(name, args) => write_named(out, types, name, args),
    }
}

fn write_named(out: &mut String, types: &TypeTable, name: &str, args: &[TypeId]) {
    out.push_str(name);
    if !args.is_empty() {
        write_args(out, types, "<", args, ">");
    }
}

fn write_args(out: &mut String, types: &TypeTable, open: &str, args: &[TypeId], close: &str) {
    out.push_str(open);
    for (i, ty) in args.iter().enumerate() {
        out.push_str(if i == 0 { "" } else { ", " });
        write_type(out, types, *ty);
    }
    out.push_str(close);
}
