//! Expressions, statements and library functions: programs of facts, and the records these give.
#![allow(clippy::unwrap_used)]

mod eval_support;

use eval_support::{facts, trap};

/// Checks one expression of the given type against the text of its value.
#[track_caller]
fn check(ty: &str, expr: &str, expected: &str) {
    check_with("", ty, expr, expected);
}

/// As `check`, with declarations before it.
#[track_caller]
fn check_with(declarations: &str, ty: &str, expr: &str, expected: &str) {
    let program = format!("{declarations}\noutput relation Out(x: {ty})\nOut({expr}).\n");
    assert_eq!(facts(&program), [format!("Out{{.x = {expected}}}")], "{expr}");
}

#[test]
fn arithmetic_wraps_to_the_width() {
    check("u8", "255 + 1", "0");
    check("u8", "0 - 1", "255");
    check("bit<10>", "1023 * 3", "1021");
    check("bit<10>", "~0", "1023");
    check("s8", "127 + 1", "-128");
    check("s8", "-(-128)", "-128");
    check("s64", "-7 / 2", "-3");
    check("s64", "-7 % 2", "-1");
    check("u64", "0 - 1", "18446744073709551615");
    check("u128", "0 - 1", "340282366920938463463374607431768211455");
    check("s128", "-7 / 2", "-3");
    check("bit<100>", "0 - 1", "1267650600228229401496703205375");
    check("bit<200>", "0 - 1", "1606938044258990275541962092341162602522202993782792835301375");
    check("bigint", "-7 / 2", "-3");
    check("bigint", "123456789012345678901234567890 * 10", "1234567890123456789012345678900");
    check("double", "1.5 + 2", "3.5");
    check("float", "0.1 + 0.2", "0.3");
}

#[test]
fn shifts_are_modulo_the_machine_width() {
    check("bit<10>", "1 << 9", "512");
    check("bit<10>", "1 << 10", "0");
    check("bit<10>", "1 << 15", "0");
    check("bit<10>", "1 << 16", "1");
    check("u32", "1 << 33", "2");
    check("s8", "-128 >> 2", "-32");
    check("u128", "1 << 127", "170141183460469231731687303715884105728");
    check("u128", "1 << 128", "1");
    check("bigint", "1 << 130", "1361129467683753853853498429727072845824");
}

#[test]
fn bits_are_cut_and_joined() {
    check("bit<8>", "32'hdeadbeef[15:8]", "190");
    check("bit<1>", "32'h80000000[31:31]", "1");
    check("bit<24>", "8'hab ++ 16'hcdef", "11259375");
    check("bit<128>", "64'h1 ++ 64'h2", "18446744073709551618");
    check("bit<16>", "128'h1234_0000_0000_0000_0000_0000_0000_0000[127:112]", "4660");
}

#[test]
fn casts_keep_the_low_bits() {
    check("u8", "32'd300 as u8", "44");
    check("s16", "-8'sd1 as s16", "-1");
    check("s32", "32'hffffffff as s32", "-1");
    check("bit<128>", "64'hffffffffffffffff as u128", "18446744073709551615");
    check("bigint", "-64'sd5 as bigint", "-5");
    check("double", "32'd7 as double", "7");
    check("float", "64'f0.1 as float", "0.1");
}

#[test]
fn division_by_zero_is_a_trap() {
    for ty in ["u8", "s32", "u64", "u128", "s128", "bigint", "bit<200>"] {
        let program = format!(
            "function zero(): {ty} = 0\noutput relation Out(x: {ty})\nOut(1 / zero()).\nOut(1 % zero()).\n"
        );
        assert_eq!(trap(&program), "division by zero", "{ty}");
    }
}

#[test]
fn logic_evaluates_the_right_side_only_if_needed() {
    let declarations = "function boom(): bool { var z = 0; 32'd1 / z == 1 }";
    check_with(declarations, "bool", "false and boom()", "false");
    check_with(declarations, "bool", "true or boom()", "true");
    check_with(declarations, "bool", "false => boom()", "true");
    check("bool", "true => false", "false");
    check("bool", "not true", "false");
}

#[test]
fn comparison_is_the_natural_order() {
    check("bool", "\"abc\" < \"abd\"", "true");
    check("bool", "(1, \"b\") < (1, \"a\")", "false");
    check("bool", "-8'sd1 < 1", "true");
    check("bool", "64'hffffffffffffffff > 1", "true");
    check("bool", "[1: u32, 2] < [1: u32, 2, 0]", "true");
    check("bool", "Some{1: u32} > None", "true");
    check("bool", "i\"x\" == i\"x\"", "true");
    check("bool", "\"a${1: u32}\" == \"a1\"", "true");
}

#[test]
fn strings_are_built_in_place() {
    check("string", "\"a\" ++ \"b\" ++ 32'd5", "\"ab5\"");
    check("string", "\"${-8'sd3} ${true} ${64'f1.5} ${128'd7}\"", "\"-3 true 1.5 7\"");
    check("string", "i\"x${1: u8}\".ival()", "\"x1\"");
    check_with(
        "typedef Color = Red | Green{n: u32}
         function to_string(c: Color): string = match (c) { Red -> \"red\", Green{n} -> \"green ${n}\" }",
        "string",
        "\"${Red} ${Green{4}}\"",
        "\"red green 4\"",
    );
}

#[test]
fn structs_are_built_taken_apart_and_changed() {
    let declarations = "
        typedef Point = Point { x: u32, y: u32 }
        typedef Wrap = Wrap { p: Point }
        typedef Shape = Circle { c: Point, r: u32 } | Square { c: Point, side: string } | Nothing
        function area(s: Shape): u32 = match (s) {
            Circle{.r = r} -> 3 * r * r,
            Square{p, \"big\"} -> p.x,
            Square{} -> 1,
            Nothing -> 0
        }
        function moved(p: Point): Wrap { var w = Wrap{p}; w.p.x = w.p.x + 10; w }
        function swap(t: (u32, string)): (string, u32) { (var a, var b) = t; (b, a) }
    ";
    check_with(declarations, "u32", "area(Circle{Point{1, 2}, 2})", "12");
    check_with(declarations, "u32", "area(Square{Point{7, 2}, \"big\"})", "7");
    check_with(declarations, "u32", "area(Square{Point{7, 2}, \"small\"})", "1");
    check_with(declarations, "u32", "area(Nothing)", "0");
    check_with(declarations, "Wrap", "moved(Point{1, 2})", "Wrap{.p = Point{.x = 11, .y = 2}}");
    check_with(declarations, "(string, u32)", "swap((1, \"a\"))", "(\"a\", 1)");
    check_with(declarations, "Shape", "Nothing", "Nothing{}");
    check_with(declarations, "string", "(1: u32, \"x\").1", "\"x\"");
}

#[test]
fn loops_break_continue_and_return() {
    let declarations = "
        function evens(v: Vec<u32>): Vec<u32> {
            var out = vec_empty();
            for (x in v) {
                if (x == 100) { break };
                if (x % 2 == 1) { continue };
                out.push(x)
            };
            out
        }
        function find(v: Vec<u32>, wanted: u32): string {
            for (x in v) { if (x == wanted) { return \"found\" } };
            \"missing\"
        }
        function sum(m: Map<string, u32>): u32 { var n = 0; for ((_, v) in m) { n = n + v }; n }
        function total(o: Option<u32>): u32 { var n = 5; for (x in o) { n = n + x }; n }
    ";
    check_with(declarations, "u32", "total(Some{2}) + total(None)", "12");
    check_with(declarations, "Vec<u32>", "evens([1, 2, 3, 4, 100, 6])", "[2, 4]");
    check_with(declarations, "string", "find([1, 2], 2)", "\"found\"");
    check_with(declarations, "string", "find([1, 2], 3)", "\"missing\"");
    check_with(declarations, "u32", "sum([\"a\" -> 1, \"b\" -> 2])", "3");
}

#[test]
fn arguments_by_reference_are_written_back() {
    let declarations = "
        typedef Counter = Counter { n: u32, log: Vec<string> }
        function bump(c: mut Counter, by: u32): u32 {
            var before = c.n;
            c.n = c.n + by;
            c.log.push(\"+${by}\");
            before
        }
        function run(): (u32, Counter) {
            var c = Counter{1, vec_empty()};
            var copy = c;
            var a = bump(c, 2);
            var b = bump(c, 3);
            (a + b + copy.n, c)
        }
        function twice(f: function(mut u32), x: u32): u32 { var y = x; f(y); f(y); y }
    ";
    check_with(declarations, "(u32, Counter)", "run()", "(5, Counter{.n = 6, .log = [\"+2\", \"+3\"]})");
    check_with(declarations, "u32", "twice(|x: mut u32| { x = x * 3 }, 2)", "18");
}

#[test]
fn closures_capture_values() {
    let declarations = "
        import vec
        function adder(n: u32): function(u32): u32 = |x| x + n
        function compose(f: function(u32): u32, g: function(u32): u32): function(u32): u32 = |x| f(g(x))
        function inc(x: u32): u32 = x + 1
    ";
    check_with(declarations, "u32", "compose(adder(5), inc)(1)", "7");
    check_with(declarations, "Vec<u32>", "vec::map([1, 2], adder(10))", "[11, 12]");
    check_with(declarations, "u32", "vec::fold([1, 2, 3], |a, x| a * 10 + x, 0)", "123");
}

#[test]
fn try_leaves_early() {
    let declarations = "
        function half(x: u32): Option<u32> = if (x % 2 == 0) { Some{x / 2} } else { None }
        function quarter(x: u32): Option<u32> { Some{half(half(x)?)?} }
        function checked(x: u32): Result<u32, string> { if (x > 5) { Err{\"big ${x}\"} } else { Ok{x} } }
        function sum(x: u32, y: u32): Result<u32, string> { Ok{checked(x)? + checked(y)?} }
    ";
    check_with(declarations, "Option<u32>", "quarter(12)", "ddlog_std::Some{.x = 3}");
    check_with(declarations, "Option<u32>", "quarter(6)", "ddlog_std::None{}");
    check_with(declarations, "Result<u32, string>", "sum(1, 2)", "ddlog_std::Ok{.res = 3}");
    check_with(declarations, "Result<u32, string>", "sum(1, 9)", "ddlog_std::Err{.err = \"big 9\"}");
}

#[test]
fn endless_recursion_is_a_trap_and_deep_recursion_is_not() {
    let declarations = "
        function forever(x: u32): u32 = forever(x + 1) + 1
        function count(x: u32): u32 = if (x == 0) { 0 } else { count(x - 1) + 1 }
    ";
    check_with(declarations, "u32", "count(20000)", "20000");
    let program = format!("{declarations}\noutput relation Out(x: u32)\nOut(forever(0)).");
    assert!(trap(&program).starts_with("functions call each other"));
}

#[test]
fn rules_without_atoms_filter_and_multiply() {
    let program = "
        output relation Out(a: u32, b: string)
        Out(x, y) :- var v = [1: u32, 2, 3], var x = FlatMap(v), x != 2, (var y, true) = (\"n${x}\", x < 3).
    ";
    assert_eq!(facts(program), ["Out{.a = 1, .b = \"n1\"}"]);
}

#[test]
fn what_an_arm_assigns_to_its_variables_is_assigned_to_the_subject() {
    let program = "
        typedef M = M { x: string, y: u64 }
        typedef N = N { x: Option<M>, other: u8 }
        function change(n: mut N) {
            match (n.x) {
                Some{M{x, 7}} -> x = \"seven\",
                Some{M{x, y}} -> { y = y + 1; if (y > 100) { return () }; x = \"${y}\" },
                whole -> whole = Some{M{\"new\", 0}}
            }
        }
        function all(n: N): N { var m = n; change(m); m }
        function parts(p: (u8, u8)): (u8, u8) { var q = p; match (q) { (a, b) -> { a = b; } }; q }
        function copies(p: u8): (u8, u8) { var q = p; var r = match (q + 0) { a -> { a = 9; a } }; (q, r) }
        output relation Out(n: N)
        output relation Pair(p: (u8, u8))
        Out(all(N{Some{M{\"a\", 7}}, 1})).
        Out(all(N{Some{M{\"a\", 8}}, 2})).
        Out(all(N{Some{M{\"a\", 100}}, 3})).
        Out(all(N{None, 4})).
        Pair(parts((1, 2))).
        Pair(copies(1)).";
    assert_eq!(
        facts(program),
        [
            "Out{.n = N{.x = ddlog_std::Some{.x = M{.x = \"seven\", .y = 7}}, .other = 1}}",
            "Out{.n = N{.x = ddlog_std::Some{.x = M{.x = \"9\", .y = 9}}, .other = 2}}",
            "Out{.n = N{.x = ddlog_std::Some{.x = M{.x = \"a\", .y = 101}}, .other = 3}}",
            "Out{.n = N{.x = ddlog_std::Some{.x = M{.x = \"new\", .y = 0}}, .other = 4}}",
            "Pair{.p = (2, 2)}",
            "Pair{.p = (1, 9)}",
        ]
    );
}
