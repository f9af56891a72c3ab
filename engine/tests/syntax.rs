//! The parser on small programs: what is read, and what is told.
#![allow(clippy::unwrap_used)]

use weir_engine::source::SourceMap;
use weir_engine::syntax::ast::{BinaryOp, ClauseKind, Expr, ExprKind, ItemKind};
use weir_engine::syntax::{load, load_text, parse};

fn messages(text: &str) -> Vec<String> {
    let mut sources = SourceMap::default();
    let file = sources.add("test.dl", text);
    let place = |span| sources.line_column(span);
    let (_, diagnostics) = parse(file, text);
    diagnostics
        .iter()
        .map(|d| {
            let (line, column) = place(d.primary.span);
            format!("{line}:{column} {}", d.message)
        })
        .collect()
}

fn body_expr(text: &str) -> Expr {
    let mut sources = SourceMap::default();
    let text = format!("function f(): T = {text}");
    let file = sources.add("test.dl", text.clone());
    let (module, diagnostics) = parse(file, &text);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    match module.items.into_iter().next().unwrap().kind {
        ItemKind::Function(function) => function.body.unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn tighter_operators_nest_inside() {
    let ExprKind::Binary(BinaryOp::Concat, left, _) = body_expr("a + b * c ++ d").kind else { panic!() };
    let ExprKind::Binary(BinaryOp::Add, _, right) = left.kind else { panic!() };
    assert!(matches!(right.kind, ExprKind::Binary(BinaryOp::Mul, ..)));
}

#[test]
fn condition_of_if_is_a_term() {
    let ExprKind::Binary(BinaryOp::Concat, left, right) =
        body_expr("if (x) {y} else {z} ++ if (q) {r} else {t}").kind
    else {
        panic!()
    };
    assert!(matches!((left.kind, right.kind), (ExprKind::If(..), ExprKind::If(..))));
}

#[test]
fn a_dot_before_an_item_ends_the_rule() {
    let text = "R(x) :- S(x), var y = x.f.\nindex I(a: u32) on R(a)\na::T(x) :- R(x), x.index.\n&U(1).";
    let mut sources = SourceMap::default();
    let file = sources.add("test.dl", text);
    let (module, diagnostics) = parse(file, text);
    assert_eq!(diagnostics, []);
    assert_eq!(module.items.len(), 4);
    let ItemKind::Rule(rule) = &module.items[2].kind else { panic!() };
    assert!(matches!(&rule.body[1].kind, ClauseKind::Expr(Expr { kind: ExprKind::Field(..), .. })));
}

#[test]
fn several_mistakes_are_all_told() {
    let text = "typedef A = \nR(x) :- S(x +), T(x).\nfunction f(): u32 { g(; h(1) }\nQ(x) :- R(x)\nV(1).";
    assert_eq!(
        messages(text),
        [
            "2:1 expected a type, found `R`",
            "2:14 expected an expression, found `)`",
            "3:23 expected an expression, found `;`",
            "4:12 missing `.` at the end of the rule",
        ]
    );
}

#[test]
fn deep_nesting_is_an_error() {
    for text in
        ["(".repeat(100_000), "-".repeat(100_000), "{ f([".repeat(50_000), "a ++ ".repeat(100_000) + "a"]
    {
        let text = format!("function f(): T = {text}");
        assert!(!messages(&text).is_empty());
    }
}

/// A beginning, what is repeated, and what must be told.
#[test]
fn what_is_no_program_is_told_in_few_words() {
    let cases = [
        ("function f(): T = ", "9", "a number of 100000 digits"),
        ("function f(): T = 'h", "f_", "a number of 100000 digits"),
        ("", "=", "unknown operator `===="),
        ("", "\0", "unexpected character `"),
        ("", "\0 ", "more than 200 mistakes in this file"),
        ("", "R(x :- ] } , . ; @ # \"", "unclosed `(`"),
        ("function f(): T = \"", "${", "unterminated string"),
        ("", "R(x\n", "more than 200 mistakes in this file"),
        ("function f(): T = \"", "\\q", "unterminated string"),
        ("", "$[|${", "unterminated string"),
        ("", "/*", "unterminated block comment"),
    ];
    for (start, repeated, told) in cases {
        let text = start.to_owned() + &repeated.repeat(100_000);
        let messages = messages(&text);
        assert!(messages.len() <= 202, "{repeated}: {}", messages.len());
        assert!(messages.iter().all(|message| message.len() < 300), "{repeated}: {:.300}", messages[0]);
        assert!(
            messages.iter().any(|message| message.contains(told)),
            "{repeated}: {:?}",
            &messages[..messages.len().min(3)]
        );
    }
}

/// All that can nest, deeper than the limit: opened only, and closed.
#[test]
fn everything_that_nests_has_a_limit() {
    let function = "function f(): T = ";
    let cases = [
        (function, "(", ")"),
        (function, "[", "]"),
        (function, "{", "}"),
        (function, "{ x; ", "}"),
        (function, "- ", ""),
        (function, "not ", ""),
        (function, "&", ""),
        (function, "~", ""),
        (function, "x@", ""),
        (function, "if (a) ", ""),
        (function, "if (a) b else ", ""),
        (function, "if (", ") b"),
        (function, "match (a) { x -> ", "}"),
        (function, "match (", ") { x -> 1 }"),
        (function, "for (x in y) ", ""),
        (function, "for (x in ", ") y"),
        (function, "|x| ", ""),
        (function, "function(x: T) { ", "}"),
        (function, "f(", ")"),
        (function, "x.f(", ")"),
        (function, "C{", "}"),
        (function, "C{.a = ", "}"),
        (function, "[1 -> ", "]"),
        (function, "return ", ""),
        (function, "a ++ ", "b"),
        (function, "x or (y and ", ")"),
        ("function f(): T = match (x) { ", "(", ")"),
        ("function f(): T = match (x) { ", "C{", "}"),
        ("function f(): T = match (x) { ", "&", ""),
        ("typedef T = ", "Vec<", ">"),
        ("typedef T = ", "(", ")"),
        ("typedef T = ", "function(", ")"),
        ("typedef T = ", "function(): ", ""),
        ("extern transformer X(a: ", "relation[", "]"),
        ("for (x in R) ", "for (x in R) ", ""),
        ("for (x in R) ", "if (x) ", ""),
        ("for (x in R) ", "if (x) skip else ", ""),
        ("for (x in R) ", "match (x) { y -> ", "}"),
        ("for (x in R) ", "var y = x in ", ""),
        ("for (x in R) ", "{ ", "}"),
        ("R(x) :- ", "S(", ")"),
        ("R(x) :- S[", "C{", "}"),
        ("R(", "[", "]"),
    ];
    for (start, open, close) in cases {
        for n in [1_000, 20_000] {
            let opened = start.to_owned() + &open.repeat(n);
            let closed = format!("{opened}1{}", close.repeat(n));
            for text in [opened, closed] {
                let messages = messages(&text);
                assert!(
                    messages.iter().any(|message| message.ends_with("nested too deeply")),
                    "{start}{open}: {messages:?}"
                );
            }
        }
    }
}

#[test]
fn imports_are_found_and_read_once() {
    let dir = std::env::temp_dir().join(format!("weir-syntax-{}", std::process::id()));
    let lib = dir.join("lib");
    std::fs::create_dir_all(dir.join("net")).unwrap();
    std::fs::create_dir_all(&lib).unwrap();
    std::fs::write(dir.join("main.dl"), "import net::ip\nimport other as o\nimport missing\n").unwrap();
    std::fs::write(dir.join("net/ip.dl"), "import other\n").unwrap();
    std::fs::write(lib.join("other.dl"), "import net::ip\ntypedef T = u8\n").unwrap();
    let builtin: &[(&str, &str)] =
        &[("internment", "import ddlog_std\n"), ("ddlog_std", "typedef u8 = bit<8>\n")];
    let (modules, sources, diagnostics) = load(&dir.join("main.dl"), std::slice::from_ref(&lib), builtin);
    std::fs::remove_dir_all(&dir).unwrap();
    let paths: Vec<String> = modules.iter().map(|m| m.path.join("::")).collect();
    assert_eq!(paths, ["ddlog_std", "internment", "", "net::ip", "other"]);
    assert_eq!(diagnostics.len(), 1);
    assert_eq!(diagnostics[0].message, "module `missing` not found");
    assert_eq!(sources.line_column(diagnostics[0].primary.span), (3, 8));
    let hint = diagnostics[0].hint.clone().unwrap();
    assert!(hint.contains("main.dl") || hint.contains("lib/missing.dl"), "{hint}");
}

#[test]
fn imports_that_make_no_sense_are_refused() {
    let text = "import ddlog_std\nimport a\nimport a as b\n";
    let (_, _, diagnostics) = load_text("<test>", text, &[], &[("a", ""), ("ddlog_std", "")]);
    let messages: Vec<&str> = diagnostics.iter().map(|d| &*d.message).collect();
    assert_eq!(messages, ["`ddlog_std` is always imported", "module `a` is imported twice"]);
}

#[test]
fn a_main_file_that_cannot_be_read_is_told() {
    let (modules, sources, diagnostics) = load("no/such/main.dl".as_ref(), &[], &[]);
    assert!(modules.is_empty());
    assert_eq!(diagnostics.len(), 1);
    assert_eq!(diagnostics[0].code, "E0034");
    assert_eq!(sources.file(diagnostics[0].primary.span.file).name, "no/such/main.dl");
}

#[test]
fn places_inside_interpolated_strings_are_those_of_the_file() {
    let text = "function f(): string = \"\\tab ${g(\\\"x\\\", +)}\"\n    \"c ${d e}\"";
    assert_eq!(messages(text), ["1:41 expected an expression, found `+`", "2:12 expected `}`, found `e`"]);
}

#[test]
fn the_longest_allowed_trees_are_read() {
    let chain = format!("function f(): T = {}a", "a ++ ".repeat(500));
    assert_eq!(messages(&chain), [""; 0]);
    let nest = format!("function f(): T = {}a{}", "(".repeat(60), ")".repeat(60));
    assert_eq!(messages(&nest), [""; 0]);
    let alternatives = format!("function f(): T = {} {{}}", "if (a) b else ".repeat(100));
    assert_eq!(messages(&alternatives), [""; 0]);
}
