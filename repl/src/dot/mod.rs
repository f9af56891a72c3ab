//! Commands about the shell and the program, a line each: `.mode json`.

mod run;
mod table;

use std::path::PathBuf;

use thiserror::Error;

use crate::near::nearest;
use crate::present::Format;

pub(crate) use table::{ENTRIES, Takes};

/// One such command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dot {
    /// `.help [TOPIC]`
    Help(Option<String>),
    /// `.mode [FORMAT]`: without one it tells the one in use.
    Mode(Option<Format>),
    /// `.timer [on|off]`
    Timer(Option<bool>),
    /// `.watch [R, ..]`: without a relation it tells which are watched.
    Watch(Vec<String>),
    /// `.unwatch [R, ..]`: without a relation, all.
    Unwatch(Vec<String>),
    /// `.schema [NAME]`
    Schema(Option<String>),
    /// `.rules [R]`
    Rules(Option<String>),
    /// `.explain R`, `.explain N`
    Explain(Option<String>),
    /// `.drop N`, `.drop NAME`
    Drop(String),
    /// `.try RULE`, `.try .drop N`
    Try(String),
    /// `.reload`
    Reload,
    /// `.load FILE`
    Load(PathBuf),
    /// `.save FILE`
    Save(PathBuf),
    /// `.profile`
    Profile,
    /// `.memory`
    Memory,
    /// `.stats`
    Stats,
    /// `.history [TEXT]`: lines with that text.
    History(Option<String>),
    /// `.quit`
    Quit,
}

/// What is wrong with such a command.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum DotError {
    /// There is no command of that name.
    #[error("unknown command `.{name}`{}", meant(.near))]
    Unknown {
        /// The word after the dot.
        name: String,
        /// What it may have been.
        near: Option<String>,
    },
    /// It takes something else.
    #[error("`.{0}` takes {1}")]
    Takes(&'static str, &'static str),
}

impl Dot {
    /// Reads a line that begins with a dot.
    ///
    /// # Errors
    /// An unknown command, or one that takes something else.
    pub fn parse(line: &str) -> Result<Dot, DotError> {
        let line = line.trim().trim_start_matches('.');
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        // Who lives in commands ends everything with `;`.
        let (word, rest) = (word.trim_end_matches(';'), rest.trim().trim_end_matches(';').trim_end());
        let names = || rest.split([',', ' ', '\t']).filter(|name| !name.is_empty()).map(str::to_owned);
        let at_most_one = |takes: &'static str, name: &'static str| match names().count() {
            0 | 1 => Ok(names().next()),
            _ => Err(DotError::Takes(name, takes)),
        };
        Ok(match word {
            "help" | "h" | "?" => Dot::Help(at_most_one("the name of a topic or command", "help")?),
            "mode" => Dot::Mode(match at_most_one(FORMATS, "mode")? {
                None => None,
                Some(name) => {
                    let known = Format::ALL.iter().find(|(known, _)| *known == name);
                    Some(known.ok_or(DotError::Takes("mode", FORMATS))?.1)
                }
            }),
            "timer" => Dot::Timer(match rest {
                "" => None,
                "on" => Some(true),
                "off" => Some(false),
                _ => return Err(DotError::Takes("timer", "`on` or `off`")),
            }),
            "watch" => Dot::Watch(names().collect()),
            "unwatch" => Dot::Unwatch(names().collect()),
            "schema" => Dot::Schema(at_most_one("the name of a relation, index or type", "schema")?),
            "rules" => Dot::Rules(at_most_one("the name of a relation", "rules")?),
            "explain" => {
                Dot::Explain(at_most_one("the name of a relation or the number of a rule", "explain")?)
            }
            "drop" if rest.is_empty() => {
                return Err(DotError::Takes("drop", "the number of a rule (see `.rules`) or a name"));
            }
            "drop" => Dot::Drop(rest.to_owned()),
            "try" if rest.is_empty() => return Err(DotError::Takes("try", "a rule, or `.drop N`")),
            "try" => Dot::Try(rest.to_owned()),
            "reload" => alone(Dot::Reload, "reload", rest)?,
            "load" => Dot::Load(file(rest).ok_or(DotError::Takes("load", "the name of a file"))?),
            "save" => Dot::Save(file(rest).ok_or(DotError::Takes("save", "the name of a file"))?),
            "profile" => alone(Dot::Profile, "profile", rest)?,
            "memory" => alone(Dot::Memory, "memory", rest)?,
            "stats" => alone(Dot::Stats, "stats", rest)?,
            "history" => Dot::History((!rest.is_empty()).then(|| rest.to_owned())),
            "quit" | "exit" | "q" => alone(Dot::Quit, "quit", rest)?,
            other => {
                let near = nearest(other, ENTRIES.iter().map(|entry| entry.name));
                return Err(DotError::Unknown {
                    name: other.to_owned(),
                    near: near.map(|name| format!(".{name}")),
                });
            }
        })
    }
}

const FORMATS: &str = "`table`, `json`, `csv`, `line` or `ddlog`";

fn alone(command: Dot, name: &'static str, rest: &str) -> Result<Dot, DotError> {
    if rest.is_empty() { Ok(command) } else { Err(DotError::Takes(name, "nothing")) }
}

/// A name of a file, maybe in quotes.
fn file(rest: &str) -> Option<PathBuf> {
    let quoted = rest.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let name = quoted.unwrap_or(rest);
    if name.is_empty() { None } else { Some(at_home(name)) }
}

/// With the home directory in the place of `~`.
fn at_home(name: &str) -> PathBuf {
    match (name.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => PathBuf::from(name),
    }
}

fn meant(near: &Option<String>) -> String {
    match near {
        Some(near) => format!(": did you mean `{near}`?"),
        None => "; `.help` lists what there is".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_what_they_take() {
        for (line, expected) in [
            (".help", Dot::Help(None)),
            (".mode json;", Dot::Mode(Some(Format::Json))),
            (".mode", Dot::Mode(None)),
            (" .timer on \n", Dot::Timer(Some(true))),
            (".watch a::R, S", Dot::Watch(vec!["a::R".into(), "S".into()])),
            (".load \"my file.dat\"", Dot::Load("my file.dat".into())),
            (".load my file.dat", Dot::Load("my file.dat".into())),
            (".history insert R", Dot::History(Some("insert R".into()))),
            (".quit;", Dot::Quit),
        ] {
            assert_eq!(Dot::parse(line), Ok(expected), "{line}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_a_way_out() {
        for (line, expected) in [
            (".mod json", "unknown command `.mod`: did you mean `.mode`?"),
            (".zzzzzz", "unknown command `.zzzzzz`; `.help` lists what there is"),
            (".mode xml", "`.mode` takes `table`, `json`, `csv`, `line` or `ddlog`"),
            (".timer maybe", "`.timer` takes `on` or `off`"),
            (".load", "`.load` takes the name of a file"),
            (".quit now", "`.quit` takes nothing"),
            (".schema R S", "`.schema` takes the name of a relation, index or type"),
        ] {
            assert_eq!(
                Dot::parse(line).map_err(|error| error.to_string()),
                Err(expected.to_owned()),
                "{line}"
            );
        }
    }
}
