//! The network program alone, without switches: what a cloud of a given size costs to compute, and one port more.
//!
//! Islands: every hypervisor has `--ports` ports, in switches that each span `--span` hypervisors.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Parser;
use weir_engine::compile::compile;
use weir_engine::engine::{Commit, Config, Engine, Update};
use weir_engine::ir::RelationId;
use weir_engine::value::Value;
use weir_perf::Percentiles;

/// Measures the rules on a synthetic cloud.
#[derive(Debug, Parser)]
struct Options {
    /// Directory of the rules
    #[arg(long, default_value = "rules")]
    rules: PathBuf,
    /// Hypervisors
    #[arg(long, default_value_t = 250)]
    hypervisors: usize,
    /// Ports on each
    #[arg(long, default_value_t = 50)]
    ports: usize,
    /// Hypervisors that one switch spans
    #[arg(long, default_value_t = 5)]
    span: usize,
    /// Single ports plugged after that
    #[arg(long, default_value_t = 200)]
    changes: usize,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let start = Instant::now();
    let (program, _) =
        compile(&options.rules.join("weir.dl"), &[]).ok().context("the rules do not compile")?;
    let engine = Engine::new(program, Config::default()).ok().context("the rules do not plan")?;
    println!("rules loaded            {:.1} ms", start.elapsed().as_secs_f64() * 1e3);

    let cloud = Cloud::new(&engine, &options)?;
    let mut updates = Vec::new();
    for hypervisor in 0..options.hypervisors {
        updates.extend(cloud.hypervisor(hypervisor));
    }
    for switch in 0..options.hypervisors.div_ceil(options.span) {
        updates.extend(cloud.switch(switch, 0));
    }
    let (took, flows) = cloud.commit(updates)?;
    let n_ports = options.hypervisors * options.ports;
    println!(
        "{} hypervisors, {n_ports} ports: {flows} flows in {:.2} s",
        options.hypervisors,
        took.as_secs_f64()
    );
    println!("memory                  {} MB peak", peak_megabytes()?);

    let mut percentiles = Percentiles::new()?;
    let mut flows = 0;
    for change in 0..options.changes {
        let switch = change % options.hypervisors.div_ceil(options.span);
        let extra = change / options.hypervisors.div_ceil(options.span) + 1;
        let updates = cloud.one_port_more(switch, extra);
        let (took, changed) = cloud.commit(updates)?;
        percentiles.add(took);
        flows += changed;
    }
    println!("one port more           {percentiles}");
    println!("flow changes per port   {:.1}", flows as f64 / options.changes as f64);
    Ok(())
}

struct Cloud<'e> {
    engine: &'e Engine,
    ports: usize,
    span: usize,
    switches: RelationId,
    switch_ports: RelationId,
    chassis: RelationId,
    tunnels: RelationId,
    interfaces: RelationId,
    allocated: RelationId,
}

impl<'e> Cloud<'e> {
    fn new(engine: &'e Engine, options: &Options) -> anyhow::Result<Cloud<'e>> {
        let relation =
            |name: &str| engine.program().relation(name).with_context(|| format!("no relation {name}"));
        Ok(Cloud {
            engine,
            ports: options.ports,
            span: options.span,
            switches: relation("nb::Logical_Switch")?,
            switch_ports: relation("nb::Logical_Switch_Port")?,
            chassis: relation("hypervisor::Chassis")?,
            tunnels: relation("hypervisor::TunnelPort")?,
            interfaces: relation("hypervisor::Interface")?,
            allocated: relation("keys::Allocated")?,
        })
    }

    /// Commits, answering wanted keys with the low bits of their owners. Time, and how many flows changed.
    fn commit(&self, updates: Vec<Update>) -> anyhow::Result<(Duration, usize)> {
        let start = Instant::now();
        let first = self.engine.commit(updates)?;
        let answers: Vec<Update> = wanted(&first).map(|record| self.key_for(&record)).collect();
        let second = if answers.is_empty() { None } else { Some(self.engine.commit(answers)?) };
        let took = start.elapsed();
        let flows = |commit: &Commit| -> usize {
            commit.deltas.iter().filter(|d| &*d.name == "openflow::Flow").map(|d| d.changes.len()).sum()
        };
        Ok((took, flows(&first) + second.as_ref().map_or(0, flows)))
    }

    fn key_for(&self, wanted: &Value) -> Update {
        let part = |name: &str| wanted.field(name).cloned().unwrap_or(Value::Int(0));
        let key = match part("owner") {
            Value::Int(owner) => owner & 0x7fff,
            _ => 0,
        };
        let fields = [("space", part("space")), ("owner", part("owner")), ("key", Value::Int(key))];
        Update::InsertOrUpdate { relation: self.allocated, record: record("keys::Allocated", fields) }
    }

    fn hypervisor(&self, number: usize) -> Vec<Update> {
        let name = text(format!("hv{number}"));
        let address = text(format!("10.{}.{}.{}", number >> 16, (number >> 8) & 255, number & 255));
        let chassis = [("name", name.clone()), ("hostname", name.clone()), ("encap_ip", address)];
        let tunnel = [("chassis", name), ("ofport", Value::Int(1))];
        vec![
            Update::Insert { relation: self.chassis, record: record("hypervisor::Chassis", chassis) },
            Update::Insert { relation: self.tunnels, record: record("hypervisor::TunnelPort", tunnel) },
        ]
    }

    /// A switch with the ports of its hypervisors, and so many more.
    fn switch(&self, switch: usize, extra: usize) -> Vec<Update> {
        let n_ports = self.ports * self.span + extra;
        let mut updates = vec![self.switch_row(switch, n_ports)];
        (0..n_ports).for_each(|port| updates.extend(self.port(switch, port)));
        updates
    }

    fn one_port_more(&self, switch: usize, extra: usize) -> Vec<Update> {
        let n_ports = self.ports * self.span + extra;
        let mut updates = vec![self.switch_row(switch, n_ports)];
        updates.extend(self.port(switch, n_ports - 1));
        updates
    }

    fn switch_row(&self, switch: usize, n_ports: usize) -> Update {
        let ports = (0..n_ports).map(|port| Value::Int(port_id(switch, port))).collect();
        self.northbound(
            self.switches,
            &[
                ("_uuid", Value::Int(switch as i128 + 1)),
                ("name", text(format!("sw{switch}"))),
                ("ports", Value::Set(ports)),
            ],
        )
    }

    fn port(&self, switch: usize, port: usize) -> [Update; 2] {
        let name = text(format!("p{switch}-{port}"));
        let address =
            format!("02:00:{:02x}:{:02x}:{:02x}:{:02x}", switch >> 8, switch & 255, port >> 8, port & 255);
        let row = self.northbound(
            self.switch_ports,
            &[
                ("_uuid", Value::Int(port_id(switch, port))),
                ("name", name.clone()),
                ("addresses", Value::Set(vec![text(address)])),
            ],
        );
        let interface = [
            ("chassis", text(format!("hv{}", switch * self.span + port % self.span))),
            ("name", text(format!("vif{switch}-{port}"))),
            ("iface_id", name),
            ("ofport", Value::Int(port as i128 + 2)),
            ("claimed", Value::Int(port_id(switch, port))),
        ];
        let interface = record("hypervisor::Interface", interface);
        [row, Update::Insert { relation: self.interfaces, record: interface }]
    }

    /// A Northbound row; columns that are not given are empty.
    fn northbound(&self, relation: RelationId, given: &[(&str, Value)]) -> Update {
        let program = self.engine.program();
        let declared = &program.relations[relation.0 as usize];
        let fields = program.types.struct_fields(declared.record).unwrap_or_default();
        let fields = fields.iter().map(|field| {
            let value = given.iter().find(|(name, _)| *name == &*field.name).map(|(_, value)| value.clone());
            (field.name.clone(), value.unwrap_or_else(|| empty(&program, field.ty)))
        });
        let record = Value::Struct { ctor: declared.name.clone(), fields: fields.collect() };
        Update::InsertOrUpdate { relation, record }
    }
}

fn empty(program: &weir_engine::ir::Program, ty: weir_engine::ir::TypeId) -> Value {
    use weir_engine::ir::Type;
    match program.types.ty(ty) {
        Type::Set(_) => Value::Set(Vec::new()),
        Type::Map(..) => Value::Map(Vec::new()),
        Type::String => text(String::new()),
        Type::Bool => Value::Bool(false),
        Type::Union(_) => Value::Struct { ctor: "ddlog_std::None".into(), fields: Vec::new() },
        _ => Value::Int(0),
    }
}

fn wanted(commit: &Commit) -> impl Iterator<Item = Value> {
    let delta = commit.deltas.iter().find(|delta| &*delta.name == "keys::Wanted");
    delta
        .into_iter()
        .flat_map(|delta| &delta.changes)
        .filter(|(_, weight)| *weight > 0)
        .map(|(record, _)| record)
}

fn port_id(switch: usize, port: usize) -> i128 {
    (((switch as i128) + 1) << 32) | (port as i128 + 1)
}

fn record<const N: usize>(constructor: &str, fields: [(&str, Value); N]) -> Value {
    let fields = fields.into_iter().map(|(name, value)| (name.into(), value)).collect();
    Value::Struct { ctor: constructor.into(), fields }
}

fn text(text: String) -> Value {
    Value::Str(text.into())
}

/// proc(5), status, VmHWM.
fn peak_megabytes() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).context("no VmHWM")?;
    Ok(line.split_whitespace().nth(1).context("no number")?.parse::<u64>()? / 1024)
}
