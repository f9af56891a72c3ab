//! Of random programs, every record has a derivation that a checker of its own agrees with, and what is missing for any
//! other record is indeed missing. `WEIR_CASES=n` runs that many programs, `WEIR_SEED=s` just that one.
#![allow(clippy::unwrap_used)]

mod common;
#[allow(dead_code)]
#[path = "common/naive.rs"]
mod naive;

use std::collections::BTreeMap;

use naive::{Contents, Program, Random};
use weir_engine::command::Record;
use weir_engine::value::Value;
use weir_engine::why::{Derivation, Obstacle, Premise, Question, Reason, WhyError};
use weir_engine::{Engine, Update};

#[test]
fn derivations_hold_and_absences_are_true() {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let seeds: Vec<u64> = match number("WEIR_SEED") {
        Some(seed) => vec![seed],
        None => (0..number("WEIR_CASES").unwrap_or(150)).collect(),
    };
    let mut explained = 0;
    for seed in seeds {
        match case(seed) {
            Ok(records) => explained += records,
            Err(difference) => panic!("seed {seed}: {difference}"),
        }
    }
    assert!(explained > 0, "no program derived anything");
}

/// Number of records that were explained.
fn case(seed: u64) -> Result<usize, String> {
    let mut random = Random::new(seed);
    let program = Program::random(&mut random);
    let text = program.text();
    let engine = common::start(&text).map_err(|found| format!("refused: {found:?}\n{text}"))?;
    let mut inputs: Vec<Contents> = vec![Contents::new(); program.inputs()];
    for _ in 0..4 {
        let (kept, mut updates) = (inputs.clone(), Vec::new());
        for _ in 0..1 + random.below(5) {
            let relation = random.below(inputs.len());
            let columns = program.relations[relation].columns;
            let row: Vec<i64> = (0..columns).map(|_| random.below(4) as i64).collect();
            updates.push(insertion(&program, &engine, relation, &row));
            inputs[relation].insert(row, 1);
        }
        if engine.commit(updates).is_err() {
            inputs = kept;
        }
    }
    let Some(now) = program.evaluate(&inputs) else { return Ok(0) };
    let log = || format!("{text}\n{inputs:?}");
    let mut explained = 0;
    for (relation, contents) in now.iter().enumerate() {
        for row in contents.keys() {
            let question = question(&program, relation, row);
            let derivation =
                engine.why(&question).map_err(|error| format!("{question}: {error}\n{}", log()))?;
            check(&program, &now, relation, row, &derivation)
                .map_err(|wrong| format!("{question}: {wrong}\n{derivation}\n{}", log()))?;
            explained += 1;
        }
        for _ in 0..4 {
            let columns = program.relations[relation].columns;
            let row: Vec<i64> = (0..columns).map(|_| random.below(5) as i64).collect();
            let question = question(&program, relation, &row);
            if contents.contains_key(&row) {
                let present = engine.why_not(&question);
                if !matches!(present, Err(WhyError::Present(_))) {
                    return Err(format!("{question} is there, but {present:?}\n{}", log()));
                }
                continue;
            }
            check_absence(&program, &engine, &now, relation, &row)
                .map_err(|wrong| format!("{question}: {wrong}\n{}", log()))?;
        }
    }
    Ok(explained)
}

/// Whether a derivation is one, of that record.
fn check(
    program: &Program,
    now: &[Contents],
    relation: usize,
    row: &[i64],
    derivation: &Derivation,
) -> Result<(), String> {
    let named = |name: &str| program.relations.iter().position(|relation| relation.name == name).unwrap();
    let steps: Vec<(usize, Vec<i64>)> =
        derivation.steps.iter().map(|step| (named(&step.relation), row_of(&step.value))).collect();
    if steps.first() != Some(&(relation, row.to_vec())) {
        return Err("it derives another record".into());
    }
    let mut rests_on: Vec<Vec<usize>> = Vec::new();
    for (step, (relation, row)) in derivation.steps.iter().zip(&steps) {
        if !now[*relation].contains_key(row) {
            return Err(format!("there is no {}", step.record));
        }
        match &step.by {
            Reason::Input if *relation < program.inputs() => rests_on.push(Vec::new()),
            Reason::Rule { place, premises, .. } => {
                let line: usize = place.rsplit(':').next().unwrap().parse().unwrap();
                let rule = program.rule_at(line).ok_or("its rule stands nowhere")?;
                let mut found = vec![Contents::new(); now.len()];
                let records = records(premises);
                for record in &records {
                    let (relation, row) = &steps[*record];
                    found[*relation].insert(row.clone(), 1);
                }
                let (head, derived) = program.derive_from(rule, &found, now).ok_or("the rule fails")?;
                if head != *relation || !derived.contains_key(row) {
                    return Err(format!("{} does not follow from its premises", step.record));
                }
                rests_on.push(records);
            }
            Reason::Fact { .. } => {
                let line: usize = match &step.by {
                    Reason::Fact { place, .. } => place.rsplit(':').next().unwrap().parse().unwrap(),
                    _ => 0,
                };
                program.rule_at(line).ok_or("its rule stands nowhere")?;
                rests_on.push(Vec::new());
            }
            other => return Err(format!("{}: {other:?}", step.record)),
        }
    }
    // Whatever rests only on what is founded is founded; nothing may be left.
    let mut founded = vec![false; steps.len()];
    loop {
        let next =
            (0..steps.len()).find(|step| !founded[*step] && rests_on[*step].iter().all(|on| founded[*on]));
        match next {
            Some(step) => founded[step] = true,
            None if founded.iter().all(|founded| *founded) => return Ok(()),
            None => return Err("it rests on itself".into()),
        }
    }
}

/// The steps that premises refer to, also those of a group's members.
fn records(premises: &[Premise]) -> Vec<usize> {
    let of = |premise: &Premise| match premise {
        Premise::Record { step } => vec![*step],
        Premise::Group { shown, .. } => shown.iter().flat_map(|sample| records(&sample.premises)).collect(),
        _ => Vec::new(),
    };
    premises.iter().flat_map(of).collect()
}

fn check_absence(
    program: &Program,
    engine: &Engine,
    now: &[Contents],
    relation: usize,
    row: &[i64],
) -> Result<(), String> {
    let question = question(program, relation, row);
    let why = engine.why(&question);
    if !matches!(why, Err(WhyError::Absent(_))) {
        return Err(format!("it is not there, but {why:?}"));
    }
    let absence = engine.why_not(&question).map_err(|error| error.to_string())?;
    if absence.rules.len() != program.rules_for(relation) || absence.is_input != (relation < program.inputs())
    {
        return Err(format!("not all rules are told of\n{absence}"));
    }
    for rule in &absence.rules {
        let wrong = |what: &str| Err(format!("{what}\n{absence}"));
        let values: BTreeMap<&str, i64> =
            rule.bindings.iter().filter_map(|b| Some((&*b.name, b.value.parse().ok()?))).collect();
        match &rule.obstacle {
            Obstacle::NoRecord { pattern } if found(program, now, pattern) => {
                return wrong(&format!("there is a {pattern}"));
            }
            Obstacle::Present { record } if !found(program, now, record) => {
                return wrong(&format!("there is no {record}"));
            }
            Obstacle::Mismatch { record, .. } if !found(program, now, record) => {
                return wrong(&format!("there is no {record}"));
            }
            Obstacle::Other { record } if !found(program, now, record) => {
                return wrong(&format!("there is no {record}"));
            }
            Obstacle::Filter { condition } => {
                let words: Vec<&str> = condition.split_whitespace().collect();
                let [left, operator, right] = words[..] else { return wrong("no condition") };
                let (left, right) = (values[left], values[right]);
                if if operator == "<" { left < right } else { left != right } {
                    return wrong(&format!("`{condition}` is true"));
                }
            }
            Obstacle::Failure { .. } | Obstacle::Unknown { .. } => {
                return wrong("that cannot be");
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether there is a record with these fields: `R1{.c0 = 2}`.
fn found(program: &Program, now: &[Contents], pattern: &str) -> bool {
    let question = Question::parse(pattern).unwrap();
    let relation = program.relations.iter().position(|r| r.name == question.relation).unwrap();
    let Record::Named(_, fields) = question.record else { return !now[relation].is_empty() };
    now[relation].keys().any(|row| {
        fields.iter().all(|(name, value)| {
            let column: usize = name.trim_start_matches('c').parse().unwrap();
            value.to_string() == row[column].to_string()
        })
    })
}

fn question(program: &Program, relation: usize, row: &[i64]) -> Question {
    let values: Vec<String> = row.iter().map(i64::to_string).collect();
    Question::parse(&format!("{}({})", program.relations[relation].name, values.join(", "))).unwrap()
}

fn insertion(program: &Program, engine: &Engine, relation: usize, row: &[i64]) -> Update {
    let name = &program.relations[relation].name;
    let relation = engine.program().relation(name).unwrap();
    let fields = row.iter().map(|number| ("".into(), Value::Int((*number).into()))).collect();
    Update::Insert { relation, record: Value::Struct { ctor: name.as_str().into(), fields } }
}

fn row_of(record: &Value) -> Vec<i64> {
    let Value::Struct { fields, .. } = record else { panic!("{record}") };
    let number = |value: &Value| match value {
        Value::Int(number) => *number as i64,
        other => panic!("{other}"),
    };
    fields.iter().map(|(_, value)| number(value)).collect()
}
