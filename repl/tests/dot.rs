//! Commands that begin with a dot, and how results look.
#![allow(clippy::unwrap_used)]

mod common;

use common::{printed, start};
use expect_test::{Expect, expect};
use weir_repl::Mode;

const PROGRAM: &str = "
typedef Color = Red | Mixed{parts: Vec<Color>, share: double}
input relation Edge(from: string, to: string)
input relation Node(name: string, weight: bit<32>, color: Color) primary key (n) n.name
input multiset Note[string]
relation Step(from: string, to: string)
output relation Path(from: string, to: string)
output relation Heavy(name: string, weight: bit<32>)
output relation Total(count: usize)
index from_node(from: string) on Path(from, _)
Step(a, b) :- Edge(a, b).
Path(a, b) :- Step(a, b).
Path(a, c) :-
    Path(a, b),
    Step(b, c).
Heavy(n, w), Total(1) :- Node(n, w, _), w > 100.
";

/// What a person sees: output and complaints.
fn check(commands: &str, expected_out: Expect, expected_err: Expect) {
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("program.dl");
    std::fs::write(&program, PROGRAM).unwrap();
    let directory = directory.path().to_str().unwrap();
    let (out, err) = printed(start(&program), Mode::Person, &commands.replace("DIR", directory));
    expected_out.assert_eq(&timeless(&out.replace(directory, "DIR").replace('\r', "␍")));
    expected_err.assert_eq(&err.replace(directory, "DIR"));
}

/// Without how long files took.
fn timeless(text: &str) -> String {
    let time = |line: &str| line.split_once(" updates in ").map(|(before, _)| format!("{before} updates"));
    text.split_inclusive('\n').map(|line| time(line).map_or(line.to_owned(), |line| line + "\n")).collect()
}

#[test]
fn tables_show_fields_in_columns_and_numbers_at_the_right() {
    check(
        ".mode table\ninsert Node(\"a\", 7, Red), insert Node(\"bee\", 1200, Mixed{[Red], 0.5});\ndump Node;\ndump Path;\n",
        expect![[r#"
            Heavy
            ┌───┬──────┬────────┐
            │   │ name │ weight │
            ├───┼──────┼────────┤
            │ + │ bee  │   1200 │
            └───┴──────┴────────┘
            Total
            ┌───┬───────┐
            │   │ count │
            ├───┼───────┤
            │ + │     1 │
            └───┴───────┘
            ┌──────┬────────┬───────────────────────────────────────┐
            │ name │ weight │ color                                 │
            ├──────┼────────┼───────────────────────────────────────┤
            │ a    │      7 │ Red{}                                 │
            │ bee  │   1200 │ Mixed{.parts = [Red{}], .share = 0.5} │
            └──────┴────────┴───────────────────────────────────────┘
            2 rows
            ┌──────┬────┐
            │ from │ to │
            ├──────┼────┤
            └──────┴────┘
            0 rows
        "#]],
        expect![[""]],
    );
}

#[test]
fn json_is_an_object_a_line() {
    check(
        ".mode json\ninsert Node(\"say \\\"hi\\\"\", 1200, Mixed{[Red], 0.5}), insert Note[\"twice\"], insert Note[\"twice\"];\n\
         dump Node; dump Note;\ndelete_key Node \"say \\\"hi\\\"\";\n",
        expect![[r#"
            {"relation":"Heavy","weight":1,"record":{"name":"say \"hi\"","weight":1200}}
            {"relation":"Total","weight":1,"record":{"count":1}}
            {"relation":"Node","weight":1,"record":{"name":"say \"hi\"","weight":1200,"color":{"Mixed":{"parts":["Red"],"share":0.5}}}}
            {"relation":"Note","weight":2,"record":"twice"}
            {"relation":"Heavy","weight":-1,"record":{"name":"say \"hi\"","weight":1200}}
            {"relation":"Total","weight":-1,"record":{"count":1}}
        "#]],
        expect![[""]],
    );
}

#[test]
fn csv_is_quoted_where_needed() {
    check(
        ".mode csv\ninsert Edge(\"a,b\", \"say \\\"hi\\\"\");\ninsert Note[\"twice\"], insert Note[\"twice\"];\ndump Edge; dump Note;\n",
        expect![[r#"
            _relation,_weight,from,to␍
            Path,1,"a,b","say ""hi"""␍
            from,to␍
            "a,b","say ""hi"""␍
            _weight,Note␍
            2,twice␍
        "#]],
        expect![[""]],
    );
}

#[test]
fn lines_have_a_field_each() {
    check(
        ".mode line\ninsert Node(\"a\", 7, Red), insert Node(\"bee\", 1200, Red);\ndump Node;\n",
        expect![[r#"
            Heavy +1
              name = bee
            weight = 1200

            Total +1
            count = 1

              name = a
            weight = 7
             color = Red{}

              name = bee
            weight = 1200
             color = Red{}
        "#]],
        expect![[""]],
    );
}

#[test]
fn the_mode_can_be_asked_for_and_left() {
    check(
        ".mode\n.mode table\n.mode\n.mode ddlog\ninsert Edge(\"a\", \"b\");\nquery_index from_node(\"a\");\n.mode json\n\
         query_index from_node(\"a\");\n",
        expect![[r#"
            ddlog
            table
            Path:
            Path{.from = "a", .to = "b"}: +1
            Path{.from = "a", .to = "b"}
            {"relation":"Path","weight":1,"record":{"from":"a","to":"b"}}
        "#]],
        expect![[""]],
    );
}

#[test]
fn watched_relations_show_their_changes_after_every_commit() {
    check(
        ".watch Step, Edge\n.watch\nstart;\ninsert Edge(\"a\", \"b\");\ncommit;\ninsert Edge(\"c\", \"d\");\n.unwatch Edge\n\
         delete Edge(\"c\", \"d\");\n.unwatch\n.watch\ndelete Edge(\"a\", \"b\");\n.watch Stpe\n",
        expect![[r#"
            Edge
            Step
            Edge:
            Edge{.from = "a", .to = "b"}: +1
            Step:
            Step{.from = "a", .to = "b"}: +1
            Edge:
            Edge{.from = "c", .to = "d"}: +1
            Path:
            Path{.from = "c", .to = "d"}: +1
            Step:
            Step{.from = "c", .to = "d"}: +1
            Path:
            Path{.from = "c", .to = "d"}: -1
            Step:
            Step{.from = "c", .to = "d"}: -1
            Path:
            Path{.from = "a", .to = "b"}: -1
        "#]],
        expect![[r#"
            Error: unknown relation Stpe: did you mean `Step`?
        "#]],
    );
}

#[test]
fn declarations_and_rules_are_shown() {
    check(
        ".schema\n.schema Node\n.schema Path\n.schema from_node\n.schema Color\n.rules\n.rules Total\n.schema Nood\n",
        expect![[r#"
            input relation Edge(from: string, to: string)
            input relation Node(name: string, weight: bit<32>, color: Color)
            input multiset Note[string]
            relation Step(from: string, to: string)
            output relation Path(from: string, to: string)
            output relation Heavy(name: string, weight: bit<32>)
            output relation Total(count: bit<64>)
            index from_node(from: string) on Path
            typedef Color = Red | Mixed{parts: Vec<Color>, share: double}
            input relation Node(name: string, weight: bit<32>, color: Color)
            output relation Path(from: string, to: string)
            index from_node(from: string) on Path
            index from_node(from: string) on Path
            typedef Color = Red | Mixed{parts: Vec<Color>, share: double}
              1  Step(a, b) :- Edge(a, b).  // DIR/program.dl:11
              2  Path(a, b) :- Step(a, b).  // DIR/program.dl:12
              3  Path(a, c) :-
                     Path(a, b),
                     Step(b, c).  // DIR/program.dl:13
              4  Heavy(n, w), Total(1) :- Node(n, w, _), w > 100.  // DIR/program.dl:16
              4  Heavy(n, w), Total(1) :- Node(n, w, _), w > 100.  // DIR/program.dl:16
        "#]],
        expect![[r#"
            Error: unknown relation Nood: did you mean `Node`?
        "#]],
    );
}

#[test]
fn what_is_saved_loads_back_exactly() {
    check(
        "insert Edge(\"quo\\\"te\", \"back\\\\slash\\nline\ttab \u{301}\u{7}\"), insert Node(\"n\", 4000000000, Mixed{[Red, Mixed{[], -2.5e-7}], 1e999}), \
         insert Note[\"twice\"], insert Note[\"twice\"];\n.save DIR/all.dat\n\
         clear Edge; clear Node; delete Note[\"twice\"], delete Note[\"twice\"];\ndump Node; dump Note;\n\
         .load DIR/all.dat\ndump Edge; dump Node; dump Note;\n",
        expect![[r#"
            Heavy:
            Heavy{.name = "n", .weight = 4000000000}: +1
            Path:
            Path{.from = "quo\"te", .to = "back\\slash\nline\ttab \u{301}\u{7}"}: +1
            Total:
            Total{.count = 1}: +1
            4 records in DIR/all.dat
            Path:
            Path{.from = "quo\"te", .to = "back\\slash\nline\ttab \u{301}\u{7}"}: -1
            Heavy:
            Heavy{.name = "n", .weight = 4000000000}: -1
            Total:
            Total{.count = 1}: -1
            done; no output relation has changed
            DIR/all.dat: 4 updates
            Edge{.from = "quo\"te", .to = "back\\slash\nline\ttab \u{301}\u{7}"}
            Node{.name = "n", .weight = 4000000000, .color = Mixed{.parts = [Red{}, Mixed{.parts = [], .share = -0.00000025}], .share = inf}}
            "twice" +2
        "#]],
        expect![[""]],
    );
}

#[test]
fn a_file_is_loaded_as_one_transaction_and_its_errors_have_places() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let good = file("good.dat", "# two\ninsert Edge(\"a\", \"b\");\ninsert Edge(\"b\", \"c\");\n");
    let wrong = file("wrong.dat", "insert Edge(\"x\", \"y\");\n\ninsert Edge(\"x\",\n 5);\n");
    let torn = file("torn.dat", "insert Edge(\"x\", \"y\");\nisnert Edge(\"z\", \"y\");\n");
    let refused = file("refused.dat", "insert Node(\"a\", 1, Red);\ninsert Node(\"a\", 2, Red);\n");
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("program.dl");
    std::fs::write(&program, PROGRAM).unwrap();
    let commands = format!(
        ".load {good}\n.load {wrong}\n.load {torn}\n.load {refused}\n.load {good}.not\ndump Edge;\nstart;\n.load {good}\nrollback;\n"
    );
    let (out, err) = printed(start(&program), Mode::Person, &commands);
    let folder = good.strip_suffix("good.dat").unwrap();
    expect![[r#"
        Path:
        Path{.from = "a", .to = "b"}: +1
        Path{.from = "a", .to = "c"}: +1
        Path{.from = "b", .to = "c"}: +1
        good.dat: 2 updates
        Edge{.from = "a", .to = "b"}
        Edge{.from = "b", .to = "c"}
        good.dat: 2 updates
    "#]]
    .assert_eq(&timeless(&out.replace(folder, "")));
    expect![[r#"
        Error: wrong.dat:4:2: Edge: at .to: expected string, found 5
        Error: torn.dat:2:1: unknown command `isnert`; did you mean `insert`?
        Error: refused.dat:2:1: Node: a record with the key of Node{.name = "a", .weight = 2, .color = Red{}} exists; the transaction is rolled back
        Error: cannot read good.dat.not: No such file or directory (os error 2)
    "#]].assert_eq(&err.replace(folder, ""));
}

#[test]
fn unknown_commands_and_topics_are_met_with_what_was_meant() {
    check(
        ".shema\n.mode xml\n.help mod\n.help moode\n.help records\ninsert Edge(\"a\", \"b\");\n.quit\ndump;\n",
        expect![[r#"
              Edge("a", 1)  Edge(.from = "a")    by position, or by name: the rest is default
              Fiber{3.5}  Copper                 constructors; ddlog_std::Some{1}
              R[5]                               a record of a relation R[T]
              5  -5  0xff  1_000  1.5  2e3  "line\n"  true
              [1, 2]  [("key", 1)]  (1, "a")     vectors and sets; maps; tuples
              %"notes.txt"                       the text of a file
              @json"[1, 2]"  @json%"file.json"   any value as JSON
            Path:
            Path{.from = "a", .to = "b"}: +1
        "#]],
        expect![[r#"
            Error: unknown command `.shema`: did you mean `.schema`?
            Error: `.mode` takes `table`, `json`, `csv`, `line` or `ddlog`
            Error: no help on `mod`: did you mean `mode`?
            Error: no help on `moode`: did you mean `mode`?
        "#]],
    );
}

#[test]
fn scripts_may_use_them_too_and_end_with_the_first_that_fails() {
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("program.dl");
    std::fs::write(&program, PROGRAM).unwrap();
    let commands = ".mode csv\nstart; insert Edge(\"a\", \"b\");\ncommit dump_changes;\n.nothing\ndump;\n";
    let (out, err) = printed(start(&program), Mode::Script, commands);
    assert_eq!(out, "_relation,_weight,from,to\r\nPath,1,a,b\r\n");
    assert_eq!(err, "Error: \"line 4, column 1: unknown command `.nothing`; `.help` lists what there is\"\n");
}

#[test]
fn of_a_large_file_the_changes_are_only_counted() {
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("program.dl");
    std::fs::write(&program, PROGRAM).unwrap();
    let many = directory.path().join("many.dat");
    let edges: String = (0..200).map(|n| format!("insert Edge(\"a{n}\", \"b{n}\");\n")).collect();
    std::fs::write(&many, edges).unwrap();
    let commands = format!(".load {}\n", many.display());
    let (out, err) = printed(start(&program), Mode::Person, &commands);
    assert_eq!(timeless(&out), format!("Path: 200 come\n{}: 200 updates\n", many.display()));
    assert_eq!(err, "");
}
