//! What a database answers: rows that the rules put out come back as rows that they read.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use weir_engine::engine::{Commit, Engine, Update};
use weir_engine::ir::{RelationId, RelationRole};
use weir_engine::value::{Value, default_value};

/// The Southbound tables of which the rules write rows and read them again: keys that are given stay given. Columns that
/// northd does not write are left empty.
pub struct Southbound {
    /// By the output relation: the input relation and an empty row of it.
    tables: HashMap<RelationId, (RelationId, Value)>,
}

impl Southbound {
    /// For a running engine.
    pub fn new(engine: &Engine) -> Southbound {
        let program = engine.program();
        let back = |relation: &weir_engine::ir::Relation| {
            let table = relation.name.strip_prefix("OVN_Southbound::Out_")?;
            let into = program.relation(&format!("OVN_Southbound::{table}"))?;
            let input = program.relations.get(into.0 as usize)?;
            let is_input = matches!(input.role, RelationRole::Input) && input.primary_key.is_some();
            let empty = default_value(&program.types, input.record).filter(|_| is_input)?;
            Some((program.relation(&relation.name)?, (into, empty)))
        };
        Southbound { tables: program.relations.iter().filter_map(back).collect() }
    }

    /// What a transaction has written, as it is read again.
    pub fn answer(&self, commit: &Commit) -> Vec<Update> {
        let mut updates = Vec::new();
        for delta in &commit.deltas {
            let Some((relation, empty)) = self.tables.get(&delta.relation) else { continue };
            let (mut written, mut gone) = (BTreeMap::new(), BTreeSet::new());
            for (row, weight) in delta.changes.to_vec() {
                let Value::Struct { fields, .. } = row else { continue };
                let Some(Value::Int(id)) = fields.first().map(|(_, id)| id.clone()) else { continue };
                if weight > 0 {
                    written.insert(id, filled(empty, fields));
                } else {
                    gone.insert(id);
                }
            }
            let relation = *relation;
            let deleted = gone.into_iter().filter(|id| !written.contains_key(id));
            let deleted = deleted.map(|id| Update::DeleteKey { relation, key: Value::Int(id) });
            updates.extend(deleted);
            updates.extend(written.into_values().map(|record| Update::InsertOrUpdate { relation, record }));
        }
        updates
    }
}

/// A row with the fields given in the place of its own of the same names.
fn filled(row: &Value, given: Vec<(Arc<str>, Value)>) -> Value {
    let mut row = row.clone();
    if let Value::Struct { fields, .. } = &mut row {
        for (name, value) in given {
            if let Some((_, field)) = fields.iter_mut().find(|(field, _)| *field == name) {
                *field = value;
            }
        }
    }
    row
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use weir_engine::Config;
    use weir_engine::compile::compile_text;

    use super::*;

    const MODULE: &str =
        "input relation Key(_uuid: bit<128>, key: u32, chassis: string) primary key (x) x._uuid
        output relation Out_Key(_uuid: bit<128>, key: u32)
        output relation Out_Only(_uuid: bit<128>)";

    /// The lowest number that is free is given, unless there is one already.
    const RULES: &str = "import OVN_Southbound as sb
        input relation Port(id: bit<128>)
        sb::Out_Key(id, key) :- Port(id), sb::Key(id, key, _).
        sb::Out_Key(id, 7) :- Port(id), not sb::Key(id, _, _).
        sb::Out_Only(id) :- Port(id).";

    #[test]
    fn rows_come_back_and_go() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("OVN_Southbound.dl"), MODULE).unwrap();
        let program = compile_text("test.dl", RULES, &[directory.path().to_owned()]);
        let program = program.map_err(|(_, errors)| errors).unwrap().0;
        let engine = Engine::new(program, Config::default()).unwrap();
        let southbound = Southbound::new(&engine);
        let relation = engine.program().relation("Port").unwrap();
        let port = |id| Value::Tuple(vec![Value::Int(id)]);
        let text = |updates: &[Update]| -> Vec<String> {
            let text = |update: &Update| match update {
                Update::InsertOrUpdate { record, .. } => format!("{record}"),
                Update::DeleteKey { key, .. } => format!("-{key}"),
                other => format!("{other:?}"),
            };
            updates.iter().map(text).collect()
        };

        let commit = engine.commit(vec![Update::Insert { relation, record: port(5) }]).unwrap();
        let answer = southbound.answer(&commit);
        assert_eq!(text(&answer), ["OVN_Southbound::Key{._uuid = 5, .key = 7, .chassis = \"\"}"]);
        let commit = engine.commit(answer).unwrap();
        assert!(southbound.answer(&commit).is_empty());
        let commit = engine.commit(vec![Update::Delete { relation, record: port(5) }]).unwrap();
        let answer = southbound.answer(&commit);
        assert_eq!(text(&answer), ["-5"]);
        engine.commit(answer).unwrap();
        let left = engine.dump(engine.program().relation("OVN_Southbound::Key").unwrap()).unwrap();
        assert!(left.is_empty());
    }
}
