//! Collections and arrangements of a plan, each made once: two rules that ask for the same index share it.

use std::collections::HashMap;

use super::data::{
    Arrangement, ArrangementId, Collection, CollectionId, CollectionSource, Multiplicity, Projection,
    Repetition,
};
use crate::ir::{Program, RelationId, RelationRole, RelationSemantics, TypeId};

/// The collections and arrangements found so far.
pub(super) struct Catalog<'p> {
    pub(super) program: &'p Program,
    pub(super) collections: Vec<Collection>,
    pub(super) arrangements: Vec<Arrangement>,
    collection_ids: HashMap<CollectionSource, CollectionId>,
    arrangement_ids: HashMap<String, ArrangementId>,
}

impl<'p> Catalog<'p> {
    /// All relations, no arrangements. `recursive` relations have set semantics whatever their declaration.
    pub(super) fn new(program: &'p Program, recursive: &[RelationId]) -> Self {
        let mut catalog = Catalog {
            program,
            collections: Vec::new(),
            arrangements: Vec::new(),
            collection_ids: HashMap::new(),
            arrangement_ids: HashMap::new(),
        };
        for (index, relation) in program.relations.iter().enumerate() {
            let id = RelationId(index as u32);
            let set = relation.semantics == RelationSemantics::Relation;
            let output = relation.role == RelationRole::Output;
            let distinct = set && (output || recursive.contains(&id));
            catalog.add(CollectionSource::Relation(id), relation.name.to_string(), distinct);
        }
        catalog
    }

    /// A relation's contents, its contents some transactions ago, or its changes.
    pub(super) fn collection(
        &mut self,
        relation: RelationId,
        delay: u32,
        differential: bool,
    ) -> CollectionId {
        let name = &self.program.relations[relation.0 as usize].name;
        let (source, name) = match (differential, delay) {
            (true, _) => (CollectionSource::Changes(relation), format!("{name}'")),
            (false, 0) => return CollectionId(relation.0),
            (false, n) => (CollectionSource::Delayed(relation, n), format!("{name}-{n}")),
        };
        match self.collection_ids.get(&source) {
            Some(id) => *id,
            None => self.add(source, name, false),
        }
    }

    /// The arrangement of a collection by that projection.
    pub(super) fn arrangement(
        &mut self,
        collection: CollectionId,
        projection: Projection,
        host: bool,
    ) -> ArrangementId {
        let key_columns = match &projection {
            Projection::Columns { key, .. } => key.len(),
            Projection::Code(code) => code.outputs.first().map_or(0, Vec::len),
        };
        let content = format!("{} {}", collection.0, content(&projection));
        if let Some(id) = self.arrangement_ids.get(&content) {
            self.arrangements[id.0 as usize].host |= host;
            return *id;
        }
        let id = ArrangementId(self.arrangements.len() as u32);
        self.arrangements.push(Arrangement { collection, projection, key_columns, host });
        self.arrangement_ids.insert(content, id);
        id
    }

    /// Types of a relation's columns.
    pub(super) fn column_types(&self, relation: RelationId) -> Vec<TypeId> {
        column_types(self.program, relation)
    }

    fn add(&mut self, source: CollectionSource, name: String, distinct: bool) -> CollectionId {
        let id = CollectionId(self.collections.len() as u32);
        let (CollectionSource::Relation(relation)
        | CollectionSource::Delayed(relation, _)
        | CollectionSource::Changes(relation)) = source;
        let stream = self.program.relations[relation.0 as usize].semantics == RelationSemantics::Stream;
        self.collections.push(Collection {
            name: name.into(),
            source,
            columns: self.column_types(relation),
            distinct,
            multiplicity: Multiplicity::Counted(Repetition::Declared),
            key: None,
            ephemeral: stream && !matches!(source, CollectionSource::Changes(_)),
        });
        self.collection_ids.insert(source, id);
        id
    }
}

/// Types of a relation's columns: a struct's fields, or the record itself.
fn column_types(program: &Program, relation: RelationId) -> Vec<TypeId> {
    let record = program.relations[relation.0 as usize].record;
    match program.types.struct_fields(record) {
        Some(fields) => fields.iter().map(|field| field.ty).collect(),
        None => vec![record],
    }
}

/// A projection as text: equal texts, equal projections. Code is made with its own numbering and without
/// places, so that where in the text it came from does not matter.
fn content(projection: &Projection) -> String {
    match projection {
        Projection::Columns { key, value } => format!("{key:?} {value:?}"),
        Projection::Code(code) => format!("{:?} {:?}", code.steps, code.outputs),
    }
}
