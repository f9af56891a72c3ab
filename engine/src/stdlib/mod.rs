//! The library, written in the language; what it cannot say itself is `extern` and lives in the evaluator.

/// Library modules: path as written in `import`, and text.
pub const BUILTIN_MODULES: &[(&str, &str)] = &[
    ("ddlog_std", include_str!("ddlog_std.dl")),
    ("internment", include_str!("internment.dl")),
    ("allocate", include_str!("allocate.dl")),
    ("group", include_str!("group.dl")),
    ("log", include_str!("log.dl")),
    ("map", include_str!("map.dl")),
    ("print", include_str!("print.dl")),
    ("set", include_str!("set.dl")),
    ("vec", include_str!("vec.dl")),
];

/// Modules every module sees without importing them.
pub const IMPLICIT_MODULES: &[&str] = &["ddlog_std", "internment"];
