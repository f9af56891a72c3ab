//! The program changed and asked while it runs.
#![allow(clippy::unwrap_used)]

mod common;

use common::{printed, start};
use expect_test::{Expect, expect};
use weir_repl::{Live, Mode, Outputs};

const PROGRAM: &str = "input relation Edge(from: string, to: string)
relation Step(from: string, to: string)
output relation Path(from: string, to: string)
Step(a, b) :- Edge(a, b).
Path(a, b) :- Step(a, b).
";

/// What a person sees of a session over a file: output and complaints.
fn check(commands: &str, expected_out: Expect, expected_err: Expect) {
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("program.dl");
    std::fs::write(&program, PROGRAM).unwrap();
    let name = directory.path().to_str().unwrap();
    let (out, err) = printed(start(&program), Mode::Person, &commands.replace("DIR", name));
    expected_out.assert_eq(&out.replace(name, "DIR").replace('\r', "␍"));
    expected_err.assert_eq(&err.replace(name, "DIR"));
}

#[test]
fn a_program_can_be_typed_from_nothing() {
    let live = Live::open(None, &[], Outputs::default(), Default::default()).unwrap_or_else(|_| panic!());
    let commands = "input relation Edge(a: string, b: string)\n\
                    output relation Reach(a: string, b: string)\n\
                    insert Edge(\"x\", \"y\"), insert Edge(\"y\", \"z\");\n\
                    Reach(a, b) :- Edge(a, b).\n\
                    Reach(a, c) :-\n    Reach(a, b),\n    Edge(b, c).\n\
                    function twice(s: string): string {\n    s ++ s\n}\n\
                    typedef Kind = Near | Far{hops: usize}\n\
                    // nothing\n\
                    .rules\n.drop 2\n.drop Reach\ndump Reach;\n.reload\n";
    let (out, err) = printed(live, Mode::Person, commands);
    expect![[r#"
        added relation Edge
        added relation Reach
        done; no output relation has changed
        added rule 1
        Reach:
        Reach{.a = "x", .b = "y"}: +1
        Reach{.a = "y", .b = "z"}: +1
        added rule 2
        Reach:
        Reach{.a = "x", .b = "z"}: +1
        added function twice
        added type Kind
          1  Reach(a, b) :- Edge(a, b).  // <shell:3>:1
          2  Reach(a, c) :-
                 Reach(a, b),
                 Edge(b, c).  // <shell:4>:1
        dropped rule 2
        Reach:
        Reach{.a = "x", .b = "z"}: -1
        dropped Reach
        Reach:
        Reach{.a = "x", .b = "y"}: -1
        Reach{.a = "y", .b = "z"}: -1
    "#]]
    .assert_eq(&out);
    expect![[r#"
        Error: Unknown relation Reach
        Error: the program has no file: it was typed
    "#]]
    .assert_eq(&err);
}

#[test]
fn a_rule_inside_shows_what_it_does_there_and_outside() {
    check(
        "insert Edge(\"a\", \"b\");\nStep(b, a) :- Edge(a, b).\n.drop 3\n.drop 9\n.drop Stepp\n",
        expect![[r#"
            Path:
            Path{.from = "a", .to = "b"}: +1
            added rule 3
            Path:
            Path{.from = "b", .to = "a"}: +1
            Step:
            Step{.from = "b", .to = "a"}: +1
            dropped rule 3
            Path:
            Path{.from = "b", .to = "a"}: -1
            Step:
            Step{.from = "b", .to = "a"}: -1
        "#]],
        expect![[r#"
            Error: there is no rule 9; `.rules` lists what there is
            Error: there is no Stepp: did you mean `Step`?
        "#]],
    );
}

#[test]
fn what_is_tried_out_is_told_and_not_done() {
    check(
        "insert Edge(\"a\", \"b\");\n.try Step(b, a) :-\n    Edge(a, b).\n.try .drop 2\n.try Step(a, a) :- Edge(a, _), a == \"q\".\n\
         .try Step(x, y).\ndump Path;\n.rules\n",
        expect![[r#"
            Path:
            Path{.from = "a", .to = "b"}: +1
            Path:
            Path{.from = "b", .to = "a"}: +1
            Step:
            Step{.from = "b", .to = "a"}: +1
            Path:
            Path{.from = "a", .to = "b"}: -1
            nothing would change
            Path{.from = "a", .to = "b"}
              1  Step(a, b) :- Edge(a, b).  // DIR/program.dl:4
              2  Path(a, b) :- Step(a, b).  // DIR/program.dl:5
        "#]],
        expect![[r#"
            error[E0103]: unknown variable `x`
             --> <shell:1>:1:6
              |
            1 | Step(x, y).
              |      ^ not found here

            error[E0103]: unknown variable `y`
             --> <shell:1>:1:9
              |
            1 | Step(x, y).
              |         ^ not found here
        "#]],
    );
}

#[test]
fn questions_are_answered_in_the_mode_that_is_on() {
    check(
        "insert Edge(\"a\", \"b\"), insert Edge(\"b\", \"c\");\n?- Step(x, y), Edge(y, z).\n?- Edge(\"a\", \n  to).\n?- Edge(\"a\", \"b\").\n\
         ?- Edge(\"b\", \"a\").\n.mode json\n?- Edge(x, y), var n = x.len() + 1.\n.mode csv\n?- Edge(x, _).\n.mode line\n?- Edge(x, y), x == \"a\".\n",
        expect![[r#"
            Path:
            Path{.from = "a", .to = "b"}: +1
            Path{.from = "b", .to = "c"}: +1
            ┌───┬───┬───┐
            │ x │ y │ z │
            ├───┼───┼───┤
            │ a │ b │ c │
            └───┴───┴───┘
            1 row
            ┌────┐
            │ to │
            ├────┤
            │ b  │
            └────┘
            1 row
            yes
            no
            {"x":"a","y":"b","n":2}
            {"x":"b","y":"c","n":2}
            x␍
            a␍
            b␍
            x = a
            y = b
        "#]],
        expect![[r#""#]],
    );
}

#[test]
fn mistakes_point_into_what_was_typed_and_change_nothing() {
    check(
        "Step(a, c) :- Edge(a, b), Egde(b, c).\n?- Edge(x, 5).\nStep(\"a\", \"b\") :- Edge(_ _).\nStep(a, b) :- Edge(a, b)\n\n\
         start;\nStep(b, a) :- Edge(a, b).\nrollback;\ninsert Edge(\"a\", \"b\");\n",
        expect![[r#"
            Path:
            Path{.from = "a", .to = "b"}: +1
        "#]],
        expect![[r#"
            error[E0102]: unknown relation `Egde`
             --> <shell:1>:1:27
              |
            1 | Step(a, c) :- Edge(a, b), Egde(b, c).
              |                           ^^^^ not found
            error[E0201]: expected `string`, found a number
             --> <query>:1:12
              |
            1 | ?- Edge(x, 5).
              |            ^ expected `string`
              |
              = help: Write it in quotes.
            error[E0010]: unclosed `(`
             --> <shell:1>:1:26
              |
            1 | Step("a", "b") :- Edge(_ _).
              |                       -  ^ expected `)`, found `_`
              |                       |
              |                       this `(` is not closed
            error[E0011]: missing `.` at the end of the rule
             --> <shell:1>:1:25
              |
            1 | Step(a, b) :- Edge(a, b)
              |                        -^ expected `.`
              |                        |
              |                        the rule ends here
              |
              = help: Every rule ends with a `.`.
            Error: rules cannot be changed within a transaction: `commit;` or `rollback;` it first
        "#]],
    );
}

#[test]
fn what_was_typed_can_be_saved_and_loaded() {
    check(
        "insert Edge(\"a\", \"b\");\nStep(b, a) :-\n    Edge(a, b).\noutput relation Loop(n: string)\nLoop(a) :- Path(a, b), a == b.\n\
         .save DIR/typed.dl\n.drop Loop\n.drop 3\n.save DIR/program.dl\n.load DIR/typed.dl\n.save DIR/typed.dl\n.save DIR/absent/typed.dl\n",
        expect![[r#"
            Path:
            Path{.from = "a", .to = "b"}: +1
            added rule 3
            Path:
            Path{.from = "b", .to = "a"}: +1
            Step:
            Step{.from = "b", .to = "a"}: +1
            added relation Loop
            added rule 4
            what was typed in DIR/typed.dl
            dropped Loop
            dropped rule 3
            Path:
            Path{.from = "b", .to = "a"}: -1
            Step:
            Step{.from = "b", .to = "a"}: -1
            the whole program in DIR/program.dl
            added relation Loop, rules 5 to 6
            Path:
            Path{.from = "b", .to = "a"}: +1
            Step:
            Step{.from = "b", .to = "a"}: +1
            what was typed in DIR/typed.dl
        "#]],
        expect![[r#"
            Error: cannot write DIR/absent/typed.dl: No such file or directory (os error 2)
        "#]],
    );
}

#[test]
fn files_that_changed_are_read_again() {
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("program.dl");
    std::fs::write(&program, PROGRAM).unwrap();
    let live = start(&program);
    // Read before the first command is.
    std::fs::write(&program, format!("{PROGRAM}Path(a, a) :- Edge(a, _).\n")).unwrap();
    let commands =
        "insert Edge(\"a\", \"b\");\nStep(b, a) :- Edge(a, b).\n.drop 2\n.reload\n.rules\n.reload\n";
    let (out, err) = printed(live, Mode::Person, commands);
    expect![[r#"
        Path:
        Path{.from = "a", .to = "b"}: +1
        added rule 3
        Path:
        Path{.from = "b", .to = "a"}: +1
        Step:
        Step{.from = "b", .to = "a"}: +1
        dropped rule 2
        Path:
        Path{.from = "a", .to = "b"}: -1
        Path{.from = "b", .to = "a"}: -1
        Path:
        Path{.from = "a", .to = "a"}: +1
          1  Step(a, b) :- Edge(a, b).  // DIR/program.dl:4
          3  Path(a, a) :- Edge(a, _).  // DIR/program.dl:6
          4  Step(b, a) :- Edge(a, b).  // <shell:1>:1
        reloaded; nothing has changed in the output relations
    "#]]
    .assert_eq(&out.replace(directory.path().to_str().unwrap(), "DIR"));
    expect![[r#""#]].assert_eq(&err);
}

#[test]
fn watched_relations_stay_watched_when_the_program_changes() {
    check(
        ".watch Step\ninput relation Other(x: string)\nStep(x, x) :- Other(x).\ninsert Other(\"o\");\n.watch\n",
        expect![[r#"
            added relation Other
            added rule 3
            Path:
            Path{.from = "o", .to = "o"}: +1
            Step:
            Step{.from = "o", .to = "o"}: +1
            Step
        "#]],
        expect![[r#""#]],
    );
}

#[test]
fn a_rule_can_be_explained_by_its_number() {
    check(
        ".explain 1\n.explain Path\n.explain 7\n",
        expect![[r#"
        Step(a, b) :- Edge(a, b).
        rule 0 for Step (DIR/program.dl:4)
          from Edge
            take (a, b)
            give (a, b)
        rule 1 for Path (DIR/program.dl:5)
          from Step
            take (a, b)
            give (a, b)
    "#]],
        expect![[r#"
        Error: there is no rule 7; `.rules` lists what there is
    "#]],
    );
}

#[test]
fn scripts_may_ask_questions_but_not_change_rules() {
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("program.dl");
    std::fs::write(&program, PROGRAM).unwrap();
    let commands =
        "start; insert Edge(\"a\", \"b\"); commit;\n.mode csv\n?- Path(x, y).\nPath(a, a) :- Edge(a, _).\n";
    let (out, err) = printed(start(&program), Mode::Script, commands);
    assert_eq!(out, "x,y\r\na,b\r\n");
    assert_eq!(err, "Error: \"line 4, column 1: unknown command `Path`\"\n");
}
