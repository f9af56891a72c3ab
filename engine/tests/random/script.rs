//! Transactions: random ones, what they do to the inputs, and how they are written in the shell.

use std::fmt::Write;

use weir_engine::Update;
use weir_engine::command::Record;
use weir_engine::ir::RelationId;
use weir_engine::value::Value;

use super::oracle::Contents;
use super::program::{Holds, Program, Relation};
use super::rng::Random;
use super::val::{Place, Val};

/// A transaction, committed or taken back.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    pub(crate) changes: Vec<Change>,
    pub(crate) rolled_back: bool,
}

/// A change of an input relation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Change {
    pub(crate) relation: usize,
    pub(crate) what: What,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum What {
    Insert(Vec<Val>),
    Delete(Vec<Val>),
    InsertOrUpdate(Vec<Val>),
    DeleteKey(Vec<Val>),
    /// Key, column, new value.
    Modify(Vec<Val>, usize, Val),
    Clear,
}

/// A change that cannot be made: the whole transaction is refused.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Refused;

/// As many transactions for a program.
pub(crate) fn random_script(random: &mut Random, program: &Program, transactions: usize) -> Vec<Step> {
    let step = |random: &mut Random| {
        let changes = match random.below(10) {
            0 => 0,
            1 => 6 + random.below(8),
            _ => 1 + random.below(5),
        };
        Step {
            changes: (0..changes).map(|_| Change::random(random, program)).collect(),
            rolled_back: random.once_in(15),
        }
    };
    (0..transactions).map(|_| step(random)).collect()
}

impl Change {
    fn random(random: &mut Random, program: &Program) -> Self {
        let inputs: Vec<usize> =
            (0..program.relations.len()).filter(|at| program.relations[*at].is_input()).collect();
        let relation = *random.pick(&inputs);
        let declared = &program.relations[relation];
        let row: Vec<Val> = declared.columns.iter().map(|ty| random.pick(&ty.domain()).clone()).collect();
        let what = match (random.below(20), declared.holds) {
            (_, Holds::Stream) => What::Insert(row),
            (0, _) if random.once_in(3) => What::Clear,
            (0..=9, _) if declared.key.is_empty() => What::Insert(row),
            (_, _) if declared.key.is_empty() => What::Delete(row),
            // With a key, plain inserts and deletes are mostly refused.
            (0..=1, _) => What::Insert(row),
            (2, _) => What::Delete(row),
            (3..=12, _) => What::InsertOrUpdate(row),
            (13..=14, _) => What::DeleteKey(declared.key_of(&row)),
            _ => {
                let column = random.below(declared.columns.len());
                let value = random.pick(&declared.columns[column].domain()).clone();
                What::Modify(declared.key_of(&row), column, value)
            }
        };
        Change { relation, what }
    }

    /// What is there afterwards.
    fn apply(&self, declared: &Relation, contents: &mut Contents) -> Result<(), Refused> {
        if declared.key.is_empty() {
            match &self.what {
                What::Insert(row) if declared.holds == Holds::Set => drop(contents.insert(row.clone(), 1)),
                What::Insert(row) => *contents.entry(row.clone()).or_default() += 1,
                What::Delete(row) if declared.holds == Holds::Set => drop(contents.remove(row)),
                What::Delete(row) => {
                    if let Some(count) = contents.get_mut(row) {
                        *count -= 1;
                    }
                    contents.retain(|_, count| *count != 0);
                }
                What::Clear => contents.clear(),
                other => panic!("{other:?} without a key"),
            }
            return Ok(());
        }
        let of_key = |contents: &Contents, key: &[Val]| {
            contents.keys().find(|row| declared.key_of(row) == key).cloned()
        };
        match &self.what {
            What::Insert(row) => match of_key(contents, &declared.key_of(row)) {
                Some(_) => return Err(Refused),
                None => drop(contents.insert(row.clone(), 1)),
            },
            What::InsertOrUpdate(row) => {
                if let Some(old) = of_key(contents, &declared.key_of(row)) {
                    contents.remove(&old);
                }
                contents.insert(row.clone(), 1);
            }
            What::Delete(row) => drop(contents.remove(row).ok_or(Refused)?),
            What::DeleteKey(key) => {
                let row = of_key(contents, key).ok_or(Refused)?;
                contents.remove(&row);
            }
            What::Modify(key, column, value) => {
                let row = of_key(contents, key).ok_or(Refused)?;
                contents.remove(&row);
                let mut changed = row;
                changed[*column] = match (&changed[*column], value) {
                    // What is there goes, what is not comes.
                    (Val::Set(there), Val::Set(change)) => Val::Set(there ^ change),
                    _ => value.clone(),
                };
                if of_key(contents, &declared.key_of(&changed)).is_some() {
                    return Err(Refused);
                }
                contents.insert(changed, 1);
            }
            What::Clear => contents.clear(),
        }
        Ok(())
    }

    /// As the engine takes it.
    pub(crate) fn update(&self, program: &Program, relation: RelationId) -> Update {
        let declared = &program.relations[self.relation];
        let record = |row: &[Val]| Value::Struct {
            ctor: declared.name.as_str().into(),
            fields: row
                .iter()
                .zip(&declared.columns)
                .map(|(value, ty)| ("".into(), value.to_value(ty)))
                .collect(),
        };
        let key = |key: &[Val]| {
            let parts =
                key.iter().zip(&declared.key).map(|(value, at)| value.to_value(&declared.columns[*at]));
            let parts: Vec<Value> = parts.collect();
            match parts.as_slice() {
                [one] => one.clone(),
                _ => Value::Tuple(parts),
            }
        };
        match &self.what {
            What::Insert(row) => Update::Insert { relation, record: record(row) },
            What::Delete(row) => Update::Delete { relation, record: record(row) },
            What::InsertOrUpdate(row) => Update::InsertOrUpdate { relation, record: record(row) },
            What::DeleteKey(of) => Update::DeleteKey { relation, key: key(of) },
            What::Modify(of, column, value) => {
                Update::Modify { relation, key: key(of), changes: changes(declared, *column, value) }
            }
            What::Clear => Update::Clear { relation },
        }
    }

    fn text(&self, program: &Program) -> String {
        let declared = &program.relations[self.relation];
        let row = |row: &[Val]| {
            let values = row.iter().zip(&declared.columns).map(|(value, ty)| value.text(ty, Place::Command));
            format!("{}({})", declared.name, values.collect::<Vec<_>>().join(", "))
        };
        let key = |key: &[Val]| {
            let parts = key.iter().zip(&declared.key);
            let parts = parts.map(|(value, at)| value.text(&declared.columns[*at], Place::Command));
            let parts: Vec<String> = parts.collect();
            if parts.len() == 1 { parts.concat() } else { format!("({})", parts.join(", ")) }
        };
        let name = &declared.name;
        match &self.what {
            What::Insert(of) => format!("insert {}", row(of)),
            What::Delete(of) => format!("delete {}", row(of)),
            What::InsertOrUpdate(of) => format!("insert_or_update {}", row(of)),
            What::DeleteKey(of) => format!("delete_key {name} {}", key(of)),
            What::Modify(of, column, value) => {
                let value = value.text(&declared.columns[*column], Place::Command);
                format!("modify {name} {} <- {name}{{.c{column} = {value}}}", key(of))
            }
            What::Clear => format!("clear {name}"),
        }
    }
}

/// A record with one field only, as commands have it.
fn changes(declared: &Relation, column: usize, value: &Val) -> Record {
    let text = value.text(&declared.columns[column], Place::Command);
    let mut parser = weir_engine::command::CommandParser::new();
    parser.feed(&format!("modify X 0 <- X{{.c{column} = {text}}};"));
    match parser.next_command() {
        Ok(Some(weir_engine::command::Command::Update {
            update: weir_engine::command::Update::Modify { changes, .. },
            ..
        })) => match changes {
            Record::Named(_, fields) => Record::Named(declared.name.clone(), fields),
            other => other,
        },
        other => panic!("{other:?}"),
    }
}

impl Step {
    /// What input relations hold afterwards; streams what this transaction brought.
    pub(crate) fn apply(&self, program: &Program, inputs: &[Contents]) -> Result<Vec<Contents>, Refused> {
        let mut after = inputs.to_vec();
        for (relation, contents) in program.relations.iter().zip(&mut after) {
            if relation.holds == Holds::Stream {
                contents.clear();
            }
        }
        for change in &self.changes {
            change.apply(&program.relations[change.relation], &mut after[change.relation])?;
        }
        Ok(after)
    }

    /// As commands.
    pub(crate) fn text(&self, program: &Program) -> String {
        let mut text = String::from("start;\n");
        let (plain, clears): (Vec<_>, Vec<_>) =
            self.changes.iter().partition(|change| change.what != What::Clear);
        if clears.is_empty() {
            let changes: Vec<String> = plain.iter().map(|change| change.text(program)).collect();
            if !changes.is_empty() {
                writeln!(text, "{};", changes.join(",\n")).unwrap();
            }
        } else {
            self.changes.iter().for_each(|change| writeln!(text, "{};", change.text(program)).unwrap());
        }
        text.push_str(if self.rolled_back { "rollback;\n" } else { "commit dump_changes;\n" });
        text
    }
}

impl Relation {
    fn key_of(&self, row: &[Val]) -> Vec<Val> {
        self.key.iter().map(|at| row[*at].clone()).collect()
    }
}
