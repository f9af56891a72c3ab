//! A program at work in one of several processes.

use std::sync::Arc;

use thiserror::Error;
use weir_engine::diagnostics::Diagnostic;
use weir_engine::engine::{Config, Engine, StartError, follow, identity};
use weir_engine::ir::Program;

use crate::error::{ClusterError, LOST};
use crate::meet::Cluster;

/// Why a process of several ends, other than because the first one has no more to do.
#[derive(Debug, Error)]
pub enum JoinError {
    /// The processes do not come together.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// What is wrong with the program.
    #[error("the program has {} error(s)", .0.len())]
    Program(Vec<Diagnostic>),
    /// Another process is gone: its name, and what happened to it.
    #[error("{0}; this process ends too: it has only a part of the rows")]
    Lost(Arc<str>),
}

impl JoinError {
    /// What the process exits with.
    pub fn exit_code(&self) -> u8 {
        match self {
            JoinError::Cluster(error) => error.exit_code(),
            JoinError::Program(_) => 1,
            JoinError::Lost(_) => LOST,
        }
    }
}

impl From<StartError> for JoinError {
    fn from(error: StartError) -> JoinError {
        match error {
            StartError::Program(diagnostics) => JoinError::Program(diagnostics),
            StartError::Lost(what) => JoinError::Lost(what),
        }
    }
}

/// Runs a program in this process and, if there are any, the others. Gives the engine to the first process; in the others
/// it returns, with nothing, when the first one has ended. `waiting` is called if the others do not come at once.
///
/// # Errors
/// See [`JoinError`].
pub fn join(
    program: Arc<Program>,
    config: Config,
    cluster: Option<&Cluster>,
    waiting: impl FnMut(&str),
) -> Result<Option<Engine>, JoinError> {
    let Some(cluster) = cluster else {
        return Engine::new(program, config).map(Some).map_err(JoinError::Program);
    };
    let identity = identity(&program).map_err(JoinError::Program)?;
    let processes = cluster.meet(config.workers.max(1), identity, waiting)?;
    if cluster.index == 0 {
        return Ok(Some(Engine::among(program, config, processes)?));
    }
    follow(program, config, processes)?;
    Ok(None)
}
