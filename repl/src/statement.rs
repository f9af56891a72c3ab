//! Lines told apart by how they begin.

/// What a line begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing: it is empty.
    Nothing,
    /// A command about the shell: it ends with its line.
    Dot,
    /// A command, to be ended by `;`.
    Command,
}

/// What a line begins that is not the rest of a command.
pub(crate) fn kind(line: &str) -> Kind {
    let line = line.trim_start();
    let mut characters = line.chars();
    match characters.next() {
        None => Kind::Nothing,
        // Numbers may begin with a dot, commands do not begin with numbers.
        Some('.') if characters.next().is_none_or(|next| !next.is_ascii_digit()) => Kind::Dot,
        Some(_) => Kind::Command,
    }
}
