//! `weir explain`: what becomes of rules.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::anyhow;
use clap::Args;
use weir_engine::compile::compile;
use weir_engine::explain;
use weir_engine::plan::Plan;

use crate::check::{out, show};

/// Arguments of `weir explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainOptions {
    /// The main file
    file: PathBuf,
    /// A rule by its number or as FILE:LINE, or a relation, for all its rules; without it, all rules and what they share
    rule: Option<String>,
    /// Where imports are looked for, after the file's own directory
    #[arg(short = 'L', value_name = "DIR")]
    search: Vec<PathBuf>,
}

/// Prints the pages of the rules asked for.
pub(crate) fn explain(options: &ExplainOptions) -> anyhow::Result<ExitCode> {
    let (program, warnings) = match compile(&options.file, &options.search) {
        Ok(compiled) => compiled,
        Err((sources, diagnostics)) => {
            show(&sources, &diagnostics);
            return Ok(ExitCode::FAILURE);
        }
    };
    show(&program.sources, &warnings);
    // The program has been planned once to be checked: there is nothing new to be found.
    let plan = Plan::new(&program).map_err(|_| anyhow!("the program cannot be planned"))?;
    let text = match &options.rule {
        Some(what) => explain::explain(&program, &plan, &explain::select(&program, what)?),
        None => {
            let all = explain::explain(&program, &plan, &explain::own_rules(&program));
            format!("{}\n{all}", explain::overview(&program, &plan))
        }
    };
    out(&text)?;
    Ok(ExitCode::SUCCESS)
}
