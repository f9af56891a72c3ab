//! The command language: what is read, what is refused, and how records print.
#![allow(clippy::unwrap_used)]

use num_bigint::BigInt;
use proptest::prelude::*;
use weir_engine::command::{
    Command, CommandParser, Profile, ProfileSwitch, Record, Report, TextSource, Update,
};
use weir_engine::why::Question;

fn commands(text: &str) -> Result<Vec<Command>, String> {
    let mut parser = CommandParser::new();
    parser.feed(text);
    let mut commands = Vec::new();
    while let Some(command) = parser.next_command().map_err(|e| e.to_string())? {
        commands.push(command);
    }
    Ok(commands)
}

fn one(text: &str) -> Command {
    let mut commands = commands(text).unwrap();
    assert_eq!(commands.len(), 1, "{text}");
    commands.remove(0)
}

/// The record of `insert R[text];`.
fn record(text: &str) -> Record {
    match one(&format!("insert R[{text}];")) {
        Command::Update { update: Update::Insert { record, .. }, .. } => record,
        other => panic!("{other:?}"),
    }
}

fn int(value: i64) -> Record {
    Record::Int(BigInt::from(value))
}

fn question(relation: &str, record: Record) -> Question {
    Question { relation: relation.into(), record }
}

/// `C{n, _}`
fn positional(constructor: &str, n: i64) -> Record {
    Record::Positional(constructor.into(), vec![int(n), Record::Positional("_".into(), Vec::new())])
}

#[test]
fn every_command_is_read() {
    let cases = [
        ("start;", Command::Start),
        (" commit ;", Command::Commit { dump_changes: false }),
        ("commit dump_changes;", Command::Commit { dump_changes: true }),
        ("rollback;", Command::Rollback),
        ("dump;", Command::Dump(None)),
        ("dump a::B;", Command::Dump(Some("a::B".into()))),
        ("clear R;", Command::Clear("R".into())),
        ("echo  a b ;", Command::Echo("a b ".into())),
        ("echo;", Command::Echo(String::new())),
        ("timestamp;", Command::Timestamp),
        ("profile;", Command::Profile(None)),
        ("profile slow;", Command::Report(Report::Slow)),
        ("profile html \"a b.html\";", Command::Report(Report::Html("a b.html".into()))),
        ("why R;", Command::Why(question("R", Record::Positional("_".into(), Vec::new())))),
        ("why m::R(1, _);", Command::Why(question("m::R", positional("m::R", 1)))),
        (
            "why not R{.a = 1};",
            Command::WhyNot(question("R", Record::Named("R".into(), vec![("a".into(), int(1))]))),
        ),
        ("why not R[5];", Command::WhyNot(question("R", int(5)))),
        (
            "profile change off;",
            Command::Profile(Some(ProfileSwitch { profile: Profile::Change, on: false })),
        ),
        ("exit;", Command::Exit),
        ("dump_index I;", Command::DumpIndex("I".into())),
        ("query_index I(1);", Command::QueryIndex { index: "I".into(), key: int(1) }),
        (
            "query_index i(1, true);",
            Command::QueryIndex { index: "i".into(), key: Record::Tuple(vec![int(1), Record::Bool(true)]) },
        ),
        ("log_level -100;", Command::LogLevel(-100)),
        ("mssleep 1_000;", Command::MsSleep(1000)),
        ("# hello; there\n", Command::Comment("hello; there".into())),
    ];
    for (text, expected) in cases {
        assert_eq!(one(text), expected, "{text}");
    }
}

#[test]
fn updates_chain_with_commas() {
    let text = "insert A(1), delete A(.x = 2),\n insert_or_update A[3], delete_key A (4, 5), modify A 6 <- A{.x = 7};";
    let updates: Vec<(Update, bool)> = commands(text)
        .unwrap()
        .into_iter()
        .map(|command| match command {
            Command::Update { update, last } => (update, last),
            other => panic!("{other:?}"),
        })
        .collect();
    let relation = || "A".to_owned();
    let named = |value| Record::Named("A".into(), vec![("x".into(), int(value))]);
    assert_eq!(
        updates,
        [
            (
                Update::Insert { relation: relation(), record: Record::Positional("A".into(), vec![int(1)]) },
                false
            ),
            (Update::Delete { relation: relation(), record: named(2) }, false),
            (Update::InsertOrUpdate { relation: relation(), record: int(3) }, false),
            (Update::DeleteKey { relation: relation(), key: Record::Tuple(vec![int(4), int(5)]) }, false),
            (Update::Modify { relation: relation(), key: int(6), changes: named(7) }, true),
        ]
    );
}

#[test]
fn records_of_every_kind_are_read() {
    let text = |text: &str| Record::String(text.into());
    let cases = [
        ("true", Record::Bool(true)),
        ("trueish", Record::Positional("trueish".into(), vec![])),
        ("- 5", int(-5)),
        ("0xFf", int(255)),
        ("0x1_2", int(0x12)),
        ("1.5", Record::Double(1.5)),
        ("-.5", Record::Double(-0.5)),
        ("2e3", Record::Double(2000.0)),
        ("5.", Record::Double(5.0)),
        (r#""a\n\t\"\\\'\a\?""#, text("a\n\t\"\\'\x07?")),
        ("\"two\nlines\"", text("two\nlines")),
        (r#"%"a/b.txt""#, Record::File("a/b.txt".into())),
        (r#"@json"{}""#, Record::Serialized { format: "json".into(), text: TextSource::Inline("{}".into()) }),
        (r#"@json %"f""#, Record::Serialized { format: "json".into(), text: TextSource::File("f".into()) }),
        ("()", Record::Tuple(vec![])),
        ("[(1, 2)]", Record::Array(vec![Record::Tuple(vec![int(1), int(2)])])),
        ("a::C{}", Record::Positional("a::C".into(), vec![])),
        ("C{.5}", Record::Positional("C".into(), vec![Record::Double(0.5)])),
        (
            "C{ . f = 5, .g=D}",
            Record::Named(
                "C".into(),
                vec![("f".into(), int(5)), ("g".into(), Record::Positional("D".into(), vec![]))],
            ),
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(record(text), expected, "{text}");
    }
}

#[test]
fn mistakes_are_told_with_their_place() {
    let cases = [
        ("start;\n  comit;", "line 2, column 3: unknown command `comit`"),
        ("commit now;", "line 1, column 8: expected `dump_changes` or `;`, found `n`"),
        ("insert R 5;", "line 1, column 10: expected `(` or `[`, found `5`"),
        ("insert R(1 2);", "line 1, column 12: expected `,` or `)`, found `2`"),
        ("insert R(.a 2);", "line 1, column 13: expected `=`, found `2`"),
        ("insert R(\"\\q\");", "line 1, column 11: unknown escape `\\q` in a string"),
        ("insert R(é);", "line 1, column 10: expected a value, found `é`"),
        ("mssleep -1;", "line 1, column 9: `-1` is out of range"),
        ("profile cpu maybe;", "line 1, column 13: expected `on` or `off`, found `m`"),
        ("why R(1;", "line 1, column 8: expected `,` or `)`, found `;`"),
        ("why not;", "line 1, column 8: expected a relation, found `;`"),
        (
            "profile wrong;",
            "line 1, column 9: expected `json`, `html`, `slow`, `mark`, `all`, `cpu`, `change` or `timely`, found `w`",
        ),
        ("profile html x;", "line 1, column 14: expected the name of a file in quotes, found `x`"),
        ("insert R(1);)", "line 1, column 13: expected a command, found `)`"),
    ];
    for (text, expected) in cases {
        assert_eq!(commands(text).unwrap_err(), expected, "{text}");
    }
    let deep = format!("insert R[{}", "[".repeat(100_000));
    assert!(commands(&deep).unwrap_err().ends_with("records nest more than 200 times"));
}

#[test]
fn reading_goes_on_after_a_mistake() {
    let mut parser = CommandParser::new();
    parser.feed("start;\nwatch R where x;\ncommit;");
    assert_eq!(parser.next_command(), Ok(Some(Command::Start)));
    assert_eq!(parser.first_word(), Some("watch"));
    assert_eq!(parser.next_command().unwrap_err().line, 2);
    assert_eq!(parser.take_raw().as_deref(), Some("watch R where x"));
    assert_eq!(parser.next_command(), Ok(Some(Command::Commit { dump_changes: false })));
    parser.feed("\nnonsense; start");
    assert_eq!(parser.next_command().unwrap_err().line, 4);
    parser.skip_command();
    assert_eq!(parser.next_command(), Ok(None));
    assert!(!parser.is_idle());
    parser.clear();
    assert!(parser.is_idle());
}

#[test]
fn a_large_record_in_many_pieces_is_read() {
    let mut parser = CommandParser::new();
    parser.feed("insert R([");
    for _ in 0..100_000 {
        parser.feed("1,\n");
        assert_eq!(parser.next_command(), Ok(None));
    }
    parser.feed("1]);");
    let Ok(Some(Command::Update {
        update: Update::Insert { record: Record::Positional(_, fields), .. },
        ..
    })) = parser.next_command()
    else {
        panic!()
    };
    assert!(matches!(&fields[..], [Record::Array(elements)] if elements.len() == 100_001));
}

#[test]
fn records_print_as_in_dumps() {
    let string = Record::String("it's \"x\"\n\t\\ \u{7} é e\u{301}".into());
    assert_eq!(string.to_string(), "\"it's \\\"x\\\"\\n\\t\\\\ \\u{7} é e\\u{301}\"");
    let doubles = [1.0, 0.1, f64::NAN, f64::INFINITY].map(Record::Double);
    assert_eq!(Record::Tuple(doubles.to_vec()).to_string(), "(1, 0.1, NaN, inf)");
    let some =
        Record::Named("ddlog_std::Some".into(), vec![("x".into(), Record::Array(vec![int(-1), int(2)]))]);
    assert_eq!(some.to_string(), "ddlog_std::Some{.x = [-1, 2]}");
    assert_eq!(Record::Named("C".into(), vec![]).to_string(), "C{}");
    assert_eq!(Record::Tuple(vec![]).to_string(), "()");
}

fn any_record() -> impl Strategy<Value = Record> {
    let name = "[A-Z][a-z_0-9]{0,5}(::[A-Z][a-z]{0,3})?";
    let leaf = prop_oneof![
        any::<bool>().prop_map(Record::Bool),
        any::<i128>().prop_map(|value| Record::Int(BigInt::from(value))),
        "[ -~\n\t]{0,12}".prop_map(Record::String),
        "[ -~]{0,12}".prop_map(Record::File),
        "[ -~]{0,12}".prop_map(|t| Record::Serialized { format: "json".into(), text: TextSource::Inline(t) }),
        name.prop_map(|name| Record::Positional(name, vec![])),
    ];
    leaf.prop_recursive(4, 40, 5, move |inner| {
        let list = || prop::collection::vec(inner.clone(), 0..5);
        prop_oneof![
            list().prop_map(Record::Tuple),
            list().prop_map(Record::Array),
            (name, list()).prop_map(|(name, fields)| Record::Positional(name, fields)),
            (name, prop::collection::vec(("[a-z]{1,5}", inner.clone()), 1..4))
                .prop_map(|(name, fields)| Record::Named(name, fields)),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_printed_is_read_back(expected in any_record()) {
        prop_assert_eq!(record(&expected.to_string()), expected);
    }

    #[test]
    fn pieces_make_no_difference(records in prop::collection::vec(any_record(), 0..4), cut in 1usize..7) {
        let text: String = records.iter().map(|r| format!("insert R[{r}],\n# note\nquery_index I({r});")).collect();
        let whole = commands(&text).unwrap();
        let mut parser = CommandParser::new();
        let mut pieces = Vec::new();
        let characters: Vec<char> = text.chars().collect();
        for piece in characters.chunks(cut) {
            parser.feed(&piece.iter().collect::<String>());
            while let Some(command) = parser.next_command().unwrap() {
                pieces.push(command);
            }
        }
        prop_assert_eq!(pieces, whole);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "(insert|modify|echo|R|[\\[\\](){}.,;=<#@%\"\\\\0-9a-zA-Z_: -]){0,40}") {
        let _ = commands(&text);
    }
}
