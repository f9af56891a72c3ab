use serde_json::{Map, Value, json};

use super::Condition;
use crate::value::{Datum, Uuid, Values};

/// One step of a transaction (RFC 7047 section 5.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// Adds a row.
    Insert(Insert),
    /// Returns rows.
    Select {
        /// The table read.
        table: String,
        /// What the rows must satisfy, all of it.
        conditions: Vec<Condition>,
        /// The columns returned; all if `None`.
        columns: Option<Vec<String>>,
    },
    /// Replaces column values.
    Update {
        /// The table changed.
        table: String,
        /// What the rows must satisfy, all of it.
        conditions: Vec<Condition>,
        /// The new values.
        row: Values,
    },
    /// Changes column values by what they are.
    Mutate {
        /// The table changed.
        table: String,
        /// What the rows must satisfy, all of it.
        conditions: Vec<Condition>,
        /// The changes, in order.
        mutations: Vec<Mutation>,
    },
    /// Deletes rows.
    Delete {
        /// The table changed.
        table: String,
        /// What the rows must satisfy, all of it.
        conditions: Vec<Condition>,
    },
    /// Goes on only if rows are, or are not, as given.
    Wait(Wait),
    /// Asks for the commit to be on disk before the reply if `durable`.
    Commit {
        /// Whether the reply waits for the disk.
        durable: bool,
    },
    /// Fails the transaction.
    Abort,
    /// Leaves a note in the database's log.
    Comment(String),
    /// Fails the transaction unless this client has the lock.
    Assert {
        /// The name of the lock.
        lock: String,
    },
}

/// A row to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Insert {
    /// The table changed.
    pub table: String,
    /// Values of columns; the others get their defaults.
    pub row: Values,
    /// The name by which other operations of the transaction refer to the row (`Atom::named`).
    pub uuid_name: Option<String>,
    /// The row's UUID, instead of one that the server chooses: needs Open vSwitch 2.13 or later.
    pub uuid: Option<Uuid>,
}

/// A comparison that the rest of the transaction depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// How many milliseconds the server may wait for the comparison to come true; `None` for ever.
    pub timeout: Option<u64>,
    /// The table read.
    pub table: String,
    /// Which rows are compared.
    pub conditions: Vec<Condition>,
    /// Which columns are compared.
    pub columns: Vec<String>,
    /// Whether they have to be equal to `rows`.
    pub until: Until,
    /// What they are compared with, as a set.
    pub rows: Vec<Values>,
}

/// Which way a [`Wait`] compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// Until the rows are the given ones.
    Equal,
    /// Until they are not.
    NotEqual,
}

/// A change of a column by what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutation {
    /// The column changed.
    pub column: String,
    /// What is done.
    pub mutator: Mutator,
    /// The operand.
    pub value: Datum,
}

/// What a [`Mutation`] does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutator {
    /// Adds the operand to numbers.
    Add,
    /// Subtracts it.
    Subtract,
    /// Multiplies by it.
    Multiply,
    /// Divides by it.
    Divide,
    /// Leaves the integer remainder.
    Remainder,
    /// Adds elements to a set or map. Keys that a map has already keep their values.
    Insert,
    /// Takes elements out. Of a map: pairs, or the keys if the operand is a set.
    Delete,
}

impl Mutator {
    /// The mutator as the protocol writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Mutator::Add => "+=",
            Mutator::Subtract => "-=",
            Mutator::Multiply => "*=",
            Mutator::Divide => "/=",
            Mutator::Remainder => "%=",
            Mutator::Insert => "insert",
            Mutator::Delete => "delete",
        }
    }
}

impl Mutation {
    /// `column`, changed by `mutator` with `value`.
    pub fn new(column: impl Into<String>, mutator: Mutator, value: impl Into<Datum>) -> Self {
        Mutation { column: column.into(), mutator, value: value.into() }
    }
}

impl Insert {
    /// An empty row of a table.
    pub fn into(table: impl Into<String>) -> Self {
        Insert { table: table.into(), row: Values::new(), uuid_name: None, uuid: None }
    }

    /// With a column's value.
    pub fn value(mut self, column: impl Into<String>, value: impl Into<Datum>) -> Self {
        self.row.insert(column.into(), value.into());
        self
    }

    /// With a name for the rest of the transaction: letters, digits and underscores.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.uuid_name = Some(name.into());
        self
    }

    /// With this UUID.
    pub fn uuid(mut self, uuid: Uuid) -> Self {
        self.uuid = Some(uuid);
        self
    }
}

impl From<Insert> for Operation {
    fn from(insert: Insert) -> Self {
        Operation::Insert(insert)
    }
}

impl From<Wait> for Operation {
    fn from(wait: Wait) -> Self {
        Operation::Wait(wait)
    }
}

impl Operation {
    /// All columns of the rows that satisfy all conditions.
    pub fn select(table: impl Into<String>, conditions: Vec<Condition>) -> Self {
        Operation::Select { table: table.into(), conditions, columns: None }
    }

    /// New values for the rows that satisfy all conditions.
    pub fn update(table: impl Into<String>, conditions: Vec<Condition>, row: Values) -> Self {
        Operation::Update { table: table.into(), conditions, row }
    }

    /// Changes to the rows that satisfy all conditions.
    pub fn mutate(table: impl Into<String>, conditions: Vec<Condition>, mutations: Vec<Mutation>) -> Self {
        Operation::Mutate { table: table.into(), conditions, mutations }
    }

    /// No more rows that satisfy all conditions.
    pub fn delete(table: impl Into<String>, conditions: Vec<Condition>) -> Self {
        Operation::Delete { table: table.into(), conditions }
    }

    /// Only while this client has the lock.
    pub fn assert(lock: impl Into<String>) -> Self {
        Operation::Assert { lock: lock.into() }
    }

    /// The operation's name in the protocol.
    pub const fn name(&self) -> &'static str {
        match self {
            Operation::Insert(_) => "insert",
            Operation::Select { .. } => "select",
            Operation::Update { .. } => "update",
            Operation::Mutate { .. } => "mutate",
            Operation::Delete { .. } => "delete",
            Operation::Wait(_) => "wait",
            Operation::Commit { .. } => "commit",
            Operation::Abort => "abort",
            Operation::Comment(_) => "comment",
            Operation::Assert { .. } => "assert",
        }
    }

    /// The operation as RFC 7047 writes it.
    pub fn to_json(&self) -> Value {
        let mut members = Map::new();
        let mut add = |name: &str, value: Value| {
            members.insert(name.to_owned(), value);
        };
        add("op", json!(self.name()));
        match self {
            Operation::Insert(insert) => {
                add("table", json!(insert.table));
                add("row", values(&insert.row));
                if let Some(name) = &insert.uuid_name {
                    add("uuid-name", json!(name));
                }
                if let Some(uuid) = insert.uuid {
                    // A bare string, unlike everywhere else (ovsdb-server(7), "Insert").
                    add("uuid", json!(uuid.to_string()));
                }
            }
            Operation::Select { table, conditions, columns } => {
                add("table", json!(table));
                add("where", all(conditions));
                if let Some(columns) = columns {
                    add("columns", json!(columns));
                }
            }
            Operation::Update { table, conditions, row } => {
                add("table", json!(table));
                add("where", all(conditions));
                add("row", values(row));
            }
            Operation::Mutate { table, conditions, mutations } => {
                add("table", json!(table));
                add("where", all(conditions));
                let mutations =
                    mutations.iter().map(|m| json!([m.column, m.mutator.name(), m.value.to_json()]));
                add("mutations", Value::Array(mutations.collect()));
            }
            Operation::Delete { table, conditions } => {
                add("table", json!(table));
                add("where", all(conditions));
            }
            Operation::Wait(wait) => {
                if let Some(timeout) = wait.timeout {
                    add("timeout", json!(timeout));
                }
                add("table", json!(wait.table));
                add("where", all(&wait.conditions));
                add("columns", json!(wait.columns));
                add("until", json!(if wait.until == Until::Equal { "==" } else { "!=" }));
                add("rows", Value::Array(wait.rows.iter().map(values).collect()));
            }
            Operation::Commit { durable } => add("durable", json!(durable)),
            Operation::Abort => {}
            Operation::Comment(comment) => add("comment", json!(comment)),
            Operation::Assert { lock } => add("lock", json!(lock)),
        }
        Value::Object(members)
    }
}

fn values(row: &Values) -> Value {
    Value::Object(row.iter().map(|(column, datum)| (column.clone(), datum.to_json())).collect())
}

fn all(conditions: &[Condition]) -> Value {
    Value::Array(conditions.iter().map(Condition::to_json).collect())
}
