//! What is known of names and types by place. `$0` marks the place that is asked about.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use weir_engine::compile::{Analysis, analyze};
use weir_engine::source::{FileId, Span};

/// Analyses the text without its mark, together with a module `lib`, and gives the place of the mark.
fn marked(text: &str) -> (Analysis, FileId, u32) {
    let at = text.find("$0").expect("a mark");
    let text = text.replace("$0", "");
    let analysis = program(&text);
    let file = analysis.modules.iter().find(|m| m.path.is_empty()).unwrap().file;
    (analysis, file, at as u32)
}

fn program(text: &str) -> Analysis {
    analyze(Path::new("main.dl"), &[], &|path| match path.to_str()? {
        "main.dl" => Some(Ok(text.to_owned())),
        "lib.dl" => Some(Ok(LIB.to_owned())),
        _ => None,
    })
}

const LIB: &str = "typedef Colour = Red{depth: u8} | Green{depth: u8, leaf: bool}
function paint(c: Colour): string = \"x\"
function twice(x: 'A): ('A, 'A) = (x, x)
relation Wall(colour: Colour, height: bit<32>)
";

fn shown(analysis: &Analysis, span: Span) -> String {
    let (line, column) = analysis.sources.line_column(span);
    let file = &analysis.sources.file(span.file).name;
    format!("{} {line}:{column} {}", file.trim_end_matches(".dl"), analysis.sources.text(span))
}

/// Text with a mark; where the name at the mark is declared.
const DEFINITIONS: &[(&str, &[&str])] = &[
    ("function f(x: bool): bool = if ($0x) true else (x)", &["main 1:12 x"]),
    ("input relation P(x: u8)\nrelation Q(x: u8)\nQ(x) :- $0P(x).", &["main 1:16 P"]),
    ("input relation P(x: u8)\nrelation Q(x: u8)\nQ($0x) :- P(x).", &["main 3:11 x"]),
    ("input relation P(x: u8)\nrelation Q(x: u8)\nQ(x) :- P(.$0x = x).", &["main 1:18 x"]),
    ("input relation P(x: u8)\nrelation Q(x: u8)\nQ(p.$0x) :- p in P().", &["main 1:18 x"]),
    ("input relation P(x: u8)\nrelation Q(x: u8)\nQ(p.x) :- p in P(), not Q(p$0.x).", &["main 3:11 p"]),
    (
        "import lib\nrelation Q(x: u8)\nQ(w.colour.$0depth) :- w in Wall().",
        &["lib 1:22 depth", "lib 1:41 depth"],
    ),
    ("import lib\nrelation Q(x: string)\nQ(w.colour.pai$0nt()) :- w in lib::Wall().", &["lib 2:10 paint"]),
    ("import lib as l\nrelation Q(x: string)\nQ(l$0::paint(w.colour)) :- w in l::Wall().", &["lib 1:1 "]),
    ("import lib\nfunction f(c: $0Colour): u8 { c.depth }", &["lib 1:9 Colour"]),
    (
        "import lib\nfunction f(c: Colour): bool { match (c) { $0Green{.leaf = l} -> l, _ -> false } }",
        &["lib 1:35 Green"],
    ),
    (
        "import lib\nfunction f(c: Colour): bool { match (c) { Green{.$0leaf = l} -> l, _ -> false } }",
        &["lib 1:52 leaf"],
    ),
    (
        "import lib\nfunction f(c: Colour): bool { match (c) { Green{.leaf = l} -> $0l, _ -> false } }",
        &["main 2:57 l"],
    ),
    ("function f(x: 'A): '$0A = x", &["main 1:16 A"]),
    ("function f(x: 'A): 'A = $0x", &["main 1:12 x"]),
    ("function f(x: u8): u8 { var y = x; var z = y; $0y + z }", &["main 1:29 y"]),
    (
        "function f(x: u8): u8 = x\nfunction f(x: string): string = x\nfunction g(): string = $0f(\"a\")",
        &["main 2:10 f"],
    ),
    ("function f(x: u8): u8 = x\nfunction g(v: Vec<u8>): Vec<u8> = v.map($0f)", &["main 1:10 f"]),
    (
        "input relation P(x: u8, y: u8)\nrelation Q(x: u8, n: u64)\nQ(x, n) :- P(x, y), var n = y.group_by($0x).count().",
        &["main 3:14 x"],
    ),
    (
        "input relation P(x: u8, y: u8)\nrelation Q(x: u8, n: u64)\nQ(x, n) :- P(x, y), var g = y.group_by(x), var n = $0g.count().",
        &["main 3:25 g"],
    ),
    ("input relation P(x: u8) primary key (r) $0r.x", &["main 1:38 r"]),
    ("input relation P(x: u8)\nindex I(k: u8) on P($0k)", &["main 2:9 k"]),
    (
        "input relation P(x: u8)\nrelation Q(x: u8)\nfor (p in P()) { if (p.x > 1) { Q($0p.x) } }",
        &["main 3:6 p"],
    ),
    // What is wrong elsewhere does not hide what is right.
    ("input relation P(x: u8)\nrelation Q(x: u8)\nQ(x) :- P(x), Nothing(y), $0P(y).", &["main 1:16 P"]),
    ("input relation P(x: u8)\nrelation Q(x: u8)\nQ(x) :- P(x), x == \"a\" + $0x.", &["main 3:11 x"]),
    ("input relation P(x: u8)\nrelation Q(x: u8)\nQ(x) :- P(x), .\nQ(x) :- $0P(x).", &["main 1:16 P"]),
    ("input relation P(x: u8)\nrelation Q(x: u8)\nQ(x) :- P(x), Missing{.a = $0x} == 1.", &["main 3:11 x"]),
];

#[test]
fn a_name_leads_to_its_declaration() {
    for (text, expected) in DEFINITIONS {
        let (analysis, file, at) = marked(text);
        let found: Vec<String> = analysis
            .index
            .uses_at(file, at)
            .iter()
            .flat_map(|u| &analysis.index.definition(u.definition).places)
            .map(|place| shown(&analysis, *place))
            .collect();
        assert_eq!(found, *expected, "{text}");
    }
}

/// Text with a mark; all places of the name there.
const USES: &[(&str, &[&str])] = &[
    (
        "import lib\nrelation Q(x: u8)\nQ(w.colour.$0depth) :- w in Wall(.colour = Green{.depth = 1}).",
        &["lib 1:22 depth", "lib 1:41 depth", "main 3:12 depth", "main 3:49 depth"],
    ),
    (
        "input relation $0P(x: u8)\nrelation Q(x: u8)\nQ(x) :- P(x), not P(1).\nfunction f(p: P): u8 = p.x\nfunction g(): P = P{1}",
        &["main 1:16 P", "main 3:9 P", "main 3:19 P", "main 4:15 P", "main 5:15 P", "main 5:19 P"],
    ),
    (
        "function f(x: '$0A, y: Vec<'A>): ('A, 'A) = (x, x)\nfunction g(x: 'A): 'A = x",
        &["main 1:16 A", "main 1:27 A", "main 1:34 A", "main 1:38 A"],
    ),
    (
        "input relation P(x: u8)\nrelation Q(x: u8)\nQ($0x) :- P(x), x > 1, var y = x.\nQ(x) :- P(x).",
        &["main 3:3 x", "main 3:11 x", "main 3:15 x", "main 3:30 x"],
    ),
    (
        "import graph\ninput relation E(a: u64, b: u64)\nfunction from(e: E): u64 = e.a\nfunction to(e: E): u64 = e.b\noutput relation L[(u64, u64)]\napply graph::ConnectedComponents($0E, from, to) -> (L)",
        &["main 2:16 E", "main 3:18 E", "main 4:16 E", "main 6:34 E"],
    ),
];

#[test]
fn all_uses_of_a_name() {
    for (text, expected) in USES {
        let (analysis, file, at) = marked(text);
        let definition = analysis.index.definition_at(file, at).unwrap();
        let mut found: Vec<String> =
            analysis.index.uses_of(definition).into_iter().map(|s| shown(&analysis, s)).collect();
        found.sort_by_key(|s| s.starts_with("main"));
        assert_eq!(found, *expected, "{text}");
    }
}

/// Text with a mark; the innermost expression there and its type.
const TYPES: &[(&str, &str, &str)] = &[
    ("input relation P(x: u8)\nrelation Q(x: u8)\nQ(x) :- P(x), var y = Some{$0x}.", "x", "bit<8>"),
    (
        "input relation P(x: u8)\nrelation Q(x: u8)\nQ(x) :- P(x), var $0y = Some{x}.",
        "var y",
        "Option<bit<8>>",
    ),
    ("function f(x: u8): bit<16> { var v = [(x, \"a\")]; $0v; 1 }", "v", "Vec<(bit<8>, string)>"),
    ("function f(x: Option<'Key>): Option<('Key, bool)> { x.map(|y| ($0y, true)) }", "y", "'Key"),
    ("function f(): signed<32> { $0-5 }", "-5", "signed<32>"),
    ("function f(): istring { $0i\"a\" }", "i\"a\"", "istring"),
    ("function f(x: u8): string { var wrong: u8 = \"\"; \"${$0x}\" }", "x", "bit<8>"),
];

#[test]
fn expressions_have_types() {
    for (text, covered, expected) in TYPES {
        let (analysis, file, at) = marked(text);
        let (span, ty) = analysis.index.type_at(file, at + 1).unwrap();
        assert_eq!(analysis.sources.text(span), *covered, "{text}");
        assert_eq!(analysis.index.ty(ty).text, *expected, "{text}");
    }
}

/// Text with a mark; the variables that can be named there, innermost first.
const VISIBLE: &[(&str, &[&str])] = &[
    ("function f(x: u8): u8 { var y = x; { var z = y; $0 }; y }", &["z", "y", "x"]),
    ("function f(x: u8): u8 { var y = x; { var z = y; }; $0y }", &["y", "x"]),
    ("function f(x: u8): u8 { var c = |a| a + x; $0x }", &["c", "x"]),
    ("function f(x: u8): u8 { Some{x}.map(|a| $0a + x); x }", &["a", "x"]),
    ("input relation P(x: u8)\nrelation Q(x: u8)\nQ($0x) :- P(x), var y = x.", &["y", "x"]),
    ("input relation P(x: u8)\nrelation Q(x: u8)\nQ(x) :- P(x), $0P(x), var y = x.", &["x"]),
];

#[test]
fn variables_are_visible_where_they_can_be_named() {
    for (text, expected) in VISIBLE {
        let (analysis, file, at) = marked(text);
        let names: Vec<String> = analysis
            .index
            .visible_at(file, at)
            .into_iter()
            .map(|id| analysis.index.definition(id))
            .filter(|d| d.scope.is_some())
            .map(|d| d.name.to_string())
            .collect();
        assert_eq!(names, *expected, "{text}");
    }
}

#[test]
fn every_name_of_the_network_program_means_something() {
    let main = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules/weir.dl");
    let analysis = analyze(&main, &[], &|path| path.is_file().then(|| std::fs::read_to_string(path)));
    assert_eq!(analysis.diagnostics, []);
    let index = &analysis.index;
    let own = index.modules().filter(|(_, m)| !m.library).map(|(_, m)| m.file);
    let mut n_names = 0;
    for file in own {
        let source = analysis.sources.file(file);
        for (at, word) in words(&source.text) {
            n_names += 1;
            let meant = index.uses_at(file, at);
            assert!(!meant.is_empty(), "{} {at}: `{word}`", source.name);
        }
    }
    assert!(n_names > 1000, "{n_names}");
}

/// Words of the language that may be names elsewhere.
const WORDS: &[&str] = &["primary", "key", "index", "on", "original", "group_by"];

/// The length of the string that a text begins with.
fn string(text: &str) -> usize {
    let mut escaped = true;
    let end = text.find(|c| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    end.unwrap() + 1
}

/// The names in a text, outside of comments and strings, and where they start.
fn words(text: &str) -> Vec<(u32, &str)> {
    let mut words = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let length = match rest.chars().next().unwrap() {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").unwrap() + 2,
            '"' => string(rest),
            // `32'd5`
            c if c.is_numeric() => rest.find(|c| !word(c) && c != '\'').unwrap_or(rest.len()),
            c if word(c) => {
                let length = rest.find(|c| !word(c)).unwrap_or(rest.len());
                let name = &rest[..length];
                let is_prefix = rest[length..].starts_with('"');
                if !weir_engine::syntax::is_reserved(name) && !WORDS.contains(&name) && !is_prefix {
                    words.push((at as u32, name));
                }
                length
            }
            c => c.len_utf8(),
        };
        at += length;
    }
    words
}
