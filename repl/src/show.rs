//! What is printed: byte for byte what scripts rely on.

use std::io::{self, Write};
use std::sync::Arc;

use weir_engine::engine::{Commit, Stats};
use weir_engine::ir::{Index, Program, Relation, RelationRole, RelationSemantics, TypeId, TypeTable};
use weir_engine::value::{Value, type_name};

/// Changes of a transaction, a block per relation.
pub(crate) fn changes(out: &mut impl Write, commit: &Commit) -> io::Result<()> {
    for delta in &commit.deltas {
        writeln!(out, "{}:", delta.name)?;
        for (record, weight) in &delta.changes {
            writeln!(out, "{record}: {weight:+}")?;
        }
    }
    Ok(())
}

/// Contents, a line per record, with counts other than one.
pub(crate) fn rows(out: &mut impl Write, rows: &[(Value, i64)]) -> io::Result<()> {
    for (record, weight) in rows {
        match weight {
            1 => writeln!(out, "{record}")?,
            _ => writeln!(out, "{record} {weight:+}")?,
        }
    }
    Ok(())
}

/// What the program declares, as it would declare it.
pub(crate) fn relations(out: &mut impl Write, program: &Program) -> io::Result<()> {
    // The library's own are no part of what an author declares.
    for relation in program.relations.iter().filter(|relation| !relation.name.starts_with("ddlog_std::")) {
        let role = match relation.role {
            RelationRole::Input => "input ",
            RelationRole::Output => "output ",
            RelationRole::Internal => "",
        };
        let kind = match relation.semantics {
            RelationSemantics::Relation => "relation",
            RelationSemantics::Multiset => "multiset",
            RelationSemantics::Stream => "stream",
        };
        writeln!(out, "{role}{kind} {}", signature(program, relation))?;
    }
    for index in &program.indexes {
        let relation = &program.relations[index.relation.0 as usize].name;
        writeln!(out, "index {} on {relation}", index_signature(program, index))?;
    }
    Ok(())
}

/// `Edge(from: string, to: string)`, `R[T]`.
pub(crate) fn signature(program: &Program, relation: &Relation) -> String {
    let (types, record) = (&program.types, type_name(&program.types, relation.record));
    match types.struct_fields(relation.record) {
        Some(fields) if record == *relation.name => {
            let fields = fields.iter().map(|field| (&field.name, field.ty));
            format!("{}({})", relation.name, declared(types, fields))
        }
        _ => format!("{}[{record}]", relation.name),
    }
}

/// `ByName(name: string)`
pub(crate) fn index_signature(program: &Program, index: &Index) -> String {
    let fields = index.locals.iter().take(index.fields as usize).map(|field| (&field.name, field.ty));
    format!("{}({})", index.name, declared(&program.types, fields))
}

fn declared<'p>(types: &TypeTable, fields: impl Iterator<Item = (&'p Arc<str>, TypeId)>) -> String {
    fields.map(|(name, ty)| format!("{name}: {}", type_name(types, ty))).collect::<Vec<_>>().join(", ")
}

/// Where time and memory went.
pub(crate) fn profile(out: &mut impl Write, stats: &Stats) -> io::Result<()> {
    writeln!(out, "Profile after {} transactions", stats.transactions)?;
    let mut relations: Vec<_> = stats.relations.iter().filter(|relation| relation.runs > 0).collect();
    relations.sort_by(|one, other| other.time.cmp(&one.time).then_with(|| one.name.cmp(&other.name)));
    writeln!(out, "{:>12} {:>9} {:>12}  relation", "time", "runs", "rows kept")?;
    for relation in relations {
        let time = format!("{:.1?}", relation.time);
        writeln!(out, "{time:>12} {:>9} {:>12}  {}", relation.runs, relation.arranged, relation.name)?;
    }
    writeln!(out, "{} distinct values in {} bytes", stats.values, stats.value_bytes)
}
