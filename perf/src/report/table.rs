//! A report as text for a terminal, which is Markdown too.

use std::fmt::Write as _;

use super::{Report, goals};
use crate::growth::Touch;
use crate::workload::BY_HAND;

/// The report as text.
pub fn table(report: &Report) -> String {
    let machine = &report.machine;
    let mut text = format!(
        "{}, commit {}, {} x {}, load before {:.1}; scale {}, {} one-fact transactions per run\n\n",
        machine.date,
        machine.commit,
        machine.processors,
        machine.processor,
        machine.load_before,
        report.scale,
        report.transactions
    );
    text += &aligned(&workloads(report));
    text.push('\n');
    text += &aligned(&growth(report));
    text.push('\n');
    text += &aligned(&reached(report));
    for disagreement in report.disagreements() {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "\nNOT THE SAME RESULT: {disagreement}");
    }
    text
}

type Table = Vec<Vec<String>>;

fn workloads(report: &Report) -> Table {
    let mut table = vec![cells([
        "workload",
        "engine",
        "rows",
        "load s",
        "in Weir s",
        "busiest thread s",
        "CPU s",
        "x by hand",
        "peak MB",
        "x by hand",
        "one fact p50 ms",
        "p99 ms",
    ])];
    for run in &report.runs {
        let outcome = &run.outcome;
        let by_hand = report.outcome(&run.workload, BY_HAND);
        let ratio = |measured: f64, by_hand: Option<f64>| match by_hand {
            Some(by_hand) if by_hand > 0.0 => format!("{:.2}", measured / by_hand),
            _ => String::new(),
        };
        let latency = |of: fn(&crate::Latency) -> f64| {
            outcome.latency.as_ref().map(|l| milliseconds(of(l))).unwrap_or_default()
        };
        table.push(vec![
            run.workload.clone(),
            run.engine.clone(),
            outcome.rows.to_string(),
            format!("{:.2}", outcome.load),
            outcome.load_inside.map(|inside| format!("{inside:.2}")).unwrap_or_default(),
            format!("{:.2}", outcome.busiest),
            format!("{:.2}", outcome.load_cpu),
            ratio(outcome.load_cpu, by_hand.map(|outcome| outcome.load_cpu)),
            format!("{:.0}", outcome.load_megabytes),
            ratio(outcome.load_megabytes, by_hand.map(|outcome| outcome.load_megabytes)),
            latency(|l| l.p50),
            latency(|l| l.p99),
        ]);
    }
    table
}

fn growth(report: &Report) -> Table {
    let mut head = cells(["rules", "engine", "start s", "load s", "CPU s", "peak MB"]);
    head.extend(Touch::ALL.iter().map(|touch| format!("{}: p50 / p99 ms", touch.name())));
    let mut table = vec![head];
    for run in &report.growth {
        let growth = &run.growth;
        let mut row = vec![
            growth.rules.to_string(),
            run.engine.clone(),
            format!("{:.3}", growth.start),
            format!("{:.2}", growth.load),
            format!("{:.2}", growth.cpu),
            format!("{:.0}", growth.megabytes),
        ];
        row.extend(Touch::ALL.iter().map(|touch| match growth.latency.get(touch) {
            Some(latency) => format!("{} / {}", milliseconds(latency.p50), milliseconds(latency.p99)),
            None => String::new(),
        }));
        table.push(row);
    }
    table
}

fn reached(report: &Report) -> Table {
    let mut table = vec![cells(["goal", "at most", "measured", "", ""])];
    for goal in goals(report) {
        let verdict = if goal.is_met() { "met" } else { "MISSED" };
        table.push(vec![
            goal.what.to_owned(),
            format!("{:.3}", goal.at_most).trim_end_matches('0').trim_end_matches('.').to_owned(),
            format!("{:.3}", goal.measured),
            goal.unit.to_owned(),
            verdict.to_owned(),
        ]);
    }
    table
}

/// Milliseconds to three significant digits, about.
fn milliseconds(ms: f64) -> String {
    match ms {
        _ if ms < 0.1 => format!("{ms:.4}"),
        _ if ms < 10.0 => format!("{ms:.3}"),
        _ => format!("{ms:.1}"),
    }
}

fn cells<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).into()
}

/// Columns of equal width; numbers to the right.
fn aligned(table: &Table) -> String {
    let Some(head) = table.first() else { return String::new() };
    let width = |column: usize| table.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let is_number = |column: usize| {
        let mut cells =
            table.iter().skip(1).map(|row| &row[column]).filter(|cell| !cell.is_empty()).peekable();
        cells.peek().is_some() && cells.all(|cell| cell.starts_with(|c: char| c.is_ascii_digit()))
    };
    let numbers: Vec<bool> = (0..head.len()).map(is_number).collect();
    let mut text = String::new();
    for (number, row) in table.iter().enumerate() {
        for (column, cell) in row.iter().enumerate() {
            let width = widths[column];
            let cell = match numbers[column] {
                true => format!("| {cell:>width$} "),
                false => format!("| {cell:width$} "),
            };
            text += &cell;
        }
        text += "|\n";
        if number == 0 {
            for (width, is_number) in widths.iter().zip(&numbers) {
                let (dashes, end) = ("-".repeat(width + 1), if *is_number { ":" } else { "-" });
                text += &format!("|{dashes}{end}");
            }
            text += "|\n";
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let table = vec![cells(["name", "n"]), cells(["a", "10"]), cells(["bcdefg", "2"])];
        let text = "| name   |  n |\n|--------|---:|\n| a      | 10 |\n| bcdefg |  2 |\n";
        assert_eq!(aligned(&table), text);
    }
}
