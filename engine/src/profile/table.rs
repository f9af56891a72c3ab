//! A profile for the terminal.

use std::fmt::{self, Display, Formatter};

use super::data::{Profile, SlowTransaction};
use super::duration::{bytes, time};

/// Lines of each table.
const LINES: usize = 40;

impl Display for Profile {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "Profile after {} transactions, {} in the engine", self.transactions, time(self.time))?;
        let rules = self.dearest_rules();
        let all: u64 = rules.iter().map(|rule| rule.time).sum();
        writeln!(
            f,
            "\n{:>9} {:>6} {:>9} {:>11} {:>11} {:>9}  rule",
            "time", "share", "runs", "rows in", "rows out", "memory"
        )?;
        for rule in rules.iter().take(LINES) {
            let share = if all == 0 { 0.0 } else { 100.0 * rule.time as f64 / all as f64 };
            let (time, share) = (time(rule.time), format!("{share:.1}%"));
            writeln!(
                f,
                "{time:>9} {share:>6} {:>9} {:>11} {:>11} {:>9}  {} at {}",
                rule.runs,
                rule.rows_in,
                rule.rows_out,
                bytes(rule.bytes),
                rule.relation,
                rule.place
            )?;
        }
        more(f, rules.len(), "rules")?;
        let relations = self.dearest_relations();
        writeln!(
            f,
            "\n{:>9} {:>9} {:>11} {:>9} {:>8}  relation",
            "time", "runs", "rows kept", "memory", "indexes"
        )?;
        for relation in relations.iter().take(LINES) {
            let (time, size) = (time(relation.time), bytes(relation.bytes));
            writeln!(
                f,
                "{time:>9} {:>9} {:>11} {size:>9} {:>8}  {}",
                relation.runs, relation.rows, relation.indexes, relation.name
            )?;
        }
        more(f, relations.len(), "relations")?;
        let indexes = self.largest_indexes();
        writeln!(f, "\n{:>9} {:>11}  index", "memory", "rows")?;
        for index in indexes.iter().take(LINES) {
            writeln!(f, "{:>9} {:>11}  {}: {}", bytes(index.bytes), index.rows, index.name, index.readers)?;
        }
        more(f, indexes.len(), "indexes")?;
        writeln!(f, "\n{} distinct values, {}", self.values, bytes(self.value_bytes))
    }
}

impl Display for SlowTransaction {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "transaction {}: {}, {} changes", self.epoch, time(self.time), self.changes)?;
        for rule in &self.rules {
            let time = time(rule.time);
            writeln!(
                f,
                "{time:>11} {:>11} rows in {:>11} out  {} at {}",
                rule.rows_in, rule.rows_out, rule.relation, rule.place
            )?;
        }
        match self.others {
            0 => Ok(()),
            others => writeln!(f, "            and {others} cheaper rules"),
        }
    }
}

impl Profile {
    /// The transaction that took longest, and the last ones that took long.
    pub fn slow_text(&self) -> String {
        let Some(slowest) = &self.slowest else { return "no transaction yet\n".to_owned() };
        let mut text = format!("the slowest\n{slowest}");
        for slow in self.slow.iter().filter(|slow| slow.epoch != slowest.epoch) {
            text.push_str(&format!("\nslow\n{slow}"));
        }
        text
    }
}

fn more(f: &mut Formatter<'_>, count: usize, what: &str) -> fmt::Result {
    match count.saturating_sub(LINES) {
        0 => Ok(()),
        more => writeln!(f, "          and {more} more {what}"),
    }
}
