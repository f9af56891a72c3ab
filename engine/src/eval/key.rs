//! Primary keys.

use std::rc::Rc;

use super::{Machine, RowMeta, TransformCode, Trap};
use crate::ir::{LocalId, Pattern, PatternKind, PrimaryKey, TypeId};
use crate::plan::transform::{Input, Transform};
use crate::value::Word;

/// A compiled primary key.
pub struct KeyCode(TransformCode);

impl Machine {
    /// Compiles the key of a relation with that record type.
    pub fn primary_key(self: &Rc<Self>, key: &PrimaryKey, record: TypeId) -> KeyCode {
        let pattern = Pattern { kind: PatternKind::Bind(LocalId(0)), ty: record, span: key.key.span };
        KeyCode(self.transform(&Transform {
            locals: key.locals.clone(),
            inputs: vec![Input::Record { pattern, record }],
            steps: Vec::new(),
            outputs: vec![vec![key.key.clone()]],
        }))
    }
}

impl KeyCode {
    /// The key of a record, as a word of the key's type.
    pub fn run(&self, row: &[Word]) -> Result<Word, Trap> {
        let mut key = 0;
        self.0.run(&[row], RowMeta { weight: 1, epoch: 0 }, &mut |rows| {
            key = rows.first().and_then(|row| row.first()).copied().unwrap_or_default();
        })?;
        Ok(key)
    }
}
