//! Derivations and absences as indented text, the same from run to run.

use std::collections::{HashSet, VecDeque};
use std::fmt::{self, Display, Formatter, Write};

use super::absence::{Absence, Obstacle, RuleAbsence};
use super::derivation::{Binding, Derivation, Premise, Reason};

/// How deep a tree is indented; what is deeper is told below.
const DEEPEST: usize = 12;

/// Rules of an absence that are told.
const RULES: usize = 12;

impl Display for Derivation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut printing =
            Printing { of: self, told: HashSet::new(), below: VecDeque::new(), text: String::new() };
        printing.below.push_back(0);
        let mut first = true;
        while let Some(step) = printing.below.pop_front() {
            if !first && printing.told.contains(&step) {
                continue;
            }
            if !first {
                let _ = write!(printing.text, "[{step}] ");
            }
            first = false;
            printing.step(step, 0);
        }
        f.write_str(&printing.text)
    }
}

struct Printing<'d> {
    of: &'d Derivation,
    told: HashSet<usize>,
    /// Steps that are told further down.
    below: VecDeque<usize>,
    text: String,
}

impl Printing<'_> {
    /// A record, and below it, further in, what it rests on.
    fn step(&mut self, number: usize, depth: usize) {
        let Some(step) = self.of.steps.get(number) else { return };
        self.text.push_str(&step.record);
        let new = self.told.insert(number);
        match &step.by {
            Reason::Input => self.text.push_str(": input\n"),
            Reason::Fact { place, .. } => {
                let _ = writeln!(self.text, ": fact at {place}");
            }
            Reason::Unknown { why } => {
                let _ = writeln!(self.text, ": {why}");
            }
            Reason::Rule { .. } if !new => self.text.push_str(": as above\n"),
            Reason::Rule { .. } if depth >= DEEPEST => {
                self.told.remove(&number);
                self.below.push_back(number);
                let _ = writeln!(self.text, ": see [{number}] below");
            }
            Reason::Rule { place, bindings, premises, .. } => {
                self.text.push('\n');
                self.indent(depth + 1);
                let _ = writeln!(self.text, "rule at {place}{}", with(bindings));
                self.premises(premises, depth + 1);
            }
        }
    }

    fn premises(&mut self, premises: &[Premise], depth: usize) {
        for premise in premises {
            self.indent(depth);
            self.text.push_str("- ");
            // Writing to a string does not fail.
            let _ = match premise {
                Premise::Record { step } => {
                    self.step(*step, depth + 1);
                    Ok(())
                }
                Premise::Absent { pattern } => writeln!(self.text, "no {pattern}"),
                Premise::Earlier { record, transactions, .. } => {
                    let ago = if *transactions == 1 { "one transaction" } else { "some transactions" };
                    writeln!(
                        self.text,
                        "{record}, {ago} ago (-{transactions}): how it came about is not kept"
                    )
                }
                Premise::Latest { record, .. } => {
                    writeln!(self.text, "{record}, in the newest transaction: how it came about is not kept")
                }
                Premise::Group { key, members, shown } => {
                    let by: Vec<String> = key.iter().map(binding).collect();
                    let by = if by.is_empty() { String::new() } else { format!(" for {}", by.join(", ")) };
                    let some = if (shown.len() as u64) < *members { ", some of them:" } else { ":" };
                    let of = if *members == 1 { "member" } else { "members" };
                    let _ = writeln!(self.text, "a group of {members} {of}{by}{some}");
                    for sample in shown {
                        self.indent(depth + 2);
                        let _ = writeln!(self.text, "- {}", sample.value);
                        self.premises(&sample.premises, depth + 3);
                    }
                    Ok(())
                }
            };
        }
    }

    fn indent(&mut self, depth: usize) {
        (0..depth).for_each(|_| self.text.push_str("  "));
    }
}

impl Display for Absence {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "no {}", self.record)?;
        if self.is_input {
            writeln!(f, "  it was not given as input")?;
        }
        if self.rules.is_empty() && !self.is_input {
            writeln!(f, "  no rule gives records of {}", self.relation)?;
        }
        for rule in self.rules.iter().take(RULES) {
            writeln!(f, "{rule}")?;
        }
        match self.rules.len().saturating_sub(RULES) {
            0 => Ok(()),
            more => writeln!(f, "  and {more} further rules"),
        }
    }
}

impl Display for RuleAbsence {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "  rule at {}: ", self.place)?;
        match &self.obstacle {
            Obstacle::Head => return f.write_str("its head does not match"),
            Obstacle::Other { record } => write!(f, "it gives {record}")?,
            Obstacle::NoRecord { pattern } => write!(f, "no {pattern}")?,
            Obstacle::Mismatch { clause, record } => write!(f, "{record} does not match `{clause}`")?,
            Obstacle::Present { record } => write!(f, "there is {record}")?,
            Obstacle::Filter { condition } => write!(f, "`{condition}` is false")?,
            Obstacle::Value { clause, gives } if gives.is_empty() => write!(f, "`{clause}` does not match")?,
            Obstacle::Value { clause, gives } => {
                write!(f, "`{clause}` does not fit: it gives {}", gives.join(" or "))?;
            }
            Obstacle::Failure { clause, message } => write!(f, "`{clause}` fails: {message}")?,
            Obstacle::Unknown { why } => write!(f, "{why}")?,
        }
        if !self.bindings.is_empty() {
            write!(f, ",{}", with(&self.bindings))?;
        }
        write!(f, " ({} of {} clauses hold)", self.satisfied, self.clauses)
    }
}

/// ` with x = 1, y = 2`
fn with(bindings: &[Binding]) -> String {
    if bindings.is_empty() {
        return String::new();
    }
    let bindings: Vec<String> = bindings.iter().map(binding).collect();
    format!(" with {}", bindings.join(", "))
}

fn binding(binding: &Binding) -> String {
    format!("{} = {}", binding.name, binding.value)
}
