//! Flows of expressions, and what a switch makes of a packet by them.

use std::collections::{BTreeMap, BTreeSet};

use weir_engine::value::Value;
use weir_engine::{Engine, Update};

use crate::naive::Packet;

/// Of the flows of expressions.
const PRIORITY: u128 = 100;

/// The flows of each expression, by its text. Expressions that name what no flow can test are left out.
pub(crate) fn flows_of(texts: &BTreeSet<String>) -> BTreeMap<String, Vec<Flow>> {
    let engine = crate::start("tests/expressions/flows.dl");
    let mut out = BTreeMap::new();
    // Tables have numbers of 8 bits.
    for texts in texts.iter().collect::<Vec<_>>().chunks(250) {
        let relation = engine.program().relation("Expression").unwrap();
        let mut updates = vec![Update::Clear { relation }];
        updates.extend(texts.iter().enumerate().map(|(table, text)| {
            let fields =
                vec![("table", Value::Int(table as i128)), ("text", Value::Str(text.as_str().into()))];
            Update::Insert { relation, record: record("Expression", fields) }
        }));
        engine.commit(updates).unwrap();
        number_conjunctions(&engine);
        let mistaken: BTreeSet<String> =
            rows(&engine, "matching::MatchMistake").iter().map(|row| text_of(row, "text")).collect();
        // Others pass packets from table to table.
        let rows = rows(&engine, "openflow::Flow");
        let flows: Vec<Flow> =
            rows.iter().filter(|row| number_of(row, "priority") == PRIORITY).map(Flow::read).collect();
        for (table, text) in texts.iter().enumerate().filter(|(_, text)| !mistaken.contains(**text)) {
            let of_table = flows.iter().filter(|flow| flow.table == table as i128);
            out.insert((*text).clone(), of_table.cloned().collect());
        }
    }
    out
}

/// What the daemon's allocator does.
fn number_conjunctions(engine: &Engine) {
    let relation = engine.program().relation("keys::Allocated").unwrap();
    let wanted = rows(engine, "keys::Wanted").into_iter().filter(|row| {
        matches!(row.field("space"), Some(Value::Struct { ctor, .. }) if &**ctor == "keys::ConjunctionSpace")
    });
    let mut updates = vec![Update::Clear { relation }];
    updates.extend(wanted.zip(1..).map(|(row, key)| {
        let field = |name| row.field(name).unwrap().clone();
        let fields = vec![("space", field("space")), ("owner", field("owner")), ("key", Value::Int(key))];
        Update::Insert { relation, record: record("keys::Allocated", fields) }
    }));
    engine.commit(updates).unwrap();
}

fn rows(engine: &Engine, relation: &str) -> Vec<Value> {
    let relation = engine.program().relation(relation).unwrap();
    engine.dump(relation).unwrap().into_iter().map(|(row, _)| row).collect()
}

fn record(constructor: &str, fields: Vec<(&str, Value)>) -> Value {
    let fields = fields.into_iter().map(|(name, value)| (name.into(), value)).collect();
    Value::Struct { ctor: constructor.into(), fields }
}

fn text_of(row: &Value, field: &str) -> String {
    row.field(field).unwrap().as_str().unwrap().to_owned()
}

fn number_of(row: &Value, field: &str) -> u128 {
    row.field(field).unwrap().as_integer().unwrap().try_into().unwrap()
}

/// A flow without its priority: all have the same.
#[derive(Clone, Debug)]
pub(crate) struct Flow {
    table: i128,
    tests: Vec<FieldTest>,
    does: Does,
}

#[derive(Clone, Debug)]
struct FieldTest {
    /// A field of the packet, or `metadata`, `inport`, `conj_id`.
    field: &'static str,
    value: u128,
    mask: u128,
}

#[derive(Clone, Debug)]
enum Does {
    Pass,
    /// Conjunctions, clauses, and how many clauses each has.
    Count(Vec<(u128, u128, u128)>),
}

impl Flow {
    fn read(row: &Value) -> Flow {
        let list = |name: &str| match row.field(name) {
            Some(Value::Vec(items) | Value::Set(items)) => items.clone(),
            other => panic!("{name}: {other:?}"),
        };
        let counts: Vec<_> = list("actions")
            .iter()
            .filter(
                |action| matches!(action, Value::Struct { ctor, .. } if &**ctor == "openflow::Conjunction"),
            )
            .map(|action| {
                (number_of(action, "id"), number_of(action, "clause"), number_of(action, "clauses"))
            })
            .collect();
        Flow {
            table: number_of(row, "table") as i128,
            tests: list("matching").iter().map(FieldTest::read).collect(),
            does: if counts.is_empty() { Does::Pass } else { Does::Count(counts) },
        }
    }

    fn matches(&self, packet: &Packet, conjunction: u128) -> bool {
        self.tests.iter().all(|test| {
            let value = match test.field {
                "metadata" => 7,
                "inport" => packet.inport.strip_prefix('p').unwrap().parse().unwrap(),
                "conj_id" => conjunction,
                field => packet.number(field),
            };
            (value ^ test.value) & test.mask == 0
        })
    }
}

impl FieldTest {
    fn read(field: &Value) -> FieldTest {
        let slot = match field.field("of") {
            Some(Value::Struct { ctor, .. }) => ctor.strip_prefix("openflow::").unwrap().to_owned(),
            other => panic!("{other:?}"),
        };
        let field_name = match slot.as_str() {
            "Metadata" => "metadata",
            "ConjId" => "conj_id",
            "Reg" => "inport",
            "EthSrc" => "eth.src",
            "EthDst" => "eth.dst",
            "EthType" => "eth.type",
            "VlanTci" => "vlan.tci",
            "IpProto" => "ip.proto",
            "NwTtl" => "ip.ttl",
            "IpFrag" => "ip.frag",
            "IpSrc" => "ip4.src",
            "IpDst" => "ip4.dst",
            "Ipv6Src" => "ip6.src",
            "TcpSrc" => "tcp.src",
            "TcpDst" => "tcp.dst",
            "TcpFlags" => "tcp.flags",
            "UdpDst" => "udp.dst",
            "IcmpType" => "icmp4.type",
            "Icmpv6Type" => "icmp6.type",
            "Icmpv6Code" => "icmp6.code",
            "NdTarget" => "nd.target",
            "ArpOp" => "arp.op",
            "ArpSpa" => "arp.spa",
            "CtMark" => "ct_mark",
            "CtState" => "ct_state",
            other => panic!("no symbol of the tests is {other}"),
        };
        let mask = field.field("mask").map_or(u128::MAX, |_| number_of(field, "mask"));
        FieldTest { field: field_name, value: number_of(field, "value"), mask }
    }
}

/// Whether a packet passes by the flows of one table and priority: a flow that does something goes before those that count;
/// when all clauses of a conjunction have been counted, the packet is looked up again with its number.
pub(crate) fn passes(flows: &[Flow], packet: &Packet) -> bool {
    let mut counted: BTreeMap<u128, (BTreeSet<u128>, u128)> = BTreeMap::new();
    for flow in flows.iter().filter(|flow| flow.matches(packet, 0)) {
        match &flow.does {
            Does::Pass => return true,
            Does::Count(counts) => {
                for (id, clause, clauses) in counts {
                    let (seen, n) = counted.entry(*id).or_insert((BTreeSet::new(), *clauses));
                    assert!((2..=64).contains(clauses) && n == clauses, "{flow:?}");
                    seen.insert(*clause);
                }
            }
        }
    }
    let complete = counted.into_iter().filter(|(_, (seen, n))| (0..*n).all(|clause| seen.contains(&clause)));
    complete
        .map(|(id, _)| id)
        .any(|id| flows.iter().any(|flow| matches!(flow.does, Does::Pass) && flow.matches(packet, id)))
}

/// Whether some flow only counts.
pub(crate) fn has_conjunction(flows: &[Flow]) -> bool {
    flows.iter().any(|flow| matches!(flow.does, Does::Count(_)))
}
