//! What tells programs apart that processes are to run together.

use twox_hash::XxHash64;

use crate::diagnostics::Diagnostic;
use crate::ir::Program;
use crate::plan::{Plan, Signatures};

/// A number that two processes have in common only if they run the same program in the same way: the same rule text, and
/// the same numbers for its types, relations, functions and rules.
///
/// # Errors
/// What is wrong with the program: relations that depend on their own negation.
pub fn identity(program: &Program) -> Result<u128, Vec<Diagnostic>> {
    let plan = Plan::new(program)?;
    let Signatures { declarations, records, collections, arrangements, rules, recursions } =
        Signatures::new(program, &plan);
    let mut text = String::new();
    for file in program.sources.files() {
        text.push_str(&file.text);
        text.push('\0');
    }
    let unions: Vec<_> = program.types.unions().map(|union| (&union.name, &union.args)).collect();
    let functions: Vec<_> = program.functions.iter().map(|function| &function.name).collect();
    let indexes: Vec<_> = program.indexes.iter().map(|index| (&index.name, index.relation)).collect();
    text.push_str(&format!("{:?}{unions:?}{functions:?}{indexes:?}", program.types.types()));
    text.push_str(&format!(
        "{declarations:?}{records:?}{collections:?}{arrangements:?}{rules:?}{recursions:?}"
    ));
    let hash = |seed| u128::from(XxHash64::oneshot(seed, text.as_bytes()));
    Ok(hash(0) << 64 | hash(1))
}
