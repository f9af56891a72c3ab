//! Carrying the commands out.

use std::fmt::Write as _;
use std::io::{self, Write};

use weir_engine::ir::RelationId;

use super::Dot;
use crate::error::ShellError;
use crate::near::nearest;
use crate::shell::{Next, Shell};
use crate::{help, load, save, schema, show};

impl<W: Write> Shell<W> {
    /// Carries a command out. `.history` is for whoever reads the lines.
    ///
    /// # Errors
    /// See [`ShellError`].
    pub fn dot(&mut self, command: Dot) -> Result<Next, ShellError> {
        match command {
            Dot::Help(topic) => self.help(topic.as_deref())?,
            Dot::Mode(Some(format)) => self.presenter.format = format,
            Dot::Mode(None) => writeln!(self.out, "{}", self.presenter.format)?,
            Dot::Timer(Some(on)) => self.timer = on,
            Dot::Timer(None) => writeln!(self.out, "{}", if self.timer { "on" } else { "off" })?,
            Dot::Watch(names) => self.watch(&names)?,
            Dot::Unwatch(names) => self.unwatch(&names)?,
            Dot::Schema(None) => show::relations(&mut self.out, &self.engine.program())?,
            Dot::Schema(Some(name)) => {
                let text = schema::of(&self.program(), &name).ok_or_else(|| self.unknown(&name))?;
                write!(self.out, "{text}")?;
            }
            Dot::Rules(name) => {
                let relation = name.map(|name| self.relation(&name)).transpose()?;
                let rules = schema::rules(&self.engine.program(), relation);
                write!(self.out, "{rules}")?;
            }
            Dot::Explain(name) => {
                let relation = name.map(|name| self.relation(&name)).transpose()?;
                let text =
                    self.timed(|engine| engine.plan().explain(&engine.program(), relation).to_string());
                write!(self.out, "{text}")?;
            }
            Dot::Load(path) => load::commands(self, &path)?,
            Dot::Save(path) => {
                let saved = save::inputs(&self.engine, &path)?;
                writeln!(self.out, "{saved} records in {}", path.display())?;
            }
            Dot::Profile => show::profile(&mut self.out, &self.engine.stats())?,
            Dot::Stats => show::stats(&mut self.out, &self.engine)?,
            Dot::History(_) => {}
            Dot::Quit => return Ok(Next::Exit),
        }
        self.out.flush()?;
        Ok(Next::Continue)
    }

    /// The relation of that name, or the one whose last part it is.
    pub(crate) fn relation(&self, name: &str) -> Result<RelationId, ShellError> {
        self.program().relation(name).ok_or_else(|| self.unknown(name))
    }

    fn unknown(&self, name: &str) -> ShellError {
        let program = self.program();
        let relations = program.relations.iter().map(|relation| &*relation.name);
        let indexes = program.indexes.iter().map(|index| &*index.name);
        match nearest(name, relations.chain(indexes)) {
            Some(near) => ShellError::Unknown(format!("unknown relation {name}: did you mean `{near}`?")),
            None => ShellError::Unknown(format!("unknown relation {name}; `.schema` lists what there is")),
        }
    }

    fn help(&mut self, topic: Option<&str>) -> Result<(), ShellError> {
        match topic {
            None => write!(self.out, "{}", help::overview())?,
            Some(topic) => match help::topic(topic) {
                Some(text) => write!(self.out, "{text}")?,
                None => {
                    let near = nearest(topic, help::names()).map(|near| format!(": did you mean `{near}`?"));
                    let near = near.unwrap_or_else(|| format!("; topics are {}", help::TOPICS.join(", ")));
                    return Err(ShellError::Unknown(format!("no help on `{topic}`{near}")));
                }
            },
        }
        Ok(())
    }

    fn watch(&mut self, names: &[String]) -> Result<(), ShellError> {
        if names.is_empty() {
            return Ok(self.show_watched()?);
        }
        let ids = names.iter().map(|name| self.relation(name)).collect::<Result<Vec<_>, _>>()?;
        self.watched.extend(ids);
        self.tell_watched();
        Ok(())
    }

    fn unwatch(&mut self, names: &[String]) -> Result<(), ShellError> {
        let ids = names.iter().map(|name| self.relation(name)).collect::<Result<Vec<_>, _>>()?;
        match ids.as_slice() {
            [] => self.watched.clear(),
            ids => self.watched.retain(|id| !ids.contains(id)),
        }
        self.tell_watched();
        Ok(())
    }

    fn tell_watched(&self) {
        self.engine.watch(self.watched.iter().copied());
    }

    fn show_watched(&mut self) -> io::Result<()> {
        let mut text = String::new();
        for id in &self.watched {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{}", self.program().relations[id.0 as usize].name);
        }
        self.out.write_all(text.as_bytes())
    }
}
