//! Programs that nobody would write, made from programs that somebody did.
#![allow(unreachable_pub)]

/// A small generator of numbers; the same seed gives the same numbers.
pub struct Chance(u64);

impl Chance {
    /// Numbers of a seed.
    pub fn new(seed: u64) -> Self {
        Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x2545_f491_4f6c_dd1d)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    /// A number below `limit`, or 0.
    pub fn below(&mut self, limit: usize) -> usize {
        if limit == 0 { 0 } else { (self.next() % limit as u64) as usize }
    }

    fn pick<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        all.get(self.below(all.len()))
    }
}

/// One input for the front end, from texts of programs.
pub fn input(corpus: &[String], chance: &mut Chance) -> Vec<u8> {
    match chance.below(20) {
        0 => (0..chance.below(400)).map(|_| chance.next() as u8).collect(),
        1 => nested(chance).into_bytes(),
        2 => bytes(excerpt(corpus, chance).into_bytes(), chance),
        3 => {
            let mut tokens = Vec::new();
            let text = corpus.concat();
            let all = tokens_of(&text);
            for _ in 0..chance.below(200) {
                tokens.push(*chance.pick(&all).unwrap_or(&" "));
            }
            tokens.join(" ").into_bytes()
        }
        4 | 5 => {
            let mut text = excerpt(corpus, chance);
            text.push('\n');
            text.push_str(&excerpt(corpus, chance));
            tokens(&text, corpus, chance).into_bytes()
        }
        6 => items(&excerpt(corpus, chance), chance).into_bytes(),
        _ => tokens(&excerpt(corpus, chance), corpus, chance).into_bytes(),
    }
}

/// A whole program, or some paragraphs of a long one.
fn excerpt(corpus: &[String], chance: &mut Chance) -> String {
    let Some(text) = chance.pick(corpus) else { return String::new() };
    if text.len() <= 3000 {
        return text.clone();
    }
    let paragraphs: Vec<&str> = text.split("\n\n").collect();
    let start = chance.below(paragraphs.len());
    let end = (start + 1 + chance.below(8)).min(paragraphs.len());
    // Long ones are cut, in the middle of whatever there is.
    paragraphs[start..end].join("\n\n").chars().take(6000).collect()
}

/// Some bytes are replaced.
fn bytes(mut data: Vec<u8>, chance: &mut Chance) -> Vec<u8> {
    for _ in 0..=chance.below(8) {
        let at = chance.below(data.len());
        match chance.below(3) {
            0 if !data.is_empty() => data[at] = chance.next() as u8,
            1 if !data.is_empty() => drop(data.remove(at)),
            _ => data.insert(at, b"(){}[]<>.,:;'\"$|&=-\\/*\n"[chance.below(23)]),
        }
    }
    data
}

/// Some tokens are dropped, doubled, swapped, or replaced by others: of the same program, or of any.
fn tokens(text: &str, corpus: &[String], chance: &mut Chance) -> String {
    let mut tokens: Vec<String> = tokens_of(text).into_iter().map(str::to_owned).collect();
    if tokens.is_empty() {
        return String::new();
    }
    let other = excerpt(corpus, chance);
    let others = tokens_of(&other);
    // Most mutations of syntax are refused by the parser: one in two programs gets other names only.
    let first = if chance.below(2) == 0 { 0 } else { 8 };
    for _ in 0..=chance.below(4) {
        let (at, to) = (chance.below(tokens.len()), chance.below(tokens.len()));
        match first + chance.below(10 - first) {
            0 if tokens.len() > 1 => drop(tokens.remove(at)),
            1 => {
                let token = tokens[at].clone();
                tokens.insert(at, token);
            }
            2 => tokens.swap(at, to),
            3 | 4 => tokens[at] = (*chance.pick(&others).unwrap_or(&"_")).to_owned(),
            5 => tokens[at] = (*chance.pick(ODD).unwrap_or(&"_")).to_owned(),
            6 => tokens.insert(at, (*chance.pick(ODD).unwrap_or(&"_")).to_owned()),
            7 => {
                // A run of tokens goes elsewhere, or twice.
                let run: Vec<String> = tokens[at..(at + chance.below(12)).min(tokens.len())].to_vec();
                tokens.splice(to..to, run);
            }
            _ => {
                // A name by another name of the same kind.
                let is_upper = |t: &String| t.starts_with(|c: char| c.is_ascii_uppercase());
                let is_lower = |t: &String| t.starts_with(|c: char| c.is_ascii_lowercase());
                let names: Vec<usize> = (0..tokens.len())
                    .filter(|i| if chance.0 & 1 == 0 { is_upper(&tokens[*i]) } else { is_lower(&tokens[*i]) })
                    .collect();
                if let (Some(a), Some(b)) = (chance.pick(&names).copied(), chance.pick(&names).copied()) {
                    tokens[a] = tokens[b].clone();
                }
            }
        }
    }
    tokens.concat()
}

/// Paragraphs in another order, some missing.
fn items(text: &str, chance: &mut Chance) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    for _ in 0..=chance.below(10) {
        let (a, b) = (chance.below(lines.len()), chance.below(lines.len()));
        match chance.below(3) {
            0 if lines.len() > 1 => drop(lines.remove(a)),
            1 if !lines.is_empty() => lines.insert(a, lines[b]),
            _ if !lines.is_empty() => lines.swap(a, b),
            _ => {}
        }
    }
    lines.join("\n")
}

/// Something within itself, many times.
fn nested(chance: &mut Chance) -> String {
    const FORMS: &[(&str, &str, &str, &str, &str)] = &[
        ("function f(x: u32): u32 = ", "(", "x", ")", ""),
        ("function f(x: u32): u32 = ", "{", "x", "}", ""),
        ("function f(x: bool): bool = ", "not ", "x", "", ""),
        ("function f(x: u32): u32 = ", "~", "x", "", ""),
        ("function f(x: u32): u32 = ", "x + ", "x", "", ""),
        ("function f(x: string): string = ", "x ++ ", "x", "", ""),
        ("function f(x: u32): u32 = ", "if (x == 0) 1 else ", "x", "", ""),
        ("function f(x: u32): u32 = ", "if (x == 0) { ", "x", " } else { 1 }", ""),
        ("function f(x: u32): u32 = ", "match (x) { 0 -> 1, _ -> ", "x", " }", ""),
        ("function f(x: u32): u32 = ", "f(", "x", ")", ""),
        ("function f(x: u32): u32 = x", ".f()", "", "", ""),
        ("function f(x: u32): u32 = ", "x[7:0] ++ ", "x", "", ""),
        ("function f(x: u32): bool = { var y = ", "Some{", "x", "}", "; true }"),
        ("function f(x: u32): bool = { var y = ", "[", "x", "]", "; true }"),
        ("function f(x: u32): bool = { var y = ", "(x, ", "x", ")", "; true }"),
        ("function f(x: u32): bool = { var y = ", "|a| ", "x", "", "; true }"),
        ("function f(x: u32): string = ", "\"${", "x", "}\"", ""),
        ("function f(x: u32): string = ", "$[|a${", "x", "}|]", ""),
        ("function f(x: ", "Vec<", "u32", ">", "): bool = true"),
        ("function f(x: ", "(u32, ", "u32", ")", "): bool = true"),
        ("function f(x: ", "function(u32): ", "u32", "", "): bool = true"),
        ("function f(x: ", "Map<u32, ", "u32", ">", "): string = x.foo"),
        ("input relation R(x: u32)\noutput relation S(x: u32)\nS(x) :- R(x)", ", R(x)", "", "", "."),
        ("input relation R(x: u32)\noutput relation S(x: u32)\nS(x) :- R(x)", ", x == 1", "", "", "."),
        ("input relation R(x: Option<u32>)\noutput relation S(x: u32)\nS(x) :- R(", "Some{", "x", "}", ")."),
        ("input relation R(x: u32)\noutput relation S(x: u32)\n", "for (x in R(y)) ", "S(1)", "", ""),
        ("input relation R(x: u32)\noutput relation S(x: u32)\nS(0)", ", S(1)", "", "", " :- R(x)."),
        ("function f() { ", "for (x in [1]) { ", "()", " }", " }"),
        ("function f(x: u32): u32 = ", "{ var a = x; ", "x", " }", ""),
        ("", "/* ", "x", " */", ""),
        ("typedef T = ", "A{x: u32} | ", "B", "", ""),
        ("", "#[a = 1] ", "typedef T = u32", "", ""),
        ("function f(x: bigint): bigint = ", "x * ", "2", "", ""),
        ("function f(x: bool): bool = ", "x => ", "x", "", ""),
        ("function f(x: bool): bool = ", "(x == ", "x", ")", ""),
        ("function f(x: u32): u64 = x", " as u64", "", "", ""),
        ("function f(x: Option<u32>): Option<u32> = x", "?", "", "", ""),
        ("function f(x: u32) { ", "x = ", "1", "", " }"),
    ];
    if chance.below(6) == 0 {
        return wide(chance);
    }
    let Some((before, open, middle, close, after)) = chance.pick(FORMS) else { return String::new() };
    let depth = match chance.below(4) {
        0 => 3 + chance.below(30),
        1 => 100 + chance.below(60),
        2 => 490 + chance.below(40),
        _ => 1000 + chance.below(9000),
    };
    let missing = if chance.below(4) == 0 { chance.below(depth) } else { 0 };
    format!("{before}{}{middle}{}{after}\n", open.repeat(depth), close.repeat(depth - missing))
}

/// Much of one thing, each referring to the one before: sizes that double would show.
fn wide(chance: &mut Chance) -> String {
    // Types whose size doubles with each line are not tried beyond this.
    let n = 2 + chance.below(12);
    let chain = |line: &dyn Fn(usize) -> String| (1..n).map(line).collect::<String>();
    match chance.below(7) {
        0 => format!(
            "typedef T0 = u8\n{}function f(x: T{}): bool = true\n",
            chain(&|i| format!("typedef T{i} = (T{0}, T{0})\n", i - 1)),
            n - 1
        ),
        1 => format!(
            "function f0(x: 'A): 'A = x\n{}function g(): u32 = f{}(1)\n",
            chain(&|i| format!("function f{i}(x: 'A): 'A = f{0}((f{0}(x), f{0}(x))).0\n", i - 1)),
            n - 1
        ),
        2 => format!(
            "typedef T0<'A> = C0{{x: 'A}}\n{}function f(x: T{}<u8>): bool = x == x\n",
            chain(&|i| format!("typedef T{i}<'A> = C{i}{{x: T{0}<'A>, y: T{0}<Option<'A>>}}\n", i - 1)),
            n - 1
        ),
        3 => format!(
            "input relation R0(x: u32)\n{}output relation O(x: u32)\nO(x) :- R{}(x).\n",
            chain(&|i| format!(
                "relation R{i}(x: u32)\nR{i}(x) :- R{0}(x), not R{0}(x + 1), R{0}(y).\n",
                i - 1
            )),
            n - 1
        ),
        4 => {
            let arms: String = (0..n).map(|i| format!("({i}, Some{{_}}, _) -> {i}, ")).collect();
            format!("function f(x: (u32, Option<u32>, bool)): u32 = match (x) {{ {arms} _ -> 0 }}\n")
        }
        5 => {
            let fields: String = (0..n).map(|i| format!("a{i}: bool, ")).collect();
            let arms: String = (0..n.min(20))
                .map(|i| {
                    let pattern: Vec<&str> = (0..n).map(|j| if i == j { "true" } else { "_" }).collect();
                    format!("T{{{}}} -> {i}, ", pattern.join(", "))
                })
                .collect();
            format!(
                "typedef t = T{{{fields}}}\nfunction f(x: t): u32 = match (x) {{ {arms} }}\n",
                fields = fields.trim_end_matches(", "),
                arms = arms.trim_end_matches(", ")
            )
        }
        _ => {
            let lets: String = (1..n).map(|i| format!("var x{i} = (x{0}, x{0}); ", i - 1)).collect();
            format!("function f(x0: u32): bool = {{ {lets} x{0} == x{0} }}\n", n - 1)
        }
    }
}

/// Tokens that turn programs into other programs.
const ODD: &[&str] = &[
    "_",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    "<",
    ">",
    ",",
    ".",
    ":",
    ";",
    "=",
    "==",
    "&",
    "|",
    "'",
    "'A",
    "@",
    "#",
    "?",
    "-",
    "-1",
    "0",
    "1",
    "18446744073709551616",
    "340282366920938463463374607431768211456",
    "1'd1",
    "0'd0",
    "128'hffff",
    "1e999",
    "64'f1.5",
    "\"\"",
    "\"${",
    "\"${x}\"",
    "[|",
    "|]",
    "i\"a\"",
    "$[|${1}|]",
    "bit<0>",
    "bit<1>",
    "bit<129>",
    "bit<65536>",
    "bit<99999999999>",
    "signed<7>",
    "var x",
    "var",
    "not",
    "in",
    "if (true)",
    "else",
    "match (x) { _ -> 1 }",
    "for (x in y)",
    "FlatMap(x)",
    "group_by",
    ".group_by(())",
    "Inspect",
    "Aggregate((x), f(x))",
    "skip",
    "return",
    "break",
    "continue",
    " as bit<8>",
    ": u32",
    "None",
    "Some{x}",
    "Some",
    "Vec<",
    "Map<string, 'B>",
    "Ref<",
    "Intern<string>",
    "|x| x",
    "function(x: u32): u32 { x }",
    "relation",
    "input",
    "output",
    "stream",
    "multiset",
    "typedef T = ",
    "import vec",
    "import vec as x",
    "apply",
    "extern",
    "index",
    "primary key (x) x",
    "-1(",
    "'(",
    "()",
    "[x]",
    "{.a = 1}",
    ".0",
    ".1",
    ".x",
    "[7:0]",
    "::",
    "x::",
    "::x",
    "\n",
    "é",
    "\u{0}",
    "// ",
    "/*",
    "*/",
    "R(x) :- R(x).",
    "mut ",
    "true",
    "double",
    "float",
    "bigint",
    "string",
    "#[original = \"x\"]",
    "++",
    "<<",
    ">>",
    "=>",
    "<=",
    "%",
    "*",
    "/",
    "~",
    "^",
];

/// Words, numbers, strings, runs of blanks, and single other characters.
fn tokens_of(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let length = if word(first) {
            rest.find(|c: char| !word(c)).unwrap_or(rest.len())
        } else if first.is_whitespace() {
            rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len())
        } else if first == '"' {
            rest[1..].find(['"', '\n']).map_or(rest.len(), |end| end + 2)
        } else {
            first.len_utf8()
        };
        let (token, after) = rest.split_at(length);
        tokens.push(token);
        rest = after;
    }
    tokens
}
