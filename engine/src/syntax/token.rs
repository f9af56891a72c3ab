//! The words of the language.

use crate::source::Span;

/// One token of a rule file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token<'t> {
    pub(crate) kind: TokenKind,
    /// The characters, as they stand in the text that was read.
    pub(crate) text: &'t str,
    /// Offset of `text` in the text that was read; differs from the span inside string literals.
    pub(crate) at: u32,
    /// Where the author wrote it.
    pub(crate) span: Span,
    /// What precedes it on its line.
    pub(crate) position: LinePosition,
}

/// Where on its line a token stands: what error recovery goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinePosition {
    /// First character of a line.
    Margin,
    /// Only blanks before it.
    First,
    /// Something before it.
    Inside,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Ident,
    /// A reserved word with a meaning.
    Keyword(Keyword),
    /// A reserved word without one.
    Reserved,
    Int,
    Float,
    String(StringForm),
    LParen,
    RParen,
    LBracket,
    RBracket,
    LBrace,
    RBrace,
    Comma,
    Semi,
    Amp,
    Caret,
    Tilde,
    At,
    Hash,
    Tick,
    Question,
    // Operators: the longest run of operator characters.
    Dot,
    Colon,
    PathSep,
    ColonDash,
    Arrow,
    Implies,
    Assign,
    EqEq,
    NotEq,
    Lt,
    Le,
    Gt,
    Ge,
    Shl,
    Shr,
    Pipe,
    Plus,
    PlusPlus,
    Minus,
    Star,
    Slash,
    Percent,
    /// A run of operator characters that is no operator.
    UnknownOperator,
    /// Characters that are no token; reported by the lexer.
    Bad,
    /// End of the text.
    Eof,
}

/// How a string literal is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StringForm {
    pub(crate) quoting: Quoting,
    /// `i"…"`: stands for `intern("…")`.
    pub(crate) interned: bool,
}

/// What is between the delimiters of a string literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quoting {
    /// `"…"`: escapes and interpolation.
    Quoted,
    /// `[|…|]`: neither.
    Raw,
    /// `$[|…|]`: interpolation only.
    RawInterpolated,
}

macro_rules! keywords {
    ($($variant:ident $text:literal),* $(,)?) => {
        /// Reserved words that mean something.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Keyword { $($variant),* }

        impl Keyword {
            /// The word.
            pub(crate) fn text(self) -> &'static str {
                match self { $(Keyword::$variant => $text),* }
            }

            fn of(word: &str) -> Option<Keyword> {
                match word { $($text => Some(Keyword::$variant),)* _ => None }
            }
        }
    };
}

keywords! {
    Underscore "_", Aggregate "Aggregate", And "and", Apply "apply", As "as", Bigint "bigint", Bit "bit", Bool "bool",
    Break "break", Continue "continue", Double "double", Else "else", Extern "extern", False "false",
    FlatMap "FlatMap", Float "float", For "for", Function "function", If "if", Import "import", In "in",
    Input "input", Inspect "Inspect", Match "match", Multiset "multiset", Mut "mut", Not "not", Or "or",
    Output "output", Relation "relation", Return "return", Signed "signed", Skip "skip", Stream "stream",
    String "string", Transformer "transformer", True "true", Type "type", Typedef "typedef", Var "var",
}

/// Words kept free of names because generated code could not use them.
const RESERVED: &[&str] = &[
    "abstract", "async", "await", "become", "box", "const", "crate", "do", "dyn", "enum", "final", "fn",
    "impl", "let", "loop", "macro", "mod", "move", "override", "priv", "pub", "ref", "self", "Self",
    "static", "struct", "super", "trait", "try", "typeof", "unsafe", "unsized", "use", "virtual", "where",
    "while", "yield",
];

/// Operators by spelling, longest first.
const OPERATORS: &[(&str, TokenKind)] = &[
    ("::", TokenKind::PathSep),
    (":-", TokenKind::ColonDash),
    ("->", TokenKind::Arrow),
    ("=>", TokenKind::Implies),
    ("==", TokenKind::EqEq),
    ("!=", TokenKind::NotEq),
    ("<=", TokenKind::Le),
    (">=", TokenKind::Ge),
    ("<<", TokenKind::Shl),
    (">>", TokenKind::Shr),
    ("++", TokenKind::PlusPlus),
    (".", TokenKind::Dot),
    (":", TokenKind::Colon),
    ("=", TokenKind::Assign),
    ("<", TokenKind::Lt),
    (">", TokenKind::Gt),
    ("|", TokenKind::Pipe),
    ("+", TokenKind::Plus),
    ("-", TokenKind::Minus),
    ("*", TokenKind::Star),
    ("/", TokenKind::Slash),
    ("%", TokenKind::Percent),
];

/// Whether a word of letters, digits and `_` cannot be a name.
pub fn is_reserved(word: &str) -> bool {
    TokenKind::of_word(word) != TokenKind::Ident
}

impl TokenKind {
    /// What a word is.
    pub(crate) fn of_word(word: &str) -> TokenKind {
        match Keyword::of(word) {
            Some(keyword) => TokenKind::Keyword(keyword),
            None if RESERVED.contains(&word) => TokenKind::Reserved,
            None => TokenKind::Ident,
        }
    }

    /// What a maximal run of operator characters is.
    pub(crate) fn of_operator(run: &str) -> TokenKind {
        OPERATORS.iter().find(|(text, _)| *text == run).map_or(TokenKind::UnknownOperator, |&(_, kind)| kind)
    }

    /// The longest operator a run starts with, and its length.
    pub(crate) fn operator_prefix(run: &str) -> Option<(TokenKind, usize)> {
        OPERATORS.iter().find(|(text, _)| run.starts_with(text)).map(|&(text, kind)| (kind, text.len()))
    }

    /// How error messages name what the grammar wants here.
    pub(crate) fn describe(self) -> &'static str {
        match self {
            TokenKind::Ident => "a name",
            TokenKind::Keyword(keyword) => keyword.text(),
            TokenKind::Reserved => "a reserved word",
            TokenKind::Int => "a number",
            TokenKind::Float => "a floating point number",
            TokenKind::String(_) => "a string",
            TokenKind::LParen => "`(`",
            TokenKind::RParen => "`)`",
            TokenKind::LBracket => "`[`",
            TokenKind::RBracket => "`]`",
            TokenKind::LBrace => "`{`",
            TokenKind::RBrace => "`}`",
            TokenKind::Comma => "`,`",
            TokenKind::Semi => "`;`",
            TokenKind::Amp => "`&`",
            TokenKind::Caret => "`^`",
            TokenKind::Tilde => "`~`",
            TokenKind::At => "`@`",
            TokenKind::Hash => "`#`",
            TokenKind::Tick => "`'`",
            TokenKind::Question => "`?`",
            TokenKind::Dot => "`.`",
            TokenKind::Colon => "`:`",
            TokenKind::PathSep => "`::`",
            TokenKind::ColonDash => "`:-`",
            TokenKind::Arrow => "`->`",
            TokenKind::Implies => "`=>`",
            TokenKind::Assign => "`=`",
            TokenKind::EqEq => "`==`",
            TokenKind::NotEq => "`!=`",
            TokenKind::Lt => "`<`",
            TokenKind::Le => "`<=`",
            TokenKind::Gt => "`>`",
            TokenKind::Ge => "`>=`",
            TokenKind::Shl => "`<<`",
            TokenKind::Shr => "`>>`",
            TokenKind::Pipe => "`|`",
            TokenKind::Plus => "`+`",
            TokenKind::PlusPlus => "`++`",
            TokenKind::Minus => "`-`",
            TokenKind::Star => "`*`",
            TokenKind::Slash => "`/`",
            TokenKind::Percent => "`%`",
            TokenKind::UnknownOperator => "an operator",
            TokenKind::Bad => "an unreadable character",
            TokenKind::Eof => "the end of the file",
        }
    }
}
