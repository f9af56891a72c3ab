//! Random programs, edited at random between random transactions: what is kept of the program before must not show.
//! `WEIR_CASES=n` runs that many cases, `WEIR_SEED=s` just that one.
#![allow(clippy::unwrap_used)]

#[path = "common/naive.rs"]
mod naive;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use naive::{Contents, Program, Random, as_set};
use weir_engine::engine::Delta;
use weir_engine::value::Value;
use weir_engine::{CommitError, Config, Draft, Engine, ReviseError, Update};

const CASES: u64 = 120;

#[test]
fn edited_programs_agree_with_from_scratch_evaluation() {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let (from, to) = match number("WEIR_SEED") {
        Some(seed) => (seed, seed + 1),
        None => (0, number("WEIR_CASES").unwrap_or(CASES)),
    };
    let next = AtomicU64::new(from);
    let found: Mutex<Option<(u64, String)>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= to {
                        return;
                    }
                    if let Err(difference) = Case::new(seed).and_then(|mut case| case.run()) {
                        next.store(to, Ordering::Relaxed);
                        let mut found = found.lock().unwrap();
                        if found.as_ref().is_none_or(|(known, _)| seed < *known) {
                            *found = Some((seed, difference));
                        }
                    }
                }
            });
        }
    });
    if let Some((seed, difference)) = found.into_inner().unwrap() {
        panic!("seed {seed}: {difference}");
    }
}

struct Case {
    random: Random,
    program: Program,
    draft: Draft,
    engine: Engine,
    inputs: Vec<Contents>,
    /// What the relations held last.
    before: Vec<Contents>,
    log: String,
}

impl Case {
    fn new(seed: u64) -> Result<Self, String> {
        let mut random = Random::new(seed);
        // Facts that fail are for another test.
        let program = loop {
            let program = Program::random(&mut random);
            if program.evaluate(&vec![Contents::new(); program.inputs()]).is_some() {
                break program;
            }
        };
        let log = program.text();
        let draft = draft(&log)?;
        let engine = Engine::new(draft.program(), Config::default()).map_err(|found| format!("{found:?}"))?;
        let inputs = vec![Contents::new(); program.inputs()];
        let before = program.evaluate(&inputs).unwrap();
        Ok(Case { random, program, draft, engine, inputs, before, log })
    }

    fn run(&mut self) -> Result<(), String> {
        for _ in 0..10 {
            self.commit()?;
            self.revise()?;
            self.ask()?;
        }
        Ok(())
    }

    fn commit(&mut self) -> Result<(), String> {
        let kept = self.inputs.clone();
        let mut updates = Vec::new();
        for _ in 0..1 + self.random.below(6) {
            let relation = self.random.below(self.inputs.len());
            let columns = self.program.relations[relation].columns;
            let row: Vec<i64> = (0..columns).map(|_| self.random.below(4) as i64).collect();
            let insert = self.random.below(5) < 3;
            writeln!(self.log, "{} R{relation} {row:?}", if insert { "insert" } else { "delete" }).unwrap();
            updates.push(update(&self.engine, &self.program.relations[relation].name, &row, insert));
            if insert {
                self.inputs[relation].insert(row, 1);
            } else {
                self.inputs[relation].remove(&row);
            }
        }
        writeln!(self.log, "commit").unwrap();
        let (result, now) = (self.engine.commit(updates), self.program.evaluate(&self.inputs));
        match (result, now) {
            (Ok(commit), Some(now)) => {
                let program = self.program.clone();
                self.compare(&program, now, &commit.deltas)
            }
            (Err(CommitError::Rule { .. }), None) => {
                self.inputs = kept;
                Ok(())
            }
            (result, now) => Err(format!("{}{result:?}\nbut expected {now:?}", self.log)),
        }
    }

    fn revise(&mut self) -> Result<(), String> {
        let next = self.program.edited(&mut self.random);
        let text = next.text();
        writeln!(self.log, "revise\n{text}").unwrap();
        let draft = draft(&text)?;
        let preview = self.engine.preview(draft.program());
        self.check_contents(&self.before)?;
        let result = self.engine.revise(draft.program());
        let deltas = |result: &Result<weir_engine::Commit, ReviseError>| {
            result.as_ref().map(|commit| commit.deltas.clone()).map_err(Clone::clone)
        };
        if deltas(&preview) != deltas(&result) {
            return Err(format!("{}preview {preview:?}\nbut {result:?}", self.log));
        }
        match (result, next.evaluate(&self.inputs)) {
            (Ok(commit), Some(now)) => {
                self.draft = draft;
                self.compare(&next, now, &commit.deltas)?;
                self.program = next;
                Ok(())
            }
            (Err(ReviseError::Run(CommitError::Rule { .. })), None) => {
                writeln!(self.log, "refused").unwrap();
                self.check_contents(&self.before)
            }
            (result, now) => Err(format!("{}{result:?}\nbut expected {now:?}", self.log)),
        }
    }

    /// The body of a rule has an answer that fails to be computed only if the rule does.
    fn ask(&mut self) -> Result<(), String> {
        let Some(question) = self.program.question(&mut self.random) else { return Ok(()) };
        writeln!(self.log, "?- {question}").unwrap();
        let query = self.draft.query(&question).map_err(|(_, found)| format!("{}{found:?}", self.log))?;
        let answer = self.engine.query(&query).map_err(|error| format!("{}{error}", self.log))?;
        // The same, by a program of its own.
        let columns: Vec<String> = answer.columns.iter().map(|c| format!("{}: {}", c.name, c.ty)).collect();
        let names: Vec<&str> = answer.columns.iter().map(|column| column.name.as_str()).collect();
        let text = format!(
            "{}output relation Answer({})\nAnswer({}) :- {question}.\n",
            self.program.text(),
            columns.join(", "),
            names.join(", ")
        );
        let engine = Engine::new(draft(&text)?.program(), Config::default()).map_err(|e| format!("{e:?}"))?;
        let updates = self.inputs.iter().enumerate().flat_map(|(relation, rows)| {
            let name = &self.program.relations[relation].name;
            rows.keys().map(|row| update(&engine, name, row, true))
        });
        engine.commit(updates.collect()).map_err(|error| format!("{}{error}", self.log))?;
        let expected = dump(&engine, "Answer")?;
        let found: Contents =
            answer.rows.iter().map(|(row, weight)| (row.iter().map(integer).collect(), *weight)).collect();
        if expected != found {
            return Err(format!("{}expected {expected:?}\nbut found {found:?}", self.log));
        }
        self.check_contents(&self.before)
    }

    fn compare(&mut self, program: &Program, now: Vec<Contents>, deltas: &[Delta]) -> Result<(), String> {
        let mut expected: BTreeMap<String, Contents> = BTreeMap::new();
        for (relations, contents, sign) in
            [(&program.relations, &now, 1), (&self.program.relations, &self.before, -1)]
        {
            for (relation, contents) in relations.iter().zip(contents).filter(|(r, _)| r.output) {
                let change = expected.entry(relation.name.clone()).or_default();
                for (row, weight) in contents {
                    *change.entry(row.clone()).or_default() += sign * weight;
                }
            }
        }
        expected.values_mut().for_each(|change| change.retain(|_, weight| *weight != 0));
        expected.retain(|_, change| !change.is_empty());
        let found: BTreeMap<String, Contents> =
            deltas.iter().map(|delta| (delta.name.to_string(), rows(&delta.changes.to_vec()))).collect();
        if expected != found {
            return Err(format!("{}expected change {expected:?}\nbut found {found:?}", self.log));
        }
        self.before = now;
        self.check_contents(&self.before)
    }

    fn check_contents(&self, expected: &[Contents]) -> Result<(), String> {
        let program = self.engine.program();
        for (index, contents) in expected.iter().enumerate() {
            let name = format!("R{index}");
            if program.relation(&name).is_some() {
                let held = dump(&self.engine, &name)?;
                if held != as_set(contents) {
                    return Err(format!("{}{name}: expected {contents:?}\nbut found {held:?}", self.log));
                }
            }
        }
        Ok(())
    }
}

fn draft(text: &str) -> Result<Draft, String> {
    Draft::text("test.dl", text, &[]).map_err(|(_, found)| format!("{text}{found:?}"))
}

fn update(engine: &Engine, name: &str, row: &[i64], insert: bool) -> Update {
    let relation = engine.program().relation(name).unwrap();
    let fields = row.iter().map(|number| ("".into(), Value::Int((*number).into()))).collect();
    let record = Value::Struct { ctor: name.into(), fields };
    if insert { Update::Insert { relation, record } } else { Update::Delete { relation, record } }
}

fn dump(engine: &Engine, name: &str) -> Result<Contents, String> {
    let relation = engine.program().relation(name).unwrap();
    Ok(rows(&engine.dump(relation).map_err(|error| error.to_string())?))
}

fn rows(records: &[(Value, i64)]) -> Contents {
    let row = |record: &Value| match record {
        Value::Struct { fields, .. } => fields.iter().map(|(_, value)| integer(value)).collect(),
        other => panic!("{other}"),
    };
    let contents: Contents = records.iter().map(|(record, weight)| (row(record), *weight)).collect();
    assert_eq!(contents.len(), records.len(), "every record once");
    contents
}

fn integer(value: &Value) -> i64 {
    match value {
        Value::Int(number) => *number as i64,
        other => panic!("{other}"),
    }
}
