//! Carrying the commands out.

use std::io::{self, Write};
use std::path::Path;

use weir_engine::ir::RelationId;

use super::Dot;
use crate::edit::no_rule;
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
            Dot::Schema(None) => show::relations(&mut self.out, &self.live.engine().program())?,
            Dot::Schema(Some(name)) => {
                let text = schema::of(&self.program(), &name).ok_or_else(|| self.unknown(&name))?;
                write!(self.out, "{text}")?;
            }
            Dot::Rules(name) => {
                let relation = name.map(|name| self.relation(&name)).transpose()?;
                let name = relation.map(|id| self.program().relations[id.0 as usize].name.clone());
                let rules = schema::rules(self.live.draft(), name.as_deref());
                write!(self.out, "{rules}")?;
            }
            Dot::Explain(what) => {
                let text = match what.as_deref().map(|what| (what, what.parse::<u32>())) {
                    None => self.explained(None),
                    Some((_, Ok(number))) => self.explained_rule(number)?,
                    Some((name, Err(_))) => self.explained(Some(self.relation(name)?)),
                };
                write!(self.out, "{text}")?;
            }
            Dot::Drop(what) => self.remove(&what)?,
            Dot::Try(text) => self.try_out(&text)?,
            Dot::Reload => self.reload()?,
            Dot::Load(path) if is_commands(&path) => load::commands(self, &path)?,
            Dot::Load(path) => self.add_file(&path)?,
            Dot::Save(path) if is_commands(&path) => {
                let saved = save::inputs(self.live.engine(), &path)?;
                writeln!(self.out, "{saved} records in {}", path.display())?;
            }
            Dot::Save(path) => save::program(self, &path)?,
            Dot::Profile => self.profile(None)?,
            Dot::Memory => show::memory(&mut self.out, &self.live.engine().stats())?,
            Dot::Stats => show::stats(&mut self.out, self.live.engine())?,
            Dot::History(_) => {}
            Dot::Quit => return Ok(Next::Exit),
        }
        self.out.flush()?;
        Ok(Next::Continue)
    }

    fn explained(&self, relation: Option<RelationId>) -> String {
        let engine = self.live.engine();
        engine.plan().explain(&engine.program(), relation).to_string()
    }

    /// How one rule is run: of the text about its relations, what is about it.
    fn explained_rule(&self, number: u32) -> Result<String, ShellError> {
        let rules = self.live.draft().rules();
        let rule = rules.iter().find(|rule| rule.number == number);
        let rule = rule.ok_or_else(|| no_rule(number))?;
        let program = self.program();
        let ids = program.rules.iter().enumerate().filter(|(_, other)| other.span == rule.span);
        let ids: Vec<String> = ids.map(|(id, _)| format!("rule {id} for ")).collect();
        let mut text = format!("{}\n", rule.text.trim());
        let mut inside = false;
        for line in self.explained(None).lines() {
            if !line.starts_with(' ') {
                inside = ids.iter().any(|id| line.starts_with(id));
            }
            if inside {
                text.push_str(line);
                text.push('\n');
            }
        }
        Ok(text)
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
        let program = self.program();
        self.watched.extend(ids.iter().map(|id| program.relations[id.0 as usize].name.clone()));
        self.tell_watched();
        Ok(())
    }

    fn unwatch(&mut self, names: &[String]) -> Result<(), ShellError> {
        let program = self.program();
        let ids = names.iter().map(|name| self.relation(name)).collect::<Result<Vec<_>, _>>()?;
        match ids.as_slice() {
            [] => self.watched.clear(),
            ids => self
                .watched
                .retain(|name| !ids.iter().any(|id| program.relations[id.0 as usize].name == *name)),
        }
        self.tell_watched();
        Ok(())
    }

    fn show_watched(&mut self) -> io::Result<()> {
        self.watched.iter().try_for_each(|name| writeln!(self.out, "{name}"))
    }
}

/// Whether a file is one of commands.
fn is_commands(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "dat")
}
