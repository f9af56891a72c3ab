//! JSON of values, and what attributes change of it.
#![allow(clippy::unwrap_used)]

mod eval_support;

use eval_support::facts;

/// For a type with declarations: JSON texts, and the JSON of what is read from them or the error.
#[track_caller]
fn round_trips(declarations: &str, ty: &str, expected: &[(&str, &str)]) {
    let rules: String = expected.iter().map(|(text, _)| format!("Out(through([|{text}|])).\n")).collect();
    let program = format!(
        "import json
        {declarations}
        function through(text: string): string {{
            var read: Result<{ty}, string> = from_json_string(text);
            match (read) {{
                Ok{{value}} -> match (to_json_string(value)) {{ Ok{{text}} -> text, Err{{e}} -> \"not written: ${{e}}\" }},
                Err{{e}} -> e
            }}
        }}
        output relation Out(x: string)
        {rules}"
    );
    let got: Vec<String> = facts(&program)
        .into_iter()
        .map(|fact| {
            fact.strip_prefix("Out{.x = \"").unwrap().strip_suffix("\"}").unwrap().replace("\\\"", "\"")
        })
        .collect();
    let wanted: Vec<&str> = expected.iter().map(|(_, json)| *json).collect();
    assert_eq!(got, wanted);
}

#[test]
fn numbers_must_fit() {
    round_trips(
        "",
        "u8",
        &[
            ("255", "255"),
            ("256", "invalid value: integer `256`, expected u8 at line 1 column 3"),
            ("-1", "invalid value: integer `-1`, expected u8 at line 1 column 2"),
            ("1.0", "invalid type: floating point `1.0`, expected u8 at line 1 column 3"),
            ("\"1\"", "invalid type: string \"1\", expected u8 at line 1 column 3"),
            ("1 2", "trailing characters at line 1 column 3"),
            ("", "EOF while parsing a value at line 1 column 0"),
        ],
    );
    round_trips(
        "",
        "bit<10>",
        &[("1023", "1023"), ("1024", "invalid value: integer `1024`, expected bit<10>")],
    );
    round_trips(
        "",
        "s16",
        &[("-32768", "-32768"), ("32768", "invalid value: integer `32768`, expected i16 at line 1 column 5")],
    );
    round_trips(
        "",
        "u128",
        &[("340282366920938463463374607431768211455", "340282366920938463463374607431768211455")],
    );
    round_trips("", "float", &[("0.1", "0.1"), ("1", "1.0")]);
    round_trips(
        "",
        "double",
        &[("2.99792458e8", "299792458.0"), ("1e999", "number out of range at line 1 column 5")],
    );
}

#[test]
fn numbers_without_bounds_are_strings() {
    round_trips(
        "",
        "bigint",
        &[
            ("\"-123456789012345678901234567890\"", "\"-123456789012345678901234567890\""),
            ("17", "\"17\""),
            ("\"x\"", "invalid integer value: x at line 1 column 3"),
        ],
    );
}

#[test]
fn collections_and_tuples() {
    round_trips(
        "",
        "(u8, bool)",
        &[
            ("[1, true]", "[1,true]"),
            ("[1]", "invalid length 1, expected tuple struct tuple2 with 2 elements at line 1 column 3"),
        ],
    );
    round_trips("", "Set<u8>", &[("[3, 1, 3]", "[1,3]")]);
    round_trips(
        "",
        "Map<u16, Vec<string>>",
        &[("{\"7\": [\"x\"], \"10\": []}", "{\"7\":[\"x\"],\"10\":[]}")],
    );
    round_trips(
        "",
        "Map<(u8, u8), u8>",
        &[
            ("{}", "{}"),
            (
                "{\"[1,2]\": 3}",
                "invalid type: string \"[1,2]\", expected tuple struct tuple2 with 2 elements at line 1 column 8",
            ),
        ],
    );
    round_trips("", "Option<u8>", &[("null", "null"), ("5", "5")]);
    round_trips(
        "import url\nimport time",
        "(Url, Date)",
        &[
            (
                "[{\"url\": \"http://a/../b\"}, {\"val\": \"2020-02-29\"}]",
                "[{\"url\":\"http://a/b\"},{\"val\":\"2020-02-29\"}]",
            ),
            ("[\"x\", \"2020-02-29\"]", "relative URL without a base at line 1 column 6"),
        ],
    );
}

#[test]
fn structs() {
    let p = "typedef P = P { x: u8, name: Option<string>, more: Vec<u8> }";
    round_trips(
        p,
        "P",
        &[
            ("{\"more\": [1], \"x\": 1, \"other\": {\"deep\": []}}", "{\"x\":1,\"name\":null,\"more\":[1]}"),
            ("[1, \"n\", []]", "{\"x\":1,\"name\":\"n\",\"more\":[]}"),
            ("[1]", "invalid length 1, expected struct P with 3 elements at line 1 column 3"),
            ("{\"x\": 1}", "missing field `more` at line 1 column 8"),
            ("{\"x\": 1, \"x\": 2}", "duplicate field `x` at line 1 column 12"),
            ("7", "invalid type: integer `7`, expected struct P at line 1 column 1"),
            ("{\"x\": 1", "EOF while parsing an object at line 1 column 7"),
        ],
    );
}

#[test]
fn unions() {
    let e = "typedef E = A { x: u8 } | B";
    round_trips(
        e,
        "E",
        &[
            ("{\"A\": {\"x\": 1}}", "{\"A\":{\"x\":1}}"),
            ("\"B\"", "\"B\""),
            ("\"C\"", "unknown variant `C`, expected `A` or `B` at line 1 column 3"),
            ("{\"A\": 1}", "invalid type: integer `1`, expected struct variant E::A at line 1 column 7"),
            ("3", "expected value at line 1 column 1"),
        ],
    );
}

#[test]
fn names() {
    let p = "#[rust = \"serde(rename_all = \\\"camelCase\\\", deny_unknown_fields)\"]
        typedef P = P { two_words: u8,
            #[rust = \"serde(rename = \\\"@id\\\", alias = \\\"id\\\")\"] ident: u8,
            #[rust = \"serde(rename(serialize = \\\"out\\\", deserialize = \\\"in\\\"), default)\"] last: u8 }";
    round_trips(
        p,
        "P",
        &[
            ("{\"twoWords\": 1, \"@id\": 2, \"in\": 3}", "{\"twoWords\":1,\"@id\":2,\"out\":3}"),
            ("{\"twoWords\": 1, \"id\": 2}", "{\"twoWords\":1,\"@id\":2,\"out\":0}"),
            (
                "{\"two_words\": 1}",
                "unknown field `two_words`, expected one of `twoWords`, `@id`, `id`, `in` at line 1 column 12",
            ),
        ],
    );
    let e = "#[rust = \"serde(rename_all = \\\"snake_case\\\")\"]
        typedef E = FirstOne | #[rust = \"serde(rename = \\\"2\\\")\"] SecondOne { x: u8 }";
    round_trips(e, "E", &[("\"first_one\"", "\"first_one\""), ("{\"2\": {\"x\": 1}}", "{\"2\":{\"x\":1}}")]);
}

#[test]
fn tags() {
    let internal = "#[rust = \"serde(tag = \\\"type\\\")\"]
        typedef E = #[rust = \"serde(rename = \\\"t.A\\\")\"] A { x: u8 } | B";
    round_trips(
        internal,
        "E",
        &[
            ("{\"x\": 1, \"type\": \"t.A\"}", "{\"type\":\"t.A\",\"x\":1}"),
            ("{\"type\": \"B\", \"y\": 1}", "{\"type\":\"B\"}"),
            ("{\"x\": 1}", "missing field `type`"),
            ("{\"type\": \"t.A\"}", "missing field `x`"),
            ("{\"type\": \"A\"}", "unknown variant `A`, expected `t.A` or `B`"),
            ("1", "invalid type: integer `1`, expected internally tagged enum E at line 1 column 1"),
        ],
    );
    let adjacent = "#[rust = \"serde(tag = \\\"t\\\", content = \\\"c\\\")\"]
        typedef E = A { x: u8 } | B";
    round_trips(
        adjacent,
        "E",
        &[
            ("{\"t\": \"A\", \"c\": {\"x\": 1}}", "{\"t\":\"A\",\"c\":{\"x\":1}}"),
            ("{\"c\": {\"x\": 1}, \"t\": \"A\"}", "{\"t\":\"A\",\"c\":{\"x\":1}}"),
            ("{\"t\": \"B\"}", "{\"t\":\"B\"}"),
            ("{\"t\": \"A\"}", "missing field `c` at line 1 column 10"),
            ("{\"c\": {}}", "missing field `t` at line 1 column 9"),
        ],
    );
    let untagged = "#[rust = \"serde(untagged)\"]
        typedef E = A { x: u8 } | B { y: u8 } | C";
    round_trips(
        untagged,
        "E",
        &[
            ("{\"y\": 1}", "{\"y\":1}"),
            ("{\"x\": 1, \"y\": 2}", "{\"x\":1}"),
            ("null", "null"),
            ("{}", "data did not match any variant of untagged enum E"),
        ],
    );
}

#[test]
fn fields_that_are_flat_text_or_not_there() {
    let p = "typedef Inner = Inner { a: u8, b: Option<u8> }
        typedef P = P {
            #[rust = \"serde(flatten)\"] inner: Inner,
            #[rust = \"serde(with = \\\"types__json::serde_string\\\")\"] n: s32,
            #[rust = \"serde(skip_serializing_if = \\\"ddlog_std::is_none\\\")\"] o: Option<u8>,
            #[rust = \"serde(skip)\"] s: u8,
            #[rust = \"serde(flatten)\"] rest: Map<string, u8> }";
    round_trips(
        p,
        "P",
        &[
            (
                "{\"n\": \"-5\", \"a\": 1, \"z\": 9, \"s\": 7}",
                "{\"a\":1,\"b\":null,\"n\":\"-5\",\"s\":7,\"z\":9}",
            ),
            (
                "{\"n\": \"5000000000\", \"a\": 1}",
                "number too large to fit in target type at line 1 column 18",
            ),
            (
                "{\"n\": \"1\", \"a\": 1, \"z\": \"x\"}",
                "invalid type: string \"x\", expected u8 at line 1 column 28",
            ),
            ("{\"n\": \"1\"}", "missing field `a` at line 1 column 10"),
        ],
    );
}

#[test]
fn maps_that_are_arrays() {
    let p = "typedef V = V { key: u8, payload: string }
        function key_of(v: V): u8 = v.key % 10
        typedef P = P { #[deserialize_from_array=key_of()] f: Map<u8, V> }";
    round_trips(
        p,
        "P",
        &[
            (
                "{\"f\": [{\"key\": 12, \"payload\": \"x\"}, {\"key\": 1, \"payload\": \"y\"}]}",
                "{\"f\":[{\"key\":1,\"payload\":\"y\"},{\"key\":12,\"payload\":\"x\"}]}",
            ),
            ("{\"f\": {}}", "invalid type: map, expected a sequence at line 1 column 6"),
        ],
    );
}

#[test]
fn any_json() {
    round_trips(
        "",
        "JsonValue",
        &[
            ("[1, -1, 1.5, null, true, \"x\", {}]", "[1,-1,1.5,null,true,\"x\",{}]"),
            // Members are in the order of the hashes of their names.
            ("{\"b\": true, \"@type\": 1}", "{\"b\":true,\"@type\":1}"),
            ("{\"@type\": 1, \"b\": true}", "{\"b\":true,\"@type\":1}"),
        ],
    );
    round_trips("", "JsonNum", &[("{\"JsonInt\": {\"i\": -3}}", "{\"JsonInt\":{\"i\":-3}}")]);
    round_trips("typedef S = S { x: u8 }", "JsonWrapper<S>", &[("{\"x\": 1}", "{\"x\":1}")]);
}

#[test]
fn json_that_is_too_deep_is_refused() {
    let text = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    round_trips("", "JsonValue", &[(&text, "recursion limit exceeded at line 1 column 128")]);
}

#[test]
fn attributes_that_say_nothing_known_are_refused() {
    for (attribute, message) in [
        ("serde(getter = \\\"f\\\")", "`getter` is not something that JSON here can do"),
        ("serde(rename_all = \\\"Title Case\\\")", "`Title Case` is not a way to write names"),
        ("serde(tag = )", "cannot read `serde(tag = )`"),
    ] {
        let text = format!("#[rust = \"{attribute}\"] typedef E = A | B");
        let (_, errors) = weir_engine::compile::compile_text("test.dl", &text, &[]).unwrap_err();
        assert_eq!(errors[0].message, message);
        assert_eq!(errors[0].code, "E0245");
    }
    let text = "typedef P = P { #[deserialize_from_array=f()] f: Map<u8, string> } function f(x: u8): u8 = x";
    let (_, errors) = weir_engine::compile::compile_text("test.dl", text, &[]).unwrap_err();
    assert_eq!(errors[0].message, "not a function from the map's values to its keys");
}
