//! A program, a script for it, and how many processes and workers run it.

use super::generate::Features;
use super::program::Program;
use super::rng::Random;
use super::script::{Step, random_script};

/// What is run and compared.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Case {
    pub(crate) program: Program,
    pub(crate) script: Vec<Step>,
    pub(crate) processes: usize,
    /// Of each process.
    pub(crate) workers: usize,
}

/// Cases with the same program: it is compiled once.
pub(crate) const SCRIPTS: u64 = 4;

impl Case {
    /// The case of a seed.
    pub(crate) fn new(seed: u64, features: Features, transactions: usize) -> Self {
        let program = Program::random(&mut Random::new(seed / SCRIPTS), features);
        let mut random = Random::new(seed.wrapping_mul(31).wrapping_add(7));
        let script = random_script(&mut random, &program, transactions);
        let (processes, workers) = match seed % (8 * SCRIPTS) {
            3 | 15 | 23 => (2, 1),
            7 => (2, 2),
            11 => (3, 1),
            other => (1, [1, 2, 4, 1][(other % SCRIPTS) as usize]),
        };
        Case { program, script, processes, workers }
    }

    /// As a file and commands that anybody can run.
    pub(crate) fn text(&self) -> String {
        let script: Vec<String> = self.script.iter().map(|step| step.text(&self.program)).collect();
        format!(
            "---- case.dl\n{}---- weir repl -n {} -w {} case.dl --batch <<'EOF'\n{}EOF\n",
            self.program.text(),
            self.processes,
            self.workers,
            script.concat()
        )
    }
}
