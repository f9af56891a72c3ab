//! Random programs under random transactions, against an evaluator that computes everything from scratch.
//! `WEIR_CASES=n` runs that many cases, `WEIR_SEED=s` just that one.
#![allow(clippy::unwrap_used)]

mod random;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use random::case::{Case, SCRIPTS};
use random::drive::{Difference, Seen, compile};
use random::generate::Features;
use random::oracle::Mistake;
use random::shrink::{fails, shrunk};

/// A seed, its case, and what goes wrong.
type Failure = (u64, Case, Difference);

const CASES: u64 = 10_000;
const TRANSACTIONS: usize = 8;

#[test]
fn random_programs_agree_with_from_scratch_evaluation() {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let (from, to) = match number("WEIR_SEED") {
        Some(seed) => (seed, seed + 1),
        None => (0, number("WEIR_CASES").unwrap_or(CASES)),
    };
    let (seen, failure) = run(from, to, Mistake::None);
    if let Some((seed, case, difference)) = failure {
        let (case, difference) = shrunk(&case, difference, Mistake::None);
        panic!("seed {seed}, made smaller:\n{}{:?}: {}", case.text(), difference.kind, difference.message);
    }
    println!("{seen:?}");
    // A generator that gives programs without effect would prove nothing.
    if to - from >= 1000 {
        let cases = (to - from) as usize;
        assert!(seen.done > 3 * cases && seen.failed > cases / 10 && seen.changes > 2 * cases, "{seen:?}");
    }
}

#[test]
fn mistakes_are_found() {
    for mistake in [
        Mistake::NegationForgotten,
        Mistake::OneRoundOnly,
        Mistake::WeightsForgotten,
        Mistake::DelayForgotten,
        Mistake::LeastForLargest,
        Mistake::FailureForgotten,
        Mistake::LastRuleForgotten,
    ] {
        let (_, failure) = run(0, 2000, mistake);
        let (seed, case, difference) = failure.unwrap_or_else(|| panic!("{mistake:?} is not found"));
        let (case, difference) = shrunk(&case, difference, mistake);
        let size: usize = case.program.rules.iter().map(|rule| 1 + rule.body.len()).sum();
        let changes: usize = case.script.iter().map(|step| 1 + step.changes.len()).sum();
        println!("{mistake:?}, seed {seed}: {}{}", case.text(), difference.message);
        assert!(size <= 8 && changes <= 8, "{mistake:?}, seed {seed} stays large:\n{}", case.text());
    }
}

/// Runs the cases of seeds on several threads; gives the failure with the least seed.
fn run(from: u64, to: u64, mistake: Mistake) -> (Seen, Option<Failure>) {
    let next = AtomicU64::new(from / SCRIPTS);
    let found: Mutex<(Seen, Option<Failure>)> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                loop {
                    let program = next.fetch_add(1, Ordering::Relaxed);
                    let seeds = (program * SCRIPTS).max(from)..((program + 1) * SCRIPTS).min(to);
                    if seeds.is_empty() {
                        return;
                    }
                    let (seen, failure) = cases(seeds, mistake);
                    let mut found = found.lock().unwrap();
                    found.0 = found.0.and(seen);
                    if let Some(failure) = failure {
                        next.store(to, Ordering::Relaxed);
                        if found.1.as_ref().is_none_or(|(seed, ..)| failure.0 < *seed) {
                            found.1 = Some(failure);
                        }
                    }
                }
            });
        }
    });
    found.into_inner().unwrap()
}

/// Cases of one program.
fn cases(seeds: std::ops::Range<u64>, mistake: Mistake) -> (Seen, Option<Failure>) {
    let mut seen = Seen::default();
    let mut compiled = None;
    for seed in seeds {
        let case = Case::new(seed, Features::All, TRANSACTIONS);
        let compiled = compiled.get_or_insert_with(|| compile(&case.program));
        let result = match compiled {
            Ok(compiled) => std::panic::catch_unwind(|| case.run(compiled, mistake)),
            Err(difference) => Ok(Err(difference.clone())),
        };
        match result {
            Ok(Ok(more)) => seen = seen.and(more),
            Ok(Err(difference)) => return (seen, Some((seed, case, difference))),
            Err(_) => {
                let difference = fails(&case, mistake);
                return (seen, difference.map(|difference| (seed, case, difference)));
            }
        }
    }
    (seen, None)
}

#[test]
#[ignore = "shows the case of WEIR_SEED"]
fn show() {
    let seed = std::env::var("WEIR_SEED").unwrap().parse().unwrap();
    println!("{}", Case::new(seed, Features::All, TRANSACTIONS).text());
}
