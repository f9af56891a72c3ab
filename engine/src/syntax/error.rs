//! What can be wrong with the text of a rule file.

use crate::diagnostics::Diagnostic;
use crate::source::Span;

/// A mistake in the text of a rule file, with its place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs)] // the messages say what the fields are
pub enum SyntaxError {
    #[error("unexpected character `{text}`")]
    UnexpectedCharacter { text: String, span: Span },
    #[error("unterminated block comment")]
    UnterminatedComment { opener: Span, span: Span },
    #[error("unterminated string")]
    UnterminatedString { close: &'static str, opener: Span, span: Span },
    #[error("unknown escape `{text}` in a string")]
    BadEscape { text: String, span: Span },
    #[error("malformed number `{text}`")]
    MalformedNumber { text: String, span: Span },
    #[error("a number of {n_digits} digits")]
    NumberTooLong { n_digits: usize, most: usize, span: Span },
    #[error("more than {most} mistakes in this file")]
    TooManyErrors { most: usize, span: Span },
    #[error("value exceeds specified width of {width} bits")]
    ValueTooWide { width: u32, span: Span },
    #[error("width `{text}` is not possible here")]
    BadWidth { text: String, span: Span },
    #[error("unknown operator `{text}`")]
    UnknownOperator { text: String, split: Option<String>, span: Span },
    #[error("expected {expected}, found {found}")]
    Expected {
        expected: String,
        found: String,
        context: Option<Context>,
        hint: Option<&'static str>,
        span: Span,
    },
    #[error("unclosed `{open}`")]
    Unclosed { open: char, opener: Span, found: String, span: Span },
    #[error("missing `.` at the end of the {what}")]
    MissingDot { what: &'static str, end: Span, next: Option<Span>, span: Span },
    #[error("`{word}` is a reserved word, not a name")]
    ReservedWord { word: String, span: Span },
    #[error("nested too deeply")]
    TooDeep { limit: u32, span: Span },
    #[error("arguments are either all named or all by position")]
    MixedArguments { first: Span, span: Span },
    #[error("attributes do not apply to {what}")]
    AttributesNotAllowed { what: &'static str, span: Span },
    #[error("assignment in a condition")]
    AssignmentInCondition { span: Span },
    #[error("`==` compares, it does not set a variable")]
    ComparisonInDeclaration { span: Span },
    #[error("`{text}` is not an operator of this language")]
    ForeignOperator { text: &'static str, instead: &'static str, span: Span },
    #[error("a string in a pattern must be constant")]
    InterpolatedPattern { span: Span },
    #[error("comparisons cannot be chained")]
    ChainedComparison { span: Span },
    #[error("assignments cannot be chained")]
    ChainedAssignment { span: Span },
    #[error("unclosed `${{` in a string")]
    UnclosedInterpolation { span: Span },
    #[error("a {what} starts with {wanted} letter")]
    LetterCase { what: &'static str, wanted: &'static str, name: String, span: Span },
    #[error("delay cannot exceed {}", u32::MAX)]
    DelayTooLong { span: Span },
    #[error("`Aggregate` takes grouping variables and one function call")]
    AggregateForm { span: Span },
    #[error("`{word}` stands only at the right of `=` in a rule body")]
    MisplacedClause { word: &'static str, span: Span },
    #[error("the condition of `if` needs parentheses")]
    BareCondition { condition: Span, span: Span },
    #[error("module `{module}` not found")]
    ModuleNotFound { module: String, searched: Vec<String>, span: Span },
    #[error("`{module}` is always imported")]
    ImplicitImport { module: String, span: Span },
    #[error("module `{module}` is imported twice")]
    DuplicateImport { module: String, first: Span, span: Span },
    #[error("module `{module}` imports itself")]
    SelfImport { module: String, span: Span },
    #[error("cannot read `{name}`: {reason}")]
    Unreadable { name: String, reason: String, span: Span },
}

/// What was being read when something else was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// Where it starts.
    pub span: Span,
    /// What it is.
    pub what: &'static str,
}

/// Most mistakes that are told of one file: what is no rule file at all has millions.
pub(super) const MOST_ERRORS: usize = 200;

/// What a message quotes of a text: all of it, or its start.
pub(super) fn excerpt(text: &str) -> String {
    const MOST: usize = 40;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}..", &text[..end]),
        None => text.to_owned(),
    }
}

impl SyntaxError {
    /// The stable code of this kind of mistake.
    pub fn code(&self) -> &'static str {
        match self {
            SyntaxError::UnexpectedCharacter { .. } => "E0001",
            SyntaxError::UnterminatedComment { .. } => "E0002",
            SyntaxError::UnterminatedString { .. } => "E0003",
            SyntaxError::BadEscape { .. } => "E0004",
            SyntaxError::MalformedNumber { .. } => "E0005",
            SyntaxError::ValueTooWide { .. } => "E0006",
            SyntaxError::BadWidth { .. } => "E0007",
            SyntaxError::UnknownOperator { .. } => "E0008",
            SyntaxError::Expected { .. } => "E0009",
            SyntaxError::Unclosed { .. } => "E0010",
            SyntaxError::MissingDot { .. } => "E0011",
            SyntaxError::ReservedWord { .. } => "E0012",
            SyntaxError::TooDeep { .. } => "E0013",
            SyntaxError::MixedArguments { .. } => "E0014",
            SyntaxError::AttributesNotAllowed { .. } => "E0015",
            SyntaxError::AssignmentInCondition { .. } => "E0016",
            SyntaxError::ComparisonInDeclaration { .. } => "E0017",
            SyntaxError::ForeignOperator { .. } => "E0018",
            SyntaxError::InterpolatedPattern { .. } => "E0019",
            SyntaxError::ChainedComparison { .. } => "E0020",
            SyntaxError::ChainedAssignment { .. } => "E0021",
            SyntaxError::UnclosedInterpolation { .. } => "E0022",
            SyntaxError::LetterCase { .. } => "E0023",
            SyntaxError::DelayTooLong { .. } => "E0024",
            SyntaxError::AggregateForm { .. } => "E0025",
            SyntaxError::MisplacedClause { .. } => "E0026",
            SyntaxError::BareCondition { .. } => "E0027",
            SyntaxError::NumberTooLong { .. } => "E0028",
            SyntaxError::TooManyErrors { .. } => "E0029",
            SyntaxError::ModuleNotFound { .. } => "E0030",
            SyntaxError::ImplicitImport { .. } => "E0031",
            SyntaxError::DuplicateImport { .. } => "E0032",
            SyntaxError::SelfImport { .. } => "E0033",
            SyntaxError::Unreadable { .. } => "E0034",
        }
    }

    /// The place that is at fault.
    pub fn span(&self) -> Span {
        match self {
            SyntaxError::UnexpectedCharacter { span, .. }
            | SyntaxError::UnterminatedComment { span, .. }
            | SyntaxError::UnterminatedString { span, .. }
            | SyntaxError::BadEscape { span, .. }
            | SyntaxError::MalformedNumber { span, .. }
            | SyntaxError::NumberTooLong { span, .. }
            | SyntaxError::TooManyErrors { span, .. }
            | SyntaxError::ValueTooWide { span, .. }
            | SyntaxError::BadWidth { span, .. }
            | SyntaxError::UnknownOperator { span, .. }
            | SyntaxError::Expected { span, .. }
            | SyntaxError::Unclosed { span, .. }
            | SyntaxError::MissingDot { span, .. }
            | SyntaxError::ReservedWord { span, .. }
            | SyntaxError::TooDeep { span, .. }
            | SyntaxError::MixedArguments { span, .. }
            | SyntaxError::AttributesNotAllowed { span, .. }
            | SyntaxError::AssignmentInCondition { span }
            | SyntaxError::ComparisonInDeclaration { span }
            | SyntaxError::ForeignOperator { span, .. }
            | SyntaxError::InterpolatedPattern { span }
            | SyntaxError::ChainedComparison { span }
            | SyntaxError::ChainedAssignment { span }
            | SyntaxError::UnclosedInterpolation { span }
            | SyntaxError::LetterCase { span, .. }
            | SyntaxError::DelayTooLong { span }
            | SyntaxError::AggregateForm { span }
            | SyntaxError::MisplacedClause { span, .. }
            | SyntaxError::BareCondition { span, .. }
            | SyntaxError::ModuleNotFound { span, .. }
            | SyntaxError::ImplicitImport { span, .. }
            | SyntaxError::DuplicateImport { span, .. }
            | SyntaxError::SelfImport { span, .. }
            | SyntaxError::Unreadable { span, .. } => *span,
        }
    }
}

impl From<SyntaxError> for Diagnostic {
    fn from(error: SyntaxError) -> Diagnostic {
        let diagnostic = Diagnostic::error(error.code(), error.span(), error.to_string());
        match error {
            SyntaxError::UnexpectedCharacter { .. } | SyntaxError::ChainedAssignment { .. } => diagnostic,
            SyntaxError::UnterminatedComment { opener, .. } => diagnostic
                .label("expected `*/`")
                .also(opener, "the comment starts here")
                .hint("Comments nest: every `/*` needs its own `*/`."),
            SyntaxError::UnterminatedString { close: "\"", .. } => diagnostic
                .label("the string starts here")
                .hint("Close it with `\"` on the same line, or write a text of several lines as `[|..|]`."),
            SyntaxError::UnterminatedString { opener, .. } => diagnostic
                .label("expected `|]`")
                .also(opener, "the string starts here")
                .hint("Close it with `|]`."),
            SyntaxError::BadEscape { .. } => {
                diagnostic.hint("Escapes are `\\n`, `\\t`, `\\\"`, `\\\\`, `\\123`, `\\x7f` and `\\u{e9}`.")
            }
            SyntaxError::MalformedNumber { text, .. } if text.starts_with("0x") => {
                diagnostic.hint(format!("Write hexadecimal as `'h{}`.", &text[2..]))
            }
            SyntaxError::MalformedNumber { .. } => diagnostic
                .hint("Numbers are `12`, `1.5`, `'hff`, or with a width `32'd12`, `8'sd5`, `64'f1.5`."),
            SyntaxError::NumberTooLong { most, .. } => diagnostic.label(format!("at most {most} digits")),
            SyntaxError::TooManyErrors { .. } => diagnostic.label("nothing after this is told"),
            SyntaxError::ValueTooWide { .. } => diagnostic.label("does not fit"),
            SyntaxError::BadWidth { .. } => diagnostic
                .hint("Widths of integers start at 1; floating point numbers are 32 or 64 bits wide."),
            SyntaxError::UnknownOperator { split: Some(split), .. } => {
                diagnostic.hint(format!("Operator characters that touch are read as one: write `{split}`."))
            }
            SyntaxError::UnknownOperator { split: None, .. } => diagnostic,
            SyntaxError::Expected { expected, context, hint, .. } => {
                let mut diagnostic = diagnostic.label(format!("expected {expected}"));
                if let Some(context) = context {
                    diagnostic = diagnostic.also(context.span, format!("in this {}", context.what));
                }
                diagnostic.hint = hint.map(str::to_owned);
                diagnostic
            }
            SyntaxError::Unclosed { opener, open, found, .. } => {
                let close = match open {
                    '(' => ')',
                    '[' => ']',
                    '{' => '}',
                    '<' => '>',
                    other => other,
                };
                diagnostic
                    .label(format!("expected `{close}`, found {found}"))
                    .also(opener, format!("this `{open}` is not closed"))
            }
            SyntaxError::MissingDot { what, end, next, .. } => {
                let diagnostic =
                    diagnostic.label("expected `.`").hint(format!("Every {what} ends with a `.`."));
                match next {
                    Some(next) => diagnostic.also(next, "the next item starts here"),
                    None => diagnostic.also(end, format!("the {what} ends here")),
                }
            }
            SyntaxError::ReservedWord { word, .. } => {
                diagnostic.label("reserved").hint(format!("Use another name, such as `{word}_`."))
            }
            SyntaxError::TooDeep { limit, .. } => diagnostic
                .label(format!("more than {limit} levels"))
                .hint("Name a part of it with `var`, or move it to a function."),
            SyntaxError::MixedArguments { first, .. } => {
                diagnostic.also(first, "the first argument is written otherwise")
            }
            SyntaxError::AttributesNotAllowed { .. } => diagnostic.hint(
                "Attributes go before types, functions, relations, constructors, fields and parameters.",
            ),
            SyntaxError::AssignmentInCondition { .. } => diagnostic.hint("Compare with `==`."),
            SyntaxError::ComparisonInDeclaration { .. } => {
                diagnostic.hint("Give the variable its value with `=`.")
            }
            SyntaxError::ForeignOperator { instead, .. } => diagnostic.hint(format!("Write `{instead}`.")),
            SyntaxError::InterpolatedPattern { .. } => {
                diagnostic.hint("Match a variable and compare it with the string in a condition.")
            }
            SyntaxError::ChainedComparison { .. } => {
                diagnostic.hint("Compare pairs and join them: `a < b and b < c`.")
            }
            SyntaxError::UnclosedInterpolation { .. } => diagnostic
                .label("no `}` for this")
                .hint("Quotes within `\"..${..}..\"` need a backslash: `\\\"`."),
            SyntaxError::LetterCase { name, .. } => diagnostic.label(format!("`{name}` does not")),
            SyntaxError::DelayTooLong { .. } => diagnostic,
            SyntaxError::AggregateForm { .. } => {
                diagnostic.hint("Write `var g = expression.group_by(key)` and call the function on `g`.")
            }
            SyntaxError::MisplacedClause { word, .. } => {
                diagnostic.hint(format!("Give it a clause of its own: `var x = {word}(..)`."))
            }
            SyntaxError::BareCondition { condition, .. } => {
                diagnostic.also(condition, "the condition ends here").hint("Write `if (condition) ..`.")
            }
            SyntaxError::ModuleNotFound { searched, .. } => {
                diagnostic.label("no such file").hint(format!("Searched: {}.", searched.join(", ")))
            }
            SyntaxError::ImplicitImport { .. } => diagnostic.hint("Remove this line."),
            SyntaxError::DuplicateImport { first, .. } => diagnostic.also(first, "first imported here"),
            SyntaxError::SelfImport { .. } | SyntaxError::Unreadable { .. } => diagnostic,
        }
    }
}
