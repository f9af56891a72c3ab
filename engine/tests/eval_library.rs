//! The library's extern functions.
#![allow(clippy::unwrap_used)]

mod eval_support;

use eval_support::{facts, trap};

/// Checks expressions of one type against the text of their values, with declarations before them.
#[track_caller]
fn check(declarations: &str, ty: &str, expected: &[(&str, &str)]) {
    let rules: String = expected.iter().map(|(expr, _)| format!("Out({expr}).\n")).collect();
    let program = format!(
        "import group\nimport map\nimport set\nimport vec\nimport allocate\n{declarations}\noutput relation Out(x: {ty})\n{rules}"
    );
    let wanted: Vec<String> = expected.iter().map(|(_, value)| format!("Out{{.x = {value}}}")).collect();
    assert_eq!(facts(&program), wanted);
}

#[test]
fn strings() {
    check(
        "",
        "string",
        &[
            ("string_join([\"a\", \"b\"], \", \")", "\"a, b\""),
            ("\"a-b-a\".replace(\"a\", \"cc\")", "\"cc-b-cc\""),
            ("\"hello\".substr(1, 3)", "\"el\""),
            ("\"hello\".substr(3, 100)", "\"lo\""),
            ("\"hello\".substr(4, 2)", "\"\""),
            ("\" x \\n\".trim()", "\"x\""),
            ("\"Ab\".to_lowercase() ++ \"Ab\".to_uppercase()", "\"abAB\""),
            ("\"abc\".reverse()", "\"cba\""),
            ("hex(32'd255)", "\"ff\""),
            ("hex(-8'sd1)", "\"ff\""),
            ("hex(128'd4096)", "\"1000\""),
            ("to_string_debug(Some{(1: u8, \"x\")})", "\"ddlog_std::Some{(1, \\\"x\\\")}\""),
        ],
    );
    check("", "usize", &[("\"é\".len()", "2")]);
    check("", "Vec<string>", &[("\"a,b,,c\".split(\",\")", "[\"a\", \"b\", \"\", \"c\"]")]);
    check(
        "",
        "bool",
        &[
            ("\"abc\".contains(\"bc\")", "true"),
            ("\"abc\".starts_with(\"bc\")", "false"),
            ("\"abc\".ends_with(\"bc\")", "true"),
        ],
    );
    check(
        "",
        "Option<u64>",
        &[
            ("parse_dec_u64(\"18446744073709551615\")", "ddlog_std::Some{.x = 18446744073709551615}"),
            ("parse_dec_u64(\"-1\")", "ddlog_std::None{}"),
            ("parse_dec_u64(i\"12\")", "ddlog_std::Some{.x = 12}"),
        ],
    );
    check("", "Option<s64>", &[("parse_dec_i64(\"-1\")", "ddlog_std::Some{.x = -1}")]);
    check("", "Result<string, string>", &[("from_utf8(\"é\".to_bytes())", "ddlog_std::Ok{.res = \"é\"}")]);
    check("", "Vec<u16>", &[("encode_utf16(\"a\")", "[97]")]);
    let program = "output relation Out(x: string)\nOut(\"é\".substr(1, 2)).";
    assert!(trap(program).contains("cut a character"));
}

#[test]
fn numbers() {
    check("", "Vec<u32>", &[("range_vec(1, 7, 2)", "[1, 3, 5]"), ("range_vec(1, 7, 0)", "[]")]);
    check("", "Vec<u8>", &[("range_vec(250, 255, 3)", "[250, 253]")]);
    check("", "Vec<s8>", &[("range_vec(3, -2, -2)", "[3, 1, -1]")]);
    check(
        "",
        "u32",
        &[("pow32(3: u32, 4)", "81"), ("pow32(2: u32, 33)", "0"), ("htonl(32'h01020304)", "67305985")],
    );
    check("", "s8", &[("pow32(-(2: s8), 3)", "-8"), ("pow32(-(2: s8), 7)", "-128")]);
    check("", "bigint", &[("pow32(2: bigint, 100)", "1267650600228229401496703205376")]);
    check("", "u16", &[("ntohs(16'h1234)", "13330")]);
    check("", "string", &[("min(\"b\", \"a\")", "\"a\"")]);
}

#[test]
fn vectors() {
    let declarations = "
        function edit(): Vec<u32> {
            var v = [5: u32, 3, 9];
            v.push(1);
            var popped = v.pop().unwrap_or(0);
            v.append([popped + 6, 2]);
            v.sort();
            v.update_nth(0, 100);
            var x = 50;
            v.swap_nth(1, x);
            v.resize(6, x);
            v.truncate(5 + 1);
            v.reverse();
            v
        }
        function shared(): (Vec<u32>, Vec<u32>) { var a = [1: u32]; var b = a; b.push(2); (a, b) }
        function many(): usize { var v = vec_empty(); for (x in range_vec(0: u32, 20000, 1)) { v.push(x) }; v.len() }
        function by_last(): Vec<string> { var v = [\"ab\", \"ca\", \"bb\"]; v.sort_by(|s| s.substr(1, 2)); v }
    ";
    check(declarations, "Vec<u32>", &[("edit()", "[3, 9, 7, 5, 50, 100]")]);
    check(declarations, "(Vec<u32>, Vec<u32>)", &[("shared()", "([1], [1, 2])")]);
    check(declarations, "usize", &[("many()", "20000")]);
    check(
        declarations,
        "Vec<string>",
        &[
            ("by_last()", "[\"ca\", \"ab\", \"bb\"]"),
            ("[\"b\", \"a\"].sort_imm()", "[\"a\", \"b\"]"),
            ("vec_push_imm([\"a\"], \"b\")", "[\"a\", \"b\"]"),
            ("vec_with_length(2, \"x\")", "[\"x\", \"x\"]"),
        ],
    );
    check(
        "",
        "Option<u32>",
        &[
            ("[1, 2].nth(1)", "ddlog_std::Some{.x = 2}"),
            ("[1, 2].nth(2)", "ddlog_std::None{}"),
            ("vec::arg_min([4, 2, 6, 3], |x| x % 2)", "ddlog_std::Some{.x = 4}"),
            ("vec::arg_max([4, 1, 6, 3], |x| x % 2)", "ddlog_std::Some{.x = 3}"),
        ],
    );
    check("", "bool", &[("[1: u32, 2].contains(2)", "true"), ("vec_is_empty([1: u32])", "false")]);
    check(
        "",
        "(Vec<u32>, Vec<string>)",
        &[("[1, 2].zip([\"a\", \"b\", \"c\"]).unzip()", "([1, 2], [\"a\", \"b\"])")],
    );
}

#[test]
fn sets() {
    let declarations = "
        function build(): Set<string> { var s = set_empty(); s.insert(\"b\"); s.insert(\"a\"); s.insert(\"b\"); s }
        function ints(v: Vec<s32>): Set<s32> = v.to_set()
    ";
    check(
        declarations,
        "Set<string>",
        &[("build()", "[\"a\", \"b\"]"), ("build().insert_imm(\"aa\")", "[\"a\", \"aa\", \"b\"]")],
    );
    check(
        declarations,
        "Set<s32>",
        &[
            ("ints([3, -1, 3])", "[-1, 3]"),
            ("ints([1, 2]).union(ints([2, 3]))", "[1, 2, 3]"),
            ("ints([1, 2, 4]).intersection(ints([2, 3, 4]))", "[2, 4]"),
            ("ints([1, 2]).difference(ints([2, 3]))", "[1]"),
            ("set_unions([ints([3]), ints([1, 3])])", "[1, 3]"),
            ("set::map(ints([1, 2, 3]), |x| x / 2)", "[0, 1]"),
        ],
    );
    check(
        declarations,
        "bool",
        &[
            ("build().contains(\"b\")", "true"),
            ("build().contains(\"c\")", "false"),
            ("build() == [\"b\", \"a\"].to_set()", "true"),
            ("set_is_empty(set_empty(): Set<u32>)", "true"),
        ],
    );
    check(
        declarations,
        "Option<s32>",
        &[
            ("ints([5, 4]).nth(0)", "ddlog_std::Some{.x = 4}"),
            ("set::arg_max(ints([5, -9, 4]), |x| x * x)", "ddlog_std::Some{.x = -9}"),
        ],
    );
    check(declarations, "usize", &[("ints([1, 1, 1]).size()", "1")]);
}

#[test]
fn maps() {
    let declarations = "
        function edit(): (Map<string, u32>, Option<u32>, Option<u32>) {
            var m = [\"b\" -> 2, \"a\" -> 1, \"b\" -> 3];
            m.insert(\"c\", 4);
            m.insert(\"a\", 5);
            var b = m.remove(\"b\");
            var z = m.remove(\"z\");
            (m, b, z)
        }
        function m(): Map<string, u32> = [\"x\" -> 1, \"y\" -> 2]
    ";
    check(
        declarations,
        "(Map<string, u32>, Option<u32>, Option<u32>)",
        &[("edit()", "([(\"a\", 5), (\"c\", 4)], ddlog_std::Some{.x = 3}, ddlog_std::None{})")],
    );
    check(
        declarations,
        "Option<u32>",
        &[
            ("m().get(\"y\")", "ddlog_std::Some{.x = 2}"),
            ("m().get(\"z\")", "ddlog_std::None{}"),
            ("m().nth_value(0)", "ddlog_std::Some{.x = 1}"),
        ],
    );
    check(
        declarations,
        "Map<string, u32>",
        &[
            ("m().union([\"y\" -> 7, \"a\" -> 8])", "[(\"a\", 8), (\"x\", 1), (\"y\", 7)]"),
            ("map::map(m(), |v| v + 1)", "[(\"x\", 2), (\"y\", 3)]"),
            ("[(\"k\", 1), (\"k\", 2)].to_map()", "[(\"k\", 2)]"),
        ],
    );
    check(declarations, "Vec<string>", &[("m().keys()", "[\"x\", \"y\"]")]);
    check(declarations, "Vec<u32>", &[("m().values()", "[1, 2]")]);
    check(declarations, "bool", &[("m().contains_key(\"x\")", "true"), ("m().size() == 2", "true")]);
}

#[test]
fn values_of_any_type() {
    check(
        "typedef S = S { a: u32, o: Option<string>, v: Vec<S> }",
        "S",
        &[("default()", "S{.a = 0, .o = ddlog_std::None{}, .v = []}")],
    );
    check(
        "",
        "Option<string>",
        &[
            ("from_any(to_any(\"x\"))", "ddlog_std::Some{.x = \"x\"}"),
            ("from_any(to_any(5: u32))", "ddlog_std::None{}"),
        ],
    );
    check("", "Ref<string>", &[("ref_new(\"x\")", "\"x\"")]);
    check("", "string", &[("deref(ref_new(\"x\"))", "\"x\"")]);
}

/// The numbers of XxHash64 over the bytes that section 6 of the language reference gives each type.
#[test]
fn hashes_are_those_of_the_hash_bytes() {
    let hash = |bytes: &[u8]| twox_hash::XxHash64::oneshot(0x23b6_91a7_51d0_e108, bytes);
    let hash_2 = |bytes: &[u8]| twox_hash::XxHash64::oneshot(0x20b0_9801_dce5_ff84, bytes);
    let check_64 = |declarations: &str, expr: &str, bytes: &[u8]| {
        check(declarations, "u64", &[(&format!("hash64({expr})"), &hash(bytes).to_string())]);
    };
    check_64("", "\"ab\"", b"ab\xff");
    check_64("", "true", &[1]);
    check_64("", "10'd513", &[1, 2]);
    check_64("", "-32'sd2", &[0xfe, 0xff, 0xff, 0xff]);
    check_64("", "128'd1", &[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    check_64("", "(8'd1, \"\")", &[1, 0xff]);
    check_64("typedef P = P { a: u8, b: u8 }", "P{1, 2}", &[1, 2]);
    check_64("", "Some{8'd7}", &[1, 0, 0, 0, 0, 0, 0, 0, 7]);
    check_64("", "[8'd7, 8]", &[2, 0, 0, 0, 0, 0, 0, 0, 7, 8]);
    check_64("", "i\"ab\"", &hash(b"ab\xff").to_le_bytes());
    check_64("", "-(5: bigint)", &[0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0]);
    let wide = u128::from(hash(b"x\xff")) << 64 | u128::from(hash_2(b"x\xff"));
    check("", "u128", &[("hash128(\"x\")", &wide.to_string())]);
}

#[test]
fn allocation_never_gives_a_number_twice() {
    let declarations = "function taken(v: Vec<u8>): Set<u8> = v.to_set()";
    let (things, three) = ("[\"a\", \"b\"]", "[\"a\", \"b\", \"c\"]");
    check(
        declarations,
        "Vec<(string, u8)>",
        &[
            (&format!("allocate::allocate(taken([]), {things}, 3, 9)"), "[(\"a\", 3), (\"b\", 4)]"),
            (
                &format!("allocate::allocate(taken([5, 7]), {three}, 5, 9)"),
                "[(\"a\", 8), (\"b\", 9), (\"c\", 6)]",
            ),
            (&format!("allocate::allocate(taken([5]), {things}, 5, 6)"), "[(\"a\", 6)]"),
            (
                &format!("allocate::adjust_allocation([\"b\" -> 5], {three}, 5, 7)"),
                "[(\"a\", 6), (\"b\", 5), (\"c\", 7)]",
            ),
            (
                "allocate::allocate_with_hint(taken([5]), [(\"a\", None), (\"b\", Some{5}), (\"c\", Some{8})], 5, 8)",
                "[(\"a\", 6), (\"b\", 7), (\"c\", 8)]",
            ),
        ],
    );
    check(
        declarations,
        "Vec<(string, Option<u8>)>",
        &[(
            &format!("allocate::allocate_opt(taken([5]), {things}, 5, 6)"),
            "[(\"a\", ddlog_std::Some{.x = 6}), (\"b\", ddlog_std::None{})]",
        )],
    );
}

#[test]
fn addresses() {
    let imports = "import net::ipv4\nimport net::ipv6\nimport net::ipaddr";
    check(
        imports,
        "string",
        &[
            ("\"${ipv4_new(192, 168, 0, 1)}\"", "\"192.168.0.1\""),
            ("\"${ipv6_new(0, 0, 0, 0, 0, 'hffff, 'hc00a, 'h2ff)}\"", "\"::ffff:192.10.2.255\""),
            ("\"${ipaddr_from_ipv4addr(iPV4_LOCALHOST())}\"", "\"127.0.0.1\""),
        ],
    );
    check(
        imports,
        "bool",
        &[
            ("ipv4_is_loopback(ipv4_from_u32(32'h7f000001))", "true"),
            ("ipv6_is_multicast(ipv6_from_u128(0))", "false"),
            ("ipv4_from_str(\"10.0.0.1.2\").is_err()", "true"),
        ],
    );
    check(imports, "(u8, u8, u8, u8)", &[("ipv4_octets(ipv4_new(1, 2, 3, 4))", "(1, 2, 3, 4)")]);
    check(imports, "u128", &[("ipv6_to_u128(ipv6_from_str(\"::2\").unwrap_or(iPV6_LOCALHOST()))", "2")]);
}

#[test]
fn uuids() {
    let declarations = "
        import uuid
        import ovsdb
        function id(): uuid::Uuid = uuid::from_u128('h0436430c_2b02_624c_2032_570501212b57)
        function namespace(): uuid::Uuid = uuid::parse_str(\"5a5e7dd9-e3fb-49bb-b263-9bab25c95841\").unwrap_or(uuid::nil())
    ";
    check(
        declarations,
        "string",
        &[
            ("uuid::to_hyphenated_upper(id())", "\"0436430C-2B02-624C-2032-570501212B57\""),
            ("uuid::to_urn_lower(id())", "\"urn:uuid:0436430c-2b02-624c-2032-570501212b57\""),
            ("hex(uuid::to_u128_le(id()))", "\"572b2101055732204c62022b0c433604\""),
            (
                "uuid::to_hyphenated_lower(uuid::new_v5(namespace(), \"namespace=nsA And podSelector=\".to_bytes()))",
                "\"add8dd4c-920c-5c39-9386-a0c2ca6903fa\"",
            ),
            (
                "ovsdb::uuid2str(128'h0436430c2b02624c2032570501212b57)",
                "\"0436430c-2b02-624c-2032-570501212b57\"",
            ),
            (
                "ovsdb::uuid2name(128'h0436430c2b02624c2032570501212b57)",
                "\"u0436430c_2b02_624c_2032_570501212b57\"",
            ),
        ],
    );
}

#[test]
fn encodings_and_expressions() {
    check(
        "import base64",
        "Result<Vec<u8>, string>",
        &[
            ("base64::decode(\"TEST\")", "ddlog_std::Ok{.res = [76, 68, 147]}"),
            ("base64::decode(\"Hello !@#!@#\")", "ddlog_std::Err{.err = \"Invalid byte 32 at position 5\"}"),
        ],
    );
    check("import base64", "string", &[("base64::encode([0, 1, 2, 3])", "\"AAECAw==\"")]);
    check(
        "import regex",
        "Vec<string>",
        &[
            ("regex_all_matches(regex([|\\d+|]), \"a111b222c\")", "[\"111\", \"222\"]"),
            ("regex_all_matches(regex(\"[\"), \"foo\")", "[]"),
        ],
    );
    check(
        "import regex",
        "bool",
        &[
            ("regex_set_match(regex_set([[|\\d+|], \"foo\"]), \"foobar\")", "true"),
            ("regex_set_match(regex_set([[|\\d+|], \"[\", \"foo\"]), \"foobar\")", "false"),
            ("try_regex(\"[\").is_err()", "true"),
        ],
    );
}

#[test]
fn json() {
    let declarations = "
        import json
        typedef Top = Top { t: string, id: Option<u64>, nested: Vec<Nested> }
        typedef Nested = A { x: string } | B
        function top(s: string): Result<Top, string> = from_json_string(s)
        function value(s: string): Result<JsonValue, string> = from_json_string(s)
    ";
    let text = r#"[|{"t":"x","nested":[{"A":{"x":"y"}},"B"],"more":1}|]"#;
    check(
        declarations,
        "Result<Top, string>",
        &[
            (
                &format!("top({text})"),
                "ddlog_std::Ok{.res = Top{.t = \"x\", .id = ddlog_std::None{}, .nested = [A{.x = \"y\"}, B{}]}}",
            ),
            ("top(\"{}\")", "ddlog_std::Err{.err = \"missing field `t` at line 1 column 2\"}"),
        ],
    );
    check(
        declarations,
        "Result<string, string>",
        &[
            (
                &format!("top({text}).to_json_string()"),
                r#"ddlog_std::Ok{.res = "{\"Ok\":{\"res\":{\"t\":\"x\",\"id\":null,\"nested\":[{\"A\":{\"x\":\"y\"}},\"B\"]}}}"}"#,
            ),
            (
                r#"value([|{"a": [1, 2.99792458e8, null, true]}|]).to_json_string()"#,
                r#"ddlog_std::Ok{.res = "{\"Ok\":{\"res\":{\"a\":[1,299792458.0,null,true]}}}"}"#,
            ),
        ],
    );
}

#[test]
fn floating_point() {
    check(
        "import fp",
        "float",
        &[
            ("acos_f(32'f0.5)", "1.0471976"),
            ("acosh_f(32'f0.5)", "NaN"),
            ("mul_add_f(32'f0.5, 32'f2.2, 32'f2.3)", "3.4"),
            ("powi_f(32'f0.5, 5)", "0.03125"),
            ("log_f(32'f0.5, 32'f2.0)", "-1"),
        ],
    );
    check(
        "import fp",
        "double",
        &[("sqrt_d(64'f2.0)", "1.4142135623730951"), ("parse_d(\"x\").unwrap_or(64'f7.5)", "7.5")],
    );
    check(
        "import fp",
        "Option<bigint>",
        &[("int_from_d(64'f1e20)", "ddlog_std::Some{.x = 100000000000000000000}")],
    );
}

#[test]
fn times_and_dates() {
    let declarations = "
        import time
        function when(): time::DateTime = string2datetime(\"2020-04-14T10:11:12\").unwrap_or_default()
    ";
    check(
        declarations,
        "Result<time::Time, string>",
        &[
            ("try_from_hms_nano(10, 11, 12, 103104105)", "ddlog_std::Ok{.res = \"10:11:12.103104105\"}"),
            ("try_from_hms(24, 0, 0)", "ddlog_std::Err{.err = \"illegal time value\"}"),
            ("time_parse(\"10:10\", \"%T\")", "ddlog_std::Err{.err = \"premature end of input\"}"),
            ("time_parse(\"10:10:10.102030405\", \"%T.%f\")", "ddlog_std::Ok{.res = \"10:10:10.102030405\"}"),
        ],
    );
    check(
        declarations,
        "time::Date",
        &[
            ("from_julian_day(2000000)", "\"0763-09-18\""),
            ("next_day(when().date)", "\"2020-04-15\""),
            ("try_from_iso_ywd(2020, 4, Monday).unwrap_or_default()", "\"2020-01-20\""),
            ("try_from_ymd(2020, 13, 14).unwrap_or_default()", "\"0000-01-01\""),
        ],
    );
    check(declarations, "s64", &[("julian_day(from_julian_day(2000000))", "2000000")]);
    check(
        declarations,
        "time::DateTime",
        &[(
            "datetime_from_unix_timestamp(10000000)",
            "time::DateTime{.date = \"1970-04-26\", .time = \"17:46:40.000000000\"}",
        )],
    );
    check(
        declarations,
        "string",
        &[
            ("\"${when()} ${utc_timezone(when())}\"", "\"2020-04-14T10:11:12 2020-04-14T10:11:12+00:00\""),
            ("to_rfc2822(offset_timezone(when(), 3600))", "\"Tue, 14 Apr 2020 11:11:12 +0100\""),
        ],
    );
    check(declarations, "time::Weekday", &[("weekday(when().date)", "time::Tuesday{}")]);
}

#[test]
fn urls() {
    let parts = "import url
        function of(s: string): Url = url_parse(s).unwrap_or_default()";
    check(
        parts,
        "string",
        &[
            ("of(\"HTTPS://Example.NET/a/../b\").to_string()", "\"https://example.net/b\""),
            ("of(\"no url\").to_string()", "\"http://127.0.0.1/\""),
            ("of(\"https://bücher.example/\").host_str().unwrap_or_default()", "\"xn--bcher-kva.example\""),
            (
                "result_unwrap_or_default(of(\"https://a.b/c/d\").join(\"../e?q#f\")).to_string()",
                "\"https://a.b/e?q#f\"",
            ),
        ],
    );
    check(
        parts,
        "Result<Url, string>",
        &[
            ("url_parse(\"a/b\")", "ddlog_std::Err{.err = \"relative URL without a base\"}"),
            (
                "of(\"mailto:a@b\").join(\"c\")",
                "ddlog_std::Err{.err = \"relative URL with a cannot-be-a-base base\"}",
            ),
        ],
    );
    check(
        parts,
        "Option<u16>",
        &[
            ("of(\"ssh://h:22\").port()", "ddlog_std::Some{.x = 22}"),
            ("of(\"http://h:80\").port()", "ddlog_std::None{}"),
            ("of(\"http://h\").port_or_known_default()", "ddlog_std::Some{.x = 80}"),
        ],
    );
}

#[test]
fn powers_by_type() {
    check("", "u8", &[("u8_pow32(3, 5)", "243"), ("u8_pow32(3, 6)", "217"), ("u8_pow32(0, 0)", "1")]);
    check(
        "",
        "s16",
        &[("s16_pow32(-3, 3)", "-27"), ("s16_pow32(-2, 15)", "-32768"), ("s16_pow32(2, 15)", "-32768")],
    );
    check("", "u128", &[("u128_pow32(2, 127)", "170141183460469231731687303715884105728")]);
    check("", "bigint", &[("bigint_pow32(-10, 21)", "-1000000000000000000000")]);
    check(
        "",
        "Map<u8, u8>",
        &[(
            "{ var m = [1 -> 2, 3 -> 4]; map_map_in_place(m, function(k: u8, v: mut u8) { v = v + k }); m }",
            "[(1, 3), (3, 7)]",
        )],
    );
}
