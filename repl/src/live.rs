//! The program at hand: its draft and the engine that runs it, always in step.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use weir_engine::compile::Refused;
use weir_engine::draft::{Added, Query, Target};
use weir_engine::engine::{Answer, Commit, Config, Delta, Engine};
use weir_engine::ir::{Program, RelationRole, RelationSemantics};
use weir_engine::value::Value;
use weir_engine::{Draft, ReviseError};

use crate::error::ShellError;
use crate::outputs::Outputs;

/// What the shell runs.
pub struct Live {
    draft: Draft,
    engine: Engine,
    outputs: Outputs,
    origin: Option<Origin>,
    /// What was taken out, to be taken out again from files that are read anew.
    dropped: Vec<Target>,
}

/// Where the program came from.
#[derive(Debug, Clone)]
struct Origin {
    path: PathBuf,
    search: Vec<PathBuf>,
}

/// What a change of the program did.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) added: Added,
    /// In output relations, and in the relations that rules were added to or taken from.
    pub(crate) deltas: Vec<Delta>,
    pub(crate) duration: Duration,
}

/// How far a change goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trial {
    /// It is made.
    Keep,
    /// Only what it would do is told.
    Forget,
}

impl Live {
    /// Loads a program, or begins one of nothing, and runs it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn open(
        file: Option<&Path>,
        search: &[PathBuf],
        outputs: Outputs,
        config: Config,
    ) -> Result<Live, Refused> {
        let draft = Live::load(file, search)?;
        let engine = Engine::new(outputs.of(&draft), config)
            .map_err(|diagnostics| (draft.sources().clone(), diagnostics))?;
        Ok(Live::around(engine, draft, outputs, file, search))
    }

    /// A program, or one of nothing.
    pub(crate) fn load(file: Option<&Path>, search: &[PathBuf]) -> Result<Draft, Refused> {
        match file {
            Some(path) => Draft::load(path, search),
            None => Draft::empty(search),
        }
    }

    /// An engine that runs what was loaded.
    pub(crate) fn around(
        engine: Engine,
        draft: Draft,
        outputs: Outputs,
        file: Option<&Path>,
        search: &[PathBuf],
    ) -> Live {
        let origin = file.map(|path| Origin { path: path.to_owned(), search: search.to_vec() });
        Live { draft, engine, outputs, origin, dropped: Vec::new() }
    }

    /// The engine that runs it.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The program as it is being edited.
    pub fn draft(&self) -> &Draft {
        &self.draft
    }

    /// The file it was loaded from.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.origin.as_ref().map(|origin| origin.path.as_path())
    }

    /// Adds items that were typed.
    pub(crate) fn add(&mut self, text: &str, trial: Trial) -> Result<Change, ShellError> {
        let mut next = self.draft.clone();
        let added = next.add(text)?;
        self.put(next, added, trial)
    }

    /// Adds the items of a file.
    pub(crate) fn add_file(&mut self, path: &Path, text: &str) -> Result<Change, ShellError> {
        let mut next = self.draft.clone();
        let added = next.add_file(&path.display().to_string(), text)?;
        self.put(next, added, Trial::Keep)
    }

    /// Takes a rule, or a relation with its rules, out.
    pub(crate) fn remove(&mut self, target: Target, trial: Trial) -> Result<Change, ShellError> {
        let rules = self.draft.rules();
        let removed = rules.iter().find(|rule| target == Target::Rule(rule.number));
        let again = removed.map_or_else(|| target.clone(), |rule| Target::Text(rule.text.clone()));
        let mut next = self.draft.clone();
        next.remove(&[target])?;
        let change = self.put(next, Added::default(), trial)?;
        if trial == Trial::Keep {
            self.dropped.push(again);
        }
        Ok(change)
    }

    /// Reads all files anew and makes the same changes to them. A rule that was taken out and is no longer there is no
    /// mistake.
    pub(crate) fn reload(&mut self) -> Result<Change, ShellError> {
        let origin = self.origin.as_ref().ok_or(ShellError::NoFile)?;
        let mut next = Draft::load(&origin.path, &origin.search)?;
        for target in &self.dropped {
            // What cannot be taken out now is either gone or used by what is new: the rules that go on show it.
            let _ = next.remove(std::slice::from_ref(target));
        }
        let typed = self.draft.source();
        if !typed.is_empty() {
            next.add(&typed)?;
        }
        self.put(next, Added::default(), Trial::Keep)
    }

    /// Answers a question.
    pub(crate) fn query(&self, text: &str) -> Result<(Query, Answer), ShellError> {
        let query = self.draft.query(text)?;
        let answer = self.engine.query(&query)?;
        Ok((query, answer))
    }

    /// Runs another draft in the place of this one, or tells what that would do.
    fn put(&mut self, next: Draft, added: Added, trial: Trial) -> Result<Change, ShellError> {
        let before = self.engine.program();
        let program = self.outputs.of(&next);
        // Whoever changes rules wants to see what that does, also if nothing else does.
        let inside: Vec<(String, Vec<(Value, i64)>)> = self
            .changed_heads(&next)
            .into_iter()
            .filter_map(|name| {
                let id = before.relation(&name)?;
                is_inside(&before, &name).then(|| Ok((name, self.engine.dump(id)?)))
            })
            .collect::<Result<_, ShellError>>()?;
        let refused = |error| match error {
            ReviseError::Program(diagnostics) => ShellError::Refused(next.sources().clone(), diagnostics),
            other => other.into(),
        };
        let mut commit = match trial {
            Trial::Keep => self.engine.revise(program).map_err(refused)?,
            Trial::Forget => {
                let program = shown(&program, inside.iter().map(|(name, _)| name.as_str()));
                self.engine.preview(program).map_err(refused)?
            }
        };
        if trial == Trial::Keep {
            self.draft = next;
        }
        self.add_inside(&mut commit, inside, trial)?;
        Ok(Change { added, deltas: commit.deltas, duration: commit.duration })
    }

    /// The relations whose rules differ.
    fn changed_heads(&self, next: &Draft) -> BTreeSet<String> {
        let rules = |draft: &Draft| -> BTreeSet<(String, String, Vec<String>)> {
            draft.rules().into_iter().map(|rule| (rule.module, rule.text, rule.heads)).collect()
        };
        let (old, new) = (rules(&self.draft), rules(next));
        let differ = old.symmetric_difference(&new);
        differ
            .flat_map(|(module, _, heads)| {
                // Written in its own module or with the path to it.
                let inside =
                    heads.iter().filter(|_| !module.is_empty()).map(move |head| format!("{module}::{head}"));
                heads.iter().cloned().chain(inside)
            })
            .collect()
    }

    /// Adds what became of relations inside the program.
    fn add_inside(
        &self,
        commit: &mut Commit,
        inside: Vec<(String, Vec<(Value, i64)>)>,
        trial: Trial,
    ) -> Result<(), ShellError> {
        let program = self.engine.program();
        for (name, old) in inside {
            let Some(relation) = program.relation(&name) else { continue };
            let told = commit.deltas.iter().position(|delta| *delta.name == *name);
            let new = match (told, trial) {
                (Some(at), Trial::Forget) => commit.deltas.remove(at).changes.to_vec(),
                (Some(_), Trial::Keep) => continue,
                (None, Trial::Forget) => Vec::new(),
                (None, Trial::Keep) => self.engine.dump(relation)?,
            };
            let changes = difference(&old, new);
            if !changes.is_empty() {
                commit.deltas.push(Delta { relation, name: name.into(), changes: changes.into() });
            }
        }
        commit.deltas.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(())
    }
}

/// Whether it is a relation whose changes a commit does not tell.
fn is_inside(program: &Program, name: &str) -> bool {
    program.relation(name).is_some_and(|id| {
        let relation = &program.relations[id.0 as usize];
        relation.role == RelationRole::Internal && relation.semantics != RelationSemantics::Stream
    })
}

/// The program with these relations put out.
fn shown<'n>(program: &Arc<Program>, names: impl Iterator<Item = &'n str>) -> Arc<Program> {
    let mut program = program.clone();
    for name in names {
        if let Some(id) = program.relation(name) {
            Arc::make_mut(&mut program).relations[id.0 as usize].role = RelationRole::Output;
        }
    }
    program
}

/// What makes the new contents of the old, in the order of the new ones; what is gone comes first.
fn difference(old: &[(Value, i64)], new: Vec<(Value, i64)>) -> Vec<(Value, i64)> {
    let text = |(value, weight): &(Value, i64)| (value.to_string(), *weight);
    let before: std::collections::HashMap<String, i64> = old.iter().map(text).collect();
    let after: std::collections::HashMap<String, i64> = new.iter().map(text).collect();
    let gone = old.iter().filter(|(value, _)| !after.contains_key(&value.to_string()));
    let gone = gone.map(|(value, weight)| (value.clone(), -weight));
    let come = new.into_iter().filter_map(|(value, weight)| {
        let change = weight - before.get(&value.to_string()).copied().unwrap_or(0);
        (change != 0).then_some((value, change))
    });
    gone.chain(come).collect()
}
