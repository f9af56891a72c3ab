//! Differences of two texts, by lines.

use std::fmt::Write;

/// Unchanged lines shown around changed ones.
const CONTEXT: usize = 3;

/// More work than this and all lines between the first and last difference are shown as changed.
const MOST_CELLS: usize = 1 << 24;

/// One line of both texts, or of either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line<'t> {
    Both(&'t str),
    Old(&'t str),
    New(&'t str),
}

/// The difference in the unified format, with three lines of context; nothing if there is none.
pub(super) fn diff(name: &str, old: &str, new: &str) -> String {
    let lines = compare(&old.lines().collect::<Vec<_>>(), &new.lines().collect::<Vec<_>>());
    let changed: Vec<usize> = (0..lines.len()).filter(|&at| !matches!(lines[at], Line::Both(_))).collect();
    let mut text = String::new();
    if changed.is_empty() {
        return match old == new {
            true => text,
            false => format!("--- {name}\n+++ {name}\n line ends differ\n"),
        };
    }
    _ = writeln!(text, "--- {name}\n+++ {name}");
    let mut rest = &changed[..];
    while let Some(&first) = rest.first() {
        let n = 1 + rest.windows(2).take_while(|pair| pair[1] - pair[0] <= 2 * CONTEXT + 1).count();
        let start = first.saturating_sub(CONTEXT);
        let end = (rest[n - 1] + 1 + CONTEXT).min(lines.len());
        hunk(&mut text, &lines, start, end);
        rest = &rest[n..];
    }
    text
}

fn hunk(text: &mut String, lines: &[Line], start: usize, end: usize) {
    let n_old = |lines: &[Line]| lines.iter().filter(|line| !matches!(line, Line::New(_))).count();
    let n_new = |lines: &[Line]| lines.iter().filter(|line| !matches!(line, Line::Old(_))).count();
    let (before, shown) = (&lines[..start], &lines[start..end]);
    _ = writeln!(
        text,
        "@@ -{},{} +{},{} @@",
        n_old(before) + 1,
        n_old(shown),
        n_new(before) + 1,
        n_new(shown)
    );
    for line in shown {
        _ = match line {
            Line::Both(line) => writeln!(text, " {line}"),
            Line::Old(line) => writeln!(text, "-{line}"),
            Line::New(line) => writeln!(text, "+{line}"),
        };
    }
}

/// The lines of both texts in order, as many of them together as possible.
fn compare<'t>(old: &[&'t str], new: &[&'t str]) -> Vec<Line<'t>> {
    let n_head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (&old[n_head..], &new[n_head..]);
    let n_tail = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let (old_middle, tail) = old_rest.split_at(old_rest.len() - n_tail);
    let new_middle = &new_rest[..new_rest.len() - n_tail];
    let mut lines: Vec<Line> = old[..n_head].iter().map(|line| Line::Both(line)).collect();
    match old_middle.len().saturating_mul(new_middle.len()) <= MOST_CELLS {
        true => middle(old_middle, new_middle, &mut lines),
        false => {
            lines.extend(old_middle.iter().map(|line| Line::Old(line)));
            lines.extend(new_middle.iter().map(|line| Line::New(line)));
        }
    }
    lines.extend(tail.iter().map(|line| Line::Both(line)));
    lines
}

/// By the longest common subsequence.
fn middle<'t>(old: &[&'t str], new: &[&'t str], lines: &mut Vec<Line<'t>>) {
    // Length of the longest common subsequence of what starts at (a, b).
    let columns = new.len() + 1;
    let mut longest = vec![0u32; (old.len() + 1) * columns];
    for a in (0..old.len()).rev() {
        for b in (0..new.len()).rev() {
            longest[a * columns + b] = match old[a] == new[b] {
                true => longest[(a + 1) * columns + b + 1] + 1,
                false => longest[(a + 1) * columns + b].max(longest[a * columns + b + 1]),
            };
        }
    }
    let (mut a, mut b) = (0, 0);
    while a < old.len() || b < new.len() {
        if a < old.len() && b < new.len() && old[a] == new[b] {
            lines.push(Line::Both(old[a]));
            (a, b) = (a + 1, b + 1);
        } else if a < old.len()
            && (b == new.len() || longest[(a + 1) * columns + b] >= longest[a * columns + b + 1])
        {
            lines.push(Line::Old(old[a]));
            a += 1;
        } else {
            lines.push(Line::New(new[b]));
            b += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::diff;

    #[test]
    fn changes_close_together_share_a_hunk() {
        let old: String = (1..=20).map(|n| format!("{n}\n")).collect();
        let new = old.replace("2\n3\n", "2\nthree\n").replace("\n9\n", "\n").replace("20\n", "20\n21\n");
        let expected = "--- f\n+++ f\n@@ -1,12 +1,11 @@\n 1\n 2\n-3\n+three\n 4\n 5\n 6\n 7\n 8\n-9\n 10\n 11\n 12\n\
                        @@ -18,3 +17,4 @@\n 18\n 19\n 20\n+21\n";
        assert_eq!(diff("f", &old, &new), expected);
        assert_eq!(diff("f", &old, &old), "");
    }

    #[test]
    fn line_ends_are_a_difference() {
        assert_eq!(diff("f", "a\r\n", "a\n"), "--- f\n+++ f\n line ends differ\n");
        assert_eq!(diff("f", "a", "a\n"), "--- f\n+++ f\n line ends differ\n");
    }
}
