//! Parts of a command that was read, found in its text again.

use super::scan::{Scanned, Scanner};

/// What stands behind the first word of a command.
pub(super) fn operand(scanner: &mut Scanner) -> Scanned<usize> {
    scanner.name("a command")?;
    Ok(scanner.at)
}

/// A part of the record that a command has: of its parts, the one of the first number; of that one's, the one of the
/// second, and so on.
pub(super) fn part(scanner: &mut Scanner, way: &[usize]) -> Scanned<usize> {
    let start = scanner.at;
    let found = record(scanner).and_then(|()| inside(scanner, way));
    if found.is_err() {
        scanner.at = start;
    }
    found
}

/// Goes to the record of a command.
fn record(scanner: &mut Scanner) -> Scanned<()> {
    let word = scanner.name("a command")?;
    let relation = scanner.at;
    scanner.name("a relation")?;
    // `R[record]` has the record inside, `R(a, b)` is one.
    if !matches!(word, "delete_key" | "modify") && !scanner.eat("[")? {
        scanner.at = relation;
    }
    Ok(())
}

fn inside(scanner: &mut Scanner, way: &[usize]) -> Scanned<usize> {
    let Some((&part, way)) = way.split_first() else { return Ok(scanner.at) };
    if scanner.peek()?.is_ascii_alphabetic() || scanner.peek()? == '_' {
        scanner.name("a constructor")?;
    }
    if !scanner.eat("(")? && !scanner.eat("[")? {
        scanner.expect("{", "`{`")?;
    }
    for _ in 0..part {
        scanner.field_name()?;
        scanner.record()?;
        scanner.expect(",", "`,`")?;
    }
    scanner.field_name()?;
    inside(scanner, way)
}
