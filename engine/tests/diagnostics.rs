//! How diagnostics look, and that odd places do not upset them.

use weir_engine::diagnostics::{Diagnostic, Severity, render};
use weir_engine::source::{FileId, SourceMap, Span};

fn span(file: FileId, start: u32, end: u32) -> Span {
    Span { file, start, end }
}

#[test]
fn labels_in_two_files_are_shown_with_the_way_out() {
    let mut sources = SourceMap::default();
    let main = sources.add("main.dl", "import lib\n\nR(x) :- S(x, \"é\\t\").\n");
    let lib = sources.add("lib.dl", "// relations\noutput relation S(a: u32)\n");
    let mut diagnostic = Diagnostic::error("E0301", span(main, 20, 32), "relation `S` has 1 field, not 2")
        .label("2 arguments")
        .also(span(main, 12, 16), "in this rule")
        .also(span(lib, 29, 38), "declared here")
        .hint("Remove an argument.");
    let expected = "\
error[E0301]: relation `S` has 1 field, not 2
 --> main.dl:3:9
  |
3 | R(x) :- S(x, \"é\\t\").
  | ----    ^^^^^^^^^^^ 2 arguments
  | |
  | in this rule
  |
 ::: lib.dl:2:17
  |
2 | output relation S(a: u32)
  |                 --------- declared here
  |
  = help: Remove an argument.
";
    assert_eq!(render(&sources, std::slice::from_ref(&diagnostic), false), expected);

    let coloured = render(&sources, std::slice::from_ref(&diagnostic), true);
    assert!(coloured.contains("\u{1b}["));
    diagnostic.severity = Severity::Warning;
    assert!(render(&sources, &[diagnostic], false).starts_with("warning[E0301]: "));
}

#[test]
fn several_are_separated_by_a_blank_line() {
    let mut sources = SourceMap::default();
    let file = sources.add("a.dl", "one\ntwo\n");
    let diagnostics = [
        Diagnostic::error("E0001", span(file, 0, 3), "first"),
        Diagnostic::error("E0002", span(file, 4, 7), "second"),
    ];
    let expected = "\
error[E0001]: first
 --> a.dl:1:1
  |
1 | one
  | ^^^

error[E0002]: second
 --> a.dl:2:1
  |
2 | two
  | ^^^
";
    assert_eq!(render(&sources, &diagnostics, false), expected);
    assert_eq!(render(&sources, &[], false), "");
}

#[test]
fn places_outside_the_text_are_clipped() {
    let mut sources = SourceMap::default();
    let empty = sources.add("empty.dl", "");
    let short = sources.add("short.dl", "aé\r\n\tb");
    for (file, start, end) in
        [(empty, 0, 0), (empty, 5, 9), (short, 2, 2), (short, 3, 1), (short, 6, 99), (short, 99, 99)]
    {
        let shown =
            render(&sources, &[Diagnostic::error("E0009", span(file, start, end), "odd place")], false);
        assert!(shown.starts_with("error[E0009]: odd place\n") && shown.contains("--> "), "{shown}");
    }
}
