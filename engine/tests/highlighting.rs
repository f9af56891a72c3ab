//! The TextMate grammar for editors, against the lexer: what it colours as comment, string, number and keyword.
#![allow(clippy::unwrap_used)]

#[path = "highlighting/textmate.rs"]
mod textmate;

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use textmate::{Grammar, Scoped};
use weir_engine::syntax::{LexemeKind, lexemes};

fn grammar() -> Grammar {
    Grammar::read(include_str!("../../editors/vscode/syntaxes/weir.tmLanguage.json"))
}

/// What the innermost telling name of a piece says; none if no name does.
fn kind(piece: &Scoped) -> Option<LexemeKind> {
    const NAMES: &[(&str, LexemeKind)] = &[
        ("comment.", LexemeKind::Comment),
        ("string.", LexemeKind::String),
        ("constant.numeric.", LexemeKind::Number),
        ("keyword.control.", LexemeKind::Keyword),
        ("keyword.declaration.", LexemeKind::Keyword),
        ("keyword.operator.word.", LexemeKind::Keyword),
        ("storage.modifier.weir", LexemeKind::Keyword),
        ("storage.type.primitive.", LexemeKind::Keyword),
        ("constant.language.", LexemeKind::Keyword),
        ("variable.language.", LexemeKind::Keyword),
    ];
    let of = |scope: &str| NAMES.iter().find(|(name, _)| scope.starts_with(name)).map(|&(_, kind)| kind);
    piece.scopes.iter().rev().find_map(|scope| of(scope))
}

/// The first place where grammar and lexer differ, told with its line; none if they agree.
fn difference(grammar: &Grammar, text: &str) -> Option<String> {
    let mut wanted = vec![None; text.len()];
    for lexeme in lexemes(text) {
        wanted[lexeme.range].fill(Some(lexeme.kind));
    }
    let mut shown = vec![None; text.len() + 1];
    for piece in grammar.tokenize(text) {
        shown[piece.range.clone()].fill(kind(&piece));
    }
    let at = (0..text.len()).find(|&at| {
        // A line break has no colour.
        text.as_bytes()[at] != b'\n' && wanted[at] != shown[at]
    })?;
    let line = text[..at].matches('\n').count();
    let (wanted, shown) = (wanted[at], shown[at]);
    let start = text[..at].rfind('\n').map_or(0, |i| i + 1);
    let content = text.lines().nth(line).unwrap_or_default();
    Some(format!("{}:{}: lexer {wanted:?}, grammar {shown:?}: {content}", line + 1, at - start + 1))
}

fn rule_files(directory: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rule_files(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "dl") {
            into.push(path);
        }
    }
}

#[test]
fn grammar_agrees_with_the_lexer_on_every_rule_file() {
    let grammar = grammar();
    let engine = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut differences = Vec::new();
    for directory in ["../rules", "src/stdlib", "tests/language"] {
        let mut files = Vec::new();
        rule_files(&engine.join(directory), &mut files);
        assert!(!files.is_empty(), "{directory}");
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap();
            differences
                .extend(difference(&grammar, &text).map(|found| format!("{}:{found}", file.display())));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn grammar_agrees_with_the_lexer_on_what_is_rarely_written() {
    let grammar = grammar();
    for text in [
        "/* a /* b */ \"c\" // d */ e 1\n/* 2\n/* 3 */\n4 */ 5",
        "// /* not opened\nif 1 // \"x\ntrue",
        r#"x = "a ${1 + f(\"b ${2} \\n c\")} d" ++ i"e""#,
        r#"x = "a ${f(\"b ${g(\\\"c ${3} d\\\", 4)} e\")} f" + 5"#,
        r#"x = "a ${ {1, {2}} } ${match (y) { _ -> true }} b" 6"#,
        r#"x = "a ${/* \" } */ 7} b" 8"#,
        r#"x = "\"${\"}\"}\\${1}\${2}" 9"#,
        "x = [|\"a\" ${1} \\ |] 2 i[|\n\" if |] 3",
        "x = $[|\"a\" ${f(\"}\", 1)} \\\n if ${ {2} /* } */ } |] 3",
        "x = i$[|a ${\"b ${\\\"c\\\" ++ 1}\"} // d|] 4",
        "x = \"a\\\n   \\b ${1}\" 2 \"c\\  \\d\" 3",
        r#"x = "żółw \x41\o103\65\^A\NUL\u{1F422}\&" 1"#,
        "0 1_000 32'hff 8'sd1 'hFF 'sb1_0 3'o7 64'd1 1.5 1.5e3 2e-7 1_0.0_1E+2 32'f1.5 64'f2 32'f1e5",
        "x.0.1 x.0 a1 _1 _ 'A 'Ab1 'b1 'd 5..6 x[7:0] -1",
        "ifx iff If if_ x_if if(if) 'A not_ nota not(a) FlatMap Flat_Map string strings bit<32> bits u32 istring",
        "a=>-1 a++\"b\" 1/2 1/*c*//2 a<-3 a:-not b.",
        "#[size = 8] #[rust = \"a]\", x = [1, 2]] typedef t = bit<8> // #[",
        "import a::b as c import d 1",
        "\"${\" 1",
        "$[|${ {|] 1",
        r#""${f(i\"a ${i\\\"b\\\"} c\", 1)}" 2"#,
        "a+/*c*/1 -// if\n2",
    ] {
        assert_eq!(difference(&grammar, text), None, "{text}");
    }
}

/// Pieces that say something else, or nothing, next to each other. All end on their line and have what closes them.
#[rustfmt::skip]
const FRAGMENTS: &[&str] = &[
    "1", "0", "_", "'", "'hf", "32'd", "'f", "8'sb1", "e", "e+", "E5", ".", "5.", "x", "i", "if", "not", "A",
    "bit", "é", "+", "-", ":", "=", "<", ">", "!", "%", "&", "#", "@", "?", "(", ")", "]", ",", ";", " ", "\t",
    "{1}", "::", "import", "while", "index", "\"\"", "\"a\"", "i\"\\n\\\\\"", "\"if 1\"", "\"\\\"${x}\\x41\"",
    "\"${1}$\"", "/**/", "/*/*\"*/1*/",
];

/// More of them, that would not stay inside an interpolation.
const FREE_FRAGMENTS: &[&str] =
    &["\n", "/", "//", "{", "}", "[1", "[|\"|]", "i$[|${1}|]", "[|if\n1|]", "/*\n*/"];

fn soup(fragments: Vec<&'static str>) -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(fragments), 0..12).prop_map(|parts| parts.concat())
}

/// A quoted literal that says a text.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', r"\\").replace('"', r#"\""#))
}

#[test]
fn grammar_agrees_with_the_lexer_on_random_words() {
    let grammar = grammar();
    let config = ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let free = soup([FRAGMENTS, FREE_FRAGMENTS].concat());
    let result = runner.run(&(free, soup(FRAGMENTS.to_vec())), |(free, inner)| {
        let once = quoted(&format!("a${{{inner}}}b"));
        let twice = quoted(&format!("a${{{once}}}b"));
        let bar = format!("$[|a${{{inner}}}b|]");
        for text in [free, format!("{once} 1"), format!("{twice} 1"), format!("{bar} 1")] {
            prop_assert_eq!(difference(&grammar, &text), None, "{}", text);
        }
        Ok(())
    });
    result.unwrap();
}

#[test]
fn an_unfinished_string_ends_with_its_line() {
    assert_eq!(scopes("x = \"abc\nif (y) 1", "if"), "keyword.control");
}

/// The names of the first piece that starts with `part`.
fn scopes(text: &str, part: &str) -> String {
    let at = text.find(part).unwrap();
    let pieces = grammar().tokenize(text);
    let piece = pieces.iter().find(|piece| piece.range.contains(&at)).unwrap();
    assert_eq!(&text[piece.range.clone()], part, "{text}");
    piece.scopes.iter().skip(1).map(|scope| scope.trim_end_matches(".weir")).collect::<Vec<_>>().join(" ")
}

#[test]
fn names_are_told_apart_by_their_first_letter_and_what_follows() {
    let rule = "Port(.name = name, .tag = Some{tag}) :- &nb::Lsp(), var n = name.len().";
    for (text, part, wanted) in [
        (rule, "Port", "entity.name.class.relation"),
        (rule, "name", "variable.other.member"),
        (rule, "Some", "entity.name.type.constructor"),
        (rule, ":-", "keyword.operator.rule"),
        (rule, "nb", "entity.name.namespace"),
        (rule, "Lsp", "entity.name.class.relation"),
        (rule, "var", "keyword.declaration"),
        (rule, "len", "entity.name.function"),
        ("function g(x: 'A): Vec<u32> = x", "g", "entity.name.function"),
        ("function g(x: 'A): Vec<u32> = x", "A", "variable.parameter.type"),
        ("function g(x: 'A): Vec<u32> = x", "Vec", "entity.name.type"),
        ("function g(x: 'A): Vec<u32> = x", "u32", "support.type.alias"),
        ("import net::ipv4 as ip", "ipv4", "meta.import entity.name.namespace"),
        ("#[rust = \"x\"] input relation R()", "rust", "meta.attribute entity.other.attribute-name"),
        ("primary key (x) x.a", "primary", "storage.modifier.key"),
        ("var while = 1", "while", "invalid.illegal.reserved"),
        ("1abc", "1abc", "invalid.illegal.number"),
    ] {
        assert_eq!(scopes(text, part), wanted, "{part} of {text}");
    }
}

#[test]
fn code_in_a_string_is_marked_as_embedded() {
    const STRING: &str = "string.quoted.double";
    const CODE: &str = "string.quoted.double meta.interpolation meta.embedded.line";
    let text = r#"x = "a\n${f(1)} b""#;
    assert_eq!(scopes(text, "a"), STRING);
    assert_eq!(scopes(text, "\\n"), format!("{STRING} constant.character.escape"));
    assert_eq!(scopes(text, "f"), format!("{CODE} entity.name.function"));
    assert_eq!(scopes(text, "1"), format!("{CODE} constant.numeric.integer.decimal"));
    assert_eq!(scopes(text, "}"), "string.quoted.double meta.interpolation punctuation.section.embedded.end");
    assert_eq!(scopes(r#"x = "\q""#, "\\q"), format!("{STRING} invalid.illegal.escape"));
}
