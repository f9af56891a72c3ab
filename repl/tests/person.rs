//! The shell as a person has it: errors do not end it, and a single update is a transaction.
#![allow(clippy::unwrap_used)]

mod common;

use common::{printed, start};
use expect_test::{Expect, expect};
use weir_repl::Mode;

const PROGRAM: &str = "
typedef Color = Red | Mixed{parts: Vec<Color>}
input relation Edge(from: string, to: string)
input relation Node(name: string, color: Color) primary key (n) n.name
input stream Tick[bit<8>]
relation Step(from: string, to: string)
output relation Path(from: string, to: string)
index from_node(from: string, to: string) on Path(from, to)
Step(a, b) :- Edge(a, b).
Path(a, b) :- Step(a, b).
Path(a, c) :- Path(a, b), Step(b, c).
";

/// What a person sees: output and complaints.
fn check(commands: &str, expected_out: Expect, expected_err: Expect) {
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("program.dl");
    std::fs::write(&program, PROGRAM).unwrap();
    let (out, err) = printed(start(&program), Mode::Person, commands);
    expected_out.assert_eq(&out);
    expected_err.assert_eq(&err);
}

#[test]
fn an_update_by_itself_is_committed_and_shown() {
    check(
        "insert Edge(\"a\", \"b\"), insert Edge(\"b\", \"c\");\nclear Edge;\n",
        expect![[r#"
            Path:
            Path{.from = "a", .to = "b"}: +1
            Path{.from = "a", .to = "c"}: +1
            Path{.from = "b", .to = "c"}: +1
            Path:
            Path{.from = "a", .to = "b"}: -1
            Path{.from = "a", .to = "c"}: -1
            Path{.from = "b", .to = "c"}: -1
        "#]],
        expect![[""]],
    );
}

#[test]
fn after_an_error_the_rest_of_the_line_is_dropped_and_the_next_is_read() {
    check(
        "insert Edge(\"a\", 1); insert Edge(\"x\", \"y\");\ninsrt;\ninsert Edge(\"a\", \"b\");\ndump Nothing;\n",
        expect![[r#"
            Path:
            Path{.from = "a", .to = "b"}: +1
        "#]],
        expect![[r#"
            Error: Edge: at .to: expected string, found 1
            Error: unknown command `insrt` at column 1; did you mean `insert`?
            Error: Unknown relation Nothing
        "#]],
    );
}

#[test]
fn a_refused_update_costs_no_more_than_itself() {
    check(
        "insert Node(\"a\", Red);\nstart;\ninsert Edge(\"a\", \"b\");\ninsert Node(\"a\", Mixed{[Red]});\ncommit;\n\
         dump Path;\ndump Node;\ncommit;\n",
        expect![[r#"
            done; no output relation has changed
            Path{.from = "a", .to = "b"}
            Node{.name = "a", .color = Red{}}
        "#]],
        expect![[r#"
            Error: Node: a record with the key of Node{.name = "a", .color = Mixed{.parts = [Red{}]}} exists; it is not in the transaction
            Error: no transaction in progress
        "#]],
    );
}

#[test]
fn every_relation_can_be_looked_at() {
    check(
        "insert Edge(\"a\", \"b\");\ndump Edge;\ndump Step;\nquery_index from_node(\"a\", \"b\");\ndump;\nrelations;\n",
        expect![[r#"
            Path:
            Path{.from = "a", .to = "b"}: +1
            Edge{.from = "a", .to = "b"}
            Step{.from = "a", .to = "b"}
            Path{.from = "a", .to = "b"}
            Path:
            Path{.from = "a", .to = "b"}

            input relation Edge(from: string, to: string)
            input relation Node(name: string, color: Color)
            input stream Tick[bit<8>]
            relation Step(from: string, to: string)
            output relation Path(from: string, to: string)
            index from_node(from: string, to: string) on Path
        "#]],
        expect![[""]],
    );
}

#[test]
fn an_update_that_cannot_be_is_told_when_it_is_typed_and_the_transaction_goes_on() {
    check(
        "insert Node(\"a\", Red);\nstart;\ninsert Node(\"b\", Red);\ninsert Node(\"b\", Mixed{[]});\ndelete_key Node \"q\";\n\
         delete Node(\"a\", Mixed{[]});\ninsert Edge(\"a\", 7);\ninsert Edge(\"a\", \"b\"), delete_key Node \"a\";\ncommit;\ndump Node;\n",
        expect![[r#"
            done; no output relation has changed
            Node{.name = "b", .color = Red{}}
        "#]],
        expect![[r#"
            Error: Node: a record with the key of Node{.name = "b", .color = Mixed{.parts = []}} exists; it is not in the transaction
            Error: Node: no record has the key "q"; it is not in the transaction
            Error: Node: the record with the key of Node{.name = "a", .color = Mixed{.parts = []}} is another one; it is not in the transaction
            Error: Edge: at .to: expected string, found 7
        "#]],
    );
}

#[test]
fn names_that_are_almost_right_are_recognised() {
    check(
        "insert Egde(\"a\", \"b\");\ninsert Edge(.from = \"a\", .too = \"b\");\ninsert Node(\"a\", Rde);\ndump Pth;\n\
         query_index from_nod(\"a\");\nisnert Edge(\"a\", \"b\");\nclear Stepp;\ndump Nothing;\n",
        expect![[r#""#]],
        expect![[r#"
            Error: Unknown input relation Egde; did you mean `Edge`?
            Error: Edge: `Edge` has no field `too`; did you mean `to`?
            Error: Node: at .color: `Rde` is not a constructor of Color; did you mean `Red`?
            Error: Unknown relation Pth; did you mean `Path`?
            Error: Unknown index from_nod; did you mean `from_node`?
            Error: unknown command `isnert` at column 1; did you mean `insert`?
            Error: Unknown input relation Stepp
            Error: Unknown relation Nothing
        "#]],
    );
}

#[test]
fn a_failing_rule_is_told_with_its_calls_and_the_values_it_failed_for() {
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("rates.dl");
    std::fs::write(
        &program,
        "input relation Load(host: string, bytes: u64, seconds: u64)
output relation Rate(host: string, rate: u64)
function per(bytes: u64, seconds: u64): u64 = bytes / seconds
function rate(bytes: u64, seconds: u64): u64 = per(bytes * 8, seconds)
Rate(host, rate(bytes, seconds)) :- Load(host, bytes, seconds).
",
    )
    .unwrap();
    let commands = "insert Load(\"h1\", 10, 2), insert Load(\"h2\", 10, 0);\ndump Load;\n";
    let (out, err) = printed(start(&program), Mode::Person, commands);
    let place = directory.path().display().to_string();
    expect![[""]].assert_eq(&out);
    expect![[r#"
        error[E0450]: division by zero
         --> DIR/rates.dl:3:47
          |
        3 | function per(bytes: u64, seconds: u64): u64 = bytes / seconds
          |                                               ^^^^^^^^^^^^^^^
        4 | function rate(bytes: u64, seconds: u64): u64 = per(bytes * 8, seconds)
          |                                                ----------------------- in this call of `per`
        5 | Rate(host, rate(bytes, seconds)) :- Load(host, bytes, seconds).
          |            -------------------- in this call of `rate`
          |
          = help: It happened for host = "h2", bytes = 10, seconds = 0.
        The transaction is rolled back.
    "#]]
    .assert_eq(&err.replace(&place, "DIR"));
}
