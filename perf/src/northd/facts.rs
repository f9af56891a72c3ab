//! A cloud in OVN's Northbound tables, of any size.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use weir_engine::engine::{Engine, Update};
use weir_engine::ir::RelationId;
use weir_engine::value::{Value, default_value};

/// Switches of the same number of ports; ports have addresses, port security and DHCP, and are in a port group with ACLs
/// of their switch; a router for every four switches; hypervisors, and an empty Southbound database besides.
pub struct Cloud {
    ports_per_switch: usize,
    switches: usize,
    tables: BTreeMap<&'static str, (RelationId, Value)>,
}

const SWITCHES_PER_ROUTER: usize = 4;

const CHASSIS: usize = 20;

/// Tables that get rows, by the names that OVN's rules give them.
const TABLES: [&str; 13] = [
    "OVN_Northbound::NB_Global",
    "OVN_Northbound::Logical_Switch",
    "OVN_Northbound::Logical_Switch_Port",
    "OVN_Northbound::Port_Group",
    "OVN_Northbound::ACL",
    "OVN_Northbound::Logical_Router",
    "OVN_Northbound::Logical_Router_Port",
    "OVN_Northbound::DHCP_Options",
    "OVN_Southbound::SB_Global",
    "OVN_Southbound::Chassis",
    "OVN_Southbound::Chassis_Private",
    "OVN_Southbound::Encap",
    "NbCfgTimestamp",
];

impl Cloud {
    /// A cloud for a running engine; nothing is put in yet.
    ///
    /// # Errors
    /// The program lacks a table.
    pub fn new(engine: &Engine, switches: usize, ports_per_switch: usize) -> anyhow::Result<Cloud> {
        let program = engine.program();
        let table = |name: &'static str| {
            let id = program.relation(name).with_context(|| format!("the rules have no relation {name}"))?;
            let relation = program.relations.get(id.0 as usize);
            let default = relation.and_then(|relation| default_value(&program.types, relation.record));
            Ok((name, (id, default.with_context(|| format!("{name} has no default row"))?)))
        };
        let tables = TABLES.into_iter().map(table).collect::<anyhow::Result<_>>()?;
        Ok(Cloud { ports_per_switch, switches, tables })
    }

    /// All of it.
    pub fn all(&self) -> Vec<Update> {
        let mut updates = vec![
            self.insert("OVN_Northbound::NB_Global", 0, vec![("options", global_options())]),
            self.insert("OVN_Southbound::SB_Global", 0, vec![("options", global_options())]),
            self.insert("OVN_Northbound::DHCP_Options", 0, dhcp()),
        ];
        if let Some((relation, _)) = self.tables.get("NbCfgTimestamp") {
            updates.push(Update::Insert { relation: *relation, record: Value::Int(0) });
        }
        updates.extend((0..CHASSIS).flat_map(|chassis| self.chassis(chassis)));
        for switch in 0..self.switches {
            let ports = self.ports(switch);
            updates.extend(ports.iter().map(|port| self.port(*port, None)));
            updates.extend(self.acls(switch));
            updates.extend(self.router_side(switch));
            updates.push(self.port_group(switch, &ports));
            updates.push(self.switch(switch, &ports));
        }
        updates.extend((0..self.switches.div_ceil(SWITCHES_PER_ROUTER)).map(|router| self.router(router)));
        updates
    }

    /// Takes a port away: its row, and its place in its switch and port group.
    pub fn without(&self, switch: usize, nth: usize) -> Vec<Update> {
        let mut ports = self.ports(switch);
        let port = ports.remove(nth % ports.len());
        let mut updates = vec![self.switch(switch, &ports), self.port_group(switch, &ports)];
        if let Some((relation, _)) = self.tables.get("OVN_Northbound::Logical_Switch_Port") {
            updates.push(Update::DeleteKey { relation: *relation, key: id("Logical_Switch_Port", port) });
        }
        updates
    }

    /// Puts it back.
    pub fn with(&self, switch: usize, nth: usize) -> Vec<Update> {
        let ports = self.ports(switch);
        let port = ports[nth % ports.len()];
        vec![self.port(port, None), self.switch(switch, &ports), self.port_group(switch, &ports)]
    }

    /// What northd writes into the Northbound database, as it is read again: that port is not up yet.
    pub fn not_up(&self, switch: usize, nth: usize) -> Update {
        let ports = self.ports(switch);
        self.port(ports[nth % ports.len()], Some(false))
    }

    /// Numbers of a switch's ports.
    fn ports(&self, switch: usize) -> Vec<usize> {
        (switch * self.ports_per_switch..(switch + 1) * self.ports_per_switch).collect()
    }

    fn port(&self, port: usize, up: Option<bool>) -> Update {
        let (switch, nth) = (port / self.ports_per_switch, port % self.ports_per_switch);
        let ip = (10 << 24) + (switch << 12) + nth + 10;
        let mac: Vec<String> = (0..4).rev().map(|byte| format!("{:02x}", ip >> (8 * byte) & 0xff)).collect();
        let addresses = format!("0a:00:{} {}", mac.join(":"), dotted(ip));
        let mut fields = vec![
            ("name", text(&format!("port{port}"))),
            ("addresses", texts([addresses.clone()])),
            ("port_security", texts([addresses])),
            ("dhcpv4_options", some(id("DHCP_Options", 0))),
        ];
        fields.extend(up.map(|up| ("up", some(Value::Bool(up)))));
        self.insert("OVN_Northbound::Logical_Switch_Port", port, fields)
    }

    fn switch(&self, switch: usize, ports: &[usize]) -> Update {
        let to_router = id("Logical_Switch_Port/router", switch);
        let ports = ports.iter().map(|port| id("Logical_Switch_Port", *port)).chain([to_router]);
        let fields = vec![("name", text(&format!("switch{switch}"))), ("ports", Value::Set(ports.collect()))];
        self.insert("OVN_Northbound::Logical_Switch", switch, fields)
    }

    fn port_group(&self, switch: usize, ports: &[usize]) -> Update {
        let ports = ports.iter().map(|port| id("Logical_Switch_Port", *port));
        let acls = (0..ACLS.len()).map(|acl| id("ACL", switch * ACLS.len() + acl));
        let fields = vec![
            ("name", text(&format!("group{switch}"))),
            ("ports", Value::Set(ports.collect())),
            ("acls", Value::Set(acls.collect())),
        ];
        self.insert("OVN_Northbound::Port_Group", switch, fields)
    }

    fn acls(&self, switch: usize) -> impl Iterator<Item = Update> + '_ {
        ACLS.iter().enumerate().map(move |(acl, (direction, priority, condition, action))| {
            let group = format!("@group{switch}");
            let fields = vec![
                ("priority", Value::Int(*priority)),
                ("direction", text(direction)),
                ("__match", text(&condition.replace("@group", &group))),
                ("action", text(action)),
            ];
            self.insert("OVN_Northbound::ACL", switch * ACLS.len() + acl, fields)
        })
    }

    /// The port of a router on a switch, and the switch's port to it.
    fn router_side(&self, switch: usize) -> [Update; 2] {
        let gateway = (10 << 24) + (switch << 12) + 1;
        let router_port = vec![
            ("name", text(&format!("router-port{switch}"))),
            ("networks", texts([format!("{}/20", dotted(gateway))])),
            ("mac", text(&format!("0a:01:00:00:{:02x}:{:02x}", switch >> 8, switch & 0xff))),
        ];
        let switch_port = vec![
            ("name", text(&format!("to-router{switch}"))),
            ("__type", text("router")),
            ("addresses", texts(["router".to_owned()])),
            ("up", some(Value::Bool(true))),
            ("options", map([("router-port", &format!("router-port{switch}"))])),
        ];
        let named = [
            ("OVN_Northbound::Logical_Router_Port", id("Logical_Router_Port", switch), router_port),
            ("OVN_Northbound::Logical_Switch_Port", id("Logical_Switch_Port/router", switch), switch_port),
        ];
        named.map(|(table, uuid, fields)| self.insert_as(table, uuid, fields))
    }

    fn router(&self, router: usize) -> Update {
        let first = router * SWITCHES_PER_ROUTER;
        let ports = (first..self.switches.min(first + SWITCHES_PER_ROUTER))
            .map(|switch| id("Logical_Router_Port", switch));
        let fields = vec![("name", text(&format!("router{router}"))), ("ports", Value::Set(ports.collect()))];
        self.insert("OVN_Northbound::Logical_Router", router, fields)
    }

    fn chassis(&self, chassis: usize) -> [Update; 3] {
        let name = || text(&format!("chassis{chassis}"));
        let row =
            vec![("name", name()), ("hostname", name()), ("encaps", Value::Set(vec![id("Encap", chassis)]))];
        let private = vec![("name", name()), ("chassis", some(id("Chassis", chassis)))];
        let encap = vec![
            ("__type", text("geneve")),
            ("ip", text(&dotted((192 << 24) + (168 << 16) + chassis + 1))),
            ("chassis_name", name()),
        ];
        [
            self.insert("OVN_Southbound::Chassis", chassis, row),
            self.insert("OVN_Southbound::Chassis_Private", chassis, private),
            self.insert("OVN_Southbound::Encap", chassis, encap),
        ]
    }

    fn insert(&self, table: &'static str, number: usize, fields: Vec<(&str, Value)>) -> Update {
        let name = table.rsplit("::").next().unwrap_or(table);
        self.insert_as(table, id(name, number), fields)
    }

    fn insert_as(&self, table: &'static str, uuid: Value, fields: Vec<(&str, Value)>) -> Update {
        let (relation, mut record) = self.tables[table].clone();
        if let Value::Struct { fields: columns, .. } = &mut record {
            for (name, value) in fields.into_iter().chain([("_uuid", uuid)]) {
                if let Some((_, column)) = columns.iter_mut().find(|(column, _)| **column == *name) {
                    *column = value;
                }
            }
        }
        Update::InsertOrUpdate { relation, record }
    }
}

/// What is allowed to the ports of a switch: direction, priority, match, action.
const ACLS: [(&str, i128, &str, &str); 4] = [
    ("from-lport", 1002, "inport == @group && ip4", "allow-related"),
    ("to-lport", 1002, "outport == @group && ip4 && ip4.src == $group_ip4", "allow-related"),
    ("to-lport", 1002, "outport == @group && ip4 && tcp && tcp.dst == 22", "allow-related"),
    ("to-lport", 1001, "outport == @group && ip", "drop"),
];

fn global_options() -> Value {
    map([("mac_prefix", "0a:02:03"), ("svc_monitor_mac", "0a:02:03:00:00:01"), ("max_tunid", "16711680")])
}

fn dhcp() -> Vec<(&'static str, Value)> {
    let options = [
        ("lease_time", "3600"),
        ("router", "10.0.0.1"),
        ("server_id", "10.0.0.1"),
        ("server_mac", "0a:00:00:00:00:fe"),
    ];
    vec![("cidr", text("10.0.0.0/8")), ("options", map(options))]
}

/// A UUID of that row, spread over all of its bits but the first.
fn id(table: &str, number: usize) -> Value {
    let seed = table
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |seed, byte| (seed ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    let mut high = seed ^ (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    high = (high ^ high >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    high ^= high >> 31;
    Value::Int(i128::from(high >> 1) << 64 | i128::from(seed ^ number as u64))
}

fn text(text: &str) -> Value {
    Value::Str(text.into())
}

fn texts<const N: usize>(texts: [String; N]) -> Value {
    Value::Set(texts.map(|text| Value::Str(text.into())).to_vec())
}

fn map<const N: usize>(pairs: [(&str, &str); N]) -> Value {
    Value::Map(pairs.map(|(key, value)| (text(key), text(value))).to_vec())
}

fn some(value: Value) -> Value {
    let x: Arc<str> = "x".into();
    Value::Struct { ctor: "ddlog_std::Some".into(), fields: vec![(x, value)] }
}

fn dotted(ip: usize) -> String {
    std::net::Ipv4Addr::from(ip as u32).to_string()
}
