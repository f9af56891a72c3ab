//! The program changed and asked by what is typed.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use weir_engine::draft::{Added, Target};
use weir_engine::ir::RelationId;

use crate::error::ShellError;
use crate::live::{Change, Trial};
use crate::near::nearest;
use crate::present::Sheet;
use crate::shell::{Next, Shell};

/// The code of the error about a target that is not there.
const NOTHING_TO_REMOVE: &str = "E0440";

/// Warnings about what nobody uses: who types a program from top to bottom will use it later.
const UNUSED_YET: &[&str] = &["W0002", "W0003", "W0004", "W0005"];

impl<W: Write> Shell<W> {
    /// Adds items, and shows what they change.
    ///
    /// # Errors
    /// They are wrong, or a rule fails: nothing has changed then.
    pub(crate) fn add(&mut self, text: &str) -> Result<Next, ShellError> {
        self.check_between_transactions()?;
        let change = self.live.add(text, Trial::Keep)?;
        self.changed(&change)?;
        Ok(Next::Continue)
    }

    /// Adds the items of a file.
    pub(crate) fn add_file(&mut self, path: &Path) -> Result<(), ShellError> {
        self.check_between_transactions()?;
        let text = std::fs::read_to_string(path)
            .map_err(|source| ShellError::File { path: path.to_owned(), source })?;
        let change = self.live.add_file(path, &text)?;
        self.changed(&change)
    }

    /// Takes something out, and shows what that changes.
    pub(crate) fn remove(&mut self, what: &str) -> Result<(), ShellError> {
        self.check_between_transactions()?;
        let target = self.target(what)?;
        let change = self.without(target.clone(), Trial::Keep)?;
        writeln!(self.out, "dropped {target}")?;
        self.changed(&change)
    }

    /// Shows what an item would change, or what taking something out would.
    pub(crate) fn try_out(&mut self, text: &str) -> Result<(), ShellError> {
        self.check_between_transactions()?;
        let change = match text.trim_start().strip_prefix(".drop") {
            Some(what) => self.without(self.target(what)?, Trial::Forget)?,
            None => self.live.add(text, Trial::Forget)?,
        };
        self.add_engine_time(change.duration);
        match change.deltas.is_empty() {
            true => writeln!(self.out, "nothing would change")?,
            false => {
                let program = self.program();
                self.presenter.changes(&mut self.out, &program, &change.deltas)?;
            }
        }
        Ok(())
    }

    /// Reads the files of the program anew, and shows what that changes.
    pub(crate) fn reload(&mut self) -> Result<(), ShellError> {
        self.check_between_transactions()?;
        let change = self.live.reload()?;
        self.changed(&change)?;
        if change.deltas.is_empty() {
            writeln!(self.out, "reloaded; nothing has changed in the output relations")?;
        }
        Ok(())
    }

    /// Answers a question, `?- body.`
    ///
    /// # Errors
    /// It is wrong, or a rule fails.
    pub(crate) fn ask(&mut self, text: &str) -> Result<Next, ShellError> {
        let start = std::time::Instant::now();
        let (query, answer) = self.live.query(text)?;
        self.add_engine_time(start.elapsed());
        if answer.columns.is_empty() {
            writeln!(self.out, "{}", if answer.rows.is_empty() { "no" } else { "yes" })?;
        } else {
            let columns = answer.columns.into_iter().map(|column| column.name).zip(query.column_types());
            let sheet = Sheet::of_rows(columns, answer.rows);
            self.presenter.sheet(&mut self.out, query.program(), &sheet)?;
        }
        self.out.flush()?;
        Ok(Next::Continue)
    }

    /// A rule by its number or text, or something of the program by its name.
    fn target(&self, what: &str) -> Result<Target, ShellError> {
        let what = what.trim();
        // What cannot be read as a number or a rule is a name.
        let target = what.parse().unwrap_or_else(|_| Target::Name(what.to_owned()));
        let rules = self.live.draft().rules();
        if let Target::Rule(number) = target
            && !rules.iter().any(|rule| rule.number == number)
        {
            return Err(no_rule(number));
        }
        Ok(target)
    }

    /// Takes something out; a wrong name is met with the one that was meant.
    fn without(&mut self, target: Target, trial: Trial) -> Result<Change, ShellError> {
        let name = match &target {
            Target::Name(name) => Some(name.clone()),
            Target::Rule(_) | Target::Text(_) => None,
        };
        self.live.remove(target, trial).map_err(|error| {
            let program = self.live.engine().program();
            let names = program.relations.iter().map(|relation| &*relation.name);
            match (&error, name.as_deref().and_then(|name| Some((name, nearest(name, names)?)))) {
                (ShellError::Refused(_, diagnostics), Some((name, near)))
                    if near != name && diagnostics.iter().any(|found| found.code == NOTHING_TO_REMOVE) =>
                {
                    ShellError::Unknown(format!("there is no {name}: did you mean `{near}`?"))
                }
                _ => error,
            }
        })
    }

    /// Tells what was added and what it did.
    fn changed(&mut self, change: &Change) -> Result<(), ShellError> {
        self.add_engine_time(change.duration);
        self.version += 1;
        self.tell_watched();
        let warnings = change.added.warnings.iter().filter(|warning| !UNUSED_YET.contains(&warning.code));
        let warnings: Vec<_> = warnings.cloned().collect();
        if !warnings.is_empty() {
            self.warnings = Some((self.live.draft().sources().clone(), warnings));
        }
        if self.presenter.format.is_for_reading()
            && let Some(text) = what_was_added(&change.added)
        {
            writeln!(self.out, "added {text}")?;
        }
        let program = self.program();
        self.presenter.changes(&mut self.out, &program, &change.deltas)?;
        self.out.flush()?;
        Ok(())
    }

    fn check_between_transactions(&self) -> Result<(), ShellError> {
        if self.pending().is_some() { Err(ShellError::RulesInTransaction) } else { Ok(()) }
    }

    /// Names what is watched to the engine, by the numbers of the running program.
    pub(crate) fn tell_watched(&self) {
        let program = self.program();
        let id = |name: &Arc<str>| -> Option<RelationId> { program.relation(name) };
        self.live.engine().watch(self.watched.iter().filter_map(id));
    }
}

/// No rule has that number.
pub(crate) fn no_rule(number: u32) -> ShellError {
    ShellError::Unknown(format!("there is no rule {number}; `.rules` lists what there is"))
}

/// `rule 7, relation R`; nothing if nothing was.
fn what_was_added(added: &Added) -> Option<String> {
    let mut parts = Vec::new();
    let mut names = |what: &str, names: &[String]| match names {
        [] => {}
        [one] => parts.push(format!("{what} {one}")),
        // `index` has no other plural here.
        several if what == "index" => parts.push(format!("indexes {}", several.join(", "))),
        several => parts.push(format!("{what}s {}", several.join(", "))),
    };
    names("module", &added.modules);
    names("type", &added.types);
    names("relation", &added.relations);
    names("function", &added.functions);
    names("index", &added.indexes);
    match added.rules.as_slice() {
        [] => {}
        [one] => parts.push(format!("rule {one}")),
        [first, .., last] => parts.push(format!("rules {first} to {last}")),
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}
