//! Comments, and where they go.

/// One comment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Comment<'t> {
    /// With its delimiters, without blanks at its end.
    pub(super) text: &'t str,
    pub(super) place: Place,
}

/// Where a comment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// On lines of its own, before something.
    OwnLine,
    /// On the same line as what follows.
    Before,
    /// On the same line as what precedes.
    After,
}

impl Comment<'_> {
    /// Whether nothing can follow on its line.
    pub(super) fn runs_to_line_end(&self) -> bool {
        self.text.starts_with("//")
    }
}
