//! The library, written in the language; what it cannot say itself is `extern` and lives in the evaluator.
//!
//! Attributes that only the library uses: `#[same_as = "m::f"]` on an extern function, done by that built-in;
//! `#[set]`, `#[intern]` and `#[bits = N]` on an extern type, whose values are those of `Set`, `Intern` and `bit<N>`.

/// Library modules: path as written in `import`, and text.
pub const BUILTIN_MODULES: &[(&str, &str)] = &[
    ("ddlog_std", include_str!("ddlog_std.dl")),
    ("ddlog_rt", ""),
    ("ddlog_bigint", ""),
    ("ddlog_log", ""),
    ("debug", include_str!("debug.dl")),
    ("internment", include_str!("internment.dl")),
    ("allocate", include_str!("allocate.dl")),
    ("base64", include_str!("base64.dl")),
    ("d3log::reflect", include_str!("d3log/reflect.dl")),
    ("fp", include_str!("fp.dl")),
    ("graph", include_str!("graph.dl")),
    ("group", include_str!("group.dl")),
    ("hashset", include_str!("hashset.dl")),
    ("intern", include_str!("intern.dl")),
    ("json", include_str!("json.dl")),
    ("log", include_str!("log.dl")),
    ("log4j", include_str!("log4j.dl")),
    ("map", include_str!("map.dl")),
    ("net::ipaddr", include_str!("net/ipaddr.dl")),
    ("net::ipv4", include_str!("net/ipv4.dl")),
    ("net::ipv6", include_str!("net/ipv6.dl")),
    ("ovsdb", include_str!("ovsdb.dl")),
    ("print", include_str!("print.dl")),
    ("regex", include_str!("regex.dl")),
    ("set", include_str!("set.dl")),
    ("time", include_str!("time.dl")),
    ("tinyset", include_str!("tinyset.dl")),
    ("url", include_str!("url.dl")),
    ("uuid", include_str!("uuid.dl")),
    ("vec", include_str!("vec.dl")),
];

/// Modules every module sees without importing them.
pub const IMPLICIT_MODULES: &[&str] = &["ddlog_std", "internment", "debug"];
