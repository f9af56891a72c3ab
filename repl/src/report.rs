//! Where time and memory went, as tables, JSON or a page.

use std::io::Write;
use std::path::Path;

use weir_engine::command::Report;
use weir_engine::profile::Profile;

use crate::error::ShellError;

/// What is left out of profiles, if anything: what was counted before a mark.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reporter {
    mark: Option<Profile>,
}

impl Reporter {
    /// Prints a profile, or writes it to a file. `now` is what has been counted so far.
    pub(crate) fn report(
        &mut self,
        now: Profile,
        report: Option<&Report>,
        out: &mut impl Write,
    ) -> Result<(), ShellError> {
        match report {
            None => write!(out, "{}", self.since_mark(now))?,
            Some(Report::Json) => {
                let json = self.since_mark(now).to_json().map_err(std::io::Error::from)?;
                writeln!(out, "{json}")?;
            }
            Some(Report::Slow) => write!(out, "{}", self.since_mark(now).slow_text())?,
            Some(Report::Html(file)) => {
                let page = self.since_mark(now).to_html("Profile");
                let write = |source| ShellError::Write { path: Path::new(file).to_owned(), source };
                std::fs::write(file, page).map_err(write)?;
                writeln!(out, "written to {file}")?;
            }
            Some(Report::Mark) => self.mark = Some(now),
            Some(Report::All) => {
                self.mark = None;
                write!(out, "{now}")?;
            }
        }
        Ok(())
    }

    fn since_mark(&self, now: Profile) -> Profile {
        match &self.mark {
            Some(mark) => now.since(mark),
            None => now,
        }
    }
}
