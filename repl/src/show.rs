//! What is printed: byte for byte what scripts rely on.

use std::io::{self, Write};
use std::sync::Arc;

use weir_engine::engine::{Delta, Engine, Stats};
use weir_engine::ir::{Index, Program, Relation, TypeId, TypeTable};
use weir_engine::value::{Value, type_name};

/// Changes of a transaction, a block per relation.
pub(crate) fn changes(out: &mut impl Write, deltas: &[Delta]) -> io::Result<()> {
    for delta in deltas {
        writeln!(out, "{}:", delta.name)?;
        for (record, weight) in &delta.changes {
            writeln!(out, "{record}: {weight:+}")?;
        }
    }
    Ok(())
}

/// How many records came and went, a line per relation.
pub(crate) fn counts(out: &mut impl Write, deltas: &[Delta]) -> io::Result<()> {
    for delta in deltas {
        let come = delta.changes.weights().filter(|weight| *weight > 0).count();
        let gone = delta.changes.len() - come;
        let parts = [(come, "come"), (gone, "gone")].into_iter().filter(|(count, _)| *count > 0);
        let parts: Vec<String> = parts.map(|(count, what)| format!("{count} {what}")).collect();
        writeln!(out, "{}: {}", delta.name, parts.join(", "))?;
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
        writeln!(out, "{}", declaration(program, relation))?;
    }
    for index in &program.indexes {
        let relation = &program.relations[index.relation.0 as usize].name;
        writeln!(out, "index {} on {relation}", index_signature(program, index))?;
    }
    Ok(())
}

/// `input relation Edge(from: string, to: string)`
pub(crate) fn declaration(program: &Program, relation: &Relation) -> String {
    format!("{} {}", relation.role.declaring(relation.semantics), signature(program, relation))
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

/// `name: string, km: double`
pub(crate) fn declared<'p>(
    types: &TypeTable,
    fields: impl Iterator<Item = (&'p Arc<str>, TypeId)>,
) -> String {
    fields.map(|(name, ty)| format!("{name}: {}", type_name(types, ty))).collect::<Vec<_>>().join(", ")
}

/// What takes how much memory, the largest first.
pub(crate) fn memory(out: &mut impl Write, stats: &Stats) -> io::Result<()> {
    let rows = stats
        .memory
        .iter()
        .map(|held| (held.bytes, held.updates, format!("{} {}", held.relation, held.purpose)));
    let pools = stats.pools.iter().filter(|pool| pool.values > 0);
    let pools = pools.map(|pool| (pool.bytes, pool.values, format!("values: {}", pool.kind)));
    let mut lines: Vec<(usize, usize, String)> = rows.chain(pools).collect();
    lines.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.2.cmp(&other.2)));
    let total =
        (lines.iter().map(|line| line.0).sum(), lines.iter().map(|line| line.1).sum(), "in all".into());
    writeln!(out, "{:>14} {:>12}  what", "bytes", "rows, values")?;
    lines
        .iter()
        .chain([&total])
        .try_for_each(|(bytes, rows, what)| writeln!(out, "{bytes:>14} {rows:>12}  {what}"))
}

/// What there is of everything.
pub(crate) fn stats(out: &mut impl Write, engine: &Engine) -> io::Result<()> {
    let (stats, program) = (engine.stats(), engine.program());
    let arranged: usize = stats.relations.iter().map(|relation| relation.arranged).sum();
    let arrangements: usize = stats.relations.iter().map(|relation| relation.arrangements).sum();
    let lines = [
        ("transactions", stats.transactions.to_string()),
        ("relations", program.relations.len().to_string()),
        ("rules", program.rules.len().to_string()),
        ("arrangements", format!("{arrangements}, of {arranged} rows")),
        ("distinct values", format!("{}, of {} bytes", stats.values, stats.value_bytes)),
    ];
    lines.iter().try_for_each(|(name, value)| writeln!(out, "{name:<16} {value}"))
}
