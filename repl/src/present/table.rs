//! Tables that fit the terminal.

use std::io::{self, Write};

use comfy_table::{Cell, CellAlignment, ContentLineStyle, LineStyle, Table, TableStyle};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::sheet::{Sheet, is_number, plain};

/// What the counts of rows say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weights {
    /// How often a row is there: a first column if that is not once for each.
    Counts,
    /// What was added and removed: always a first column.
    Changes,
}

/// Narrower than that, a cell says nothing: a very narrow terminal wraps the lines instead.
const NARROWEST: usize = 3;

/// Blanks and borders that a column adds to its cells.
const FRAME: usize = 3;

const STYLE: TableStyle = TableStyle::new()
    .top_border(LineStyle::new('┌', '─', '┬', '┐'))
    .header_lines(ContentLineStyle::new('│', '│', '│'))
    .header_separator(LineStyle::new('├', '─', '┼', '┤'))
    .content_lines(ContentLineStyle::new('│', '│', '│'))
    .bottom_border(LineStyle::new('└', '─', '┴', '┘'));

/// The rows in a frame, no wider than `width`.
pub(super) fn write(
    out: &mut impl Write,
    sheet: &Sheet,
    weights: Weights,
    width: Option<usize>,
) -> io::Result<()> {
    let weigh = match weights {
        Weights::Changes => Some(""),
        Weights::Counts if sheet.has_counts() => Some("count"),
        Weights::Counts => None,
    };
    let weight_text = |weight: i64| match weights {
        Weights::Changes => match weight {
            1 => "+".to_owned(),
            -1 => "-".to_owned(),
            other => format!("{other:+}"),
        },
        Weights::Counts => weight.to_string(),
    };
    let mut columns: Vec<Vec<String>> = Vec::new();
    let mut numbers = Vec::new();
    if let Some(name) = weigh {
        let cells = sheet.rows.iter().map(|(_, weight)| weight_text(*weight));
        columns.push(std::iter::once(name.to_owned()).chain(cells).collect());
        numbers.push(true);
    }
    for (at, column) in sheet.columns.iter().enumerate() {
        let cells = sheet
            .rows
            .iter()
            .map(|(row, _)| row.get(at).map(|value| one_line(&plain(value))).unwrap_or_default());
        columns.push(std::iter::once(column.name.clone()).chain(cells).collect());
        numbers.push(
            !sheet.rows.is_empty() && sheet.rows.iter().all(|(row, _)| row.get(at).is_some_and(is_number)),
        );
    }
    let natural: Vec<usize> =
        columns.iter().map(|cells| cells.iter().map(|cell| cell.width()).max().unwrap_or(0)).collect();
    let limits = match width {
        Some(width) => fitted(&natural, width.saturating_sub(FRAME * natural.len() + 1)),
        None => natural,
    };
    let cell = |row: usize, column: usize| {
        let alignment = if numbers[column] { CellAlignment::Right } else { CellAlignment::Left };
        Cell::new(cut(&columns[column][row], limits[column])).set_alignment(alignment)
    };
    let row = |row: usize| (0..columns.len()).map(|column| cell(row, column)).collect::<Vec<_>>();
    let mut table = Table::new();
    table.load_style(STYLE).set_header(row(0));
    table.add_rows((1..=sheet.rows.len()).map(row));
    for line in table.lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// Widths that sum up to no more than `room`, if that is possible: what is narrow stays as it is, what is wide is cut to
/// the same width.
fn fitted(natural: &[usize], room: usize) -> Vec<usize> {
    let mut ascending = natural.to_vec();
    ascending.sort_unstable();
    let mut left = room;
    let mut limit = usize::MAX;
    for (at, width) in ascending.iter().enumerate() {
        let share = left / (ascending.len() - at);
        if *width > share {
            limit = share.max(NARROWEST);
            break;
        }
        left -= width;
    }
    natural.iter().map(|width| (*width).min(limit)).collect()
}

/// The text, or what fits of it before `…`.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut used = 0;
    let kept = text.chars().take_while(|c| {
        used += c.width().unwrap_or(0);
        used < width
    });
    kept.chain(['…']).collect()
}

/// Without line breaks and other characters that would tear the frame.
fn one_line(text: &str) -> String {
    match text.chars().any(char::is_control) {
        true => text
            .chars()
            .flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] })
            .collect(),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn narrow_columns_keep_their_width_and_wide_ones_share_what_is_left() {
        assert_eq!(fitted(&[3, 100, 5, 60], 40), [3, 16, 5, 16]);
        assert_eq!(fitted(&[3, 4], 40), [3, 4]);
        assert_eq!(fitted(&[20, 20], 1), [NARROWEST, NARROWEST]);
        assert_eq!(fitted(&[], 10), [0usize; 0]);
    }

    #[test]
    fn what_is_cut_says_so_and_is_no_wider_than_asked() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdefg", 6), "abcde…");
        // Wide characters are two columns each.
        assert_eq!(cut("日本語日本語", 6), "日本…");
    }

    #[test]
    fn line_breaks_do_not_tear_a_table() {
        assert_eq!(one_line("a\nb\u{7}é"), "a\\nb\\u{7}é");
    }
}
